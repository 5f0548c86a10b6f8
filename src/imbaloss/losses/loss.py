"""A loss from class totals: error -> class totals -> reduction."""

from collections.abc import Callable
from typing import TypedDict

from torch import Tensor
from torch import distributed as dist

from imbaloss.losses.criterion import WeightedCriterion, describe_part
from imbaloss.losses.domains import PerClass, PerLabel
from imbaloss.losses.one_vs_rest import mean_over_classes, split_one_vs_rest
from imbaloss.losses.reductions import apply_class_weights, none, unbiased_sum_of_squared_class_means
from imbaloss.losses.running import RunningTotals
from imbaloss.losses.soft_labels import compute_membership
from imbaloss.losses.totals import Totals, attach_gradient, check_whole, class_totals, select_true_class, sum_over_ranks

Error = Callable[[Tensor, Tensor], Tensor]
Reduction = Callable[[Totals, Tensor | None], Tensor]


class BatchOptions(TypedDict, total=False):
    """The options of `Loss` that every loss takes, except `running`."""

    class_weights: PerClass | PerLabel | None
    ignore_index: int | None
    sync: "bool | dist.ProcessGroup"
    soft: bool
    per_label: bool


class LossOptions(BatchOptions, total=False):
    """The options of `Loss` that every loss takes. Their defaults are those of `Loss`."""

    running: float | None


class Loss(WeightedCriterion):
    """A loss of any error under any reduction: `Loss(errors.squared, reductions.sum_of_class_means)` is MFE.

    It is called as `Criterion` says. With the reduction `none` it returns each sample's weighted error, shaped as the
    samples.

    - soft: True for targets in [0, 1], in the shape of the logits. A sample belongs to each class with the share that
      its target says. Its error as a member of the class, times the share, goes to the totals of the class, and the
      share to the weight of the class. Binary, with logits (B,) or (B, 1, ...), the target t is the share of the
      positive class, and 1 - t that of the negative class. Other logits (B, C, ...) have C classes, and the shares of
      a sample sum to 1. To leave a sample out, give it sample_weight 0.
    - per_label: True for several yes-no questions a sample, in logits and targets (B, labels, ...). Each label has
      class totals of its own, and the loss is the mean over the labels. class_weights, counts and prior are (negative,
      positive), the same for all labels, or one such pair for each label. Without it, all labels together have one pair
      of totals.
    - sync: True, or a process group of torch.distributed: the loss is that of the batches of all ranks together, and so
      is the gradient after DistributedDataParallel has averaged it over the same ranks. Every rank of the group must
      call the loss equally often. For an evaluation on one rank alone, use a loss without sync.
    - running: a rate in (0, 1]. The totals are moving averages over the batches so far, in which the newest batch has
      the weight `running`; the gradient is the newest batch's. In `eval()` mode the averages stay as they are, and the
      loss is that of the batch alone. A batch with an error that is not finite does not enter the averages.
      Source: Wang et al. 2017 (arXiv 1411.3803), algorithm 1.
    - classes_apart: the reduction is for two classes. With several classes, each class against the rest has totals of
      its own, and the loss is the mean of these losses, weighted by class_weights.
    """

    def __init__(
        self,
        error: Error,
        reduction: Reduction,
        *,
        class_weights: PerClass | PerLabel | None = None,
        ignore_index: int | None = None,
        sync: "bool | dist.ProcessGroup" = False,
        running: float | None = None,
        soft: bool = False,
        per_label: bool = False,
        classes_apart: bool = False,
    ) -> None:
        """Set the error, the reduction and the options.

        Args:
            error: Logits, targets -> the error of each sample.
            reduction: Class totals, class weights -> one number; or `none` for no reduction.
            class_weights: One number for each class, or with `per_label` also one pair for each label; None for ones.
            ignore_index: A target whose samples are left out; None for none.
            sync: Whether, or the process group in which, ranks add their totals.
            running: The weight of the newest batch in moving averages of the totals; None for no averages.
            soft: Whether targets are shares of the classes in [0, 1].
            per_label: Whether axis 1 holds labels, each with class totals of its own.
            classes_apart: Whether the reduction is for two classes, so that several are taken one against the rest.

        Raises:
            ValueError: The reduction does not go with `sync`, `running` or `soft`, `running` is not in (0, 1],
                ignore_index is given with `soft`, or a class weight or ignore_index is not admitted.
        """
        super().__init__(class_weights=class_weights, ignore_index=ignore_index, soft=soft, per_label=per_label)
        if reduction is none and (sync or running is not None):
            raise ValueError("the reduction none has no class totals: neither sync nor running can be used with it")
        if reduction is unbiased_sum_of_squared_class_means and running is not None:
            raise ValueError("running totals need no correction of their squares: take msfe, not msfe_unbiased")
        if reduction is unbiased_sum_of_squared_class_means and soft:
            raise ValueError(
                "msfe_unbiased counts the pairs of samples of a class, which soft labels have not: take msfe"
            )
        self.error = error
        self.reduction = reduction
        self.sync = sync
        self.classes_apart = classes_apart
        self.running = None if running is None else RunningTotals(running)

    def forward(
        self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None, *, whole: Totals | None = None
    ) -> Tensor:
        """Compute the loss of a batch, a scalar, or with the reduction `none` the errors, shaped as the samples.

        In training, the moving averages of `running` change. With `sync`, the ranks exchange their totals.

        Args:
            logits: The shape of the targets, or (B, C, ...).
            targets: Any shape, or (B, ...).
            sample_weight: The shape of the samples: that of the targets, or (B, ...) for soft targets (B, C, ...); None
                for weights of 1.
            whole: The class totals of all micro-batches of which this is one, from `totals` and `join_totals`. The
                value is then that of the whole batch, and the gradients of the micro-batches sum to that of the whole
                batch.

        Raises:
            ValueError: Shapes do not match, a target is not admitted, a weight is negative or not finite, or `whole` is
                given to a loss with `running` or the reduction `none`, or has not the shapes of this loss's totals.
        """
        if whole is not None and (self.running is not None or self.reduction is none):
            reason = (
                "the reduction none has no totals" if self.running is None else "running totals already join batches"
            )
            raise ValueError(f"{reason}: whole is not for this loss")
        value = self.compute(*self.mask_ignored(*self.check_and_flatten(logits, targets, sample_weight)), whole)
        if self.reduction is none:
            return self.form.unflatten(value, targets.shape)
        return value.mean() if self.form.per_label else value.reshape(())

    def totals(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Totals:
        """Return the sums of errors and of weights by class of a batch, as `whole` of a later call needs them.

        Errors are (1, C), or (K, 1, C) if the error gives K numbers a sample, and weights (1, C). No state changes, and
        ranks do not exchange anything. An error that is not finite stays in the total of its own class. With
        `classes_apart` and several logits, the totals of each class against the rest are (1, C, 2). With `per_label`
        there is one row for each label in the place of 1. Raises ValueError if the batch is not admitted, as a call
        does.
        """
        batch = self.mask_ignored(*self.check_and_flatten(logits, targets, sample_weight))
        return self.compute_totals(*batch, apart=True)

    def compute_totals(
        self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None, *, apart: bool = False
    ) -> Totals:
        """Return the sums of errors and of weights by class of a checked and masked batch of S networks.

        They are (S, C); errors are (K, S, C) if the error gives K numbers a sample. With `classes_apart` and several
        logits, they are those of each class against the rest, (S, C, 2). apart: whether an error that is not finite
        stays in the total of its own class; without it, it may make those of all classes NaN.
        """
        several = logits.ndim > 2
        if self.classes_apart and several:
            logits, targets, sample_weight = split_one_vs_rest(logits, targets, sample_weight)
            several = False
        if not self.form.soft:
            classes = logits.shape[-1] if several else 2
            return class_totals(self.error(logits, targets), targets, classes, sample_weight, apart=apart)
        membership = compute_membership(self.error, logits, targets, sample_weight, several=several)
        return membership.sum_by_class(apart=apart)

    def compute(
        self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None, whole: Totals | None = None
    ) -> Tensor:
        """Compute the loss of each of S networks, (S,), or with the reduction `none` the weighted errors, (S, B).

        In training, the moving averages of `running` change. With `sync`, the ranks exchange their totals.

        Args:
            logits: (S, B) or (S, B, C), checked, with ignored samples masked.
            targets: (S, B), or soft in the shape of the logits.
            sample_weight: (S, B), or None.
            whole: The class totals of all micro-batches of which this is one; None for this batch alone.
        """
        class_weights = None if self.class_weights is None else logits.new_tensor(self.class_weights)
        if self.reduction is none:
            return self.compute_errors(logits, targets, sample_weight, class_weights)
        totals = self.compute_totals(logits, targets, sample_weight)
        if whole is not None:
            check_whole(whole, totals)
        if self.sync:
            rank_totals, ranks = sum_over_ranks(totals if whole is None else whole, self.group)
            # DistributedDataParallel divides the gradient by the number of ranks
            totals = attach_gradient(rank_totals, totals, copies=ranks)
        elif whole is not None:
            totals = attach_gradient(whole, totals)
        if self.running is not None and self.training:
            totals = self.running(totals)
        if self.classes_apart and logits.ndim > 2:
            return mean_over_classes(self.reduction(totals, None), class_weights).to(logits.dtype)
        return self.reduction(totals, class_weights).to(logits.dtype)

    def compute_errors(
        self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None, class_weights: Tensor | None
    ) -> Tensor:
        """Compute the weighted error of each sample of a checked and masked batch of S networks, (S, B).

        The arguments are those of `compute`; class_weights are (C,), (S, 2) for labels, or None.
        """
        if self.form.soft:
            membership = compute_membership(self.error, logits, targets, sample_weight, several=logits.ndim > 2)
            errors = membership.errors * membership.weights.to(membership.errors.dtype)
            # weights of labels, (S, 2), stay beside the samples of their label
            beside = class_weights if class_weights is None else class_weights.unsqueeze(-2)
            return apply_class_weights(errors, beside).sum(-1)
        errors = self.error(logits, targets)
        errors = errors if sample_weight is None else errors * sample_weight.to(errors.dtype)
        return errors if class_weights is None else errors * select_true_class(class_weights, targets)

    @property
    def group(self) -> "dist.ProcessGroup | None":
        """The process group of `sync`; None for the default group of torch.distributed, and if `sync` is False."""
        return None if isinstance(self.sync, bool) else self.sync

    def keep(self, mask: Tensor) -> None:
        """Keep the moving averages of the networks where mask (S,) is true, in place.

        Without `running` nothing changes.
        """
        if self.running is not None:
            self.running.keep(mask)

    def extra_repr(self) -> str:
        """Return the text of `repr`: the error, the reduction and the options that are not None or False."""
        parts = describe_part(self.error), describe_part(self.reduction)
        return self.format_arguments(*parts, classes_apart=self.classes_apart, sync=self.sync)
