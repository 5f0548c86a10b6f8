"""An answer as text for terminals, log files and notebooks: alerts, the decision, and the methods in order."""

import re
from collections.abc import Collection, Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

import pandas as pd

from imbaloss.comparison.advice import Advice
from imbaloss.comparison.summary.decision import Decision
from imbaloss.comparison.summary.decision_counts import DecisionCounts, write_amount
from imbaloss.comparison.summary.leaderboard import ScoreAxis, Standing
from imbaloss.report.page import mark_code

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

WIDTH = 100  # characters of a line where no terminal says how many fit
TRAINING, PREDICTIONS = "training", "1,000 predictions"  # columns with times
METHOD_SHARE = 3  # the name of a method takes at most this part of a line, a third; a longer one has several lines


def tabulate_outcomes(counts: DecisionCounts, decision: Decision) -> pd.DataFrame:
    """Return texts of what decisions come to among new rows, a line for each decision, the recommended one first.

    The column of costs is left out without costs.
    """
    outcomes = decision.outcomes
    lines = [(outcome.name, *counts.write_counts(outcome)) for outcome in outcomes]
    frame = pd.DataFrame(lines, columns=["decision", "flagged", "right", "false alarms", "missed"])
    if counts.recommended.cost is None:
        return frame
    return frame.assign(cost=["" if each.cost is None else write_amount(each.cost) for each in outcomes])


def tabulate_standings(standings: Sequence[Standing], axis: ScoreAxis) -> pd.DataFrame:
    """Return texts of the leaderboard, a line for each method in the same order.

    Args:
        standings: The lines of the leaderboard.
        axis: The axis of the scores, which knows their number of decimals.
    """
    return pd.DataFrame(
        {
            "method": [each.method for each in standings],
            "mean (95 % CI)": [axis.write_interval(each.score) for each in standings],
            TRAINING: [each.training_time for each in standings],
            PREDICTIONS: [each.prediction_time for each in standings],
            "verdict": [each.verdict for each in standings],
        }
    )


def lay_out_answer(advice: Advice, *, width: int) -> Iterator["RenderableType"]:
    """Yield what rich prints of an answer: alerts, the decision, what it brings, and the methods in order.

    Under an alert that blocks, a line says that the page has what decisions would bring, which is folded there.

    Args:
        advice: The answer.
        width: The number of characters of a line.
    """
    from rich.text import Text

    best, summary, label = str(advice.method), advice.summary, advice.score.label
    if summary.alerts:
        alerts = [Text(f"{alert.sentence}.", "bold red" if alert.blocks else "bold") for alert in summary.alerts]
        yield lay_out_list("!", alerts)
        yield ""
    yield Text(f"{advice.recommendation or summary.decision.headline}.", "bold")
    if advice.main_reasons:
        yield lay_out_list("-", [Text(f"{sentence}.") for sentence in advice.main_reasons])
    if summary.is_blocked:
        yield Text("\nThe page has what decisions would bring, folded under this alert.")
    elif counts := summary.counts:
        yield Text(f"\n{describe_counts(summary.decision)}")
        outcomes = tabulate_outcomes(counts, summary.decision)
        yield lay_out_table(outcomes, width=width, strong=counts.recommended.name, right=outcomes.columns[1:])
    if summary.axis:
        yield Text(f"\nThe methods, best first by {label}:")
        standings = tabulate_standings(summary.standings, summary.axis)
        yield lay_out_table(standings, width=width, strong=best, right=[TRAINING, PREDICTIONS])


def lay_out_list(mark: str, texts: Sequence["Text"]) -> "Table":
    """Lay out texts for rich one below the other, each behind a mark of its own style.

    A word that is longer than a line is broken, so that all of it is shown.
    """
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column(overflow="fold")
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
        table.add_column(
            Text(column), justify="right" if column in right else "left", no_wrap=place == 0, overflow="fold"
        )
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


def write_html(advice: Advice) -> str:
    """Write the same facts as HTML, for a notebook."""
    summary = advice.summary
    first = [*(alert.sentence for alert in summary.alerts), advice.recommendation or summary.decision.headline]
    html = "".join(f"<p><strong>{mark_code(sentence)}.</strong></p>" for sentence in first)
    html += f"<ul>{''.join(f'<li>{mark_code(sentence)}.</li>' for sentence in advice.main_reasons)}</ul>"
    if summary.counts:
        outcomes = tabulate_outcomes(summary.counts, summary.decision)
        counted = f"<p>{mark_code(describe_counts(summary.decision))}</p>{outcomes.to_html(index=False)}"
        fold = "<details><summary>What decisions would bring, under this alert</summary>{}</details>"
        html += fold.format(counted) if summary.is_blocked else counted
    if summary.axis:
        standings = tabulate_standings(summary.standings, summary.axis)
        html += f"<p>The methods, best first by {advice.score.label}:</p>{standings.to_html(index=False)}"
    return html


def describe_counts(decision: Decision) -> str:
    """Say what the recommended decision brings among new rows, and what it costs where costs are given."""
    return " ".join(f"{text}." for text in (decision.in_counts, decision.money) if text)
