"""The validation part of the training samples."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from imbaloss.data import Samples
from imbaloss.data.seeds import stream
from imbaloss.training.recipe import require


def split_validation(samples: Samples, classes: Sequence[Any], share: float, seed: int) -> tuple[Samples, Samples]:
    """Draw the validation part, class by class; return the samples to train on and the validation part.

    Both parts have a sample or more of each class. Raises ValueError where a class has one sample.
    """
    generator, train_rows, validation_rows = stream(seed, "validation"), [], []
    for label, name in enumerate(classes):
        rows = generator.permutation(np.flatnonzero(samples.labels == label))
        needs = "threshold, calibration or early stopping take a second one, to put aside"
        require(len(rows) > 1, f"class {name!r} has one sample; {needs}")
        size = int(np.clip(round(share * len(rows)), 1, len(rows) - 1))
        validation_rows.append(rows[:size])
        train_rows.append(rows[size:])
    return samples[np.sort(np.concatenate(train_rows))], samples[np.sort(np.concatenate(validation_rows))]
