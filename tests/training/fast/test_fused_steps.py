"""bf16: weights in float32, products and activations in bfloat16; by fused steps and by autograd."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from imbaloss.losses import LossSpec
from imbaloss.training import Member, Recipe, plan_training, train
from imbaloss.training.fast.gram_first_layer import GramLayer
from imbaloss.training.stack import Stack
from tests.training.examples import RECIPE, needs_bfloat16, split_of

CPU = torch.device("cpu")
BF16 = replace(RECIPE, precision="bf16", lr=0.1)
WAYS = {
    "span": BF16,
    "momentum": replace(BF16, momentum=0.5),
    "weight decay": replace(BF16, weight_decay=0.01),
    "adam": replace(BF16, optimizer="adam", lr=0.01),
}
every_way = pytest.mark.parametrize("recipe", WAYS.values(), ids=WAYS)


def stack_of(recipe: Recipe, samples: int = 40, shortcuts: bool = True) -> Stack:
    members = [
        Member(split_of(0, samples), LossSpec.parse(loss), recipe, seed) for loss in ("mse", "wce") for seed in (0, 1)
    ]
    return Stack.build(members, CPU, plan_training(recipe, samples, (60,), shortcuts=shortcuts))


def weights(stack: Stack) -> torch.Tensor:
    """Of all layers of all networks, (S, parameters)."""
    models = [stack.extract_model(index).network for index in range(len(stack.members))]
    return torch.stack([torch.cat([p.detach().flatten() for p in model.parameters()]) for model in models])


@every_way
@pytest.mark.parametrize("samples", [40, 130])
def test_weights_are_float32_and_so_is_the_model(recipe, samples):
    stack = stack_of(recipe, samples)
    stack.train_epoch()
    assert {parameter.dtype for parameter in stack.network.parameters()} == {torch.float32}
    assert weights(stack).dtype == torch.float32
    assert stack.extract_model(0).probabilities(split_of(0).test.inputs).dtype == np.float64


@every_way
@pytest.mark.parametrize("samples", [40, 130])
@pytest.mark.parametrize("shortcuts", [True, False])
def test_the_way_is_that_of_float32_within_bfloat16(recipe, samples, shortcuts):
    """And not nearer: then nothing would be rounded. bfloat16 has eight bits, float32 24."""
    rounded = stack_of(recipe, samples, shortcuts)
    exact = stack_of(replace(recipe, precision="float32"), samples, shortcuts)
    start = weights(exact)
    losses = [(rounded.train_epoch(), exact.train_epoch()) for _ in range(4)]
    for found, expected in losses:
        torch.testing.assert_close(found, expected, rtol=0.05, atol=1e-3)
    away = (weights(rounded) - weights(exact)).norm(dim=1) / (weights(exact) - start).norm(dim=1)
    assert 1e-4 < away.min() <= away.max() < 0.2


@every_way
def test_steps_too_small_for_bfloat16_add_up(recipe):
    """A weight of 0.1 in bfloat16 moves by 0.0005 or not at all; these steps are far smaller."""
    recipe = replace(recipe, lr=recipe.lr / 1000)
    rounded, exact = stack_of(recipe), stack_of(replace(recipe, precision="float32"))
    start = weights(exact)
    for _ in range(10):
        rounded.train_epoch(), exact.train_epoch()
    moved, expected = weights(rounded) - start, weights(exact) - start
    assert moved.abs().max() < 1e-2
    assert ((moved - expected).norm(dim=1) / expected.norm(dim=1)).max() < 0.1


@every_way
def test_learning_rates_are_not_rounded(recipe):
    """In bfloat16 these two are one number."""
    stacks = [stack_of(replace(recipe, lr=lr)) for lr in (0.1, 0.1002)]
    assert torch.tensor(0.1).bfloat16() == torch.tensor(0.1002).bfloat16()
    for stack in stacks:
        stack.train_epoch()
    assert not torch.equal(*(weights(stack) for stack in stacks))


@every_way
def test_what_products_see_is_the_weights_rounded(recipe):
    stack = stack_of(replace(recipe, hidden=(7, 5)))
    for _ in range(3):
        stack.train_epoch()
    working = stack.optimizer.working
    assert isinstance(working.layers[0], GramLayer) == (recipe.optimizer == "sgd")
    if recipe.optimizer == "sgd":
        assert working.layers[0].factors.gram.dtype == torch.bfloat16
    for found, expected in zip(working.parameters(), stack.network.parameters(), strict=True):
        assert torch.equal(found, expected.bfloat16())


@every_way
def test_members_may_leave(recipe):
    stays = torch.tensor([True, False, False, True])
    stack, whole = stack_of(recipe), stack_of(recipe)
    stack.keep(stays)
    for _ in range(3):
        torch.testing.assert_close(stack.train_epoch(), whole.train_epoch()[stays], rtol=1e-3, atol=1e-5)


@needs_bfloat16
def test_a_member_that_diverges_leaves_the_others_as_they_are():
    recipe = replace(BF16, epochs=4)
    some = [Member(split_of(0), LossSpec.parse(loss), recipe, 0) for loss in ("mse", "mfe", "wce")]
    wild = Member(split_of(0), LossSpec.parse("wce"), replace(recipe, lr=1e30), 0)
    *outcomes, failed = train([*some, wild])
    assert "no longer finite" in failed.failure
    for outcome, alone in zip(outcomes, train(some), strict=True):
        np.testing.assert_allclose(outcome.losses, alone.losses, rtol=1e-3)
