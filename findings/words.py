"""Numbers and verdicts as a page tells them."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from findings.paired import CALIBRATED, F1, HALVED, MARGIN, MOVED, PRECISION, ROC, TUNED, YOUDEN, at, gap
from imbaloss.report.comparisons import CellComparison
from imbaloss.statistics import Interval, Verdict

LABELS = {
    F1: "F1 at ½",
    TUNED: "F1 at the tuned threshold",
    ROC: "ROC-AUC",
    PRECISION: "average precision",
    YOUDEN: "Youden's J at ½",
    CALIBRATED: "F1 at ½, calibrated",
    MOVED: "F1 at ½ less F1 at the tuned threshold",
    HALVED: "epochs to half",
    "rises": "rises",
    "apart": "apart",
}
VERDICTS = {
    Verdict.BETTER: "better than",
    Verdict.WORSE: "worse than",
    Verdict.EQUIVALENT: "equivalent to",
    Verdict.UNDECIDED: "not told apart from",
}
NEAREST = 3
NEITHER = "?"


def signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # + 0.0: no minus before a 0


def brackets(one: Interval) -> str:
    return f"{one.estimate:.3f} [{one.low:.3f}, {one.high:.3f}]"


def signed_brackets(one: Interval) -> str:
    return f"{signed(one.estimate)} [{signed(one.low)}, {signed(one.high)}]"


def percent(one: Interval) -> str:
    """Of a share."""
    return f"{100 * one.estimate:+.1f} % [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"


def difference(one: CellComparison) -> str:
    return signed_brackets(one.interval)


def says(lines: pd.DataFrame, first: str, score: str, second: str | None = None, **where: object) -> str:
    """How the first compares, as "better than `mse` (+0.064 [+0.038, +0.090])"."""
    one = gap(lines, first, score, second, **where)
    return f"{VERDICTS[one.verdict]} `{one.second}` ({difference(one)}{less(one)})"


def told(lines: pd.DataFrame, first: str, score: str, second: str | None = None, **where: object) -> str:
    """The same in short: "+0.064 [+0.038, +0.090] (better)"."""
    one = gap(lines, first, score, second, **where)
    return f"{difference(one)} ({bare(one.verdict)}{less(one)})"


def less(one: CellComparison) -> str:
    """Say of a difference that is decided, and whose interval lies within the margin, that it does not matter."""
    farthest = max(abs(one.interval.low), abs(one.interval.high))
    return f", by less than {MARGIN:g}" if one.verdict.differs and farthest < MARGIN else ""


def bare(verdict: Verdict) -> str:
    """The word without than, to or from."""
    return VERDICTS[verdict].rpartition(" ")[0]


def cell(lines: pd.DataFrame, first: str, score: str, second: str | None = None, **where: object) -> str:
    """The same for a table: bold where better or worse, with a sign of about where equivalent."""
    one = gap(lines, first, score, second, **where)
    mean, low, high = map(signed, one.interval)
    return f"{marked(mean, one.verdict)} [{low}, {high}]"


def times(lines: pd.DataFrame, first: str, *, ends: bool = True) -> str:
    """A factor of the epochs to half, likewise; without ends, without its interval. A bound where one gets there alone.

    lines with first_reached, second_reached: the shares of the trainings that get there.
    """
    one = gap(lines, first, HALVED)
    there = at(lines, first=first, score=HALVED)
    [(own, other)] = (there[["first_reached", "second_reached"]] > 0).to_numpy()
    if not own and not other:
        return NEITHER
    bound = "" if own and other else "≤ " if own else "≥ "
    verdict = Verdict.UNDECIDED if bound and one.verdict is Verdict.EQUIVALENT else one.verdict
    mean, low, high = (f"{2**value:.2f}" for value in one.interval)
    factor = marked(f"{bound}{mean}", verdict)
    return f"{factor} [{low}, {high}]" if ends else factor


def marked(text: str, verdict: Verdict) -> str:
    """Mark a text in Markdown: bold where a difference is decided, with a sign of about where equivalent."""
    return f"**{text}**" if verdict.differs else f"≈ {text}" if verdict is Verdict.EQUIVALENT else text


def counts(lines: pd.DataFrame, *, named: bool = True) -> str:
    """How many of the first are better, worse, equivalent, not told apart; named: the first two kinds."""
    found = []
    for verdict in VERDICTS:
        names = [f"`{name}`" for name in lines[lines["verdict"] == verdict]["first"]]
        which = f" ({', '.join(names)})" if named and names and verdict.differs else ""
        found += [f"{len(names)} {bare(verdict)}{which}"] if names else []
    return ", ".join(found)


def those(lines: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The lines whose first is one of these."""
    return lines[lines["first"].isin(names)]


def undecided(lines: pd.DataFrame, units: str = "seeds") -> str:
    """How many of the comparisons, and which of them the fewest more units, as seeds, would decide."""
    left = lines[lines["verdict"] == Verdict.UNDECIDED]
    nearest = left.dropna(subset="more").sort_values("more", kind="stable").head(NEAREST)
    said = [
        f"`{one['first']}` against `{one['second']}` in {LABELS[one['score']]}{place(one)} ({int(one['more'])} more)"
        for one in nearest.to_dict("records")
    ]
    number = f"{len(left)} of {len(lines)} comparisons"
    return f"{number}; the fewest more {units} would decide {', '.join(said)}." if said else f"{number}."


def place(one: Mapping[Hashable, Any]) -> str:
    level = one["level"]
    known = isinstance(level, float) and not math.isnan(level)
    return (f" on {one['setting']}" if one["setting"] else "") + (f" at {level:g}" if known else "")


def down(by_level: Mapping[float | None, Sequence[str]], levels: Sequence[float]) -> str:
    """Which losses do something down to which of the levels, None: at none, the rarest first."""
    ends = sorted(by_level, key=lambda level: math.inf if level is None else level)
    return "; ".join(f"{', '.join(map(code, by_level[level]))} {end(level, levels)}" for level in ends)


def reached(by_level: Mapping[float | None, Sequence[str]], loss: str, levels: Sequence[float]) -> str:
    """The same of one loss."""
    [level] = [level for level, losses in by_level.items() if loss in losses]
    return end(level, levels)


def end(level: float | None, levels: Sequence[float]) -> str:
    if level is None:
        return "at no level"
    return f"at every level, down to {level:g}" if level == min(levels) else f"down to {level:g}"


def code(text: str) -> str:
    return f"`{text}`"


def line(text: str) -> str:
    return " ".join(text.split())


FILTERS = {one.__name__: one for one in (signed, brackets, signed_brackets, percent, difference, code, line)}
GLOBALS = {one.__name__: one for one in (says, told, bare, cell, times, counts, those, undecided, down, reached)} | {
    "labels": LABELS,
    "Verdict": Verdict,
}
