"""Deferred re-weighting: one loss at first, another one from a given epoch on."""

from typing import Any

from torch import Tensor

from imbaloss.losses.criterion import Criterion
from imbaloss.losses.domains import PerClass, PerLabel, require
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

        Args:
            first: The loss before epoch `after`.
            then: The loss from epoch `after` on.
            after: A number of epochs; epochs count from 0.

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
        """The loss that is in use: `first`, or `then` from epoch `after` on."""
        return self.then if self.uses_then else self.first

    def forward(self, *batch: Any, **keywords: Any) -> Tensor:
        """Call the loss in use with logits, targets and sample_weight, and return what it returns.

        Raises ValueError as that loss does, for shapes that do not match and values that are not admitted.
        """
        return self.current(*batch, **keywords)  # type: ignore[no-any-return]

    def totals(self, *batch: Any, **keywords: Any) -> Totals:
        """Return the class totals (sums of errors and of weights by class) of a batch by the loss in use.

        The arguments are those of a call: logits, targets and sample_weight. Raises ValueError if they are not
        admitted.
        """
        return self.current.totals(*batch, **keywords)

    def stacked(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Compute the loss in use for each of S networks, (S,). Values and shapes are trusted.

        Args:
            logits: (S, B) or (S, B, C).
            targets: (S, B).
            sample_weight: (S, B); None for weights of 1.
        """
        return self.current.stacked(logits, targets, sample_weight)

    def probe(self, per_class: PerClass | PerLabel | None) -> None:
        """Compute both losses on an empty batch. Raises ValueError if a parameter of either is outside its domain.

        per_class: counts or prior, one number for each class or one pair for each label; None for two classes.
        """
        self.first.probe(per_class)
        self.then.probe(per_class)

    def set_epoch(self, epoch: int) -> None:
        """Put `first` in use before epoch `after`, and `then` from it on; the first epoch is 0."""
        self.uses_then = epoch >= self.after

    def keep(self, mask: Tensor) -> None:
        """Keep the state of the networks where mask (S,) is true, in place and in both losses.

        The state of the others is dropped.
        """
        self.first.keep(mask)
        self.then.keep(mask)

    def get_extra_state(self) -> dict[str, bool]:
        """Return {"begun": bool} for the state_dict: whether the second loss is in use."""
        return {"begun": self.uses_then}

    def set_extra_state(self, state: dict[str, bool]) -> None:
        """Restore from {"begun": bool}, of a state_dict, which loss is in use. Raises KeyError without that entry."""
        self.uses_then = state["begun"]

    def extra_repr(self) -> str:
        """Return the text "after=N", the epoch from which the second loss is in use, for `repr`."""
        return f"after={self.after}"
