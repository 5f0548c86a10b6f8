"""The initial score of boosted trees of LightGBM, kept where a saved model has it: in the leaves of the first tree."""

from typing import Any


def keep_initial_score(booster: Any, score: float) -> None:
    """Add an initial score to the first tree of a booster of LightGBM, in place, so that its predictions include it.

    LightGBM itself does so with the average that it starts from; it forgets the `init_score` of a data set. Call it
    once, after the training: a second call adds the score again.

    Args:
        booster: The booster, with at least one tree.
        score: The log-odds that were the `init_score` of every training row.

    Raises:
        ValueError: The trees are linear (LightGBM's `linear_tree`): a booster cannot change the constants in them.
    """
    if "\nis_linear=1\n" in booster.model_to_string(num_iteration=1):
        raise ValueError("keep_initial_score cannot change linear trees: add the score to each prediction instead")
    [tree] = booster.dump_model(num_iteration=1)["tree_info"]
    for leaf in range(tree["num_leaves"]):
        booster.set_leaf_output(0, leaf, booster.get_leaf_output(0, leaf) + score)
