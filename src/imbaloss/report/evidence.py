"""What the comparisons of methods show, in words, and the ranks of methods across data sets."""

from collections.abc import Mapping, Sequence
from math import isnan, log10
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from imbaloss.plural import format_count, join_words
from imbaloss.report.cells import F1, ROC_AUC, TUNED_F1, Cell
from imbaloss.report.comparisons import (
    CellComparison,
    average_by_dataset,
    find_best_method,
    group_by_score,
    select_of_method,
    select_overall,
    select_repeated,
)
from imbaloss.statistics import Ranks, Ruling, Verdict, fewest_seeds, friedman

Rulings = Mapping[str, Mapping[str, Ruling]]  # by the label of the score, and the name of the method
MOST_NAMED = 5  # largest number of pairs that a sentence names
EQUAL = 1e-9  # share of the margin within which two means are equal but for rounding


def rank_methods(cells: Sequence[Cell]) -> tuple[list[str], Ranks] | None:
    """Rank the methods across the data sets on which all of them have scores, by their mean score on each.

    Methods without a score on any data set are left out, and then data sets that lack the score of a method.

    Args:
        cells: The scores of one kind, by cell (a setting at a level). Rank 1 is the best mean: the lowest
            of a cost, else the highest.

    Returns:
        The names of the ranked methods and their ranks; None for fewer than 2 data sets or 3 methods.
    """
    means = average_by_dataset(cells)
    scored = [place for place in range(len(means.methods)) if not np.isnan(means.values[:, place]).all()]
    values = means.values[:, scored]
    values = values[~np.isnan(values).any(axis=1)]
    if len(values) < 2 or values.shape[1] < 3:
        return None
    lower_is_better = cells[0].lower
    return [means.methods[place] for place in scored], friedman(-values if lower_is_better else values)


class ScoreVerdict(NamedTuple):
    """The verdicts by one score: the method with the best mean, compared with each other method."""

    score: str  # label of the score
    best: str  # name of the method with the best mean
    by_verdict: Mapping[Verdict, Sequence[CellComparison]]  # the best against each other method that has repetitions
    pairs: int  # number of pairs that are tested together
    beats_all: bool  # whether the best method is better than every other one
    smallest: float | None  # the median over the pairs of the smallest difference that is detected with probability 0.8
    rulings: Mapping[str, Ruling] = MappingProxyType({})  # whether each method may be the best
    lower: bool = False  # lower scores are better

    @property
    def sentence(self) -> str:
        """The verdicts in one sentence: the score, the best method, and how it relates to each other method."""
        parts = [f"{relation} {', '.join(methods)}" for relation, methods in (self.standings | self.parts).items()]
        return "; ".join([f"{self.score}: {join_words(self.leaders)} {self.claim}", *parts])

    @property
    def leaders(self) -> list[str]:
        """The method with the best mean, and those whose mean equals it but for rounding."""
        return [
            self.best,
            *(
                line.second
                for lines in self.by_verdict.values()
                for line in lines
                if abs(line.interval.estimate) <= EQUAL * line.margin
            ),
        ]

    @property
    def claim(self) -> str:
        """What is said of the leaders, such as "has the highest mean"; "have the same mean" if they are all methods."""
        if len(self.leaders) == 1:
            return f"has the {self.end} mean"
        compared = 1 + sum(map(len, self.by_verdict.values()))
        return f"have the {'same' if len(self.leaders) == compared else self.end} mean"

    @property
    def end(self) -> str:
        """The word for the best mean: "lowest" for costs and the like, otherwise "highest"."""
        return "lowest" if self.lower else "highest"

    @property
    def standings(self) -> dict[str, list[str]]:
        """The methods that may be the best, and those that are ruled out with their least distance to the best.

        Keys are the words before them. Empty if no method is ruled out.
        """
        ruled_out = {method: ruling for method, ruling in self.rulings.items() if self.rules_out(method)}
        if not ruled_out:
            return {}
        behind = [f"{method} (by at least {ruling.behind:.2g})" for method, ruling in ruled_out.items()]
        return {
            "may be the best:": [method for method in self.rulings if method not in ruled_out],
            "ruled out as the best:": behind,
        }

    @property
    def parts(self) -> dict[str, list[str]]:
        """The other methods with the differences to them, by the words of their verdict, such as "better than".

        Undecided ones that are ruled out as the best are left out, since `standings` has them.
        """
        shown = {
            verdict: [line for line in lines if verdict is not Verdict.UNDECIDED or not self.rules_out(line.second)]
            for verdict, lines in self.by_verdict.items()
        }
        return {
            self.write_relation(verdict): [write_comparison(line) for line in lines]
            for verdict, lines in shown.items()
            if lines
        }

    def rules_out(self, method: str) -> bool:
        """Say whether a method is ruled out as the best; false for one without a ruling."""
        return method in self.rulings and self.rulings[method].is_ruled_out

    def write_relation(self, verdict: Verdict) -> str:
        """Write how the best method relates to the others of a verdict, in words before their names: "better than".

        Raises:
            KeyError: The verdict is equivalent or undecided, and no other method has it.
        """
        match verdict:
            case Verdict.BETTER:
                return "better than"
            case Verdict.WORSE:  # possible only if some scores are missing, so that the means of pairs contradict
                return "worse (in the repetitions in which both have scores) than"
            case Verdict.EQUIVALENT:
                return f"equivalent (within ±{self.by_verdict[verdict][0].margin:.3g}) to"
            case Verdict.UNDECIDED if self.smallest is None:
                counts = sorted({line.pairs for line in self.by_verdict[verdict]})
                common = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))
                needed = f"at least {fewest_seeds()} are needed"
                return f"too few seeds ({common} in common, {needed}) to show a difference from"
            case Verdict.UNDECIDED:
                return "no significant difference shown from"


def judge_scores(lines: Sequence[CellComparison], rulings: Rulings = MappingProxyType({})) -> list[ScoreVerdict]:
    """Judge each score over all cells (settings at a level), or in the only cell.

    Each result names the best method and its verdict against each other one. Scores without two paired repetitions
    (seeds or folds) are left out.

    Args:
        lines: The comparisons of all pairs of methods, in each cell and over all.
        rulings: Whether each method may be the best, by the label of the score.
    """
    return [
        judge_score(score, pairs)._replace(rulings=rulings.get(score, MappingProxyType({})))
        for score, pairs in group_by_score(select_overall(lines)).items()
        if select_repeated(pairs)
    ]


def judge_score(score: str, pairs: Sequence[CellComparison]) -> ScoreVerdict:
    """Find the best method by a score, and collect its verdicts against the other methods.

    Args:
        score: The label of the score.
        pairs: All comparisons of one cell by this score, at least one with two repetitions (seeds or folds). Those with
            fewer count in the correction for all pairs, and decide nothing.
    """
    lines = select_repeated(pairs)
    best = find_best_method(lines)
    of_best = select_of_method(lines, best)
    smallest = [line.comparison.smallest for line in lines if line.comparison.smallest is not None]
    return ScoreVerdict(
        score,
        best,
        {verdict: alike for verdict in Verdict if (alike := [line for line in of_best if line.verdict is verdict])},
        len(pairs),
        beats_all=all(line.verdict is Verdict.BETTER for line in select_of_method(pairs, best)),
        smallest=float(np.median(smallest)) if smallest else None,
        lower=lines[0].lower,
    )


def write_comparison(line: CellComparison) -> str:
    """Write the second method and the difference to it, such as "mse +0.010 [-0.002, +0.022]".

    The number of more seeds that would decide the pair follows in brackets if it is known.
    """
    more = line.comparison.more
    seeds = f" (about {format_count(more, 'more seed')} would decide)" if more is not None else ""
    return f"{line.second} {write_difference(line)}{seeds}"


def write_difference(line: CellComparison) -> str:
    """Write the difference with its 95 % interval in brackets, such as "+0.010 [-0.002, +0.022]".

    The brackets are left out if the interval is NaN.
    """
    _, low, high = line.interval
    mean = write_mean_difference(line)
    return mean if isnan(low) else f"{mean} [{format_signed(low, line)}, {format_signed(high, line)}]"


def write_mean_difference(line: CellComparison) -> str:
    """Write the mean difference with its sign and without its interval, such as "+0.010"."""
    return format_signed(line.interval.estimate, line)


def format_signed(value: float, line: CellComparison) -> str:
    """Format a number with its sign, to a tenth of the comparison's margin and at least three decimals, as "+0.010"."""
    value += 0.0  # -0.0 becomes 0.0
    return f"{value:+.{max(3, 1 + round(-log10(line.margin)))}f}"


def write_answer(verdicts: Sequence[ScoreVerdict], noun: str) -> str:
    """Write which method has the best mean in which scores, and which method is better than every other.

    Args:
        verdicts: The verdicts by each score, at least one.
        noun: What the methods are called, such as "loss".

    Returns:
        Two sentences. The second says so if no method is better than every other in any score.
    """

    def write_scores(scores: Sequence[str]) -> str:
        """Write the labels of scores after "in", or "in all 4 scores" if they are all of several."""
        return f"in all {len(scores)} scores" if len(scores) == len(verdicts) > 1 else f"in {join_words(scores)}"

    def write_leaders(methods: Sequence[str]) -> str:
        """Write the names of methods with "has", or "have" for several."""
        return f"{join_words(methods)} {'has' if len(methods) == 1 else 'have'}"

    highest: dict[tuple[str, ...], list[str]] = {}
    clear: dict[str, list[str]] = {}
    for verdict in verdicts:
        highest.setdefault(tuple(verdict.leaders), []).append(verdict.score)
        if verdict.beats_all:
            clear.setdefault(verdict.best, []).append(verdict.score)
    (best, scores), *rest = highest.items()
    extreme = "best" if any(verdict.end == "lowest" for verdict in verdicts) else "highest"
    means = [
        f"{write_leaders(best)} the {extreme} mean {write_scores(scores)}",
        *(f"{write_leaders(methods)} it {write_scores(scores)}" for methods, scores in rest),
    ]
    better = [f"{method} is better than every other {noun} {write_scores(scores)}" for method, scores in clear.items()]
    none = f"No {noun} is shown to be better than every other in any score"
    return f"{'; '.join(means)}. {'; '.join(better) or none}."


def describe_moved_threshold(lines: Sequence[CellComparison]) -> str:
    """Write which significant differences in F1 at 1/2 also exist at the tuned threshold and in ROC-AUC.

    Args:
        lines: The comparisons; those over all cells (settings at a level) are used, or those in the only cell.

    Returns:
        Some sentences. Empty if no pair with a significant difference in F1 at 1/2 is compared by both other scores.
    """
    signs: dict[str, dict[tuple[str, str], int]] = {}
    for line in select_repeated(select_overall(lines)):
        sign = int(np.sign(line.interval.estimate)) if line.verdict.differs else 0
        signs.setdefault(line.score, {})[line.first, line.second] = sign
    at_half = {pair: sign for pair, sign in signs.get(F1, {}).items() if sign}
    tuned, ranked = signs.get(TUNED_F1, {}), signs.get(ROC_AUC, {})
    everywhere = tuned.keys() & ranked.keys()
    pairs = [pair if sign > 0 else pair[::-1] for pair, sign in at_half.items() if pair in everywhere]
    if not pairs:
        return ""

    def group_by_direction(elsewhere: Mapping[tuple[str, str], int]) -> dict[int, list[str]]:
        """Group the pairs by their difference in another score: same direction (1), opposite (-1), none shown (0).

        Each group lists texts such as "msfe over mse" and may be empty.
        """
        sign_of = {**elsewhere, **{pair[::-1]: -sign for pair, sign in elsewhere.items()}}
        return {sign: [f"{a} over {b}" for a, b in pairs if sign_of[a, b] == sign] for sign in (1, -1, 0)}

    def write_same(directions: Mapping[int, list[str]]) -> str:
        """Write how many pairs differ in the same direction, such as "2 differ in the same direction"."""
        return f"{len(directions[1])} differ{'s' * (len(directions[1]) == 1)} in the same direction"

    at_tuned, in_ranks = group_by_direction(tuned), group_by_direction(ranked)
    noun = "pairs that differ" if len(pairs) > 1 else "pair that differs"
    sentences = [f"Of {len(pairs)} {noun} significantly in F1 at ½, {write_same(at_tuned)} at the tuned threshold."]
    sentences += [f"In the opposite direction: {list_pairs(at_tuned[-1])}."] if at_tuned[-1] else []
    if at_tuned[0]:
        moved = "Such a gain may come from the position of the threshold alone."
        sentences.append(f"No significant difference there: {list_pairs(at_tuned[0])}. {moved}")
    sentences.append(f"In ROC-AUC, {write_same(in_ranks)}.")
    sentences += [f"In the opposite direction: {list_pairs(in_ranks[-1])}."] if in_ranks[-1] else []
    return " ".join(sentences)


def list_pairs(pairs: Sequence[str]) -> str:
    """List the first five pairs with commas, and the number of the rest if there are more, as "... and 3 more"."""
    rest = len(pairs) - MOST_NAMED
    return ", ".join(pairs[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
