"""XGBoost as a learner, and its fitted trees as the JSON that it writes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from imbaloss.boosting import Metric, Objective
from imbaloss.data import Samples, Split
from imbaloss.extras import describe_installation
from imbaloss.learners.boosted import PATIENCE, BoostedTrees, Options, TreesText, count_threads, read_names
from imbaloss.learners.estimator_model import Predictor
from imbaloss.losses import LossSpec
from imbaloss.training import Recipe, Setting
from imbaloss.training.recipe import require

Floats = NDArray[np.float64]
NUMBER, CATEGORY = "q", "c"  # XGBoost's names of the types of columns
LARGEST = float(np.finfo(np.float32).max)  # XGBoost computes in float32
NO_CHILD = -1
NAMES = read_names(
    """
n_estimators num_boost_round num_round
learning_rate eta
max_depth
max_leaves
min_child_weight
gamma min_split_loss
max_delta_step
subsample
colsample_bytree
colsample_bylevel
colsample_bynode
reg_lambda lambda
reg_alpha alpha
grow_policy
max_bin
max_cat_to_onehot
max_cat_threshold
scale_pos_weight
""",
    reserved="""
objective eval_metric num_class nthread n_jobs seed random_state device tree_method booster early_stopping_rounds
verbosity enable_categorical feature_types missing base_score validate_parameters
""",
)


@dataclass(frozen=True)
class XGBoostPredictor(TreesText):
    """Fitted boosted trees of XGBoost, as the JSON that XGBoost writes."""

    library: ClassVar[str] = "XGBoost"
    kind: ClassVar[str] = "xgboost"
    file: ClassVar[str] = "xgboost.json"

    @cached_property
    def booster(self) -> Any:
        """The trees, read from the text."""
        booster = import_module("xgboost").Booster()
        booster.load_model(bytearray(self.text.encode()))
        return booster

    def log_odds(self, rows: Floats) -> Floats:
        """Return the log-odds (N,) of class 1 for rows (N, D) of columns, NaN for missing values."""
        samples = Samples(rows, np.zeros(len(rows), np.int64))
        matrix = make_matrix(samples, self.booster.feature_types, count_threads(len(rows)))
        odds: Floats = self.booster.predict(matrix, output_margin=True).astype(np.float64)
        return odds

    def check(self) -> None:
        """Raise an exception if XGBoost could not have written the text, which it may not survive to read."""
        check_document(json.loads(self.text))

    @classmethod
    def parse(cls, path: Path, content: bytes, trusted: Sequence[str]) -> Self:
        """Read the trees as `TreesText.parse` does; raise ValueError too if XGBoost is not installed."""
        check_installed()
        return super().parse(path, content, trusted)


@dataclass(frozen=True)
class XGBoost(BoostedTrees):
    """Boosted trees of XGBoost. They are fitted in one thread each, since its sums depend on the number of threads."""

    name: ClassVar[str] = "xgboost"
    library: ClassVar[str] = "XGBoost"
    source: ClassVar[str] = "Chen and Guestrin 2016 (KDD); by XGBoost"
    names = NAMES
    rounds: ClassVar[str] = "n_estimators"
    ladder = tuple(
        Setting.of(learning_rate=rate, max_depth=depth, min_child_weight=fewest)
        for rate, depth, fewest in ((0.05, 6, 1), (0.05, 3, 1), (0.05, 4, 5), (0.05, 8, 20), (0.1, 6, 20), (0.03, 3, 5))
    )

    def check_loss(self, loss: LossSpec | None, recipe: Recipe) -> None:
        """Check that XGBoost is installed, then the parameters of the text; any recipe will do.

        Raises:
            ValueError: XGBoost is not installed, a parameter is unknown, set by imbaloss, or given by two names, or
                XGBoost refuses a value.
        """
        check_installed()
        super().check_loss(loss, recipe)

    def train(self, options: Options, split: Split, rounds: int, threads: int) -> Predictor:  # noqa: ARG002
        """Fit trees by XGBoost in one thread, and return those up to the lowest log-loss on the validation part.

        Raises the errors of XGBoost.

        Args:
            options: Parameters of XGBoost; the seed is among them.
            split: The split with inputs as rows (N, D).
            rounds: The largest number of trees.
            threads: Not used.
        """
        return grow({**options, "eval_metric": "logloss"}, split, rounds)

    def train_by(self, of_loss: Objective, options: Options, split: Split, rounds: int, threads: int) -> Predictor:  # noqa: ARG002
        """Fit trees by XGBoost to one of our losses and return those up to its lowest value on validation.

        The best constant, from which they start, is XGBoost's base_score. Raises the errors of XGBoost, and ValueError
        if there is no best constant.

        Args:
            of_loss: The objective of the loss.
            options: Parameters of XGBoost; the seed is among them.
            split: The split with inputs as rows (N, D).
            rounds: The largest number of trees.
            threads: Not used.
        """
        start = float(expit(of_loss.initial_score(split.train.labels, split.train.weights)))
        parameters = {**options, "base_score": start, "disable_default_eval_metric": True}
        return grow(
            parameters, split, rounds, obj=of_loss, custom_metric=Metric(of_loss.loss, from_probabilities=False)
        )


def grow(options: Options, split: Split, rounds: int, **of_loss: Any) -> XGBoostPredictor:
    """Fit trees in one thread, and return those up to the lowest metric on the validation part.

    Raises the errors of XGBoost.

    Args:
        options: Parameters of XGBoost.
        split: The split with inputs as rows (N, D).
        rounds: The largest number of trees.
        of_loss: Objective and metric of one of our losses, as `xgboost.train` takes them; nothing for the log-loss.
    """
    ours = {"objective": "binary:logistic", "tree_method": "hist", "verbosity": 0, "nthread": 1}
    columns = range(split.train.inputs.shape[1])
    types = [CATEGORY if column in split.categorical else NUMBER for column in columns]
    booster = import_module("xgboost").train(
        {**options, **ours},
        make_matrix(split.train, types, 1),
        rounds,
        evals=[(make_matrix(split.validation, types, 1), "validation")],
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
        **of_loss,
    )
    best = booster[: booster.best_iteration + 1]
    return XGBoostPredictor(bytes(best.save_raw("json")).decode())


def check_installed() -> None:
    """Raise ValueError if XGBoost is not installed, with the command that installs it."""
    if find_spec("xgboost") is None:
        raise ValueError(f"xgboost needs XGBoost: {describe_installation('xgboost')}")


def make_matrix(samples: Samples, types: Sequence[str], threads: int) -> Any:
    """Make XGBoost's matrix of samples; numbers beyond the range of float32 become its largest.

    Args:
        samples: The samples with inputs as rows (N, D), NaN for missing values.
        types: The type of each column, `NUMBER` or `CATEGORY`.
        threads: The number of threads that read the matrix.
    """
    return import_module("xgboost").DMatrix(
        np.clip(samples.inputs, -LARGEST, LARGEST),
        samples.labels,
        weight=samples.weights,
        feature_types=list(types),
        enable_categorical=True,
        nthread=threads,
    )


def check_document(document: Mapping[str, Any]) -> None:
    """Check a document of trees before XGBoost reads it, since XGBoost ends the process at some errors.

    Raises:
        ValueError: An entry has a value that XGBoost does not write for two classes.
        KeyError: An entry is missing.
        TypeError: An entry is of another type.
    """
    learner = document["learner"]
    booster, columns = learner["gradient_booster"], int(learner["learner_model_param"]["num_feature"])
    require(learner["objective"]["name"] == "binary:logistic", "the objective is another one")
    require(booster["name"] == "gbtree" and int(learner["learner_model_param"]["num_class"]) == 0, "it has no trees")
    types = learner["feature_types"]
    require(len(types) == columns and set(types) <= {NUMBER, CATEGORY}, "columns are missing")
    model = booster["model"]
    trees = model["trees"]
    require(int(model["gbtree_model_param"]["num_trees"]) == len(trees) > 0, "trees are missing")
    require(model["iteration_indptr"] == list(range(len(trees) + 1)), "trees are missing")
    require(model["tree_info"] == [0] * len(trees), "it has several classes")
    for tree in trees:
        check_tree(tree, columns)


def check_tree(tree: Mapping[str, Any], columns: int) -> None:
    """Check one tree: the lengths of its arrays, and where its nodes point. Raises as `check_document`.

    Args:
        tree: The entries by name.
        columns: The number of columns.
    """
    nodes = int(tree["tree_param"]["num_nodes"])
    children = (tree["left_children"], tree["right_children"])
    names = ("base_weights", "default_left", "loss_changes", "parents", "split_conditions", "split_type", "sum_hessian")
    arrays = [*children, tree["split_indices"], *(tree[name] for name in names)]
    require(all(len(array) == nodes > 0 for array in arrays), "nodes are missing")
    require(int(tree["tree_param"]["num_feature"]) == columns, "it has other columns")
    require(all(0 <= column < columns for column in tree["split_indices"]), "a column does not exist")
    require(
        all((left == NO_CHILD) == (right == NO_CHILD) for left, right in zip(*children, strict=True)), "half a node"
    )
    for side in children:  # a node is older than its children, so that a path has an end
        links = [(place, child) for place, child in enumerate(side) if child != NO_CHILD]
        require(all(place < child < nodes for place, child in links), "a path has no end")
    splits = [
        place for place, kind in enumerate(tree["split_type"]) if kind and tree["left_children"][place] != NO_CHILD
    ]
    require(tree["categories_nodes"] == splits, "categories are missing")
    sizes, start = tree["categories_sizes"], 0
    require(len(sizes) == len(tree["categories_segments"]) == len(splits), "categories are missing")
    for segment, size in zip(tree["categories_segments"], sizes, strict=True):
        require(segment == start and size >= 0, "categories are missing")
        start += size
    require(len(tree["categories"]) == start, "categories are missing")
    require(all(0 <= category < 2**24 for category in tree["categories"]), "a category does not exist")
