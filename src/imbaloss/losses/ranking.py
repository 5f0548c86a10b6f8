"""Losses of pairs and ranks, which no class totals can give.

Each function takes logits z, targets in {0, 1} and weights, all (..., B), and returns (...); 0 with gradient 0 where a
class is absent. A pair weighs the product of its samples' weights. Each raises ValueError where a parameter is outside
the domain that its formula states.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from imbaloss.losses.checks import traced, transformed
from imbaloss.losses.criterion import WeightedCriterion, described
from imbaloss.losses.domains import require
from imbaloss.losses.one_vs_rest import mean_over_classes, one_vs_rest

OfRanks = Callable[[Tensor, Tensor, Tensor], Tensor]
PAIRS_AT_ONCE = 2**22


class Ranking(WeightedCriterion):
    """A loss of pairs or ranks, called as `Criterion` says; several classes one against the rest.

    class_weights, in the binary case, are sample weights by class: of no account for pairs, whose weights they scale.
    There are no class totals: nothing to sync, to join over micro-batches or to average over batches.
    """

    def __init__(
        self, of_ranks: OfRanks, *, class_weights: Sequence[float] | None = None, ignore_index: int | None = None
    ) -> None:
        """Take the function that gives the loss of logits, targets and sample weights, and the options of any loss."""
        super().__init__(class_weights=class_weights, ignore_index=ignore_index)
        self.of_ranks = of_ranks

    def forward(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        return self.stacked(*self.checked(logits, targets, sample_weight)).squeeze(0)

    def of(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None) -> Tensor:
        """Return the loss of each network, for checked tensors with a leading stack axis.

        For several classes it is the mean of the losses of each class against the rest, weighted by class_weights.
        """
        class_weights = None if self.class_weights is None else logits.new_tensor(self.class_weights)
        ones = torch.ones_like(targets, dtype=logits.dtype)
        weights = ones if sample_weight is None else sample_weight.to(logits.dtype)
        if logits.ndim != targets.ndim:
            logits, targets, weights = one_vs_rest(logits, targets, weights)
            return mean_over_classes(self.of_ranks(logits, targets, weights), class_weights)
        if class_weights is not None:
            weights = weights * class_weights[targets.long()]
        return self.of_ranks(logits, targets, weights)

    def extra_repr(self) -> str:
        return f"{described(self.of_ranks)}, {self.options({})}"


def auc_squared_hinge(logits: Tensor, targets: Tensor, weights: Tensor, *, margin: float = 1.0) -> Tensor:
    """Mean over the pairs of a positive i and a negative j of max(0, margin - z_i + z_j)^2, margin > 0.

    Sorted, in O(B log B), with sums in float64: against the positives i with b_i = z_i - margin < z_j, a negative has
    sum (z_j - b_i)^2 = z_j^2 sum 1 - 2 z_j sum b_i + sum b_i^2.
    Source: Yan et al. 2003 (ICML), eq. 7, with p = 2; Joachims 2006 (KDD) for the sorting.
    """
    require(0 < margin < float("inf"), "margin must be > 0 and finite", margin)
    positive = targets == 1
    values, order = (logits.double() - margin * positive.double()).sort(-1)
    values = values - values.detach().mean(-1, keepdim=True)  # differences alone count; smaller sums lose less
    of_positive = torch.where(positive, weights, 0).double().gather(-1, order)
    of_negative = torch.where(positive, 0, weights).double().gather(-1, order)
    below, sums, squares = ((of_positive * values**power).cumsum(-1) for power in range(3))
    short = (values.square() * below - 2 * values * sums + squares).clamp(min=0)
    pairs = of_positive.sum(-1) * of_negative.sum(-1)
    return share((of_negative * short).sum(-1), pairs).to(logits.dtype)


def auc_logistic(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Mean over the pairs of a positive i and a negative j of log(1 + exp(z_j - z_i)), in nats; O(positives x B).

    Source: Burges et al. 2005 (ICML), RankNet.
    """
    positive = targets == 1
    of_class = (weights.where(~positive, 0), weights.where(positive, 0))
    of_negative, of_positive = (share(part, part.sum(-1, keepdim=True)) for part in of_class)

    def of_rows(rows: Tensor, of_row: Tensor) -> Tensor:
        """Return what some positives add to the mean, (...), for their logits and weights (..., R)."""
        differences = logits.unsqueeze(-2) - rows.unsqueeze(-1)  # (..., R, B)
        return (of_row * (F.softplus(differences) * of_negative.unsqueeze(-2)).sum(-1)).sum(-1)

    return over_positives(of_rows, logits, positive, of_positive)


def smooth_ap(logits: Tensor, targets: Tensor, weights: Tensor, *, temperature: float = 0.1) -> Tensor:
    """1 - the mean over the positives i of r_i / R_i, ranks among the positives and among all; O(positives x B).

    A rank is smooth: 1 + sum over j != i of sigmoid((z_j - z_i) / temperature), temperature > 0. Sample weights count
    repetitions.
    Source: Brown et al. 2020 (arXiv 2007.12163).
    """
    require(0 < temperature < float("inf"), "temperature must be > 0 and finite", temperature)
    positive = targets == 1
    of_positive = weights.where(positive, 0)

    def of_rows(rows: Tensor, of_row: Tensor) -> Tensor:
        """Return what some positives add to the mean, (...), for their logits and weights (..., R)."""
        above = torch.sigmoid((logits.unsqueeze(-2) - rows.unsqueeze(-1)) / temperature)  # (..., R, B)
        # a positive's sum counts itself by sigmoid(0) = 1/2, its rank by 1
        among_positives = 1 / 2 + (above * of_positive.unsqueeze(-2)).sum(-1)
        # false positives in numerator and denominator alike: exact where there are few
        false_positives = (above * (weights - of_positive).unsqueeze(-2)).sum(-1)
        return (of_row * false_positives / (among_positives + false_positives)).sum(-1)

    positives = of_positive.sum(-1)
    both = (positives > 0) & (weights.where(~positive, 0).sum(-1) > 0)
    return (over_positives(of_rows, logits, positive, weights) / positives.where(both, 1)).where(both, 0)


def share(part: Tensor, total: Tensor) -> Tensor:
    """part / total, 0 with gradient 0 where the total is 0."""
    return (part / total.where(total > 0, 1)).where(total > 0, 0)


def over_positives(
    of_rows: Callable[[Tensor, Tensor], Tensor], logits: Tensor, positive: Tensor, weights: Tensor
) -> Tensor:
    """The sum of of_rows(logits (..., R), weights (..., R)) over blocks of rows that hold every positive.

    A block has at most PAIRS_AT_ONCE pairs and is computed again for its gradient, so that memory is linear in B.
    """
    order = positive.to(torch.uint8).argsort(stable=True, dim=-1, descending=True)
    rows = positive.shape[-1] if traced() or not positive.numel() else int(positive.sum(-1).max())
    first, of_first = (part.gather(-1, order)[..., :rows] for part in (logits, weights.where(positive, 0)))
    size = max(1, PAIRS_AT_ONCE // max(1, logits.numel()))
    if rows <= size or transformed():  # torch.func knows no checkpoints
        return of_rows(first, of_first)
    blocks = zip(torch.split(first, size, -1), torch.split(of_first, size, -1), strict=True)
    return torch.stack([checkpoint(of_rows, *block, use_reentrant=False) for block in blocks]).sum(0)
