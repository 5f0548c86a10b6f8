"""What is said to people who use a name that a later version no longer has."""

import warnings

REMOVED_IN = "0.3.0"  # the version without the old names, as the table in CHANGELOG.md has it


def describe_old_name(old: str, new: str) -> str:
    """Say in a sentence in which version an old name goes, and which name stays."""
    return f"{old} goes in version {REMOVED_IN}: use {new}"


def warn_of_old_name(old: str, new: str) -> None:
    """Warn that a Python name goes, by a FutureWarning at the line that called the caller of this function.

    Python shows a FutureWarning to everyone. A DeprecationWarning it would hide in all files but the one that is run.
    """
    warnings.warn(describe_old_name(old, new), FutureWarning, stacklevel=3)
