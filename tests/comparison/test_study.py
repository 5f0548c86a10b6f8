"""The study of one's own data."""

from dataclasses import replace

import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from imbaloss import studies
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.study import (
    IMAGE_SETS,
    REFERENCES,
    SETS,
    OwnStudy,
    choose_methods,
    choose_recipe,
    choose_repetitions,
)
from imbaloss.data import Fold
from imbaloss.learners import Method
from imbaloss.training.default_recipe import FEWEST_EPOCHS, MOST_EPOCHS
from imbaloss.training.recipe import read_entries


def choose(*, images: bool = False, features: bool = False, **asked) -> tuple[str, ...]:
    """The texts of the methods that are chosen."""
    request = ComparisonRequest(target="y", **asked)
    return tuple(map(str, choose_methods(request, images=images, features=features)))


ENTRIES = choose_recipe(1000, {}, images=False)
RECIPE, DECISION = read_entries(ENTRIES)
METHODS = ("mse", "lightgbm", "sklearn.svm:SVC:C=10", "ce + smote", "no_such_module:Thing:depth=3")
STUDY = OwnStudy(
    name="mine", target="fraud", negative="no", positive="yes", level=0.1, data="abc",
    methods=tuple(Method.parse(text, DECISION) for text in METHODS), repetitions=7, folds=5, recipe=RECIPE,
    entries=ENTRIES, settings=4,
)  # fmt: skip


def test_a_repetition_is_a_fold_and_the_next_seed_begins_when_each_was_test():
    repetitions = dict.fromkeys((run.seed, run.fold) for run in STUDY.runs())
    assert list(repetitions) == [(0, Fold(0, place, 5)) for place in range(5)] + [
        (1, Fold(0, 0, 5)),
        (1, Fold(0, 1, 5)),
    ]
    assert STUDY.seeds == (0, 1)
    assert {(run.seed, run.fold) for run in replace(STUDY, folds=0).runs()} == {(seed, None) for seed in range(7)}


def test_every_run_counts_once_and_is_known_by_the_data():
    runs = STUDY.runs()
    hashes = {run.hash for run in runs}
    assert len(hashes) == len(runs) == 7 * 5
    assert not hashes & {run.hash for run in replace(STUDY, data="abd").runs()}
    assert hashes == {run.hash for run in replace(STUDY, target="x", notes=("a",), command="b", margin=0.5).runs()}
    assert {STUDY.final_run(method).hash for method in STUDY.methods}.isdisjoint(hashes)


def test_the_number_of_settings_is_a_part_of_what_was_asked():
    assert {run.settings for run in STUDY.runs()} == {4}
    assert {run.hash for run in STUDY.runs()}.isdisjoint(run.hash for run in replace(STUDY, settings=3).runs())


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"losses": ("focal:gamma=2.0",)}, ("focal", *REFERENCES)),
        ({"samplers": ("smote",)}, ("ce + smote", *REFERENCES)),
        (
            {"losses": ("mse", "mse"), "samplers": ("none", "random_over:ratio=0.5")},
            ("mse", "mse + random_over:ratio=0.5", *REFERENCES),
        ),
        ({"losses": ("random_forest", "mse"), "references": False}, ("mse", "random_forest")),
        ({"methods": ("mse", "lightgbm", "mse")}, ("mse", "lightgbm")),
        (
            {"methods": ("lightgbm", "ce"), "samplers": ("none", "smote")},
            ("lightgbm", "lightgbm + smote", "ce", "ce + smote"),
        ),
        ({"methods": ("quick",), "samplers": ("enn",)}, tuple(f"{name} + enn" for name in SETS["quick"])),
        ({"methods": ("lightgbm",), "references": False}, ("lightgbm",)),
        ({}, SETS["default"]),
    ],
)
def test_methods_are_those_asked_for(asked, wanted):
    assert choose(**asked) == wanted


def test_a_set_has_each_method_once_and_its_networks_without_references():
    for images, sets in ((False, SETS), (True, IMAGE_SETS)):
        for name, members in sets.items():
            assert choose(methods=(name,), images=images) == members
        alone = choose(references=False, images=images)
        assert alone == tuple(each for each in sets["default"] if Method.parse(each).learner.is_network)
        assert set(sets["quick"]) | set(sets["default"]) <= {*sets["all"], "ce + random_over", "ce + random_under"}


def test_boosted_trees_look_at_a_tenth_of_hundreds_of_features_unless_they_are_named():
    for asked in ({}, {"methods": ("all",)}, {"losses": ("focal",)}):
        assert "lightgbm:feature_fraction=0.1" in choose(features=True, **asked)
        assert "lightgbm" not in choose(features=True, **asked)
    assert choose(features=True, methods=("lightgbm",)) == ("lightgbm",)


def test_a_set_for_images_has_neither_forests_nor_samplers_that_mix_images():
    methods = [Method.parse(each) for members in IMAGE_SETS.values() for each in members]
    assert {method.learned for method in methods if not method.learner.is_network} == set(REFERENCES)
    assert all(method.sampler.looks_at_labels_alone for method in methods)


def test_a_classifier_is_a_method_and_stands_in_the_study_file_as_text(tmp_path):
    forest = RandomForestClassifier(n_estimators=3, class_weight={0: 1, 1: 5})
    study = replace(STUDY, methods=choose_methods(ComparisonRequest(target="y", methods=(forest, "mse"))))
    studies.write_study(study, {}, tmp_path)
    read = studies.read_study(tmp_path)
    assert [str(method) for method in read.methods] == [str(method) for method in study.methods]
    assert str(read.methods[0]).startswith("sklearn.ensemble:RandomForestClassifier:class_weight=object-")
    assert {run.hash for run in read.runs()} == {run.hash for run in replace(study, methods=read.methods).runs()}


def test_a_study_is_read_as_it_was_written_and_no_class_is_imported(tmp_path):
    studies.write_study(STUDY, {}, tmp_path)
    assert studies.read_study(tmp_path) == STUDY


def test_a_study_file_of_version_0_1_means_what_it_meant():
    table = STUDY.to_toml()["own"]
    recipe = {key: value for key, value in ENTRIES.items() if key not in {"calibration", "optimize"}}
    old = {key: value for key, value in table.items() if key != "settings"}
    study = OwnStudy.from_toml({"own": old | {"methods": ("mse", "gradient_boosting"), "recipe": recipe}})
    assert study.settings == 0
    assert {(method.decision.optimize, method.decision.calibration) for method in study.methods} == {(None, "none")}
    boosting = study.runs()[1].recipe
    assert (boosting.tune_lr, boosting.hidden) == ((0.01, 0.03, 0.1), RECIPE.hidden)


def test_a_method_with_a_sampler_takes_no_other():
    assert choose(losses=("ce + smote",), samplers=("none",)) == ("ce + smote", *REFERENCES)
    with pytest.raises(
        ValueError, match=r"^method ce \+ smote already has a sampler: leave out sampler enn, or name the method"
    ):
        choose(losses=("ce + smote",), samplers=("enn",))


@pytest.mark.parametrize(
    ("methods", "sentence"),
    [
        (
            ("lightgmb",),
            r"^there is no method 'lightgmb' \(did you mean 'lightgbm'\?\); there are quick, default, all, ",
        ),
        (("ce", "quik"), r"^there is no method 'quik' \(did you mean 'quick'\?\)"),
        (("extra_tree:max_depth=3",), r"^there is no method 'extra_tree' \(did you mean 'extra_trees'\?\)"),
        (("ce", "quick"), "^the set 'quick' cannot be combined with other methods"),
        (("lightgbm + balanced_batches",), "^lightgbm has no batches"),
        ((), "^there is no method to compare: name one by `methods`$"),
    ],
)
def test_what_is_no_method_is_refused(methods, sentence):
    with pytest.raises(ValueError, match=sentence):
        choose(methods=methods)


def test_methods_are_texts_or_classifiers():
    for wrong in (3, RandomForestClassifier, RandomForestRegressor()):
        with pytest.raises(
            TypeError, match=r"^(a method must be text or a classifier|RandomForestClassifier is a class)"
        ):
            choose(methods=(wrong,))


@pytest.mark.parametrize(
    ("entries", "optimized"),
    [
        ({}, "average_precision"),
        ({"threshold": "g_mean", "optimize": None}, "average_precision"),
        ({"threshold": "cost:fn=10"}, "cost"),
        ({"threshold": "cost:fn=10", "optimize": "f1"}, "f1"),
        ({"threshold": "cost:fn=10", "optimize": "savings"}, "savings"),
        ({"optimize": "roc_auc"}, "roc_auc"),
        ({"optimize": "partial_roc_auc:max_fpr=0.2"}, "partial_roc_auc:max_fpr=0.2"),
    ],
)
def test_the_score_that_is_optimised_is_written_down(entries, optimized):
    chosen = choose_recipe(1000, entries, images=False)
    assert chosen["optimize"] == optimized
    assert str(read_entries(chosen)[1].optimize) == optimized


@pytest.mark.parametrize("score", ["cost", "savings"])
def test_costs_that_are_not_given_cannot_be_optimised(score):
    with pytest.raises(ValueError, match=rf"^optimize {score} needs costs: give them as the threshold"):
        choose_recipe(1000, {"optimize": score}, images=False)


@pytest.mark.parametrize("rows", [30, 1000, 10**5, 10**7])
def test_a_recipe_is_of_about_as_many_steps_whatever_the_rows(rows):
    recipe, _ = read_entries(choose_recipe(rows, {}, images=False))
    assert FEWEST_EPOCHS <= recipe.epochs <= MOST_EPOCHS
    assert 64 <= recipe.train_batch <= 2048
    assert rows > 10**6 or recipe.epochs * rows / recipe.train_batch <= 3001


def test_what_was_asked_for_overrules():
    recipe = choose_recipe(1000, {"epochs": 3, "hidden": (2,), "calibration": "none"}, images=True, settings=2)
    assert (recipe["epochs"], recipe["hidden"], recipe["scaling"]) == (3, (2,), "standard")
    assert (recipe["calibration"], recipe["tune_lr"]) == ("none", (0.001, 0.003))
    assert choose_recipe(1000, {"tune_lr": (0.1,)}, images=False)["tune_lr"] == (0.1,)


def test_more_rows_have_fewer_repetitions():
    assert [choose_repetitions(rows) for rows in (100, 20_000, 20_001, 200_000, 200_001)] == [10, 10, 5, 5, 3]


def test_a_study_of_ones_own_data_is_not_run_by_another_command(tmp_path):
    studies.write_study(replace(STUDY, command="imbaloss compare mine.csv"), {}, tmp_path)
    with pytest.raises(ValueError, match=r"is run by: imbaloss compare mine\.csv"):
        studies.find_study(str(tmp_path / "study.toml"))


@pytest.mark.parametrize(
    "damage", ["repetitions = 7|repetitions = 'many'", 'name = "mine"|', 'methods = [|methods = ["mfse",']
)
def test_a_damaged_study_is_a_sentence(damage, tmp_path):
    studies.write_study(STUDY, {}, tmp_path)
    file, (before, after) = tmp_path / "study.toml", damage.split("|")
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    with pytest.raises(ValueError, match=r"the table \[own\]|mfse"):
        studies.read_study(tmp_path)
