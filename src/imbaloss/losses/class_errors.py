"""The mean error of each class over batches, micro-batches and ranks, for logging."""

import torch
from torch import Tensor
from torch import distributed as dist

from imbaloss.losses.deferred import Deferred
from imbaloss.losses.loss import Loss
from imbaloss.losses.state import check_continues
from imbaloss.losses.totals import Totals, class_means, gather_totals, join_totals


class ClassErrors:
    """Adds up the class totals of a loss over batches, and gives the exact mean error of each class.

    A mean over batches would count each batch alike, also one in which a class is rare or absent.

    >>> import imbaloss.losses
    >>> errors = ClassErrors(imbaloss.losses.get("msfe"))
    >>> errors.update(torch.tensor([-2.0, 0.5]), torch.tensor([0, 0]))
    >>> errors.update(torch.tensor([3.0]), torch.tensor([1]))
    >>> errors.compute()
    tensor([0.1004, 0.0011], dtype=torch.float64)
    """

    def __init__(self, criterion: Loss | Deferred) -> None:
        """Set the loss whose errors are added up. It needs class totals, as all but losses of pairs and ranks have.

        Raises:
            ValueError: The loss has no class totals.
        """
        if not hasattr(criterion, "totals"):
            raise ValueError(f"{type(criterion).__name__} has no class totals, and so no errors of classes")
        self.criterion = criterion
        self.totals: Totals | None = None

    @torch.no_grad()
    def update(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> None:
        """Add a batch, as the loss is called with it. Errors are computed once more, without gradient.

        An error that is not finite makes the mean of its own class NaN or infinite, and leaves those of the others.

        Raises:
            ValueError: The batch is not admitted by the loss, or has other classes or labels than those before.
        """
        newest = Totals(*(part.double() for part in self.criterion.totals(logits, targets, sample_weight)))
        if self.totals is not None:
            stored = tuple(self.totals.weights.shape)
            check_continues("the sum of errors", "(labels, classes)", stored, tuple(newest.weights.shape))
            newest = join_totals([self.totals, newest])
        self.totals = newest

    def compute(self, *, sync: "bool | dist.ProcessGroup" = False) -> Tensor:
        """Return the mean error of each class, (C,); NaN for a class without samples.

        It is (K, C) if the error gives K numbers a sample, and (C, 2) for a loss of each class against the rest.

        Args:
            sync: True, or a process group, for the batches of all ranks together. Every rank must then call it, also
                one without batches.

        Raises:
            ValueError: No batch has been added; with `sync`, none on any rank.
        """
        totals = gather_totals(self.totals, None if isinstance(sync, bool) else sync) if sync else self.totals
        if totals is None:
            raise ValueError("no batch has been added: call update(logits, targets) first")
        means = class_means(totals).masked_fill(totals.weights == 0, torch.nan)
        network_axis = totals.errors.ndim - totals.weights.ndim
        return means.squeeze(network_axis)

    def reset(self) -> None:
        """Forget all batches, as at the beginning of an epoch."""
        self.totals = None
