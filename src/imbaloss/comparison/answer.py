"""What a comparison came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from imbaloss import report
from imbaloss.atomic_write import write_atomically
from imbaloss.comparison.advice import Advice, extend_page
from imbaloss.comparison.own_model import OwnModel
from imbaloss.evaluation.scores import Threshold
from imbaloss.report import Findings
from imbaloss.studies import THRESHOLDS


@dataclass(frozen=True, eq=False)
class Answer:
    """Of `imbaloss.compare`. A notebook shows verdict and table."""

    folder: Path  # with all files of a study
    findings: Findings
    advice: Advice
    model: OwnModel | None  # None where its training failed
    description: Sequence[str]  # of the data

    @property
    def table(self) -> pd.DataFrame:
        """One line a method, as table.csv has it."""
        return self.findings.table

    @property
    def comparisons(self) -> pd.DataFrame:
        """One line a pair of methods and score, as comparisons.csv has it."""
        return report.tabulate_comparisons(self.findings.comparisons)

    @property
    def verdict(self) -> str:
        """What to do, and how sure that is: a line each."""
        return "\n".join(f"{sentence}." for sentence in self.advice.sentences)

    @property
    def best(self) -> str:
        """The recommended method."""
        return str(self.advice.method)

    @property
    def threshold(self) -> Threshold | None:
        """From which probability on to call a row positive, and the ends of its 95 % interval."""
        return self.advice.threshold

    def to_html(self, path: str | Path) -> Path:
        """Writes the report: one page, which opens offline."""
        page = self.folder / "report.html"
        if not page.exists():
            report.write(self.findings, self.folder, extend_page(self.advice))
        return write_atomically(Path(path), page.read_bytes())

    @property
    def summary(self) -> pd.DataFrame:
        """Means of the scores that methods are compared by, the best method first."""
        labels = {one.column: one.label for one in self.findings.scored}
        found = self.table.set_index("method")[list(labels)].rename(columns=labels)
        return found.sort_values(self.advice.score.label, ascending=self.advice.score.lower, kind="stable")

    def __str__(self) -> str:
        return f"{self.verdict}\n\n{self.summary.to_string(float_format='{:.4f}'.format)}"

    def _repr_html_(self) -> str:
        from html import escape

        first, *others = (escape(sentence) for sentence in self.advice.sentences)
        items = "".join(f"<li>{sentence}.</li>" for sentence in others)
        return f"<p><strong>{first}.</strong></p><ul>{items}</ul>{self.summary.to_html(float_format='{:.4f}'.format)}"


def facts(found: Answer) -> dict[str, Any]:
    """As JSON values."""
    threshold = found.threshold or (None, None, None)
    return {
        "best": found.best,
        "by": found.advice.score.column,
        "threshold": dict(zip(THRESHOLDS, (none_if_nan(value) for value in threshold), strict=True)),
        "verdict": list(found.advice.sentences),
        "data": list(found.description),
        "table": report.records(found.table),
        "comparisons": report.records(found.comparisons),
        "folder": str(found.folder),
    }


def none_if_nan(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
