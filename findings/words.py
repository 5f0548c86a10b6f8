"""Numbers and verdicts as the pages write them."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from findings.paired import (
    CALIBRATED,
    F1,
    HALVED,
    MARGIN,
    MOVED,
    PRECISION,
    ROC,
    TUNED,
    YOUDEN,
    find_comparison,
    find_highest,
    select_lines,
)
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
NEAREST = 3  # number of undecided comparisons that a page names
NEITHER = "?"  # in place of a factor if neither of two losses gets to half


def write_signed(value: float) -> str:
    """Write a number with its sign and three decimals; a rounded 0 has a plus."""
    return f"{round(value, 3) + 0.0:+.3f}"


def add_brackets(estimate: str, low: str, high: str) -> str:
    """Add the ends of an interval to an estimate in brackets; equal scores have no interval, and "nan" as ends."""
    return estimate if "nan" in low else f"{estimate} [{low}, {high}]"


def write_brackets(interval: Interval) -> str:
    """Write an estimate with its interval in brackets."""
    return add_brackets(*(f"{value:.3f}" for value in interval))


def write_signed_brackets(interval: Interval) -> str:
    """Write an estimate with its interval in brackets, all with signs."""
    return add_brackets(*map(write_signed, interval))


def write_percent(interval: Interval) -> str:
    """Write a share with its interval in percent."""
    mean, low, high = (f"{100 * value:+.1f}" for value in interval)
    return add_brackets(f"{mean} %", low, high)


def write_gain(comparison: CellComparison) -> str:
    """Write the difference of a comparison with its interval."""
    return write_signed_brackets(comparison.interval)


def write_verdict(lines: pd.DataFrame, first: str, score: str, second: str | None = None, **where: object) -> str:
    """Write the verdict on the first method, as in "better than `mse` (+0.064 [+0.038, +0.090])"."""
    comparison = find_comparison(lines, first, score, second, **where)
    numbers = f"{write_gain(comparison)}{write_margin_note(comparison)}"
    return f"{VERDICTS[comparison.verdict]} `{comparison.second}` ({numbers})"


def write_short_verdict(lines: pd.DataFrame, first: str, score: str, second: str | None = None, **where: object) -> str:
    """Write the verdict on the first method in short, as in "+0.064 [+0.038, +0.090] (better)"."""
    comparison = find_comparison(lines, first, score, second, **where)
    return f"{write_gain(comparison)} ({write_verdict_word(comparison.verdict)}{write_margin_note(comparison)})"


def write_margin_note(comparison: CellComparison) -> str:
    """Return ", by less than 0.01" for a decided difference whose interval lies within the margin, else empty text."""
    farthest = max(abs(comparison.interval.low), abs(comparison.interval.high))
    return f", by less than {MARGIN:g}" if comparison.verdict.differs and farthest < MARGIN else ""


def write_verdict_word(verdict: Verdict) -> str:
    """Write a verdict without "than", "to" or "from"."""
    return VERDICTS[verdict].rpartition(" ")[0]


def write_cell(lines: pd.DataFrame, first: str, score: str, second: str | None = None, **where: object) -> str:
    """Write the difference for a table: bold if better or worse, after ≈ if equivalent."""
    comparison = find_comparison(lines, first, score, second, **where)
    mean, low, high = map(write_signed, comparison.interval)
    return add_brackets(mark_verdict(mean, comparison.verdict), low, high)


def write_factor(lines: pd.DataFrame, first: str, *, ends: bool = True) -> str:
    """Write the factor between the epochs that the first loss and the other need to half of the error.

    The factor is a bound (≤ or ≥) if one of the two never gets there, and "?" if neither does.

    Args:
        lines: Comparisons with the columns first_reached and second_reached, the shares of trainings that get there.
        first: The name of the first loss.
        ends: Whether to write the interval too.
    """
    comparison = find_comparison(lines, first, HALVED)
    shares = select_lines(lines, first=first, score=HALVED)[["first_reached", "second_reached"]]
    [(own, other)] = (shares > 0).to_numpy()
    if not own and not other:
        return NEITHER
    bound = "" if own and other else "≤ " if own else "≥ "
    verdict = Verdict.UNDECIDED if bound and comparison.verdict is Verdict.EQUIVALENT else comparison.verdict
    mean, low, high = (f"{2**value:.2f}" for value in comparison.interval)
    factor = mark_verdict(f"{bound}{mean}", verdict)
    return add_brackets(factor, low, high) if ends else factor


def mark_verdict(text: str, verdict: Verdict) -> str:
    """Mark a text in Markdown: bold for a decided difference, after ≈ for an equivalent one."""
    return f"**{text}**" if verdict.differs else f"≈ {text}" if verdict is Verdict.EQUIVALENT else text


def count_verdicts(lines: pd.DataFrame, *, named: bool = True) -> str:
    """Count the first methods by their verdict, and name those that are better or worse unless `named` is False."""
    parts = []
    for verdict in VERDICTS:
        names = [f"`{name}`" for name in lines[lines["verdict"] == verdict]["first"]]
        list_of_names = f" ({', '.join(names)})" if named and names and verdict.differs else ""
        parts += [f"{len(names)} {write_verdict_word(verdict)}{list_of_names}"] if names else []
    return ", ".join(parts)


def keep_methods(lines: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Keep the lines whose first method is one of these."""
    return lines[lines["first"].isin(names)]


def describe_undecided(lines: pd.DataFrame, units: str = "seeds") -> str:
    """Write how many comparisons are undecided, and name the three that the fewest more units would decide.

    Args:
        lines: The comparisons.
        units: What is paired, such as "seeds".
    """
    left = lines[lines["verdict"] == Verdict.UNDECIDED]
    nearest = left.dropna(subset="more").sort_values("more", kind="stable").head(NEAREST)
    names = [
        f"`{line['first']}` against `{line['second']}` in {LABELS[line['score']]}{write_place(line)} "
        f"({int(line['more'])} more)"
        for line in nearest.to_dict("records")
    ]
    number = f"{len(left)} of {len(lines)} comparisons"
    return f"{number}; the fewest more {units} would decide {', '.join(names)}." if names else f"{number}."


def write_place(line: Mapping[Hashable, Any]) -> str:
    """Write the setting and the level of a comparison, as far as it has them."""
    level = line["level"]
    has_level = isinstance(level, float) and not math.isnan(level)
    return (f" on {line['setting']}" if line["setting"] else "") + (f" at {level:g}" if has_level else "")


def list_by_level(by_level: Mapping[float | None, Sequence[str]], levels: Sequence[float]) -> str:
    """List the losses by the level down to which they succeed, the rarest level first and "at no level" last.

    Args:
        by_level: The losses of each level; those of None succeed at no level.
        levels: All levels.
    """
    ends = sorted(by_level, key=lambda level: math.inf if level is None else level)
    return "; ".join(f"{', '.join(map(write_code, by_level[level]))} {describe_level(level, levels)}" for level in ends)


def write_level(by_level: Mapping[float | None, Sequence[str]], loss: str, levels: Sequence[float]) -> str:
    """Write down to which level one loss succeeds; see `list_by_level`."""
    [level] = [level for level, losses in by_level.items() if loss in losses]
    return describe_level(level, levels)


def describe_level(level: float | None, levels: Sequence[float]) -> str:
    """Write "down to" a level, or that it is every level or none (None)."""
    if level is None:
        return "at no level"
    return f"at every level, down to {level:g}" if level == min(levels) else f"down to {level:g}"


def write_code(text: str) -> str:
    """Write a text as code in Markdown."""
    return f"`{text}`"


def join_lines(text: str) -> str:
    """Join the lines of a text by single spaces."""
    return " ".join(text.split())


FILTERS = {
    "signed": write_signed,
    "brackets": write_brackets,
    "signed_brackets": write_signed_brackets,
    "percent": write_percent,
    "difference": write_gain,
    "code": write_code,
    "line": join_lines,
}
FUNCTIONS = (
    select_lines, find_comparison, find_highest, write_verdict, write_short_verdict, write_verdict_word, write_cell,
    write_factor, count_verdicts, keep_methods, describe_undecided, list_by_level, write_level,
)  # fmt: skip
GLOBALS = {function.__name__: function for function in FUNCTIONS} | {
    "labels": LABELS,
    "margin": MARGIN,
    "Verdict": Verdict,
}
