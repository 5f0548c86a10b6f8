"""Sampling against losses: each sampler with cross-entropy, each loss with the samples as they are, and both."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from findings.forest import CAPTION, plot_comparisons
from findings.paired import SCORES, compare_entries
from findings.stored import Stored
from imbaloss.data import NONE

STUDIES = ("sampling",)
BASELINE = "ce"


def compute_facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """Compute what the page says.

    Returns:
        Among others `lines`, samplers with cross-entropy and losses without a sampler against plain cross-entropy;
        `all_pairs`, all pairs of these; `added`, what each sampler adds to each loss; `best`, by score, the sampler and
        the loss with the highest mean; `shown`, the number of images of an epoch by sampler and level.
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
        "lines": compare_entries(alone, "method", against=BASELINE),
        "by_level": compare_entries(alone, "method", within=["level"], against=BASELINE),
        "all_pairs": compare_entries(alone, "method"),
        "added": compare_entries(frame[frame["loss"] != BASELINE], "sampler", within=["loss"], against=NONE),
        "levels": sorted(study.levels, reverse=True),
        "shown": count_images(frame),
        "best": {score: (of_score[samplers].idxmax(), of_score[losses].idxmax()) for score, of_score in means.items()},
    }


def count_images(frame: pd.DataFrame) -> dict[str, dict[Hashable, float]]:
    """Count the images that an epoch shows, by sampler and level; without a sampler, those of the training part."""
    train, resampled = (frame[f"{part}_negatives"] + frame[f"{part}_positives"] for part in ("train", "resampled"))
    images = resampled.where(frame["sampler"] != NONE, train)
    means = frame.assign(images=images).groupby(["sampler", "level"], sort=False)["images"].mean().unstack("level")
    return {str(name): row.to_dict() for name, row in means.iterrows()}


def plot_figures(_: Mapping[str, Stored], facts: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    """Plot the figures of the page: by file name, each with its caption."""
    caption = (
        "Samplers with cross-entropy, and losses with the samples as they are, less plain cross-entropy, at each "
        f"level: {CAPTION}"
    )
    return {"sampling": (plot_comparisons(facts["by_level"], SCORES), caption)}
