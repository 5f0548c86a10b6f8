"""Averages of networks: each training is done by several networks, and one model averages their probabilities."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest

import numpy as np
import torch

from imbaloss.data.seeds import derive_seed
from imbaloss.networks import join_networks
from imbaloss.training.fast import Plan
from imbaloss.training.loop import Outcome, train
from imbaloss.training.member import Member
from imbaloss.training.model import Model


def train_averages(
    members: Sequence[Member],
    *,
    device: torch.device | str = "cpu",
    plan: Plan | None = None,
    on_epoch: Callable[[list[float]], object] = lambda losses: None,  # noqa: ARG005
) -> list[Outcome[Model]]:
    """Train `n_networks` networks for each member in one stack, and join those of a member in one model.

    The networks of a member differ in their initial weights and batches. They share its samples, loss and setting. The
    first of them is the network that the member trains alone.

    Args:
        members: The trainings, as for `train`.
        device: The device to train on.
        plan: The plan of the stack; None for that of `plan_training`.
        on_epoch: Called after each epoch with the losses of the networks that took part in it.

    Returns:
        The outcomes, in the order of the members. The loss of an epoch is the mean over the networks that took part in
        it. A member fails if one of its networks fails.

    Raises:
        ValueError: The members cannot be stacked, the plan is for other networks or optimizers, or the recipe has
            precision bf16 and the device no instructions for it.
    """
    networks = [network for member in members for network in list_networks(member)]
    outcomes = iter(train(networks, device=device, plan=plan, on_epoch=on_epoch))
    return [join_outcomes(member, [next(outcomes) for _ in range(member.recipe.n_networks)]) for member in members]


def list_networks(member: Member) -> list[Member]:
    """Return a training of one network for each network of a member; the first one has the seed of the member."""
    recipe = replace(member.recipe, n_networks=1)
    return [
        replace(member, recipe=recipe, seed=derive_seed(member.seed, number))
        for number in range(member.recipe.n_networks)
    ]


def join_outcomes(member: Member, outcomes: Sequence[Outcome[Model]]) -> Outcome[Model]:
    """Join the outcomes of a member's networks in one, whose model averages their probabilities.

    Without a failure each outcome has a model. If networks failed, the outcome is that of the first of these.

    Args:
        member: The training.
        outcomes: The outcome of each of its networks, at least one.
    """
    failed = next((outcome for outcome in outcomes if outcome.model is None), None)
    if failed is not None or len(outcomes) == 1:
        return failed or outcomes[0]
    models = [outcome.model for outcome in outcomes if outcome.model is not None]
    model = replace(models[0], recipe=member.recipe, network=join_networks([model.network for model in models]))
    return Outcome(
        average_curves([outcome.losses for outcome in outcomes]),
        model,
        None,
        average_curves([outcome.validation_losses for outcome in outcomes]),
    )


def average_curves(curves: Sequence[Sequence[float]]) -> list[float]:
    """Average curves epoch by epoch, each value over the curves that reach that epoch; without epochs it is empty."""
    means: list[float] = [float(np.nanmean(values)) for values in zip_longest(*curves, fillvalue=np.nan)]
    return means
