"""Figure of prototypes among their training samples, and of the images nearest to each prototype."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from imbaloss.report.figures.images import show_image
from imbaloss.report.figures.style import COLOURS, STYLE, set_tooltip
from imbaloss.studies import PrototypeMap

MANY = 20  # with more prototypes, those that are nearest to no sample are left out, and marks are smaller
INCHES = 0.62  # height of an image


def plot_prototypes(maps: Mapping[str, PrototypeMap], names: Sequence[str]) -> Figure:
    """Plot a row for each method: the map of its prototypes, and beside it the nearest images if there are any.

    Prototypes are learned points of each class.

    Args:
        maps: The map of each method, by its name; at least one.
        names: The names of the two classes, the negative one first.
    """
    heights = [max(2.6, 0.45 + (INCHES + 0.18) * len(each.pictured)) for each in maps.values()]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, sum(heights)), layout="constrained")
        lines: Any = figure.subfigures(len(maps), 1, height_ratios=heights, squeeze=False)
        for line, (method, prototype_map) in zip(lines[:, 0], maps.items(), strict=True):
            line.suptitle(method, x=0.01, ha="left", fontsize=9)
            if prototype_map.images.ndim == 5:
                left, right = line.subfigures(1, 2, width_ratios=[1, 1.25])
                draw_images(right, prototype_map, names)
            else:
                left = line
            draw_map(left.subplots(), prototype_map, names)
    return figure


def draw_map(panel: Axes, prototype_map: PrototypeMap, names: Sequence[str]) -> None:
    """Draw the samples of both classes as dots and the prototypes as stars, in two principal components.

    With more than 20 prototypes, those that are nearest to no sample are left out.

    Args:
        panel: The axes to draw on.
        prototype_map: The map.
        names: The names of the two classes, the negative one first.
    """
    for label, name in enumerate(names):
        of_class = prototype_map.points[prototype_map.classes == label]
        panel.plot(
            of_class[:, 0], of_class[:, 1], ".", markersize=5, markeredgewidth=0, color=COLOURS[label], alpha=0.35
        )
        panel.plot([], [], ".", markersize=9, color=COLOURS[label], label=name)
    many = len(prototype_map.own) > MANY
    star: Any = {"marker": "*", "markersize": 7 if many else 13, "markeredgecolor": "black", "markeredgewidth": 0.6}
    for place in np.flatnonzero(prototype_map.counts).tolist() if many else range(len(prototype_map.own)):
        [mark] = panel.plot(
            prototype_map.prototypes[place, :1],
            prototype_map.prototypes[place, 1:],
            color=COLOURS[prototype_map.own[place]],
            zorder=3,
            **star,
        )
        set_tooltip(mark, describe_prototype(prototype_map, place, names))
    across, up = (f"{share:.0%} of the variance" if share else "" for share in prototype_map.shares)
    panel.set(xticks=[], yticks=[], xlabel=across, ylabel=up)
    panel.legend(loc="best", fontsize=8, handletextpad=0.1)


def draw_images(figure: SubFigure, prototype_map: PrototypeMap, names: Sequence[str]) -> None:
    """Draw the nearest images of each pictured prototype in a row, in frames of the colour of their class.

    Args:
        figure: The part of a figure to draw on.
        prototype_map: The map, of samples that are images.
        names: The names of the two classes, the negative one first.
    """
    panels = figure.subplots(len(prototype_map.pictured), prototype_map.images.shape[1], squeeze=False)
    for line, place, images, labels in zip(
        panels, prototype_map.pictured, prototype_map.images, prototype_map.nearest, strict=True
    ):
        for panel, image, label in zip(line, images, labels, strict=True):
            show_image(panel, image)
            panel.set_axis_on()
            panel.set(xticks=[], yticks=[])
            for side in panel.spines.values():
                side.set(visible=True, color=COLOURS[label], linewidth=2)
        line[0].set_title(" ", fontsize=8)  # keeps the place of the title, whose width would move the columns
        line[0].text(
            0, 1.1, f"★ {describe_prototype(prototype_map, place, names)}", transform=line[0].transAxes, fontsize=8,
            color=COLOURS[prototype_map.own[place]], in_layout=False,
        )  # fmt: skip


def describe_prototype(prototype_map: PrototypeMap, place: int, names: Sequence[str]) -> str:
    """Describe a prototype by its class, as "frog", or "frog, prototype 2: nearest to 14" if the class has several.

    14 is the number of samples of the class that have this prototype as their nearest.

    Args:
        prototype_map: The map.
        place: The index of the prototype in the map.
        names: The names of the two classes, the negative one first.
    """
    of_class = np.flatnonzero(prototype_map.own == prototype_map.own[place])
    name = names[prototype_map.own[place]]
    number = f"{name}, prototype {place - of_class[0] + 1}: nearest to {prototype_map.counts[place]}"
    return number if len(of_class) > 1 else name
