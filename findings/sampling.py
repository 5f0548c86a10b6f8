"""Sampling against losses: each sampler with cross-entropy, each loss with the samples as they are, and both."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
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
    the highest mean; shown: images an epoch shows, of each sampler and level.
    """
    frame, study = stored["sampling"].frame, stored["sampling"].study
    plain = frame["sampler"] == NONE
    frame = frame.assign(method=frame["loss"].where(plain, frame["loss"] + " + " + frame["sampler"]))
    alone = frame[plain | (frame["loss"] == BASELINE)]
    names = [name for name in map(str, study.samplers) if name != NONE]
    samplers = [f"{BASELINE} + {name}" for name in names]
    losses = [name for name in map(str, study.losses) if name != BASELINE]
    means = {score: alone.groupby("method")[score].mean() for score in SCORES}
    return {
        "names": names,
        "samplers": samplers,
        "losses": losses,
        "lines": compared(alone, "method", against=BASELINE),
        "by_level": compared(alone, "method", within=["level"], against=BASELINE),
        "all_pairs": compared(alone, "method"),
        "added": compared(frame[frame["loss"] != BASELINE], "sampler", within=["loss"], against=NONE),
        "levels": sorted(study.levels, reverse=True),
        "shown": shown(frame),
        "best": {score: (one[samplers].idxmax(), one[losses].idxmax()) for score, one in means.items()},
    }


def shown(frame: pd.DataFrame) -> dict[str, dict[Hashable, float]]:
    train, resampled = (frame[f"{part}_negatives"] + frame[f"{part}_positives"] for part in ("train", "resampled"))
    images = resampled.where(frame["sampler"] != NONE, train)
    means = frame.assign(images=images).groupby(["sampler", "level"], sort=False)["images"].mean().unstack("level")
    return {str(name): row.to_dict() for name, row in means.iterrows()}


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    caption = (
        "Samplers with cross-entropy, and losses with the samples as they are, less plain cross-entropy, at each "
        f"level: {CAPTION}"
    )
    return {"sampling": (forest(found["by_level"], SCORES), caption)}
