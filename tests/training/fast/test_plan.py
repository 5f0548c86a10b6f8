"""A plan takes the shortcuts that are exact and less work, and says why it leaves one out."""

from dataclasses import replace

import pytest

from imbaloss.networks import Size
from imbaloss.training import Recipe, plan_training
from imbaloss.training.fast.matmul_backend import PYTORCH
from imbaloss.training.fast.plan import AUTOGRAD, FUSED, INPUTS, LARGEST_STACK, SPAN, network_bytes
from tests.training.examples import RECIPE

TREE = Recipe(hidden=(1000, 100, 10))
HOUSEHOLD = Recipe(hidden=(1000, 300, 100))


@pytest.mark.parametrize(
    ("changes", "samples", "first_layer", "steps", "reason"),
    [
        ({}, 119, SPAN, FUSED, None),
        ({}, 120, INPUTS, FUSED, "120 samples of 60 inputs: their span is no less work"),
        ({"weight_decay": 0.1, "momentum": 0.9}, 40, SPAN, FUSED, None),
        ({"optimizer": "adam"}, 40, INPUTS, FUSED, "adam scales each weight by itself, which leaves the span"),
        ({"patience": 5}, 40, INPUTS, FUSED, "after each epoch the loss on validation is looked at"),
    ],
)
def test_a_shortcut_is_taken_where_it_is_exact_and_less_work(changes, samples, first_layer, steps, reason):
    plan = plan_training(replace(RECIPE, **changes), samples, (60,))
    assert (plan.first_layer, plan.steps) == (first_layer, steps)
    assert str(plan.reasons).count(reason or "()") == 1
    assert all(one in str(plan) for one in plan.reasons)


def test_without_shortcuts_training_is_ordinary():
    plan = plan_training(RECIPE, 40, (60,), shortcuts=False)
    assert (plan.first_layer, plan.steps) == (INPUTS, AUTOGRAD)


@pytest.mark.parametrize(
    ("recipe", "samples", "shape", "size"),
    [
        (TREE, 500, (3072,), 55),  # 2^25 trained parameters / (501 x 1000 + 1001 x 100 + 101 x 10 + 11)
        (HOUSEHOLD, 2500, (3072,), 11),
        (Recipe(hidden=(8,)), 100, (64,), LARGEST_STACK),
        # 2^31 bytes / (4 bytes of 2 batches of 30 + 8 + 1 numbers, and of 30 a sample; 8 bytes of 30 a sample)
        (Recipe(hidden=(8,), train_batch=200_000), 1_000_000, (30,), 5),
        # / (4 bytes of the inputs and of the Gram matrix, 8 of the inputs)
        (Recipe(hidden=(8,)), 2500, (3072,), 18),
        # / (4 bytes of weights, momentum and batches of 100)
        (Recipe(hidden=(1000,), momentum=0.9, train_batch=10), 20_000, (1000,), 8),
        (Recipe(hidden=(2000,), optimizer="adam"), 100, (8000,), 2),  # 2^25 parameters / 16e6
        (Recipe(hidden=(800, 10_000), optimizer="adam"), 100, (60,), 4),
        (Recipe(hidden=(100_000,)), 10_000, (10_000,), 1),
    ],
)
def test_a_stack_is_what_cache_and_memory_hold(recipe, samples, shape, size):
    assert plan_training(recipe, samples, shape).stack_size == pytest.approx(size, rel=0.1)
    assert plan_training(recipe, samples, shape) == plan_training(recipe, samples, shape)
    assert plan_training(recipe, samples, shape, stack_size=3).stack_size == 3


def test_a_convolutional_network_is_counted_as_what_it_is():
    """3 x 3 patches of 3 and 4 channels, a shortcut, normalisations, a linear layer; by position of 6 x 6 and 3 x 3."""
    recipe = Recipe(network="cnn", channels=(4, 8), train_batch=10)
    weights = [27 * 4, 36 * 4, 36 * 4, 36 * 8, 72 * 8, 4 * 8]
    plan = plan_training(recipe, 100, (3, 6, 6))
    assert plan.parameters == sum(weights) + 2 * (4 + 4 + 4 + 8 + 8) + 9
    assert plan.operations == 36 * sum(weights[:3]) + 9 * sum(weights[3:]) + 8
    assert plan.bytes > 4 * 10 * 36 * 4 * 6  # at least the maps of a batch
    assert plan.reasons == ("cnn is no mlp, whose layers alone have shortcuts",)


def test_moved_images_leave_the_span():
    for changes in ({"flip": True}, {"shift": 1}):
        plan = plan_training(replace(RECIPE, **changes), 40, (3, 4, 5))
        assert (plan.first_layer, plan.steps) == (INPUTS, FUSED)
        assert plan.reasons == ("images are moved anew in each epoch, which leaves the span of the samples",)


def test_parameters_are_those_that_are_trained():
    assert plan_training(RECIPE, 40, (60,)).parameters == 41 * 7 + 8 * 5 + 6
    assert plan_training(RECIPE, 200, (60,)).parameters == 61 * 7 + 8 * 5 + 6


def test_what_a_row_keeps_of_a_plan():
    facts = plan_training(replace(RECIPE, precision="float64"), 40, (60,)).facts()
    assert facts == {"first_layer": SPAN, "steps": FUSED, "products": PYTORCH}


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [({}, 1), ({"momentum": 0.9}, 2), ({"optimizer": "adam"}, 5)],
)
def test_what_an_optimizer_keeps_is_counted(changes, numbers):
    """Weights; velocities; a gradient, two averages and a direction."""
    recipe = replace(TREE, **changes)
    many, none = (network_bytes(recipe, 9, 9, INPUTS, Size(number, 0, 0)) for number in (10**6, 0))
    assert many - none == 4 * numbers * 10**6


def test_a_stack_size_below_one_is_refused():
    for size in (0, -1):
        with pytest.raises(ValueError, match=f"stack_size must be 1 or more, found {size}"):
            plan_training(TREE, 500, (3072,), stack_size=size)
