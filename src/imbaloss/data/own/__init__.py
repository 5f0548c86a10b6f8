"""A person's own data: reading it, its columns, what is to be known of it, its preparation and its division."""

from imbaloss.data.own.columns import Column, Schema
from imbaloss.data.own.content import Own
from imbaloss.data.own.description import describe
from imbaloss.data.own.making import Asked
from imbaloss.data.own.opening import open_own
from imbaloss.data.own.preparation import ImagePreparation, TablePreparation

__all__ = ["Asked", "Column", "ImagePreparation", "Own", "Schema", "TablePreparation", "describe", "open_own"]
