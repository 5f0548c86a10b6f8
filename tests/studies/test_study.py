"""What a study says."""

import tomllib
from dataclasses import replace

import pytest

from imbaloss import data, studies
from imbaloss.studies import Run
from imbaloss.training import Recipe

TABLE1 = studies.built_in("table1")


def test_table1_is_the_reports_table():
    runs = TABLE1.runs()
    assert len(runs) == 45
    for run in runs:
        hidden = (1000, 300, 100) if run.dataset == "household" else (1000, 100, 10)
        epochs = 400 if run.loss in {"focal", "wce"} else 300
        assert run.recipe == Recipe(hidden=hidden, epochs=epochs, lr=0.1, train_batch=128, activation="relu")
        assert (run.protocol, run.seed) == ("table1", 0)


@pytest.mark.parametrize("name", studies.BUILT_IN)
def test_every_built_in_study_can_be_planned(name):
    study = studies.built_in(name)
    assert study.name == name
    if name == "digits":
        jobs = studies.plan(study.runs(), data.load(study.datasets))
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


def test_a_study_survives_its_toml(tmp_path):
    study = replace(TABLE1, positive="oak_tree", overrules={"hidden": (5, 4)}, datasets=("tree_1",), seeds=(3, 5))
    studies.write_study(study, {}, tmp_path)
    content = tomllib.loads((tmp_path / "study.toml").read_text())
    assert studies.from_toml(content) == study
    assert set(content["provenance"]["versions"]) == {"imbaloss", "torch", "numpy", "scikit-learn"}


def run(**changes) -> Run:
    return replace(Run("tree_1", 0.05, "table1", "oak_tree", "mse", Recipe(), 0), **changes)


def test_the_hash_is_of_what_was_asked_and_does_not_change():
    """The program: print(run().hash)"""
    assert run().hash == "3bb033cf37927fe7"
    others = [
        run(dataset="tree_2"), run(level=0.1), run(protocol="ratio"), run(positive="maple_tree"), run(loss="mfe"),
        run(recipe=Recipe(lr=0.2)), run(seed=1),
    ]  # fmt: skip
    assert len({other.hash for other in [run(), *others]}) == 8


def test_entries_at_their_default_do_not_count():
    assert run(recipe=Recipe(lr=0.1, momentum=0.0)).hash == run().hash


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
    assert studies.built_in_for(["tree_2"]).name == studies.built_in_for([]).name == "table1"
    assert studies.built_in_for(["digits_3_8", "digits_8_9"]).name == "digits"
    with pytest.raises(ValueError, match="no built-in study has tree_1 and digits_3_8; run them one by one"):
        studies.built_in_for(["tree_1", "digits_3_8"])
