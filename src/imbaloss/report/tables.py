"""Lines -> the table to export, as a frame and as text to read; and what a table cannot say."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.plural import format_count
from imbaloss.report.cells import COST, TUNED_F1, Compared
from imbaloss.report.lines import COSTS, SUMMARISED, CellLine, Counts, has_published
from imbaloss.report.naming import OTHERS, names
from imbaloss.report.published import MAIN
from imbaloss.studies import Row
from imbaloss.studies.row import name_in_store
from imbaloss.studies.tuning import LearningRateChoice

DASH = "\u2013"  # an en dash, where there is no value
CELL = ["dataset", "level", "loss"]
NAMES = ["setting", "method"]
LABELS = {"f1": "F1", "roc_auc": "ROC-AUC"}
MOST_TOLD = 5  # cells in a sentence
LEAST = 5e-5  # of what four decimals show
ASKED = ("protocol", "negative", "positive", "sampler", "network", "recipe", "split", "threshold_for", "calibration")


def tabulate(lines: Sequence[CellLine], compared: Sequence[Compared]) -> pd.DataFrame:
    """Return the lines as a table to export.

    Columns: the cell; seeds (trainings that succeeded, with folds one for each of them) and, of f1 and roc_auc, mean,
    standard deviation (n - 1) and published value; then mean and deviation of the other scores and counts; then the
    samples of each class in each part (with folds, their means), failed (trainings that have no model), epochs (the
    mean number that they took), tuned_lr (each learning rate that was chosen, and how often), protocol, classes,
    sampler, network, name of the recipe, split, what the tuned threshold is best for, calibration, the samples of each
    class that an epoch shows after a sampler, and what a reader calls setting and method. Scores that begin with tuned_
    are at the threshold that is best on validation, tuned_threshold, whose _low and _high are the mean ends of each
    training's own interval; cost and tuned_cost are the mean cost of a sample at 1/2 and there, tuned_f_beta and
    tuned_accuracy what these rules give there. Last come what the intervals are over, the ends of that of each score
    that is compared, and those for other seeds and test samples. Empty where there is no value.
    """
    main, others = SUMMARISED[: len(MAIN)], SUMMARISED[len(MAIN) :]
    return pd.DataFrame({
        "dataset": [line.run.dataset for line in lines],
        "level": [line.level for line in lines],
        "loss": [line.run.method.learned for line in lines],
        "seeds": [line.trainings for line in lines],
        **tabulate_scores(lines, main),
        **{f"published_{score}": [line.scores[score].published for line in lines] for score in main},
        **tabulate_scores(lines, others),
        **tabulate_counts("train", [line.train for line in lines]),
        **tabulate_counts("validation", [line.validation for line in lines]),
        **tabulate_counts("test", [line.test for line in lines]),
        "failed": [line.failed for line in lines],
        "epochs": [line.epochs for line in lines],
        "tuned_lr": [write_rates(line.chosen_rates) or None for line in lines],
        **tabulate_asked(lines),
        **tabulate_counts("resampled", [line.resampled for line in lines]),
        "setting": [line.setting for line in lines],
        "method": [line.method for line in lines],
        "interval_over": [line.interval_over for line in lines],
        **{
            f"{one.column}_{end}": [getattr(line.scores[one.column], end) for line in lines]
            for one in compared
            for end in ("low", "high")
        },
        "roc_auc_both_low": [line.roc_auc_both.low for line in lines],
        "roc_auc_both_high": [line.roc_auc_both.high for line in lines],
        **tabulate_counts(name_in_store("validation"), [line.validation for line in lines]),  # the name in version 0.1
    })  # fmt: skip


def tabulate_scores(lines: Sequence[CellLine], columns: Sequence[str]) -> dict[str, list[float]]:
    """Return the columns of means and deviations of some scores."""
    found = {}
    for column in columns:
        found[column] = [line.scores[column].mean for line in lines]
        found[f"{column}_sd"] = [line.scores[column].deviation for line in lines]
    return found


def tabulate_counts(part: str, counts: Sequence[Counts | None]) -> dict[str, list[float] | list[int]]:
    """Return the columns of the samples of each class in a part; NaN where a line has no such part.

    A column has whole numbers where all are: folds may differ by a sample.
    """
    columns = {
        f"{part}_negatives": [np.nan if one is None else one.negatives for one in counts],
        f"{part}_positives": [np.nan if one is None else one.positives for one in counts],
    }
    return {
        column: [int(mean) for mean in means] if all(mean.is_integer() for mean in means) else means
        for column, means in columns.items()
    }


def tabulate_asked(lines: Sequence[CellLine]) -> dict[str, list[str]]:
    """Return the columns of what was asked of the trainings of a line, beside its data set, level and loss."""
    asked = {column: [told(line.run) for line in lines] for column, told in OTHERS.items()}
    asked["negative"] = [line.negative for line in lines]
    asked["positive"] = [line.run.positive for line in lines]
    asked["threshold_for"] = [str(line.run.method.decision.rule) for line in lines]
    asked["calibration"] = [line.run.method.decision.calibration for line in lines]
    return {column: asked[column] for column in ASKED}


def write_rates(chosen: Mapping[float, int]) -> str:
    """Write each learning rate with the number of trainings that chose it, as "0.03 (2), 0.1 (8)"."""
    return ", ".join(f"{rate:g} ({trainings})" for rate, trainings in sorted(chosen.items()))


def sentences(rows: Sequence[Row]) -> list[str]:
    """What a table cannot say: one kind of network that is not the report's, failed trainings, scores on test that are
    undefined, and why, too short grids.
    """
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


def tabulate_for_reading(lines: Sequence[CellLine], compared: Sequence[Compared]) -> pd.DataFrame:
    """Return the lines as a table of text, each with its counts, and each score beside the published one."""
    found = pd.DataFrame({"data set": [line.setting for line in lines]})
    found["level"] = [f"{line.level:.4g}" for line in lines]
    shown = [(pair(line.train), pair(line.resampled)) for line in lines]
    found["train P/N"] = [f"{of} → {after}" if after else of for of, after in shown]
    found["test P/N"] = [pair(line.test) for line in lines]
    found[noun(lines)] = [line.method for line in lines]
    folds = any(line.run.fold for line in lines)
    found["trainings" if folds else "seeds"] = [str(line.trainings) for line in lines]
    for one in compared:
        scores = [line.scores[one.column] for line in lines]
        found[f"{one.label} [95 %]"] = [interval(score.mean, score.low, score.high) for score in scores]
        if has_published(lines, one):
            found[f"{one.label} published"] = [number(score.published) for score in scores]
    for label, texts in write_costs(lines, alone=COST not in compared).items():
        found[label] = texts
    if any(line.chosen_rates for line in lines):
        found["learning rate (runs)"] = [name_rates(line) or DASH for line in lines]
    return found


def write_costs(lines: Sequence[CellLine], *, alone: bool) -> dict[str, list[str]]:
    """Return the columns of mean costs at 1/2 and at the tuned threshold; none where no rule names costs.

    Each rule stands in the heading where it is the only one, else beside each cost.

    Args:
        lines: The lines of the table.
        alone: Whether the table lacks a column of costs at the tuned threshold with their intervals.
    """
    if all(isnan(line.scores["tuned_cost"].mean) for line in lines):
        return {}
    rules = [str(line.run.method.decision.rule) for line in lines]
    several = len(set(rules)) > 1
    labels = dict(zip(COSTS, ("mean cost at ½", "mean cost at the tuned threshold"), strict=True))
    return {
        label if several else f"{label}, {rules[0]}": [
            number(mean) + (f" ({rule})" if several and not isnan(mean) else "")
            for line, rule in zip(lines, rules, strict=True)
            for mean in [line.scores[column].mean]
        ]
        for column, label in labels.items()
        if alone or column != "tuned_cost"
    }


def name_rates(line: CellLine) -> str:
    """Write the chosen rates of a line, those of a reference with their name, as "C 0.3 (2)"; empty without any."""
    learner, rates = line.run.method.learner, write_rates(line.chosen_rates)
    return f"{learner.rate} {rates}" if rates and learner.is_reference else rates


def noun(lines: Iterable[CellLine]) -> str:
    """Return what is compared: losses, or methods that differ in more, or train no network."""
    methods = [(line.method, line.run.method) for line in lines]
    losses = all(name == method.learned and not method.learner.is_reference for name, method in methods)
    return "loss" if losses else "method"


def pair(counts: Counts | None) -> str:
    """Positives and negatives as text; nothing where there are none."""
    return "" if counts is None else f"{counts.positives:.6g}/{counts.negatives:.6g}"


def number(value: float) -> str:
    """Four decimals, as the report prints them, or two digits of less than they show; a dash where there is none."""
    return DASH if isnan(value) else f"{value:.2g}" if 0 < abs(value) < LEAST else f"{value:.4f}"


def interval(mean: float, low: float, high: float) -> str:
    """The mean, and its interval where there is one."""
    if isnan(low):
        return number(mean)
    return (
        f"{number(mean)} [{number(low)}, {number(high)}]" if 0 < mean < LEAST else f"{mean:.4f} [{low:.3f}, {high:.3f}]"
    )


def markdown(lines: Sequence[CellLine], compared: Sequence[Compared]) -> str:
    """Write the table for reading in Markdown."""
    reading = tabulate_for_reading(lines, compared)
    escaped = [[text.replace("|", r"\|") for text in line] for line in reading.to_numpy().tolist()]
    written = [list(reading.columns), ["---"] * len(reading.columns), *escaped]
    return "".join(f"| {' | '.join(line)} |\n" for line in written)


def latex(lines: Sequence[CellLine], compared: Sequence[Compared]) -> str:
    """Write the table for reading as a booktabs tabular."""
    reading = tabulate_for_reading(lines, compared)
    text: str = reading.to_latex(index=False, escape=True, column_format="llllll" + "r" * (reading.shape[1] - 6))
    return text.replace(DASH, "--").replace("→", r"$\to$").replace("½", r"$\frac12$")


def records(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """The table as JSON values, null where there is no value."""
    found: list[dict[str, Any]] = json.loads(cells.to_json(orient="records", double_precision=15))
    return found
