"""The 20 Newsgroups (Lang 1995) through scikit-learn, which downloads them: documents as TF-IDF columns."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.data.archives import md5_of
from imbaloss.data.samples import Pool

WORDS = 2000  # the most frequent of the training documents
FEWEST_DOCUMENTS = 2  # of training that a word is in
WITHOUT = ("headers", "footers", "quotes")  # what names author, group and thread rather than the topic
GROUPS = {
    "recreation": ("rec.autos", "rec.motorcycles", "rec.sport.baseball", "rec.sport.hockey"),
    "science": ("sci.crypt", "sci.electronics", "sci.med", "sci.space"),
}


class Newsgroups:
    """Training and test documents, as divided by date."""

    white = 1

    def __init__(self) -> None:
        """Raises OSError, in one sentence, where they are neither on disk nor to be downloaded."""
        self.bunches = {part: fetched(part) for part in ("train", "test")}
        self.checksum = md5_of("\n".join(text for bunch in self.bunches.values() for text in bunch.data).encode())

    def documents(self, part: str, name: str) -> list[str]:
        """Of a newsgroup, or of a group of them, in `train` or `test`."""
        bunch = self.bunches[part]
        numbers = {bunch.target_names.index(group) for group in GROUPS.get(name, (name,))}
        return [text for text, number in zip(bunch.data, bunch.target, strict=True) if number in numbers]

    def pools(self, negative: str, positive: str) -> tuple[Pool, Pool]:
        """Of training and test, (n, WORDS at most), float32.

        Words and their rarity are those of the training documents of both classes; no label is looked at. 1 + log of a
        count takes its place, and each document has length 1, or 0 without any of the words. Source: Salton and Buckley
        1988 (ltc).
        """
        from sklearn.feature_extraction.text import TfidfVectorizer  # here, since it takes most of a second

        texts = {part: [self.documents(part, name) for name in (negative, positive)] for part in self.bunches}
        vectorizer = TfidfVectorizer(
            max_features=WORDS, min_df=FEWEST_DOCUMENTS, sublinear_tf=True, stop_words="english", dtype=np.float32
        )
        vectorizer.fit([text for of_class in texts["train"] for text in of_class])
        train, test = (
            Pool(*(dense(vectorizer.transform(of_class)) for of_class in texts[part])) for part in ("train", "test")
        )
        return train, test


def fetched(part: str) -> Any:
    """scikit-learn's bunch: data, target, target_names."""
    from sklearn.datasets import fetch_20newsgroups

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it tries again
            return fetch_20newsgroups(subset=part, remove=WITHOUT, shuffle=False, n_retries=1)
    except OSError as error:
        reason = str(getattr(error, "reason", error)).splitlines()[0]
        raise OSError(
            f"the 20 Newsgroups could not be downloaded ({reason}); where there is a network, run python -c 'from "
            "sklearn.datasets import fetch_20newsgroups as f; f()', and bring its folder ~/scikit_learn_data here"
        ) from error


def dense(matrix: Any) -> NDArray[np.float32]:
    found: NDArray[np.float32] = matrix.toarray()
    return found
