"""Rows -> a table with one line a cell (setting, level, method): means and deviations over its trainings."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import resources
from itertools import product, repeat
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from imbaloss import studies
from imbaloss.data import NONE, SETS
from imbaloss.evaluation import CONFUSION, SCORES
from imbaloss.studies import Row, Run

DASH = "\u2013"  # an en dash, where there is no value
CELL = ["dataset", "level", "loss"]
ASKED = ["protocol", "negative", "positive", "sampler", "network", "recipe", "split"]
NAMES = ["setting", "method"]
MAIN = ("f1", "roc_auc")
LABELS = {"f1": "F1", "roc_auc": "ROC-AUC"}
FIXED = "fixed"  # the split that a data set comes with
UNSAID = {"sampler": NONE, "split": FIXED}
OF_SETTING, OF_METHOD = ("protocol", "split"), ("sampler", "network", "recipe")
OTHERS: dict[str, Callable[[Run], str]] = {  # what can differ beside data set, level, loss and seed
    "protocol": lambda run: run.protocol,
    "split": lambda run: f"{run.fold.folds} folds" if run.fold else FIXED,
    "sampler": lambda run: run.sampler,
    "network": lambda run: run.recipe.network,
    "recipe": lambda run: run.recipe_name,
}


class Name(NamedTuple):
    """What a reader calls a run: methods are compared within a setting, at a level."""

    setting: str  # the data set, with protocol and split as far as these differ
    method: str  # the loss, with sampler, network and name of the recipe as far as these differ


def names(rows: Sequence[Row]) -> list[Name]:
    """Of each row. A sampler and a split into folds are always told."""
    asked = {key: [told(row.run) for row in rows] for key, told in OTHERS.items()}
    differ = {key for key, values in asked.items() if len(set(values)) > 1} | {"sampler", "split"}

    def told_of(keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
        columns = [[value if value != UNSAID.get(key) else "" for value in asked[key]] for key in keys if key in differ]
        return zip(*columns, strict=True) if columns else repeat(())

    return [
        Name(" + ".join(filter(None, (row.run.dataset, *data))), " + ".join(filter(None, (row.run.loss, *choice))))
        for row, data, choice in zip(rows, told_of(OF_SETTING), told_of(OF_METHOD), strict=False)
    ]


@cache
def published() -> pd.DataFrame:
    """The report's Table 1: columns dataset, level, loss, f1, roc_auc."""
    with resources.files(studies).joinpath("published_table1.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """One line a cell, in the order of the rows.

    Columns: the cell; seeds (trainings that succeeded, with folds one for each of them) and, of f1 and roc_auc, mean,
    standard deviation (n - 1) and published value; then mean and deviation of the other scores and counts; then the
    samples of each class in each part (with folds, their means), failed (trainings whose loss was no longer finite),
    tuned_lr (each learning rate that was chosen, and how often), protocol, classes, sampler, network, name of the
    recipe, split, the samples of each class after a sampler, and what a reader calls setting and method. Empty where
    there is no value.
    """
    with studies.uncollected():
        flat = columns(rows)
    groups = flat.groupby([*CELL, *ASKED], sort=False)
    means, deviations = groups[[*SCORES, *CONFUSION]].mean(), groups[[*SCORES, *CONFUSION]].std()
    found = pd.DataFrame(index=means.index)
    found["seeds"] = groups["failed"].count() - groups["failed"].sum()
    known = published().set_index(CELL)
    cells = [published_cell(dict(zip([*CELL, *ASKED], line, strict=True))) for line in means.index]
    for score in MAIN:
        found[score], found[f"{score}_sd"] = means[score], deviations[score]
    for score in MAIN:
        found[f"published_{score}"] = known[score].reindex(cells).to_numpy()
    for score in (*SCORES[len(MAIN) :], *CONFUSION):
        found[score], found[f"{score}_sd"] = means[score], deviations[score]
    for part in COUNTED:
        found[part] = whole(groups[part].mean())
    found["failed"] = groups["failed"].sum()
    found["tuned_lr"] = groups["tuned_lr"].agg(rates) if flat["tuned_lr"].notna().any() else None
    for name in NAMES:
        found[name] = groups[name].first()
    for part in RESAMPLED:
        found[part] = whole(groups[part].mean())
    first = [name for name in found if name not in {*NAMES, *RESAMPLED}]
    return found.reset_index()[[*CELL, *first, *ASKED, *RESAMPLED, *NAMES]]


COUNTED = [f"{part}_{kind}" for part in ("train", "tune", "test") for kind in ("negatives", "positives")]
RESAMPLED = ["resampled_negatives", "resampled_positives"]


def whole(means: pd.Series) -> pd.Series:
    """As whole numbers where all are: folds may differ by a sample."""
    return means.astype(int) if (means % 1 == 0).all() else means


def columns(rows: Sequence[Row]) -> pd.DataFrame:
    """One line a row, with all that a table needs of it."""
    counts = {
        name: [row.counts[part][place] for row in rows]
        for name, (part, place) in zip(COUNTED, product(("train", "tune", "test"), (0, 1)), strict=True)
    }
    values = {
        score: np.array([row.scores["test"][score] for row in rows], dtype=np.float64)
        for score in (*CONFUSION, *SCORES)
    }
    return pd.DataFrame({
        "dataset": [row.run.dataset for row in rows],
        "level": [row.run.level for row in rows],
        "loss": [row.run.loss for row in rows],
        "negative": [row.classes[0] for row in rows],
        "positive": [row.run.positive for row in rows],
        **{key: [told(row.run) for row in rows] for key, told in OTHERS.items()},
        **dict(zip(NAMES, zip(*names(rows), strict=True), strict=True)),
        **counts,
        **{
            name: [row.counts.get("resampled", (None, None))[place] for row in rows]
            for place, name in enumerate(RESAMPLED)
        },
        **values,
        "failed": [row.failure is not None for row in rows],
        "tuned_lr": [row.tuning["lr"] if row.tuning else None for row in rows],
    })  # fmt: skip


def rates(chosen: pd.Series) -> str | None:
    """Each learning rate with the number of runs that chose it, as "0.03 (2), 0.1 (8)"; None where none did."""
    return ", ".join(f"{lr:g} ({runs})" for lr, runs in chosen.value_counts().sort_index().items()) or None


def published_cell(cell: dict[str, Any]) -> tuple[str, float, str]:
    """The report's cell on the same data, whatever the recipe and the loss's parameters; none for other data."""
    dataset, level, loss = (cell[key] for key in CELL)
    as_drawn = (cell["protocol"], cell["sampler"], cell["split"]) == ("table1", NONE, FIXED)
    theirs = as_drawn and dataset in SETS and SETS[dataset].positive == cell["positive"]
    return (dataset, level, loss.partition(":")[0]) if theirs else ("", level, loss)


def sentences(rows: Sequence[Row]) -> list[str]:
    """What a table cannot say: failed trainings, scores on test that are undefined, and why, too short grids."""
    said: dict[str, int] = {}
    cells: dict[tuple[Name, float], str] = {}
    for row, name in zip(rows, names(rows), strict=True):
        negatives, positives = row.counts["test"]
        of_first = f"{name.setting} at level {row.run.level:g} (test P/N {positives}/{negatives}), {name.method}"
        cell = cells.setdefault((name, row.run.level), of_first)
        if row.failure:
            said[f"{cell}, seed {row.run.seed}: {row.failure}"] = 0
            continue
        for score, reason in row.undefined["test"].items():
            sentence = f"{cell}: {LABELS.get(score, score)} is undefined, {reason}"
            said[sentence] = said.get(sentence, 0) + 1
        if row.tuning and (end := end_of_grid(row.tuning)):
            sentence = f"{cell}: the best learning rate was the {end} that was tried; others beyond it may be better"
            said[sentence] = said.get(sentence, 0) + 1
    return [f"{sentence} ({runs} training{'s' * (runs > 1)})" if runs else sentence for sentence, runs in said.items()]


def end_of_grid(tuning: dict[str, Any]) -> str | None:
    """Whether the chosen rate is the smallest or the largest of several."""
    tried = [candidate["lr"] for candidate in tuning["candidates"]]
    return {tried[0]: "smallest", tried[-1]: "largest"}.get(tuning["lr"]) if len(tried) > 1 else None


def for_reading(cells: pd.DataFrame) -> pd.DataFrame:
    """A table of `table` as text: one line a cell, with its counts, and each score beside the published one."""
    found = pd.DataFrame({"data set": cells["setting"]})
    found["level"] = [f"{level:.4g}" for level in cells["level"]]
    trained, tested = ([pair(cell, part) for _, cell in cells.iterrows()] for part in ("train", "test"))
    resampled = [pair(cell, "resampled") for _, cell in cells.iterrows()]
    found["train P/N"] = [f"{of} → {after}" if after else of for of, after in zip(trained, resampled, strict=True)]
    found["test P/N"] = tested
    found["loss" if cells["method"].eq(cells["loss"]).all() else "method"] = cells["method"]
    found["seeds" if cells["split"].eq(FIXED).all() else "trainings"] = cells["seeds"].astype(str)
    for score in MAIN:
        pairs = zip(cells[score], cells[f"{score}_sd"], strict=True)
        found[LABELS[score]] = [spread(mean, deviation) for mean, deviation in pairs]
        if cells[f"published_{score}"].notna().any():
            found[f"{LABELS[score]} published"] = [number(value) for value in cells[f"published_{score}"]]
    if cells["tuned_lr"].any():
        found["learning rate (runs)"] = cells["tuned_lr"].fillna(DASH)
    return found


def pair(cell: "pd.Series[Any]", part: str) -> str:
    """Positives and negatives of a part; nothing where there is none."""
    counts = [cell[f"{part}_{kind}"] for kind in ("positives", "negatives")]
    return "" if any(map(pd.isna, counts)) else "/".join(f"{count:.6g}" for count in counts)


def number(value: float) -> str:
    """Four decimals, as the report prints them; a dash where there is no value."""
    return DASH if pd.isna(value) else f"{value:.4f}"


def spread(mean: float, deviation: float) -> str:
    """Mean and standard deviation; the mean alone where one seed leaves no deviation."""
    return number(mean) if pd.isna(deviation) else f"{mean:.4f} ± {deviation:.4f}"


def markdown(cells: pd.DataFrame) -> str:
    reading = for_reading(cells)
    escaped = [[text.replace("|", r"\|") for text in line] for line in reading.to_numpy().tolist()]
    lines = [list(reading.columns), ["---"] * len(reading.columns), *escaped]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def latex(cells: pd.DataFrame) -> str:
    """A booktabs tabular."""
    reading = for_reading(cells)
    text: str = reading.to_latex(index=False, escape=True, column_format="llllll" + "r" * (reading.shape[1] - 6))
    return text.replace("±", r"$\pm$").replace(DASH, "--").replace("→", r"$\to$")


def standing(cells: pd.DataFrame) -> pd.DataFrame:
    """How each method stands over all settings and levels: its mean of each main score, and in how many cells it leads.

    Only cells where every method of the table has a value count.
    """
    methods = list(dict.fromkeys(cells["method"]))
    found = pd.DataFrame(index=methods)
    for score in MAIN:
        wide = cells.pivot(index=["setting", "level"], columns="method", values=score)[methods].dropna()
        found[f"mean_{score}"] = wide.mean()
        found[f"leads_{score}"] = wide.eq(wide.max(axis=1), axis=0).sum()
        found[f"cells_{score}"] = len(wide)
    return found


def records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The table as JSON values, null where there is no value."""
    found: list[dict[str, Any]] = json.loads(table(rows).to_json(orient="records", double_precision=15))
    return found
