"""Networks by their design: building a stack of them, the inputs that they take, and what one of them needs."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from imbaloss.choices import check_choice
from imbaloss.networks.convolutional import CNN, FCN, smallest_group
from imbaloss.networks.initialisation import INITIALISATIONS
from imbaloss.networks.kind_text import Design
from imbaloss.networks.mapped import Mapped
from imbaloss.networks.mlp import ACTIVATIONS, MLP
from imbaloss.networks.prototypes import Prototypes

CONVOLUTIONAL: dict[str, type[CNN | FCN]] = {"cnn": CNN, "fcn": FCN}


class Size(NamedTuple):
    """The memory and the work that one network needs."""

    parameters: int  # number of weights and biases
    held: int  # numbers that are kept of each sample for back-propagation
    operations: int  # multiplications for a sample in the forward pass


def check_shape(design: Design) -> None:
    """Raise ValueError if a network of that design (structure without weights) cannot take inputs of its shape.

    A perceptron takes any shape. A convolutional network needs (channels, height, width), channels for its stages, and
    images that do not shrink to one number.
    """
    if not design.kind.convolutional:
        return
    if len(design.shape) != 3:
        columns = f"{prod(design.shape)} columns"
        raise ValueError(f"{design.kind} is for images (channels, height, width), and these are rows of {columns}")
    if not design.channels:
        raise ValueError(f"{design.kind} needs channels, a number for each stage")
    if smallest_group(design.shape, design.channels) < 2:
        height, width = design.shape[1:]
        raise ValueError(
            f"images of {height} x {width} pixels shrink to one number in channels {design.channels}, which "
            "normalisation makes 0: take fewer stages, or more channels"
        )


def build(
    design: Design,
    generators: Sequence[np.random.Generator],
    *,
    init: str = "torch",
    dtype: torch.dtype = torch.float32,
) -> nn.Module:
    """Build a stack of networks: inputs (S, B, *shape) -> logits (S, B) with one output, else (S, B, outputs).

    Args:
        design: The structure of all networks: body, shape of an input, layers, outputs and activation.
        generators: One for each network, for its initial weights. Generators of equal state give equal networks.
        init: A name in `INITIALISATIONS`: torch, xavier, he or normal.
        dtype: The type of the weights.

    Raises:
        ValueError: The activation or init is unknown, or the networks cannot take inputs of that shape.
    """
    check_choice("activation", design.activation, ACTIVATIONS)
    check_choice("init", init, INITIALISATIONS)
    check_shape(design)
    head = design.kind.head
    body: nn.Module
    if not design.kind.convolutional:
        body = MLP(
            generators,
            shape=design.shape,
            hidden=design.hidden,
            outputs=design.body_outputs,
            activation=design.activation,
            init=init,
            dtype=dtype,
        )
    else:
        with torch.random.fork_rng(devices=[]):  # the weights that torch draws are not used
            body = Mapped(build_convolutional(design), generators, INITIALISATIONS[init], dtype)
    return body if head is None else Prototypes(body, generators, outputs=design.outputs, dtype=dtype, **head._asdict())


def build_convolutional(design: Design) -> nn.Module:
    """Build one convolutional network of that design, without a head; torch draws its weights.

    Raises KeyError if the body is no convolutional one or the activation is unknown.
    """
    activation = ACTIVATIONS[design.activation].function
    return CONVOLUTIONAL[design.kind.body](design.shape[0], design.channels, design.body_outputs, activation)


@cache
def size_of(design: Design) -> Size:
    """Return parameters, numbers kept for back-propagation and multiplications of one network of a design.

    Convolutional networks are built on torch's meta device, without memory for weights, and measured there. The result
    is cached.
    """
    head = design.kind.head
    if not design.kind.convolutional:
        widths = (prod(design.shape), *design.hidden, design.body_outputs)
        parameters = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(widths))
        body = Size(parameters, sum(widths), parameters)
    else:
        with torch.device("meta"):
            body = measure(build_convolutional(design), torch.empty(1, *design.shape))
    if head is None:
        return body
    prototypes = max(design.outputs, 2) * head.per_class
    numbers = prototypes * head.embedding
    return Size(body.parameters + numbers, body.held + numbers + prototypes, body.operations + numbers)


def measure(module: nn.Module, sample: torch.Tensor) -> Size:
    """Return the size of a module: parameters, numbers kept for back-propagation, multiplications in a forward pass.

    sample: a batch of one, which is passed through the module.
    """
    own = {id(parameter) for parameter in module.parameters()}
    held = 0

    def count(tensor: torch.Tensor) -> torch.Tensor:
        """Add the size of a tensor that is kept for the backward pass to `held`, and return the tensor.

        Parameters are not counted.
        """
        nonlocal held
        held += 0 if id(tensor) in own else tensor.numel()
        return tensor

    flops = FlopCounterMode(display=False)
    with saved_tensors_hooks(count, lambda tensor: tensor), flops:
        module(sample)
    return Size(sum(parameter.numel() for parameter in module.parameters()), held, flops.get_total_flops() // 2)
