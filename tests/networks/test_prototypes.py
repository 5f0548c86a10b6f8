"""Prototypes: logits and gradients by NumPy, and where they come to rest."""

from itertools import permutations

import numpy as np
import pytest
import torch
from torch import nn

from imbaloss import losses
from imbaloss.data import Samples, Split
from imbaloss.losses import LossSpec
from imbaloss.networks import Prototypes
from imbaloss.networks.prototypes import class_logits, prototype_loss, squared_distances
from imbaloss.training import Member, Recipe, train

CENTRES = np.array([[[-4.0, -4.0], [4.0, 4.0]], [[-4.0, 4.0], [4.0, -4.0]]])  # (C, K, 2): no line parts the classes


class Same(nn.Module):
    """The embedding is the input."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs


def head(*, outputs=1, networks=2, **changes) -> Prototypes:
    entries = {"per_class": 3, "embedding": 4, "gamma": 0.7, "compactness": 0.2, "dtype": torch.float64}
    generators = [np.random.default_rng(seed) for seed in range(networks)]
    return Prototypes(Same(), generators, outputs=outputs, **{**entries, **changes})


@pytest.mark.parametrize("outputs", [1, 3])
def test_logits_and_their_gradients_agree_with_numpy(outputs):
    """By prototypes and embedding. d log sum exp(-g d_k) = -2 g sum_k r_k (f - m_k), r the softmax of -g d."""
    networks = head(outputs=outputs)
    generator = np.random.default_rng(5)
    embeddings = generator.normal(0, 1, (2, 6, 4))
    inputs = torch.from_numpy(embeddings).requires_grad_()
    logits = networks(inputs)
    towards = generator.normal(0, 1, logits.shape)  # the gradient by the logits
    logits.backward(torch.from_numpy(towards))
    m, gamma = networks.prototypes.detach().numpy(), 0.7
    by_m, by_f = np.zeros_like(m), np.zeros_like(embeddings)
    for s, b in np.ndindex(2, 6):
        scores = np.zeros(m.shape[1])
        for c in range(m.shape[1]):
            d = [np.dot(embeddings[s, b] - m[s, c, k], embeddings[s, b] - m[s, c, k]) for k in range(3)]
            scores[c] = np.log(sum(np.exp(-gamma * one) for one in d))
            g = towards[s, b, c] if outputs > 1 else towards[s, b] * (1 if c else -1)
            for k in range(3):
                r = np.exp(-gamma * d[k]) / sum(np.exp(-gamma * one) for one in d)
                by_m[s, c, k] += g * r * 2 * gamma * (embeddings[s, b] - m[s, c, k])
                by_f[s, b] -= g * r * 2 * gamma * (embeddings[s, b] - m[s, c, k])
        expected = scores if outputs > 1 else scores[1] - scores[0]
        np.testing.assert_allclose(logits[s, b].detach(), expected, rtol=1e-12)
    np.testing.assert_allclose(networks.prototypes.grad, by_m, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(inputs.grad, by_f, rtol=1e-10, atol=1e-13)


def test_probabilities_are_the_papers():
    """p(y|x) = sum_j exp(-g d_yj) / sum_i sum_j exp(-g d_ij), by one logit and by two."""
    one, two = head(outputs=1), head(outputs=2)
    assert torch.equal(one.prototypes, two.prototypes)
    inputs = torch.randn(2, 5, 4, dtype=torch.float64)
    near = torch.exp(-0.7 * squared_distances(inputs, one.prototypes))
    expected = near[:, :, 1].sum(-1) / near.sum((-1, -2))
    torch.testing.assert_close(one(inputs).sigmoid(), expected)
    torch.testing.assert_close(two(inputs).softmax(-1)[..., 1], expected)


@pytest.mark.parametrize("weights", [None, np.array([[0.0, 2, 1, 0.5], [0, 0, 0, 0]])])
def test_the_penalty_is_the_mean_distance_to_the_nearest_of_the_own_class(weights):
    networks = head()
    inputs = torch.randn(2, 4, 4, dtype=torch.float64).requires_grad_()
    targets = np.array([[0, 1, 1, 0], [1, 0, 0, 1]])
    networks(inputs)
    of_torch = None if weights is None else torch.from_numpy(weights)
    found = networks.penalty(torch.from_numpy(targets), of_torch)
    m, f = networks.prototypes.detach().numpy(), inputs.detach().numpy()
    for s in range(2):
        nearest = [min(((f[s, b] - one) ** 2).sum() for one in m[s, targets[s, b]]) for b in range(4)]
        shares = np.ones(4) if weights is None else weights[s]
        expected = 0.2 * np.dot(shares, nearest) / max(shares.sum(), 1e-9)
        np.testing.assert_allclose(found[s].detach(), expected, rtol=1e-12)
    found.sum().backward()
    assert inputs.grad.isfinite().all()


def test_gradients_are_those_of_differences():
    networks = head()
    targets = torch.tensor([[0, 1, 1], [1, 0, 0]])

    def whole(inputs, prototypes):
        distances = squared_distances(inputs, prototypes)
        scores = class_logits(distances, 0.7)
        return losses.get("msfe").stacked(scores[..., 1] - scores[..., 0], targets) + prototype_loss(distances, targets)

    inputs = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(whole, (inputs, networks.prototypes))


def test_far_away_logits_are_finite_and_so_is_their_gradient():
    networks = head(outputs=1)
    inputs = (1e100 * torch.randn(2, 3, 4, dtype=torch.float64)).requires_grad_()
    losses.get("ce").stacked(networks(inputs), torch.tensor([[0, 1, 1], [1, 0, 0]])).sum().backward()
    assert inputs.grad.isfinite().all()
    assert networks.prototypes.grad.isfinite().all()


def test_a_penalty_without_a_batch_is_refused():
    networks = head()
    with pytest.raises(RuntimeError, match="a penalty is that of a batch which has just passed in training mode"):
        networks.penalty(torch.zeros(2, 3), None)
    networks.eval()(torch.zeros(2, 3, 4, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="which has just passed in training mode"):
        networks.penalty(torch.zeros(2, 3), None)


def clusters(seed: int, per_class: int) -> Split:
    """One or two a class, for two classes; of the positive ones there are few."""
    generator = np.random.default_rng(seed)
    sizes = np.array([[120, 90], [20, 15]])[:, :per_class]
    places = np.repeat(list(np.ndindex(sizes.shape)), sizes.ravel(), axis=0)
    inputs = CENTRES[*places.T] + generator.normal(0, 0.3, (len(places), 2))
    part = Samples(inputs.astype(np.float32), places[:, 0], images=places @ [2, 1])  # the number of its cluster
    return Split(part, part, part)


def off(prototypes: np.ndarray, centres: np.ndarray) -> float:
    """How far the prototypes of one class, (K, E), lie from their clusters' centres, whichever is whose."""
    return min(np.abs(prototypes - centres[list(order)]).max() for order in permutations(range(len(centres))))


@pytest.mark.parametrize("loss", ["ce", "mfe", "msfe", "focal"])
def test_prototypes_land_on_the_centres_of_clusters(loss):
    """Two a class, where no line parts the classes, in the space of the inputs themselves: six stacked heads."""
    split = clusters(0, 2)
    inputs, labels = torch.from_numpy(split.train.inputs).double().expand(6, -1, -1), split.train.labels
    targets = torch.from_numpy(labels).expand(6, -1)
    networks = head(networks=6, per_class=2, embedding=2, gamma=0.1, compactness=1.0)
    of_networks = losses.get(loss)
    optimizer = torch.optim.Adam(networks.parameters(), 0.1)
    for _ in range(400):
        optimizer.zero_grad()
        values = of_networks.stacked(networks(inputs), targets) + networks.penalty(targets, None)
        values.sum().backward()
        optimizer.step()
    means = np.array(
        [[split.train.inputs[split.train.images == place].mean(0) for place in (2 * c, 2 * c + 1)] for c in (0, 1)]
    )
    for network in networks.prototypes.detach().numpy():
        for own, centres in zip(network, means, strict=True):
            assert off(own, centres) < 0.1
    assert torch.equal((networks(inputs) > 0).long(), targets)


@pytest.mark.parametrize("loss", ["ce", "mfe", "msfe", "focal"])
def test_prototypes_of_a_learned_embedding_lie_on_the_centres_of_their_classes(loss):
    recipe = Recipe(
        network="prototype:embedding=3,compactness=1", hidden=(8,), optimizer="adam", lr=0.01, epochs=150,
        train_batch=64, precision="float64",
    )  # fmt: skip
    for outcome in train([Member(clusters(seed, 1), LossSpec.parse(loss), recipe, seed) for seed in range(4)]):
        network, part = outcome.model.network, clusters(0, 1).train
        with torch.no_grad():
            embeddings = network.body(torch.from_numpy(part.inputs)[None].double())[0].numpy()
        for label, prototype in enumerate(network.prototypes[0, :, 0].detach().numpy()):
            mean = embeddings[part.labels == label].mean(0)
            assert np.abs(prototype - mean).max() < 0.05 * np.ptp(embeddings, axis=0).max()
        assert np.array_equal(outcome.model.probabilities(part.inputs) >= 0.5, part.labels)
