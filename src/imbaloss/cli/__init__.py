"""The commands. They parse, call and print; what they call is imported when it is first needed."""

from imbaloss.cli import own, studying
from imbaloss.cli.app import app, main

__all__ = ["app", "main", "own", "studying"]
