"""Which loss finds tiny regions in images, most of which have none?

    python -m benchmarks.segmentation [--seeds 8] [--steps 400] [--plain-bias] [losses ...]

Made-up images of 32 x 32 pixels. One in four has a round spot of 2 to 12 pixels, 0.2 to 1.2 % of the image, so that
one pixel in 650 is positive. The spot is brighter than the noise around it, and streaks are as bright. A convolutional
network of three layers learns from 200 images in batches of 4 (Adam, falling learning rate), each loss from the same
initial weights and batches. One batch in three has no positive pixel. The bias of the last layer begins at the log-odds
of a positive pixel, with --plain-bias near 0 as PyTorch draws it.

The table has Dice over all pixels of 400 test images at 1/2 and at the threshold that is best on 400 validation images,
the pixels that are flagged at 1/2 in 100 images without a spot, and the number of seeds in which nothing is flagged at
1/2. Means over the seeds, with intervals of 95 % by Student's t. The last column is the tuned Dice less that of the
first loss, seed by seed. A loss is a text such as `dice:smooth=1`, and `a + b` is a sum. A table in Markdown goes to
standard output.
"""

import argparse
import math
import time

import numpy as np
import torch
from scipy import stats
from sklearn import metrics
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.losses import processor
from imbaloss.losses import LossSpec

SIDE, IMAGES_IN_BATCH, TRAINING, OTHERS = 32, 4, 200, 400
LOSSES = (
    "ce", "wce", "focal", "mfe", "dice", "dice:smooth=1", "dice:running=0.1", "dice + ce", "tversky",
    "focal_tversky",
)  # fmt: skip


def draw_images(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Images and masks (count, 1, SIDE, SIDE); every fourth image has a spot."""
    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    centre = 4 + (SIDE - 8) * torch.rand(count, 2, 1, 1, generator=generator)
    radius = 1 + 0.8 * torch.rand(count, 1, 1, generator=generator)
    distance = ((rows - centre[:, 0]) ** 2 + (columns - centre[:, 1]) ** 2).sqrt()
    masks = ((distance < radius) & (torch.arange(count) % 4 == 0).reshape(-1, 1, 1)).float().unsqueeze(1)
    noise = torch.randn(count, 1, SIDE, SIDE, generator=generator)
    streaks = F.avg_pool2d(torch.randn(count, 1, SIDE, SIDE + 8, generator=generator), (1, 9), stride=1)
    return noise + 2 * streaks + 2.5 * masks, masks


def make_network(share: float | None) -> nn.Sequential:
    """A network whose last bias is the log-odds of the share of positive pixels, or PyTorch's own if that is None."""
    network = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=2, dilation=2),
        nn.ReLU(),
        nn.Conv2d(8, 1, 3, padding=1),
    )
    if share is not None:
        nn.init.constant_(network[-1].bias, math.log(share / (1 - share)))
    return network


def train(text: str, seed: int, steps: int, *, plain_bias: bool) -> nn.Sequential:
    """Train a network by the sum of the losses that the text names."""
    generator = torch.Generator().manual_seed(seed)
    images, masks = draw_images(TRAINING, generator)
    counts = [int((masks == label).sum()) for label in (0, 1)]
    criteria = [LossSpec.parse(part).build(counts=counts) for part in text.split(" + ")]
    torch.manual_seed(seed)
    network = make_network(None if plain_bias else float(masks.mean()))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        chosen = torch.randint(TRAINING, (IMAGES_IN_BATCH,), generator=generator)
        logits = network(images[chosen])
        optimizer.zero_grad()
        sum(criterion(logits, masks[chosen]) for criterion in criteria).backward()
        optimizer.step()
        schedule.step()
    return network


def compute_dice(masks: np.ndarray, flagged: np.ndarray) -> float:
    return float(2 * (masks & flagged).sum() / (masks.sum() + flagged.sum()))


@torch.no_grad()
def score(network: nn.Module, seed: int) -> list[float]:
    """Dice at 1/2, Dice at the tuned threshold, flagged pixels in 100 images without a spot, whether all are silent."""
    generator = torch.Generator().manual_seed(1000 + seed)
    parts = [draw_images(OTHERS, generator) for _ in ("validation", "test")]
    logits = [network(images).numpy() for images, _ in parts]
    masks = [part.numpy() > 0 for _, part in parts]
    precision, recall, thresholds = metrics.precision_recall_curve(masks[0].ravel(), logits[0].ravel())
    dice = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    tuned = thresholds[dice[:-1].argmax()]
    flagged = logits[1] > 0
    without_spot = ~masks[1].any((1, 2, 3))
    return [
        compute_dice(masks[1], flagged),
        compute_dice(masks[1], logits[1] >= tuned),
        100 * float(flagged[without_spot].sum() / without_spot.sum()),
        float(not flagged.any()),
    ]


def write_interval(values: np.ndarray, digits: int) -> str:
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    mean = values.mean()
    return f"{mean:.{digits}f} [{mean - half:.{digits}f}, {mean + half:.{digits}f}]"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("losses", nargs="*", default=LOSSES)
    options.add_argument("--seeds", type=int, default=8)
    options.add_argument("--steps", type=int, default=400)
    options.add_argument("--plain-bias", action="store_true")
    chosen = options.parse_intermixed_args()
    start = time.perf_counter()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {processor()}")
    print(f"{chosen.seeds} seeds, {chosen.steps} steps\n")
    print("| loss | Dice at 1/2 | Dice, tuned | flagged without spot | silent | tuned, to the first |\n|", "--- |" * 6)
    first = None
    for text in chosen.losses:
        networks = [train(text, seed, chosen.steps, plain_bias=chosen.plain_bias) for seed in range(chosen.seeds)]
        scores = np.array([score(network, seed) for seed, network in enumerate(networks)])
        at_half, tuned, flagged, silent = scores.T
        first = tuned if first is None else first
        cells = [
            write_interval(at_half, 3),
            write_interval(tuned, 3),
            write_interval(flagged, 1),
            f"{silent.sum():.0f}",
        ]
        difference = write_interval(tuned - first, 3) if first is not tuned else ""
        print(f"| `{text}` | {' | '.join(cells)} | {difference} |", flush=True)
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
