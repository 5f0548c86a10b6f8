"""Prior correction: logits for other shares of the classes than those that a network was trained on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def shift_logits(logits: Floats, by: Sequence[float]) -> Floats:
    """Add a number to the log-probability of each class.

    Args:
        logits: Log-odds of class 1, (N,), or log-probabilities, (N, C).
        by: (C,), what is added for each class; of two classes with log-odds, (2,).

    Returns:
        Logits of the same shape. Log-probabilities are not scaled again to a sum of 1.
    """
    return logits + (by[1] - by[0]) if logits.ndim == 1 else logits + np.asarray(by)


def read_prevalence(prevalence: object, classes: int) -> tuple[float, ...]:
    """Return the share of each class in use as floats, (C,), as given: they are not scaled.

    Args:
        prevalence: A share for each class; of two classes, the share of the positives is enough.
        classes: C.

    Raises:
        ValueError: A share is no number above 0 and below 1, there are more or fewer of them, or their sum is not 1 to
            within 1e-6.
    """
    if isinstance(prevalence, str):
        raise ValueError(f"prevalence must be a share, or one for each class, found {prevalence!r}")
    try:
        given_shares = np.atleast_1d(np.array(prevalence, dtype=np.float64))
    except (TypeError, ValueError):
        raise ValueError(f"prevalence must be a share, or one for each class, found {prevalence!r}") from None
    is_positive_share = classes == 2 and given_shares.shape == (1,)
    shares = np.array([1 - given_shares[0], given_shares[0]]) if is_positive_share else given_shares
    if shares.shape != (classes,):
        raise ValueError(f"prevalence must be one share for each of {classes} classes, found {prevalence!r}")
    if not ((shares > 0) & (shares < 1)).all() or not abs(shares.sum() - 1) < 1e-6:
        sums = "" if is_positive_share else ", and sum to 1 over the classes"
        raise ValueError(f"prevalence must be above 0 and below 1{sums}, found {prevalence!r}")
    return tuple(shares.tolist())
