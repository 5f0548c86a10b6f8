"""Models as ONNX files, for other runtimes: by PyTorch's exporter."""

import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from imbaloss.atomic_write import write_atomically
from imbaloss.evaluation import Calibration
from imbaloss.evaluation.calibration import NONE
from imbaloss.extras import describe_installation
from imbaloss.training.model import Model, combine_networks
from imbaloss.training.scaling import Scaling

NEEDS = ("onnx", "onnxscript")  # packages that PyTorch's exporter imports
OUTPUTS = ("probabilities", "decisions")


def write(model: Model, file: Path, threshold: float | None, costs: NDArray[np.float64] | None = None) -> Path:
    """Write a model as an ONNX file, whole or not at all. Input "X", outputs "probabilities" and "decisions".

    The file computes, in float64, from inputs (B, *shape): probabilities (B, C) and decisions (B,), the numbers of
    classes.

    Args:
        model: The model, with scaling, prior correction and calibration.
        file: Where to write; an existing file is replaced.
        threshold: The probability from which on a sample is positive, for two classes; None for 1/2.
        costs: (C, C), for the cheapest decision among more than two classes; None for the likeliest class.

    Returns:
        The path of the file.

    Raises:
        ImportError: A package that the exporter needs is missing.
        OSError: The file cannot be written.
    """
    module = Exported(NetworkLogits(model), model.prior, model.calibration, threshold, costs)
    example = torch.zeros(2, *model.shape, dtype=torch.float64)
    return write_atomically(file, export(module, example, ["X"]).SerializeToString())


def export(module: nn.Module, examples: Tensor | tuple[Tensor, ...], names: Sequence[str]) -> Any:
    """Export a module to ONNX, for any number of samples, and return the model (an `onnx.ModelProto`).

    Args:
        module: Gives probabilities and decisions for its only parameter, `inputs`: a tensor, or a tuple of tensors.
        examples: An example of the inputs; the first axis is that of the samples.
        names: The names of the inputs in the file, in order.

    Raises:
        ImportError: A package that the exporter needs is missing.
    """
    if missing := [name for name in NEEDS if find_spec(name) is None]:
        raise ImportError(f"an ONNX file needs {' and '.join(missing)}: {describe_installation('onnx')}")
    samples = {0: torch.export.Dim("samples")}
    shapes = samples if isinstance(examples, Tensor) else tuple(samples for _ in examples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about itself
        program = torch.onnx.export(
            module.eval(),
            (examples,),
            input_names=list(names),
            output_names=list(OUTPUTS),
            dynamic_shapes={"inputs": shapes},
            verbose=False,
            dynamo=True,
        )
    return cast(torch.onnx.ONNXProgram, program).model_proto


class Scale(nn.Module):
    """The scaling of inputs (B, *shape) in float64, rounded to the type in which a model computes."""

    def __init__(self, scaling: Scaling, shape: Sequence[int], dtype: torch.dtype) -> None:
        """Copy offset and scale of each channel, the first axis of the shape, into tensors."""
        super().__init__()
        channels = (-1, *(1,) * (len(shape) - 1))
        self.dtype = dtype
        self.offset = torch.tensor(scaling.offset, dtype=torch.float64).view(channels)
        self.scale = torch.tensor(scaling.scale, dtype=torch.float64).view(channels)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the scaled inputs."""
        return ((inputs - self.offset) / self.scale).to(self.dtype)


class NetworkLogits(nn.Module):
    """The networks of a model: inputs (B, *shape) in float64 -> log-odds (B,) or log-probabilities (B, C)."""

    def __init__(self, model: Model) -> None:
        """Copy the scaling of the model into tensors, and take over its networks."""
        super().__init__()
        self.network, self.networks = model.network, model.networks
        self.scale = Scale(model.scaling, model.shape, model.recipe.dtype)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the log-odds (B,), or for more than two classes the log-probabilities (B, C), in float64."""
        scaled = self.scale(inputs)
        return combine_networks(self.network(scaled.expand(self.networks, *scaled.shape)).double())


class Exported(nn.Module):
    """A model as a module: inputs (B, *shape) -> probabilities (B, C) and decisions (B,), the numbers of classes.

    Inputs and probabilities are in float64.
    """

    def __init__(
        self,
        logits: nn.Module,
        prior: Sequence[float],
        calibration: Calibration,
        threshold: float | None,
        costs: NDArray[np.float64] | None = None,
    ) -> None:
        """Copy prior correction and calibration of a model into tensors.

        Args:
            logits: Maps inputs to log-odds (B,) or log-probabilities (B, C).
            prior: What is added to the log-probability of each class; empty for nothing.
            calibration: The calibration of log-odds or log-probabilities after that.
            threshold: The probability from which on a sample is positive, for two classes; None for 1/2.
            costs: (C, C), for the cheapest decision among more than two classes; None for the likeliest class.
        """
        super().__init__()
        self.logits, self.kind = logits, calibration.kind
        # tensors, since the exporter rounds numbers of Python to float32
        self.threshold = torch.tensor(0.5 if threshold is None else threshold, dtype=torch.float64)
        self.prior = torch.tensor(prior or (0.0,), dtype=torch.float64)  # one 0 for all classes
        self.costs = None if costs is None else torch.from_numpy(costs)
        self.numbers = [torch.tensor(parameters, dtype=torch.float64) for parameters in calibration.numbers]

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return probabilities (B, C) and decisions (B,), the numbers of classes, for inputs (B, *shape) in float64.

        For two classes the threshold decides, for more the least expected cost, or without costs the highest
        probability.
        """
        logits = self.logits(inputs)
        if logits.ndim == 1:
            positive = self.calibrate(logits + (self.prior[-1] - self.prior[0])).sigmoid()
            return torch.stack([1 - positive, positive], dim=1), (positive >= self.threshold).long()
        probabilities = self.calibrate(logits + self.prior).softmax(-1)
        gains = probabilities if self.costs is None else -(probabilities @ self.costs)
        return probabilities, gains.argmax(1)

    def calibrate(self, logits: Tensor) -> Tensor:
        """Calibrate log-odds (B,) or log-probabilities (B, C) by the model's calibration, if it has one.

        It gives what `evaluation.Calibration` gives, in the shape of the logits.
        """
        if self.kind == NONE:
            return logits
        if self.kind == "temperature":
            return limit_log_odds(logits, self.numbers[0][1:]) / self.numbers[0][0]
        if logits.ndim == 1:
            return calibrate_odds(self.kind, logits, self.numbers[0])
        classes = range(logits.shape[1])
        rest = [logits[:, [other for other in classes if other != c]].logsumexp(1) for c in classes]
        odds = [calibrate_odds(self.kind, logits[:, c] - rest[c], self.numbers[c]) for c in classes]
        scores = torch.stack(odds, dim=1).sigmoid()
        total = scores.sum(1, keepdim=True)
        return torch.where(total > 0, scores / total, torch.full_like(scores, 1 / len(classes))).log()


def limit_log_odds(odds: Tensor, limit: Tensor) -> Tensor:
    """Cut log-odds off at -limit and limit, (1,); an empty limit, (0,), changes nothing."""
    return odds.clamp(-limit[0], limit[0]) if len(limit) else odds


def calibrate_odds(kind: str, odds: Tensor, numbers: Tensor) -> Tensor:
    """Calibrate log-odds (B,) of one class by Platt's or isotonic calibration; return log-odds (B,).

    Args:
        kind: "platt"; any other text stands for isotonic calibration.
        odds: (B,).
        numbers: Slope, intercept and perhaps a limit, or the points of the isotonic curve: probabilities before, then
            those after, and perhaps the slope within a step.
    """
    if kind == "platt":
        return numbers[0] * limit_log_odds(odds, numbers[2:]) + numbers[1]
    half = len(numbers) // 2
    before, after, slope = numbers[:half], numbers[half : 2 * half], numbers[2 * half :]
    within_a_step = slope[0] * odds if len(slope) else torch.zeros_like(odds)
    if len(before) == 1:
        return within_a_step + after.logit()
    probability = odds.sigmoid().clamp(before[0], before[-1])
    right = (probability.unsqueeze(1) > before).sum(1).clamp(1, len(before) - 1)
    low, high = before[right - 1], before[right]
    calibrated = after[right - 1] + (after[right] - after[right - 1]) * (probability - low) / (high - low)
    return calibrated.logit() + within_a_step
