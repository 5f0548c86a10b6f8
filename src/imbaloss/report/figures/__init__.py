"""The figures of a report as matplotlib figures, one for each question; `save_figure` writes one as SVG and PNG."""

from imbaloss.report.figures.curves import (
    draw_costs,
    draw_gains,
    draw_precision_recall,
    draw_reliabilities,
    draw_roc,
    plot_curves,
    plot_distributions,
    plot_loss_curves,
    plot_reliabilities,
    plot_roc_and_precision_recall,
)
from imbaloss.report.figures.differences import plot_critical_differences, plot_differences
from imbaloss.report.figures.images import plot_images
from imbaloss.report.figures.prototypes import plot_prototypes
from imbaloss.report.figures.scores import plot_scores
from imbaloss.report.figures.style import COLOURS, STYLE, save_figure

__all__ = [
    "COLOURS",
    "STYLE",
    "draw_costs",
    "draw_gains",
    "draw_precision_recall",
    "draw_reliabilities",
    "draw_roc",
    "plot_critical_differences",
    "plot_curves",
    "plot_differences",
    "plot_distributions",
    "plot_images",
    "plot_loss_curves",
    "plot_prototypes",
    "plot_reliabilities",
    "plot_roc_and_precision_recall",
    "plot_scores",
    "save_figure",
]
