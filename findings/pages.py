"""The pages and figures of docs/findings, one page for each finding, and README.md there."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import jinja2
import matplotlib as mpl

from findings import architectures, claim, convergence, features, pairs, rarity, sampling, thresholds
from findings.stored import Stored, read_stored
from findings.words import FILTERS, GLOBALS
from imbaloss.atomic_write import write_atomically
from imbaloss.report.figures import STYLE

# in the order of the 2023 study's questions
FINDINGS = (claim, convergence, thresholds, pairs, architectures, sampling, rarity, features)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
ANSWER = re.compile(r"^\*\*Answer\.\*\* (.+)$", re.MULTILINE)
DPI = 130  # dots an inch of the figures


def name_of(finding: ModuleType) -> str:
    """Return the name of a finding, that of its module, template and page."""
    return finding.__name__.rpartition(".")[2]


def create_environment() -> jinja2.Environment:
    """Create the environment of the templates, with the filters and functions of `words`."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("findings"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(GLOBALS)
    return environment


def write_page(finding: ModuleType, stored: Mapping[str, Stored], docs: Path) -> Path:
    """Write the page of a finding and its figures, and return the path of the page.

    Args:
        finding: The module of the finding.
        stored: The studies of the finding by name.
        docs: The folder of the pages; figures/ in it is created.
    """
    name = name_of(finding)
    facts = finding.compute_facts(stored)
    shown = finding.plot_figures(stored, facts)
    folder = docs / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        for file, (figure, _) in shown.items():
            figure.savefig(folder / f"{file}.png", dpi=DPI)
    captions = {file: caption for file, (_, caption) in shown.items()}
    text = (
        create_environment()
        .get_template(f"{name}.md.jinja")
        .render(facts, name=name, stored=stored, captions=captions, more=getattr(finding, "MORE", ()))
    )
    page = docs / f"{name}.md"
    write_atomically(page, tidy(text).encode())
    return page


def tidy(text: str) -> str:
    """Remove repeated empty lines, and spaces at the end of lines."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" +\n", "\n", text)).rstrip() + "\n"


def write_readme(docs: Path) -> Path:
    """Write README.md from the answers of the pages in the folder, and return its path."""
    pages = {name: docs / f"{name}.md" for name in map(name_of, FINDINGS)}
    texts = {name: page.read_text(encoding="utf-8") for name, page in pages.items() if page.exists()}
    answers = [(name, TITLE.search(text)[1], ANSWER.search(text)[1]) for name, text in texts.items()]  # type: ignore[index]
    text = create_environment().get_template("README.md.jinja").render(answers=answers)
    write_atomically(docs / "README.md", text.encode())
    return docs / "README.md"


def build_page(finding: ModuleType, results: Path, docs: Path) -> Path:
    """Write the page and the figures of a finding from the folders of its studies.

    Args:
        finding: The module of the finding.
        results: The folder that holds a folder for each study.
        docs: The folder of the pages.

    Raises:
        OSError: A study does not exist or cannot be read.
        ValueError: Some trainings of a study are missing.
    """
    return write_page(finding, {study: read_stored(results / study) for study in finding.STUDIES}, docs)
