"""Training within the span of the inputs, and steps without autograd, are ordinary training."""

from dataclasses import replace
from itertools import product

import pytest
import torch

from imbaloss.training import Member, plan_for
from imbaloss.training.stack import Stack
from tests.training.examples import RECIPE, split_of

CPU = torch.device("cpu")
ORDINARY = plan_for(RECIPE, 40, 60, shortcuts=False)


def members(recipe, losses=("mse", "msfe", "wce"), seeds=(0, 1), splits=1):
    """Two seeds a split; sorted as the loop sorts them."""
    found = [
        Member(split, loss, recipe, seed) for split in map(split_of, range(splits)) for seed in seeds for loss in losses
    ]
    return sorted(found, key=lambda member: member.loss_and_counts)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize(("momentum", "weight_decay"), list(product([0, 0.9], [0, 0.03])))
def test_weights_and_losses_follow_ordinary_training_epoch_by_epoch(activation, momentum, weight_decay):
    recipe = replace(RECIPE, activation=activation, momentum=momentum, weight_decay=weight_decay, lr=0.1)
    within, ordinary = (
        Stack(members(recipe, splits=2), CPU),
        Stack(members(recipe, splits=2), CPU, plan_for(recipe, 40, 60, shortcuts=False)),
    )
    assert within.span
    assert not ordinary.span
    for _ in range(30):
        torch.testing.assert_close(within.epoch(), ordinary.epoch(), rtol=1e-9, atol=0)
        for index in range(len(within.members)):
            pairs = zip(
                within.model(index).network.parameters(), ordinary.model(index).network.parameters(), strict=True
            )
            for found, expected in pairs:
                torch.testing.assert_close(found, expected, rtol=0, atol=1e-9 * expected.abs().max().item())


def test_members_may_leave():
    recipe = replace(RECIPE, momentum=0.5, weight_decay=0.01)
    stays = torch.tensor([True, False, False, True, True, False])
    within, alone = Stack(members(recipe), CPU), Stack(members(recipe), CPU, ORDINARY)
    for stack in (within, alone):
        stack.epoch()
        stack.keep(stays)
    for _ in range(3):
        torch.testing.assert_close(within.epoch(), alone.epoch(), rtol=1e-9, atol=0)


def test_a_model_holds_nothing_of_its_stack():
    stack = Stack(members(RECIPE), CPU)
    stack.epoch()
    first = stack.model(2).network.layers[0]
    assert first.weight.shape == (1, 60, 7)
    assert not hasattr(first, "span")
