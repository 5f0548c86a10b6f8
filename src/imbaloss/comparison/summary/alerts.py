"""Alerts: what makes a result wrong or weak, told before the result."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import sqrt

import numpy as np
from scipy import stats
from sklearn.metrics import roc_auc_score

from imbaloss.comparison.case import Case
from imbaloss.comparison.guaranteed import lament_missing_guarantee
from imbaloss.comparison.sentences import MOST_NAMED, find_first_failures, list_methods, name_constant
from imbaloss.comparison.summary.decision_counts import (
    DecisionCounts,
    count_different_positives,
    is_weighted,
    write_amount,
)
from imbaloss.evaluation import Guarantee
from imbaloss.learners import Method
from imbaloss.plural import format_count, join_words, write_percent
from imbaloss.report.cells import COST
from imbaloss.report.tables import BEYOND, WORDS, find_grid_end
from imbaloss.statistics import ALPHA
from imbaloss.studies import Row

FEW_IN_TEST = 30  # positives in all test parts together, below which an alert is given
FEW_IN_VALIDATION = 10  # positives in a validation part, below which it is given too
MOST_AT_EDGE = 1 / 3  # share of trainings with a setting at the edge, above which it is given
FEWEST_SETTINGS = 3  # of a training, of which one is not at the edge
AREA_OF_CHANCE = 0.5  # ROC-AUC of a random order
WIDEST = 0.98  # half the 95 % interval of a share of 1/2, times the square root of the number of rows
RATE = "lr"  # the name of the learning rate among the settings of a network


class AlertKind(StrEnum):
    """What an alert warns of."""

    LEAK = "leak"  # a column that may give away the target
    COPIES = "copies"  # test rows that equal rows of the training
    FEW_POSITIVES = "few_positives"
    EDGE_OF_GRID = "edge_of_grid"  # settings chosen at the end of what was tried
    NO_GUARANTEE = "no_guarantee"  # a threshold with the guarantee that was asked for does not exist
    FAILED = "failed"  # trainings that failed
    NOTHING_FOUND = "nothing_found"  # no method is better than chance


TITLES = {  # of alerts that do not block
    AlertKind.LEAK: "Possible leak",
    AlertKind.COPIES: "Copies",
    AlertKind.FEW_POSITIVES: "Few positives",
    AlertKind.EDGE_OF_GRID: "Settings at the edge",
    AlertKind.NO_GUARANTEE: "No guarantee",
    AlertKind.FAILED: "Failed trainings",
    AlertKind.NOTHING_FOUND: "No gain",
}


@dataclass(frozen=True)
class Alert:
    """A warning before the result."""

    kind: AlertKind
    text: str  # what is wrong and what to do, without a period at the end
    blocks: bool  # whether the result must not be used before this is mended

    @property
    def title(self) -> str:
        """The words before the text: what not to do if the alert blocks, else what it warns of."""
        if not self.blocks:
            return TITLES[self.kind]
        return "Do not use" if self.kind is AlertKind.NOTHING_FOUND else "Do not use yet"

    @property
    def sentence(self) -> str:
        """The alert in one text, such as "Do not use yet: the good score rests on …"."""
        return f"{self.title}: {self.text[0].lower()}{self.text[1:]}"


def find_alerts(case: Case, counts: DecisionCounts | None) -> tuple[Alert, ...]:
    """Return the alerts of a comparison, those that block its use first; empty if there are none.

    counts: What `count_decisions` returns for the case.
    """
    alerts = (
        warn_of_leaks(case),
        warn_of_chance(case) or warn_of_costs(case, counts),
        warn_of_missing_guarantee(case),
        warn_of_copies(case),
        warn_of_few_positives(case),
        warn_of_edges(case),
        warn_of_failures(case),
    )
    return tuple(sorted(filter(None, alerts), key=lambda alert: not alert.blocks))


def warn_of_leaks(case: Case) -> Alert | None:
    """Warn of columns that may give away the target, since the good score rests on one of them alone."""
    leaks = [each for each in case.importance if each.possible_leak]
    if not leaks:
        return None
    columns = join_words([f"`{each.column}`" for each in leaks], most=MOST_NAMED)
    lost, kept = (
        100 * min(*shares, 1.0) for shares in zip(*((each.share_lost, each.share_kept) for each in leaks), strict=True)
    )
    if len(leaks) > 1:
        text = (
            f"The good score rests on each of the columns {columns}. Are they known before the class is? If not, leave "
            "them out with --drop and compare again. If so, keep them, and the answer holds. Shuffling one and its "
            f"copies takes from the {case.score.label} at least {lost:.0f} % of its lead over chance, and shuffling "
            f"all others at most {100 - kept:.0f} %"
        )
    else:
        text = (
            f"The good score rests on the column {columns}. Is it known before the class is? If not, leave it out with "
            f"--drop and compare again. If so, keep it, and the answer holds. Shuffling its values takes from the "
            f"{case.score.label} {lost:.0f} % of its lead over chance, and shuffling all other columns "
            f"{100 - kept:.0f} %"
        )
    return Alert(AlertKind.LEAK, text, blocks=True)


def warn_of_chance(case: Case) -> Alert | None:
    """Warn that no method is better than chance, or cheaper than a constant decision, or is shown to be so."""
    noun, sought, leader = case.study.noun, case.sought, case.leader
    if case.finds_nothing and case.score.score == COST.score:
        simplest, constant = name_constant(case)
        text = (
            f"No method is cheaper than to {simplest}, which costs {constant:.3g} {case.sample} on average: the "
            f"cheapest, {leader}, costs {case.mean_of(leader):.3g}"
        )
    elif case.finds_nothing:
        level = case.chance_level
        chance = f"{level:.2g}, the value of a random order" if level else "0"
        text = f"No method finds {noun} with {sought}: none has a {case.score.mean_label} above {chance}"
    elif (least := find_least_p_value(case)) is not None and least > ALPHA:
        corrected = f" after correction for {len(case.methods)} methods" if len(case.methods) > 1 else ""
        text = (
            f"No method is shown to find {noun} with {sought} better than a random order of the test {noun} does "
            f"(p = {least:.2g}{corrected})"
        )
    else:
        return None
    return Alert(
        AlertKind.NOTHING_FOUND, f"{text}. More {noun} with {sought} or other columns may change that", blocks=True
    )


def find_least_p_value(case: Case) -> float | None:
    """Return the least p-value of a method for the hypothesis that it ranks rows at random, after Bonferroni.

    None if no method has an area under the ROC curve. Rows count once each, also those with weights.
    """
    by_method: dict[Method, list[Row]] = {}
    for row in case.findings.rows:
        if row.scores["test"].get("roc_auc") is not None:
            by_method.setdefault(row.run.method, []).append(drop_weights(row, case) if is_weighted(row) else row)
    if not by_method:
        return None
    return min(1.0, len(by_method) * min(map(compute_p_value_of_ranking, by_method.values())))


def drop_weights(row: Row, case: Case) -> Row:
    """Return a row (the result of a run) whose ROC-AUC counts each test sample once, by the stored predictions.

    Weights would give it another variance than the test of a ranking expects.
    """
    test = case.findings.store.predictions(row.run)["test"]
    area = float(roc_auc_score(test.labels, test.probabilities))
    return replace(row, scores=row.scores | {"test": row.scores["test"] | {"roc_auc": area}})


def compute_p_value_of_ranking(rows: Sequence[Row]) -> float:
    """Compute the one-sided p-value of the test of Mann and Whitney, by the ROC-AUC of each test part.

    The folds of one division are strata. Several divisions, or seeds that share one test part, test the same rows, so
    that the mean of their statistics has at most the variance of one.

    Args:
        rows: The rows (results) of one method, whose test parts have both classes and no weights.

    Source: Mann and Whitney 1947; van Elteren 1960 for strata.
    """
    statistics = []
    for seed in {row.run.seed for row in rows}:
        leads, precisions = [], []
        for row in rows:
            if row.run.seed == seed:
                negatives, positives = row.counts.test
                leads.append(float(row.scores["test"]["roc_auc"] or 0.0) - AREA_OF_CHANCE)
                precisions.append(12 * negatives * positives / (negatives + positives + 1))
        statistics.append(np.dot(leads, precisions) / sqrt(sum(precisions)))
    return float(stats.norm.sf(np.mean(statistics)))


def warn_of_costs(case: Case, counts: DecisionCounts | None) -> Alert | None:
    """Warn that the decisions of the recommended method cost no less than a constant decision."""
    if counts is None or (constant := counts.cheapest_constant) is None:
        return None
    own = counts.recommended
    if own.cost is None or constant.cost is None or own.cost < constant.cost:
        return None
    text = (
        f"In {counts.rows:,} new {case.study.noun} the decisions of {own.name} cost {write_amount(own.cost)}, "
        f"and to {constant.name} costs {write_amount(constant.cost)}. Rank {case.study.noun} by the model if you "
        "like, but do not decide by it; --optimize cost chooses a method by its costs"
    )
    return Alert(AlertKind.NOTHING_FOUND, text, blocks=False)


def warn_of_missing_guarantee(case: Case) -> Alert | None:
    """Warn that the saved model has no threshold with the guarantee that was asked for."""
    rule, final = case.best.decision.rule, case.final
    if not isinstance(rule, Guarantee) or final is None or final.failure or final.threshold is not None:
        return None
    text = f"{rule} was asked for. {lament_missing_guarantee(case, str(final.tuned.reason))}"
    return Alert(AlertKind.NO_GUARANTEE, text, blocks=False)


def warn_of_copies(case: Case) -> Alert | None:
    """Warn that test rows of the first division also occur in train or validation."""
    if not case.copies:
        return None
    noun, tested = case.study.noun, sum(case.findings.rows[0].counts.test)
    where = "In the first division, " if case.study.folds else ""
    text = (
        f"{where}{case.copies:,} of {tested:,} test {noun} ({write_percent(case.copies / tested)}) are the same as "
        f"{noun} that were learned from. If they are one case recorded twice, the scores are too good: remove them, "
        "or name what they share with --group"
    )
    return Alert(AlertKind.COPIES, text, blocks=False)


def warn_of_few_positives(case: Case) -> Alert | None:
    """Warn of fewer than 30 positives in all test parts together, or fewer than 10 in a validation part."""
    noun, sought = case.study.noun, case.sought
    in_test = count_different_positives(case.best_rows)
    in_validation = min(row.counts.validation.positives for row in case.best_rows)
    facts = []
    if in_test < FEW_IN_TEST:
        facts.append(
            f"Only {in_test} test {noun} have {sought}, so that a share of them, such as the recall, is known to "
            f"±{100 * WIDEST / sqrt(max(in_test, 1)):.0f} points at best"
        )
    if in_validation < FEW_IN_VALIDATION:
        facts.append(
            f"A validation part has only {in_validation} {noun} with {sought}, by which settings and threshold are "
            "chosen"
        )
    if not facts:
        return None
    return Alert(AlertKind.FEW_POSITIVES, f"{'. '.join(facts)}. More of them would help most", blocks=False)


def warn_of_edges(case: Case) -> Alert | None:
    """Warn if over a third of the trainings, of the recommended method or of all, chose a setting at the edge.

    Only settings of a single number, such as the learning rate, have an edge: the smallest and the largest one tried.
    With one or two settings, all are at the edge, and such trainings are left out. The edge that is most frequent is
    named, with the methods that chose it.
    """
    trained = [row for row in case.findings.rows if not row.failure and has_inner_settings(row)]
    of_best = [row for row in trained if row.run.method == case.best]
    ends = [(row, end) for row in trained if row.tuning and (end := find_grid_end(row.tuning))]
    best_ends = sum(row.run.method == case.best for row, _ in ends)
    is_of_best = best_ends > MOST_AT_EDGE * len(of_best)
    if not is_of_best and len(ends) <= MOST_AT_EDGE * len(trained):
        return None
    named = [(str(row.run.method), (name_tuned(row), end)) for row, end in ends]
    counted = [edge for method, edge in named if method == str(case.best) or not is_of_best]
    (tuned, end), _ = Counter(counted).most_common(1)[0]
    methods = list_methods(list(dict.fromkeys(method for method, edge in named if edge == (tuned, end))))
    whose = (
        f"{best_ends} of {format_count(len(of_best), 'training')} of {case.best}, and {len(ends)} of {len(trained)} of "
        "all,"
        if is_of_best
        else f"{len(ends)} of {format_count(len(trained), 'training')}"
    )
    option = "--tune-lr" if tuned == RATE else f"the method, as METHOD:{tuned}=NUMBER"
    text = (
        f"{whose} chose a setting at the edge of those tried, most often the {end} {WORDS.get(tuned, tuned)}. "
        f"{methods} may be better than shown: try {BEYOND[end]} ones with {option}"
    )
    return Alert(AlertKind.EDGE_OF_GRID, text, blocks=False)


def has_inner_settings(row: Row) -> bool:
    """Say whether a training tried none or at least three settings, so that not all it tried are at the edge."""
    return row.tuning is None or len(row.tuning.candidates) >= FEWEST_SETTINGS


def name_tuned(row: Row) -> str:
    """Return the name of the single number that a training with an edge chose, such as "lr" or "C"."""
    assert row.tuning is not None
    return row.tuning.candidates[0].setting.values[0][0]


def warn_of_failures(case: Case) -> Alert | None:
    """Warn of trainings that failed, also of the one on all rows."""
    failed = Counter(str(row.run.method) for row in case.findings.rows if row.failure)
    facts = []
    if failed:
        reason = next(iter(find_first_failures(case).values()))
        counts = list_methods([f"{method} ({number})" for method, number in failed.items()])
        facts.append(
            f"{failed.total()} of {format_count(len(case.findings.rows), 'training')} failed: {counts}. The first "
            f"reason: {reason}. A method that lacks scores is not recommended"
        )
    if case.final is not None and case.final.failure:
        facts.append(f"No model was saved, since the training on all {case.study.noun} failed")
    return Alert(AlertKind.FAILED, ". ".join(facts), blocks=False) if facts else None
