"""What to do with one's own data: which method, from which probability on, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imbaloss.comparison.bootstrap_of_test_rows import widen_to_other_rows
from imbaloss.comparison.sentences import Case, write_sentences
from imbaloss.comparison.study import OwnStudy
from imbaloss.evaluation.scores import Threshold
from imbaloss.report import Findings
from imbaloss.report.cells import COMPARED, TUNED_F1, Cell, Compared, compared_in
from imbaloss.report.comparisons import CellComparison, seen_from, select_repeated
from imbaloss.studies import Row


@dataclass(frozen=True)
class Advice:
    """The recommended method, and what a person should know of it."""

    method: str
    score: Compared  # by which it is recommended
    sentences: tuple[str, ...]  # the most important first
    row: Row | None  # of the training on all rows; None before it is finished

    @property
    def threshold(self) -> Threshold | None:
        """The threshold of the training on all rows, and the ends of its 95 % interval."""
        return self.row.threshold if self.row else None


def advise(study: OwnStudy, findings: Findings) -> Advice | None:
    """Recommend a method and say why. Return None where no method has a score.

    Args:
        study: The study that the findings are of.
        findings: Its finished runs.
    """
    score, best = choose_score(findings), recommend(findings)
    if best is None:
        return None
    [cell] = findings.scored[score]
    case = Case(
        findings=findings,
        study=study,
        score=score,
        cell=cell,
        best=best,
        repetitions=count_scores(cell),
        comparisons=select_comparisons(findings, best, score),
        final=next(iter(findings.store.rows([study.for_use(best)])), None),
    )
    return Advice(best, score, write_sentences(case), case.final)


def recommend(findings: Findings) -> str | None:
    """Return the method with the best mean, of those that have a score as often as any; None where none has a score."""
    score = choose_score(findings)
    [cell] = findings.scored[score]
    repetitions = count_scores(cell)
    most = max(repetitions.values())
    means = {method: cell.interval(method).estimate for method in repetitions if repetitions[method] == most}
    return (min if score.lower else max)(means, key=lambda method: means[method]) if most else None


def choose_score(findings: Findings) -> Compared:
    """Return the score that the threshold is tuned for. Of a rule without a score of its own it is F1."""
    score = compared_in(findings.rows)[-1]
    return next(one for one in COMPARED if one.label == TUNED_F1) if score in COMPARED else score


def count_scores(cell: Cell) -> dict[str, int]:
    """Count the repetitions in which each method has a score."""
    return {method: int(np.isfinite(values).sum()) for method, values in cell.scores.items()}


def select_comparisons(findings: Findings, best: str, score: Compared) -> Sequence[CellComparison]:
    """Return the comparisons of the best method with each other one that has repetitions.

    Where all seeds have the same test rows, they allow for other test rows too.
    """
    comparisons = select_repeated(seen_from([one for one in findings.comparisons if one.score == score.label], best))
    fixed_test = not findings.study.folds
    return widen_to_other_rows(findings, comparisons, score) if fixed_test and comparisons else comparisons
