"""The figure of scores shows what the table and the cells say."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from imbaloss.report import figures
from imbaloss.report.cells import COMPARED, Cell, ComparedScore
from imbaloss.report.figures.style import TIP, assign_marks
from imbaloss.report.lines import CellLine, Counts, ScoreSummary
from imbaloss.report.row_names import CellKey
from imbaloss.statistics import Interval
from tests.report.examples import rows

F1 = COMPARED[0]
METHODS = ("ce", "focal:gamma=2", "mse")
LEVELS = (0.2, 0.0125)


def table(settings: tuple[str, ...] = ("tree",)) -> pd.DataFrame:
    """Means with uneven ends, and a published value of the first method at the second level."""
    lines = []
    for setting in settings:
        for method in METHODS:
            for level in LEVELS:
                mean = 0.3 + len(lines) / 100
                ends = {"f1": mean, "f1_low": mean - 0.1, "f1_high": mean + 0.2}
                counts = {"train_positives": 1000 * level, "train_negatives": 1000}
                theirs = {"published_f1": 0.77 if (method, level) == (METHODS[0], LEVELS[1]) else np.nan}
                lines.append({"setting": setting, "level": level, "method": method, **ends, **counts, **theirs})
    return pd.DataFrame(lines)


def summary(one: dict[str, float], column: str) -> ScoreSummary:
    """Of a line of the table; NaN for the columns that it lacks."""
    names = (column, f"{column}_sd", f"{column}_low", f"{column}_high", f"published_{column}")
    return ScoreSummary(*(one.get(name, np.nan) for name in names))


def draw(frame: pd.DataFrame, of: list[Cell], compared: ComparedScore) -> Figure:
    lines = [
        CellLine(
            cell=CellKey(one["setting"], one["level"]),
            method=one["method"],
            run=rows()[0].run,
            negative="a house",
            trainings=3,
            failed=0,
            epochs=4,
            train=Counts(one["train_positives"], one["train_negatives"]),
            validation=Counts(10, 90),
            test=Counts(10, 90),
            resampled=None,
            scores={score.column: summary(one, score.column) for score in COMPARED},
            interval_over="seeds",
            roc_auc_both=Interval(np.nan, np.nan, np.nan),
            chosen_settings={},
        )
        for one in frame.to_dict("records")
    ]
    return figures.plot_scores(lines, of, compared)


def cells(of: pd.DataFrame, repetitions: int = 3) -> list[Cell]:
    generator = np.random.default_rng(0)
    return [
        Cell(setting, setting, level, {method: generator.random(repetitions) for method in METHODS}, None)
        for setting, level in of[["setting", "level"]].drop_duplicates().itertuples(index=False)
    ]


def told(panel: Axes) -> dict[str, Line2D]:
    """The marks that tell something, by what they tell."""
    return {line.get_gid().removeprefix(TIP): line for line in panel.lines if line.get_gid()}


def at(panel: Axes, place: float) -> list[list[float]]:
    """The values that are drawn at that place on the horizontal axis."""
    return [
        list(line.get_ydata()) for line in panel.lines if len(line.get_xdata()) and (line.get_xdata() == place).all()
    ]


def test_means_intervals_runs_and_published_values_stand_at_the_place_of_their_method_and_level():
    lines = table()
    of = cells(lines)
    [panel] = draw(lines, of, F1).axes
    drawn, places = told(panel), {}
    for _, one in lines.iterrows():
        at_level = f"{one['method']} at level {one['level']:g}"
        mark = drawn.pop(f"{at_level}: F1 at ½ {one['f1']:.4f} ({one['f1_low']:.4f} to {one['f1_high']:.4f})")
        [place] = mark.get_xdata()
        places[one["method"], one["level"]] = place
        assert LEVELS.index(one["level"]) == round(place)
        expected = [
            of[LEVELS.index(one["level"])].scores[one["method"]].tolist(),
            [one["f1_low"], one["f1_high"]],
            [one["f1"]],
        ]
        if pd.notna(one["published_f1"]):
            theirs = drawn.pop(f"{at_level}: published 0.7700")
            assert theirs.get_markerfacecolor() == "none" != mark.get_markerfacecolor()
            assert theirs.get_marker() == mark.get_marker()
            expected.append([0.77])
        assert at(panel, place) == expected
    assert drawn == {}
    for level in LEVELS:
        order = [places[method, level] for method in METHODS]
        assert order == sorted(set(order))


def test_everything_of_a_method_has_its_colour_also_where_another_was_not_trained():
    lines = table(("tree", "house"))
    lines = lines[(lines["setting"] == "tree") | (lines["method"] != METHODS[0])]
    tree, house = draw(lines, cells(lines), F1).axes
    looks = assign_marks(METHODS)
    for panel, method in [*product((tree, house), METHODS[1:]), (tree, METHODS[0])]:
        own = [line for text, line in told(panel).items() if text.startswith(f"{method} at")]
        places = {line.get_xdata()[0] for line in own}
        there = [line for line in panel.lines if len(line.get_xdata()) and line.get_xdata()[0] in places]
        assert {line.get_color() for line in there} == {looks[method]["color"]}
        assert {line.get_marker() for line in own} == {looks[method]["marker"]}


@pytest.mark.parametrize(("repetitions", "drawn"), [(1, False), (2, True), (20, True), (21, False)])
def test_single_trainings_are_drawn_of_two_to_twenty(repetitions, drawn):
    lines = table()
    [panel] = draw(lines, cells(lines, repetitions), F1).axes
    dots = [len(line.get_xdata()) for line in panel.lines if line.get_marker() == "."]
    assert dots == [repetitions] * 6 * drawn


def test_where_there_is_no_interval_none_is_drawn_or_told():
    lines = table().assign(f1_low=np.nan, f1_high=np.nan)
    [panel] = draw(lines, cells(lines, 1), F1).axes
    assert max(len(line.get_xdata()) for line in panel.lines) == 1
    assert "ce at level 0.2: F1 at ½ 0.3000" in told(panel)


def test_each_level_has_its_name_and_its_counts():
    lines = table()
    [panel] = draw(lines, cells(lines), F1).axes
    assert [label.get_text() for label in panel.get_xticklabels()] == ["0.2\n200/1000", "0.0125\n12.5/1000"]
    assert panel.get_xticks().tolist() == [0, 1]


def test_settings_have_their_panels_three_beside_each_other():
    lines = table(("tree", "house", "fish", "birds"))
    of = cells(lines)
    panels = draw(lines, of, F1).axes
    assert [panel.get_title() for panel in panels] == ["tree", "house", "fish", "birds"]
    places = [panel.get_subplotspec() for panel in panels]
    assert [(place.rowspan.start, place.colspan.start) for place in places] == [(0, 0), (0, 1), (0, 2), (1, 0)]
    assert panels[0].get_shared_y_axes().joined(panels[0], panels[3])
    assert [panel.get_ylabel() for panel in panels] == ["F1 at ½", "", "", "F1 at ½"]
    for place, panel in enumerate(panels):
        drawn = next(line for text, line in told(panel).items() if text.startswith("ce at level 0.2"))
        assert drawn.get_ydata() == [0.3 + 6 * place / 100]
        assert of[2 * place].scores["ce"].tolist() in at(panel, drawn.get_xdata())


@pytest.mark.parametrize("setting", ["tree", "house"])
def test_published_is_the_last_in_the_legend_wherever_it_is_drawn(setting):
    lines = table(("tree", "house"))
    lines.loc[lines["setting"] != setting, "published_f1"] = np.nan
    lines = lines[(lines["setting"] == "house") | (lines["method"] != "mse")]  # which comes last
    [legend] = draw(lines, cells(lines), F1).legends
    assert [text.get_text() for text in legend.get_texts()] == [*METHODS, "published"]
    assert [handle.get_markerfacecolor() == "none" for handle in legend.legend_handles] == [False] * 3 + [True]


@pytest.mark.parametrize("theirs", [{"published_f1": np.nan}, {}], ids=["undefined", "no column"])
def test_where_nothing_is_published_the_legend_says_nothing_of_it(theirs):
    lines = table().drop(columns="published_f1").assign(**theirs)
    [legend] = draw(lines, cells(lines), F1).legends
    assert [text.get_text() for text in legend.get_texts()] == list(METHODS)


def test_what_is_published_of_one_score_is_not_drawn_with_another():
    lines = table().rename(columns={"f1": "roc_auc", "f1_low": "roc_auc_low", "f1_high": "roc_auc_high"})
    figure = draw(lines, cells(lines), COMPARED[2])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(METHODS)
    assert len(told(figure.axes[0])) == 6


def test_at_one_level_methods_stand_below_each_other_beside_their_names():
    lines = table(("tree", "house"))
    lines = lines[lines["level"] == LEVELS[1]]
    of = cells(lines)
    tree, house = draw(lines, of, F1).axes
    assert [label.get_text() for label in tree.get_yticklabels()] == list(METHODS)
    assert tree.get_ylim() == (2.5, -0.5)  # the first one at the top
    assert (tree.get_xlabel(), tree.get_title()) == ("F1 at ½", "tree\n12/1000 positives/negatives in train")
    for place, method in enumerate(METHODS):
        [line] = lines[(lines["method"] == method) & (lines["setting"] == "house")].to_dict("records")
        mark = told(house)[
            f"{method} at level 0.0125: F1 at ½ {line['f1']:.4f} ({line['f1_low']:.4f} to {line['f1_high']:.4f})"
        ]
        assert mark.get_xydata().tolist() == [[line["f1"], place]]
        drawn = [list(each.get_xdata()) for each in house.lines if list(each.get_ydata())[:1] == [place]]
        assert [line["f1_low"], line["f1_high"]] in drawn
        assert of[1].scores[method].tolist() in drawn
    assert told(tree)["ce at level 0.0125: published 0.7700"].get_markerfacecolor() == "none"
