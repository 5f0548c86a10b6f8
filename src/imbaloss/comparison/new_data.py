"""New rows beside those of the training: the share of positives among them, and the columns that have changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.columns import MISSING
from imbaloss.comparison.reference import ColumnReference, Reference
from imbaloss.evaluation.drift import excess_p_value, mixture_p_values
from imbaloss.evaluation.prevalence import count_bins, estimate_share
from imbaloss.plural import format_count, write_percent
from imbaloss.statistics import Interval, holm

Floats = NDArray[np.float64]
SIGNIFICANT = 0.01  # p-value after Holm's correction up to which a column has changed
POSSIBLE = 0.999  # confidence of the shares that may explain a change of a column
SHARES = 9  # number of such shares that are tried
MOST_TOLD = 3  # columns that are named on the terminal; the others are counted
NO_REFERENCE = "the model keeps no validation rows (it learned from rows with weights, or an earlier version wrote it)"
NO_ROWS = "there are no new rows"
NOT_SEPARATED = "the validation rows are too few, or their probabilities do not tell the classes apart"


@dataclass(frozen=True)
class ColumnDrift:
    """The differences between the new rows of a column and those of the training."""

    column: str
    p_value: float  # that the share of positives explains the difference, after Holm's correction
    moved: float  # the share of rows that would have to move to another bin to lie as in training
    outside: int  # number of new rows with a number outside of the training's range
    unseen: int  # number of new rows with a name that the train part did not have
    missing: int  # number of new rows without a value
    missing_in_training: float  # share of training rows without a value

    @property
    def has_changed(self) -> bool:
        """Whether the column has changed by more than the share of positives, at 1 % after Holm's correction."""
        return self.p_value <= SIGNIFICANT


@dataclass(frozen=True)
class NewData:
    """The share of positives among new rows, and what else has changed since the training."""

    rows: int
    share: Interval | None  # of positives, with its 95 % interval under label shift; None if it cannot be estimated
    reason: str  # why there is no share; empty if there is one
    validation_share: float | None  # of positives in the validation rows; None if the model keeps none
    probabilities_p_value: float  # that the share explains how the probabilities lie, after Holm's correction
    columns: tuple[ColumnDrift, ...]  # none for images

    @property
    def changed(self) -> list[ColumnDrift]:
        """The columns that have changed by more than the share of positives, the clearest change first."""
        return sorted((each for each in self.columns if each.has_changed), key=lambda each: (each.p_value, -each.moved))

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against label shift, under which alone the share is right."""
        return self.probabilities_p_value > SIGNIFICANT and not self.changed

    @property
    def share_to_use(self) -> float | None:
        """The estimated share, kept above 0 and below 1 by half a row; None if it cannot be estimated."""
        if self.share is None:
            return None
        return float(np.clip(self.share.estimate, 0.5 / (self.rows + 1), 1 - 0.5 / (self.rows + 1)))

    def to_json(self) -> dict[str, Any]:
        """Return all facts as JSON values."""
        share = self.share
        return {
            "share": None if share is None else share._asdict(),
            "share_reason": self.reason or None,
            "share_holds": None if share is None else self.holds,
            "validation_share": self.validation_share,
            "probabilities_p_value": self.probabilities_p_value,
            "drift": [asdict(each) | {"changed": each.has_changed} for each in self.columns],
        }

    def describe(self, positive: object) -> list[str]:
        """Write a few sentences: the share, whether it holds, and the columns that have changed.

        positive: The name of the positive class.
        """
        if self.share is None:
            first = f"Share of {positive}: it cannot be estimated, since {self.reason}."
        else:
            estimate, low, high = map(write_percent, self.share)
            first = f"Share of {positive}: about {estimate} (95 % CI {low} to {high})"
            first += f"; {write_percent(self.validation_share or 0.0)} in the validation rows of the training."
        return [first, *self.describe_changes(positive)]

    def describe_changes(self, positive: object) -> list[str]:
        """Write whether the share holds, and a sentence for each of the first columns that have changed."""
        changed = self.changed
        tested = format_count(len(self.columns), "column")
        if self.holds:
            unchanged = f"; none of {tested} shows another change" if self.columns else ""
            return [f"It is right if only the share has changed{unchanged}."] if self.share else []
        probabilities = "the probabilities" if self.probabilities_p_value <= SIGNIFICANT else ""
        columns = f"{len(changed)} of {tested}" if changed else ""
        subjects = " and ".join(filter(None, [columns, probabilities]))
        verb = "has" if len(changed) == 1 and not probabilities else "have"
        explained = f"{subjects} {verb} changed by more than the share of {positive} explains"
        first = f"This share does not hold: {explained}." if self.share else f"{explained[0].upper()}{explained[1:]}."
        sentences = [f"column {each.column}: {self.describe_change(each)}" for each in changed[:MOST_TOLD]]
        if len(changed) > MOST_TOLD:
            sentences.append(f"{format_count(len(changed) - MOST_TOLD, 'more column')} changed: --json has all")
        return [first, *sentences]

    def describe_change(self, drift: ColumnDrift) -> str:
        """Write how the rows of a column lie, without a full stop."""
        facts = [f"{write_percent(drift.moved)} of the rows lie elsewhere than in training"]
        if drift.outside:
            facts.append(f"{drift.outside} outside of the training's range")
        if drift.missing or drift.missing_in_training:
            missing = write_percent(drift.missing / self.rows)
            facts.append(f"{missing} missing ({write_percent(drift.missing_in_training)} in training)")
        return ", ".join(facts)


class ColumnCounts:
    """Running counts of the new rows of a column."""

    def __init__(self, reference: ColumnReference) -> None:
        """Start with no row."""
        self.reference = reference
        self.bins = np.zeros(len(reference.counts[0]))
        self.missing = self.below = self.above = 0

    def add(self, values: NDArray[Any]) -> None:
        """Add rows. values: (N,), float64 with NaN for missing ones, or text."""
        self.bins += self.reference.count(values)
        self.missing += int((values == MISSING if self.reference.edges is None else np.isnan(values)).sum())
        if self.reference.limits is not None:
            low, high = self.reference.limits
            self.below += int((values < low).sum())
            self.above += int((values > high).sum())


class NewRows:
    """Running counts of new rows, part by part, from which `judge` estimates their share of positives."""

    def __init__(self, reference: Reference | None) -> None:
        """Start with no row. reference: What the model keeps of its training rows; None if it keeps nothing."""
        self.reference = reference
        self.rows = 0
        self.unseen: dict[str, int] = {}
        self.bins = np.zeros(0 if reference is None else len(reference.edges) + 1)
        self.columns = [ColumnCounts(column) for column in (reference.columns if reference else ())]

    def add(self, features: Any, probabilities: Floats, unseen: dict[str, int]) -> None:
        """Add rows.

        Args:
            features: A frame with the columns of the training, or images.
            probabilities: (N,), as the model gives them without another share of positives.
            unseen: By column, the number of these rows with a category that the train part did not have.
        """
        self.rows += len(probabilities)
        for name, number in unseen.items():
            self.unseen[name] = self.unseen.get(name, 0) + number
        if self.reference is None:
            return
        self.bins += count_bins(probabilities, self.reference.edges)
        if isinstance(features, pd.DataFrame):
            for counts in self.columns:
                counts.add(features[counts.reference.name].to_numpy())

    def judge(self) -> NewData:
        """Estimate the share of positives among the rows, and test each column for other changes.

        Without a reference nothing is estimated and no column is tested; the result has the reason.
        """
        reference = self.reference
        if reference is None:
            return NewData(self.rows, None, NO_REFERENCE, None, 1.0, ())
        share = estimate_share(self.bins, reference.counts)
        reason = "" if share else NOT_SEPARATED if self.rows else NO_ROWS
        possible = estimate_share(self.bins, reference.counts, POSSIBLE) or Interval(np.nan, 0.0, 1.0)
        p_values = holm(np.array([self.test_probabilities(possible), *self.test_columns(reference, possible)]))
        estimate = share.estimate if share else reference.share
        columns = tuple(
            self.describe_column(counts, float(p_value), estimate)
            for counts, p_value in zip(self.columns, p_values[1:], strict=True)
        )
        return NewData(self.rows, share, reason, reference.share, float(p_values[0]), columns)

    def test_probabilities(self, possible: Interval) -> float:
        """Return the p-value that another share of positives explains how the probabilities lie."""
        assert self.reference is not None
        return float(mixture_p_values(self.bins[None], self.reference.counts[:, None], list_shares(possible))[0])

    def test_columns(self, reference: Reference, possible: Interval) -> list[float]:
        """Return the p-value of each column that another share of positives explains its change.

        Bins, a range of numbers with its two ends and new names are tests of their own; Bonferroni's correction joins
        them.

        Args:
            reference: What the model keeps of its training rows.
            possible: The shares that are possible.
        """
        if not self.columns:
            return []
        width = max(len(counts.bins) for counts in self.columns)
        new = np.stack([pad(counts.bins, width) for counts in self.columns])
        earlier = np.stack([[pad(line, width) for line in counts.reference.counts] for counts in self.columns], axis=1)
        of_bins = mixture_p_values(new, earlier, list_shares(possible))
        level = reference.share
        ratio = max(possible.high / level, (1 - possible.low) / (1 - level), 1.0)
        p_values = []
        for counts, p_value in zip(self.columns, of_bins, strict=True):
            tests = [float(p_value)]
            if counts.reference.limits is not None:
                rows = (0, counts.reference.rows)
                tests += [excess_p_value(number, self.rows, rows, ratio) for number in (counts.below, counts.above)]
            elif counts.reference.edges is None:
                unseen = (counts.reference.unseen, len(reference.labels))
                tests.append(excess_p_value(self.unseen.get(counts.reference.name, 0), self.rows, unseen, ratio))
            p_values.append(min(1.0, len(tests) * min(tests)))
        return p_values

    def describe_column(self, counts: ColumnCounts, p_value: float, share: float) -> ColumnDrift:
        """Return how the new rows of a column differ from those that the training and a share of positives expect.

        Args:
            counts: The new rows of the column.
            p_value: The corrected p-value of the difference.
            share: The share of positives among the new rows.
        """
        earlier = counts.reference
        negatives, positives = (np.array(line) / max(sum(line), 1) for line in earlier.counts)
        expected = share * positives + (1 - share) * negatives
        return ColumnDrift(
            column=earlier.name,
            p_value=p_value,
            moved=float(np.abs(counts.bins / max(self.rows, 1) - expected).sum() / 2),
            outside=counts.below + counts.above,
            unseen=self.unseen.get(earlier.name, 0),
            missing=counts.missing,
            missing_in_training=earlier.missing / max(earlier.rows, 1),
        )


def pad(counts: Sequence[float] | Floats, width: int) -> Floats:
    """Return counts followed by zeros, (width,)."""
    return np.pad(np.asarray(counts, dtype=np.float64), (0, width - len(counts)))


def list_shares(possible: Interval) -> Floats:
    """List shares of positives from the lower to the upper end of an interval, with its estimate if there is one."""
    shares = np.linspace(possible.low, possible.high, SHARES)
    return shares if np.isnan(possible.estimate) else np.append(shares, possible.estimate)


def describe_unseen(unseen: dict[str, int]) -> list[str]:
    """Write a sentence for each of the first columns with names that the training did not have; count the others."""
    sentences = [
        f"column {column}: {format_count(number, 'row')} with a value that did not occur in the training data"
        for column, number in list(unseen.items())[:MOST_TOLD]
    ]
    more = len(unseen) - MOST_TOLD
    return (
        [*sentences, f"{format_count(more, 'more column')} with such values: --json has all"] if more > 0 else sentences
    )
