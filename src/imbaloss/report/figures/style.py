"""What all figures have in common: colours and marks of the methods, the legend, and how a figure becomes files."""

import io
import re
from collections.abc import Iterable, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imbaloss.atomic_write import write_atomically

# the first six are those of Okabe and Ito 2008, which the colour-blind can tell apart
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31", "#666666")
MARKERS = "osD^vPX*"
LINES = ("-", "--", ":", "-.")
STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "imbaloss",  # the same figure is the same bytes
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "text.parse_math": False,  # names are a user's
}
LABEL_INCHES, HANDLE_INCHES, LINE_INCHES = 0.078, 0.6, 0.2  # of a legend: a letter, the mark beside, a line
MOST_COLUMNS = 3
TIP = "tip "  # begins the id of what tells its values in a page


def marks(methods: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Colour, marker and line style of each method; other pairs when colours come again."""
    return {
        method: {
            "color": COLOURS[place % len(COLOURS)],
            "marker": MARKERS[(place + place // len(COLOURS)) % len(MARKERS)],
            "linestyle": LINES[place // len(COLOURS) % len(LINES)],
        }
        for place, method in enumerate(methods)
    }


def line_of(mark: Mapping[str, Any]) -> dict[str, Any]:
    return {key: mark[key] for key in ("color", "linestyle")}


def tell(artist: Artist, text: str) -> None:
    """What a page tells of it to a reader who points at it."""
    artist.set_gid(TIP + text)


def columns_of(panels: int) -> tuple[int, int]:
    """Lines and columns of so many panels."""
    columns = min(panels, MOST_COLUMNS)
    return -(-panels // columns), columns


def add_legend(figure: Figure, panels: Iterable[Axes], last: str = "") -> None:
    """Below the panels, in as many columns as fit beside each other; the figure grows by the lines that it has."""
    pairs = [zip(*reversed(panel.get_legend_handles_labels()), strict=True) for panel in panels]
    shown = {label: handle for of_panel in pairs for label, handle in of_panel}
    labels = sorted(shown, key=lambda label: label == last)
    width, height = figure.get_size_inches()
    columns = int(width / (LABEL_INCHES * max(map(len, labels), default=0) + HANDLE_INCHES)) or 1
    lines = -(-len(labels) // columns)
    figure.set_size_inches(width, height + LINE_INCHES * (lines - 1))
    by_column = list(
        chain.from_iterable(labels[place::columns] for place in range(columns))
    )  # as it is filled: read by rows
    figure.legend([shown[label] for label in by_column], by_column, loc="outside lower center", ncols=columns)


def save(figure: Figure, folder: Path, name: str) -> str:
    """Writes name.svg and name.png into the folder, each whole; returns the SVG with what its parts tell as ids."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"svg": io.BytesIO(), "png": io.BytesIO()}
    with mpl.rc_context(STYLE):
        figure.savefig(contents["svg"], format="svg", metadata={"Date": None})
        figure.set_layout_engine("none")  # that of the first is also that of the second
        figure.savefig(contents["png"], format="png", dpi=150)
    svg = contents["svg"].getvalue().decode()
    number = count(1)
    plain = re.sub(rf"""id=(["']){TIP}.*?\1""", lambda _: f'id="mark_{next(number)}"', svg)
    write_atomically(folder / f"{name}.svg", plain.encode())
    write_atomically(folder / f"{name}.png", contents["png"].getvalue())
    return svg
