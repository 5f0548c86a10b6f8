"""Prior correction: logits for other shares of the classes than those that a network was trained on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def moved(logits: Floats, by: Sequence[float]) -> Floats:
    """logits (N,), log-odds of class 1, or (N, C), log-probabilities; by: what is added to each class's, (C,)."""
    return logits + (by[1] - by[0]) if logits.ndim == 1 else logits + np.asarray(by)


def log_ratio(used: Sequence[float], trained: Sequence[float]) -> tuple[float, ...]:
    """log(used share / trained share) of each class: what is added to its log-probability.

    Right where the classes themselves are the same in use, and only their shares are others; 0 for a class that was not
    trained. Source: Saerens, Latinne and Decaestecker 2002 (Neural Computation 14), equation 2.4.
    """
    shares, of_trained = (np.asarray(values, float) / np.sum(values) for values in (used, trained))
    there = (shares > 0) & (of_trained > 0)
    found: list[float] = np.log(np.where(there, shares, 1) / np.where(there, of_trained, 1)).tolist()
    return tuple(found)


def checked_prevalence(prevalence: object, classes: int) -> tuple[float, ...]:
    """The share of each class in use: of one number, that of the positives of two classes.

    Raises ValueError for what is no share, and for shares that do not sum to 1.
    """
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
