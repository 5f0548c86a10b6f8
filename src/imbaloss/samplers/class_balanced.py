"""Samples by class: classes are drawn at random, and then samples in them."""

from numbers import Real
from typing import Unpack

import torch
from torch import Tensor

from imbaloss.samplers.checks import Numbers, read_labels, read_whole, require
from imbaloss.samplers.draws import draw_with_replacement, make_generator, split_by_class, walk
from imbaloss.samplers.ranked import DrawOptions, IndexSampler


class ClassBalancedSampler(IndexSampler):
    """Draws classes at random, by default all equally often, and samples in them: `DataLoader(data, sampler=sampler)`.

    Class c has the probability n_c^power / sum of n_k^power: equal ones with power 0, those of the square root with
    1/2, and those of the data with 1. With `progressive=T` the probabilities go from those of the data in epoch 0 to
    these in epoch T in equal steps. Within a class all samples are drawn before one of them is drawn again.

    `counts` and `prior_shift` are those of the epoch that is set. Without `set_epoch`, a complete iteration sets the
    next epoch. Read them before the iteration, then, or call `set_epoch` with the epoch that they are to describe.

    Source: Kang et al. 2020 (arXiv 1910.09217), equations 1 and 2. Shen, Lin and Huang 2016 (arXiv 1512.05830), section
    3.2, for the samples in a class.
    """

    def __init__(
        self,
        labels: Numbers,
        *,
        power: float = 0.0,
        progressive: int | None = None,
        num_samples: int | None = None,
        **options: Unpack[DrawOptions],
    ) -> None:
        """Set the classes and their probabilities.

        Args:
            labels: (N,), the class of each sample, from 0 to C - 1.
            power: From 0 for equal classes to 1 for the classes of the data.
            progressive: The number of epochs T after which the probabilities are reached; None for at once.
            num_samples: The samples of an epoch, over all ranks; None for N.
            options: Those of `DrawOptions`.

        Raises:
            ValueError: The labels are not (N,) or not whole numbers from 0, a class has no sample, or an option is
                outside its domain.
        """
        classes = read_labels(labels)
        require(isinstance(power, Real) and 0 <= power <= 1, "power must be 0 to 1", power)
        epochs = None if progressive is None else read_whole("progressive", progressive, 1)
        super().__init__(classes, num_samples, **options)
        self.power, self.progressive = float(power), epochs
        self.rows = split_by_class(classes)

    @property
    def class_counts(self) -> tuple[int, ...]:
        """The samples of each class in the data, (C,)."""
        return tuple(len(rows) for rows in self.rows)

    @property
    def probabilities(self) -> Tensor:
        """The probability of each class in this epoch, (C,)."""
        return self.compute_probabilities(self.epoch)

    def compute_probabilities(self, epoch: int) -> Tensor:
        """Compute the probability of each class in an epoch, (C,)."""
        counts = torch.tensor(self.class_counts, dtype=torch.float64)
        powers = counts**self.power
        reached = 1.0 if self.progressive is None else min(epoch / self.progressive, 1.0)
        return (1 - reached) * counts / counts.sum() + reached * powers / powers.sum()

    @property
    def counts(self) -> tuple[float, ...]:
        """The expected number of samples of each class in this epoch's draw, over all ranks, (C,)."""
        return tuple((self.num_samples * self.probabilities).tolist())

    def draw(self, epoch: int) -> Tensor:
        """Draw a class for each place, and the samples of each class in random order, (M,)."""
        generator = make_generator(self.seed, epoch)
        classes = draw_with_replacement(self.compute_probabilities(epoch), self.num_samples, generator)
        numbers = classes.bincount(minlength=len(self.rows)).tolist()
        rows = torch.empty_like(classes)
        rows[classes.argsort(stable=True)] = torch.cat(
            [walk(rows, number, generator) for rows, number in zip(self.rows, numbers, strict=True)]
        )
        return rows

    def describe(self) -> str:
        """Return the settings of the draw as text, for `repr` and the check of a state."""
        return f"power={self.power:g}, progressive={self.progressive}, num_samples={self.num_samples}"
