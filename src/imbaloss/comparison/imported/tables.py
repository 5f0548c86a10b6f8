"""The tables of imported results: table.csv, and a table for reading."""

from collections.abc import Mapping, Sequence
from math import isnan

import pandas as pd

from imbaloss.comparison.imported.findings import ImportedFindings
from imbaloss.report.tables import format_counts, format_score_interval, tabulate_counts, tabulate_scores


def tabulate(findings: ImportedFindings) -> pd.DataFrame:
    """Return the lines as the table of table.csv, with the columns of a study that are known.

    They are data set and level; the number of results as `seeds`; mean and standard deviation of each score; the
    numbers of test samples, if the file has predictions; `missing`, the number of results that the method lacks;
    setting and method; what the intervals are over, and their ends.

    Raises:
        ValueError: Two columns would have one name, such as a score called "seeds".
    """
    lines = findings.lines
    columns = list(lines[0].scores)
    table: dict[str, Sequence[object]] = {
        "dataset": [line.setting for line in lines],
        "level": [line.level for line in lines],
        "seeds": [line.trainings for line in lines],
    }
    parts: list[Mapping[str, Sequence[object]]] = [
        tabulate_scores(lines, columns),
        tabulate_counts("test", [line.test for line in lines]) if all(line.test for line in lines) else {},
        {
            "missing": [line.missing for line in lines],
            "setting": [line.setting for line in lines],
            "method": [line.method for line in lines],
            "interval_over": [line.interval_over for line in lines],
        },
        {
            f"{score.column}_{end}": [getattr(line.scores[score.column], end) for line in lines]
            for score in findings.scored
            for end in ("low", "high")
        },
        {
            f"roc_auc_both_{end}": [getattr(line.roc_auc_both, end) for line in lines]
            for end in ("low", "high")
            if any(line.test for line in lines)
        },
    ]
    for part in parts:
        twice = table.keys() & part.keys() or {*columns} & {f"{column}_sd" for column in columns}
        if twice:
            raise ValueError(f"table.csv would have two columns {min(twice)!r}: rename the score of that name")
        table |= part
    return pd.DataFrame(table)


def tabulate_for_reading(findings: ImportedFindings) -> tuple[pd.DataFrame, int]:
    """Return the lines as a table of texts, each score with its interval, and the number of columns before the scores.

    Levels and numbers of test samples have a column only if they are known.
    """
    lines = findings.lines
    names: dict[str, list[str]] = {"data set": [line.setting for line in lines]}
    if not all(isnan(line.level) for line in lines):
        names["level"] = [f"{line.level:.4g}" for line in lines]
    if all(line.test for line in lines):
        names["test P/N"] = [format_counts(line.test) for line in lines]
    names["method"] = [line.method for line in lines]
    names["results" if findings.study.folds else "seeds"] = [str(line.trainings) for line in lines]
    texts = {
        f"{score.label} [95 %]": [
            format_score_interval(summary.mean, summary.low, summary.high)
            for summary in (line.scores[score.column] for line in lines)
        ]
        for score in findings.scored
    }
    return pd.DataFrame(names | texts), len(names)
