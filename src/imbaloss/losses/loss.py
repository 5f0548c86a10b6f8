"""A loss: error -> class totals -> reduction."""

from collections.abc import Callable, Sequence
from typing import TypedDict

from torch import Tensor
from torch import distributed as dist

from imbaloss.losses.criterion import WeightedCriterion, described
from imbaloss.losses.one_vs_rest import mean_over_classes, one_vs_rest
from imbaloss.losses.reductions import none, unbiased_sum_of_squared_class_means
from imbaloss.losses.running import RunningTotals
from imbaloss.losses.totals import Totals, as_part_of, class_totals, over_ranks

Error = Callable[[Tensor, Tensor], Tensor]
Reduction = Callable[[Totals, Tensor | None], Tensor]


class BatchOptions(TypedDict, total=False):
    """The options of `Loss` that every loss takes, but for `running`."""

    class_weights: Sequence[float] | None
    ignore_index: int | None
    sync: "bool | dist.ProcessGroup"


class LossOptions(BatchOptions, total=False):
    """The options of `Loss` that every loss takes. Their defaults are those of `Loss`."""

    running: float | None


class Loss(WeightedCriterion):
    """Any error under any reduction: `Loss(errors.squared, reductions.sum_of_class_means)` is MFE.

    Called as `Criterion` says. The reduction `none` gives each sample's weighted error, shaped as the targets.

    - sync: True, or a process group of torch.distributed: the loss is that of the batches of all ranks together, and so
      is the gradient after DistributedDataParallel has averaged it over the same ranks. Every rank of the group must
      call the loss equally often: on one rank alone, as in an evaluation, take a loss without sync.
    - running: a rate in (0, 1]. The totals are moving averages over the batches so far, the newest of weight `running`;
      the gradient is the newest batch's. In `eval()` mode the averages rest and each batch stands for itself; a batch
      whose errors are not all finite does not enter them.
      Source: Wang et al. 2017 (arXiv 1411.3803), algorithm 1.
    - classes_apart: the reduction is one of two classes. Several classes then stand one against the rest, each with
      totals of its own, and the loss is the mean of theirs, weighed by class_weights.
    """

    def __init__(
        self,
        error: Error,
        reduction: Reduction,
        *,
        class_weights: Sequence[float] | None = None,
        ignore_index: int | None = None,
        sync: "bool | dist.ProcessGroup" = False,
        running: float | None = None,
        classes_apart: bool = False,
    ) -> None:
        """Raise ValueError for a reduction that does not go with `sync` or `running`, and for wrong class weights."""
        super().__init__(class_weights=class_weights, ignore_index=ignore_index)
        if reduction is none and (sync or running is not None):
            raise ValueError("the reduction none has no class totals: neither sync nor running is for it")
        if reduction is unbiased_sum_of_squared_class_means and running is not None:
            raise ValueError("running totals need no correction of their squares: take msfe, not msfe_unbiased")
        self.error = error
        self.reduction = reduction
        self.sync = sync
        self.classes_apart = classes_apart
        self.running = None if running is None else RunningTotals(running)

    def forward(
        self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None, *, whole: Totals | None = None
    ) -> Tensor:
        """whole: the joined `totals` of the micro-batches of which this is one.

        The value is then that of the whole batch, and so is the sum of the micro-batches' gradients.
        """
        if whole is not None and (self.running is not None or self.reduction is none):
            reason = (
                "the reduction none has no totals" if self.running is None else "running totals already join batches"
            )
            raise ValueError(f"{reason}: whole is not for this loss")
        value = self.of(*self.seen(*self.checked(logits, targets, sample_weight)), whole)
        return value.reshape(targets.shape if self.reduction is none else ())

    def totals(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Totals:
        """The class totals of a batch, called as the loss is: errors (1, C) or (K, 1, C), weights (1, C)."""
        return self.totals_of(*self.seen(*self.checked(logits, targets, sample_weight)))

    def totals_of(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None) -> Totals:
        """Return the class totals of checked tensors; with `classes_apart`, those of each class against the rest."""
        if self.classes_apart and logits.ndim != targets.ndim:
            logits, targets, sample_weight = one_vs_rest(logits, targets, sample_weight)
        classes = 2 if logits.ndim == targets.ndim else logits.shape[-1]
        return class_totals(self.error(logits, targets), targets, classes, sample_weight)

    def of(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None, whole: Totals | None = None) -> Tensor:
        """Return the loss of checked tensors, or with the reduction `none` the errors of the samples.

        In training, `running` totals move. With `sync`, the ranks exchange their totals.
        """
        class_weights = None if self.class_weights is None else logits.new_tensor(self.class_weights)
        if self.reduction is none:
            errors = self.error(logits, targets)
            errors = errors if sample_weight is None else errors * sample_weight.to(errors.dtype)
            return errors if class_weights is None else errors * class_weights[targets.long()]
        totals = self.totals_of(logits, targets, sample_weight)
        if self.sync:
            of_ranks, ranks = over_ranks(totals if whole is None else whole, self.group)
            totals = as_part_of(of_ranks, totals, copies=ranks)  # DistributedDataParallel divides by the ranks
        elif whole is not None:
            totals = as_part_of(whole, totals)
        if self.running is not None and self.training:
            totals = self.running(totals)
        if self.classes_apart and logits.ndim != targets.ndim:
            return mean_over_classes(self.reduction(totals, None), class_weights).to(logits.dtype)
        return self.reduction(totals, class_weights).to(logits.dtype)

    @property
    def group(self) -> "dist.ProcessGroup | None":
        return None if isinstance(self.sync, bool) else self.sync

    def keep(self, mask: Tensor) -> None:
        if self.running is not None:
            self.running.keep(mask)

    def extra_repr(self) -> str:
        options = {"classes_apart": self.classes_apart, "sync": self.sync}
        return ", ".join([described(self.error), described(self.reduction), self.options(options)])
