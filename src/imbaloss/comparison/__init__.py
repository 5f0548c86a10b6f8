"""The answer for one's own data: a study of methods, its report, and a model that predicts."""

import importlib
from typing import Any

NAMES = {
    "Answer": "imbaloss.comparison.answer",
    "OwnModel": "imbaloss.comparison.own_model",
    "compare": "imbaloss.comparison.from_python",
    "predict_file": "imbaloss.comparison.prediction",
}


def __getattr__(name: str) -> Any:
    """Import a name of `NAMES` when it is first used, so that the command line can read the request without torch.

    Raises:
        AttributeError: The name is not in `NAMES`.
    """
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(NAMES[name]), name)
