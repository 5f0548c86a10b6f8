"""Forward and backward of losses with soft labels of several classes, as a ratio to hard labels in the same run.

    python -m benchmarks.soft_labels [--classes 10 100 1000] [--size 7] [--turns 30] [--without-memory] [names ...]

In a turn hard labels, mixup (two classes a sample) and smoothed labels (all classes) are called once each, so that
whatever slows the machine down slows all. Times are those of the process, not of the clock; a ratio is that of medians
over the turns. Memory is the peak of the process during forward and backward beside logits, targets and gradient, in
multiples of the logits. It is measured with so many samples that the logits take 64 MiB, by the kernel (Linux alone).
float32 logits. A table in Markdown goes to standard output.
"""

import argparse
import re
import statistics
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.hard_labels import ONE_LOGIT_ONLY, Step, seconds, step
from benchmarks.losses import processor
from imbaloss import losses

NAMES = ("ce", "focal", "logit_adjusted", "ldam", "mse", "mfe", "msfe", "mae", "hinge", "dice")
ELEMENTS = 2**24  # of the logits whose memory is measured
KINDS = ("hard", "mixup", "smoothed")

Loss = Callable[[Tensor, Tensor], Tensor]


def make_targets(samples: int, classes: int) -> dict[str, Tensor]:
    """Make hard labels (B,), and soft ones (B, C) that mix two samples or are smoothed by a tenth."""
    labels = torch.randint(classes, (samples,), generator=torch.Generator().manual_seed(0))
    shares = F.one_hot(labels, classes).float()
    return {"hard": labels, "mixup": 0.7 * shares + 0.3 * shares.roll(1, 0), "smoothed": 0.9 * shares + 0.1 / classes}


def make_steps(name: str, samples: int, classes: int, compiled: bool) -> dict[str, Step]:
    """Return forward and backward of a loss for each kind of labels."""
    options: dict[str, object] = {"counts": (50,) * classes}
    if name == "focal":  # whose alpha is for two classes
        options["class_weights"] = (1,) * classes
    logits = torch.randn(samples, classes, generator=torch.Generator().manual_seed(1)).requires_grad_()
    steps = {}
    for kind, targets in make_targets(samples, classes).items():
        loss: Loss = losses.get(name, soft=kind != "hard", **options)
        steps[kind] = step(torch.compile(loss, fullgraph=True) if compiled else loss, logits, targets)
    return steps


def measure_time(steps: dict[str, Step], turns: int) -> list[str]:
    """Return the milliseconds of hard labels, and of the other kinds the ratios to them, as cells of a table."""
    for one in steps.values():
        for _ in range(3):
            one()
    times: dict[str, list[float]] = {kind: [] for kind in steps}
    for _ in range(turns):
        for kind, one in steps.items():
            times[kind].append(seconds(one))
    medians = {kind: statistics.median(times[kind]) for kind in KINDS}
    return [f"{1000 * medians['hard']:.2f}", *(f"{medians[kind] / medians['hard']:.2f}" for kind in KINDS[1:])]


def read_status(key: str) -> int:
    """Return a number of kilobytes from the kernel's status of this process."""
    [found] = re.findall(rf"^{key}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found)


def measure_memory(name: str, classes: int, compiled: bool) -> list[str]:
    """Return the peak memory of each kind of labels in multiples of the logits, as cells of a table."""
    cells = []
    for one in make_steps(name, ELEMENTS // classes, classes, compiled).values():
        one()
        Path("/proc/self/clear_refs").write_text("5")  # the peak is from now on
        before = read_status("VmRSS")
        one()
        cells.append(f"{(read_status('VmHWM') - before) * 1024 / (4 * ELEMENTS):.1f}")
    return cells


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("names", nargs="*", default=NAMES)
    options.add_argument("--classes", nargs="+", type=int, default=[10, 100, 1000])
    options.add_argument("--size", type=int, default=7, help="samples, a power of two")
    options.add_argument("--turns", type=int, default=30)
    options.add_argument("--without-memory", action="store_true")
    chosen = options.parse_intermixed_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {processor()}, 2^{chosen.size} samples\n")
    heads = ["loss", "classes", "", "hard, ms", "mixup", "smoothed", *(f"memory, {kind}" for kind in KINDS)]
    heads = heads[:6] if chosen.without_memory else heads
    print("|", " | ".join(heads), "|\n|", " | ".join(["---"] * len(heads)), "|")
    for name in chosen.names:
        if name in ONE_LOGIT_ONLY:
            continue
        for classes in chosen.classes:
            for compiled in (False, True):
                torch.compiler.reset()
                way = "compiled" if compiled else "eager"
                cells = measure_time(make_steps(name, 2**chosen.size, classes, compiled), chosen.turns)
                memory = [] if chosen.without_memory else measure_memory(name, classes, compiled)
                print("|", " | ".join([f"`{name}`", str(classes), way, *cells, *memory]), "|", flush=True)


if __name__ == "__main__":
    main()
