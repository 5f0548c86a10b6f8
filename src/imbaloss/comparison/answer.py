"""The result of a comparison on a person's own data."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from imbaloss import report
from imbaloss.atomic_write import write_atomically
from imbaloss.comparison.advice import Advice, extend_page
from imbaloss.comparison.column_importance import tabulate_importance
from imbaloss.comparison.own_model import OwnModel
from imbaloss.comparison.race_schedule import Drop
from imbaloss.comparison.summary.answer_text import WIDTH, lay_out_answer, write_html, write_plain
from imbaloss.comparison.summary.decision import Savings
from imbaloss.comparison.summary.leaderboard import Standing
from imbaloss.evaluation.scores import Threshold
from imbaloss.report import Findings
from imbaloss.statistics import Interval
from imbaloss.studies import THRESHOLDS

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType


@dataclass(frozen=True, eq=False)
class Answer:
    """The result of `imbaloss.compare`. As text and in a notebook it shows what to do, and the methods in order."""

    folder: Path  # holds all files of the study
    findings: Findings
    advice: Advice
    model: OwnModel | None  # the recommended method, trained on all rows; None if that training failed
    description: Sequence[str]  # notes on the data
    drops: Sequence[Drop] = ()  # the methods that a race dropped

    @property
    def table(self) -> pd.DataFrame:
        """The scores of all methods, one line a method, with the columns of table.csv; undefined scores are NaN."""
        return self.findings.table

    @property
    def comparisons(self) -> pd.DataFrame:
        """The comparisons of all pairs of methods, one line a pair and score, with the columns of comparisons.csv."""
        return report.tabulate_comparisons(self.findings.comparisons)

    @property
    def segments(self) -> pd.DataFrame | None:
        """The recommended method in segments of the test rows, one line a segment of a column.

        Scores have the ends of their 95 % interval, as recall_low and recall_high, and where they are tested against
        all other rows the p-value after Holm's correction, as recall_p. None if no segments were asked for.
        """
        return self.advice.segments.frame if self.advice.segments else None

    @property
    def importance(self) -> pd.DataFrame | None:
        """What each column matters, one line a column, the most important first; None if it was not measured.

        Its columns are those of importance.csv: column, loss (of the score when its values are shuffled) with the ends
        of its 95 % interval, share_lost (of the lead over chance), share_kept (of that, when all others are
        shuffled instead), and possible_leak. The interval of one repetition is NaN.
        """
        return tabulate_importance(self.advice.importance) if self.advice.importance else None

    @property
    def verdict(self) -> str:
        """The sentences that recommend a method and say how certain that is, one a line, as one text."""
        return "\n".join(f"{sentence}." for sentence in self.advice.sentences)

    @property
    def best(self) -> str:
        """The text of the recommended method, such as "ce + smote" or "logistic_regression"."""
        return str(self.advice.method)

    @property
    def threshold(self) -> Threshold | None:
        """The threshold at which a row is called positive, with the ends of its 95 % interval: value, low and high.

        None if the training on all rows failed or has no threshold.
        """
        return self.advice.threshold

    @property
    def expected(self) -> Interval:
        """The score to expect on new data from a method that is chosen as this one was: estimate, low and high.

        It is the score by which methods are chosen, with the ends of its 95 % interval. For one repetition the ends are
        NaN. If the repetitions are too few for an estimate, all three are NaN.
        """
        return self.advice.expected

    def to_html(self, path: str | Path) -> Path:
        """Write the report to `path`, as one page that opens offline, and return the path.

        An existing file is replaced.

        Raises:
            OSError: The file cannot be written.
        """
        page = self.folder / "report.html"
        if not page.exists():
            report.write_report(self.findings, self.folder, extend_page(self.advice))
        return write_atomically(Path(path), page.read_bytes())

    @property
    def summary(self) -> pd.DataFrame:
        """The mean scores by which methods are compared, one line a method, the best by the deciding score first.

        Methods without that score come last; ties keep their order. Methods that a race dropped come after all others,
        since their means are over fewer repetitions; a further column then says when they were dropped.
        """
        labels = {score.column: score.label for score in self.findings.scored}
        means = self.table.set_index("method")[list(labels)].rename(columns=labels)
        means = means.sort_values(self.advice.score.label, ascending=self.advice.score.lower, kind="stable")
        if not self.drops:
            return means
        when = means.index.map({drop.method: drop.when for drop in self.drops}).fillna("")
        return means.assign(race=when).sort_values("race", kind="stable", key=lambda texts: texts != "")

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> Iterator["RenderableType"]:
        """Yield what rich prints: alerts, the decision, what it brings, and the methods in order."""
        yield from self.lay_out(options.max_width)

    def lay_out(self, width: int = WIDTH) -> Iterator["RenderableType"]:
        """Yield what rich prints of the answer. width: the number of characters of a line."""
        return lay_out_answer(self.advice, width=width)

    def __str__(self) -> str:
        """Return alerts, the decision, what it brings, and the methods in order, as text of 100 characters a line."""
        return write_plain(self.lay_out())

    def _repr_html_(self) -> str:
        """Return the same as HTML, for a notebook."""
        return write_html(self.advice)


def convert_to_json(answer: Answer) -> dict[str, Any]:
    """Return an answer as a dictionary of JSON values. NaN and infinity become None.

    Its keys are best, by (the deciding score), threshold, headline (what to do), tiles, verdict, alerts, decision,
    money, data (notes), table, comparisons, leaderboard (the methods, the best first) and folder. Without a threshold,
    all its entries are None. Tiles are method, rule and how sure, each with a heading, a text, a detail and the text of
    the method. The decision is what the recommended decision and its alternatives come to among new rows; it is None if
    that cannot be counted. Money is what the recommended decision costs and saves there; it is None without costs, if
    no method is better than without a model, and if an alert blocks the use of the result. Further keys follow where
    they apply: importance, if it was measured; guarantee, with score, bound, confidence and whether the threshold holds
    it; dropped, if a race dropped methods; and segments, if they were asked for.
    """
    threshold, guarantee = answer.threshold or (None, None, None), answer.advice.guarantee
    counts = answer.advice.summary.counts
    return {
        "best": answer.best,
        "by": answer.advice.score.column,
        "threshold": dict(zip(THRESHOLDS, (replace_nan(value) for value in threshold), strict=True)),
        "headline": answer.advice.summary.decision.headline,
        "tiles": [asdict(tile) for tile in answer.advice.summary.decision.tiles],
        "verdict": list(answer.advice.sentences),
        "alerts": [asdict(alert) for alert in answer.advice.summary.alerts],
        "decision": None if counts is None else asdict(counts),
        "money": convert_money(answer.advice.summary.decision.savings),
        "data": list(answer.description),
        "table": report.to_records(answer.table),
        "comparisons": report.to_records(answer.comparisons),
        "leaderboard": [convert_standing(standing) for standing in answer.advice.summary.standings],
        **({} if answer.importance is None else {"importance": report.to_records(answer.importance)}),
        "folder": str(answer.folder),
        **({"guarantee": vars(guarantee) | {"holds": answer.threshold is not None}} if guarantee else {}),
        **({"dropped": [asdict(drop) for drop in answer.drops]} if answer.drops else {}),
        **({} if answer.segments is None else {"segments": report.to_records(answer.segments)}),
    }


def convert_money(savings: Savings | None) -> dict[str, Any] | None:
    """Return what a decision costs and saves as a dictionary of JSON values, None for an unknown end."""
    return None if savings is None else {name: convert_value(value) for name, value in asdict(savings).items()}


def convert_standing(standing: Standing) -> dict[str, Any]:
    """Return a line of the leaderboard as a dictionary of JSON values, with the ends of the interval of the score."""
    facts = {name: convert_value(value) for name, value in vars(standing).items()}
    ends = zip(("score", "score_low", "score_high"), map(replace_nan, standing.score), strict=True)
    return facts | dict(ends)


def convert_value(value: Any) -> Any:
    """Return any value unchanged, but None for a number that JSON does not have."""
    return replace_nan(value) if isinstance(value, float) else value


def replace_nan(value: float | None) -> float | None:
    """Return a number unchanged, but None for NaN, infinity and None, since JSON has no NaN."""
    return value if value is not None and isfinite(value) else None
