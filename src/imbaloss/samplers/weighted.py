"""Samples by weight, on any number of ranks."""

from typing import Unpack

import torch
from torch import Tensor

from imbaloss.samplers.checks import Numbers, explain_first, read_labels, read_numbers, require
from imbaloss.samplers.draws import draw_with_replacement, make_generator
from imbaloss.samplers.ranked import DrawOptions, IndexSampler


class WeightedDistributedSampler(IndexSampler):
    """Draws samples in proportion to weights, as torch's WeightedRandomSampler, on any number of ranks.

    `counts` and `prior_shift` need the labels. They correct the shares of the classes; weights that differ within a
    class change what is learned of it, and no shift undoes that.
    """

    def __init__(
        self,
        weights: Numbers,
        num_samples: int | None = None,
        *,
        replacement: bool = True,
        labels: Numbers | None = None,
        **options: Unpack[DrawOptions],
    ) -> None:
        """Set the weights.

        Args:
            weights: (N,), in proportion to which samples are drawn; 0 for never.
            num_samples: The samples of an epoch, over all ranks; None for N.
            replacement: Whether a sample may be drawn several times in an epoch. If not, the weights are those of a
                draw among the samples that are left, as those of torch.
            labels: (N,), the class of each sample, from 0 to C - 1, for `counts` and `prior_shift` alone.
            options: Those of `DrawOptions`.

        Raises:
            ValueError: The weights are not (N,), one is negative or not finite, or all are 0. Or there are not enough
                samples to draw without replacement, the labels are wrong, or an option is outside its domain.
        """
        values = read_numbers("weights", weights, torch.float64)
        is_right = (values >= 0) & values.isfinite()
        require(bool(is_right.all()), "weights must be finite and >= 0", *explain_first(values, ~is_right))
        require(bool(values.any()), "weights must not all be 0", f"{len(values)} zeros")
        super().__init__(values, num_samples, **options)
        drawable = int(values.count_nonzero())
        if not replacement and self.num_samples > drawable:
            raise ValueError(f"{drawable} samples of positive weight give no {self.num_samples} without replacement")
        self.weights, self.replacement = values / values.max(), replacement
        self.labels = None if labels is None else read_labels(labels)
        if self.labels is not None and len(self.labels) != len(values):
            raise ValueError(f"labels must be one for each of {len(values)} weights, found {len(self.labels)}")

    @property
    def class_counts(self) -> tuple[int, ...]:
        """The samples of each class in the data, (C,). Raises ValueError without labels."""
        return tuple(self.require_labels().bincount().tolist())

    @property
    def counts(self) -> tuple[float, ...]:
        """The expected number of samples of each class in an epoch's draw, over all ranks, (C,).

        Raises:
            ValueError: There are no labels, or samples are drawn without replacement, where it has no closed form.
        """
        labels = self.require_labels()
        if not self.replacement:
            raise ValueError("counts are not known without replacement: count the labels of some epochs")
        return tuple((self.num_samples * labels.bincount(self.weights) / self.weights.sum()).tolist())

    def require_labels(self) -> Tensor:
        """Return the labels, (N,). Raises ValueError if there are none."""
        if self.labels is None:
            raise ValueError("counts and prior_shift need labels: WeightedDistributedSampler(weights, labels=labels)")
        return self.labels

    def draw(self, epoch: int) -> Tensor:
        """Draw samples in proportion to their weights, (M,).

        Without replacement these are the samples of the smallest exponential numbers, divided by their weights.
        Source: Efraimidis and Spirakis 2006 (Information Processing Letters 97).
        """
        generator = make_generator(self.seed, epoch)
        if self.replacement:
            return draw_with_replacement(self.weights, self.num_samples, generator)
        exponentials = torch.empty_like(self.weights).exponential_(generator=generator)
        return (exponentials / self.weights).argsort()[: self.num_samples]

    def describe(self) -> str:
        """Return the settings of the draw as text, for `repr` and the check of a state."""
        return f"num_samples={self.num_samples}, replacement={self.replacement}"
