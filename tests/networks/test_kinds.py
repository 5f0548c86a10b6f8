"""Kinds of networks: what a name means, what is refused, and that each one of a stack is the network of torch."""

import re
from copy import deepcopy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from imbaloss.networks import (
    Design,
    Mapped,
    build,
    check_shape,
    extract_network,
    join_networks,
    keep_networks,
    parse,
    set_network,
    size_of,
)
from imbaloss.networks.initialisation import he
from imbaloss.networks.kind_text import DEFAULTS, Head, Kind
from tests.networks.singles import Alone

KINDS = (
    "cnn",
    "fcn",
    "prototype",
    "cnn/prototype:per_class=3,gamma=0.5",
    "fcn/prototype:embedding=5",
    "prototype:embedding=1",
)
every_kind = pytest.mark.parametrize("name", KINDS)


def design(name: str, **changes) -> Design:
    entries = {"shape": (3, 9, 7), "hidden": (6,), "channels": (4, 8, 6), "outputs": 1, "activation": "relu"}
    return Design(parse(name), **{**entries, **changes})


def generators(seeds=(0, 1, 2)) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in seeds]


def stack(name: str, seeds=(0, 1, 2), **changes):
    return build(design(name, **changes), generators(seeds), dtype=torch.float64)


def images(*sizes: int, seed: int = 0) -> Tensor:
    return torch.randn(*sizes, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@every_kind
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("outputs", "activation"), [(1, "relu"), (1, "tanh"), (3, "sigmoid")])
def test_each_of_a_stack_is_its_single_counterpart_in_torch(name, training, outputs, activation):
    """The same weights in float64: logits, penalty, and the gradients by weights and inputs."""
    changes = {"outputs": outputs, "activation": activation}
    networks = stack(name, **changes).train(training)
    inputs = images(3, 5, 3, 9, 7).requires_grad_()
    targets = torch.tensor([[0, 1, 1, 0, 1], [1, 0, 0, 0, 1], [0, 0, 0, 0, 0]])
    logits = networks(inputs)
    assert logits.shape == ((3, 5) if outputs == 1 else (3, 5, outputs))
    penalised = training and "prototype" in name
    penalties = networks.penalty(targets, None) if penalised else torch.zeros(3)
    (logits.sin().sum() + penalties.sum()).backward()
    gradients = {key: weight.grad for key, weight in networks.named_parameters()}
    for index in range(3):
        alone = Alone(design(name, **changes), {key: w[index].detach() for key, w in networks.state_dict().items()})
        own = inputs[index].detach().requires_grad_()
        expected = alone(own)
        torch.testing.assert_close(logits[index], expected, rtol=1e-10, atol=1e-10)
        penalty = alone.penalty(targets[index]) if penalised else torch.zeros(())
        torch.testing.assert_close(penalties[index].double(), torch.as_tensor(penalty).double(), rtol=1e-10, atol=0)
        (expected.sin().sum() + penalty).backward()
        torch.testing.assert_close(inputs.grad[index], own.grad, rtol=1e-10, atol=1e-10)
        for key, weight in alone.weights().items():
            torch.testing.assert_close(gradients[key][index], weight.grad, rtol=1e-10, atol=1e-10)


@every_kind
def test_neighbours_change_no_bit(name):
    networks, inputs = stack(name), images(3, 6, 3, 9, 7)
    found = networks(inputs)
    for index in range(3):
        assert torch.equal(extract_network(networks, index)(inputs[index : index + 1])[0], found[index])


@every_kind
def test_the_other_images_of_a_batch_change_nothing(name):
    networks, inputs = stack(name), images(3, 6, 3, 9, 7)
    torch.testing.assert_close(networks(inputs)[:, :2], networks(inputs[:, :2]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["cnn", "fcn"])
def test_one_convolution_for_the_whole_stack_gives_the_same(name):
    """As on a GPU; there are two ways to one number."""
    networks, inputs = stack(name), images(3, 4, 3, 9, 7)
    assert isinstance(networks, Mapped)
    mapped, looped = networks.run_together(inputs), networks.run_in_turn(inputs)
    torch.testing.assert_close(mapped, looped, rtol=1e-12, atol=1e-12)
    gradients = [torch.autograd.grad(out.sin().sum(), list(networks.parameters())) for out in (mapped, looped)]
    for first, second in zip(*gradients, strict=True):
        torch.testing.assert_close(first, second, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["cnn", "fcn"])
@pytest.mark.parametrize("shape", [(1, 2, 3), (4, 8, 8), (3, 32, 32), (2, 5, 40)])
def test_images_may_have_any_size_and_any_channels(name, shape):
    """What it says differs from image to image, of one alone too; and a network for one size looks at another one."""
    networks = stack(name, shape=shape)
    for inputs in (images(3, 5, *shape), images(3, 5, shape[0], 17, 6)):
        logits = networks(inputs)
        assert logits.isfinite().all()
        assert (logits.std(1) > 1e-6).all()
        torch.testing.assert_close(networks(inputs[:, :1]), logits[:, :1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("channels", "shape"), [((1,), (3, 1, 1)), ((8, 1), (3, 2, 2)), ((4, 3, 1), (1, 4, 1))])
def test_what_normalisation_would_make_nothing_of_is_refused(channels, shape):
    with pytest.raises(
        ValueError, match=r"images of . x . pixels shrink to one number in channels .*: take fewer stages"
    ):
        build(design("cnn", channels=channels, shape=shape), generators())
    assert build(design("cnn", channels=(*channels[:-1], 2), shape=shape), generators())


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        (
            nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)),
            "a network of a stack has no buffers, .* found 1.running_mean",
        ),
        (nn.Sequential(nn.Embedding(3, 4)), "layers with weights must be Linear, Conv1d, .*, found Embedding at 0"),
        (nn.Sequential(nn.ConvTranspose1d(3, 4, 2)), "found ConvTranspose1d at 0"),
    ],
)
def test_what_cannot_be_stacked_is_refused(own, sentence):
    with pytest.raises(ValueError, match=sentence):
        Mapped(own, generators(), he, torch.float64)


def test_a_network_of_ones_own_is_stacked_and_stays_what_it_is():
    """Each with weights of its own, also of a convolution along one axis; and the networks of inputs are counted."""
    own = nn.Sequential(nn.Conv1d(3, 4, 3), nn.LayerNorm(6), nn.Flatten(), nn.Linear(24, 1))
    before = [weight.clone() for weight in own.parameters()]
    networks = Mapped(own, generators(), he, torch.float64)
    found = networks(images(3, 5, 3, 8))
    assert found.shape == (3, 5)
    for index in range(3):
        alone = deepcopy(own).double()
        alone.load_state_dict({key: w[index] for key, w in networks.module.state_dict().items()})
        torch.testing.assert_close(alone(images(3, 5, 3, 8)[index])[:, 0], found[index], rtol=1e-12, atol=1e-12)
    for weight in (networks.module[0].weight, networks.module[3].weight):
        assert not torch.equal(weight[0], weight[1])
    assert all(torch.equal(*pair) for pair in zip(before, own.parameters(), strict=True))
    assert Mapped(nn.Linear(3, 1), generators(), he, torch.float64)(images(3, 5, 3)).shape == (3, 5)
    with pytest.raises(ValueError, match="inputs are of 2 networks, not 3"):
        networks(images(2, 5, 3, 8))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"activation": "gelu"}, "there is no activation 'gelu'"), ({"channels": ()}, "cnn needs channels")],
)
def test_a_design_that_there_is_not_is_refused(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(design("cnn", **changes), generators())


@pytest.mark.parametrize("name", ["cnn", "fcn"])
def test_a_shifted_image_looks_nearly_the_same(name):
    """What a convolutional network is for: by as much as the network halves the resolution, away from the margin."""
    networks = stack(name, shape=(1, 48, 48), channels=(4, 6))
    small = torch.zeros(3, 1, 1, 48, 48, dtype=torch.float64)
    small[..., 20:24, 20:24] = images(3, 1, 1, 4, 4)
    moved = small.roll((2, 4), (-2, -1))
    torch.testing.assert_close(networks(small), networks(moved), rtol=1e-9, atol=1e-9)


@every_kind
def test_equal_generators_start_equal_and_others_do_not(name):
    for weight in stack(name, seeds=(5, 5, 6)).parameters():
        assert torch.equal(weight[0], weight[1])
        assert torch.equal(weight[0], weight[2]) == bool((weight == weight.flatten()[0]).all())


@every_kind
def test_float32_weights_are_the_float64_weights_rounded(name):
    small = build(design(name), generators())
    for weight, exact in zip(small.parameters(), stack(name).parameters(), strict=True):
        assert torch.equal(weight, exact.float())


@every_kind
def test_building_leaves_torchs_own_generator_alone(name):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    stack(name)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(("init", "deviation"), [("torch", (1 / 288 / 3) ** 0.5), ("he", (2 / 288) ** 0.5)])
def test_a_convolution_has_its_patch_for_inputs(init, deviation):
    networks = build(design("fcn", channels=(32, 64)), generators(range(4)), init=init)
    weight = networks.state_dict()["module.convolutions.1.weight"]
    assert weight.shape == (4, 64, 32, 3, 3)
    assert weight.std().item() == pytest.approx(deviation, rel=0.02)


@every_kind
@pytest.mark.parametrize("outputs", [1, 3])
def test_what_is_counted_is_there(name, outputs):
    found = design(name, outputs=outputs)
    own = sum(weight.numel() for weight in build(found, generators([0])).parameters())
    assert size_of(found).parameters == own
    assert size_of(found).held > 3 * 9 * 7


@every_kind
def test_keep_one_joined_and_put(name):
    networks, inputs = stack(name), images(3, 2, 3, 9, 7)
    before = networks(inputs)
    together = join_networks([extract_network(networks, 2), extract_network(networks, 0)])
    assert torch.equal(together(inputs[[2, 0]]), before[[2, 0]])
    set_network(together, 0, extract_network(networks, 1))
    assert torch.equal(together(inputs[[1, 0]]), before[[1, 0]])
    keep_networks(networks, torch.tensor([True, False, True]))
    assert torch.equal(networks(inputs[[0, 2]]), before[[0, 2]])


@given(
    body=st.sampled_from(["mlp", "cnn", "fcn"]),
    per_class=st.integers(1, 9),
    embedding=st.integers(1, 64),
    gamma=st.floats(0.01, 10),
    compactness=st.floats(0, 10),
)
def test_one_text_for_one_kind(body, per_class, embedding, gamma, compactness):
    kind = Kind(body, Head(per_class, embedding, gamma, compactness))
    assert parse(str(kind)) == kind
    assert str(parse(str(kind))) == str(kind)


def test_short_names():
    assert str(parse("mlp/prototype")) == "prototype"
    assert parse("prototype:per_class=1") == parse("prototype") == Kind("mlp", Head(**DEFAULTS))
    assert str(parse("fcn/prototype:gamma=2,per_class=2.0")) == "fcn/prototype:gamma=2,per_class=2"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("cnm", "there is no network 'cnm'"),
        ("prototype/cnn", "there is no body 'prototype'; there are mlp, cnn, fcn"),
        ("cnn/linear", "there is no head 'linear'; there is prototype, as in cnn/prototype"),
        ("cnn/", "there is no head ''; there is prototype, as in cnn/prototype"),
        ("cnn:depth=3", "cnn has no parameter 'depth'; it has none"),
        ("prototype:per_clas=3", "prototype has no parameter 'per_clas' (did you mean 'per_class'?)"),
        ("prototype:per_class=0", "per_class must be a whole number from 1 to 1000, found 0"),
        ("prototype:per_class=1:2", "per_class must be a whole number from 1 to 1000, found (1.0, 2.0)"),
        ("prototype:embedding=2.5", "embedding must be a whole number from 1 to 1000, found 2.5"),
        ("prototype:embedding=nan", "embedding must be a whole number from 1 to 1000, found nan"),
        ("prototype:gamma=0", "gamma must be above 0 and finite, found 0"),
        ("prototype:gamma=inf", "gamma must be above 0 and finite, found inf"),
        ("prototype:compactness=-1", "compactness must be >= 0 and finite, found -1"),
        (
            "prototype:per_class=1000,embedding=101",
            "per_class times embedding must be 100000 at most, found 1000 times 101",
        ),
        ("prototype:compactness=big", "a network is written name:key=number,..., found 'compactness=big'"),
    ],
)
def test_what_is_no_network_is_refused(name, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        parse(name)


def test_convolutions_are_for_images():
    for name in ("cnn", "fcn/prototype"):
        with pytest.raises(ValueError, match=r"is for images \(channels, height, width\), and these are rows of 30 "):
            check_shape(design(name, shape=(30,)))
    check_shape(design("prototype", shape=(30,)))
