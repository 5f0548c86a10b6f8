"""Does the network matter more than the loss? Each network against the perceptron, each loss against cross-entropy."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from findings.forest import CAPTION, plot_comparisons
from findings.paired import F1, ROC, TUNED, average_over_seeds, compare_entries
from findings.stored import Stored
from imbaloss.atomic_write import make_file_name

STUDIES = ("architectures",)
SET, CELL = ["dataset"], ["dataset", "level"]


def compute_facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """Compute what the page says.

    Returns:
        Among others `networks`, each network against the perceptron over the losses; `of_losses`, each loss against
        cross-entropy over the networks; `both_at`, both at each level; `losses_on`, the losses on each network alone;
        and `gains`, the gain of each loss over cross-entropy on a network, against its gain on the perceptron.
    """
    frame, study = stored["architectures"].frame, stored["architectures"].study
    cells = frame.groupby(["dataset", "level", "network", "loss"], sort=False)
    return {
        "datasets": study.datasets,
        "levels": study.levels,
        "kinds": study.networks,
        "losses": tuple(map(str, study.losses)),
        "networks": compare_entries(frame, "network", within=SET, against="mlp"),
        "of_losses": compare_entries(frame, "loss", within=SET, against="ce"),
        "both_at": pd.concat([
            compare_entries(frame, "network", within=CELL, against="mlp"),
            compare_entries(frame, "loss", within=CELL, against="ce"),
        ]),
        "losses_on": compare_entries(frame, "loss", within=["dataset", "network"], against="ce"),
        "gains": compare_entries(
            subtract_baseline(frame, "ce"), "network", within=["dataset", "loss"], against="mlp", scores=(ROC,)
        ),
        "means": {key: average_over_seeds(cell, ROC) for key, cell in cells},
    }  # fmt: skip


def subtract_baseline(frame: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Return the trainings of the other losses, with the ROC-AUC of the baseline subtracted from their own.

    The baseline is the training on the same data set, level, network and seed.
    """
    keys = ["dataset", "level", "network", "seed"]
    of_baseline = frame[frame["loss"] == baseline].set_index(keys)[ROC].rename("baseline")
    others = frame[frame["loss"] != baseline].join(of_baseline, on=keys)
    return others.assign(**{ROC: others[ROC] - others["baseline"]})


def plot_figures(_: Mapping[str, Stored], facts: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    """Plot the figures of the page: by file name, each with its caption."""
    lines = facts["both_at"]
    return {
        make_file_name(f"architectures_{dataset}"): (
            plot_comparisons(lines[lines["dataset"] == dataset], (ROC, TUNED, F1), dataset),
            f"{dataset}: each network less the perceptron, averaged over the losses, then each loss less "
            f"cross-entropy, averaged over the networks: {CAPTION}",
        )
        for dataset in facts["datasets"]
    }
