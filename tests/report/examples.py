"""Rows as a study would leave them."""

import numpy as np

from imbaloss.data import SETS
from imbaloss.evaluation import scores
from imbaloss.studies import Row, Run
from imbaloss.training import Recipe

LOSSES = ("msfe", "focal:alpha=0.75", "wmse")


def rows(seeds: int = 2, datasets: tuple[str, ...] = ("tree_1", "tree_2")) -> list[Row]:
    """At level 0.05, with random probabilities in place of a trained network's."""
    found = []
    labels = np.repeat([0, 1], [90, 10])
    for place, dataset in enumerate(datasets):
        positive = SETS[dataset].positive if dataset in SETS else "a rare one"
        for seed in range(seeds):
            for loss in LOSSES:
                generator = np.random.default_rng([place, seed, *loss.encode()])
                test, reasons = scores(labels, generator.random(100))
                recipe = Recipe(epochs=6 if loss == "wmse" else 4)
                found.append(
                    Row(
                        run=Run(dataset, 0.05, "table1", positive, loss, recipe, seed),
                        classes=("a tree", positive),
                        counts={"train": (450, 50), "tune": (50, 5), "test": (90, 10)},
                        scores={"tune": test, "test": test, "tuned": {**test, "threshold": 0.5}},
                        undefined=dict.fromkeys(("tune", "test", "tuned"), reasons),
                        losses=tuple(np.linspace(0.5, generator.random() / 2, recipe.epochs).tolist()),
                        failure=None,
                        computed={"device": "cpu", "versions": {"imbaloss": "0"}},
                    )
                )
    return found
