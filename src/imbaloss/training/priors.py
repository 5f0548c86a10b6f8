"""What a sampler does to probabilities: it moves the shares of the classes, and with them what a loss teaches.

With cross-entropy a network learns the shares that it sees, and log(share before / share after) takes them back. A loss
whose optimum does not depend on shares, as MFE, whose class means are the same after random repetition, needs nothing.
Both follow from one rule: the optimum among constant outputs moves by as much as the sampler moves the outputs.
"""

from collections.abc import Sequence
from math import log

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import optimize

from imbaloss.losses import LossSpec

FARTHEST = 30.0  # logit of a constant
SAME = 1e-12  # values of a loss that differ by less
LAST = 2**31  # an epoch by which every schedule has ended


def prior_shift(
    loss: LossSpec, before: Sequence[int], after: Sequence[int], prevalence: Sequence[float] | None = None
) -> tuple[float, ...]:
    """What is to be added to the log-probability of each class, to take back what a sampler did.

    before, after: samples of each class without and with the sampler. prevalence: shares of the classes in use, for
    which probabilities are then right, where they would be for the shares that the loss teaches: those of the samples
    by cross-entropy, equal ones by MFE or weighted cross-entropy. Raises ValueError for a prevalence with a loss that
    teaches no shares.
    """
    nothing = (0.0,) * len(before)
    if tuple(before) == tuple(after) and prevalence is None:
        return nothing
    taught = best_constant(loss, after)
    if taught is None and prevalence is not None:
        raise ValueError(f"prevalence is for losses that teach shares of the classes, not for {loss}: calibrate it")
    wanted = best_constant(loss, before) if prevalence is None else logits_of(prevalence)
    if taught is None or wanted is None:
        return nothing
    shift = wanted - taught
    return tuple((shift - shift.mean()).tolist()) if len(before) > 2 else (0.0, float(shift[0]))


def logits_of(shares: Sequence[float]) -> NDArray[np.float64]:
    """(1,) for two classes, else (C,)."""
    found: NDArray[np.float64] = np.log(np.asarray(shares))
    return found[1:] - found[:1] if len(found) == 2 else found


def best_constant(loss: LossSpec, counts: Sequence[int]) -> NDArray[np.float64] | None:
    """The logits that minimise the loss where all samples get the same: (1,) for two classes, else (C,).

    counts: samples of each class. None where every constant is as good as another, as for losses that rank, and where
    the best one is at infinity, as that of soft F1, which calls every sample positive.
    """
    criterion = loss.build(counts=counts).eval()
    criterion.set_epoch(LAST)
    targets, totals = torch.arange(len(counts))[None], torch.tensor([counts], dtype=torch.float64)
    numbers = 1 if len(counts) == 2 else len(counts)

    def value_and_gradient(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the loss and its gradient if all samples have these logits, (1,) or (C,)."""
        constant = torch.tensor(point, requires_grad=True)
        logits = constant.expand(1, 2) if numbers == 1 else constant.expand(1, numbers, numbers)
        [value] = criterion.stacked(logits, targets, totals)
        [gradient] = torch.autograd.grad(value, constant, allow_unused=True, materialize_grads=True)
        return value.item(), gradient.numpy()

    even, uneven = np.zeros(numbers), np.linspace(1.0, 2.0, numbers)
    if abs(value_and_gradient(even)[0] - value_and_gradient(uneven)[0]) < SAME:
        return None
    found = [
        optimize.minimize(
            value_and_gradient,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-FARTHEST, FARTHEST)] * numbers,
            options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000},
        )
        for start in (even, logits_of([max(count, 1) for count in counts]))
    ]
    constant: NDArray[np.float64] = min(found, key=lambda one: float(one.fun)).x
    return constant if np.abs(constant).max() < log(sum(counts)) + 3 else None
