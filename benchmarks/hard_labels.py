"""Forward and backward of every loss with hard labels, as a ratio to the same loss at another commit, in one run.

    python -m benchmarks.hard_labels BASE [--size 12] [--turns 30] [--calls 200] [--classes 2] [names ...]

BASE is a folder with a checkout of the other commit (`git worktree add BASE COMMIT`). Both versions of
`imbaloss.losses` are loaded into this process. In a turn each is called --calls times, in alternation, so that whatever
slows the machine down slows both; times are those of the process, not of the clock. The ratio of a turn is that of the
medians of the calls. A loss has the median over the turns; its bound is the upper end of a one-sided interval of 95 %
for that median, by order statistics: the 20th of 30. The values of both versions must be equal to the last bit. The
last line counts the bounds above 1.05. float32 logits, float targets of two classes with 5 % positives, or integers of
several. A table in Markdown goes to standard output.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import torch
from scipy import stats
from torch import Tensor

from benchmarks.losses import processor
from imbaloss import losses

LIMIT = 1.05
ONE_LOGIT_ONLY = {"asymmetric"}

Step = Callable[[], Tensor]


def load_losses(checkout: Path) -> ModuleType:
    """Load the package `imbaloss.losses` of another checkout, beside the one that is loaded."""
    ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "imbaloss"}
    for name in ours:
        del sys.modules[name]
    sys.path.insert(0, str(checkout / "src"))
    try:
        import imbaloss.losses as theirs
    finally:
        sys.path.pop(0)
        for name in [name for name in sys.modules if name.partition(".")[0] == "imbaloss"]:
            del sys.modules[name]
        sys.modules.update(ours)
    if not Path(theirs.__file__ or "").is_relative_to(checkout):
        raise SystemExit(f"{checkout} has no src/imbaloss/losses")
    return theirs


def step(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, targets: Tensor) -> Step:
    def one() -> Tensor:
        logits.grad = None
        value = loss(logits, targets)
        value.backward()
        return value.detach()

    return one


def seconds(one: Step) -> float:
    start = time.process_time()
    one()
    return time.process_time() - start


def ratios(head: Step, base: Step, turns: int, calls: int) -> list[float]:
    """The time of head over that of base in each turn, in ascending order."""
    for _ in range(5):
        head()
        base()
    found = []
    for _ in range(turns):
        times: tuple[list[float], list[float]] = ([], [])
        for call in range(calls):
            for index in (0, 1) if call % 2 else (1, 0):
                times[index].append(seconds((head, base)[index]))
        found.append(statistics.median(times[0]) / statistics.median(times[1]))
    return sorted(found)


def upper_bound(ordered: list[float]) -> float:
    """The order statistic that is above the median with a probability of at least 95 %; infinite for too few."""
    place = int(stats.binom.ppf(0.95, len(ordered), 0.5))
    return ordered[place] if place < len(ordered) else float("inf")


def make_batch(size: int, classes: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (size,) if classes == 2 else (size, classes)
    logits = torch.randn(shape, generator=generator).requires_grad_()
    if classes == 2:
        return logits, (torch.rand(size, generator=generator) < 0.05).float()
    return logits, torch.randint(classes, (size,), generator=generator)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("base", type=Path)
    options.add_argument("names", nargs="*")
    options.add_argument("--size", type=int, default=12, help="samples, a power of two")
    options.add_argument("--turns", type=int, default=30)
    options.add_argument("--calls", type=int, default=200)
    options.add_argument("--classes", type=int, default=2)
    chosen = options.parse_intermixed_args()
    theirs = load_losses(chosen.base.resolve())
    logits, targets = make_batch(2**chosen.size, chosen.classes)
    given: dict[str, object] = {"counts": (95, 5) if chosen.classes == 2 else (50,) * chosen.classes}
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {processor()}")
    print(f"2^{chosen.size} samples, {chosen.classes} classes, {chosen.turns} turns of {chosen.calls} calls\n")
    print("| loss | ratio | upper 95 % bound |\n| --- | --- | --- |")
    bounds = {}
    for name in chosen.names or theirs.names():
        if chosen.classes > 2 and name in ONE_LOGIT_ONLY:
            continue
        weights = {"class_weights": (1,) * chosen.classes} if name == "focal" and chosen.classes > 2 else {}
        head, base = (step(version.get(name, **given, **weights), logits, targets) for version in (losses, theirs))
        if head() != base():
            raise SystemExit(f"{name} has another value than in {chosen.base}")
        ordered = ratios(head, base, chosen.turns, chosen.calls)
        bounds[name] = upper_bound(ordered)
        print(f"| `{name}` | {statistics.median(ordered):.3f} | {bounds[name]:.3f} |", flush=True)
    above = [name for name, bound in bounds.items() if bound > LIMIT]
    print(f"\n{len(above)} of {len(bounds)} bounds are above {LIMIT}{': ' if above else ''}{', '.join(above)}")


if __name__ == "__main__":
    main()
