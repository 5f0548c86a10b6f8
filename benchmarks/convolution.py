"""Convolutional networks in stacks, as ratios to a plain loop of PyTorch in the same run, and what limits them.

    python -m benchmarks.convolution [--device cuda] [--turns 5]

The plain loop is what a user writes: TensorDataset, DataLoader, one network after the other on torch.optim. Contenders
take turns; a figure is the median of the turns'. Inputs are random: no time depends on them.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.training import Work, members, split_of
from imbaloss import losses
from imbaloss.data import Split
from imbaloss.networks import CNN, FCN, size_of
from imbaloss.training import Recipe, plan_training
from imbaloss.training.stack import Stack

WORK = Work(500, (3, 32, 32), Recipe(network="cnn", optimizer="adam", lr=0.002), 100)


def plain_loop(recipe: Recipe, split: Split, device: torch.device) -> Callable[[], None]:
    """One epoch of one network."""
    network = {"cnn": CNN, "fcn": FCN}[recipe.network](WORK.shape[0], recipe.channels, 1, torch.relu).to(device)
    optimizer = torch.optim.Adam(network.parameters(), recipe.lr)
    criterion = losses.get("mse")
    data = TensorDataset(torch.from_numpy(split.train.inputs), torch.from_numpy(split.train.labels).float())
    loader = DataLoader(data, batch_size=recipe.train_batch, shuffle=True)

    def epoch() -> None:
        for inputs, targets in loader:
            optimizer.zero_grad()
            with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
                logits = network(inputs.to(device)).squeeze(-1)
            criterion(logits, targets.to(device)).backward()
            optimizer.step()

    return epoch


def seconds(run: Callable[[], object], device: torch.device) -> float:
    start = time.perf_counter()
    run()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def best_rate(device: torch.device) -> float:
    """Operations a second of a 3 x 3 convolution, forward in float32: the best of three shapes."""
    rates = []
    for channels, size in ((16, 32), (32, 16), (64, 16)):
        maps, weight = (
            torch.randn(128, channels, size, size).to(device),
            torch.randn(channels, channels, 3, 3).to(device),
        )
        times = [seconds(lambda maps=maps, weight=weight: F.conv2d(maps, weight, padding=1), device) for _ in range(20)]
        rates.append(2 * 128 * size**2 * 9 * channels**2 / min(times))
    return max(rates)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--device", default="cpu")
    options.add_argument("--turns", type=int, default=5)
    chosen = options.parse_args()
    device, split = torch.device(chosen.device), split_of(WORK)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else torch.cpu.get_capabilities().get("cpu_name")
    print(f"{name or platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    rate = best_rate(device)
    print(f"best convolution here: {rate / 1e9:.0f} GFLOP/s in float32\n")
    heads = ("network", "precision", "stack", "plain loop, ms", "here, ms", "ratio", "GFLOP/s here", "of the best")
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    precisions = ("float32", "bf16") if device.type == "cuda" else ("float32",)
    for recipe in (replace(WORK.recipe, network=kind, precision=one) for kind in ("cnn", "fcn") for one in precisions):
        sizes = (1, 5, 25, 100) if device.type == "cuda" else (1, 5)
        plan = plan_training(recipe, WORK.samples, WORK.shape, device)
        for size in (one for one in sizes if one <= plan.stack_size):
            plain = plain_loop(recipe, split, device)
            stack = Stack.build(members(replace(WORK, recipe=recipe), split, size), device)
            seconds(plain, device), seconds(stack.train_epoch, device)  # not counted, as the first epoch of all
            taken = [(seconds(plain, device), seconds(stack.train_epoch, device) / size) for _ in range(chosen.turns)]
            ratio = statistics.median(one / other for one, other in taken)
            ours = statistics.median(other for _, other in taken)
            operations = size_of(recipe.design(WORK.shape)).operations
            reached = 6 * WORK.samples * operations / ours  # forward, and twice as much back
            cells = (recipe.network, recipe.precision, size, f"{1e3 * statistics.median(one for one, _ in taken):.2f}",
                     f"{1e3 * ours:.2f}", f"{ratio:.1f}", f"{reached / 1e9:.0f}", f"{reached / rate:.0%}")  # fmt: skip
            print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
