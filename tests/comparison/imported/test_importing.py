"""What a file of results may hold, what is read of it, and what is refused in one line."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbaloss.comparison.imported.importing import JudgedFile, check_folder, judge_file
from imbaloss.comparison.imported.known_scores import KNOWN
from imbaloss.comparison.imported.request import ROLES, ImportRequest
from imbaloss.comparison.imported.result_text import lay_out_results
from imbaloss.comparison.reading.reading_options import ReadingOptions
from imbaloss.comparison.reading.table_file import TableFile
from imbaloss.comparison.summary.answer_text import write_plain
from imbaloss.statistics import Verdict

METHODS = ("svm", "forest", "boosting")


def benchmark(seeds: int = 7, datasets: tuple[str, ...] = ("wine", "car"), **changes: object) -> pd.DataFrame:
    """Scores of three methods, of which the last one is the best on each split."""
    generator = np.random.default_rng(0)
    lines = [
        {"method": method, "dataset": dataset, "seed": seed,
         "roc_auc": 0.7 + 0.04 * place + 0.01 * generator.random() + split}
        for dataset in datasets
        for seed, split in enumerate(0.05 * generator.random(seeds))
        for place, method in enumerate(METHODS)
    ]  # fmt: skip
    return pd.DataFrame(lines).assign(**changes)


def predicted(rows: int = 40, seeds: int = 6) -> pd.DataFrame:
    """Predictions of two methods for validation and test rows."""
    generator = np.random.default_rng(0)
    frames = []
    for seed in range(seeds):
        labels = np.arange(rows) % 4 == 0
        for method, noise in (("sharp", 0.3), ("blunt", 2.0)):
            logits = 2 * labels - 1 + noise * generator.normal(size=rows)
            frames.append(pd.DataFrame({
                "method": method, "dataset": "wine", "seed": seed, "row": np.arange(rows) + 100 * seed,
                "label": labels.astype(int), "probability": 1 / (1 + np.exp(-logits)),
                "part": np.where(np.arange(rows) < rows // 2, "validation", "test"),
            }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


@pytest.fixture
def judge(tmp_path) -> Callable[..., JudgedFile]:
    """Write a frame as CSV or Parquet, and judge it."""

    def write_and_judge(frame: pd.DataFrame, name: str = "bench.csv", **request: object) -> JudgedFile:
        file = tmp_path / name
        frame.to_parquet(file) if file.suffix == ".parquet" else frame.to_csv(file, index=False)
        return judge_file(TableFile(file), ImportRequest(**request))

    return write_and_judge


def overall(judged: JudgedFile, score: str = "ROC-AUC") -> dict[tuple[str, str], Verdict]:
    """The verdicts over all data sets, or in the only one, by the pair."""
    lines = [line for line in judged.findings.comparisons if line.score == score]
    return {(line.first, line.second): line.verdict for line in lines if line.setting == lines[-1].setting}


def test_the_best_method_is_found_and_the_others_are_ruled_out(judge):
    judged = judge(benchmark())
    assert overall(judged) == dict.fromkeys(
        [("svm", "forest"), ("svm", "boosting"), ("forest", "boosting")], Verdict.WORSE
    )
    rulings = judged.findings.rulings["ROC-AUC"]
    assert {method: ruling.is_ruled_out for method, ruling in rulings.items()} == {
        "svm": True, "forest": True, "boosting": False,
    }  # fmt: skip


def test_every_format_and_form_gives_the_same_numbers(judge, tmp_path):
    """Parquet, decimal commas with semicolons, other names of columns, and one row a score."""
    frame = benchmark().assign(brier=lambda each: 1 - each["roc_auc"])
    expected = judge(frame).table
    assert list(expected["seeds"]) == [7] * 6
    pd.testing.assert_frame_equal(judge(frame, "bench.parquet").table, expected)
    (tmp_path / "german.csv").write_text(frame.to_csv(index=False, sep=";", decimal=","), encoding="utf-16")
    german = judge_file(TableFile(tmp_path / "german.csv", ReadingOptions(encoding="utf-16")), ImportRequest())
    pd.testing.assert_frame_equal(german.table, expected)
    renamed = frame.rename(columns={"method": "model", "dataset": "Data set", "seed": "Repetition"})
    pd.testing.assert_frame_equal(judge(renamed, columns={"method": "model"}).table, expected)
    long = frame.melt(["method", "dataset", "seed"], var_name="metric")
    pd.testing.assert_frame_equal(judge(long).table, expected)


def test_a_lower_score_is_better_where_its_name_or_the_request_says_so(judge):
    frame = benchmark().assign(brier=lambda each: 1 - each["roc_auc"], deviance=lambda each: 100 - each["roc_auc"])
    judged = judge(frame, lower_is_better=("deviance",))
    assert overall(judged, "Brier score") == overall(judged, "deviance") == overall(judged)
    assert (judged.table["deviance_low"] > 90).all()  # the interval of an unknown score is cut off nowhere
    assert next(iter(judge(frame, scores=("brier",)).findings.scored)).lower
    assert [score.label for score in judge(frame).findings.scored] == ["ROC-AUC", "Brier score"]
    assert any("Left out: deviance" in note for note in judge(frame).notes)


def test_missing_results_are_left_out_of_pairs_and_told(judge):
    frame = benchmark()
    judged = judge(frame[~((frame["method"] == "svm") & (frame["dataset"] == "car") & (frame["seed"] < 2))])
    pairs = {
        line.setting: line.pairs
        for line in judged.findings.comparisons
        if {line.first, line.second} == {"svm", "forest"}
    }
    assert pairs == {"wine": 7, "car": 5, "all cells": 5}
    assert "svm lacks 2 of 7 results on car (0 and 1); pairs leave these out" in judged.notes
    line = judged.table.set_index(["dataset", "method"]).loc[("car", "svm")]
    assert (line["seeds"], line["missing"]) == (5, 2)


def test_an_empty_score_is_undefined(judge):
    frame = benchmark()
    frame.loc[0, "roc_auc"] = np.nan
    judged = judge(frame)
    assert "ROC-AUC is undefined: 1 result on wine, svm" in judged.notes
    assert judged.findings.lines[0].trainings == 7  # the result is there
    assert judged.table["roc_auc"][0] == pytest.approx(frame["roc_auc"][frame["method"] == "svm"][:7].mean())


def test_methods_without_a_common_seed_are_not_compared(judge):
    """Means and intervals are there, and a note says why there is no test."""
    frame = benchmark(datasets=("wine",))
    frame["seed"] += 100 * frame["method"].map(METHODS.index)
    judged = judge(frame)
    assert {line.pairs for line in judged.findings.comparisons} == {0}
    assert set(overall(judged).values()) == {Verdict.UNDECIDED}
    assert judged.table["roc_auc_low"].notna().all()
    [note] = [note for note in judged.notes if note.startswith("Not compared")]
    assert "svm and forest on wine" in note


def test_one_seed_gives_a_table_without_intervals_and_tests(judge):
    judged = judge(benchmark(seeds=1).drop(columns="seed"))
    assert judged.table["roc_auc"].notna().all()
    assert judged.table["roc_auc_low"].isna().all()
    assert {line.verdict for line in judged.findings.comparisons} == {Verdict.UNDECIDED}


def test_folds_are_judged_by_the_corrected_test(judge):
    """With n_test / n_train = 1 / (folds - 1), or as the request says. Signs of folds are not free to flip."""
    seeds = judge(benchmark(datasets=("wine",)))
    folds = benchmark(datasets=("wine",)).rename(columns={"seed": "fold"})
    judged, wider = judge(folds), judge(folds, test_to_train=1.0)
    assert judged.findings.study.test_to_train == {"wine": pytest.approx(1 / 6)}
    widths = [each.table["roc_auc_high"] - each.table["roc_auc_low"] for each in (seeds, judged, wider)]
    assert widths[1].to_numpy() == pytest.approx(widths[0] * np.sqrt(1 + 7 / 6))
    assert widths[2].to_numpy() == pytest.approx(widths[0] * np.sqrt(1 + 7))
    assert any("corrected resampled t-test" in note for note in judged.notes)
    assert set(judged.table["interval_over"]) == {"folds"}


def test_predictions_have_a_tuned_threshold_only_with_validation_rows(judge):
    both = judge(predicted())
    assert both.table["tuned_f1"].notna().all()
    frame = predicted()
    alone = judge(frame[frame["part"] == "test"].drop(columns="part"))
    assert "tuned_f1" not in alone.table
    assert [score.label for score in alone.findings.scored] == ["F1 at ½", "ROC-AUC", "average precision"]
    pd.testing.assert_series_equal(alone.table["f1"], both.table["f1"])
    assert not both.findings.study.shares_test


def test_seeds_with_the_same_test_rows_rule_nothing_out(judge):
    frame = predicted()
    judged = judge(frame.assign(row=frame["row"] % 100))
    assert judged.findings.study.shares_test
    assert judged.findings.rulings == {}


def change(column: str, row: int, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return a function that sets one value."""

    def changed(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.astype({column: object})
        frame.loc[row, column] = value
        return frame

    return changed


BAD_SCORES = [
    (change("roc_auc", 3, "good"), {}, "column roc_auc has 'good' in row 4, which is no finite number"),
    (change("roc_auc", 3, "inf"), {}, "column roc_auc has 'inf' in row 4"),
    (change("roc_auc", 3, 91.2), {}, "roc_auc must be from 0 to 1, found 91.2 in row 4; divide percentages by 100"),
    (change("roc_auc", 0, -0.1), {}, "roc_auc must be from 0 to 1, found -0.1 in row 1"),
    (change("method", 1, None), {}, "the method column 'method' is missing in row 2"),
    (change("seed", 4, None), {}, "the seed column 'seed' is missing in row 5"),
    (change("dataset", 0, "all cells"), {}, "no data set can be called 'all cells'"),
    (change("seed", 3, 0), {}, "rows 1 and 4 are the same result, svm on wine, seed 0: leave one out"),
    (lambda frame: frame.drop(columns="seed"), {}, "rows 1 and 4 are the same result, svm on wine: leave one out"),
    (lambda frame: frame.rename(columns={"method": "model"}), {}, "there is no column 'method': name it with"),
    (lambda frame: frame[["seed"]].assign(svm=0.7, forest=0.8), {}, "Each row is one result of one method"),
    (lambda frame: frame.assign(y_true=1, y_score=0.5).drop(columns="roc_auc"), {},
     "For predictions, name the columns of label and probability with --label-column and --probability-column"),
    (lambda frame: frame, {"columns": {"method": "methods"}}, "no column 'methods' (did you mean 'method'?)"),
    (lambda frame: frame.rename(columns={"roc_auc": "auc"}), {}, "no column is a known score: name those of which"),
    (lambda frame: frame, {"scores": ("rocauc",)}, "there is no score 'rocauc' (did you mean 'roc_auc'?)"),
    (lambda frame: frame, {"lower_is_better": ("roc_auc",)}, "higher is better for 'roc_auc'"),
    (lambda frame: frame.assign(Seed=1), {}, "columns 'seed' and 'Seed' may be the seed: choose with --seed-column"),
    (lambda frame: frame.assign(seeds=1.0), {"scores": ("seeds",)}, "table.csv would have two columns 'seeds'"),
    (lambda frame: frame, {"test_to_train": 0.2}, "--test-to-train is for folds"),
    (lambda frame: frame.assign(level="high"), {}, "column level has 'high' in row 1"),
    (lambda frame: frame[:0], {}, "has a header but no rows"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "request_", "message"), BAD_SCORES, ids=[message for *_, message in BAD_SCORES])
def test_a_wrong_file_of_scores_is_refused_in_one_line(judge, spoil, request_, message):
    with pytest.raises(ValueError, match=r"bench\.csv") as raised:
        judge(spoil(benchmark()), **request_)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


BAD_PREDICTIONS = [
    (change("probability", 2, 1.5), {}, "column probability must be a probability from 0 to 1, found 1.5 in row 3"),
    (change("probability", 2, None), {}, "found none in row 3"),
    (change("label", 2, "yes"), {}, "labels must be 0 or 1, found 'yes' in row 3"),
    (change("part", 2, "holdout"), {}, "a part must be validation, test or train, found 'holdout' in row 3"),
    (change("row", 39, 38), {}, "rows 39 and 40 are predictions of sharp on wine, seed 0 for the same test row"),
    (change("row", 39, 999), {}, "have other test rows (20 and 20 rows)"),
    (lambda frame: frame.drop(index=39), {}, "have other test rows (20 and 19 rows)"),
    (change("label", 39, 1), {}, "have other labels for the same test rows, first in row 80"),
    (lambda frame: frame.assign(part="val"), {}, "sharp on wine, seed 0 has validation rows but no test rows"),
    (lambda frame: frame.assign(x=1.0), {"scores": ("x",)}, "predictions are scored here"),
    (lambda frame: frame.drop(columns="label"), {"columns": {"row": "row"}}, "--row-column is for predictions"),
]


@pytest.mark.parametrize(("spoil", "request_", "message"), BAD_PREDICTIONS, ids=[each[2] for each in BAD_PREDICTIONS])
def test_a_wrong_file_of_predictions_is_refused_in_one_line(judge, spoil, request_, message):
    with pytest.raises(ValueError, match=r"bench\.csv") as raised:
        judge(spoil(predicted()), **request_)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"margin": 0.0}, "--margin must be above 0"),
        ({"margin": float("nan")}, "--margin must be above 0"),
        ({"test_to_train": 0.0}, "--test-to-train must be above 0 and finite"),
        ({"columns": {"method": "a", "seed": "a"}}, "column 'a' cannot be both --method-column and --seed-column"),
        ({"columns": {"method": "a"}, "scores": ("a",)}, "column 'a' cannot be both a score and --method-column"),
    ],
)
def test_an_impossible_request_is_refused(request_, message):
    with pytest.raises(ValueError, match=message):
        ImportRequest(**request_)


texts = st.text(max_size=6) | st.sampled_from(["svm", "wine", "0", "1", "0,5", "0.5", "NaN", "1e400", "-1", "test"])


@settings(max_examples=150, deadline=None)
@given(
    header=st.lists(
        st.sampled_from(["method", "dataset", "seed", "fold", "level", "roc_auc", "f1", "mcc", "score", "value",
                         "label", "probability", "row", "part", "x"]),
        min_size=1, max_size=7, unique=True,
    ),
    rows=st.lists(st.lists(texts, min_size=7, max_size=7), min_size=1, max_size=5),
)  # fmt: skip
def test_any_file_is_judged_or_refused_in_one_line(header, rows, tmp_path_factory):
    file = tmp_path_factory.mktemp("any") / "any.csv"
    pd.DataFrame([row[: len(header)] for row in rows], columns=header).to_csv(file, index=False)
    message = ""
    try:
        judge_file(TableFile(file), ImportRequest())
    except ValueError as error:
        message = str(error)
    assert "any.csv" in message or not message


def test_a_folder_with_something_else_is_not_overwritten(tmp_path):
    check_folder(tmp_path / "new", "bench.csv")
    for name in ("table.csv", "results.sqlite", "study.toml"):
        folder = tmp_path / name.replace(".", "_")
        folder.mkdir()
        (folder / name).write_text("")
        with pytest.raises(ValueError, match=f"holds {name}, which is no imported report: name another folder"):
            check_folder(folder, "bench.csv")


def write(frame: pd.DataFrame, name: str) -> None:
    frame.to_csv(name, index=False)


def test_the_command_writes_the_report_and_prints_the_table(imbaloss):
    """Again with the same file, but not over the report of another one; `report` and `status` say what to do."""
    write(benchmark(datasets=("wine",)), "bench.csv")
    code, out, err = imbaloss("import-results", "bench.csv", "--margin", "0.02")
    assert (code, err) == (0, "")
    folder = Path("results/bench")
    names = {path.name for path in folder.iterdir()}
    assert names == {"study.toml", "table.csv", "table.md", "table.tex", "comparisons.csv", "figures", "report.html"}
    assert "ROC-AUC: boosting has the highest mean" in out
    page = (folder / "report.html").read_text()
    for word in ("training", "epoch", "learning rate", "images", "nan", "network", "level"):
        assert word not in page.split("<main>")[1].split('id="section-cite')[0].replace("trained here", ""), word
    code, out, _ = imbaloss("import-results", "bench.csv", "--json")
    assert code == 0
    printed = json.loads(out)
    assert [line["method"] for line in printed["table"]] == [*METHODS]
    assert len(printed["comparisons"]) == 3
    [verdict] = printed["verdicts"]
    assert f"- {verdict['sentence']}.\n" in (folder / "table.md").read_text()
    assert (verdict["score"], verdict["best"], verdict["ruled_out"]) == ("ROC-AUC", ["boosting"], ["svm", "forest"])
    assert printed["notes"] == ["Methods are compared by 1 score: higher is better for ROC-AUC"]
    write(benchmark(), "other.csv")
    code, out, err = imbaloss("import-results", "other.csv", "--out", "results/bench")
    assert (code, out) == (2, "")
    assert "results/bench holds the report of bench.csv: name another folder with --out" in err
    for command in (("report", "results/bench"), ("status", "results/bench"), ("run", "results/bench/study.toml")):
        code, out, err = imbaloss(*command)
        assert (code, out) == (2, "")
        assert "imbaloss import-results bench.csv" in err


def test_the_documented_file_gives_the_documented_output(imbaloss):
    """The page lists every known score and option, too."""
    page = (Path(__file__).parents[3] / "docs" / "import-results.md").read_text()
    [file] = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    [(command, printed)] = re.findall(r"```console\n\$ imbaloss (.*?)\n(.*?)```", page, re.DOTALL)
    Path("benchmark.csv").write_text(file)
    assert imbaloss(*command.split()) == (0, printed, "")
    assert all(f"`{name}`" in page for name in KNOWN if not name.startswith("tuned_"))
    assert all(f"--{role}-column" in page for role in ROLES)


def test_known_scores_are_shown_under_one_name_and_others_as_they_are_written(judge):
    frame = (
        benchmark().rename(columns={"roc_auc": "AUROC"}).assign(F1_score=0.5, log_loss=0.4, tuned_mcc=0.1, My_score=7)
    )
    request = {"scores": ("AUROC", "F1_score", "log_loss", "tuned_mcc", "My_score")}
    labels = {score.column: score.label for score in judge(frame, **request).findings.scored}
    assert labels == {
        "AUROC": "ROC-AUC", "F1_score": "F1", "log_loss": "log loss", "tuned_mcc": "MCC at the tuned threshold",
        "My_score": "My_score",
    }  # fmt: skip


def test_two_columns_of_one_known_score_keep_their_names(judge):
    frame = benchmark().assign(f1=0.5, f1_score=0.6)
    assert [score.label for score in judge(frame).findings.scored] == ["ROC-AUC", "f1", "f1_score"]


@pytest.mark.parametrize("width", [60, 100])
def test_lines_of_the_terminal_fit_with_many_scores_and_long_words(judge, width):
    frame = benchmark(datasets=("wine",)).assign(f1=0.5, mcc=0.4, brier=0.2, ece=0.1, recall=0.3, log_loss=0.25)
    frame["method"] = frame["method"].replace("svm", "a support vector machine with a kernel of radial basis functions")
    judged = judge(frame)
    text = write_plain(lay_out_results(judged, width=width), width)
    assert max(map(len, text.splitlines())) <= width
    words = " ".join(text.split())
    assert all(f"{score.label} [95 %]" in words for score in judged.findings.scored)
    assert words.count("data set method seeds") > 1  # as many tables as the scores need
    assert all(" ".join(sentence.split()) in words for sentence in judged.sentences)


def test_a_refused_file_leaves_nothing(imbaloss):
    write(change("roc_auc", 3, "good")(benchmark()), "bench.csv")
    code, out, err = imbaloss("import-results", "bench.csv")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert not Path("results").exists()


def test_predictions_draw_curves(imbaloss):
    write(predicted(), "predicted.csv")
    code, _, err = imbaloss("import-results", "predicted.csv", "--out", "out")
    assert (code, err) == (0, "")
    names = {path.stem for path in Path("out/figures").iterdir()}
    assert {"roc_wine", "probabilities_wine", "reliability_wine"} <= names
    assert "The tuned threshold is the one that is best for F1" in Path("out/report.html").read_text()


def test_predictions_without_validation_rows_draw_curves_without_a_tuned_threshold(imbaloss):
    write(predicted().drop(columns=["part", "dataset"]), "alone.csv")
    code, out, err = imbaloss("import-results", "alone.csv", "--out", "out")
    assert (code, err) == (0, "")
    assert "sharp" in out
    assert "probabilities_alone" in {path.stem for path in Path("out/figures").iterdir()}
    page = Path("out/report.html").read_text()
    assert "tuned threshold" not in page.split("<main>")[1]


def test_one_result_a_method_has_no_word_of_intervals_and_says_that_it_decides_nothing(imbaloss):
    write(benchmark(seeds=1, datasets=("wine",)), "single.csv")
    code, out, err = imbaloss("import-results", "single.csv", "--out", "out")
    assert (code, err) == (0, "")
    assert "Brackets" not in out
    assert "- One result for each method decides nothing: any of these differences may be chance.\n" in out
    assert "needs results for at least 6 seeds" in out
    printed = json.loads(imbaloss("import-results", "single.csv", "--out", "out", "--json")[1])
    assert printed["verdicts"] == []
    assert printed["notes"][0] == "One result for each method decides nothing: any of these differences may be chance"
    assert "% Brackets" not in Path("out/table.tex").read_text()
    assert "95 % intervals over seeds" not in Path("out/report.html").read_text()
    assert pd.read_csv("out/table.csv")["interval_over"].isna().all()


def test_methods_without_common_seeds_are_said_to_have_no_verdict(imbaloss):
    frame = benchmark(datasets=("wine",))
    frame["seed"] += 100 * frame["method"].map(METHODS.index)
    write(frame, "apart.csv")
    code, out, err = imbaloss("import-results", "apart.csv", "--out", "out")
    assert (code, err) == (0, "")
    assert "- There is no verdict: no two methods have results for at least two common seeds.\n" in out
    assert "- Brackets hold 95 % confidence intervals over seeds.\n" in out


def test_equal_scores_are_said_to_be_equal(imbaloss):
    write(benchmark(datasets=("wine",)).rename(columns={"roc_auc": "time_s"}).assign(time_s=3.2), "equal.csv")
    code, out, err = imbaloss("import-results", "equal.csv", "--lower-is-better", "time_s", "--out", "out")
    assert (code, err) == (0, "")
    equal = (
        "time_s: boosting, svm and forest have the same mean; no significant difference shown from svm +0.000, forest"
    )
    assert equal in " ".join(out.split())
    assert "have the same mean" in Path("out/report.html").read_text()
