"""The binary sets by name: the report's three, carved from CIFAR-100, and of the same make three each from digits and
from newsgroups."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imbaloss.data.cifar100 import Cifar100
from imbaloss.data.cifar100 import load as load_cifar100
from imbaloss.data.dataset import Counts, Dataset, Pool
from imbaloss.data.digits import Digits
from imbaloss.data.newsgroups import Newsgroups
from imbaloss.nearest import one_of


@dataclass(frozen=True)
class BinarySet:
    """Two classes, or groups of classes, of a source, and how many images each has to draw from."""

    source: str
    negative: str
    positive: str
    train: Counts
    test: Counts

    @property
    def things(self) -> str:
        """What its samples are."""
        return "documents" if self.source == "newsgroups" else "images"

    @property
    def origin(self) -> str:
        return ORIGINS[self.source]

    def facts(self, name: str) -> dict[str, Any]:
        """For a list: JSON values."""
        parts = {"train": self.train._asdict(), "test": self.test._asdict()}
        return {"name": name, "negative": self.negative, "positive": self.positive, "origin": self.origin, **parts}


ORIGINS = {
    "cifar100": "CIFAR-100 (from --data-dir, IMBALOSS_DATA or a download of 161 MB)",
    "digits": "scikit-learn's digits (no network needed)",
    "newsgroups": "20 Newsgroups (from scikit-learn's data folder, or a download of 14 MB by it)",
}
SETS = {
    "household": BinarySet(
        "cifar100", "household_electrical_devices", "household_furniture", Counts(2500, 2500), Counts(500, 500)
    ),
    "tree_1": BinarySet("cifar100", "maple_tree", "oak_tree", Counts(500, 500), Counts(100, 100)),
    "tree_2": BinarySet("cifar100", "oak_tree", "palm_tree", Counts(500, 500), Counts(100, 100)),
    "digits_parity": BinarySet("digits", "even", "odd", Counts(595, 606), Counts(296, 300)),
    "digits_3_8": BinarySet("digits", "3", "8", Counts(122, 116), Counts(61, 58)),
    "digits_8_9": BinarySet("digits", "8", "9", Counts(116, 120), Counts(58, 60)),
    "news_topics": BinarySet("newsgroups", "recreation", "science", Counts(2389, 2373), Counts(1590, 1579)),
    "news_religion": BinarySet(
        "newsgroups", "soc.religion.christian", "alt.atheism", Counts(599, 480), Counts(398, 319)
    ),
    "news_sport": BinarySet("newsgroups", "rec.sport.hockey", "rec.sport.baseball", Counts(600, 597), Counts(399, 397)),
}


def check_names(names: Iterable[str]) -> None:
    """Raises ValueError where a name is not a key of SETS."""
    for name in names:
        one_of("data set", name, SETS)


def load(names: Iterable[str], *, folder: Path | None = None, quiet: bool = False) -> dict[str, Dataset]:
    """The data sets of those names, each source read once.

    folder: a copy of CIFAR-100; else the environment variable IMBALOSS_DATA, else the cache, else a download.
    Raises ValueError for an unknown name or a file that is not the official one, OSError where it cannot be had.
    """
    names = list(names)
    check_names(names)
    sources = {source: open_source(source, folder, quiet=quiet) for source in {SETS[name].source for name in names}}
    return {name: carve(name, sources[SETS[name].source]) for name in names}


def open_source(source: str, folder: Path | None, *, quiet: bool) -> Cifar100 | Digits | Newsgroups:
    if source == "digits":
        return Digits()
    if source == "newsgroups":
        return Newsgroups()
    elsewhere = os.environ.get("IMBALOSS_DATA")
    return load_cifar100(folder or (Path(elsewhere) if elsewhere else None), quiet=quiet)


def carve(name: str, source: Cifar100 | Digits | Newsgroups) -> Dataset:
    binary = SETS[name]
    classes = binary.negative, binary.positive
    if isinstance(source, Newsgroups):
        train, test = source.pools(*classes)
    else:
        train, test = (Pool(*(source.images(part, name) for name in classes)) for part in ("train", "test"))
    return Dataset(name, binary.negative, binary.positive, train, test, source.white, source.checksum)
