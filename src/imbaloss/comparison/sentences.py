"""The sentences of the answer for one's own data, one function each: the recommendation, and the reasons for it."""

from collections.abc import Sequence
from dataclasses import replace
from math import floor, isfinite, log10

import numpy as np

from imbaloss.comparison.bootstrap_of_test_rows import estimate_mean
from imbaloss.comparison.case import Case
from imbaloss.comparison.guaranteed import check_guarantee, promise
from imbaloss.comparison.recommendation import Kind, choose_method, find_kind, find_most_scored
from imbaloss.comparison.summary.decision_counts import count_decisions, pool_counts
from imbaloss.evaluation import Guarantee
from imbaloss.evaluation.calibration import NONE
from imbaloss.evaluation.guarantees import round_threshold
from imbaloss.evaluation.objective import AnyRule
from imbaloss.evaluation.sample_costs import ExpectedCost
from imbaloss.evaluation.scores import Threshold
from imbaloss.learners import NETWORKS, Method
from imbaloss.learners.estimators import BASELINE
from imbaloss.losses import LossSpec
from imbaloss.plural import format_count, join_words
from imbaloss.report.cells import AT_MOST_ONE, COST, constant_costs, find_cost
from imbaloss.report.comparisons import CellComparison
from imbaloss.report.tables import DECIMALS_ALONE, count_decimals
from imbaloss.statistics import Interval, Verdict
from imbaloss.statistics.paired import ROUNDING

PLAIN = Method(NETWORKS, LossSpec("ce"))  # the ordinary network
MOST_COLUMNS_NAMED = 3  # that matter most
MOST_NAMED = 12  # methods that a sentence names
SAVES = 0.0005  # share of a cost; a smaller saving is called nothing
RULE_TITLES = {"f1": "F1", "g_mean": "G-mean", "mcc": "MCC"}  # of threshold rules whose text is no word


def write_reasons(case: Case) -> tuple[str, ...]:
    """Write the sentences that give reasons for the recommendation and tell how to decide, the most important first.

    They have no period at the end. Sentences that do not apply are left out.
    """
    sentences = (
        explain_score(case),
        explain_choice(case),
        name_possible_best(case),
        name_equivalent_methods(case),
        explain_missing_scores(case),
        compare_with_other_kinds(case),
        compare_with_plain_network(case),
        give_threshold(case),
        rate_decisions(case),
        check_demand(case),
        check_guarantee(case),
        compare_costs(case),
        name_important_columns(case),
    )
    return tuple(filter(None, sentences))


def write_main_reasons(case: Case) -> tuple[str, ...]:
    """Write the sentences that a terminal shows after the recommendation, without a period at the end.

    They say how sure it is, how to decide, whether that met what was asked, and why another method is not recommended.
    Sentences that do not apply are left out, and so are missing scores that the alert on failed trainings explains.
    """
    sentences = (
        name_possible_best(case),
        give_threshold(case),
        check_demand(case),
        check_guarantee(case),
        explain_choice(case),
        "" if lacks_scores_by_failures_alone(case) else explain_missing_scores(case),
        name_important_columns(case),
    )
    return tuple(filter(None, sentences))


def recommend_method(case: Case) -> str:
    """Recommend the method, and say how far it is proved to be the best, in one text.

    If no method is better than chance, the text is "". For one repetition it only says what to start with.
    """
    score, best, repetitions = case.score, case.best, case.repetitions[case.best]
    if case.finds_nothing:
        return ""
    if repetitions == 1:
        return f"Start with {best}. {describe_single_scores(case)}"
    over = format_count(repetitions, case.repetition)
    if repetitions < case.total:
        over = f"the {repetitions} of {format_count(case.total, case.repetition)} in which it has a score"
    where = "" if case.study.folds else f" on the same test {case.study.noun}"
    if not isfinite(case.reached.low):
        return f"Use {best}. Its {score.mean_label} is {write_interval(case.interval)} over {over}{where}"
    mean = write_number(case.mean_of(best), count_decimals(case.reached.low, case.reached.high))
    return (
        f"Use {best}. On new {case.study.noun} expect {name_score(score.label)} of about "
        f"{write_interval(case.reached)}. Its {score.mean_label} over {over}{where} is {mean}"
    )


def describe_single_scores(case: Case) -> str:
    """Say what score the methods have in their only repetition, and that this cannot tell them apart."""
    label, own = case.score.label, write_number(case.mean_of(case.best), DECIMALS_ALONE)
    ranked = sorted((method for method in find_most_scored(case.scores) if method != case.best), key=case.mean_of)
    if not ranked:
        return f"Its {label} is {own} in the only {case.repetition} with a score"
    low, high = (write_number(case.mean_of(method), DECIMALS_ALONE) for method in (ranked[0], ranked[-1]))
    rest = (
        f"{low} ({ranked[0]}) to {high} ({ranked[-1]}) for the others" if len(ranked) > 1 else f"{low} for {ranked[0]}"
    )
    return f"One {case.repetition} cannot tell methods apart: {label} is {own} for {case.best}, and {rest}"


def explain_score(case: Case) -> str:
    """Explain average precision or ROC-AUC in a few words, with the value of a random order; "" for other scores."""
    noun, sought = case.study.noun, case.sought
    if case.score.score == "average_precision":
        return (
            f"Average precision rates the order in which the model ranks the {noun}: 1 if all with {sought} come "
            f"first, about {case.chance_level:.2g} for a random order"
        )
    if case.score.score == "roc_auc":
        return (
            f"ROC-AUC is the probability that the model ranks {case.sample} with {sought} above another one: 1 if it "
            "always does, 0.5 for a random order"
        )
    return ""


def explain_choice(case: Case) -> str:
    """Say which method has a better mean than the recommended one, and why it is not recommended; "" if none has.

    A difference that rounding may have made is none.
    In a single repetition the text is empty too.
    """
    leader, best, first = case.leader, case.best, case.first_choice
    ahead = case.comparisons.get(leader)
    if leader == best or ahead is None or abs(ahead.interval.estimate) <= ROUNDING:
        return ""
    leading, own = (write_number(case.mean_of(method), DECIMALS_ALONE) for method in (leader, best))
    better = "lower" if case.score.lower else "higher"
    text = (
        f"{leader} has a {better} {case.score.mean_label} ({leading}; {best}: {own}), "
        f"a lead of {write_interval(ahead.interval.turned)}, {describe_verdict(ahead, pairs=case.pairs)}"
    )
    if best == first:
        return f"{text}. {best} is the first choice as long as no other method is clearly ahead of it"
    return f"{text}. {best} is more clearly ahead of {first}, which is the first choice"


def name_possible_best(case: Case) -> str:
    """Say which methods may be the best, and which are ruled out and by how much.

    With one method the text says that nothing was compared. With one repetition it is empty, and if all other methods
    lack scores, or none is better than chance.
    """
    best, rulings = case.best, case.rulings
    if len(case.methods) == 1:
        return f"{best} was not compared with any other method"
    if case.repetitions[best] > 1 and not case.comparisons:
        return f"No other method has a score in two {case.repetition}s of {best}, so nothing was compared"
    compared = case.compared
    if compared < 2 or case.finds_nothing:
        return ""
    possible = list(map(str, case.possible_best))
    by_rows = "" if case.study.folds else f". This allows for other test {case.study.noun} too, by a bootstrap"
    if len(possible) == compared:
        return f"Each of the {compared} methods may be the best: the differences may be chance{by_rows}"
    ends = [(method, ruling.behind, "") for method, ruling in rulings.items() if case.is_ruled_out(method)]
    ends += [(method, drop.behind, f"; {drop.when}") for method, drop in case.drops.items()]
    behind = [f"{method} ({write_number(least, DECIMALS_ALONE)}{when})" for method, least, when in ends]
    outcome = "The other one is ruled out; it is" if len(ends) == 1 else "The others are ruled out; each is"
    if len(possible) == 1:
        return (
            f"{possible[0]} is the best of the {compared} methods, with 95 % confidence. {outcome} behind by at least "
            f"the number in brackets: {list_methods(behind)}{by_rows}"
        )
    return (
        f"These methods may be the best, with 95 % confidence: {list_methods(possible)}. {outcome} behind the best by "
        f"at least the number in brackets: {list_methods(behind)}{by_rows}"
    )


def name_equivalent_methods(case: Case) -> str:
    """Say which methods are equivalent to the recommended one, or better where both have scores; "" for none."""
    methods = {
        verdict: [each.second for each in case.comparisons.values() if each.verdict is verdict] for verdict in Verdict
    }
    sentences = []
    if worse := methods[Verdict.WORSE]:
        verb = "are" if len(worse) > 1 else "is"
        sentences.append(
            f"In the {case.repetition}s that have both scores, {list_methods(worse)} {verb} better than {case.best}"
        )
    if equivalent := methods[Verdict.EQUIVALENT]:
        sentences.append(f"{case.best} is equivalent to {list_methods(equivalent)}")
    return ". ".join(sentences)


def explain_missing_scores(case: Case) -> str:
    """Say which methods lack scores in some repetitions, and why; "" if none does."""
    rows = case.findings.rows
    trained = {method: drop.repetitions for method, drop in case.drops.items()}
    lacking = {
        method: trained.get(method, case.total) - count
        for method, count in case.repetitions.items()
        if count < trained.get(method, case.total)
    }
    if not lacking:
        return ""
    failures = find_first_failures(case)
    unmet = case.score.tuned and any(not row.is_decided and not row.failure for row in rows)
    reasons = ["the training failed"] * bool(failures)
    reasons += [f"no threshold on the validation part meets {case.best.decision.rule}"] * unmet
    reasons = reasons or ["it is undefined there"]
    counts = list_methods(
        [f"{method} ({count} of {trained.get(method, case.total)})" for method, count in lacking.items()]
    )
    chosen = "A method that lacks more of them than another is not recommended"
    why = f". The reason of each first failure: {'; '.join(dict.fromkeys(failures.values()))}" if failures else ""
    return f"Some {case.repetition}s give no score, since {' or '.join(reasons)}: {counts}{why}. {chosen}"


def lacks_scores_by_failures_alone(case: Case) -> bool:
    """Say whether each result without the deciding score is that of a failed training; true without such results."""
    return all(row.failure or case.score.value_in(row) is not None for row in case.findings.rows)


def find_first_failures(case: Case) -> dict[Method, str]:
    """Return the reason of the first failed training of each method; methods without a failure are left out."""
    failures: dict[Method, str] = {}
    for row in case.findings.rows:
        if row.failure:
            failures.setdefault(row.run.method, row.failure.rstrip("."))
    return failures


def compare_with_other_kinds(case: Case) -> str:
    """Compare the recommended method with the best one of each other kind: boosted trees, networks, other classifiers.

    A kind is left out if its best method is the one that `explain_choice` names. "" if nothing is left.
    """
    sentences = []
    for kind in Kind:
        of_kind = {method: case.scores[method] for method in case.comparisons if find_kind(method) is kind}
        best = choose_method(of_kind, test_to_train=None, lower=case.score.lower, standard_errors=0.0)
        if best is None or kind is find_kind(case.best) or best == case.leader:
            continue
        which = "best" if sum(find_kind(method) is kind for method in case.methods) > 1 else "only"
        sentences.append(f"The {which} {kind} is {best}: {describe_difference(case, case.comparisons[best])}")
    return ". ".join(sentences)


def compare_with_plain_network(case: Case) -> str:
    """Compare a recommended network with one of plain cross-entropy; "" if that was not compared or is the best mean.

    For a recommended method of another kind the text is empty.
    """
    plain = replace(PLAIN, decision=case.best.decision)
    comparison = case.comparisons.get(plain)
    if comparison is None or find_kind(case.best) is not Kind.NETWORK or plain == case.leader:
        return ""
    return f"Against plain cross-entropy (ce): {describe_difference(case, comparison)}"


def give_threshold(case: Case) -> str:
    """Say from which probability on to flag a row, with an interval; "" before the training on all rows is finished.

    With costs by row, the text says how each row is decided. Without calibration the text speaks of a score, and says
    that it is no probability. If that training failed, the text says so; if it has no threshold, the text says why and
    advises 1/2. If no method is better than chance, it is "" too, and if a guarantee is missing, which an alert tells.
    """
    row, study = case.final, case.study
    if row is not None and row.failure:
        return f"No model was saved, since the training on all {study.noun} failed: {row.failure}"
    if row is None or case.finds_nothing:
        return ""
    rule = case.best.decision.rule
    if isinstance(rule, ExpectedCost) and row.threshold is None:
        return (
            f"Flag {case.sample} as {case.sought} when that costs less in expectation, by its own costs ({case.cost}) "
            "and its calibrated probability. `imbaloss predict` does so"
        )
    if row.threshold is None and isinstance(rule, Guarantee):
        return ""
    if row.threshold is None:
        reason = row.tuned.reason
        return f"The final training on all {study.noun} has no threshold ({reason}): use ½, or one that you know"
    action, basis = describe_threshold(case, row.threshold)
    text = f"{action}. {basis}" if isinstance(rule, Guarantee) else f"{action} ({basis})"
    repeated = case.line.scores["tuned_threshold"]
    if case.repetitions[case.best] > 1 and isfinite(repeated.mean):
        decimals = count_threshold_decimals(row.threshold.value)
        deviation = f" (standard deviation {repeated.deviation:.{decimals}f})" if repeated.deviation > 0 else ""
        text += f". Over the {case.repetition}s the threshold was {repeated.mean:.{decimals}f} on average{deviation}"
    return text if is_calibrated(case) else f"{text}. Scores are not calibrated, so they are no probabilities"


def describe_threshold(case: Case, threshold: Threshold) -> tuple[str, str]:
    """Describe a decision by a threshold in two texts: what to do, and how the threshold was chosen.

    Args:
        case: The facts, in which the training on all rows is finished.
        threshold: The threshold of that training, with its interval.
    """
    value, low, high = threshold
    rule, decimals = case.best.decision.rule, count_threshold_decimals(value)
    ends = [f"{end:.{decimals}f}" for end in (low, high)]
    interval = f"; 95 % CI {ends[0]} to {ends[1]}" if high > low and ends[0] != ends[1] else ""
    output = "probability" if is_calibrated(case) else "score"
    action = f"Flag {case.sample} as {case.sought} when its {output} is at least "
    if isinstance(rule, Guarantee):
        return action + round_threshold(rule, value, decimals), promise(case, rule)
    return f"{action}{value:.{decimals}f}", f"threshold chosen for {name_rule(rule)}{interval}"


def name_rule(rule: AnyRule) -> str:
    """Name a rule for a threshold in words: "F1", or "the costs of a miss (10) and of a false alarm (1)"."""
    if rule.name == COST.score:
        return f"the costs of a miss ({rule.parameters['fn']:g}) and of a false alarm ({rule.parameters['fp']:g})"
    return RULE_TITLES.get(str(rule), str(rule))


def is_calibrated(case: Case) -> bool:
    """Say whether the recommended method gives calibrated probabilities; otherwise they are scores without a unit."""
    return case.best.decision.calibration != NONE


def rate_decisions(case: Case) -> str:
    """Say how many new rows would be flagged, right and missed, by the test parts; "" without positives there.

    It is "" too if no method is better than chance.

    The counts are those of `count_decisions`.
    """
    counts = count_decisions(case)
    if counts is None or case.finds_nothing:
        return ""
    rows = [row for row in case.best_rows if row.is_decided]
    _, fp, fn, tp = map(float, pool_counts(rows))
    noun, sought = case.study.noun, case.sought
    flagged, right, _, missed = counts.write_counts(counts.recommended)
    precision = f", precision {100 * tp / (tp + fp):.0f} %" if tp + fp else ""
    f1 = f", F1 {2 * tp / (2 * tp + fp + fn):.2f}"
    positives = f"{case.line.test.positives:.0f} {noun} with {sought}"
    tests = f"each test part has about {positives}" if case.study.folds else f"the test part has {positives}"
    over = format_count(len(rows), case.repetition)
    deciding = "Deciding" if isinstance(case.best.decision.rule, ExpectedCost) else "With thresholds chosen"
    return (
        f"{deciding} in this way you would flag about {flagged} of {counts.rows:,} new {noun}, of which {right} would "
        f"have {sought}. {missed} with {sought} would be missed. "
        f"(All test {noun} of {over} together: recall {100 * tp / (tp + fn):.0f} %{precision}{f1}; {tests})"
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
    """Compare the mean cost of a decision with that of the best constant decision; "" if the rule names no costs.

    A score or decision in use today is compared too. The intervals are for other rows and repetitions.
    """
    score = find_cost(case.findings.scored)
    if score is None:
        return ""
    [cell] = case.findings.scored[score]
    costs, (simplest, constant) = estimate_mean(case.findings, str(case.best), score), name_constant(case)
    text = f"Deciding by {case.best} costs {write_cost(costs)} {case.sample} on average"
    text += f"; to {simplest} costs {constant:.3g}"
    if BASELINE in cell.scores and str(case.best) != BASELINE:
        in_use = estimate_mean(case.findings, BASELINE, score)
        text += f", and to decide by the score or decision in use today {write_cost(in_use)}"
    saved = estimate_savings(case, costs)
    if saved is None:
        return text
    ends = f" (95 % CI {100 * saved.low:.1f} to {100 * saved.high:.1f})" if saved.high > saved.low else ""
    if saved.estimate >= SAVES:
        return f"{text}. The method saves {100 * saved.estimate:.1f} %{ends}"
    loss = f"saves {100 * saved.estimate:.1f} %{ends}"
    if abs(saved.estimate) < SAVES:
        loss = "saves nothing"
    return f"{text}. The method {loss}: {simplest}, without a model"


def name_constant(case: Case) -> tuple[str, float]:
    """Return the cheaper constant decision in words, and its mean cost over the test parts of the best method."""
    none, every = case.constant_costs
    noun = case.study.noun
    return (f"flag no {noun} at all", none) if none <= every else (f"flag all {noun}", every)


def estimate_savings(case: Case, costs: Interval) -> Interval | None:
    """Estimate the share of the cost of the best constant decision that the best method saves, with a 95 % interval.

    With folds it is the mean of the savings in each; with one test part, whose constant decision has one cost, it
    follows from the mean cost. None if a constant decision costs nothing.

    costs: The mean cost of the best method.
    """
    rows = [row for row in case.best_rows if row.is_decided]
    constants = np.array([min(constant_costs(row)) for row in rows])
    if not (constants > 0).all():
        return None
    if not case.study.folds:
        return Interval(*(1 - cost / constants[0] for cost in (costs.estimate, costs.high, costs.low)))
    savings = 1 - np.array([row.tuned.scores[COST.score] for row in rows], dtype=float) / constants
    scores = case.cell._replace(scores={str(case.best): savings}, lower=False, limits=AT_MOST_ONE)
    return scores.interval(str(case.best))


def name_important_columns(case: Case) -> str:
    """Name the columns that matter most, with what the score loses when the values of one are shuffled; "" for none.

    Columns whose interval includes 0 are not named. If no method is better than chance, the text is "" too.
    """
    named = [each for each in case.importance if each.loss.low > 0][:MOST_COLUMNS_NAMED]
    if not named or case.finds_nothing:
        return ""
    losses = [f"`{each.column}` by {write_interval(each.loss)}" for each in named]
    alone = "" if case.study.folds else f". This is for these test {case.study.noun} alone"
    return (
        f"The columns that matter most to {case.best}: when the values of one are shuffled, its "
        f"{case.score.mean_label} gets worse, for {join_words(losses)}{alone}"
    )


def write_cost(costs: Interval) -> str:
    """Write a mean cost with three digits and its 95 % interval, which is left out if it has no width."""
    mean, low, high = costs
    return f"{mean:.3g} (95 % CI {low:.3g} to {high:.3g})" if high > low else f"{mean:.3g}"


def name_score(label: str) -> str:
    """Return the label of a score with its article: "an average precision", "a mean cost", "an F1", but "savings"."""
    if label.startswith("savings"):
        return label
    return f"{'an' if label[0] in 'aeiouFMR' else 'a'} {label}"


def list_methods(methods: Sequence[str]) -> str:
    """List the methods in a sentence: "a, b and c". Those beyond the first 12 are counted: "… and 3 more".

    Raises:
        ValueError: There are no methods.
    """
    return join_words(methods, most=MOST_NAMED)


def describe_difference(case: Case, comparison: CellComparison) -> str:
    """Say which of two methods is ahead and by how much, with the 95 % interval and the verdict.

    The interval is of this pair alone; the verdict is corrected for all pairs of methods.

    comparison: Of the best method with the other one; a positive mean says that the best is ahead.
    """
    mean = comparison.interval.estimate
    if abs(mean) <= ROUNDING:
        return f"{case.best} and {comparison.second} have the same {case.score.mean_label}"
    ahead = comparison if mean > 0 else comparison.turned
    loser = next(method for method in case.methods if str(method) == ahead.second)
    verdict = describe_verdict(comparison, pairs=case.pairs)
    if comparison.verdict is Verdict.UNDECIDED and case.is_ruled_out(loser):
        verdict = f"and {ahead.second} is ruled out as the best"
    return f"{ahead.first} is ahead of {ahead.second} by {write_interval(ahead.interval)}, {verdict}"


def describe_verdict(comparison: CellComparison, *, pairs: int) -> str:
    """Say whether a difference is significant, without saying in which direction, or whether methods are equivalent.

    pairs: the number of pairs of methods, for which the verdict is corrected.
    """
    if comparison.verdict is Verdict.EQUIVALENT:
        return "so little that they are equivalent"
    if comparison.verdict.differs:
        return "a significant difference"
    _, low, high = comparison.interval
    is_corrected = pairs > 1 and (low > 0 or high < 0)
    return f"not significant{' after correction for all pairs' if is_corrected else ''}"


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
    ends = [f"{round(end, decimals) + 0.0:.{decimals}f}" for end in (low, high)]  # never -0.00
    return f"{write_number(estimate, decimals)} (95 % CI {ends[0]} to {ends[1]})"
