"""Rows -> a table with one line a cell (setting, level, method): means and deviations over its trainings."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss import studies
from imbaloss.data import NONE, SETS
from imbaloss.evaluation import CONFUSION, DECISION_SCORES, RULES_ALONE, SCORES
from imbaloss.learners import REFERENCES
from imbaloss.plural import format_count
from imbaloss.report.cells import COMPARED, OF_RULES, TUNED_F1
from imbaloss.report.lines import Counts
from imbaloss.report.naming import FIXED, OTHERS, names
from imbaloss.studies import THRESHOLDS, Row
from imbaloss.studies.tuning import LearningRateChoice

DASH = "\u2013"  # an en dash, where there is no value
CELL = ["dataset", "level", "loss"]
ASKED = ["protocol", "negative", "positive", "sampler", "network", "recipe", "split", "threshold_for", "calibration"]
NAMES = ["setting", "method"]
MAIN = ("f1", "roc_auc")
LABELS = {"f1": "F1", "roc_auc": "ROC-AUC"}
MOST_TOLD = 5  # cells in a sentence
LEAST = 5e-5  # of what four decimals show


@cache
def published() -> pd.DataFrame:
    """The report's Table 1: columns dataset, level, loss, f1, roc_auc."""
    with resources.files(studies).joinpath("published_table1.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """One line a cell, in the order of the rows.

    Columns: the cell; seeds (trainings that succeeded, with folds one for each of them) and, of f1 and roc_auc, mean,
    standard deviation (n - 1) and published value; then mean and deviation of the other scores and counts; then the
    samples of each class in each part (with folds, their means), failed (trainings that have no model), epochs (the
    mean number that they took), tuned_lr (each learning rate that was chosen, and how often), protocol, classes,
    sampler, network, name of the recipe, split, what the tuned threshold is best for, calibration, the samples of each
    class that an epoch shows after a sampler, and what a reader calls setting and method. Scores that begin with tuned_
    are at the threshold that is best on validation, tuned_threshold, whose _low and _high are the mean ends of each
    training's own interval; cost and tuned_cost are the mean cost of a sample at 1/2 and there, tuned_f_beta and
    tuned_accuracy what these rules give there. Empty where there is no value.
    """
    with studies.uncollected():
        flat = columns(rows)
    groups = flat.groupby([*CELL, *ASKED], sort=False)
    numbers = [*SCORES, *CONFUSION, *TUNED, *OF_RULE]
    means, deviations = groups[numbers].mean(), groups[numbers].std()
    found = pd.DataFrame(index=means.index)
    found["seeds"] = groups["failed"].count() - groups["failed"].sum()
    known = published().set_index(CELL)
    cells = [published_cell(dict(zip([*CELL, *ASKED], line, strict=True))) for line in means.index]
    for score in MAIN:
        found[score], found[f"{score}_sd"] = means[score], deviations[score]
    for score in MAIN:
        found[f"published_{score}"] = known[score].reindex(cells).to_numpy()
    for score in (*SCORES[len(MAIN) :], *CONFUSION, *TUNED, *OF_RULE):
        found[score], found[f"{score}_sd"] = means[score], deviations[score]
    for part in COUNTED:
        found[part] = whole(groups[part].mean())
    found["failed"], found["epochs"] = groups["failed"].sum(), groups["epochs"].mean()
    found["tuned_lr"] = groups["tuned_lr"].agg(rates) if flat["tuned_lr"].notna().any() else None
    for name in NAMES:
        found[name] = groups[name].first()
    for part in RESAMPLED:
        found[part] = whole(groups[part].mean())
    first = [name for name in found if name not in {*NAMES, *RESAMPLED}]
    return found.reset_index()[[*CELL, *first, *ASKED, *RESAMPLED, *NAMES]]


COUNTED = [f"{part}_{kind}" for part in ("train", "validation", "test") for kind in ("negatives", "positives")]
TUNED = tuple(f"tuned_{name}" for name in ("f1", *THRESHOLDS, *(name for name in DECISION_SCORES if name != "f1")))
AT_TUNED = (*DECISION_SCORES, *RULES_ALONE)  # scores at the tuned threshold
COSTS = ("cost", "tuned_cost")  # where the threshold's rule names costs
OF_RULE = (*COSTS, *(f"tuned_{rule}" for rule in RULES_ALONE if rule != "cost"))
RESAMPLED = ["resampled_negatives", "resampled_positives"]


def whole(means: pd.Series) -> pd.Series:
    """As whole numbers where all are: folds may differ by a sample."""
    return means.astype(int) if (means % 1 == 0).all() else means


def columns(rows: Sequence[Row]) -> pd.DataFrame:
    """One line a row, with all that a table needs of it."""
    counts = {
        name: [getattr(row.counts, part)[place] for row in rows]
        for name, (part, place) in zip(COUNTED, product(("train", "validation", "test"), (0, 1)), strict=True)
    }
    thresholds = np.array([row.threshold or (np.nan,) * len(THRESHOLDS) for row in rows]).reshape(-1, len(THRESHOLDS))
    values = {
        **{name: in_floats(row.scores["test"].get(name) for row in rows) for name in (*CONFUSION, *SCORES, "cost")},
        **{f"tuned_{name}": in_floats(row.tuned.scores.get(name) for row in rows) for name in AT_TUNED},
        **{f"tuned_{name}": thresholds[:, place] for place, name in enumerate(THRESHOLDS)},
    }
    return pd.DataFrame({
        "dataset": [row.run.dataset for row in rows],
        "level": [row.run.level for row in rows],
        "loss": [row.run.method.learned for row in rows],
        "negative": [row.classes[0] for row in rows],
        "positive": [row.run.positive for row in rows],
        **{key: [told(row.run) for row in rows] for key, told in OTHERS.items()},
        **dict(zip(NAMES, zip(*names(rows), strict=True), strict=True)),
        **counts,
        **{
            name: [(row.counts.resampled or (None, None))[place] for row in rows]
            for place, name in enumerate(RESAMPLED)
        },
        **values,
        "failed": [row.failure is not None for row in rows],
        "epochs": np.array([row.computed.epochs for row in rows], dtype=np.float64),
        "threshold_for": [str(row.run.method.decision.rule) for row in rows],
        "calibration": [row.run.method.decision.calibration for row in rows],
        "tuned_lr": [row.tuning.lr if row.tuning else None for row in rows],
    })  # fmt: skip


def in_floats(scores: Iterable[float | None]) -> NDArray[np.float64]:
    """Return scores as an array, NaN where one is undefined."""
    return np.array(list(scores), dtype=np.float64)


def rates(chosen: pd.Series) -> str | None:
    """Each learning rate with the number of runs that chose it, as "0.03 (2), 0.1 (8)"; None where none did."""
    return ", ".join(f"{lr:g} ({runs})" for lr, runs in chosen.value_counts().sort_index().items()) or None


def published_cell(cell: dict[str, Any]) -> tuple[str, float, str]:
    """The report's cell on the same data, whatever recipe and parameters; none for other data and kinds of network."""
    dataset, level, loss = (cell[key] for key in CELL)
    as_drawn = [cell[key] for key in ("protocol", "sampler", "split", "network")] == ["table1", NONE, FIXED, "mlp"]
    theirs = as_drawn and dataset in SETS and SETS[dataset].positive == cell["positive"]
    return (dataset, level, loss.partition(":")[0]) if theirs else ("", level, loss)


def sentences(rows: Sequence[Row]) -> list[str]:
    """What a table cannot say: one kind of network that is not the report's, failed trainings, scores on test that are
    undefined, and why, too short grids."""
    kinds = {row.run.recipe.network for row in rows if not row.run.method.learner.is_reference}
    failures: dict[str, list[Row]] = {}
    others: dict[str, Counter[str]] = {}
    for row, name in zip(rows, names(rows), strict=True):
        negatives, positives = row.counts.test
        cell = f"{name.setting} at level {row.run.level:.4g} (test P/N {positives}/{negatives}), {name.method}"
        if row.failure:
            failures.setdefault(cell, []).append(row)
            continue
        undefined = {LABELS.get(score, score): reason for score, reason in row.undefined["test"].items()}
        if row.tuned.reason and "F1" not in undefined:
            undefined[TUNED_F1] = row.tuned.reason
        for score, reason in undefined.items():
            others.setdefault(f"{score} is undefined, {reason}", Counter())[cell] += 1
        if row.tuning and (end := end_of_grid(row.tuning)):
            said = f"the best learning rate was the {end} that was tried; others beyond it may be better"
            others.setdefault(said, Counter())[cell] += 1
    return [
        *(f"every network is a {kind}" for kind in kinds if len(kinds) == 1 and kind != "mlp"),
        *(
            f"{cell}: {format_count(len(some), 'training')} failed, first that of seed {some[0].run.seed}: "
            f"{some[0].failure}"
            for cell, some in failures.items()
        ),
        *(f"{said}: {where(found)}" for said, found in others.items()),
    ]


def where(found: "Counter[str]") -> str:
    """found: trainings in each cell."""
    told = "; ".join(
        f"{format_count(trainings, 'training')} on {cell}" for cell, trainings in found.most_common(MOST_TOLD)
    )
    many = f"{format_count(sum(found.values()), 'training')} in {len(found)} cells, among them "
    return (many if len(found) > MOST_TOLD else "") + told


def end_of_grid(tuning: LearningRateChoice) -> str | None:
    """Say whether the chosen rate is the smallest or the largest of several; None where it is neither."""
    tried = [candidate.lr for candidate in tuning.candidates]
    if tuning.lr is None or len(tried) < 2:
        return None
    return {tried[0]: "smallest", tried[-1]: "largest"}.get(tuning.lr)


def for_reading(cells: pd.DataFrame) -> pd.DataFrame:
    """A table of `table` as text: one line a cell, with its counts, and each score beside the published one."""
    found = pd.DataFrame({"data set": cells["setting"]})
    found["level"] = [f"{level:.4g}" for level in cells["level"]]
    trained, tested, resampled = (pairs(cells, part) for part in ("train", "test", "resampled"))
    found["train P/N"] = [f"{of} → {after}" if after else of for of, after in zip(trained, resampled, strict=True)]
    found["test P/N"] = tested
    found[noun(zip(cells["method"], cells["loss"], strict=True))] = cells["method"]
    found["seeds" if cells["split"].eq(FIXED).all() else "trainings"] = cells["seeds"].astype(str)
    for compared in (*COMPARED, *(one for one in OF_RULES.values() if f"{one.column}_low" in cells)):
        column, theirs = compared.column, f"published_{compared.column}"
        ends = zip(cells[column], cells[f"{column}_low"], cells[f"{column}_high"], strict=True)
        found[f"{compared.label} [95 %]"] = [interval(*values) for values in ends]
        if theirs in cells and cells[theirs].notna().any():
            found[f"{compared.label} published"] = [number(value) for value in cells[theirs]]
    if cells["tuned_cost"].notna().any():
        rules = cells["threshold_for"]
        one = f", {rules.iloc[0]}" if rules.nunique() == 1 else ""
        known = f"{OF_RULES['cost'].column}_low" in cells  # the second one stands there already, with its interval
        labels = dict(zip(COSTS, ("mean cost at ½", "mean cost at the tuned threshold"), strict=True))
        for name, label in list(labels.items())[: 1 if known else 2]:
            found[f"{label}{one}"] = [
                number(value) + (f" ({rule})" if not one and pd.notna(value) else "")
                for value, rule in zip(cells[name], rules, strict=True)
            ]
    if cells["tuned_lr"].any():
        names = cells["loss"].map(lambda loss: f"{REFERENCES[loss].rate} " if loss in REFERENCES else "")
        found["learning rate (runs)"] = (names + cells["tuned_lr"]).fillna(DASH)
    return found


def noun(methods: Iterable[tuple[str, str]]) -> str:
    """What is compared: losses, or methods that differ in more, or train no network.

    methods: what each is called, and its loss.
    """
    return "loss" if all(method == loss and loss not in REFERENCES for method, loss in methods) else "method"


def pairs(cells: pd.DataFrame, part: str) -> list[str]:
    """Positives and negatives of a part in each cell, as text."""
    counts = zip(cells[f"{part}_positives"], cells[f"{part}_negatives"], strict=True)
    return [pair(None if pd.isna(positives) else Counts(positives, negatives)) for positives, negatives in counts]


def pair(counts: Counts | None) -> str:
    """Positives and negatives as text; nothing where there are none."""
    return "" if counts is None else f"{counts.positives:.6g}/{counts.negatives:.6g}"


def number(value: float) -> str:
    """Four decimals, as the report prints them, or two digits of less than they show; a dash where there is none."""
    return DASH if pd.isna(value) else f"{value:.2g}" if 0 < abs(value) < LEAST else f"{value:.4f}"


def interval(mean: float, low: float, high: float) -> str:
    """The mean, and its interval where there is one."""
    if pd.isna(low):
        return number(mean)
    return (
        f"{number(mean)} [{number(low)}, {number(high)}]" if 0 < mean < LEAST else f"{mean:.4f} [{low:.3f}, {high:.3f}]"
    )


def markdown(cells: pd.DataFrame) -> str:
    reading = for_reading(cells)
    escaped = [[text.replace("|", r"\|") for text in line] for line in reading.to_numpy().tolist()]
    lines = [list(reading.columns), ["---"] * len(reading.columns), *escaped]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def latex(cells: pd.DataFrame) -> str:
    """A booktabs tabular."""
    reading = for_reading(cells)
    text: str = reading.to_latex(index=False, escape=True, column_format="llllll" + "r" * (reading.shape[1] - 6))
    return text.replace(DASH, "--").replace("→", r"$\to$").replace("½", r"$\frac12$")


def records(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """The table as JSON values, null where there is no value."""
    found: list[dict[str, Any]] = json.loads(cells.to_json(orient="records", double_precision=15))
    return found
