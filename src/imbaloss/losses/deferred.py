"""Deferred re-weighting: one loss first, another from a given epoch on."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from imbaloss.losses.criterion import Criterion
from imbaloss.losses.domains import require
from imbaloss.losses.loss import Loss
from imbaloss.losses.totals import Totals


class Deferred(Criterion):
    """`first` in epochs 0 to after - 1, `then` from epoch `after` on; `set_epoch` tells which epoch begins.

    Called as its two losses are; which of them it is at is in the state_dict. With a plain and a re-weighted loss this
    is DRW. Source: Cao et al. 2019, algorithm 1 (arXiv 1906.07413).
    Raises ValueError where after is not a whole number >= 0.
    """

    def __init__(self, first: Loss, then: Loss, *, after: int) -> None:
        """Begin with the first loss, or with the second one if `after` is 0."""
        super().__init__()
        require(0 <= after < float("inf") and after == int(after), "after must be a whole number >= 0", after)
        self.first = first
        self.then = then
        self.after = int(after)
        self.begun = self.after == 0  # whether it is at `then`; a number would be compiled anew in each epoch

    @property
    def current(self) -> Loss:
        return self.then if self.begun else self.first

    def forward(self, *batch: Any, **keywords: Any) -> Tensor:
        return self.current(*batch, **keywords)  # type: ignore[no-any-return]

    def totals(self, *batch: Any, **keywords: Any) -> Totals:
        return self.current.totals(*batch, **keywords)

    def stacked(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        return self.current.stacked(logits, targets, sample_weight)

    def probe(self, of_classes: Sequence[float] | None) -> None:
        """Probe both losses."""
        self.first.probe(of_classes)
        self.then.probe(of_classes)

    def set_epoch(self, epoch: int) -> None:
        """Tells which epoch begins; the first is 0."""
        self.begun = epoch >= self.after

    def keep(self, mask: Tensor) -> None:
        self.first.keep(mask)
        self.then.keep(mask)

    def get_extra_state(self) -> dict[str, bool]:
        return {"begun": self.begun}

    def set_extra_state(self, state: dict[str, bool]) -> None:
        self.begun = state["begun"]

    def extra_repr(self) -> str:
        return f"after={self.after}"
