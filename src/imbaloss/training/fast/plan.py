"""Plans: how a stack is trained.

A plan decides speed and the order of summation, never what is computed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import torch

from imbaloss.networks import Size, size_of
from imbaloss.training.fast.matmul_backend import PYTORCH, choose_matmul_backend
from imbaloss.training.recipe import Recipe

SPAN, INPUTS = "within the span of the samples", "of all inputs"
FUSED, AUTOGRAD = "fused", "by autograd"
PARAMETERS_OF_A_STACK = 2**25  # 128 MiB in float32; larger stacks gain nothing, and an interruption loses more of them
BYTES_OF_A_STACK = 2**31
LARGEST_STACK = 256
SMALL_PRODUCT = 2**22  # operations


@dataclass(frozen=True)
class Plan:
    """The way in which a stack is trained, as `plan_for` finds it: the same for the same recipe, sizes and machine."""

    first_layer: str  # SPAN: see `gram_first_layer.py`; or INPUTS
    steps: str  # FUSED: see `fused_steps.py`; or AUTOGRAD
    products: str  # the library that makes them: see `matmul_backend.py`
    stack_size: int  # networks trained together, at most
    parameters: int  # of one network, as far as they are trained
    operations: int  # multiplications for one sample, forward
    bytes: int  # of one network, if no other shares its data
    reasons: tuple[str, ...]  # why a shortcut is not taken

    @property
    def uses_gram(self) -> bool:
        """Whether the first layer is a `GramLayer`, which takes rows of the data in place of inputs."""
        return self.first_layer == SPAN

    def check(self, recipe: Recipe) -> None:
        """Raise ValueError if trainings by that recipe cannot follow the plan."""
        within = not self.uses_gram or (recipe.optimizer == "sgd" and not recipe.patience)
        if not (within and (recipe.network == "mlp" or (self.first_layer, self.steps) == (INPUTS, AUTOGRAD))):
            raise ValueError("the plan is for other networks or optimizers: make it by plan_for of the members' recipe")

    def facts(self) -> dict[str, str]:
        """Return what a row of results keeps of the plan."""
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
    """Plan trainings by a recipe.

    Args:
        recipe: what the trainings share.
        samples: how many samples one training sees.
        shape: the shape of one sample.
        device: where they are trained.
        stack_size: networks trained together, at most; the default is as many as cache and memory hold.
        shortcuts: False for ordinary training: steps by autograd, of all weights of the first layer.
        alone: True for one network whose bits no stack has to repeat. Its products, if small, are made by the library
            that starts them sooner.

    Raises:
        ValueError: stack_size is below 1.
    """
    if stack_size is not None and stack_size < 1:
        raise ValueError(f"stack_size must be 1 or more, found {stack_size}")
    device = torch.device(device)
    inputs = prod(shape)
    obstacle = find_gram_obstacle(recipe, samples, inputs)
    reasons = [obstacle] if obstacle else []
    if recipe.precision == "bf16" and not fast_bfloat16(device):
        reasons.append("this processor has no instructions for bfloat16, which is then slower than float32")
    first_layer = SPAN if shortcuts and not obstacle else INPUTS
    first = samples if first_layer == SPAN else inputs
    size = size_of(recipe.design((first,) if first_layer == SPAN else shape))
    small = alone and is_small(recipe, samples, first)
    of_network = bytes_of(recipe, samples, inputs, first_layer, size) + bytes_of_windows(recipe, samples, shape)
    return Plan(
        first_layer=first_layer,
        steps=FUSED if shortcuts and recipe.network == "mlp" else AUTOGRAD,
        products=PYTORCH if small else choose_matmul_backend(recipe.products, device),
        stack_size=stack_size or largest_stack(size.parameters, of_network, device),
        parameters=size.parameters,
        operations=size.operations,
        bytes=of_network,
        reasons=tuple(reasons),
    )


def find_gram_obstacle(recipe: Recipe, samples: int, inputs: int) -> str | None:
    """Return why the first layer is not trained through the Gram matrix; None if it is exact and less work."""
    if recipe.network != "mlp":
        return f"{recipe.network} is no mlp, whose layers alone have shortcuts"
    if recipe.optimizer != "sgd":
        return f"{recipe.optimizer} scales each weight by itself, which leaves the span of the samples"
    if recipe.patience:
        return "after each epoch the loss on validation is looked at, whose samples are not within the span"
    if recipe.augments:
        return "images are moved anew in each epoch, which leaves the span of the samples"
    if samples >= 2 * inputs:  # 2 N operations a sample and unit against 4 D
        return f"{samples} samples of {inputs} inputs: their span is no less work"
    return None


def largest_stack(parameters: int, of_network: int, device: torch.device) -> int:
    """Return how many networks one stack may have.

    On a CPU the three constants above limit their parameters, their bytes and their number. On a GPU, half of its
    memory limits their bytes.
    """
    if device.type == "cuda":
        return max(torch.cuda.get_device_properties(device).total_memory // 2 // of_network, 1)
    return max(min(PARAMETERS_OF_A_STACK // parameters, BYTES_OF_A_STACK // of_network, LARGEST_STACK), 1)


def is_small(recipe: Recipe, samples: int, inputs: int) -> bool:
    """Say whether the network is a perceptron whose largest matrix product is small."""
    widths = (inputs, *(recipe.hidden or ()), recipe.outputs)
    largest = max(fan_in * fan_out for fan_in, fan_out in pairwise(widths)) * 2 * min(samples, recipe.train_batch)
    return recipe.network == "mlp" and largest < SMALL_PRODUCT


def bytes_of(recipe: Recipe, samples: int, inputs: int, first_layer: str, size: Size) -> int:
    """Return the memory that one network takes in training, in bytes, if no other shares its data."""
    copies = {"sgd": 1 + (recipe.momentum > 0), "adam": 5}[recipe.optimizer]  # weights, what the optimizer keeps
    batch = 2 * min(samples, recipe.train_batch) * (size.held + (inputs - samples if first_layer == SPAN else 0))
    width = recipe.hidden[0] if recipe.hidden else recipe.outputs
    span = samples * (samples + width) + inputs * width if first_layer == SPAN else 0  # Gram matrix, X W_0, W_0
    numbers = copies * size.parameters + batch + span + samples * inputs
    return recipe.dtype.itemsize * numbers + 8 * samples * inputs  # at first, inputs are in float64


def bytes_of_windows(recipe: Recipe, samples: int, shape: Sequence[int]) -> int:
    """Return the memory of the images with their margins, in bytes; 0 if they are not moved."""
    if not recipe.augments:
        return 0
    channels, height, width = shape
    return recipe.dtype.itemsize * samples * channels * (height + 2 * recipe.shift) * (width + 2 * recipe.shift)


def fast_bfloat16(device: torch.device) -> bool:
    """Say whether products of bfloat16 are faster than those of float32, as far as PyTorch tells."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if not hasattr(torch.cpu, "get_capabilities"):
        return True
    has = torch.cpu.get_capabilities()
    return bool(has.get("avx512_bf16") or has.get("amx_bf16") or has.get("bf16"))
