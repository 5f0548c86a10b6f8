"""The page of imported results: the page of a study without what belongs to trainings."""

from collections.abc import Sequence
from importlib.metadata import version
from math import isnan

from imbaloss.comparison.imported.findings import ImportedFindings
from imbaloss.report.evidence import ScoreVerdict
from imbaloss.report.page import FILES, Picture, collect_values, load_template
from imbaloss.studies import ReportExtension

PAGE = ReportExtension("imbaloss.comparison.imported", "page_of_results.html.jinja", {}, ())


def render_imported(
    findings: ImportedFindings, verdicts: Sequence[ScoreVerdict], pictures: Sequence[Picture], notes: Sequence[str]
) -> str:
    """Render the report of imported results as one HTML page that needs no other file.

    Args:
        findings: The results.
        verdicts: The verdicts by each score.
        pictures: The figures.
        notes: The notes beside the tables.
    """
    lower = [score.label for score in findings.scored if score.lower]
    return load_template(PAGE).render(
        collect_values(findings, verdicts, pictures, "method", {}),
        titles={},
        lower=lower,
        results=len(findings.results),
        has_levels=not all(isnan(line.level) for line in findings.lines),
        is_predicted=any(line.test for line in findings.lines),
        is_tuned=any(score.tuned for score in findings.scored) and any(line.test for line in findings.lines),
        notes=notes,
        version=version("imbaloss"),
        files={name: content for name, content in FILES.items() if name != "results.sqlite"}
        | {"study.toml": "which file was read, and how"},
    )
