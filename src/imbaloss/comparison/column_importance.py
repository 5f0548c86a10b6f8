"""Which columns matter: what the score of the recommended method loses when the values of a column are shuffled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from imbaloss.evaluation import CONFUSION
from imbaloss.evaluation.objective import BRIER, find_chance_level
from imbaloss.report.cells import COST, ComparedScore, constant_costs
from imbaloss.statistics import Interval, t_interval
from imbaloss.statistics.paired import inflation_of
from imbaloss.studies import PermutedScores, Row

CARRIED = 0.6  # share of the lead over chance that a possible leak carries
GOOD_PLACE = 0.6  # place of the average precision between chance and 1 from which on a model is suspiciously good
GOOD_AREA = 0.9  # ROC-AUC from which on it is
FEWEST = 10  # test rows of each class by which a model is called suspiciously good
COLUMNS = ("column", "loss", "loss_low", "loss_high", "share_lost", "share_kept", "possible_leak")


@dataclass(frozen=True)
class ColumnImportance:
    """What the score loses on average when the values of one column are shuffled in the test part."""

    column: str  # of the file
    loss: Interval  # of the score, with its 95 % interval; the ends are NaN for one repetition and for equal losses
    share_lost: float  # the loss as a share of the lead over chance; NaN if the score is not better than chance
    share_kept: float  # of that, what is left when the values of all other columns are shuffled instead
    repetitions: int  # over which the loss is averaged
    possible_leak: bool  # whether the column carries most of the score, and the model is suspiciously good

    @property
    def share_carried(self) -> float:
        """The share of the lead over chance that the column carries: the mean of what is lost and what is kept.

        It is the Shapley value of a game of two players, the column and all others together (Shapley 1953).
        """
        return (self.share_lost + self.share_kept) / 2


def compute_importance(
    score: ComparedScore, rows: Sequence[Row], permuted: Mapping[str, PermutedScores], test_to_train: float | None
) -> tuple[ColumnImportance, ...]:
    """Compute what each column matters to the recommended method, the most important one first.

    The loss of a repetition is the mean over its permutations. The interval is over the repetitions, whose deviation
    includes that of the permutations. Equal losses keep the order of the columns.

    Args:
        score: The score.
        rows: The rows (results) of the method in the repetitions.
        permuted: The scores after permutations, by the hash of a run; rows without are ignored.
        test_to_train: n_test / n_train if the repetitions are folds; None if they are seeds.

    Returns:
        One entry for each column; none if no row has scores after permutations.

    Source: Nadeau and Bengio 2003, Machine Learning 52, for the variance over folds.
    """
    measured = [row for row in rows if row.run.hash in permuted]
    if not measured:
        return ()
    scores = [permuted[row.run.hash] for row in measured]
    sign = -1 if score.lower else 1
    losses = sign * np.array([each.unchanged - each.permuted.mean(axis=1) for each in scores])
    chance = np.mean([compute_chance(score, row) for row in measured])
    above_chance = sign * float(np.mean([each.unchanged for each in scores]) - chance)
    kept = sign * (np.mean([each.kept.mean(axis=1) for each in scores], axis=0) - chance)
    tested = np.array([row.counts.test for row in measured])  # of one test part, or of the folds together
    is_judged = (tested[0] if test_to_train is None else tested.sum(axis=0)).min() >= FEWEST
    is_suspicious = is_judged and are_suspicious(measured)
    importance = []
    for column, of_column, of_kept in zip(scores[0].columns, losses.T, kept.tolist(), strict=True):
        loss = t_interval(of_column, inflation=inflation_of(len(of_column), test_to_train))
        share_lost, share_kept = (
            part / above_chance if above_chance > 0 else np.nan for part in (loss.estimate, of_kept)
        )
        entry = ColumnImportance(column, loss, share_lost, share_kept, len(of_column), possible_leak=False)
        importance.append(replace(entry, possible_leak=is_suspicious and entry.share_carried >= CARRIED))
    return tuple(sorted(importance, key=lambda each: -each.loss.estimate))


def are_suspicious(rows: Sequence[Row]) -> bool:
    """Say whether a method is suspiciously good on its test parts, by its mean ROC-AUC and average precision.

    rows: The rows (results) of repetitions with scores. The average precision is placed between chance (0) and 1.
    """
    places, areas = [], []
    for row in rows:
        negatives, positives = count_test(row)
        scores = row.scores["test"]
        places.append(((scores["average_precision"] or 0.0) * (negatives + positives) - positives) / negatives)
        areas.append(scores["roc_auc"] or 0.0)
    return bool(np.mean(places) >= GOOD_PLACE and np.mean(areas) >= GOOD_AREA)


def count_test(row: Row) -> tuple[float, float]:
    """Return the negatives and the positives in the test part of a scored row; sums of weights if samples have them."""
    tn, fp, fn, tp = (row.scores["test"][count] or 0.0 for count in CONFUSION)
    return tn + fp, fn + tp


def compute_chance(score: ComparedScore, row: Row) -> float:
    """Return the score on the test part of decisions or of a ranking that have nothing to do with the rows.

    For costs it is the cost of the best constant decision. For the Brier score it is that of the share of positives as
    the probability of each row, and for F1 that of flagging as many rows at random as are positive.
    """
    negatives, positives = count_test(row)
    share = positives / (negatives + positives)
    if score.score == COST.score:
        return min(constant_costs(row))
    return {BRIER: share * (1 - share), "f1": share}.get(score.score, find_chance_level(score.score, share))


def tabulate_importance(importance: Sequence[ColumnImportance]) -> pd.DataFrame:
    """Return the columns that matter as a frame, one line a column, with the columns of importance.csv."""
    lines = [(each.column, *each.loss, each.share_lost, each.share_kept, each.possible_leak) for each in importance]
    return pd.DataFrame(lines, columns=list(COLUMNS))
