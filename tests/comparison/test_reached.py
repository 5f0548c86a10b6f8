"""What the choice of a method reaches on new data, without the luck of the chosen one."""

import numpy as np
import pytest

from imbaloss.comparison.bootstrap_of_test_rows import RedrawnScores
from imbaloss.comparison.reached import estimate_on_folds, estimate_on_other_rows, score_choices
from imbaloss.comparison.recommendation import choose_method
from imbaloss.learners import Method
from imbaloss.statistics import seeds_and_redrawn, t_interval


def choose_best_mean(scores):
    """Choose the method with the highest mean."""
    return choose_method(scores, test_to_train=None, standard_errors=0.0)


def test_a_repetition_takes_no_part_in_the_choice_that_it_scores():
    scores = {"a": np.array([0.9, 0.1, 0.2, 0.2, 0.1, 0.2]), "b": np.array([0.3, 0.4, 0.3, 0.9, 0.8, 0.1])}
    reached = score_choices(scores, [0, 0, 0, 1, 1, 1], choose_best_mean)
    assert reached.tolist() == [0.3, 0.1, 0.2, 0.9, 0.8, 0.1]  # the first fold of the first round alone speaks for a


def test_rounds_of_two_repetitions_give_no_choice():
    scores = {"a": np.array([0.9, 0.7, 0.1, 0.5, 0.6]), "b": np.array([0.3, 0.4, 0.8, 0.1, 0.2])}
    reached = score_choices(scores, [0, 0, 0, 1, 1], choose_best_mean)
    np.testing.assert_equal(reached, [0.3, 0.4, 0.1, np.nan, np.nan])
    assert np.isnan(score_choices({"a": np.array([0.5])}, [0], choose_best_mean)).all()


def test_without_two_scores_of_choices_there_is_no_estimate():
    best = np.array([0.5, 0.6])
    for reached in ([0.5, np.nan], [np.nan, np.nan]):
        assert np.isnan(estimate_on_folds(np.array(reached), best, 0.25)).all()
    assert np.isnan(estimate_on_folds(np.full(5, 0.5), np.full(5, 0.5), 0.25)).all()  # no variation, no interval
    width = estimate_on_folds(np.full(3, 0.5), np.array([0.5, 0.6, 0.7]), 0.25)
    assert width.estimate == 0.5
    assert width.high > 0.6


def test_missing_scores_are_left_out():
    scores = {"a": np.array([0.9, np.nan, 0.8, 0.7]), "b": np.array([0.3, 0.2, 0.1, 0.0])}
    reached = score_choices(scores, [0] * 4, choose_best_mean)
    np.testing.assert_equal(reached, [0.3, np.nan, 0.1, 0.0])  # the method with more scores is chosen
    interval = estimate_on_folds(reached, scores["a"], None)
    assert interval.estimate == pytest.approx(np.nanmean(reached))


def test_one_method_reaches_its_own_mean_with_the_interval_of_folds():
    values = np.random.default_rng(0).random(10)
    interval = estimate_on_folds(score_choices({"a": values}, [0] * 5 + [1] * 5, choose_best_mean), values, 0.25)
    assert interval == pytest.approx(t_interval(values, inflation=1 + 10 * 0.25))


def test_the_luck_of_the_best_of_equal_methods_is_taken_back():
    """Twenty equal methods: the mean of the best is too high, the estimate is right on average."""
    generator, lucky, fair = np.random.default_rng(0), [], []
    for _ in range(300):
        scores = dict(enumerate(generator.normal(0.5, 0.1, (20, 5))))
        lucky.append(scores[choose_best_mean(scores)].mean())
        fair.append(np.mean(score_choices(scores, [0] * 5, choose_best_mean)))
    assert np.mean(lucky) > 0.57
    assert np.mean(fair) == pytest.approx(0.5, abs=4 * np.std(fair) / np.sqrt(300))


def draw_shared_test(generator: np.random.Generator, methods: list[Method], rows: int = 60) -> RedrawnScores:
    """Three seeds of equal methods, each with the share of rows that it calls rightly, of the same test rows."""
    right = generator.random((len(methods), rows)) < 0.7
    right = np.repeat(right, 3, axis=0) ^ (generator.random((3 * len(methods), rows)) < 0.02)
    weights = generator.multinomial(rows, np.full(rows, 1 / rows), size=200) / rows
    places = {(str(method), seed): 3 * place + seed for place, method in enumerate(methods) for seed in range(3)}
    return RedrawnScores(places, right.mean(axis=1), weights @ right.T, rows // 2)


def test_the_luck_of_the_test_rows_is_taken_back():
    generator, methods = np.random.default_rng(1), [Method.parse(f"focal:gamma={number}") for number in range(1, 9)]
    lucky, fair = [], []
    for _ in range(60):
        redrawn = draw_shared_test(generator, methods)
        scores = {
            method: redrawn.scores[[redrawn.places[str(method), seed] for seed in range(3)]] for method in methods
        }
        best = choose_best_mean(scores)
        interval = estimate_on_other_rows(redrawn, methods, best, choose_best_mean)
        lucky.append(scores[best].mean())
        fair.append(interval.estimate)
        assert interval.high > interval.estimate > interval.low
    truth = 0.7 * 0.98 + 0.3 * 0.02
    assert np.mean(lucky) - truth > 0.05
    assert abs(np.mean(fair) - truth) < 0.4 * (np.mean(lucky) - truth)


def test_without_a_choice_test_rows_give_the_interval_of_seeds_and_rows():
    method = Method.parse("ce")
    redrawn = draw_shared_test(np.random.default_rng(2), [method])
    expected = seeds_and_redrawn(redrawn.scores, redrawn.redrawn.mean(axis=1), redrawn.rarer)
    interval = estimate_on_other_rows(redrawn, [method], method, choose_best_mean)
    shift = redrawn.redrawn.mean() - redrawn.scores.mean()
    assert interval == pytest.approx([value - shift for value in expected])
