"""The decision in words: which method, by which rule, how sure, and what that brings among new rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from imbaloss.comparison.bootstrap_of_test_rows import estimate_mean
from imbaloss.comparison.case import Case
from imbaloss.comparison.recommendation import SIMPLEST, find_name, sort_by_preference
from imbaloss.comparison.sentences import (
    describe_threshold,
    give_threshold,
    list_methods,
    name_constant,
    write_interval,
)
from imbaloss.comparison.summary.decision_counts import (
    IN_USE,
    RANDOM,
    DecisionCounts,
    Outcome,
    count_different_positives,
    pool_counts,
    write_amount,
)
from imbaloss.comparison.summary.method_titles import capitalize, name_in_words
from imbaloss.comparison.summary.threshold_bands import find_share_ends
from imbaloss.data import NO_SAMPLER
from imbaloss.evaluation.sample_costs import ExpectedCost
from imbaloss.learners import Method
from imbaloss.report.cells import COST, find_cost
from imbaloss.statistics import Interval

AT_THRESHOLD = " at the tuned threshold"  # ends labels of scores
OF_ORDER = ("average_precision", "roc_auc")  # scores whose value of a random order a reader may not know


@dataclass(frozen=True)
class Tile:
    """A part of the decision, for a person who reads three of them."""

    heading: str
    text: str  # what matters, in a few words
    detail: str  # what stands below it in small letters; may be empty
    code: str = ""  # the text of the method, as a command takes it; empty on the other tiles


@dataclass(frozen=True)
class Savings:
    """What the recommended decision costs among new rows, and what it saves, in the unit of the costs."""

    rows: int  # number of new rows
    cost: float  # of the recommended decision
    saved: float  # in comparison with the cheapest decision without a model; below 0 if it costs more
    saved_low: float  # ends of the 95 % interval of what it saves; NaN if they are unknown
    saved_high: float
    without_model: str  # the cheapest decision without a model, such as "flag nobody"
    cost_without_model: float
    cost_in_use: float | None  # of what is in use today; None if that is not compared


@dataclass(frozen=True)
class Decision:
    """The decision in words."""

    headline: str  # what to do, in a sentence without a period at the end
    tiles: Sequence[Tile]  # method, rule, how sure
    in_counts: str  # what it brings among new rows, in sentences without a period at the end; may be empty
    money: str  # what it saves, likewise; empty without costs, and if an alert blocks the use of the result
    outcomes: Sequence[Outcome] = ()  # what stands beside it in a table; without a method, decisions without a model
    savings: Savings | None = None  # the numbers of `money`; None where it is empty
    has_method: bool = True  # whether a method is better than chance, so that one can be recommended


def describe_decision(case: Case, counts: DecisionCounts | None, *, is_blocked: bool) -> Decision:
    """Describe the decision.

    Args:
        case: The facts.
        counts: What `count_decisions` returns for the case.
        is_blocked: Whether an alert blocks the use of the result.
    """
    has_method = not case.finds_nothing
    savings = compute_savings(case, counts) if counts and not is_blocked else None
    outcomes = list_outcomes(counts, has_method=has_method) if counts else ()
    return Decision(
        headline=write_headline(case, is_blocked=is_blocked),
        tiles=(describe_method(case), describe_rule(case), describe_certainty(case)),
        in_counts=tell_counts(case, counts) if counts else "",
        money=tell_money(case, savings) if savings else "",
        outcomes=outcomes,
        savings=savings,
        has_method=has_method,
    )


def list_outcomes(counts: DecisionCounts, *, has_method: bool) -> Sequence[Outcome]:
    """List the decisions of a table: the recommended one first; without a method those that need no model."""
    if has_method:
        return (counts.recommended, *counts.alternatives)
    return tuple(each for each in counts.alternatives if each.name != RANDOM)


def write_headline(case: Case, *, is_blocked: bool) -> str:
    """Say in a sentence what to do: use a method, and whether a simpler one may be as good.

    If no method is better than chance, it says what to do without one.
    """
    if case.finds_nothing:
        constant = name_free_decision(case)
        return f"Use no method. {capitalize(constant)}" if constant else "Use no method"
    if is_blocked:
        return f"Without this alert the recommendation would be: use {case.best}"
    if case.repetitions[case.best] == 1:
        return f"Start with {case.best}. One {case.repetition} cannot tell methods apart"
    simplest = find_simplest(case.possible_best or [case.best])
    if simplest == case.best or len(case.rulings) < 2:
        return f"Use {case.best}"
    return f"Use {case.best}. {simplest} is simpler and may be as good"


def name_free_decision(case: Case) -> str:
    """Name the cheaper decision without a model, such as "flag no rows at all"; "" if no costs decide."""
    return name_constant(case)[0] if case.score.score == COST.score else ""


def describe_method(case: Case) -> Tile:
    """Name the recommended method in words and as commands take it; if no method is better than chance, none."""
    heading = "Method"
    if case.finds_nothing:
        better = "cheaper than no model" if name_free_decision(case) else "better than chance"
        return Tile(heading, "None", f"{format_tried(case)}, none is {better}")
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
        return Tile(heading, *describe_decision_without_model(case))
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
    return Tile(heading, "A threshold that you know, or ½", give_threshold(case) or "None has the guarantee")


def describe_decision_without_model(case: Case) -> tuple[str, str]:
    """Describe in two texts what to do if no method is better than chance, and what that means."""
    if not name_free_decision(case):
        return "None", f"No method ranks {case.study.noun} better than at random"
    name, constant = name_constant(case)
    return capitalize(name), f"That costs {constant:.3g} {case.sample} on average"


def describe_certainty(case: Case) -> Tile:
    """Give the score to expect with its 95 % interval, and say in a phrase which methods may be the best."""
    heading, label = "How sure", case.score.label.removesuffix(AT_THRESHOLD)
    if case.finds_nothing:
        mean = case.cell.interval(str(case.leader))
        return Tile(heading, f"{capitalize(label)} {write_interval(mean)} at best", f"That of {case.leader}")
    is_expected = isfinite(case.reached.low)
    score = write_interval(case.reached if is_expected else case.interval)
    text = f"{capitalize(label)} of about {score}" if is_expected else f"{capitalize(label)} {score}"
    expected = f"Expected on new {case.study.noun}. " if is_expected else ""
    chance = f"A random order has {case.chance_level:.2g}. " if case.score.score in OF_ORDER else ""
    return Tile(heading, text, f"{expected}{chance}{judge_tie(case)}")


def judge_tie(case: Case) -> str:
    """Say whether the recommended method is the best, or which methods tie with it, with the simplest of them.

    With one repetition or one method nothing can be told, and the text says so.
    """
    if len(case.methods) == 1:
        return "It was not compared with any other method"
    if case.repetitions[case.best] == 1:
        return f"One {case.repetition} cannot tell methods apart"
    possible, compared = case.possible_best, case.compared
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
    """Tell how many new rows are positive, flagged, right and missed, in sentences without a period at the end.

    If no method is better than chance, the positives are told alone.
    """
    noun, own = case.study.noun, counts.recommended
    by_weight = ", each counted by its weight" if counts.is_weighted else ""
    positives = f"Of {counts.rows:,} new {noun}{by_weight}, about {counts.positives:,.0f} have {case.sought}"
    if case.finds_nothing:
        return positives
    recall, low, high = (100 * share for share in estimate_recall(case))
    shares = f"recall {recall:.0f} %, 95 % CI {low:.0f} to {high:.0f}"
    if own.flagged:
        shares += f"; precision {100 * own.right / own.flagged:.0f} %"
    flagged, right, _, missed = counts.write_counts(own)
    action = f"flag {flagged}, {right} of them rightly," if round(own.flagged) else "flag none"
    return f"{positives}. With {own.name} you would {action} and miss {missed} ({shares})"


def estimate_recall(case: Case) -> Interval:
    """Estimate the recall of the recommended decision on new rows, with a 95 % interval as the explorer has it.

    It is that of all test rows together, each decided by its own repetition. Some repetition must have decisions.
    """
    rows = [row for row in case.best_rows if row.is_decided]
    _, _, missed, right = map(float, pool_counts(rows))
    recalls = [row.tuned.scores["recall"] for row in rows]
    of_repetitions = np.array([[recall] for recall in recalls if recall is not None])  # None without positives
    recall, tested = np.array([right / (right + missed)]), count_different_positives(rows)
    low, high = find_share_ends(recall, of_repetitions, tested, case.cell.test_to_train)
    return Interval(recall.item(), low.item(), high.item())


def compute_savings(case: Case, counts: DecisionCounts) -> Savings | None:
    """Compute what the recommended decision costs and saves among new rows.

    The interval of what it saves is that of the mean cost, for other rows and repetitions. None without costs, and if
    no method is better than chance or cheaper than the best constant decision.
    """
    own, constant, saved = counts.recommended, counts.cheapest_constant, counts.compute_saved(counts.recommended)
    score = find_cost(case.findings.scored)
    if (
        case.finds_nothing
        or score is None
        or own.cost is None
        or saved is None
        or constant is None
        or constant.cost is None
    ):
        return None
    mean, low, high = estimate_mean(case.findings, str(case.best), score)
    in_use = next((each.cost for each in counts.alternatives if each.name == IN_USE), None)
    return Savings(
        rows=counts.rows,
        cost=own.cost,
        saved=saved,
        saved_low=saved + counts.rows * (mean - high),
        saved_high=saved + counts.rows * (mean - low),
        without_model=constant.name,
        cost_without_model=constant.cost,
        cost_in_use=in_use,
    )


def tell_money(case: Case, savings: Savings) -> str:
    """Tell what the decisions cost and save, in a sentence without a period at the end."""
    ends = (savings.saved_low, savings.saved_high)
    interval = f" (95 % CI {write_amount(ends[0])} to {write_amount(ends[1])})" if ends[1] > ends[0] else ""
    saved = savings.saved
    change = f"saves {write_amount(saved)}" if saved >= 0 else f"saves nothing: it costs {write_amount(-saved)} more"
    text = (
        f"The {savings.rows:,} {case.study.noun} would cost {write_amount(savings.cost)}. That {change}{interval} in "
        f"comparison with the cheapest decision without a model ({savings.without_model}: "
        f"{write_amount(savings.cost_without_model)})"
    )
    if savings.cost_in_use is None:
        return text
    return f"{text}; what is in use today costs {write_amount(savings.cost_in_use)}"
