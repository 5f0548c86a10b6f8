"""Moving averages of class totals, for reductions that are not linear and batches that are small."""

from typing import Any

import torch
from torch import Tensor, nn

from imbaloss.losses.checks import transformed
from imbaloss.losses.domains import require
from imbaloss.losses.totals import Totals, as_part_of


class RunningTotals(nn.Module):
    """u <- (1 - r) u + r (totals of the newest batch), over the same average of ones; the gradient is the batch's.

    A class that the newest batch lacks keeps its mean error; a batch whose errors are not all finite is passed over.
    The state, `errors`, `weights` and `batches` (the average of ones), is in the state_dict.
    Source: Wang et al. 2017 (arXiv 1411.3803), algorithm 1; Adam's correction of the start (arXiv 1412.6980).
    Raises ValueError where the rate is not in (0, 1], and inside the transforms of torch.func, which cannot keep state.
    """

    errors: Tensor
    weights: Tensor
    batches: Tensor

    def __init__(self, rate: float) -> None:
        """Begin with averages of 0. rate: the weight of the newest batch."""
        super().__init__()
        require(0 < rate <= 1, "running must be above 0 and at most 1", rate)
        self.rate = rate
        for name in ("errors", "weights", "batches"):
            self.register_buffer(name, torch.zeros((), dtype=torch.float64))

    def forward(self, totals: Totals) -> Totals:
        """Move the averages by the totals of a batch; return them, with the gradient of the batch."""
        if transformed():
            raise ValueError("running totals keep state, which the transforms of torch.func cannot")
        errors, weights = (part.detach() for part in totals)
        finite = errors.isfinite().all(-1, keepdim=True)
        finite = finite.all(0) if errors.ndim > weights.ndim else finite
        for name, newest in (("errors", errors.where(finite, 0)), ("weights", weights.where(finite, 0))):
            average = getattr(self, name).to(newest.device)
            setattr(self, name, (1 - self.rate) * average + self.rate * newest)
        self.batches = (1 - self.rate) * self.batches.to(weights.device) + self.rate
        return as_part_of(Totals(self.errors / self.batches, self.weights / self.batches), totals)

    def keep(self, mask: Tensor) -> None:
        """Keep the averages of the networks where mask (S,) is true. Before the first batch nothing changes."""
        if self.weights.ndim:
            stack = self.errors.ndim - self.weights.ndim  # after the axis K, where there is one
            stays = mask.nonzero().squeeze(-1)
            self.errors, self.weights = self.errors.index_select(stack, stays), self.weights[stays]

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Load the averages, whose shapes in this module may be other ones than those that were saved."""
        for name in ("errors", "weights"):  # they have a shape only once there was a batch
            if (stored := state_dict.get(prefix + name)) is not None:
                setattr(self, name, torch.empty_like(stored, device=self.batches.device))
        super()._load_from_state_dict(state_dict, prefix, *rest)
