"""Simulated seeds and folds of `benchmarks.verdicts`: the verdicts on them keep their error, and intervals cover."""

import numpy as np
import pytest
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from benchmarks import race, reached, rows, verdicts
from benchmarks.simulated_tables import (
    FEW_POSITIVES,
    OWN_EFFECT,
    SeedScores,
    TableKind,
    draw_fold_scores,
    make_generator,
    score_round,
)
from benchmarks.verdicts import Figures, average_figures, judge_folds, judge_seeds
from imbaloss.statistics import sign_flip
from imbaloss.statistics.joint import flip_signs


def bound_error(tables: int) -> float:
    """Return the largest share of wrong tables that an error of 5 % makes in 999 of 1,000 simulations."""
    return stats.binom.ppf(0.999, tables, 0.05) / tables


def judge_kind(kind: TableKind, rounds: int, effects: np.ndarray, tables: int) -> tuple[Figures, Figures]:
    """Return the figures of the test of the package and of Holm's correction on drawn tables."""
    generator = make_generator("test", kind, rounds, len(effects))
    scores = draw_fold_scores(kind, effects, rounds=rounds, tables=tables, generator=generator)
    figures = average_figures(judge_folds, scores, effects)
    return figures["Dunnett"], figures["Holm"]


def make_two_best(methods: int) -> np.ndarray:
    """Return the effects of the own columns of methods, of which the first two are stronger."""
    return np.where(np.arange(methods) < 2, verdicts.STRONGER, OWN_EFFECT)


def test_a_method_is_scored_as_by_the_linear_discriminant_of_scikit_learn():
    kind, generator = TableKind(positives=20, negatives=45), np.random.default_rng(0)
    positives, negatives = kind.draw(np.array([0.2, 0.9, 0.5]), 2, generator)
    scores = score_round(positives, negatives, kind.list_columns(3))
    rows = np.concatenate([positives, negatives], axis=1)
    labels = np.repeat([1, 0], [20, 45])
    fold = np.concatenate([np.arange(20) // 4, np.arange(45) // 9])
    for table in range(2):
        for method, columns in enumerate([[0, 1, 2, 3], [0, 1, 4, 5], [0, 1, 6, 7]]):
            inputs = rows[table][:, columns]
            for number in range(5):
                train, test = fold != number, fold == number
                fitted = LinearDiscriminantAnalysis().fit(inputs[train], labels[train])
                area = roc_auc_score(labels[test], fitted.decision_function(inputs[test]))
                assert scores[table, number, method] == pytest.approx(area)


def test_the_same_seed_gives_the_same_scores():
    first, again = (
        draw_fold_scores(FEW_POSITIVES, np.full(3, 0.5), rounds=2, tables=101, generator=make_generator("folds", 1))
        for _ in range(2)
    )
    assert first.shape == (101, 10, 3)
    assert first.tobytes() == again.tobytes()
    assert (first[:, :5] != first[:, 5:]).any()  # the second round has other folds
    case = SeedScores(6, 5, within=0.95, heavy=True)
    drawn = [case.draw(3, make_generator(*words)).tobytes() for words in (["a", 1], ["a", 1], ["a", 2])]
    assert drawn[0] == drawn[1] != drawn[2]


def test_scores_over_seeds_have_the_stated_correlations():
    case = SeedScores(1, 7, within=0.95)
    scores = case.draw(20_000, np.random.default_rng(0))[:, 0]
    families = np.array([0, 0, 0, 1, 1, 1, 2])
    expected = np.where(families[:, None] == families, 0.95, 0.5)
    np.fill_diagonal(expected, 1.0)
    np.testing.assert_allclose(np.cov(scores.T), expected, atol=0.03)
    differences = (scores[:, [1]] - scores)[:, [0, 2, 3, 4, 5, 6]]
    np.testing.assert_allclose(differences.std(axis=0), np.delete(case.deviations, 1), atol=0.02)


def test_a_correlation_of_all_methods_changes_no_figure():
    generator = np.random.default_rng(0)
    own, of_seed = generator.normal(size=(8, 5)), generator.normal(size=(8, 1))
    means = np.array([0.0, 0.0, -1.0, -1.0, -1.0])
    weak, strong = (
        judge_seeds(np.sqrt(correlation) * of_seed + np.sqrt(1 - correlation) * (own + means), means)
        for correlation in (0.5, 0.95)
    )
    assert weak == strong


@pytest.mark.parametrize("seeds", [6, 15, 16])
def test_pairs_have_the_p_values_of_the_sign_flip_test(seeds):
    differences = verdicts.subtract_pairs(np.random.default_rng(seeds).normal(size=(seeds, 4)))
    p = verdicts.flip_each_pair(differences, flip_signs(differences.values, differences.pairs))
    assert p == pytest.approx([sign_flip(values) for values in differences.values.T])


def test_figures_count_what_is_wrong_and_what_is_decided():
    truths = np.array([1.0, 1.0, 0.0])
    differences = verdicts.subtract_pairs(np.array([[0.9, 0.5, 0.2], [0.9, 0.5, 0.2]]))
    significant = verdicts.judge(differences, np.array([0.2, 0.01, 0.2]), truths, None)
    assert significant == Figures(wrong=0.0, best_out=0.0, worse_out=1.0, decided=0.5)
    equal_pair = verdicts.judge(differences, np.array([0.01, 0.2, 0.2]), truths, None)
    assert equal_pair == Figures(wrong=1.0, best_out=0.0, worse_out=0.0, decided=0.0)
    reversed_differences = differences._replace(values=-differences.values)
    wrong_side = verdicts.judge(reversed_differences, np.array([0.2, 0.01, 0.2]), truths, None)
    assert wrong_side == Figures(wrong=1.0, best_out=1.0, worse_out=0.0, decided=0.0)
    ruled = verdicts.judge(differences, np.ones(3), truths, np.array([True, False, True]))
    assert ruled == Figures(wrong=0.0, best_out=1.0, worse_out=1.0, decided=0.0)


def test_the_report_has_a_figure_for_each_case(monkeypatch, capsys):
    monkeypatch.setattr(verdicts, "SEED_CASES", verdicts.SEED_CASES[:1])
    monkeypatch.setattr(verdicts, "FOLD_CASES", verdicts.FOLD_CASES[:1])
    monkeypatch.setattr(reached, "CASES", reached.CASES[:1])
    monkeypatch.setattr(rows, "CASES", rows.CASES[:1])
    monkeypatch.setattr(race, "FOLD_CASES", race.FOLD_CASES[:1])
    monkeypatch.setattr(race, "SEED_CASES", race.SEED_CASES[:1])
    monkeypatch.setattr("sys.argv", ["verdicts", "--tables", "2"])
    verdicts.main()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(lines) == (2 + 2) + (2 + 9) + (2 + 2) + (2 + 2) + (2 + 2) + (2 + 2)
    for start, end in ((0, 4), (4, 15), (15, 19), (19, 23), (23, 27), (27, 31)):
        assert len({line.count("|") for line in lines[start:end]}) == 1


def test_equal_methods_on_folds_are_rarely_told_apart():
    """Compare the error of any pair, and how often the best is ruled out, with 5 % and room for chance."""
    jointly, _ = judge_kind(TableKind(), 1, np.full(5, OWN_EFFECT), 400)
    assert 0 < max(jointly.wrong, jointly.best_out) <= bound_error(400)


@pytest.mark.slow
@pytest.mark.parametrize("case", [SeedScores(6, 5, 0.95), SeedScores(10, 12), SeedScores(10, 12, heavy=True)], ids=str)
def test_seeds_keep_the_error_and_find_more_than_holm(case):
    noise = case.draw(2000, make_generator("test", case))
    behind = np.where(np.arange(case.methods) < 2, 0.0, -case.deviations)
    equal = average_figures(judge_seeds, noise, np.zeros(case.methods))["joint"]
    two_best = average_figures(judge_seeds, noise + behind, behind)
    assert max(equal.wrong, equal.best_out, two_best["joint"].wrong, two_best["joint"].best_out) <= bound_error(2000)
    assert two_best["joint"].worse_out > two_best["Holm"].worse_out + 0.3
    assert two_best["joint"].decided > two_best["Holm"].decided


@pytest.mark.slow
@pytest.mark.parametrize(("rounds", "methods"), [(1, 5), (2, 5), (2, 12)])
def test_folds_keep_the_error_and_find_more_than_holm(rounds, methods):
    equal, _ = judge_kind(TableKind(), rounds, np.full(methods, OWN_EFFECT), 1000)
    two_best, of_holm = judge_kind(TableKind(), rounds, make_two_best(methods), 1000)
    assert max(equal.wrong, equal.best_out, two_best.wrong, two_best.best_out) <= bound_error(1000)
    assert two_best.worse_out > of_holm.worse_out + 0.2
    assert 0 < two_best.decided <= of_holm.decided  # a pair is decided only if its worse method is ruled out, too


@pytest.mark.slow
def test_the_best_of_many_on_five_folds_is_rarely_ruled_out():
    equal, _ = judge_kind(TableKind(), 1, np.full(12, OWN_EFFECT), 1000)
    assert equal.best_out <= bound_error(1000)


@pytest.mark.slow
def test_many_equal_methods_on_five_folds_are_rarely_told_apart():
    equal, _ = judge_kind(TableKind(), 1, np.full(30, OWN_EFFECT), 200)
    assert max(equal.wrong, equal.best_out) <= bound_error(200)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(reached.EFFECTS))
@pytest.mark.parametrize("folds", [3, 5, 10])
def test_what_the_chosen_method_reaches_is_covered(name, folds):
    """Compare the coverage with 95 % and room for chance, and the estimate with the mean of the chosen method."""
    effects, tables = reached.EFFECTS[name], 600
    generator = make_generator("test", name, folds)
    scores = draw_fold_scores(TableKind(), effects, rounds=-(-folds // 5), tables=tables, generator=generator)
    truths = reached.compute_truths(scores, effects)
    for choose in reached.CHOICES.values():
        _, of_choice, of_own = reached.measure_choice(scores[:, :folds], truths, choose)
        assert of_choice.covered >= stats.binom.ppf(0.001, tables, 0.95) / tables
        assert abs(of_choice.error) < 0.015
        assert of_choice.width >= of_own.width
        if name != "one strong":
            assert of_own.error > 0.015
            assert abs(of_choice.error) < of_own.error / 2
