"""Figure of the score of each method at each level."""

from collections.abc import Sequence
from math import isnan
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imbaloss.report.cells import Cell, ComparedScore
from imbaloss.report.figures.style import STYLE, add_legend, assign_marks, choose_panel_grid, set_tooltip
from imbaloss.report.lines import CellLine, has_published
from imbaloss.report.tables import format_counts

PUBLISHED = "published"
MOST_DOTS = 20  # largest number of repetitions that are drawn as single dots


def plot_scores(lines: Sequence[CellLine], cells: Sequence[Cell], compared: ComparedScore) -> Figure:
    """Plot the mean of each method at each level with interval, runs and published value, one panel a setting.

    A setting is a data set, with protocol and split if these vary.

    Args:
        lines: The lines of the table to draw, one for each method in each setting at each level; at least one.
        cells: The same settings and levels, with the score of each run.
        compared: The score to draw.
    """
    settings = list(dict.fromkeys(line.setting for line in lines))
    height, columns = choose_panel_grid(len(settings))
    with mpl.rc_context(STYLE):
        size = (max(3.0 * columns + 0.8, 5.5), 2.7 * height + 0.5)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(height, columns, squeeze=False, sharey=True).flatten().tolist()
        of_methods = assign_marks(list(dict.fromkeys(line.method for line in lines)))
        for panel, setting in zip(panels, settings, strict=False):
            lines_of = [line for line in lines if line.setting == setting]
            cells_of = [cell for cell in cells if cell.setting == setting]
            draw_setting(panel, lines_of, cells_of, compared, of_methods)
            panel.set_title(setting)
            panel.set_xlabel("level, and positives/negatives in train")
        for panel in panels[len(settings) :]:
            panel.remove()
        for panel in panels[::columns]:
            panel.set_ylabel(compared.label)
        add_legend(figure, panels[: len(settings)], last=PUBLISHED)
    return figure


def draw_setting(
    panel: Axes,
    lines: Sequence[CellLine],
    cells: Sequence[Cell],
    compared: ComparedScore,
    of_methods: dict[str, dict[str, Any]],
) -> None:
    """Draw the panel of a setting: the score of each method at each level, with its interval.

    Single runs are dots if there are 2 to 20, and published values are hollow marks.

    Args:
        panel: The axes to draw on.
        lines: The lines of the table for this setting.
        cells: The same levels, with the score of each run.
        compared: The score to draw.
        of_methods: The colour and marker of each method, by its name.
    """
    levels = list(dict.fromkeys(line.level for line in lines))
    for index, (method, mark) in enumerate(of_methods.items()):
        shift = (index - (len(of_methods) - 1) / 2) * 0.7 / len(of_methods)
        point: Any = {**mark, "linestyle": "none"}
        for line in (line for line in lines if line.method == method):
            level, score = line.level, line.scores[compared.column]
            place, mean, low, high = levels.index(level) + shift, score.mean, score.low, score.high
            runs = next(cell.scores[method] for cell in cells if cell.level == level)
            if 1 < len(runs) <= MOST_DOTS:
                dots = {"color": mark["color"], "markersize": 3, "alpha": 0.5, "linestyle": "none"}
                panel.plot(np.full(len(runs), place), runs, ".", **dots)
            if not isnan(low):
                panel.plot([place, place], [low, high], color=mark["color"], linewidth=1.3, solid_capstyle="butt")
            [drawn] = panel.plot(place, mean, markersize=5.5, label=method, **point)
            values = f"{mean:.4f}" + (f" ({low:.4f} to {high:.4f})" if not isnan(low) else "")
            set_tooltip(drawn, f"{method} at level {level:g}: {compared.label} {values}")
            if not isnan(score.published):
                [drawn] = panel.plot(place, score.published, markerfacecolor="none", markersize=9, **point)
                set_tooltip(drawn, f"{method} at level {level:g}: published {score.published:.4f}")
    if has_published(lines, compared):
        panel.plot([], [], "o", color="black", markerfacecolor="none", markersize=9, label=PUBLISHED)
    counts = [format_counts(next(line.train for line in lines if line.level == level)) for level in levels]
    ticks = [f"{level:.4g}\n{of_level}" for level, of_level in zip(levels, counts, strict=True)]
    panel.set_xticks(range(len(levels)), ticks)
    panel.set_xlim(-0.5, len(levels) - 0.5)
    panel.grid(axis="y", alpha=0.3)
