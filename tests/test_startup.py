"""What each command imports: no test here measures seconds, which `python -m benchmarks.waits` does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import imbaloss
from imbaloss import cli, features, learners, losses, networks, training
from imbaloss.comparison.first_checks import SETS
from imbaloss.comparison.study import SETS as SETS_OF_STUDY
from imbaloss.lazy_names import find_homes
from imbaloss.learners.boosted_lightgbm import LightGBM
from imbaloss.learners.boosted_xgboost import XGBoost
from imbaloss.learners.estimators import NAMED
from imbaloss.method_names import BOOSTED, ERRORS, ESTIMATORS, LOSSES
from tests.comparison.examples import write_csv

SLOW = {"torch", "pandas", "sklearn", "lightgbm", "xgboost", "matplotlib", "requests", "skops", "shap", "ray"}
QUICK = ("--repetitions", "2", "--settings", "1", "--quiet")
COMMAND = """
import sys, imbaloss.cli
try: imbaloss.cli.main()
except SystemExit as stop: code = stop.code or 0
print(code, *sys.modules, file=open({report!r}, "w"))
"""
REFUSALS = """
import contextlib, io, json, sys, imbaloss.cli
refusals = []
for words in json.load(sys.stdin):
    sys.argv = ["imbaloss", *words.split()]
    with contextlib.redirect_stderr(io.StringIO()) as told:
        try: imbaloss.cli.main()
        except SystemExit as stop: code = stop.code or 0
    refusals.append((words, code, told.getvalue(), [*sys.modules]))
print(json.dumps(refusals))
"""
REFUSED = {  # commands, with what is said
    "compare data.csv --targte fraud": "No such option: --targte",
    "compare data.csv --target fraud --folds 2": "--folds must be 3 or more, found 2",
    "compare data.csv --target fraud --lr 0": "--lr must be above 0",
    "compare data.csv --target fraud --network mpl": "there is no network 'mpl' (did you mean 'mlp'?)",
    "compare data.csv --target fraud --threshold f2": "there is no rule for a threshold 'f2'",
    "compare data.csv --target fraud --calibration plat": "there is no calibration 'plat'",
    "compare data.csv --target fraud --budget soon": "budget must be a time",
    "compare data.csv --target fraud --budget 9m --repetitions 3": "--repetitions and --budget cannot be",
    "compare missing.csv --target fraud": "there is no file or folder missing.csv",
    "compare data.csv --target froud": "data.csv has no column 'froud', which --target names (did you mean 'fra",
    "compare data.csv --target fraud --drop shap": "data.csv has no column 'shap', which --drop names",
    "compare data.csv --target fraud --loss mfsse": "there is no method 'mfsse' (did you mean 'mse'?)",
    "compare data.csv --target fraud --method lightgm": "there is no method 'lightgm' (did you mean 'lightgbm'?)",
    "compare data.csv --target fraud --method focla:gamma=1": "there is no method 'focla'",
    "compare data.csv --target fraud --method average(ce,lightgm)": "there is no method 'lightgm'",
    "predict missing data.csv": "missing holds no own.json",
    "predict network/model missing.csv": "there is no file or folder missing.csv",
    "predict network/model data.csv --keep shap": "there is no column 'shap' to keep (did you mean 'shop'?)",
    "predict network/model data.csv --out found.doc": "found.doc must end in .csv",
    "train --loss mfsse": "there is no loss 'mfsse' (did you mean 'mse'?)",
    "train --dataset digits_3_9": "there is no data set 'digits_3_9'",
    "losses mfsse": "there is no loss 'mfsse'",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with data.csv, and a model of each kind that `compare` made of it."""
    folder = tmp_path_factory.mktemp("startup")
    write_csv(folder)
    methods = {"network": ("ce", "--epochs", "2", "--hidden", "4"), "trees": ("lightgbm",)}
    for name, (method, *options) in methods.items():
        words = ["compare", str(folder / "data.csv"), "--target", "fraud", "--method", method, *options, *QUICK]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["imbaloss", *words, "--out", str(folder / name)])
            with pytest.raises(SystemExit) as stop:
                cli.main()
        assert not stop.value.code
    return folder


def run(folder: Path, *words: str) -> tuple[str, set[str]]:
    """Run a command in a process of its own; return its messages, and the names of all modules that it imported."""
    report = folder / "modules.txt"
    code = COMMAND.format(report=str(report))
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True, check=True)
    exit_code, *modules = report.read_text().split()
    assert exit_code == ("2" if done.stderr.startswith("imbaloss: ") else "0"), done.stderr
    return done.stderr, set(modules)


@pytest.fixture(scope="module")
def refusals(folder) -> dict[str, tuple[int, str, set[str]]]:
    """Type all commands of REFUSED in one process: exit code, messages, and what was imported until then."""
    command, typed = [sys.executable, "-c", REFUSALS], json.dumps([*REFUSED])
    done = subprocess.run(command, cwd=folder, input=typed, capture_output=True, text=True, check=True)
    return {words: (code, told, set(modules)) for words, code, told, modules in json.loads(done.stdout)}


@pytest.mark.parametrize("words", REFUSED)
def test_a_refusal_at_the_door_needs_neither_torch_nor_pandas(refusals, words):
    code, told, modules = refusals[words]
    assert code == 2
    assert told.startswith("imbaloss: ")
    assert REFUSED[words] in told
    assert not SLOW & modules


def test_predictions_of_a_network_import_nothing_of_reports_and_studies(folder):
    _, modules = run(folder, "predict", "network/model", "data.csv", "--out", "found.csv")
    assert not {"matplotlib", "jinja2", "lightgbm", "skops", "requests", "imblearn", "PIL.Image"} & modules
    assert not {"imbaloss.report", "imbaloss.studies", "imbaloss.comparison.study"} & modules
    assert {"torch", "pandas"} <= modules


def test_predictions_of_trees_import_lightgbm_alone_beside_that(folder):
    _, modules = run(folder, "predict", "trees/model", "data.csv", "--out", "found.csv")
    code = "import lightgbm, sys; print(*sys.modules)"  # LightGBM 4.6 imports Matplotlib
    its_own = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "lightgbm" in modules
    reports = {"matplotlib", "jinja2", "skops", "requests", "imbaloss.report", "imbaloss.studies"}
    assert not reports & modules - set(its_own)


def test_the_names_that_are_checked_first_are_those_of_losses_and_learners():
    assert list(LOSSES) == losses.names()
    assert list(ERRORS) == list(losses.ERRORS)
    assert list(BOOSTED) == [LightGBM.name, XGBoost.name]
    assert list(ESTIMATORS) == list(NAMED)
    assert set(SETS) == set(SETS_OF_STUDY)


@pytest.mark.parametrize("package", [imbaloss, features, learners, networks, training])
def test_names_that_are_imported_when_they_are_used_are_the_public_ones(package):
    """No such name is that of a module, which would take its place once it is imported."""
    root = Path(package.__file__).parent
    homes = find_homes((root / "__init__.py").read_text())
    assert set(homes) == set(package.__all__) - {"__version__"}
    modules = {path.stem for path in root.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert {name for name in modules & set(homes) if homes[name] != package.__name__} == set()
    assert all(getattr(package, name) is not None for name in package.__all__)
    assert dir(package) == sorted(package.__all__)


def test_a_name_that_a_package_lacks_is_refused():
    with pytest.raises(AttributeError, match=r"'imbaloss\.training' has no attribute 'trian'"):
        training.trian  # noqa: B018
