"""The test rows that the recommended method decided wrongly, by their numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imbaloss import compare
from imbaloss.comparison.worst_misses import find_worst_misses
from imbaloss.studies import Store
from tests.comparison.finished import DECISION, LABELS, advise, find

METHODS = {"lightgbm": [0.5, 0.6, 0.7], "ce": [0.3, 0.4, 0.5]}
ASKED = {"methods": ("logistic_regression",), "settings": 1, "folds": 3, "repetitions": 3, "importance": False}


def make_frame(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    is_fraud = generator.random(rows) < 0.2
    return pd.DataFrame({"x": generator.normal(size=rows) + 1.5 * is_fraud, "fraud": np.where(is_fraud, "yes", "no")})


def test_missed_rows_come_by_rising_and_false_alarms_by_falling_probability(tmp_path):
    findings = find(tmp_path, METHODS, folds=0)
    best = findings.study.recommend(findings)
    misses = find_worst_misses(findings, best, 3, 0)
    run = next(row.run for row in findings.rows if row.run.method == best)
    probabilities = findings.store.predictions(run)["test"].probabilities
    missed = [row for row in np.argsort(probabilities, kind="stable") if LABELS[row] and probabilities[row] < 0.75]
    alarms = [
        row for row in np.argsort(-probabilities, kind="stable") if not LABELS[row] and probabilities[row] >= 0.75
    ]
    assert [each.row - 1 for each in misses.missed] == missed[:3]
    assert [each.probability for each in misses.missed] == probabilities[missed[:3]].tolist()
    assert [each.row - 1 for each in misses.false_alarms] == alarms[:3]
    assert (misses.all_missed, misses.all_false_alarms) == (len(missed), len(alarms))
    assert len(misses.pairs) == max(len(misses.missed), len(misses.false_alarms))


def test_nothing_is_named_unless_it_is_asked_for(tmp_path):
    assert advise(tmp_path, METHODS, folds=0).worst_misses is None


def test_the_row_that_was_given_a_wrong_label_is_named_as_the_file_counts_it(tmp_path):
    frame = make_frame()
    wrong = int(frame["x"].argmin())
    frame.loc[wrong, "fraud"] = "yes"
    answer = compare(frame[["x"]], frame["fraud"], positive="yes", worst_misses=2, out=tmp_path / "out", **ASKED)
    assert answer.advice.worst_misses.missed[0].row == wrong + 1
    page = (tmp_path / "out" / "report.html").read_text()
    assert "The worst misses</h2>" in page
    assert f"<td>{wrong + 1}</td>" in page
    assert "worst_misses = 2" in (tmp_path / "out" / "study.toml").read_text()
    before = Store(tmp_path / "out").hashes()
    compare(frame[["x"]], frame["fraud"], positive="yes", out=tmp_path / "out", **ASKED)
    assert Store(tmp_path / "out").hashes() == before  # nothing is trained again
    assert "The worst misses" not in (tmp_path / "out" / "report.html").read_text()
    assert "worst_misses" not in (tmp_path / "out" / "study.toml").read_text()


def test_rows_of_a_test_set_are_counted_in_it():
    frame, test = make_frame(), make_frame(100, seed=1)
    wrong = int(test["x"].argmin())
    test.loc[wrong, "fraud"] = "yes"
    answer = compare(
        frame[["x"]], frame["fraud"], positive="yes", test=(test[["x"]], test["fraud"]), worst_misses=1, **ASKED
    )
    [mistake] = answer.advice.worst_misses.missed
    assert mistake.row == wrong + 1
    assert answer.advice.worst_misses.of_test_file


def test_without_calibration_each_fold_has_a_scale_of_its_own(tmp_path):
    advice = advise(tmp_path, METHODS, DECISION | {"calibration": "none"}, worst_misses=1)
    assert not advice.worst_misses.are_ranked


def test_images_have_no_row_numbers():
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    with pytest.raises(
        ValueError, match="`worst_misses` needs a table, or images with `features`, which are shown beside"
    ):
        compare(images, np.repeat([0, 1], [40, 20]), worst_misses=1)


def test_their_number_is_no_negative_one(imbaloss, tmp_path):
    file = Path(tmp_path / "data.csv")
    make_frame().to_csv(file, index=False)
    code, _, error = imbaloss("compare", str(file), "--target", "fraud", "--worst-misses", "-1")
    assert code == 2
    assert "--worst-misses must be 0 or more, found -1" in error
