"""Rows -> comparisons of all pairs of methods, in each cell and over all of them, and what they say in words."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.report.tables import Name, names
from imbaloss.statistics import Comparison, compare
from imbaloss.studies import Row

MARGIN = 0.01  # smaller differences of a score do not matter
EVERYWHERE = "all cells"
COMPARED = {  # what is compared: the part of a row, the score
    "F1 at ½": ("test", "f1"),
    "F1 at the tuned threshold": ("tuned", "f1"),
    "ROC-AUC": ("test", "roc_auc"),
    "average precision": ("test", "average_precision"),
}
Cell = tuple[str, float]  # setting and level
Scores = dict[str, NDArray[np.float64]]  # of each method, one value a repetition


def comparisons(rows: Sequence[Row]) -> pd.DataFrame:
    """One line a pair of methods, in each cell and, of several, over all: there a repetition's score is its mean.

    Columns: score, setting, level, then those of `Comparison`, the difference as its mean and the ends of its 95 %
    interval. Holm's adjustment is over the pairs of one cell and score.
    """
    called = names(rows)
    found = []
    for score, (part, key) in COMPARED.items():
        for setting, level, scores, ratio in cells(rows, called, part, key):
            found += [line(score, setting, level, one) for one in compare(scores, margin=MARGIN, test_to_train=ratio)]
    return pd.DataFrame(found)


def cells(
    rows: Sequence[Row], called: Sequence[Name], part: str, key: str
) -> Iterator[tuple[str, float, Scores, float | None]]:
    """Setting, level, scores, and with folds n_test / n_train: of each cell, and of all together."""
    repetitions = list(dict.fromkeys((row.run.seed, row.run.fold) for row in rows))
    place = {repetition: at for at, repetition in enumerate(repetitions)}
    found: dict[Cell, Scores] = {}
    ratios: dict[Cell, float | None] = {}
    for row, name in zip(rows, called, strict=True):
        cell = name.setting, row.run.level
        of_method = found.setdefault(cell, {}).setdefault(name.method, np.full(len(repetitions), np.nan))
        value = row.scores[part][key]
        of_method[place[row.run.seed, row.run.fold]] = np.nan if value is None else value
        ratios[cell] = sum(row.counts["test"]) / sum(row.counts["train"]) if row.run.fold else None
    for (setting, level), scores in found.items():
        yield setting, level, scores, ratios[setting, level]
    methods = list(dict.fromkeys(method for scores in found.values() for method in scores))
    if len(found) > 1 and len(set(map(bool, ratios.values()))) == 1:
        none = np.full(len(repetitions), np.nan)
        means = {one: np.mean([scores.get(one, none) for scores in found.values()], axis=0) for one in methods}
        yield EVERYWHERE, np.nan, means, max(ratio or 0.0 for ratio in ratios.values()) or None


def line(score: str, setting: str, level: float, one: Comparison) -> dict[str, object]:
    entries = asdict(one)
    mean, low, high = entries.pop("difference")
    before = {name: entries.pop(name) for name in ("first", "second", "pairs")}
    return {
        "score": score, "setting": setting, "level": level, **before, "difference": mean, "low": low, "high": high,
        **entries,
    }  # fmt: skip


def verdicts(found: pd.DataFrame) -> list[str]:
    """Of each score, in words: what the method with the highest mean is better than, and what not.

    Over all cells, or in the only one; nothing where there are several and no repetition has a score in all.
    """
    if found.empty:
        return []
    everywhere = found[found["setting"] == EVERYWHERE]
    chosen = everywhere if len(everywhere) else found
    if chosen.groupby(["setting", "level"], dropna=False).ngroups > 1:
        return []
    said = [sentence(str(score), lines) for score, lines in chosen.groupby("score", sort=False)]
    return [one for one in said if one]


def sentence(score: str, lines: pd.DataFrame) -> str:
    """lines: all pairs of one cell."""
    if not lines["pairs"].min() > 1:
        return ""
    methods = list(dict.fromkeys([*lines["first"], *lines["second"]]))
    ahead = {
        method: lines.loc[lines["first"] == method, "difference"].sum()
        - lines.loc[lines["second"] == method, "difference"].sum()
        for method in methods
    }
    best = max(methods, key=lambda method: ahead[method])
    of_best = lines[(lines["first"] == best) | (lines["second"] == best)]
    words: dict[str, list[str]] = {"better": [], "equivalent": [], "undecided": []}
    for _, one in of_best.iterrows():
        sign, other = (1, one["second"]) if one["first"] == best else (-1, one["first"])
        low, high = sorted((sign * one["low"], sign * one["high"]))
        by = f"{other} ({sign * one['difference']:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}"
        told = one["verdict"] == "undecided" and pd.notna(one["more"])
        more = f"; about {one['more']:.0f} more would decide" if told else ""
        words[one["verdict"] if one["verdict"] in words else "better"].append(f"{by}{more})")
    if not words["better"] and not words["equivalent"] and lines["smallest"].isna().all():
        return f"{score}: too few repetitions to decide anything between {len(methods)} methods"
    beginnings = {
        "better": "better than",
        "equivalent": f"equivalent within ±{MARGIN:g} to",
        "undecided": "no detectable difference from",
    }
    parts = [f"{beginnings[verdict]} {', '.join(others)}" for verdict, others in words.items() if others]
    return f"{score}: {best} has the highest mean; {'; '.join(parts)}"
