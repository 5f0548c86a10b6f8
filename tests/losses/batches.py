"""Batches of logits and targets, and the losses that the laws are held against."""

import numpy as np
import pytest
import torch

from imbaloss import losses

COUNTS = (90, 10)
PAIRS = [f"{error}/{reduction}" for error in losses.ERRORS for reduction in losses.REDUCTIONS if reduction != "none"]
PARTS = [pair for pair in PAIRS if pair.startswith("squared/") or pair.endswith("/worst_class")]  # each part once
WITHOUT_TOTALS = {name for name in losses.names() if isinstance(losses.get(name, counts=COUNTS), losses.Ranking)}
WITHOUT_SOFT = WITHOUT_TOTALS | {"msfe_unbiased"}
REMEMBERS = {"mfe_adaptive"}  # earlier batches, unless told otherwise: squared/soft_worst_class in all else
NAMES = [name for name in losses.names() if name not in REMEMBERS]

every_loss = pytest.mark.parametrize("name", NAMES)
every_loss_and_pair = pytest.mark.parametrize("name", [*NAMES, *PAIRS])
every_loss_and_part = pytest.mark.parametrize("name", [*NAMES, *PARTS])
every_multi_class_loss = pytest.mark.parametrize("name", [name for name in NAMES if name != "asymmetric"])
NOT_RUNNING = WITHOUT_TOTALS | {"msfe_unbiased"}
every_running_loss = pytest.mark.parametrize("name", [name for name in [*NAMES, *PAIRS] if name not in NOT_RUNNING])
every_loss_of_totals = pytest.mark.parametrize(
    "name", [name for name in [*NAMES, *PAIRS] if name not in WITHOUT_TOTALS]
)


def binary(seed: int, samples: int = 37, positives: float = 0.3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = np.random.default_rng(seed)
    logits = torch.from_numpy(generator.normal(0, 4, samples))
    return logits, torch.from_numpy((generator.random(samples) < positives).astype(np.int64))


def many_classes(seed: int, classes: int, samples: int = 37) -> tuple[torch.Tensor, torch.Tensor]:
    generator = np.random.default_rng(seed)
    return torch.from_numpy(generator.normal(0, 4, (samples, classes))), torch.from_numpy(
        generator.integers(classes, size=samples)
    )


def soft_binary(seed: int, samples: int = 37) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and targets in [0, 1]; a third of the targets are 0 or 1."""
    logits, _ = binary(seed, samples)
    shares = np.random.default_rng([seed, 1]).random(samples)
    return logits, torch.from_numpy(np.where(np.arange(samples) % 3 == 0, shares.round(), shares))


def soft_classes(seed: int, classes: int, samples: int = 37) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and shares (samples, classes): a third of all classes, a third of two, a third of one."""
    logits, _ = many_classes(seed, classes, samples)
    generator = np.random.default_rng([seed, 1])
    shares = generator.dirichlet(np.ones(classes), samples)
    kept = np.array([classes, 2, 1])[np.arange(samples) % 3]
    shares[shares < np.sort(shares)[np.arange(samples), -kept][:, None]] = 0
    return logits, torch.from_numpy(shares / shares.sum(1, keepdims=True))


def of_many_classes(name: str, classes: int) -> tuple[torch.nn.Module, dict[str, object]]:
    """The loss, and what it was given."""
    given: dict[str, object] = {"counts": tuple(range(5, 5 + classes))}
    if name == "focal":  # alpha is for two classes
        given["class_weights"] = tuple(np.linspace(0.5, 2, classes))
    return losses.get(name, **given), given
