"""A stack trains as if each of its members were alone, and as a plain loop of PyTorch would train it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from imbaloss.data import Samples, Split
from imbaloss.training import Member, Recipe, train
from tests.training.plain import train_plainly

RECIPE = Recipe(hidden=(7, 5), epochs=13, train_batch=16, lr=0.5, precision="float64", scaling="standard")


def split_of(seed: int, samples: int = 40, shape: tuple[int, ...] = (3, 4, 5)) -> Split:
    """Samples of which a quarter is positive, and a little brighter; fewer of them than inputs unless told."""
    generator = np.random.default_rng(seed)
    labels = (np.arange(samples) % 4 == 0).astype(np.int64)
    inputs = (generator.random((samples, *shape)) + 0.3 * labels.reshape(-1, 1, 1, 1)).astype(np.float32)
    part = Samples(inputs, labels)
    return Split(part, part, part)


def weights_of(network: torch.nn.Sequential) -> list[torch.Tensor]:
    linears = [module for module in network if isinstance(module, torch.nn.Linear)]
    return [tensor for linear in linears for tensor in (linear.weight.T, linear.bias.unsqueeze(0))]


@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        replace(RECIPE, momentum=0.9, lr=0.05),
        replace(RECIPE, weight_decay=0.01),
        replace(RECIPE, optimizer="adam", lr=0.01),
        replace(RECIPE, optimizer="adam", lr=0.01, weight_decay=0.1),
        replace(RECIPE, activation="sigmoid", init="xavier"),
        replace(RECIPE, activation="tanh", init="he"),
        replace(RECIPE, init="normal", shuffle_train=False, outputs=2),
        replace(RECIPE, hidden=(), scaling="unit"),
    ],
    ids=lambda recipe: f"{recipe.optimizer}-{recipe.momentum:g}-{recipe.weight_decay:g}-{recipe.init}-{recipe.hidden}",
)
@pytest.mark.parametrize("samples", [40, 90], ids=["compressed", "ordinary"])
def test_a_stack_follows_the_plain_loop(recipe, samples):
    members = [
        Member(split_of(seed, samples), loss, replace(recipe, epochs=recipe.epochs + 3 * (loss == "wce")), seed)
        for seed in (0, 1)
        for loss in ("mse", "wce", "msfe", "focal:gamma=1")
    ]
    for member, outcome in zip(members, train(members), strict=True):
        curve, network = train_plainly(member)
        np.testing.assert_allclose(outcome.losses, curve, rtol=1e-9)
        trained = list(outcome.model.network.parameters())
        for found, expected in zip(trained, weights_of(network), strict=True):
            torch.testing.assert_close(found[0], expected, rtol=0, atol=1e-9)
