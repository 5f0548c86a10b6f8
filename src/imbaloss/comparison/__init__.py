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
    """Import and return `Answer`, `OwnModel`, `compare` or `predict_file` when it is first used.

    So the command line can read the request without torch.

    Raises:
        AttributeError: The module has no such name.
    """
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(NAMES[name]), name)
