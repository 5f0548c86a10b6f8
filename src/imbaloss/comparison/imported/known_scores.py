"""The scores whose name says which values they have and whether higher is better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

    domain: tuple[float, float] = (0.0, 1.0)  # the smallest and the largest possible value
    lower: bool = False

    @property
    def limits(self) -> Limits:
        """The limits at which intervals are cut off."""
        return COSTS if self.domain == COSTS else UNIT


SHARE = KnownScore()
SIGNED = KnownScore((-1.0, 1.0))
ERROR = KnownScore(lower=True)
KNOWN: Mapping[str, KnownScore] = MappingProxyType({
    **dict.fromkeys(
        ("f1", "f1_score", "roc_auc", "auroc", "roc_auc_score", "average_precision", "average_precision_score",
         "pr_auc", "auprc", "accuracy", "accuracy_score", "precision", "recall", "sensitivity", "specificity",
         "tpr", "tnr",
         "balanced_accuracy", "balanced_accuracy_score", "g_mean", "gmean", "jaccard"),
        SHARE,
    ),
    **dict.fromkeys(("mcc", "matthews_corrcoef", "kappa", "cohen_kappa", "cohen_kappa_score"), SIGNED),
    **dict.fromkeys(("brier", "brier_score", "brier_score_loss", "ece", "fpr", "fnr", "error", "error_rate"), ERROR),
    **dict.fromkeys(("log_loss", "logloss", "mse", "rmse", "mae"), KnownScore(COSTS, lower=True)),
    **{f"tuned_{name}": {"mcc": SIGNED, "fpr": ERROR}.get(name, SHARE) for name in DECISION_SCORES},
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
    return tuple(make_score(name, is_lower=name in request.lower_is_better) for name in chosen)


def make_score(name: str, *, is_lower: bool) -> ComparedScore:
    """Make the compared score of a column. Its label is its name, except for scores that a study has under that name.

    Args:
        name: The name of the column.
        is_lower: Whether the request says that lower is better. A known score needs no such word.
    """
    if name in OURS:
        return OURS[name]
    known_score = KNOWN.get(simplify_name(name), KnownScore(ANY, is_lower))
    return ComparedScore(
        name, name, lower=known_score.lower, limits=ANY if known_score.domain == ANY else known_score.limits
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
