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

SPAN, INPUTS = "within the span of the samples", "of all inputs"  # ways of training the first layer
FUSED, AUTOGRAD = "fused", "by autograd"  # ways of taking steps
PARAMETERS_OF_A_STACK = 2**25  # 128 MiB in float32; larger stacks gain nothing, and an interruption loses more of them
BYTES_OF_A_STACK = 2**31  # limit of the memory of a stack on a CPU
LARGEST_STACK = 256  # limit of the number of networks on a CPU
SMALL_PRODUCT = 2**22  # operations below which a matrix product counts as small


@dataclass(frozen=True)
class Plan:
    """A plan of a stack's training. `plan_training` makes the same one for the same recipe, sizes and machine."""

    first_layer: str  # SPAN (see `gram_first_layer.py`) or INPUTS
    steps: str  # FUSED (see `fused_steps.py`) or AUTOGRAD
    products: str  # the library that multiplies matrices (see `matmul_backend.py`)
    stack_size: int  # highest number of networks that are trained together
    parameters: int  # number of trained parameters of one network
    operations: int  # multiplications for one sample in the forward pass
    bytes: int  # memory of one network in training, if no other network has its data
    reasons: tuple[str, ...]  # why shortcuts are not taken

    @property
    def uses_gram(self) -> bool:
        """Whether the first layer is trained through the Gram matrix of the inputs.

        Such a layer takes row numbers of the training data in place of inputs.
        """
        return self.first_layer == SPAN

    def check(self, recipe: Recipe) -> None:
        """Raise ValueError if the plan is for other networks or optimizers than those of the recipe.

        The shortcuts need an mlp; a first layer within the span also needs sgd without patience.
        """
        within = not self.uses_gram or (recipe.optimizer == "sgd" and not recipe.patience)
        if not (within and (recipe.network == "mlp" or (self.first_layer, self.steps) == (INPUTS, AUTOGRAD))):
            raise ValueError(
                "the plan is for other networks or optimizers: make it by plan_training of the members' recipe"
            )

    def facts(self) -> dict[str, str]:
        """Return first_layer, steps and products, each a text, as results are stored with them."""
        return {"first_layer": self.first_layer, "steps": self.steps, "products": self.products}

    def __str__(self) -> str:
        """Write the plan as "first layer ..., steps ..., products by ...", then why shortcuts are not taken."""
        parts = f"first layer {self.first_layer}, steps {self.steps}, products by {self.products}"
        return "; ".join([parts, *self.reasons])


def plan_training(
    recipe: Recipe,
    samples: int,
    shape: Sequence[int],
    device: torch.device | str = "cpu",
    *,
    stack_size: int | None = None,
    shortcuts: bool = True,
    alone: bool = False,
) -> Plan:
    """Plan trainings by a recipe: first layer, steps, library of matrix products, and size of a stack.

    Args:
        recipe: The recipe (hyper-parameters) of the trainings.
        samples: The number of training samples of one training.
        shape: The shape of one sample.
        device: The device to train on.
        stack_size: The highest number of networks that are trained together; None for as many as memory allows.
        shortcuts: False for ordinary training: steps by autograd, of all weights of the first layer.
        alone: True for a single network that need not equal, bit by bit, the same network in a stack. If its matrix
            products are small, PyTorch's default library makes them, since it starts them sooner.

    Raises:
        ValueError: stack_size is below 1, or the network cannot take inputs of that shape.
    """
    if stack_size is not None and stack_size < 1:
        raise ValueError(f"stack_size must be 1 or more, found {stack_size}")
    device = torch.device(device)
    inputs = prod(shape)
    obstacle = find_gram_obstacle(recipe, samples, inputs)
    first_layer = SPAN if shortcuts and not obstacle else INPUTS
    first = samples if first_layer == SPAN else inputs
    size = size_of(recipe.design((first,) if first_layer == SPAN else shape))
    small = alone and is_small(recipe, samples, first)
    of_network = network_bytes(recipe, samples, inputs, first_layer, size) + window_bytes(recipe, samples, shape)
    return Plan(
        first_layer=first_layer,
        steps=FUSED if shortcuts and recipe.network == "mlp" else AUTOGRAD,
        products=PYTORCH if small else choose_matmul_backend(recipe.products, device),
        stack_size=stack_size or largest_stack(size.parameters, of_network, device),
        parameters=size.parameters,
        operations=size.operations,
        bytes=of_network,
        reasons=(obstacle,) if obstacle else (),
    )


def find_gram_obstacle(recipe: Recipe, samples: int, inputs: int) -> str | None:
    """Return why the first layer is not trained through the Gram matrix of the inputs; None if it is.

    It is for an mlp with sgd, without patience and augmentation, and with fewer than twice as many samples as inputs.
    """
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
    """Return the highest number of networks in one stack, at least 1.

    On a CPU it keeps to 2^25 parameters, 2 GiB and 256 networks in all. On a GPU, half of its memory limits the bytes.

    Args:
        parameters: The number of parameters of one network.
        of_network: The bytes of one network in training.
        device: The device to train on.
    """
    if device.type == "cuda":
        return max(torch.cuda.get_device_properties(device).total_memory // 2 // of_network, 1)
    return max(min(PARAMETERS_OF_A_STACK // parameters, BYTES_OF_A_STACK // of_network, LARGEST_STACK), 1)


def is_small(recipe: Recipe, samples: int, inputs: int) -> bool:
    """Say whether the network is a perceptron whose largest matrix product takes fewer than 2^22 operations.

    Args:
        recipe: The recipe.
        samples: The number of training samples; a batch has no more.
        inputs: The number of inputs of the first layer.
    """
    widths = (inputs, *(recipe.hidden or ()), recipe.outputs)
    largest = max(fan_in * fan_out for fan_in, fan_out in pairwise(widths)) * 2 * min(samples, recipe.train_batch)
    return recipe.network == "mlp" and largest < SMALL_PRODUCT


def network_bytes(recipe: Recipe, samples: int, inputs: int, first_layer: str, size: Size) -> int:
    """Compute the memory of one network in training, in bytes, with data that no other network shares.

    Args:
        recipe: The recipe.
        samples: The number of training samples.
        inputs: The numbers in one input.
        first_layer: SPAN or INPUTS, the way in which the first layer is trained.
        size: The size of the network.
    """
    copies = {"sgd": 1 + (recipe.momentum > 0), "adam": 5}[recipe.optimizer]  # weights and what the optimizer keeps
    batch = 2 * min(samples, recipe.train_batch) * (size.held + (inputs - samples if first_layer == SPAN else 0))
    width = recipe.hidden[0] if recipe.hidden else recipe.outputs
    span = samples * (samples + width) + inputs * width if first_layer == SPAN else 0  # Gram matrix, X W_0, W_0
    numbers = copies * size.parameters + batch + span + samples * inputs
    return recipe.dtype.itemsize * numbers + 8 * samples * inputs  # at first, inputs are in float64


def window_bytes(recipe: Recipe, samples: int, shape: Sequence[int]) -> int:
    """Compute the memory of training images that are padded for shifts, in bytes.

    It is 0 if the recipe does not flip or shift images. samples: the number of images; shape: (channels, height,
    width).
    """
    if not recipe.augments:
        return 0
    channels, height, width = shape
    return recipe.dtype.itemsize * samples * channels * (height + 2 * recipe.shift) * (width + 2 * recipe.shift)
