"""LightGBM as a learner, and its fitted trees as the text that it writes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from imbaloss.boosting import Metric, Objective, keep_initial_score
from imbaloss.data import Samples, Split
from imbaloss.learners.boosted import PATIENCE, BoostedTrees, Options, TreesText, count_threads, read_names
from imbaloss.learners.estimator_model import Predictor
from imbaloss.learners.lightgbm_text import check_text, cut_text, name_objective
from imbaloss.training import Setting

Floats = NDArray[np.float64]
NAMES = read_names(
    """
num_iterations n_estimators num_iteration n_iter num_tree num_trees num_round num_rounds nrounds num_boost_round \
max_iter
learning_rate shrinkage_rate eta
num_leaves num_leaf max_leaves max_leaf max_leaf_nodes
max_depth
min_data_in_leaf min_data_per_leaf min_data min_child_samples min_samples_leaf
min_sum_hessian_in_leaf min_sum_hessian_per_leaf min_sum_hessian min_hessian min_child_weight
min_gain_to_split min_split_gain
bagging_fraction sub_row subsample bagging
pos_bagging_fraction pos_sub_row pos_subsample pos_bagging
neg_bagging_fraction neg_sub_row neg_subsample neg_bagging
bagging_freq subsample_freq
feature_fraction sub_feature colsample_bytree
feature_fraction_bynode sub_feature_bynode colsample_bynode
extra_trees extra_tree
data_sample_strategy
top_rate
other_rate
max_delta_step max_tree_output max_leaf_output
lambda_l1 reg_alpha l1_regularization
lambda_l2 reg_lambda lambda l2_regularization
path_smooth
min_data_per_group
max_cat_threshold
max_cat_to_onehot
cat_l2
cat_smooth
max_bin max_bins
min_data_in_bin
bin_construct_sample_cnt subsample_for_bin
enable_bundle is_enable_bundle bundle
use_missing
zero_as_missing
boost_from_average
scale_pos_weight
""",
    reserved="""
objective objective_type app application loss boosting boosting_type boost metric metrics metric_types
num_class num_classes num_threads num_thread nthread nthreads n_jobs seed random_seed random_state deterministic
force_row_wise force_col_wise early_stopping_round early_stopping_rounds early_stopping n_iter_no_change
verbosity verbose categorical_feature cat_feature categorical_column cat_column categorical_features device_type device
data train train_data train_data_file data_filename valid test valid_data valid_data_file test_data test_data_file
valid_filenames input_model model_input model_in output_model model_output model_out
""",
)

OURS = {
    "deterministic": True,
    "force_col_wise": True,  # by rows, sums would depend on the number of threads
    "verbosity": -1,
}


@dataclass(frozen=True)
class LightGBMPredictor(TreesText):
    """Fitted boosted trees of LightGBM, as the text that LightGBM writes, up to the last tree."""

    library: ClassVar[str] = "LightGBM"
    kind: ClassVar[str] = "lightgbm"
    file: ClassVar[str] = "lightgbm.txt"

    @cached_property
    def booster(self) -> Any:
        """The trees, read from the text."""
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    def log_odds(self, rows: Floats) -> Floats:
        """Return the log-odds (N,) of class 1 for rows (N, D) of columns, NaN for missing values."""
        odds: Floats = self.booster.predict(rows, raw_score=True, num_threads=count_threads(len(rows)))
        return odds

    def check(self) -> None:
        """Raise an exception if LightGBM could not have written the text, which it may not survive to read."""
        check_text(self.text)


@dataclass(frozen=True)
class LightGBM(BoostedTrees):
    """Boosted trees of LightGBM."""

    name: ClassVar[str] = "lightgbm"
    library: ClassVar[str] = "LightGBM"
    source: ClassVar[str] = "Ke et al. 2017 (NeurIPS); by LightGBM"
    names = NAMES
    rounds: ClassVar[str] = "num_iterations"
    ladder = tuple(
        Setting.of(learning_rate=rate, num_leaves=leaves, min_data_in_leaf=fewest)
        for rate, leaves, fewest in (
            (0.05, 31, 20),
            (0.05, 7, 20),
            (0.05, 15, 5),
            (0.05, 15, 100),
            (0.1, 31, 100),
            (0.03, 7, 5),
        )
    )

    def train(self, options: Options, split: Split, rounds: int, threads: int) -> Predictor:
        """Fit trees by LightGBM and return those up to the lowest log-loss on the validation part.

        Raises the errors of LightGBM.

        Args:
            options: Parameters of LightGBM; the seed is among them.
            split: The split with inputs as rows (N, D).
            rounds: The largest number of trees.
            threads: The number of threads; the trees do not depend on it.
        """
        import lightgbm

        ours = {"objective": "binary", "metric": "binary_logloss", **OURS, "num_threads": threads}
        train, validation = split.train, split.validation
        rows = lightgbm.Dataset(
            train.inputs, train.labels, weight=train.weights, categorical_feature=list(split.categorical)
        )
        validation_rows = rows.create_valid(validation.inputs, validation.labels, validation.weights)
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        booster = lightgbm.train({**options, **ours}, rows, rounds, valid_sets=[validation_rows], callbacks=[stop])
        text: str = booster.model_to_string(num_iteration=booster.best_iteration)
        return LightGBMPredictor(cut_text(text))

    def train_by(self, of_loss: Objective, options: Options, split: Split, rounds: int, threads: int) -> Predictor:
        """Fit trees by LightGBM to one of our losses and return those up to its lowest value on validation.

        The best constant, from which they start, is in the leaves of the first tree. If LightGBM finds no bins in any
        column, as in constant ones, there is one tree of one leaf, with that constant. Raises the errors of LightGBM,
        and ValueError if there is no best constant.

        Args:
            of_loss: The objective of the loss.
            options: Parameters of LightGBM; the seed is among them.
            split: The split with inputs as rows (N, D).
            rounds: The largest number of trees.
            threads: The number of threads; the trees do not depend on it.
        """
        import lightgbm

        start = of_loss.initial_score(split.train.labels, split.train.weights)
        parameters = {**options, **OURS, "metric": "none", "num_threads": threads}

        def make_rows(part: Samples, **reference: Any) -> Any:
            """Make LightGBM's data set of a part of the split, with the best constant as initial score."""
            return lightgbm.Dataset(
                part.inputs,
                part.labels,
                weight=part.weights,
                init_score=np.full(len(part), start),
                categorical_feature=list(split.categorical),
                params={**parameters, "objective": "none"},
                **reference,
            )

        rows = make_rows(split.train).construct()
        if not any(rows.feature_num_bin(column) for column in range(split.train.inputs.shape[1])):
            return make_constant(split, start)
        booster = lightgbm.train(
            {**parameters, "objective": of_loss},
            rows,
            rounds,
            valid_sets=[make_rows(split.validation, reference=rows)],
            feval=Metric(of_loss.loss, from_probabilities=False),
            callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
        )
        keep_initial_score(booster, start)
        text: str = booster.model_to_string(num_iteration=booster.best_iteration)
        return LightGBMPredictor(name_objective(cut_text(text)))


def make_constant(split: Split, log_odds: float) -> LightGBMPredictor:
    """Return a tree of one leaf with these log-odds, for a split (inputs as rows) whose columns LightGBM cannot use.

    LightGBM fits no trees to a loss of ours there.
    """
    import lightgbm

    rows = lightgbm.Dataset(split.train.inputs, split.train.labels, categorical_feature=list(split.categorical))
    booster = lightgbm.train({**OURS, "objective": "binary", "num_threads": 1}, rows, 1)
    booster.set_leaf_output(0, 0, log_odds)
    return LightGBMPredictor(cut_text(booster.model_to_string()))
