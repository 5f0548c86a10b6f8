"""The files of an output folder."""

from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from imbaloss import studies
from imbaloss.atomic_write import write_atomically
from imbaloss.data import Counts, Fold
from imbaloss.report import tables
from imbaloss.report.cells import COMPARED
from imbaloss.report.drawings import Question, draw_figures
from imbaloss.report.page import build_grid
from imbaloss.studies import Row
from imbaloss.studies.row import PartCounts
from imbaloss.studies.tuning import SettingChoice
from imbaloss.training import Setting
from tests.disks import small_disk
from tests.report.examples import LOSSES, changed, failed, find, folded, markdown, rows, table, write

STUDY = replace(studies.built_in("table1"), datasets=("tree_1", "tree_2"), levels=(0.05,), losses=LOSSES, seeds=(0, 1))
SMALL = replace(STUDY, datasets=("tree_1",))  # draws half as much


def few(seeds: int = 2) -> list[Row]:
    """Of the small study."""
    return rows(seeds, SMALL.datasets)


def one_loss() -> list[Row]:
    return [row for row in few() if row.run.method.learned == LOSSES[0]]


EARLIER = [
    f"{name}.{kind}"
    for name in ("scores_recall", "differences_birds", "loss_birds_0.05", "roc_birds_0.05", "probabilities_birds_0.05",
                 "prototypes_birds_0.05", "images_birds")
    for kind in ("svg", "png")
]  # fmt: skip
OWN = ("notes.txt", "notes.svg", "my_scores_f1.png", "loss.svg", "ranks_by_hand.svg", "roc_birds_0.05.pdf")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """It held another study's figures, and the user's own."""
    place = tmp_path_factory.mktemp("out")
    (place / "figures").mkdir()
    for name in (*EARLIER, *OWN):
        (place / "figures" / name).write_text("<svg/>")
    write(STUDY, rows(), place)
    return place


def test_every_promised_file_is_there_and_no_figure_of_an_earlier_study_but_the_users_own(folder):
    figures = {
        *(f"scores_{score}" for score in ("f1", "tuned_f1", "roc_auc", "average_precision")),
        *(f"differences_{setting}" for setting in ("all_cells", *STUDY.datasets)),
        "ranks",
        *(f"loss_{name}_0.05{end}" for name in STUDY.datasets for end in ("", "_common")),
        *(f"{figure}_{name}_0.05" for name in STUDY.datasets for figure in ("roc", "probabilities", "reliability")),
    }
    files = {f"{name}.{kind}" for name in figures for kind in ("svg", "png")}
    assert {path.name for path in (folder / "figures").iterdir()} == {*files, *OWN}
    assert {path.name for path in folder.iterdir()} == {
        "comparisons.csv", "figures", "results.sqlite", "table.csv", "table.md", "table.tex", "report.html",
    }  # fmt: skip


def test_the_same_rows_give_the_same_bytes(folder, tmp_path):
    write(STUDY, rows(), tmp_path)
    for path in {*folder.rglob("*.*")} - {folder / "results.sqlite", *(folder / "figures" / name for name in OWN)}:
        assert path.read_bytes() == (tmp_path / path.relative_to(folder)).read_bytes(), path.name


class Page(HTMLParser):
    """The text, the open tags and what the page would fetch."""

    def __init__(self, text):
        super().__init__()
        self.text, self.open, self.fetched, self.links = "", [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag not in {"meta", "link", "img", "br"}:
            self.open.append(tag)
        if tag == "a":  # a link is fetched when it is followed
            self.links += [value for key, value in attributes if key == "href"]
        else:
            self.fetched += [value for key, value in attributes if key in {"src", "href"} and value[:5] != "data:"]

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
    assert "nan" not in page.text.lower()
    assert "tree_1: oak_tree (positive, P) against a tree (negative, N)" in page.text


def test_the_figures_are_svg(folder):
    for path in folder.rglob("*.svg"):
        assert ElementTree.parse(path).getroot().tag.endswith("svg")


def test_names_are_shown_as_text(tmp_path):
    name = "<script>alert(1)<script> & học"
    some = [replace(row, run=replace(row.run, dataset=name)) for row in few()]
    page = write(replace(SMALL, name=name), some, tmp_path / "một").read_text()
    assert page.count("<script>") == 1  # the page's own
    assert name in Page(page).text


def test_a_page_of_one_seed_claims_nothing(tmp_path):
    page = write(replace(SMALL, seeds=(0,)), few(seeds=1), tmp_path).read_text()
    assert "One training per cell decides nothing" in page
    assert "<code>--seeds 6</code>" in page  # 2^(1 - 6) <= 0.05


def test_failures_and_undefined_scores_are_listed(tmp_path):
    first, second, *others = few()
    lost = replace(second, undefined={"validation": {}, "test": {"roc_auc": "there are no positives"}})
    some = [replace(failed(first), losses=(0.5,)), lost, *others]
    page = Page(write(SMALL, some, tmp_path).read_text())
    for sentence in tables.write_notes(some):
        assert sentence in page.text
        assert f"- {sentence}.\n" in (tmp_path / "table.md").read_text()


def test_a_study_in_which_everything_failed_still_has_its_page(tmp_path):
    assert write(SMALL, [failed(row) for row in few()], tmp_path).exists()


def test_the_cell_with_the_highest_mean_is_the_shaded_one(tmp_path):
    found = find(STUDY, rows(), tmp_path)
    for entry in build_grid(found):
        of_cell = found.table[found.table["setting"] == entry.setting]
        assert entry.best == {one.column: of_cell[one.column].max() for one in COMPARED}
        assert set(entry.lines) == set(LOSSES)


def test_curves_are_drawn_at_the_lowest_level_with_positives(tmp_path):
    lower = [replace(row, run=replace(row.run, level=0.01)) for row in few()]
    none = [
        replace(row, run=replace(row.run, level=0.0), counts=replace(row.counts, train=Counts(500, 0))) for row in few()
    ]
    found = find(SMALL, [*few(), *lower, *none], tmp_path)
    names = [one.name for one in draw_figures(found) if one.question in {Question.LEARNING, Question.CURVES}]
    assert names == ["loss_tree_1_0.01", "loss_tree_1_0.01_common", "roc_tree_1_0.01", "probabilities_tree_1_0.01"]


def test_methods_and_settings_have_their_panels_columns_and_curves(tmp_path):
    more = [
        changed(row, sampler=sampler, protocol=protocol)
        for row in one_loss()
        for sampler in ("none", "smote")
        for protocol in ("table1", "ratio")
    ]
    study = replace(SMALL, losses=LOSSES[:1], samplers=("none", "smote"), protocols=("table1", "ratio"))
    text = Page(write(study, more, tmp_path).read_text()).text
    assert "8 of 8 trainings finished" in text
    for expected in ("tree_1 + ratio, 0.05", "tree_1 + table1, 0.05", "msfe + smote", "protocol table1, ratio"):
        assert expected in text
    assert (tmp_path / "figures" / "loss_tree_1_ratio_0.05.svg").exists()


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    with small_disk(tmp_path / "disk", "size=64k") as folder:
        file = folder / "report.html"
        write_atomically(file, b"old")
        with pytest.raises(OSError, match=r"No space left on device: '.*/disk/report\.html'"):
            write_atomically(file, b"new" * 100_000)
        assert file.read_bytes() == b"old"
        assert list(folder.iterdir()) == [file]


def test_folds_of_unequal_size_are_told_by_their_means():
    """As the counts of the confusion matrix are."""
    some = []
    for place, row in enumerate(few(seeds=3)):
        counts = PartCounts(Counts(90, 10 + place % 2), Counts(30, 3), Counts(30, 3))
        some.append(replace(row, run=replace(row.run, fold=Fold(0, place % 3, 3)), counts=counts))
    cells = table(some)
    assert cells["train_positives"].between(10, 11, inclusive="neither").all()
    assert cells["train_negatives"].dtype == int
    assert "10.3333/90" in markdown(some)
    assert "| trainings |" in markdown(some)


def test_what_a_sampler_made_is_told(tmp_path):
    made = [
        replace(changed(row, sampler="smote"), counts=replace(row.counts, resampled=Counts(450, 450)))
        for row in one_loss()
    ]
    some = [*one_loss(), *made]
    cells = table(some)
    assert "| 50/450 → 450/450 |" in markdown(some)
    assert "| method |" in markdown(some)
    assert cells["resampled_positives"].tolist()[1:] == [450]
    study = replace(SMALL, losses=LOSSES[:1], samplers=("none", "smote"))
    text = Page(write(study, some, tmp_path).read_text()).text
    assert "on 450/450" in text
    assert "A sampler changes what a network is trained on" in text


def test_a_learning_rate_is_told_of_the_methods_alone_that_chose_one(tmp_path):
    some = [
        replace(row, tuning=SettingChoice("roc_auc", Setting.of(lr=0.03), ()))
        if row.run.method.learned == LOSSES[0]
        else row
        for row in few()
    ]
    page = write(SMALL, some, tmp_path).read_text()
    assert page.count('<small class="setting">lr 0.03 (2)</small>') == len(COMPARED)
    assert page.count('<small class="setting">lr ') == len(COMPARED)


def test_a_page_of_folds_says_so(tmp_path):
    some = folded(few(seeds=3))
    text = " ".join(Page(write(replace(SMALL, seeds=(0,), folds=3), some, tmp_path).read_text()).text.split())
    assert "1 seed, 3 folds per cell" in text
    assert "95 % interval: over seeds and folds" in text
    assert "The corrected resampled t-test of all 3 pairs of losses together decides" in text
    assert "One training per cell" not in text
