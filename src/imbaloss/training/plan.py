"""Plans: how a stack is trained. A plan decides speed and the order of summation, never what is computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import torch

from imbaloss.networks import Size, size_of
from imbaloss.training.products import PYTORCH, library_for
from imbaloss.training.recipe import Recipe

SPAN, INPUTS = "within the span of the samples", "of all inputs"
FUSED, AUTOGRAD = "fused", "by autograd"
PARAMETERS_OF_A_STACK = 2**25  # 128 MiB in float32; larger stacks gain nothing, and an interruption loses more of them
BYTES_OF_A_STACK = 2**31
LARGEST_STACK = 256
SMALL_PRODUCT = 2**22  # operations


@dataclass(frozen=True)
class Plan:
    """The same for the same recipe, sizes and kind of machine; no clock is looked at. `plan_for` makes it."""

    first_layer: str  # SPAN: see `span.py`; or INPUTS
    steps: str  # FUSED: see `descent.py`; or AUTOGRAD
    products: str  # the library that makes them: see `products.py`
    stack_size: int  # networks trained together, at most
    parameters: int  # of one network, as far as they are trained
    operations: int  # multiplications for one sample, forward
    bytes: int  # of one network, if no other shares its data
    reasons: tuple[str, ...]  # why a shortcut is not taken

    def fits(self, recipe: Recipe) -> bool:
        """Whether it can be taken for trainings by that recipe."""
        within = self.first_layer != SPAN or (recipe.optimizer == "sgd" and not recipe.patience)
        return within and (recipe.network == "mlp" or (self.first_layer, self.steps) == (INPUTS, AUTOGRAD))

    def facts(self) -> dict[str, str]:
        """For a row of results."""
        return {"first_layer": self.first_layer, "steps": self.steps, "products": self.products}

    def __str__(self) -> str:
        ways = f"first layer {self.first_layer}, steps {self.steps}, products by {self.products}"
        return "; ".join([ways, *self.reasons])


def plan_for(
    recipe: Recipe,
    samples: int,
    shape: Sequence[int],
    device: torch.device | str = "cpu",
    *,
    stack_size: int | None = None,
    shortcuts: bool = True,
    alone: bool = False,
) -> Plan:
    """The plan of trainings by a recipe on so many samples of that shape. stack_size overrules its rule.

    Without shortcuts, steps are autograd's, of all weights of the first layer. alone: of one network that no stack of
    any size must give the same bits as; its products, if small, are made by the library that starts them sooner.
    Raises ValueError where stack_size is below 1.
    """
    if stack_size is not None and stack_size < 1:
        raise ValueError(f"stack_size must be 1 or more, found {stack_size}")
    device = torch.device(device)
    inputs = prod(shape)
    sgd, mlp = recipe.optimizer == "sgd", recipe.network == "mlp"
    still = not (recipe.patience or recipe.augments)
    few = samples < 2 * inputs and still  # 2 N operations a sample and unit against 4 D
    reasons = []
    if not mlp:
        reasons.append(f"{recipe.network} is no mlp, whose layers alone have shortcuts")
    elif not sgd:
        reasons.append(f"{recipe.optimizer} scales each weight by itself, which leaves the span of the samples")
    elif recipe.patience:
        reasons.append("after each epoch the loss on tune is looked at, whose samples are not within the span")
    elif recipe.augments:
        reasons.append("images are moved anew in each epoch, which leaves the span of the samples")
    elif not few:
        reasons.append(f"{samples} samples of {inputs} inputs: their span is no less work")
    if recipe.precision == "bf16" and not fast_bfloat16(device):
        reasons.append("this processor has no instructions for bfloat16, which is then slower than float32")
    first_layer = SPAN if shortcuts and sgd and mlp and few else INPUTS
    first = samples if first_layer == SPAN else inputs
    size = size_of(recipe.design((first,) if first_layer == SPAN else shape))
    of_network = bytes_of(recipe, samples, inputs, first_layer, size) + bytes_of_windows(recipe, samples, shape)
    return Plan(
        first_layer=first_layer,
        steps=FUSED if shortcuts and mlp else AUTOGRAD,
        products=PYTORCH if alone and is_small(recipe, samples, first) else library_for(recipe.products, device),
        stack_size=stack_size or largest_stack(size.parameters, of_network, device),
        parameters=size.parameters,
        operations=size.operations,
        bytes=of_network,
        reasons=tuple(reasons),
    )


def largest_stack(parameters: int, of_network: int, device: torch.device) -> int:
    """As many networks, of so many bytes each, as the three constants above admit; on a GPU, as half of it holds."""
    if device.type == "cuda":
        return max(torch.cuda.get_device_properties(device).total_memory // 2 // of_network, 1)
    return max(min(PARAMETERS_OF_A_STACK // parameters, BYTES_OF_A_STACK // of_network, LARGEST_STACK), 1)


def is_small(recipe: Recipe, samples: int, inputs: int) -> bool:
    """Whether the largest product of a perceptron is a small one."""
    widths = (inputs, *(recipe.hidden or ()), recipe.outputs)
    largest = max(fan_in * fan_out for fan_in, fan_out in pairwise(widths)) * 2 * min(samples, recipe.train_batch)
    return recipe.network == "mlp" and largest < SMALL_PRODUCT


def bytes_of(recipe: Recipe, samples: int, inputs: int, first_layer: str, size: Size) -> int:
    """What one network of a stack takes while it is trained, if no other shares its data."""
    copies = {"sgd": 1 + (recipe.momentum > 0), "adam": 5}[recipe.optimizer]  # weights, what the optimizer keeps
    batch = 2 * min(samples, recipe.train_batch) * (size.held + (inputs - samples if first_layer == SPAN else 0))
    width = recipe.hidden[0] if recipe.hidden else recipe.outputs
    span = samples * (samples + width) + inputs * width if first_layer == SPAN else 0  # Gram matrix, X W_0, W_0
    numbers = copies * size.parameters + batch + span + samples * inputs
    return recipe.dtype.itemsize * numbers + 8 * samples * inputs  # at first, inputs are in float64


def bytes_of_windows(recipe: Recipe, samples: int, shape: Sequence[int]) -> int:
    """What the images with their margins take, where they are moved."""
    if not recipe.augments:
        return 0
    channels, height, width = shape
    return recipe.dtype.itemsize * samples * channels * (height + 2 * recipe.shift) * (width + 2 * recipe.shift)


def fast_bfloat16(device: torch.device) -> bool:
    """Whether products of bfloat16 are faster than those of float32, as far as PyTorch tells."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if not hasattr(torch.cpu, "get_capabilities"):
        return True
    has = torch.cpu.get_capabilities()
    return bool(has.get("avx512_bf16") or has.get("amx_bf16") or has.get("bf16"))
