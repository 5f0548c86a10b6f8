"""Prior correction: logits for other shares of the classes than those that a network was trained on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def moved(logits: Floats, by: Sequence[float]) -> Floats:
    """logits (N,), log-odds of class 1, or (N, C), log-probabilities; by: what is added to each class's, (C,)."""
    return logits + (by[1] - by[0]) if logits.ndim == 1 else logits + np.asarray(by)


def checked_prevalence(prevalence: object, classes: int) -> tuple[float, ...]:
    """The share of each class in use: of one number, that of the positives of two classes.

    Raises ValueError for what is no share, and for shares that do not sum to 1.
    """
    if isinstance(prevalence, str):
        raise ValueError(f"prevalence must be a share, or one for each class, found {prevalence!r}")
    try:
        found = np.atleast_1d(np.array(prevalence, dtype=np.float64))
    except (TypeError, ValueError):
        raise ValueError(f"prevalence must be a share, or one for each class, found {prevalence!r}") from None
    shares = np.array([1 - found[0], found[0]]) if classes == 2 and found.shape == (1,) else found
    if shares.shape != (classes,):
        raise ValueError(f"prevalence must be one share for each of {classes} classes, found {prevalence!r}")
    if not ((shares > 0) & (shares < 1)).all() or not abs(shares.sum() - 1) < 1e-6:
        raise ValueError(f"prevalence must be above 0 and below 1, and sum to 1 over the classes, found {prevalence!r}")
    return tuple(shares.tolist())
