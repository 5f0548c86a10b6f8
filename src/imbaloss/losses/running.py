"""Moving averages of class totals, for reductions that are not linear and batches that are small."""

from typing import Any

import torch
from torch import Tensor

from imbaloss.losses.domains import require
from imbaloss.losses.state import LossState, check_continues, refuse_transforms
from imbaloss.losses.totals import Totals, attach_gradient


class RunningTotals(LossState):
    """Exponential moving averages of class totals, with the gradient of the newest batch.

    u <- (1 - r) u + r (totals of the newest batch), divided by the same average of ones, which corrects the start at 0.
    A class that the newest batch lacks keeps its mean error. A batch in which a network has an error that is not finite
    adds 0 to that network's averages, so that its mean errors stay. The state, `errors`, `weights` and `batches` (the
    average of ones), is in the state_dict. `half()` of a model leaves it in float64.

    Source: Wang et al. 2017 (arXiv 1411.3803), algorithm 1; Adam's correction of the start (arXiv 1412.6980).
    """

    errors: Tensor
    weights: Tensor
    batches: Tensor

    def __init__(self, rate: float) -> None:
        """Begin with averages of 0, before the first batch.

        Args:
            rate: The weight r of the newest batch; the average before has the weight 1 - r.

        Raises:
            ValueError: The rate is not in (0, 1].
        """
        super().__init__()
        require(0 < rate <= 1, "running must be above 0 and at most 1", rate)
        self.rate = rate
        for name in ("errors", "weights", "batches"):
            self.register_buffer(name, torch.zeros((), dtype=torch.float64))

    def forward(self, totals: Totals) -> Totals:
        """Move the averages by the class totals of a batch and return the averages, with the gradient of the batch.

        A network with an error that is not finite adds 0 to its averages.

        Raises:
            ValueError: It is called inside a transform of torch.func, where no state can be kept, or the batch has
                other classes or another number of networks or labels than those before.
        """
        refuse_transforms("running totals keep", "running")
        errors, weights = (part.detach() for part in totals)
        if self.weights.ndim:
            check_continues(
                "the running average", "(labels or networks, classes)", tuple(self.weights.shape), tuple(weights.shape)
            )
        is_finite = errors.isfinite().all(-1, keepdim=True)
        is_finite = is_finite.all(0) if errors.ndim > weights.ndim else is_finite
        for name, newest in (("errors", errors.where(is_finite, 0)), ("weights", weights.where(is_finite, 0))):
            average = getattr(self, name).to(newest.device)
            setattr(self, name, (1 - self.rate) * average + self.rate * newest)
        self.batches = (1 - self.rate) * self.batches.to(weights.device) + self.rate
        return attach_gradient(Totals(self.errors / self.batches, self.weights / self.batches), totals)

    def keep(self, mask: Tensor) -> None:
        """Keep the averages of the networks where mask (S,) is true, in place.

        Before the first batch there are no averages, and nothing changes.
        """
        if self.weights.ndim:
            stack_axis = self.errors.ndim - self.weights.ndim  # 1 if the errors have the axis K before it
            kept = mask.nonzero().squeeze(-1)
            self.errors, self.weights = self.errors.index_select(stack_axis, kept), self.weights[kept]

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Load the averages from a state_dict, whatever their shape here: they are scalars until the first batch.

        PyTorch calls it with its own arguments, `rest`, which are passed on.
        """
        for name in ("errors", "weights"):
            if (stored := state_dict.get(prefix + name)) is not None:
                setattr(self, name, torch.empty_like(stored, device=self.batches.device))
        super()._load_from_state_dict(state_dict, prefix, *rest)
