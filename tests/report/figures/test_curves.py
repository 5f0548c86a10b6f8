"""Curves of losses, ROC and precision-recall, and the probabilities of each class."""

import numpy as np
import pytest
from sklearn import metrics

from imbaloss.evaluation import reliability
from imbaloss.report import figures
from imbaloss.report.figures.curves import COST_RATIOS, GRID, cost_curve, gain_curve, precision_curve, roc_curve
from imbaloss.report.figures.style import COLOURS, GREY
from imbaloss.studies import Predictions

LOSSES = {
    "ce": [[0.8, 0.4, 0.2, 0.1], [0.6, 0.5, 0.3, 0.2], [0.9, 0.7, 0.4, 0.05], [0.5, 0.45, 0.1, 0.08]],
    "msfe": [[2.0, 1.0, 0.7, 0.6, 0.5, 0.4], [1.5, 1.2, 0.9, 0.4, 0.3, 0.1]],
}


@pytest.mark.parametrize("common", [False, True])
def test_losses_are_their_median_and_quartiles_raw_and_scaled_and_cut(common):
    figure = figures.plot_loss_curves(LOSSES, common_epochs=common)
    raw, scaled = figure.axes
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(LOSSES)
    for place, (method, runs) in enumerate(LOSSES.items()):
        seeds = np.array(runs)[:, : 4 if common else None]
        for panel, values in ((raw, seeds), (scaled, seeds / seeds[:, :1])):
            assert panel.lines[place].get_label() == method
            assert panel.lines[place].get_xdata().tolist() == list(range(1, seeds.shape[1] + 1))
            np.testing.assert_allclose(panel.lines[place].get_ydata(), np.median(values, axis=0))
            outline = panel.collections[place].get_paths()[0].vertices
            for epoch, at_epoch in enumerate(values.T, start=1):
                ends = np.quantile(at_epoch, [0.25, 0.75])
                drawn = outline[outline[:, 0] == epoch, 1]
                np.testing.assert_allclose([drawn.min(), drawn.max()], ends)


def test_the_raw_loss_has_a_logarithmic_axis_and_the_scaled_one_begins_at_0():
    raw, scaled = figures.plot_loss_curves(LOSSES, common_epochs=False).axes
    assert (raw.get_yscale(), scaled.get_yscale()) == ("log", "linear")
    assert scaled.get_ylim()[0] == 0


def predictions(seed: int, negatives: int = 20, positives: int = 9, decimals: int = 1) -> Predictions:
    """With ties."""
    labels = np.repeat([0, 1], [negatives, positives])
    probabilities = np.random.default_rng(seed).beta(1 + labels, 2).round(decimals)
    return Predictions(labels, probabilities, np.arange(len(labels)))


def test_the_roc_curve_of_a_perfect_classifier_reaches_all_at_once_and_that_of_chance_is_the_diagonal():
    labels = np.array([0, 0, 1, 1, 1])
    images = np.arange(5)
    assert (roc_curve(Predictions(labels, labels * 0.5, images)) == 1).all()
    np.testing.assert_allclose(roc_curve(Predictions(labels, np.full(5, 0.3), images)), GRID)
    assert (roc_curve(Predictions(labels, 1.0 - labels, images))[:-1] == 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_roc_curve_is_scikit_learns_at_its_own_points(seed):
    test = predictions(seed)  # 20 negatives: each rate lies on the grid
    rates, recalls, _ = metrics.roc_curve(test.labels, test.probabilities, drop_intermediate=False)
    curve = roc_curve(test)
    for rate in rates:
        assert curve[round(100 * rate)] == pytest.approx(recalls[rates == rate].max())
    assert metrics.auc(GRID, curve) == pytest.approx(metrics.roc_auc_score(test.labels, test.probabilities), abs=0.01)


@pytest.mark.parametrize("decimals", [1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_the_precision_at_a_recall_is_that_of_the_highest_threshold_which_reaches_it(seed, decimals):
    test = predictions(seed, positives=20, decimals=decimals)  # each recall lies on the grid
    curve = precision_curve(test)
    for place in range(1, 101):
        called = next(
            test.probabilities >= threshold
            for threshold in sorted(set(test.probabilities), reverse=True)
            if 100 * test.labels[test.probabilities >= threshold].sum() >= 20 * place
        )
        assert curve[place] == pytest.approx(test.labels[called].mean())


def test_both_curves_are_medians_and_quartiles_beside_chance():
    tests = {"ce": [predictions(seed) for seed in range(4)], "mse": [predictions(seed, 30, 3) for seed in (7, 8)]}
    figure = figures.plot_roc_and_precision_recall(tests)
    roc, precision = figure.axes
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(tests)
    for panel, curve_of in ((roc, roc_curve), (precision, precision_curve)):
        for place, (method, runs) in enumerate(tests.items()):
            curves = np.array([curve_of(run) for run in runs])
            assert panel.lines[place].get_label() == method
            assert panel.lines[place].get_xdata() is GRID or (panel.lines[place].get_xdata() == GRID).all()
            np.testing.assert_allclose(panel.lines[place].get_ydata(), np.median(curves, axis=0))
            outline = panel.collections[place].get_paths()[0].vertices
            assert outline[:, 1].max() == pytest.approx(np.quantile(curves, 0.75, axis=0).max())
            assert outline[:, 1].min() == pytest.approx(np.quantile(curves, 0.25, axis=0).min())
    assert [list(values) for values in roc.lines[-1].get_data()] == [[0, 1], [0, 1]]
    assert list(precision.lines[-1].get_ydata()) == pytest.approx([(4 * 9 / 29 + 2 * 3 / 33) / 6] * 2)
    assert [(panel.get_xlabel(), panel.get_ylabel()) for panel in (roc, precision)] == [
        ("false positive rate", "recall (true positive rate)"),
        ("recall", "precision"),
    ]


def test_the_shares_of_each_class_are_of_all_its_samples_in_all_runs():
    one = Predictions(np.array([0, 0, 0, 1]), np.array([0.0, 0.03, 0.5, 1.0]), np.arange(4))
    other = Predictions(np.array([0, 1]), np.array([0.99, 0.41]), np.arange(2))
    [panel] = figures.plot_distributions({"ce": [one, other]}, {"ce": 0.3}).axes
    shown = {drawn.get_label(): drawn.get_data() for drawn in panel.patches}
    assert {name: values.sum() for name, (values, *_) in shown.items()} == pytest.approx(
        {"negatives": 1, "positives": 1}
    )
    bins = {
        name: {round(float(edges[place]), 2): values[place] for place in np.flatnonzero(values)}
        for name, (values, edges, _) in shown.items()
    }
    assert bins["negatives"] == pytest.approx({0.0: 0.5, 0.48: 0.25, 0.96: 0.25})
    assert bins["positives"] == pytest.approx({0.4: 0.5, 0.96: 0.5})


def test_each_method_has_its_panel_with_one_half_and_its_own_threshold():
    tests = {name: [predictions(seed)] for seed, name in enumerate(("ce", "mse", "msfe"))}
    figure = figures.plot_distributions(tests, {"mse": 0.2, "ce": 0.7, "msfe": np.nan})
    assert [panel.get_title() for panel in figure.axes] == list(tests)
    places = [{line.get_label(): line.get_xdata()[0] for line in panel.lines} for panel in figure.axes]
    assert places[:2] == [{"½": 0.5, "tuned threshold": 0.7}, {"½": 0.5, "tuned threshold": 0.2}]
    assert places[2] == {"½": 0.5}  # it has no tuned threshold
    for panel, [run] in zip(figure.axes, tests.values(), strict=True):
        of_negatives, _ = np.histogram(run.probabilities[run.labels == 0], 25, (0, 1))
        np.testing.assert_allclose(panel.patches[0].get_data().values, of_negatives / 20)
    [legend] = figure.legends
    figure.draw_without_rendering()
    places = {text.get_text(): text.get_window_extent() for text in legend.get_texts()}
    in_lines = sorted(places, key=lambda label: (-round(places[label].y0), places[label].x0))
    assert in_lines == ["negatives", "positives", "½", "tuned threshold"]


def test_the_lowest_panel_of_each_column_says_what_is_across_and_has_its_numbers():
    tests = {str(place): [predictions(place)] for place in range(7)}
    panels = figures.plot_distributions(tests, dict.fromkeys(tests, 0.5)).axes
    places = [panel.get_subplotspec() for panel in panels]
    assert [(place.rowspan.start, place.colspan.start) for place in places] == [
        *((0, at) for at in range(5)),
        (1, 0),
        (1, 1),
    ]
    labelled = [bool(panel.get_xlabel()) for panel in panels]
    assert labelled == [False, False, True, True, True, True, True]
    assert [bool(panel.get_ylabel()) for panel in panels] == [True, False, False, False, False, True, False]
    assert [panel.xaxis.get_major_ticks()[0].label1.get_visible() for panel in panels] == labelled


def test_the_reliability_of_each_method_is_that_of_all_its_runs_beside_the_diagonal():
    tests = {"ce": [predictions(0), predictions(1)], "mse": [predictions(2)]}
    figure = figures.plot_reliabilities(tests)
    assert [panel.get_title() for panel in figure.axes] == list(tests)
    labels, values = (
        np.concatenate([getattr(run, name) for run in tests["ce"]]) for name in ("labels", "probabilities")
    )
    expected = reliability(labels, values)
    lines = {line.get_label(): line.get_xydata() for line in figure.axes[0].lines}
    np.testing.assert_allclose(lines["found"], np.stack([expected.probability, expected.share], axis=1))
    np.testing.assert_allclose(lines["true probabilities"], [[0, 0], [1, 1]])


def test_a_run_that_patience_ended_keeps_its_last_loss_so_that_the_median_does_not_jump():
    figure = figures.plot_loss_curves({"ce": [[4.0, 2.0], [8.0, 4.0, 2.0, 1.0]]}, common_epochs=False)
    [line] = figure.axes[0].lines
    np.testing.assert_allclose(line.get_xydata(), [[1, 6], [2, 3], [3, 2], [4, 1.5]])


def test_losses_of_highlighted_networks_are_in_colour_and_all_others_grey():
    losses = {name: [[1.0, 0.5], [0.9, 0.4]] for name in ("ce", "mse", "mfe")}
    figure = figures.plot_loss_curves(losses, common_epochs=False, highlighted=("lightgbm", "ce"))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["ce", "2 other methods"]
    assert [line.get_color() for line in figure.axes[0].lines] == [COLOURS[0], GREY, GREY]
    assert len(figure.axes[0].collections) == 1  # a band of the highlighted one alone


@pytest.mark.parametrize(
    "draw",
    [figures.draw_reliabilities, figures.draw_precision_recall, figures.draw_roc, figures.draw_gains,
     figures.draw_costs],
)  # fmt: skip
def test_of_many_methods_the_highlighted_curves_alone_are_coloured_and_named(draw):
    tests = {name: [predictions(seed), predictions(seed + 9)] for seed, name in enumerate("abcdefgh")}
    figure = figures.plot_curves(draw, tests, ("g", "b", "d"))
    [panel] = figure.axes
    assert [line.get_color() for line in panel.lines[:-1]] == [*COLOURS[:3], *[GREY] * 5]
    assert [line.get_label() for line in panel.lines[:-1]] == ["g", "b", "d", *["5 other methods"] * 5]
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"g", "b", "d", "5 other methods"}
    assert panel.lines[-1].get_linestyle() == ":"  # chance, or true probabilities


def test_the_gain_curve_counts_what_the_most_probable_samples_hold():
    labels = np.array([0] * 8 + [1] * 2)
    perfect = gain_curve(Predictions(labels, labels * 1.0, np.arange(10)))
    np.testing.assert_allclose(perfect, np.minimum(GRID / 0.2, 1))
    np.testing.assert_allclose(gain_curve(Predictions(labels, np.full(10, 0.5), np.arange(10))), GRID)


@pytest.mark.parametrize("seed", range(3))
def test_the_cost_curve_is_what_decisions_by_the_probability_cost(seed):
    test = predictions(seed)
    curve = cost_curve(test)
    for ratio, cost in zip(COST_RATIOS, curve, strict=True):
        flagged = test.probabilities >= 1 / (1 + ratio)
        missed, alarms = (test.labels & ~flagged).sum(), ((1 - test.labels) & flagged).sum()
        assert cost == pytest.approx((ratio * missed + alarms) / min(ratio * 9, 20))


def test_a_model_that_flags_nothing_or_everything_costs_as_much_as_no_model():
    labels = np.array([0] * 8 + [1] * 2)
    cost = cost_curve(Predictions(labels, np.full(10, 0.2), np.arange(10)))  # the share of positives
    np.testing.assert_allclose(cost, 1)
