"""Which pairs the figures of differences are about, and what captions say."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from imbaloss import report, studies
from imbaloss.data import load_data_sets
from imbaloss.report.cells import COMPARED, Cell
from imbaloss.report.comparisons import CellComparison, compare_cells
from imbaloss.report.drawings import draw_differences, draw_figures, draw_prototypes
from imbaloss.report.figures.differences import MINUS
from imbaloss.report.figures.style import TIP
from imbaloss.report.findings import Findings
from imbaloss.report.row_names import CellKey
from imbaloss.studies import Store
from tests.report import examples

F1, ROC = COMPARED[0], COMPARED[2]


def panels_of(means: dict[str, float], folder: Path) -> tuple[list[CellComparison], list[Axes]]:
    """The comparisons of two scores at two levels, and what is drawn of them; in ROC-AUC the order is the other one."""
    generator = np.random.default_rng(0)

    def cells(sign: int) -> list[Cell]:
        return [
            Cell("tree", "tree", level, {one: 0.5 + sign * mean + generator.normal(scale=0.01, size=6)
                                         for one, mean in means.items()}, None)
            for level in (0.1, 0.2)
        ]  # fmt: skip

    scored = {F1: cells(1), ROC: cells(-1)}
    study = studies.built_in("table1")
    lines = compare_cells(scored, study.margin)
    found = Findings(study, Store(folder), [], [], {}, scored, [], lines)
    [drawing] = draw_differences(found)
    return lines, drawing.figure.axes


def pairs_of(panel: Axes) -> list[str]:
    return [label.get_text() for label in panel.get_yticklabels()]


@pytest.mark.parametrize(
    ("best", "methods", "drawn"), [("f", 6, 15), ("g", 7, 6), ("a", 7, 6), ("d", 7, 6), ("d", 9, 8)]
)
def test_of_more_than_fifteen_pairs_those_of_the_best_method_by_the_first_score_are_drawn(
    best, methods, drawn, tmp_path
):
    """The best is the first of each pair, and its difference is drawn as it is then."""
    names = "abcdefghi"[:methods]
    lines, panels = panels_of({one: 0.4 if one == best else 0.02 * place for place, one in enumerate(names)}, tmp_path)
    assert len(pairs_of(panels[0])) == drawn
    if drawn < 15:
        assert pairs_of(panels[0]) == [f"{best} {MINUS} {other}" for other in names if other != best]
    for panel, score in zip(panels, (F1, ROC), strict=True):
        told = {line.get_gid().removeprefix(TIP).partition(" (")[0] for line in panel.lines if line.get_gid()}
        expected = set()
        for one in (one for one in lines if one.score == score.label):
            pair, difference = (one.first, one.second), one.interval.estimate
            if drawn == 15 or best in pair:
                turned = drawn < 15 and pair[1] == best
                first, second = pair[::-1] if turned else pair
                value = -difference if turned else difference
                expected.add(f"{first} {MINUS} {second} at level {one.level:g}: {value:+.4f}")
        assert told == expected
        assert len(told) == 2 * drawn


def test_the_caption_of_prototypes_speaks_of_images_where_there_are_some(tmp_path):
    """Of one training on digits."""
    study = studies.Study(
        ("digits_3_8",), (0.2,), ("mse",), (0,),
        recipe={"network": "prototype:per_class=2", "hidden": (4,), "epochs": 1, "train_batch": 32},
    )  # fmt: skip
    datasets, store = load_data_sets(study.datasets, quiet=True), Store(tmp_path)
    studies.execute(studies.cut_into_stacks(study.runs(), datasets), store, datasets, "cpu")
    found = report.compute_findings(study, store.rows(study.runs()), store)
    [drawing] = draw_prototypes(found, CellKey("digits_3_8", 0.2))
    assert drawing.caption == (
        "Prototypes (stars) of digits_3_8 at level 0.2 among the embeddings of their training samples (dots), in the "
        "two directions in which these vary most (principal components). Beside the map stand the training images "
        "nearest to each prototype, the nearest first. The colour of a frame is that of the image's own class. If a "
        "class has several prototypes, each says to how many samples of the class it is the nearest. The figure is of "
        "the first of the seeds."
    )


def test_of_many_data_sets_the_first_have_figures_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("imbaloss.report.drawings.MOST_SETTINGS", 2)
    names = ("one", "two", "three")
    found = examples.find(studies.built_in("table1"), examples.rows(datasets=names), tmp_path)
    drawn = list(draw_figures(found))
    assert {one.setting for one in drawn} == {"", *names[:2]}
    scores = [one for one in drawn if one.score]
    assert all(one.caption.endswith(" Of 3 settings the first 2 have figures.") for one in scores)
    assert all(len(one.figure.axes) == 2 for one in scores)
