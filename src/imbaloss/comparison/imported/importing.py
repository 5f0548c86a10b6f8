"""Import a file of results: read it, judge it like a study, and write tables, figures and page."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import pandas as pd
import tomli_w

from imbaloss.atomic_write import write_atomically
from imbaloss.comparison.imported import tables
from imbaloss.comparison.imported.columns import ResultTable, assign_roles
from imbaloss.comparison.imported.findings import ImportedFindings, judge_results
from imbaloss.comparison.imported.notes import describe_no_verdict, write_notes
from imbaloss.comparison.imported.page import render_imported
from imbaloss.comparison.imported.prediction_file import read_predictions
from imbaloss.comparison.imported.request import ImportRequest
from imbaloss.comparison.imported.result import ReadResults
from imbaloss.comparison.imported.score_file import read_scores
from imbaloss.comparison.imported.study import ImportedStudy, read_imported_file
from imbaloss.comparison.reading.reading_options import naming
from imbaloss.comparison.reading.table_file import TableFile
from imbaloss.report.comparisons import tabulate_comparisons
from imbaloss.report.drawings import (
    Drawing,
    draw_curves,
    draw_differences,
    draw_ranks,
    draw_scores,
    select_drawn_settings,
)
from imbaloss.report.evidence import ScoreVerdict, judge_scores
from imbaloss.report.results import join_interval_over
from imbaloss.report.row_names import CellKey
from imbaloss.report.tables import to_records, write_latex_table, write_markdown_table
from imbaloss.report.writing import write_figures, write_text
from imbaloss.studies import files

WRITTEN = ("report.html", "table.csv", "table.md", "table.tex", "comparisons.csv", "figures", "results.sqlite", "model")


class VerdictJson(TypedDict):
    """The verdict by one score."""

    score: str  # its label
    lower_is_better: bool
    best: list[str]  # the method with the best mean, and those with an equal one
    ruled_out: list[str]  # the methods that are ruled out as the best
    sentence: str


class JudgedJson(TypedDict):
    """What `import-results --json` prints."""

    table: list[dict[str, Any]]  # the lines of table.csv
    verdicts: list[VerdictJson]
    comparisons: list[dict[str, Any]]  # the lines of comparisons.csv
    notes: list[str]


class JudgedFile(NamedTuple):
    """A file of results, read and judged."""

    findings: ImportedFindings
    table: pd.DataFrame  # the content of table.csv
    notes: Sequence[str]  # the sentences beside the tables, without full stops

    @property
    def verdicts(self) -> list[ScoreVerdict]:
        """The verdicts by each score; without two methods that have two repetitions in common there are none."""
        return judge_scores(self.findings.comparisons, self.findings.rulings)

    @property
    def brackets(self) -> list[str]:
        """The sentence on what the intervals in brackets are over; none without intervals."""
        over = join_interval_over(self.findings.lines)
        return [f"Brackets hold 95 % confidence intervals over {over}"] if over else []

    @property
    def sentences(self) -> list[str]:
        """All sentences below the table, without full stops: on brackets and verdicts, then the notes."""
        verdicts, shares_test = self.verdicts, self.findings.study.shares_test
        return [
            *self.brackets,
            *([] if verdicts else describe_no_verdict(self.findings)),
            *(["The verdicts are for these test samples alone"] if shares_test else []),
            *(verdict.sentence for verdict in verdicts),
            *self.notes,
        ]

    def to_json(self) -> JudgedJson:
        """Return table, verdicts, comparisons and notes as JSON values, None for a missing number."""
        verdicts = self.verdicts
        return {
            "table": to_records(self.table),
            "verdicts": [
                {
                    "score": verdict.score,
                    "lower_is_better": verdict.lower,
                    "best": verdict.leaders,
                    "ruled_out": [method for method in verdict.rulings if verdict.rules_out(method)],
                    "sentence": verdict.sentence,
                }
                for verdict in verdicts
            ],
            "comparisons": to_records(tabulate_comparisons(self.findings.comparisons)),
            "notes": [*([] if verdicts else describe_no_verdict(self.findings)), *self.notes],
        }


def import_results(file: TableFile, request: ImportRequest, folder: Path) -> JudgedFile:
    """Read and judge a file of results, and write tables, figures, page and study file into a folder.

    Nothing is written before all is computed.

    Args:
        file: The file of scores or predictions.
        request: How the file is read and judged.
        folder: The output folder, which is created. An earlier report of a file of the same name is replaced.

    Raises:
        OSError: The file cannot be read, or the folder cannot be written.
        ValueError: The file does not hold what it must, or the folder holds something else.
    """
    check_folder(folder, file.path.name)
    judged = judge_file(file, request)
    write_imported(judged, folder)
    return judged


def judge_file(file: TableFile, request: ImportRequest) -> JudgedFile:
    """Read and judge a file of results.

    Args:
        file: The file of scores or predictions.
        request: How the file is read and judged.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file does not hold what it must.
    """
    with naming(file.path):
        table = file.read()
        results = assign_roles(table.table, file.path.stem, request)
        is_predicted = {"label", "probability"} <= results.roles.keys()
        read = read_predictions(results, request) if is_predicted else read_scores(results, request)
        findings = judge_results(describe_study(file.path, results, read, request), read)
        tabulated = tables.tabulate(findings)
    return JudgedFile(findings, tabulated, write_notes(findings, (*table.notes, *read.notes)))


def check_folder(folder: Path, file: str) -> None:
    """Check that a folder holds nothing but perhaps the report of a file of this name.

    Raises:
        ValueError: The folder holds another report.
        OSError: The folder cannot be read.
    """
    existing = next((name for name in (*WRITTEN, files.FILE) if (folder / name).exists()), None)
    if existing is None:
        return
    before = read_imported_file(folder)
    if before != file:
        content = f"the report of {before}" if before else f"{existing}, which is no imported report"
        raise ValueError(f"{folder} holds {content}: name another folder with --out")


def describe_study(path: Path, results: ResultTable, read: ReadResults, request: ImportRequest) -> ImportedStudy:
    """Describe imported results as a study.

    Args:
        path: The file.
        results: Its columns.
        read: Its results.
        request: How they are judged.

    Raises:
        ValueError: A data set has a single fold while others have several, or a ratio is given without folds.
    """
    datasets = tuple(dict.fromkeys(result.key.dataset for result in read.results))
    counts = {
        dataset: len({result.key.fold for result in read.results if result.key.dataset == dataset})
        for dataset in datasets
    }
    has_folds = any(result.key.fold for result in read.results)
    if has_folds and min(counts.values()) < 2:
        single = min(counts, key=lambda dataset: counts[dataset])
        raise ValueError(f"data set {single} has one fold, and others have several: import it alone")
    if request.test_to_train is not None and not has_folds:
        raise ValueError("--test-to-train is for folds, and no column says which fold a result is of: --fold-column")
    ratios = {dataset: request.test_to_train or 1 / (count - 1) for dataset, count in counts.items() if has_folds}
    return ImportedStudy(
        name=path.stem,
        file=path.name,
        checksum=hash_file(path),
        margin=request.margin,
        datasets=datasets,
        folds=max(counts.values()) if has_folds else 0,
        shares_test=shares_test(read),
        test_to_train=ratios,
        roles=results.roles,
        scores=tuple(score.column for score in read.compared),
    )


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file; of a folder of Parquet files that of the files in the order of their names.

    Raises:
        OSError: A file cannot be read.
    """
    hashed = hashlib.sha256()
    for file in sorted(path.glob("*.parquet")) if path.is_dir() else [path]:
        hashed.update(file.read_bytes())
    return hashed.hexdigest()


def shares_test(read: ReadResults) -> bool:
    """Say whether all seeds of each data set have the same test rows, so that seeds say nothing of other samples.

    That is known only for predictions with row names, of several seeds without folds.
    """
    if not read.has_row_names or any(result.key.fold for result in read.results):
        return False
    by_cell: dict[CellKey, dict[str, frozenset[int]]] = {}
    for result in read.results:
        if result.test is not None:
            by_cell.setdefault(result.key.cell, {})[result.key.seed] = frozenset(result.test.images.tolist())
    return all(len(of_seeds) > 1 and len(set(of_seeds.values())) == 1 for of_seeds in by_cell.values())


def draw_imported(findings: ImportedFindings) -> Iterator[Drawing]:
    """Draw the figures of imported results: scores, differences, ranks, and curves if there are predictions.

    Curves are of the lowest level of each data set.
    """
    yield from draw_scores(findings)
    yield from draw_differences(findings)
    yield from draw_ranks(findings)
    for setting in select_drawn_settings(findings):
        cell = min((cell for cell in findings.by_cell if cell.setting == setting), key=lambda cell: cell.level)
        tests = {
            method: [each.test for each in results if each.test is not None and 0 < each.test.labels.mean() < 1]
            for method, results in findings.by_cell[cell].items()
        }
        if drawn := {method: predictions for method, predictions in tests.items() if predictions}:
            yield from draw_curves(findings, cell, drawn)


def write_imported(judged: JudgedFile, folder: Path) -> None:
    """Write tables, figures, page and study file into a folder, which is created.

    Raises:
        OSError: The folder or a file cannot be written.
    """
    findings, table, notes = judged
    verdicts = judged.verdicts
    reading, names = tables.tabulate_for_reading(findings)
    drawings = list(draw_imported(findings))  # all of them, so that a figure that fails leaves no file behind
    folder.mkdir(parents=True, exist_ok=True)
    provenance = {files.PROVENANCE: {"versions": files.library_versions()}}
    write_atomically(folder / files.FILE, tomli_w.dumps(findings.study.to_toml() | provenance).encode())
    pictures = write_figures(drawings, folder)
    write_text(folder / "table.csv", table.to_csv(index=False))
    write_text(folder / "comparisons.csv", tabulate_comparisons(findings.comparisons).to_csv(index=False))
    text = "".join(f"- {sentence}.\n" for sentence in judged.sentences)
    write_text(folder / "table.md", f"{write_markdown_table(reading)}\n{text}")
    write_text(
        folder / "table.tex",
        "".join(f"% {sentence}.\n" for sentence in judged.brackets) + write_latex_table(reading, names),
    )
    write_text(folder / "report.html", render_imported(findings, verdicts, pictures, notes))
