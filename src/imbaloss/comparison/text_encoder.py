"""Columns of text as inputs: what the training texts decide, and the step that applies it to other texts."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from imbaloss.comparison.texts import CHARACTERS, WORDS, choose_unit, divide_words

Floats = NDArray[np.float32]
CHOSEN = 20  # number of terms that are inputs of their own, at most
MOST_TERMS = 50_000  # number of terms, the most frequent ones
FITTED_ON = 100_000  # number of texts that terms and weights are fitted to, at most
ROWS_OF_TERM = 20_000  # a term needs one text for so many texts, and two at least
STRENGTH = 10.0  # C, the inverse regularization of the logistic regression
FOLDS = 5  # number of folds; a text is scored by the logistic regression of the other folds
AT_ONCE = 2**13  # number of texts that become inputs at once
LENGTHS = {WORDS: (1, 2), CHARACTERS: (1, 3)}  # number of words or characters of a term


@dataclass(frozen=True, eq=False)
class FittedTexts:
    """What the training texts of a column decide: V terms, and what is made of the TF-IDF weights of a text.

    The inputs of a text are the log-odds of a logistic regression on its weights, and the weights of the terms that
    tell the classes apart best. Saved models name this class and its module.
    """

    unit: str  # "word" or "char": what terms consist of
    terms: str  # a list in JSON, in their order; a list of Python would be saved term by term
    idf: NDArray[np.float64]  # (V,), the inverse document frequencies
    chosen: NDArray[np.int64]  # (S,), the places of the terms that are inputs of their own
    coefficients: NDArray[np.float64]  # (V,), of the logistic regression; 0 if a class has too few texts
    intercept: float
    counts: NDArray[np.int64]  # (2, V), the number of negative and of positive texts with each term

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone, without what is made of them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def width(self) -> int:
        """The number of inputs of a text."""
        return 1 + len(self.chosen)

    @property
    def names(self) -> list[str]:
        """The V terms in their order."""
        names: list[str] = json.loads(self.terms)
        return names

    @cached_property
    def vectorizer(self) -> TfidfVectorizer:
        """What turns texts into the TF-IDF weights of the terms."""
        vectorizer = make_vectorizer(self.unit, vocabulary={term: place for place, term in enumerate(self.names)})
        vectorizer.idf_ = self.idf
        return vectorizer

    def transform(self, texts: Sequence[str]) -> Floats:
        """Return the inputs of texts, (N, width). Terms that the training did not have are left out."""
        inputs = np.zeros((len(texts), self.width), np.float32)
        for start in range(0, len(texts) if len(self.idf) else 0, AT_ONCE):
            block = texts[start : start + AT_ONCE]
            inputs[start : start + len(block)] = self.make_inputs(self.vectorizer.transform(block))
        return inputs

    def make_inputs(self, weights: sparse.csr_matrix) -> NDArray[np.float64]:
        """Return the inputs, (N, width), of texts with these TF-IDF weights, (N, V)."""
        score = weights @ self.coefficients + self.intercept
        return np.hstack([score[:, None], weights[:, self.chosen].toarray()])


class TextEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns columns of text, (N, C), into numbers, each column by itself. Saved models name this class and its module.

    In the inputs of `fit_transform` the log-odds of a text are those of a logistic regression that does not know the
    text: it is fitted to the other folds.
    """

    def fit(self, X: NDArray[Any], y: NDArray[np.int64]) -> "TextEncoder":
        """Fit the encoder to texts X, (N, C), with labels y, (N,), 1 for positives."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: NDArray[Any], y: NDArray[np.int64]) -> Floats:
        """Fit the encoder as `fit` does, and return the inputs of the same texts, (N, D)."""
        fitted = [fit_column(LabelledTexts.of(column, y)) for column in X.T]
        self.columns_ = [column for column, _ in fitted]
        return np.hstack([inputs for _, inputs in fitted])

    def transform(self, X: NDArray[Any]) -> Floats:
        """Return the inputs of texts X, (N, C), as numbers (N, D)."""
        parts = zip(self.columns_, X.T, strict=True)
        return np.hstack([column.transform(texts.tolist()) for column, texts in parts])

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Return a name of each input, (D,)."""
        names = [f"text{place}_{each}" for place, width in enumerate(self.widths) for each in range(width)]
        return np.array(names, dtype=object)

    @property
    def widths(self) -> list[int]:
        """The number of inputs of each column."""
        return [column.width for column in self.columns_]


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Texts with their labels. They are equal to others of the same content, so that a fit to them can be cached."""

    texts: tuple[str, ...]  # N
    labels: NDArray[np.int64]  # (N,), 1 for positives
    digest: bytes

    @classmethod
    def of(cls, texts: NDArray[Any], labels: NDArray[np.int64]) -> "LabelledTexts":
        """Return texts (N,) with their labels (N,)."""
        digest = hashlib.sha256(labels.tobytes())
        for text in texts:
            encoded = text.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
        return cls(tuple(texts), labels, digest.digest())

    def __hash__(self) -> int:
        """Return a hash of the content."""
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        """Say whether others have the same texts and labels."""
        return isinstance(other, LabelledTexts) and self.digest == other.digest


@lru_cache(maxsize=4)  # trees and networks prepare the same train part one after the other
def fit_column(rows: LabelledTexts) -> tuple[FittedTexts, Floats]:
    """Fit a column of text, and return it with the inputs of the same texts, (N, width).

    The result does not depend on the number of threads. Of more than 100,000 texts, 100,000 are drawn for the fit.
    Where no term is in two texts, there are no terms, and all inputs are 0.
    """
    fitted_on = draw_rows(len(rows.texts))
    texts, labels = [rows.texts[place] for place in fitted_on], rows.labels[fitted_on]
    unit = choose_unit(texts)
    vectorizer = make_vectorizer(unit, min_df=max(2, len(texts) // ROWS_OF_TERM), max_features=MOST_TERMS)
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError:  # no term is left
        fitted = describe_no_terms(unit)
        return fitted, fitted.transform(rows.texts)
    with threadpool_limits(1, user_api="blas"):
        coefficients, intercept, scores = fit_scores(weights, labels)
    fitted = FittedTexts(
        unit=unit,
        terms=json.dumps(vectorizer.get_feature_names_out().tolist()),
        idf=vectorizer.idf_,
        chosen=choose_terms(weights, labels),
        coefficients=coefficients,
        intercept=intercept,
        counts=np.stack([count_texts(weights[labels == label]) for label in (0, 1)]),
    )
    is_whole = len(texts) == len(rows.texts)
    inputs = fitted.make_inputs(weights).astype(np.float32) if is_whole else fitted.transform(rows.texts)
    inputs[fitted_on, 0] = scores
    inputs.setflags(write=False)  # the cache keeps it
    return fitted, inputs


def describe_no_terms(unit: str) -> FittedTexts:
    """Return what texts without a common term decide: nothing, so that all inputs of a text are one 0."""
    none, places = np.zeros(0), np.zeros(0, np.int64)
    return FittedTexts(unit, "[]", none, places, none, 0.0, np.zeros((2, 0), np.int64))


def draw_rows(rows: int) -> NDArray[np.int64]:
    """Return the places of the texts that a fit uses, ascending: all, or 100,000 that are drawn."""
    if rows <= FITTED_ON:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, FITTED_ON, replace=False))


def make_vectorizer(unit: str, **options: Any) -> TfidfVectorizer:
    """Make what turns texts into TF-IDF weights, of words and pairs of words, or of one to three characters.

    A word has one letter or digit at least. Among words, each letter of a script without spaces is a word of its own.
    A term counts as 1 + log of its number in the text, times its inverse document frequency. The weights of a text have
    length 1.

    Args:
        unit: "word" or "char".
        options: Further parameters of `TfidfVectorizer`.
    """
    if unit == WORDS:
        options |= {"preprocessor": divide_words, "token_pattern": r"\b\w+\b"}
    return TfidfVectorizer(analyzer=unit, ngram_range=LENGTHS[unit], sublinear_tf=True, **options)


def count_texts(weights: sparse.csr_matrix) -> NDArray[np.int64]:
    """Count the texts with each term, (V,). weights: (N, V), the TF-IDF weights of the texts."""
    return np.asarray((weights > 0).sum(axis=0), dtype=np.int64).ravel()


def fit_scores(
    weights: sparse.csr_matrix, labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Fit a logistic regression to the TF-IDF weights of texts.

    Args:
        weights: (N, V).
        labels: (N,), 1 for positives.

    Returns:
        The coefficients (V,), the intercept, and the log-odds of the texts, (N,), each by a regression that is fitted
        to the other folds. With fewer than two texts of a class all of them are 0.
    """
    folds = min(FOLDS, *np.bincount(labels, minlength=2).tolist())
    if folds < 2:
        return np.zeros(weights.shape[1]), 0.0, np.zeros(weights.shape[0])
    regression = LogisticRegression(C=STRENGTH, max_iter=200)
    splitter = StratifiedKFold(folds, shuffle=True, random_state=0)
    scores = cross_val_predict(regression, weights, labels, cv=splitter, method="decision_function")
    regression.fit(weights, labels)
    return regression.coef_[0], float(regression.intercept_[0]), scores


def choose_terms(weights: sparse.csr_matrix, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of the terms that alone tell the classes apart best, at most 20, ascending.

    They are those with the largest F statistic of the analysis of variance.

    Args:
        weights: (N, V), the TF-IDF weights.
        labels: (N,), 1 for positives.
    """
    if len(np.unique(labels)) < 2:
        return np.zeros(0, np.int64)
    statistics = np.nan_to_num(f_classif(weights, labels)[0], posinf=np.inf)
    return np.sort(np.argsort(-statistics, kind="stable")[:CHOSEN])
