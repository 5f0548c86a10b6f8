"""Deferred re-weighting: one loss at first, another one from a given epoch on."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from imbaloss.losses.criterion import Criterion
from imbaloss.losses.domains import require
from imbaloss.losses.loss import Loss
from imbaloss.losses.totals import Totals


class Deferred(Criterion):
    """The loss `first` in epochs 0 to after - 1, and the loss `then` from epoch `after` on.

    It is called as its two losses are. `set_epoch` says which epoch begins; without it `first` stays. Which of the two
    is in use is in the state_dict. With an unweighted and a re-weighted loss this is DRW.

    Source: Cao et al. 2019, algorithm 1 (arXiv 1906.07413).
    """

    def __init__(self, first: Loss, then: Loss, *, after: int) -> None:
        """Begin with the first loss, or with the second one if `after` is 0.

        Raises:
            ValueError: `after` is not a whole number >= 0.
        """
        super().__init__()
        require(0 <= after < float("inf") and after == int(after), "after must be a whole number >= 0", after)
        self.first = first
        self.then = then
        self.after = int(after)
        # a boolean, not the epoch: torch.compile would compile anew for each number
        self.uses_then = self.after == 0

    @property
    def current(self) -> Loss:
        """The loss that is in use."""
        return self.then if self.uses_then else self.first

    def forward(self, *batch: Any, **keywords: Any) -> Tensor:
        """Call the loss in use."""
        return self.current(*batch, **keywords)  # type: ignore[no-any-return]

    def totals(self, *batch: Any, **keywords: Any) -> Totals:
        """Return the class totals of a batch by the loss in use; see `Loss.totals`."""
        return self.current.totals(*batch, **keywords)

    def stacked(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """See `Criterion.stacked`."""
        return self.current.stacked(logits, targets, sample_weight)

    def probe(self, per_class: Sequence[float] | None) -> None:
        """Probe both losses; see `Criterion.probe`."""
        self.first.probe(per_class)
        self.then.probe(per_class)

    def set_epoch(self, epoch: int) -> None:
        """Put the loss of this epoch in use; the first epoch is 0."""
        self.uses_then = epoch >= self.after

    def keep(self, mask: Tensor) -> None:
        """Keep the state of the networks where mask (S,) is true, in both losses."""
        self.first.keep(mask)
        self.then.keep(mask)

    def get_extra_state(self) -> dict[str, bool]:
        """Return, for the state_dict, whether the second loss is in use."""
        return {"begun": self.uses_then}

    def set_extra_state(self, state: dict[str, bool]) -> None:
        """Restore from a state_dict which loss is in use."""
        self.uses_then = state["begun"]

    def extra_repr(self) -> str:
        """Show the epoch of the change."""
        return f"after={self.after}"
