"""The picture of paired comparisons that several findings share."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

from findings.words import LABELS
from imbaloss.report import figures

CAPTION = (
    "means over the seeds with 95 % intervals, filled where the test decides, square where equivalent within the band"
)


def forest(lines: pd.DataFrame, scores: Sequence[str], title: str = "") -> Figure:
    """Each pair a line, each score a panel, each level a colour."""
    shown = lines["comparison"][lines["score"].isin(scores)]
    figure = figures.plot_differences([replace(one, score=LABELS[one.score]) for one in shown])
    figure.suptitle(title, fontsize=10)
    return figure
