"""Figure of the score of each method at each level."""

from collections.abc import Sequence
from math import isnan
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from imbaloss.report.cells import Cell, ComparedScore
from imbaloss.report.figures.style import (
    COLOURS,
    LABEL_INCHES,
    STYLE,
    TITLE_HEIGHT,
    add_legend,
    assign_marks,
    choose_panel_grid,
    place_empty_labels,
    set_tooltip,
)
from imbaloss.report.lines import ScoreLine, has_published
from imbaloss.report.row_names import CellKey
from imbaloss.report.tables import format_counts, round_counts

PUBLISHED = "published"
ROW_INCHES = 0.24
MOST_DOTS = 20  # largest number of repetitions that are drawn as single dots


def plot_scores(lines: Sequence[ScoreLine], cells: Sequence[Cell], compared: ComparedScore) -> Figure:
    """Plot the mean of each method at each level with interval, runs and published value, one panel a setting.

    A setting is a data set, with protocol and split if these vary. Scores stand above their level; if all lines have
    one level, they are on the horizontal axis instead, beside the names of the methods.

    Args:
        lines: The lines of the table to draw, one for each method in each setting at each level; at least one.
        cells: The same settings and levels, with the score of each run.
        compared: The score to draw.
    """
    settings = list(dict.fromkeys(line.setting for line in lines))
    if len({line.level for line in lines}) == 1:
        return plot_one_level(lines, cells, compared)
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
            counted = all(line.train for line in lines_of)
            panel.set_xlabel("level, and positives/negatives in train" if counted else "level")
        for panel in panels[len(settings) :]:
            panel.remove()
        for panel in panels[::columns]:
            panel.set_ylabel(compared.label)
        place_empty_labels(panels[: len(settings)])
        add_legend(figure, panels[: len(settings)], last=PUBLISHED)
    return figure


def plot_one_level(lines: Sequence[ScoreLine], cells: Sequence[Cell], compared: ComparedScore) -> Figure:
    """Plot the mean of each method at the only level beside its name, with interval, runs and published value.

    There is one panel a setting. The first method is at the top.

    Args:
        lines: The lines of the table, all of one level; at least one.
        cells: The same settings, with the score of each run.
        compared: The score to draw.
    """
    settings = list(dict.fromkeys(line.setting for line in lines))
    methods = list(dict.fromkeys(line.method for line in lines))
    height, columns = choose_panel_grid(len(settings))
    with mpl.rc_context(STYLE):
        names = LABEL_INCHES * max(map(len, methods))
        size = (max(2.4 * columns, 4.0) + names, (ROW_INCHES * len(methods) + 0.9) * height + 0.2)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(height, columns, squeeze=False, sharex=True, sharey=True).flatten().tolist()
        for panel, setting in zip(panels, settings, strict=False):
            lines_of = {line.method: line for line in lines if line.setting == setting}
            [cell] = [cell for cell in cells if cell.key == CellKey(setting, lines[0].level)]
            for place, method in enumerate(methods):
                if method in lines_of:
                    draw_method(panel, place, lines_of[method], cell.scores[method], compared)
            train = next(iter(lines_of.values())).train
            counts = f"\n{round_counts(train)} positives/negatives in train" if train else ""
            panel.set_title(f"{setting}{counts}", y=TITLE_HEIGHT)
            panel.set_xlabel(compared.label)
            panel.tick_params(axis="y", length=0)
            panel.tick_params(labelbottom=True)
            panel.grid(axis="x", alpha=0.3)
        for panel in panels[len(settings) :]:
            panel.remove()
        panels[0].set_yticks(range(len(methods)), methods)
        panels[0].set_ylim(len(methods) - 0.5, -0.5)
        place_empty_labels(panels[: len(settings)])
        if has_published(lines, compared):
            panels[0].plot([], [], "o", color="black", markerfacecolor="none", markersize=9, label=PUBLISHED)
            add_legend(figure, panels[:1])
    return figure


def draw_method(panel: Axes, place: int, line: ScoreLine, runs: NDArray[np.float64], compared: ComparedScore) -> None:
    """Draw a method in a row: small dots for 2 to 20 runs, a mark for the mean, and a bar for its interval.

    Args:
        panel: The axes to draw on.
        place: The vertical position.
        line: The line of the table.
        runs: (repetitions,), the score of each run.
        compared: The score to draw.
    """
    score, colour = line.scores[compared.column], COLOURS[0]
    if 1 < len(runs) <= MOST_DOTS:
        panel.plot(runs, np.full(len(runs), place), ".", color=colour, markersize=3, alpha=0.5)
    if not isnan(score.low):
        panel.plot([score.low, score.high], [place, place], color=colour, linewidth=1.3, solid_capstyle="butt")
    [drawn] = panel.plot(score.mean, place, "o", color=colour, markersize=5.5)
    set_tooltip(drawn, describe_mean(line, compared))
    if not isnan(score.published):
        [drawn] = panel.plot(score.published, place, "o", color=colour, markerfacecolor="none", markersize=9)
        set_tooltip(drawn, describe_published(line, compared))


def describe_mean(line: ScoreLine, compared: ComparedScore) -> str:
    """Write a method, its level, and its mean score with the interval, such as "ce at level 0.1: F1 at ½ 0.3000"."""
    score = line.scores[compared.column]
    interval = f" ({score.low:.4f} to {score.high:.4f})" if not isnan(score.low) else ""
    at_level = "" if isnan(line.level) else f" at level {line.level:g}"
    return f"{line.method}{at_level}: {compared.label} {score.mean:.4f}{interval}"


def describe_published(line: ScoreLine, compared: ComparedScore) -> str:
    """Write a method, its level and its published score, such as "ce at level 0.1: published 0.7700"."""
    return f"{line.method} at level {line.level:g}: published {line.scores[compared.column].published:.4f}"


def draw_setting(
    panel: Axes,
    lines: Sequence[ScoreLine],
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
            set_tooltip(drawn, describe_mean(line, compared))
            if not isnan(score.published):
                [drawn] = panel.plot(place, score.published, markerfacecolor="none", markersize=9, **point)
                set_tooltip(drawn, describe_published(line, compared))
    if has_published(lines, compared):
        panel.plot([], [], "o", color="black", markerfacecolor="none", markersize=9, label=PUBLISHED)
    counts = [format_counts(next(line.train for line in lines if line.level == level)) for level in levels]
    ticks = [f"{level:.4g}\n{of_level}".rstrip() for level, of_level in zip(levels, counts, strict=True)]
    panel.set_xticks(range(len(levels)), ticks)
    panel.set_xlim(-0.5, len(levels) - 0.5)
    panel.grid(axis="y", alpha=0.3)
