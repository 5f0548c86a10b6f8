"""Errors that depend on the class shares of the training set: they shift or scale the logit of each class.

Shapes as in `errors.py`. counts: the number of training samples of each class, (negatives, positives) in the binary
case; a class without samples counts as one sample. Each error raises ValueError if counts are None, if their number is
not that of the classes, and if a parameter is outside the domain that its docstring states.
"""

from collections.abc import Sequence
from math import log

from torch import Tensor
from torch.nn import functional as F

from imbaloss.losses.domains import Counts, counts_at_least_one, require
from imbaloss.losses.errors import Targets, cross_entropy, is_binary, true_log_odds


def logit_adjusted(
    logits: Tensor, targets: Targets, *, counts: Counts = None, prior: Sequence[float] | None = None, tau: float = 1.0
) -> Tensor:
    """Compute the cross-entropy of each sample, in nats, for the logits z_c + tau log prior_c, with tau >= 0.

    tau = 1 is balanced softmax. One logit z becomes z + tau log(prior_1 / prior_0).

    Args:
        logits: (..., B) of class 1, or (..., B, C).
        targets: (..., B), from 0 on.
        counts: The training samples of each class, whose shares are the prior unless `prior` is given; 0 counts as 1.
        prior: A positive number for each class; the numbers are divided by their sum. It takes the place of counts.
        tau: The strength of the adjustment.

    Returns:
        (..., B), one error for each sample.

    Raises:
        ValueError: There are neither counts nor prior, not one entry for each class, or a value is outside its domain.

    Source: Menon et al. 2021, eq. 10 (arXiv 2007.07314); Ren et al. 2020 (arXiv 2007.10740) for tau = 1.
    """
    require(0 <= tau < float("inf"), "tau must be >= 0 and finite", tau)
    shares = list(prior) if prior is not None else counts_at_least_one(counts, "logit_adjusted", ", or prior")
    require(all(0 < share < float("inf") for share in shares), "prior must be finite and > 0", prior)
    total = sum(shares)
    offsets = [tau * log(share / total) for share in shares]
    if is_binary(logits, targets):
        negative, positive = require_per_class(offsets, 2)
        return cross_entropy(logits + (positive - negative), targets)
    return cross_entropy(logits + logits.new_tensor(require_per_class(offsets, logits.shape[-1])), targets)


def ldam(
    logits: Tensor, targets: Targets, *, counts: Counts = None, max_margin: float = 0.5, scale: float = 30.0
) -> Tensor:
    """Compute each sample's cross-entropy with the true logit lowered by a margin: -log softmax(s (z - D_t e_t))_t.

    D_c = max_margin (smallest count / n_c)^(1/4): the rarer the class, the wider its margin. In nats.

    Args:
        logits: (..., B) of class 1, or (..., B, C).
        targets: (..., B), from 0 on.
        counts: n_c, the training samples of each class; 0 counts as 1.
        max_margin: The margin of the rarest class, >= 0.
        scale: s > 0. Take 1 with an ordinary last layer: 30 is for a normalised one.

    Returns:
        (..., B), one error for each sample.

    Raises:
        ValueError: The counts are None or not one for each class, or a parameter is outside its domain.

    Source: Cao et al. 2019 (arXiv 1906.07413); the defaults are those of its code.
    """
    require(0 <= max_margin < float("inf"), "max_margin must be >= 0 and finite", max_margin)
    require(0 < scale < float("inf"), "scale must be > 0 and finite", scale)
    sizes = counts_at_least_one(counts, "ldam")
    smallest = min(sizes)
    margins = [scale * max_margin * (smallest / size) ** 0.25 for size in sizes]
    classes = 2 if is_binary(logits, targets) else logits.shape[-1]
    true_margins = select_true_class(require_per_class(margins, classes), targets, logits)
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
        targets: (..., B), from 0 on.
        counts: n_c, the training samples of each class; 0 counts as 1.
        gamma: The strength of the scaling, >= 0.
        tau: The strength of the shift, >= 0.

    Returns:
        (..., B), one error for each sample.

    Raises:
        ValueError: The counts are None or not one for each class, or a parameter is outside its domain.

    Source: Kini et al. 2021 (arXiv 2103.01550).
    """
    require(0 <= gamma < float("inf"), "gamma must be >= 0 and finite", gamma)
    require(0 <= tau < float("inf"), "tau must be >= 0 and finite", tau)
    sizes = counts_at_least_one(counts, "vector_scaling")
    largest, total = max(sizes), sum(sizes)
    scales = [(size / largest) ** gamma for size in sizes]
    offsets = [tau * log(size / total) for size in sizes]
    if is_binary(logits, targets):
        negative, positive = require_per_class(offsets, 2)
        true_offsets = select_true_class([positive - negative, negative - positive], targets, logits)
        return F.softplus(true_offsets - select_true_class(scales, targets, logits) * true_log_odds(logits, targets))
    scale, offset = (logits.new_tensor(require_per_class(values, logits.shape[-1])) for values in (scales, offsets))
    return cross_entropy(scale * logits + offset, targets)


def require_per_class(values: list[float], classes: int) -> list[float]:
    """Return the values unchanged. Raise ValueError if their number is not the number of classes."""
    require(len(values) == classes, f"counts and prior must have one entry for each of {classes} classes", len(values))
    return values


def select_true_class(values: list[float], targets: Targets, logits: Tensor) -> Tensor:
    """Return the value of each sample's own class: values (C,) and targets (..., B) -> (..., B).

    Targets of None are for every class in turn: the result is (C,).

    The result has the type and the device of the logits, which are used for nothing else. Raises IndexError for a
    target of C or above.
    """
    of_classes = logits.new_tensor(values)
    return of_classes if targets is None else of_classes[targets.long()]
