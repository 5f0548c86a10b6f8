"""Comparisons of pairs of methods, ranks across data sets, and what they say in words."""

from collections.abc import Mapping, Sequence
from math import isnan, log10
from typing import NamedTuple

import numpy as np

from imbaloss.plural import format_count, join_words
from imbaloss.report.cells import COST, EVERYWHERE, F1, ROC_AUC, TUNED_F1, Cell
from imbaloss.report.comparisons import (
    CellComparison,
    average_by_dataset,
    best_of,
    group_by_score,
    seen_from,
    select_overall,
    select_repeated,
)
from imbaloss.statistics import Ranks, Verdict, fewest_seeds, friedman

MOST_NAMED = 5  # pairs in a sentence


def ranks(cells: Sequence[Cell]) -> tuple[list[str], Ranks] | None:
    """The methods that have scores, and how they rank across the data sets on which all do; None for too few."""
    means = average_by_dataset(cells)
    scored = [place for place in range(len(means.methods)) if not np.isnan(means.values[:, place]).all()]
    values = means.values[:, scored]
    values = values[~np.isnan(values).any(axis=1)]
    if len(values) < 2 or values.shape[1] < 3:
        return None
    return [means.methods[place] for place in scored], friedman(values)


def overall(cells: Sequence[Cell]) -> Cell | None:
    """All cells together, or the only one; None where there are several kinds that have no mean."""
    return cells[-1] if len(cells) == 1 or (cells and cells[-1].setting == EVERYWHERE) else None


class ScoreVerdict(NamedTuple):
    """What is said by one score: the method with the highest mean, compared with each other method."""

    score: str  # its label
    best: str
    others: Mapping[Verdict, Sequence[CellComparison]]  # of the best with each other method that has repetitions
    pairs: int  # for which Holm's adjustment allows
    beats_all: bool
    smallest: float | None  # the difference that half of the pairs would show with probability 0.8; None for none

    @property
    def sentence(self) -> str:
        parts = [f"{relation} {', '.join(others)}" for relation, others in self.parts.items()]
        return f"{self.score}: {self.best} has the {self.end} mean; {'; '.join(parts)}"

    @property
    def end(self) -> str:
        """Which of the means is the best one."""
        return "lowest" if self.score == COST.label else "highest"

    @property
    def parts(self) -> dict[str, list[str]]:
        """The words of each verdict, as "better than", with the other methods and the differences to them."""
        return {self.relation(verdict): [against(one) for one in lines] for verdict, lines in self.others.items()}

    def relation(self, verdict: Verdict) -> str:
        """Return how the best method relates to others of this verdict."""
        match verdict:
            case Verdict.BETTER:
                return "better than"
            case Verdict.WORSE:  # only where some have no scores do the pairs' means contradict
                return "worse, where both have scores, than"
            case Verdict.EQUIVALENT:
                return f"equivalent within ±{self.others[verdict][0].margin:.3g} to"
            case Verdict.UNDECIDED if self.smallest is None:
                return f"too few seeds to find a difference (it takes {fewest_seeds(self.pairs)}) from"
            case Verdict.UNDECIDED:
                return "no detectable difference from"


def verdicts(lines: Sequence[CellComparison]) -> list[ScoreVerdict]:
    """Judge each score over all cells, or in the only one. Nothing where no pair of methods has two repetitions."""
    return [
        judge(score, some) for score, some in group_by_score(select_overall(lines)).items() if select_repeated(some)
    ]


def judge(score: str, pairs: Sequence[CellComparison]) -> ScoreVerdict:
    """Say which method is the best by a score.

    pairs: all of one cell; those without repetitions count for Holm's adjustment, and decide nothing.
    """
    lines = select_repeated(pairs)
    best = best_of(lines)
    seen = seen_from(lines, best)
    found = [one.comparison.smallest for one in lines if one.comparison.smallest is not None]
    return ScoreVerdict(
        score,
        best,
        {verdict: some for verdict in Verdict if (some := [one for one in seen if one.verdict is verdict])},
        len(pairs),
        beats_all=all(one.verdict is Verdict.BETTER for one in seen_from(pairs, best)),
        smallest=float(np.median(found)) if found else None,
    )


def against(one: CellComparison) -> str:
    """Name the second method, with the difference to it and how many more seeds would decide it."""
    more = one.comparison.more
    would = f" ({format_count(more, 'more seed')} would decide)" if more is not None else ""
    return f"{one.second} {difference(one)}{would}"


def difference(one: CellComparison) -> str:
    """Write the difference with its interval."""
    _, low, high = one.interval
    return mean_difference(one) if isnan(low) else f"{mean_difference(one)} [{signed(low, one)}, {signed(high, one)}]"


def mean_difference(one: CellComparison) -> str:
    return signed(one.interval.estimate, one)


def signed(value: float, one: CellComparison) -> str:
    """Write a difference to a tenth of the comparison's margin, and to three decimals at least."""
    return f"{value:+.{max(3, 1 + round(-log10(one.margin)))}f}"


def answer(found: Sequence[ScoreVerdict], noun: str) -> str:
    """Which method has the highest mean by which scores, and whether it beats every other; in two sentences."""

    def by(scores: Sequence[str]) -> str:
        return f"by all {len(scores)} scores" if len(scores) == len(found) > 1 else f"by {join_words(scores)}"

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


def moved_threshold(lines: Sequence[CellComparison]) -> str:
    """Which of the differences in F1 at ½ are also there at the tuned threshold, and in ROC-AUC; in words."""
    signs: dict[str, dict[tuple[str, str], int]] = {}
    for one in select_repeated(select_overall(lines)):
        sign = int(np.sign(one.interval.estimate)) if one.verdict.differs else 0
        signs.setdefault(one.score, {})[one.first, one.second] = sign
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
