"""The rule of the recommendation: what it takes to be recommended in place of the first choice."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.comparison.recommendation import (
    STANDARD_ERRORS,
    Kind,
    choose_method,
    compute_mean,
    compute_standard_error,
    find_kind,
    find_most_scored,
    sort_by_preference,
)
from imbaloss.learners import Method
from imbaloss.statistics import corrected_t

Scores = dict[str, np.ndarray]
FOLDS = 1 / 3  # n_test / n_train of five folds
RATIOS = st.sampled_from([None, FOLDS])
PREFERRED = (
    *("lightgbm", "lightgbm:num_leaves=7", "logistic_regression", "extra_trees", "random_forest"),
    *("balanced_random_forest", "easy_ensemble", "sklearn.svm:SVC", "gradient_boosting", "ce", "msfe", "focal:gamma=1"),
    *("lightgbm + smote", "ce + smote", "msfe + random_over"),
)


@st.composite
def draw_scores(draw: Any, fewest: int = 2, missing: bool = False) -> Scores:
    """Draw scores of some methods in two to eight repetitions, in thousandths, in order of preference."""
    methods, repetitions = draw(st.integers(1, 6)), draw(st.integers(fewest, 8))
    score = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
    score = st.one_of(st.just(np.nan), score) if missing else score
    of_method = st.lists(score, min_size=repetitions, max_size=repetitions)
    return {f"method {number}": np.array(draw(of_method)) for number in range(methods)}


def choose(scores: Scores, **options: Any) -> str | None:
    return choose_method(scores, **{"test_to_train": FOLDS, **options})


@given(draw_scores(fewest=1), RATIOS)
def test_without_standard_errors_the_best_mean_is_chosen(scores, ratio):
    means = {method: compute_mean(values) for method, values in scores.items()}
    assert choose(scores, test_to_train=ratio, standard_errors=0.0) == max(means, key=lambda method: means[method])


def test_of_equal_means_the_simplest_is_chosen():
    scores = {"first": np.array([0.4, 0.6]), "simple": np.array([0.6, 0.4]), "other": np.array([0.5, 0.4])}
    assert choose(scores) == "first"
    assert choose(scores, simplest=["simple", "other"]) == "simple"
    assert choose(scores, simplest=["other"]) == "first"


@given(draw_scores(), RATIOS, st.floats(0, 4))
def test_no_method_is_ahead_of_the_chosen_one_by_more_than_so_many_standard_errors(scores, ratio, strength):
    chosen = scores[choose(scores, test_to_train=ratio, standard_errors=strength)]
    for values in scores.values():
        error = compute_standard_error(values - chosen, ratio)
        assert compute_mean(values) - compute_mean(chosen) <= strength * error + 1e-9


@given(draw_scores(), RATIOS, st.floats(0, 4))
def test_a_method_in_place_of_the_first_choice_is_ahead_of_it_by_more_standard_errors(scores, ratio, strength):
    chosen, first = scores[choose(scores, test_to_train=ratio, standard_errors=strength)], scores["method 0"]
    if chosen is not first:
        assert compute_mean(chosen) - compute_mean(first) > strength * compute_standard_error(chosen - first, ratio)


@given(draw_scores())
def test_of_seeds_no_chosen_method_is_below_another_one_in_each(scores):
    """Differences of one sign are ahead by at least one standard error, unless folds share their training parts."""
    assert STANDARD_ERRORS <= 1
    chosen = scores[choose(scores, test_to_train=None)]
    assert not any((values > chosen).all() for values in scores.values())


@given(draw_scores(missing=True), RATIOS, st.randoms())
def test_the_order_after_the_first_choice_decides_between_equal_values_alone(scores, ratio, random):
    candidates = find_most_scored(scores)
    if not candidates:
        assert choose(scores, test_to_train=ratio) is None
        return
    first = candidates[0]
    others = [method for method in scores if method != first]
    random.shuffle(others)
    chosen = choose(scores, test_to_train=ratio)
    again = choose({method: scores[method] for method in (first, *others)}, test_to_train=ratio)
    if chosen != again:
        pair = [scores[method] - scores[first] for method in (chosen, again)]
        values = [compute_mean(scores[method]) for method in (chosen, again)]
        errors = [compute_standard_error(differences, ratio) for differences in pair]
        assert values[0] - STANDARD_ERRORS * errors[0] == values[1] - STANDARD_ERRORS * errors[1]


@given(draw_scores(missing=True), RATIOS, st.floats(0, 2))
def test_costs_are_scores_with_the_other_sign(scores, ratio, strength):
    costs = {method: -values for method, values in scores.items()}
    options = {"test_to_train": ratio, "standard_errors": strength}
    assert choose(costs, lower=True, **options) == choose(scores, **options)


@given(draw_scores(missing=True), RATIOS)
def test_a_method_that_lacks_scores_of_another_is_not_chosen(scores, ratio):
    chosen = choose(scores, test_to_train=ratio)
    counts = {method: np.isfinite(values).sum() for method, values in scores.items()}
    assert (chosen is None) == (not any(counts.values()))
    assert chosen is None or counts[chosen] == max(counts.values())


@given(st.permutations([0.1, 0.2, 0.3, 0.7]), st.permutations([0.1, 0.2, 0.3, 0.7]), st.sampled_from([0.0, 1.0]))
def test_equal_means_go_to_the_first(first, second, strength):
    """Also where a sum in another order is rounded to another number."""
    assert choose({"a": np.array(first), "b": np.array(second)}, standard_errors=strength) == "a"


@given(draw_scores(fewest=1))
def test_a_single_repetition_replaces_no_first_choice(scores):
    single = {method: values[:1] for method, values in scores.items()}
    assert choose(single) == "method 0"


@pytest.mark.parametrize(
    ("gains", "chosen"), [([0.02, 0.03, 0.01, 0.02], "b"), ([0.2, -0.1, 0.1, -0.1], "a"), ([-0.1, -0.1, 0.1, 0], "a")]
)
def test_a_lead_must_be_clear(gains, chosen):
    first = np.array([0.4, 0.5, 0.3, 0.4])
    assert choose({"a": first, "b": first + gains}) == chosen


def test_other_test_samples_count_where_all_seeds_have_the_same():
    scores = {"a": np.array([0.5, 0.5, 0.5]), "b": np.array([0.6, 0.61, 0.59])}
    assert choose(scores, test_to_train=None) == "b"
    assert choose(scores, test_to_train=None, sampling_variances={"b": 0.2**2}) == "a"
    assert choose(scores, test_to_train=None, sampling_variances={"b": 0.05**2}) == "b"


@given(st.lists(st.integers(-100, 100), min_size=2, max_size=8).map(np.array).filter(np.std))
def test_the_standard_error_of_folds_is_that_of_the_corrected_test(differences):
    from scipy import stats

    mean, error = compute_mean(differences), compute_standard_error(differences, FOLDS)
    p = 2 * stats.t.sf(abs(mean) / error, len(differences) - 1)
    assert p == pytest.approx(corrected_t(differences, FOLDS))


@given(st.permutations(PREFERRED))
def test_methods_are_preferred_in_the_order_that_is_written(texts):
    ordered = list(map(str, sort_by_preference(map(Method.parse, texts), images=False)))
    free = {"lightgbm", "sklearn.svm", "gradient_boosting", "msfe", "focal"}  # equal ones keep the order of the study
    names = [text.partition(":")[0] for text in ordered]
    assert [name for name in names if name not in free] == [
        name for name in (text.partition(":")[0] for text in PREFERRED) if name not in free
    ]
    assert [texts.index(text) for text in ordered[:2]] == sorted(texts.index(text) for text in PREFERRED[:2])
    assert set(ordered[7:9]) == {"sklearn.svm:SVC", "gradient_boosting"}
    assert set(ordered[10:12]) == {"msfe", "focal:gamma=1"}


def test_networks_are_preferred_for_images():
    texts = ("lightgbm", "msfe", "ce + smote", "logistic_regression", "ce")
    ordered = sort_by_preference(map(Method.parse, texts), images=True)
    assert list(map(str, ordered)) == ["ce", "msfe", "lightgbm", "logistic_regression", "ce + smote"]


def test_trees_with_a_loss_come_after_all_learners_with_a_name():
    texts = ("ce", "lightgbm/mfe", "xgboost/msfe", "easy_ensemble", "lightgbm")
    ordered = sort_by_preference(map(Method.parse, texts), images=False)
    assert list(map(str, ordered)) == ["lightgbm", "easy_ensemble", "lightgbm/mfe", "xgboost/msfe", "ce"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("lightgbm:num_leaves=7 + smote", Kind.BOOSTED),
        ("lightgbm/mfe", Kind.BOOSTED),
        ("xgboost:gamma=1/focal:gamma=1", Kind.BOOSTED),
        ("gradient_boosting", Kind.BOOSTED),
        ("extra_trees", Kind.OTHER),
        ("sklearn.svm:SVC", Kind.OTHER),
        ("focal:gamma=1", Kind.NETWORK),
    ],
)
def test_methods_are_of_a_kind(text, kind):
    assert find_kind(Method.parse(text)) is kind
