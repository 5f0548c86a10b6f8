"""Errors that depend on the class shares of the training set: they shift or scale the logit of each class.

Shapes as in `errors.py`. counts: the number of training samples of each class, (negatives, positives) in the binary
case, or such a pair for each of L labels, whose logits and targets are (L, ...); a class without samples counts as one
sample. Each error raises ValueError if counts are None, if their number is not that of the classes and labels, and if a
parameter is outside the domain that its docstring states.
"""

from functools import partial
from math import log

from torch import Tensor
from torch.nn import functional as F

from imbaloss.losses.domains import (
    Counts,
    PerClass,
    PerLabel,
    counts_at_least_one,
    is_per_label,
    map_labels,
    require,
    require_labels,
)
from imbaloss.losses.errors import Targets, cross_entropy, is_binary, true_log_odds
from imbaloss.losses.totals import select_true_class


def logit_adjusted(
    logits: Tensor,
    targets: Targets,
    *,
    counts: Counts = None,
    prior: PerClass | PerLabel | None = None,
    tau: float = 1.0,
) -> Tensor:
    """Compute the cross-entropy of each sample, in nats, for the logits z_c + tau log prior_c, with tau >= 0.

    tau = 1 is balanced softmax. One logit z becomes z + tau log(prior_1 / prior_0).

    Args:
        logits: (..., B) of class 1, or (..., B, C).
        targets: (..., B), from 0 on; None for every class in turn.
        counts: The training samples of each class, whose shares are the prior unless `prior` is given; 0 counts as 1.
        prior: A positive number for each class, or a pair for each label; the numbers are divided by their sum. It
            takes the place of counts.
        tau: The strength of the adjustment.

    Returns:
        (..., B), one error for each sample; (..., B, C), one for each class, with targets of None.

    Raises:
        ValueError: There are neither counts nor prior, not one entry for each class, or a value is outside its domain.

    Source: Menon et al. 2021, eq. 10 (arXiv 2007.07314); Ren et al. 2020 (arXiv 2007.10740) for tau = 1.
    """
    require(0 <= tau < float("inf"), "tau must be >= 0 and finite", tau)
    shares = prior if prior is not None else counts_at_least_one(counts, "logit_adjusted", ", or prior")
    require_per_class(shares, logits, targets)
    if is_binary(logits, targets):
        return cross_entropy(logits + align_labels(map_labels(partial(log_odds, tau=tau), shares), logits), targets)
    return cross_entropy(logits + logits.new_tensor(map_labels(partial(log_shares, tau=tau), shares)), targets)


def ldam(
    logits: Tensor, targets: Targets, *, counts: Counts = None, max_margin: float = 0.5, scale: float = 30.0
) -> Tensor:
    """Compute each sample's cross-entropy with the true logit lowered by a margin: -log softmax(s (z - D_t e_t))_t.

    D_c = max_margin (smallest count / n_c)^(1/4): the rarer the class, the wider its margin. In nats.

    Args:
        logits: (..., B) of class 1, or (..., B, C).
        targets: (..., B), from 0 on; None for every class in turn.
        counts: n_c, the training samples of each class; 0 counts as 1.
        max_margin: The margin of the rarest class, >= 0.
        scale: s > 0. Take 1 with an ordinary last layer: 30 is for a normalised one.

    Returns:
        (..., B), one error for each sample; (..., B, C), one for each class, with targets of None.

    Raises:
        ValueError: The counts are None or not one for each class, or a parameter is outside its domain.

    Source: Cao et al. 2019 (arXiv 1906.07413); the defaults are those of its code.
    """
    require(0 <= max_margin < float("inf"), "max_margin must be >= 0 and finite", max_margin)
    require(0 < scale < float("inf"), "scale must be > 0 and finite", scale)
    sizes = counts_at_least_one(counts, "ldam")
    require_per_class(sizes, logits, targets)
    margins = map_labels(lambda row: [scale * max_margin * (min(row) / size) ** 0.25 for size in row], sizes)
    true_margins = select_true_class(logits.new_tensor(margins), targets)
    return -F.logsigmoid(true_log_odds(scale * logits, targets) - true_margins)


def vector_scaling(
    logits: Tensor, targets: Targets, *, counts: Counts = None, gamma: float = 0.3, tau: float = 1.0
) -> Tensor:
    """Compute the VS error: -log softmax(D_c z_c + i_c)_t, D_c = (n_c / largest count)^gamma, i_c = tau log(n_c/n).

    One logit, with s = 1 for positives and -1 for negatives: log(1 + exp(i - D_t s z)), i = tau log(n_other / n_t).
    Both are in nats. The paper defines the two cases apart, so that one logit z and two logits (0, z) differ unless
    gamma = 0, which is `logit_adjusted`.

    Args:
        logits: (..., B) of class 1, or (..., B, C).
        targets: (..., B), from 0 on; None for every class in turn.
        counts: n_c, the training samples of each class; 0 counts as 1.
        gamma: The strength of the scaling, >= 0.
        tau: The strength of the shift, >= 0.

    Returns:
        (..., B), one error for each sample; (..., B, C), one for each class, with targets of None.

    Raises:
        ValueError: The counts are None or not one for each class, or a parameter is outside its domain.

    Source: Kini et al. 2021 (arXiv 2103.01550).
    """
    require(0 <= gamma < float("inf"), "gamma must be >= 0 and finite", gamma)
    require(0 <= tau < float("inf"), "tau must be >= 0 and finite", tau)
    sizes = counts_at_least_one(counts, "vector_scaling")
    require_per_class(sizes, logits, targets)
    scales = logits.new_tensor(map_labels(partial(powers_of_shares, gamma=gamma), sizes))
    if is_binary(logits, targets):
        shifts = logits.new_tensor(map_labels(partial(log_odds_of_others, tau=tau), sizes))
        return F.softplus(
            select_true_class(shifts, targets) - select_true_class(scales, targets) * true_log_odds(logits, targets)
        )
    return cross_entropy(scales * logits + logits.new_tensor(map_labels(partial(log_shares, tau=tau), sizes)), targets)


def log_shares(sizes: PerClass, tau: float) -> list[float]:
    """Compute tau log(n_c / n) for each class. Raises ValueError unless all sizes are finite and > 0."""
    require(all(0 < size < float("inf") for size in sizes), "prior must be finite and > 0", sizes)
    total = sum(sizes)
    return [tau * log(size / total) for size in sizes]


def log_odds(sizes: PerClass, tau: float) -> float:
    """Compute tau log(n_1 / n) - tau log(n_0 / n) for (n_0, n_1), by which one logit of the positive class is moved."""
    negative, positive = log_shares(sizes, tau)
    return positive - negative


def log_odds_of_others(sizes: PerClass, tau: float) -> list[float]:
    """Compute tau log(n_other / n_c) for the negative class and for the positive class."""
    shift = log_odds(sizes, tau)
    return [shift, -shift]


def powers_of_shares(sizes: PerClass, gamma: float) -> list[float]:
    """Compute (n_c / largest size)^gamma for each class."""
    largest = max(sizes)
    return [(size / largest) ** gamma for size in sizes]


def align_labels(per_label: float | list[float], logits: Tensor) -> float | Tensor:
    """Return the number of each of L labels as a tensor that is added to logits (L, ...); one number is unchanged."""
    if not isinstance(per_label, list):
        return per_label
    return logits.new_tensor(per_label).reshape(-1, *(1 for _ in logits.shape[1:]))


def require_per_class(values: PerClass | PerLabel, logits: Tensor, targets: Targets) -> None:
    """Raise ValueError unless counts or prior have one entry for each class, or one pair for each label.

    Pairs of labels need one logit for each target.
    """
    rule = "counts and prior must have one entry for each of"
    if not is_per_label(values):
        classes = 2 if is_binary(logits, targets) else logits.shape[-1]
        require(len(values) == classes, f"{rule} {classes} classes", len(values))
        return
    several = f"{logits.shape[-1]} logits a target"
    require(is_binary(logits, targets), "a pair for each label needs one logit a target", several)
    require_labels(len(values), logits.shape[0])
    for row in values:
        require(len(row) == 2, f"{rule} 2 classes", len(row))
