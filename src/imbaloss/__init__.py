"""imbaloss: which loss finds the rare class best, and is the difference real?"""

import importlib
from types import ModuleType

__version__ = "0.1.0"

ROOMS = ("data", "evaluation", "losses", "networks", "report", "studies", "training")


def __getattr__(name: str) -> ModuleType:
    """`imbaloss.losses` and the like, loaded when first used."""
    if name in ROOMS:
        return importlib.import_module(f"imbaloss.{name}")
    raise AttributeError(f"module 'imbaloss' has no attribute {name!r}")
