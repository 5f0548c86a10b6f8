"""What convolutions are worth on real images."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from imbaloss import data
from imbaloss.losses import LossSpec
from imbaloss.statistics import t_interval
from imbaloss.training import Member, Recipe, train


@pytest.mark.slow
@pytest.mark.real_data
def test_a_convolutional_network_ranks_palms_and_oaks_better_than_a_perceptron(real_folder):
    """tree_2 at 20 %, six seeds, paired; the same recipe but for the network."""
    trees = data.load_data_sets(["tree_2"], folder=real_folder)["tree_2"]
    recipe = Recipe(scaling="standard", optimizer="adam", lr=0.002, epochs=60, flip=True, shift=4)
    areas = {}
    for network in ("mlp", "cnn"):
        splits = [trees.draw(level=0.2, protocol="table1", seed=seed) for seed in range(6)]
        members = [
            Member(split, LossSpec.parse("ce"), replace(recipe, network=network), seed)
            for seed, split in enumerate(splits)
        ]
        areas[network] = [
            roc_auc_score(member.split.test.labels, outcome.model.probabilities(member.split.test.inputs))
            for member, outcome in zip(members, train(members), strict=True)
        ]
    interval = t_interval(np.array(areas["cnn"]) - areas["mlp"])
    assert interval.low > 0.01, (interval, areas)
