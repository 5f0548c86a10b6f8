"""The report: rows -> tables, figures and one HTML page."""

from imbaloss.report.comparisons import tabulate_comparisons
from imbaloss.report.findings import Findings, find
from imbaloss.report.news import News
from imbaloss.report.tables import records
from imbaloss.report.writing import write

__all__ = ["Findings", "News", "find", "records", "tabulate_comparisons", "write"]
