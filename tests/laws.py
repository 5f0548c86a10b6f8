"""The laws of a loss, each an assertion on hard inputs."""

import copy
import pickle
from collections.abc import Callable

import torch
from torch import Tensor


def value_and_gradient(loss: Callable[..., Tensor], logits: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
    """The value, or one for each member of a stack, and the gradient of their sum."""
    logits = logits.detach().requires_grad_()
    value = loss(logits, *rest)
    (gradient,) = torch.autograd.grad(value.sum(), logits)
    return value.detach(), gradient


def assert_same(found: tuple[Tensor, ...], expected: tuple[Tensor, ...], **tolerance: float) -> None:
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, **tolerance)


def assert_finite(loss: Callable[..., Tensor], logits: Tensor, *rest: Tensor) -> None:
    """Value and gradient are finite; the loss of half precision is float32."""
    value, gradient = value_and_gradient(loss, logits, *rest)
    assert value.isfinite().all()
    assert gradient.isfinite().all()
    assert value.dtype == (logits.dtype if logits.dtype == torch.float64 else torch.float32)


def assert_order_does_not_matter(loss: torch.nn.Module, logits: Tensor, targets: Tensor) -> None:
    shuffled = torch.randperm(len(targets), generator=torch.Generator().manual_seed(0))
    value, gradient = value_and_gradient(loss, logits, targets)
    found = value_and_gradient(loss, logits[shuffled], targets[shuffled])
    assert_same(found, (value, gradient[shuffled]))


def assert_members_do_not_mix(loss: torch.nn.Module, logits: Tensor, targets: Tensor) -> None:
    """logits (S, B) or (S, B, C): each member's value and gradient are those that it has alone."""
    alone = [value_and_gradient(loss, *batch) for batch in zip(logits, targets, strict=True)]
    logits = logits.detach().requires_grad_()
    values = loss.stacked(logits, targets)
    (gradients,) = torch.autograd.grad(values.sum(), logits)
    assert_same((values.detach(), gradients), tuple(torch.stack(parts) for parts in zip(*alone, strict=True)))


def assert_weights_are_repetitions(loss: torch.nn.Module, logits: Tensor, targets: Tensor, weight: Tensor) -> None:
    repeated = loss(logits.repeat_interleave(weight, dim=0), targets.repeat_interleave(weight))
    torch.testing.assert_close(loss(logits, targets, weight), repeated, rtol=1e-9, atol=1e-12)


def assert_survives_copies(loss: torch.nn.Module, logits: Tensor, targets: Tensor) -> None:
    expected = loss(logits, targets)
    for twin in (pickle.loads(pickle.dumps(loss)), copy.deepcopy(loss)):
        torch.testing.assert_close(twin(logits, targets), expected, rtol=0, atol=0)
    twin = copy.deepcopy(loss)
    twin.load_state_dict(loss.state_dict())
    torch.testing.assert_close(twin(logits, targets), expected, rtol=0, atol=0)
