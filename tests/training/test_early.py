"""Early stopping."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from imbaloss.data import Samples, Split
from imbaloss.losses import LossSpec
from imbaloss.training import Member, train
from tests.training.examples import RECIPE, split_of

PATIENT = replace(RECIPE, epochs=200, lr=1.0, patience=4)


def noisy(seed: int, weights: bool = False) -> Split:
    """A validation part with wrong labels among the right ones, for which a network is soon too sure."""
    train_part = split_of(seed).train
    generator = np.random.default_rng(seed)
    validation = split_of(seed + 50, samples=60).train
    validation = replace(
        validation, labels=np.where(generator.random(60) < 0.3, 1 - validation.labels, validation.labels)
    )
    of_validation = generator.random(60) if weights else None
    return Split(train_part, replace(validation, weights=of_validation), validation)


def loss_on_validation(outcome, split: Split, text: str) -> float:
    logits = torch.from_numpy(outcome.model.logits(split.validation.inputs))
    weights = None if split.validation.weights is None else torch.from_numpy(split.validation.weights)
    loss = LossSpec.parse(text).build(counts=split.train.counts)
    return loss(logits, torch.from_numpy(split.validation.labels), weights).item()


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("loss", ["mse", "wce", "msfe:running=0.5", "auc_squared_hinge"])
@pytest.mark.parametrize("weights", [False, True])
def test_the_weights_are_those_of_the_lowest_loss_on_tune_and_patience_ends_it(optimizer, loss, weights):
    split = noisy(0, weights)
    recipe = replace(PATIENT, optimizer=optimizer, lr=0.02 if optimizer == "adam" else 1.0)
    [outcome] = train([Member(split, LossSpec.parse(loss), recipe, 0)])
    best = int(np.argmin(outcome.validation_losses))
    assert best < len(outcome.losses) - 1
    assert len(outcome.losses) == len(outcome.validation_losses) in {best + 1 + 4, 200}
    if "running" not in loss:
        assert loss_on_validation(outcome, split, loss) == pytest.approx(outcome.validation_losses[best], rel=1e-9)
    [until] = train([Member(split, LossSpec.parse(loss), replace(recipe, patience=0, epochs=best + 1), 0)])
    for found, expected in zip(outcome.model.network.parameters(), until.model.network.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


def test_members_of_a_stack_stop_each_for_itself():
    some = [Member(noisy(seed), LossSpec.parse(loss), PATIENT, seed) for seed in (0, 1, 2) for loss in ("mse", "ce")]
    together = train(some)
    assert len({len(outcome.losses) for outcome in together}) > 2
    for member, outcome in zip(some, together, strict=True):
        [alone] = train([member])
        np.testing.assert_allclose(outcome.validation_losses, alone.validation_losses, rtol=1e-9)
        assert len(outcome.losses) == len(alone.losses)
        inputs = member.split.test.inputs
        np.testing.assert_allclose(outcome.model.logits(inputs), alone.model.logits(inputs), rtol=1e-7)


def test_a_training_that_ends_sooner_than_its_patience_has_its_best_weights_too():
    [outcome] = train([Member(noisy(0), LossSpec.parse("mse"), replace(PATIENT, patience=1000), 0)])
    best = int(np.argmin(outcome.validation_losses))
    assert len(outcome.losses) == 200
    assert loss_on_validation(outcome, noisy(0), "mse") == pytest.approx(outcome.validation_losses[best])


def test_it_takes_a_tune_part_of_one_size():
    split = noisy(0)
    empty = Samples(split.validation.inputs[:0], split.validation.labels[:0])
    with pytest.raises(ValueError, match="patience looks at the loss on validation, and validation is empty"):
        train([Member(replace(split, validation=empty), LossSpec.parse("mse"), PATIENT, 0)])
    other = replace(split, validation=split.train)
    with pytest.raises(ValueError, match="with patience that of validation too"):
        train([Member(one, LossSpec.parse("mse"), PATIENT, 0) for one in (split, other)])
