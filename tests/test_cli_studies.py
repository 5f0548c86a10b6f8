"""The commands that run studies, as a user would type them."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from imbaloss import studies
from tests.data import small_cifar100 as small

IMBALOSS = Path(sys.executable).with_name("imbaloss")
QUICK = ("--epochs", "2", "--hidden", "4")
FILES = {
    "study.toml", "results.sqlite", "table.csv", "table.md", "table.tex", "comparisons.csv", "figures", "report.html",
}  # fmt: skip
ONE_SET = ("reproduce", "--dataset", "digits_3_8")
STUDY = """\
datasets = ["digits_3_8", "digits_8_9"]
levels = [0.2]
losses = ["mse", "focal:gamma=1"]
samplers = ["none", "smote"]
seeds = 2
folds = 3

[recipe]
epochs = 2
hidden = [4]

[recipes.relu]
[recipes.tanh]
activation = "tanh"
"""
SMALL = """\
datasets = ["digits_3_8"]
levels = [0.2, 0]
losses = ["mse", "mfe", "msfe"]
seeds = 10

[recipe]
epochs = 2
hidden = [4]
"""


def test_run_does_what_a_study_file_says(imbaloss, tmp_path):
    (tmp_path / "own.toml").write_text(STUDY)
    code, out, err = imbaloss("run", "own.toml")
    folder = tmp_path / "results" / "own"
    assert code == 0
    assert "training 96 networks" in err
    assert {path.name for path in folder.iterdir()} == FILES
    cells = pd.read_csv(folder / "table.csv", keep_default_na=False)
    assert len(cells) == 2 * 2 * 2 * 2
    assert set(cells["method"]) == {
        "mse + relu", "mse + tanh", "mse + smote + relu", "mse + smote + tanh", "focal:gamma=1 + relu",
        "focal:gamma=1 + tanh", "focal:gamma=1 + smote + relu", "focal:gamma=1 + smote + tanh",
    }  # fmt: skip
    assert set(cells["split"]) == {"3 folds"}
    assert (cells["seeds"] == 6).all()
    assert out.endswith("open results/own/report.html\n")
    assert imbaloss("status", "results/own")[1].startswith("own: 96 of 96 trainings finished, 0 failed")


def test_a_seed_or_a_loss_more_trains_only_that(imbaloss, tmp_path, monkeypatch):
    from imbaloss.learners import stacked_networks

    trained: list[int] = []
    original = stacked_networks.train_averages
    monkeypatch.setattr(
        stacked_networks, "train_averages", lambda some, **more: trained.append(len(some)) or original(some, **more)
    )
    (tmp_path / "own.toml").write_text(SMALL)
    for words, networks in (((), 60), ((), 0), (("--seeds", "11"), 6)):
        trained.clear()
        assert imbaloss("run", "own.toml", "--quiet", *words)[0] == 0
        assert sum(trained) == networks
    (tmp_path / "own.toml").write_text(SMALL.replace('"mse",', '"mse", "focal:gamma=1",'))
    trained.clear()
    assert imbaloss("run", "own.toml", "--quiet")[0] == 0
    assert sum(trained) == 20


def test_a_folder_of_other_studies_is_told(imbaloss, tmp_path):
    (tmp_path / "own.toml").write_text(SMALL)
    assert "trainings beside those of this study" not in imbaloss("run", "own.toml")[2]
    (tmp_path / "own.toml").write_text(SMALL.replace("[0.2, 0]", "[0.1, 0]"))
    assert "results/own holds 30 trainings beside those of this study" in imbaloss("run", "own.toml")[2]
    assert imbaloss("status", "results/own")[1].startswith(
        "own: 60 of 60 trainings finished, 0 failed, 0 in training now; 30 of other studies"
    )


@pytest.mark.slow
def test_the_study_of_an_output_folder_runs_again(imbaloss, tmp_path):
    (tmp_path / "own.toml").write_text(SMALL)
    first = imbaloss("run", "own.toml", "--quiet", "--json", "--out", "one")[1]
    assert imbaloss("run", "one/study.toml", "--quiet", "--json", "--out", "two")[1] == first


def test_a_study_of_any_name_has_a_folder_and_a_page_without_its_markup(imbaloss, tmp_path):
    (tmp_path / "own.toml").write_text('name = "<script>alert(1)</script>"\n' + SMALL.replace("10", "2"))
    code, out, _ = imbaloss("run", "own.toml", "--quiet")
    folder = tmp_path / "results" / "_script_alert_1_script_"
    assert code == 0
    assert {path.name for path in folder.iterdir()} == FILES
    assert [path.name for path in (tmp_path / "results").iterdir()] == [folder.name]
    assert out.endswith("open results/_script_alert_1_script_/report.html\n")
    page = (folder / "report.html").read_text()
    assert page.count("<script>") == 1  # the page's own
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert imbaloss("status", str(folder))[1].startswith("<script>alert(1)</script>: 12 of 12 trainings finished")


@pytest.mark.slow
def test_a_built_in_study_runs_by_its_name_as_reproduce_does(imbaloss):
    _, first, _ = imbaloss("run", "digits", "--seeds", "1", "--json", "--quiet")
    words = [word for name in ("digits_parity", "digits_3_8", "digits_8_9") for word in ("--dataset", name)]
    assert imbaloss("reproduce", *words, "--seeds", "1", "--json", "--quiet")[1] == first


def test_plan_counts_and_foretells_and_writes_nothing(imbaloss, tmp_path):
    (tmp_path / "own.toml").write_text(STUDY)
    code, out, _ = imbaloss("plan", "own.toml")
    first, *others = out.splitlines()
    assert code == 0
    assert re.fullmatch(r"own: 96 trainings in \d stacks of at most \d+ networks", first)
    assert [line.split()[:2] for line in others[:2]] == [["digits_3_8", "48"], ["digits_8_9", "48"]]
    assert re.fullmatch(r"together +about \d+ (s|min) on this machine, one stack after the other", others[2])
    assert re.fullmatch(r"memory +about \d+\.\d GiB", others[3])
    found = json.loads(imbaloss("plan", "own.toml", "--seeds", "1", "--json")[1])
    assert found["trainings"] == {"digits_3_8": 24, "digits_8_9": 24}
    assert [path.name for path in tmp_path.iterdir()] == ["own.toml"]


def test_plan_says_what_difference_the_study_can_show(imbaloss, tmp_path):
    (tmp_path / "own.toml").write_text(SMALL)
    lines = imbaloss("plan", "own.toml", "--quiet")[1].splitlines()
    first = lines.index(
        "compared       3 pairs of 3 methods, over 10 seeds; with fewer than 6 seeds no difference can be found"
    )
    assert lines[first + 1].startswith("ROC-AUC        about the smallest difference found with probability 0.8")
    assert lines[first + 3 :] == [
        "digits_3_8     0.061 at level 0.2, test P/N 23/35",
        "digits_3_8     undefined at level 0, test P/N 0/58",
    ]
    found = json.loads(imbaloss("plan", "own.toml", "--quiet", "--json")[1])["reach"]
    assert (found["methods"], found["pairs"], found["repetitions"], found["fewest"]) == (3, 3, 10, 6)
    assert found["cells"][0] == {
        "dataset": "digits_3_8", "level": 0.2, "protocol": "table1", "positives": 23, "negatives": 35,
        "difference": pytest.approx(0.061, abs=0.0005),
    }  # fmt: skip
    assert [cell["difference"] is None for cell in found["cells"]] == [False, True]


def test_plan_says_that_seeds_are_too_few(imbaloss, tmp_path):
    (tmp_path / "own.toml").write_text(SMALL)
    *_, last = imbaloss("plan", "own.toml", "--quiet", "--seeds", "5")[1].splitlines()
    assert last == (
        "compared       3 pairs of 3 methods: with fewer than 6 seeds no difference can be found, and this study has 5"
    )


def test_plan_says_what_folds_can_show_under_each_protocol(imbaloss, tmp_path):
    folds = 'seeds = 1\nfolds = 5\nrepeats = 2\nprotocols = ["table1", "ratio"]'
    (tmp_path / "own.toml").write_text(SMALL.replace("seeds = 10", folds).replace("[0.2, 0]", "[0.2]"))
    lines = imbaloss("plan", "own.toml", "--quiet")[1].splitlines()
    first = lines.index("compared       3 pairs of 3 methods, over 10 folds")
    assert [re.sub(r"0\.\d+ at", "… at", line) for line in lines[first + 3 :]] == [
        "digits_3_8     … at level 0.2 under table1, test P/N 14/21",
        "digits_3_8     … at level 0.2 under ratio, test P/N 7/37",
    ]


def test_plan_of_one_method_compares_nothing(imbaloss, tmp_path):
    (tmp_path / "own.toml").write_text(SMALL.replace('"mse", "mfe", ', ""))
    assert "compared" not in imbaloss("plan", "own.toml", "--quiet")[1]
    assert json.loads(imbaloss("plan", "own.toml", "--quiet", "--json")[1])["reach"] is None


WRONG = [
    (("run", "own.toml"), "own.toml, line 3: there is no loss 'msee' (did you mean 'mse'?)"),
    (("plan", "own.toml"), "own.toml, line 3: there is no loss 'msee' (did you mean 'mse'?)"),
    (("run", "nowhere.toml"), "there is neither a file nowhere.toml nor a built-in study of that name: table1, digits"),
    (("run", "digits", "--executor", "rai"), "there is no executor 'rai' (did you mean 'ray'?)"),
    (("run", "digits", "--device", "cuda:77"), "this machine has no device cuda:77"),
    (("plan", "digits", "--stack-size", "0"), "--stack-size"),
    (("run",), "STUDY"),
    (("run", "digits", "--executor", "ray", "--ray-address", "localhost:9"), "no Ray cluster answers at localhost:9: "),
    (("run", "digits", "--executor", "ray", "--ray-address", "localhost"), "an address is auto or HOST:PORT"),
    (("run", "digits", "--seeds", "99999999999"), "--seeds"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG)
def test_a_wrong_study_is_one_line_exit_code_2_and_nothing_written(imbaloss, tmp_path, words, sentence):
    (tmp_path / "own.toml").write_text(STUDY.replace('"mse"', '"msee"'))
    code, out, err = imbaloss(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert sentence in err
    assert [path.name for path in tmp_path.iterdir()] == ["own.toml"]


def test_a_terminal_of_ascii_is_no_failure(tmp_path):
    words = (*ONE_SET, "--level", "0.2", "--loss", "mse", "--loss", "mfe", "--seeds", "2", *QUICK, "--quiet")
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    found = subprocess.run([IMBALOSS, *words], cwd=tmp_path, env=ascii_only, capture_output=True, text=True, check=True)
    assert "- F1 at ?: " in found.stdout


def test_report_rebuilds_the_same_files_from_the_store_alone(imbaloss, tmp_path):
    words = ("--dataset", "digits_3_8", "--level", "0.2", "--seeds", "2", "--epochs", "2", "--hidden", "4")
    assert imbaloss("reproduce", *words, "--out", "first", "--quiet")[0] == 0
    (tmp_path / "second").mkdir()
    for name in ("study.toml", "results.sqlite"):
        shutil.copy(tmp_path / "first" / name, tmp_path / "second" / name)
    code, out, _ = imbaloss("report", "second")
    assert code == 0
    assert out.endswith("open second/report.html\n")
    files = [path for path in (tmp_path / "first").rglob("*.*") if path.suffix != ".sqlite"]
    assert len(files) > 8
    for path in files:
        assert path.read_bytes() == (tmp_path / "second" / path.relative_to(tmp_path / "first")).read_bytes(), path


def test_report_judges_by_another_margin(imbaloss, tmp_path):
    words = (*ONE_SET, "--level", "0.2", "--loss", "mse", "--loss", "wmse", "--seeds", "6", *QUICK, "--out", "o")
    assert imbaloss(*words, "--quiet")[0] == 0
    for margin, equivalent in (("1e-9", False), ("0.99", True)):
        assert imbaloss("report", "o", "--margin", margin)[0] == 0
        found = pd.read_csv(tmp_path / "o" / "comparisons.csv").set_index("score")
        assert (found.loc["ROC-AUC", "verdict"] == "equivalent") is equivalent
    code, _, err = imbaloss("report", "o", "--margin", "0")
    assert (code, err) == (2, "imbaloss: margin must be above 0 and below 1, as a score is, found 0.0\n")


def test_report_refuses_a_folder_without_a_study_or_without_trainings(imbaloss, tmp_path):
    (tmp_path / "empty").mkdir()
    assert imbaloss("report", "empty")[::2] == (
        2, "imbaloss: empty holds no study.toml: no study was run there\n",
    )  # fmt: skip
    studies.write_study(studies.built_in("digits"), {}, tmp_path / "asked")
    studies.Store(tmp_path / "asked")
    code, _, err = imbaloss("report", "asked")
    assert code == 2
    assert err == "imbaloss: asked holds no finished training of study digits: run the study there before its report\n"
    assert not (tmp_path / "asked" / "report.html").exists()


def test_status_says_how_far_a_study_is(imbaloss, tmp_path):
    words = ("reproduce", "--dataset", "digits_3_8", "--dataset", "digits_8_9", "--seeds", "1", *QUICK, "--quiet")
    assert imbaloss(*words, "--out", "o", "--lr", "1e30")[0] == 0
    code, out, _ = imbaloss("status", "o")
    first, *others = out.splitlines()
    assert code == 0
    assert re.fullmatch(r"digits: 30 of 30 trainings finished, [1-9]\d* failed, 0 in training now", first)
    assert [line.split() for line in others] == [["digits_3_8", "15", "of", "15"], ["digits_8_9", "15", "of", "15"]]
    with sqlite3.connect(tmp_path / "o" / "results.sqlite") as database:
        database.execute("DELETE FROM runs WHERE json_extract(asked, '$.dataset') = 'digits_3_8'")
    found = json.loads(imbaloss("status", "o", "--json")[1])
    assert (found["asked"], found["finished"], found["datasets"]["digits_3_8"]) == (30, 15, [0, 15])


def test_a_long_name_stands_apart_from_its_counts(imbaloss, tmp_path):
    studies.write_study(studies.built_in("pairs_long"), {}, tmp_path / "o")
    studies.Store(tmp_path / "o")
    _, *lines = imbaloss("status", "o")[1].splitlines()
    assert [line.split()[1:] for line in lines] == [["0", "of", "6"]] * 63


@pytest.mark.slow
def test_workers_train_the_same_study(imbaloss):
    words = ("reproduce", "--dataset", "digits_3_8", "--seeds", "2", *QUICK, "--quiet", "--json")
    found = [
        json.loads(imbaloss(*words, "--out", name, *more)[1])
        for name, *more in (("a",), ("b", "--executor", "processes", "--workers", "2"))
    ]
    for one, other in zip(*found, strict=True):
        assert one["roc_auc"] == pytest.approx(other["roc_auc"], abs=0.02)


def test_the_reports_sets_train_on_a_small_cifar100(imbaloss, monkeypatch, tmp_path):
    """End to end on files of the official layout: 20 + 8 images a class."""
    data_folder = tmp_path / "data"
    small.make_official(monkeypatch, data_folder)
    small.write_binary(data_folder / "cifar-100-binary")
    words = ("reproduce", "--data-dir", str(data_folder), *QUICK, "--quiet", "--json", "--out", "o")
    code, out, _ = imbaloss(*words)
    found = json.loads(out)
    assert code == 0
    assert len(found) == 45
    assert {(cell["dataset"], cell["level"], cell["loss"]) for cell in found} >= {("tree_2", 0.05, "wce")}
    assert all(cell["published_f1"] for cell in found)


def test_reproduce_writes_every_promised_file(imbaloss, tmp_path):
    words = (*ONE_SET, "--level", "0.2", "--level", "0.05", "--loss", "mse", "--loss", "wce")
    code, out, err = imbaloss(*words, "--seeds", "2", *QUICK, "--out", "o")
    assert code == 0
    folder = tmp_path / "o"
    assert {path.name for path in folder.iterdir()} == FILES
    cells = pd.read_csv(folder / "table.csv")
    assert cells["loss"].tolist() == ["mse", "wce"] * 2
    assert (cells["seeds"] == 2).all()
    assert (folder / "table.md").read_text() in out
    assert out.endswith("open o/report.html\n")
    assert "training 8 networks" in err


def test_reproduce_again_trains_nothing_and_changes_nothing(imbaloss, tmp_path, monkeypatch):
    words = ("reproduce", "--dataset", "digits_3_8", "--level", "0.2", "--seeds", "1", *QUICK, "--out", "o", "--quiet")
    imbaloss(*words)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.suffix != ".sqlite"}
    monkeypatch.setattr(
        "imbaloss.learners.stacked_networks.train_averages", lambda *_, **__: pytest.fail("trained again")
    )
    assert imbaloss(*words)[0] == 0
    assert before == {path: path.read_bytes() for path in before}


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(tmp_path):
    words = (*ONE_SET, "--stack-size", "1", "--loss", "mse", "--loss", "wce", "--seeds", "3", "--epochs", "40")
    command = [IMBALOSS, *words, "--out", "o o", "--quiet"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while count(tmp_path / "o o") < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    kept = count(tmp_path / "o o")
    assert process.returncode == 130
    assert 2 <= kept < 18
    assert f"{kept} of 18 trainings are finished and kept in o o\ninterrupted; to go on: imbaloss reproduce" in err
    again = err.splitlines()[-1].removeprefix("interrupted; to go on: ")
    assert "--out 'o o'" in again
    shell = f'PATH="{IMBALOSS.parent}:$PATH" {again}'
    subprocess.run(shell, shell=True, cwd=tmp_path, check=True, capture_output=True)
    assert count(tmp_path / "o o") == 18
    subprocess.run([*command[:-3], "--out", "whole", "--quiet"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "o o" / "table.csv").read_bytes() == (tmp_path / "whole" / "table.csv").read_bytes()


def count(folder: Path) -> int:
    if not (folder / "results.sqlite").exists():
        return 0
    try:
        with sqlite3.connect(folder / "results.sqlite") as database:
            return int(database.execute("SELECT COUNT(*) FROM runs").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.mark.real_data
@pytest.mark.slow
def test_a_cell_on_the_real_files_comes_out_as_documented(imbaloss, real_folder):
    """docs/reproduction.md, three seeds of tree_2 at 0.2 under MSFE; other processors round otherwise."""
    words = ("reproduce", "--dataset", "tree_2", "--level", "0.2", "--loss", "msfe", "--seeds", "3")
    _, out, _ = imbaloss(*words, "--data-dir", str(real_folder), "--quiet", "--json")
    [cell] = json.loads(out)
    assert (cell["published_f1"], cell["published_roc_auc"]) == (0.8706, 0.9583)
    assert cell["roc_auc"] == pytest.approx(0.94, abs=0.01)
    assert cell["f1"] == pytest.approx(0.83, abs=0.03)
    assert (cell["test_positives"], cell["test_negatives"]) == (40, 60)
