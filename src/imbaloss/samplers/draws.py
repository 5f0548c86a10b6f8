"""Random draws, orders and whole numbers in proportion, of which the samplers are made."""

import math
from collections.abc import Sequence
from hashlib import sha256

import torch
from torch import Tensor


def make_generator(seed: int, epoch: int) -> torch.Generator:
    """Make the random number generator of an epoch. Other seeds or epochs give unrelated numbers."""
    return torch.Generator().manual_seed(int.from_bytes(sha256(f"{seed} {epoch}".encode()).digest()[:8], "big"))


def draw_with_replacement(weights: Tensor, number: int, generator: torch.Generator) -> Tensor:
    """Draw that many indices in proportion to weights (N,), (number,). An index of weight 0 is never drawn.

    torch.multinomial admits at most 2^24 weights.
    """
    sums = weights.cumsum(0)
    drawn = torch.searchsorted(
        sums, sums[-1] * torch.rand(number, dtype=torch.float64, generator=generator), right=True
    )
    return drawn.clamp(max=int(weights.nonzero().max()))  # a product may be rounded up to the sum of all


def walk(rows: Tensor, number: int, generator: torch.Generator) -> Tensor:
    """Return that many of rows (K,), (number,): all in random order, then all in another order, and so on."""
    rounds = -(-number // len(rows))
    return torch.cat([rows[:0], *(rows[torch.randperm(len(rows), generator=generator)] for _ in range(rounds))])[
        :number
    ]


def order_evenly(number: int) -> Tensor:
    """Return the numbers 0 to number - 1, (number,), in an order in which any k in a row are spread evenly over all.

    They are sorted by their mirrored binary digits. Source: van der Corput 1935 (Proceedings KNAW 38).
    """
    numbers = torch.arange(number)
    digits = number.bit_length()
    mirrored = torch.zeros_like(numbers)
    for digit in range(digits):
        mirrored += ((numbers >> digit) & 1) << (digits - 1 - digit)
    return mirrored.argsort()


def apportion(total: int, proportions: Sequence[float], fewest: int = 0) -> list[int]:
    """Return whole numbers that sum to a total, in proportion, (C,), each at least `fewest`.

    Numbers are rounded by largest remainders. Numbers that would be below `fewest` are raised, at the expense of all
    others in proportion. `total` must be C * fewest or more; only a total of 0 admits proportions that are all 0.
    """
    raised: set[int] = set()
    quotas = [float(fewest)] * len(proportions)
    while len(raised) < len(proportions) and total:
        rest = total - fewest * len(raised)
        free = [place for place in range(len(proportions)) if place not in raised]
        whole = sum(proportions[place] for place in free)
        for place in free:
            quotas[place] = rest * proportions[place] / whole
        if not (low := {place for place in free if quotas[place] < fewest}):
            break
        raised |= low
        for place in low:
            quotas[place] = fewest
    numbers = [math.floor(quota + 1e-9) for quota in quotas]
    by_remainder = sorted(range(len(quotas)), key=lambda place: numbers[place] - quotas[place])
    for place in by_remainder[: total - sum(numbers)]:
        numbers[place] += 1
    return numbers


def split_by_class(labels: Tensor) -> list[Tensor]:
    """Return the numbers of the samples of each class, C tensors, of labels (N,) from 0 to C - 1."""
    return list(torch.split(labels.argsort(stable=True), labels.bincount().tolist()))


def compute_checksum(values: Tensor) -> int:
    """Return a whole number that differs, but for a chance of 2^-60, if any of the values (N,) differs."""
    bits = values.double().view(torch.int64)
    factors = torch.randint(2**62, bits.shape, generator=torch.Generator().manual_seed(0))
    return int((bits * factors).sum())  # products and sums modulo 2^64
