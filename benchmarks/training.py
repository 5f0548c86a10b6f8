"""Training the cells of a study, as ratios to a plain loop of PyTorch, to skorch and to Lightning in the same run.

    python -m benchmarks.training [--turns 5] [works cost memory ...]

The plain loop is what a user writes: TensorDataset, DataLoader, nn.Sequential, torch.optim, one network after the
other. Contenders take turns, a few epochs each; a figure is the median of the turns'. Inputs are random: no time
depends on them. Tables in Markdown go to standard output.
"""

import argparse
import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "3000")  # as the command does

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from imbaloss import losses
from imbaloss.data import Samples, Split
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Plan, Recipe, plan_training, train
from imbaloss.training.fast.matmul_backend import choose_matmul_backend, use_matmul_backend
from imbaloss.training.fast.plan import SPAN
from imbaloss.training.stack import Stack
from tests.peers import name_operators_of_torchvision

REPORTS = ("mse", "mfe", "msfe", "wce", "focal")
EPOCHS = 300  # of a whole training, as the 2023 study has them
CPU = torch.device("cpu")
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@dataclass(frozen=True)
class Work:
    """networks: how many the study trains; its plan cuts them into stacks."""

    samples: int
    shape: tuple[int, ...]
    recipe: Recipe
    networks: int

    @property
    def widths(self) -> tuple[int, ...]:
        return (prod(self.shape), *self.recipe.hidden, 1)

    @property
    def plan(self) -> Plan:
        return plan_training(self.recipe, self.samples, self.widths[:1])

    @property
    def operations(self) -> float:
        """Of the products in an epoch of one network: three a layer, but none that leads back to the data."""
        first, *others = pairwise(self.widths)
        of_first = self.samples * first[1] if self.plan.first_layer == SPAN else 2 * prod(first)
        return 2.0 * self.samples * (of_first + 3 * sum(map(prod, others)))


TREE = Work(500, (3, 32, 32), Recipe(hidden=(1000, 100, 10)), 50)
HOUSEHOLD = Work(2500, (3, 32, 32), Recipe(hidden=(1000, 300, 100)), 10)
TABLE = Work(5000, (30,), Recipe(hidden=(64, 32), optimizer="adam", lr=1e-3, train_batch=256), 100)
WORKS = {"tree": TREE, "household": HOUSEHOLD, "table": TABLE}


def split_of(work: Work) -> Split:
    generator = np.random.default_rng(0)
    inputs = generator.random((work.samples, *work.shape), dtype=np.float32)
    part = Samples(inputs, (np.arange(work.samples) % 5 == 0).astype(np.int64))
    return Split(part, part, part)


def members(work: Work, split: Split, networks: int, epochs: int = 1) -> list[Member]:
    """Five losses a seed, sorted as the training loop sorts them."""
    recipe = replace(work.recipe, epochs=epochs)
    some = [Member(split, LossSpec.parse(REPORTS[place % 5]), recipe, place // 5) for place in range(networks)]
    return sorted(some, key=lambda member: member.loss_and_counts)


def network_of(work: Work) -> nn.Sequential:
    *hidden, last = pairwise(work.widths)
    layers = [layer for widths in hidden for layer in (nn.Linear(*widths), nn.ReLU())]
    return nn.Sequential(nn.Flatten(), *layers, nn.Linear(*last), nn.Flatten(0))


def optimizer_of(work: Work) -> type[torch.optim.Optimizer]:
    return {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[work.recipe.optimizer]


def tensors_of(split: Split) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(split.train.inputs), torch.from_numpy(split.train.labels).float()


def plain_loop(work: Work, split: Split) -> Callable[[], None]:
    """One epoch of one network."""
    network = network_of(work)
    optimizer = optimizer_of(work)(network.parameters(), lr=work.recipe.lr)  # type: ignore[call-arg]
    criterion = losses.get("mse")
    loader = DataLoader(TensorDataset(*tensors_of(split)), batch_size=work.recipe.train_batch, shuffle=True)

    def epoch() -> None:
        for inputs, targets in loader:
            optimizer.zero_grad()
            criterion(network(inputs), targets).backward()
            optimizer.step()

    return epoch


def by_skorch(work: Work, split: Split) -> Callable[[], None]:
    """One epoch of one network."""
    import skorch

    trainer = skorch.NeuralNet(
        network_of(work), criterion=losses.get("mse"), optimizer=optimizer_of(work), lr=work.recipe.lr, max_epochs=1,
        batch_size=work.recipe.train_batch, iterator_train__shuffle=True, train_split=None, verbose=0,
    ).initialize()  # fmt: skip
    inputs, targets = (tensor.numpy() for tensor in tensors_of(split))
    return lambda: trainer.partial_fit(inputs, targets)


def by_lightning(work: Work, split: Split) -> Callable[[], None]:
    """One epoch of one network; what a fit costs beside its epochs is not counted."""
    name_operators_of_torchvision()
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Classifier(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network, self.criterion = network_of(work), losses.get("mse")

        def training_step(self, batch: list[torch.Tensor]) -> torch.Tensor:
            inputs, targets = batch
            return self.criterion(self.network(inputs), targets)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return optimizer_of(work)(self.parameters(), lr=work.recipe.lr)  # type: ignore[call-arg]

        def on_train_epoch_start(self) -> None:
            started.append(time.perf_counter())

    quiet = dict.fromkeys(["logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"], False)
    loader = DataLoader(TensorDataset(*tensors_of(split)), batch_size=work.recipe.train_batch, shuffle=True)
    started: list[float] = []

    def epoch() -> float:
        started.clear()
        lightning.Trainer(max_epochs=3, accelerator="cpu", **quiet).fit(Classifier(), loader)
        return (started[-1] - started[0]) / 2

    return epoch


def seconds(run: Callable[[], object], times: int = 1) -> float:
    """Of one call; what a run measures itself, it returns."""
    start = time.perf_counter()
    told = [run() for _ in range(times)]
    return statistics.mean(told) if isinstance(told[0], float) else (time.perf_counter() - start) / times


def best_rate() -> float:
    """Operations a second of float32 products: the best of several shapes, by the library that is chosen here."""
    rates = []
    with use_matmul_backend(choose_matmul_backend(torch.float32, CPU)):
        for rows, inner, columns in ((128, 500, 1000), (128, 2500, 1000), (2048, 2048, 2048)):
            left, right = torch.randn(rows, inner), torch.randn(inner, columns)
            times = [seconds(lambda left=left, right=right: left @ right, 10) for _ in range(10)]
            rates.append(2 * rows * inner * columns / min(times))
    return max(rates)


def print_works(turns: int) -> None:
    rate = best_rate()
    print(f"\nBest float32 product rate here: {rate / 1e9:.0f} GFLOP/s.\n")
    head = (
        "work",
        "precision",
        "stack",
        "plain loop, ms",
        "here, ms",
        "ratio",
        f"ratio, {EPOCHS} epochs",
        "of the floor",
    )
    print(f"| {' | '.join((*head, 'to skorch', 'to Lightning'))} |\n|{' --- |' * (len(head) + 2)}")
    for name, work in WORKS.items():
        split = split_of(work)
        precisions = ("float32", "bf16") if name != "table" else ("float32",)
        works = [replace(work, recipe=replace(work.recipe, precision=precision)) for precision in precisions]
        stacks = [Stack.build(members(one, split, min(one.plan.stack_size, one.networks)), CPU) for one in works]
        others = [plain_loop(work, split), by_skorch(work, split), by_lightning(work, split)]
        seconds(others[0]), seconds(others[1])  # not counted, as the first epoch of all
        fixed = [fixed_cost(one, split, stack) for one, stack in zip(works, stacks, strict=True)]
        taken = [
            [seconds(one) for one in others] + [seconds(stack.train_epoch, 2) for stack in stacks] for _ in range(turns)
        ]
        for place, (one, stack) in enumerate(zip(works, stacks, strict=True)):
            size = len(stack.members)
            here = [turn[3 + place] / size for turn in taken]
            ratios = [statistics.median(turn[o] / h for turn, h in zip(taken, here, strict=True)) for o in range(3)]
            plain, ours = (statistics.median(times) for times in ([turn[0] for turn in taken], here))
            whole = plain * EPOCHS / (ours * EPOCHS + fixed[place])
            share = f"{one.operations / rate / ours:.0%}" if one.recipe.precision == "float32" else ""
            cells = (name, one.recipe.precision, size, f"{1000 * plain:.1f}", f"{1000 * ours:.2f}", f"{ratios[0]:.1f}",
                     f"{whole:.1f}", share, f"{ratios[1]:.1f}", f"{ratios[2]:.1f}")  # fmt: skip
            print(f"| {' | '.join(map(str, cells))} |", flush=True)


def fixed_cost(work: Work, split: Split, stack: Stack) -> float:
    """Seconds a network for all but its epochs: initial weights, what is computed once, the model at the end."""
    size = len(stack.members)
    return max(seconds(lambda: train(members(work, split, size))) - seconds(stack.train_epoch), 0) / size


def print_cost(turns: int) -> None:
    """Of tree, per epoch and network in float32, against the size of the stack, the samples, and the seeds."""
    print("\n| tree, networks in a stack | ms per epoch and network |\n| --- | --- |")
    sizes = (1, 2, 5, 10, 25, 50)
    print_costs([(f"{size}", TREE, size) for size in sizes], turns)
    print("\n| samples of 3,072 inputs, 1000-100-10 | ms per epoch and network | per sample, µs |\n| --- | --- | --- |")
    works = [replace(TREE, samples=samples) for samples in (125, 250, 500, 1000, 2000, 4000, 8000)]
    print_costs([(f"{one.samples}, {one.plan.first_layer}", one, 5) for one in works], turns, by_sample=True)
    print(
        "\n| tree, 5 losses, seeds | s for 300 epochs, as the plan cuts the stacks | s a network |\n| --- | --- | --- |"
    )
    split = split_of(TREE)
    for seeds in (1, 2, 5, 10, 20):
        networks, most = 5 * seeds, TREE.plan.stack_size
        total = 0.0
        for start in range(0, networks, most):
            size = min(most, networks - start)
            stack = Stack.build(members(TREE, split, size), CPU)
            stack.train_epoch()
            total += EPOCHS * seconds(stack.train_epoch, turns) + fixed_cost(TREE, split, stack) * size
        print(f"| {seeds} | {total:.1f} | {total / networks:.2f} |", flush=True)


def print_costs(cases: list[tuple[str, Work, int]], turns: int, by_sample: bool = False) -> None:
    for label, work, size in cases:
        stack = Stack.build(members(work, split_of(work), size), CPU)
        stack.train_epoch()
        taken = statistics.median(seconds(stack.train_epoch) for _ in range(turns)) / size
        cells = [label, f"{1000 * taken:.2f}"] + ([f"{1e6 * taken / work.samples:.1f}"] if by_sample else [])
        print(f"| {' | '.join(cells)} |", flush=True)


def print_memory() -> None:
    """The most that the 2023 study's 45 cells take, in a process of their own, with the real files if there are any."""
    from imbaloss.data.cifar100 import find_files

    folder = Path(os.environ.get("IMBALOSS_DATA") or Path(__file__).parents[2] / "shared")
    if find_files(folder) is None:
        print("\nPeak memory of the 45 cells: not measured; IMBALOSS_DATA names no folder of CIFAR-100.")
        return
    with tempfile.TemporaryDirectory() as out:
        command = [Path(sys.executable).with_name("imbaloss"), "reproduce", "--data-dir", folder, "--out", out]
        words = [*map(str, command), "--epochs", "2", "--quiet", "--json"]
        # by a small process in between: the kernel counts what a child took over from its parent
        found = subprocess.run([sys.executable, "-c", PEAK, *words], check=True, capture_output=True, text=True).stdout
    print(f"\nPeak memory of the 2023 study's 45 cells, `imbaloss reproduce`: {int(found) / 2**20:.2f} GiB.")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("parts", nargs="*", default=["works", "cost", "memory"])
    options.add_argument("--turns", type=int, default=5)
    chosen = options.parse_args()
    warnings.simplefilter("ignore")
    processor = torch.cpu.get_capabilities().get("cpu_name", platform.machine())
    print(f"{processor}, {torch.get_num_threads()} threads, torch {torch.__version__}, {TREE.plan.products}'s products")
    if "works" in chosen.parts:
        print_works(chosen.turns)
    if "cost" in chosen.parts:
        print_cost(chosen.turns)
    if "memory" in chosen.parts:
        print_memory()


if __name__ == "__main__":
    main()
