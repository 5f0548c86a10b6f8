"""The one training loop of the house."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from imbaloss.training.model import Model
from imbaloss.training.plan import Plan
from imbaloss.training.stack import Member, Stack, check_members


def check_device(device: str) -> None:
    """Raises ValueError where this machine has no such device: cpu, cuda, cuda:1, ..."""
    kind, _, number = device.partition(":")
    if kind not in {"cpu", "cuda"} or not (number or "0").isdecimal():
        raise ValueError(f"device must be cpu, cuda or cuda:N, found {device!r}")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"this machine has no device {device}; it has cpu and {torch.cuda.device_count()} CUDA devices"
        )


@dataclass(frozen=True)
class Outcome:
    """What a training came to: a model, or a sentence that says why there is none."""

    losses: list[float]  # of each finished epoch: the mean of the loss over its samples, batch by batch
    model: Model | None
    failure: str | None
    tune_losses: list[float] = field(default_factory=list)  # of each epoch, where the recipe has patience


def train(
    members: Sequence[Member],
    *,
    device: torch.device | str = "cpu",
    plan: Plan | None = None,
    on_epoch: Callable[[list[float]], object] = lambda losses: None,  # noqa: ARG005
    lr_name: str = "lr",
) -> list[Outcome]:
    """Trains all members together, each for its own number of epochs; outcomes stand in the order of the members.

    plan: that of `plan_for`, unless given.
    A member whose loss or weights are no longer finite leaves the stack, and its neighbours go on; so does one whose
    patience is at its end.
    on_epoch is told, after each epoch, the loss of each member that took part in it.
    lr_name: what the failure of a training calls the learning rate.
    Raises ValueError where the members cannot be stacked (see `Member`).
    """
    check_members(members, plan)
    places = sorted(range(len(members)), key=lambda place: members[place].loss_and_counts)
    stack = Stack([members[place] for place in places], torch.device(device), plan)
    curves: dict[int, list[float]] = {place: [] for place in places}
    tune_curves: dict[int, list[float]] = {place: [] for place in places}
    outcomes: dict[int, Outcome] = {}
    batches = torch.split(torch.arange(stack.samples), stack.recipe.train_batch)
    sizes = torch.tensor([len(rows) for rows in batches])
    epoch = 0
    while places:
        epoch += 1
        batch_losses = stack.epoch().double().cpu()
        means = (batch_losses * sizes).sum(1) / sizes.sum()
        finite, patient = stack.finite().tolist(), [True] * len(places)
        if stack.early:
            tune_losses = stack.tune_losses().double().cpu()
            patient = stack.early.look(tune_losses).tolist()
            for place, value in zip(places, tune_losses.tolist(), strict=True):
                tune_curves[place].append(value)
        for index, (place, member) in enumerate(zip(places, stack.members, strict=True)):
            if not means[index].isfinite():
                batch = int(batch_losses[index].isfinite().long().argmin()) + 1
                failure = f"the loss was no longer finite in epoch {epoch}, batch {batch}; try a smaller {lr_name}"
                outcomes[place] = Outcome(curves[place], None, failure)
                continue
            curves[place].append(means[index].item())
            if not finite[index]:
                failure = f"the weights were no longer finite at the end of epoch {epoch}; try a smaller {lr_name}"
                outcomes[place] = Outcome(curves[place], None, failure)
            elif epoch == member.recipe.epochs or not patient[index]:
                outcomes[place] = Outcome(curves[place], stack.model(index), None, tune_curves[place])
        on_epoch(means.tolist())
        stays = [place not in outcomes for place in places]
        if not all(stays):
            places = [place for place in places if place not in outcomes]
            stack.keep(torch.tensor(stays, device=device))
    return [outcomes[place] for place in range(len(members))]
