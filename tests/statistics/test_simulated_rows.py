"""Simulated tests by folds and by rows of `benchmarks.rows`: what is drawn, and which hypothesis each test is for."""

import numpy as np
import pytest
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from benchmarks import rows, simulated_models
from benchmarks.rows import EFFECTS, Pairs, measure_case
from benchmarks.simulated_models import FoldCase, Methods, SeedCase, divide, score_models
from benchmarks.simulated_tables import FEW_POSITIVES, OWN_EFFECT, TableKind, compute_areas, make_generator
from imbaloss.evaluation.intervals import bootstrap_rankings
from imbaloss.evaluation.rankings import roc_auc_of
from imbaloss.statistics import seeds_and_redrawn

SMALL = TableKind(positives=20, negatives=40)
TWO = np.full(2, OWN_EFFECT)


def bound_error(tables: int) -> float:
    """Return the largest share of wrong tables that an error of 5 % makes in 999 of 1,000 simulations."""
    return stats.binom.ppf(0.999, tables, 0.05) / tables


def draw_pairs(case: FoldCase | SeedCase, tables: int) -> list[Pairs]:
    """Return the paired differences of two equal methods on drawn tables."""
    measured = case.measure(TWO, tables, make_generator("test", case))
    parts = zip(measured.scores, measured.contributions, strict=True)
    return [Pairs.of(scores, contributions, case.methods.kind.positives) for scores, contributions in parts]


def test_the_expected_area_is_that_of_many_new_rows():
    methods, generator = Methods(TableKind(), settings=1), np.random.default_rng(0)
    weights = methods.fit(methods.kind.draw(TWO, 1, generator), methods.kind.draw(TWO, 1, generator))
    new = TableKind(positives=1_000, negatives=5_000).draw(TWO, 1, generator)
    expected = simulated_models.compute_expected_areas(weights, methods.kind.list_gaps(TWO))
    assert compute_areas(*(of_class @ weights for of_class in new)) == pytest.approx(expected, abs=0.02)


def test_validation_chooses_the_setting_of_each_method():
    methods, generator = Methods(SMALL, count=2, settings=3), np.random.default_rng(1)
    effects = methods.list_effects(np.array([0.5, 1.0]))
    assert effects.tolist() == [0, 0.5, 1.0, 0, 1.0, 2.0]
    train, validation = (methods.kind.draw(effects, 1, generator) for _ in range(2))
    weights = methods.fit(train, validation)[0]
    labels, (inputs, others) = (
        np.repeat([1, 0], [20, 40]),
        (np.concatenate(part, axis=1)[0] for part in (train, validation)),
    )
    for method in range(2):
        areas = {}
        for setting in range(3):
            columns = [0, 1, *(2 + 2 * (3 * method + setting) + np.arange(2))]
            fitted = LinearDiscriminantAnalysis().fit(inputs[:, columns], labels)
            areas[roc_auc_score(labels, fitted.decision_function(others[:, columns]))] = columns
        assert np.flatnonzero(weights[:, method]).tolist() == areas[max(areas)]


def test_the_parts_of_a_fold_share_no_row_and_each_row_is_tested_once():
    drawn = np.arange(15)[None]
    parts = [divide(drawn, fold) for fold in range(5)]
    assert sorted(np.concatenate([test[0] for test, _, _ in parts])) == list(range(15))
    for fold, (test, validation, train) in enumerate(parts):
        assert sorted(np.concatenate([test[0], validation[0], train[0]])) == list(range(15))
        assert (validation == parts[(fold + 1) % 5][0]).all()


def test_what_a_row_contributes_is_added_over_the_rounds(monkeypatch):
    """Let each row contribute its first column: over two rounds of five folds, twice a tenth of it."""
    monkeypatch.setattr(Methods, "fit", lambda *_: np.eye(2 * 2 + 2)[None, :, :2])
    monkeypatch.setattr(
        simulated_models, "score_models", lambda *rows: (np.zeros((1, 2)), np.concatenate(rows, axis=1))
    )
    case = FoldCase(2, Methods(SMALL, settings=1), 0.5)
    measured = case.measure(TWO, 1, np.random.default_rng(2))
    drawn = np.concatenate(SMALL.draw(TWO, 1, np.random.default_rng(2)), axis=1)
    np.testing.assert_allclose(measured.contributions, drawn[:, :, :2] / 5)


def test_the_variance_over_rows_is_that_of_a_bootstrap():
    generator = np.random.default_rng(3)
    positives, negatives = generator.normal(1, 1, (1, 60, 2)), generator.normal(0, 1, (1, 240, 2))
    areas, contributions = score_models(positives, negatives)
    pairs = Pairs.of(areas, contributions[0], 60)
    outputs = np.concatenate([positives, negatives], axis=1)[0].T
    redrawn = bootstrap_rankings(roc_auc_of, np.repeat([1, 0], [60, 240]), outputs, resamples=1000)
    assert pairs.sampling_variances[0] == pytest.approx(np.var(redrawn[:, 0] - redrawn[:, 1]), rel=0.15)
    standard = pairs.differences[0, 0] / np.sqrt(pairs.sampling_variances[0])
    assert rows.compare_by_rows(pairs) == pytest.approx([2 * stats.norm.cdf(-abs(standard))])


def test_seeds_and_rows_decide_where_the_interval_leaves_out_zero():
    drawn = draw_pairs(SeedCase(6, Methods(SMALL), 0.5), 20)
    for pairs in drawn:
        deviation = np.sqrt(pairs.sampling_variances[0])
        shifts = np.linspace(-4, 4, 9) * deviation
        for shift in shifts:
            differences = pairs.differences[:, 0] - pairs.differences.mean() + shift
            interval = seeds_and_redrawn(differences, np.array([-1, 1]) * deviation / np.sqrt(2), 20)
            moved = Pairs(pairs.places, differences[:, None], pairs.sampling_variances, 20)
            p, of_seeds = rows.compare_by_seeds_and_rows(moved)[0], rows.compare_by_seeds(moved)[0]
            is_left_out = interval.low > 0 or interval.high < 0
            assert (p <= 0.05) == (is_left_out and of_seeds <= 0.05)


def test_the_same_seed_gives_the_same_measurements():
    for case in (FoldCase(2, Methods(SMALL), 0.5), SeedCase(3, Methods(SMALL), 0.5)):
        first, again, other = (case.measure(TWO, 3, np.random.default_rng(seed)) for seed in (0, 0, 1))
        assert [part.tobytes() for part in first] == [part.tobytes() for part in again]
        assert first.scores.tobytes() != other.scores.tobytes()


def test_scores_minus_their_truths_are_about_0():
    case = FoldCase(1, Methods(TableKind()), 0.5)
    measured = case.measure(TWO, 60, np.random.default_rng(4))
    assert abs(measured.subtract_truths().scores.mean()) < 0.02 < measured.scores.mean() - 0.5


def test_folds_find_less_than_rows_and_are_not_wrong_more_often():
    shares = measure_case(FoldCase(1, Methods(TableKind()), EFFECTS[TableKind()]), 100)
    assert shares["folds"].procedures <= bound_error(100)
    assert shares["folds"].procedures <= shares["rows"].procedures
    assert shares["folds"].power < shares["rows"].power


@pytest.mark.slow
@pytest.mark.parametrize("kind", [TableKind(), FEW_POSITIVES], ids=lambda kind: kind.share)
def test_only_folds_keep_their_level_for_procedures(kind):
    """Two rounds: rows tell equal procedures apart too often, and models that are as good as measured rarely do."""
    shares = measure_case(FoldCase(2, Methods(kind), EFFECTS[kind]), 600)
    assert max(shares["folds"].procedures, shares["folds"].models) <= bound_error(600)
    assert shares["rows"].procedures > bound_error(600)
    assert shares["rows"].models <= 0.10
    assert 0.2 < shares["folds"].power < shares["rows"].power


@pytest.mark.slow
def test_folds_of_five_methods_keep_their_level():
    shares = measure_case(FoldCase(2, Methods(TableKind(), 5), EFFECTS[TableKind()]), 400)
    assert shares["folds"].procedures <= bound_error(400)


@pytest.mark.slow
def test_seeds_and_test_rows_keep_their_level_for_their_training_rows():
    shares = measure_case(SeedCase(10, Methods(TableKind()), EFFECTS[TableKind()]), 500)
    assert shares["seeds and rows"].models <= bound_error(500)
    assert shares["seeds"].models > 0.2
    assert shares["seeds and rows"].power > 0.5
