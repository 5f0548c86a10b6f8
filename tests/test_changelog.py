"""Each old name in the changelog's table of deprecations still works, and means what the new one means."""

import re
from operator import itemgetter
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pandas as pd
import pytest
import typer

from imbaloss.cli import app
from imbaloss.cli.renamed_options import RENAMED
from imbaloss.old_names import REMOVED_IN
from tests.report.examples import rows, table

ROOT = Path(__file__).parents[1]
SECTION = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").partition("### Deprecated\n")[2].partition("\n##")[0]
ROWS = re.findall(r"^\| (.+?) \| (`.+?`) \| (`.+?`) \| (.+?) \| (.+?) \|$", SECTION, re.M)
TABLE = [(where, old.strip("`"), new.strip("`")) for where, old, new, _, _ in ROWS]
JSON = ("`imbaloss train --json`", "facts in `model.safetensors` and `own.json`")
TABLES = "`table.csv` and its JSON"
PREDICTIONS = "output of `imbaloss predict`"  # tested where there is a model, in tests/comparison/test_prediction.py
COMMANDS = ("`imbaloss compare`", "`imbaloss reproduce`", "`imbaloss run`")
PYTHON = "Python"


def old_and_new(*places: str) -> pytest.MarkDecorator:
    """Parametrise a test over the rows of the table for some places."""
    found = [row for row in TABLE if row[0] in places]
    return pytest.mark.parametrize(("where", "old", "new"), found, ids=map(itemgetter(1), found))


def look_up(entries: dict[str, Any], path: str) -> Any:
    """Return the value of nested dicts under a path such as counts.tune."""
    for key in path.split("."):
        entries = entries[key]
    return entries


def test_each_row_of_the_table_is_tested():
    assert len(TABLE) == SECTION.count("\n| ") - 2 > 15
    assert {where for where, _, _ in TABLE} == {*JSON, TABLES, PREDICTIONS, *COMMANDS, PYTHON}
    assert {old for where, old, _ in TABLE if where == PREDICTIONS} == {"probability", "score"}
    assert {version for *_, version in ROWS} == {REMOVED_IN}
    assert {old: new for where, old, new in TABLE if where in COMMANDS} == RENAMED


def test_the_documents_have_the_same_names():
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8").partition("## Names that go")[2]
    told = re.findall(r"^\|.*\| `(.+?)` \| `(.+?)` \| both \|", page, re.M)
    assert set(told) == {(old, new) for where, old, new in TABLE if where not in (PREDICTIONS, PYTHON)}


@old_and_new(*JSON)
def test_json_has_both_names(where, old, new):
    row = rows()[0]
    entries = row.flat() if where == JSON[0] else row.facts()
    assert look_up(entries, old) == look_up(entries, new)


@old_and_new(TABLES)
def test_the_table_has_both_columns(where, old, new):  # noqa: ARG001
    found = table(rows())
    pd.testing.assert_series_equal(found[old], found[new], check_names=False)


@old_and_new(*COMMANDS)
def test_a_command_takes_both_options(where, old, new):
    command = typer.main.get_command(app).commands[where.strip("`").removeprefix("imbaloss ")]
    [option] = [parameter for parameter in command.params if old in parameter.opts]
    assert new in option.opts


@old_and_new(*COMMANDS)
def test_an_old_option_is_told_once_with_the_new_one_and_the_version(where, old, new, imbaloss):
    """Whatever else is wrong: here there is no data, and no study."""
    command = where.strip("`").removeprefix("imbaloss ")
    wrong = (command, *(("--dataset", "nothing") if command == "reproduce" else ("nothing.toml",)))
    for words in ([old, "8", old, "9"], [f"{old}=8"]):
        code, out, told = imbaloss(*wrong, *words)
        assert (code, out) == (2, "")
        assert told.splitlines()[0] == f"imbaloss: {old} goes in version {REMOVED_IN}: use {new}"
        assert told.count(" goes in version ") == 1
    assert " goes in version " not in imbaloss(*wrong, new, "8")[2]


def test_several_old_options_are_told_in_one_line(imbaloss):
    _, _, told = imbaloss("compare", "nothing.csv", "--size", "8", "--mark", "age", "--target", "y")
    assert told.splitlines()[0] == (
        f"imbaloss: --mark goes in version {REMOVED_IN}: use --marked-number; "
        f"--size goes in version {REMOVED_IN}: use --image-size"
    )


@old_and_new(PYTHON)
def test_an_old_python_name_leads_to_the_new_one_and_warns(where, old, new):  # noqa: ARG001
    is_class = old.endswith(".Asked")  # a class became a function that makes the new one
    with pytest.warns(FutureWarning) as told:
        found = resolve_name(old)("y") if is_class else resolve_name(old)
    assert [str(warning.message) for warning in told] == [f"{old} goes in version {REMOVED_IN}: use {new}"]
    assert found == resolve_name(new)(target="y") if is_class else found is resolve_name(new)


def test_the_warning_names_the_line_of_the_import():
    with pytest.warns(FutureWarning) as told:
        from imbaloss.data.own import open_own  # noqa: F401
    assert {warning.filename for warning in told} == {__file__}
