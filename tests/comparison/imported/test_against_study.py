"""A study whose scores or predictions are exported and imported again is judged exactly as it was."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from imbaloss import data, report, studies
from imbaloss.comparison.imported.findings import ImportedFindings
from imbaloss.comparison.imported.importing import JudgedFile, judge_file
from imbaloss.comparison.imported.request import ImportRequest
from imbaloss.comparison.reading.table_file import TableFile
from imbaloss.report import Findings, tabulate_comparisons
from imbaloss.report.evidence import judge_scores
from imbaloss.studies import Row, Store

STUDY = """
datasets = ["digits_3_8", "digits_8_9"]
levels = [0.2, 0.05]
losses = ["mse", "mfe", "msfe"]
seeds = 7

[recipe]
epochs = 8
hidden = [8]
"""
FOLDS = STUDY.replace("seeds = 7", "seeds = 2\nfolds = 4").replace(', "digits_8_9"', "").replace(", 0.05", "")
SCORES = ("f1", "tuned_f1", "roc_auc", "average_precision")
LABELS = {"F1 at ½": "F1"}  # a file of scores does not say which threshold F1 has
BOTH = ["both_low", "both_high"]  # of the ROC-AUC for other samples, which scores alone do not tell


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(STUDY, id="seeds"),
        pytest.param(FOLDS, id="folds"),
        pytest.param(STUDY.replace("seeds = 7", "seeds = 1").replace(", 0.05", ""), id="one seed"),
    ],
)
def judged(request, tmp_path_factory) -> Findings:
    study = studies.files.parse_study(request.param, "study.toml", "study")
    datasets, runs = data.load_data_sets(study.datasets), study.runs()
    store = Store(tmp_path_factory.mktemp("study"))
    studies.execute(studies.cut_into_stacks(runs, datasets), store, datasets, "cpu")
    return report.compute_findings(study, store.rows(runs), store)


def import_frame(frame: pd.DataFrame, judged: Findings, folder: Path) -> JudgedFile:
    """Import a frame as CSV, with the ratio of parts that the folds of the study have."""
    frame.to_csv(folder / "exported.csv", index=False)
    ratio = next(iter(judged.scored.values()))[0].test_to_train
    return judge_file(TableFile(folder / "exported.csv"), ImportRequest(test_to_train=ratio))


def keys(judged: Findings) -> Iterator[tuple[Row, dict[str, object]]]:
    """Yield each row with what tells it from the others."""
    for row, name in zip(judged.rows, judged.row_names, strict=True):
        fold = {} if row.run.fold is None else {"fold": row.run.fold.fold}
        yield row, {"method": name.method, "dataset": name.setting, "level": row.run.level, "seed": row.run.seed} | fold


def assert_same_table(imported: JudgedFile, judged: Findings, *, without: tuple[str, ...] = ()) -> None:
    """The columns that both have agree, and they are those of each score and interval."""
    found, expected = imported.table, judged.table
    shared = [name for name in found.columns if name in expected.columns and name not in {"dataset", *without}]
    assert {f"{score}{end}" for score in SCORES for end in ("", "_sd", "_low", "_high")} - {*without} <= {*shared}
    assert_frame_equal(found[shared], expected[shared], check_dtype=False, rtol=1e-12)
    assert (found["missing"] == 0).all()


def write_sentences(findings: Findings | ImportedFindings) -> list[str]:
    return [verdict.sentence for verdict in judge_scores(findings.comparisons, findings.rulings)]


def test_scores_are_judged_as_those_of_the_study(judged, tmp_path):
    """Means, intervals, all p-values and verdicts, and the sentences but for the name of F1."""
    lines = [
        key | {score: row.scores_by_part()["tuned" if "tuned" in score else "test"][score.removeprefix("tuned_")]
               for score in SCORES}
        for row, key in keys(judged)
    ]  # fmt: skip
    imported = import_frame(pd.DataFrame(lines), judged, tmp_path)
    is_single = len(judged.study.seeds) == 1  # its intervals are over the samples, which scores do not tell
    ends = (f"{score}_{end}" for score in SCORES for end in ("low", "high"))
    assert_same_table(imported, judged, without=("interval_over", *ends) if is_single else ())
    expected = tabulate_comparisons(judged.comparisons).drop(columns=BOTH).replace({"score": LABELS})
    found = tabulate_comparisons(imported.findings.comparisons).drop(columns=BOTH)
    assert_frame_equal(found, expected, check_exact=True)
    sentences = write_sentences(judged)
    assert len(sentences) == (0 if is_single else len(SCORES))
    assert write_sentences(imported.findings) == [
        sentence.replace("F1 at ½", LABELS["F1 at ½"]) for sentence in sentences
    ]


def test_predictions_are_scored_and_judged_as_those_of_the_study(judged, tmp_path):
    """Every score at both thresholds, and the intervals for other seeds and other samples."""
    frames = []
    for row, key in keys(judged):
        for part, of_part in judged.store.predictions(row.run).items():
            names = [f"{part} {label} {image}" for label, image in zip(of_part.labels, of_part.images, strict=True)]
            samples = {"row": names, "label": of_part.labels, "probability": of_part.probabilities}
            frame = pd.DataFrame(samples).assign(**key, part=part)
            is_first = key["method"] == judged.methods[0]  # its order is that of all, on which bootstraps depend
            frames.append(frame if is_first else frame.sample(frac=1, random_state=len(frames)))
    imported = import_frame(pd.concat(frames), judged, tmp_path)
    assert_same_table(imported, judged)
    assert len(imported.table.columns) > 50
    found = tabulate_comparisons(imported.findings.comparisons)
    assert_frame_equal(found, tabulate_comparisons(judged.comparisons), rtol=1e-12)
    assert write_sentences(imported.findings) == write_sentences(judged)
