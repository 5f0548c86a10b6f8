"""What a column alone tells, against plain code that looks at one column after another."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import roc_auc_score

from imbaloss.comparison import column_facts
from imbaloss.comparison.column_facts import FEWEST, FOLDS, category_scores, class_areas, missing_areas, roc_areas
from imbaloss.comparison.columns import Reason
from tests.comparison.examples import judge, mixed, take

ROWS = 40
SOME_TIES = st.sampled_from([0.0, -0.0, 1.0, 2.0, np.nan]) | st.floats(-1e290, 1e290)
LABELS = arrays.arrays(np.int64, ROWS, elements=st.integers(0, 1))


def area_alone(values: np.ndarray, labels: np.ndarray) -> float:
    """Of one column, by scikit-learn."""
    values, labels = values[~np.isnan(values)], labels[~np.isnan(values)]
    if min(labels.sum(), (1 - labels).sum()) < FEWEST:
        return 0.5
    area = roc_auc_score(labels, values)
    return max(area, 1 - area)


@settings(deadline=None)
@given(values=arrays.arrays(np.float64, (3, ROWS), elements=SOME_TIES), labels=LABELS)
def test_areas_are_those_of_scikit_learn(values, labels):
    assert roc_areas(values, labels) == pytest.approx([area_alone(column, labels) for column in values], abs=1e-12)


@settings(deadline=None)
@given(missing=arrays.arrays(np.bool_, (3, ROWS)), labels=LABELS)
def test_areas_of_missing_values_are_those_of_scikit_learn(missing, labels):
    expected = [area_alone(column, labels) for column in missing.astype(float)]
    assert missing_areas(missing, labels) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("positives", [0, FEWEST - 1, FEWEST, ROWS - FEWEST, ROWS - FEWEST + 1, ROWS])
def test_few_rows_of_a_class_tell_nothing(positives):
    labels = (np.arange(ROWS) < positives).astype(np.int64)
    enough = FEWEST <= positives <= ROWS - FEWEST
    assert roc_areas(labels[None].astype(float), labels)[0] == (1 if enough else 0.5)
    assert missing_areas(labels[None] == 1, labels)[0] == (1 if enough else 0.5)


def test_a_category_is_scored_by_the_rows_of_other_folds():
    generator = np.random.default_rng(0)
    categories, labels = generator.choice(list("abcdef"), (4, ROWS)).astype(object), generator.integers(0, 2, ROWS)
    folds = np.random.default_rng(0).permutation(ROWS) % FOLDS
    for column, scores in zip(categories, category_scores(categories, labels), strict=True):
        for row in range(ROWS):
            alike = labels[(folds != folds[row]) & (column == column[row])]
            assert scores[row] == (alike.sum() + labels.mean()) / (len(alike) + 1)


def test_blocks_of_columns_change_nothing(monkeypatch):
    frame = mixed(200)
    schema = judge(frame, aside={"fraud": Reason.TARGET})
    features, labels = take(schema, frame.drop(columns="fraud")), (frame["fraud"] == "yes").to_numpy().astype(np.int64)
    whole = class_areas(features, schema, labels)
    monkeypatch.setattr(column_facts, "BLOCK", 1)
    assert np.array_equal(class_areas(features, schema, labels), whole)
    assert [area == 0.5 for area in whole[1]] == [not column for column in features.isin([np.nan, "(missing)"]).any()]


def test_missing_shares_are_told_for_each_column():
    frame = pd.DataFrame({"a": [1.0, 2.0, np.nan, np.nan] * 3, "b": np.arange(12) ** 2, "c": ["x", None, "y"] * 4})
    schema = judge(frame)
    assert column_facts.missing_shares(take(schema, frame), schema).tolist() == [1 / 2, 0, 1 / 3]
