"""Names of version 0.1 that stood here and in `imbaloss.data.own.columns`: they are imported from their new places."""

import sys
from pkgutil import resolve_name
from typing import Any

from imbaloss.old_names import warn_of_old_name

MOVED = {  # old name -> its new place
    "Asked": "imbaloss.comparison.request.ComparisonRequest",
    "judged": "imbaloss.comparison.column_kinds.judge_series",
    "open_own": "imbaloss.comparison.opening.open_own",
}
sys.modules[f"{__name__}.columns"] = sys.modules[__name__]


def Asked(target: str, **options: Any) -> Any:  # noqa: N802
    """Build a `ComparisonRequest` (what a comparison is asked to do), which replaces version 0.1's class `Asked`.

    target: the column of the classes. options: its other fields; TypeError for unknown ones. Warns that the name goes.
    """
    warn_of_old_name(f"{__name__}.Asked", MOVED["Asked"])
    return resolve_name(MOVED["Asked"])(target=target, **options)


def __getattr__(name: str) -> Any:
    """Import `judged` or `open_own`, names of version 0.1, from their new places, and warn that the name goes.

    Raises AttributeError for any other name.
    """
    if name not in MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warn_of_old_name(f"{__name__}.{name}", MOVED[name])
    return resolve_name(MOVED[name])
