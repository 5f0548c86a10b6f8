"""What to do with one's own data: which method, from which probability on, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.evaluation import Rule
from imbaloss.report import evidence
from imbaloss.report.cells import COMPARED, COST, TUNED_F1, Cell, Compared, compared_in, constant_cost
from imbaloss.report.comparisons import CellComparison, seen_from, select_repeated
from imbaloss.report.findings import Findings
from imbaloss.report.other_rows import for_other_rows
from imbaloss.statistics import Verdict
from imbaloss.studies import AdvisedStudy, Row
from imbaloss.wording import counted, listed

PLAIN = "ce"  # the network that one would train without knowing better
MOST_NAMED = 12  # methods in a sentence
SAVES = 0.0005  # of a cost; less is nothing


@dataclass(frozen=True)
class Advice:
    """The recommended method: that with the best mean of what the threshold is tuned for, else of F1 there."""

    method: str
    score: Compared
    sentences: tuple[str, ...]  # the most important first
    row: Row | None  # of the training on all rows

    @property
    def threshold(self) -> tuple[float, float, float] | None:
        """And the ends of its 95 % interval."""
        return self.row.threshold if self.row else None


@dataclass(frozen=True, eq=False)
class Case:
    """What the sentences are made of."""

    found: Findings
    study: AdvisedStudy
    score: Compared
    cell: Cell
    best: str
    over: dict[str, int]  # of each method, the repetitions in which it has a score
    lines: Sequence[CellComparison]  # of the best method with each other one, as far as they have repetitions
    row: Row | None  # of the training on all rows

    @property
    def mean(self) -> float:
        return self.cell.interval(self.best).estimate

    @property
    def line(self) -> "pd.Series[Any]":
        """Of the table, that of the best method."""
        table = self.found.table
        return table[table["method"] == self.best].iloc[0]


def advise(found: Findings) -> Advice | None:
    """None where no method has a score."""
    study, score, best = found.study, recommended_by(found), recommended(found)
    assert isinstance(study, AdvisedStudy)
    if best is None:
        return None
    [cell] = found.scored[score]
    row = next(iter(found.store.rows([study.for_use(best)])), None)
    case = Case(found, study, score, cell, best, times_scored(cell), against(found, best, score), row)
    return Advice(best, score, tuple(filter(None, (sentence(case) for sentence in SENTENCES))), row)


def recommended(found: Findings) -> str | None:
    """The method with the best mean, of those that have a score as often as any; None where no method has one."""
    score = recommended_by(found)
    [cell] = found.scored[score]
    over = times_scored(cell)
    most = max(over.values())
    means = {method: cell.interval(method).estimate for method in over if over[method] == most}
    return (min if score.lower else max)(means, key=lambda method: means[method]) if most else None


def recommended_by(found: Findings) -> Compared:
    """What the threshold is tuned for, else F1 there."""
    score = compared_in(found.rows)[-1]
    return next(one for one in COMPARED if one.label == TUNED_F1) if score in COMPARED else score


def times_scored(cell: Cell) -> dict[str, int]:
    """Of each method, the repetitions in which it has a score."""
    return {method: int(np.isfinite(some).sum()) for method, some in cell.scores.items()}


def against(found: Findings, best: str, score: Compared) -> Sequence[CellComparison]:
    """Return the comparisons of the method with each other one, as far as they have repetitions."""
    lines = select_repeated(seen_from([one for one in found.comparisons if one.score == score.label], best))
    return lines if found.study.folds or not lines else for_other_rows(found, lines, score)


def of_method(case: Case) -> str:
    score, best, over = case.score, case.best, case.over[case.best]
    mean, low, high = (f"{value:{'.4g' if score.lower else '.3f'}}" for value in case.cell.interval(best))
    if not case.mean and not score.lower:
        return f"No method found what is sought: the mean {score.label} of {best} is 0, and no other is higher"
    has = f"the lowest {score.label}" if score.lower else f"the highest mean {score.label}"
    what = "repetition" if case.study.folds else "seed"
    if over == 1:
        return f"Take {best} for a start: in the one {what} that there is it has {has}, {mean}"
    ends = f" [{low}, {high}]" if low != high else ""  # what no seed changes has no width, which says nothing
    is_open = len(case.over) > 1 and not any(one.verdict is Verdict.BETTER for one in case.lines)
    though = ", though no other method is detectably worse" if is_open else ""
    where = "" if case.study.folds else f" on the same test {case.study.things}"
    return f"Take {best}{though}: it has {has}, {mean}{ends}, over {counted(over, what)}{where}"


def of_others(case: Case) -> str:
    """What the best one is better than, and what it cannot be told from."""
    lines, study = case.lines, case.study
    if len(study.methods) == 1:
        return "There is nothing that it was compared with"
    if not lines:
        return "One repetition decides nothing: any difference between methods may be chance"
    words = {
        Verdict.BETTER: "better than",
        Verdict.WORSE: "worse, where both have scores, than",
        Verdict.EQUIVALENT: "equivalent to",
        Verdict.UNDECIDED: "not detectably different from",
    }
    ways = {verdict: [one.second for one in lines if one.verdict is verdict] for verdict in words}
    if len(ways[Verdict.BETTER]) == len(lines):
        said = f"It is better than {'the other one' if len(lines) == 1 else f'each of the {len(lines)} others'}"
    else:
        said = (
            f"It is {'; '.join(f'{words[verdict]} {named(methods)}' for verdict, methods in ways.items() if methods)}"
        )
    return said if study.folds else f"{said} (this is said of other test {study.things} too, by a bootstrap)"


def of_missing(case: Case) -> str:
    most, rows = case.over[case.best], case.found.rows
    fewer = [f"{method} ({most - some} of {most})" for method, some in case.over.items() if some < most]
    failed = any(row.failure for row in rows)
    unmet = any(row.threshold is None and not row.failure for row in rows)
    why = ["the training failed"] * failed + [f"no threshold meets {case.study.threshold} on tune"] * unmet
    return f"Scores are missing, and nothing is recommended, where {' or '.join(why)}: {named(fewer)}" if fewer else ""


def named(methods: list[str]) -> str:
    more = len(methods) - MOST_NAMED
    return listed(methods) if more <= 0 else f"{', '.join(methods[:MOST_NAMED])} and {more} more"


def difference(one: CellComparison) -> str:
    """Write difference and verdict; the interval is of one pair, and the verdict allows for all pairs."""
    if one.verdict is not Verdict.UNDECIDED:
        return f"{evidence.difference(one)}, {one.verdict}"
    alone = one.interval.low > 0 or one.interval.high < 0
    said = f"{evidence.difference(one)}, no detectable difference"
    return f"{said} where all pairs are looked at" if alone else said


def of_references(case: Case) -> str:
    """Whether networks are worth their while here."""
    learners = case.found.learners
    is_network = not learners[case.best].is_reference
    others = [one for one in case.lines if learners[one.second].is_reference == is_network]
    if not others:
        return ""
    nearest = min(others, key=lambda one: one.interval.estimate)
    if is_network:
        return f"Against {nearest.second}, the nearer reference: {difference(nearest)}"
    said = f"the nearest, {nearest.second}, against it: {difference(nearest)}"
    return f"No network comes before this reference; {said}"


def of_plain(case: Case) -> str:
    """Whether it takes a special loss at all."""
    plain = next((one for one in case.lines if one.second == PLAIN), None)
    return f"Against plain cross-entropy with a tuned threshold: {difference(plain)}" if plain else ""


def of_threshold(case: Case) -> str:
    row, study = case.row, case.study
    if row is None:
        return ""
    if row.threshold is None:
        reason = row.failure or row.tuned.reason
        return f"The training on all {study.things} has no threshold: decide at ½, or by what you know; {reason}"
    threshold, low, high = row.threshold
    known = f", 95 % interval {low:.3f} to {high:.3f} by the {study.things} that chose it" if high > low else ""
    deviation = case.line["tuned_threshold_sd"]
    spread = f" with deviation {deviation:.3f}" if pd.notna(deviation) else ""
    over = f"over the repetitions {case.line['tuned_threshold']:.3f} on average{spread}"
    return (
        f"Decide for {study.sought} from probability {threshold:.3f} on (the best for {study.threshold}{known}; {over})"
    )


def of_decisions(case: Case) -> str:
    """What decisions at the tuned threshold were worth."""
    recall, precision = case.line["tuned_recall"], case.line["tuned_precision"]
    if pd.isna(recall):
        return ""
    there = f"the {case.line['test_positives']:.4g} {case.study.things} with {case.study.sought} of a test part"
    right = "" if pd.isna(precision) else f", and {precision:.0%} of those that it named were right"
    return f"At tuned thresholds it found {recall:.0%} of {there}{right}"


def of_demand(case: Case) -> str:
    """Whether the precision or recall that a rule demands was there on test too, where no threshold was chosen."""
    rule = Rule.of(case.study.threshold)
    if rule.name not in {"recall_at_precision", "precision_at_recall"}:
        return ""
    [(score, demanded)] = rule.parameters.items()
    named = zip(case.found.rows, case.found.called, strict=True)
    rows = [row for row, name in named if name.method == case.best]
    reached = [row.tuned.scores[score] or 0.0 for row in rows if row.threshold]
    met = f"{sum(one >= demanded for one in reached)} of {counted(len(rows), 'repetition')}"
    there = f"was there on test in {met}, and {np.mean(reached):.3f} on average"
    return f"The {score} of {demanded:g} that was demanded {there}: demand more if that is too little"


def of_costs(case: Case) -> str:
    if case.score is not COST:
        return ""
    constant = float(np.mean([constant_cost(row) for row in case.found.rows]))
    saved = 1 - case.mean / constant
    what = f"saves {saved:.1%}"
    if saved < SAVES:
        what = f"{'saves nothing' if saved > -SAVES else f'costs {-saved:.1%} more'}: decide so, without a model"
    costs = f"A decision costs {case.mean:.4g} on average; the cheapest that looks at nothing costs {constant:.4g}"
    return f"{costs}: it {what}"


SENTENCES = (  # the most important first
    of_method,
    of_others,
    of_missing,
    of_references,
    of_plain,
    of_threshold,
    of_decisions,
    of_demand,
    of_costs,
)
