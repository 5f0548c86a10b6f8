"""The words of columns of text that speak most for and against the class to find."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imbaloss.comparison.preparation import ImagePreparation, TablePreparation
from imbaloss.comparison.texts import TERMS

if TYPE_CHECKING:
    from imbaloss.comparison.text_encoder import FittedTexts

SHOWN = 10  # number of terms for the class, and of terms against it, at most
DIGITS = 4  # significant digits of a weight


@dataclass(frozen=True)
class Term:
    """A word, a pair of words or a few characters of the training texts, with its weight."""

    term: str
    weight: float  # of the logistic regression on TF-IDF; above 0 if it speaks for the class
    positives: int  # number of positive training texts with the term
    negatives: int


@dataclass(frozen=True)
class ColumnWords:
    """The terms of a column of text with the largest weights for the class to find and against it."""

    column: str
    unit: str  # "word" or "char": what terms consist of
    speak_for: tuple[Term, ...]  # the largest weight first
    speak_against: tuple[Term, ...]

    @property
    def terms(self) -> str:
        """What the terms are, in words."""
        return TERMS[self.unit]

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> "ColumnWords":
        """Return the words that an entry of a study file describes."""
        lists = {name: tuple(Term(**term) for term in entry[name]) for name in ("speak_for", "speak_against")}
        return cls(entry["column"], entry["unit"], **lists)


def list_words(preparation: TablePreparation | ImagePreparation) -> tuple[ColumnWords, ...]:
    """List the words with most weight in each column of text of a fitted preparation; none for images.

    Columns without terms are left out.
    """
    fitted = preparation.fitted_texts if isinstance(preparation, TablePreparation) else {}
    return tuple(rank_terms(name, texts) for name, texts in fitted.items() if len(texts.idf))


def rank_terms(column: str, fitted: "FittedTexts") -> ColumnWords:
    """Return the terms of a column with the largest weights; column: its name."""
    names, weights = fitted.names, fitted.coefficients
    order = np.argsort(-weights, kind="stable").tolist()

    def describe(places: Sequence[int]) -> tuple[Term, ...]:
        """Return the terms at the first ten of these places."""
        return tuple(
            Term(names[place], float(f"{weights[place]:.{DIGITS}g}"), *fitted.counts[::-1, place].tolist())
            for place in places[:SHOWN]
        )

    speak_for = describe([place for place in order if weights[place] > 0])
    return ColumnWords(
        column, fitted.unit, speak_for, describe([place for place in reversed(order) if weights[place] < 0])
    )
