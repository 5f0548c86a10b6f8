"""Initial weights of one linear layer: (inputs, outputs) weights and (outputs,) biases, float64."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Initialisation = Callable[[np.random.Generator, int, int], tuple[Array, Array]]


def torch_default(generator: np.random.Generator, inputs: int, outputs: int) -> tuple[Array, Array]:
    """Draw weights (inputs, outputs) and biases (outputs,) uniform in +-1/sqrt(inputs), as torch.nn.Linear does.

    Both are float64.
    """
    bound = inputs**-0.5
    return generator.uniform(-bound, bound, (inputs, outputs)), generator.uniform(-bound, bound, outputs)


def xavier(generator: np.random.Generator, inputs: int, outputs: int) -> tuple[Array, Array]:
    """Draw weights (inputs, outputs) uniform in +-sqrt(6 / (inputs + outputs)); biases (outputs,) are 0.

    Both are float64. Source: Glorot and Bengio 2010, eq. 16.
    """
    bound = (6 / (inputs + outputs)) ** 0.5
    return generator.uniform(-bound, bound, (inputs, outputs)), np.zeros(outputs)


def he(generator: np.random.Generator, inputs: int, outputs: int) -> tuple[Array, Array]:
    """Draw weights (inputs, outputs) that are normal with variance 2 / inputs; biases (outputs,) are 0.

    Both are float64. Source: He et al. 2015 (arXiv 1502.01852), eq. 10.
    """
    return generator.normal(0, (2 / inputs) ** 0.5, (inputs, outputs)), np.zeros(outputs)


def normal(generator: np.random.Generator, inputs: int, outputs: int) -> tuple[Array, Array]:
    """Draw weights (inputs, outputs) that are normal with standard deviation 0.01; biases (outputs,) are 0.

    Both are float64.
    """
    return generator.normal(0, 0.01, (inputs, outputs)), np.zeros(outputs)


INITIALISATIONS: dict[str, Initialisation] = {"torch": torch_default, "xavier": xavier, "he": he, "normal": normal}
