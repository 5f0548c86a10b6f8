"""A stack of networks is its members, side by side."""

import numpy as np
import pytest
import torch
from torch import nn

from imbaloss.networks import (
    ACTIVATIONS,
    INITIALISATIONS,
    MLP,
    StackedLinear,
    extract_network,
    join_networks,
    keep_networks,
    set_network,
)
from imbaloss.networks.initialisation import torch_default

SIZES = {"shape": (2, 3), "hidden": (5, 4), "dtype": torch.float64}


def mlp(seeds=(0, 1, 2), **changes) -> MLP:
    return MLP([np.random.default_rng(seed) for seed in seeds], **{**SIZES, **changes})


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_each_member_is_the_network_of_torch(activation, outputs):
    stack = mlp(activation=activation, outputs=outputs)
    inputs = torch.randn(
        3, 8, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True
    )
    logits = stack(inputs)
    assert logits.shape == ((3, 8) if outputs == 1 else (3, 8, outputs))
    logits.square().sum().backward()
    module = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}[activation]
    for index in range(3):
        linears = [nn.Linear(*layer.weight.shape[1:], dtype=torch.float64) for layer in stack.layers]
        for linear, layer in zip(linears, stack.layers, strict=True):
            linear.weight.data, linear.bias.data = layer.weight.data[index].T, layer.bias.data[index, 0]
        single = nn.Sequential(nn.Flatten(), linears[0], module(), linears[1], module(), linears[2])
        expected = single(inputs[index])
        torch.testing.assert_close(logits[index].reshape(expected.shape), expected, rtol=1e-12, atol=1e-14)
        expected.square().sum().backward()
        for linear, layer in zip(linears, stack.layers, strict=True):
            torch.testing.assert_close(layer.weight.grad[index].T, linear.weight.grad, rtol=1e-10, atol=1e-12)
            torch.testing.assert_close(layer.bias.grad[index, 0], linear.bias.grad, rtol=1e-10, atol=1e-12)


def test_equal_generators_start_equal_and_others_do_not():
    weight = mlp(seeds=(5, 5, 6)).layers[0].weight
    assert torch.equal(weight[0], weight[1])
    assert not torch.equal(weight[0], weight[2])


def test_float32_weights_are_the_float64_weights_rounded():
    assert torch.equal(mlp(dtype=torch.float32).layers[0].weight, mlp().layers[0].weight.float())


@pytest.mark.parametrize(
    ("name", "bound", "deviation"),
    [("torch", 1 / 20, 1 / 20 / 3**0.5), ("xavier", (6 / 700) ** 0.5, (2 / 700) ** 0.5), ("he", None, (2 / 400) ** 0.5),
     ("normal", None, 0.01)],
)  # fmt: skip
def test_initial_weights_have_their_spread(name, bound, deviation):
    weight, bias = INITIALISATIONS[name](np.random.default_rng(0), 400, 300)
    assert weight.shape == (400, 300)
    assert bias.shape == (300,)
    assert weight.std() == pytest.approx(deviation, rel=0.01)
    assert abs(weight.mean()) < deviation / 50
    if bound:
        assert 0.99 * bound < np.abs(weight).max() <= bound
    if name == "torch":
        assert 0.9 / 20 < np.abs(bias).max() <= 1 / 20
    else:
        assert not bias.any()


def test_torch_spreads_its_weights_alike():
    linear = nn.Linear(400, 300)
    weight, bias = torch_default(np.random.default_rng(0), 400, 300)
    assert linear.weight.std().item() == pytest.approx(weight.std(), rel=0.02)
    assert linear.bias.std().item() == pytest.approx(bias.std(), rel=0.2)


def test_keep_slices_everything_and_one_copies():
    stack = mlp()
    inputs = torch.randn(3, 4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    before = stack(inputs)
    alone = extract_network(stack, 1)
    torch.testing.assert_close(alone(inputs[1:2]), before[1:2])
    keep_networks(stack, torch.tensor([True, False, True]))
    torch.testing.assert_close(stack(inputs[[0, 2]]), before[[0, 2]])
    alone.layers[0].weight.data.zero_()
    assert stack.layers[0].weight.all()
    assert isinstance(alone.layers[0], StackedLinear)
    assert isinstance(alone.layers[0].weight, nn.Parameter)


def test_joined_stacks_are_one_and_put_replaces_a_member():
    first, second = mlp(seeds=(0, 1)), mlp(seeds=(2,))
    together = join_networks([first, second])
    inputs = torch.randn(3, 4, 2, 3, dtype=torch.float64)
    expected = torch.cat([first(inputs[:2]), second(inputs[2:])])
    assert torch.equal(together(inputs), expected)
    set_network(together, 0, second)
    assert torch.equal(together(inputs[2:].expand(3, 4, 2, 3))[0], expected[2])
    assert torch.equal(first(inputs[:2]), expected[:2])
