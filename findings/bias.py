"""The bias and the noise of losses on mini-batches, measured on networks in training.

python -m findings.bias STUDY --data-dir PATH [--results results]

Trains networks with MSFE, plainly, as the study of that folder does, for several numbers of epochs. On the training set
of each, MSE, MFE and MSFE are computed whole and on batches; bias.csv in the folder of the study has a line each.
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
SEEDS = 5
PASSES = 200  # over the training set in batches of each size
EPOCHS = (1, 3, 10, 30, 100, 300)  # as far as the study has so many


def measured(study: Study, datasets: dict[str, Dataset], passes: int = PASSES) -> pd.DataFrame:
    """A line a network, batch size and loss.

    Columns: dataset, seed, epoch, batch, loss; whole, its value on the training set; mean and deviation over batches;
    cosine and length, of the mean gradient by the logits against the whole set's; without, the share of batches that
    have no positive.
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
    for epochs in [some for some in EPOCHS if some <= last]:
        runs = replace(plain, overrules={**plain.overrules, "epochs": epochs}).runs()
        for job in studies.cut_into_stacks(runs, datasets):
            for run, finished in zip(job.runs, train_together(job, datasets, "cpu", lambda _: None), strict=True):
                assert finished.model is not None
                train = train_part(run, datasets[dataset])
                logits = torch.from_numpy(finished.model.logits(train.inputs)).double()
                for size in (some for some in sizes if some < len(train)):
                    for found in on_batches(logits, torch.from_numpy(train.labels), size, passes, run.seed):
                        lines.append({"dataset": dataset, "seed": run.seed, "epoch": epochs, "batch": size} | found)
    return pd.DataFrame(lines)


def train_part(run: Run, dataset: Dataset) -> Samples:
    positive = dataset.with_positive(run.positive)
    return positive.draw(level=run.level, protocol=run.protocol, seed=run.seed).train


def on_batches(logits: Tensor, targets: Tensor, size: int, passes: int, seed: int) -> Iterator[dict[str, Any]]:
    """logits (N,), targets (N,). Batches without replacement, those that are cut short left out."""
    generator, number = make_generator(seed, "bias"), len(targets) // size
    orders = np.stack([generator.permutation(len(targets))[: number * size] for _ in range(passes)])
    batches = torch.from_numpy(orders.reshape(-1, size))
    counts = tuple(int((targets == label).sum()) for label in (0, 1))
    without = float((targets[batches] == 1).any(1).logical_not().double().mean())
    for name in LOSSES:
        loss = losses.get(name, counts=counts)
        whole, slope = value_and_slope(loss, logits, targets, torch.arange(len(targets))[None])
        values, mean_slope = value_and_slope(loss, logits, targets, batches)
        yield {
            "loss": name,
            "whole": float(whole),
            "mean": float(values.mean()),
            "deviation": float(values.std()),
            "cosine": float(torch.nn.functional.cosine_similarity(slope, mean_slope, dim=0)),
            "length": float(mean_slope.norm() / slope.norm()),
            "without": without,
        }


def value_and_slope(loss: Any, logits: Tensor, targets: Tensor, batches: Tensor) -> tuple[Tensor, Tensor]:
    """The loss of each batch (number, size), and the gradient of their mean by the logits (N,)."""
    at = logits.clone().requires_grad_()
    values = loss.stacked(at[batches], targets[batches])
    values.mean().backward()
    assert at.grad is not None
    return values.detach(), at.grad


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m findings.bias")
    parser.add_argument("study")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--results", type=Path, default=Path("results"))
    given = parser.parse_args()
    try:
        print(write(given.results / given.study, given.data_dir))
    except (OSError, ValueError) as error:
        parser.exit(2, f"findings.bias: {error}\n")


def write(folder: Path, data_dir: Path | None) -> Path:
    """bias.csv, beside the store of a study. Raises OSError and ValueError where there is none, or no data."""
    study = studies.read_study(folder)
    if not isinstance(study, Study):
        raise ValueError(f"{folder} is a study of a table, not of data sets by name")
    file = folder / FILE
    found = measured(study, data.load_data_sets(study.datasets, folder=data_dir))
    write_atomically(file, found.to_csv(index=False).encode())
    return file


if __name__ == "__main__":
    main()
