"""Does the claim hold? MFE and MSFE against MSE, their control, and existing losses, in the report's nine cases."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from findings.forest import CAPTION, forest
from findings.paired import F1, ROC, TUNED, at, compared, mean_of
from findings.stored import Stored

STUDIES = ("claim", "claim_household")
WAYS = {"report": "at the report's settings", "tuned": "with a learning rate of its own for each training"}
SHOWN = (F1, TUNED, ROC)
COLLAPSED = 0.55  # a lower ROC-AUC says that a network learned next to nothing


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """ways: of each way to train, see `of_way`; top: by loss, the share of the trees' that kept the highest rate.

    rates, epochs: of the two studies, the rates that are tried, and the epochs of each way.
    """
    trees, household = (stored[study].frame for study in STUDIES)
    rates = [sorted(stored[study].study.recipes["tuned"]["tune_lr"]) for study in STUDIES]
    tuned = at(trees, recipe="tuned")
    return {
        "rates": rates,
        "epochs": [epochs(stored[study]) for study in STUDIES],
        "top": (tuned["tuned_lr"] == rates[0][-1]).groupby(tuned["loss"]).mean(),
        "collapsed": COLLAPSED,
        "losses": tuple(map(str, stored[STUDIES[0]].study.losses)),
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
        "collapsed": (trees[ROC] < COLLAPSED).groupby(trees["loss"]).mean(),
        "deviations": trees.groupby(["dataset", "level", "loss"])[F1].std().groupby("loss").mean(),
    }


def epochs(one: Stored) -> dict[str, list[int]]:
    """Of each way, those that losses are trained for."""
    return {way: sorted({row.run.recipe.epochs for row in one.rows if row.run.recipe_name == way}) for way in WAYS}


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    return {
        f"claim_{name}": (
            forest(way["by_level"], SHOWN),
            f"Differences to MSE on the trees, both sets together, at each level, {way['said']}: {CAPTION}",
        )
        for name, way in found["ways"].items()
    }
