"""The reference: what it lists are the options of the commands, and the files, columns and keys that these write."""

import io
import json
import re
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imbaloss import studies
from imbaloss.cli import guide
from imbaloss.cli.environment import VARIABLES
from imbaloss.comparison.explanation import BASE, COLUMN, CONTRIBUTION, ROW, VALUE
from imbaloss.comparison.imported.importing import JudgedJson, VerdictJson, judge_file
from imbaloss.comparison.imported.request import ImportRequest
from imbaloss.comparison.reading.table_file import TableFile
from imbaloss.comparison.stored_extractors import BUNDLED
from imbaloss.learners.model_files import PREDICTORS
from imbaloss.report import tabulate_comparisons
from tests.comparison.examples import mixed, write_csv
from tests.comparison.imported.test_importing import benchmark
from tests.report import examples

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
OUTPUTS = (REFERENCE / "outputs.md").read_text()


def listed(heading: str, table: int = 0, column: int = 0) -> list[str]:
    """The names in code in a column of a table below a heading of the page of outputs."""
    section = re.split(r"\n#+ ", OUTPUTS.partition(f"# {heading}\n")[2])[0]
    tables = re.findall(r"^\| .*\n\| ---.*\n((?:\|.*\n)+)", section, re.MULTILINE)
    return [name for row in tables[table].splitlines() for name in re.findall(r"`([^`]+)`", row.split(" | ")[column])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where a small table was compared, a network trained, and new rows predicted; the JSON stands beside them."""
    from imbaloss import cli

    folder = tmp_path_factory.mktemp("outputs")
    write_csv(folder, mixed())
    asked = {
        "compare": "compare data.csv --target fraud --method ce --no-references --epochs 1 --hidden 2 --lr 0.1"
        " --repetitions 5 --segment country --out own --quiet",
        "predict": "predict own/model data.csv",
        "train": "train --epochs 1 --hidden 2 --quiet --out trained",
        "status": "status own",
        "losses": "losses",
        "datasets": "datasets",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, words in asked.items():
            patch.setattr("sys.argv", ["imbaloss", *words.split(), "--json"])
            printed = io.StringIO()
            patch.setattr("sys.stdout", printed)
            with pytest.raises(SystemExit) as stop:
                cli.main()
            assert not stop.value.code
            (folder / f"{name}.json").write_text(printed.getvalue())
    return folder


def read(folder: Path, command: str) -> dict:
    """The object that a command printed; of a list its first one."""
    value = json.loads((folder / f"{command}.json").read_text())
    return value[0] if isinstance(value, list) else value


def test_the_page_of_the_commands_is_made_from_their_help():
    assert (REFERENCE / "commands.md").read_text() == guide.render_reference(), "it is out of date: run `make docs`"


def test_every_environment_variable_is_listed():
    source = "".join(file.read_text() for file in (ROOT / "src").rglob("*.py"))
    page = (REFERENCE / "environment.md").read_text()
    names = {
        *VARIABLES,
        *re.findall(r"\bIMBALOSS_[A-Z_]+", source),
        *re.findall(r"environ\W+(?:\w+\()?\"(\w+)", source),
    }
    assert "IMBALOSS_DATA" in names
    assert [name for name in names if f"| `{name}` |" not in page] == []


def test_every_file_of_a_folder_is_listed(folder):
    files = {f"{file.name}/" if file.is_dir() else file.name for file in (folder / "own").iterdir()}
    assert files == set(listed("The output folder"))
    assert {file.name.removesuffix("/") for file in (folder / "trained").iterdir()} == {
        "study.toml", "results.sqlite", "model",
    }  # fmt: skip
    model = {file.name for file in (folder / "own" / "model").iterdir()}
    assert {"own.json", "model.safetensors"} < model
    elsewhere = {f"{BUNDLED}0", *(each.file for each in PREDICTORS.values())}
    assert model | elsewhere == set(listed("The model folder"))


def test_every_column_of_a_table_is_listed_in_its_order(folder, tmp_path):
    findings = examples.find(studies.built_in("table1"), examples.rows(), tmp_path)
    for table in (findings.table, pd.read_csv(folder / "own" / "table.csv")):
        assert list(table) == listed("`table.csv`")
    assert list(tabulate_comparisons(findings.comparisons)) == listed("`comparisons.csv`")
    assert list(pd.read_csv(folder / "own" / "importance.csv")) == listed("`importance.csv`")


def test_every_column_of_imported_results_is_listed_in_its_order(tmp_path):
    benchmark().to_csv(tmp_path / "bench.csv", index=False)
    judged = judge_file(TableFile(tmp_path / "bench.csv"), ImportRequest())
    assert list(judged.table) == listed("`table.csv` of `import-results`")


def test_every_column_of_predictions_is_listed(folder):
    assert list(pd.read_csv(folder / "predictions.csv")) == listed("The file of predictions")
    assert listed("Explained rows") == [ROW, "probability_yes", BASE, COLUMN, VALUE, CONTRIBUTION]


def test_every_table_and_array_of_a_store_is_listed(folder):
    database = sqlite3.connect(folder / "own" / "results.sqlite")
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == set(listed("The store and raw predictions"))
    columns = [name for table in listed("The store and raw predictions") for _, name, *_ in database.execute(
        f"PRAGMA table_info({table})"
    )]  # fmt: skip
    assert columns == listed("The store and raw predictions", column=1)
    [content] = database.execute("SELECT content FROM arrays").fetchone()
    with np.load(io.BytesIO(content)) as arrays:
        assert set(arrays) == set(listed("Raw predictions"))
    for table, name in enumerate(("asked", "result", "computed")):
        [text] = database.execute(f"SELECT {name} FROM runs").fetchone()
        assert set(json.loads(text)) == set(listed("The texts of a training", table)) - {name}


def test_every_key_of_a_model_is_listed(folder):
    header = json.loads((folder / "own" / "model" / "own.json").read_text())
    assert set(listed("`own.json`")) - set(header) == {"costs", "prevalence"}
    assert set(header) <= set(listed("`own.json`"))


@pytest.mark.parametrize("command", ["predict", "train", "status", "losses", "datasets"])
def test_every_key_of_json_is_listed(folder, command):
    assert set(read(folder, command)) == set(listed(f"`imbaloss {command} --json`"))


def test_every_key_of_an_answer_is_listed(folder):
    answer = read(folder, "compare")
    keys = listed("`imbaloss compare --json`")
    assert set(keys) - set(answer) == {"guarantee", "dropped"}
    assert set(answer) <= set(keys)
    assert set(answer["alerts"][0]) == set(listed("Alerts"))
    assert set(answer["decision"]) == set(listed("Decision"))
    assert set(answer["decision"]["recommended"]) == set(listed("Decision", 1))
    assert set(answer["tiles"][0]) == set(listed("Tiles"))
    assert set(answer["leaderboard"][0]) == set(listed("Leaderboard"))
    segment = set(answer["segments"][0])
    assert segment <= set(listed("Segments"))
    assert [name for name in listed("Segments") if name not in segment and not name.endswith("_p")] == []
    assert set(read(folder, "predict")["drift"][0]) == set(listed("Drift"))


def test_every_key_of_imported_results_is_listed():
    assert list(JudgedJson.__annotations__) == listed("`imbaloss import-results --json`")
    assert list(VerdictJson.__annotations__) == listed("Verdicts")


def test_every_key_of_a_forecast_is_listed():
    assert [field.name for field in studies.Forecast.__dataclass_fields__.values()] == listed("`imbaloss plan --json`")
