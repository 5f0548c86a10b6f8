"""The types of a person's own data: rows, columns, and how they are prepared for a network.

`imbaloss.comparison` reads files into them.
"""

from importlib import import_module
from typing import Any

from imbaloss.data.own.columns import Column, Schema
from imbaloss.data.own.content import Own
from imbaloss.data.own.preparation import ImagePreparation, TablePreparation

__all__ = ["Column", "ImagePreparation", "Own", "Schema", "TablePreparation"]

MOVED = {"Asked": "assemble", "describe": "description", "open_own": "opening"}  # to a module of imbaloss.comparison


def __getattr__(name: str) -> Any:
    """Import what stood here in version 0.1 from its new place. Raises AttributeError for any other name."""
    if name not in MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"imbaloss.comparison.{MOVED[name]}"), name)
