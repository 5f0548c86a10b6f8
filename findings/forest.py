"""The figure of paired comparisons that several findings share."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

from findings.words import LABELS
from imbaloss.report import figures

CAPTION = (
    "means over the seeds with 95 % intervals, filled where the test decides, square where equivalent within the band"
)


def plot_comparisons(lines: pd.DataFrame, scores: Sequence[str], title: str = "") -> Figure:
    """Plot comparisons: each pair in a row, each score in a panel, each level in a colour.

    Args:
        lines: The comparisons.
        scores: The columns of the scores to plot.
        title: The title of the figure.
    """
    shown = lines["comparison"][lines["score"].isin(scores)]
    figure = figures.plot_differences([replace(each, score=LABELS[each.score]) for each in shown])
    figure.suptitle(title, fontsize=10)
    return figure
