"""Objectives of boosted trees: gradients of the loss, steps that never raise it, and the loops of both libraries."""

import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from math import log

import lightgbm
import numpy as np
import pytest
import torch
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from imbaloss import boosting, losses
from imbaloss.boosting.class_loss import ClassLoss, split_partial
from imbaloss.boosting.error_bounds import ErrorBounds
from imbaloss.boosting.reduction_bounds import BOUNDS, bound_linear, bound_p_norm
from imbaloss.losses import LossSpec
from imbaloss.training.priors import find_best_constant

COUNTS = (95, 5)
NEWTON = ("ce", "ce:smoothing=0.1", "wce", "class_balanced", "cross_entropy/sum_of_class_means")
BOUNDED = (
    *("mse", "wmse", "mfe", "msfe", "mfe_p_norm", "focal", "asymmetric", "poly1", "huber", "logit_adjusted"),
    *("balanced_softmax", "ldam", "vs", "squared/soft_worst_class", "focal/sum_of_squared_class_means"),
    *("cross_entropy/sum_of_squared_class_means", "focal/soft_worst_class", "absolute/sum_of_squared_class_means"),
    *(
        "mfe_p_norm:p=1.2",
        "mfe_p_norm:p=7",
        "cross_entropy/p_norm_of_class_means:p=3",
        "msfe:class_weights=1:9",
        "focal:gamma=0.5",
        "huber:delta=0.1",
    ),
    *(
        "squared/soft_worst_class:temperature=0.01",
        "asymmetric:gamma_negative=1",
        "poly1:epsilon=-1",
    ),
)
ROWS = 120
every_loss = pytest.mark.parametrize("text", [*NEWTON, *BOUNDED])


def objective_of(text: str, max_delta_step: float = 0.0) -> boosting.Objective:
    spec = LossSpec.parse(text)
    return boosting.objective(spec.name, counts=COUNTS, max_delta_step=max_delta_step, **dict(spec.parameters))


def metric_of(text: str) -> boosting.Metric:
    spec = LossSpec.parse(text)
    return boosting.metric(spec.name, counts=COUNTS, from_probabilities=False, **dict(spec.parameters))


def states(start: float, number: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield labels, log-odds and weights: near the start, spread out, saturated, and of all magnitudes."""
    generator = np.random.default_rng(0)
    for place in range(number):
        labels = (generator.random(ROWS) < 0.1).astype(np.int64)
        labels[:2] = 0, 1
        log_odds = [
            np.full(ROWS, start),
            start + 2 * generator.standard_normal(ROWS),
            15 * generator.standard_normal(ROWS),
            generator.choice([-500.0, -30.0, -1.0, 1.0, 30.0, 500.0], ROWS),
        ][place % 4]
        weights = np.exp(2 * generator.standard_normal(ROWS)) if place % 3 == 0 else np.ones(ROWS)
        yield labels, log_odds, weights


@every_loss
def test_the_gradient_is_that_of_n_times_the_loss(text):
    loss, objective, metric = LossSpec.parse(text).build(counts=COUNTS), objective_of(text), metric_of(text)
    for labels, log_odds, weights in states(-2.0, 8):
        points = torch.tensor(log_odds, requires_grad=True)
        value = loss(points, torch.from_numpy(labels), torch.from_numpy(weights))
        [expected] = torch.autograd.grad(value, points)
        gradients, curvatures = objective(labels, log_odds, weights)
        total = weights.sum()
        np.testing.assert_allclose(gradients, total * expected.numpy(), rtol=1e-9, atol=1e-11 * total)
        assert (curvatures >= 0).all()
        assert np.isfinite(curvatures).all()
        assert metric(labels, log_odds, weights)[1] == pytest.approx(float(value.detach()), rel=1e-12)


@every_loss
def test_the_gradient_is_the_finite_difference(text):
    objective, metric, small = objective_of(text), metric_of(text), 1e-5
    labels, log_odds, weights = list(states(-1.0, 2))[1]
    gradients, _ = objective(labels, log_odds, weights)
    for row in range(10):
        steps = small * np.eye(ROWS)[row]
        higher, lower = (metric(labels, log_odds + sign * steps, weights)[1] for sign in (1, -1))
        assert gradients[row] == pytest.approx(weights.sum() * (higher - lower) / (2 * small), rel=1e-4, abs=1e-8)


@pytest.mark.parametrize(("text", "max_delta_step"), [(text, limit) for limit in (0.0, 1.5) for text in BOUNDED])
def test_the_loss_never_rises_by_full_steps_of_one_leaf_or_of_all(text, max_delta_step):
    objective, metric = objective_of(text, max_delta_step), metric_of(text)
    generator = np.random.default_rng(1)
    for labels, log_odds, weights in states(objective.initial_score([0] * 95 + [1] * 5), 12):
        gradients, curvatures = objective(labels, log_odds, weights)
        before = metric(labels, log_odds, weights)[1]
        for leaves in (1, 4, ROWS):
            leaf = generator.integers(0, leaves, ROWS)
            sums = [np.bincount(leaf, values, leaves) for values in (gradients, curvatures)]
            steps = (-sums[0] / np.maximum(sums[1], 1e-300))[leaf]
            steps = np.clip(steps, -max_delta_step, max_delta_step) if max_delta_step else steps
            for moved in (steps, np.where(leaf == leaf[0], steps, 0)):
                assert metric(labels, log_odds + moved, weights)[1] <= before * (1 + 1e-13)


@given(
    log_odds=st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=4),
    positives=st.integers(0, 3),
    text=st.sampled_from(["mse", "mfe", "msfe", "focal", "mfe_p_norm", "squared/soft_worst_class"]),
)
@settings(max_examples=40, deadline=None)
def test_the_loss_never_rises_from_any_state(log_odds, positives, text):
    objective, labels, places = objective_of(text), np.arange(4) < positives, np.array(log_odds)
    gradients, curvatures = objective(labels.astype(int), places)
    step = -gradients.sum() / max(curvatures.sum(), 1e-300)
    before, after = (metric_of(text)(labels.astype(int), where)[1] for where in (places, places + step))
    assert after <= before * (1 + 1e-12) + 1e-300


def test_without_the_bound_of_squared_means_the_loss_would_rise(monkeypatch):
    """A curvature of 2 w_c m_c h_i / n_c alone leaves out that a class mean near 0 can grow."""
    objective, metric = objective_of("msfe:class_weights=9:1"), metric_of("msfe:class_weights=9:1")
    labels, log_odds = np.arange(ROWS) % 2, np.full(ROWS, -6.0)

    def measure_step() -> float:
        """Return the change of the loss by a full step of one leaf with all rows."""
        gradients, curvatures = objective(labels, log_odds)
        moved = log_odds - gradients.sum() / curvatures.sum()
        return metric(labels, moved)[1] - metric(labels, log_odds)[1]

    assert measure_step() < 0
    reduction, _ = objective.loss.reduction
    monkeypatch.setitem(BOUNDS, reduction, bound_linear)
    assert measure_step() > 1


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0, 10.0])
def test_the_curvature_of_a_p_norm_is_finite_and_lets_the_loss_fall(p):
    for place in (-40.0, -300.0, -1000.0):
        assert np.isfinite(boosting.objective("mfe_p_norm", p=p)([0], [place])).all()
    booster = grow(boosting.objective("mfe_p_norm", p=p), 0.0)
    measure = boosting.metric("mfe_p_norm", p=p)
    assert measure(LABELS, booster.predict(INPUTS))[1] < 0.97 * measure(LABELS, np.zeros(len(LABELS)))[1]


@given(
    means=st.tuples(*[st.floats(-9, 9)] * 2),
    after=st.tuples(*[st.floats(-9, 9)] * 2),
    weights=st.tuples(*[st.floats(-5, 5)] * 2),
    p=st.floats(2, 50),
)
@settings(deadline=None)
def test_the_bound_of_a_p_norm_holds_for_all_changes_of_the_means(means, after, weights, p):
    """All three are drawn as logarithms."""
    m, end, w = (np.exp(np.array(values)) for values in (means, after, weights))

    def norm(values: np.ndarray) -> float:
        """Return the weighted p-norm."""
        largest = values.max()
        return float(largest * (w @ (values / largest) ** p) ** (1 / p))

    change = end - m
    tangent = norm(m) + (w * (m / norm(m)) ** (p - 1)) @ change
    assert norm(end) <= tangent + bound_p_norm(m, w, p=p) @ change**2 / 2 + 1e-9 * (norm(m) + norm(end))


def test_the_curvature_of_cross_entropy_is_sharp():
    """That of Jaakkola and Jordan, tanh(z / 2) / (2 z), which is the smallest that holds for all steps."""
    bounds = ErrorBounds.tabulate(ClassLoss.build("ce", None), 1, np.inf)
    places = np.array([-30.0, -8.0, -3.0, -1.0, -0.1, 0.1, 1.0, 3.0, 8.0, 30.0])
    sharp = np.tanh(places / 2) / (2 * places)
    ratios = bounds.curvatures[bounds.find_cells(places)] / sharp
    assert (ratios >= 1).all()
    assert (ratios < 1.06).all()


def test_a_limit_of_the_steps_makes_curvatures_smaller():
    labels, log_odds = np.array([0] * 98 + [1, 1]), np.full(100, log(2 / 98))
    sums = [objective_of("mse", limit)(labels, log_odds)[1].sum() for limit in (0, 4, 2, 1)]
    assert sums == sorted(sums, reverse=True)
    assert sums[0] > 5 * sums[-1]


def test_every_reduction_with_a_bound_is_tested():
    losses_of_all = [
        ClassLoss.build(spec.name, COUNTS, **dict(spec.parameters)) for spec in map(LossSpec.parse, BOUNDED)
    ]
    tested = {split_partial(loss.loss.reduction)[0].__name__ for loss in losses_of_all} | {"class_balanced_mean"}
    assert tested == {reduction.__name__ for reduction in BOUNDS}
    errors = {split_partial(loss.loss.error)[0].__name__ for loss in losses_of_all}
    assert errors == set(losses.ERRORS) - {"hinge"}


@every_loss
def test_trees_start_from_the_best_constant(text):
    labels = [0] * 95 + [1] * 5
    [expected] = find_best_constant(LossSpec.parse(text), COUNTS)
    objective, metric = objective_of(text), metric_of(text)
    start = objective.initial_score(labels)
    assert start == pytest.approx(expected, abs=1e-4)
    gradients, _ = objective(labels, np.full(100, start))
    assert abs(gradients.sum()) < 1e-8
    assert all(
        metric(labels, np.full(100, start))[1] <= metric(labels, np.full(100, z))[1] for z in (start - 0.1, start + 0.1)
    )


def test_the_best_constants_that_have_a_formula():
    labels, weights = [0] * 95 + [1] * 5, np.r_[np.ones(95), np.full(5, 3.0)]
    assert objective_of("ce").initial_score(labels) == pytest.approx(log(5 / 95), abs=1e-12)
    assert objective_of("mse").initial_score(labels, weights) == pytest.approx(log(15 / 95), abs=1e-10)
    assert objective_of("mfe").initial_score(labels) == pytest.approx(0, abs=1e-10)
    assert objective_of("msfe").initial_score(labels, weights) == pytest.approx(0, abs=1e-10)
    assert objective_of("wce").initial_score(labels) == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("squared/worst_class", "the curvature of its reduction worst_class has no bound"),
        ("msfe_unbiased", "the curvature of its reduction unbiased_sum_of_squared_class_means has no bound"),
        ("squared/none", "the curvature of its reduction none has no bound"),
        ("soft_f1", "the curvature of its reduction soft_fbeta has no bound"),
        ("auc_margin", "the curvature of its reduction auc_margin has no bound"),
        ("mfe_adaptive", "its running averages are for batches, and trees see all rows"),
        ("msfe:running=0.1", "its running averages are for batches, and trees see all rows"),
        ("ce:ignore_index=-1", "leave out rows in place of ignore_index"),
        ("hinge", "its error has a corner, where no curvature bounds a step"),
        ("asymmetric:gamma_negative=0", "with a margin and gamma_negative below 1 its error has a corner, .*"),
        ("auc_logistic", "it is no reduction of class totals"),
        ("ldam_drw", "it is no reduction of class totals"),
    ],
)
def test_what_is_no_objective_is_refused_in_a_line(text, reason):
    name = text.partition(":")[0]
    with pytest.raises(ValueError, match=f"^{name} is no objective for trees: {reason}$"):
        objective_of(text)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"soft": True}, "labels of trees are 0 or 1: leave out soft"),
        ({"per_label": True}, "trees answer one question: leave out per_label"),
        ({"per_label": True, "class_weights": [(1, 2)] * 3}, "trees answer one question: leave out per_label"),
        ({"sync": True}, "trees see all rows in one process: leave out sync"),
        ({"class_weights": (1, 2, 3)}, "class_weights must be two numbers, of negatives and of positives"),
    ],
)
@pytest.mark.parametrize("build", [boosting.objective, boosting.metric])
def test_options_without_meaning_for_trees_are_refused(build, options, reason):
    with pytest.raises(ValueError, match=f"^mfe is no objective for trees: {reason}$"):
        build("mfe", **options)


def test_counts_of_other_than_two_classes_are_refused():
    with pytest.raises(ValueError, match=r"^counts must be \(negatives, positives\), found \(1, 2, 3\)$"):
        boosting.objective("mfe", counts=(1, 2, 3))


@pytest.mark.parametrize("text", ["mae", "absolute/sum_of_class_means", "focal:alpha=0"])
def test_a_loss_without_a_best_constant_is_refused_as_objective_but_not_as_metric(text):
    with pytest.raises(
        ValueError, match=r"is no objective for trees: no finite constant, from which they start, is best$"
    ):
        objective_of(text)
    metric_of(text)


def test_without_rows_of_a_class_there_is_no_start_but_a_gradient():
    objective = objective_of("mfe")
    with pytest.raises(ValueError, match="no finite constant"):
        objective.initial_score([0, 0, 0])
    gradients, curvatures = objective([0, 0, 0], [0.0, 1.0, -50.0])
    assert np.isfinite([gradients, curvatures]).all()


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (([0, 1], [np.nan, 0.0]), "log-odds must be finite, found [nan]"),
        (([0, 1], [0.0, -np.inf]), "log-odds must be finite, found [-inf]"),
        (([0, 1], [0.0] * 3), "there must be log-odds for each of 2 labels, found 3"),
        (([0, 1], [0.0] * 2, [1.0]), "weights must have the shape (2,), found (1,)"),
        (([0, 1], [0.0] * 2, [1.0, -5.0]), "weights must be >= 0 and finite, found [-5.]"),
        (([0, 1], [0.0] * 2, [1.0, np.nan]), "weights must be >= 0 and finite, found [nan]"),
    ],
)
def test_rows_that_are_no_numbers_are_refused_in_a_line(rows, sentence):
    for function in (objective_of("msfe"), metric_of("msfe")):
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            function(*rows)
    if len(rows) > 2:
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            objective_of("msfe").initial_score(rows[0], rows[2])


def test_what_is_no_label_or_step_is_refused():
    with pytest.raises(ValueError, match="labels must be 0 or 1, found"):
        objective_of("mfe")([0, 2], [0.0, 0.0])
    with pytest.raises(ValueError, match="max_delta_step must be >= 0 and finite, found -1"):
        objective_of("mfe", -1)


GENERATOR = np.random.default_rng(3)
INPUTS = GENERATOR.standard_normal((800, 4))
LABELS = (INPUTS[:, 0] + INPUTS[:, 1] * INPUTS[:, 2] + GENERATOR.standard_normal(800) > 2).astype(np.int64)
WEIGHTS = np.exp(GENERATOR.standard_normal(800) / 2)
OPTIONS = {"verbosity": -1, "num_leaves": 7, "deterministic": True, "force_col_wise": True, "num_threads": 1}


def grow(objective: object, start: float, weights: np.ndarray | None = None, **options: object) -> lightgbm.Booster:
    rows = lightgbm.Dataset(INPUTS, LABELS, weight=weights, init_score=np.full(len(LABELS), start))
    return lightgbm.train({**OPTIONS, "objective": objective, "boost_from_average": False, **options}, rows, 20)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("scale", [1, 7.5])
def test_cross_entropy_gives_the_trees_of_lightgbm_and_xgboost(weights, scale):
    objective = boosting.objective("ce", class_weights=(1, scale))
    ours = grow(objective, -2.0, weights).predict(INPUTS, raw_score=True)
    theirs = grow("binary", -2.0, weights, scale_pos_weight=scale).predict(INPUTS, raw_score=True)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)

    matrix = xgboost.DMatrix(INPUTS, LABELS, weight=weights)
    options = {"objective": "binary:logistic", "base_score": 0.1, "max_depth": 3, "nthread": 1, "tree_method": "hist"}
    plain = xgboost.train({**options, "scale_pos_weight": scale}, matrix, 20)
    mine = xgboost.train(options, matrix, 20, obj=objective)
    np.testing.assert_allclose(*(each.predict(matrix) for each in (plain, mine)), atol=1e-6)


def test_weighted_cross_entropy_is_lightgbms_is_unbalance():
    """Which weighs positives by n_0 / n_1; from the same start, and without thresholds that the scale moves."""
    counts = tuple(np.bincount(LABELS).tolist())
    scale = 2 * counts[0] / sum(counts)
    objective = boosting.objective("wce", counts=counts)
    free = {"min_sum_hessian_in_leaf": 0}
    ours = grow(objective, -2.0, **free).predict(INPUTS, raw_score=True)
    theirs = grow("binary", -2.0, is_unbalance=True, **free).predict(INPUTS, raw_score=True)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    gradients, _ = objective(LABELS, np.zeros(len(LABELS)))
    assert gradients[LABELS == 0] * scale == pytest.approx(0.5)


def test_both_libraries_start_from_the_average_as_cross_entropy_does():
    objective = boosting.objective("ce")
    rows = lightgbm.Dataset(INPUTS, LABELS, weight=WEIGHTS)
    booster = lightgbm.train({**OPTIONS, "objective": "binary", "min_data_in_leaf": 10_000, "verbosity": -1}, rows, 1)
    start = objective.initial_score(LABELS, WEIGHTS)
    np.testing.assert_allclose(booster.predict(INPUTS[:2], raw_score=True), start, atol=1e-6)


def test_a_saved_booster_of_lightgbm_includes_the_initial_score(tmp_path):
    objective = boosting.objective("msfe")
    start = objective.initial_score(LABELS, WEIGHTS) + 1.5
    booster = grow(objective, start, WEIGHTS)
    expected = booster.predict(INPUTS, raw_score=True) + start
    boosting.keep_initial_score(booster, start)
    booster.save_model(tmp_path / "trees.txt")
    loaded = lightgbm.Booster(model_file=tmp_path / "trees.txt")
    np.testing.assert_allclose(loaded.predict(INPUTS, raw_score=True), expected, atol=1e-12)


def test_linear_trees_cannot_keep_the_initial_score():
    booster = grow(boosting.objective("msfe"), -2.0, linear_tree=True)
    before = booster.model_to_string()
    with pytest.raises(ValueError, match=r"^keep_initial_score cannot change linear trees: add the score to each"):
        boosting.keep_initial_score(booster, -2.0)
    assert booster.model_to_string() == before


def test_lightgbms_classifier_takes_objective_and_metric():
    objective, metric = boosting.objective("mfe"), boosting.metric("mfe")
    rest = {**OPTIONS, "n_estimators": 20, "boost_from_average": False}
    model = lightgbm.LGBMClassifier(objective=objective, metric="none", **rest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # versions differ in how the rows of an evaluation are named
        model.fit(
            *(INPUTS, LABELS),
            sample_weight=WEIGHTS,
            eval_set=[(INPUTS, LABELS)],
            eval_sample_weight=[WEIGHTS],
            eval_metric=metric,
        )
    odds = grow(objective, 0.0, WEIGHTS).predict(INPUTS, raw_score=True)
    np.testing.assert_allclose(model.predict(INPUTS, raw_score=True), odds, atol=1e-9)
    shown = next(iter(model.evals_result_.values()))["mfe"]
    assert shown[-1] == pytest.approx(metric(LABELS, odds, WEIGHTS)[1], rel=1e-9)


def test_xgboost_shows_the_metric_and_its_classifier_takes_the_objective():
    objective, metric = boosting.objective("msfe"), boosting.metric("msfe")
    start = float(expit(objective.initial_score(LABELS, WEIGHTS)))
    options = {"objective": "binary:logistic", "base_score": start, "max_depth": 3, "nthread": 1}
    matrix, shown = xgboost.DMatrix(INPUTS, LABELS, weight=WEIGHTS), {}
    booster = xgboost.train(
        options,
        matrix,
        20,
        obj=objective,
        custom_metric=metric,
        evals=[(matrix, "train")],
        evals_result=shown,
        verbose_eval=False,
    )
    odds = booster.predict(matrix, output_margin=True)
    assert shown["train"]["msfe"][-1] == pytest.approx(metric(LABELS, odds, WEIGHTS)[1], rel=1e-3)
    assert shown["train"]["msfe"] == sorted(shown["train"]["msfe"], reverse=True)
    model = xgboost.XGBClassifier(n_estimators=20, base_score=start, max_depth=3, n_jobs=1, objective=objective)
    model.fit(INPUTS, LABELS, sample_weight=WEIGHTS)
    assert np.corrcoef(model.predict(INPUTS, output_margin=True), odds)[0, 1] > 0.99


def test_a_metric_refuses_the_probabilities_of_lightgbms_own_objective():
    rows = lightgbm.Dataset(INPUTS, LABELS)
    with pytest.raises(
        ValueError, match=r"^the metric mfe needs log-odds, and with the objective 'binary' LightGBM gives"
    ):
        lightgbm.train({**OPTIONS, "objective": "binary"}, rows, 2, valid_sets=[rows], feval=boosting.metric("mfe"))


def measure_beside_own_objectives(metric: boosting.Metric) -> list[float]:
    """Return what both libraries show for a metric beside objectives of their own."""
    matrix, shown = xgboost.DMatrix(INPUTS, LABELS), {}
    options = {"objective": "binary:logistic", "nthread": 1}
    xgboost.train(
        options, matrix, 5, custom_metric=metric, evals=[(matrix, "train")], evals_result=shown, verbose_eval=False
    )
    model = lightgbm.LGBMClassifier(n_estimators=5, **OPTIONS)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?!the metric)")  # of how the rows of an evaluation are named
        model.fit(INPUTS, LABELS, eval_set=[(INPUTS, LABELS)], eval_metric=metric)
    curves = next(iter(model.evals_result_.values()))
    assert curves["ce"][-1] == pytest.approx(curves["binary_logloss"][-1], rel=1e-9) or not metric.from_probabilities
    return [shown["train"]["ce"][-1], shown["train"]["logloss"][-1]]


def test_a_metric_reads_the_probabilities_of_the_libraries_own_objectives_if_told():
    ours, theirs = measure_beside_own_objectives(boosting.metric("ce", from_probabilities=True))
    assert ours == pytest.approx(theirs, rel=1e-4)


def test_a_metric_warns_of_scores_that_look_like_probabilities():
    metric = boosting.metric("ce")
    for rows in [([0, 1], [0.1, 0.9]), (xgboost.DMatrix(INPUTS, LABELS), np.full(800, 0.5))]:
        with pytest.warns(UserWarning, match=r"^the metric ce takes scores as log-odds, and all are in \[0, 1\]"):
            metric(*(rows if isinstance(rows[0], list) else rows[::-1]))
    with pytest.warns(UserWarning, match="from_probabilities=True"):
        measure_beside_own_objectives(metric)
    metric([0, 1], [0.0, 0.0])
    metric([0, 1], [0.1, 1.1])
    boosting.metric("ce", from_probabilities=False)([0, 1], [0.1, 0.9])


def test_extreme_probabilities_are_finite_and_others_are_refused():
    metric = boosting.metric("ce", from_probabilities=True)
    assert metric([1, 0], [0.0, 1.0])[1] == pytest.approx((87.34 + 16.64) / 2, abs=0.01)
    with pytest.raises(ValueError, match=r"^probabilities must be in \[0, 1\], found \[-0.5\]$"):
        metric([0, 1], [-0.5, 1.0])


def test_neither_library_is_needed_to_import_it():
    code = "import imbaloss.boosting, sys; assert not {'lightgbm', 'xgboost', 'sklearn', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
