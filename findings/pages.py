"""A finding -> its page and its figures in docs/findings; all of them -> README.md there."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import jinja2
import matplotlib as mpl

from findings import architectures, claim, convergence, pairs, rarity, sampling, thresholds
from findings.paired import MARGIN, at, gap, highest
from findings.stored import Stored, read
from findings.words import FILTERS, GLOBALS
from imbaloss.atomic_write import write_atomically
from imbaloss.report.figures import STYLE

# In the order of the report's questions.
FINDINGS = (claim, convergence, thresholds, pairs, architectures, sampling, rarity)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
ANSWER = re.compile(r"^\*\*Answer\.\*\* (.+)$", re.MULTILINE)
DPI = 130


def name_of(finding: ModuleType) -> str:
    return finding.__name__.rpartition(".")[2]


def environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("findings"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters.update(FILTERS)
    found.globals.update(GLOBALS, at=at, gap=gap, highest=highest, margin=MARGIN)
    return found


def write(finding: ModuleType, stored: Mapping[str, Stored], docs: Path) -> Path:
    """The page and its figures. stored: of each of the finding's studies, by its name."""
    name = name_of(finding)
    facts = finding.facts(stored)
    shown = finding.figures(stored, facts)
    folder = docs / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        for file, (figure, _) in shown.items():
            figure.savefig(folder / f"{file}.png", dpi=DPI)
    captions = {file: caption for file, (_, caption) in shown.items()}
    text = (
        environment()
        .get_template(f"{name}.md.jinja")
        .render(facts, name=name, stored=stored, captions=captions, more=getattr(finding, "MORE", ()))
    )
    page = docs / f"{name}.md"
    write_atomically(page, tidy(text).encode())
    return page


def tidy(text: str) -> str:
    """One empty line at most between two others, and no spaces at an end."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" +\n", "\n", text)).rstrip() + "\n"


def write_readme(docs: Path) -> Path:
    """From the answers of the pages that are there."""
    pages = {name: docs / f"{name}.md" for name in map(name_of, FINDINGS)}
    texts = {name: page.read_text(encoding="utf-8") for name, page in pages.items() if page.exists()}
    answers = [(name, TITLE.search(text)[1], ANSWER.search(text)[1]) for name, text in texts.items()]  # type: ignore[index]
    text = environment().get_template("README.md.jinja").render(answers=answers)
    write_atomically(docs / "README.md", text.encode())
    return docs / "README.md"


def build(finding: ModuleType, results: Path, docs: Path) -> Path:
    """Raises OSError and ValueError as `stored.read`."""
    return write(finding, {study: read(results / study) for study in finding.STUDIES}, docs)
