"""Figures of a study, as matplotlib figures, one for each question; `save` writes one as SVG and PNG."""

from imbaloss.report.figures.curves import distributions, loss_curves, reliabilities, roc_and_precision_recall
from imbaloss.report.figures.differences import critical_differences, differences
from imbaloss.report.figures.images import classes
from imbaloss.report.figures.prototypes import prototypes
from imbaloss.report.figures.scores import scores
from imbaloss.report.figures.style import COLOURS, STYLE, save

__all__ = [
    "COLOURS",
    "STYLE",
    "classes",
    "critical_differences",
    "differences",
    "distributions",
    "loss_curves",
    "prototypes",
    "reliabilities",
    "roc_and_precision_recall",
    "save",
    "scores",
]
