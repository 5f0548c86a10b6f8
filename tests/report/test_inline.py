"""An SVG file becomes an element of a page beside others."""

import re
from collections import Counter
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from imbaloss.report.figures import STYLE, save_figure
from imbaloss.report.figures.style import COLOURS, set_tooltip
from imbaloss.report.inline import SVG, XLINK, inline_svg

TOLD = ("a < b & \"c\" is 'd'", "học <script>alert(1)</script> #000000 url(#m1)")
LABEL = 'Which "loss" <is> best & why'


@pytest.fixture(scope="module")
def svg(tmp_path_factory) -> str:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3, 2), layout="constrained")
        for panel in figure.subplots(1, 2):
            for place, text in enumerate(TOLD):
                [line] = panel.plot([0, 1, 2], [place, 1, 2], "o-", color=COLOURS[place])
                set_tooltip(line, text)
            panel.imshow([[0, 1], [1, 0]], cmap="gray")
            panel.fill_between([0, 1], [1, 2], color="black")
    return save_figure(figure, tmp_path_factory.mktemp("figures"), "one")


@pytest.fixture(scope="module")
def pair(svg) -> list[str]:
    return [inline_svg(svg, name, LABEL) for name in ("f1", "f11")]


def attributes(text: str, *keys: str) -> list[str]:
    return [
        element.attrib[key] for element in ElementTree.fromstring(text).iter() for key in keys if key in element.attrib
    ]


def references(text: str) -> list[str]:
    found = re.findall(r"url\(#(.*?)\)", " ".join(attributes(text, "clip-path", "style")))
    return found + [target[1:] for target in attributes(text, f"{{{XLINK}}}href", "href") if target.startswith("#")]


def test_every_reference_points_into_its_own_figure_and_no_id_is_there_twice(pair):
    for text in pair:
        ids = attributes(text, "id")
        assert set(references(text)) <= set(ids)
        assert any(element.tag == f"{{{SVG}}}clipPath" for element in ElementTree.fromstring(text).iter())
        assert attributes(text, "clip-path")
        assert attributes(text, f"{{{XLINK}}}href")
    of_page = Counter(attributes(f"<main>{''.join(pair)}</main>", "id"))
    assert of_page
    assert set(of_page.values()) == {1}


def test_no_reference_is_lost(svg, pair):
    for text in pair:
        assert len(references(text)) == len(references(svg)) > 8


def test_pictures_within_it_stay_as_they_are(svg, pair):
    def pictures(text):
        return [target for target in attributes(text, f"{{{XLINK}}}href") if target.startswith("data:image/png")]

    assert pictures(pair[0]) == pictures(svg)
    assert len(pictures(svg)) == 2


def test_what_was_told_is_a_tip_and_no_id(pair):
    for text in pair:
        assert attributes(text, "data-tip") == [*TOLD, *TOLD]
        assert not [one for one in attributes(text, "id") if "tip" in one]
        assert "<script" not in text


def test_black_follows_the_text_white_and_the_colours_of_methods_the_page(svg, pair):
    before, after = (" ".join(attributes(text, "style")) for text in (svg, pair[0]))
    assert after.count("currentColor") == before.count("#000000") > 0
    assert after.count("none") - before.count("none") == before.count("#ffffff") > 0
    assert "#000000" not in after
    assert "#ffffff" not in after
    assert COLOURS[0].lower() in before
    for number, colour in enumerate(COLOURS[:2]):
        assert after.count(f"var(--curve-{number})") == before.count(colour.lower())
        assert colour.lower() not in after


def test_who_made_it_and_its_style_sheet_are_gone_and_all_else_is_there(svg, pair):
    def tags(text):
        return Counter(element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter())

    gone = tags(svg) - tags(pair[0])
    assert {"metadata", "style"} <= set(gone)
    assert set(tags(pair[0])) == {"svg", "g", "path", "defs", "use", "text", "clipPath", "rect", "image"}
    assert all(not tags(pair[0])[tag] or tag == "defs" for tag in gone)


def test_a_screen_reader_has_its_label_and_the_page_its_size(svg, pair):
    root = ElementTree.fromstring(pair[0])
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", LABEL)
    assert root.attrib["style"] == "width: 288px"  # 3 inches
    assert "width" not in root.attrib
    assert "height" not in root.attrib
    assert root.attrib["viewBox"] == ElementTree.fromstring(svg).attrib["viewBox"]
    assert pair[0].startswith("<svg ")
