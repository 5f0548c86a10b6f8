"""Figures of differences between methods: pairs with their intervals, and ranks across data sets."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from imbaloss.report.comparisons import CellComparison, group_by_score, select_repeated
from imbaloss.report.figures.style import COLOURS, STYLE, TITLE_HEIGHT, add_legend, place_empty_labels, set_tooltip
from imbaloss.statistics import Ranks, Verdict

ROW_INCHES = 0.24
MINUS = "\u2212"
NO_LEVEL = -1.0  # stands for NaN, which does not equal itself
FILLED, SQUARE, HOLLOW = "better or worse", "equivalent", "undecided"


def plot_differences(lines: Sequence[CellComparison]) -> Figure:
    """Plot the mean difference of each pair with its 95 % interval, one panel a score, each level in a colour.

    The grey band is the margin, within which differences do not matter. Pairs with fewer than two repetitions (seeds or
    folds) are left out.

    Args:
        lines: The comparisons in one setting (data set and split) or over all; at least one with two repetitions.
    """
    lines = select_repeated(lines)
    compared, levels = group_by_score(lines), list(dict.fromkeys(level_of(line) for line in lines))
    pairs = list(dict.fromkeys((line.first, line.second) for line in lines))
    with mpl.rc_context(STYLE):
        height = max(ROW_INCHES, 0.12 * len(levels)) * len(pairs) + 1.5
        figure = Figure(figsize=(2.4 * len(compared) + 1.6, height), layout="constrained")
        panels = figure.subplots(1, len(compared), squeeze=False, sharey=True).flatten()
        for panel, (score, of_score) in zip(panels, compared.items(), strict=True):
            margin = of_score[0].margin
            panel.axvspan(-margin, margin, color="#999999", alpha=0.2, linewidth=0)
            panel.axvline(0, color="black", linewidth=0.8)
            for place, pair in enumerate(pairs):
                draw_pair(panel, of_score, pair, place, levels)
            panel.set_title(score, y=TITLE_HEIGHT)
            panel.set_xlabel("difference")
            panel.grid(axis="x", alpha=0.3)
            panel.tick_params(axis="y", length=0)
            panel.xaxis.set_major_locator(MaxNLocator(4))
        panels[0].set_yticks(range(len(pairs)), [f"{first} {MINUS} {second}" for first, second in pairs])
        panels[0].set_ylim(len(pairs) - 0.5, -0.5)
        place_empty_labels(panels)
        for label, look in MARKS.items():
            panels[0].plot([], [], color="black", linestyle="none", label=label, **look)
        if levels != [NO_LEVEL]:
            for place, level in enumerate(levels):
                panels[0].plot([], [], color=COLOURS[place % len(COLOURS)], label=f"level {level:.4g}")
        add_legend(figure, panels[:1])
    return figure


MARKS: dict[str, dict[str, Any]] = {
    FILLED: {"marker": "o"},
    SQUARE: {"marker": "s"},
    HOLLOW: {"marker": "o", "markerfacecolor": "none"},
}
LOOKS = {
    Verdict.BETTER: FILLED,
    Verdict.WORSE: FILLED,
    Verdict.EQUIVALENT: SQUARE,
    Verdict.UNDECIDED: HOLLOW,
}


def level_of(line: CellComparison) -> float:
    """Return the level of imbalance of a comparison; -1 (`NO_LEVEL`) instead of NaN for one over all cells."""
    return NO_LEVEL if isnan(line.level) else line.level


def draw_pair(
    panel: Axes, lines: Sequence[CellComparison], pair: tuple[str, str], place: int, levels: Sequence[float]
) -> None:
    """Draw the difference of a pair at each level: a mark with its interval, levels above each other.

    Args:
        panel: The axes to draw on.
        lines: The comparisons by one score.
        pair: The names of the two methods.
        place: The vertical position of the pair, around which its levels are spread.
        levels: All levels, of which each has a colour.
    """
    for line in (line for line in lines if (line.first, line.second) == pair):
        level, (mean, low, high) = level_of(line), line.interval
        index = levels.index(level)
        height = place + (index - (len(levels) - 1) / 2) * 0.75 / len(levels)
        colour = COLOURS[index % len(COLOURS)]
        panel.plot([low, high], [height, height], color=colour, linewidth=1.2)
        look = MARKS[LOOKS[line.verdict]]
        [drawn] = panel.plot(mean, height, color=colour, markersize=4.5, linestyle="none", **look)
        at = "" if level == NO_LEVEL else f" at level {level:g}"
        set_tooltip(
            drawn,
            f"{pair[0]} {MINUS} {pair[1]}{at}: {mean:+.4f} ({low:+.4f} to {high:+.4f}), "
            f"p = {line.comparison.p_joint:.2g} for all pairs: {line.verdict}",
        )


def plot_critical_differences(ranked: Mapping[str, tuple[Sequence[str], Ranks]]) -> Figure:
    """Plot a diagram of the mean ranks for each score; bars join methods within the critical difference.

    Args:
        ranked: The names of the methods and their ranks, by the label of the score; at least one score.

    Source: Demsar 2006, JMLR 7, section 3.2.4.
    """
    methods = len(next(iter(ranked.values()))[0])
    with mpl.rc_context(STYLE):
        height = 0.2 * ((methods + 1) // 2) + 1.3
        figure = Figure(figsize=(8.2, height * len(ranked)), layout="constrained")
        panels = figure.subplots(len(ranked), 1, squeeze=False).flatten()
        for panel, (score, (names, ranks)) in zip(panels, ranked.items(), strict=True):
            draw_rank_axis(panel, names, ranks)
            panel.set_title(f"{score}: mean rank (Friedman p = {ranks.p:.2g})", loc="left")
    return figure


def draw_rank_axis(panel: Axes, methods: Sequence[str], ranks: Ranks) -> None:
    """Draw the axis of mean ranks with the best method on the left; the bar above it is the critical difference.

    Bars below the axis join methods whose ranks differ by no more than that.

    Args:
        panel: The axes to draw on.
        methods: The names of the methods.
        ranks: Their mean ranks, in the same order, and the critical difference.
    """
    order = np.argsort(ranks.mean, kind="stable")
    half, bars = (len(methods) + 1) // 2, find_cliques(ranks.mean[order], ranks.critical_difference)
    for place, at in enumerate(order):
        left = place < half
        step = place if left else len(methods) - 1 - place
        depth = 0.6 + 0.22 * len(bars) + 0.5 * step
        end = 0.6 if left else len(methods) + 0.4
        [drawn] = panel.plot([ranks.mean[at], ranks.mean[at], end], [0, depth, depth], color="black", linewidth=0.9)
        set_tooltip(drawn, f"{methods[at]}: mean rank {ranks.mean[at]:.2f}")
        label = f"{methods[at]}  {ranks.mean[at]:.2f}" if left else f"{ranks.mean[at]:.2f}  {methods[at]}"
        panel.text(end, depth, f" {label} ", ha="right" if left else "left", va="center")
    for place, (first, last) in enumerate(bars):
        panel.plot([first - 0.03, last + 0.03], [0.22 * (place + 1)] * 2, color=COLOURS[0], linewidth=3.5)
    panel.plot([1, min(1 + ranks.critical_difference, len(methods))], [-0.75, -0.75], color="black", linewidth=1.5)
    panel.text(1, -0.9, f"critical difference {ranks.critical_difference:.2f}", va="bottom")
    panel.set(xlim=(-0.8, len(methods) + 1.8), ylim=(0.6 + 0.22 * len(bars) + 0.5 * half, -1.4))
    panel.xaxis.tick_top()
    panel.set_xticks(range(1, len(methods) + 1))
    panel.spines["top"].set(visible=True, bounds=(1, len(methods)), position=("data", 0))
    panel.spines[["left", "bottom"]].set_visible(False)
    panel.yaxis.set_visible(False)


def find_cliques(ordered: np.ndarray, critical: float) -> list[tuple[float, float]]:
    """Return first and last rank of each longest group of two or more ranks within the critical difference.

    Groups may overlap; the list is empty if there is none.

    Args:
        ordered: (k,), the mean ranks in ascending order.
        critical: The critical difference; a span equal to it is within.
    """
    ends = [int(np.flatnonzero(ordered <= start + critical)[-1]) for start in ordered]
    return [
        (float(ordered[start]), float(ordered[end]))
        for start, end in enumerate(ends)
        if end > start and (start == 0 or end > ends[start - 1])
    ]
