"""Training within the span of the inputs, and steps without autograd, are ordinary training."""

from dataclasses import replace
from itertools import product

import pytest
import torch

from imbaloss.training import Member, within_span
from imbaloss.training.products import affine, onednn_is_faster
from imbaloss.training.stack import Stack
from tests.training.examples import RECIPE, split_of

CPU = torch.device("cpu")


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
    within, ordinary = Stack(members(recipe, splits=2), CPU), Stack(members(recipe, splits=2), CPU, ordinary=True)
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
    within, alone = Stack(members(recipe), CPU), Stack(members(recipe), CPU, ordinary=True)
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


@pytest.mark.parametrize(
    ("changes", "samples", "holds"),
    [
        ({}, 119, True),
        ({}, 120, False),
        ({"weight_decay": 0.1, "momentum": 0.9}, 40, True),
        ({"optimizer": "adam"}, 40, False),
    ],
)
def test_it_is_used_where_it_is_exact_and_less_work(changes, samples, holds):
    assert within_span(replace(RECIPE, **changes), samples, 60) is holds


@pytest.mark.parametrize("shape", [(3, 4, 5), (128, 500, 1000), (1, 1, 1)])
def test_a_product_is_that_of_float64(shape):
    rows, inner, columns = shape
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(size, generator=generator) for size in ((rows, inner), (inner, columns)))
    bias = torch.randn(1, columns, generator=generator)
    expected = torch.addmm(bias.double(), left.double(), right.double())
    torch.testing.assert_close(affine(left, right, bias).double(), expected, rtol=0, atol=1e-6 * inner)
    torch.testing.assert_close(affine(left.double(), right.double(), bias.double()), expected)


def test_the_library_is_chosen_by_rule():
    large = torch.empty(128, 500), torch.empty(500, 1000)
    assert not onednn_is_faster(*(part.double() for part in large))
    assert not onednn_is_faster(torch.empty(8, 8), torch.empty(8, 8))
    avx512 = torch.backends.cpu.get_cpu_capability() == "AVX512" and torch.backends.mkldnn.is_available()
    assert onednn_is_faster(*large) is avx512
