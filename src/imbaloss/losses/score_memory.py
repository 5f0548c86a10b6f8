"""A memory of earlier scores, for losses of pairs and ranks on batches that are small or hold few positives."""

from typing import Any

import torch
from torch import Tensor

from imbaloss.losses.domains import require
from imbaloss.losses.scores import Scores, divide_or_zero, scale_gradient
from imbaloss.losses.state import LossState, check_continues, refuse_transforms
from imbaloss.losses.totals import class_indicators

BUFFERS = ("logits", "targets", "weights", "ages", "seen")

KEPT_LONGER = 1 / 3  # a class of share s is kept s^(-1/3) times as long: see docs/decisions.md


class ScoreMemory(LossState):
    """The scores of earlier batches, without gradient, which join those of a new batch.

    The memory holds `size` samples. Where there is no room, the oldest ones leave. A sample of a class whose share of
    all samples is s counts as s^(1/3) times as old as it is, so that a rare class is kept longer. A sample with a logit
    that is not finite, or without weight, is not kept. Three rules keep shares and level of the scores as they are:

    - The weights of a class are multiplied by a number, so that its share of the joined weights is its share s of all
      that was seen.
    - The gradient of the batch's samples of a class is multiplied by W / (s n), with W the weight of the class in batch
      and memory together, and n the weight of the batch. Its mean over batches is then the gradient of the whole set,
      as far as the scores in memory are those of today.
    - With one logit a sample, the mean gradient of the batch is taken off. A loss of pairs or ranks does not change if
      all logits grow alike, so that it is 0 for the whole set. Otherwise a batch without positives would lower all
      scores alike, and those in memory would be of another level. For batches of B samples this shortens the mean
      gradient by the factor 1 - 1/B.

    The state is in the state_dict: the samples' `logits`, `targets`, `weights` and `ages` in batches, and `seen`, the
    weight of each class so far. `half()` and `double()` of a model leave their dtype as it is.
    Source: Wang et al. 2020 (arXiv 1912.06798) for the queue; how long a class is kept, and the rules: imbaloss.
    """

    logits: Tensor  # (S, M, D)
    targets: Tensor  # (S, M)
    weights: Tensor  # (S, M), 0 where nothing is stored yet
    ages: Tensor  # (S, M)
    seen: Tensor  # (S, C)

    def __init__(self, size: int) -> None:
        """Begin with an empty memory.

        Args:
            size: The number of samples.

        Raises:
            ValueError: The size is not a whole number >= 1.
        """
        super().__init__()
        require(1 <= size < float("inf") and size == int(size), "memory must be a whole number >= 1", size)
        self.size = int(size)
        for name in BUFFERS:
            self.register_buffer(name, torch.zeros(()))

    def forward(self, batch: Scores) -> Scores:
        """Return the batch followed by the remembered samples, with the factors of the class, and remember the batch.

        Raises:
            ValueError: It is called inside a transform of torch.func, where no state can be kept, or the batch has
                another number of networks or of logits a sample than those before.
        """
        refuse_transforms("a memory of scores keeps", "memory")
        logits, targets = batch.logits.detach(), batch.targets.long()
        is_finite = logits.isfinite().all(-1)
        new = Scores(logits.where(is_finite.unsqueeze(-1), 0), targets, batch.weights.detach().where(is_finite, 0))
        if not self.weights.ndim:
            self.begin(new)
        axes = "(networks, logits a sample)"
        check_continues("the memory", axes, tuple(self.logits.shape[::2]), tuple(new.logits.shape[::2]))
        classes = self.seen.shape[-1]
        new_weights = sum_by_class(new.weights, targets, classes)
        self.seen = self.seen + new_weights
        shares = divide_or_zero(self.seen, self.seen.sum(-1, keepdim=True)).to(logits.dtype)
        weights = new_weights + sum_by_class(self.weights, self.targets, classes)
        weight_factor = divide_or_zero(shares * weights.sum(-1, keepdim=True), weights)
        gradient_factor = divide_or_zero(weights, shares * new_weights.sum(-1, keepdim=True))
        every_target = torch.cat([targets, self.targets], dim=1)
        own = center_gradient(batch.logits, new.weights) if batch.logits.shape[-1] == 1 else batch.logits
        own = scale_gradient(own, gradient_factor.gather(-1, targets).unsqueeze(-1))
        joined = Scores(
            torch.cat([own, self.logits], dim=1),
            every_target,
            torch.cat([batch.weights, self.weights], dim=1) * weight_factor.gather(-1, every_target),
        )
        self.push(new, shares)
        return joined

    def begin(self, batch: Scores) -> None:
        """Make room for `size` samples of each of S networks, with weights of 0."""
        networks, _, numbers = batch.logits.shape
        self.logits = batch.logits.new_zeros(networks, self.size, numbers)
        self.targets = batch.targets.new_zeros(networks, self.size)
        self.weights, self.ages = batch.weights.new_zeros(2, networks, self.size)
        # float32 would stop at 2^24
        self.seen = batch.weights.new_zeros(networks, max(2, numbers), dtype=torch.float64)

    def push(self, batch: Scores, shares: Tensor) -> None:
        """Put the samples of a batch before those that are stored, and keep the youngest, by the measure of the class.

        shares: the share of each class of all that was seen, (S, C).
        """
        targets = torch.cat([batch.targets, self.targets], dim=1)
        weights = torch.cat([batch.weights, self.weights], dim=1)
        ages = torch.cat([torch.zeros_like(batch.weights), self.ages + 1], dim=1)
        measured = (ages + 1) * shares.gather(-1, targets) ** KEPT_LONGER
        order = measured.where(weights > 0, torch.inf).argsort(dim=-1, stable=True)[:, : self.size]
        self.targets, self.weights, self.ages = (part.gather(-1, order) for part in (targets, weights, ages))
        logits = torch.cat([batch.logits, self.logits], dim=1)
        self.logits = logits.gather(1, order.unsqueeze(-1).expand(-1, -1, logits.shape[-1]))

    def keep(self, mask: Tensor) -> None:
        """Keep the memory of the networks where mask (S,) is true, in place. Before the first batch nothing changes."""
        if self.weights.ndim:
            for name in BUFFERS:
                setattr(self, name, getattr(self, name)[mask])

    def extra_repr(self) -> str:
        """Return the size, for `repr`."""
        return str(self.size)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Load the memory from a state_dict, whatever its shape here: its buffers are scalars until the first batch.

        PyTorch calls it with its own arguments, `rest`, which are passed on.
        """
        for name in BUFFERS:
            if (stored := state_dict.get(prefix + name)) is not None:
                setattr(self, name, torch.empty_like(stored, device=self.seen.device))
        super()._load_from_state_dict(state_dict, prefix, *rest)


def sum_by_class(weights: Tensor, targets: Tensor, classes: int) -> Tensor:
    """Sum the weights of the samples of each class: (S, B) and targets (S, B) -> (S, classes)."""
    return (class_indicators(targets, classes, weights.dtype) * weights.unsqueeze(-2)).sum(-1)


def center_gradient(logits: Tensor, weights: Tensor) -> Tensor:
    """Return the same logits; of their gradient the weighted mean over the batch is taken off: (S, B, 1), (S, B)."""
    means = (logits * divide_or_zero(weights, weights.sum(-1, keepdim=True)).unsqueeze(-1)).sum(1, keepdim=True)
    return logits - (means - means.detach())
