"""The study of one's own data."""

from dataclasses import replace

import pytest

from imbaloss import studies
from imbaloss.comparison.study import (
    METHODS,
    OwnStudy,
    choose_methods,
    choose_recipe,
    choose_repetitions,
)
from imbaloss.data import Fold
from imbaloss.learners import REFERENCES, Method
from imbaloss.training import Recipe
from imbaloss.training.default_recipe import FEWEST_EPOCHS, MOST_EPOCHS

ENTRIES = choose_recipe(1000, {}, images=False)
STUDY = OwnStudy(
    name="mine", target="fraud", negative="no", positive="yes", level=0.1, data="abc",
    methods=choose_methods(None, None), repetitions=7, folds=5, recipe=Recipe(**ENTRIES), entries=ENTRIES,
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
    assert len(hashes) == len(runs) == 7 * 12
    assert not hashes & {run.hash for run in replace(STUDY, data="abd").runs()}
    assert hashes == {run.hash for run in replace(STUDY, target="x", notes=("a",), command="b", margin=0.5).runs()}
    assert {STUDY.final_run(method).hash for method in STUDY.methods}.isdisjoint(hashes)


def test_each_method_tries_as_many_rates():
    assert {run.recipe.networks for run in STUDY.runs()} == {3}
    rates = {run.method.learned: run.recipe.tune_lr for run in STUDY.runs()}
    assert all(rates[name] == reference.rates for name, reference in REFERENCES.items())


@pytest.mark.parametrize(
    ("losses", "samplers", "wanted"),
    [
        (None, None, tuple(map(str, METHODS))),
        (["focal:gamma=2.0"], None, ("focal",)),
        (None, ["smote"], ("ce + smote",)),
        (["mse", "mse"], ["none", "random_over:ratio=0.5"], ("mse", "mse + random_over:ratio=0.5")),
    ],
)
def test_methods_are_those_asked_for_and_the_references(losses, samplers, wanted):
    methods = choose_methods(losses, samplers)
    assert methods == tuple(map(Method.parse, (*wanted, *REFERENCES)))
    assert tuple(map(str, methods)) == (*wanted, *REFERENCES)


def test_a_method_with_a_sampler_takes_no_other():
    assert choose_methods(["ce + smote"], ["none"]) == (Method.parse("ce + smote"), *map(Method.parse, REFERENCES))
    with pytest.raises(
        ValueError, match=r"^method ce \+ smote already has a sampler: leave out sampler enn, or name the loss"
    ):
        choose_methods(["ce + smote"], ["enn"])


@pytest.mark.parametrize("rows", [30, 1000, 10**5, 10**7])
def test_a_recipe_is_of_about_as_many_steps_whatever_the_rows(rows):
    recipe = Recipe(**choose_recipe(rows, {}, images=False))
    assert FEWEST_EPOCHS <= recipe.epochs <= MOST_EPOCHS
    assert 64 <= recipe.train_batch <= 2048
    assert rows > 10**6 or recipe.epochs * rows / recipe.train_batch <= 3001


def test_what_was_asked_for_overrules():
    recipe = choose_recipe(1000, {"epochs": 3, "hidden": (2,)}, images=True)
    assert (recipe["epochs"], recipe["hidden"], recipe["scaling"]) == (3, (2,), "standard")


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
