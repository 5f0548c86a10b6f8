"""Forward and backward of every loss, as a ratio to binary_cross_entropy_with_logits in the same run.

    python benchmarks/losses.py [--sizes 10 16 20] [--seconds 0.3] [names ...]

Each loss and the reference take turns, after turns that are not counted; a ratio is the median of the turns'. float32
logits, float targets with 5 % positives. The reference is never compiled. A table in Markdown goes to standard output.
"""

import argparse
import platform
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from imbaloss import losses

REDUCTIONS = [name for name in losses.REDUCTIONS if name != "none"]
PAIRS = [f"{error}/{reduction}" for error in ("squared", "cross_entropy", "focal") for reduction in REDUCTIONS]
QUADRATIC = {  # positives x batch; compiled, batch x batch
    *("auc_logistic", "smooth_ap", "smooth_partial_auc", "partial_auc_kl", "two_way_partial_auc_kl"),
}
LARGEST_QUADRATIC = {False: 16, True: 10}

Step = Callable[[], None]


def step(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, targets: Tensor) -> Step:
    def one() -> None:
        logits.grad = None
        loss(logits, targets).backward()

    return one


def seconds(one: Step) -> float:
    start = time.perf_counter()
    one()
    return time.perf_counter() - start


def ratio(one: Step, reference: Step, budget: float) -> float:
    """Median over turns of the time of one over the time of the reference."""
    for _ in range(3):
        one()
        reference()
    turns = max(5, int(budget / (seconds(one) + seconds(reference))))
    return statistics.median(seconds(one) / seconds(reference) for _ in range(turns))


def row(name: str, sizes: list[int], budget: float, compiled: bool) -> list[str]:
    loss = losses.get(name, counts=(95, 5))
    if compiled:
        torch.compiler.reset()
        loss = torch.compile(loss, fullgraph=True, dynamic=True)
    cells = []
    for size in sizes:
        if name in QUADRATIC and size > LARGEST_QUADRATIC[compiled]:
            cells.append("")
            continue
        generator = torch.Generator().manual_seed(0)
        logits = torch.randn(2**size, generator=generator).requires_grad_()
        targets = (torch.rand(2**size, generator=generator) < 0.05).float()
        reference = step(F.binary_cross_entropy_with_logits, logits, targets)
        cells.append(f"{ratio(step(loss, logits, targets), reference, budget):.2f}")
    return cells


def processor() -> str:
    """The name that Linux gives it, else the architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else []
    return names[0] if names else platform.machine()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("names", nargs="*", default=[*losses.names(), *PAIRS])
    options.add_argument("--sizes", nargs="+", type=int, default=[10, 16, 20], help="powers of two")
    options.add_argument("--seconds", type=float, default=0.3, help="for each cell")
    options.add_argument("--eager-only", action="store_true")
    chosen = options.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {processor()}\n")
    ways = [False] if chosen.eager_only else [False, True]
    heads = [f"2^{size}{' compiled' if way else ''}" for way in ways for size in chosen.sizes]
    print("| loss |", " | ".join(heads), "|\n|", " | ".join(["---"] * (len(heads) + 1)), "|", sep=" ")
    for name in chosen.names:
        cells = [cell for way in ways for cell in row(name, chosen.sizes, chosen.seconds, way)]
        print(f"| `{name}` |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
