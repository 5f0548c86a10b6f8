"""The binary data sets by name.

Three are the 2023 study's, made of classes of CIFAR-100; three each are made of digits and newsgroups in the same way;
and any two classes of CIFAR-100 are one.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from imbaloss.choices import check_choice, suggest
from imbaloss.data.cifar100 import SUPERCLASSES, Cifar100, load_cifar100
from imbaloss.data.dataset import Dataset
from imbaloss.data.digits import Digits
from imbaloss.data.newsgroups import Newsgroups
from imbaloss.data.samples import Counts, Pool


@dataclass(frozen=True)
class BinarySet:
    """A binary data set: two classes, or two groups of classes, of a source, and the samples to draw from."""

    source: str  # a key of `ORIGINS`
    negative: str
    positive: str
    train: Counts  # samples in the pool of train
    test: Counts  # samples in the pool of test

    @property
    def noun(self) -> str:
        """The plural noun for its samples in sentences: "documents" or "images"."""
        return "documents" if self.source == "newsgroups" else "images"

    @property
    def origin(self) -> str:
        """The origin of the samples in words, such as "scikit-learn's digits (no network needed)"."""
        return ORIGINS[self.source]

    def facts(self, name: str) -> dict[str, Any]:
        """Return name, negative, positive, origin, and the counts of train and test, as JSON values.

        name: the name of the data set, which is returned unchecked.
        """
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


PAIR = "/"  # stands between the two classes of CIFAR-100 in the name of a data set
SIZES = {  # class or superclass of CIFAR-100 -> its number of images in train and in test
    **dict.fromkeys(SUPERCLASSES, (2500, 500)),
    **{name: (500, 100) for classes in SUPERCLASSES.values() for name in classes},
}


def find_binary_set(name: str) -> BinarySet:
    """Find a data set by name: one of `SETS`, or two classes or superclasses of CIFAR-100, such as "fish/flowers".

    The first of the two classes is the negative one.

    Raises:
        ValueError: The name is unknown, or the two classes are equal or one is the superclass of the other.
    """
    if name in SETS or PAIR not in name:
        check_choice("data set", name, SETS)
        return SETS[name]
    negative, _, positive = name.partition(PAIR)
    for class_name in (negative, positive):
        if class_name not in SIZES:
            listing = "`imbaloss datasets` lists the superclasses"
            raise ValueError(
                f"data set {name}: CIFAR-100 has no class {class_name!r}{suggest(class_name, SIZES)}; {listing}"
            )
    if negative == positive or negative in SUPERCLASSES.get(positive, ()) or positive in SUPERCLASSES.get(negative, ()):
        raise ValueError(f"data set {name}: its two classes share images")
    return BinarySet("cifar100", negative, positive, *map(Counts, SIZES[negative], SIZES[positive]))


def check_names(names: Iterable[str]) -> None:
    """Raise ValueError for the first name that stands for no data set.

    A data set is one of `SETS`, or two classes or superclasses of CIFAR-100 without common images, as in
    "fish/flowers".
    """
    for name in names:
        find_binary_set(name)


def load_data_sets(names: Iterable[str], *, folder: Path | None = None, quiet: bool = False) -> dict[str, Dataset]:
    """Load data sets by name. Each source is read once.

    Args:
        names: Names of `SETS`, or two classes of CIFAR-100 as in "fish/flowers".
        folder: A folder with CIFAR-100. None: the folder that the environment variable IMBALOSS_DATA names, else the
            cache or a download.
        quiet: Whether no progress bar is shown for a download.

    Returns:
        The data sets by name.

    Raises:
        ValueError: A name is unknown, or a file is not the official one.
        OSError: A file cannot be read or downloaded.
    """
    sets = {name: find_binary_set(name) for name in names}
    needed = {binary.source for binary in sets.values()}
    sources = {source: open_source(source, folder, quiet=quiet) for source in needed}
    images = {
        name: cache(source.select_images) for name, source in sources.items() if not isinstance(source, Newsgroups)
    }

    def make_pools(binary: BinarySet) -> tuple[Pool, Pool]:
        """Return the samples of each class of a data set, first those of train, then those of test."""
        classes, source = (binary.negative, binary.positive), sources[binary.source]
        if isinstance(source, Newsgroups):
            return source.make_pools(*classes)
        train, test = (Pool(*(images[binary.source](part, name) for name in classes)) for part in ("train", "test"))
        return train, test

    loaded = {}
    for name, binary in sets.items():
        source, (train, test) = sources[binary.source], make_pools(binary)
        loaded[name] = Dataset(name, binary.negative, binary.positive, train, test, source.white, source.checksum)
    return loaded


def open_source(source: str, folder: Path | None, *, quiet: bool) -> Cifar100 | Digits | Newsgroups:
    """Load the data that data sets are made of: "digits", "newsgroups", or CIFAR-100 for any other text.

    Args:
        source: The name.
        folder: A folder with CIFAR-100. None: the folder that the environment variable IMBALOSS_DATA names; without
            that variable, the files come from the cache or are downloaded into it.
        quiet: Whether no progress bar is shown for a download.

    Raises:
        ValueError: A file is not the official one.
        OSError: A file cannot be read or downloaded.
    """
    if source == "digits":
        return Digits()
    if source == "newsgroups":
        return Newsgroups()
    elsewhere = os.environ.get("IMBALOSS_DATA")
    return load_cifar100(folder or (Path(elsewhere) if elsewhere else None), quiet=quiet)
