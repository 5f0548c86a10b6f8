"""Trained networks as one model."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import special

from imbaloss.evaluation import Calibration
from imbaloss.losses import LossSpec
from imbaloss.networks import join_networks
from imbaloss.training import Member, Model, train
from tests.training.examples import RECIPE, split_of


def models(outputs: int) -> list[Model]:
    split = split_of(0)
    if outputs > 2:
        part = replace(split.train, labels=np.arange(40) % outputs)
        split = replace(split, train=part)
    members = [Member(split, LossSpec.parse("ce"), replace(RECIPE, outputs=outputs), seed) for seed in range(3)]
    return [outcome.model for outcome in train(members)]


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_an_ensemble_says_the_mean_of_its_networks_probabilities(outputs):
    some = models(outputs)
    inputs = split_of(1).test.inputs
    together = replace(some[0], network=join_networks([model.network for model in some]))
    expected = np.mean([model.probabilities(inputs) for model in some], axis=0)
    assert together.networks == 3
    np.testing.assert_allclose(together.probabilities(inputs), expected, rtol=1e-12)
    assert expected.shape == ((40,) if outputs < 3 else (40, 3))


@pytest.mark.parametrize("outputs", [1, 3])
def test_batches_and_order_change_nothing(outputs):
    [model, *_] = models(outputs)
    inputs = split_of(1).test.inputs
    expected = model.logits(inputs)
    order = np.random.default_rng(0).permutation(40)
    for size in (1, 7, 40, 100):
        batched = replace(model, recipe=replace(model.recipe, test_batch=size))
        np.testing.assert_allclose(batched.logits(inputs, order), expected, rtol=1e-10)
    assert model.logits(inputs[:0]).shape == expected[:0].shape


def test_the_logits_stay_exact_where_probabilities_are_0_and_1():
    """The mean of two networks that say sigmoid(-800) and sigmoid(-900) is half of the first."""
    [model, other, *_] = models(1)
    for one, bias in ((model, -800.0), (other, -900.0)):
        layers = one.network.layers
        with torch.no_grad():
            layers[-1].weight.zero_()
            layers[-1].bias.fill_(bias)
    together = replace(model, network=join_networks([model.network, other.network]))
    assert together.logits(split_of(1).test.inputs)[0] == pytest.approx(-800 - np.log(2))


def test_prior_comes_before_calibration():
    [model, *_] = models(1)
    inputs = split_of(1).test.inputs
    plain = model.logits(inputs)
    moved = replace(model, prior=(0.0, -1.5), calibration=Calibration("platt", ((2.0, 0.25),)))
    np.testing.assert_allclose(moved.logits(inputs), 2 * (plain - 1.5) + 0.25, rtol=1e-12)
    np.testing.assert_allclose(moved.probabilities(inputs), special.expit(2 * (plain - 1.5) + 0.25), rtol=1e-12)
