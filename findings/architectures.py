"""Does the network matter more than the loss? Each network against the perceptron, each loss against cross-entropy."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from findings.paired import F1, LABELS, PRECISION, ROC, TUNED, compared, mean_of
from findings.stored import Stored
from imbaloss.report import figures as drawn

STUDIES = ("architectures",)
SCORES = (ROC, PRECISION, TUNED, F1)
SET = ["dataset"]
CELL = ["dataset", "level"]


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """networks: each against the perceptron, over the losses; losses: each against cross-entropy, over the networks."""
    frame, study = stored["architectures"].frame, stored["architectures"].study
    return {
        "labels": LABELS,
        "datasets": study.datasets,
        "levels": study.levels,
        "kinds": study.networks,
        "losses": study.losses,
        "networks": compared(frame, "network", within=SET, against="mlp", scores=SCORES),
        "of_losses": compared(frame, "loss", within=SET, against="ce", scores=SCORES),
        "networks_at": compared(frame, "network", within=CELL, against="mlp", scores=SCORES),
        "losses_at": compared(frame, "loss", within=CELL, against="ce", scores=SCORES),
        "losses_on": compared(frame, "loss", within=["dataset", "network"], against="ce", scores=SCORES),
        "means": {
            key: mean_of(some, ROC) for key, some in frame.groupby(["dataset", "level", "network", "loss"], sort=False)
        },
    }


def figures(stored: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    lines = pd.concat([found["networks_at"], found["losses_at"]])
    shown = lines[lines["score"].isin([LABELS[score] for score in (F1, TUNED, ROC)])]
    return {
        f"architectures_{dataset.replace('/', '_')}": (
            drawn.differences(shown[shown["setting"] == dataset]),
            f"{dataset}: each network less the perceptron, averaged over the losses, then each loss less cross-entropy, "
            "averaged over the networks: means over the seeds with 95 % intervals, filled where the test decides",
        )
        for dataset in found["datasets"]
    }
