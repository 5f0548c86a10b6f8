"""The decision in words: which method, by which rule, how sure, and what that brings among new rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from imbaloss.comparison.case import Case
from imbaloss.comparison.recommendation import SIMPLEST, find_name, sort_by_preference
from imbaloss.comparison.sentences import (
    describe_threshold,
    give_threshold,
    list_methods,
    write_interval,
)
from imbaloss.comparison.summary.decision_counts import IN_USE, DecisionCounts
from imbaloss.comparison.summary.method_titles import capitalize, name_in_words
from imbaloss.data import NO_SAMPLER
from imbaloss.evaluation.sample_costs import ExpectedCost
from imbaloss.learners import Method
from imbaloss.statistics import Interval, wilson_interval


@dataclass(frozen=True)
class Tile:
    """A part of the decision, for a person who reads three of them."""

    heading: str
    text: str  # what matters, in a few words
    detail: str  # what stands below it in small letters; may be empty
    code: str = ""  # the text of the method, as a command takes it; empty on the other tiles


@dataclass(frozen=True)
class Decision:
    """The decision in words."""

    tiles: Sequence[Tile]  # method, rule, how sure
    in_counts: str  # what it brings among new rows, in sentences without a period at the end; may be empty
    money: str  # what it saves, likewise; empty without costs


def describe_decision(case: Case, counts: DecisionCounts | None) -> Decision:
    """Describe the decision. counts: What `count_decisions` returns for the case."""
    tiles = (describe_method(case), describe_rule(case), describe_certainty(case))
    return Decision(tiles, tell_counts(case, counts) if counts else "", tell_money(case, counts) if counts else "")


def describe_method(case: Case) -> Tile:
    """Name the recommended method in words and as commands take it; if no method is better than chance, none."""
    heading = "Method"
    if case.finds_nothing:
        return Tile(heading, "None", f"{format_tried(case)}, none is better than chance")
    title, text = name_in_words(case.best), str(case.best)
    return Tile(heading, title, "", text if text != title else "")


def format_tried(case: Case) -> str:
    """Count the methods that were compared, as in "8 methods were compared"."""
    number = len(case.methods)
    return f"{number} methods were compared" if number > 1 else "1 method was tried"


def describe_rule(case: Case) -> Tile:
    """Say when a row is flagged, and where that rule comes from."""
    heading, row = "Rule", case.final
    if case.finds_nothing:
        return Tile(heading, "None", f"What is done with all {case.study.noun} alike is as good")
    if row is None:
        return Tile(heading, "Not chosen yet", f"The training on all {case.study.noun} is not finished")
    if row.failure:
        return Tile(heading, "No model", give_threshold(case))
    if row.threshold is not None:
        action, basis = describe_threshold(case, row.threshold)
        return Tile(heading, action, capitalize(basis))
    if isinstance(case.best.decision.rule, ExpectedCost):
        by = f"By its own costs ({case.cost}) and its calibrated probability"
        return Tile(heading, f"Flag {case.sample} as {case.sought} when that costs less in expectation", by)
    return Tile(heading, "A threshold that you know, or ½", give_threshold(case))


def describe_certainty(case: Case) -> Tile:
    """Give the score to expect with its 95 % interval, and say in a phrase which methods may be the best."""
    heading, label = "How sure", case.score.label
    if case.finds_nothing:
        mean = case.cell.interval(str(case.leader))
        return Tile(heading, f"{capitalize(label)} {write_interval(mean)} at best", f"That of {case.leader}")
    is_expected = isfinite(case.reached.low)
    score = write_interval(case.reached if is_expected else case.interval)
    text = f"{capitalize(label)} of about {score}" if is_expected else f"{capitalize(label)} {score}"
    return Tile(heading, text, f"{'Expected on new ' + case.study.noun + '. ' if is_expected else ''}{judge_tie(case)}")


def judge_tie(case: Case) -> str:
    """Say whether the recommended method is the best, or which methods tie with it, with the simplest of them.

    With one repetition or one method nothing can be told, and the text says so.
    """
    if len(case.methods) == 1:
        return "It was not compared with any other method"
    if case.repetitions[case.best] == 1:
        return f"One {case.repetition} cannot tell methods apart"
    possible = [method for method in case.rulings if not case.is_ruled_out(method)]
    compared = len(case.rulings) + len(case.drops)
    if compared < 2:
        return "No other method has as many scores, so nothing was compared"
    if len(possible) == 1:
        return f"{possible[0]} is the best of the {compared} methods, with 95 % confidence"
    which = f"each of the {compared} methods" if len(possible) == compared else list_methods(list(map(str, possible)))
    return f"A tie: {which} may be the best (95 % confidence). The simplest of them is {find_simplest(possible)}"


def find_simplest(methods: Sequence[Method]) -> Method:
    """Return the simplest of some methods: the score in use today, then logistic regression.

    Without these it is the first in the order of preference, in which methods without a sampler come first, and
    networks after classifiers.
    """
    ordered = sort_by_preference(methods, images=False)
    simplest = [method for name in SIMPLEST for method in ordered if find_name(method) == name]
    return [*(method for method in simplest if method.sampler == NO_SAMPLER), *ordered][0]


def tell_counts(case: Case, counts: DecisionCounts) -> str:
    """Tell how many new rows are positive, flagged, right and missed, in sentences without a period at the end."""
    noun, own = case.study.noun, counts.recommended
    by_weight = ", each counted by its weight" if counts.is_weighted else ""
    _, low, high = estimate_recall(case)
    ends = f" (95 % CI {100 * low:.0f} to {100 * high:.0f})" if high > low else ""
    shares = f"recall {100 * own.right / counts.positives:.0f} %{ends}"
    if own.flagged:
        shares += f", precision {100 * own.right / own.flagged:.0f} %"
    flagged = f"flag {own.flagged:,.0f}, {own.right:,.0f} of them rightly," if round(own.flagged) else "flag none"
    return (
        f"Of {counts.rows:,} new {noun}{by_weight}, about {counts.positives:,.0f} have {case.sought}. With "
        f"{own.name} you would {flagged} and miss {own.missed:,.0f} ({shares})"
    )


def estimate_recall(case: Case) -> Interval:
    """Estimate the recall of the recommended decision on new rows, with a 95 % interval.

    Over folds the interval is that of the mean over the repetitions, and its ends are NaN for one repetition. If all
    seeds share one test part, it is Wilson's for other test rows and the same trainings.

    Some repetition must have decisions.

    Source: Wilson 1927; Nadeau and Bengio 2003 for folds.
    """
    rows = [row for row in case.best_rows if row.is_decided]
    recalls = np.array([row.tuned.scores["recall"] for row in rows], dtype=np.float64)  # NaN without positives
    if case.study.folds:
        cell = case.cell._replace(scores={str(case.best): recalls}, lower=False, is_bounded=True)
        return cell.interval(str(case.best))
    positives = rows[0].counts.test.positives
    return wilson_interval(round(positives * float(np.nanmean(recalls))), positives)


def tell_money(case: Case, counts: DecisionCounts) -> str:
    """Tell what the decisions cost and save, in a sentence without a period at the end; "" without costs."""
    own, constant, saved = counts.recommended, counts.cheapest_constant, counts.compute_saved(counts.recommended)
    if own.cost is None or constant is None or constant.cost is None or saved is None:
        return ""
    change = f"saves {saved:,.0f}" if saved >= 0 else f"costs {-saved:,.0f} more"
    text = (
        f"The {counts.rows:,} {case.study.noun} would cost {own.cost:,.0f}. That {change} in comparison with the "
        f"cheapest decision without a model ({constant.name}: {constant.cost:,.0f})"
    )
    in_use = next((each for each in counts.alternatives if each.name == IN_USE), None)
    if in_use is None or in_use.cost is None:
        return text
    return f"{text}; what is in use today costs {in_use.cost:,.0f}"
