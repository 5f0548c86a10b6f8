"""An answer as text for terminals, log files and notebooks: alerts, the decision, and the methods in order."""

import re
from collections.abc import Collection, Iterator, Sequence
from html import escape
from io import StringIO
from math import isfinite
from typing import TYPE_CHECKING

import pandas as pd

from imbaloss.comparison.advice import Advice
from imbaloss.comparison.sentences import count_decimals
from imbaloss.comparison.summary.decision_counts import DecisionCounts, Outcome
from imbaloss.comparison.summary.leaderboard import Standing

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

WIDTH = 100  # characters of a line where no terminal says how many fit
LEAST_SECONDS = 0.001  # of a training; a shorter one is told as this
METHOD_SHARE = 3  # the name of a method takes at most this part of a line, a third; a longer one has several lines


def tabulate_outcomes(counts: DecisionCounts) -> pd.DataFrame:
    """Return texts of what decisions come to among new rows, a line for each decision, the recommended one first.

    The column of costs is left out without costs.
    """
    outcomes = [counts.recommended, *counts.alternatives]
    frame = pd.DataFrame(
        {
            "decision": [outcome.name for outcome in outcomes],
            "flagged": [f"{outcome.flagged:,.0f}" for outcome in outcomes],
            "right": [f"{outcome.right:,.0f}" for outcome in outcomes],
            "missed": [f"{outcome.missed:,.0f}" for outcome in outcomes],
        }
    )
    return frame.assign(cost=list(map(write_cost, outcomes))) if counts.recommended.cost is not None else frame


def write_cost(outcome: Outcome) -> str:
    """Write the cost of all new rows, with three digits below 100; "" for an outcome without a cost."""
    if outcome.cost is None:
        return ""
    return f"{outcome.cost:,.0f}" if abs(outcome.cost) >= 100 else f"{outcome.cost:.3g}"


def tabulate_standings(standings: Sequence[Standing], *, best: str, label: str) -> pd.DataFrame:
    """Return texts of the leaderboard, a line for each method in the same order.

    Args:
        standings: The lines of the leaderboard, one or more.
        best: The recommended method, whose interval decides the number of decimals.
        label: The name of the score.
    """
    _, low, high = next((each.score for each in standings if each.method == best), standings[0].score)
    decimals = count_decimals(low, high)
    return pd.DataFrame(
        {
            "method": [each.method for each in standings],
            f"{label} (95 % CI)": [write_score(each, decimals) for each in standings],
            "training": [write_seconds(each.fit_seconds) for each in standings],
            "verdict": [each.verdict for each in standings],
        }
    )


def write_score(standing: Standing, decimals: int) -> str:
    """Write the mean score with its interval in brackets; without the ends if they are unknown, "-" without a score."""
    estimate, *ends = (f"{round(value, decimals) + 0.0:.{decimals}f}" for value in standing.score)
    if not isfinite(standing.score.estimate):
        return "-"
    return f"{estimate} [{', '.join(ends)}]" if isfinite(standing.score.low) else estimate


def write_seconds(seconds: float) -> str:
    """Write the time of a training, from 0.001 s on: "0.12 s", "3.4 s", "12 s" or "5 min"; "-" if it is unknown."""
    if not isfinite(seconds):
        return "-"
    if seconds >= 100:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{max(seconds, LEAST_SECONDS):.2g} s"


def lay_out_answer(advice: Advice, *, noun: str, means: pd.DataFrame, width: int) -> Iterator["RenderableType"]:
    """Yield what rich prints of an answer: alerts, the decision, what it brings, and the methods in order.

    Args:
        advice: The answer.
        noun: The plural noun for the samples, "rows" or "images".
        means: The mean scores of the methods, which stand in for the leaderboard if there is none.
        width: The number of characters of a line.
    """
    from rich.text import Text

    best, summary, label = str(advice.method), advice.summary, advice.score.label
    if summary.alerts:
        alerts = [Text(f"{alert.text}.", "bold red" if alert.blocks else "bold") for alert in summary.alerts]
        yield lay_out_list("!", alerts)
        yield ""
    yield Text(f"{advice.sentences[0]}.", "bold")
    if advice.main_reasons:
        yield lay_out_list("-", [Text(f"{sentence}.") for sentence in advice.main_reasons])
    if counts := summary.counts:
        yield Text(f"\n{describe_rows(counts, noun)}")
        outcomes = tabulate_outcomes(counts)
        yield lay_out_table(outcomes, width=width, strong=counts.recommended.name, right=outcomes.columns[1:])
    yield Text(f"\nThe methods, best first by {label}:")
    if summary.standings:
        standings = tabulate_standings(summary.standings, best=best, label=label)
        yield lay_out_table(standings, width=width, strong=best, right=["training"])
    else:
        texts = means.map(lambda value: f"{value:.4f}" if isinstance(value, float) else value).reset_index()
        yield lay_out_table(texts, width=width, strong=best, right=())


def lay_out_list(mark: str, texts: Sequence["Text"]) -> "Table":
    """Lay out texts for rich one below the other, each behind a mark of its own style."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    for text in texts:
        grid.add_row(Text(mark, text.style), text)
    return grid


def lay_out_table(frame: pd.DataFrame, *, width: int, strong: str, right: Collection[str]) -> "Table":
    """Lay out a table of texts for rich, without a border.

    Args:
        frame: The texts. The first column has the names of the lines.
        width: The number of characters of a line.
        strong: The name of the line that is bold.
        right: The columns that are justified to the right.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="")
    for place, column in enumerate(frame.columns):
        table.add_column(Text(column), justify="right" if column in right else "left", no_wrap=place == 0)
    for name, *texts in frame.itertuples(index=False):
        cells = [break_name(name, width // METHOD_SHARE), *texts]
        table.add_row(*map(Text, cells), style="bold" if name == strong else "")
    return table


def break_name(name: str, width: int) -> str:
    """Break the name of a method into lines of at most `width` characters, after blanks and after : , . and =.

    A part without such a character stays whole.
    """
    lines = [""]
    for part in re.findall(r"[^ :,.=]+[ :,.=]*", name):
        if lines[-1] and len(lines[-1] + part.rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def write_plain(parts: Iterator["RenderableType"], width: int = WIDTH) -> str:
    """Write what rich would print as text without colours, and without blanks at the ends of lines."""
    from rich.console import Console

    console = Console(
        file=StringIO(), width=width, color_system=None, force_terminal=False, force_jupyter=False, legacy_windows=False
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part, markup=False, highlight=False, emoji=False)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def write_html(advice: Advice, *, noun: str, means: pd.DataFrame) -> str:
    """Write the same facts as HTML, for a notebook, with all sentences of the answer.

    Args:
        advice: The answer.
        noun: The plural noun for the samples, "rows" or "images".
        means: The mean scores of the methods, which stand in for the leaderboard if there is none.
    """
    summary, (first, *further) = advice.summary, map(escape, advice.sentences)
    html = "".join(f"<p><strong>{escape(alert.text)}.</strong></p>" for alert in summary.alerts)
    html += f"<p><strong>{first}.</strong></p><ul>{''.join(f'<li>{sentence}.</li>' for sentence in further)}</ul>"
    if counts := summary.counts:
        html += f"<p>{describe_rows(counts, noun)}</p>{tabulate_outcomes(counts).to_html(index=False)}"
    if not summary.standings:
        return html + means.to_html(float_format="{:.4f}".format)
    standings = tabulate_standings(summary.standings, best=str(advice.method), label=advice.score.label)
    return html + standings.to_html(index=False)


def describe_rows(counts: DecisionCounts, noun: str) -> str:
    """Say of how many new rows decisions are counted, and how many of these are positive."""
    return f"Among {counts.rows:,} new {noun}, of which about {counts.positives:,.0f} are positive:"
