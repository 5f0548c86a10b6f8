"""Does the claim hold? MFE and MSFE against MSE, their control, and existing losses, in the report's nine cases."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from findings.forest import CAPTION, forest
from findings.paired import F1, ROC, TUNED, compared, mean_of
from findings.stored import Stored

STUDIES = ("claim", "claim_household")
WAYS = {"report": "at the report's settings", "tuned": "with a learning rate of its own for each training"}
SHOWN = (F1, TUNED, ROC)


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """Of each way to train: all pairs over the tree cells, and at each level and on household those with MSE."""
    trees, household = (stored[study].frame for study in STUDIES)
    return {
        "losses": stored[STUDIES[0]].study.losses,
        "levels": stored[STUDIES[0]].study.levels,
        "ways": {
            way: {"said": said, **of_way(*(frame[frame["recipe"] == way] for frame in (trees, household)))}
            for way, said in WAYS.items()
        },
    }


def of_way(trees: pd.DataFrame, household: pd.DataFrame) -> dict[str, Any]:
    """trees, household: all pairs, or those with MSE; by_level, household_by_level: at each level, with MSE."""
    return {
        "trees": compared(trees, "loss"),
        "by_level": compared(trees, "loss", within=["level"], against="mse"),
        "household": compared(household, "loss", against="mse"),
        "household_by_level": compared(household, "loss", within=["level"], against="mse"),
        "means": {
            loss: [mean_of(some[some["loss"] == loss], score) for some in (trees, household) for score in SHOWN]
            for loss in trees["loss"].unique()
        },
        "deviations": trees.groupby(["dataset", "level", "loss"])[F1].std().groupby("loss").mean(),
    }


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    return {
        f"claim_{name}": (
            forest(way["by_level"], SHOWN),
            f"Differences to MSE on the trees, both sets together, at each level, {way['said']}: {CAPTION}",
        )
        for name, way in found["ways"].items()
    }
