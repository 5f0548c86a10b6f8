"""Cells -> comparisons of all pairs of methods, ranks across data sets, and what they say in words."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import NamedTuple

import numpy as np
import pandas as pd

from imbaloss.report.cells import EVERYWHERE, Cell, Compared
from imbaloss.statistics import Comparison, Ranks, compare, fewest_seeds, friedman, signed_rank_probabilities

Scored = Mapping[Compared, Sequence[Cell]]
DECIDED = {"better": "worse", "worse": "better"}  # the same, said of the other method
DRAWN = 10_000  # posterior samples for a pair
PROBABILITIES = ("probability_worse", "probability_same", "probability_better")


def comparisons(scored: Scored, margin: float) -> pd.DataFrame:
    """One line a pair of methods, in each cell and over all.

    Columns: score, setting, level, then those of `Comparison`, the difference as its mean and the ends of its 95 %
    interval; over all cells of several settings, the probabilities that on a new data set the first is worse, within
    the margin, and better. Holm's adjustment is over the pairs of one cell and score.
    """
    found = []
    for compared, cells in scored.items():
        means = by_setting(cells)
        for cell in cells:
            for one in compare(cell.scores, margin=margin, test_to_train=cell.test_to_train):
                differences = (means[one.first] - means[one.second]).dropna().to_numpy()
                new = elsewhere(differences if cell.setting == EVERYWHERE else differences[:0], margin)
                found.append(line(compared.label, cell, one) | new)
    return pd.DataFrame(found)


def line(score: str, cell: Cell, one: Comparison) -> dict[str, object]:
    entries = asdict(one)
    mean, low, high = entries.pop("difference")
    before = {name: entries.pop(name) for name in ("first", "second", "pairs")}
    of_cell = {"score": score, "setting": cell.setting, "level": cell.level}
    return {**of_cell, **before, "difference": mean, "low": low, "high": high, **entries}


def elsewhere(differences: np.ndarray, margin: float) -> dict[str, float]:
    """differences (settings,). Nothing is said of a new data set from one."""
    some = len(differences) > 1
    generator = np.random.default_rng(0)
    found = signed_rank_probabilities(differences, margin, generator, DRAWN) if some else (np.nan,) * 3
    return dict(zip(PROBABILITIES, found, strict=True))


def by_setting(cells: Sequence[Cell]) -> pd.DataFrame:
    """The mean score of each method (columns) in each setting, over its levels; NaN where a level has none."""
    means: dict[str, dict[str, list[float]]] = {}
    for cell in cells:
        if cell.setting != EVERYWHERE:
            for method in cell.scores:
                means.setdefault(cell.setting, {}).setdefault(method, []).append(cell.interval(method).estimate)
    found = {setting: {method: np.mean(some) for method, some in of.items()} for setting, of in means.items()}
    return pd.DataFrame.from_dict(found, orient="index")


def ranks(cells: Sequence[Cell]) -> tuple[list[str], Ranks] | None:
    """The methods, and how they rank across the settings in which all have a score; None for too few of either."""
    means = by_setting(cells).dropna()
    return (list(means.columns), friedman(means.to_numpy())) if len(means) > 1 and means.shape[1] > 2 else None


def overall(cells: Sequence[Cell]) -> Cell | None:
    """All cells together, or the only one; None where there are several kinds that have no mean."""
    return cells[-1] if len(cells) == 1 or (cells and cells[-1].setting == EVERYWHERE) else None


def overall_lines(found: pd.DataFrame) -> pd.DataFrame:
    """Of all cells together, or of the only one; none where there are several that have no mean."""
    if found.empty:
        return found
    everywhere = found[found["setting"] == EVERYWHERE]
    single = found.groupby(["setting", "level"], dropna=False).ngroups == 1
    return found if single else everywhere


class Verdict(NamedTuple):
    """Of one score: the method with the highest mean, and what it is better than, equivalent to, or not told from."""

    score: str
    best: str
    than: dict[str, list[str]]  # of "better than", ...: the other methods, with differences
    smallest: float | None  # the difference that half of the pairs would show with probability 0.8; None for none

    @property
    def sentence(self) -> str:
        parts = [f"{relation} {', '.join(others)}".strip() for relation, others in self.than.items()]
        return f"{self.score}: {self.best} has the highest mean; {'; '.join(parts)}"


def verdicts(found: pd.DataFrame, margin: float) -> list[Verdict]:
    """Of each score over all cells, or in the only one. Nothing where no pair of methods has two repetitions."""
    groups = overall_lines(found).groupby("score", sort=False) if len(found) else ()
    return [verdict(str(score), lines, margin) for score, lines in groups if lines["pairs"].min() > 1]


def verdict(score: str, lines: pd.DataFrame, margin: float) -> Verdict:
    """lines: all pairs of one cell."""
    gains = lines.groupby("first")["difference"].sum().sub(lines.groupby("second")["difference"].sum(), fill_value=0)
    best = str(gains.idxmax())
    of_best = lines[(lines["first"] == best) | (lines["second"] == best)]
    words: dict[str, list[str]] = {"better": [], "worse": [], "equivalent": [], "undecided": []}
    for _, one in of_best.iterrows():
        sign, other = (1, one["second"]) if one["first"] == best else (-1, one["first"])
        low, high = sorted((sign * one["low"], sign * one["high"]))
        by = f"{other} {sign * one['difference']:+.3f} [{low:+.3f}, {high:+.3f}]"
        word = one["verdict"] if sign == 1 else DECIDED.get(one["verdict"], one["verdict"])
        told = word == "undecided" and pd.notna(one["more"])
        more = f" (about {one['more']:.0f} more repetitions would decide)" if told else ""
        words[word].append(f"{by}{more}")
    smallest = lines["smallest"].median()
    if pd.isna(smallest) and not words["better"] and not words["worse"] and not words["equivalent"]:
        few = f"{lines['pairs'].max()} repetitions are too few to decide anything between {len(gains)} methods"
        return Verdict(score, best, {f"{few}: it takes {fewest_seeds(len(lines))}": []}, None)
    beginnings = {
        "better": "better than",
        "worse": "worse, where both have scores, than",  # only where some have none do the pairs' means contradict
        "equivalent": f"equivalent within ±{margin:g} to",
        "undecided": "no detectable difference from",
    }
    than = {beginnings[word]: others for word, others in words.items() if others}
    return Verdict(score, best, than, None if pd.isna(smallest) else float(smallest))


def moved_threshold(found: pd.DataFrame) -> str:
    """How many of the differences in F1 at ½ are also there at the tuned threshold, and in ROC-AUC; in one sentence."""
    signs = {
        str(score): {
            (one["first"], one["second"]): np.sign(one["difference"]) if one["verdict"] in DECIDED else 0
            for _, one in lines.iterrows()
        }
        for score, lines in (overall_lines(found).groupby("score") if len(found) else ())
    }
    at_half = {pair: sign for pair, sign in signs.get("F1 at ½", {}).items() if sign}
    if not at_half:
        return ""
    tuned, ranked = (
        sum(signs[score].get(pair) == sign for pair, sign in at_half.items())
        for score in ("F1 at the tuned threshold", "ROC-AUC")
    )
    pairs = f"the {len(at_half)} pairs that differ" if len(at_half) > 1 else "the one pair that differs"
    differ = (
        f"Of {pairs} in F1 at ½, {tuned} {'differs' if tuned == 1 else 'differ'} the same way at the tuned threshold"
    )
    rest = "" if tuned == len(at_half) else ". What is not found there may be a moved threshold and no better learning"
    return f"{differ}, and {ranked} in ROC-AUC{rest}."
