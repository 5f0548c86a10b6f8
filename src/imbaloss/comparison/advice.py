"""Advice on a person's own data: the method to use, its threshold, and how certain that is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.bootstrap_of_test_rows import (
    estimate_sampling_variances,
    redraw_test_rows,
    rule_out_on_other_rows,
    widen_to_other_rows,
)
from imbaloss.comparison.case import Case
from imbaloss.comparison.column_importance import ColumnImportance, compute_importance, tabulate_importance
from imbaloss.comparison.exported_methods import has_onnx
from imbaloss.comparison.race_schedule import Drop
from imbaloss.comparison.reached import estimate_on_folds, estimate_on_other_rows, score_choices
from imbaloss.comparison.recommendation import (
    SIMPLEST,
    choose_method,
    find_most_scored,
    scale_standard_errors,
    sort_by_preference,
)
from imbaloss.comparison.segment_scores import SegmentReport
from imbaloss.comparison.segment_words import (
    describe_differences,
    describe_tested_rows,
    write_headings,
    write_lines,
    write_segment_sentences,
)
from imbaloss.comparison.sentences import recommend_method, write_main_reasons, write_reasons
from imbaloss.comparison.summary.decision_counts import write_amount
from imbaloss.comparison.summary.summary import Summary, summarize
from imbaloss.comparison.text_words import ColumnWords
from imbaloss.comparison.worst_misses import WorstMisses
from imbaloss.evaluation import Guarantee, Objective
from imbaloss.evaluation.scores import Threshold
from imbaloss.extras import describe_installation
from imbaloss.learners import Method
from imbaloss.report import Findings
from imbaloss.report.cells import (
    COMPARED,
    Cell,
    ComparedScore,
    choose_compared_scores,
    find_compared_score,
    list_repetitions,
)
from imbaloss.report.comparisons import CellComparison, select_of_method, select_repeated
from imbaloss.report.results import rule_out_in_cell
from imbaloss.statistics import Interval, Ruling
from imbaloss.studies import PermutedScores, ReportExtension, Row

Floats = NDArray[np.float64]

MOST_COLUMNS = 15  # of which the page shows what they matter
MOST_NOTES = 6  # on the data, that the page shows unfolded
IMAGES = "images"  # the noun for samples in studies of images


@dataclass(frozen=True)
class Advice:
    """The recommended method, with the sentences that explain it."""

    method: Method
    score: ComparedScore  # the score that decides the recommendation
    recommendation: str  # the method to use, in a sentence; what it would be if an alert blocks; may be empty
    reasons: tuple[str, ...]  # further sentences, the most important first
    main_reasons: tuple[str, ...]  # those that a terminal shows
    summary: Summary  # what the answer says first
    expected: Interval  # the score to expect on new data; NaN ends if it is not estimated
    row: Row | None  # the training on all rows; None before it is finished
    segments: SegmentReport | None = None  # the method in segments of the test rows; None if none are asked for
    importance: tuple[ColumnImportance, ...] = ()  # of each column, the most important first; empty if not measured
    worst_misses: WorstMisses | None = None  # test rows that it decided wrongly; None if they are not asked for
    words: tuple[ColumnWords, ...] = ()  # of each column of text
    has_exportable_inputs: bool = True  # whether an ONNX file can make the inputs of the model

    @property
    def sentences(self) -> tuple[str, ...]:
        """The whole answer: alerts that block its use, the recommendation, other alerts, and the reasons."""
        blocking = [alert.sentence for alert in self.summary.alerts if alert.blocks]
        further = [alert.sentence for alert in self.summary.alerts if not alert.blocks]
        return tuple(filter(None, (*blocking, self.recommendation, *further, *self.reasons)))

    @property
    def threshold(self) -> Threshold | None:
        """The threshold of the training on all rows, with its 95 % interval; None if it is unfinished or has none."""
        return self.row.threshold if self.row else None

    @property
    def guarantee(self) -> Guarantee | None:
        """The guarantee that was asked of the threshold; None for another rule."""
        rule = self.method.decision.rule
        return rule if isinstance(rule, Guarantee) else None


def extend_page(advice: Advice | None) -> ReportExtension:
    """Return the first part of a report: the advice, or a sentence that no method has a result if `advice` is None.

    The report has the file importance.csv too if it was measured which columns matter.
    """
    sentences = advice.sentences if advice else ()
    importance = advice.importance if advice else ()
    values: dict[str, object] = {
        "advice": advice,
        "most_columns": MOST_COLUMNS,
        "most_notes": MOST_NOTES,
        "write_amount": write_amount,
        "has_onnx": advice is not None and has_onnx(advice.method) and advice.has_exportable_inputs,
        "onnx_installation": describe_installation("onnx"),
    }
    if advice and (report := advice.segments) and report.segments:
        values["segments"] = {
            "headings": write_headings(report),
            "columns": {column: write_lines(report, lines) for column, lines in report.by_column.items()},
            "differences": describe_differences(report),
            "describe_rows": partial(describe_tested_rows, report),
        }
    highlighted = advice.summary.drawn if advice else ()
    files = {"importance.csv": tabulate_importance(importance).to_csv(index=False) if importance else None}
    return ReportExtension("imbaloss.comparison", "page_of_answer.html.jinja", values, sentences, files, highlighted)


def collect_facts(
    findings: Findings,
    best: Method,
    *,
    methods: Sequence[Method],
    sought: str,
    final: Row | None,
    drops: Sequence[Drop] = (),
    cost: str = "",
    permuted: Mapping[str, PermutedScores] = MappingProxyType({}),
    copies: int = 0,
) -> Case:
    """Return the facts that the answer is made of.

    Args:
        findings: The finished runs of a study of a person's own data.
        best: The method that `recommend` chose from them.
        methods: All methods that the study compares.
        sought: The positive class in words, such as "churned = yes".
        final: The training of the best method on all rows; None before it is finished.
        drops: The methods that a race dropped.
        cost: What outcomes cost in each row, as the request names it; empty without such costs.
        permuted: The scores of the best method after permutations of columns, by the hash of a run.
        copies: The number of test rows of the first division that also occur in train or validation.
    """
    score = choose_score(findings)
    named = key_by_name(methods)
    drop_of = {named[drop.method]: drop for drop in drops}
    kept = [method for method in methods if method not in drop_of]
    [cell] = findings.scored[score]
    repetitions = count_scores(cell, methods)
    is_repeated = repetitions[best] > 1
    of_best = [row for row in findings.rows if row.run.method == best]
    return Case(
        findings=findings,
        methods=order_methods(findings, methods),
        sought=sought,
        score=score,
        cell=cell,
        best=best,
        repetitions=repetitions,
        comparisons=select_comparisons(findings, best, methods, score),
        drops=drop_of,
        rulings=rule_out_methods(findings, kept, score, alpha=findings.study.alpha) if is_repeated else {},
        reached=estimate_reached(findings, best, kept) if is_repeated else cell.interval(str(best)),
        final=final,
        cost=cost,
        importance=compute_importance(score, of_best, permuted, cell.test_to_train),
        copies=copies,
    )


def advise(
    case: Case,
    segments: SegmentReport | None = None,
    worst_misses: WorstMisses | None = None,
    words: tuple[ColumnWords, ...] = (),
) -> Advice:
    """Return the advice to use a method: what the answer says first, sentences with reasons, and the final training.

    Args:
        case: The facts.
        segments: The best method in segments of the test rows; None if none are asked for.
        worst_misses: The test rows that the best method decided wrongly; None if they are not asked for.
        words: The words with most weight in each column of text.
    """
    summary, recommendation = summarize(case), recommend_method(case)
    if recommendation and summary.is_blocked:
        recommendation = (
            f"Without this alert the recommendation would be: {recommendation[0].lower()}{recommendation[1:]}"
        )
    of_segments = write_segment_sentences(segments) if segments and not case.finds_nothing else ()
    return Advice(
        method=case.best,
        score=case.score,
        recommendation=recommendation,
        reasons=write_reasons(case) + of_segments,
        main_reasons=write_main_reasons(case) + of_segments,
        summary=summary,
        expected=case.reached,
        row=case.final,
        segments=segments,
        importance=tuple(case.importance),
        worst_misses=worst_misses,
        words=words,
    )


def recommend(findings: Findings, methods: Sequence[Method]) -> Method | None:
    """Return the method that the rule of `choose_method` recommends, or None if no method has a score.

    The score is the one that the decision of the methods optimises. Studies of version 0.1, whose decisions name none,
    keep the rule of that version: the best mean, on a tie that of the first method.

    Args:
        findings: The finished runs of a study of a person's own data.
        methods: All methods that the study compares.
    """
    return build_rule(findings, methods)(collect_scores(findings, methods))


def collect_scores(findings: Findings, methods: Sequence[Method]) -> dict[Method, Floats]:
    """Return the deciding score of each of the methods in each repetition, (J,), in the order of preference.

    A missing score is NaN. Methods without any run are left out.
    """
    [cell] = findings.scored[choose_score(findings)]
    order = order_methods(findings, methods)
    return {method: cell.scores[str(method)] for method in order if str(method) in cell.scores}


def build_rule(findings: Findings, methods: Sequence[Method]) -> Callable[[Mapping[Method, Floats]], Method | None]:
    """Build the rule that recommends a method of a study by the scores of its methods in some repetitions.

    In fewer repetitions than the study has, standard errors count as those of all: the choice is to be the same one.

    Args:
        findings: The finished runs of a study of a person's own data.
        methods: All methods that the study compares.
    """
    score = choose_score(findings)
    [cell] = findings.scored[score]
    is_of_0_1 = find_objective(findings) is None
    variances: Mapping[Method, float] = {}
    candidates = find_most_scored(collect_scores(findings, methods))
    if not is_of_0_1 and not findings.study.folds and candidates:
        first, *other_methods = map(str, candidates)
        by_name = estimate_sampling_variances(findings, first, other_methods, score)
        variances = {method: by_name[str(method)] for method in candidates if str(method) in by_name}
    simplest = () if is_of_0_1 else [each for each in order_methods(findings, methods) if str(each) in SIMPLEST]

    def choose(scores: Mapping[Method, Floats]) -> Method | None:
        """Choose a method by the scores of each in the same repetitions, (J,), in the order of preference."""
        repetitions = max(map(len, scores.values()), default=1)
        standard_errors = scale_standard_errors(repetitions, cell.repetitions, cell.test_to_train)
        return choose_method(
            scores,
            test_to_train=cell.test_to_train,
            lower=score.lower,
            standard_errors=0.0 if is_of_0_1 else standard_errors,
            sampling_variances=variances,
            simplest=simplest,
        )

    return choose


def rule_out_methods(
    findings: Findings, methods: Sequence[Method], score: ComparedScore, *, alpha: float
) -> dict[Method, Ruling]:
    """Return for each method with as many scores as any whether it may be the best, in the order of preference.

    If all seeds share one test part, this allows for other test rows too. With folds, a method is tested against all
    methods of the findings.

    Args:
        findings: The finished runs of a study of a person's own data.
        methods: The methods to test: all of the study that are not dropped.
        score: The score.
        alpha: The error allowed.
    """
    compared = find_most_scored(collect_scores(findings, methods))
    if findings.study.folds:
        [cell] = findings.scored[score]
        rulings = rule_out_in_cell(cell, alpha)
    else:
        rulings = rule_out_on_other_rows(findings, list(map(str, compared)), score, alpha)
    return {method: rulings[str(method)] for method in compared}


def estimate_reached(findings: Findings, best: Method, methods: Sequence[Method]) -> Interval:
    """Estimate what the recommended method will reach on new data, with a 95 % interval; NaN with too few repetitions.

    Args:
        findings: The finished runs of a study of a person's own data.
        best: The recommended method, which has two repetitions or more.
        methods: All methods that the study compares and does not drop.
    """
    score, choose, all_scores = choose_score(findings), build_rule(findings, methods), collect_scores(findings, methods)
    scores = {method: all_scores[method] for method in find_most_scored(all_scores)}
    [cell] = findings.scored[score]
    if findings.study.folds:
        rounds = [seed for seed, _ in list_repetitions(findings.rows)]
        mean, *ends = estimate_on_folds(score_choices(scores, rounds, choose), scores[best], cell.test_to_train)
    else:
        mean, *ends = estimate_on_other_rows(redraw_test_rows(findings, score), list(scores), best, choose)
    return Interval(mean, *np.clip(ends, *cell.bounds).tolist())


def order_methods(findings: Findings, methods: Sequence[Method]) -> Sequence[Method]:
    """Return the methods in the order of preference; in their own order for studies of version 0.1."""
    if find_objective(findings) is None:
        return methods
    return sort_by_preference(methods, images=findings.study.noun == IMAGES)


def find_objective(findings: Findings) -> Objective | None:
    """Return the score that the decision of all methods optimises; None for studies of version 0.1."""
    return {row.run.method.decision.optimize for row in findings.rows}.pop()


def choose_score(findings: Findings) -> ComparedScore:
    """Return the score that the decision of the methods optimises.

    In studies of version 0.1, which name none, it is the score of the threshold rule, or F1 at the tuned threshold if
    the rule has no score of its own.
    """
    if objective := find_objective(findings):
        return find_compared_score(objective, findings.rows[0].run.method.decision.rule)
    score = choose_compared_scores(findings.rows)[-1]
    return find_compared_score(Objective("f1")) if score in COMPARED else score


def key_by_name(methods: Sequence[Method]) -> dict[str, Method]:
    """Return the methods keyed by their text, such as "ce + smote", which is their name in the findings."""
    return {str(method): method for method in methods}


def count_scores(cell: Cell, methods: Sequence[Method]) -> dict[Method, int]:
    """Count the repetitions in which each method has a score; a method without any run is left out.

    Args:
        cell: The scores of each method in each repetition, NaN if undefined.
        methods: All methods that the study compares.
    """
    named = key_by_name(methods)
    return {named[name]: int(np.isfinite(values).sum()) for name, values in cell.scores.items()}


def select_comparisons(
    findings: Findings, best: Method, methods: Sequence[Method], score: ComparedScore
) -> Mapping[Method, CellComparison]:
    """Return the comparisons of the best method with each other method by one score, keyed by the other method.

    Methods with fewer than two repetitions in common with the best are left out. If all seeds share one test part, the
    comparisons allow for other test rows too.

    Args:
        findings: The finished runs of the study.
        best: The recommended method.
        methods: All methods that the study compares.
        score: The score.
    """
    named = key_by_name(methods)
    of_score = [comparison for comparison in findings.comparisons if comparison.score == score.label]
    comparisons = select_repeated(select_of_method(of_score, str(best)))
    if comparisons and not findings.study.folds:
        comparisons = widen_to_other_rows(findings, comparisons, score)
    return {named[comparison.second]: comparison for comparison in comparisons}
