"""The files of an output folder."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from imbaloss import report, studies
from tests.report.examples import LOSSES, rows

STUDY = replace(studies.built_in("table1"), datasets=("tree_1", "tree_2"), levels=(0.05,), losses=LOSSES, seeds=(0, 1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("out")
    report.write(STUDY, rows(), place)
    return place


def test_every_promised_file_is_there_and_no_other(folder):
    figures = {"scores", *(f"loss_{name}_0.05{end}" for name in STUDY.datasets for end in ("", "_common"))}
    assert {path.name for path in (folder / "figures").iterdir()} == {
        f"{name}.{kind}" for name in figures for kind in ("svg", "png")
    }
    assert {path.name for path in folder.iterdir()} == {
        "figures", "table.csv", "table.md", "table.tex", "report.html",
    }  # fmt: skip


def test_the_same_rows_give_the_same_bytes(folder, tmp_path):
    report.write(STUDY, rows(), tmp_path)
    for path in folder.rglob("*.*"):
        assert path.read_bytes() == (tmp_path / path.relative_to(folder)).read_bytes(), path.name


class Page(HTMLParser):
    """The text, the open tags and what the page would fetch."""

    def __init__(self, text):
        super().__init__()
        self.text, self.open, self.fetched = "", [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag not in {"meta", "link", "img", "br"}:
            self.open.append(tag)
        self.fetched += [value for key, value in attributes if key in {"src", "href"} and not value.startswith("#")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_data(self, data):
        self.text += data


def test_the_page_is_whole_and_fetches_nothing(folder):
    page = Page((folder / "report.html").read_text())
    assert not page.open
    assert not page.fetched
    for expected in ("Which loss finds the rare class?", "12 of 12 trainings finished", "50/450", "published 0.4286"):
        assert expected in page.text
    assert "nan" not in page.text.lower().replace("finance", "")


def test_the_figures_are_svg(folder):
    for path in folder.rglob("*.svg"):
        assert ElementTree.parse(path).getroot().tag.endswith("svg")


def test_names_are_shown_as_text(tmp_path):
    name = "<script>alert(1)</script> & học"
    some = [replace(row, run=replace(row.run, dataset=name)) for row in rows(datasets=("tree_1",))]
    page = report.write(replace(STUDY, name=name), some, tmp_path / "một").read_text()
    assert "<script>" not in page
    assert name in Page(page).text


def test_a_page_of_one_seed_claims_nothing(tmp_path):
    page = report.write(replace(STUDY, seeds=(0,)), rows(seeds=1), tmp_path).read_text()
    assert "With one seed a cell" in page
    assert "±" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)


def test_failures_and_undefined_scores_are_listed(tmp_path):
    some = rows()
    bad = replace(some[0], scores={}, failure="the loss was no longer finite in epoch 2, batch 1", losses=(0.5,))
    lost = replace(some[1], undefined={"roc_auc": "there are no positives"})
    page = Page(report.write(STUDY, [bad, lost, *some[2:]], tmp_path).read_text())
    assert "tree_1 at level 0.05, msfe, seed 0: the loss was no longer finite in epoch 2, batch 1" in page.text
    assert "ROC-AUC of tree_1 at level 0.05, in 1 of the trainings: there are no positives" in page.text


def test_a_study_in_which_everything_failed_still_has_its_page(tmp_path):
    some = [replace(row, scores={}, failure="the loss was no longer finite", losses=()) for row in rows()]
    assert report.write(STUDY, some, tmp_path).exists()
