"""Memory that was freed: each step of a training needs it again, and what comes after a training does not."""

import ctypes
import sys
from functools import cache

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)


@cache
def keep_freed_memory() -> None:
    """Let this process keep up to 1 GiB of freed memory, if the C library is GNU's; else do nothing.

    The first call alone has an effect. Without it, each large tensor comes fresh from the system, page by page, which
    can take longer than to fill it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    # tensors below the first limit are kept; before version 2.35 it could be no higher than 32 MiB
    if mallopt and (mallopt(M_MMAP_THRESHOLD, 2**28) or mallopt(M_MMAP_THRESHOLD, 2**25)):
        mallopt(M_TRIM_THRESHOLD, 2**30)


@cache
def return_large_arrays() -> None:
    """Let this process give each array from 1 MiB on back to the system when it is freed, if the C library is GNU's.

    Without it the library raises that limit to 32 MiB, and keeps freed arrays below it between those in use. The first
    call alone has an effect, so that a later `keep_freed_memory` stays.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, 2**20)


def return_freed_memory() -> None:
    """Give freed memory back to the system, if the C library is GNU's; else do nothing.

    Large arrays are given back at once from then on. Without it the library keeps what threads and many small arrays
    freed, which for large tables adds up.
    """
    return_large_arrays()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)
