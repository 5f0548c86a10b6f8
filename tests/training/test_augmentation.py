"""Augmentation: what an image can become, and that comparisons stay paired."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.data.seeds import make_generator
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Recipe, train
from imbaloss.training.augmentation import Augmentation
from imbaloss.training.stack import Stack
from tests.training.examples import RECIPE, split_of

CPU = torch.device("cpu")
SHIFTED = replace(RECIPE, flip=True, shift=2, epochs=4)


@given(
    height=st.integers(1, 6), width=st.integers(1, 6), shift=st.integers(0, 7), flip=st.booleans(), seed=st.integers(0)
)
def test_an_image_is_what_a_slow_program_makes_of_it(height, width, shift, flip, seed):
    generator = np.random.default_rng(seed)
    inputs = generator.random((5, 2, height, width))
    augmentation = Augmentation(torch.from_numpy(inputs), flip=flip, shift=shift)
    rows = generator.integers(0, 5, (3, 4))
    draws = np.stack([augmentation.draw_moves(4, generator) for _ in range(3)])
    found = augmentation(torch.from_numpy(rows), torch.from_numpy(draws))
    assert found.shape == (3, 4, 2, height, width)
    for place in np.ndindex(3, 4):
        flipped, down, across = draws[place]
        expected = np.zeros((2, height, width))
        for y, x in np.ndindex(height, width):
            from_y, from_x = y + down - shift, x + across - shift
            if 0 <= from_y < height and 0 <= from_x < width:
                expected[:, y, x] = inputs[rows[place], :, from_y, from_x]
        assert np.array_equal(found[place].numpy(), expected[..., ::-1] if flipped else expected)


def test_every_flip_and_every_shift_is_as_likely():
    augmentation = Augmentation(torch.zeros(1, 1, 4, 4), flip=True, shift=1)
    draws = augmentation.draw_moves(18_000, np.random.default_rng(0))
    _, counts = np.unique(draws, axis=0, return_counts=True)
    assert len(counts) == 2 * 3 * 3
    assert np.abs(counts - 1000).max() < 130  # four deviations of sqrt(1000)


def test_without_flips_and_shifts_nothing_changes():
    inputs = torch.rand(6, 3, 4, 5)
    augmentation = Augmentation(inputs, flip=False, shift=0)
    draws = torch.from_numpy(augmentation.draw_moves(6, np.random.default_rng(0)))
    assert torch.equal(augmentation(torch.arange(6), draws), inputs)


def test_members_with_one_seed_see_the_same_images_and_others_do_not():
    split = split_of(0)
    seeds = {"mse": (0, 1), "msfe": (0, 1)}
    stack = Stack.build(
        [Member(split, LossSpec.parse(loss), SHIFTED, seed) for loss, some in seeds.items() for seed in some], CPU
    )
    draws = stack._draw_moves()
    assert torch.equal(draws[0], draws[2])
    assert torch.equal(draws[1], draws[3])
    assert not torch.equal(draws[0], draws[1])
    assert not torch.equal(draws, stack._draw_moves())


def test_a_stack_equals_stacks_of_one():
    """Members leave it at different times."""
    members = [
        Member(
            split_of(seed),
            LossSpec.parse(loss),
            replace(SHIFTED, network="cnn", channels=(4, 4), epochs=3 + seed),
            seed,
        )
        for seed in (0, 1)
        for loss in ("mse", "wce")
    ]
    for member, outcome in zip(members, train(members), strict=True):
        [alone] = train([member])
        np.testing.assert_allclose(outcome.losses, alone.losses, rtol=1e-12)
        for weight, own in zip(outcome.model.network.parameters(), alone.model.network.parameters(), strict=True):
            torch.testing.assert_close(weight, own, rtol=0, atol=1e-12)


def test_it_trains_on_moved_images_as_a_plain_loop_would():
    """One step of plain descent an epoch, on the images that the seed's own stream gives."""
    recipe = replace(SHIFTED, hidden=(), train_batch=40, shuffle_train=False, scaling="unit", epochs=3)
    member = Member(split_of(0), LossSpec.parse("mse"), recipe, 7)
    [outcome] = train([member])
    inputs = torch.from_numpy(member.split.train.inputs).double()
    labels = torch.from_numpy(member.split.train.labels)
    augmentation, generator = Augmentation(inputs, flip=True, shift=2), make_generator(7, "augmentation")
    bound = 60**-0.5
    initial = make_generator(7, "weights")
    weight = torch.from_numpy(initial.uniform(-bound, bound, (60, 1))[:, 0]).requires_grad_()
    bias = torch.from_numpy(initial.uniform(-bound, bound, 1)).requires_grad_()
    for expected in outcome.losses:
        moved = augmentation(torch.arange(40), torch.from_numpy(augmentation.draw_moves(40, generator)))
        loss = ((moved.flatten(1) @ weight + bias).sigmoid() - labels).square().mean() / 2
        assert loss.item() == pytest.approx(expected, rel=1e-10)
        for parameter in (weight, bias):
            (gradient,) = torch.autograd.grad(loss, parameter, retain_graph=True)
            parameter.data -= recipe.lr * gradient


def test_columns_cannot_be_moved():
    for changes in ({"flip": True}, {"shift": 1}):
        with pytest.raises(ValueError, match=r"flip and shift are for images .*, and these are rows of columns"):
            Recipe(**changes).check_shape((30,))
        Recipe(**changes).check_shape((1, 8, 8))
    Recipe(shift=7).check_shape((1, 8, 9))
    with pytest.raises(
        ValueError, match="shift must be smaller than the image, whose shorter side has 8 pixels, found 8"
    ):
        Recipe(shift=8).check_shape((1, 9, 8))
