"""Paired comparisons of whatever an axis of a study holds, averaged over the others, seed by seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imbaloss.statistics import Interval, compare, t_interval

F1, TUNED, ROC, PRECISION = "f1", "tuned_f1", "roc_auc", "average_precision"
CALIBRATED = "calibrated_f1"  # F1 at ½ of the calibrated network
LABELS = {
    F1: "F1 at ½",
    TUNED: "F1 at the tuned threshold",
    ROC: "ROC-AUC",
    PRECISION: "average precision",
    "recall": "recall at ½",
    CALIBRATED: "F1 at ½, calibrated",
    "halved": "epochs to half",
    "rises": "rises",
    "apart": "apart",
}
SCORES = (F1, TUNED, ROC, PRECISION)
MARGIN = 0.01
WORDS = {
    "better": "better than",
    "worse": "worse than",
    "equivalent": "equivalent to",
    "undecided": "not told apart from",
}


@dataclass(frozen=True)
class Gap:
    """first less second in one score: the mean of the paired differences over seeds, and its 95 % interval."""

    first: str
    second: str
    score: str  # its label
    difference: float
    low: float
    high: float
    verdict: str
    more: float  # seeds that would decide it, NaN for none
    pairs: int

    def __str__(self) -> str:
        return f"{self.difference:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"



def compared(
    frame: pd.DataFrame,
    by: str,
    *,
    within: Sequence[str] = (),
    against: str | None = None,
    scores: Sequence[str] = SCORES,
    margin: float = MARGIN,
) -> pd.DataFrame:
    """One line a pair of entries of the axis `by`, in each group of `within`, and a score.

    A seed's score of an entry is its mean over all else. Columns: those of `within`, score (its label), setting, level,
    margin, then those of `Comparison`, the difference as its mean and the ends of its interval. Holm's adjustment is over
    the pairs of one group and score. Seeds in which an entry lacks a score do not count.
    """
    found = []
    groups = frame.groupby(list(within), sort=False) if within else [((), frame)]
    for key, group in groups:
        at = dict(zip(within, key, strict=True))
        for score in scores:
            table = seeds_by(group, by, score)
            values = {name: table[name].to_numpy() for name in table}
            for one in compare(values, margin=margin, against=against):
                line = {"setting": at.get("dataset", "all"), "level": at.get("level", np.nan), **at}
                line |= {"score": LABELS.get(score, score), "margin": margin} | vars(one)
                mean, low, high = line.pop("difference")
                found.append(line | {"difference": mean, "low": low, "high": high})
    return pd.DataFrame(found)


def seeds_by(frame: pd.DataFrame, by: str, score: str) -> pd.DataFrame:
    """One line a seed, one column an entry of `by`, in their order: means over all else, NaN where one is missing."""
    means = frame.groupby(["seed", by], sort=False)[score].agg(lambda some: some.mean(skipna=False)).unstack(by)
    return means[list(dict.fromkeys(frame[by]))]


def gap(lines: pd.DataFrame, first: str, score: str, second: str | None = None, **where: object) -> Gap:
    """That of one pair, in one score (its column), at the place that `where` names."""
    found = lines[(lines["score"] == LABELS.get(score, score)) & (lines["first"] == first)]
    found = found if second is None else found[found["second"] == second]
    for column, value in where.items():
        found = found[found[column] == value]
    if len(found) != 1 and second is not None:
        return turned(gap(lines, second, score, first, **where))
    [one] = found.to_dict("records")
    more = np.nan if one["more"] is None else float(one["more"])
    names = ("first", "second", "score", "difference", "low", "high", "verdict")
    return Gap(**{name: one[name] for name in names}, more=more, pairs=one["pairs"])


def says(lines: pd.DataFrame, first: str, score: str, second: str | None = None, **where: object) -> str:
    """How the first compares, as "better than `mse` (+0.064 [+0.038, +0.090])"."""
    one = gap(lines, first, score, second, **where)
    return f"{WORDS[one.verdict]} `{one.second}` ({one})"


def cell(lines: pd.DataFrame, first: str, score: str, second: str | None = None, **where: object) -> str:
    """The same for a table: bold where better or worse, with a sign of about where equivalent."""
    one = gap(lines, first, score, second, **where)
    bold = "**" * (one.verdict in {"better", "worse"})
    return f"{'≈ ' * (one.verdict == 'equivalent')}{bold}{one.difference:+.3f}{bold} [{one.low:+.3f}, {one.high:+.3f}]"


def times(one: Gap, *, bold: bool = False) -> str:
    """A difference of binary logarithms as a factor."""
    mark = "**" * (bold and one.verdict in {"better", "worse"})
    return f"{mark}{2**one.difference:.2f}{mark} [{2**one.low:.2f}, {2**one.high:.2f}]"


def turned(one: Gap) -> Gap:
    word = {"better": "worse", "worse": "better"}.get(one.verdict, one.verdict)
    ends = -one.difference, -one.high, -one.low
    return Gap(one.second, one.first, one.score, *ends, word, one.more, one.pairs)


def widest(lines: pd.DataFrame, score: str, **where: object) -> Gap:
    """The largest difference, whatever its sign, in one score at the place that `where` names."""
    found = lines[lines["score"] == LABELS[score]]
    for column, value in where.items():
        found = found[found[column] == value]
    one = found.loc[found["difference"].abs().idxmax()]
    return gap(lines, one["first"], score, one["second"], **where)


def mean_of(frame: pd.DataFrame, score: str) -> Interval:
    """Over the seeds, of each seed's mean over all else."""
    return t_interval(frame.groupby("seed")[score].mean().dropna().to_numpy())


def brackets(one: Interval) -> str:
    return f"{one.estimate:.3f} [{one.low:.3f}, {one.high:.3f}]"


def signed_brackets(one: Interval) -> str:
    return f"{one.estimate:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"


def counts(lines: pd.DataFrame) -> str:
    """How many of the first are better, with their names, and so on."""
    found = []
    for verdict, word in (("better", "better"), ("worse", "worse"), ("equivalent", "equivalent"), ("undecided", "not told apart")):
        names = lines[lines["verdict"] == verdict]["first"].tolist()
        named = f" ({', '.join(f'`{name}`' for name in names)})" if names and verdict in {"better", "worse"} else ""
        found.append(f"{len(names)} {word}{named}")
    return ", ".join(found)


def undecided(lines: pd.DataFrame) -> str:
    """In words: how many of the pairs, and which of them the fewest more seeds would decide."""
    open_ones = lines[lines["verdict"] == "undecided"]
    if open_ones.empty:
        return f"none of {len(lines)} comparisons."
    nearest = open_ones.dropna(subset="more").sort_values("more", kind="stable").head(3)
    said = [f"{one['first']} against {one['second']} in {one['score']}{place(one)} ({int(one['more'])} more seeds)" for _, one in nearest.iterrows()]
    ending = f" The fewest more seeds would decide {'; '.join(said)}." if said else " A thousand more seeds would decide none of them."
    return f"{len(open_ones)} of {len(lines)} comparisons.{ending}"


def place(one: "pd.Series[object]") -> str:
    setting = f" on {one['setting']}" if one["setting"] != "all" else ""
    level = f" at {one['level']:g}" if pd.notna(one["level"]) else ""
    return setting + level
