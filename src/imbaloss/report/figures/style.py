"""Colours, marks, legend and files of all figures."""

import io
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from imbaloss.atomic_write import write_atomically
from imbaloss.plural import format_count

# the first six are of Okabe and Ito 2008; the colour-blind can distinguish them
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31", "#666666")
GREY = "#8c8c8c"  # of methods that are only drawn to be compared with
MARKERS = "osD^vPX*"
LINES = ("-", "--", ":", "-.")
STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "imbaloss",  # the same figure gives the same bytes
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "text.parse_math": False,  # names come from the user and may contain $
}
LABEL_INCHES, HANDLE_INCHES, LINE_INCHES = 0.078, 0.6, 0.2  # in a legend: width of letter and mark, height of line
TITLE_HEIGHT = 1.0  # of titles above a y-axis without a factor such as 1e6; otherwise Matplotlib measures tick labels
MOST_COLUMNS = 3  # largest number of panels beside each other
POINTS = 72  # in an inch, the resolution of SVG files
TIP = "tip "  # beginning of the ids that hold the tooltip of a mark


def assign_marks(methods: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return matplotlib's color, marker and linestyle for each method, by its name.

    There are eight colours; a repeated one has another marker and line style.
    """
    return {
        method: {
            "color": COLOURS[place % len(COLOURS)],
            "marker": MARKERS[(place + place // len(COLOURS)) % len(MARKERS)],
            "linestyle": LINES[place // len(COLOURS) % len(LINES)],
        }
        for place, method in enumerate(methods)
    }


@dataclass(frozen=True)
class CurveLook:
    """The style in which the curve of a method is drawn."""

    style: Mapping[str, Any]  # matplotlib's color, linestyle, linewidth and zorder
    label: str  # its entry in the legend
    has_band: bool  # whether its quartiles are drawn too


def choose_looks(methods: Collection[str], highlighted: Collection[str] = ()) -> dict[str, CurveLook]:
    """Choose how the curve of each method is drawn: highlighted ones first, in their order, then those of `methods`.

    Highlighted methods have a colour, a line style and a band, and all others are grey under one entry in the legend.
    If no method is highlighted, each has a colour and a band.

    Args:
        methods: The names of all methods.
        highlighted: The names of those to highlight; names that are no method are ignored.
    """
    shown = [name for name in highlighted if name in methods]
    marks = assign_marks(shown or methods)
    looks = {}
    for method in dict.fromkeys((*shown, *methods)):
        if method in marks:
            style = {"color": marks[method]["color"], "linestyle": marks[method]["linestyle"], "linewidth": 1.2}
            if shown:  # few enough for a line style each, so that no reader needs the colours
                style |= {"linestyle": LINES[shown.index(method) % len(LINES)], "linewidth": 1.8, "zorder": 3}
            looks[method] = CurveLook(style, method, has_band=True)
        else:
            style = {"color": GREY, "linestyle": "-", "linewidth": 0.8, "alpha": 0.7, "zorder": 1}
            looks[method] = CurveLook(style, name_rest(len(methods) - len(shown)), has_band=False)
    return looks


def name_rest(number: int) -> str:
    """Write the entry in the legend for methods that are not highlighted, such as "9 other methods"."""
    return format_count(number, "other method")


def set_tooltip(artist: Artist, text: str) -> None:
    """Set the text that a page shows when a reader points at the artist. It replaces the artist's id (gid)."""
    artist.set_gid(TIP + text)


def place_empty_labels(panels: Iterable[Axes]) -> None:
    """Give the labels without a text a place, so that no drawing measures tick labels to find one. Nothing looks other.

    panels: The axes, which have all of their labels.
    """
    for panel in panels:
        for axis in (panel.xaxis, panel.yaxis):
            if not axis.label.get_text():
                axis.set_label_coords(0, 0)


def choose_panel_grid(panels: int) -> tuple[int, int]:
    """Return the numbers of rows and columns of a grid for that many panels (1 or more); at most three columns."""
    columns = min(panels, MOST_COLUMNS)
    return -(-panels // columns), columns


def add_legend(figure: Figure, panels: Iterable[Axes], last: str = "") -> None:
    """Add a legend below the panels, in as many columns as fit; the figure grows by the height of its further lines.

    Args:
        figure: The figure that is changed.
        panels: The axes whose labels are shown; equal labels are shown once.
        last: The label that is moved to the end; empty for none.
    """
    pairs = [zip(*reversed(panel.get_legend_handles_labels()), strict=True) for panel in panels]
    shown = {label: handle for of_panel in pairs for label, handle in of_panel}
    labels = sorted(shown, key=lambda label: label == last)
    width, height = figure.get_size_inches()
    columns = int(width / (LABEL_INCHES * max(map(len, labels), default=0) + HANDLE_INCHES)) or 1
    lines = -(-len(labels) // columns)
    figure.set_size_inches(width, height + LINE_INCHES * (lines - 1))
    # matplotlib fills a legend by columns, and readers read it by rows
    by_column = list(chain.from_iterable(labels[place::columns] for place in range(columns)))
    figure.legend([shown[label] for label in by_column], by_column, loc="outside lower center", ncols=columns)


def save_figure(figure: Figure, folder: Path, name: str) -> str:
    """Write name.svg and name.png into a folder, which is created, and return the SVG text with tooltips as ids.

    The SVG file itself has plain ids, and its bytes are the same for the same figure. The figure loses its layout
    engine.

    Args:
        figure: The figure.
        folder: The folder.
        name: The name of the files without ending.

    Raises:
        OSError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"svg": io.BytesIO(), "png": io.BytesIO()}
    with mpl.rc_context(STYLE):
        lay_out(figure)
        figure.savefig(contents["svg"], format="svg", metadata={"Date": None})
        figure.savefig(contents["png"], format="png", dpi=150)
    svg = contents["svg"].getvalue().decode()
    number = count(1)
    plain = re.sub(rf"""id=(["']){TIP}.*?\1""", lambda _: f'id="mark_{next(number)}"', svg)
    write_atomically(folder / f"{name}.svg", plain.encode())
    write_atomically(folder / f"{name}.png", contents["png"].getvalue())
    return svg


def lay_out(figure: Figure) -> None:
    """Place the parts of a figure as its layout engine does for an SVG file, and remove the engine.

    Both files then have one layout. Matplotlib itself would draw the whole figure once more for it, without an output.
    A figure without an engine stays as it is.
    """
    engine = figure.get_layout_engine()
    if engine is not None:
        FigureCanvasSVG(figure)  # whose letters the engine measures
        dpi, figure.dpi = figure.dpi, POINTS
        engine.execute(figure)
        figure.dpi = dpi
        figure.set_layout_engine(None)
