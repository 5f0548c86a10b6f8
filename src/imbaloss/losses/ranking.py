"""Losses of pairs and ranks, which cannot be computed from class totals.

Each function takes logits z, targets in {0, 1} and sample weights, all (..., B), and returns (...). The value is 0 with
gradient 0 if either class is absent. The weight of a pair is the product of its samples' weights. Each raises
ValueError if a parameter is outside the domain that its docstring states.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch import distributed as dist
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from imbaloss.losses.checks import is_traced, is_transformed
from imbaloss.losses.criterion import WeightedCriterion, describe_part
from imbaloss.losses.domains import require
from imbaloss.losses.one_vs_rest import mean_over_classes, split_one_vs_rest
from imbaloss.losses.score_memory import ScoreMemory
from imbaloss.losses.scores import Scores, divide_or_zero, gather_over_ranks

RankFunction = Callable[[Tensor, Tensor, Tensor], Tensor]  # logits, targets, weights -> loss
PAIRS_AT_ONCE = 2**22  # 16 MiB of float32


class Ranking(WeightedCriterion):
    """A loss of pairs or ranks, called as `Criterion` says.

    With several classes, the loss is the mean of the losses of each class against the rest, weighted by class_weights.
    In the binary case class_weights multiply the sample weights. They change nothing in a mean over pairs of a positive
    and a negative, since they multiply the weights of all pairs alike.
    There are no class totals: such a loss cannot be joined over micro-batches or averaged over batches.

    - sync: True, or a process group of torch.distributed: the loss is that of the batches of all ranks together, and so
      is the gradient after DistributedDataParallel or FSDP has averaged it over the same ranks. The ranks exchange
      their logits, targets and weights. Every rank of the group must call the loss equally often.
    - memory: a number of samples. The loss is that of the batch together with so many samples of earlier batches, of
      which those of a rare class are kept longer. Their logits are those of the time, without gradient. In `eval()`
      mode the memory rests, and the loss is that of the batch alone. It is not recommended for `smooth_ap`, for which
      batches with more positives do much more: see docs/training-loops.md.
      Source: Wang et al. 2020 (arXiv 1912.06798); Rolinek et al. 2020 (arXiv 1912.03500) for ranks.
    """

    def __init__(
        self,
        rank_function: RankFunction,
        *,
        class_weights: Sequence[float] | None = None,
        ignore_index: int | None = None,
        sync: "bool | dist.ProcessGroup" = False,
        memory: int | None = None,
    ) -> None:
        """Set the function of pairs or ranks and the options.

        Args:
            rank_function: Logits, targets and sample weights, each (..., B) -> the loss, (...).
            class_weights: One number for each class; None for ones.
            ignore_index: A target whose samples are left out; None for none.
            sync: Whether, or the process group in which, ranks join their batches.
            memory: The number of earlier samples that are kept; None for none.

        Raises:
            ValueError: A class weight is negative or not finite, ignore_index is not whole, or memory is no whole
                number >= 1.
        """
        super().__init__(class_weights=class_weights, ignore_index=ignore_index)
        self.rank_function = rank_function
        self.sync = sync
        self.memory = None if memory is None else ScoreMemory(memory)

    def forward(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Compute the loss of a batch, a scalar; 0 if either class is absent.

        In training, the batch enters the memory. With `sync`, the ranks exchange their batches.

        Args:
            logits: The shape of the targets, or (B, C, ...).
            targets: Any shape, or (B, ...).
            sample_weight: The shape of the targets; None for weights of 1.

        Raises:
            ValueError: Shapes do not match, a target is no class, or a weight is negative or not finite.
        """
        return self.stacked(*self.check_and_flatten(logits, targets, sample_weight)).squeeze(0)

    def compute(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None) -> Tensor:
        """Compute the loss of each of S networks, (S,), for checked and masked tensors.

        Several classes are taken one against the rest, and their losses averaged. Logits (S, B) or (S, B, C), targets
        (S, B), sample_weight (S, B) or None for ones. In training, the batch enters the memory. With `sync`, the ranks
        exchange their batches.
        """
        class_weights = None if self.class_weights is None else logits.new_tensor(self.class_weights)
        ones = torch.ones_like(targets, dtype=logits.dtype)
        weights = ones if sample_weight is None else sample_weight.to(logits.dtype)
        if self.sync or (self.memory is not None and self.training):
            is_binary = logits.ndim == targets.ndim
            scores = self.join(Scores(logits.unsqueeze(-1) if is_binary else logits, targets, weights))
            logits, targets, weights = scores._replace(logits=scores.logits.squeeze(-1)) if is_binary else scores
        if logits.ndim != targets.ndim:
            logits, targets, weights = split_one_vs_rest(logits, targets, weights)
            return mean_over_classes(self.rank_function(logits, targets, weights), class_weights)
        if class_weights is not None:
            weights = weights * class_weights[targets.long()]
        return self.rank_function(logits, targets, weights)

    def join(self, scores: Scores) -> Scores:
        """Add the samples of the other ranks (`sync`), then those of earlier batches (`memory`, in training)."""
        if self.sync:
            scores = gather_over_ranks(scores, None if isinstance(self.sync, bool) else self.sync)
        return self.memory(scores) if self.memory is not None and self.training else scores

    def keep(self, mask: Tensor) -> None:
        """Keep the memory of the networks where mask (S,) is true, in place. Without `memory` nothing changes."""
        if self.memory is not None:
            self.memory.keep(mask)

    def extra_repr(self) -> str:
        """Return the text of `repr`: the function, and the options that are not None or False."""
        return self.format_arguments(describe_part(self.rank_function), sync=self.sync)


def auc_squared_hinge(logits: Tensor, targets: Tensor, weights: Tensor, *, margin: float = 1.0) -> Tensor:
    """Compute the mean over the pairs of a positive i and a negative j of max(0, margin - z_i + z_j)^2.

    All arguments are (..., B); the result is (...). It is 0 with gradient 0 if either class is absent. The weight of a
    pair is the product of its samples' weights. Raises ValueError unless margin is finite and > 0.

    The logits are sorted, which takes O(B log B), and sums are float64. With b_i = z_i - margin, a negative j adds the
    sum over the positives i with b_i < z_j of (z_j - b_i)^2 = z_j^2 sum 1 - 2 z_j sum b_i + sum b_i^2.
    Source: Yan et al. 2003 (ICML), eq. 7, with p = 2; Joachims 2006 (KDD) for the sorting.
    """
    require(0 < margin < float("inf"), "margin must be > 0 and finite", margin)
    values, order = (logits.double() - margin * (targets == 1).double()).sort(-1)
    values = values - values.detach().mean(-1, keepdim=True)  # only differences count; smaller sums lose less
    negative_weights, positive_weights = (part.double().gather(-1, order) for part in split_weights(targets, weights))
    below, sums, squares = ((positive_weights * values**power).cumsum(-1) for power in range(3))
    pair_errors = (values.square() * below - 2 * values * sums + squares).clamp(min=0)
    pairs = positive_weights.sum(-1) * negative_weights.sum(-1)
    return divide_or_zero((negative_weights * pair_errors).sum(-1), pairs).to(logits.dtype)


def auc_logistic(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Compute the mean over the pairs of a positive i and a negative j of log(1 + exp(z_j - z_i)), in nats.

    All arguments are (..., B); the result is (...). It is 0 with gradient 0 if either class is absent. The weight of a
    pair is the product of its samples' weights. Time is O(positives x B).
    Source: Burges et al. 2005 (ICML), RankNet.
    """
    return mean_over_pairs(F.softplus, logits, targets, weights)


def smooth_ap(logits: Tensor, targets: Tensor, weights: Tensor, *, temperature: float = 0.1) -> Tensor:
    """Compute 1 - the mean over the positives i of r_i / R_i, the rank among positives by the rank among all.

    All arguments are (..., B); the result is (...). A rank is smooth: 1 + sum over j != i of sigmoid((z_j - z_i) /
    temperature). Sample weights count repetitions. The value is 0 with gradient 0 if either class is absent. Time is
    O(positives x B). Raises ValueError unless temperature is finite and > 0.
    Source: Brown et al. 2020 (arXiv 2007.12163).
    """
    require(0 < temperature < float("inf"), "temperature must be > 0 and finite", temperature)
    negative_weights, positive_weights = split_weights(targets, weights)

    def compute_block(block_logits: Tensor) -> Tensor:
        """Return 1 - r_i / R_i of R of the positives, (..., R), for their logits (..., R)."""
        above = torch.sigmoid((logits.unsqueeze(-2) - block_logits.unsqueeze(-1)) / temperature)  # (..., R, B)
        # a positive's sum counts itself by sigmoid(0) = 1/2, its rank by 1
        positives_above = 1 / 2 + (above * positive_weights.unsqueeze(-2)).sum(-1)
        # 1 - r / R as false positives / R, which stays exact if they are few
        negatives_above = (above * negative_weights.unsqueeze(-2)).sum(-1)
        return negatives_above / (positives_above + negatives_above)

    positives = positive_weights.sum(-1)
    has_both = (positives > 0) & (negative_weights.sum(-1) > 0)
    terms, term_weights = map_over_positives(compute_block, logits, positive_weights)
    return ((term_weights * terms).sum(-1) / positives.where(has_both, 1)).where(has_both, 0)


def split_weights(targets: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weights of the negatives and those of the positives, 0 elsewhere: all are (..., B)."""
    is_positive = targets == 1
    return weights.where(~is_positive, 0), weights.where(is_positive, 0)


def compute_shares(weights: Tensor) -> Tensor:
    """Divide weights (..., B) by their sum; all are 0 if the sum is 0."""
    return divide_or_zero(weights, weights.sum(-1, keepdim=True))


def mean_over_pairs(pair_error: Callable[[Tensor], Tensor], logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Compute the mean over the pairs of a positive i and a negative j of an error of z_j - z_i: (..., B) -> (...).

    It is 0 with gradient 0 if either class is absent. Time is O(positives x B).

    Args:
        pair_error: Takes differences z_j - z_i of any shape and returns errors of the same shape.
        logits: (..., B).
        targets: (..., B), 1 for a positive.
        weights: (..., B); the weight of a pair is the product of its samples' weights.
    """
    negative_shares, positive_shares = map(compute_shares, split_weights(targets, weights))

    def compute_block(block_logits: Tensor) -> Tensor:
        """Return the mean error of the pairs of each of R positives, (..., R), for their logits (..., R)."""
        differences = logits.unsqueeze(-2) - block_logits.unsqueeze(-1)  # (..., R, B)
        return (pair_error(differences) * negative_shares.unsqueeze(-2)).sum(-1)

    terms, shares = map_over_positives(compute_block, logits, positive_shares)
    return (shares * terms).sum(-1)


def map_over_positives(
    compute_block: Callable[[Tensor], Tensor], logits: Tensor, positive_weights: Tensor
) -> tuple[Tensor, Tensor]:
    """Compute a number for each positive from its logit, block by block: (..., B) -> two tensors (..., R).

    A block has at most PAIRS_AT_ONCE pairs, and its intermediate tensors are computed again for the gradient, so that
    memory is linear in B. Inside torch.func there is only one block. R is the largest number of positives of a network.
    A network of a stack with fewer has numbers of other samples too, with weight 0. Under torch.compile and torch.func,
    where the number of positives cannot be read, R is B.

    Args:
        compute_block: Takes the logits of some samples, (..., r), and returns a finite number for each, (..., r).
        logits: (..., B).
        positive_weights: (..., B), 0 for negatives. A positive of weight 0 counts as a negative.

    Returns:
        The numbers, (..., R), and the weights of their samples, (..., R).
    """
    is_positive = positive_weights > 0
    order = is_positive.to(torch.uint8).argsort(stable=True, dim=-1, descending=True)
    count = is_positive.shape[-1] if is_traced() or not is_positive.numel() else int(is_positive.sum(-1).max())
    block_logits, block_weights = (part.gather(-1, order)[..., :count] for part in (logits, positive_weights))
    size = max(1, PAIRS_AT_ONCE // max(1, logits.numel()))
    if count <= size or is_transformed():  # torch.func has no checkpoints
        return compute_block(block_logits), block_weights
    blocks = torch.split(block_logits, size, -1)
    terms = [checkpoint(compute_block, block, use_reentrant=False) for block in blocks]
    return torch.cat(terms, dim=-1), block_weights
