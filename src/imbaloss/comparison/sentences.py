"""The sentences of the answer for one's own data, one function each: the first one recommends a method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan

import numpy as np

from imbaloss.learners import NETWORKS, Method
from imbaloss.losses import LossSpec
from imbaloss.plural import format_count, join_words
from imbaloss.report import Findings, evidence
from imbaloss.report.cells import COST, Cell, Compared, constant_cost
from imbaloss.report.comparisons import CellComparison
from imbaloss.report.lines import CellLine
from imbaloss.statistics import Interval, Verdict
from imbaloss.studies import ReportableStudy, Row

PLAIN = Method(NETWORKS, LossSpec("ce"))  # the network that one would train without knowing better
MOST_NAMED = 12  # methods in a sentence
SAVES = 0.0005  # of a cost; less is nothing


@dataclass(frozen=True, eq=False)
class Case:
    """What the sentences are made of."""

    findings: Findings
    methods: Sequence[Method]  # that the study compares
    sought: str  # what is to be found, in words
    score: Compared  # by which the method is recommended
    cell: Cell  # its values in each repetition
    best: Method  # that is recommended
    repetitions: Mapping[Method, int]  # those in which each method has a score
    comparisons: Mapping[Method, CellComparison]  # of the best method with each other one that has repetitions
    final: Row | None  # the training on all rows

    @property
    def study(self) -> ReportableStudy:
        """The study that the findings are of."""
        return self.findings.study

    @property
    def interval(self) -> Interval:
        """The mean score of the best method, with its interval."""
        return self.cell.interval(str(self.best))

    @property
    def line(self) -> CellLine:
        """The line of the table that is about the best method."""
        return next(line for line in self.findings.lines if line.method == str(self.best))


def write_sentences(case: Case) -> tuple[str, ...]:
    """Write all sentences in their order, the most important first. Those that do not apply are left out."""
    sentences = (
        recommend_method(case),
        compare_with_others(case),
        explain_missing_scores(case),
        compare_with_references(case),
        compare_with_plain_network(case),
        give_threshold(case),
        rate_decisions(case),
        check_demand(case),
        compare_costs(case),
    )
    return tuple(filter(None, sentences))


def recommend_method(case: Case) -> str:
    """Recommend the method with the best mean score, and say how far that is proved."""
    score, best, repetitions = case.score, case.best, case.repetitions[case.best]
    mean, low, high = (f"{value:{'.4g' if score.lower else '.3f'}}" for value in case.interval)
    if not case.interval.estimate and not score.lower:
        return f"No method found what is sought: the mean {score.label} of {best} is 0, and no other is higher"
    has = f"the lowest {score.label}" if score.lower else f"the highest mean {score.label}"
    what = "repetition" if case.study.folds else "seed"
    if repetitions == 1:
        return f"Take {best} for a start: in the one {what} that there is it has {has}, {mean}"
    ends = f" [{low}, {high}]" if low != high else ""  # what no seed changes has no width, which says nothing
    several = len(case.repetitions) > 1
    is_open = several and not any(one.verdict is Verdict.BETTER for one in case.comparisons.values())
    though = ", though no other method is detectably worse" if is_open else ""
    where = "" if case.study.folds else f" on the same test {case.study.things}"
    return f"Take {best}{though}: it has {has}, {mean}{ends}, over {format_count(repetitions, what)}{where}"


def compare_with_others(case: Case) -> str:
    """Say which methods the best one is better than, and which it cannot be told from."""
    comparisons = case.comparisons.values()
    if len(case.methods) == 1:
        return "There is nothing that it was compared with"
    if not comparisons:
        return "One repetition decides nothing: any difference between methods may be chance"
    words = {
        Verdict.BETTER: "better than",
        Verdict.WORSE: "worse, where both have scores, than",
        Verdict.EQUIVALENT: "equivalent to",
        Verdict.UNDECIDED: "not detectably different from",
    }
    others = {verdict: [one.second for one in comparisons if one.verdict is verdict] for verdict in words}
    if len(others[Verdict.BETTER]) == len(comparisons):
        all_others = "the other one" if len(comparisons) == 1 else f"each of the {len(comparisons)} others"
        said = f"It is better than {all_others}"
    else:
        parts = [f"{words[verdict]} {list_methods(methods)}" for verdict, methods in others.items() if methods]
        said = f"It is {'; '.join(parts)}"
    return said if case.study.folds else f"{said} (this is said of other test {case.study.things} too, by a bootstrap)"


def explain_missing_scores(case: Case) -> str:
    """Say which methods lack scores in some repetitions, and why; nothing where none does."""
    most, rows = case.repetitions[case.best], case.findings.rows
    fewer = [f"{method} ({most - count} of {most})" for method, count in case.repetitions.items() if count < most]
    failed = any(row.failure for row in rows)
    unmet = any(row.threshold is None and not row.failure for row in rows)
    why = ["the training failed"] * failed + [f"no threshold meets {case.best.decision.rule} on validation"] * unmet
    if not fewer:
        return ""
    return f"Scores are missing, and nothing is recommended, where {' or '.join(why)}: {list_methods(fewer)}"


def compare_with_references(case: Case) -> str:
    """Compare a network with the nearest reference, or a reference with the nearest network."""
    is_network = not case.best.learner.is_reference
    others = [one for method, one in case.comparisons.items() if method.learner.is_reference == is_network]
    if not others:
        return ""
    nearest = min(others, key=lambda one: one.interval.estimate)
    if is_network:
        return f"Against {nearest.second}, the nearer reference: {describe_difference(nearest)}"
    said = f"the nearest, {nearest.second}, against it: {describe_difference(nearest)}"
    return f"No network comes before this reference; {said}"


def compare_with_plain_network(case: Case) -> str:
    """Compare the best method with plain cross-entropy; nothing where that was not compared or is the best itself."""
    plain = case.comparisons.get(replace(PLAIN, decision=case.best.decision))
    return f"Against plain cross-entropy with a tuned threshold: {describe_difference(plain)}" if plain else ""


def give_threshold(case: Case) -> str:
    """Say from which probability on to decide for the class; nothing before the training on all rows."""
    row, study = case.final, case.study
    if row is None:
        return ""
    if row.threshold is None:
        reason = row.failure or row.tuned.reason
        return f"The training on all {study.things} has no threshold: decide at ½, or by what you know; {reason}"
    threshold, low, high = row.threshold
    known = f", 95 % interval {low:.3f} to {high:.3f} by the {study.things} that chose it" if high > low else ""
    repeated = case.line.scores["tuned_threshold"]
    spread = "" if isnan(repeated.deviation) else f" with deviation {repeated.deviation:.3f}"
    over = f"over the repetitions {repeated.mean:.3f} on average{spread}"
    return (
        f"Decide for {case.sought} from probability {threshold:.3f} on "
        f"(the best for {case.best.decision.rule}{known}; {over})"
    )


def rate_decisions(case: Case) -> str:
    """Say how many positives the decisions at the tuned threshold found; nothing where recall is undefined."""
    recall, precision = case.line.scores["tuned_recall"].mean, case.line.scores["tuned_precision"].mean
    if isnan(recall):
        return ""
    sought_rows = f"the {case.line.test.positives:.4g} {case.study.things} with {case.sought} of a test part"
    right = "" if isnan(precision) else f", and {precision:.0%} of those that it named were right"
    return f"At tuned thresholds it found {recall:.0%} of {sought_rows}{right}"


def check_demand(case: Case) -> str:
    """Say whether the demanded precision or recall was reached on test; nothing where the rule demands none."""
    rule = case.best.decision.rule
    if rule.name not in {"recall_at_precision", "precision_at_recall"}:
        return ""
    [(score, demanded)] = rule.parameters.items()
    rows = [row for row in case.findings.rows if row.run.method == case.best]
    reached = [row.tuned.scores[score] or 0.0 for row in rows if row.threshold]
    met = f"{sum(one >= demanded for one in reached)} of {format_count(len(rows), 'repetition')}"
    reached_on_test = f"was there on test in {met}, and {np.mean(reached):.3f} on average"
    return f"The {score} of {demanded:g} that was demanded {reached_on_test}: demand more if that is too little"


def compare_costs(case: Case) -> str:
    """Compare the cost of a decision with that of the best constant one; nothing where the rule names no costs."""
    if case.score is not COST:
        return ""
    constant, mean = float(np.mean([constant_cost(row) for row in case.findings.rows])), case.interval.estimate
    saved = 1 - mean / constant
    what = f"saves {saved:.1%}"
    if saved < SAVES:
        what = f"{'saves nothing' if saved > -SAVES else f'costs {-saved:.1%} more'}: decide so, without a model"
    costs = f"A decision costs {mean:.4g} on average; the cheapest that looks at nothing costs {constant:.4g}"
    return f"{costs}: it {what}"


def list_methods(methods: Sequence[str]) -> str:
    """List the methods; of more than MOST_NAMED the rest is counted."""
    more = len(methods) - MOST_NAMED
    return join_words(methods) if more <= 0 else f"{', '.join(methods[:MOST_NAMED])} and {more} more"


def describe_difference(one: CellComparison) -> str:
    """Write difference and verdict. The interval is of one pair; the verdict allows for all pairs."""
    if one.verdict is not Verdict.UNDECIDED:
        return f"{evidence.difference(one)}, {one.verdict}"
    alone = one.interval.low > 0 or one.interval.high < 0
    said = f"{evidence.difference(one)}, no detectable difference"
    return f"{said} where all pairs are looked at" if alone else said
