"""What a study says."""

import os
import subprocess
import sys
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from imbaloss import data, studies
from imbaloss.data import NO_SAMPLER, Fold, SamplerSpec
from imbaloss.evaluation import Decision, Objective
from imbaloss.learners import Method
from imbaloss.losses import LossSpec
from imbaloss.studies import Run, study
from imbaloss.studies.files import parse_study
from imbaloss.training import Recipe

TABLE1 = studies.built_in("table1")


def test_table1_is_the_reports_table():
    runs = TABLE1.runs()
    assert len(runs) == 45
    for run in runs:
        hidden = (1000, 300, 100) if run.dataset == "household" else (1000, 100, 10)
        epochs = 400 if run.method.learned in {"focal", "wce"} else 300
        assert run.recipe == Recipe(hidden=hidden, epochs=epochs, lr=0.1, train_batch=128, activation="relu")
        assert (run.protocol, run.seed) == ("table1", 0)


@pytest.mark.parametrize("name", studies.BUILT_IN)
def test_every_built_in_study_can_be_planned(name):
    study = studies.built_in(name)
    assert study.name == name
    if name == "digits":
        jobs = studies.cut_into_stacks(study.runs(), data.load_data_sets(study.datasets))
        assert sum(len(job.runs) for job in jobs) == len(study.runs())


def test_a_recipe_is_overruled_layer_by_layer():
    study = replace(
        TABLE1,
        datasets=("tree_1",),
        losses=("focal:gamma=1",),
        recipe={"lr": 1.0, "epochs": 1, "momentum": 0.1},
        dataset_recipes={"tree_1": {"lr": 2.0, "epochs": 2}},
        loss_recipes={"focal": {"epochs": 3}},
        overrules={"momentum": 0.4},
    )
    assert {run.recipe for run in study.runs()} == {Recipe(lr=2.0, epochs=3, momentum=0.4)}


def test_a_run_that_is_asked_for_twice_is_run_once():
    study = replace(TABLE1, losses=("focal", "focal:gamma=2", "focal:alpha=0.25,gamma=2.0"), levels=(0.2, 0.2))
    assert len(study.runs()) == 3


def test_texts_of_losses_and_samplers_are_read_once_when_a_study_is_made():
    asked = replace(TABLE1, losses=("focal:gamma=2", LossSpec("mse")), samplers=("smote:neighbours=3", NO_SAMPLER))
    assert asked.losses == (LossSpec("focal"), LossSpec("mse"))
    assert asked.samplers == (SamplerSpec("smote", (("neighbours", 3.0),)), NO_SAMPLER)
    assert asked.to_toml()["losses"] == ["focal", "mse"]
    assert asked.to_toml()["samplers"] == ["smote:neighbours=3", "none"]
    for wrong in ({"losses": ("mse", "mes")}, {"samplers": ("none", "smoke")}):
        with pytest.raises(studies.EntryError, match="there is no") as error:
            replace(TABLE1, **wrong)
        assert error.value.place == (*wrong, 1)


def test_the_axes_are_crossed():
    study = replace(
        TABLE1, datasets=("tree_1", "tree_2"), levels=(0.2, 0.1), protocols=("table1", "stated"), losses=("mse", "mfe"),
        samplers=("none", "smote"), networks=("mlp",), recipes={"slow": {"lr": 0.01}, "fast": {"lr": 1.0}}, folds=3,
        repeats=2, seeds=(0, 4),
    )  # fmt: skip
    runs = study.runs()
    assert len(runs) == len({run.hash for run in runs}) == 2 * 2 * 2 * 2 * 2 * 1 * 2 * (3 * 2) * 2
    assert {(run.recipe_name, run.recipe.lr) for run in runs} == {("slow", 0.01), ("fast", 1.0)}
    assert {run.fold for run in runs} == set(data.list_folds(3, 2))


def test_a_named_recipe_overrules_all_but_the_command_line():
    study = replace(
        TABLE1, losses=("wce",), datasets=("household",), recipes={"own": {"epochs": 7, "hidden": (3,), "lr": 2.0}},
        overrules={"lr": 3.0},
    )  # fmt: skip
    assert {run.recipe for run in study.runs()} == {Recipe(epochs=7, hidden=(3,), lr=3.0)}


def test_two_names_of_one_recipe_are_trained_once_and_stand_under_both():
    twice = replace(studies.built_in("digits"), seeds=(0,), recipes={"one": {}, "two": {}, "three": {"lr": 0.2}})
    runs = twice.runs()
    assert len(runs) == 3 * 45
    jobs = studies.cut_into_stacks(runs, data.load_data_sets(twice.datasets))
    assert sum(len(job.runs) for job in jobs) == len({run.hash for run in runs}) == 2 * 45


def run(**changes) -> Run:
    return replace(Run("tree_1", 0.05, "table1", "oak_tree", Method.parse("mse"), Recipe(), 0), **changes)


def test_the_hash_is_of_what_was_asked_and_does_not_change():
    """The program: print(run().hash)"""
    assert run().hash == "3bb033cf37927fe7"
    others = [
        run(dataset="tree_2"), run(level=0.1), run(protocol="ratio"), run(positive="maple_tree"),
        run(method=Method.parse("mfe")), run(recipe=Recipe(lr=0.2)), run(seed=1),
        run(method=Method.parse("mse + smote")), run(fold=Fold(0, 0, 5)), run(fold=Fold(1, 0, 5)),
    ]  # fmt: skip
    assert len({other.hash for other in [run(), *others]}) == 11


TUNED_HASHES = {  # of the runs below, as version 0.1 printed them
    ("logistic_regression", (0.03, 0.3, 3.0)): "c3642a3285e02454",
    ("gradient_boosting", (0.01, 0.03, 0.1)): "b2f352f1be6ebd57",
    ("ce + smote", (0.001,)): "95698591ab98cff7",
}


@pytest.mark.parametrize("asked", TUNED_HASHES)
def test_runs_of_version_0_1_which_try_the_rates_of_their_recipe_have_its_hashes(asked):
    (text, rates), decision = asked, Decision.read({"calibration": "platt", "threshold": "cost:fn=10,fp=1"})
    tuned = run(method=Method.parse(text, decision), recipe=Recipe(tune_lr=rates))
    assert tuned.hash == TUNED_HASHES[asked]
    assert "settings" not in tuned.to_json()
    assert replace(tuned, settings=6).hash != tuned.hash


def test_the_score_that_is_optimised_and_the_number_of_settings_count_in_the_hash():
    methods = [
        Method.parse("lightgbm", Decision(optimize=score and Objective(score)))
        for score in (None, "f1", "average_precision")
    ]
    runs = [run(method=method, settings=settings) for method in methods for settings in (1, 6)]
    assert len({one.hash for one in runs}) == 6


def test_a_margin_changes_no_run_and_is_between_0_and_1():
    asked = replace(TABLE1, margin=0.05)
    assert [one.hash for one in asked.runs()] == [one.hash for one in TABLE1.runs()]
    for margin in (0.0, 1.0, -0.1, float("nan")):
        with pytest.raises(studies.EntryError, match="margin must be above 0 and below 1") as error:
            replace(TABLE1, margin=margin).runs()
        assert error.value.place == ("margin",)


def test_the_hash_is_the_same_on_another_day_in_another_order_of_keys_and_in_another_folder(tmp_path):
    """Two files, one of them with its keys turned round, read by another process in another time zone."""
    text = """
seeds = 2
losses = ["wce", "mse"]
datasets = ["tree_1"]
levels = [0.1]
recipe = { epochs = 3, lr = 0.2, hidden = [8] }
folds = 3
samplers = ["smote"]
"""
    files = [tmp_path / "one.toml", tmp_path / "elsewhere" / "other.toml"]
    files[1].parent.mkdir()
    files[0].write_text(text)
    files[1].write_text("\n".join(reversed(text.splitlines())).replace("epochs = 3, lr = 0.2", "lr = 0.2, epochs = 3"))
    code = "import sys, pathlib; from imbaloss import studies\n"
    code += "print(*sorted(run.hash for run in studies.read_file(pathlib.Path(sys.argv[1])).runs()))"
    another_day = {**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    found = {
        subprocess.run([sys.executable, "-c", code, file], cwd=file.parent, env=another_day, check=True, text=True,
                       capture_output=True).stdout
        for file in files
    }  # fmt: skip
    found.add(" ".join(sorted(run.hash for run in studies.read_file(files[0]).runs())) + "\n")
    assert len(found) == 1
    assert found.pop().split()[:2] == PINNED


PINNED = ["04ce23314f821c3f", "439015c761b7beb7"]  # the first two of the above, on 2026-11-25


def test_entries_at_their_default_do_not_count():
    assert run(recipe=Recipe(lr=0.1, momentum=0.0)).hash == run().hash
    assert run(method=Method.parse("mse + none"), fold=None, recipe_name="own").hash == run().hash


def test_an_option_that_is_new_leaves_old_hashes_as_they_are():
    """A run of a later version, with one field more."""

    @dataclass(frozen=True)
    class Later(Run):
        trick: str = "none"

        def to_json(self) -> dict[str, Any]:
            return super().to_json() | {"trick": self.trick}

    values, before = {field.name: getattr(run(), field.name) for field in fields(Run)}, run().hash
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "DEFAULTS", study.DEFAULTS | {"trick": "none"})
        assert Later(**values).hash == before
        assert Later(**values, trick="new").hash != before


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("lr = 1", "lr = 1.0"),
        ("weight_decay = 0", "weight_decay = -0.0"),
        ("tune_lr = [1, 0.1]", "tune_lr = [0.1, 1.0]"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(tmp_path, text, same):
    hashes = []
    for number, (entry, levels) in enumerate(((text, "[0]"), (same, "[-0.0]"))):
        file = tmp_path / f"{number}.toml"
        file.write_text(f"datasets = ['tree_1']\nlosses = ['mse']\nseeds = 1\nlevels = {levels}\n[recipe]\n{entry}")
        hashes.append([run.hash for run in studies.read_file(file).runs()])
        study.entries_that_count.cache_clear()
    assert hashes[0] == hashes[1]


def test_the_device_is_no_part_of_a_run():
    """What is asked is all that the hash is of, and names no machine."""
    assert set(run().to_json()) == {
        "dataset", "level", "protocol", "positive", "loss", "recipe", "seed", "sampler", "fold", "data",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"datasets": ("tree1",)}, r"there is no data set 'tree1' \(did you mean 'tree_1'\?\)"),
        ({"losses": ("mes",)}, "there is no loss 'mes'"),
        ({"levels": (0.7,)}, "level must be from 0 to 0.5 under protocol table1, found 0.7"),
        ({"protocols": ("tabel",)}, "there is no protocol 'tabel'"),
        ({"losses": ("mse", "focal:gamma=-1")}, "gamma must be >= 0 and finite, found -1"),
        ({"losses": ("focal:gamma=1:2",)}, "gamma must be one number, found"),
        ({"losses": ("wce:class_weights=1:2:3",)}, "class_weights must have one entry a class, found 3 for 2 classes"),
        ({"losses": ("mse:class_weights=1",)}, "class_weights must hold one number for each"),
        ({"losses": ("squared/none",)}, "squared/none gives a number for each sample; a training needs one number"),
        ({"losses": ("asymmetric",), "overrules": {"outputs": 2}}, "asymmetric error needs one logit a target"),
        (
            {"losses": ("ldam_drw",), "overrules": {"epochs": 60}},
            "ldam_drw changes after 160 epochs, the training ends after 60: give it after=N, as in ldam_drw:after=48",
        ),
        ({"overrules": {"lr": -1.0}}, "lr must be above 0 and finite, found -1"),
    ],
)
def test_refuses_what_cannot_be_run(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(TABLE1, **changes).runs()


def test_data_sets_of_two_studies_do_not_mix():
    assert studies.find_built_in(["tree_2"]).name == studies.find_built_in([]).name == "table1"
    assert studies.find_built_in(["digits_3_8", "digits_8_9"]).name == "digits"
    with pytest.raises(ValueError, match="no built-in study has tree_1 and digits_3_8; run them one by one"):
        studies.find_built_in(["tree_1", "digits_3_8"])


def test_costs_that_another_table_names_can_be_optimised():
    text = """
    datasets = ["digits_3_8"]
    levels = [0.05]
    losses = ["ce"]
    seeds = 1
    [recipe]
    optimize = "savings"
    [recipes.cheap]
    threshold = "cost:fn=10"
    """
    [run] = parse_study(text, "a file", "a study").runs()
    assert run.method.decision.entries["optimize"] == "savings"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('recipe.optimize = "savings"', "optimize savings needs costs"),
        (
            'recipe.threshold = "expected_cost"',
            "expected_cost needs the costs of each row, which only imbaloss compare",
        ),
        ('samplers = ["cost_weights"]', "cost_weights needs the costs of each row, which only imbaloss compare --cost"),
    ],
)
def test_a_study_without_costs_refuses_what_is_made_of_them(line, sentence):
    text = f'datasets = ["digits_3_8"]\nlevels = [0.05]\nlosses = ["ce"]\nseeds = 1\n{line}\n'
    with pytest.raises(ValueError, match=sentence):
        parse_study(text, "a file", "a study").runs()
