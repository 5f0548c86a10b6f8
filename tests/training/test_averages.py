"""An average of networks predicts the mean probability of networks that are trained alone."""

from dataclasses import replace

import numpy as np
import pytest

from imbaloss.data.seeds import derive_seed
from imbaloss.losses import LossSpec
from imbaloss.training import Member, train, train_averages
from imbaloss.training.averages import average_curves, list_networks
from tests.training.examples import RECIPE, split_of

AVERAGED = replace(RECIPE, n_networks=3)
SPLIT = split_of(0)


def test_its_probabilities_are_the_mean_of_those_of_its_networks_alone():
    member = Member(SPLIT, LossSpec("ce"), AVERAGED, seed=4)
    [outcome] = train_averages([member])
    seeds = [derive_seed(4, number) for number in range(3)]
    alone = train([Member(SPLIT, LossSpec("ce"), RECIPE, seed) for seed in seeds])
    inputs = SPLIT.test.inputs
    assert outcome.model is not None
    assert (outcome.model.networks, outcome.model.recipe) == (3, AVERAGED)
    each = [of_seed.model.probabilities(inputs) for of_seed in alone if of_seed.model]
    np.testing.assert_allclose(outcome.model.probabilities(inputs), np.mean(each, axis=0), rtol=1e-9)
    assert len({probabilities.tobytes() for probabilities in each}) == 3
    np.testing.assert_allclose(outcome.losses, np.mean([of_seed.losses for of_seed in alone], axis=0), rtol=1e-9)


def test_an_average_of_one_network_is_that_network_bit_for_bit():
    members = [Member(SPLIT, LossSpec("ce"), RECIPE, seed) for seed in (0, 1)]
    for of_average, alone in zip(train_averages(members), train(members), strict=True):
        assert of_average.losses == alone.losses
        assert of_average.model is not None
        assert alone.model is not None
        logits = [model.logits(SPLIT.test.inputs).tobytes() for model in (of_average.model, alone.model)]
        assert logits[0] == logits[1]


def test_members_keep_their_order_and_losses_of_a_seed_start_alike():
    names = ("ce", "mse", "focal:gamma=0,class_weights=1:1")  # the last one is cross-entropy, too
    members = [Member(SPLIT, LossSpec.parse(name), AVERAGED, seed=0) for name in names]
    cross_entropy, squared, again = train_averages(members)
    np.testing.assert_allclose(cross_entropy.losses, again.losses, rtol=1e-9)
    assert squared.losses[0] < cross_entropy.losses[0]


def test_a_member_fails_with_its_first_failing_network_and_others_go_on():
    failing = replace(AVERAGED, lr=1e30, precision="float32")
    members = [Member(SPLIT, LossSpec("ce"), recipe, seed=0) for recipe in (failing, replace(failing, lr=0.1))]
    failed, fine = train_averages(members)
    assert failed.model is None
    assert failed.failure is not None
    assert "no longer finite" in failed.failure
    assert fine.model is not None
    assert fine.model.networks == 3


def test_each_network_stops_by_itself():
    recipe = replace(AVERAGED, patience=1, epochs=60, optimizer="adam", lr=0.05)
    member = Member(replace(SPLIT, validation=split_of(9).train), LossSpec("ce"), recipe, seed=1)
    [outcome] = train_averages([member])
    alone = train(list_networks(member))
    lengths = [len(of_seed.losses) for of_seed in alone]
    assert len(set(lengths)) > 1
    assert len(outcome.losses) == len(outcome.validation_losses) == max(lengths)


def test_curves_are_averaged_over_those_that_reach_an_epoch():
    assert average_curves([[4.0, 2.0, 1.0], [2.0, 1.0]]) == [3.0, 1.5, 1.0]
    assert average_curves([[], []]) == []


def test_the_loop_of_single_networks_refuses_an_average():
    with pytest.raises(ValueError, match="trains one network, found 3"):
        train([Member(SPLIT, LossSpec("ce"), AVERAGED, seed=0)])


def test_seeds_of_further_networks_are_apart():
    """Repetitions of a study have neighbouring seeds, and are not to have a network in common."""
    seeds = {derive_seed(seed, number) for seed in range(200) for number in range(20)}
    assert len(seeds) == 4000
    assert [derive_seed(seed, 0) for seed in range(3)] == [0, 1, 2]
