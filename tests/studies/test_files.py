"""A study file says what to run, and what is wrong with it is told with its line."""

import re
import tomllib
from dataclasses import replace
from importlib import resources
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss import studies
from imbaloss.data.cifar100 import SUPERCLASSES
from imbaloss.studies.files import find_line

TEXT = """\
name = "mine"
datasets = ["digits_3_8"]
levels = [
  0.2,
  0.05,  # rare
]
losses = ["mse", "focal:gamma=1"]
seeds = 3
samplers = ["none", "smote"]
folds = 5
repeats = 2

[recipe]
epochs = 3
hidden = [8]

[loss_recipes.focal]
epochs = 4

[recipes.small]

[recipes.large]
hidden = [20, 10]
"""


def read(text: str, folder: Path) -> studies.Study:
    file = folder / "own.toml"
    file.write_text(text)
    return studies.read_file(file)


def test_a_file_is_the_study_that_it_says(tmp_path):
    assert read(TEXT, tmp_path) == studies.Study(
        name="mine", datasets=("digits_3_8",), levels=(0.2, 0.05), losses=("mse", "focal:gamma=1"), seeds=(0, 1, 2),
        samplers=("none", "smote"), folds=5, repeats=2, recipe={"epochs": 3, "hidden": (8,)},
        loss_recipes={"focal": {"epochs": 4}}, recipes={"small": {}, "large": {"hidden": (20, 10)}},
    )  # fmt: skip


def test_the_built_in_studies_are_the_files_that_are_there():
    folder = resources.files(studies).joinpath("toml")
    assert sorted(f"{name}.toml" for name in studies.BUILT_IN) == sorted(file.name for file in folder.iterdir())
    for name in studies.BUILT_IN:
        assert studies.built_in(name).name == name


def test_the_pairs_of_superclasses_are_all_of_them_and_a_third_drawn_by_a_seed():
    generator = np.random.default_rng(0)
    pairs = [pair if generator.random() < 0.5 else pair[::-1] for pair in combinations(SUPERCLASSES, 2)]
    third = sorted(generator.choice(len(pairs), len(pairs) // 3, replace=False))
    assert studies.built_in("pairs_full").datasets == tuple("/".join(pair) for pair in pairs)
    assert studies.built_in("pairs").datasets == tuple("/".join(pairs[place]) for place in third)
    assert studies.built_in("pairs_long").datasets == studies.built_in("pairs").datasets


def test_a_study_without_a_name_has_that_of_its_file(tmp_path):
    assert read(TEXT.replace('name = "mine"', ""), tmp_path).name == "own"


@pytest.mark.parametrize("name", ["../mine", "..", r"C:\\mine", "<script>alert(1)</script>", "ναὶ, 5 %", "n" * 200])
def test_a_name_is_any_text(tmp_path, name):
    study = read(TEXT.replace('"mine"', f"'{name}'"), tmp_path)
    studies.write_study(study, {}, tmp_path / "out")
    assert study.name == studies.read_study(tmp_path / "out").name == name


def test_seeds_may_be_listed(tmp_path):
    assert read(TEXT.replace("seeds = 3", "seeds = [7, 3]"), tmp_path).seeds == (7, 3)


NAME_RULE = (
    "line 20: a recipe's name must begin with a letter or a digit, and have letters, digits, spaces and . , : = _ - "
    "alone"
)
LOSS_RULE = "line 17: loss_recipes needs the name of a loss without parameters, found 'focal:gamma=1'"
WRONG = [
    ("seeds = 3", "seed = 3", "line 8: there is no key 'seed' (did you mean 'seeds'?); there are datasets, levels,"),
    ("seeds = 3", "", ": seeds is missing"),
    ("seeds = 3", "seeds = 'many'", "line 8: seeds must be an array, or the number of seeds, found 'many'"),
    ("seeds = 3", "seeds = true", "line 8: seeds must be an array, or the number of seeds, found True"),
    ("seeds = 3", "seeds = 0", "line 8: seeds must name at least one"),
    ("seeds = 3", "seeds = [1,\n2,\n-3]", "line 10: a seed must be 0 or more, and below 2^64, found -3"),
    ("0.05,  # rare", "0.7,  # rare", "line 5: level must be from 0 to 0.5 under protocol table1, found 0.7"),
    ("0.05,  # rare", "nan", "line 5: level must be from 0 to 0.5 under protocol table1, found nan"),
    ("0.05,  # rare", "'0.1'", "line 5: levels must be a number, found '0.1'"),
    ('["digits_3_8"]', '"digits_3_8"', "line 2: datasets must be an array, found 'digits_3_8'"),
    ("digits_3_8", "digits38", "line 2: there is no data set 'digits38' (did you mean 'digits_3_8'?)"),
    ('"mse"', '"mes"', "line 7: there is no loss 'mes' (did you mean 'mse'?)"),
    ("gamma=1", "gama=1", "line 7: focal has no parameter 'gama' (did you mean 'gamma'?)"),
    ('"mse"', '"ldam_drw"', "line 7: ldam_drw changes after 160 epochs, the training ends after 3"),
    ("smote", "smoke", "line 9: there is no sampler 'smoke' (did you mean 'smote'?)"),
    ("folds = 5", "folds = 2", "line 10: folds must be 3 to 1000, one each for train, validation and test, found 2"),
    ("repeats = 2", "repeats = 0", "line 11: repeats must be 1 to 1000, found 0"),
    ("seeds = 3", "seeds = 10_000_000_000", "line 8: seeds must be 1000000 at most, found 10000000000"),
    ("folds = 5", "positive = '9'\nfolds = 5", "line 10: digits_3_8 has no class '9'; it has 3 and 8"),
    ("[recipes.small]", "[recipes.'']", NAME_RULE),
    ("[recipes.small]", "[recipes.'a + b']", NAME_RULE),
    ("[recipes.small]", "[recipes.small]\nmomentum = 0.5\noptimizer = 'adam'", "line 20: adam takes no momentum"),
    ("epochs = 3", "epochs = 3\ntrain_batch = 99999999999999999999", "line 15: train_batch must be 2147483647 at most"),
    ("epochs = 3", "epochs = 3\ntune_lr = [0.1, 0.0]", "line 15: tune_lr must be above 0 and finite, found 0"),
    ("epochs = 3", f"x = {'[' * 5000}", "own.toml is no study file: its tables or arrays are nested too deeply"),
    ("folds = 5", "", "line 11: repeats needs folds: set folds, or leave repeats out, found 2"),
    ("folds = 5", "folds = 5.0", "line 10: folds must be a whole number, found 5.0"),
    ("folds = 5", "networks = ['mlq']\nfolds = 5", "line 10: there is no network 'mlq' (did you mean 'mlp'?)"),
    (
        "folds = 5", "networks = ['cnn']\ndataset_recipes.digits_3_8.network = 'mlp'\nfolds = 5",
        "line 11: networks already lists the networks to run: leave network out here",
    ),
    ("folds = 5", "protocols = ['tabel1']\nfolds = 5", "line 10: there is no protocol 'tabel1'"),
    ("folds = 5", "positive = 8\nfolds = 5", "line 10: positive must be a string, found 8"),
    ("epochs = 3", "epoch = 3", "line 14: there is no key 'epoch' in recipe (did you mean 'epochs'?)"),
    ("epochs = 3", "epochs = 0", "line 14: epochs must be 1 or more, found 0"),
    ("epochs = 3", "epochs = '3'", "line 14: epochs must be a whole number, found '3'"),
    ("epochs = 3", "epochs = 3\nlr = inf", "line 15: lr must be above 0 and finite, found inf"),
    ("epochs = 3", "epochs = 3\nshuffle_train = 1", "line 15: shuffle_train must be true or false, found 1"),
    ("epochs = 3", "epochs = 3\nmomentum = 0.5\noptimizer = 'adam'", "line 13: adam takes no momentum; sgd does"),
    ("[20, 10]", "[20, 10.5]", "line 23: hidden must be a whole number, found 10.5"),
    ("[20, 10]", "[20, 0]", "line 23: hidden widths must be 1 to 100000, found (20, 0)"),
    (
        "[recipes.small]\n\n[recipes.large]", "[[recipes]]",
        "line 20: recipes must be a table for each name, such as [recipes.NAME], found an array",
    ),
    ("[recipes.large]", "[recipe.large]", "line 22: there is no key 'large' in recipe"),
    ("[recipes.small]", "[dataset_recipes.tree1]", "line 20: there is no data set 'tree1' (did you mean 'tree_1'?)"),
    ("loss_recipes.focal", "loss_recipes.focl", "line 17: there is no loss 'focl' (did you mean 'focal'?)"),
    ("loss_recipes.focal", "loss_recipes.'focal:gamma=1'", LOSS_RULE),
    ('"mine"', '"  "', "line 1: name must be printable, not blank, and at most 200 characters long, found '  '"),
    ('"mine"', r'"a\nb\u001b[31m"', "line 1: name must be printable, not blank, and at most 200 characters long"),
    (
        '"mine"', f'"{"n" * 201}"',
        "line 1: name must be printable, not blank, and at most 200 characters long, found 'nn",
    ),
    ("[recipe]", "[recipe", "is no valid TOML: Expected ']' at the end of a table declaration (at line 13"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "sentence"), WRONG)
def test_what_is_wrong_is_told_with_its_line(tmp_path, right, wrong, sentence):
    assert right in TEXT
    with pytest.raises(ValueError, match=re.escape(f"own.toml{sentence if sentence[0] == ':' else ''}")) as error:
        read(TEXT.replace(right, wrong), tmp_path)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_editors_of_windows_are_understood(tmp_path):
    file = tmp_path / "own.toml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert studies.read_file(file).name == "mine"
    file.write_bytes(TEXT.replace("seeds = 3", "seed = 3").replace("\n", "\r\n").encode())
    with pytest.raises(ValueError, match="line 8: there is no key 'seed'"):
        studies.read_file(file)


def test_a_separator_in_a_comment_is_no_line(tmp_path):
    with pytest.raises(ValueError, match="line 8: there is no key 'seed'"):
        read(TEXT.replace("seeds = 3", "seed = 3").replace("# rare", "# rare \u2028 indeed"), tmp_path)


def test_a_rate_may_need_the_precision_that_another_table_names(tmp_path):
    text = TEXT.replace("epochs = 3", 'epochs = 3\nprecision = "float64"').replace("[20, 10]", "[20, 10]\nlr = 1e39")
    assert read(text, tmp_path).recipes["large"]["lr"] == 1e39


def test_bytes_that_are_no_text_are_one_sentence(tmp_path):
    file = tmp_path / "own.toml"
    file.write_bytes(b"name = '\xff'")
    with pytest.raises(ValueError, match=r"own\.toml is not in UTF-8"):
        studies.read_file(file)


def test_a_named_study_is_a_file_or_a_built_in_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert studies.find_study("table1") == studies.built_in("table1")
    (tmp_path / "table1").write_text(TEXT)
    assert studies.find_study("table1").name == "mine"
    with pytest.raises(
        ValueError, match=r"there is neither a file tabel1 nor a built-in study of that name: table1, digits"
    ):
        studies.find_study("tabel1")


def test_a_study_survives_its_toml(tmp_path):
    study = replace(read(TEXT, tmp_path), positive="3", overrules={"hidden": (5, 4), "tune_lr": (0.1, 1.0)})
    studies.write_study(study, {}, tmp_path / "out")
    content = tomllib.loads((tmp_path / "out" / "study.toml").read_text())
    assert studies.read_study(tmp_path / "out") == study
    assert set(content["provenance"]["versions"]) == {"imbaloss", "torch", "numpy", "scikit-learn", "lightgbm"}


keys = st.text("abc", min_size=1, max_size=3)


@given(
    before=st.lists(st.sampled_from(["# a comment", "", "x = [\n 1,\n 2 ]", "y = '''\n[z]\n'''"]), unique=True),
    entries=st.lists(st.integers(), min_size=1, max_size=4),
    table=st.one_of(st.none(), keys),
    split=st.booleans(),
    data=st.data(),
)
def test_the_line_of_an_entry_is_found_wherever_it_stands(before, entries, table, split, data):
    """In arrays on one line or on several, in a table or not, after comments and texts of several lines."""
    place = data.draw(st.integers(0, len(entries) - 1))
    header = [f"[{table}]"] if table else []
    array = "k = [\n" + ",\n".join(map(str, entries)) + "\n]" if split else f"k = {entries}"
    above = "\n".join([*before, *header])
    text = f"{above}\n{array}\nlast = 1\n"
    start = above.count("\n") + 2
    path = (table, "k") if table else ("k",)
    assert find_line(text, path) == start
    assert find_line(text, (*path, place)) == (start + 1 + place if split else start)
    assert find_line(text, ("nowhere",)) is None
