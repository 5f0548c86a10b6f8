"""Errors: one number for each sample, from its logits and its target.

Binary: logits (..., B), targets (..., B) in {0, 1}; p = sigmoid(logit) is the probability of class 1.
Multi-class: logits (..., B, C), targets (..., B) in {0, ..., C-1}; p = softmax(logits).
p_t is the probability of the true class. Each error returns (..., B). It raises ValueError if a parameter is outside
the domain that its docstring states. Errors that depend on the class shares of the training set are in `adjusted.py`.

Errors that take several classes also take None for targets. They then return the error that each sample has as a member
of each class, (..., B, C), in one pass, as soft labels need it.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from imbaloss.losses.domains import require

Targets = Tensor | None  # None for every class in turn


def is_binary(logits: Tensor, targets: Targets) -> bool:
    """Say whether there is one logit for each target. Targets of None are for several classes."""
    return targets is not None and logits.ndim == targets.ndim


def true_log_odds(logits: Tensor, targets: Targets) -> Tensor:
    """Compute the log-odds of each sample's true class, (..., B): log(p_t / (1 - p_t)), from which most errors follow.

    Logits (..., B) of class 1, or (..., B, C); targets (..., B), from 0 on, or None for the log-odds of every class,
    (..., B, C). Two logits (0, z) give the same value as the single logit z.
    """
    if targets is None:
        return log_odds_of_every_class(logits)
    if logits.ndim == targets.ndim:
        return logits * (2 * targets.to(logits.dtype) - 1)
    is_true = one_hot(targets, logits.shape[-1])
    log_sum_of_others = logits.masked_fill(is_true, -torch.inf).logsumexp(-1)
    return logits.where(is_true, 0).sum(-1) - log_sum_of_others


def log_odds_of_every_class(logits: Tensor) -> Tensor:
    """Compute log(p_c / (1 - p_c)) of each class c, with p = softmax(logits): (..., B, C) -> (..., B, C).

    It is exact where p_c is near 0 or 1.
    """
    is_largest, log_sum, log_sum_of_smaller = split_log_sum(logits)
    # of all but the largest: at most 1/2, so that log(1 - probability) is exact
    probability = (logits - log_sum).exp().where(~is_largest, 0)
    return logits - log_sum_of_smaller.where(is_largest, log_sum + torch.log1p(-probability))


def log_probability_of_every_class(logits: Tensor) -> Tensor:
    """Compute log p_c of each class c, with p = softmax(logits): (..., B, C) -> (..., B, C).

    Unlike `torch.log_softmax`, it is exact where p_c is near 1.
    """
    is_largest, log_sum, log_sum_of_smaller = split_log_sum(logits)
    log_odds_of_largest = logits.where(is_largest, 0).sum(-1, keepdim=True) - log_sum_of_smaller
    return F.logsigmoid(log_odds_of_largest).where(is_largest, logits - log_sum)


def split_log_sum(logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Find the largest logit of each sample, and compute log sum exp with it and without it.

    Returns:
        True at the largest logit, or the first of several, (..., B, C); the two sums, (..., B, 1).
    """
    is_largest = one_hot(logits.argmax(-1), logits.shape[-1])
    log_sum = logits.logsumexp(-1, keepdim=True)
    return is_largest, log_sum, logits.masked_fill(is_largest, -torch.inf).logsumexp(-1, keepdim=True)


def one_hot(targets: Tensor, classes: int) -> Tensor:
    """Return true at the target's class and false elsewhere: targets (..., B) -> boolean (..., B, C)."""
    return targets.unsqueeze(-1) == torch.arange(classes, device=targets.device)


def absolute(logits: Tensor, targets: Targets) -> Tensor:
    """Compute the absolute error, half the distance of target and probability: 1/2 sum_c |d_c - p_c| = 1 - p_t.

    Logits (..., B) of class 1, or (..., B, C), and targets (..., B), from 0 on, give one error a sample, (..., B), in
    [0, 1]; targets of None give (..., B, C).
    Source: Ghosh et al. 2017 (arXiv 1712.09482), whose error on C outputs is twice this.
    """
    return torch.sigmoid(-true_log_odds(logits, targets))


def squared(logits: Tensor, targets: Targets) -> Tensor:
    """Compute each sample's half squared distance of target and probability, 1/2 sum over the outputs of (d - p)^2.

    Logits (..., B) of class 1, or (..., B, C), and targets (..., B) give (..., B); targets of None give (..., B, C).
    One output: 1/2 (d - p)^2, in [0, 1/2]. C softmax outputs: d is the one-hot target, so that two outputs give twice
    the value of one.
    Source: Wang et al. 2016 (IJCNN), the error in their MSE, FPE and FNE.
    """
    if is_binary(logits, targets):
        return absolute(logits, targets).square() / 2
    probability = logits.softmax(-1)
    if targets is None:
        squares = probability.square()
        is_largest = one_hot(logits.argmax(-1), logits.shape[-1])
        # of the classes but the true one; a difference is exact if the true class is not the largest
        squares_of_smaller = squares.masked_fill(is_largest, 0).sum(-1, keepdim=True)
        squares_of_others = squares_of_smaller.where(is_largest, squares.sum(-1, keepdim=True) - squares)
        return (squares_of_others + (1 - probability).square()) / 2
    distance = one_hot(targets, logits.shape[-1]).to(logits.dtype) - probability
    return distance.square().sum(-1) / 2


def huber(logits: Tensor, targets: Targets, *, delta: float = 0.5) -> Tensor:
    """Compute Huber's error of e = 1 - p_t for each sample: e^2 / 2 if e <= delta, else delta (e - delta / 2).

    Logits (..., B) of class 1, or (..., B, C), and targets (..., B) give (..., B); targets of None give (..., B, C).
    delta = 1 is the squared error of one output. Raises ValueError unless 0 < delta <= 1.
    Source: Huber 1964 (Ann. Math. Statist. 35).
    """
    require(0 < delta <= 1, "delta must be above 0 and at most 1", delta)
    return F.huber_loss(e := absolute(logits, targets), torch.zeros_like(e), reduction="none", delta=delta)


def hinge(logits: Tensor, targets: Targets) -> Tensor:
    """Compute the hinge error: max(0, 1 - s z), s = 1, for negatives -1; C logits: max(0, 1 - z_t + largest other).

    The largest other is the largest logit of the other classes. Logits (..., B) of class 1, or (..., B, C), and targets
    (..., B), from 0 on, give one error a sample, (..., B); targets of None give (..., B, C).
    Source: Cortes and Vapnik 1995 (Machine Learning 20); Crammer and Singer 2001 (JMLR 2) for several classes.
    """
    if is_binary(logits, targets):
        return F.relu(1 - true_log_odds(logits, targets))
    if targets is None:
        return F.relu(1 - logits + largest_of_others(logits))
    is_true = one_hot(targets, logits.shape[-1])
    return F.relu(1 - logits.where(is_true, 0).sum(-1) + logits.masked_fill(is_true, -torch.inf).amax(-1))


def largest_of_others(logits: Tensor) -> Tensor:
    """Return the largest logit of the other classes, for each class: (..., B, C) -> (..., B, C).

    Tied largest logits share the gradient equally, as those of `amax` do.
    """
    largest = logits.amax(-1, keepdim=True)
    is_largest = logits == largest
    tied = is_largest.sum(-1, keepdim=True)
    mean_of_tied_others = (logits.where(is_largest, 0).sum(-1, keepdim=True) - logits) / (tied - 1).clamp(min=1)
    second = logits.masked_fill(is_largest, -torch.inf).amax(-1, keepdim=True)
    return mean_of_tied_others.where(tied > 1, second).where(is_largest, largest)


def cross_entropy(logits: Tensor, targets: Targets, *, smoothing: float = 0.0) -> Tensor:
    """Compute each sample's cross-entropy in nats: -(1 - s) log p_t - (s / C) sum_c log p_c, with smoothing s.

    Without smoothing, which is the default, it is -log p_t. Logits (..., B) of class 1, or (..., B, C), and targets
    (..., B) give (..., B); targets of None give (..., B, C). Raises ValueError unless 0 <= s <= 1.
    Source: Szegedy et al. 2016 (arXiv 1512.00567), section 7, for the smoothing.
    """
    require(0 <= smoothing <= 1, "smoothing must be between 0 and 1", smoothing)
    if targets is None:
        true_class_error = -log_probability_of_every_class(logits)
    else:
        true_class_error = -F.logsigmoid(true_log_odds(logits, targets))
    if smoothing == 0:
        return true_class_error
    if is_binary(logits, targets):
        mean_error = -(F.logsigmoid(logits) + F.logsigmoid(-logits)) / 2
    else:
        mean_error = -logits.log_softmax(-1).mean(-1, keepdim=targets is None)
    return (1 - smoothing) * true_class_error + smoothing * mean_error


def focal(logits: Tensor, targets: Targets, *, gamma: float = 2.0) -> Tensor:
    """Compute the focal error of each sample in nats: -(1 - p_t)^gamma log p_t; gamma = 0 is cross-entropy.

    Logits (..., B) of class 1, or (..., B, C), and targets (..., B), from 0 on, give (..., B); targets of None give
    (..., B, C). Raises ValueError unless gamma is finite and >= 0.
    Source: Lin et al. 2017, eq. 4 (arXiv 1708.02002); its alpha is a class weight of the reduction.
    """
    require(0 <= gamma < float("inf"), "gamma must be >= 0 and finite", gamma)
    return focal_of_log_odds(true_log_odds(logits, targets), gamma)


def focal_of_log_odds(log_odds: Tensor, gamma: float) -> Tensor:
    """Compute -(1 - p)^gamma log p, element by element, for the probability p that has these log-odds.

    gamma is not checked.
    """
    return -power_with_finite_slope(torch.sigmoid(-log_odds), gamma) * F.logsigmoid(log_odds)


def power_with_finite_slope(base: Tensor, exponent: float) -> Tensor:
    """Compute base^exponent, element by element, for a base and an exponent >= 0, which are not checked.

    If the exponent is in (0, 1), the gradient at base 0 is set to 0, where it would be infinite. 0^0 is 1.
    """
    if exponent == 0 or exponent >= 1:
        return base.pow(exponent)
    is_positive = base > 0
    return base.where(is_positive, 1).pow(exponent).where(is_positive, 0)


def poly1(logits: Tensor, targets: Targets, *, epsilon: float = 1.0) -> Tensor:
    """Compute the Poly-1 cross-entropy of each sample: -log p_t + epsilon (1 - p_t); epsilon = 0 is cross-entropy.

    Logits (..., B) of class 1, or (..., B, C), and targets (..., B), from 0 on, give (..., B); targets of None give
    (..., B, C). Raises ValueError unless epsilon is finite and >= -1.
    Source: Leng et al. 2022 (arXiv 2204.12511).
    """
    require(-1 <= epsilon < float("inf"), "epsilon must be >= -1 and finite", epsilon)
    log_odds = true_log_odds(logits, targets)
    return -F.logsigmoid(log_odds) + epsilon * torch.sigmoid(-log_odds)


def asymmetric(
    logits: Tensor,
    targets: Tensor,
    *,
    gamma_positive: float = 0.0,
    gamma_negative: float = 4.0,
    margin: float = 0.05,
) -> Tensor:
    """Compute the asymmetric error: -(1 - p)^gamma_positive log p, for negatives -q^gamma_negative log(1 - q).

    q = max(p - margin, 0), so that a negative whose probability p is below the margin has no error. Logits and targets
    (..., B), 0 or 1, give one error each, (..., B). Both gammas are >= 0, and 0 <= margin < 1.

    Raises:
        ValueError: A parameter is outside its domain, or there are several logits for a target.

    Source: Ben-Baruch et al. 2021 (arXiv 2009.14119).
    """
    require(0 <= gamma_positive < float("inf"), "gamma_positive must be >= 0 and finite", gamma_positive)
    require(0 <= gamma_negative < float("inf"), "gamma_negative must be >= 0 and finite", gamma_negative)
    require(0 <= margin < 1, "margin must be at least 0 and below 1", margin)
    if logits.ndim != targets.ndim:
        raise ValueError(f"the asymmetric error needs one logit a target, found {logits.shape[-1]} logits a target")
    error_if_positive = focal_of_log_odds(logits, gamma_positive)
    if margin == 0:
        error_if_negative = focal_of_log_odds(-logits, gamma_negative)
    else:
        shifted = F.relu(torch.sigmoid(logits) - margin)
        error_if_negative = -power_with_finite_slope(shifted, gamma_negative) * torch.log1p(-shifted)
    is_positive = targets.to(logits.dtype)
    return is_positive * error_if_positive + (1 - is_positive) * error_if_negative


def moments(logits: Tensor, targets: Tensor) -> Tensor:
    """Return z and z^2 of each logit, (2, ..., B) in float64. Their sums by class give the AUC-margin loss.

    Only the shape of the targets is used. float64, because a variance is a small difference of large sums. Raises
    ValueError if there are several logits for a target.
    """
    require(logits.ndim == targets.ndim, "moments need one logit a target", tuple(logits.shape))
    logits = logits.double()
    return torch.stack([logits, logits.square()])


def with_squares(logits: Tensor, targets: Tensor, *, error: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Return each sample's error and its square, (2, ..., B). Their sums by class give unbiased squares of class means.

    error: a function of logits and targets -> (..., B), such as `squared`.
    """
    sample_errors = error(logits, targets)
    return torch.stack([sample_errors, sample_errors.square()])
