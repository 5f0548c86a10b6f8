"""The leaderboard: one line a method, the best by the optimised score first."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite, isnan, log10, nan

import numpy as np

from imbaloss.comparison.bootstrap_of_test_rows import estimate_mean
from imbaloss.comparison.case import Case
from imbaloss.comparison.summary.method_titles import name_in_words
from imbaloss.evaluation.objective import BRIER, COST
from imbaloss.learners import Method
from imbaloss.plural import format_count
from imbaloss.report.tables import DASH, count_decimals
from imbaloss.statistics import Interval, Verdict

MOST_CHARACTERS = 120  # of the reason of a failure
LEAST_SECONDS, MOST_SECONDS = 0.001, 99  # of a training; longer times are written in minutes
MOST_IN_MS = 0.0995  # seconds below which the time of predictions is written in milliseconds
LEAST_MS = 0.01
MOST_TICKS = 5  # about; round numbers on the axis
SPARE = 0.04  # share of the axis that is left free at both ends
SIGNIFICANT = 2  # digits of a distance to the best method
UNSCORED = Interval(nan, nan, nan)


@dataclass(frozen=True)
class Standing:
    """A line of the leaderboard."""

    method: str  # its text, such as "ce + smote"
    title: str  # its name in words; its text if it has no other name
    score: Interval  # the mean of the optimised score, with its 95 % interval; NaN for what is unknown
    verdict: str  # against the recommended method, in a few words
    fit_seconds: float  # mean time of the training in one repetition, with all settings tried; NaN if unknown
    predict_1000_seconds: float = nan  # mean time to predict 1,000 rows that are prepared; NaN if unknown
    is_ranked: bool = True  # whether it has as many scores as any; others stand below, since their means differ in that

    @property
    def has_score(self) -> bool:
        """Whether the method has a mean score, so that its line has a dot."""
        return not isnan(self.score.estimate)

    @property
    def training_time(self) -> str:
        """The time of a training in words, from 0.001 s on, such as "0.42 s" or "3 min"; a dash if it is unknown."""
        return write_seconds(self.fit_seconds)

    @property
    def prediction_time(self) -> str:
        """The time of 1,000 predictions in words, from 0.01 ms on, such as "12 ms" or "3 s"; a dash if unknown."""
        if self.predict_1000_seconds < MOST_IN_MS:
            return f"{max(1000 * self.predict_1000_seconds, LEAST_MS):.2g} ms"
        return write_seconds(self.predict_1000_seconds)


def write_seconds(seconds: float) -> str:
    """Write a time with two digits, from 0.001 s on, as "0.42 s", or in minutes, as "3 min"; a dash for NaN."""
    if isnan(seconds):
        return DASH
    if seconds >= MOST_SECONDS:
        return f"{seconds / 60:,.0f} min"
    return f"{max(seconds, LEAST_SECONDS):.2g} s"


@dataclass(frozen=True)
class ScoreAxis:
    """The axis that the intervals of all lines are drawn on."""

    low: float
    high: float
    reference: float  # the score without a model; NaN if it is unknown
    reference_name: str  # what that score is, such as "chance"; empty if it is unknown
    decimals: int  # that the interval of the recommended method allows

    def place(self, value: float) -> float:
        """Return the place of a score on the axis in percent, from 0 at its low end to 100 at its high end."""
        return round(100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low), 2)

    def write(self, value: float) -> str:
        """Write a score with as many decimals as all others; a dash if it is NaN."""
        return DASH if isnan(value) else f"{round(value, self.decimals) + 0.0:.{self.decimals}f}"

    def write_interval(self, score: Interval) -> str:
        """Write a score with its interval in brackets; without an interval that is unknown or has no width."""
        ends = f" [{self.write(score.low)}, {self.write(score.high)}]" if score.low < score.high else ""
        return f"{self.write(score.estimate)}{ends}"

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Round numbers on the axis, two to seven, each as its place in percent and its text."""
        rough = (self.high - self.low) / MOST_TICKS
        power = 10.0 ** floor(log10(rough))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
        decimals = max(-floor(log10(step)), 0)
        numbers = np.arange(np.ceil(self.low / step), np.floor(self.high / step) + 1) * step
        return [(self.place(number), f"{number + 0.0:.{decimals}f}") for number in numbers.tolist()]


def rank_methods(case: Case, *, is_blocked: bool) -> Sequence[Standing]:
    """Return the standings of all methods, the best mean of the optimised score first.

    Methods that have as many scores as any come first; equal means go to the recommended method, then to the order of
    preference. Methods that a race dropped or that lack scores follow, the best mean first, and those without any score
    come last. Their verdict says why.

    Args:
        case: The facts.
        is_blocked: Whether an alert blocks the use of the result.
    """
    ordered = [case.best, *(method for method in case.methods if method != case.best)]
    most = max(case.repetitions.values())
    sign = 1 if case.score.lower else -1

    def find_place(method: Method) -> tuple[bool, bool, float]:
        """Return the place of a method as values to sort by: ranked or not, with or without a score, by its mean."""
        count = case.repetitions.get(method, 0)
        return not is_ranked(case, method, most), not count, sign * case.mean_of(method) if count else 0.0

    verdict = "would be recommended" if is_blocked else "recommended"
    return [describe_standing(case, method, most, verdict) for method in sorted(ordered, key=find_place)]


def is_ranked(case: Case, method: Method, most: int) -> bool:
    """Say whether a method is not dropped and has scores in as many repetitions as any, which is `most`."""
    return method not in case.drops and case.repetitions.get(method, 0) == most


def describe_standing(case: Case, method: Method, most: int, of_best: str) -> Standing:
    """Describe one method; the arguments are those of `write_verdict`."""
    name = str(method)
    rows = [row for row in case.findings.rows if row.run.method == method and not row.failure]
    predicted = [row.predict_1000_seconds for row in rows if row.predict_1000_seconds is not None]
    return Standing(
        method=name,
        title=name_in_words(method),
        score=estimate_mean(case.findings, name, case.score) if case.repetitions.get(method, 0) else UNSCORED,
        verdict=write_verdict(case, method, most, of_best),
        fit_seconds=float(np.mean([row.seconds for row in rows])) if rows else nan,
        predict_1000_seconds=float(np.mean(predicted)) if predicted else nan,
        is_ranked=is_ranked(case, method, most),
    )


def write_verdict(case: Case, method: Method, most: int, of_best: str) -> str:
    """Write what the comparison says of a method, in a few words, as "may be the best".

    Args:
        case: The facts.
        method: The method.
        most: The largest number of repetitions in which a method has a score.
        of_best: The words for the recommended method.
    """
    if method == case.best and not case.finds_nothing:
        return of_best
    if method in case.drops:
        drop = case.drops[method]
        return f"ruled out, at least {write_distance(drop.behind)} behind; {drop.when}"
    if case.repetitions.get(method, 0) < most:
        return describe_missing_scores(case, method)
    if case.finds_nothing:
        return "not cheaper than without a model" if case.score.score == COST else "not better than chance"
    if most == 1:
        return "one repetition cannot tell"
    return compare_with_best(case, method)


def compare_with_best(case: Case, method: Method) -> str:
    """Write how a method with all scores compares with the recommended one, in a few words."""
    comparison = case.comparisons.get(method)
    verdict = comparison.verdict if comparison else Verdict.UNDECIDED
    if case.is_ruled_out(method):
        return f"ruled out, at least {write_distance(case.rulings[method].behind)} behind"
    if verdict is Verdict.EQUIVALENT:
        return "equivalent"
    if verdict.differs:
        return "worse" if verdict is Verdict.BETTER else "better"
    if comparison and comparison.interval.estimate < 0:
        return "may be the best; its lead is not significant"
    return "may be the best"


def describe_missing_scores(case: Case, method: Method) -> str:
    """Write in how many repetitions a method lacks a score, and the reason of its first failed training."""
    count = case.repetitions.get(method, 0)
    lacking = f"no score in {case.total - count} of {format_count(case.total, case.repetition)}"
    rows = [row for row in case.findings.rows if row.run.method == method]
    if not rows:
        return "not trained yet"
    failures = [row.failure for row in rows if row.failure]
    reasons = failures or [row.tuned.reason for row in rows if row.tuned.reason and case.score.tuned]
    return f"{lacking}: {cut_text(reasons[0].rstrip('.'))}" if reasons else f"{lacking}: it is undefined there"


def cut_text(text: str) -> str:
    """Cut a text after its first line and after 120 characters (`MOST_CHARACTERS`); "…" stands for the rest."""
    first = text.splitlines()[0] if text else text
    return first if len(first) <= MOST_CHARACTERS else f"{first[: MOST_CHARACTERS - 1].rstrip()}…"


def write_distance(behind: float) -> str:
    """Write the least distance of a method to the best one with two significant digits, never as 1e-05."""
    return np.format_float_positional(behind, precision=SIGNIFICANT, fractional=False, trim="-")


def find_axis(case: Case, standings: Sequence[Standing]) -> ScoreAxis | None:
    """Return an axis that holds the intervals of all standings, and the score without a model if that is known.

    None if no method has a score.
    """
    reference, name = find_reference(case)
    drawn = [end for each in standings for end in each.score if isfinite(end)]
    if not drawn:
        return None
    drawn += [reference] if isfinite(reference) else []
    low, high = min(drawn), max(drawn)
    spare = SPARE * ((high - low) or abs(high) or 1.0)
    decimals = count_decimals(*next(each.score[1:] for each in standings if each.method == str(case.best)))
    return ScoreAxis(low - spare, high + spare, reference, name, decimals)


def find_reference(case: Case) -> tuple[float, str]:
    """Return the score without a model and its name; NaN where that is not known, as for the Brier score.

    For costs it is that of the cheaper constant decision: to flag no row, or every row.
    """
    if case.score.score == COST:
        return min(case.constant_costs), "the cheapest decision without a model"
    if case.score.score == BRIER or isnan(case.chance_level):
        return nan, ""
    return case.chance_level, "chance"
