"""A memory of earlier scores, for losses of pairs and ranks on batches that are small or hold few positives."""

from typing import Any

import torch
from torch import Tensor, nn

from imbaloss.losses.checks import is_transformed
from imbaloss.losses.domains import require
from imbaloss.losses.scores import Scores, divide_or_zero, scale_gradient
from imbaloss.losses.totals import class_indicators


class ScoreMemory(nn.Module):
    """The newest scores of each class from earlier batches, without gradient, which join those of a new batch.

    Each of C classes keeps its newest `size` / C samples, at least one, so that a rare class is kept longer. A sample
    with a logit that is not finite, or without weight, is not kept. The state is in the state_dict: `logits`, `weights`
    and `seen`, the sum of the weights of each class so far. Two factors undo what the queues do to the shares:

    - The weights of a class are multiplied by a number, so that its share of the joined weights is its share s_c of all
      that was seen.
    - The gradient of the batch's samples of class c is multiplied by W_c / (s_c n), with W_c the weight of the class in
      batch and memory together, and n the weight of the batch. Its mean over batches is then the gradient of the whole
      set, as far as the scores in memory are those of today.

    Source: Wang et al. 2020 (arXiv 1912.06798) for the queue; a queue a class and the factors: imbaloss.
    """

    logits: Tensor
    weights: Tensor
    seen: Tensor

    def __init__(self, size: int) -> None:
        """Begin with an empty memory.

        Args:
            size: The number of samples of all classes together.

        Raises:
            ValueError: The size is not a whole number >= 1.
        """
        super().__init__()
        require(1 <= size < float("inf") and size == int(size), "memory must be a whole number >= 1", size)
        self.size = int(size)
        self.register_buffer("logits", torch.zeros(()))  # (S, C, K, D) from the first batch on
        self.register_buffer("weights", torch.zeros(()))  # (S, C, K), 0 where nothing is stored yet
        self.register_buffer("seen", torch.zeros((), dtype=torch.float64))  # (S, C); float32 would stop at 2^24

    def forward(self, batch: Scores) -> Scores:
        """Return the batch followed by the remembered samples, with the factors of the class, and remember the batch.

        Raises:
            ValueError: It is called inside a transform of torch.func, where no state can be kept.
        """
        if is_transformed():
            raise ValueError(
                "a memory of scores keeps state, which the transforms of torch.func cannot: take a loss without memory "
                "inside them"
            )
        logits = batch.logits.detach()
        classes = max(2, logits.shape[-1])
        is_finite = logits.isfinite().all(-1)
        weights = batch.weights.detach().where(is_finite, 0)
        class_weights = class_indicators(batch.targets, classes, logits.dtype) * weights.unsqueeze(-2)  # (S, C, B)
        if not self.weights.ndim:
            networks, _, numbers = logits.shape
            self.logits = logits.new_zeros(networks, classes, max(1, self.size // classes), numbers)
            self.weights = self.logits.new_zeros(self.logits.shape[:-1])
        self.seen = self.seen.to(logits.device) + class_weights.sum(-1)
        joined = self.join(batch, class_weights.sum(-1))
        self.push(logits.where(is_finite.unsqueeze(-1), 0), class_weights)
        return joined

    def join(self, batch: Scores, class_weights: Tensor) -> Scores:
        """Return the batch followed by the remembered samples, with the factors of the class.

        class_weights: the sum of the batch's weights by class, (S, C).
        """
        networks, classes, kept = self.weights.shape
        shares = (self.seen / self.seen.sum(-1, keepdim=True).clamp(min=torch.finfo(torch.float64).tiny)).to(
            class_weights
        )
        joined_weights = class_weights + self.weights.sum(-1)
        weight_factor = divide_or_zero(shares * joined_weights.sum(-1, keepdim=True), joined_weights)
        gradient_factor = divide_or_zero(joined_weights, shares * class_weights.sum(-1, keepdim=True))
        labels = batch.targets.long()
        stored_labels = torch.arange(classes, device=labels.device).repeat_interleave(kept).expand(networks, -1)
        weights = torch.cat([batch.weights, self.weights.flatten(1)], dim=1)
        every_label = torch.cat([labels, stored_labels], dim=1)
        with_gradient = scale_gradient(batch.logits, gradient_factor.gather(-1, labels).unsqueeze(-1))
        return Scores(
            torch.cat([with_gradient, self.logits.flatten(1, 2)], dim=1),
            every_label,
            weights * weight_factor.gather(-1, every_label),
        )

    def push(self, logits: Tensor, class_weights: Tensor) -> None:
        """Put the samples of a batch before those that are stored, and keep the first ones of each class.

        Args:
            logits: (S, B, D).
            class_weights: The weight of each sample in each class, (S, C, B); 0 for samples that are not to be kept.
        """
        kept = self.weights.shape[-1]
        weights = torch.cat([class_weights, self.weights], dim=-1)  # (S, C, B + K)
        of_each_class = logits.unsqueeze(1).expand(-1, weights.shape[1], -1, -1)
        scores = torch.cat([of_each_class, self.logits], dim=2)
        order = (weights > 0).to(torch.uint8).argsort(dim=-1, descending=True, stable=True)[..., :kept]
        self.weights = weights.gather(-1, order)
        self.logits = scores.gather(2, order.unsqueeze(-1).expand(-1, -1, -1, scores.shape[-1]))

    def keep(self, mask: Tensor) -> None:
        """Keep the memory of the networks where mask (S,) is true, in place. Before the first batch nothing changes."""
        if self.weights.ndim:
            self.logits, self.weights, self.seen = self.logits[mask], self.weights[mask], self.seen[mask]

    def extra_repr(self) -> str:
        """Return the size, for `repr`."""
        return str(self.size)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Load the memory from a state_dict, whatever its shape here: its buffers are scalars until the first batch.

        PyTorch calls it with its own arguments, `rest`, which are passed on.
        """
        for name in ("logits", "weights", "seen"):
            if (stored := state_dict.get(prefix + name)) is not None:
                setattr(self, name, torch.empty_like(stored, device=self.seen.device))
        super()._load_from_state_dict(state_dict, prefix, *rest)
