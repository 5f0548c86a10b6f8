"""Scores of the recommended method in segments of the test rows, with intervals, and tests whether segments differ."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from imbaloss.evaluation import CONFUSION_SCORES, Objective, bootstrap_scores, count_confusion
from imbaloss.evaluation.calibration import NONE
from imbaloss.evaluation.intervals import bootstrap_means, bootstrap_rankings
from imbaloss.evaluation.objective import BRIER, COST, RANKINGS, RULED, SAVINGS
from imbaloss.evaluation.rankings import count_ranking
from imbaloss.evaluation.sample_costs import OUTCOMES, ExpectedCost, take_costs
from imbaloss.learners import Method
from imbaloss.report import Findings
from imbaloss.statistics import ALPHA, Interval, delong, holm, logit_interval, wilson_interval
from imbaloss.statistics.paired import ROUNDING
from imbaloss.studies import Predictions, Row, Segments

Floats = NDArray[np.float64]
FEWEST_ROWS, FEWEST_OF_CLASS = 30, 10  # of a segment about which anything is claimed
SHARE, CALIBRATION = "share_of_positives", "calibration"
ALWAYS = ("recall", "precision", "average_precision", "roc_auc")  # scores of each segment
UNDEFINED = Interval(np.nan, np.nan, np.nan)


@dataclass(frozen=True, eq=False)
class JudgedRows:
    """What one method predicted for n test rows, of which each occurs once."""

    rows: NDArray[np.int64]  # (n,), their places in the data
    labels: NDArray[np.int64]  # (n,), 0 or 1
    probabilities: Floats  # (n,)
    flagged: NDArray[np.bool_]  # (n,)
    costs: Floats | None  # (n, 3), of the decision, of flagging no row and of flagging all rows; None without costs

    def select(self, places: NDArray[np.bool_]) -> "JudgedRows":
        """Return the rows for which `places` (n,) is true."""
        return JudgedRows(
            rows=self.rows[places],
            labels=self.labels[places],
            probabilities=self.probabilities[places],
            flagged=self.flagged[places],
            costs=None if self.costs is None else self.costs[places],
        )

    @property
    def positives(self) -> int:
        """The number of positives."""
        return int(self.labels.sum())

    @property
    def rarer(self) -> int:
        """The number of rows of the rarer class."""
        return min(self.positives, len(self.labels) - self.positives)

    @property
    def right(self) -> int:
        """The number of positives that are flagged."""
        return int((self.flagged & (self.labels == 1)).sum())


@dataclass(frozen=True, eq=False)
class SegmentScores:
    """A segment of the test rows: counts, and scores with 95 % intervals unless it is too small for a claim."""

    column: str
    name: str
    rows: int
    positives: int
    flagged: int
    right: int  # positives that are flagged
    is_small: bool  # whether nothing is claimed about it
    probability: float  # the mean predicted one; NaN in a small segment and without calibration
    scores: Mapping[str, Interval]  # by name; empty in a small segment

    @property
    def missed(self) -> int:
        """The number of positives that are not flagged."""
        return self.positives - self.right


@dataclass(frozen=True)
class Difference:
    """The test whether a segment differs from all other test rows in one score."""

    column: str
    name: str
    score: str  # "recall", "precision", "roc_auc" or "calibration"
    elsewhere: float  # the score in the other rows; for the calibration, share of positives minus mean probability
    p: float  # two-sided; after Holm's correction for all tests in a `SegmentReport`

    @property
    def is_significant(self) -> bool:
        """Whether the difference is significant at 5 %."""
        return self.p <= ALPHA


@dataclass(frozen=True, eq=False)
class SegmentReport:
    """The segments of all columns, with the tests between them."""

    segments: Sequence[SegmentScores]
    differences: Sequence[Difference]
    tested: int  # number of test rows
    folds: int  # number of folds whose test parts these rows are; 0 if all seeds share one test part
    has_groups: bool  # whether rows of one group depend on each other, so that nothing is tested

    @property
    def by_column(self) -> dict[str, list[SegmentScores]]:
        """The segments of each column, in their order."""
        columns = dict.fromkeys(each.column for each in self.segments)
        return {column: [each for each in self.segments if each.column == column] for column in columns}

    @property
    def score_names(self) -> list[str]:
        """The names of the scores of the segments, without the share of positives."""
        return [name for name in dict.fromkeys(name for each in self.segments for name in each.scores) if name != SHARE]

    @property
    def frame(self) -> pd.DataFrame:
        """The segments as a table, one line a segment; what is undefined or not claimed is NaN.

        Each score has three columns, as recall, recall_low and recall_high. Where it is tested, a fourth one such as
        recall_p has the p-value of its difference to all other rows, after Holm's correction.
        """
        p_values = {(each.column, each.name, each.score): each.p for each in self.differences}
        tested = list(dict.fromkeys(each.score for each in self.differences))
        lines = []
        for each in self.segments:
            line: dict[str, object] = {"column": each.column, "segment": each.name}
            line |= {name: getattr(each, name) for name in ("rows", "positives", "flagged", "right", "missed")}
            line |= {"is_small": each.is_small, "mean_probability": each.probability}
            for name in (SHARE, *self.score_names):
                value, low, high = each.scores.get(name, UNDEFINED)
                line |= {name: value, f"{name}_low": low, f"{name}_high": high}
            line |= {f"{name}_p": p_values.get((each.column, each.name, name), np.nan) for name in tested}
            lines.append(line)
        return pd.DataFrame(lines)


def judge_segments(findings: Findings, best: Method, data: str, columns: Sequence[str]) -> SegmentReport | None:
    """Judge the recommended method in the segments of its test rows, from stored predictions.

    With folds, the test rows are those of one division into folds, in which each row is tested once: the first one with
    the most decided rows. If all seeds share one test part, they are those of the first such seed.

    Args:
        findings: The finished runs of a study of a person's own data.
        best: The recommended method.
        data: The checksum of the data.
        columns: The columns that cut the rows into segments.

    Returns:
        The segments; None without columns. The report is empty if no run has decisions, or the store has no segments.

    Raises:
        OSError: The store is damaged or cannot be read.
    """
    if not columns:
        return None
    segments = findings.store.segments(data, columns)
    results = select_results(findings, best)
    if not segments or not results:
        return SegmentReport((), (), 0, 0, has_groups=False)
    tested = read_tested_rows(findings, results)
    are_ranked = can_rank(findings, best)
    score = partial(score_rows, objective=best.decision.optimize, are_ranked=are_ranked)
    is_calibrated, has_groups = best.decision.calibration != NONE, any(each.has_groups for each in segments.values())
    lines, differences = list[SegmentScores](), list[Difference]()
    for column, cut in segments.items():
        codes = cut.codes[tested.rows]
        parts = {place: tested.select(codes == place) for place in np.unique(codes).tolist()}
        lines += [
            describe_segment(column, cut.names[place], part, score, is_calibrated=is_calibrated)
            for place, part in parts.items()
        ]
        if not has_groups:
            differences += [
                replace(each, column=column)
                for each in compare_segments(tested, codes, cut, are_ranked=are_ranked, is_calibrated=is_calibrated)
            ]
    p_values = holm(np.array([each.p for each in differences])).tolist()
    corrected = [replace(each, p=p) for each, p in zip(differences, p_values, strict=True)]
    return SegmentReport(lines, corrected, len(tested.rows), len(results) if findings.study.folds else 0, has_groups)


def can_rank(findings: Findings, best: Method) -> bool:
    """Say whether predictions for all test rows have one scale, so that they can be ranked together.

    Without calibration, each fold has a scale of its own.
    """
    return not findings.study.folds or best.decision.calibration != NONE


def select_results(findings: Findings, best: Method) -> list[Row]:
    """Return the results of the recommended method by which segments are judged: decided ones, each row tested once."""
    decided = [row for row in findings.rows if row.run.method == best and row.is_decided]
    if not findings.study.folds:
        return decided[:1]
    of_seeds = [[row for row in decided if row.run.seed == seed] for seed in findings.study.seeds]
    return max(of_seeds, key=lambda rows: sum(sum(row.counts.test) for row in rows))


def read_tested_rows(findings: Findings, results: Sequence[Row]) -> JudgedRows:
    """Read what these runs, with decisions and without a test row in common, predicted for their test rows."""
    parts = [
        read_decisions(row, test)
        for row, test in zip(results, findings.store.test_predictions([row.run for row in results]), strict=True)
    ]
    costs = [part.costs for part in parts if part.costs is not None]
    return JudgedRows(
        rows=np.concatenate([part.rows for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        probabilities=np.concatenate([part.probabilities for part in parts]),
        flagged=np.concatenate([part.flagged for part in parts]),
        costs=np.concatenate(costs) if costs else None,
    )


def read_decisions(row: Row, test: Predictions) -> JudgedRows:
    """Return the test rows of a run with its decisions on them, and with costs if its rule has some.

    Args:
        row: The result of the run, which has decisions.
        test: What it predicted for its test rows.
    """
    rule, costs = row.run.method.decision.rule, test.costs
    flagged = row.decide(test.probabilities, costs)
    if not isinstance(rule, ExpectedCost):
        of_outcomes = [rule.parameters.get(name, 0.0) for name in OUTCOMES]
        costs = np.tile(of_outcomes, (len(flagged), 1)) if rule.name == COST else None
    taken = None
    if costs is not None:
        every_row = np.ones(len(flagged), np.bool_)
        taken = np.stack([take_costs(test.labels, flags, costs) for flags in (flagged, ~every_row, every_row)], axis=1)
    return JudgedRows(test.images, test.labels, test.probabilities, flagged, taken)


def describe_segment(
    column: str, name: str, part: JudgedRows, score: Callable[[JudgedRows], dict[str, Interval]], *, is_calibrated: bool
) -> SegmentScores:
    """Count the rows of a segment and score them, unless they are too few.

    Args:
        column: The column that cuts the rows.
        name: The name of the segment.
        part: The test rows of the segment, at least one.
        score: Computes the scores of rows, with intervals.
        is_calibrated: Whether there are probabilities; otherwise they are scores without a unit.
    """
    is_small = are_few(part)
    return SegmentScores(
        column=column,
        name=name,
        rows=len(part.labels),
        positives=part.positives,
        flagged=int(part.flagged.sum()),
        right=part.right,
        is_small=is_small,
        probability=float(part.probabilities.mean()) if is_calibrated and not is_small else np.nan,
        scores={} if is_small else score(part),
    )


def are_few(part: JudgedRows) -> bool:
    """Say whether rows are too few for a claim: fewer than 30, or fewer than 10 of a class."""
    return len(part.labels) < FEWEST_ROWS or part.rarer < FEWEST_OF_CLASS


def score_rows(part: JudgedRows, *, objective: Objective | None, are_ranked: bool) -> dict[str, Interval]:
    """Compute the scores of rows with 95 % intervals for other rows and the same models, by name.

    Shares have Wilson's intervals, the ROC-AUC has DeLong's, and costs have Student's on a logarithmic scale. Other
    scores have those of a bootstrap within each class. A score that is undefined is NaN.

    Args:
        part: The rows, with at least two of each class.
        objective: The score that is optimised.
        are_ranked: Whether rows can be ranked together; otherwise scores of rankings are NaN.
    """
    labels, flagged = part.labels, int(part.flagged.sum())
    names = dict.fromkeys((*ALWAYS[:2], *([objective.name] if objective else []), *ALWAYS[2:]))
    if part.costs is not None:
        names[COST] = None
    scores = {SHARE: wilson_interval(part.positives, len(labels))}
    for name in names:
        parameters = objective.parameters if objective and objective.name == name else {}
        if name == "recall":
            scores[name] = wilson_interval(part.right, part.positives)
        elif name == "precision":
            scores[name] = wilson_interval(part.right, flagged)
        elif name in RANKINGS:
            scores[name] = score_ranking(part, name, parameters) if are_ranked else UNDEFINED
        else:
            scores[name] = score_decisions(part, name)
    return scores


def score_ranking(part: JudgedRows, name: str, parameters: Mapping[str, float]) -> Interval:
    """Compute a score of a ranking of rows, with its 95 % interval."""
    if name == "roc_auc":
        roc = delong(part.labels, part.probabilities)
        return logit_interval(roc.auc, sqrt(roc.variance), roc.smaller_class)
    formula = partial(RANKINGS[name], **parameters)
    value = formula(*count_ranking(part.labels, part.probabilities))
    redrawn = bootstrap_rankings(formula, part.labels, part.probabilities[None])
    return logit_interval(value, float(np.std(redrawn, ddof=1)), part.rarer)


def score_decisions(part: JudgedRows, name: str) -> Interval:
    """Compute a score of decisions on rows, the Brier score, a mean cost or savings, with its 95 % interval."""
    labels = part.labels
    if name in RULED:
        formula, flags = CONFUSION_SCORES[name], part.flagged[None]
        redrawn = bootstrap_scores(formula, labels, flags)
        return logit_interval(float(formula(count_confusion(labels, flags))[0]), float(redrawn.std(ddof=1)), part.rarer)
    if name == BRIER:
        errors = (part.probabilities - labels) ** 2
        return logit_interval(
            float(errors.mean()), float(bootstrap_means(labels, errors[None]).std(ddof=1)), part.rarer
        )
    if part.costs is None:
        return UNDEFINED
    if name == COST:
        return relate_costs(part.costs[:, 0], np.ones(len(labels)), part.rarer)
    assert name == SAVINGS
    constant = part.costs[:, 1 + part.costs[:, 1:].mean(axis=0).argmin()]
    value, low, high = relate_costs(part.costs[:, 0], constant, part.rarer)
    return Interval(1 - value, 1 - high, 1 - low)


def relate_costs(costs: Floats, units: Floats, rarer: int) -> Interval:
    """Divide the sum of costs (n,) by that of units (n,), both at least 0, with a 95 % interval.

    The interval is Student's for a ratio, on a logarithmic scale; on its own scale it would cover less, since few costs
    are large. The ends are NaN if all costs are 0, and so is the ratio if all units are.

    rarer: The number of rows of the rarer class; the degrees of freedom are one less.
    """
    unit = float(units.mean())
    if not unit:
        return UNDEFINED
    ratio = float(costs.mean()) / unit
    if not ratio:
        return Interval(ratio, np.nan, np.nan)
    error = np.std(costs - ratio * units, ddof=1) / sqrt(len(costs)) / unit
    half = stats.t.ppf(0.975, rarer - 1) * error / ratio
    return Interval(ratio, float(ratio * np.exp(-half)), float(ratio * np.exp(half)))


def compare_segments(
    tested: JudgedRows, codes: NDArray[np.int64], cut: Segments, *, are_ranked: bool, is_calibrated: bool
) -> list[Difference]:
    """Test whether each segment of one column differs from all other rows; the column has no name yet in the result.

    Recall and precision have Fisher's exact test, the ROC-AUC a test of DeLong's areas on the logit scale. The
    calibration has Welch's test of the label minus the probability. A segment is tested if neither it nor the other
    rows are few. Of two segments that are all rows, one is tested.

    Args:
        tested: The test rows.
        codes: (n,), the segment of each row.
        cut: The names of the segments.
        are_ranked: Whether rows can be ranked together.
        is_calibrated: Whether there are probabilities.
    """
    differences, places = list[Difference](), np.unique(codes).tolist()
    for place in places[:1] if len(places) == 2 else places:
        inside, outside = tested.select(codes == place), tested.select(codes != place)
        if are_few(inside) or are_few(outside):
            continue
        tests = {
            "recall": compare_shares((inside.right, inside.positives), (outside.right, outside.positives)),
            "precision": compare_shares(
                (inside.right, int(inside.flagged.sum())), (outside.right, int(outside.flagged.sum()))
            ),
            "roc_auc": compare_areas(inside, outside) if are_ranked else None,
            CALIBRATION: compare_calibration(inside, outside) if is_calibrated else None,
        }
        differences += [Difference("", cut.names[place], name, *test) for name, test in tests.items() if test]
    return differences


def compare_shares(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float] | None:
    """Test whether two shares differ, each given as successes and trials, by Fisher's exact test.

    Returns:
        The second share and the p-value; None if one of them has fewer than ten trials.
    """
    if min(first[1], second[1]) < FEWEST_OF_CLASS:
        return None
    table = [[successes, trials - successes] for successes, trials in (first, second)]
    return second[0] / second[1], float(stats.fisher_exact(table).pvalue)


def compare_areas(first: JudgedRows, second: JudgedRows) -> tuple[float, float] | None:
    """Test whether the ROC-AUC of two sets of rows differ.

    Returns:
        The second area and the p-value; None if an area is 0 or 1, whose deviation says nothing.
    """
    areas = [delong(part.labels, part.probabilities) for part in (first, second)]
    if not all(0 < area.auc < 1 for area in areas):
        return None
    variances = [area.variance / (area.auc * (1 - area.auc)) ** 2 for area in areas]
    degrees = sum(variances) ** 2 / sum(
        variance**2 / (area.smaller_class - 1) for variance, area in zip(variances, areas, strict=True)
    )
    statistic = (special.logit(areas[0].auc) - special.logit(areas[1].auc)) / sqrt(sum(variances))
    return areas[1].auc, float(2 * stats.t.sf(abs(statistic), degrees))


def compare_calibration(first: JudgedRows, second: JudgedRows) -> tuple[float, float] | None:
    """Test whether labels exceed probabilities by another mean in two sets of rows, by Welch's test.

    Returns:
        The second mean and the p-value; None if the excess does not vary in either set.
    """
    excesses = [part.labels - part.probabilities for part in (first, second)]
    if max(excess.std() for excess in excesses) <= ROUNDING:
        return None
    return float(excesses[1].mean()), float(stats.ttest_ind(*excesses, equal_var=False).pvalue)
