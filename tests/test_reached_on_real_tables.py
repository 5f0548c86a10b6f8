"""`benchmarks.reached_on_real_tables` without its data: draws, truths and the report."""

import json
from argparse import Namespace
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from benchmarks import reached_on_real_tables as program
from benchmarks.holdout_tables import TABLES
from benchmarks.reached_on_real_tables import KINDS, Truth, deal_rows, draw_rows, report, run_all
from tests.test_holdouts import made_up


@pytest.fixture
def options(tmp_path, monkeypatch) -> Namespace:
    """Return the options of a run of one draw of each kind, from a small table, with one cheap method."""
    monkeypatch.setattr(program, "TABLES", [replace(TABLES[0], name="made up")])
    monkeypatch.setattr(program, "read_table", lambda *_: made_up(800, 160))
    numbers = {"ROWS": 200, "REPETITIONS": 3, "SETTINGS": 1, "TEST_ROWS": 60, "SEEDS": 2, "SEEDS_OF_TRUTH": 2}
    for name, value in {**numbers, "METHODS": ("logistic_regression",)}.items():
        monkeypatch.setattr(program, name, value)
    return Namespace(
        rows_file=tmp_path / "rows.jsonl", tables=["made up"], kinds=list(KINDS), draws=1, data_dir=tmp_path
    )


def make_row(kind: str, draw: int, truth: float, expected: tuple[float, float], own: tuple[float, float]) -> dict:
    """Return a row with the ends of both intervals; the score of the model is the same on the rest and on parts."""
    intervals = {name: [sum(ends) / 2, *ends] for name, ends in (("expected", expected), ("own", own))}
    return {"table": "made up", "kind": kind, "draw": draw, "rest": truth, "parts": truth, **intervals}


def test_dealt_parts_hold_each_row_once_and_share_the_positives_out():
    labels = np.random.default_rng(0).permutation(np.repeat([1, 0], [53, 418]))
    parts = deal_rows(labels, 60)
    assert len(parts) == 471 // 60
    assert sorted(np.concatenate(parts)) == list(range(471))
    assert {int(labels[part].sum()) for part in parts} == {7, 8}


def test_a_truth_is_measured_on_all_rows_and_on_parts():
    generator = np.random.default_rng(1)
    labels = (generator.random(400) < 0.1).astype(np.int64)
    probabilities = generator.random(400)
    truth = Truth.of(labels, probabilities, 40)
    assert truth.rest == average_precision_score(labels, probabilities)
    parts = [average_precision_score(labels[part], probabilities[part]) for part in deal_rows(labels, 40)]
    assert truth.parts == pytest.approx(np.mean(parts))
    assert truth.parts > truth.rest  # a random order gets more in few rows


def test_drawn_rows_and_the_rest_share_no_row_and_have_the_same_share_of_positives():
    data = made_up(800, 160)
    data = data._replace(features=data.features.assign(place=range(800)))
    drawn, rest = draw_rows(data, 200, 3)
    assert sorted([*drawn.features["place"], *rest.features["place"]]) == list(range(800))
    assert drawn.labels.mean() == rest.labels.mean() == 0.2
    again, _ = draw_rows(data, 200, 3)
    assert again.features.equals(drawn.features)


def test_each_kind_is_measured_once_and_reported(options, monkeypatch):
    run_all(options)
    rows = program.read_rows(options.rows_file)
    assert list(rows["kind"]) == list(KINDS)
    assert set(rows["chosen"]) == {"logistic_regression"}
    assert rows["rest"].between(0.2, 1).all()
    monkeypatch.setattr(program, "run_compare", None)  # would fail if a draw were measured again
    run_all(options)
    assert "| made up | test part | chosen method, parts like a test part |" in report(rows)


def test_coverage_counts_the_intervals_that_hold_the_truth():
    rows = [make_row("training part", draw, truth, (0, 1), (0, 1)) for draw, truth in enumerate((0.4, 0.6))]
    rows += [make_row("folds", draw, 0.7, (0.3, 0.6), (0.6 - 0.1 * draw, 0.6)) for draw in range(3)]
    rows = pd.DataFrame(json.loads(json.dumps(rows)))
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in report(rows).splitlines()[2:]]
    found = {line[2].partition(",")[0]: line[4:] for line in lines if "all other rows" in line[2]}
    procedure, final_model = found["procedure"], found["final model"]  # the truth of the procedure is 0.5
    assert procedure == ["3 of 3 (29 to 100 %)", "-0.0500", "0.300", "2 of 3 (9 to 99 %)", "+0.0500", "0.100"]
    assert final_model[:3] == ["0 of 3 (0 to 71 %)", "-0.2500", "0.300"]
