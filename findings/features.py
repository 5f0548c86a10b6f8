"""Do frozen features matter more than the loss? Each kind of input against the perceptron, each loss against ce."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from findings.forest import CAPTION, plot_comparisons
from findings.paired import PRECISION, ROC, average_over_seeds, compare_entries
from findings.stored import Stored
from imbaloss.atomic_write import make_file_name

STUDIES = ("features",)
SHOWN = (ROC, PRECISION)
PERCEPTRON, CNN, FROZEN = "perceptron", "cnn", "frozen"  # the recipes of the study


def compute_facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """Compute what the page says.

    Returns:
        Among others `inputs`, each recipe against the perceptron over losses and levels; `over_cnn`, the frozen
        features against the convolutional network; `of_losses`, each loss against cross-entropy over recipes and
        levels; `losses_on`, the losses with each recipe alone; `at_level`, each recipe against the perceptron at each
        level; and `means`, by data set, level, recipe and loss, with scores as keys.
    """
    frame, study = stored["features"].frame, stored["features"].study
    cells = frame.groupby(["dataset", "level", "recipe", "loss"], sort=False)
    without_perceptron = frame[frame["recipe"] != PERCEPTRON]
    return {
        "datasets": study.datasets,
        "levels": study.levels,
        "recipes": tuple(study.recipes),
        "losses": tuple(map(str, study.losses)),
        "inputs": compare_entries(frame, "recipe", within=["dataset"], against=PERCEPTRON, scores=SHOWN),
        "over_cnn": compare_entries(without_perceptron, "recipe", within=["dataset"], against=CNN, scores=SHOWN),
        "of_losses": compare_entries(frame, "loss", within=["dataset"], against="ce", scores=SHOWN),
        "losses_on": compare_entries(frame, "loss", within=["dataset", "recipe"], against="ce", scores=SHOWN),
        "at_level": compare_entries(frame, "recipe", within=["dataset", "level"], against=PERCEPTRON, scores=SHOWN),
        "means": {key: {score: average_over_seeds(cell, score) for score in SHOWN} for key, cell in cells},
    }


def plot_figures(_: Mapping[str, Stored], facts: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    """Plot the figures of the page: by file name, each with its caption."""
    lines = pd.concat([facts["inputs"], facts["of_losses"]])
    return {
        make_file_name(f"features_{dataset}"): (
            plot_comparisons(lines[lines["dataset"] == dataset], SHOWN, dataset),
            f"{dataset}: the convolutional network and the frozen features less the perceptron, averaged over losses "
            f"and levels, then each loss less cross-entropy, averaged over the three inputs and levels: {CAPTION}",
        )
        for dataset in facts["datasets"]
    }
