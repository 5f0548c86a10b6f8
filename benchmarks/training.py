"""Training a cell of a study, as a ratio to a plain loop of PyTorch in the same run.

    python benchmarks/training.py [tree household table ...]

The plain loop is what a user writes: TensorDataset, DataLoader, nn.Sequential, torch.optim, one network after the
other; one of them is timed for a few epochs, and each ratio is of times per epoch and network. Plain loop and stack
take turns. Inputs are random: no time depends on them. A table in Markdown goes to standard output.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

os.environ.setdefault("GOMP_SPINCOUNT", "3000")  # as the command does

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from imbaloss import losses
from imbaloss.data import Samples, Split
from imbaloss.training import Member, Recipe
from imbaloss.training.stack import Stack

REPORTS = ("mse", "mfe", "msfe", "wce", "focal")


@dataclass(frozen=True)
class Work:
    """networks: how many are trained together in one study; the stacks hold them."""

    samples: int
    shape: tuple[int, ...]
    recipe: Recipe
    losses: tuple[str, ...]
    seeds: int
    stack: int


WORKS = {
    "tree": Work(500, (3, 32, 32), Recipe(hidden=(1000, 100, 10)), REPORTS, 10, 10),
    "household": Work(2500, (3, 32, 32), Recipe(hidden=(1000, 300, 100)), REPORTS, 2, 5),
    "table": Work(5000, (30,), Recipe(hidden=(64, 32), optimizer="adam", lr=1e-3, train_batch=256), REPORTS, 20, 100),
}


def split_of(work: Work) -> Split:
    generator = np.random.default_rng(0)
    inputs = generator.random((work.samples, *work.shape), dtype=np.float32)
    part = Samples(inputs, (np.arange(work.samples) % 5 == 0).astype(np.int64))
    return Split(part, part, part)


def plain_loop(work: Work, split: Split) -> Callable[[], None]:
    """One epoch of one network."""
    widths = (int(np.prod(work.shape)), *work.recipe.hidden)
    layers = [layer for pair in pairwise(widths) for layer in (nn.Linear(*pair), nn.ReLU())]
    network = nn.Sequential(nn.Flatten(), *layers, nn.Linear(widths[-1], 1), nn.Flatten(0))
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[work.recipe.optimizer]
    optimizer = kind(network.parameters(), lr=work.recipe.lr)
    criterion = losses.get("mse")
    data = TensorDataset(torch.from_numpy(split.train.inputs), torch.from_numpy(split.train.labels).float())
    loader = DataLoader(data, batch_size=work.recipe.train_batch, shuffle=True)

    def epoch() -> None:
        for inputs, targets in loader:
            optimizer.zero_grad()
            criterion(network(inputs), targets).backward()
            optimizer.step()

    return epoch


def stacked(work: Work, split: Split) -> Stack:
    members = [Member(split, loss, work.recipe, seed) for seed in range(work.seeds) for loss in work.losses]
    return Stack(sorted(members[: work.stack], key=lambda member: member.loss_and_counts), torch.device("cpu"))


def seconds(run: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        run()
    return (time.perf_counter() - start) / times


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("works", nargs="*", default=list(WORKS))
    options.add_argument("--turns", type=int, default=7)
    chosen = options.parse_args()
    print("| work | stack | plain loop, ms | here, ms | ratio |\n| --- | --- | --- | --- | --- |")
    for name in chosen.works:
        work = WORKS[name]
        split = split_of(work)
        plain, stack = plain_loop(work, split), stacked(work, split)
        seconds(plain, 1), seconds(stack.epoch, 2)  # not counted
        turns = [(seconds(plain, 2), seconds(stack.epoch, 2) / work.stack) for _ in range(chosen.turns)]
        ratio = statistics.median(one / other for one, other in turns)
        times = [f"{1000 * statistics.median(column):.2f}" for column in zip(*turns, strict=True)]
        print(f"| {name} | {work.stack} | {times[0]} | {times[1]} | {ratio:.1f} |", flush=True)


if __name__ == "__main__":
    main()
