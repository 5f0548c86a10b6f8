"""The code that the documents show runs, and the names that they promise exist."""

import inspect
import re
import shlex
import subprocess
from dataclasses import fields
from pathlib import Path

import nbformat
import pytest

from imbaloss import ImbalancedClassifier, MethodClassifier, data, losses, studies
from imbaloss.data import resampling
from imbaloss.evaluation import RULES
from imbaloss.field_tables import Field
from imbaloss.recipe_fields import DECISION_FIELDS, FIELDS
from tests import peers, printed

ROOT = Path(__file__).parents[1]
OF_A_MACHINE = r"\d\.\d{2}|%|\d {2,}\d|\bflag \d|rightly"  # scores, times and counts of decisions
TUTORIALS = ("your-own-table", "your-own-images")  # whose code and commands belong together
RUN_WHOLE = [
    *(ROOT / "docs" / f"{name}.md" for name in TUTORIALS),
    ROOT / "docs" / "recipes-scale.md",
    *printed.QUICK,
    *printed.SLOW[1:],
    *printed.RECIPES,
]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@peers.quiet
@pytest.mark.parametrize("page", [page for page in PAGES if page not in RUN_WHOLE], ids=lambda page: page.name)
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch):
    """Skips, when all other code has run, where the page imports a peer that is not installed."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    missing: set[str] = set()
    for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        if absent := peers.missing(code):
            missing |= absent
        else:
            exec(compile(code, str(page), "exec"), names)
    if missing:
        pytest.skip(f"the rest of the page needs {', '.join(sorted(missing))}: pip install 'imbaloss[peers]'")


@pytest.mark.slow
@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_runs_as_a_reader_types_it(name, tmp_path, monkeypatch, preloaded):
    """Code and commands in their order, and what the page shows of the data is what is printed."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    printed = ""
    page = (ROOT / "docs" / f"{name}.md").read_text()
    for kind, text in re.findall(r"```(python|console|text)\n(.*?)```", page, re.DOTALL):
        if kind == "python":
            exec(compile(text, name, "exec"), names)
        elif kind == "console":
            command = shlex.split(text.removeprefix("$ imbaloss "))
            found = subprocess.run([preloaded / "imbaloss", *command], capture_output=True, text=True, check=True)
            printed += found.stdout + found.stderr
        else:
            facts = [line for line in text.splitlines() if not re.search(OF_A_MACHINE, line)]
            words = " ".join(printed.split())  # scores of other lengths may move the ends of lines
            assert [line for line in facts if " ".join(line.split()) not in words] == []
    assert (tmp_path / "predictions.csv").exists()


def check_shown(shown, numbers_may_differ):
    """Each line that is shown is printed; if numbers may differ, those of scores, times and counts of decisions do."""
    words = " ".join(shown.printed.split())  # scores of other lengths may move the ends of lines
    for line in "".join(shown.segments()).splitlines():
        text, whole = " ".join(line.split()), words
        if numbers_may_differ and re.search(OF_A_MACHINE, line):
            text, whole = (re.sub(r"\d[\d.,]*", "#", each) for each in (text, words))
        assert text in whole, f"{line}\n\nis not printed, but:\n\n{shown.printed}"


def check_page(page, numbers_may_differ, commands=printed.BIN):
    """The blocks of a page print what it shows; there is at least one."""
    shown = printed.run_page(page.read_text(), commands)
    assert shown
    for each in shown:
        check_shown(each, numbers_may_differ)


@pytest.mark.parametrize("page", printed.QUICK, ids=lambda page: page.stem)
def test_a_page_shows_what_its_python_prints(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_page(page, numbers_may_differ=False)


@pytest.mark.slow
@pytest.mark.parametrize("page", printed.SLOW, ids=lambda page: page.stem)
def test_a_page_shows_what_its_commands_print(page, tmp_path, monkeypatch, preloaded):
    """README.md begins with `make demo`, here without the study of digits and without an environment of its own."""
    monkeypatch.chdir(tmp_path)
    check_page(page, numbers_may_differ=True, commands=preloaded)
    assert list(tmp_path.rglob("report.html"))


def test_the_site_begins_with_the_commands_of_the_readme():
    readme, front, start = (
        {command.strip() for command in re.findall(r"^\$ ([^#\n]+)", (ROOT / page).read_text(), re.MULTILINE)}
        for page in ("README.md", "docs/index.md", "docs/get-started/index.md")
    )
    assert front <= readme
    assert any(command.startswith("pip install ") for command in front)
    assert any(command.startswith("imbaloss compare ") for command in front)
    assert start <= readme


@pytest.mark.parametrize("path", [*printed.QUICK, *printed.SLOW], ids=lambda page: page.stem)
def test_a_first_page_is_short(path):
    assert len(path.read_text().splitlines()) <= (120 if path.stem == "README" else 60)


@pytest.mark.slow
@pytest.mark.parametrize("path", printed.NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_stores_what_its_cells_print(path, tmp_path, monkeypatch):
    """Text to the last digit. Of pictures it is only compared that there is one."""
    monkeypatch.chdir(tmp_path)
    for folder in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(folder, str(tmp_path / "jupyter"))
    stored, fresh = nbformat.read(path, as_version=4), printed.run_notebook(path)
    assert len(stored.cells) <= 15
    for cell, again in zip(stored.cells, fresh.cells, strict=True):
        outputs = [list_outputs(each) for each in (cell, again)]
        assert outputs[0] == outputs[1]
        assert not any("stderr" in output for output in outputs[0])
    assert "image/png" in str(stored)


def list_outputs(cell):
    """The outputs of a cell as text, by their kind."""
    outputs = []
    for output in cell.get("outputs", ()):
        if output.output_type == "stream":
            outputs.append({output.name: output.text})
        else:
            outputs.append({kind: "" if kind == "image/png" else text for kind, text in output.data.items()})
    return outputs


def test_the_study_files_that_are_shown_can_be_run():
    found = [text for page in PAGES for text in re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL)]
    assert len(found) > 3
    for text in found:
        study = studies.files.parse_study(text, "a page", "shown")
        assert studies.cut_into_stacks(study.runs(), data.load_data_sets(study.datasets))


def test_every_key_of_a_study_file_is_documented():
    text = (ROOT / "docs" / "studies.md").read_text()
    for key in (one.name for one in fields(studies.Study)):
        assert re.search(rf"`\[?{key}[.`\]]", text), key


def row_of(field: Field) -> str:
    """The line of docs/studies.md on a field of a recipe."""
    kind = {str: "text", int: "whole number", float: "number", bool: "true or false"}[field.kind]
    default = field.entry.default_text if field.default is None else str(field.default).lower()
    if field.several:
        kind, default = f"array: {kind}s", str(list(field.default))
    rules = [domain.rule.replace("must be ", "") for domain in field.entry.domains]
    names = ", ".join(f"`{name}`" for name in field.entry.names)
    return f"| `{field.name}` | {kind} | {default} | {names or ', '.join(rules)} | {field.entry.help} |"


def test_the_documented_fields_of_a_recipe_are_those_of_the_table():
    text = (ROOT / "docs" / "studies.md").read_text()
    table = text.partition("## The fields of a recipe\n")[2].partition("\n##")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert rows == [row_of(field) for field in FIELDS.values()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page):
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / link).exists(), link


def test_every_sampler_rule_calibration_and_parameter_of_the_classifier_is_documented():
    pages = {name: (ROOT / "docs" / f"{name}.md").read_text() for name in ("sampling", "thresholds", "classifier")}
    assert all(f"`{name}`" in pages["sampling"] for name in (*resampling.SAMPLERS, *resampling.BATCH_SAMPLERS))
    assert all(
        re.search(rf"`{name}[:`]", pages["thresholds"])
        for name in (*RULES, *DECISION_FIELDS["calibration"].entry.names[1:])
    )
    for classifier in (ImbalancedClassifier, MethodClassifier):
        for name in inspect.signature(classifier).parameters:
            assert re.search(rf"\b{name}\b", pages["classifier"]), name
            assert re.search(rf"\b{name}\b", classifier.__doc__), name


def test_every_loss_and_data_set_is_documented():
    guide, sets = (ROOT / "docs" / "losses.md").read_text(), (ROOT / "docs" / "data.md").read_text()
    assert all(f"| [`{name}`](#{name}) |" in guide for name in losses.names())
    for name, binary in data.SETS.items():
        sizes = [f"{part.negatives} + {part.positives}" for part in (binary.train, binary.test)]
        assert f"| `{name}` | {binary.negative} | {binary.positive} | {sizes[0]} | {sizes[1]} |" in sets
