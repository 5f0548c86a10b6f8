"""The guide to the losses: docs/losses.md and its pictures."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

from imbaloss import losses
from imbaloss.report import guide

DOCS = Path(__file__).parents[2] / "docs"

every_loss = pytest.mark.parametrize("name", losses.names())


def test_the_page_says_what_the_catalogue_says_today():
    assert (DOCS / "losses.md").read_text() == guide.render_guide(), "docs/losses.md is out of date: run `make docs`"


@every_loss
def test_every_loss_has_its_section_and_its_picture(name):
    page = (DOCS / "losses.md").read_text()
    assert f"\n### `{name}`\n" in page
    picture = f"figures/losses/{name}.svg"
    assert f"]({picture})" in page
    assert (DOCS / picture).exists(), "a picture is missing: run `make docs`"


def test_every_part_of_a_pair_is_told():
    page = guide.render_guide()
    assert all(f"\n- `{name}`: " in page for name in (*losses.ERRORS, *losses.REDUCTIONS))


def test_a_list_ends_with_a_blank_line():
    """Otherwise Markdown takes the paragraph after it for a part of its last point."""
    lines = guide.render_guide().splitlines()
    assert [line for above, line in pairwise(lines) if above.startswith(("- ", "  ")) and line[:1].isalpha()] == []


@pytest.mark.parametrize("name", ["ce", "ldam_drw", "smooth_ap"])
def test_a_picture_is_svg_and_the_same_bytes_each_time(name):
    picture = guide.draw_response(name)
    assert picture == guide.draw_response(name)
    assert ElementTree.fromstring(picture).tag.endswith("svg")


def test_the_numbers_at_the_axes_are_whole():
    labels = [text.text for text in ElementTree.fromstring(guide.draw_response("msfe_unbiased")).iter() if text.text]
    assert {"0.0", "0.2", "0.00"} <= set(labels)


@every_loss
def test_the_slope_is_that_of_the_loss(name):
    loss = losses.get(name, counts=guide.COUNTS)
    loss = loss.first if isinstance(loss, losses.Deferred) else loss
    for target in (0, 1):
        value, slope = guide.compute_response(loss, target)
        assert value.min() == 0
        steps = torch.diff(value)
        between = (slope[1:] + slope[:-1]) / 2 * torch.diff(guide.Z)
        assert (steps - between).abs().max() <= 0.06 * max(1, value.max())


def test_of_a_mean_over_samples_the_picture_shows_the_error():
    value, slope = guide.compute_response(losses.get("ce"), 1)
    torch.testing.assert_close(
        value, torch.nn.functional.softplus(-guide.Z) - torch.nn.functional.softplus(-guide.Z[-1])
    )
    torch.testing.assert_close(slope, -torch.sigmoid(-guide.Z))
