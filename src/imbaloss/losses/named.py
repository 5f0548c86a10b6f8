"""The losses that have a name in the literature. Each is an error, a reduction and, where it has them, class weights.

Every function here takes counts, the number of samples of each class in the training set, (negatives, positives) in
the binary case, and the loss's own parameters by keyword; class_weights overrides the loss's own.
"""

from collections.abc import Callable, Sequence
from functools import partial

from imbaloss.losses import errors, reductions
from imbaloss.losses.loss import Loss

Counts = Sequence[int] | None
ClassWeights = Sequence[float] | None


def mse(counts: Counts, *, class_weights: ClassWeights = None) -> Loss:  # noqa: ARG001
    """Mean squared error: (1/n) sum 1/2 (d - p)^2

    Source: the baseline of Wang et al. 2016 (IJCNN).
    """
    return Loss(errors.squared, reductions.mean, class_weights=class_weights)


def wmse(counts: Counts, *, class_weights: ClassWeights = None) -> Loss:
    """Weighted mean squared error: (1/n) sum w_c 1/2 (d - p)^2, with w_c = n/n_c unless given

    Source: the control of MFE, which it equals on the full training set.
    """
    if class_weights is None:
        class_weights = inverse_shares(counts, "wmse")
    return Loss(errors.squared, reductions.mean, class_weights=class_weights)


def mfe(counts: Counts, *, class_weights: ClassWeights = None) -> Loss:  # noqa: ARG001
    """Mean false error: FPE + FNE, the sum of the classes' mean squared errors

    Source: Wang et al. 2016 (IJCNN).
    """
    return Loss(errors.squared, reductions.sum_of_class_means, class_weights=class_weights)


def msfe(counts: Counts, *, class_weights: ClassWeights = None) -> Loss:  # noqa: ARG001
    """Mean squared false error: FPE^2 + FNE^2, the sum of the squares of the classes' mean squared errors

    Source: Wang et al. 2016 (IJCNN).
    """
    return Loss(errors.squared, reductions.sum_of_squared_class_means, class_weights=class_weights)


def wce(counts: Counts, *, class_weights: ClassWeights = None) -> Loss:
    """Weighted cross-entropy: -(1/n) sum w_c log p_t, with w_c = n/(C n_c) unless given, for C classes

    Source: King and Zeng 2001 (Political Analysis 9), section 4.2; the weights are scikit-learn's "balanced".
    """
    if class_weights is None:
        shares = inverse_shares(counts, "wce")
        class_weights = [share / len(shares) for share in shares]
    return Loss(errors.cross_entropy, reductions.mean, class_weights=class_weights)


def focal(
    counts: Counts,  # noqa: ARG001
    *,
    gamma: float = 2.0,
    alpha: float = 0.25,
    class_weights: ClassWeights = None,
) -> Loss:
    """Focal loss: -(1/n) sum alpha_t (1 - p_t)^gamma log p_t, alpha_t = alpha for positives, 1 - alpha for negatives

    Source: Lin et al. 2017, eq. 5 (arXiv 1708.02002). alpha is for two classes; class_weights replaces it.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be between 0 and 1, found {alpha:g}")
    if class_weights is None:
        class_weights = (1 - alpha, alpha)
    return Loss(partial(errors.focal, gamma=gamma), reductions.mean, class_weights=class_weights)


def inverse_shares(counts: Counts, name: str) -> list[float]:
    """n/n_c for each class; 0 for a class that the training set does not have."""
    if counts is None:
        raise ValueError(f"{name} needs counts=(negatives, positives) of the training set, or class_weights")
    return [sum(counts) / count if count else 0.0 for count in counts]


NAMED: dict[str, Callable[..., Loss]] = {
    "mse": mse,
    "wmse": wmse,
    "mfe": mfe,
    "msfe": msfe,
    "wce": wce,
    "focal": focal,
}
