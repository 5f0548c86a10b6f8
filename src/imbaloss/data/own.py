"""What stood here and in `imbaloss.data.own.columns` in version 0.1, imported from its new place when first used."""

import sys
from pkgutil import resolve_name
from typing import Any

MOVED = {
    "judged": "imbaloss.comparison.column_kinds:judge_series",
    "open_own": "imbaloss.comparison.opening:open_own",
}
sys.modules[f"{__name__}.columns"] = sys.modules[__name__]


def Asked(target: str, **said: Any) -> Any:  # noqa: N802
    """Return the request of a comparison, which version 0.1 called so of the data alone."""
    return resolve_name("imbaloss.comparison.request:ComparisonRequest")(target=target, **said)


def __getattr__(name: str) -> Any:
    """Import a moved name. Raises AttributeError for any other name."""
    if name not in MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return resolve_name(MOVED[name])
