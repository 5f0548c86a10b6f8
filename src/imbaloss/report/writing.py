"""Writing of the files of an output folder from the findings of a study."""

import re
from collections.abc import Iterable
from pathlib import Path

from imbaloss.atomic_write import write_atomically
from imbaloss.report import evidence, figures, tables
from imbaloss.report.comparisons import tabulate_comparisons
from imbaloss.report.drawings import Drawing, draw_figures
from imbaloss.report.findings import Findings
from imbaloss.report.inline import inline_svg
from imbaloss.report.page import Picture, render_page
from imbaloss.studies import ReportExtension, spare_existing_objects

# file names of figures
FIGURE_NAMES = (
    r"((scores|differences|loss|roc|precision_recall|gains|costs|probabilities|reliability|prototypes|images)_.*|ranks)"
    r"\.(svg|png)"
)


@spare_existing_objects()
def write_report(findings: Findings, folder: Path, extension: ReportExtension | None = None) -> Path:
    """Write tables, figures and report.html into a folder, and delete figures that an earlier study left there.

    Args:
        findings: The findings of the study.
        folder: The output folder; figures/ in it is created.
        extension: What the report says beyond that of any study; by default what the study itself adds, if anything.

    Returns:
        The path of report.html.

    Raises:
        OSError: The store cannot be read, or a file cannot be written.
    """
    extension = extension or findings.study.extend_report(findings)
    pictures = write_figures(draw_figures(findings, extension.highlighted if extension else ()), folder)
    write_text(folder / "table.csv", findings.table.to_csv(index=False))
    for name, content in (extension.files if extension else {}).items():
        if content is None:
            (folder / name).unlink(missing_ok=True)
        else:
            write_text(folder / name, content)
    write_text(folder / "comparisons.csv", tabulate_comparisons(findings.comparisons).to_csv(index=False))
    verdicts = evidence.judge_scores(findings.comparisons, findings.rulings)
    brackets = (
        [f"Brackets hold 95 % confidence intervals over {findings.interval_over}"] if findings.interval_over else []
    )
    notes, compared = tables.write_notes(findings.rows), list(findings.scored)
    sentences = [
        *(extension.sentences if extension else ()),
        *brackets,
        *([f"The verdicts are for these test {findings.study.noun} alone"] if findings.study.shares_test else []),
        *(verdict.sentence for verdict in verdicts),
        *notes,
    ]
    text = "".join(f"- {sentence}.\n" for sentence in sentences)
    write_text(folder / "table.md", tables.write_markdown(findings.lines, compared) + (f"\n{text}" if text else ""))
    comments = "".join(f"% {sentence}.\n" for sentence in brackets)
    write_text(folder / "table.tex", comments + tables.write_latex(findings.lines, compared))
    return write_text(folder / "report.html", render_page(findings, verdicts, pictures, notes, extension))


def write_figures(drawings: Iterable[Drawing], folder: Path) -> list[Picture]:
    """Write figures into figures/ in a folder, delete those of an earlier report there, and return them for the page.

    The figures are empty afterwards.

    Raises:
        OSError: A file cannot be written.
    """
    pictures = []
    for number, drawing in enumerate(drawings):
        svg = figures.save_figure(drawing.figure, folder / "figures", drawing.name)
        drawing.figure.clear()  # its content would stay in memory until the page is written
        pictures.append(Picture(drawing, inline_svg(svg, f"f{number}", drawing.caption)))
    names = {picture.drawing.name for picture in pictures}
    for path in (folder / "figures").iterdir():
        if path.stem not in names and re.fullmatch(FIGURE_NAMES, path.name):
            path.unlink(missing_ok=True)
    return pictures


def write_text(file: Path, text: str) -> Path:
    """Write a text in UTF-8, whole or not at all, and return the path of the file. An existing file is replaced.

    Raises:
        OSError: The file cannot be written.
    """
    return write_atomically(file, text.encode())
