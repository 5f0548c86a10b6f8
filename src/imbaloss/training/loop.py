"""The one training loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from math import isfinite
from typing import Generic, TypeVar

import torch
from torch import Tensor

from imbaloss.training.bfloat16 import check_precision
from imbaloss.training.fast import Plan
from imbaloss.training.member import Member, check_members
from imbaloss.training.model import Model
from imbaloss.training.stack import Stack


def check_device(device: str) -> None:
    """Raise ValueError if this machine has no such device. Names are cpu, cuda, cuda:1 and so on."""
    kind, _, number = device.partition(":")
    if kind not in {"cpu", "cuda"} or not (number or "0").isdecimal():
        raise ValueError(f"device must be cpu, cuda or cuda:N, found {device!r}")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"this machine has no device {device}; it has cpu and {torch.cuda.device_count()} CUDA devices"
        )


Fitted_co = TypeVar("Fitted_co", covariant=True)  # type of the fitted model


@dataclass(frozen=True)
class Outcome(Generic[Fitted_co]):
    """The outcome of a training: a model, or a sentence that says why there is none."""

    losses: list[float]  # loss of each finished epoch: the mean of the batch losses, weighted by batch size
    model: Fitted_co | None  # None if the training failed
    failure: str | None  # why the training failed; None if it did not
    validation_losses: list[float] = field(default_factory=list)  # loss of each epoch; empty without patience


@dataclass(frozen=True)
class Course:
    """The losses of a member of the stack up to now."""

    place: int  # index among all members
    member: Member
    losses: list[float] = field(default_factory=list)  # as in `Outcome`
    validation_losses: list[float] = field(default_factory=list)  # as in `Outcome`


def train(
    members: Sequence[Member],
    *,
    device: torch.device | str = "cpu",
    plan: Plan | None = None,
    on_epoch: Callable[[list[float]], object] = lambda losses: None,  # noqa: ARG005
    lr_name: str = "lr",
) -> list[Outcome[Model]]:
    """Train all members together, each for its own number of epochs.

    A member leaves the stack when its loss or weights are no longer finite, or when its validation loss has not fallen
    for `patience` epochs. The others go on.

    Args:
        members: The trainings. They share the recipe except epochs and lr, and the size of the training part.
        device: The device to train on.
        plan: The plan of the stack; None for that of `plan_training`.
        on_epoch: Called after each epoch with the losses of the members that took part in it.
        lr_name: The name of the learning rate in messages.

    Returns:
        The outcomes (losses, and the model or why it failed), in the order of the members. A failed training does not
        raise.

    Raises:
        ValueError: The members cannot be stacked, the plan is for other networks or optimizers, or the recipe has
            precision bf16 and the device no instructions for it.
    """
    check_members(members)
    check_precision(members[0].recipe, device)
    if plan:
        plan.check(members[0].recipe)
    courses = [Course(place, member) for place, member in enumerate(members)]
    courses.sort(key=lambda course: course.member.loss_and_counts)  # members with the same loss become neighbours
    stack = Stack.build([course.member for course in courses], torch.device(device), plan)
    outcomes: dict[int, Outcome[Model]] = {}
    while courses:
        result = EpochResult.train_next(stack)
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
    """The result of one epoch, on the CPU. Each list has one entry for each member of the stack."""

    epoch: int  # number of the epoch; the first is 1
    batch_losses: Tensor  # (S, batches)
    losses: list[float]  # mean loss over the samples
    finite_weights: list[bool]  # whether all weights are finite
    validation_losses: list[float] | None  # None without patience
    patient: list[bool]  # whether the member has patience left

    @classmethod
    def train_next(cls, stack: Stack) -> "EpochResult":
        """Train each member of the stack for its next epoch and return losses, finiteness of weights and patience.

        With early stopping, the validation losses are computed and recorded, too.
        """
        batch_losses = stack.train_epoch().double().cpu()
        samples, size = stack.data.samples, stack.recipe.train_batch
        sizes = torch.tensor([min(size, samples - start) for start in range(0, samples, size)])
        losses = (batch_losses * sizes).sum(1) / sizes.sum()
        finite_weights = stack.has_finite_weights().tolist()
        validation_losses, patient = None, [True] * len(losses)
        if stack.early:
            on_validation = stack.validation_losses().double().cpu()
            validation_losses, patient = on_validation.tolist(), stack.early.record(on_validation).tolist()
        return cls(stack.epochs, batch_losses, losses.tolist(), finite_weights, validation_losses, patient)

    def finish(self, course: Course, index: int, stack: Stack, lr_name: str) -> Outcome[Model] | None:
        """Add the losses of the training at that index to its course, and return its outcome; None if it goes on.

        A loss that is not finite is not added.

        Args:
            course: The losses of the training up to now; changed in place.
            index: Its place in the stack.
            stack: The stack, from which the model is copied.
            lr_name: The name of the learning rate in messages.

        Returns:
            The outcome with a failure if loss or weights are not finite; with a model after the last epoch or without
            patience.
        """
        if self.validation_losses is not None:
            course.validation_losses.append(self.validation_losses[index])
        if isfinite(self.losses[index]):
            course.losses.append(self.losses[index])
        failure = self.find_failure(index, lr_name)
        if failure:
            return Outcome(course.losses, None, failure)
        if self.epoch == course.member.recipe.epochs or not self.patient[index]:
            return Outcome(course.losses, stack.extract_model(index), None, course.validation_losses)
        return None

    def find_failure(self, index: int, lr_name: str) -> str | None:
        """Explain why the training at that index of the stack has failed; None if its loss and weights are finite.

        lr_name: the name of the learning rate in the message, which advises a smaller one.
        """
        if not isfinite(self.losses[index]):
            batch = int(self.batch_losses[index].isfinite().long().argmin()) + 1
            return f"the loss was no longer finite in epoch {self.epoch}, batch {batch}; try a smaller {lr_name}"
        if not self.finite_weights[index]:
            return f"the weights were no longer finite at the end of epoch {self.epoch}; try a smaller {lr_name}"
        return None
