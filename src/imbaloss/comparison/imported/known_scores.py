"""The scores whose name says which values they have and whether higher is better."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from imbaloss.choices import suggest
from imbaloss.comparison.imported.columns import list_columns, simplify_name
from imbaloss.comparison.imported.request import ImportRequest
from imbaloss.evaluation import DECISION_SCORES
from imbaloss.report.cells import BRIER, COMPARED, COSTS, UNIT, ComparedScore, Limits

ANY = (-np.inf, np.inf)


@dataclass(frozen=True)
class KnownScore:
    """What the name of a score says."""

    label: str  # the name that a reader sees
    domain: tuple[float, float] = (0.0, 1.0)  # the smallest and the largest possible value
    lower: bool = False

    @property
    def limits(self) -> Limits:
        """The limits at which intervals are cut off."""
        return COSTS if self.domain == COSTS else UNIT


SIGNED = (-1.0, 1.0)
NAMES: Mapping[KnownScore, tuple[str, ...]] = MappingProxyType(
    {  # the names of each known score, with its label
        KnownScore("F1"): ("f1", "f1_score"),
        KnownScore("ROC-AUC"): ("roc_auc", "auroc", "roc_auc_score"),
        KnownScore("average precision"): ("average_precision", "average_precision_score"),
        KnownScore("PR-AUC"): ("pr_auc", "auprc"),
        KnownScore("accuracy"): ("accuracy", "accuracy_score"),
        KnownScore("precision"): ("precision",),
        KnownScore("recall"): ("recall",),
        KnownScore("sensitivity"): ("sensitivity",),
        KnownScore("specificity"): ("specificity",),
        KnownScore("true positive rate"): ("tpr",),
        KnownScore("true negative rate"): ("tnr",),
        KnownScore("balanced accuracy"): ("balanced_accuracy", "balanced_accuracy_score"),
        KnownScore("G-mean"): ("g_mean", "gmean"),
        KnownScore("Jaccard index"): ("jaccard",),
        KnownScore("MCC", SIGNED): ("mcc", "matthews_corrcoef"),
        KnownScore("Cohen's kappa", SIGNED): ("kappa", "cohen_kappa", "cohen_kappa_score"),
        KnownScore("Brier score", lower=True): ("brier", "brier_score", "brier_score_loss"),
        KnownScore("ECE", lower=True): ("ece",),
        KnownScore("false positive rate", lower=True): ("fpr",),
        KnownScore("false negative rate", lower=True): ("fnr",),
        KnownScore("error rate", lower=True): ("error", "error_rate"),
        KnownScore("log loss", COSTS, lower=True): ("log_loss", "logloss"),
        KnownScore("MSE", COSTS, lower=True): ("mse",),
        KnownScore("RMSE", COSTS, lower=True): ("rmse",),
        KnownScore("MAE", COSTS, lower=True): ("mae",),
    }
)
BY_NAME = {name: known for known, names in NAMES.items() for name in names}
KNOWN: Mapping[str, KnownScore] = MappingProxyType(BY_NAME | {
    f"tuned_{name}": replace(BY_NAME[name], label=f"{BY_NAME[name].label} at the tuned threshold")
    for name in DECISION_SCORES
})  # fmt: skip
OURS = {score.column: score for score in (*COMPARED[1:], BRIER)}  # scores of a study, with the label that it has there


def choose_scores(names: Sequence[str], request: ImportRequest) -> tuple[ComparedScore, ...]:
    """Choose the scores to compare methods by: those that the request names, or without `scores` all known ones.

    Scores that `lower_is_better` names are always among them.

    Args:
        names: The columns that may be scores, or the names of scores in the long form.
        request: The request.

    Raises:
        ValueError: A named score is missing, a known one is called lower where it is not, or no score is known_score.
    """
    for name in (*request.scores, *request.lower_is_better):
        if name not in names:
            raise ValueError(f"there is no score {name!r}{suggest(name, names)}: {list_columns(names)}")
    for name in request.lower_is_better:
        known_score = KNOWN.get(simplify_name(name))
        if known_score is not None and not known_score.lower:
            raise ValueError(f"higher is better for {name!r}: leave out --lower-is-better {name}, or rename the column")
    chosen = [
        name
        for name in names
        if name in {*request.scores, *request.lower_is_better} or (not request.scores and simplify_name(name) in KNOWN)
    ]
    if not chosen:
        raise ValueError(
            "no column is a known score: name those of which higher is better with --score NAME, others with "
            "--lower-is-better NAME. For predictions, name the columns of label and probability with --label-column "
            f"and --probability-column; {list_columns(names)}"
        )
    scores = [make_score(name, is_lower=name in request.lower_is_better) for name in chosen]
    counts = Counter(score.label for score in scores)
    return tuple(score if counts[score.label] == 1 else score._replace(label=score.column) for score in scores)


def make_score(name: str, *, is_lower: bool) -> ComparedScore:
    """Make the compared score of a column. A known score has the label of `KNOWN`, any other one its name as it is.

    Args:
        name: The name of the column.
        is_lower: Whether the request says that lower is better. A known score needs no such word.
    """
    if name in OURS:
        return OURS[name]
    known_score = KNOWN.get(simplify_name(name), KnownScore(name, ANY, is_lower))
    return ComparedScore(
        known_score.label,
        name,
        lower=known_score.lower,
        limits=ANY if known_score.domain == ANY else known_score.limits,
    )


def check_domain(score: ComparedScore, values: NDArray[np.float64], rows: Sequence[int]) -> None:
    """Check that the values of a known score are possible. Those of an unknown score may be any number.

    Args:
        score: The score.
        values: (N,), NaN for an undefined one.
        rows: (N,), the number of the row of each value in the file.

    Raises:
        ValueError: A value lies outside of the domain. The message names the row.
    """
    known_score = KNOWN.get(simplify_name(score.column))
    low, high = ANY if known_score is None else known_score.domain
    wrong = (values < low) | (values > high)
    if wrong.any():
        at = int(wrong.argmax())
        bounds = f"{low:g} or more" if np.isinf(high) else f"from {low:g} to {high:g}"
        hint = "; divide percentages by 100" if values[at] > 1 and high == 1 else ""
        raise ValueError(f"{score.column} must be {bounds}, found {values[at]:g} in row {rows[at]}{hint}")
