"""The one training loop of the house."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from math import isfinite
from typing import Generic, TypeVar

import torch
from torch import Tensor

from imbaloss.training.fast import Plan
from imbaloss.training.member import Member, check_members
from imbaloss.training.model import Model
from imbaloss.training.stack import Stack


def check_device(device: str) -> None:
    """Raise ValueError if this machine has no such device: cpu, cuda, cuda:1, ..."""
    kind, _, number = device.partition(":")
    if kind not in {"cpu", "cuda"} or not (number or "0").isdecimal():
        raise ValueError(f"device must be cpu, cuda or cuda:N, found {device!r}")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"this machine has no device {device}; it has cpu and {torch.cuda.device_count()} CUDA devices"
        )


Fitted_co = TypeVar("Fitted_co", covariant=True)  # what comes of a training


@dataclass(frozen=True)
class Outcome(Generic[Fitted_co]):
    """The end of a training: a model, or a sentence that says why there is none."""

    losses: list[float]  # of each finished epoch: the mean of the loss over its samples, batch by batch
    model: Fitted_co | None
    failure: str | None
    validation_losses: list[float] = field(default_factory=list)  # of each epoch, where the recipe has patience


@dataclass(frozen=True)
class Course:
    """What has become of one member so far."""

    place: int  # among all members
    member: Member
    losses: list[float] = field(default_factory=list)  # as in `Outcome`
    validation_losses: list[float] = field(default_factory=list)


def train(
    members: Sequence[Member],
    *,
    device: torch.device | str = "cpu",
    plan: Plan | None = None,
    on_epoch: Callable[[list[float]], object] = lambda losses: None,  # noqa: ARG005
    lr_name: str = "lr",
) -> list[Outcome[Model]]:
    """Train all members together, each for its own number of epochs.

    A member whose loss or weights are no longer finite leaves the stack, and its neighbours go on; so does one whose
    patience is at its end.

    Args:
        members: the trainings, which must share what `Member` says.
        device: where they are trained.
        plan: how they are trained; the default is that of `plan_for`.
        on_epoch: called after each epoch with the loss of each member that took part in it.
        lr_name: what the failure of a training calls the learning rate.

    Returns:
        The outcomes, in the order of the members.

    Raises:
        ValueError: the members cannot be stacked, or the plan is for other networks or optimizers.
    """
    check_members(members)
    if plan:
        plan.check(members[0].recipe)
    courses = [Course(place, member) for place, member in enumerate(members)]
    courses.sort(key=lambda course: course.member.loss_and_counts)  # those that share a loss stand side by side
    stack = Stack.build([course.member for course in courses], torch.device(device), plan)
    outcomes: dict[int, Outcome[Model]] = {}
    while courses:
        result = EpochResult.of_next(stack)
        for index, course in enumerate(courses):
            outcome = result.finish(course, index, stack, lr_name)
            if outcome:
                outcomes[course.place] = outcome
        on_epoch(result.losses)
        stays = [course.place not in outcomes for course in courses]
        if not all(stays):
            courses = list(compress(courses, stays))
            stack.keep(torch.tensor(stays, device=device))
    return [outcomes[place] for place in range(len(members))]


@dataclass(frozen=True, eq=False)
class EpochResult:
    """What one epoch gave, on the CPU; each list has one entry for each member of the stack."""

    epoch: int  # the first is 1
    batch_losses: Tensor  # (S, batches)
    losses: list[float]  # the mean over the samples
    finite_weights: list[bool]
    validation_losses: list[float] | None  # only with patience
    patient: list[bool]  # whether it has patience left

    @classmethod
    def of_next(cls, stack: Stack) -> "EpochResult":
        """Train the stack for its next epoch and look at the losses and the weights."""
        batch_losses = stack.epoch().double().cpu()
        samples, size = stack.data.samples, stack.recipe.train_batch
        sizes = torch.tensor([min(size, samples - start) for start in range(0, samples, size)])
        losses = (batch_losses * sizes).sum(1) / sizes.sum()
        finite_weights = stack.finite().tolist()
        validation_losses, patient = None, [True] * len(losses)
        if stack.early:
            on_validation = stack.validation_losses().double().cpu()
            validation_losses, patient = on_validation.tolist(), stack.early.record(on_validation).tolist()
        return cls(stack.epochs, batch_losses, losses.tolist(), finite_weights, validation_losses, patient)

    def finish(self, course: Course, index: int, stack: Stack, lr_name: str) -> Outcome[Model] | None:
        """Add the losses of one member to its course. Return its outcome, or None if it goes on."""
        if self.validation_losses is not None:
            course.validation_losses.append(self.validation_losses[index])
        if isfinite(self.losses[index]):
            course.losses.append(self.losses[index])
        failure = self.find_failure(index, lr_name)
        if failure:
            return Outcome(course.losses, None, failure)
        if self.epoch == course.member.recipe.epochs or not self.patient[index]:
            return Outcome(course.losses, stack.model(index), None, course.validation_losses)
        return None

    def find_failure(self, index: int, lr_name: str) -> str | None:
        """Return why the training of one member cannot go on; None if it can."""
        if not isfinite(self.losses[index]):
            batch = int(self.batch_losses[index].isfinite().long().argmin()) + 1
            return f"the loss was no longer finite in epoch {self.epoch}, batch {batch}; try a smaller {lr_name}"
        if not self.finite_weights[index]:
            return f"the weights were no longer finite at the end of epoch {self.epoch}; try a smaller {lr_name}"
        return None
