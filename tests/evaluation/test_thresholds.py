"""Thresholds by a rule, with their intervals."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from sklearn import metrics

from imbaloss.evaluation import RULES, Rule, choose_threshold, score_top

VALUES = st.sampled_from([0.0, 5e-324, 0.1, 0.3, 0.5, 0.7, 1.0])
SAMPLES = st.lists(st.tuples(st.integers(0, 1), VALUES, st.integers(0, 3)), max_size=30)
recall = partial(metrics.recall_score, zero_division=0)
PEERS = {  # of labels, decisions and weights, by the libraries that have them
    "f1": lambda y, d, w: metrics.f1_score(y, d, sample_weight=w, zero_division=0),
    "f_beta": lambda y, d, w: metrics.fbeta_score(y, d, beta=2, sample_weight=w, zero_division=0),
    "g_mean": lambda y, d, w: np.sqrt(recall(y, d, sample_weight=w) * recall(1 - y, 1 - d, sample_weight=w)),
    "balanced_accuracy": lambda y, d, w: metrics.balanced_accuracy_score(y, d, sample_weight=w),
    "mcc": lambda y, d, w: metrics.matthews_corrcoef(y, d, sample_weight=w),
    "accuracy": lambda y, d, w: metrics.accuracy_score(y, d, sample_weight=w),
    "cost:fn=10,fp=2": lambda y, d, w: -np.average(np.array([[0, 2], [10, 0]])[y, d], weights=w),
}


def arrays(samples):
    labels, probabilities, weights = (np.array(column) for column in zip(*samples, strict=True))
    return labels.astype(np.int64), probabilities.astype(np.float64), weights.astype(np.float64)


@pytest.mark.parametrize("rule", PEERS)
@given(samples=SAMPLES)
def test_no_other_threshold_is_better_and_the_value_is_the_libraries(rule, samples):
    samples = [*samples, (0, 0.3, 1), (1, 0.5, 2)]
    labels, probabilities, weights = arrays(samples)
    found = choose_threshold(Rule.parse(rule), labels, probabilities, weights, resamples=0)
    peer = PEERS[rule]
    seen = weights > 0  # scikit-learn counts a class of weight 0 as there
    labels, probabilities, weights = labels[seen], probabilities[seen], weights[seen]
    assert found.value == pytest.approx(peer(labels, (probabilities >= found.threshold).astype(int), weights))
    for other in (*probabilities, 2.0):
        assert found.value >= peer(labels, (probabilities >= other).astype(int), weights) - 1e-12


@pytest.mark.parametrize("rule", RULES)
def test_weights_that_do_not_add_up_exactly_are_no_trouble(rule):
    weights = np.random.default_rng(0).random(300) / 3
    labels, probabilities = np.arange(300) % 2, np.linspace(0, 1, 300)
    assert np.isfinite(choose_threshold(Rule.parse(rule), labels, probabilities, weights).value) or "_at_" in rule


@pytest.mark.parametrize("rule", RULES)
def test_weights_are_repetitions(rule):
    generator = np.random.default_rng(0)
    labels, probabilities = np.repeat([0, 1], [80, 20]), generator.random(100) / 2 + np.repeat([0, 0.5], [80, 20])
    weights = generator.integers(0, 4, 100)
    weighed = choose_threshold(Rule.parse(rule), labels, probabilities, weights.astype(np.float64), resamples=0)
    repeated = choose_threshold(Rule.parse(rule), labels.repeat(weights), probabilities.repeat(weights), resamples=0)
    assert weighed.value == pytest.approx(repeated.value)
    decided, again = (probabilities[weights > 0] >= one.threshold for one in (weighed, repeated))
    assert np.array_equal(decided, again)


def test_it_lies_between_neighbours_and_of_equally_good_ones_nearest_to_one_half():
    f1 = Rule.parse("f1")
    assert choose_threshold(f1, np.array([0, 1, 1]), np.array([0.1, 0.7, 0.9])).threshold == pytest.approx(0.4)
    labels, probabilities = np.array([1, 0, 0, 1]), np.array([0.7, 0.6, 0.3, 0.1])  # F1 2/3 from 0.7 and from 0.1 on
    assert choose_threshold(f1, labels, probabilities).threshold == pytest.approx(0.65)


def test_where_no_call_is_cheaper_none_is_made():
    labels, probabilities = np.array([1, 0, 0, 1]), np.array([0.2, 0.9, 1.0, 0.1])
    found = choose_threshold(Rule.parse("cost:fn=1,fp=100"), labels, probabilities)
    assert not (probabilities >= found.threshold).any()
    assert found.value == pytest.approx(-0.5)


def test_constraints_hold_on_the_samples_and_the_other_score_is_the_best():
    generator = np.random.default_rng(0)
    labels = (generator.random(400) < 0.2).astype(np.int64)
    probabilities = special.expit(generator.normal(size=400) + 2 * labels)
    precision, recall, _ = metrics.precision_recall_curve(labels, probabilities)
    found = choose_threshold(Rule.parse("recall_at_precision:precision=0.6"), labels, probabilities)
    called = (probabilities >= found.threshold).astype(int)
    assert metrics.precision_score(labels, called) >= 0.6
    assert found.value == metrics.recall_score(labels, called) == recall[precision >= 0.6].max()
    found = choose_threshold(Rule.parse("precision_at_recall:recall=0.7"), labels, probabilities)
    called = (probabilities >= found.threshold).astype(int)
    assert metrics.recall_score(labels, called) >= 0.7
    assert found.value == metrics.precision_score(labels, called) == precision[recall >= 0.7].max()
    found = choose_threshold(Rule.parse("top_share:share=0.1"), labels, probabilities)
    assert (probabilities >= found.threshold).sum() == 40


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            "recall_at_precision:precision=0.9",
            "no threshold reaches precision 0.9 on the samples .*; the highest is 0.5",
        ),
    ],
)
def test_an_impossible_target_is_refused_with_what_could_be_reached(rule, sentence):
    labels, probabilities = np.array([0, 1, 0, 1]), np.array([0.9, 0.8, 0.7, 0.6])
    with pytest.raises(ValueError, match=sentence):
        choose_threshold(Rule.parse(rule), labels, probabilities)


@pytest.mark.parametrize(("labels", "missing"), [([0, 0], "positives"), ([1, 1], "negatives"), ([], "positives")])
def test_samples_of_one_class_have_no_threshold(labels, missing):
    with pytest.raises(ValueError, match=f"there are no {missing} by which a threshold could be chosen"):
        choose_threshold(Rule.parse("f1"), np.array(labels, dtype=np.int64), np.full(len(labels), 0.5))


def test_a_function_of_labels_and_decisions_is_a_rule_too():
    generator = np.random.default_rng(0)
    labels = (generator.random(200) < 0.2).astype(np.int64)
    probabilities = generator.random(200) / 2 + labels / 4
    by_name = choose_threshold(Rule.parse("f1"), labels, probabilities)
    by_function = choose_threshold(metrics.f1_score, labels, probabilities)
    assert (by_function.threshold, by_function.value) == (by_name.threshold, pytest.approx(by_name.value))
    assert np.isnan([by_function.low, by_function.high]).all()
    with pytest.raises(ValueError, match="the metric by which a threshold is chosen is undefined at every threshold"):
        choose_threshold(lambda *_: float("nan"), labels, probabilities)


def test_the_same_samples_have_the_same_interval_and_more_of_them_a_narrower_one():
    def of(samples: int):
        generator = np.random.default_rng(samples)
        labels = (generator.random(samples) < 0.2).astype(np.int64)
        return choose_threshold(Rule.parse("f1"), labels, special.expit(generator.normal(size=samples) + 2 * labels))

    few, many = of(200), of(20_000)
    assert few == of(200)
    for found in (few, many):
        assert found.low <= found.threshold <= found.high
    assert many.high - many.low < (few.high - few.low) / 2


COVERED = {"f1": 0.88, "g_mean": 0.88, "cost:fn=10": 0.84, "top_share": 0.82, "recall_at_precision:precision=0.5": 0.74}


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "low"), COVERED.items())
def test_the_interval_covers_the_best_threshold_of_all_samples_about_as_often_as_it_says(rule, low):
    """A maximum is no mean: it covers less than 95 %, as `choose_threshold` says. 600 data sets of 400 samples."""
    generator = np.random.default_rng(0)

    def drawn(size: int):
        labels = (generator.random(size) < 0.2).astype(np.int64)
        return labels, special.expit(generator.normal(size=size) + 2 * labels - 2)

    true = choose_threshold(Rule.parse(rule), *drawn(2_000_000), resamples=0).threshold
    covered = []
    for _ in range(600):
        found = choose_threshold(Rule.parse(rule), *drawn(400), resamples=200)
        covered.append(found.low <= true <= found.high)
    assert low < np.mean(covered) < 0.98


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("f2", "there is no rule for a threshold 'f2'; there are f1, f_beta"),
        ("f1:beta=2", "f1 has no parameter 'beta'; it has none"),
        ("gmean", r"there is no rule for a threshold 'gmean' \(did you mean 'g_mean'\?\)"),
        ("cost:fm=2", "cost has no parameter 'fm'; it has fn, fp"),
        ("cost:fn=0", "fn must be above 0 and finite, found 0.0 in"),
        ("cost:fn=inf", "fn must be above 0 and finite, found inf in"),
        ("recall_at_precision:precision=1.1", "precision must be above 0 and at most 1, found 1.1 in"),
        ("top_share:share=nan", "share must be above 0 and at most 1, found nan in"),
        ("f_beta:beta=1:2", r"beta must be above 0 and finite, found \(1.0, 2.0\) in"),
    ],
)
def test_a_rule_that_there_is_not_is_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        Rule.parse(text)


def test_one_rule_has_one_text():
    assert str(Rule.parse("cost:fp=1,fn=10.0")) == "cost:fn=10"
    assert str(Rule.parse("f_beta")) == "f_beta"
    assert Rule.parse(str(Rule.parse("cost:fn=0.1"))) == Rule.parse("cost:fn=0.1")


def test_the_top_k_are_those_with_the_highest_probabilities_and_ties_count_in_part():
    labels, probabilities = np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.5, 0.5, 0.1])
    assert score_top(labels, probabilities, 1) == {"found": 1.0, "precision": 1.0, "recall": 0.5, "lift": 2.5}
    assert score_top(labels, probabilities, 3)["found"] == 1.5
    assert score_top(labels, probabilities, 5)["recall"] == 1.0
    for k in (0, 6):
        with pytest.raises(ValueError, match=f"k must be 1 to the number of samples, 5, found {k}"):
            score_top(labels, probabilities, k)
    with pytest.raises(ValueError, match="no label is 1: there are no positives to find"):
        score_top(np.zeros(2, np.int64), probabilities[:2], 1)


@pytest.mark.parametrize(
    ("labels", "probabilities", "sentence"),
    [
        ([0, 1, 2], [0.1, 0.2, 0.3], "labels must be 0 or 1, found 2"),
        ([0, 1], [0.1, 4.0], "probabilities must be from 0 to 1, found 4.0"),
        ([0, 1], [0.1, np.nan], "probabilities must be from 0 to 1, found nan"),
        ([0, 1], [0.1], r"labels and probabilities must be \(N,\) both, found \(2,\) and \(1,\)"),
    ],
)
def test_other_labels_and_probabilities_are_refused(labels, probabilities, sentence):
    for function in (lambda *batch: choose_threshold(Rule.parse("f1"), *batch), lambda *batch: score_top(*batch, 1)):
        with pytest.raises(ValueError, match=sentence):
            function(labels, probabilities)
    assert choose_threshold(Rule.parse("f1"), [0, 1], [0.1, 0.9]).value == 1
