"""What to do with one's own data: which method, from which probability on, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imbaloss.comparison.bootstrap_of_test_rows import widen_to_other_rows
from imbaloss.comparison.sentences import Case, write_sentences
from imbaloss.evaluation.scores import Threshold
from imbaloss.learners import Method
from imbaloss.report import Findings
from imbaloss.report.cells import COMPARED, TUNED_F1, Cell, ComparedScore, choose_compared_scores
from imbaloss.report.comparisons import CellComparison, select_of_method, select_repeated
from imbaloss.studies import ReportExtension, Row


@dataclass(frozen=True)
class Advice:
    """The recommended method, and what a person should know of it."""

    method: Method
    score: ComparedScore  # by which it is recommended
    sentences: tuple[str, ...]  # the most important first
    row: Row | None  # of the training on all rows; None before it is finished

    @property
    def threshold(self) -> Threshold | None:
        """The threshold of the training on all rows, and the ends of its 95 % interval."""
        return self.row.threshold if self.row else None


def extend_page(advice: Advice | None) -> ReportExtension:
    """Return what a page says first: the advice, or that no method came to a result."""
    sentences = advice.sentences if advice else ()
    return ReportExtension("imbaloss.comparison", "page_of_answer.html.jinja", {"advice": advice}, sentences)


def advise(findings: Findings, best: Method, *, methods: Sequence[Method], sought: str, final: Row | None) -> Advice:
    """Say why a method is to be taken, and how.

    Args:
        findings: Finished runs of a study of one's own data.
        best: The method that `recommend` returns of them.
        methods: All that the study compares.
        sought: What is to be found, in words.
        final: The training of the best method on all rows, None before it is finished.
    """
    score = choose_score(findings)
    [cell] = findings.scored[score]
    case = Case(
        findings=findings,
        methods=methods,
        sought=sought,
        score=score,
        cell=cell,
        best=best,
        repetitions=count_scores(cell, methods),
        comparisons=select_comparisons(findings, best, methods, score),
        final=final,
    )
    return Advice(best, score, write_sentences(case), final)


def recommend(findings: Findings, methods: Sequence[Method]) -> Method | None:
    """Return the method with the best mean, of those that have a score as often as any; None where none has a score."""
    score = choose_score(findings)
    [cell] = findings.scored[score]
    repetitions = count_scores(cell, methods)
    most = max(repetitions.values())
    means = {method: cell.interval(str(method)).estimate for method in repetitions if repetitions[method] == most}
    return (min if score.lower else max)(means, key=lambda method: means[method]) if most else None


def choose_score(findings: Findings) -> ComparedScore:
    """Return the score that the threshold is tuned for. Of a rule without a score of its own it is F1."""
    score = choose_compared_scores(findings.rows)[-1]
    return next(one for one in COMPARED if one.label == TUNED_F1) if score in COMPARED else score


def by_name(methods: Sequence[Method]) -> dict[str, Method]:
    """Return the methods by their names in findings. These are their texts, since own data have one recipe for all."""
    return {str(method): method for method in methods}


def count_scores(cell: Cell, methods: Sequence[Method]) -> dict[Method, int]:
    """Count the repetitions in which each method has a score."""
    named = by_name(methods)
    return {named[name]: int(np.isfinite(values).sum()) for name, values in cell.scores.items()}


def select_comparisons(
    findings: Findings, best: Method, methods: Sequence[Method], score: ComparedScore
) -> Mapping[Method, CellComparison]:
    """Return the comparisons of the best method with each other one that has repetitions, by the other one.

    Where all seeds have the same test rows, they allow for other test rows too.
    """
    named = by_name(methods)
    of_score = [one for one in findings.comparisons if one.score == score.label]
    comparisons = select_repeated(select_of_method(of_score, str(best)))
    if comparisons and not findings.study.folds:
        comparisons = widen_to_other_rows(findings, comparisons, score)
    return {named[one.second]: one for one in comparisons}
