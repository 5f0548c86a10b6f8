"""The report: tables, figures and one HTML page, made from the rows of a study."""

from imbaloss.report.comparisons import tabulate_comparisons
from imbaloss.report.findings import Findings, compute_findings
from imbaloss.report.headline import Headline
from imbaloss.report.tables import to_records
from imbaloss.report.writing import write_report

__all__ = ["Findings", "Headline", "compute_findings", "tabulate_comparisons", "to_records", "write_report"]
