"""What all samplers have: one draw for each epoch, ranks that take its units by turns, and a position."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, TypedDict, TypeVar, Unpack

import torch
from torch import Tensor, distributed
from torch.utils.data.distributed import DistributedSampler

from imbaloss.samplers.checks import read_whole, require
from imbaloss.samplers.draws import compute_checksum

Unit = TypeVar("Unit")  # int, the number of a sample, or list[int], a batch


class DrawOptions(TypedDict, total=False):
    """The options that all samplers take. They have the defaults 0, None, None and False."""

    seed: int
    """Determines all draws, together with the epoch."""
    rank: int | None
    """This rank; None for that of torch.distributed at the time of use, or 0 without it."""
    num_replicas: int | None
    """The number of ranks; None for that of torch.distributed, or 1 without it."""
    drop_last: bool
    """Whether units, samples or batches, are left out, instead of repeated, to give all ranks equally many."""


class State(TypedDict):
    """The place of a sampler in its draws: plain numbers and one text."""

    epoch: int
    position: int  # the units of the epoch that all ranks together have taken
    draw: str  # the text of the sampler, with a checksum of its data


class RankedSampler(DistributedSampler[Unit], ABC):
    """A sampler whose draw is divided among ranks.

    It is a DistributedSampler in name only, so that Lightning does not replace it.
    """

    name_of_units = "samples"

    def __init__(  # not that of DistributedSampler, which needs the number of ranks before there are any
        self,
        data: Tensor,
        *,
        seed: int = 0,
        rank: int | None = None,
        num_replicas: int | None = None,
        drop_last: bool = False,
        **unknown: object,
    ) -> None:
        """Set what all samplers have.

        Args:
            data: Labels or weights, (N,), as they enter the checksum of a state.
            seed: That of `DrawOptions`, as are the other three.
            rank: This rank.
            num_replicas: The number of ranks.
            drop_last: Whether units are left out, instead of repeated.
            unknown: Options that no sampler has, which are refused.

        Raises:
            TypeError: There are unknown options.
            ValueError: drop_last is neither True nor False, the seed is no whole number of 0 or more, rank or
                num_replicas is given alone, num_replicas is no whole number of 1 or more, or rank is not from 0 to
                num_replicas - 1.
        """
        if unknown:
            options = ", ".join(DrawOptions.__annotations__)
            raise TypeError(
                f"{type(self).__name__} has no option {next(iter(unknown))}; those of every sampler are {options}"
            )
        require(isinstance(drop_last, bool), "drop_last must be True or False", repr(drop_last))
        both = f"rank={rank} and num_replicas={num_replicas}"
        require((rank is None) == (num_replicas is None), "rank and num_replicas must be given together", both)
        if rank is not None and num_replicas is not None:
            num_replicas, rank = read_whole("num_replicas", num_replicas, 1), read_whole("rank", rank)
            require(rank < num_replicas, f"rank must be 0 to {num_replicas - 1}", rank)
        self.seed = read_whole("seed", seed)
        self.drop_last = drop_last
        self.epoch = 0
        self.place = None if rank is None or num_replicas is None else (rank, num_replicas)
        self.position = 0
        self.is_resumed = False  # whether the next iteration begins at the position, not at 0
        self.current: Iterator[Unit] | None = None  # the iterator that moves the position
        self.checksum = compute_checksum(data)

    @property
    @abstractmethod
    def units(self) -> int:
        """The number of units in an epoch, for all ranks together."""

    @abstractmethod
    def draw(self, epoch: int) -> Tensor:
        """Draw the numbers of the samples of an epoch, for all ranks, in their order, (M,)."""

    @abstractmethod
    def take(self, rows: Tensor, numbers: Tensor) -> Iterator[Unit]:
        """Yield the units with these numbers, (K,), of a draw (M,)."""

    @abstractmethod
    def describe(self) -> str:
        """Return the settings of the draw as text, for `repr` and the check of a state."""

    @property
    @abstractmethod
    def class_counts(self) -> tuple[int, ...]:
        """The samples of each class in the data, (C,). A sampler that was given no labels raises ValueError."""

    @property
    @abstractmethod
    def counts(self) -> tuple[float, ...]:
        """The expected number of samples of each class in this epoch's draw, over all ranks, (C,).

        Raises:
            ValueError: The sampler was given no labels, or draws weighted samples without replacement.
        """

    @property
    def shares(self) -> tuple[float, ...]:
        """The expected share of each class in this epoch's draw, (C,); times the batch size, that in a batch."""
        return tuple(count / math.fsum(self.counts) for count in self.counts)

    @property
    def prior_shift(self) -> tuple[float, ...]:
        """What to add to the log-probability of each class so that it holds for the shares of the data, (C,).

        Of two classes, add the second number to the log-odds; the first is 0. It is right for losses that learn the
        shares of the classes, which are means over samples such as cross-entropy without class weights. It undoes other
        shares of the classes, not other shares within a class.

        Raises:
            ValueError: A class is never drawn, or `counts` are not known.
        """
        if 0 in self.counts:
            raise ValueError(
                f"class {self.counts.index(0)} is never drawn, so nothing is learned of it: give it weight"
            )
        logs = [math.log(before / after) for before, after in zip(self.class_counts, self.counts, strict=True)]
        middle = logs[0] if len(logs) == 2 else math.fsum(logs) / len(logs)
        return tuple(log - middle for log in logs)

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, from 0 on, of the next iteration. A position that was loaded for another epoch is dropped.

        Raises:
            ValueError: The epoch is no whole number of 0 or more.
        """
        epoch = read_whole("epoch", epoch)
        if epoch != self.epoch:
            self.epoch, self.position, self.is_resumed, self.current = epoch, 0, False, None

    def find_place(self) -> tuple[int, int]:
        """Return the rank and the number of ranks, as given or else of torch.distributed; 0 and 1 without it.

        Raises:
            ValueError: There are more ranks than units.
        """
        place = self.place
        if place is None and distributed.is_available() and distributed.is_initialized():
            place = distributed.get_rank(), distributed.get_world_size()
        rank, ranks = place or (0, 1)
        if ranks > self.units:
            raise ValueError(f"{self.units} {self.name_of_units} cannot be divided among {ranks} ranks: take fewer")
        return rank, ranks

    def count_left(self, position: int) -> int:
        """Return how many units each rank gets from a position on."""
        _, ranks = self.find_place()
        left = max(self.units - position, 0)
        return left // ranks if self.drop_last else -(-left // ranks)

    def __len__(self) -> int:
        """Return how many units each rank gets in a complete epoch."""
        return self.count_left(0)

    def __iter__(self) -> Iterator[Unit]:
        """Return an iterator over this rank's units of the epoch, from the loaded position on if there is one.

        If all of the epoch has been taken, the next epoch begins. The newest iterator alone moves the position.
        """
        if not self.is_resumed:
            self.epoch += self.position > 0 and not self.count_left(self.position)
            self.position = 0
        self.current = RankIterator(self)
        return self.current

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy or a pickle has: all but the iterator in use. The copy begins the epoch once more."""
        return {**self.__dict__, "current": None}

    def state_dict(self) -> State:
        """Return epoch, position and `draw`, the text of class, settings, seed and a checksum of the data.

        It is the same on every rank that has taken equally many units. By `draw`, `load_state_dict` knows whether the
        state belongs to its own draws.
        """
        return {"epoch": self.epoch, "position": self.position, "draw": repr(self)}

    def load_state_dict(self, state: State) -> None:
        """Let the next iteration continue where a state was taken. The number of ranks may be another one.

        Raises:
            ValueError: The state is of a sampler with other data, another seed or other settings. Or its epoch or
                position is no whole number of 0 or more, or the position lies beyond an epoch.
        """
        if not isinstance(state, dict) or not state.keys() >= State.__annotations__.keys():
            raise ValueError(
                f"state must have {', '.join(State.__annotations__)}, as state_dict gives it, found {state}"
            )
        if state["draw"] != repr(self):
            raise ValueError(f"a state of {state['draw']} cannot be continued by {self!r}")
        epoch, position = read_whole("epoch of a state", state["epoch"]), read_whole("position", state["position"])
        last = 2 * self.units - 1  # the ranks, at most as many as units, may repeat all units but one
        require(position <= last, f"position must be at most {last} for {self.units} {self.name_of_units}", position)
        self.epoch, self.position, self.is_resumed, self.current = epoch, position, True, None

    def __repr__(self) -> str:
        """Return class, settings, seed and a checksum of the data."""
        return f"{type(self).__name__}({self.describe()}, seed={self.seed}, checksum={self.checksum})"


class RankIterator(Iterator[Unit]):
    """An iterator over the units of one rank, from the epoch and the position on that the sampler has at its beginning.

    A StatefulDataLoader calls its `state_dict` and `load_state_dict`.
    """

    def __init__(self, sampler: RankedSampler[Unit]) -> None:
        """Remember the sampler, its epoch and its position; nothing is drawn yet."""
        self.sampler = sampler
        self.epoch, self.start = sampler.epoch, sampler.position
        self.rest: Iterator[Unit] | None = None
        self.ranks = 1

    def __next__(self) -> Unit:
        """Return the next unit. The newest iterator moves the position of the sampler.

        Raises:
            StopIteration: All have been taken. If this is the newest iterator, the sampler then stands at the beginning
                of the next epoch.
        """
        sampler = self.sampler
        if self.rest is None:
            rank, self.ranks = sampler.find_place()
            numbers = self.start + rank + self.ranks * torch.arange(sampler.count_left(self.start))
            rows = sampler.draw(self.epoch) if len(numbers) else numbers
            self.rest = sampler.take(rows, numbers % sampler.units)
        unit = next(self.rest, None)
        if sampler.current is self:
            sampler.is_resumed = False
            if unit is None:
                sampler.set_epoch(sampler.epoch + 1)
            else:
                sampler.position += self.ranks
        if unit is None:
            raise StopIteration
        return unit

    def state_dict(self) -> State:
        """Return the state of the sampler."""
        return self.sampler.state_dict()

    def load_state_dict(self, state: State) -> None:
        """Load a state into the sampler, so that this iterator continues there. It must not have been used yet.

        The next iterator of the sampler does not continue there: it begins an epoch.

        Raises:
            ValueError: `RankedSampler.load_state_dict` refuses the state.
        """
        sampler = self.sampler
        sampler.load_state_dict(state)
        sampler.is_resumed, sampler.current = False, self
        self.epoch, self.start = sampler.epoch, sampler.position


class IndexSampler(RankedSampler[int]):
    """A sampler of single samples, `DataLoader(data, sampler=sampler, batch_size=32)`."""

    def __init__(self, data: Tensor, num_samples: int | None, **options: Unpack[DrawOptions]) -> None:
        """Set the samples of an epoch; None for as many as there are. The other arguments are those of the base.

        Raises:
            ValueError: `num_samples` is no whole number of 1 or more, or another argument is outside its domain.
        """
        self.num_samples = len(data) if num_samples is None else read_whole("num_samples", num_samples, 1)
        super().__init__(data, **options)

    @property
    def units(self) -> int:
        """The number of samples in an epoch, for all ranks together."""
        return self.num_samples

    def take(self, rows: Tensor, numbers: Tensor) -> Iterator[int]:
        """Yield the samples at these places, (K,), of a draw (M,)."""
        return iter(rows[numbers].tolist())
