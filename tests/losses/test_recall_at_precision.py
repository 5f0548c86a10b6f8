"""Recall at a precision: what its bound promises of samples, and of a network that is trained by it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from imbaloss import losses
from tests.losses.batches import binary


@given(seed=st.integers(0, 2**32 - 1), precision=st.sampled_from([0.1, 0.5, 0.9]), shift=st.floats(0, 20))
def test_where_the_bound_holds_precision_and_recall_are_at_least_what_it_says(seed, precision, shift):
    logits, targets = binary(seed)
    logits = logits + shift * (2 * targets - 1)
    plain, bound = (
        losses.get("recall_at_precision", precision=precision, multiplier=multiplier)(logits, targets).item()
        for multiplier in (0, 1)
    )
    if plain == bound:
        assert metrics.precision_score(targets, logits > 0, zero_division=1) >= precision - 1e-12
        assert metrics.recall_score(targets, logits > 0, zero_division=1) >= 1 - bound - 1e-12


def test_it_is_the_lagrangian_at_the_best_multiplier():
    """Source: Eban et al. 2017, eq. 9, over the number of positives."""
    for seed in range(20):
        logits, targets = binary(seed, 30)
        logits = logits + (seed - 5) * (2 * targets - 1)
        errors = losses.errors.hinge(logits, targets)
        lower, upper, positives = errors[targets == 1].sum(), errors[targets == 0].sum(), (targets == 1).sum()
        lagrangians = [
            ((1 + multiplier) * lower + multiplier * 4 * upper - multiplier * positives) / positives
            for multiplier in torch.linspace(0, 3, 31)
        ]
        found = losses.get("recall_at_precision", precision=0.8, multiplier=3)(logits, targets)
        torch.testing.assert_close(found, torch.stack(lagrangians).max(), check_dtype=False)


def separable(samples: int = 1000) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs (N, 3) and targets: one in ten is positive, and higher in the first input."""
    generator = torch.Generator().manual_seed(0)
    targets = (torch.rand(samples, generator=generator) < 0.1).long()
    inputs = torch.randn(samples, 3, generator=generator)
    return inputs + 3.5 * targets.unsqueeze(1) * torch.tensor([1, 0, 0]), targets


def train(loss: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The samples that a linear model flags after training."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        loss(network(inputs), targets).backward()
        optimizer.step()
    return network(inputs) > 0


@pytest.mark.parametrize("precision", [0.5, 0.8, 0.9])
def test_a_network_trained_by_it_keeps_the_precision_on_its_training_set(precision):
    inputs, targets = separable()
    flagged = train(losses.get("recall_at_precision", precision=precision), inputs, targets)
    assert metrics.precision_score(targets, flagged) >= precision
    assert metrics.recall_score(targets, flagged) > 0.4


def test_a_network_trained_by_its_hinge_error_with_balanced_weights_does_not_keep_it():
    """What the bound is for: the data are those of the test above."""
    inputs, targets = separable()
    flagged = train(losses.get("hinge", class_weights=(1, 9)), inputs, targets)
    assert metrics.precision_score(targets, flagged) < 0.8
