"""What a model keeps of its training rows, so that new rows can be compared with them: counts, and no row itself."""

import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import numpy as safetensors

from imbaloss.comparison.columns import MISSING, Column, ColumnKind
from imbaloss.comparison.preparation import ImagePreparation, TablePreparation
from imbaloss.evaluation import Rule, choose_threshold
from imbaloss.evaluation.prevalence import count_bins, find_edges, shift_probabilities, weigh_for_share
from imbaloss.evaluation.scores import Threshold
from imbaloss.spec_text import to_tuples

if TYPE_CHECKING:
    from imbaloss.comparison.own_data import Own
    from imbaloss.studies import Predictions

Floats = NDArray[np.float64]
BINS = 10  # bins of the numbers of a column, of about as many rows each; missing ones have a bin of their own
BUCKETS = 16  # bins of a category with many values, to which a checksum of the text assigns it
COLUMNS = "columns"


@dataclass(frozen=True)
class ColumnReference:
    """Counts of the training rows of a column in bins, by class. All rows are counted, those of validation too."""

    name: str
    counts: tuple[tuple[int, ...], tuple[int, ...]]  # (2, K), of negatives and positives
    missing: int  # number of rows without a value
    edges: tuple[float, ...] | None = None  # inner edges of the bins of numbers; the last bin is for missing ones
    names: tuple[str, ...] | None = None  # the values of a category with few; the last bin is for all others
    limits: tuple[float, float] | None = None  # smallest and largest number; None for names, dates and cycles
    unseen: int = 0  # number of validation rows with a name that the train part did not have

    @classmethod
    def of(cls, column: Column, values: NDArray[Any], labels: NDArray[np.int64], unseen: int) -> Self:
        """Count the rows of a column in bins, by class: numbers between their deciles, and names one by one.

        Names of a category with many values are counted by a checksum. Dates are counted as missing or not.

        Args:
            column: The column.
            values: (N,), floats with NaN for missing ones, or text.
            labels: (N,), 0 or 1.
            unseen: The number of validation rows with a name that the train part did not have.
        """
        edges = names = limits = None
        if column.is_category:
            missing = values == MISSING
            if column.kind != ColumnKind.MANY:
                names = tuple(sorted(set(values.tolist())))
        else:
            values = values.astype(np.float64, copy=False)  # so that quantiles do not depend on the type
            missing = np.isnan(values)
            present = values[~missing]
            of_numbers = column.is_number and not column.is_date and len(present)
            limits = (float(present.min()), float(present.max())) if of_numbers else None
            # new rows have later dates, so only their presence is compared
            cuts = [] if column.is_date or not len(present) else np.quantile(present, np.arange(1, BINS) / BINS)
            edges = tuple(np.unique(cuts).tolist())
        empty = cls(column.name, ((), ()), int(missing.sum()), edges, names, limits, unseen)
        counts = [empty.count(values[labels == label]).astype(np.int64).tolist() for label in (0, 1)]
        return replace(empty, counts=(tuple(counts[0]), tuple(counts[1])))

    @property
    def rows(self) -> int:
        """The number of rows that were counted."""
        return sum(map(sum, self.counts))

    def count(self, values: NDArray[Any]) -> Floats:
        """Count rows in the bins of this column, (K,). values: (N,), float64 or text as in training."""
        if self.edges is not None:
            missing = np.isnan(values)
            return np.append(count_bins(values[~missing], np.array(self.edges)), float(missing.sum()))
        codes, distinct = pd.factorize(values)
        places = np.array([self.place_name(text) for text in distinct], dtype=np.int64)
        size = BUCKETS + 1 if self.names is None else len(self.names) + 1
        return np.bincount(places[codes], minlength=size).astype(np.float64)

    def place_name(self, text: str) -> int:
        """Return the bin of a name."""
        if self.names is None:
            return BUCKETS if text == MISSING else crc32(text.encode()) % BUCKETS
        return self.places.get(text, len(self.names))

    @cached_property
    def places(self) -> dict[str, int]:
        """The bin of each name of a category with few values."""
        return {name: place for place, name in enumerate(self.names or ())}


@dataclass(frozen=True, eq=False)
class Reference:
    """The validation rows of a model as labels and probabilities, and counts of all of its rows by column."""

    labels: NDArray[np.int64]  # (N,), 0 or 1
    probabilities: Floats  # (N,), of the positive class
    columns: tuple[ColumnReference, ...] = ()  # none for images

    @property
    def share(self) -> float:
        """The share of positives in the validation rows, for which the probabilities are calibrated."""
        return float(self.labels.mean())

    @cached_property
    def edges(self) -> Floats:
        """The inner edges of the bins of the probability."""
        return find_edges(self.labels, self.probabilities)

    @cached_property
    def counts(self) -> Floats:
        """Counts of negatives and positives in the bins of the probability, (2, K)."""
        return np.stack([count_bins(self.probabilities[self.labels == label], self.edges) for label in (0, 1)])

    def shift(self, probabilities: Floats, prevalence: float | None) -> Floats:
        """Shift probabilities (N,) from the share of positives in the validation rows to another; None: unchanged."""
        if prevalence is None:
            return probabilities
        return shift_probabilities(probabilities, self.share, prevalence)

    def choose_threshold(self, rule: Rule, prevalence: float | None) -> Threshold:
        """Choose a threshold by a rule on the validation rows, weighted and shifted to another share of positives.

        prevalence: the share; None for that of the validation rows.

        Raises:
            ValueError: No threshold meets the rule, or a class has no validation row.
        """
        weights = None if prevalence is None else weigh_for_share(self.labels, prevalence)
        tuned = choose_threshold(rule, self.labels, self.shift(self.probabilities, prevalence), weights)
        return Threshold(tuned.threshold, tuned.low, tuned.high)

    def to_bytes(self) -> bytes:
        """Return the content of a safetensors file, which `from_bytes` reads."""
        text = json.dumps([asdict(column) for column in self.columns])
        arrays: dict[str, NDArray[Any]] = {
            "labels": self.labels.astype(np.uint8),
            "probabilities": self.probabilities.astype(np.float64),
            "columns": np.frombuffer(text.encode(), np.uint8),
        }
        return safetensors.save(arrays)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            KeyError: An array is missing.
            TypeError: A column has another entry.
        """
        arrays = safetensors.load(content)
        entries = json.loads(arrays["columns"].tobytes())
        columns = tuple(ColumnReference(**to_tuples(entry)) for entry in entries)
        return cls(arrays["labels"].astype(np.int64), arrays["probabilities"], columns)


def make_reference(
    own: "Own", preparation: TablePreparation | ImagePreparation, validation: "Predictions"
) -> Reference | None:
    """Count all rows of a person's own data by column, and keep labels and probabilities of the validation rows.

    None if rows have weights: probabilities are then those of the weighted rows, and new rows have no weight.

    Args:
        own: The data that the model was trained on.
        preparation: The preparation of the model, fitted on the train part.
        validation: The predictions of the model for the validation part.
    """
    if validation.weights is not None:
        return None
    columns: tuple[ColumnReference, ...] = ()
    if isinstance(preparation, TablePreparation):
        frame = own.find_features(preparation.form)
        unseen = preparation.count_unseen(frame.iloc[validation.images])
        columns = tuple(
            ColumnReference.of(column, frame[column.name].to_numpy(), own.labels, unseen.get(column.name, 0))
            for column in preparation.schema.simple.columns
        )
    return Reference(validation.labels, validation.probabilities, columns)
