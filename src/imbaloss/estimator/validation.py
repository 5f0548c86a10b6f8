"""The validation part of the training samples."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from imbaloss.data import Samples
from imbaloss.data.seeds import make_generator
from imbaloss.training.recipe import require


def split_validation(samples: Samples, classes: Sequence[Any], share: float, seed: int) -> tuple[Samples, Samples]:
    """Draw the validation part, class by class; return the training part and the validation part.

    Each part has one sample or more of each class, and keeps the order of the samples.

    Args:
        samples: The samples of the fit.
        classes: The names of the classes, by label.
        share: The share of each class that goes into the validation part, above 0 and below 1.
        seed: Draws the validation part.

    Raises:
        ValueError: A class has only one sample.
    """
    generator, train_rows, validation_rows = make_generator(seed, "validation"), [], []
    for label, name in enumerate(classes):
        rows = generator.permutation(np.flatnonzero(samples.labels == label))
        needs = "threshold, calibration or early stopping take a second one, to put aside"
        require(len(rows) > 1, f"class {name!r} has one sample; {needs}")
        size = int(np.clip(round(share * len(rows)), 1, len(rows) - 1))
        validation_rows.append(rows[:size])
        train_rows.append(rows[size:])
    return samples[np.sort(np.concatenate(train_rows))], samples[np.sort(np.concatenate(validation_rows))]
