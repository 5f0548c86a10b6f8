"""imbaloss: which loss finds the rare class best, and is the difference real?"""

import importlib
from typing import Any

__version__ = "0.2.0.dev0"

ROOMS = ("boosting", "data", "evaluation", "losses", "monitor", "networks", "report", "samplers", "studies", "training")
NAMES = {
    "ImbalancedClassifier": "imbaloss.estimator",
    "MethodClassifier": "imbaloss.estimator",
    "compare": "imbaloss.comparison.from_python",
}


def __getattr__(name: str) -> Any:
    """Import and return a part of the package, such as `imbaloss.losses`, or a name in `NAMES`, when it is first used.

    Raises:
        AttributeError: The package has no such name.
    """
    if name in ROOMS:
        return importlib.import_module(f"imbaloss.{name}")
    if name in NAMES:
        return getattr(importlib.import_module(NAMES[name]), name)
    raise AttributeError(f"module 'imbaloss' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names of the package, also those not yet imported.

    Modules that the package imports for itself are left out.
    """
    return ["__version__", *ROOMS, *NAMES]
