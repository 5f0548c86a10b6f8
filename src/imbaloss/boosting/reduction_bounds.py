"""How much a reduction of class means can curve: a bound for each class, valid for all class means that can be reached.

With R the loss, m_c the mean error of class c and D_c its change by a step,

    R(m + D) <= R(m) + sum_c (dR/dm_c) D_c + sum_c k_c D_c^2 / 2,

where D_c^2 <= (1 / n_c) sum_i w_i l_i^2 d_i^2 by the inequality of Cauchy and Schwarz. So the curvature of sample i is
n w_i (h_i dR/dm_c + l_i^2 k_c) / n_c, with h and l of `error_bounds`. The bound is separable: it holds for the steps of
all leaves at once.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.losses import reductions
from imbaloss.losses.domains import require

Floats = NDArray[np.float64]
Bound = Callable[..., Floats]

SMALLEST = 1e-6  # share of the largest class mean that counts as 0


def bound_linear(means: Floats, highest: Floats, weights: Floats, **parameters: Any) -> Floats:  # noqa: ARG001
    """Return zeros, (2,): a reduction that is linear in the class means has no curvature."""
    return np.zeros(2)


def bound_squares(means: Floats, highest: Floats, weights: Floats) -> Floats:  # noqa: ARG001
    """Return 2 w_c, (2,), the curvature of sum_c w_c m_c^2."""
    return 2 * weights


def bound_p_norm(means: Floats, highest: Floats, weights: Floats, *, p: float = 2.0) -> Floats:
    """Bound the curvature of S^(1/p), S = sum_c w_c m_c^p, by that of S, since the root is below its tangent, (2,).

    k_c = w_c kappa_c S^(1/p - 1) / p. For p <= 2, m^p has the sharp bound kappa = 2 (p - 1) m^(p - 2), which a step to
    m = 0 needs. For p > 2 it is 2 (M^p - m^p - p m^(p - 1) (M - m)) / (M - m)^2, with M the highest mean. Without
    errors the bound is 0.

    Args:
        means: The class means m_c, (2,), >= 0.
        highest: The highest means that a step can reach, (2,).
        weights: The class weights w_c, (2,).
        p: The exponent, >= 1.

    Raises:
        ValueError: p is above 2, and there is no highest mean.
    """
    scale = float(means.max())  # by which all is divided, so that no power is too small or too large
    if not scale:
        return np.zeros(2)
    require(p <= 2 or bool(np.isfinite(highest).all()), "p above 2 needs a limit of the steps: max_delta_step", p)
    shares = np.maximum(means / scale, SMALLEST)
    if p <= 2:
        sharp = 2 * (p - 1) * shares ** (p - 2)
    else:
        rise = np.maximum(highest / scale - shares, SMALLEST)
        sharp = 2 * ((shares + rise) ** p - shares**p - p * shares ** (p - 1) * rise) / rise**2
    total = float(weights @ shares**p)
    bound: Floats = weights * sharp * total ** (1 / p - 1) / (p * scale)
    return bound


def bound_soft_worst(means: Floats, highest: Floats, weights: Floats, *, temperature: float = 0.1) -> Floats:  # noqa: ARG001
    """Bound the curvature of t log((e^(x_0) + e^(x_1)) / 2), x_c = w_c m_c / t, by that of the logistic function, (2,).

    With b = x_1 - x_0 it curves in b by at most tanh(b / 2) / (2 b), whatever the step (Jaakkola and Jordan 2000), and
    the square of a difference is at most twice the sum of the squares. So k_c = w_c^2 tanh(b / 2) / (b t).
    """
    difference = float(weights @ (means * [-1, 1])) / temperature
    sharp = np.tanh(difference / 2) / (2 * difference) if abs(difference) > 1e-6 else 0.25
    return 2 * sharp * weights**2 / temperature


BOUNDS: Mapping[Callable[..., Any], Bound] = {
    reductions.mean: bound_linear,
    reductions.class_balanced_mean: bound_linear,
    reductions.sum_of_class_means: bound_linear,
    reductions.sum_of_squared_class_means: bound_squares,
    reductions.p_norm_of_class_means: bound_p_norm,
    reductions.soft_worst_class: bound_soft_worst,
}
