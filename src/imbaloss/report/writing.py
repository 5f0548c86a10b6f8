"""Findings -> the files of an output folder."""

import re
from pathlib import Path

from imbaloss.atomic_write import write_atomically
from imbaloss.report import evidence, figures, tables
from imbaloss.report.comparisons import tabulate_comparisons
from imbaloss.report.drawings import drawings
from imbaloss.report.findings import Findings
from imbaloss.report.inline import inline
from imbaloss.report.page import Picture, page
from imbaloss.studies import ReportExtension

OURS = r"((scores|differences|loss|roc|probabilities|reliability|images)_.*|ranks)\.(svg|png)"  # names of figures


def write(found: Findings, folder: Path, extension: ReportExtension | None = None) -> Path:
    """Write tables, figures and report.html into the folder, and return the page.

    Args:
        found: What the study found.
        folder: The output folder.
        extension: What the report says beyond that of any study. None: what the study says of it, if anything.
    """
    extension = extension or found.study.extend_report(found)
    pictures = []
    for number, one in enumerate(drawings(found)):
        svg = figures.save(one.figure, folder / "figures", one.name)
        pictures.append(Picture(one, inline(svg, f"f{number}", one.caption)))
    names = {picture.drawing.name for picture in pictures}
    for path in (folder / "figures").iterdir():
        if path.stem not in names and re.fullmatch(OURS, path.name):  # an earlier study's
            path.unlink(missing_ok=True)
    put(folder / "table.csv", found.table.to_csv(index=False))
    put(folder / "comparisons.csv", tabulate_comparisons(found.comparisons).to_csv(index=False))
    verdicts = evidence.verdicts(found.comparisons)
    brackets = [f"in brackets: 95 % intervals, over {found.interval_over}"] if found.interval_over else []
    sentences, compared = tables.sentences(found.rows), list(found.scored)
    said = "".join(
        f"- {one}\n"
        for one in [
            *(extension.sentences if extension else ()),
            *brackets,
            *(verdict.sentence for verdict in verdicts),
            *sentences,
        ]
    )
    put(folder / "table.md", tables.markdown(found.lines, compared) + (f"\n{said}" if said else ""))
    put(folder / "table.tex", "".join(f"% {one}\n" for one in brackets) + tables.latex(found.lines, compared))
    return put(folder / "report.html", page(found, verdicts, pictures, sentences, extension))


def put(file: Path, text: str) -> Path:
    return write_atomically(file, text.encode())
