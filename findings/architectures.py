"""Does the network matter more than the loss? Each network against the perceptron, each loss against cross-entropy."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from findings.forest import CAPTION, forest
from findings.paired import F1, ROC, TUNED, compared, mean_of
from findings.stored import Stored
from imbaloss.atomic_write import make_file_name

STUDIES = ("architectures",)
SET, CELL = ["dataset"], ["dataset", "level"]


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """networks: each against the perceptron, over the losses; of_losses: each against cross-entropy, over the networks.

    both_at: both at each level; losses_on: the losses on each network alone; gains: what each loss gains there over
    cross-entropy, against what it gains on the perceptron.
    """
    frame, study = stored["architectures"].frame, stored["architectures"].study
    cells = frame.groupby(["dataset", "level", "network", "loss"], sort=False)
    return {
        "datasets": study.datasets,
        "levels": study.levels,
        "kinds": study.networks,
        "losses": tuple(map(str, study.losses)),
        "networks": compared(frame, "network", within=SET, against="mlp"),
        "of_losses": compared(frame, "loss", within=SET, against="ce"),
        "both_at": pd.concat([
            compared(frame, "network", within=CELL, against="mlp"), compared(frame, "loss", within=CELL, against="ce")
        ]),
        "losses_on": compared(frame, "loss", within=["dataset", "network"], against="ce"),
        "gains": compared(over(frame, "ce"), "network", within=["dataset", "loss"], against="mlp", scores=(ROC,)),
        "means": {key: mean_of(some, ROC) for key, some in cells},
    }  # fmt: skip


def over(frame: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Each training of another loss, its ROC-AUC less that of the baseline, all else the same."""
    keys = ["dataset", "level", "network", "seed"]
    of_baseline = frame[frame["loss"] == baseline].set_index(keys)[ROC].rename("baseline")
    others = frame[frame["loss"] != baseline].join(of_baseline, on=keys)
    return others.assign(**{ROC: others[ROC] - others["baseline"]})


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    lines = found["both_at"]
    return {
        make_file_name(f"architectures_{dataset}"): (
            forest(lines[lines["dataset"] == dataset], (ROC, TUNED, F1), dataset),
            f"{dataset}: each network less the perceptron, averaged over the losses, then each loss less "
            f"cross-entropy, averaged over the networks: {CAPTION}",
        )
        for dataset in found["datasets"]
    }
