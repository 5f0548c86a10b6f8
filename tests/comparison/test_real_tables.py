"""Real tables, thinned until one class is rare."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_digits

import imbaloss


def breast_cancer() -> tuple[pd.DataFrame, np.ndarray]:
    found = load_breast_cancer(as_frame=True)
    return found.data, np.where(found.target == 0, "malignant", "benign")


def digits() -> tuple[pd.DataFrame, np.ndarray]:
    found = load_digits(as_frame=True)
    return found.data, np.where(found.target == 8, "eight", "other")


def survey() -> tuple[pd.DataFrame, np.ndarray]:
    """Fair 1978, Journal of Political Economy 86: a survey with scales, children and occupations."""
    table = pytest.importorskip("statsmodels.datasets").fair.load_pandas().data
    return table.drop(columns="affairs"), np.where(table["affairs"] > 0, "yes", "no")


def medicine() -> tuple[pd.DataFrame, np.ndarray]:
    """The RAND Health Insurance Experiment: persons with ten visits to a physician or more in a year."""
    table = pytest.importorskip("statsmodels.datasets").randhie.load_pandas().data.sample(6000, random_state=0)
    return table.drop(columns="mdvis"), np.where(table["mdvis"] >= 10, "often", "seldom")


def thinned(X: pd.DataFrame, y: np.ndarray, share: float) -> tuple[pd.DataFrame, np.ndarray]:
    """So that the rarer class has that share; rows in their order."""
    names, counts = np.unique(y, return_counts=True)
    rare = np.flatnonzero(y == names[counts.argmin()])
    others = np.flatnonzero(y == names[counts.argmax()])
    kept = np.random.default_rng(0).permutation(rare)[: round(share / (1 - share) * len(others))]
    rows = np.sort(np.concatenate([others, kept]))
    return X.iloc[rows].reset_index(drop=True), y[rows]


CASES = {  # table, share of positives, folds, and what the best method's ROC-AUC must reach
    "breast cancer, 5 %": (breast_cancer, 0.05, 5, 0.9),
    "breast cancer, 1 %": (breast_cancer, 0.01, 4, 0.6),
    "digits, 5 %": (digits, 0.05, 5, 0.95),
    "digits, 1 %": (digits, 0.01, 5, 0.8),
    "survey, 5 %": (survey, 0.05, 5, 0.6),
    "medicine, as it is": (medicine, None, 5, 0.6),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_real_table_has_an_answer_better_than_chance(case):
    make, share, folds, area = CASES[case]
    X, y = make()
    if share is not None:
        X, y = thinned(X, y, share)
    found = imbaloss.compare(X, y, losses=["ce", "mfe"], folds=folds, repetitions=2)
    means = found.table.set_index("method")
    assert len(means) == 4
    assert means["failed"].sum() == 0
    assert means["roc_auc"].max() > area
    assert means["tuned_f1"].max() > share if share else True
    assert found.verdict.startswith(f"Use {found.best}")
    positives = found.model.predict(X) == found.model.positive
    assert 0 < positives.sum() < len(X)
