"""Creation of many objects at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pause_garbage_collection() -> Iterator[None]:
    """Switch Python's garbage collector off for the block, and on again after it if it was on. A context manager.

    It serves blocks that make many objects. The collector would look at all of them again and again, which takes two
    thirds of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
