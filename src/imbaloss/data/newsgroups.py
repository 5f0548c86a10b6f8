"""The 20 Newsgroups (Lang 1995) through scikit-learn, which downloads them: documents as TF-IDF columns."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.data.archives import compute_md5
from imbaloss.data.samples import Pool

WORDS = 2000  # number of words that become columns: the most frequent ones of the training documents
FEWEST_DOCUMENTS = 2  # training documents that a word must be in
WITHOUT = ("headers", "footers", "quotes")  # left out, since they name author, group and thread rather than the topic
GROUPS = {
    "recreation": ("rec.autos", "rec.motorcycles", "rec.sport.baseball", "rec.sport.hockey"),
    "science": ("sci.crypt", "sci.electronics", "sci.med", "sci.space"),
}


class Newsgroups:
    """The training and test documents of the 20 Newsgroups, which are divided by date."""

    white = 1  # the greatest value of a column

    def __init__(self) -> None:
        """Load train and test and compute their checksum.

        Raises OSError if they are not on disk and cannot be downloaded.
        """
        self.bunches = {part: load_bunch(part) for part in ("train", "test")}
        self.checksum = compute_md5("\n".join(text for bunch in self.bunches.values() for text in bunch.data).encode())

    def select_documents(self, part: str, name: str) -> list[str]:
        """Return the texts of a newsgroup, or of the group "recreation" or "science", in a part.

        Raises:
            ValueError: There is no such newsgroup.
            KeyError: The part is neither `train` nor `test`.
        """
        bunch = self.bunches[part]
        numbers = {bunch.target_names.index(group) for group in GROUPS.get(name, (name,))}
        return [text for text, number in zip(bunch.data, bunch.target, strict=True) if number in numbers]

    def make_pools(self, negative: str, positive: str) -> tuple[Pool, Pool]:
        """Return the samples of train and of test, for two newsgroups or groups, with a column for each word.

        The columns, (n, at most 2000) in float32, are TF-IDF, with 1 + log(count) for the count of a word. Words and
        their rarity come from the training documents of both classes, whatever their class. Each row has length 1, or 0
        for a document without any of the words. Raises ValueError for an unknown newsgroup.

        Source: Salton and Buckley 1988 (ltc).
        """
        from sklearn.feature_extraction.text import TfidfVectorizer  # here, since it takes most of a second

        texts = {part: [self.select_documents(part, name) for name in (negative, positive)] for part in self.bunches}
        vectorizer = TfidfVectorizer(
            max_features=WORDS, min_df=FEWEST_DOCUMENTS, sublinear_tf=True, stop_words="english", dtype=np.float32
        )
        vectorizer.fit([text for of_class in texts["train"] for text in of_class])
        train, test = (
            Pool(*(to_dense(vectorizer.transform(of_class)) for of_class in texts[part])) for part in ("train", "test")
        )
        return train, test


def load_bunch(part: str) -> Any:
    """Load the documents of `train` or `test` by scikit-learn: an object with data (texts), target and target_names.

    Headers, footers and quotes are removed. The documents are downloaded if they are not on disk.

    Raises:
        OSError: The documents are not on disk and cannot be downloaded.
    """
    from sklearn.datasets import fetch_20newsgroups

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning about a further try
            return fetch_20newsgroups(subset=part, remove=WITHOUT, shuffle=False, n_retries=1)
    except OSError as error:
        reason = str(getattr(error, "reason", error)).splitlines()[0]
        raise OSError(
            f"the 20 Newsgroups could not be downloaded ({reason}); on a machine with a network, run python -c 'from "
            "sklearn.datasets import fetch_20newsgroups as f; f()', and bring its folder ~/scikit_learn_data here"
        ) from error


def to_dense(matrix: Any) -> NDArray[np.float32]:
    """Turn a sparse matrix of SciPy into a NumPy array of the same shape and type."""
    dense: NDArray[np.float32] = matrix.toarray()
    return dense
