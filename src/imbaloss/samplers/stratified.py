"""Batches that all have the classes in one proportion."""

from collections.abc import Iterator, Sequence
from typing import Unpack

import torch
from torch import Tensor

from imbaloss.samplers.checks import Numbers, read_labels, read_shares, read_whole, require
from imbaloss.samplers.draws import apportion, make_generator, order_evenly, split_by_class, walk
from imbaloss.samplers.ranked import DrawOptions, RankedSampler


class StratifiedBatchSampler(RankedSampler[list[int]]):
    """Batches that all have the classes in one proportion: `DataLoader(data, batch_sampler=sampler)`.

    With batches of B and a share s of a class, each full batch has B s of it, rounded down or up. The batches that
    round up are spread evenly over the epoch. The batches of R ranks at one step are then nearly one stratified batch
    of R B.

    An epoch has as many samples as the data. With the shares of the data, each sample comes once, unless a class has
    fewer samples than `fewest` for each batch. Such a class, and one whose share is above that of the data, is passed
    through several times, each time in another order, and the other classes give up places.

    The last batch of an epoch is smaller if the batch size does not divide the number of samples, and has the classes
    that are left; with `drop_last` it is left out.
    """

    name_of_units = "batches"

    def __init__(
        self,
        labels: Numbers,
        batch_size: int,
        *,
        shares: Sequence[float] | None = None,
        fewest: int = 1,
        **options: Unpack[DrawOptions],
    ) -> None:
        """Set the classes, their shares and the size of batches.

        Args:
            labels: (N,), the class of each sample, from 0 to C - 1.
            batch_size: The samples of a batch, on one rank.
            shares: (C,), the share of each class; they sum to 1. None for the shares of the data.
            fewest: The samples of each class in a full batch, at least.
            options: Those of `DrawOptions`. With `drop_last` a smaller batch is left out, too.

        Raises:
            ValueError: The labels are not (N,) or not whole numbers from 0, a class has no sample, the batches are too
                small for `fewest` of each class or larger than the data, or an option is outside its domain.
        """
        classes = read_labels(labels)
        self.rows = split_by_class(classes)
        batch_size = read_whole("batch_size", batch_size, 1)
        require(batch_size <= len(classes), f"batch_size must be at most the {len(classes)} samples", batch_size)
        fewest = read_whole("fewest", fewest)
        if batch_size < fewest * len(self.rows):
            raise ValueError(
                f"batch_size must be {fewest * len(self.rows)} or more for {fewest} or more of each of "
                f"{len(self.rows)} classes, found {batch_size}: take larger batches or a smaller fewest"
            )
        self.batch_size, self.fewest = batch_size, fewest
        self.given_shares = None if shares is None else read_shares(shares, len(self.rows))
        super().__init__(classes, **options)
        self.full_counts, self.last_counts = self.plan()

    def plan(self) -> tuple[list[int], list[int]]:
        """Return how many samples of each class all full batches have, and the smaller last one, (C,) each."""
        samples = sum(self.class_counts)
        full = samples // self.batch_size
        proportions = list(self.given_shares or self.class_counts)
        full_counts = apportion(full * self.batch_size, proportions, self.fewest * full)
        whole = apportion(samples, proportions)
        left = [max(number - taken, 0) for number, taken in zip(whole, full_counts, strict=True)]
        return full_counts, apportion(0 if self.drop_last else samples % self.batch_size, left)

    @property
    def sampler(self) -> "StratifiedBatchSampler":
        """The sampler itself. Lightning and Accelerate call `set_epoch` of `batch_sampler.sampler`."""
        return self

    @property
    def units(self) -> int:
        """The number of batches in an epoch, for all ranks together."""
        return -(-sum(map(int, self.counts)) // self.batch_size)

    @property
    def class_counts(self) -> tuple[int, ...]:
        """The samples of each class in the data, (C,)."""
        return tuple(len(rows) for rows in self.rows)

    @property
    def counts(self) -> tuple[float, ...]:
        """The number of samples of each class in an epoch's draw, over all ranks, (C,)."""
        return tuple(float(full + last) for full, last in zip(self.full_counts, self.last_counts, strict=True))

    def draw(self, epoch: int) -> Tensor:
        """Draw the samples of all batches, batch after batch, (M,).

        The places of the full batches are dealt to the classes like cards, class after class, one to each batch at a
        time. Then each batch is full, and the numbers of a class in any two batches differ by at most 1.
        """
        generator = make_generator(self.seed, epoch)
        full = sum(self.full_counts) // self.batch_size
        order = order_evenly(full).roll(int(torch.randint(full, (), generator=generator)))
        places = order[torch.arange(sum(self.full_counts)) % full]  # the number of the batch, for each card
        places = torch.cat([places, torch.full((sum(self.last_counts),), full)])
        classes = torch.arange(len(self.rows))
        owners = torch.cat(
            [classes.repeat_interleave(torch.tensor(part)) for part in (self.full_counts, self.last_counts)]
        )
        places = places[(owners * (full + 1) + places).argsort()]  # class after class, batch after batch
        rows = torch.cat(
            [walk(rows, int(number), generator) for rows, number in zip(self.rows, self.counts, strict=True)]
        )
        mixed = places + torch.rand(len(places), dtype=torch.float64, generator=generator)
        return rows[mixed.argsort()]

    def take(self, rows: Tensor, numbers: Tensor) -> Iterator[list[int]]:
        """Yield the batches with these numbers, (K,), of a draw (M,)."""
        size = self.batch_size
        return (rows[number * size : (number + 1) * size].tolist() for number in numbers.tolist())

    def describe(self) -> str:
        """Return the settings of the draw as text, for `repr` and the check of a state."""
        shares = f"shares={self.given_shares}, fewest={self.fewest}"
        return f"batch_size={self.batch_size}, {shares}, drop_last={self.drop_last}"
