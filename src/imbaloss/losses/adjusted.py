"""Errors that know the classes' shares in the training set: they move or stretch each class's logit.

Shapes as in `errors.py`. counts: training samples of each class, (negatives, positives) in the binary case; a class
without samples counts as one sample. Each raises ValueError without counts, for counts of other classes than the
logits have, and where a parameter is outside the domain that its formula states.
"""

from collections.abc import Sequence
from math import log

from torch import Tensor
from torch.nn import functional as F

from imbaloss.losses.domains import Counts, require, seen
from imbaloss.losses.errors import cross_entropy, true_log_odds


def logit_adjusted(
    logits: Tensor, targets: Tensor, *, counts: Counts = None, prior: Sequence[float] | None = None, tau: float = 1.0
) -> Tensor:
    """Cross-entropy of the logits z_c + tau log prior_c, in nats; tau >= 0.

    prior: a positive number for each class; the shares in `counts` where it is not given. tau = 1 is balanced softmax.
    One logit z becomes z + tau log(prior_1 / prior_0).
    Source: Menon et al. 2021, eq. 10 (arXiv 2007.07314); Ren et al. 2020 (arXiv 2007.10740) for tau = 1.
    """
    require(0 <= tau < float("inf"), "tau must be >= 0 and finite", tau)
    shares = list(prior) if prior is not None else seen(counts, "logit_adjusted", ", or prior")
    require(all(0 < share < float("inf") for share in shares), "prior must be finite and > 0", prior)
    offsets = [tau * log(share / sum(shares)) for share in shares]
    if logits.ndim == targets.ndim:
        negative, positive = per_class(offsets, 2)
        return cross_entropy(logits + (positive - negative), targets)
    return cross_entropy(logits + logits.new_tensor(per_class(offsets, logits.shape[-1])), targets)


def ldam(
    logits: Tensor, targets: Tensor, *, counts: Counts = None, max_margin: float = 0.5, scale: float = 30.0
) -> Tensor:
    """Cross-entropy after the true class's logit is lowered by its margin, in nats: -log softmax(s (z - D_t e_t))_t.

    D_c = max_margin (smallest count / n_c)^(1/4): the rarer the class, the wider its margin. max_margin >= 0, s > 0.
    Source: Cao et al. 2019 (arXiv 1906.07413); 0.5 and 30 are those of its code, which normalises the
    last layer; with an ordinary last layer take scale = 1.
    """
    require(0 <= max_margin < float("inf"), "max_margin must be >= 0 and finite", max_margin)
    require(0 < scale < float("inf"), "scale must be > 0 and finite", scale)
    known = seen(counts, "ldam")
    margins = [scale * max_margin * (min(known) / count) ** 0.25 for count in known]
    classes = 2 if logits.ndim == targets.ndim else logits.shape[-1]
    of_true = of_true_class(per_class(margins, classes), targets, logits)
    return -F.logsigmoid(true_log_odds(scale * logits, targets) - of_true)


def vector_scaling(
    logits: Tensor, targets: Tensor, *, counts: Counts = None, gamma: float = 0.3, tau: float = 1.0
) -> Tensor:
    """VS error in nats: -log softmax(D_c z_c + i_c)_t, D_c = (n_c / largest count)^gamma, i_c = tau log(n_c/n).

    One logit, with s = 1 for positives and -1 for negatives: log(1 + exp(i - D_t s z)), i = tau log(n_other / n_t).
    The paper defines the two apart: there D goes with the sample's class, here with each logit, so that one logit and
    two differ unless gamma = 0 (then it is logit_adjusted). gamma, tau >= 0.
    Source: Kini et al. 2021 (arXiv 2103.01550).
    """
    require(0 <= gamma < float("inf"), "gamma must be >= 0 and finite", gamma)
    require(0 <= tau < float("inf"), "tau must be >= 0 and finite", tau)
    known = seen(counts, "vector_scaling")
    stretches = [(count / max(known)) ** gamma for count in known]
    offsets = [tau * log(count / sum(known)) for count in known]
    if logits.ndim == targets.ndim:
        negative, positive = per_class(offsets, 2)
        towards = of_true_class([positive - negative, negative - positive], targets, logits)
        return F.softplus(towards - of_true_class(stretches, targets, logits) * true_log_odds(logits, targets))
    stretch, offset = (logits.new_tensor(per_class(values, logits.shape[-1])) for values in (stretches, offsets))
    return cross_entropy(stretch * logits + offset, targets)


def per_class(values: list[float], classes: int) -> list[float]:
    require(len(values) == classes, f"counts and prior must have one entry for each of {classes} classes", len(values))
    return values


def of_true_class(values: list[float], targets: Tensor, logits: Tensor) -> Tensor:
    """The value of each sample's own class: (C,) and targets (..., B) -> (..., B)."""
    return logits.new_tensor(values)[targets.long()]
