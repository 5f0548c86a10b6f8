"""Every loss, named or a pair, is equal to its formula; what the formulas promise of one another."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from imbaloss import losses
from tests import laws, oracle
from tests.losses.batches import (
    COUNTS,
    NAMES,
    PAIRS,
    WITHOUT_TOTALS,
    binary,
    every_loss,
    every_loss_and_pair,
    every_multi_class_loss,
    many_classes,
    of_many_classes,
)  # fmt: skip

REPETITIONS_ONLY = {"msfe_unbiased", "smooth_ap"}  # their sample weights count repetitions
# vs has a form of its own for one logit, asymmetric only that; a score of positives is not the mean of both classes'
OF_ONE_LOGIT_APART = {
    "vs", "asymmetric", "soft_f1", "dice", "tversky", "focal_tversky", "recall_at_precision", "smooth_ap",
    "partial_auc", "two_way_partial_auc", "smooth_partial_auc", "partial_auc_kl", "two_way_partial_auc_kl",
}  # fmt: skip
OTHER_PARAMETERS = {
    "ce": [{"smoothing": 0.1}, {"smoothing": 1}],
    "wce": [{"smoothing": 0.3}],
    "class_balanced": [{"beta": 0}, {"beta": 0.5}, {"beta": 0.99999}],
    "focal": [{"gamma": gamma, "alpha": alpha} for gamma in (0, 0.5, 1, 5) for alpha in (0, 0.75, 1)],
    "asymmetric": [{"gamma_positive": 1, "gamma_negative": 0.5}, {"margin": 0}, {"margin": 0.3, "gamma_negative": 0}],
    "poly1": [{"epsilon": -1}, {"epsilon": 4}],
    "huber": [{"delta": 0.01}, {"delta": 1}],
    "logit_adjusted": [{"tau": 0}, {"tau": 2.5}, {"prior": (1, 3)}],
    "ldam": [{"max_margin": 0}, {"max_margin": 2, "scale": 1}],
    "ldam_drw": [{"scale": 2, "max_margin": 1}],
    "vs": [{"gamma": 0}, {"gamma": 1, "tau": 0}],
    "soft_f1": [{"beta": 0.5}, {"beta": 2}],
    "dice": [{"smooth": 1}],
    "tversky": [{"alpha": 0, "beta": 1}, {"smooth": 2}],
    "focal_tversky": [{"gamma": 1}, {"gamma": 3, "smooth": 1}, {"alpha": 0.6, "beta": 0.2}],
    "auc_margin": [{"margin": 20}],
    "auc_squared_hinge": [{"margin": 0.1}, {"margin": 30}],
    "smooth_ap": [{"temperature": 5}],
    "recall_at_precision": [{"precision": 0.01}, {"precision": 0.99, "multiplier": 30}, {"multiplier": 0}],
    "partial_auc": [{"max_fpr": 1}, {"max_fpr": 0.5, "min_fpr": 0.2, "margin": 7}, {"max_fpr": 0.001}],
    "two_way_partial_auc": [{"min_tpr": 0}, {"min_tpr": 0.95, "max_fpr": 0.3}, {"max_fpr": 1, "margin": 3}],
    "smooth_partial_auc": [{"temperature": 5, "max_fpr": 1}, {"min_tpr": 0.3, "min_fpr": 0.1, "max_fpr": 0.9}],
    "partial_auc_kl": [{"temperature": 0.01}, {"temperature": 50, "margin": 0.1}],
    "two_way_partial_auc_kl": [{"temperature": 9, "positive_temperature": 0.1}, {"margin": 4}],
    "cross_entropy/p_norm_of_class_means": [{"p": 1}, {"p": 1.5}, {"p": 40}],
    "mfe_p_norm": [{"p": 1}, {"p": 3.5}],
    "focal/soft_worst_class": [{"temperature": 0.01, "gamma": 1}, {"temperature": 100}],
}


@every_loss_and_pair
@pytest.mark.parametrize("class_weights", [None, (2, 3)])
@pytest.mark.parametrize("weighted", [False, True])
def test_agrees_with_the_formula(name, class_weights, weighted):
    for seed in range(3):
        logits, targets = binary(seed)
        generator = np.random.default_rng(seed)
        whole = name in REPETITIONS_ONLY
        weight = generator.integers(4, size=len(targets)) if whole else generator.random(len(targets))
        given_weight = {"sample_weight": torch.from_numpy(weight)} if weighted else {}
        found = losses.get(name, counts=COUNTS, class_weights=class_weights)(logits, targets, **given_weight)
        expected = oracle.loss(
            name,
            logits.numpy(),
            targets.numpy(),
            counts=COUNTS,
            class_weights=class_weights,
            sample_weight=weight if weighted else None,
        )
        assert found.item() == pytest.approx(expected, rel=1e-10, abs=1e-300)


@pytest.mark.parametrize(
    ("name", "parameters"), [(name, parameters) for name, every in OTHER_PARAMETERS.items() for parameters in every]
)
def test_agrees_with_the_formula_for_other_parameters(name, parameters):
    logits, targets = binary(1)
    expected = oracle.loss(name, logits.numpy(), targets.numpy(), counts=COUNTS, **parameters)
    assert losses.get(name, counts=COUNTS, **parameters)(logits, targets).item() == pytest.approx(expected, rel=1e-10)


@every_loss
def test_every_parameter_of_a_named_loss_is_tried_with_another_value(name):
    tried = {key for parameters in OTHER_PARAMETERS.get(name, []) for key in parameters}
    of_several_batches = {"after", "beta"} if name == "ldam_drw" else {"memory"}
    assert set(losses.facts(name)["parameters"]) <= tried | of_several_batches


@pytest.mark.parametrize("name", ["class_balanced", "logit_adjusted", "balanced_softmax", "ldam", "vs"])
def test_a_class_without_samples_counts_as_one(name):
    batch = binary(1)
    torch.testing.assert_close(losses.get(name, counts=(9, 0))(*batch), losses.get(name, counts=(9, 1))(*batch))


@pytest.mark.parametrize("p", [20, 40])
def test_a_weight_of_0_takes_a_class_out_of_the_p_norm(p):
    logits, targets = torch.tensor([-3.0, -3.0]), torch.tensor([0, 1])
    loss = losses.get("cross_entropy/p_norm_of_class_means", p=p, class_weights=(1, 0))
    expected = losses.get("ce")(logits[:1], targets[:1])
    torch.testing.assert_close(loss(logits, targets), expected)


@every_multi_class_loss
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_agrees_with_the_formula_on_many_classes(name, classes):
    logits, targets = many_classes(classes, classes)
    loss, parameters = of_many_classes(name, classes)
    expected = oracle.loss(name, logits.numpy(), targets.numpy(), **parameters)
    assert loss(logits, targets).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("name", [pair for pair in PAIRS if not pair.startswith("asymmetric/")])
def test_pairs_agree_with_the_formula_on_many_classes(name):
    logits, targets = many_classes(5, 4)
    counts, class_weights = (9, 7, 5, 3), (1, 0.5, 2, 3)
    expected = oracle.loss(name, logits.numpy(), targets.numpy(), counts=counts, class_weights=class_weights)
    found = losses.get(name, counts=counts, class_weights=class_weights)(logits, targets)
    assert found.item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("error", losses.ERRORS)
def test_none_gives_the_weighted_error_of_each_sample(error):
    logits, targets = binary(3, 24)
    shape = (4, 6)
    weight = torch.rand(shape, dtype=torch.float64)
    loss = losses.get(f"{error}/none", counts=COUNTS, class_weights=(2, 3))
    found = loss(logits.reshape(shape), targets.reshape(shape), weight)
    known = {"counts": COUNTS} if "counts" in getattr(oracle, error).__code__.co_varnames else {}
    expected = torch.from_numpy(getattr(oracle, error)(logits.numpy(), targets.numpy(), **known)).reshape(shape)
    torch.testing.assert_close(found, expected * weight * torch.tensor([2, 3])[targets.reshape(shape)])


def test_the_worked_example():
    """90 negatives of which 4 are wrong, 10 positives of which 5 are wrong; error 1 for wrong, 0 for right."""
    wrong = torch.cat([torch.arange(90) < 4, torch.arange(10) < 5]).double()
    targets = torch.tensor([0] * 90 + [1] * 10)
    totals = losses.class_totals(wrong, targets, 2)
    assert losses.reductions.mean(totals).item() == pytest.approx(0.09)
    assert losses.reductions.sum_of_class_means(totals).item() == pytest.approx(0.5444, abs=5e-5)
    assert losses.reductions.sum_of_squared_class_means(totals).item() == pytest.approx(0.2520, abs=5e-5)


@given(st.integers(0, 2**32 - 1))
def test_msfe_is_half_the_squares_of_sum_and_difference(seed):
    logits, targets = binary(seed)
    fpe, fne = losses.class_means(losses.class_totals(losses.errors.squared(logits, targets), targets, 2))
    expected = ((fpe + fne) ** 2 + (fpe - fne) ** 2) / 2
    torch.testing.assert_close(losses.get("msfe")(logits, targets), expected, rtol=1e-12, atol=0)


@given(st.integers(0, 2**32 - 1))
def test_mfe_on_the_full_set_is_wmse(seed):
    logits, targets = binary(seed)
    positives = int(targets.sum())
    wmse = losses.get("wmse", counts=(len(targets) - positives, positives))
    torch.testing.assert_close(losses.get("mfe")(logits, targets), wmse(logits, targets), rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("special", "general"),
    [
        ("mfe", "mfe_p_norm:p=1"),
        ("squared/worst_class", "mfe_p_norm:p=1000"),
        ("squared/soft_worst_class", "mfe_adaptive:running=1"),
        ("squared/soft_worst_class:temperature=2,running=0.3", "mfe_adaptive:temperature=2,running=0.3"),
        ("squared/worst_class", "mfe_adaptive:temperature=0.00001,running=1"),
        ("mfe", "squared/p_norm_of_class_means:p=1"),
        ("squared/worst_class", "squared/p_norm_of_class_means:p=1000"),
        ("squared/worst_class", "squared/soft_worst_class:temperature=0.00001"),
        ("ce", "focal:gamma=0,class_weights=1:1"),
        ("ce", "poly1:epsilon=0"),
        ("ce", "class_balanced:beta=0"),
        ("ce", "logit_adjusted:tau=0"),
        ("ce", "ldam:max_margin=0,scale=1"),
        ("ce", "vs:gamma=0,tau=0"),
        ("focal:gamma=2,class_weights=1:1", "asymmetric:gamma_positive=2,gamma_negative=2,margin=0"),
        ("mse", "huber:delta=1"),
        ("wce:class_weights=1:1", "wce:class_weights=1:1,smoothing=0"),
        ("balanced_softmax", "logit_adjusted:prior=90:10"),
        ("logit_adjusted:tau=2", "vs:gamma=0,tau=2"),
        ("soft_f1", "dice"),
        ("dice", "tversky:alpha=0.5,beta=0.5"),
        ("soft_f1:beta=2", "tversky:alpha=0.2,beta=0.8"),
        ("tversky", "focal_tversky:gamma=1"),
        ("auc_squared_hinge", "partial_auc:max_fpr=1"),
        ("partial_auc", "two_way_partial_auc:min_tpr=0"),
        ("hinge/sum_of_class_means:class_weights=0:1", "recall_at_precision:multiplier=0"),
    ],
)
def test_limits_reach_the_special_case(special, general):
    logits, targets = binary(11)
    one, other = (losses.LossSpec.parse(text).build(counts=COUNTS) for text in (special, general))
    torch.testing.assert_close(
        one(logits, targets), other(logits, targets), rtol=1e-3 if "worst" in special else 1e-9, atol=0
    )


def test_adaptive_weights_go_by_each_classs_running_error():
    """Batch after batch, each with other counts: r_c is the moving average of errors over that of samples, and class c
    weighs softmax(r / t)_c."""
    loss, rate, temperature = losses.get("mfe_adaptive", running=0.2, temperature=0.05), 0.2, 0.05
    errors, samples = np.zeros(2), np.zeros(2)
    for batch in range(6):
        targets = (torch.arange(16) < (4, 1, 7, 3, 0, 5)[batch]).long()
        logits = torch.from_numpy(np.random.default_rng(batch).normal(0, 3, 16))
        value, gradient = laws.value_and_gradient(loss, logits, targets)
        z, d = logits.numpy(), targets.numpy()
        p = 1 / (1 + np.exp(-z))
        for c in (0, 1):
            errors[c] = (1 - rate) * errors[c] + rate * ((d - p) ** 2 / 2)[d == c].sum()
            samples[c] = (1 - rate) * samples[c] + rate * (d == c).sum()
        r = errors / samples
        weights = np.exp(r / temperature) / np.exp(r / temperature).sum()
        assert value.item() == pytest.approx(temperature * np.log(np.exp(r / temperature).mean()), rel=1e-12)
        mean_samples = samples / (1 - (1 - rate) ** (batch + 1))  # the averages begin at 0
        expected = weights[d] * (p - d) * p * (1 - p) / mean_samples[d]
        np.testing.assert_allclose(gradient, expected, rtol=1e-9)


def test_the_square_of_the_2_norm_is_msfe():
    logits, targets = binary(12)
    norm = losses.get("squared/p_norm_of_class_means", p=2, class_weights=(2, 3))(logits, targets)
    torch.testing.assert_close(norm**2, losses.get("msfe", class_weights=(2, 3))(logits, targets))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OF_ONE_LOGIT_APART])
def test_two_logits_agree_with_one(name):
    """Up to the factor of squared errors on two outputs."""
    factor = {"mse": 2, "wmse": 2, "mfe": 2, "msfe": 4, "msfe_unbiased": 4, "mfe_p_norm": 2}.get(name, 1)
    logits, targets = binary(4)
    loss = losses.get(name, counts=COUNTS)
    pair = torch.stack([torch.zeros_like(logits), logits], dim=1)
    torch.testing.assert_close(loss(pair, targets), factor * loss(logits, targets), rtol=1e-9, atol=0)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"asymmetric", "vs"}])
def test_logits_count_by_their_differences(name):
    logits, targets = many_classes(4, 2)
    loss = losses.get(name, counts=COUNTS)
    torch.testing.assert_close(loss(logits + 3, targets), loss(logits, targets), rtol=1e-9, atol=0)


@every_loss
def test_running_is_refused_by_losses_that_have_no_class_totals(name):
    losses.get(name, counts=COUNTS, sync=True)
    if name in WITHOUT_TOTALS:
        with pytest.raises(ValueError, match="pairs or ranks has no class totals for running: take memory"):
            losses.get(name, counts=COUNTS, running=0.1)
