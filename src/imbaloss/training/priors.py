"""Prior correction: undoes the shift of log-probabilities that a sampler causes by changing the class shares.

With cross-entropy a network learns the shares that it sees, and the correction is log(share before / share after). A
loss whose optimum does not depend on the shares needs none; for example MFE, whose class means stay the same. Both
follow from one rule: the sampler shifts the outputs by as much as it shifts the best constant output.
"""

from collections.abc import Sequence
from math import log

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import optimize

from imbaloss.losses import LossSpec

FARTHEST = 30.0  # limit of the constant logits that are tried
SAME = 1e-12  # values of a loss that differ by less count as equal
LAST = 2**31  # an epoch after the end of every schedule of a loss


def prior_shift(
    loss: LossSpec, before: Sequence[int], after: Sequence[int], prevalence: Sequence[float] | None = None
) -> tuple[float, ...]:
    """Return what to add to the log-probability of each class so that a sampler's effect is undone, (C,).

    Args:
        loss: The loss of the training.
        before: The samples of each class without the sampler.
        after: The samples of each class that an epoch shows.
        prevalence: The shares of the classes in use, for which probabilities are then right. None: the shares that the
            loss learns from the samples without the sampler. Those are the shares of the samples with cross-entropy,
            and equal shares with MFE or weighted cross-entropy.

    Returns:
        The shifts. All are 0 if before and after are equal, and if the loss has no best constant output, as losses that
        rank.

    Raises:
        ValueError: There is a prevalence, and the loss has no best constant output.
    """
    no_shift = (0.0,) * len(before)
    if tuple(before) == tuple(after) and prevalence is None:
        return no_shift
    learned = find_best_constant(loss, after)
    if learned is None and prevalence is not None:
        raise ValueError(f"prevalence is for losses that teach shares of the classes, not for {loss}: calibrate it")
    wanted = find_best_constant(loss, before) if prevalence is None else shares_to_logits(prevalence)
    if learned is None or wanted is None:
        return no_shift
    shift = wanted - learned
    return tuple((shift - shift.mean()).tolist()) if len(before) > 2 else (0.0, float(shift[0]))


def shares_to_logits(shares: Sequence[float]) -> NDArray[np.float64]:
    """Return the logits of class shares: the log-odds (1,) of two classes, else the log-shares (C,).

    A share of 0 gives an infinite logit and NumPy's warning.
    """
    logs: NDArray[np.float64] = np.log(np.asarray(shares))
    return logs[1:] - logs[:1] if len(logs) == 2 else logs


def find_best_constant(loss: LossSpec, counts: Sequence[int]) -> NDArray[np.float64] | None:
    """Find the constant logits, equal for all samples, that minimise a loss: (1,) for two classes, else (C,).

    Args:
        loss: The loss; one with a schedule is taken as after its last change.
        counts: The samples of each class.

    Returns:
        The logits. None if all constants are equally good, as for losses that rank. None also if the best constant is
        infinite, as for soft F1, whose best constant predicts every sample as positive.
    """
    criterion = loss.build(counts=counts).eval()
    criterion.set_epoch(LAST)
    targets, totals = torch.arange(len(counts))[None], torch.tensor([counts], dtype=torch.float64)
    numbers = 1 if len(counts) == 2 else len(counts)

    def value_and_gradient(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the loss, and its gradient w.r.t. the point, if all samples have these logits, (1,) or (C,)."""
        constant = torch.tensor(point, requires_grad=True)
        logits = constant.expand(1, 2) if numbers == 1 else constant.expand(1, numbers, numbers)
        [value] = criterion.stacked(logits, targets, totals)
        [gradient] = torch.autograd.grad(value, constant, allow_unused=True, materialize_grads=True)
        return value.item(), gradient.numpy()

    even, uneven = np.zeros(numbers), np.linspace(1.0, 2.0, numbers)
    if abs(value_and_gradient(even)[0] - value_and_gradient(uneven)[0]) < SAME:
        return None
    optima = [
        optimize.minimize(
            value_and_gradient,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-FARTHEST, FARTHEST)] * numbers,
            options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000},
        )
        for start in (even, shares_to_logits([max(count, 1) for count in counts]))
    ]
    constant: NDArray[np.float64] = min(optima, key=lambda optimum: float(optimum.fun)).x
    return constant if np.abs(constant).max() < log(sum(counts)) + 3 else None
