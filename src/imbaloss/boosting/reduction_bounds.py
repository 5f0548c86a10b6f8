"""Bounds of the curvature of reductions: one for each class, valid for all class means that can be reached.

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

Floats = NDArray[np.float64]
Bound = Callable[..., Floats]

SMALLEST = 1e-6  # share of the largest class mean that counts as 0


def bound_linear(means: Floats, weights: Floats, **parameters: Any) -> Floats:  # noqa: ARG001
    """Return zeros, (2,): a reduction that is linear in the class means has no curvature."""
    return np.zeros(2)


def bound_squares(means: Floats, weights: Floats) -> Floats:  # noqa: ARG001
    """Return 2 w_c, (2,), the curvature of sum_c w_c m_c^2."""
    return 2 * weights


def bound_p_norm(means: Floats, weights: Floats, *, p: float = 2.0) -> Floats:
    """Bound the curvature of N = S^(1/p), S = sum_c w_c m_c^p, (2,), since a root is below its tangent.

    For p >= 2 the root is that of N^2, which |.|_p bounds: N(m + D)^2 <= N^2 + 2 N dN D + (p - 1) |D|_p^2 (Ball, Carlen
    and Lieb 1994, Inventiones Mathematicae 115). As |D|_p <= |D|_2, k_c = (p - 1) w_c^(2/p) / N. For p < 2 the root is
    that of S, where m^p has the sharp bound 2 (p - 1) m^(p - 2), which a step to m = 0 needs. Without errors the bound
    is 0.

    Args:
        means: The class means m_c, (2,), >= 0.
        weights: The class weights w_c, (2,).
        p: The exponent, >= 1.
    """
    scale = float(means.max())  # by which all is divided, so that no power is too small or too large
    if not scale:
        return np.zeros(2)
    shares = np.maximum(means / scale, SMALLEST)
    total = float(weights @ shares**p)
    if p >= 2:
        sharp = (p - 1) * weights ** (2 / p) * total ** (-1 / p)
    else:
        sharp = 2 * (p - 1) * weights * shares ** (p - 2) * total ** (1 / p - 1) / p
    bound: Floats = sharp / scale
    return bound


def bound_soft_worst(means: Floats, weights: Floats, *, temperature: float = 0.1) -> Floats:
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
