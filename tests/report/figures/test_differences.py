"""Differences of pairs, and of ranks, are drawn where they are."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from imbaloss.report import figures
from imbaloss.report.comparisons import CellComparison
from imbaloss.report.figures.differences import MINUS, find_cliques
from imbaloss.report.figures.style import COLOURS, TIP
from imbaloss.statistics import Ranks
from tests.report.examples import comparison

VERDICTS = ("better", "worse", "equivalent", "undecided")


def compared(means: dict[str, float], scores=("F1 at ½",), levels=(0.1,), pairs: int = 5) -> list[CellComparison]:
    """Every pair: the difference of the means, and less of each further score; each has the next verdict."""
    lines: list[CellComparison] = []
    for place, score in enumerate(scores):
        for level in levels:
            for first, second in combinations(means, 2):
                difference = (means[first] - means[second]) * (1 - 2 * place) + 0.001 * len(lines)
                ends = (difference, difference - 0.02, difference + 0.03)
                where = {"score": score, "level": level, "margin": 0.05 / (1 + place), "pairs": pairs}
                lines.append(comparison(first, second, VERDICTS[len(lines) % 4], ends, **where))
    return lines


THREE = {"ce": 0.5, "mfe": 0.6, "msfe": 0.8}


def told(panel: Axes) -> dict[str, Line2D]:
    return {line.get_gid().removeprefix(TIP): line for line in panel.lines if line.get_gid()}


def text_of(one: CellComparison) -> str:
    pair = f"{one.first} {MINUS} {one.second} at level {one.level:g}"
    values = f"{one.interval.estimate:+.4f} ({one.interval.low:+.4f} to {one.interval.high:+.4f})"
    return f"{pair}: {values}, p = 0.011 for all pairs: {one.verdict}"


def rows_of(panel: Axes) -> dict[str, float]:
    """What is written at each height."""
    return {label.get_text(): height for label, height in zip(panel.get_yticklabels(), panel.get_yticks(), strict=True)}


LOOKS = {"better": ("o", True), "worse": ("o", True), "equivalent": ("s", True), "undecided": ("o", False)}


def test_each_pair_stands_in_its_row_with_its_interval_and_the_look_of_its_verdict():
    lines = compared(THREE, scores=("F1 at ½", "ROC-AUC"))
    panels = figures.plot_differences(lines).axes
    assert [panel.get_title() for panel in panels] == ["F1 at ½", "ROC-AUC"]
    rows = rows_of(panels[0])
    for panel, score in zip(panels, ("F1 at ½", "ROC-AUC"), strict=True):
        drawn, of_score = told(panel), [one for one in lines if one.score == score]
        assert set(drawn) == {text_of(one) for one in of_score}
        for one in of_score:
            mark, row = drawn[text_of(one)], rows[f"{one.first} {MINUS} {one.second}"]
            assert (*mark.get_xdata(), *mark.get_ydata()) == (one.interval.estimate, row)
            filled = mark.get_markerfacecolor() == mark.get_color()
            assert (mark.get_marker(), filled) == LOOKS[one.verdict]
            assert filled or mark.get_markerfacecolor() == "none"
            assert [one.interval.low, one.interval.high] in [
                list(line.get_xdata()) for line in panel.lines if list(line.get_ydata()) == [row, row]
            ]


def test_the_first_pair_is_on_top():
    [panel] = figures.plot_differences(compared(THREE)).axes
    heights = panel.transData.transform([(0, height) for height in rows_of(panel).values()])[:, 1]
    assert list(rows_of(panel)) == [f"ce {MINUS} mfe", f"ce {MINUS} msfe", f"mfe {MINUS} msfe"]
    assert (np.diff(heights) < 0).all()
    bottom, top = sorted(panel.get_ylim())
    assert bottom < 0
    assert top > 2


def test_the_legend_shows_the_looks_and_the_levels():
    [legend] = figures.plot_differences(compared(THREE, levels=(0.1, 0.05))).legends
    shown = {text.get_text(): handle for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=True)}
    looks = {
        label: (shown[label].get_marker(), shown[label].get_markerfacecolor() != "none")
        for label in ("better or worse", "equivalent", "undecided")
    }
    assert looks == {"better or worse": ("o", True), "equivalent": ("s", True), "undecided": ("o", False)}
    levels = {label: handle.get_color() for label, handle in shown.items() if label not in looks}
    assert levels == {"level 0.1": COLOURS[0], "level 0.05": COLOURS[1]}


def test_each_level_has_its_colour_and_a_place_of_its_own_within_the_row():
    lines = compared(THREE, levels=(0.1, 0.05, 0.2))
    [panel] = figures.plot_differences(lines).axes
    drawn, rows, places = told(panel), rows_of(panel), {}
    for one in lines:
        mark, row = drawn[text_of(one)], rows[f"{one.first} {MINUS} {one.second}"]
        [height] = mark.get_ydata()
        assert abs(height - row) < 0.5
        assert mark.get_color() == COLOURS[(0.1, 0.05, 0.2).index(one.level)]
        places.setdefault(row, []).append(height)
        assert [one.interval.low, one.interval.high] in [
            list(line.get_xdata()) for line in panel.lines if list(line.get_ydata()) == [height, height]
        ]
    assert all(len(set(heights)) == 3 and heights == sorted(heights) for heights in places.values())


def test_over_all_cells_no_level_is_named():
    figure = figures.plot_differences(compared(THREE, levels=(np.nan,)))
    assert len(told(figure.axes[0])) == 3
    assert not [text for text in told(figure.axes[0]) if "level" in text]
    assert len(figure.legends[0].get_texts()) == 3


def test_the_line_is_at_no_difference_and_the_band_is_the_margin():
    panels = figures.plot_differences(compared(THREE, scores=("F1 at ½", "ROC-AUC"))).axes
    for panel, margin in zip(panels, (0.05, 0.025), strict=True):  # that of its score
        assert list(panel.lines[0].get_data()) == [[0, 0], [0, 1]]
        [band] = panel.patches
        assert (band.get_x(), band.get_width()) == pytest.approx((-margin, 2 * margin))


@pytest.mark.parametrize("methods", [6, 9])
def test_all_pairs_that_are_given_are_drawn(methods):
    lines = compared(
        {name: 0.1 * place for place, name in enumerate("abcdefghi"[:methods])}, scores=("F1 at ½", "ROC-AUC")
    )
    panels = figures.plot_differences(lines).axes
    assert list(rows_of(panels[0])) == [
        f"{one} {MINUS} {other}" for one, other in combinations("abcdefghi"[:methods], 2)
    ]
    assert [len(told(panel)) for panel in panels] == [methods * (methods - 1) // 2] * 2


def test_a_pair_of_one_repetition_is_not_drawn():
    first, _, last = compared(THREE)
    [_, alone, _] = compared(THREE, pairs=1)
    [panel] = figures.plot_differences([first, alone, last]).axes
    assert list(rows_of(panel)) == [f"ce {MINUS} mfe", f"mfe {MINUS} msfe"]


# bars and ranks


@given(st.lists(st.integers(0, 24), min_size=1, max_size=9), st.integers(0, 24))
def test_bars_join_the_runs_within_the_critical_difference_that_no_other_run_holds(quarters, critical):
    ordered = np.array(sorted(quarters)) / 4
    within = [
        (first, last)
        for first, last in combinations(range(len(ordered)), 2)
        if ordered[last] - ordered[first] <= critical / 4
    ]
    longest = [
        (first, last)
        for first, last in within
        if not any((one, other) != (first, last) and one <= first and last <= other for one, other in within)
    ]
    assert find_cliques(ordered, critical / 4) == [(ordered[first], ordered[last]) for first, last in longest]


def test_demsars_four_decision_trees():
    """His section 3.2.2: at 5 % none are told apart; at 10 % the worst is, from the two best alone."""
    ranks = np.array([1.964, 2.000, 2.893, 3.143])
    assert find_cliques(ranks, 1.25) == [(1.964, 3.143)]
    assert find_cliques(ranks, 1.12) == [(1.964, 2.893), (2.893, 3.143)]
    assert find_cliques(ranks, 0.01) == []


METHODS = ("ce", "mfe", "msfe", "mse", "focal")
RANKS = Ranks(np.array([3.3, 1.2, 2.4, 3.5, 4.6]), 0.034, 1.25, np.eye(5))


@pytest.fixture(scope="module")
def panel() -> Axes:
    return figures.plot_critical_differences({"F1 at ½": (METHODS, RANKS)}).axes[0]


def test_a_line_leads_from_each_mean_rank_to_the_name_of_its_method(panel):
    drawn, names = told(panel), {text.get_position(): text.get_text().strip() for text in panel.texts}
    assert len(drawn) == 5
    ends = []
    for method, rank in zip(METHODS, RANKS.mean, strict=True):
        line = drawn[f"{method}: mean rank {rank:.2f}"]
        assert (line.get_xdata()[0], line.get_ydata()[0]) == (rank, 0)
        ends.append((line.get_xdata()[-1], line.get_ydata()[-1]))
        assert line.get_xdata()[1] == rank
        assert line.get_ydata()[1] == line.get_ydata()[-1]
        assert sorted(names[ends[-1]].split()) == sorted([method, f"{rank:.2f}"])
    assert len(set(ends)) == 5
    left = [method for method, end in zip(METHODS, ends, strict=True) if end[0] < 1]
    assert left == ["ce", "mfe", "msfe"]  # the best three, whose ranks are on the left
    low, high = panel.get_xlim()
    assert all(low < end < high for end, _ in ends)
    assert panel.get_ylim()[0] > max(depth for _, depth in ends) > 0 > panel.get_ylim()[1]


def test_no_two_lines_to_names_cross(panel):
    """On each side, the nearer to the names a rank is, the less deep its line lies."""
    lines = [(*line.get_xdata()[[0, -1]], line.get_ydata()[-1]) for line in told(panel).values()]
    for outer, inner in ((0.6, 1), (5.4, -1)):
        depths = [depth for _, end, depth in sorted(lines, key=lambda line: inner * line[0]) if end == outer]
        assert depths == sorted(set(depths))
        assert depths[0] == min(depth for *_, depth in lines)


def test_bars_join_what_is_not_told_apart_and_one_shows_the_critical_difference(panel):
    bars = [line for line in panel.lines if line.get_color() == COLOURS[0]]
    ends = [tuple(bar.get_xdata()) for bar in bars]
    np.testing.assert_allclose(ends, [(1.17, 2.43), (2.37, 3.53), (3.47, 4.63)])
    heights = [set(bar.get_ydata()) for bar in bars]
    assert [len(of_bar) for of_bar in heights] == [1, 1, 1]
    assert len(set.union(*heights)) == 3
    nearest = min(line.get_ydata()[-1] for line in told(panel).values())
    assert all(0 < min(of_bar) < nearest for of_bar in heights)
    [scale] = [line for line in panel.lines if (line.get_ydata() == -0.75).all()]
    assert scale.get_xdata() == pytest.approx([1, 2.25])
    assert "critical difference 1.25" in [text.get_text() for text in panel.texts]


def test_each_score_has_its_diagram_with_friedmans_p():
    other = Ranks(RANKS.mean[::-1].copy(), 0.5, 10.0, RANKS.nemenyi)
    panels = figures.plot_critical_differences({"F1 at ½": (METHODS, RANKS), "ROC-AUC": (METHODS, other)}).axes
    titles = [panel.get_title(loc="left") for panel in panels]
    assert titles == ["F1 at ½: mean rank (Friedman p = 0.034)", "ROC-AUC: mean rank (Friedman p = 0.5)"]
    assert [f"ce: mean rank {rank}" in told(panel) for rank, panel in zip(("3.30", "4.60"), panels, strict=True)]
    assert all(panel.get_xticks().tolist() == [1, 2, 3, 4, 5] for panel in panels)
    assert max(line.get_xdata().max() for line in panels[1].lines if (line.get_ydata() == -0.75).all()) == 5
