"""Does the claim hold? MFE and MSFE against MSE, their control and existing losses, in the 2023 study's nine cases."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from findings.forest import CAPTION, plot_comparisons
from findings.paired import F1, ROC, TUNED, average_over_seeds, compare_entries, select_lines
from findings.stored import Stored

STUDIES = ("claim", "claim_household")
WAYS = {"report": "at the 2023 study's settings", "tuned": "with a learning rate of its own for each training"}
SHOWN = (F1, TUNED, ROC)
COLLAPSED = 0.55  # below this ROC-AUC a network has learned next to nothing


def compute_facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """Compute what the page says.

    Returns:
        Among others `ways`, the facts of `compute_way` for each way to train; `top`, by loss, the share of trainings on
        the trees that chose the highest rate; `rates` and `epochs`, the rates that each study tries and its epochs.
    """
    trees, household = (stored[study].frame for study in STUDIES)
    rates = [sorted(stored[study].study.recipes["tuned"]["tune_lr"]) for study in STUDIES]
    tuned = select_lines(trees, recipe="tuned")
    return {
        "rates": rates,
        "epochs": [list_epochs(stored[study]) for study in STUDIES],
        "top": (tuned["tuned_lr"] == rates[0][-1]).groupby(tuned["loss"]).mean(),
        "collapsed": COLLAPSED,
        "losses": tuple(map(str, stored[STUDIES[0]].study.losses)),
        "levels": stored[STUDIES[0]].study.levels,
        "ways": {
            way: {"description": description}
            | compute_way(*(frame[frame["recipe"] == way] for frame in (trees, household)))
            for way, description in WAYS.items()
        },
    }


def compute_way(trees: pd.DataFrame, household: pd.DataFrame) -> dict[str, Any]:
    """Compare the losses that are trained in one way: all pairs on the trees, and each with MSE on household.

    `by_level` and `household_by_level` compare each loss with MSE at each level.
    """
    return {
        "trees": compare_entries(trees, "loss"),
        "by_level": compare_entries(trees, "loss", within=["level"], against="mse"),
        "household": compare_entries(household, "loss", against="mse"),
        "household_by_level": compare_entries(household, "loss", within=["level"], against="mse"),
        "means": {
            loss: [
                average_over_seeds(frame[frame["loss"] == loss], score)
                for frame in (trees, household)
                for score in SHOWN
            ]
            for loss in trees["loss"].unique()
        },
        "collapsed": (trees[ROC] < COLLAPSED).groupby(trees["loss"]).mean(),
        "deviations": trees.groupby(["dataset", "level", "loss"])[F1].std().groupby("loss").mean(),
    }


def list_epochs(stored: Stored) -> dict[str, list[int]]:
    """List the numbers of epochs of each way to train."""
    return {way: sorted({row.run.recipe.epochs for row in stored.rows if row.run.recipe_name == way}) for way in WAYS}


def plot_figures(_: Mapping[str, Stored], facts: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    """Plot the figures of the page: by file name, each with its caption."""
    return {
        f"claim_{name}": (
            plot_comparisons(way["by_level"], SHOWN),
            f"Differences to MSE on the trees, both sets together, at each level, {way['description']}: {CAPTION}",
        )
        for name, way in facts["ways"].items()
    }
