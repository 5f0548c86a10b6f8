"""What all figures have in common, and the files that they become."""

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from imbaloss.report.figures import STYLE, save_figure
from imbaloss.report.figures.style import (
    COLOURS,
    GREY,
    TITLE_HEIGHT,
    add_legend,
    assign_marks,
    choose_looks,
    choose_panel_grid,
    place_empty_labels,
    set_tooltip,
)

NAMES = ("$x_1$ và y", "focal:gamma_2 <b>&amp; \"one\" 'two'", "Tổn thất được học", "50 % ^2\\frac{a}{b}")
TOLD = ("ce: 0.5", 'a < b & "c" > học', "it's", '"it\'s"')


def figure(names: tuple[str, ...] = NAMES, width: float = 6) -> Figure:
    """A line a name, which tells something; names as title, in the legend and at the axis."""
    with mpl.rc_context(STYLE):
        found = Figure(figsize=(width, 3), layout="constrained")
        panel = found.subplots()
        for place, name in enumerate(names):
            [line] = panel.plot([0, 1], [place, 1], label=name)
            set_tooltip(line, TOLD[place % 4])
        panel.set_yticks(range(len(names)), names)
        panel.set_title(names[0])
        add_legend(found, [panel])
    return found


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> tuple[Path, str]:
    """The folder, and what `save` returned."""
    folder = tmp_path_factory.mktemp("figures")
    return folder, save_figure(figure(), folder, "one")


def test_the_layout_is_matplotlibs_own_in_both_files(saved):
    folder, _ = saved
    with mpl.rc_context(STYLE):
        drawn, svg, png = figure(), io.BytesIO(), io.BytesIO()
        drawn.savefig(svg, format="svg", metadata={"Date": None})
        drawn.set_layout_engine(None)
        drawn.savefig(png, format="png", dpi=150)
    path = re.compile(r' d="[^"]*"| x="[^"]*"| transform="[^"]*"')
    assert path.findall(svg.getvalue().decode()) == path.findall((folder / "one.svg").read_text())
    assert png.getvalue() == (folder / "one.png").read_bytes()


def test_places_of_titles_and_empty_labels_are_matplotlibs_own(saved, tmp_path):
    folder, _ = saved
    drawn = figure()
    with mpl.rc_context(STYLE):
        for panel in drawn.axes:
            panel.set_title(panel.get_title(), y=TITLE_HEIGHT)
        place_empty_labels(drawn.axes)
    save_figure(drawn, tmp_path, "one")
    for ending in ("svg", "png"):
        assert (tmp_path / f"one.{ending}").read_bytes() == (folder / f"one.{ending}").read_bytes()


def test_names_are_drawn_as_they_are(saved):
    folder, svg = saved
    for text in (svg, (folder / "one.svg").read_text()):
        root = ElementTree.fromstring(text)
        drawn = ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]
        assert [drawn.count(name) for name in NAMES] == [3, 2, 2, 2]


def test_what_is_told_is_returned_as_ids_and_no_id_in_the_file(saved):
    folder, svg = saved

    def ids(text: str) -> list[str]:
        return [element.attrib["id"] for element in ElementTree.fromstring(text).iter() if "id" in element.attrib]

    assert [one for one in ids(svg) if one.startswith("tip ")] == [f"tip {told}" for told in TOLD]
    kept = ids((folder / "one.svg").read_text())
    assert len(set(kept)) == len(kept) == len(ids(svg))
    assert not [one for one in kept if "tip" in one or re.search(r"\s", one)]


def test_the_same_figure_is_the_same_bytes(saved, tmp_path):
    folder, svg = saved
    assert save_figure(figure(), tmp_path / "new", "one") == svg
    for ending in ("svg", "png"):
        assert (tmp_path / "new" / f"one.{ending}").read_bytes() == (folder / f"one.{ending}").read_bytes()
    assert (folder / "one.png").read_bytes().startswith(b"\x89PNG")


def test_no_two_methods_look_alike_and_the_first_eight_differ_in_colour():
    methods = [str(place) for place in range(32)]
    found = list(assign_marks(methods).values())
    assert list(assign_marks(methods)) == methods
    assert len({mark["color"] for mark in found[:8]}) == len({mark["marker"] for mark in found[:8]}) == 8
    assert len({(mark["color"], mark["marker"]) for mark in found}) == 32
    looks = choose_looks(methods).values()
    assert len({(look.style["color"], look.style["linestyle"]) for look in looks}) == 32
    assert all(look.has_band for look in looks)


def test_highlighted_methods_have_colour_line_style_and_band_and_all_others_are_grey_under_one_name():
    looks = choose_looks(("a", "b", "c", "d", "e"), ("d", "b", "unknown"))
    assert list(looks) == ["d", "b", "a", "c", "e"]
    assert {name for name, look in looks.items() if look.has_band} == {"b", "d"}
    assert [looks[name].style["color"] for name in "db"] == list(COLOURS[:2])
    assert looks["b"].style["linestyle"] != looks["d"].style["linestyle"]
    assert {(looks[name].style["color"], looks[name].label) for name in "ace"} == {(GREY, "3 other methods")}
    assert all(looks[name].style["zorder"] < looks["b"].style["zorder"] for name in "ace")


def test_a_highlighted_method_that_is_not_drawn_leaves_all_in_colour():
    assert choose_looks(("a", "b"), ("c",)) == choose_looks(("a", "b"))


def test_panels_stand_three_beside_each_other():
    assert [choose_panel_grid(panels) for panels in (1, 3, 4, 6, 7)] == [(1, 1), (1, 3), (2, 3), (2, 3), (3, 3)]


def test_a_legend_is_read_line_by_line():
    names = tuple(f"method number {number}" for number in range(7))
    drawn = figure(names, width=6)
    drawn.draw_without_rendering()
    places = {text.get_text(): text.get_window_extent() for text in drawn.legends[0].get_texts()}
    assert len({round(place.y0) for place in places.values()}) > 1
    assert sorted(places, key=lambda name: (-round(places[name].y0), places[name].x0)) == list(names)


@pytest.mark.parametrize("name", ["mse", "focal:alpha=0.75", "msfe_unbiased + random_under + wide", 9 * "wide loss "])
def test_a_legend_fits_below_and_the_panel_keeps_its_height(name):
    few, many = (figure(tuple(f"{name} {place}" for place in range(n)), 8.2) for n in (1, 9))
    for drawn in (few, many):
        for panel in drawn.axes:
            panel.set_yticks([])
        drawn.draw_without_rendering()
        [legend] = drawn.legends
        box = legend.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= drawn.bbox.width
        assert box.y1 <= drawn.axes[0].get_window_extent().y0
    heights = [drawn.axes[0].get_window_extent().height for drawn in (few, many)]
    assert heights[1] == pytest.approx(heights[0], rel=0.05)


def test_a_legend_names_what_several_panels_share_once_and_the_last_at_the_end():
    with mpl.rc_context(STYLE):
        found = Figure(layout="constrained")
        one, other = found.subplots(1, 2)
        for panel, labels in ((one, ("c", "theirs", "a")), (other, ("a", "b"))):
            for label in labels:
                panel.plot([0], [0], label=label)
        add_legend(found, [one, other], last="theirs")
    assert [text.get_text() for text in found.legends[0].get_texts()] == ["c", "a", "b", "theirs"]
