"""Sampling against losses: each sampler with cross-entropy, each loss with the samples as they are, and both."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from findings.forest import CAPTION, forest
from findings.paired import SCORES, compared
from findings.stored import Stored
from imbaloss.data import NONE

STUDIES = ("sampling",)
BASELINE = "ce"


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """lines: samplers with cross-entropy, and losses without a sampler, against plain cross-entropy.

    all_pairs: of these; added: what each sampler adds to each loss; best: of each score, the sampler and the loss with
    the highest mean.
    """
    frame, study = stored["sampling"].frame, stored["sampling"].study
    plain = frame["sampler"] == NONE
    frame = frame.assign(method=frame["loss"].where(plain, frame["loss"] + " + " + frame["sampler"]))
    alone = frame[plain | (frame["loss"] == BASELINE)]
    names = [name for name in study.samplers if name != NONE]
    samplers = [f"{BASELINE} + {name}" for name in names]
    losses = [name for name in study.losses if name != BASELINE]
    means = {score: alone.groupby("method")[score].mean() for score in SCORES}
    return {
        "names": names,
        "samplers": samplers,
        "losses": losses,
        "lines": compared(alone, "method", against=BASELINE),
        "by_level": compared(alone, "method", within=["level"], against=BASELINE),
        "all_pairs": compared(alone, "method"),
        "added": compared(frame[frame["loss"] != BASELINE], "sampler", within=["loss"], against=NONE),
        "best": {score: (one[samplers].idxmax(), one[losses].idxmax()) for score, one in means.items()},
    }


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    caption = (
        "Samplers with cross-entropy, and losses with the samples as they are, less plain cross-entropy, at each "
        f"level: {CAPTION}"
    )
    return {"sampling": (forest(found["by_level"], SCORES), caption)}
