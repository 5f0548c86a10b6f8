"""Sampling against losses: each sampler with cross-entropy, each loss with the samples as they are, and both together."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from findings.paired import F1, LABELS, PRECISION, ROC, TUNED, compared
from findings.stored import Stored
from imbaloss.data import NONE
from imbaloss.report import figures as drawn

STUDIES = ("sampling",)
SCORES = (F1, TUNED, ROC, PRECISION)
BASELINE = "ce"


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """alone: samplers with cross-entropy, and losses without a sampler; lines: these against plain cross-entropy."""
    frame, study = stored["sampling"].frame, stored["sampling"].study
    plain = frame["sampler"] == NONE
    frame = frame.assign(method=frame["loss"].where(plain, frame["loss"] + " + " + frame["sampler"]))
    alone = frame[plain | (frame["loss"] == BASELINE)]
    samplers = [f"{BASELINE} + {name}" for name in study.samplers if name != NONE]
    losses = [name for name in study.losses if name != BASELINE]
    means = {score: alone.groupby("method")[score].mean() for score in SCORES}
    return {
        "labels": LABELS,
        "samplers": samplers,
        "losses": losses,
        "names": [name for name in study.samplers if name != NONE],
        "lines": compared(alone, "method", against=BASELINE, scores=SCORES),
        "at": compared(alone, "method", within=["level"], against=BASELINE, scores=SCORES),
        "all_pairs": compared(alone, "method", scores=SCORES),
        "added": {
            loss: compared(frame[frame["loss"] == loss], "sampler", against=NONE, scores=SCORES) for loss in losses
        },
        "best": {score: (one[samplers].idxmax(), one[losses].idxmax()) for score, one in means.items()},
    }


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    lines = found["at"]
    caption = (
        "Samplers with cross-entropy, and losses with the samples as they are, less plain cross-entropy, at each level: "
        "means over the seeds with 95 % intervals, filled where the test decides"
    )
    return {"sampling": (drawn.differences(lines), caption)}
