"""What should `compare` learn from a folder of images, where no pretrained network is at hand?

    python -m benchmarks.image_defaults rows.jsonl --data-dir FOLDER [--part design|checking]
    python -m benchmarks.image_defaults rows.jsonl --report

Candidates are pixels (the default before), convolutional networks with and without flips and shifts, and histograms of
oriented gradients with coarse colours (`imbaloss.features.hog`, the default). Wide random features ask another
question: what boosted trees lose if each tree looks at a tenth of the features (`--candidate "random features"`, then
`--report --reference "random features/lightgbm"`).

Each set is two classes or superclasses of CIFAR-100, or digits. A seed draws the images to learn from, a quarter of
them for validation; it stops trainings early and chooses the setting by average precision. The other images are the
test part, in which positives have the weight that gives them their share of the drawn images. The pairs that are no set
of the 2023 study are drawn once, by a fixed seed. Every second set is for checking: it is measured, and no candidate is
changed because of it.

A finished fit appends a row and is skipped on the next start. The report has mean scores, the mean seconds of processor
time, and differences to the same method on pixels, or to what `--reference` names. They are paired by set and seed,
with 95 % intervals over sets (means over seeds).
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.best_fit import fit_best
from benchmarks.holdouts import append_lines, read_rows
from imbaloss.data import Samples, Split
from imbaloss.data.cifar100 import SUPERCLASSES, Cifar100, load_cifar100
from imbaloss.data.digits import Digits
from imbaloss.data.seeds import make_generator
from imbaloss.data.sets import find_binary_set
from imbaloss.features.hog import hog
from imbaloss.statistics import t_interval
from imbaloss.training.default_recipe import make_default_entries

Images = NDArray[np.uint8]  # (N, C, H, W)
Describe = Callable[[Images], NDArray[np.float32]]  # images -> descriptors (N, D)
LEVELS = (0.1, 0.05, 0.2, 0.03)  # share of positives, in turn, each for a design set and a checking set
SCORES = ("average_precision", "roc_auc")
KEY = ["set", "seed", "candidate", "method"]
REFERENCE = "pixels"
HEADS = ("ce", "mfe", "logistic_regression", "lightgbm")
SETTINGS = 6  # that each method tries, but for convolutional networks
SLOW, SLOW_SETTINGS = "lightgbm", 2  # which takes longest on thousands of inputs, and the settings that it tries
LARGE = 2400  # images of the sets of superclasses, on which it is left out
DRAWN, LARGE_PAIRS = 8, 3  # pairs of classes, and pairs of superclasses
WIDTH = 1280  # number of random features of an image
TREES = ("maple_tree", "oak_tree", "palm_tree")  # the classes of tree_1 and tree_2
DIGITS = {"digits_3_8": 130, "digits_8_9": 125, "digits_parity": 600}  # set -> images to learn from
PARTS = ("design", "checking")


@dataclass(frozen=True)
class ImageSet:
    """A set, how many images of it are drawn to learn from, the share of positives, and the seeds."""

    name: str
    part: str  # one of `PARTS`
    images: int
    level: float
    seeds: int


@dataclass(frozen=True)
class Candidate:
    """A way to learn from images: methods on what is made of the images, with entries of the recipe."""

    name: str
    methods: tuple[str, ...]
    describe: Describe | None = None  # None: the pixels
    entries: Mapping[str, Any] = field(default_factory=dict)
    flip: bool = False  # whether photographs are flipped; a mirror makes of a digit another sign
    shift: float = 0.0  # as a share of the side
    seeds: int = 3  # the first seeds of each set, at most


def list_sets() -> list[ImageSet]:
    """List the sets of each kind in their order; every second one is for checking, and has the level of that before."""
    generator = make_generator(0, "image defaults")
    classes = [name for names in SUPERCLASSES.values() for name in names if name not in TREES]
    supers = [name for name in SUPERCLASSES if not name.startswith("household")]
    small = ["tree_1", "tree_2", *draw_pairs(classes, generator)]
    large = draw_pairs(supers, generator)[:LARGE_PAIRS]
    large.insert(1, "household")  # the second, and so for checking
    return [
        *(ImageSet(name, PARTS[place % 2], 400, LEVELS[place // 2 % 4], 2) for place, name in enumerate(small)),
        *(ImageSet(name, PARTS[place % 2], LARGE, LEVELS[place // 2 % 4], 1) for place, name in enumerate(large)),
        *(ImageSet(name, PARTS[place % 2], size, 0.1, 3) for place, (name, size) in enumerate(DIGITS.items())),
    ]


def draw_pairs(names: Sequence[str], generator: np.random.Generator) -> list[str]:
    """Draw pairs of names, each name once at most."""
    return ["/".join(pair) for pair in generator.permutation(names)[: 2 * DRAWN].reshape(-1, 2)]


def convolve_randomly(images: Images) -> NDArray[np.float32]:
    """Describe images by 1,280 means of rectified convolutions with random weights: wide features like a network's."""
    generator = make_generator(0, "random features")
    weights = generator.normal(size=(WIDTH, 3, 8, 8)) / np.sqrt(3 * 8 * 8)
    shifts = 0.3 * generator.normal(size=WIDTH)
    colours = np.broadcast_to(images, (len(images), 3, *images.shape[2:])) / 64 - 2  # about standardised
    tensors = [torch.from_numpy(array.astype(np.float32)) for array in (colours, weights, shifts)]
    return torch.nn.functional.conv2d(*tensors, stride=8).relu().mean((2, 3)).numpy()


CNN = {"network": "cnn", "channels": (8, 16, 32), "epochs": 40, "train_batch": 64, "tune_lr": (0.003, 0.01)}
CNN |= {"scaling": "standard"}
CANDIDATES = (
    Candidate(REFERENCE, HEADS, entries={"scaling": "standard"}),
    Candidate("hog", HEADS, hog, {"scaling": "standard"}),
    Candidate("cnn, moved", ("ce",), entries=CNN, flip=True, shift=0.125, seeds=1),
    Candidate("cnn", ("ce",), entries=CNN, seeds=1),
    Candidate("random features", (SLOW, f"{SLOW}:feature_fraction=0.1"), convolve_randomly, {"scaling": "standard"}),
)


@cache
def load_source(name: str, folder: Path | None) -> Digits | Cifar100:
    """Load the images of the digits or of CIFAR-100; once, then cached."""
    return Digits() if name == "digits" else load_cifar100(folder)


def draw_images(data: ImageSet, seed: int, folder: Path | None) -> tuple[list[Images], list[NDArray[np.int64]]]:
    """Draw train and validation of a set, and take the other images as test: the images and the labels of the parts."""
    binary = find_binary_set(data.name)
    source = load_source(binary.source, folder)
    factor = 255 // source.white
    generator = make_generator(seed, "images")
    positives = round(data.images * data.level)
    parts: list[list[Images]] = [[], [], []]
    for name, size in ((binary.negative, data.images - positives), (binary.positive, positives)):
        pool = generator.permutation(source.select_images("train", name)) * np.uint8(factor)
        of_test = source.select_images("test", name) * np.uint8(factor)
        places = (size - round(size / 4), size)
        for part, images in zip(parts, np.split(pool, places), strict=True):
            part.append(images)
        parts[2][-1] = np.concatenate([parts[2][-1], of_test])
    labels = [np.repeat([0, 1], [len(images) for images in part]) for part in parts]
    return [np.concatenate(part) for part in parts], labels


def make_parts(images: Sequence[Images], labels: Sequence[NDArray[np.int64]], describe: Describe | None) -> Split:
    """Return the parts as inputs: descriptions (N, D), or pixels in [0, 1] for None."""
    inputs = [part.astype(np.float32) / np.float32(255) if describe is None else describe(part) for part in images]
    return Split(*(Samples(part, of_part) for part, of_part in zip(inputs, labels, strict=True)))


def fit_method(candidate: Candidate, text: str, parts: Split, data: ImageSet, seed: int) -> dict[str, object]:
    """Fit a method with each setting, and return the scores on test of the best on validation, and its seconds."""
    entries = make_default_entries(len(parts.train), SETTINGS) | candidate.entries
    if candidate.shift:
        entries["flip"] = candidate.flip and not data.name.startswith("digits")
        entries["shift"] = max(round(candidate.shift * parts.train.inputs.shape[-1]), 1)
    best = fit_best(text, parts, seed, SLOW_SETTINGS if text.startswith(SLOW) else SETTINGS, entries)
    labels, probabilities = parts.test.labels, best.model.probabilities(parts.test.inputs)
    odds = data.level / (1 - data.level) * (labels == 0).sum() / labels.sum()
    weights = np.where(labels == 1, odds, 1.0)
    return {
        "average_precision": float(average_precision_score(labels, probabilities, sample_weight=weights)),
        "roc_auc": float(roc_auc_score(labels, probabilities)),
        "seconds": best.seconds,
        "chosen": best.chosen,
    }


def measure(candidate: Candidate, data: ImageSet, seed: int, methods: Sequence[str], folder: Path | None) -> list[str]:
    """Fit methods of a candidate on a set with a seed, and return a line of JSON for each."""
    images, labels = draw_images(data, seed, folder)
    start = time.process_time()
    parts = make_parts(images, labels, candidate.describe)
    facts = {"set": data.name, "part": data.part, "seed": seed, "images": data.images, "level": data.level}
    facts |= {"candidate": candidate.name, "describing": round(time.process_time() - start, 2)}
    return [json.dumps(facts | {"method": text} | fit_method(candidate, text, parts, data, seed)) for text in methods]


def report(rows: pd.DataFrame, reference: str, method: str | None) -> list[str]:
    """Return the lines of the report: for each group of sets, candidate and method means, seconds and differences.

    Args:
        rows: The rows of the file.
        reference: The candidate that the others are compared with.
        method: The method of the reference; None for the same method.
    """
    columns = ("sets", "candidate", "method", *SCORES, "seconds", *(f"difference in {name}" for name in SCORES))
    lines = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    is_digits = rows["set"].str.startswith("digits")
    kinds = {"digits": is_digits, "400": ~is_digits & (rows["images"] == 400), str(LARGE): rows["images"] == LARGE}
    kinds["photographs"] = ~is_digits
    for part, kind in product(PARTS, kinds):
        of_kind = rows[kinds[kind] & (rows["part"] == part)]
        base = of_kind[(of_kind["candidate"] == reference) & of_kind["method"].isin([method] if method else HEADS)]
        for (candidate, fitted), group in of_kind.groupby(["candidate", "method"], sort=False):
            pairs = group.merge(base, on=["set", "seed"] + ["method"] * (method is None), suffixes=("", "_base"))
            means = pairs.groupby("set")[[f"{name}{end}" for name in SCORES for end in ("", "_base")]].mean()
            cells = [f"{group.groupby('set')[name].mean().mean():.3f}" for name in SCORES]
            cells.append(f"{group['seconds'].mean():.1f}")
            cells += [describe_difference(means[name] - means[f"{name}_base"]) for name in SCORES]
            lines.append(f"| {' | '.join([f'{part}, {kind}', candidate, fitted, *cells])} |")
    return lines


def describe_difference(differences: "pd.Series[float]") -> str:
    """Return the mean difference over sets with its 95 % interval, and the number of sets above 0."""
    if not len(differences) or not differences.any():
        return "-"
    mean, low, high = t_interval(differences.to_numpy())
    return f"{mean:+.3f} ({low:+.3f} to {high:+.3f}), {(differences > 0).sum()} of {len(differences)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the file of rows lacks, or report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows_file", type=Path, help="JSON-lines file to which rows are appended")
    parser.add_argument("--report", action="store_true", help="print the report of the rows of the file")
    parser.add_argument("--reference", default=REFERENCE, help="candidate to compare with, as pixels or hog/ce")
    parser.add_argument("--part", choices=PARTS, help="measure the sets of this part alone")
    parser.add_argument("--candidate", action="append", help="measure this candidate alone; may be repeated")
    parser.add_argument("--data-dir", type=Path, help="folder with CIFAR-100; else the cache or a download")
    options = parser.parse_args(arguments)
    rows = read_rows(options.rows_file)
    if options.report:
        candidate, _, method = options.reference.partition("/")
        reference = candidate, method or None
        print("\n".join(report(rows, *reference)) if len(rows) else f"{options.rows_file} has no rows")
        return
    finished = set(rows[KEY].itertuples(index=False, name=None)) if len(rows) else set()
    sets = [data for data in list_sets() if options.part in {None, data.part}]
    candidates = [each for each in CANDIDATES if options.candidate is None or each.name in options.candidate]
    for candidate, data in product(candidates, sets):
        for seed in range(min(data.seeds, candidate.seeds)):
            asked = [text for text in candidate.methods if not text.startswith(SLOW) or data.images < LARGE]
            methods = [text for text in asked if (data.name, seed, candidate.name, text) not in finished]
            if methods:
                append_lines(options.rows_file, measure(candidate, data, seed, methods, options.data_dir))


if __name__ == "__main__":
    main()
