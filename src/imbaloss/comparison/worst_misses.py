"""The worst mistakes of the recommended method: test rows that it missed or flagged wrongly, by their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.segment_scores import JudgedRows, can_rank, read_tested_rows, select_results
from imbaloss.learners import Method
from imbaloss.report import Findings
from imbaloss.studies import NearestImages


@dataclass(frozen=True)
class Mistake:
    """A test row that was decided wrongly."""

    row: int  # its number in the data or in the file of test rows, counted from 1
    probability: float  # of the positive class; a score without calibration
    images: NearestImages | None = None  # the image of the row, with its nearest training images; None without images


@dataclass(frozen=True)
class WorstMisses:
    """The test rows that the recommended method decided wrongly, those it was surest of first."""

    missed: Sequence[Mistake]  # positives, the lowest probability first
    false_alarms: Sequence[Mistake]  # negatives, the highest probability first
    all_missed: int  # number of all missed positives
    all_false_alarms: int
    are_ranked: bool  # whether the rows of all folds have one scale; if not, each fold has a scale of its own
    of_test_file: bool  # whether rows are counted in the file of test rows

    @property
    def mistakes(self) -> list[Mistake]:
        """All listed mistakes, missed rows first."""
        return [*self.missed, *self.false_alarms]

    @property
    def has_images(self) -> bool:
        """Whether the rows are shown as images."""
        return any(mistake.images for mistake in self.mistakes)

    def with_images(self, images: Mapping[int, NearestImages], first_test_row: int) -> "WorstMisses":
        """Return the same mistakes with the images of their rows.

        Args:
            images: The images by the place of the row in the data.
            first_test_row: The place of the first row of the test file; 0 without such a file.
        """

        def add(mistakes: Sequence[Mistake]) -> list[Mistake]:
            """Return mistakes with their images."""
            return [replace(each, images=images.get(each.row - 1 + first_test_row)) for each in mistakes]

        return replace(self, missed=add(self.missed), false_alarms=add(self.false_alarms))

    @property
    def pairs(self) -> list[tuple[Mistake | None, Mistake | None]]:
        """The mistakes side by side, a missed row and a false alarm in each line; None where a list has ended."""
        length = max(len(self.missed), len(self.false_alarms))
        columns = [[*each, *[None] * (length - len(each))] for each in (self.missed, self.false_alarms)]
        return list(zip(*columns, strict=True))


def find_worst_misses(findings: Findings, best: Method, most: int, first_test_row: int) -> WorstMisses | None:
    """Find the worst mistakes of the recommended method on its test rows, from stored predictions.

    The test rows are those by which segments are judged: with folds, of one division in which each row is tested once.

    Args:
        findings: The finished runs of a study of a person's own data.
        best: The recommended method.
        most: The largest number of missed rows, and of false alarms.
        first_test_row: The place of the first row of the test file among all rows; 0 without such a file.

    Returns:
        The mistakes; None if `most` is 0 or no run has decisions.

    Raises:
        OSError: The store is damaged or cannot be read.
    """
    results = select_results(findings, best) if most else []
    if not results:
        return None
    tested = read_tested_rows(findings, results)
    positive = tested.labels == 1
    missed, alarms = tested.select(positive & ~tested.flagged), tested.select(~positive & tested.flagged)
    return WorstMisses(
        missed=list_mistakes(missed, missed.probabilities, most, first_test_row),
        false_alarms=list_mistakes(alarms, -alarms.probabilities, most, first_test_row),
        all_missed=len(missed.rows),
        all_false_alarms=len(alarms.rows),
        are_ranked=can_rank(findings, best),
        of_test_file=first_test_row > 0,
    )


def list_mistakes(rows: JudgedRows, keys: NDArray[np.float64], most: int, first: int) -> list[Mistake]:
    """List the first `most` rows in the order of their keys (n,), equal ones by row; rows are counted from `first`."""
    order = np.lexsort((rows.rows, keys))[:most]
    return [Mistake(int(rows.rows[place]) - first + 1, float(rows.probabilities[place])) for place in order]
