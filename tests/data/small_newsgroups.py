"""A small corpus in the place, and in the format, in which scikit-learn keeps the 20 Newsgroups."""

import codecs
import pickle
from pathlib import Path

import numpy as np
from sklearn.datasets import load_files

from imbaloss.data.newsgroups import GROUPS

NAMES = [*(name for some in GROUPS.values() for name in some), "soc.religion.christian", "alt.atheism"]
DOCUMENTS = {"train": 60, "test": 30}  # of each group
COMMON = [f"word{letter}" for letter in "abcdefghijklmnopqrst"]


def text(name: str, generator: np.random.Generator) -> str:
    """A posting: headers that tell its group, quotes, a signature, and between them words of which some go with it."""
    own = [f"{name.rsplit('.', 1)[-1]}{letter}" for letter in "xyz"]
    words = generator.choice(COMMON, 30).tolist() + generator.choice(own, generator.integers(0, 4)).tolist()
    body = " ".join(generator.permutation(words).tolist())
    head = f"Newsgroups: {name}\nSubject: giveaway{own[0]}\n\nSomeone writes:\n> quoted{own[0]}"
    return f"{head}\n{body}\n\n--\nsignature{own[0]}\n"


def make(home: Path) -> Path:
    """Writes it, by scikit-learn's own reader of folders."""
    generator = np.random.default_rng(0)
    cache = {}
    for part, number in DOCUMENTS.items():
        for name in NAMES:
            folder = home / "texts" / part / name
            folder.mkdir(parents=True)
            for document in range(number):
                (folder / f"{document:03}").write_text(text(name, generator))
        cache[part] = load_files(home / "texts" / part, encoding="latin1")
    (home / "20news-bydate_py3.pkz").write_bytes(codecs.encode(pickle.dumps(cache), "zlib_codec"))
    return home
