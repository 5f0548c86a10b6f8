"""Intervals of the scores of one run over its test samples."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special, stats
from sklearn import metrics

from imbaloss.evaluation import CONFUSION_SCORES, bootstrap_scores, count_confusion, score_interval
from imbaloss.evaluation.intervals import (
    average_precision_of_ranks,
    bootstrap_rankings,
    f1_of,
    find_thresholds,
    rank,
)
from imbaloss.evaluation.rankings import average_precision_of, roc_auc_of
from imbaloss.statistics import delong

SCORES = ("f1", "roc_auc", "average_precision")
PROBABILITY = st.sampled_from([0.0, 5e-324, 0.1, 0.3, 0.5, 0.7, 1.0])
SAMPLE = st.tuples(st.integers(0, 1), PROBABILITY)


@st.composite
def samples(draw) -> tuple[np.ndarray, np.ndarray]:
    """With ties, of both classes."""
    found = [(0, draw(PROBABILITY)), (1, draw(PROBABILITY)), *draw(st.lists(SAMPLE, max_size=30))]
    labels, probabilities = zip(*draw(st.permutations(found)), strict=True)
    return np.array(labels), np.array(probabilities)


@given(samples(), PROBABILITY | st.floats(0, 1))
def test_f1_is_scikit_learns_at_any_threshold(drawn, threshold):
    labels, probabilities = drawn
    predicted = probabilities >= threshold
    assert f1_of(labels, predicted) == pytest.approx(metrics.f1_score(labels, predicted))


@given(samples(), st.randoms())
def test_average_precision_is_scikit_learns_also_of_a_part_of_the_ranks(drawn, random):
    labels, probabilities = drawn
    rows = np.array(random.choices(range(len(labels)), k=len(labels)))
    assume(labels[rows].any())
    for found, expected in ((slice(None), drawn), (rows, (labels[rows], probabilities[rows]))):
        assert average_precision_of_ranks(labels[found], rank(probabilities)[found]) == pytest.approx(
            metrics.average_precision_score(*expected)
        )


def normal(skill: float, positives: int = 15, negatives: int = 40) -> tuple[np.ndarray, np.ndarray]:
    labels = np.repeat([0, 1], [negatives, positives])
    return labels, stats.norm.cdf(np.random.default_rng(0).normal(labels * skill))


def placements(skill: float) -> tuple[float, float]:
    """The area of 15 positives and 40 negatives, and its deviation: DeLong's, from all pairs."""
    labels, probabilities = normal(skill)
    wins = np.greater.outer(probabilities[labels == 1], probabilities[labels == 0])
    return wins.mean(), np.sqrt(np.var(wins.mean(axis=1), ddof=1) / 15 + np.var(wins.mean(axis=0), ddof=1) / 40)


@pytest.mark.parametrize(("skill", "beyond"), [(1.0, 0), (2.5, 1), (-3.0, 1)])
def test_the_interval_of_roc_auc_has_delongs_deviation_on_the_logit_scale(skill, beyond):
    """By the odds; two of the plain intervals reach beyond 0 or 1."""
    area, error = placements(skill)
    reach = stats.t.ppf(0.975, 14) * error
    assert (area - reach < 0) + (area + reach > 1) == beyond
    odds = area / (1 - area) * np.exp(np.array([-1, 1]) * reach / (area * (1 - area)))
    assert score_interval("roc_auc", *normal(skill)) == pytest.approx((area, *(odds / (1 + odds))))
    assert 0 < odds[0] / (1 + odds[0]) < area < odds[1] / (1 + odds[1]) < 1


@pytest.mark.parametrize(("score", "worst"), [("f1", 0), ("roc_auc", 0), ("average_precision", None)])
def test_a_score_of_0_or_1_has_no_ends(score, worst):
    labels = np.repeat([0, 1], [8, 4])
    best, *ends = score_interval(score, labels, np.where(labels == 1, 0.9, 0.1))
    assert best == 1
    assert np.isnan(ends).all()
    if worst is not None:
        found, *ends = score_interval(score, labels, np.where(labels == 1, 0.1, 0.9))
        assert found == worst
        assert np.isnan(ends).all()


@pytest.mark.slow
@pytest.mark.parametrize(("positives", "negatives"), [(10, 90), (30, 266)])
def test_the_intervals_of_a_single_run_cover_what_other_samples_would_give(positives, negatives):
    """ROC-AUC in 95 % +- 3, average precision in 91 % or more, F1 in 93 % or more: of binormal scores."""
    generator, labels, tries = np.random.default_rng(1), np.repeat([0, 1], [negatives, positives]), 400

    def drawn() -> np.ndarray:
        return special.expit(generator.normal(size=len(labels)) + 1.2 * labels - 1.1)

    others = [drawn() for _ in range(4000)]
    truth = {
        "roc_auc": stats.norm.cdf(1.2 / np.sqrt(2)),
        "average_precision": np.mean([average_precision_of_ranks(labels, rank(one)) for one in others]),
        "f1": np.mean([f1_of(labels, one >= 0.5) for one in others]),
    }
    inside: dict[str, list[bool]] = {score: [] for score in SCORES}
    for _ in range(tries):
        probabilities = drawn()
        for score, covered in inside.items():
            found = score_interval(score, labels, probabilities)
            covered.append(found.low <= truth[score] <= found.high)  # without ends, it does not
    assert np.mean(inside["roc_auc"]) == pytest.approx(0.95, abs=0.03)
    assert np.mean(inside["average_precision"]) >= 0.91
    assert np.mean(inside["f1"]) >= 0.93


@pytest.mark.parametrize("score", SCORES)
def test_a_class_of_fewer_than_two_samples_has_no_interval(score):
    probabilities = np.array([0.2, 0.6, 0.4, 0.8])
    for labels in ([0, 0, 0, 1], [0, 1, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]):
        assert score_interval(score, np.array(labels), probabilities) is None
    assert score_interval(score, np.array([0, 0, 1, 1]), probabilities) is not None


@pytest.mark.parametrize("score", SCORES)
def test_the_same_samples_have_the_same_interval(score):
    assert score_interval(score, *normal(1.0)) == score_interval(score, *normal(1.0))


@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_the_bootstrap_of_f1_has_the_estimate_within_and_is_a_third_as_wide_for_nine_times_the_samples(threshold):
    labels, probabilities = normal(1.0)
    few = score_interval("f1", labels, probabilities, threshold)
    many = score_interval("f1", np.tile(labels, 9), np.tile(probabilities, 9), threshold)
    assert few.estimate == many.estimate == pytest.approx(metrics.f1_score(labels, probabilities >= threshold))
    assert few.low < many.low < few.estimate < many.high < few.high
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(3, rel=0.2)


def test_the_bootstrap_of_average_precision_has_the_estimate_within():
    labels, probabilities = normal(1.0)
    found = score_interval("average_precision", labels, probabilities)
    assert found.estimate == pytest.approx(metrics.average_precision_score(labels, probabilities))
    assert found.low < found.estimate < found.high


@given(samples(), PROBABILITY)
def test_confusion_counts_of_decisions_are_scikit_learns(drawn, threshold):
    labels, probabilities = drawn
    called = np.stack([probabilities >= threshold, probabilities < threshold])
    found = np.stack(count_confusion(labels, called))
    for place, decided in enumerate(called):
        assert found[:, place].tolist() == metrics.confusion_matrix(labels, decided, labels=[0, 1]).ravel().tolist()


def test_scores_of_samples_drawn_again_vary_as_shares_do():
    """Recall has the variance p (1 - p) / n, also where the samples are told from each other by other decisions."""
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1], [400, 100])
    called = generator.random((3, 500)) < np.array([[0.2], [0.6], [0.6]])
    again = bootstrap_scores(CONFUSION_SCORES["recall"], labels, called, 4000)
    now = CONFUSION_SCORES["recall"](count_confusion(labels, called))
    assert again.shape == (4000, 3)
    assert again.mean(axis=0) == pytest.approx(now, abs=0.005)
    assert again.var(axis=0) == pytest.approx(now * (1 - now) / 100, rel=0.1)
    same = bootstrap_scores(CONFUSION_SCORES["f1"], labels, called[[0, 0]], 50)
    assert (same[:, 0] == same[:, 1]).all()
    assert (again == bootstrap_scores(CONFUSION_SCORES["recall"], labels, called, 4000)).all()


def test_many_samples_are_drawn_in_parts(monkeypatch):
    generator = np.random.default_rng(0)
    labels, called = np.repeat([0, 1], 50), generator.random((8, 100)) < 0.5
    whole = bootstrap_scores(CONFUSION_SCORES["f1"], labels, called, 40)
    monkeypatch.setattr("imbaloss.evaluation.intervals.MOST_NUMBERS", 120)
    assert (bootstrap_scores(CONFUSION_SCORES["f1"], labels, called, 40) == whole).all()


@given(samples(), st.integers(0, 2**32 - 1))
def test_scores_of_rankings_are_scikit_learns_for_samples_that_count_several_times_or_not(drawn, seed):
    labels, probabilities = drawn
    weights = np.random.default_rng(seed).integers(0, 4, len(labels))
    assume(all(weights[labels == label].any() for label in (0, 1)))
    order, ends = find_thresholds(labels, probabilities)
    counts = [np.cumsum(weights[order] * (labels[order] == label))[ends] for label in (0, 1)]
    for formula, reference in (
        (average_precision_of, metrics.average_precision_score),
        (roc_auc_of, metrics.roc_auc_score),
    ):
        assert formula(*counts) == pytest.approx(reference(labels, probabilities, sample_weight=weights))


def test_areas_of_samples_drawn_again_vary_as_delong_says():
    labels, probabilities = normal(1.0)
    other = np.random.default_rng(1).permutation(probabilities)
    rankings = np.stack([probabilities, other, probabilities])
    again = bootstrap_rankings(roc_auc_of, labels, rankings, 2000)
    assert again.shape == (2000, 3)
    assert (again[:, 0] == again[:, 2]).all()
    for column, ranked in zip(again.T, (probabilities, other), strict=False):
        area = delong(labels, ranked)
        assert column.mean() == pytest.approx(area.auc, abs=0.01)
        assert column.var() == pytest.approx(area.variance, rel=0.15)
    assert (again[:50] == bootstrap_rankings(roc_auc_of, labels, rankings, 50)).all()
