"""Boosted trees of LightGBM and XGBoost: what they promise for any table, any threads and any text of parameters."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import lightgbm
import numpy as np
import pytest
import torch
import xgboost
from scipy.special import expit
from sklearn.metrics import log_loss

from imbaloss import boosting
from imbaloss.data import Samples, Split
from imbaloss.extras import describe_installation
from imbaloss.learners import LightGBM, Method, XGBoost, model_files
from imbaloss.learners.boosted import BoostedTrees
from imbaloss.learners.boosted_lightgbm import NAMES, LightGBMPredictor
from imbaloss.learners.boosted_xgboost import NAMES as NAMES_OF_XGBOOST
from imbaloss.learners.estimator_model import EstimatorModel
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Recipe, Setting, plan_training

KINDS = (LightGBM, XGBoost)
RECIPE = Recipe(hidden=(), epochs=1)
ROWS = 900
GENERATOR = np.random.default_rng(0)
CATEGORY = 2  # the column of categories
every_kind = pytest.mark.parametrize("kind", KINDS)
every_loss = pytest.mark.parametrize("loss", ["ce", "msfe"])


def table(rows: int = ROWS) -> Samples:
    """Numbers, a category of 12 values, missing values and a constant column, which say something of the labels."""
    generator = np.random.default_rng(rows)
    inputs = generator.standard_normal((rows, 5))
    inputs[:, CATEGORY], inputs[:, 4] = generator.integers(0, 12, rows), 7
    odds = inputs[:, 0] + inputs[:, 1] * 2 + (inputs[:, CATEGORY] % 3 == 1)
    labels = (odds + generator.standard_normal(rows) > 2).astype(np.int64)
    inputs[generator.random((rows, 5)) < 0.05] = np.nan
    return Samples(inputs, labels)


def split_of(samples: Samples, categorical: tuple[int, ...] = (CATEGORY,)) -> Split:
    """Two thirds of the samples are train, the others validation and test."""
    first = np.arange(len(samples)) < len(samples) * 2 // 3
    train, others = (samples[rows] for rows in (first, ~first))
    return Split(train, others, others, categorical)


SPLIT = split_of(table())
TRAIN_ALONE = replace(SPLIT, validation=SPLIT.train)


def fit(
    learner: BoostedTrees, split: Split = SPLIT, settings: int = 1, threads: int = 1, loss: str = "ce"
) -> list[EstimatorModel]:
    plan = plan_training(RECIPE, len(split.train), split.train.inputs.shape[1:], "cpu", stack_size=None)
    tried = learner.list_settings()[:settings]
    members = [Member(split, LossSpec.parse(loss), RECIPE, 7, setting=setting) for setting in tried]
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        outcomes = learner.fit(members, device="cpu", plan=plan, on_epoch=lambda _: None)
    finally:
        torch.set_num_threads(before)
    assert [outcome.failure for outcome in outcomes] == [None] * len(outcomes)
    return [outcome.model for outcome in outcomes]


def learner_of(text: str) -> BoostedTrees:
    learner = Method.parse(text).learner
    assert isinstance(learner, BoostedTrees)
    return learner


def test_names_are_those_of_the_libraries():
    known = lightgbm.basic._ConfigAliases
    names = {name: known.get(name) for name in set(NAMES.aliases.values())}
    assert {alias: name for name, aliases in names.items() for alias in aliases} == dict(NAMES.aliases)
    assert all(len(known.get(name)) > 1 or name in str(known.get(name)) for name in NAMES.reserved)
    assert not NAMES.reserved & set(NAMES.aliases)
    booster = xgboost.train({"tree_method": "hist", "verbosity": 0}, xgboost.DMatrix(np.eye(2), [0, 1]), 1)
    config = booster.save_config()
    rounds = {"n_estimators", "num_boost_round", "num_round"}
    assert all(f'"{name}":' in config for name in set(NAMES_OF_XGBOOST.aliases) - rounds)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("lightgbm:min_child_samples=7", {"learning_rate", "num_leaves"}),
        ("lightgbm:eta=0.2,max_leaves=9,min_data=3", set()),
        ("lightgbm:max_bin=63", {"learning_rate", "num_leaves", "min_data_in_leaf"}),
        ("xgboost:eta=0.2", {"max_depth", "min_child_weight"}),
        ("xgboost:max_depth=2,min_child_weight=1,learning_rate=0.1", set()),
    ],
)
def test_no_setting_varies_a_parameter_that_the_text_fixes_by_any_of_its_names(text, names):
    settings = learner_of(text).list_settings()
    assert {name for setting in settings for name in setting.to_dict()} == names
    assert len(set(settings)) == len(settings) <= 6
    assert names or settings == (Setting(),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "lightgbm:num_leafs=3",
            r"lightgbm takes no parameter 'num_leafs' \(did you mean 'num_leaf'\?\); it takes num_",
        ),
        ("lightgbm:n_jobs=3", "lightgbm: imbaloss sets n_jobs itself: leave it out"),
        ("lightgbm:boosting=dart", "lightgbm: imbaloss sets boosting itself: leave it out"),
        ("lightgbm:output_model=x", "lightgbm: imbaloss sets output_model itself: leave it out"),
        ("lightgbm:eta=0.1,learning_rate=0.2", ".*: eta and learning_rate are one parameter: give it once"),
        (
            "lightgbm:num_leaves=1",
            r"lightgbm:num_leaves=1: LightGBM refuses this: Check failed: \(num_leaves\) > \(1\)",
        ),
        ("lightgbm:max_depth=2.5", ".*LightGBM refuses this: Parameter max_depth should be of type int, got .*"),
        ("lightgbm:n_estimators=0", ".*: num_iterations must be a whole number of 1 or more, found 0"),
        ("lightgbm:n_estimators=true", ".*: num_iterations must be a whole number of 1 or more, found True"),
        ("xgboost:max_dept=3", r"xgboost takes no parameter 'max_dept' \(did you mean 'max_depth'\?\); it takes n_est"),
        ("xgboost:nthread=3", "xgboost: imbaloss sets nthread itself: leave it out"),
        ("xgboost:gamma=0,min_split_loss=1", ".*: gamma and min_split_loss are one parameter: give it once"),
        ("xgboost:max_depth=abc", ".*XGBoost refuses this: Invalid Parameter format for max_depth expect int .*"),
        ("xgboost:n_estimators=many", ".*: n_estimators must be a whole number of 1 or more, found many"),
    ],
)
def test_what_a_library_does_not_take_is_told_in_a_line_and_nothing_else_is_written(text, sentence, capfd):
    with pytest.raises(ValueError, match=f"^{sentence}") as error:
        learner_of(text).check_loss(None, RECIPE)
    assert "\n" not in str(error.value)
    assert "workspace" not in str(error.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "lightgbm",
        "xgboost",
        "lightgbm:bagging_fraction=0.5,bagging_freq=1,lambda=1,max_depth=none,extra_trees=true",
        "xgboost:grow_policy=lossguide,max_leaves=7,max_depth=0,subsample=0.5,gamma=1,scale_pos_weight=3",
    ],
)
def test_what_a_library_takes_is_fitted(text, capfd):
    learner = learner_of(text)
    learner.check_loss(None, RECIPE)
    [model] = fit(learner)
    assert np.isfinite(model.logits(SPLIT.test.inputs)).all()
    assert capfd.readouterr() == ("", "")


def test_without_xgboost_a_line_says_what_to_install(monkeypatch, tmp_path):
    [model] = fit(XGBoost())
    saved = model_files.save(model, tmp_path)
    monkeypatch.setattr("imbaloss.learners.boosted_xgboost.find_spec", lambda _: None)
    sentence = re.escape(f"xgboost needs XGBoost: {describe_installation('xgboost')}")
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        XGBoost().check_loss(None, RECIPE)
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        model_files.load(tmp_path, saved.reference, saved.checksums)


def test_trees_are_those_up_to_the_lowest_log_loss_on_validation():
    """As an own loop over LightGBM and XGBoost finds them."""
    train, validation = SPLIT.train, SPLIT.validation
    rows = lightgbm.Dataset(train.inputs, train.labels, categorical_feature=[CATEGORY])
    trees = lightgbm.train(
        {"learning_rate": 0.05, "num_leaves": 31, "objective": "binary", "verbose": -1, "force_col_wise": True},
        rows,
        300,
    )
    losses = [log_loss(validation.labels, trees.predict(validation.inputs, num_iteration=n)) for n in range(1, 300)]
    [model] = fit(LightGBM())
    assert model.predictor.booster.num_trees() == np.argmin(losses) + 1
    expected = trees.predict(validation.inputs, num_iteration=int(np.argmin(losses)) + 1)
    np.testing.assert_allclose(model.probabilities(validation.inputs), expected, rtol=1e-9)

    types = ["c" if column == CATEGORY else "q" for column in range(5)]
    matrices = [
        xgboost.DMatrix(part.inputs, part.labels, feature_types=types, enable_categorical=True)
        for part in (train, validation)
    ]
    options = {"eta": 0.05, "max_depth": 6, "min_child_weight": 1, "objective": "binary:logistic", "nthread": 1}
    booster = xgboost.train(options, matrices[0], 300)
    found = [booster.predict(matrices[1], iteration_range=(0, n)) for n in range(1, 300)]
    losses = [log_loss(validation.labels, each.astype(np.float64)) for each in found]
    [model] = fit(XGBoost())
    assert model.predictor.booster.num_boosted_rounds() == np.argmin(losses) + 1
    np.testing.assert_allclose(model.probabilities(validation.inputs), found[np.argmin(losses)], rtol=1e-5)


@every_kind
def test_the_number_of_trees_is_limited_as_the_text_says(kind):
    [model] = fit(kind((("n_estimators", 3),)))
    trees = model.predictor.booster.trees_to_dataframe() if kind is XGBoost else None
    assert (model.predictor.booster.num_trees() if trees is None else trees["Tree"].nunique()) == 3


def test_bins_reach_the_rows_that_lightgbm_sorts():
    def thresholds(text: str) -> int:
        [model] = fit(learner_of(text))
        frame = model.predictor.booster.trees_to_dataframe()
        return int(frame[frame["split_feature"] == "Column_0"]["threshold"].nunique())

    assert thresholds("lightgbm:max_bin=4") <= 4 < thresholds("lightgbm")


@every_kind
def test_weights_of_positives_count_where_the_fit_stops(kind):
    """Without them on validation, the log-loss would rise from the first tree on."""
    [model] = fit(kind((("scale_pos_weight", 9),)))
    [plain] = fit(kind())
    rows, labels = SPLIT.test.inputs, SPLIT.test.labels
    assert model.probabilities(rows).mean() > plain.probabilities(rows).mean() + 0.05
    assert model.probabilities(rows)[labels == 1].mean() > 0.7


@every_loss
@every_kind
def test_the_trees_do_not_depend_on_the_number_of_threads(kind, loss):
    """Weights of all magnitudes make sums depend on their order."""
    samples = table(6000)
    weights = np.exp(np.random.default_rng(1).normal(size=6000) * 6)
    split = split_of(replace(samples, weights=weights))
    learner = kind((("n_estimators", 8),))
    texts = {fit(learner, split, 1, threads, loss)[0].predictor.text for threads in (1, 2, 3)}
    assert len(texts) == 1
    assert [model.predictor.text for model in fit(learner, split, 3, 1, loss)] == [
        model.predictor.text for model in fit(learner, split, 3, 2, loss)
    ]


@pytest.mark.parametrize(("kind", "loss"), [(LightGBM, "ce"), (LightGBM, "msfe"), (XGBoost, "msfe")])
def test_saved_trees_predict_the_same_bits_in_a_fresh_process(kind, loss, tmp_path):
    samples = table(12_000)  # enough for several threads
    [model] = fit(kind((("n_estimators", 20),)), loss=loss)
    saved = model_files.save(model, tmp_path)
    np.save(tmp_path / "inputs.npy", samples.inputs)
    code = (
        "import sys, pathlib, numpy, torch\n"
        "from imbaloss.learners import model_files\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        f"model = model_files.load(folder, {saved.reference!r}, {saved.checksums!r})\n"
        "for threads in (1, 2):\n"
        "    torch.set_num_threads(threads)\n"
        "    sys.stdout.buffer.write(model.logits(numpy.load(folder / 'inputs.npy')).tobytes())\n"
    )
    told = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)
    assert told.stdout == 2 * model.logits(samples.inputs).tobytes()
    assert told.stderr == b""


def tables() -> dict[str, Split]:
    """Return splits of hard tables by what they are."""
    generator, rows = np.random.default_rng(0), 300
    labels = (generator.random(rows) < 0.2).astype(np.int64)
    labels[-2:] = 1
    few = np.where(np.arange(rows) < 200, labels, 0)
    few[-2:] = 1
    numbers = generator.standard_normal((rows, 3))
    infinite = numbers.copy()
    infinite[::7], infinite[1::7], infinite[2::7] = np.inf, -np.inf, 1e300
    codes = generator.integers(0, 5, (rows, 1)).astype(np.float64)
    unseen = np.where(np.arange(rows)[:, None] < 200, codes, 9.0)
    inputs: dict[str, tuple[np.ndarray, np.ndarray, tuple[int, ...]]] = {
        "constant columns": (np.ones((rows, 3)), labels, ()),
        "a single column": (numbers[:, :1], labels, ()),
        "missing values alone": (np.full((rows, 2), np.nan), labels, (1,)),
        "infinite and huge values": (infinite, labels, ()),
        "two positives on validation": (numbers, few, ()),
        "one positive in training": (numbers, np.eye(1, rows, 3, np.int64)[0] | (np.arange(rows) == 299), ()),
        "repeated rows": (np.repeat(numbers[:3], 100, axis=0), labels, ()),
        "a category that is new on validation": (unseen, labels, (0,)),
        "300 categories": (np.c_[numbers, generator.integers(0, 300, rows)], labels, (3,)),
        "few rows": (numbers[:9], np.arange(9) % 2, ()),
        "many columns": (generator.standard_normal((60, 500)), labels[-60:], ()),
        "images": (numbers.reshape(rows, 1, 3, 1).astype(np.float32), labels, ()),
    }
    return {name: split_of(Samples(x, y), categorical) for name, (x, y, categorical) in inputs.items()}


@every_loss
@every_kind
@pytest.mark.parametrize("name", tables())
def test_any_table_is_fitted_and_nothing_is_written(kind, loss, name, capfd, tmp_path):
    split = tables()[name]
    for model in fit(kind((("n_estimators", 60),)), split, settings=3, loss=loss):
        logits = model.logits(split.test.inputs)
        assert np.isfinite(logits).all()
        assert model.logits(split.test.inputs[:0]).shape == (0,)
        saved = model_files.save(model, tmp_path)
        assert np.array_equal(
            model_files.load(tmp_path, saved.reference, saved.checksums).logits(split.test.inputs), logits
        )
    assert capfd.readouterr() == ("", "")


def test_an_error_of_a_library_is_a_sentence():
    split = replace(SPLIT, train=replace(SPLIT.train, weights=np.zeros(len(SPLIT.train))))
    plan = plan_training(RECIPE, len(split.train), (5,), "cpu", stack_size=None)
    member = Member(split, LossSpec("ce"), RECIPE, 7)
    [outcome] = XGBoost().fit([member], device="cpu", plan=plan, on_epoch=lambda _: None)
    assert outcome.model is None
    assert outcome.failure is not None
    assert re.fullmatch(r"xgboost could not be fitted: Check failed: .*base_score.*", outcome.failure)
    assert "bt" not in outcome.failure


@every_kind
@pytest.mark.parametrize("loss", ["ce", "msfe"])
def test_an_error_of_our_own_code_is_not_told_as_one_of_the_library(kind, loss, monkeypatch):
    def fail(*arguments: object, **options: object) -> None:  # noqa: ARG001
        """Raise what a mistake in our code raises."""
        raise TypeError("a mistake")

    monkeypatch.setattr(kind, "train", fail)
    monkeypatch.setattr(kind, "train_by", fail)
    of_loss = None if loss == "ce" else boosting.objective(loss)
    with pytest.raises(TypeError, match=r"^a mistake$"):
        kind().boost({}, SPLIT, 0, 1, of_loss)


def test_lightgbm_tells_seconds_apart():
    """Dates are seconds or days in float64, of which float32 keeps two minutes."""
    seconds = 1.7e9 + np.arange(ROWS, dtype=np.float64)
    labels = (np.arange(ROWS) // 15) % 2
    order = np.random.default_rng(0).permutation(ROWS)
    split = split_of(Samples(seconds[order, None], labels[order]), ())
    model = fit(LightGBM((("max_bin", 900), ("min_data_in_bin", 1))), split, settings=3)[2]
    assert log_loss(split.test.labels, model.probabilities(split.test.inputs)) < 0.3


def test_rare_categories_of_many_are_one_for_lightgbm():
    """It keeps as many as it has bins; a category beyond them has the prediction of a missing one."""
    generator = np.random.default_rng(0)
    codes = np.where(generator.random(4000) < 0.9, generator.integers(0, 20, 4000), generator.integers(20, 300, 4000))
    labels = ((codes % 4 == 0) & (generator.random(4000) < 0.8)).astype(np.int64)
    split = split_of(Samples(codes[:, None].astype(np.float64), labels), (0,))
    [model] = fit(LightGBM((("max_bin", 30),)), split)
    common, rare, missing = (model.logits(np.array(x)[:, None]) for x in ([0.0, 1.0], [250.0, 299.0], [np.nan]))
    assert common[0] > 0.5 > -1 > common[1]
    assert set(rare) == set(missing)


CODE = """
import random, sys
from pathlib import Path
from imbaloss.learners.boosted_lightgbm import LightGBMPredictor
from imbaloss.learners.boosted_xgboost import XGBoostPredictor
import numpy as np
file = Path(sys.argv[1])
kind = {each.file: each for each in (LightGBMPredictor, XGBoostPredictor)}[file.name]
whole, rows = file.read_bytes(), np.random.default_rng(0).standard_normal((50, 5))
digits = [place for place, byte in enumerate(whole) if chr(byte).isdecimal()]
refused = 0
for seed in range(400):
    generator, changed = random.Random(seed), bytearray(whole)
    place = generator.randrange(len(changed))
    match seed % 5:
        case 0: changed[place] ^= 1 << generator.randrange(8)
        case 1: del changed[place:]
        case 2: del changed[place : place + generator.randrange(1, 40)]
        case 3: changed[place : place + 3] = b"999"
        case 4: changed[generator.choice(digits)] = generator.randrange(48, 58)
    try:
        kind.parse(file, bytes(changed), ()).log_odds(rows)
    except ValueError as error:
        refused += str(error).startswith(f"{file} holds no trees of ")
    print(seed, flush=True)
print("refused", refused)
"""


@every_kind
def test_damaged_trees_are_refused_or_predict_but_do_not_end_the_process(kind, tmp_path):
    """Which both libraries do at some rubbish, if they are given it."""
    [model] = fit(kind((("n_estimators", 6),)))
    file = tmp_path / model.predictor.file
    file.write_bytes(model.predictor.dump())
    told = subprocess.run([sys.executable, "-c", CODE, str(file)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-20:] + told.stderr[-500:]
    assert int(told.stdout.split()[-1]) > 200


def test_trees_that_part_missing_values_from_all_numbers_are_read_again(tmp_path):
    """LightGBM writes `inf` as the threshold of such a node."""
    inputs = np.random.default_rng(0).standard_normal((300, 1))
    inputs[::3] = np.nan
    [model] = fit(LightGBM(), split_of(Samples(inputs, np.isnan(inputs[:, 0]).astype(np.int64)), ()))
    assert re.search(r"^threshold=(.* )?inf\b", model.predictor.text, re.MULTILINE)
    saved = model_files.save(model, tmp_path)
    again = model_files.load(tmp_path, saved.reference, saved.checksums, ())
    assert np.array_equal(again.logits(inputs), model.logits(inputs))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("left_child=", "left_child=0 "),
        ("split_feature=", "split_feature=9"),
        ("objective=binary sigmoid:1", "objective=regression"),
        ("is_linear=0", "is_linear=1"),
        ("end of trees", "end"),
        ("num_class=1", "num_class=2"),
    ],
)
def test_trees_that_lightgbm_did_not_write_are_refused(old, new):
    [model] = fit(LightGBM((("n_estimators", 2),)))
    assert old in model.predictor.text
    changed = model.predictor.text.replace(old, new)
    with pytest.raises(ValueError, match=r"^lightgbm\.txt holds no trees of LightGBM: "):
        LightGBMPredictor.parse(Path("lightgbm.txt"), changed.encode(), ())


@every_kind
@pytest.mark.parametrize("loss", ["mse", "mfe", "focal:gamma=1"])
def test_trees_of_a_loss_are_those_up_to_its_lowest_value_on_validation(kind, loss):
    """They start from its best constant; the model's log-odds are those of an own loop over the library."""
    spec = LossSpec.parse(loss)
    objective = boosting.objective(spec.name, max_delta_step=1.0, **dict(spec.parameters))
    metric = boosting.metric(spec.name, **dict(spec.parameters))
    weights = np.exp(np.random.default_rng(5).normal(size=ROWS))
    split = split_of(replace(table(), weights=weights))
    train, validation = split.train, split.validation
    start = objective.initial_score(train.labels, train.weights)
    if kind is LightGBM:
        rows = lightgbm.Dataset(
            *(train.inputs, train.labels),
            weight=train.weights,
            init_score=np.full(len(train), start),
            categorical_feature=[CATEGORY],
        )
        options = {
            "learning_rate": 0.05,
            "num_leaves": 31,
            "verbose": -1,
            "force_col_wise": True,
            "max_delta_step": 1.0,
        }
        trees = lightgbm.train({**options, "objective": objective}, rows, 300)
        grown = [
            trees.predict(validation.inputs, start_iteration=n, num_iteration=1, raw_score=True) for n in range(300)
        ]
    else:
        types = ["c" if column == CATEGORY else "q" for column in range(5)]
        matrices = [
            xgboost.DMatrix(part.inputs, part.labels, weight=part.weights, feature_types=types, enable_categorical=True)
            for part in (train, validation)
        ]
        options = {"eta": 0.05, "max_depth": 6, "min_child_weight": 1, "nthread": 1, "max_delta_step": 1.0}
        options |= {"objective": "binary:logistic", "base_score": float(expit(start))}
        trees = xgboost.train(options, matrices[0], 300, obj=objective)
        margins = [trees.predict(matrices[1], iteration_range=(n, n + 1), output_margin=True) for n in range(300)]
        grown = np.subtract(margins, start, dtype=np.float64)
    odds = start + np.cumsum(grown, axis=0)
    losses = [metric(validation.labels, each, validation.weights)[1] for each in odds]
    [model] = fit(kind((("n_estimators", 300),)), split, loss=loss)
    np.testing.assert_allclose(model.logits(validation.inputs), odds[int(np.argmin(losses))], atol=1e-4)


def test_a_loss_does_not_rise_from_tree_to_tree():
    learner = LightGBM((("learning_rate", 1), ("max_depth", 3)))
    metric, values = boosting.metric("msfe"), []
    for rounds in (1, 2, 4, 8, 16, 32):
        [model] = fit(
            replace(learner, parameters=(*learner.parameters, ("n_estimators", rounds))), TRAIN_ALONE, loss="msfe"
        )
        values.append(metric(TRAIN_ALONE.train.labels, model.logits(TRAIN_ALONE.train.inputs))[1])
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0] / 2


@every_kind
def test_with_a_loss_the_limit_of_steps_is_checked(kind):
    with pytest.raises(ValueError, match=r"max_delta_step"):
        kind((("max_delta_step", -1),)).check_loss(LossSpec("mfe"), RECIPE)
    kind((("max_delta_step", 0),)).check_loss(LossSpec("mfe"), RECIPE)
    [free] = fit(kind((("max_delta_step", 0), ("n_estimators", 5))), loss="mfe")
    [limited] = fit(kind((("n_estimators", 5),)), loss="mfe")
    assert free.predictor.text != limited.predictor.text


@every_kind
def test_without_positives_in_training_a_loss_says_what_is_missing(kind):
    split = replace(SPLIT, train=replace(SPLIT.train, labels=np.zeros(len(SPLIT.train), np.int64)))
    plan = plan_training(RECIPE, len(split.train), (5,), "cpu", stack_size=None)
    member = Member(split, LossSpec("mfe"), RECIPE, 7)
    [outcome] = kind().fit([member], device="cpu", plan=plan, on_epoch=lambda _: None)
    assert outcome.failure is not None
    assert outcome.failure.endswith("mfe is no objective for trees: no finite constant, from which they start, is best")


@every_kind
def test_what_the_test_part_holds_does_not_change_the_trees(kind):
    test = Samples(np.full_like(SPLIT.test.inputs, 1e9), 1 - SPLIT.test.labels)
    texts = {fit(kind(), split)[0].predictor.text for split in (SPLIT, replace(SPLIT, test=test))}
    assert len(texts) == 1
