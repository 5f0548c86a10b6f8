"""The networks of a classifier, trained together."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
import torch

from imbaloss.data import SamplerSpec, Samples, Split, resample
from imbaloss.losses import LossSpec
from imbaloss.networks import extract_network
from imbaloss.training import Member, Model, Outcome, Recipe, plan_training, train
from imbaloss.training.member import weigh_counts
from imbaloss.training.priors import prior_shift
from imbaloss.training.recipe import require
from imbaloss.training.scaling import Scaling

SHAPE = ("network", "hidden", "outputs", "activation", "precision")  # fields of a recipe that fix the weights' shapes


def scale_samples(part: Samples, scaling: Scaling, recipe: Recipe) -> Samples:
    """Return the samples with scaled inputs, in the type of the weights, so that samplers measure scaled distances.

    part: the samples, which stay as they are.
    """
    inputs = torch.empty(part.inputs.shape, dtype=recipe.dtype)
    scaling.write_into(inputs, part.inputs)
    return replace(part, inputs=inputs.numpy())


def make_members(split: Split, recipe: Recipe, loss: LossSpec, sampler: SamplerSpec, seeds: range) -> list[Member]:
    """Make a training for each seed, in their order; a loop trains them together.

    All share the same samples, unless the sampler draws other ones for each seed. Raises ValueError if the sampler
    refuses the samples.
    """
    drawn = [resample(split.train, sampler, seed) for seed in (seeds if sampler.draws else seeds[:1])]
    splits = [replace(split, train=part) for part in drawn] * (len(seeds) // len(drawn))
    return [Member(of_seed, loss, recipe, seed, sampler) for of_seed, seed in zip(splits, seeds, strict=True)]


def start_from(before: Model, members: Sequence[Member], scaling: str) -> list[Member]:
    """Return the members (trainings) with the networks of the last fit as their initial ones, in the same order.

    Args:
        before: The model of the last fit.
        members: The trainings, one for each network.
        scaling: The parameter scaling, which must be that of the last fit.

    Raises:
        ValueError: The last fit had another number of networks, another scaling or networks of another shape.
    """
    alike = all(getattr(before.recipe, name) == getattr(members[0].recipe, name) for name in SHAPE)
    same = alike and before.networks == len(members) and before.recipe.scaling == scaling
    require(same, f"warm_start needs the networks of the last fit: n_networks, scaling, {', '.join(SHAPE)}")
    return [replace(member, start=extract_network(before.network, place)) for place, member in enumerate(members)]


def train_members(members: Sequence[Member], device: str, *, verbose: int, lr_name: str) -> list[Outcome[Model]]:
    """Train the members (trainings) and return their outcomes, in their order.

    Members with equally many samples are trained together.

    Args:
        members: The trainings.
        device: The device to train on.
        verbose: A mean loss is printed every `verbose` epochs; never for 0.
        lr_name: The name of the learning rate in messages.

    Raises:
        FloatingPointError: A training failed. The message is that of the first such member.
    """
    places_of: dict[int, list[int]] = {}
    for place, member in enumerate(members):
        places_of.setdefault(len(member.split.train), []).append(place)
    outcomes: dict[int, Outcome[Model]] = {}
    for samples, places in places_of.items():
        group = [members[place] for place in places]
        recipe, shape = group[0].recipe, group[0].split.train.inputs.shape[1:]
        plan = plan_training(recipe, samples, shape, device, alone=len(group) == 1)
        on_epoch = print_losses(recipe.epochs, verbose)
        trained = train(group, device=device, plan=plan, on_epoch=on_epoch, lr_name=lr_name)
        outcomes |= dict(zip(places, trained, strict=True))
    for place, outcome in sorted(outcomes.items()):
        if outcome.failure:
            raise FloatingPointError(f"network {place}: {outcome.failure}")
    return [outcomes[place] for place in range(len(members))]


def print_losses(epochs: int, verbose: int) -> Callable[[Sequence[float]], None]:
    """Return a function that is called with the losses of each epoch and prints their mean every `verbose` epochs.

    It prints nothing if verbose is 0. epochs: the number of all epochs, for the text.
    """
    numbers = count(1)

    def on_epoch(losses: Sequence[float]) -> None:
        """Count the epoch, and print the mean of its losses if its number is a multiple of `verbose`."""
        epoch = next(numbers)
        if verbose and epoch % verbose == 0:
            print(f"epoch {epoch} of {epochs}: loss {np.mean(losses):.6g}")

    return on_epoch


def compute_prior_shift(
    members: Sequence[Member], train_part: Samples, shares: Sequence[float] | None
) -> tuple[float, ...]:
    """Compute the prior correction of the classifier, (C,): what is added to the log-probability of each class.

    It undoes the effect of a sampler. If there are shares in use, it also turns the probabilities to these. It is 0
    for every class if there is nothing to correct.

    Args:
        members: The trainings.
        train_part: The training samples without the sampler.
        shares: The shares of the classes in use, (C,); None: those of the samples.

    Raises:
        ValueError: There are shares, and the loss does not learn any.
    """
    own = weigh_counts((len(members) * np.bincount(train_part.labels)).tolist(), train_part)
    shown = np.sum([member.counts for member in members], axis=0).tolist()
    return prior_shift(members[0].loss, own, shown, shares)
