"""An observer for tests."""

from collections.abc import Callable

from imbaloss.studies import SilentObserver


class CallingObserver(SilentObserver):
    """Calls functions in the place of the methods of the same names, as `on_work`."""

    def __init__(self, **functions: Callable[..., object]) -> None:
        for name, function in functions.items():
            assert hasattr(SilentObserver, name)
            setattr(self, name, function)
