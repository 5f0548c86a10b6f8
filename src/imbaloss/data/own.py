"""Names of version 0.1 that stood here and in `imbaloss.data.own.columns`: they are imported from their new places."""

import sys
from pkgutil import resolve_name
from typing import Any

MOVED = {  # old name -> its new place
    "judged": "imbaloss.comparison.column_kinds:judge_series",
    "open_own": "imbaloss.comparison.opening:open_own",
}
sys.modules[f"{__name__}.columns"] = sys.modules[__name__]


def Asked(target: str, **options: Any) -> Any:  # noqa: N802
    """Build a `ComparisonRequest` (what a comparison is asked to do), which replaces version 0.1's class `Asked`.

    target: the column of the classes. options: its other fields; TypeError for unknown ones.
    """
    return resolve_name("imbaloss.comparison.request:ComparisonRequest")(target=target, **options)


def __getattr__(name: str) -> Any:
    """Import `judged` or `open_own`, names of version 0.1, from their new places.

    Raises AttributeError for any other name.
    """
    if name not in MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return resolve_name(MOVED[name])
