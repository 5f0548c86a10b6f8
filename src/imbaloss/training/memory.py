"""Memory of a training: what one step frees, the next one needs again."""

import ctypes
from functools import cache

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)


@cache
def keep_freed_memory() -> None:
    """Lets this process keep up to 1 GiB of freed memory, on systems with GNU's C library.

    There, each large tensor would else come fresh from the system, page by page, which can take longer than to fill it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 2**28)
        mallopt(M_TRIM_THRESHOLD, 2**30)
