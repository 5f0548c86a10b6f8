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
from tests.report.examples import rows, table

ROOT = Path(__file__).parents[1]
SECTION = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").partition("### Deprecated\n")[2].partition("\n##")[0]
TABLE = [
    (where, old.strip("`"), new.strip("`"))
    for where, old, new, _, _ in re.findall(r"^\| (.+?) \| (`.+?`) \| (`.+?`) \| (.+?) \| (.+?) \|$", SECTION, re.M)
]
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


@old_and_new(PYTHON)
def test_an_old_python_name_leads_to_the_new_one(where, old, new):  # noqa: ARG001
    if old.endswith(".Asked"):  # a class became a function that makes the new one
        assert resolve_name(old)("y") == resolve_name(new)(target="y")
    else:
        assert resolve_name(old) is resolve_name(new)
