"""compare and predict, as a user would type them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from imbaloss import studies
from imbaloss.comparison import OwnModel
from tests.comparison.examples import mixed, write_csv

IMBALOSS = Path(sys.executable).with_name("imbaloss")
QUICK = ("--epochs", "2", "--hidden", "4", "--lr", "0.01", "--loss", "mse", "--repetitions", "2")


def test_from_a_table_to_predictions(imbaloss, tmp_path):
    file = write_csv(tmp_path)
    code, out, err = imbaloss("compare", str(file), "--target", "fraud", *QUICK)
    assert code == 0
    assert "120 rows: 24 (20 %) are yes, the positive class; 96 are no, the negative class." in err
    assert "training 6 networks" not in err  # with --lr each method but the references has one candidate
    assert "Use " in out
    assert "\nThe methods, best first by average precision:\n" in out
    assert "\x1b" not in out + err
    assert max(map(len, [*out.splitlines(), *err.splitlines()])) <= 100
    assert out.endswith(
        "\n\nmodel in results/data/model; to predict:\n"
        "  imbaloss predict results/data/model FILE --out FILE\n"
        "open results/data/report.html\n"
    )
    assert err.splitlines()[-1] == "writing the report"
    code, out, err = imbaloss("predict", "results/data/model", str(file), "--out", "found.csv", "--keep", "shop")
    assert (code, err) == (0, "")
    output = OwnModel.load("results/data/model").output
    assert f"({output} at least " in out
    assert list(pd.read_csv(tmp_path / "found.csv").columns) == ["shop", f"{output}_yes", "decision", output]
    code, out, err = imbaloss("export", "results/data/model", "--out", "fraud.onnx")
    assert (code, err) == (0, "")
    assert out.startswith(f"fraud.onnx: rows are flagged as yes ({output} at least 0.")
    assert (tmp_path / "fraud.onnx").exists()


def test_a_model_that_cannot_be_exported_is_refused_in_one_line(imbaloss, tmp_path):
    code, out, err = imbaloss("export", "nothing", "--out", "fraud.onnx")
    assert (code, out) == (2, "")
    assert err == "imbaloss: nothing holds no own.json: `imbaloss compare` saved no model there\n"
    assert not (tmp_path / "fraud.onnx").exists()


def test_a_race_without_a_look_is_refused_in_one_line(imbaloss, tmp_path):
    code, out, err = imbaloss("compare", str(write_csv(tmp_path)), "--target", "fraud", *QUICK, "--race")
    assert (code, out) == (2, "")
    assert err == (
        "imbaloss: --race needs more than 5 repetitions with 5 folds, since the first methods are dropped after 5, "
        "found 2: name more with --repetitions, or leave out --race\n"
    )
    assert not (tmp_path / "results").exists()


def test_json_has_everything_that_was_found(imbaloss, tmp_path):
    code, out, err = imbaloss("compare", str(write_csv(tmp_path)), "--target", "fraud", *QUICK, "--json", "--quiet")
    found = json.loads(out)
    assert code == 0
    # notes on the data, which --quiet does not hide, and no progress
    assert " ".join(err.split()) == " ".join(f"{note}." for note in found["data"])
    keys = (
        "best by threshold headline tiles verdict alerts decision money data table comparisons leaderboard importance"
    )
    assert {*keys.split(), "folder"} == set(found)
    assert found["by"] == "average_precision"


def test_report_and_status_know_the_folder(imbaloss, tmp_path):
    imbaloss("compare", str(write_csv(tmp_path)), "--target", "fraud", *QUICK, "--out", "own")
    page = (tmp_path / "own" / "report.html").read_text()
    code, out, _ = imbaloss("report", "own", "--margin", "0.05")
    assert code == 0
    assert out.count("Use ") == 1
    assert "What finds fraud = yes in data?" in (tmp_path / "own" / "report.html").read_text()
    assert imbaloss("report", "own")[0] == 0
    assert (tmp_path / "own" / "report.html").read_text() == page
    code, out, _ = imbaloss("status", "own")
    assert (code, out.splitlines()[0]) == (0, "data: 6 of 6 trainings finished, 0 failed, 0 in training now")
    code, _, err = imbaloss("run", "own/study.toml")
    assert code == 2
    assert "is run by: imbaloss compare" in err


def test_another_question_in_the_same_folder_is_told(imbaloss, tmp_path):
    words = ("compare", str(write_csv(tmp_path)), *QUICK[:-1], "1", "--loss", "ce", "--no-references", "--out", "own")
    for _ in range(2):
        code, _, err = imbaloss(*words, "--target", "fraud")
        assert (code, "holds the report" in " ".join(err.split())) == (0, False)
    before = {file: file.read_bytes() for file in (tmp_path / "own").rglob("*") if file.is_file()}
    code, _, err = imbaloss(*words, "--target", "fraud", "--positive", "no")
    assert code == 2
    assert "own holds the report of data, of other data or another target: name another folder" in err
    assert {file: file.read_bytes() for file in (tmp_path / "own").rglob("*") if file.is_file()} == before
    code, _, err = imbaloss(*words, "--target", "fraud", "--positive", "no", "--overwrite")
    assert code == 0
    assert "own holds the report of data, of other data or another target. The new report replaces it." in " ".join(
        err.split()
    )


def test_two_files_of_one_name_have_two_folders_and_the_first_report_stays(imbaloss, tmp_path):
    words = (*QUICK[:-1], "1", "--loss", "ce", "--no-references", "--target", "fraud")
    pages = {}
    for year, folder in ((2023, "sales.2023"), (2024, "sales.2024"), (2023, "sales.2023"), (2025, "sales.2023-2")):
        place = tmp_path / str(year == 2025)
        place.mkdir(exist_ok=True)
        file = write_csv(place, mixed(seed=year), f"sales.{2023 if year == 2025 else year}.csv")
        code, out, err = imbaloss("compare", str(file), *words)
        assert code == 0
        assert f"open results/{folder}/report.html" in out
        assert ("It is kept, and the new report is written to results/sales.2023-2." in " ".join(err.split())) == (
            year == 2025
        )
        pages[folder] = (tmp_path / "results" / folder / "report.html").read_bytes()
    assert {folder: (tmp_path / "results" / folder / "report.html").read_bytes() for folder in pages} == pages


def test_what_lies_in_a_folder_and_is_no_answer_stays(imbaloss, tmp_path):
    """As the data themselves, or a report of somebody else."""
    file = write_csv(tmp_path, name="table.csv")
    before = file.read_bytes()
    code, _, err = imbaloss("compare", "table.csv", "--target", "fraud", *QUICK, "--out", ".")
    assert code == 2
    assert "holds table.csv, which is of no study: name another folder" in err
    assert file.read_bytes() == before
    (tmp_path / "results" / "table").mkdir(parents=True)
    (tmp_path / "results" / "table" / "report.html").write_text("mine")
    code, out, _ = imbaloss("compare", "table.csv", "--target", "fraud", *QUICK)
    assert (code, "open results/table-2/report.html" in out) == (0, True)
    assert (tmp_path / "results" / "table" / "report.html").read_text() == "mine"


def test_methods_of_any_kind_are_compared_and_the_study_says_which(imbaloss, tmp_path):
    methods = ("sklearn.tree:DecisionTreeClassifier:max_depth=3", "lightgbm + random_over", "ce")
    words = [word for method in methods for word in ("--method", method)]
    file = write_csv(tmp_path)
    code, out, _ = imbaloss(
        "compare", str(file), "--target", "fraud", *words, "--settings", "1", "--epochs", "2", "--repetitions", "1",
        "--threshold", "cost:fn=5", "--json",
    )  # fmt: skip
    found = json.loads(out)
    assert (code, found["by"]) == (0, "tuned_cost")
    assert tuple(line["method"] for line in found["table"]) == methods
    study = studies.read_study(tmp_path / "results" / "data")
    assert (study.settings, study.entries["optimize"], tuple(map(str, study.methods))) == (1, "cost", methods)


def test_options_of_networks_that_have_no_effect_are_named(imbaloss, tmp_path):
    file = write_csv(tmp_path)
    words = ("compare", str(file), "--target", "fraud", "--method", "logistic_regression", "--repetitions", "1")
    code, _, err = imbaloss(*words, "--settings", "1", "--train-batch", "9", "--scaling", "unit", "--lr", "0.1")
    assert code == 0
    assert "Without effect, since no method is a network: lr and train-batch." in " ".join(err.split())
    assert "Without effect" in (tmp_path / "results" / "data" / "report.html").read_text()
    code, _, err = imbaloss(*words, "--settings", "1", "--calibration", "none", "--out", "again")
    assert (code, "Without effect" in err) == (0, False)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--method", "lightgmb"),
            "there is no method 'lightgmb' (did you mean 'lightgbm'?); there are quick, default",
        ),
        (("--method", "lightgmb:num_leaves=7"), "there is no method 'lightgmb' (did you mean 'lightgbm'?)"),
        (("--methods", "quik"), "there is no method 'quik' (did you mean 'quick'?); there are quick, default, all, "),
        (("--methods", "quick", "--method", "ce"), "the set 'quick' cannot be combined with other methods"),
        (("--methods", "quick", "--loss", "ce"), "--method and --loss cannot be combined: name a loss as a method too"),
        (("--method", "no.such:Thing"), "no.such:Thing cannot be imported: "),
        (("--method", "sklearn.linear_model:Ridge"), "sklearn.linear_model:Ridge cannot be used as a classifier: "),
        (("--method", "sklearn.svm:SVC:gama=1"), "sklearn.svm:SVC has no parameter 'gama' (did you mean 'gamma'?)"),
        (("--optimize", "cost"), "--optimize cost needs costs: give them as the threshold, such as cost:fn=10,fp=1"),
        (("--settings", "7"), "--settings must be 6 or less, found 7"),
    ],
)
def test_a_method_that_is_none_is_told_before_anything_is_written(words, sentence, imbaloss, tmp_path):
    code, out, err = imbaloss("compare", str(write_csv(tmp_path)), "--target", "fraud", "--repetitions", "1", *words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith(f"imbaloss: {sentence}")
    assert not (tmp_path / "results").exists()


def test_a_table_without_target_and_a_folder_with_none_needed(imbaloss, tmp_path):
    code, _, err = imbaloss("compare", str(write_csv(tmp_path)))
    assert code == 2
    assert "needs --target COLUMN: the name of the column with the class" in err
    (tmp_path / "out").write_text("")
    _, _, err = imbaloss("compare", str(write_csv(tmp_path)), "--target", "fraud", "--out", "out")
    assert err == "imbaloss: out is a file: --out must name a folder\n"
    assert imbaloss("compare", "fodler")[2] == "imbaloss: there is no file or folder fodler\n"


@pytest.mark.slow
def test_an_interrupted_comparison_goes_on(tmp_path):
    """As Ctrl-C does it: what is finished is kept, and the same command ends with the same numbers."""
    file = write_csv(tmp_path, mixed(200))
    words = [IMBALOSS, "compare", str(file), "--target", "fraud", "--loss", "mse", "--repetitions", "4"]
    process = subprocess.Popen([*words, "--out", "a"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not finished(tmp_path / "a"):
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; to go on: imbaloss compare" in err
    before = finished(tmp_path / "a")
    assert 0 < before < 12
    for out in ("a", "b"):
        subprocess.run([*words, "--out", out, "--quiet"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    one, other = (pd.read_csv(tmp_path / out / "table.csv") for out in ("a", "b"))
    pd.testing.assert_frame_equal(one, other)
    models = [(tmp_path / out / "model" / "preparation.skops").exists() for out in ("a", "b")]
    assert all(models)


def finished(folder: Path) -> int:
    try:
        return len(studies.Store(folder, create=False).hashes())
    except OSError:
        return 0
