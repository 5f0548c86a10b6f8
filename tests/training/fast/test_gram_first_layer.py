"""Training within the span of the inputs, and steps without autograd, are ordinary training."""

from dataclasses import replace
from itertools import product

import pytest
import torch

from imbaloss import data
from imbaloss.evaluation import scores
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Recipe, plan_training, train
from imbaloss.training.fast.gram_first_layer import GramFactors
from imbaloss.training.stack import Stack
from tests.training.examples import RECIPE, split_of

CPU = torch.device("cpu")
ORDINARY = plan_training(RECIPE, 40, (60,), shortcuts=False)


def members(recipe, losses=("mse", "msfe", "wce"), seeds=(0, 1), splits=1):
    """Two seeds a split; sorted as the loop sorts them."""
    found = [
        Member(split, LossSpec.parse(loss), recipe, seed)
        for split in map(split_of, range(splits))
        for seed in seeds
        for loss in losses
    ]
    return sorted(found, key=lambda member: member.loss_and_counts)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize(("momentum", "weight_decay"), list(product([0, 0.9], [0, 0.03])))
def test_weights_and_losses_follow_ordinary_training_epoch_by_epoch(activation, momentum, weight_decay):
    recipe = replace(RECIPE, activation=activation, momentum=momentum, weight_decay=weight_decay, lr=0.1)
    within, ordinary = (
        Stack.build(members(recipe, splits=2), CPU),
        Stack.build(members(recipe, splits=2), CPU, plan_training(recipe, 40, (60,), shortcuts=False)),
    )
    assert within.shortcuts.takes_rows
    assert not ordinary.shortcuts.takes_rows
    for _ in range(30):
        torch.testing.assert_close(within.train_epoch(), ordinary.train_epoch(), rtol=1e-9, atol=0)
        for index in range(len(within.members)):
            pairs = zip(
                within.extract_model(index).network.parameters(),
                ordinary.extract_model(index).network.parameters(),
                strict=True,
            )
            for found, expected in pairs:
                torch.testing.assert_close(found, expected, rtol=0, atol=1e-9 * expected.abs().max().item())


def test_what_is_computed_once_is_rounded_once():
    generator = torch.Generator().manual_seed(0)
    inputs = 1000 + torch.rand(2, 9, 30, generator=generator, dtype=torch.float64)
    initial = torch.randn(2, 30, 4, generator=generator)
    factors = GramFactors.compute(inputs, torch.tensor([1, 0]), initial)
    assert torch.equal(factors.gram, (inputs @ inputs.transpose(1, 2)).float())
    assert torch.equal(factors.start[0], (inputs[1] @ initial[0].double()).float())


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize(
    ("changes", "epochs"),
    [
        ({}, 300),
        ({"momentum": 0.9, "weight_decay": 1e-3, "lr": 0.02}, 60),
        ({"activation": "sigmoid", "momentum": 0.9}, 60),
        ({"activation": "tanh", "weight_decay": 1e-3}, 60),
    ],
    ids=str,
)
def test_a_cell_of_the_report_follows_ordinary_training(real_folder, changes, epochs):
    """tree_1 at 5 %: 450 negatives and 50 positives, 3072-1000-100-10-1, in float64; it ends within 1e-12."""
    recipe = replace(Recipe(hidden=(1000, 100, 10), precision="float64"), **changes)
    dataset = data.load_data_sets(("tree_1",), folder=real_folder, quiet=True)["tree_1"]
    split = dataset.draw(level=0.05, protocol="table1", seed=0)
    some = [Member(split, LossSpec.parse(loss), recipe, 0) for loss in ("mse", "msfe")]
    plans = [plan_training(recipe, 500, (3072,), shortcuts=shortcuts) for shortcuts in (True, False)]
    within, ordinary = (Stack.build(some, CPU, plan) for plan in plans)
    for epoch in range(epochs):
        torch.testing.assert_close(within.train_epoch(), ordinary.train_epoch(), rtol=1e-9, atol=0)
        pairs = zip(
            within.extract_model(epoch % 2).network.parameters(),
            ordinary.extract_model(epoch % 2).network.parameters(),
            strict=True,
        )
        for found, expected in pairs:
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-9 * expected.abs().max().item())


@pytest.mark.slow
@pytest.mark.real_data
def test_a_cell_of_the_report_has_the_scores_of_ordinary_training(real_folder):
    """tree_2 at 10 % in float32, 300 epochs: the two sum in different orders.

    WCE is left out: at this learning rate it is chaotic, and scores of ordinary training by two libraries differ too.
    """
    recipe = Recipe(hidden=(1000, 100, 10))
    dataset = data.load_data_sets(("tree_2",), folder=real_folder, quiet=True)["tree_2"]
    split = dataset.draw(level=0.1, protocol="table1", seed=0)
    some = [Member(split, LossSpec.parse(loss), recipe, 0) for loss in ("mse", "mfe", "msfe", "focal")]
    pairs = [train(some, plan=plan_training(recipe, 500, (3072,), shortcuts=shortcuts)) for shortcuts in (True, False)]
    for within, ordinary in zip(*pairs, strict=True):
        found, expected = (
            scores(split.test.labels, outcome.model.probabilities(split.test.inputs))[0]
            for outcome in (within, ordinary)
        )
        assert found["roc_auc"] == pytest.approx(expected["roc_auc"], abs=0.02)
        assert found["f1"] == pytest.approx(expected["f1"], abs=0.1)


def test_members_may_leave():
    recipe = replace(RECIPE, momentum=0.5, weight_decay=0.01)
    stays = torch.tensor([True, False, False, True, True, False])
    within, alone = Stack.build(members(recipe), CPU), Stack.build(members(recipe), CPU, ORDINARY)
    for stack in (within, alone):
        stack.train_epoch()
        stack.keep(stays)
    for _ in range(3):
        torch.testing.assert_close(within.train_epoch(), alone.train_epoch(), rtol=1e-9, atol=0)


def test_a_model_holds_nothing_of_its_stack():
    stack = Stack.build(members(RECIPE), CPU)
    stack.train_epoch()
    first = stack.extract_model(2).network.layers[0]
    assert first.weight.shape == (1, 60, 7)
    assert not hasattr(first, "factors")
