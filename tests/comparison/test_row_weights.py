"""Weights of rows count in training and in all scores: a row of weight 2 is judged as two rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

import imbaloss

QUICK = {"methods": ["logistic_regression", "lightgbm"], "settings": 1, "folds": 3, "repetitions": 3}


def make_frame(rows: int = 240) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(rows, 3))
    y = (generator.random(rows) < 1 / (1 + np.exp(2 - 1.5 * x[:, 0]))).astype(int)
    weight = np.where(x[:, 1] > 0, 3.0, 1.0)
    return pd.DataFrame(x, columns=["a", "b", "c"]).assign(weight=weight, y=y)


@pytest.mark.parametrize("options", [{}, {"threshold": "cost:fn=5,fp=1"}, {"cost": "fn=weight,fp=1"}])
def test_stored_scores_are_those_of_weighted_samples(options):
    frame = make_frame()
    weight = frame["weight"] if "cost" not in options else frame["weight"] * 2
    features = frame.drop(columns=["y"] if "cost" in options else ["y", "weight"])
    found = imbaloss.compare(features, frame["y"], sample_weight=weight.to_numpy(), **QUICK, **options)
    for row in found.findings.rows:
        test = found.findings.store.predictions(row.run)["test"]
        weights = weight.to_numpy()[test.images]
        np.testing.assert_array_equal(test.weights, weights)
        at_half = row.scores["test"]
        for name, formula in (
            ("roc_auc", metrics.roc_auc_score),
            ("average_precision", metrics.average_precision_score),
        ):
            assert at_half[name] == pytest.approx(formula(test.labels, test.probabilities, sample_weight=weights))
        assert at_half["tp"] + at_half["fn"] == pytest.approx(weights[test.labels == 1].sum())
        expected = metrics.f1_score(test.labels, test.probabilities >= 0.5, sample_weight=weights)
        assert at_half["f1"] == pytest.approx(expected)
        if "threshold" in options:
            flagged = test.probabilities >= row.threshold.value
            cost = np.where(test.labels == 1, 5.0 * ~flagged, flagged)
            assert row.tuned.scores["cost"] == pytest.approx(np.average(cost, weights=weights))
            assert row.tuned.scores["cost_of_all"] == pytest.approx(np.average(test.labels == 0, weights=weights))
    assert "The weights of the rows" in " ".join(found.description)
    assert "weight" not in found.model.kind.names


def test_weights_change_what_is_learned_and_equal_weights_change_nothing():
    frame = make_frame()
    features = frame[["a", "b", "c"]]
    runs = [
        imbaloss.compare(features, frame["y"], sample_weight=weights, **QUICK).model.predict_proba(features)[:, 1]
        for weights in (None, np.full(len(frame), 1.0), frame["weight"].to_numpy())
    ]
    np.testing.assert_allclose(runs[0], runs[1], atol=1e-6)
    assert np.abs(runs[0] - runs[2]).max() > 0.01


@pytest.fixture
def type_in(request):
    """The command line, under another name than the package."""
    return request.getfixturevalue("imbaloss")


def test_a_column_of_weights_is_read_from_a_file(tmp_path, type_in):
    frame = make_frame()
    frame.to_csv(tmp_path / "rows.csv", index=False)
    words = ("--target", "y", "--weight", "weight", "--method", "logistic_regression", "--repetitions", "3")
    code, _, err = type_in("compare", str(tmp_path / "rows.csv"), *words, "--out", str(tmp_path / "out"))
    assert code == 0, err
    assert "Ignored column `weight`: it is the weight of each row." in err
    assert "The weights of the rows, 1 to 3, count in training and in all scores" in err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"sample_weight": np.zeros(240)},
            "weights must be above 0 and finite, and column 'sample_weight' has 0 in row 1",
        ),
        ({"sample_weight": np.full(240, np.nan)}, "the weight column 'sample_weight' has no value in row 1"),
        (
            {"sample_weight": np.ones(239)},
            r"sample_weight must be \(240,\), one for each row of X, found shape \(239,\)",
        ),
        ({"sample_weight": np.ones(240), "times": np.arange(240)}, "`sample_weight` and `times` cannot be combined"),
        (
            {"sample_weight": np.ones(240), "threshold": "recall>=0.5"},
            "`sample_weight` and a guarantee cannot be combined: its tests count rows alike",
        ),
        (
            {"sample_weight": np.ones(240), "methods": ["ce + smote"]},
            "its sampler makes new rows, which have no weight",
        ),
    ],
)
def test_weights_that_mean_nothing_are_refused(options, sentence):
    frame = make_frame(240)
    with pytest.raises(ValueError, match=sentence):
        imbaloss.compare(frame[["a", "b", "c"]], frame["y"], **QUICK | options)


def test_weights_and_a_test_set_are_refused():
    frame = make_frame(60)
    pair = frame[["a", "b", "c"]], frame["y"]
    with pytest.raises(ValueError, match="`sample_weight` and `test` cannot be combined"):
        imbaloss.compare(*pair, test=pair, sample_weight=np.ones(60))
