"""The commands. They parse, call and print; what they call is imported when it is first needed."""

from imbaloss.cli import importing, own, studying
from imbaloss.cli.app import app, main

__all__ = ["app", "importing", "main", "own", "studying"]
