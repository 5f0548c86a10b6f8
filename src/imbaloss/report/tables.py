"""Rows -> a table with one line a cell (data set, level, loss): means and deviations over the seeds."""

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from imbaloss import studies
from imbaloss.data import SETS
from imbaloss.evaluation import CONFUSION, SCORES
from imbaloss.studies import Row

DASH = "\u2013"  # an en dash, where there is no value
CELL = ["dataset", "level", "loss"]
DATA = ["protocol", "negative", "positive"]
MAIN = ("f1", "roc_auc")
LABELS = {"f1": "F1", "roc_auc": "ROC-AUC"}


@cache
def published() -> pd.DataFrame:
    """The report's Table 1: columns dataset, level, loss, f1, roc_auc."""
    with resources.files(studies).joinpath("published_table1.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """One line a cell, in the order of the rows.

    Columns: the cell; seeds (trainings that succeeded) and, of f1 and roc_auc, mean, standard deviation (n - 1) and
    published value; then mean and deviation of the other scores and counts; then the samples of each class in each
    part, failed (trainings whose loss was no longer finite), tuned_lr (each learning rate that was chosen, and how
    often), protocol and classes. Empty where there is no value.
    """
    told = [{"failed": row.failure is not None, "tuned_lr": row.tuning["lr"] if row.tuning else None} for row in rows]
    flat = pd.DataFrame([{**row.flat(), **more} for row, more in zip(rows, told, strict=True)])
    for score in (*CONFUSION, *SCORES):
        flat[score] = pd.to_numeric(flat[score])
    groups = flat.groupby(CELL, sort=False)
    means, deviations = groups[[*SCORES, *CONFUSION]].mean(), groups[[*SCORES, *CONFUSION]].std()
    found = pd.DataFrame(index=means.index)
    found["seeds"] = groups["failed"].count() - groups["failed"].sum()
    known = published().set_index(CELL)
    data = groups[DATA].first()
    asked = data.reset_index()[[*CELL, "protocol", "positive"]]
    cells = [published_cell(*line) for line in asked.itertuples(index=False)]
    for score in MAIN:
        found[score], found[f"{score}_sd"] = means[score], deviations[score]
    for score in MAIN:
        found[f"published_{score}"] = known[score].reindex(cells).to_numpy()
    for score in (*SCORES[len(MAIN) :], *CONFUSION):
        found[score], found[f"{score}_sd"] = means[score], deviations[score]
    for part in ("train", "tune", "test"):
        for kind in ("negatives", "positives"):
            found[f"{part}_{kind}"] = groups[f"{part}_{kind}"].first()
    found["failed"] = groups["failed"].sum()
    found["tuned_lr"] = groups["tuned_lr"].agg(rates)
    found[DATA] = data
    return found.reset_index()


def rates(chosen: pd.Series) -> str | None:
    """Each learning rate with the number of runs that chose it, as "0.03 (2), 0.1 (8)"; None where none did."""
    return ", ".join(f"{lr:g} ({runs})" for lr, runs in chosen.value_counts().sort_index().items()) or None


def published_cell(dataset: str, level: float, loss: str, protocol: str, positive: str) -> tuple[str, float, str]:
    """The report's cell on the same data, whatever the parameters of the loss; none where the data are other ones."""
    theirs = protocol == "table1" and dataset in SETS and SETS[dataset].positive == positive
    return (dataset, level, loss.partition(":")[0]) if theirs else ("", level, loss)


def sentences(rows: Sequence[Row]) -> list[str]:
    """What a table cannot say: failed trainings, scores on test that are undefined, and why, too short grids."""
    said: dict[str, int] = {}
    for row in rows:
        negatives, positives = row.counts["test"]
        cell = f"{row.run.dataset} at level {row.run.level:g} (test P/N {positives}/{negatives}), {row.run.loss}"
        if row.failure:
            said[f"{cell}, seed {row.run.seed}: {row.failure}"] = 0
            continue
        for score, reason in row.undefined["test"].items():
            sentence = f"{cell}: {LABELS.get(score, score)} is undefined, {reason}"
            said[sentence] = said.get(sentence, 0) + 1
        if row.tuning and (end := end_of_grid(row.tuning)):
            sentence = f"{cell}: the best learning rate was the {end} that was tried; others beyond it may be better"
            said[sentence] = said.get(sentence, 0) + 1
    return [f"{sentence} ({seeds} of the seeds)" if seeds else sentence for sentence, seeds in said.items()]


def end_of_grid(tuning: dict[str, Any]) -> str | None:
    """Whether the chosen rate is the smallest or the largest of several."""
    tried = [candidate["lr"] for candidate in tuning["candidates"]]
    return {tried[0]: "smallest", tried[-1]: "largest"}.get(tuning["lr"]) if len(tried) > 1 else None


def for_reading(cells: pd.DataFrame) -> pd.DataFrame:
    """A table of `table` as text: one line a cell, with its counts, and each score beside the published one."""
    found = pd.DataFrame({"data set": cells["dataset"]})
    found["level"] = [f"{level:.4g}" for level in cells["level"]]
    for part in ("train", "test"):
        found[f"{part} P/N"] = [
            f"{positives}/{negatives}"
            for positives, negatives in zip(cells[f"{part}_positives"], cells[f"{part}_negatives"], strict=True)
        ]
    found["loss"] = cells["loss"]
    found["seeds"] = cells["seeds"].astype(str)
    for score in MAIN:
        pairs = zip(cells[score], cells[f"{score}_sd"], strict=True)
        found[LABELS[score]] = [spread(mean, deviation) for mean, deviation in pairs]
        if cells[f"published_{score}"].notna().any():
            found[f"{LABELS[score]} published"] = [number(value) for value in cells[f"published_{score}"]]
    if cells["tuned_lr"].any():
        found["learning rate (runs)"] = cells["tuned_lr"].fillna(DASH)
    return found


def number(value: float) -> str:
    """Four decimals, as the report prints them; a dash where there is no value."""
    return DASH if pd.isna(value) else f"{value:.4f}"


def spread(mean: float, deviation: float) -> str:
    """Mean and standard deviation; the mean alone where one seed leaves no deviation."""
    return number(mean) if pd.isna(deviation) else f"{mean:.4f} ± {deviation:.4f}"


def markdown(cells: pd.DataFrame) -> str:
    reading = for_reading(cells)
    lines = [list(reading.columns), ["---"] * len(reading.columns), *reading.to_numpy().tolist()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def latex(cells: pd.DataFrame) -> str:
    """A booktabs tabular."""
    reading = for_reading(cells)
    text: str = reading.to_latex(index=False, escape=True, column_format="llllll" + "r" * (reading.shape[1] - 6))
    return text.replace("±", r"$\pm$").replace(DASH, "--")


def standing(cells: pd.DataFrame) -> pd.DataFrame:
    """How each loss stands over all data sets and levels: its mean of each main score, and in how many cells it leads.

    Only cells where every loss of the table has a value count.
    """
    losses = list(dict.fromkeys(cells["loss"]))
    found = pd.DataFrame(index=losses)
    for score in MAIN:
        wide = cells.pivot(index=["dataset", "level"], columns="loss", values=score)[losses].dropna()
        found[f"mean_{score}"] = wide.mean()
        found[f"leads_{score}"] = wide.eq(wide.max(axis=1), axis=0).sum()
        found[f"cells_{score}"] = len(wide)
    return found


def records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The table as JSON values, null where there is no value."""
    found: list[dict[str, Any]] = json.loads(table(rows).to_json(orient="records", double_precision=15))
    return found
