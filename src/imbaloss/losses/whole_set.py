"""Reductions to losses of the whole set: one minus a score of the soft confusion matrix, and the AUC-margin loss.

The totals are those of two classes, (..., 2), of the absolute error e = 1 - p_t. Its sums E_c give the soft counts:
with n_c samples of class c, FN = E_1, TP = n_1 - E_1, FP = E_0, TN = n_0 - E_0. class_weights (negative, positive)
multiply the totals, as if every sample of the class had that weight. Without positives each loss is 0 with gradient 0.
For several classes see `one_vs_rest.py`. Each raises ValueError if a parameter is outside the domain that its docstring
states.
"""

import torch
from torch import Tensor

from imbaloss.losses.domains import require
from imbaloss.losses.reductions import apply_class_weights
from imbaloss.losses.totals import Totals, class_means

SMOOTH = 0.0  # the default of Dice and Tversky losses: no smoothing


def soft_counts(totals: Totals, class_weights: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return TP, FP, FN and the number of positives, each (...), of soft counts with class weights applied.

    totals: sums of 1 - p_t by class (negative, positive), (..., 2). class_weights: (2,) or (..., 2); None for ones.
    """
    false_positives, false_negatives = apply_class_weights(totals.errors, class_weights).unbind(-1)
    positives = apply_class_weights(totals.weights, class_weights)[..., 1]
    return positives - false_negatives, false_positives, false_negatives, positives


def soft_fbeta(totals: Totals, class_weights: Tensor | None = None, *, beta: float = 1.0) -> Tensor:
    """Compute the soft F-beta loss, 1 - F_beta = (beta^2 FN + FP) / (beta^2 n_1 + TP + FP): totals (..., 2) -> (...).

    The counts are soft: sums of probabilities. It is 0 with gradient 0 without positives. Raises ValueError unless beta
    is finite and > 0.

    Source: Jansche 2005 (HLT-EMNLP), who puts expected counts into the F measure.
    """
    require(0 < beta < float("inf"), "beta must be > 0 and finite", beta)
    true_positives, false_positives, false_negatives, positives = soft_counts(totals, class_weights)
    wrong = beta**2 * false_negatives + false_positives
    return divide_if_positives(wrong, beta**2 * positives + true_positives + false_positives, positives)


def tversky(
    totals: Totals,
    class_weights: Tensor | None = None,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    smooth: float = SMOOTH,
) -> Tensor:
    """Compute the Tversky loss (alpha FP + beta FN) / (TP + alpha FP + beta FN + smooth): totals (..., 2) -> (...).

    The counts are soft: sums of probabilities. It is 0 with gradient 0 without positives. alpha = beta = 1/2 is the
    Dice loss. Raises ValueError unless alpha, smooth >= 0 and beta > 0, all finite.
    Source: Salehi et al. 2017 (arXiv 1706.05721).
    """
    require(0 <= alpha < float("inf"), "alpha must be >= 0 and finite", alpha)
    require(0 < beta < float("inf"), "beta must be > 0 and finite", beta)
    require(0 <= smooth < float("inf"), "smooth must be >= 0 and finite", smooth)
    true_positives, false_positives, false_negatives, positives = soft_counts(totals, class_weights)
    wrong = alpha * false_positives + beta * false_negatives
    return divide_if_positives(wrong, true_positives + wrong + smooth, positives)


def focal_tversky(
    totals: Totals,
    class_weights: Tensor | None = None,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    gamma: float = 4 / 3,
    smooth: float = SMOOTH,
) -> Tensor:
    """Compute the focal Tversky loss, (1 - TI)^(1 / gamma), TI = (TP + smooth) / (TP + alpha FP + beta FN + smooth).

    Totals (..., 2) of two classes -> (...), with soft counts. It is 0 with gradient 0 without positives, and the
    gradient is 0 at TI = 1. Raises ValueError unless alpha, smooth >= 0, beta > 0 and gamma >= 1, all finite.
    Source: Abraham and Khan 2019 (arXiv 1810.07842).
    """
    require(1 <= gamma < float("inf"), "gamma must be >= 1 and finite", gamma)
    distance = tversky(totals, class_weights, alpha=alpha, beta=beta, smooth=smooth)
    return distance.where(distance > 0, 1).pow(1 / gamma).where(distance > 0, 0)


def soft_mcc(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """Compute 1 - MCC, with Matthews' correlation of target and prediction from soft counts, in [0, 2].

    Totals (..., 2) of two classes give (...). MCC = (1 - m_1 - m_0) sqrt(s (1 - s) / (q (1 - q))), with m_c the mean
    error of class c, s the share of positives and q the share of predicted positives. q (1 - q) is kept at the machine
    epsilon or above. The loss is 0 with gradient 0 if either class is absent. class_weights, None for ones, weigh the
    samples of a class.
    Source: Abhishek and Hamarneh 2021 (arXiv 2010.13454).
    """
    sizes = apply_class_weights(totals.weights, class_weights)
    has_both = (sizes > 0).all(-1)
    shares = sizes / sizes.sum(-1, keepdim=True).where(has_both.unsqueeze(-1), 1)
    negatives, positives = shares.unbind(-1)
    false_positives, false_negatives = class_means(totals).unbind(-1)
    predicted_positives = positives * (1 - false_negatives) + negatives * false_positives
    predicted_negatives = positives * false_negatives + negatives * (1 - false_positives)
    spread = (predicted_positives * predicted_negatives).clamp(min=torch.finfo(shares.dtype).eps)
    ratio = (positives * negatives).where(has_both, 1) / spread  # a root has an infinite slope at 0
    correlation = (1 - false_positives - false_negatives) * ratio.sqrt()
    return (1 - correlation).where(has_both, 0)


def recall_at_precision(
    totals: Totals,
    class_weights: Tensor | None = None,
    *,
    precision: float = 0.9,
    multiplier: float = 1.0,
) -> Tensor:
    """Compute (E_1 + multiplier max(0, E_1 + r E_0 - n_1)) / n_1, r = precision / (1 - precision): (..., 2) -> (...).

    E_c is the sum of the errors of class c, each at least 1 for a wrong decision, such as the hinge error. At least
    n_1 - E_1 positives are then found, and at most E_0 negatives are flagged. The precision is reached if n_1 - E_1 >=
    r E_0. This is the Lagrangian of the highest recall at that precision, at the best of all multipliers from 0 to
    `multiplier`: of those the largest where the bound is broken, and 0 where it holds. It is 0 with gradient 0 without
    positives. Raises ValueError unless 0 < precision < 1 and multiplier is finite and >= 0.
    Source: Eban et al. 2017 (AISTATS), eq. 9 (arXiv 1608.04802), where the multiplier has no limit.
    """
    require(0 < precision < 1, "precision must be above 0 and below 1", precision)
    require(0 <= multiplier < float("inf"), "multiplier must be >= 0 and finite", multiplier)
    negative_errors, positive_errors = apply_class_weights(totals.errors, class_weights).unbind(-1)
    positives = apply_class_weights(totals.weights, class_weights)[..., 1]
    broken = (positive_errors + precision / (1 - precision) * negative_errors - positives).clamp(min=0)
    return divide_if_positives(positive_errors + multiplier * broken, positives, positives)


def auc_margin(totals: Totals, class_weights: Tensor | None = None, *, margin: float = 1.0) -> Tensor:  # noqa: ARG001
    """Compute the AUC-margin loss, v_1 + v_0 + max(0, margin - a_1 + a_0)^2: totals of two classes -> (...).

    a_c and v_c are mean and variance of class c's logits. It is the least-squares loss of all pairs of a positive and a
    negative, with a one-sided margin. The loss is 0 with gradient 0 if either class is absent.

    Args:
        totals: The class totals of each logit and its square: errors (2, ..., 2), in float64.
        class_weights: Without effect, since they cancel in means and variances.
        margin: The distance of the means from which on they add nothing, > 0.

    Raises:
        ValueError: margin is not finite and above 0.

    Source: Ying et al. 2016 (NIPS 29), theorem 1; Yuan et al. 2021 (arXiv 2012.03173) for the margin.
    """
    require(0 < margin < float("inf"), "margin must be > 0 and finite", margin)
    means, squares = class_means(totals).unbind(0)
    variances = (squares - means.square()).clamp(min=0)
    shortfall = (margin - means[..., 1] + means[..., 0]).clamp(min=0)
    return (variances.sum(-1) + shortfall.square()).where((totals.weights > 0).all(-1), 0)


def divide_if_positives(numerator: Tensor, denominator: Tensor, positives: Tensor) -> Tensor:
    """Return numerator / denominator, and 0 with gradient 0 where there are no positives. All are (...)."""
    has_positives = positives > 0
    return (numerator / denominator.where(has_positives, 1)).where(has_positives, 0)
