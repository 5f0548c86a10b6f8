"""Cells -> comparisons of all pairs of methods, ranks across data sets, and what they say in words."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import log10
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from imbaloss.report.cells import COST, EVERYWHERE, F1, ROC_AUC, TUNED_F1, Cell, Compared
from imbaloss.statistics import Comparison, Ranks, compare, fewest_seeds, friedman, signed_rank_probabilities
from imbaloss.wording import counted, listed

Scored = Mapping[Compared, Sequence[Cell]]
TURNED = {"better": "worse", "worse": "better"}  # the same, said of the other method
SAMPLES = 10_000  # of the posterior, for a pair
MOST_NAMED = 5  # pairs in a sentence
PROBABILITIES = ("probability_worse", "probability_same", "probability_better")


def comparisons(scored: Scored, margin: float) -> pd.DataFrame:
    """One line a pair of methods, in each cell and over all.

    Columns: score, setting, level, margin, then those of `Comparison`, the difference as its mean and the ends of its
    95 % interval, above 0 where the first is better: of costs it is what the first saves, and the margin a share of
    what the best constant decision costs. Over all cells of several data sets, the probabilities that on a new one the
    most likely outcome is that the first is worse, within the margin, or better. Holm's adjustment is over the pairs of
    one cell and score.
    """
    found = []
    for compared, cells in scored.items():
        means = by_dataset(cells)
        for cell in cells:
            sign, within = -1 if compared.lower else 1, margin * cell.unit
            scores = {method: sign * values for method, values in cell.scores.items()}
            for one in compare(scores, margin=within, test_to_train=cell.test_to_train):
                differences = sign * (means[one.first] - means[one.second]).dropna().to_numpy()
                new = elsewhere(differences if cell.setting == EVERYWHERE else differences[:0], within)
                found.append(line(compared.label, cell, within, one) | new)
    return pd.DataFrame(found)


def line(score: str, cell: Cell, margin: float, one: Comparison) -> dict[str, object]:
    entries = asdict(one)
    mean, low, high = entries.pop("difference")
    before = {name: entries.pop(name) for name in ("first", "second", "pairs")}
    of_cell = {"score": score, "setting": cell.setting, "level": cell.level, "margin": margin}
    farthest = np.inf if cell.lower else 1.0  # of scores in [0, 1]
    ends = dict(zip(("low", "high"), np.clip([low, high], -farthest, farthest).tolist(), strict=True))
    return {**of_cell, **before, "difference": mean, **ends, **entries}


def elsewhere(differences: np.ndarray, margin: float) -> dict[str, float]:
    """differences (data sets,). Nothing is said of others from one."""
    some = len(differences) > 1
    generator = np.random.default_rng(0)
    found = signed_rank_probabilities(differences, margin, generator, SAMPLES) if some else (np.nan,) * 3
    return dict(zip(PROBABILITIES, found, strict=True))


def by_dataset(cells: Sequence[Cell]) -> pd.DataFrame:
    """The mean score of each method (columns) on each data set, over settings and levels; NaN where one lacks it.

    A cell in which no method has a score does not count.
    """
    single = [cell for cell in cells if cell.setting != EVERYWHERE]
    means = [{method: cell.interval(method).estimate for method in cell.scores} for cell in single]
    found = pd.DataFrame(means, index=[cell.dataset for cell in single], dtype=float).dropna(how="all")
    groups = found.groupby(level=0, sort=False)
    return groups.mean().where(groups.count().eq(groups.size(), axis=0))  # not over some of its cells alone


def ranks(cells: Sequence[Cell]) -> tuple[list[str], Ranks] | None:
    """The methods that have scores, and how they rank across the data sets on which all do; None for too few."""
    means = by_dataset(cells).dropna(axis=1, how="all").dropna()
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


def repeated(found: pd.DataFrame) -> pd.DataFrame:
    """Of `overall_lines`, the pairs that have repetitions."""
    lines = overall_lines(found)
    return lines[lines["pairs"] > 1] if len(lines) else lines


def best_of(lines: pd.DataFrame) -> str:
    """The method with the highest mean; lines: all pairs of a cell and score."""
    gains = lines.groupby("first")["difference"].sum().sub(lines.groupby("second")["difference"].sum(), fill_value=0)
    return str(gains.idxmax())


def seen_from(lines: pd.DataFrame, method: str) -> pd.DataFrame:
    """The pairs of the method, turned so that it is the first."""
    own, turned = lines[lines["first"] == method], lines[lines["second"] == method]
    worse, _, better = PROBABILITIES
    swapped = turned.rename(columns={"first": "second", "second": "first", worse: better, better: worse})
    ends = [("low", "high"), ("high", "low"), ("both_low", "both_high"), ("both_high", "both_low")]
    swapped = swapped.assign(
        difference=-turned["difference"],
        **{end: -turned[other] for end, other in ends if end in turned},
        superiority=1 - turned["superiority"],
        verdict=turned["verdict"].map(lambda word: TURNED.get(word, word)),
    )
    return pd.concat([own, swapped[lines.columns]]).sort_index()


class Verdict(NamedTuple):
    """Of one score: the method with the highest mean, and what it is better than, equivalent to, or not told from."""

    score: str
    best: str
    than: dict[str, list[str]]  # of "better than", ...: the other methods, with differences
    beats_all: bool
    smallest: float | None  # the difference that half of the pairs would show with probability 0.8; None for none

    @property
    def sentence(self) -> str:
        parts = [f"{relation} {', '.join(others)}" for relation, others in self.than.items()]
        return f"{self.score}: {self.best} has the {self.end} mean; {'; '.join(parts)}"

    @property
    def end(self) -> str:
        """Which of the means is the best one."""
        return "lowest" if self.score == COST.label else "highest"


def verdicts(found: pd.DataFrame) -> list[Verdict]:
    """Of each score over all cells, or in the only one. Nothing where no pair of methods has two repetitions."""
    lines = overall_lines(found)
    groups = lines.groupby("score", sort=False) if len(lines) else ()
    return [verdict(str(score), some) for score, some in groups if (some["pairs"] > 1).any()]


def verdict(score: str, pairs: pd.DataFrame) -> Verdict:
    """pairs: all of one cell; those without repetitions count for Holm's adjustment, and decide nothing."""
    lines = pairs[pairs["pairs"] > 1]
    best, smallest, margin = best_of(lines), lines["smallest"].median(), lines["margin"].iloc[0]
    words: dict[str, list[str]] = {"better": [], "worse": [], "equivalent": [], "undecided": []}
    for _, one in seen_from(lines, best).iterrows():
        more = f" ({counted(int(one['more']), 'more seed')} would decide)" if pd.notna(one["more"]) else ""
        words[one["verdict"]].append(f"{one['second']} {difference(one)}{more}")
    few = f"too few seeds to find a difference (it takes {fewest_seeds(len(pairs))}) from"
    beginnings = {
        "better": "better than",
        "worse": "worse, where both have scores, than",  # only where some have none do the pairs' means contradict
        "equivalent": f"equivalent within ±{margin:.3g} to",
        "undecided": few if pd.isna(smallest) else "no detectable difference from",
    }
    than = {beginnings[word]: others for word, others in words.items() if others}
    beats_all = bool(seen_from(pairs, best)["verdict"].eq("better").all())
    return Verdict(score, best, than, beats_all, None if pd.isna(smallest) else float(smallest))


def difference(one: "pd.Series[Any]") -> str:
    """With its interval, to a tenth of the margin, and to three decimals at least."""
    places = max(3, 1 + round(-log10(one["margin"])))
    mean, low, high = (f"{one[name]:+.{places}f}" for name in ("difference", "low", "high"))
    return mean if pd.isna(one["low"]) else f"{mean} [{low}, {high}]"


def answer(found: Sequence[Verdict], noun: str) -> str:
    """Which method has the highest mean by which scores, and whether it beats every other; in two sentences."""

    def by(scores: Sequence[str]) -> str:
        return f"by all {len(scores)} scores" if len(scores) == len(found) > 1 else f"by {listed(scores)}"

    highest: dict[str, list[str]] = {}
    clear: dict[str, list[str]] = {}
    for one in found:
        highest.setdefault(one.best, []).append(one.score)
        if one.beats_all:
            clear.setdefault(one.best, []).append(one.score)
    (best, scores), *others = highest.items()
    extreme = "best" if any(one.end == "lowest" for one in found) else "highest"
    means = [f"{best} has the {extreme} mean {by(scores)}", *(f"{one} {by(some)}" for one, some in others)]
    better = [f"{one} is better than every other {noun} {by(some)}" for one, some in clear.items()]
    return f"{'; '.join(means)}. {'; '.join(better) or f'By no score is one {noun} better than every other'}."


def moved_threshold(found: pd.DataFrame) -> str:
    """Which of the differences in F1 at ½ are also there at the tuned threshold, and in ROC-AUC; in words."""
    signs: dict[str, dict[tuple[str, str], int]] = {}
    for _, one in repeated(found).iterrows():
        sign = int(np.sign(one["difference"])) if one["verdict"] in TURNED else 0
        signs.setdefault(one["score"], {})[one["first"], one["second"]] = sign
    at_half = {pair: sign for pair, sign in signs.get(F1, {}).items() if sign}
    tuned, ranked = signs.get(TUNED_F1, {}), signs.get(ROC_AUC, {})
    everywhere = tuned.keys() & ranked.keys()
    pairs = [pair if sign > 0 else pair[::-1] for pair, sign in at_half.items() if pair in everywhere]
    if not pairs:
        return ""

    def ways(elsewhere: Mapping[tuple[str, str], int]) -> dict[int, list[str]]:
        """The pairs that differ the same way there (1), the other way (-1), and not detectably (0)."""
        sign_of = {**elsewhere, **{pair[::-1]: -sign for pair, sign in elsewhere.items()}}
        return {way: [f"{a} over {b}" for a, b in pairs if sign_of[a, b] == way] for way in (1, -1, 0)}

    def same(found: Mapping[int, list[str]]) -> str:
        return f"{len(found[1])} differ{'s' * (len(found[1]) == 1)} the same way"

    at_tuned, in_ranks = ways(tuned), ways(ranked)
    differ = "pairs that differ" if len(pairs) > 1 else "pair that differs"
    said = [f"Of {len(pairs)} {differ} in F1 at ½, {same(at_tuned)} at the tuned threshold"]
    said += [f"the other way: {named(at_tuned[-1])}"] if at_tuned[-1] else []
    moved = "and that gain may be no more than a threshold in another place"
    said += [f"not detectably: {named(at_tuned[0])}, {moved}"] if at_tuned[0] else []
    ranks_too = [f"In ROC-AUC {same(in_ranks)}"]
    ranks_too += [f"the other way: {named(in_ranks[-1])}"] if in_ranks[-1] else []
    return f"{'; '.join(said)}. {'; '.join(ranks_too)}."


def named(pairs: Sequence[str]) -> str:
    rest = len(pairs) - MOST_NAMED
    return ", ".join(pairs[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
