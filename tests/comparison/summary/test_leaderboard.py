"""The order of the methods, and what each line says."""

from collections.abc import Sequence

import numpy as np
import pytest

from imbaloss.comparison.race_schedule import Drop
from imbaloss.comparison.summary.leaderboard import ScoreAxis, Standing, cut_text, write_distance
from imbaloss.comparison.summary.summary import Summary
from imbaloss.report.page import render_page
from imbaloss.report.tables import DASH
from imbaloss.statistics import Interval
from tests.comparison.finished import COSTS, advise, find


def spread(mean: float, repetitions: int = 10) -> list[float]:
    """Return scores about a mean, which differ less between methods than between repetitions."""
    return (mean + 0.02 * np.sin(np.arange(repetitions)) + 0.002 * np.cos(np.arange(repetitions) / mean)).tolist()


def summarize(folder, values, *arguments, **fields) -> Summary:
    return advise(folder, values, *arguments, **fields).summary


def order(standings: Sequence[Standing]) -> list[str]:
    return [each.method for each in standings]


@pytest.fixture(scope="module")
def summary(tmp_path_factory) -> Summary:
    values = {name: spread(mean) for name, mean in {"logistic_regression": 0.3, "lightgbm": 0.6, "ce": 0.2}.items()}
    values["extra_trees"] = [0.61 + 0.1 * (-1) ** place for place in range(10)]  # ahead, and not clearly
    return summarize(tmp_path_factory.mktemp("ranked"), values)


def test_the_best_mean_comes_first_and_each_line_says_how_it_compares_with_the_recommended_method(summary):
    assert order(summary.standings) == ["extra_trees", "lightgbm", "logistic_regression", "ce"]
    verdicts = {each.method: each.verdict for each in summary.standings}
    assert verdicts["lightgbm"] == "recommended"
    assert verdicts["extra_trees"] == "may be the best; its lead is not significant"
    assert verdicts["ce"].startswith("ruled out, at least 0.")
    assert verdicts["ce"].endswith(" behind")


def test_a_line_has_name_interval_and_the_mean_time_of_a_training(summary):
    first = summary.standings[0]
    assert first.title == "Extremely randomised trees of scikit-learn"
    assert first.score.estimate == pytest.approx(0.61)
    assert first.score.low < 0.61 < first.score.high
    assert (first.fit_seconds, first.training_time) == (1.0, "1 s")
    assert (first.predict_1000_seconds, first.prediction_time) == (pytest.approx(0.005), "5 ms")  # 400 rows in 2 ms
    assert all(each.is_ranked for each in summary.standings)


def test_the_axis_holds_all_intervals_and_chance(summary):
    axis = summary.axis
    assert (axis.reference, axis.reference_name) == (pytest.approx(0.1), "chance")
    ends = [end for each in summary.standings for end in (each.score.low, each.score.high)]
    assert axis.low < min(*ends, 0.1) < max(ends) < axis.high
    assert [axis.place(axis.low), axis.place(axis.high), axis.place(-1), axis.place(2)] == [0, 100, 0, 100]
    assert [text for _, text in axis.ticks] == ["0.2", "0.4", "0.6"]
    assert [place for place, _ in axis.ticks] == pytest.approx([axis.place(tick) for tick in (0.2, 0.4, 0.6)])


def test_equal_means_go_to_the_recommended_method(tmp_path):
    values = spread(0.5)
    standings = summarize(tmp_path, {"ce": values, "lightgbm": values, "logistic_regression": values}).standings
    assert order(standings)[0] == "logistic_regression"
    assert [each.verdict for each in standings] == ["recommended", "may be the best", "may be the best"]


def test_methods_that_differ_by_less_than_the_margin_are_equivalent(tmp_path):
    noise = 1e-4 * np.sin(np.arange(10))
    values = {"lightgbm": spread(0.5), "ce": (np.array(spread(0.5)) - noise).tolist()}
    assert [each.verdict for each in summarize(tmp_path, values).standings if each.method == "ce"] == ["equivalent"]


def test_one_method_is_recommended_alone(tmp_path):
    [standing] = summarize(tmp_path, {"lightgbm": spread(0.5)}).standings
    assert (standing.method, standing.verdict) == ("lightgbm", "recommended")


def test_dropped_methods_and_those_without_scores_come_last_and_say_why(tmp_path):
    values = {"ce": [None] * 10, "lightgbm": spread(0.6), "focal": [*spread(0.55)[:8], None, None], "mse": spread(0.3)}
    standings = summarize(tmp_path, values, race=True, drops=(Drop("mse", 5, 0.234567),)).standings
    assert order(standings) == ["lightgbm", "focal", "mse", "ce"]
    assert [each.is_ranked for each in standings] == [True, False, False, False]
    assert standings[1].verdict == "no score in 2 of 10 repetitions: the training failed"
    assert standings[2].verdict == "ruled out, at least 0.23 behind; dropped after 5 repetitions"
    assert standings[3].verdict == "no score in 10 of 10 repetitions: the training failed"
    assert np.isnan(standings[3].score.estimate)
    assert standings[3].training_time == DASH


@pytest.mark.parametrize(("scores", "is_told"), [([0.3, None], True), ([None, None], False)])
def test_hollow_dots_are_explained_where_there_are_some(tmp_path, scores, is_told):
    findings = find(tmp_path, {"lightgbm": [0.5, 0.52], "ce": scores})
    page = render_page(findings, (), (), (), findings.study.extend_report(findings))
    assert ("Hollow dots are means over fewer repetitions" in page) is is_told


def test_one_repetition_tells_nothing(tmp_path):
    summary = summarize(tmp_path, {"ce": [0.5], "lightgbm": [0.4]})
    assert order(summary.standings) == ["ce", "lightgbm"]
    assert [each.verdict for each in summary.standings] == ["one repetition cannot tell", "recommended"]
    assert np.isnan(summary.standings[0].score.low)


def test_the_lowest_cost_comes_first_beside_the_cheapest_decision_without_a_model(tmp_path):
    summary = summarize(tmp_path, {"ce": spread(0.5), "lightgbm": spread(0.4)}, COSTS)
    assert order(summary.standings) == ["lightgbm", "ce"]
    assert summary.axis.reference == pytest.approx(0.9)  # of flagging all: 180 of 200 are false alarms
    assert summary.axis.reference_name == "the cheapest decision without a model"


def test_what_is_no_better_than_chance_is_not_recommended(tmp_path):
    standings = summarize(tmp_path, {"ce": spread(0.05), "lightgbm": spread(0.06)}).standings
    assert {each.verdict for each in standings} == {"not better than chance"}


def test_with_seeds_that_share_a_test_part_intervals_allow_for_other_rows(tmp_path):
    """They have equal scores, so that seeds alone would leave no doubt."""
    [first, _] = summarize(tmp_path, {"ce": [0.5] * 3, "lightgbm": [0.5] * 3}, folds=0).standings
    assert first.score.high - first.score.low > 0.05


@pytest.mark.parametrize(
    ("scores", "drawn"),
    [
        ({"lightgbm": 0.6, "logistic_regression": 0.3, "ce": 0.2, "mfe": 0.4}, ("lightgbm", "mfe", "ce")),
        ({"lightgbm": 0.6, "logistic_regression": 0.5, "ce": 0.2}, ("lightgbm", "logistic_regression", "ce")),
        ({"lightgbm": 0.3, "ce": 0.6, "mfe": 0.2}, ("ce", "lightgbm")),
        ({"lightgbm": 0.6, "xgboost": 0.5}, ("lightgbm",)),
        (
            {"extra_trees": 0.6, "logistic_regression": 0.5, "random_forest": 0.55},
            ("extra_trees", "logistic_regression"),
        ),
    ],
)
def test_curves_show_the_recommended_method_the_best_of_another_kind_and_plain_cross_entropy(tmp_path, scores, drawn):
    values = {name: spread(mean) for name, mean in scores.items()}
    assert summarize(tmp_path, values).drawn == drawn


def test_times_and_distances_are_written_in_few_digits():
    times = [
        Standing("a", "a", (0, 0, 0), "", seconds).training_time
        for seconds in (0.00001, 0.01234, 4.56, 98, 150, np.nan)
    ]
    assert times == ["0.001 s", "0.012 s", "4.6 s", "98 s", "2 min", DASH]
    predictions = [
        Standing("a", "a", (0, 0, 0), "", 1.0, seconds).prediction_time
        for seconds in (0.000001, 0.01234, 0.0999, 0.1, 4.56, 150, np.nan)
    ]
    assert predictions == ["0.01 ms", "12 ms", "0.1 s", "0.1 s", "4.6 s", "2 min", DASH]
    assert [write_distance(value) for value in (0.0321, 0.000012345, 12.3)] == ["0.032", "0.000012", "12"]
    assert cut_text("a\nb") == "a"
    assert len(cut_text("a" * 500)) == 120


def test_scores_have_the_decimals_of_the_axis_and_no_negative_zero():
    axis = ScoreAxis(0, 1, 0.1, "chance", 2)
    assert [axis.write(value) for value in (0.123, -0.001, np.nan)] == ["0.12", "0.00", DASH]
    assert axis.write_interval(Interval(0.4533, 0.3112, 0.5954)) == "0.45 [0.31, 0.60]"
    assert axis.write_interval(Interval(0.5, 0.5, 0.5)) == axis.write_interval(Interval(0.5, np.nan, np.nan)) == "0.50"
