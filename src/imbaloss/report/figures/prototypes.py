"""Prototypes among the samples that they were learned from, and the images that are nearest to them."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from imbaloss.report.figures.images import show
from imbaloss.report.figures.style import COLOURS, STYLE, tell
from imbaloss.studies import PrototypeMap

MANY = 20  # prototypes, of more than which those that are the nearest to no sample are left out, and others are small
INCHES = 0.62  # of an image


def prototypes(maps: Mapping[str, PrototypeMap], names: Sequence[str]) -> Figure:
    """A line a method: the map, and beside it the nearest images of each prototype. names: of the two classes."""
    heights = [max(2.6, 0.45 + (INCHES + 0.18) * len(one.pictured)) for one in maps.values()]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, sum(heights)), layout="constrained")
        lines: Any = figure.subfigures(len(maps), 1, height_ratios=heights, squeeze=False)
        for line, (method, one) in zip(lines[:, 0], maps.items(), strict=True):
            line.suptitle(method, x=0.01, ha="left", fontsize=9)
            if one.images.ndim == 5:
                left, right = line.subfigures(1, 2, width_ratios=[1, 1.25])
                draw_images(right, one, names)
            else:
                left = line
            draw_map(left.subplots(), one, names)
    return figure


def draw_map(panel: Axes, one: PrototypeMap, names: Sequence[str]) -> None:
    for label, name in enumerate(names):
        of_class = one.points[one.classes == label]
        panel.plot(
            of_class[:, 0], of_class[:, 1], ".", markersize=5, markeredgewidth=0, color=COLOURS[label], alpha=0.35
        )
        panel.plot([], [], ".", markersize=9, color=COLOURS[label], label=name)
    many = len(one.own) > MANY
    star: Any = {"marker": "*", "markersize": 7 if many else 13, "markeredgecolor": "black", "markeredgewidth": 0.6}
    for place in np.flatnonzero(one.counts).tolist() if many else range(len(one.own)):
        [mark] = panel.plot(
            one.prototypes[place, :1], one.prototypes[place, 1:], color=COLOURS[one.own[place]], zorder=3, **star
        )
        tell(mark, titled(one, place, names))
    across, up = (f"{share:.0%} of the variance" if share else "" for share in one.shares)
    panel.set(xticks=[], yticks=[], xlabel=across, ylabel=up)
    panel.legend(loc="best", fontsize=8, handletextpad=0.1)


def draw_images(figure: SubFigure, one: PrototypeMap, names: Sequence[str]) -> None:
    panels = figure.subplots(len(one.pictured), one.images.shape[1], squeeze=False)
    for line, place, images, labels in zip(panels, one.pictured, one.images, one.nearest, strict=True):
        for panel, image, label in zip(line, images, labels, strict=True):
            show(panel, image)
            panel.set_axis_on()
            panel.set(xticks=[], yticks=[])
            for side in panel.spines.values():
                side.set(visible=True, color=COLOURS[label], linewidth=2)
        line[0].set_title(" ", fontsize=8)  # its place; a wide title would move the columns
        line[0].text(
            0, 1.1, f"★ {titled(one, place, names)}", transform=line[0].transAxes, fontsize=8,
            color=COLOURS[one.own[place]], in_layout=False,
        )  # fmt: skip


def titled(one: PrototypeMap, place: int, names: Sequence[str]) -> str:
    """The class of a prototype; where the class has several, its number, and to how many samples it is the nearest."""
    of_class = np.flatnonzero(one.own == one.own[place])
    name = names[one.own[place]]
    number = f"{name}, prototype {place - of_class[0] + 1}: nearest to {one.counts[place]}"
    return number if len(of_class) > 1 else name
