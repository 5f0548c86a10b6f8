"""Averages of methods: their texts, the weights of ensemble selection, and the mean of log-odds."""

import numpy as np
import pytest
from scipy import special
from sklearn.metrics import average_precision_score

from imbaloss.data import InputForm
from imbaloss.data.seeds import make_generator
from imbaloss.learners import Method
from imbaloss.learners.average_model import average_log_odds, to_log_odds
from imbaloss.learners.averages import select_ensemble, select_in_bag

TEXTS = {
    "average(lightgbm, ce)": "average(ce, lightgbm)",
    "average(lightgbm:num_leaves=63,max_depth=4,ce + smote)": "average(ce + smote, lightgbm:max_depth=4,num_leaves=63)",
    "ensemble_selection( mse , sklearn.svm:SVC:C=10, gamma=2 + random_under, lightgbm/focal:gamma=1 )": (
        "ensemble_selection(lightgbm/focal:gamma=1, mse, sklearn.svm:SVC:C=10,gamma=2 + random_under)"
    ),
}
WRONG = {
    "average": "in parentheses",
    "average(ce, mse": "in parentheses",
    "average(ce, mse) + smote": "in parentheses",
    "average(ce)": "2 methods or more",
    "average()": "before and after each comma",
    "average(ce,, mse)": "before and after each comma",
    "average(ce, ce)": "found ce twice",
    "average(ce, average(mfe, mse))": "takes no averages: write the methods of average",
    "ensemble_selection(ce, baseline)": "is the rule in use",
    "average(ce, msee)": "no method 'msee'",
    "average(ce, lightgbm/mae)": "^mae is no objective for trees",
}


@pytest.mark.parametrize(("text", "written"), TEXTS.items())
def test_a_text_is_read_back_and_the_order_of_methods_does_not_matter(text, written):
    method = Method.parse(text)
    assert str(method) == written
    assert Method.parse(written) == method


@pytest.mark.parametrize(("text", "message"), WRONG.items())
def test_a_wrong_text_raises_one_clear_error(text, message):
    with pytest.raises(ValueError, match=message):
        Method.parse(text)


def test_inputs_are_in_the_form_of_all_members_or_in_both_forms():
    forms = [Method.parse(f"average({text})").input_form for text in ("ce, mse", "lightgbm, xgboost", "ce, lightgbm")]
    assert forms == [InputForm.PREPARED, InputForm.COLUMNS, InputForm.BOTH]


def test_the_mean_is_of_log_odds_and_does_not_depend_on_other_rows():
    probabilities = np.random.default_rng(0).uniform(size=(3, 50))
    weights = (0.5, 0.3, 0.2)
    mean = average_log_odds(to_log_odds(probabilities), weights)
    assert mean == pytest.approx(np.average(special.logit(probabilities), axis=0, weights=weights), rel=1e-12)
    assert average_log_odds(to_log_odds(probabilities[:, 7:8]), weights) == mean[7]


def test_a_member_that_is_certain_does_not_decide_alone():
    assert to_log_odds(np.array([0.0, 1.0])).tolist() == [-30, 30]


def draw_members(signals: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Labels (600,), a tenth of them 1, and log-odds (M, 600) of normal noise that positives are moved by."""
    generator = np.random.default_rng(1)
    labels = (np.arange(600) % 10 == 0).astype(np.int64)
    return labels, np.stack([generator.normal(size=600) + signal * labels for signal in signals])


def select(labels: np.ndarray, log_odds: np.ndarray, seed: int = 0) -> np.ndarray:
    def score(rows, probabilities):
        return float(average_precision_score(labels[rows], probabilities))

    return select_ensemble(labels, log_odds, score, make_generator(seed, "test"))


def test_members_without_a_signal_get_hardly_a_weight_and_equal_signals_share_it():
    weights = select(*draw_members((2.0, 0.0, 2.0, 0.0)))
    assert weights.sum() == pytest.approx(1)
    assert weights[[0, 2]].min() > 0.25
    assert weights[[1, 3]].max() < 0.1


def test_the_weights_are_those_of_the_seed():
    members = draw_members((1.0, 0.8))
    assert select(*members).tolist() == select(*members).tolist() != select(*members, seed=1).tolist()


def test_the_best_mean_on_the_way_counts_and_of_equal_members_the_first():
    labels, [log_odds] = draw_members((1.0,))
    same = np.stack([log_odds, log_odds])
    assert select_in_bag(same, lambda odds: float(average_precision_score(labels, odds))) == [0]


def test_without_a_defined_score_all_weights_are_equal():
    labels, log_odds = draw_members((1.0, 0.0))
    weights = select_ensemble(labels, log_odds, lambda _rows, _probabilities: None, make_generator(0, "test"))
    assert weights.tolist() == [0.5, 0.5]
