"""The table of the lines, to export and to read, and the notes below it."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import floor, isfinite, isnan, log10
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.plural import format_count
from imbaloss.report.cells import TUNED_F1, ComparedScore, find_cost
from imbaloss.report.lines import COSTS, SUMMARISED, CellLine, Counts, ScoreLine, has_published
from imbaloss.report.published import MAIN
from imbaloss.report.row_names import RUN_ENTRIES, name_rows
from imbaloss.studies import Row
from imbaloss.studies.row import name_in_store
from imbaloss.studies.tuning import SettingChoice
from imbaloss.training import Setting

DASH = "\u2013"  # an en dash, in the place of a missing value
CELL = ["dataset", "level", "loss"]
NAMES = ["setting", "method"]
LABELS = {"f1": "F1", "roc_auc": "ROC-AUC"}
WORDS = {"lr": "learning rate"}  # names of hyper-parameters in sentences; others, such as C, have no "_" there
BEYOND = {"smallest": "smaller", "largest": "larger"}  # what may be better than a number at an end of those tried
MOST_NAMED = 5  # largest number of cells that a note names
LEAST = 5e-5  # smallest value that four decimals show
FEWEST_DECIMALS, MOST_DECIMALS = 2, 4
DECIMALS_ALONE = 3  # of a number without an interval
ASKED = ("protocol", "negative", "positive", "sampler", "network", "recipe", "split", "threshold_for", "calibration")


def tabulate(lines: Sequence[CellLine], compared: Sequence[ComparedScore]) -> pd.DataFrame:
    """Return the lines as a table to export.

    The columns are, in this order:

    - the cell: dataset, level, loss;
    - seeds: the number of trainings that succeeded (with folds, one for each fold);
    - f1 and roc_auc: mean, standard deviation (n - 1) and published value;
    - the other scores and the confusion counts: mean and standard deviation. A score that is optimised and is none of
      these comes last;
    - the number of samples of each class in each part (with folds, their means);
    - failed: the number of trainings without a model; epochs: the mean number of epochs;
    - tuned_lr: each chosen setting, such as a learning rate, and how often it was chosen;
    - protocol, classes, sampler, network, recipe, split, rule of the tuned threshold, calibration;
    - the number of samples of each class that an epoch shows after a sampler;
    - setting and method: the names in the report;
    - what the intervals are over, the ends of the interval of each compared score, and the ends of the interval of
      ROC-AUC for other seeds and other test samples.

    Scores that begin with tuned_ are at tuned_threshold, the threshold that is best on validation. Its _low and _high
    are the mean ends of each training's own interval. cost and tuned_cost are the mean cost of a sample, at 1/2 and at
    the tuned threshold. tuned_f_beta and tuned_accuracy are the values of these rules there. A missing value is NaN.

    Args:
        lines: The lines of the table.
        compared: The scores with an interval.
    """
    main = SUMMARISED[: len(MAIN)]
    further = [column for column in (lines[0].scores if lines else SUMMARISED) if column not in main]
    return pd.DataFrame({
        "dataset": [line.run.dataset for line in lines],
        "level": [line.level for line in lines],
        "loss": [line.run.method.learned for line in lines],
        "seeds": [line.trainings for line in lines],
        **tabulate_scores(lines, main),
        **{f"published_{score}": [line.scores[score].published for line in lines] for score in main},
        **tabulate_scores(lines, further),
        **tabulate_counts("train", [line.train for line in lines]),
        **tabulate_counts("validation", [line.validation for line in lines]),
        **tabulate_counts("test", [line.test for line in lines]),
        "failed": [line.failed for line in lines],
        "epochs": [line.epochs for line in lines],
        "tuned_lr": [write_settings(line.chosen_settings) or None for line in lines],
        **tabulate_asked(lines),
        **tabulate_counts("resampled", [line.resampled for line in lines]),
        "setting": [line.setting for line in lines],
        "method": [line.method for line in lines],
        "interval_over": [line.interval_over for line in lines],
        **{
            f"{score.column}_{end}": [getattr(line.scores[score.column], end) for line in lines]
            for score in compared
            for end in ("low", "high")
        },
        "roc_auc_both_low": [line.roc_auc_both.low for line in lines],
        "roc_auc_both_high": [line.roc_auc_both.high for line in lines],
        **tabulate_counts(name_in_store("validation"), [line.validation for line in lines]),  # name in version 0.1
    })  # fmt: skip


def tabulate_scores(lines: Sequence[ScoreLine], columns: Sequence[str]) -> dict[str, list[float]]:
    """Return the columns of a table for some scores: the mean, and the standard deviation under the name with "_sd".

    Raises:
        KeyError: A line lacks a score.
    """
    table = {}
    for column in columns:
        table[column] = [line.scores[column].mean for line in lines]
        table[f"{column}_sd"] = [line.scores[column].deviation for line in lines]
    return table


def tabulate_counts(part: str, counts: Sequence[Counts | None]) -> dict[str, list[float] | list[int]]:
    """Return the columns with the number of negatives and positives in a part, as "train_negatives".

    A line with None has NaN. A column holds integers if all its values are whole. Means over folds need not be, since
    folds differ by a sample.
    """
    columns = {
        f"{part}_negatives": [np.nan if each is None else each.negatives for each in counts],
        f"{part}_positives": [np.nan if each is None else each.positives for each in counts],
    }
    return {
        column: [int(mean) for mean in means] if all(mean.is_integer() for mean in means) else means
        for column, means in columns.items()
    }


def tabulate_asked(lines: Sequence[CellLine]) -> dict[str, list[str]]:
    """Return the columns of what a study asks of the trainings of a line, except data set, level and loss.

    They are protocol, classes, sampler, network, recipe, split, rule of the threshold and calibration (`ASKED`).
    """
    columns = {entry: [read(line.run) for line in lines] for entry, read in RUN_ENTRIES.items()}
    columns["negative"] = [line.negative for line in lines]
    columns["positive"] = [line.run.positive for line in lines]
    columns["threshold_for"] = [str(line.run.method.decision.rule) for line in lines]
    columns["calibration"] = [line.run.method.decision.calibration for line in lines]
    return {column: columns[column] for column in ASKED}


def write_settings(chosen: Mapping[Setting, int]) -> str:
    """Write each setting with the number of trainings that chose it, as in "0.03 (2), 0.1 (8)".

    Numbers are in ascending order, other settings in the order of their texts. Settings of several values are joined by
    "; ". The text is empty if none was chosen.
    """
    several = any(len(setting.values) > 1 for setting in chosen)
    numbers = dict(zip(chosen, read_numbers(chosen), strict=False))
    ordered = sorted(chosen.items(), key=lambda item: (numbers.get(item[0], 0.0), str(item[0])))
    return ("; " if several else ", ").join(f"{setting} ({trainings})" for setting, trainings in ordered)


def read_numbers(settings: Collection[Setting]) -> list[float]:
    """Return the number of each setting; the list is empty unless each setting is a single number."""
    values = [setting.values[0][1] for setting in settings if len(setting.values) == 1]
    numbers = [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return numbers if len(numbers) == len(settings) else []


def write_notes(rows: Sequence[Row]) -> list[str]:
    """Write what a reader must know beside the table, one note for each fact; the list may be empty.

    The notes name the kind of network (if it is a single one other than `mlp`), failed trainings, undefined scores on
    test with their reason, and numbers chosen at an end of those tried. They have no full stop at the end.

    Args:
        rows: The results of all runs.
    """
    kinds = {row.run.recipe.network for row in rows if row.run.method.learner.is_network}
    failures: dict[str, list[Row]] = {}
    facts: dict[str, Counter[str]] = {}
    for row, name in zip(rows, name_rows(rows), strict=True):
        negatives, positives = row.counts.test
        cell = f"{name.setting} at level {row.run.level:.4g} (test P/N {positives}/{negatives}), {name.method}"
        if row.failure:
            failures.setdefault(cell, []).append(row)
            continue
        undefined = {LABELS.get(score, score): reason for score, reason in row.undefined["test"].items()}
        if row.tuned.reason and "F1" not in undefined:
            undefined[TUNED_F1] = row.tuned.reason
        for score, reason in undefined.items():
            facts.setdefault(f"{score[:1].upper()}{score[1:]} is undefined ({reason})", Counter())[cell] += 1
        if row.tuning and (end := find_grid_end(row.tuning)):
            tuned = row.tuning.candidates[0].setting.values[0][0]
            note = (
                f"The best {WORDS.get(tuned, tuned)} was the {end} of those tried, so a {BEYOND[end]} one may be better"
            )
            facts.setdefault(note, Counter())[cell] += 1
    return [
        *(f"Every network is a {kind}" for kind in kinds if len(kinds) == 1 and kind != "mlp"),
        *(
            f"{cell}: {format_count(len(failed), 'training')} failed; the first has seed {failed[0].run.seed}: "
            f"{failed[0].failure}"
            for cell, failed in failures.items()
        ),
        *(f"{note}: {list_cells(trainings)}" for note, trainings in facts.items()),
    ]


def list_cells(trainings: "Counter[str]", unit: str = "training") -> str:
    """List the named cells (a method on a data set at a level) with the number of trainings in each.

    For more than five cells, the text has the totals and the five with the most trainings.

    Args:
        trainings: The number of trainings by the name of the cell.
        unit: What a training is called, such as "result".
    """
    cells = "; ".join(f"{format_count(number, unit)} on {cell}" for cell, number in trainings.most_common(MOST_NAMED))
    total = f"{format_count(sum(trainings.values()), unit)} in {len(trainings)} cells, among them "
    return (total if len(trainings) > MOST_NAMED else "") + cells


def find_grid_end(tuning: SettingChoice) -> str | None:
    """Return "smallest" or "largest" if the settings are single numbers and the chosen one is at that end.

    None if it lies between them, if fewer than two were tried, if none was chosen, or for settings of several values.
    """
    tried = read_numbers([candidate.setting for candidate in tuning.candidates])
    if tuning.setting is None or len(tried) < 2:
        return None
    [chosen] = read_numbers([tuning.setting])
    return {min(tried): "smallest", max(tried): "largest"}.get(chosen)


def tabulate_for_reading(lines: Sequence[CellLine], compared: Sequence[ComparedScore]) -> pd.DataFrame:
    """Return the lines as a table of text: counts, and each score with its interval beside the published value.

    Columns of published values, costs and learning rates exist only if a line has them.

    Args:
        lines: The lines of the table.
        compared: The scores to show.
    """
    table = pd.DataFrame({"data set": [line.setting for line in lines]})
    table["level"] = [f"{line.level:.4g}" for line in lines]
    shown = [(format_counts(line.train), format_counts(line.resampled)) for line in lines]
    table["train P/N"] = [f"{before} → {after}" if after else before for before, after in shown]
    table["test P/N"] = [format_counts(line.test) for line in lines]
    table[choose_noun(lines)] = [line.method for line in lines]
    folds = any(line.run.fold for line in lines)
    table["trainings" if folds else "seeds"] = [str(line.trainings) for line in lines]
    for each in compared:
        scores = [line.scores[each.column] for line in lines]
        table[f"{each.label} [95 %]"] = [format_score_interval(score.mean, score.low, score.high) for score in scores]
        if has_published(lines, each):
            table[f"{each.label} published"] = [format_score(score.published) for score in scores]
    for label, texts in write_costs(lines, alone=find_cost(compared) is None).items():
        table[label] = texts
    if any(line.chosen_settings for line in lines):
        only_rates = all(line.run.method.learner.is_network for line in lines)
        heading, write = ("learning rate", write_settings) if only_rates else ("setting", name_settings)
        table[f"{heading} (runs)"] = [write(line.chosen_settings) or DASH for line in lines]
    return table


def write_costs(lines: Sequence[CellLine], *, alone: bool) -> dict[str, list[str]]:
    """Return the columns of mean costs at 1/2 and at the tuned threshold, by heading; empty if no rule names costs.

    The rule of the threshold stands in the heading if it is the only one, and otherwise beside each cost.

    Args:
        lines: The lines of the table.
        alone: Whether the table lacks a column of costs at the tuned threshold with their intervals. If it has one,
            only costs at 1/2 are returned.
    """
    if all(isnan(line.scores["tuned_cost"].mean) for line in lines):
        return {}
    rules = [str(line.run.method.decision.rule) for line in lines]
    several = len(set(rules)) > 1
    labels = dict(zip(COSTS, ("mean cost at ½", "mean cost at the tuned threshold"), strict=True))
    return {
        label if several else f"{label}, {rules[0]}": [
            format_score(mean) + (f" ({rule})" if several and not isnan(mean) else "")
            for line, rule in zip(lines, rules, strict=True)
            for mean in [line.scores[column].mean]
        ]
        for column, label in labels.items()
        if alone or column != "tuned_cost"
    }


def name_settings(chosen: Mapping[Setting, int]) -> str:
    """Write each setting with the number of trainings that chose it; a single value has its name, as in "lr 0.03 (2)".

    Of settings of several values only the one that was chosen most often is written, and the others are counted. The
    text is empty if none was chosen.
    """
    names = {tuple(setting.to_dict()) for setting in chosen}
    single = names.pop() if len(names) == 1 else ()
    if len(single) == 1 or len(chosen) < 2:
        return (f"{single[0]} " if len(single) == 1 else "") + write_settings(chosen)
    setting, trainings = max(chosen.items(), key=lambda item: item[1])
    return f"{setting} ({trainings}), and {format_count(len(chosen) - 1, 'other')}"


def choose_noun(lines: Iterable[CellLine]) -> str:
    """Return what methods are called: "loss" if they differ in their loss alone, and otherwise "method"."""
    methods = [(line.method, line.run.method) for line in lines]
    losses = all(name == method.learned and method.learner.is_network for name, method in methods)
    return "loss" if losses else "method"


def format_counts(counts: Counts | None) -> str:
    """Format positives and negatives as "50/450"; empty for None."""
    return "" if counts is None else f"{counts.positives:.6g}/{counts.negatives:.6g}"


def round_counts(counts: Counts | None) -> str:
    """Write positives and negatives as "50/450", means over folds rounded to whole samples; empty for None."""
    return "" if counts is None else f"{counts.positives:.0f}/{counts.negatives:.0f}"


def format_score(value: float) -> str:
    """Format a score with four decimals, as the 2023 study does.

    Values too small for four decimals have two significant digits, and NaN is a dash.
    """
    return DASH if isnan(value) else f"{value:.2g}" if 0 < abs(value) < LEAST else f"{value:.4f}"


def count_decimals(low: float, high: float) -> int:
    """Return how many decimals the width of an interval allows, from 2 to 4; 3 if the width is 0, infinite or NaN."""
    width = high - low
    if not width > 0 or not isfinite(width):
        return DECIMALS_ALONE
    return min(max(1 - floor(log10(width)), FEWEST_DECIMALS), MOST_DECIMALS)


def round_score(value: float, low: float, high: float) -> str:
    """Write a score with as many decimals as its interval allows, and with four if it has none; a dash for NaN."""
    if isnan(low) or isnan(value):
        return format_score(value)
    return f"{round(value, count_decimals(low, high)) + 0.0:.{count_decimals(low, high)}f}"


def format_score_interval(mean: float, low: float, high: float) -> str:
    """Format a mean with its interval, as "0.8123 [0.790, 0.835]"; without brackets if the ends are NaN.

    A mean too small for four decimals has two significant digits, and so have its ends.
    """
    if isnan(low):
        return format_score(mean)
    if 0 < mean < LEAST:
        return f"{format_score(mean)} [{format_score(low)}, {format_score(high)}]"
    return f"{mean:.4f} [{low:.3f}, {high:.3f}]"


def write_markdown(lines: Sequence[CellLine], compared: Sequence[ComparedScore]) -> str:
    """Write the table for reading in Markdown, with a heading and a line for each method in each cell.

    Args:
        lines: The lines of the table.
        compared: The scores to show.
    """
    return write_markdown_table(tabulate_for_reading(lines, compared))


def write_markdown_table(reading: pd.DataFrame) -> str:
    """Write a table of texts in Markdown, with its heading. Bars within a text are escaped."""
    escaped = [[text.replace("|", r"\|") for text in line] for line in reading.to_numpy().tolist()]
    written = [list(reading.columns), ["---"] * len(reading.columns), *escaped]
    return "".join(f"| {' | '.join(line)} |\n" for line in written)


def write_latex(lines: Sequence[CellLine], compared: Sequence[ComparedScore]) -> str:
    """Write the table for reading as a booktabs tabular in LaTeX, without the document around it.

    Args:
        lines: The lines of the table.
        compared: The scores to show.
    """
    return write_latex_table(tabulate_for_reading(lines, compared), names=6)


def write_latex_table(reading: pd.DataFrame, names: int) -> str:
    """Write a table of texts as a booktabs tabular in LaTeX. The first `names` columns are aligned to the left."""
    text: str = reading.to_latex(index=False, escape=True, column_format="l" * names + "r" * (reading.shape[1] - names))
    return text.replace(DASH, "--").replace("→", r"$\to$").replace("½", r"$\frac12$")


def to_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Convert a table to a list of dicts for JSON, one for each line, with None for missing values."""
    records: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=15))
    return records
