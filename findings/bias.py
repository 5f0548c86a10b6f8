"""The bias and the noise of losses on mini-batches, measured on networks in training.

python -m findings.bias STUDY --data-dir PATH [--results results]

The command trains networks with MSFE in the plain setting of the study, for several numbers of epochs. It computes MSE,
MFE and MSFE of each network on the whole training set and on batches, and writes bias.csv into the folder of the study.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from imbaloss import data, losses, studies
from imbaloss.atomic_write import write_atomically
from imbaloss.data import NO_SAMPLER, Dataset, Samples
from imbaloss.data.seeds import make_generator
from imbaloss.losses import LossSpec
from imbaloss.studies import Run, Study
from imbaloss.studies.execution import train_together

FILE = "bias.csv"
LOSSES = ("mse", "mfe", "msfe", "msfe_unbiased")
SEEDS = 5  # largest number of seeds of the study that are used
PASSES = 200  # passes over the training set in batches of each size
EPOCHS = (1, 3, 10, 30, 100, 300)  # those beyond the epochs of the study are left out


def measure_bias(study: Study, datasets: dict[str, Dataset], passes: int = PASSES) -> pd.DataFrame:
    """Measure bias and noise of losses on batches, on networks trained with MSFE.

    Args:
        study: The study, of which the first data set and the plain setting are used.
        datasets: The data sets by name.
        passes: The number of passes over the training set in batches of each size.

    Returns:
        A line for each network, batch size and loss. Its columns are dataset, seed, epoch, batch and loss; whole, the
        value on the training set; mean and deviation over batches; cosine and length of the mean gradient with respect
        to the logits, against that of the whole set; and without, the share of batches without a positive.
    """
    dataset = study.datasets[0]
    plain = replace(
        study,
        datasets=(dataset,),
        losses=(LossSpec("msfe"),),
        samplers=(NO_SAMPLER,),
        recipes={},
        seeds=study.seeds[:SEEDS],
    )
    last = plain.runs()[0].recipe.epochs
    sizes = sorted({run.recipe.train_batch for run in study.runs()})
    lines = []
    for epochs in [number for number in EPOCHS if number <= last]:
        runs = replace(plain, overrules={**plain.overrules, "epochs": epochs}).runs()
        for job in studies.cut_into_stacks(runs, datasets):
            for run, finished in zip(job.runs, train_together(job, datasets, "cpu", lambda _: None), strict=True):
                assert finished.model is not None
                train = draw_training_part(run, datasets[dataset])
                logits = torch.from_numpy(finished.model.logits(train.inputs)).double()
                for size in (size for size in sizes if size < len(train)):
                    for line in measure_batches(logits, torch.from_numpy(train.labels), size, passes, run.seed):
                        lines.append({"dataset": dataset, "seed": run.seed, "epoch": epochs, "batch": size} | line)
    return pd.DataFrame(lines)


def draw_training_part(run: Run, dataset: Dataset) -> Samples:
    """Draw the training part of a run."""
    positive = dataset.with_positive(run.positive)
    return positive.draw(level=run.level, protocol=run.protocol, seed=run.seed).train


def measure_batches(logits: Tensor, targets: Tensor, size: int, passes: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield a line for each loss, from batches that are drawn without replacement.

    Batches shorter than the others are left out.

    Args:
        logits: (N,).
        targets: (N,), 0 or 1.
        size: The batch size.
        passes: The number of passes over the samples.
        seed: The seed of the order of samples.
    """
    generator, number = make_generator(seed, "bias"), len(targets) // size
    orders = np.stack([generator.permutation(len(targets))[: number * size] for _ in range(passes)])
    batches = torch.from_numpy(orders.reshape(-1, size))
    counts = tuple(int((targets == label).sum()) for label in (0, 1))
    without = float((targets[batches] == 1).any(1).logical_not().double().mean())
    for name in LOSSES:
        loss = losses.get(name, counts=counts)
        whole, slope = compute_losses_and_gradient(loss, logits, targets, torch.arange(len(targets))[None])
        values, mean_slope = compute_losses_and_gradient(loss, logits, targets, batches)
        yield {
            "loss": name,
            "whole": float(whole),
            "mean": float(values.mean()),
            "deviation": float(values.std()),
            "cosine": float(torch.nn.functional.cosine_similarity(slope, mean_slope, dim=0)),
            "length": float(mean_slope.norm() / slope.norm()),
            "without": without,
        }


def compute_losses_and_gradient(loss: Any, logits: Tensor, targets: Tensor, batches: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of each batch, and the gradient of their mean with respect to the logits (N,).

    Args:
        loss: The loss.
        logits: (N,).
        targets: (N,).
        batches: (number, size), the places of the samples of each batch.
    """
    at = logits.clone().requires_grad_()
    values = loss.stacked(at[batches], targets[batches])
    values.mean().backward()
    assert at.grad is not None
    return values.detach(), at.grad


def main() -> None:
    """Write bias.csv of a study; end with code 2 if there is no such study or no data."""
    parser = argparse.ArgumentParser(prog="python -m findings.bias")
    parser.add_argument("study")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--results", type=Path, default=Path("results"))
    arguments = parser.parse_args()
    try:
        print(write_bias(arguments.results / arguments.study, arguments.data_dir))
    except (OSError, ValueError) as error:
        parser.exit(2, f"findings.bias: {error}\n")


def write_bias(folder: Path, data_dir: Path | None) -> Path:
    """Write bias.csv beside the store of a study, and return its path.

    Raises:
        OSError: The folder holds no study, or the data cannot be read.
        ValueError: The study is one of a table, or the data are not what they should be.
    """
    study = studies.read_study(folder)
    if not isinstance(study, Study):
        raise ValueError(f"{folder} is a study of a table, not of data sets by name")
    file = folder / FILE
    table = measure_bias(study, data.load_data_sets(study.datasets, folder=data_dir))
    write_atomically(file, table.to_csv(index=False).encode())
    return file


if __name__ == "__main__":
    main()
