"""The binary sets by name: the report's three, carved from CIFAR-100, of the same make three each from digits and from
newsgroups, and any two classes of CIFAR-100."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from imbaloss.choices import check_choice, suggest
from imbaloss.data.cifar100 import SUPERCLASSES, Cifar100
from imbaloss.data.cifar100 import load as load_cifar100
from imbaloss.data.dataset import Dataset
from imbaloss.data.digits import Digits
from imbaloss.data.newsgroups import Newsgroups
from imbaloss.data.samples import Counts, Pool


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


PAIR = "/"  # between two classes of CIFAR-100 that make a set
SIZES = {  # images of each class and superclass to train on and to test on
    **dict.fromkeys(SUPERCLASSES, (2500, 500)),
    **{name: (500, 100) for classes in SUPERCLASSES.values() for name in classes},
}


def binary_set(name: str) -> BinarySet:
    """One of SETS, or any two classes or superclasses of CIFAR-100, as in fish/flowers, the negative one first.

    Raises ValueError for an unknown name, and for a class beside itself or its own superclass.
    """
    if name in SETS or PAIR not in name:
        check_choice("data set", name, SETS)
        return SETS[name]
    negative, _, positive = name.partition(PAIR)
    for one in (negative, positive):
        if one not in SIZES:
            listing = "`imbaloss datasets` lists the superclasses"
            raise ValueError(f"data set {name}: CIFAR-100 has no class {one!r}{suggest(one, SIZES)}; {listing}")
    if negative == positive or negative in SUPERCLASSES.get(positive, ()) or positive in SUPERCLASSES.get(negative, ()):
        raise ValueError(f"data set {name}: its two classes share images")
    return BinarySet("cifar100", negative, positive, *map(Counts, SIZES[negative], SIZES[positive]))


def check_names(names: Iterable[str]) -> None:
    """Raises ValueError as `binary_set`."""
    for name in names:
        binary_set(name)


def load(names: Iterable[str], *, folder: Path | None = None, quiet: bool = False) -> dict[str, Dataset]:
    """The data sets of those names, each source read once, and the images of a class once.

    folder: a copy of CIFAR-100; else the environment variable IMBALOSS_DATA, else the cache, else a download.
    Raises ValueError for an unknown name or a file that is not the official one, OSError where it cannot be had.
    """
    sets = {name: binary_set(name) for name in names}
    needed = {binary.source for binary in sets.values()}
    sources = {source: open_source(source, folder, quiet=quiet) for source in needed}
    images = {name: cache(source.images) for name, source in sources.items() if not isinstance(source, Newsgroups)}

    def pools(binary: BinarySet) -> tuple[Pool, Pool]:
        """Of train and test."""
        classes, source = (binary.negative, binary.positive), sources[binary.source]
        if isinstance(source, Newsgroups):
            return source.pools(*classes)
        train, test = (Pool(*(images[binary.source](part, name) for name in classes)) for part in ("train", "test"))
        return train, test

    found = {}
    for name, binary in sets.items():
        source = sources[binary.source]
        found[name] = Dataset(name, binary.negative, binary.positive, *pools(binary), source.white, source.checksum)
    return found


def open_source(source: str, folder: Path | None, *, quiet: bool) -> Cifar100 | Digits | Newsgroups:
    """Open the source of data sets by name; any but digits and newsgroups is CIFAR-100.

    folder: holds CIFAR-100. None: the environment variable IMBALOSS_DATA names it; without that variable, the files
    come from the cache or are downloaded into it.
    """
    if source == "digits":
        return Digits()
    if source == "newsgroups":
        return Newsgroups()
    elsewhere = os.environ.get("IMBALOSS_DATA")
    return load_cifar100(folder or (Path(elsewhere) if elsewhere else None), quiet=quiet)
