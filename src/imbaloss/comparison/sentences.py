"""The sentences of the answer for one's own data, one function each: the first one recommends a method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor, isfinite, log10

import numpy as np

from imbaloss.learners import NETWORKS, Method
from imbaloss.losses import LossSpec
from imbaloss.plural import format_count, join_words
from imbaloss.report import Findings
from imbaloss.report.cells import COST, Cell, ComparedScore, constant_cost
from imbaloss.report.comparisons import CellComparison
from imbaloss.report.lines import CellLine
from imbaloss.statistics import Interval, Verdict
from imbaloss.studies import ReportableStudy, Row

PLAIN = Method(NETWORKS, LossSpec("ce"))  # the ordinary network
MOST_NAMED = 12  # methods that a sentence names
SAVES = 0.0005  # share of a cost; a smaller saving is called nothing
IN_SO_MANY = (1000, 10_000, 100_000)  # new rows, for which decisions are counted
MANY_POSITIVES = 10  # that so many rows should have
RULE_TITLES = {"f1": "F1", "g_mean": "G-mean", "mcc": "MCC"}  # of threshold rules whose text is no word
FEWEST_DECIMALS, MOST_DECIMALS = 2, 4
DECIMALS_ALONE = 3  # of a number without an interval


@dataclass(frozen=True, eq=False)
class Case:
    """The facts that the sentences are made of."""

    findings: Findings
    methods: Sequence[Method]  # that the study compares
    sought: str  # the positive class in words, such as churned = yes
    score: ComparedScore  # the score by which a method is recommended
    cell: Cell  # the values of that score in each repetition
    best: Method  # the recommended method
    repetitions: Mapping[Method, int]  # the number in which each method has a score
    comparisons: Mapping[Method, CellComparison]  # of the best method with each other method that has repetitions
    final: Row | None  # the training on all rows; None before it is finished

    @property
    def study(self) -> ReportableStudy:
        """The study that the findings are of: its methods, folds and nouns."""
        return self.findings.study

    @property
    def repetition(self) -> str:
        """The noun for one repetition of the study: "repetition" with folds, else "seed"."""
        return "repetition" if self.study.folds else "seed"

    @property
    def sample(self) -> str:
        """The noun for one sample with its article: "a row" or "an image"."""
        noun = self.study.noun.removesuffix("s")
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"

    @property
    def best_rows(self) -> list[Row]:
        """The rows (results) of the best method in the repetitions, also of trainings that failed."""
        return [row for row in self.findings.rows if row.run.method == self.best]

    @property
    def total(self) -> int:
        """The number of repetitions that were run."""
        return max(len(values) for values in self.cell.scores.values())

    @property
    def interval(self) -> Interval:
        """The mean score of the best method with the ends of its 95 % interval, which are NaN for one repetition."""
        return self.cell.interval(str(self.best))

    @property
    def line(self) -> CellLine:
        """The line of the table of the report that is about the best method, with means over the repetitions."""
        return next(line for line in self.findings.lines if line.method == str(self.best))


def write_sentences(case: Case) -> tuple[str, ...]:
    """Write all sentences of the answer, without a period at the end, the most important first.

    Sentences that do not apply are left out.
    """
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
    """Recommend the method with the best mean score, and say how far that is proved, in one text.

    If the mean score is 0 for all methods, the text says so instead. For one repetition it only says what to start
    with.
    """
    score, best, repetitions = case.score, case.best, case.repetitions[case.best]
    if case.interval.estimate <= 0 and not score.lower:
        return f"No method finds {case.study.noun} with {case.sought}: none has a {score.mean_label} above 0"
    over = format_count(repetitions, case.repetition)
    if repetitions < case.total:
        over = f"the {repetitions} of {format_count(case.total, case.repetition)} in which it has a score"
    if repetitions == 1:
        extreme = "lowest" if score.lower else "highest"
        mean = f"{score.label}, {write_number(case.interval.estimate, DECIMALS_ALONE)}"
        where = f"the only {case.repetition}" if case.total == 1 else over
        return f"Start with {best}. It has the {extreme} {mean}, in {where}"
    where = "" if case.study.folds else f" on the same test {case.study.noun}"
    proof = ""
    if len(case.repetitions) > 1 and not any(each.verdict is Verdict.BETTER for each in case.comparisons.values()):
        proof = ". None of the other methods was shown to be worse"
    return f"Use {best}. Its {score.mean_label} is {write_interval(case.interval)} over {over}{where}{proof}"


def compare_with_others(case: Case) -> str:
    """Say which methods the best one is better than or equivalent to, and for which no difference was shown.

    With one method or one repetition, the text says that nothing was compared or decided.
    """
    comparisons = case.comparisons.values()
    if len(case.methods) == 1:
        return f"{case.best} was not compared with any other method"
    if not comparisons:
        return f"A single {case.repetition} with a score decides nothing: any difference between methods may be chance"
    relations = {
        Verdict.BETTER: f"{case.best} is better than",
        Verdict.WORSE: f"In the repetitions that have both scores, {case.best} is worse than",
        Verdict.EQUIVALENT: f"{case.best} is equivalent to",
        Verdict.UNDECIDED: f"No difference was shown between {case.best} and",
    }
    methods = {verdict: [each.second for each in comparisons if each.verdict is verdict] for verdict in relations}
    if len(comparisons) > 1 and len(methods[Verdict.BETTER]) == len(comparisons):
        text = f"{case.best} is better than each of the {len(comparisons)} other methods"
    else:
        text = ". ".join(f"{relations[verdict]} {list_methods(names)}" for verdict, names in methods.items() if names)
    if case.study.folds:
        return text
    return f"{text}. The comparison allows for other test {case.study.noun} too, by a bootstrap"


def explain_missing_scores(case: Case) -> str:
    """Say which methods lack scores in some repetitions, and why; "" if none does."""
    rows = case.findings.rows
    lacking = {method: case.total - count for method, count in case.repetitions.items() if count < case.total}
    if not lacking:
        return ""
    failed = any(row.failure for row in rows)
    unmet = any(row.threshold is None and not row.failure for row in rows)
    reasons = ["the training failed"] * failed
    reasons += [f"no threshold on the validation part meets {case.best.decision.rule}"] * unmet
    counts = list_methods([f"{method} ({count} of {case.total})" for method, count in lacking.items()])
    chosen = "A method that lacks more of them than another is not recommended"
    return f"Some {case.repetition}s give no score, since {' or '.join(reasons)}: {counts}. {chosen}"


def compare_with_references(case: Case) -> str:
    """Compare a recommended network with the nearest reference (model of scikit-learn), or a reference with a network.

    The nearest is the one with the smallest mean difference. "" if no such method was compared.
    """
    is_network = case.best.learner.is_network
    candidates = [each for method, each in case.comparisons.items() if method.learner.is_network != is_network]
    if not candidates:
        return ""
    nearest = min(candidates, key=lambda each: each.interval.estimate)
    kind = "reference" if is_network else "network"
    return f"The nearest {kind} is {nearest.second}: {describe_difference(case, nearest)}"


def compare_with_plain_network(case: Case) -> str:
    """Compare the best method with plain cross-entropy; "" if that was not compared or is the best itself."""
    plain = case.comparisons.get(replace(PLAIN, decision=case.best.decision))
    if plain is None:
        return ""
    return f"Plain cross-entropy (ce) at its tuned threshold: {describe_difference(case, plain)}"


def give_threshold(case: Case) -> str:
    """Say from which probability on to flag a row, with an interval; "" before the training on all rows is finished.

    If that training has no threshold, the text says why and advises 1/2.
    """
    row, study = case.final, case.study
    if row is None:
        return ""
    rule = case.best.decision.rule
    if row.threshold is None:
        reason = row.failure or row.tuned.reason
        return f"The final training on all {study.noun} has no threshold ({reason}): use ½, or one that you know"
    threshold, low, high = row.threshold
    decimals = count_threshold_decimals(threshold)
    ends = [f"{end:.{decimals}f}" for end in (low, high)]
    interval = f"; 95 % CI {ends[0]} to {ends[1]}" if high > low and ends[0] != ends[1] else ""
    repeated = case.line.scores["tuned_threshold"]
    deviation = f" (standard deviation {repeated.deviation:.{decimals}f})" if repeated.deviation > 0 else ""
    return (
        f"Flag {case.sample} as {case.sought} when its probability is at least {threshold:.{decimals}f} (threshold "
        f"chosen for {RULE_TITLES.get(str(rule), rule)}{interval}). Over the {case.repetition}s the threshold was "
        f"{repeated.mean:.{decimals}f} on average{deviation}"
    )


def rate_decisions(case: Case) -> str:
    """Say how many new rows would be flagged, right and missed, by the test parts; "" without positives there.

    The counts are of all test rows of the repetitions that have a threshold, each at its own. They are told for 1,000
    rows, or for 10 or 100 times as many, so that at least ten of these are positive.
    """
    rows = [row for row in case.best_rows if row.threshold]
    tn, fp, fn, tp = (sum(row.tuned.scores[name] or 0 for row in rows) for name in ("tn", "fp", "fn", "tp"))
    if not tp + fn:
        return ""
    noun, sought, total = case.study.noun, case.sought, tn + fp + fn + tp
    many = next((many for many in IN_SO_MANY if many * (tp + fn) / total >= MANY_POSITIVES), IN_SO_MANY[-1])
    flagged, right, missed = (round(many * number / total) for number in (tp + fp, tp, fn))
    precision = f", precision {100 * tp / (tp + fp):.0f} %" if tp + fp else ""
    positives = f"{case.line.test.positives:.0f} {noun} with {sought}"
    tests = f"each test part has about {positives}" if case.study.folds else f"the test part has {positives}"
    over = format_count(len(rows), case.repetition)
    return (
        f"With thresholds chosen in this way you would flag about {flagged:,} of {many:,} new {noun}. Of these, "
        f"{right:,} would have {sought}, and {missed:,} with {sought} would be missed. "
        f"(All test {noun} of {over} together: recall {100 * tp / (tp + fn):.0f} %{precision}; {tests})"
    )


def check_demand(case: Case) -> str:
    """Say in how many repetitions the demanded precision or recall was reached on test; "" if the rule demands none."""
    rule = case.best.decision.rule
    if rule.name not in {"recall_at_precision", "precision_at_recall"}:
        return ""
    [(score, demanded)] = rule.parameters.items()
    rows = case.best_rows
    reached = [row.tuned.scores[score] or 0.0 for row in rows if row.threshold]
    met = f"{sum(value >= demanded for value in reached)} of {format_count(len(rows), case.repetition)}"
    over = (
        f" over the {format_count(len(reached), case.repetition)} with a threshold" if len(reached) < len(rows) else ""
    )
    return (
        f"You asked for a {score} of {demanded:g}. On test it was reached in {met}; its mean was "
        f"{np.mean(reached):.2f}{over}. Ask for more if that is too little"
    )


def compare_costs(case: Case) -> str:
    """Compare the mean cost of a decision with that of the best constant decision; "" if the rule names no costs."""
    if case.score is not COST:
        return ""
    rows, noun, mean = case.findings.rows, case.study.noun, case.interval.estimate
    constant = float(np.mean([constant_cost(row) for row in rows]))
    costs = case.best.decision.rule.parameters
    missing_all = costs["fn"] * sum(row.counts.test.positives for row in rows)
    flagging_all = costs["fp"] * sum(row.counts.test.negatives for row in rows)
    simplest = f"flag no {noun} at all" if missing_all <= flagging_all else f"flag all {noun}"
    saved = 1 - mean / constant
    text = f"Deciding by {case.best} costs {mean:.3g} {case.sample} on average; to {simplest} costs {constant:.3g}"
    if saved >= SAVES:
        return f"{text}. The method saves {saved * 100:.1f} %"
    loss = "saves nothing" if saved > -SAVES else f"costs {-saved * 100:.1f} % more"
    return f"{text}. The method {loss}: {simplest}, without a model"


def list_methods(methods: Sequence[str]) -> str:
    """List the methods in a sentence: "a, b and c". Those beyond the first 12 are counted: "… and 3 more".

    Raises:
        ValueError: There are no methods.
    """
    return join_words(methods, most=MOST_NAMED)


def describe_difference(case: Case, comparison: CellComparison) -> str:
    """Say how much better or worse the best method is than another, with the 95 % interval and the verdict.

    The interval is of this pair alone; the verdict is corrected for all pairs of methods.

    comparison: Of the best method with the other one; a positive mean says that the best is ahead.
    """
    mean, low, high = comparison.interval
    direction = "ahead" if mean >= 0 else "behind"
    ends = (low, high) if mean >= 0 else (-high, -low)
    text = f"{case.best} is {direction} by {write_interval(Interval(abs(mean), *ends))}"
    if comparison.verdict is Verdict.EQUIVALENT:
        return f"{text}, which is equivalent"
    if comparison.verdict.differs:
        return f"{text}, a significant difference"
    is_significant_alone = low > 0 or high < 0
    return f"{text}, not significant{' after correction for all pairs' if is_significant_alone else ''}"


def count_decimals(low: float, high: float) -> int:
    """Return how many decimals the width of an interval allows, from 2 to 4; 3 if the width is 0, infinite or NaN."""
    width = high - low
    if not width > 0 or not isfinite(width):
        return DECIMALS_ALONE
    return min(max(1 - floor(log10(width)), FEWEST_DECIMALS), MOST_DECIMALS)


def count_threshold_decimals(threshold: float) -> int:
    """Return how many decimals show three digits of a probability, or of its distance to 1; at least 3 decimals."""
    distance = min(threshold, 1 - threshold)
    return max(2 - floor(log10(distance)), 3) if distance > 0 else 3


def write_number(value: float, decimals: int) -> str:
    """Write a number with `decimals` decimals, or with two significant digits if it would read 0 without being 0."""
    return f"{value:.2g}" if 0 < abs(value) < 0.5 * 10.0**-decimals else f"{value:.{decimals}f}"


def write_interval(interval: Interval) -> str:
    """Write an estimate and its 95 % interval, such as "0.17 (95 % CI 0.05 to 0.29)"; its width decides the digits.

    The interval is left out if it has no width or NaN: equal values in all repetitions do not prove certainty.
    """
    estimate, low, high = interval
    decimals = count_decimals(low, high)
    if not high > low:
        return write_number(estimate, decimals)
    ends = f"{low:.{decimals}f} to {high:.{decimals}f}"
    return f"{write_number(estimate, decimals)} (95 % CI {ends})"
