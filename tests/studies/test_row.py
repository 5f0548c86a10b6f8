"""A row and its texts in the store."""

import json
from dataclasses import replace

import numpy as np
import pytest

from imbaloss.data import Counts
from imbaloss.studies.row import Computation, Row, from_texts, to_texts
from imbaloss.studies.tuning import SettingChoice, TriedSetting
from imbaloss.training import Setting
from tests.report.examples import rows

CHOICE = SettingChoice(
    "roc_auc",
    Setting.of(lr=0.1),
    (TriedSetting(Setting.of(lr=0.01), None, "it failed"), TriedSetting(Setting.of(lr=0.1), 0.8, None)),
)


def read_back(row: Row) -> Row:
    """Return what the texts of a row say."""
    _, result, computed = to_texts(row)
    return from_texts(row.run, json.loads(result), Computation(**json.loads(computed)))


@pytest.mark.parametrize("epochs", [None, 4])
@pytest.mark.parametrize("resampled", [None, Counts(450, 450)])
@pytest.mark.parametrize("tuning", [None, CHOICE])
def test_texts_read_back_to_the_row(epochs, resampled, tuning):
    first = replace(rows()[0], losses=())
    counts = replace(first.counts, resampled=resampled)
    computed = replace(first.computed, epochs=epochs, predict_seconds=None if epochs is None else 0.25)
    row = replace(first, counts=counts, computed=computed, tuning=tuning)
    assert read_back(row) == row
    assert ("epochs" in json.loads(to_texts(row)[2])) == (epochs is not None)
    assert row.counts.shown == (resampled or row.counts.train)


def test_the_time_of_1_000_predictions_counts_all_parts_but_train_and_is_unknown_in_early_rows():
    first = rows()[0]
    counts = replace(first.counts, validation=Counts(150, 50), test=Counts(40, 10), set_apart=Counts(200, 50))
    row = replace(first, counts=counts, computed=replace(first.computed, predict_seconds=0.25))
    assert row.predict_1000_seconds == pytest.approx(0.5)  # 500 samples in a quarter of a second
    assert replace(row, computed=replace(row.computed, predict_seconds=None)).predict_1000_seconds is None


def test_the_choice_of_a_setting_stands_in_files():
    row = replace(rows()[0], tuning=CHOICE)
    failed = {"setting": {"lr": 0.01}, "score": None, "failure": "it failed"}
    best = {"setting": {"lr": 0.1}, "score": 0.8, "failure": None}
    expected = {"by": "roc_auc", "setting": {"lr": 0.1}, "candidates": [failed, best]}
    assert json.dumps(row.flat()["tuning"]) == json.dumps(row.facts()["tuning"]) == json.dumps(expected)
    assert json.loads(to_texts(row)[1])["tuning"] == expected


def test_a_threshold_without_an_interval_has_no_ends():
    row = rows()[0]
    assert row.threshold == (row.tuned.threshold, *row.tuned.interval)
    threshold = replace(row, tuned=replace(row.tuned, interval=None)).threshold
    assert threshold.value == row.tuned.threshold
    assert np.isnan([threshold.low, threshold.high]).all()
    assert replace(row, tuned=replace(row.tuned, threshold=None)).threshold is None
