"""New rows beside those of the training: their share of positives, and columns that have changed."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special

import imbaloss
from benchmarks.prevalence import CHANGES, NEW, TABLE_LEVEL, TRAINED, draw_table, find_columns, judge_rows
from imbaloss.comparison import OwnModel, predict_file
from imbaloss.comparison.columns import MISSING, Column, ColumnKind
from imbaloss.comparison.new_data import NewData, NewRows, describe_unseen
from imbaloss.comparison.own_model import NAME, REFERENCE
from imbaloss.comparison.predicted import Deciding
from imbaloss.comparison.reference import BUCKETS, ColumnReference, Reference
from imbaloss.statistics import Interval
from tests.comparison.examples import write_csv


def judge(seed: int, ratio: float, change: str = "") -> NewData:
    """Judge new rows with a share of positives that is `ratio` times that of the training, and one change or none."""
    generator = np.random.default_rng(seed)
    reference, seen = find_columns(*draw_table(TRAINED, TABLE_LEVEL, generator))
    new, _ = draw_table(NEW, ratio * TABLE_LEVEL, generator)
    return judge_rows(reference, seen, CHANGES[change][1](new, generator) if change else new)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 3.0])
def test_another_share_is_no_drift(ratio):
    judged = judge(0, ratio)
    assert judged.holds
    assert judged.share is not None
    assert judged.share.low <= ratio * TABLE_LEVEL <= judged.share.high
    assert (
        judged.describe("yes")[1]
        == "It is right if only the share has changed; none of 10 columns shows another change."
    )


@pytest.mark.slow
def test_clean_draws_give_few_false_alarms():
    flagged = [not judge(seed, [0.5, 1.0, 2.0, 3.0][seed % 4]).holds for seed in range(200)]
    assert np.mean(flagged) <= 0.05


@pytest.mark.parametrize("change", [change for change in CHANGES if change != "amount in another currency"])
def test_a_planted_change_is_found_and_said(change):
    """But for the model's main column, whose change looks much like another share: it is found in some draws."""
    column, _ = CHANGES[change]
    judged = judge(1, 1.0, change)
    assert [each.column for each in judged.changed] == [column]
    assert not judged.holds
    first, second, third = judged.describe("yes")
    assert first.startswith("Share of yes: about ")
    assert second == "This share does not hold: 1 of 10 columns has changed by more than the share of yes explains."
    assert third.startswith(f"column {column}: ")
    assert json.loads(json.dumps(judged.to_json()))["share_holds"] is False


def test_a_change_of_the_probabilities_alone_is_found():
    """As of images, which have no columns: all of the new rows lie in the middle."""
    labels = np.repeat([0, 1], [900, 100])
    probabilities = np.where(labels == 1, 0.9, 0.1) + np.linspace(-0.09, 0.09, 1000)
    counted = NewRows(Reference(labels, probabilities))
    counted.add(None, np.linspace(0.15, 0.2, 500), {})
    judged = counted.judge()
    assert not judged.holds
    assert judged.describe("yes")[1:] == [
        "This share does not hold: the probabilities have changed by more than the share of yes explains."
    ]


def test_parts_of_any_size_tell_the_same():
    generator = np.random.default_rng(0)
    reference, _ = find_columns(*draw_table(1000, TABLE_LEVEL, generator))
    new, _ = draw_table(300, TABLE_LEVEL, generator)
    probabilities = generator.random(300)
    judged = []
    for size in (300, 7):
        counted = NewRows(reference)
        for start in range(0, 300, size):
            counted.add(
                new[start : start + size], probabilities[start : start + size], {"shop": 1} if not start else {}
            )
        judged.append(counted.judge())
    assert judged[0] == judged[1]


def test_numbers_are_counted_by_class_and_missing_ones_apart():
    values, labels = np.array([1.0, 2, 3, np.nan, 5]), np.array([0, 0, 1, 1, 0])
    column = ColumnReference.of(Column("a", ColumnKind.NUMBER), values, labels, 0)
    assert (column.rows, column.missing, column.limits) == (5, 1, (1.0, 5.0))
    assert [sum(line) for line in column.counts] == [3, 2]
    assert [line[-1] for line in column.counts] == [0, 1]
    nothing = ColumnReference.of(Column("a", ColumnKind.NUMBER), np.full(3, np.nan), np.array([0, 1, 0]), 0)
    assert nothing.count(np.array([4.0, np.nan])).tolist() == [1, 1]


def test_dates_are_compared_by_whether_they_are_there():
    column = ColumnReference.of(Column("a", ColumnKind.DATE), np.array([1.0, np.nan]), np.array([0, 1]), 0)
    assert (column.edges, column.limits, column.counts) == ((), None, ((1, 0), (0, 1)))


def test_names_have_a_bin_each_and_many_names_a_bucket():
    values, labels = np.array(["a", "b", MISSING, "a"], dtype=object), np.array([0, 1, 0, 1])
    few = ColumnReference.of(Column("a", ColumnKind.CATEGORY), values, labels, 0)
    assert few.names == (MISSING, "a", "b")
    assert few.count(np.array(["b", "c", "c"], dtype=object)).tolist() == [0, 0, 1, 2]
    many = ColumnReference.of(Column("a", ColumnKind.MANY), values, labels, 2)
    assert (len(many.counts[0]), many.unseen) == (BUCKETS + 1, 2)
    assert many.count(np.array([MISSING, MISSING], dtype=object)).tolist() == [0] * BUCKETS + [2]


def test_a_reference_is_read_as_it_was_written():
    reference, _ = find_columns(*draw_table(500, 0.1, np.random.default_rng(0)))
    again = Reference.from_bytes(reference.to_bytes())
    assert again.columns == reference.columns
    assert again.labels.tolist() == reference.labels.tolist()
    assert again.probabilities.tobytes() == reference.probabilities.tobytes()
    assert again.to_bytes() == reference.to_bytes()


def test_no_more_than_three_columns_are_named():
    judged = judge(1, 1.0, "age 5 years higher")
    changed = replace(next(each for each in judged.columns if each.has_changed), p_value=0.0)
    many = replace(judged, columns=tuple(replace(changed, column=f"c{place}") for place in range(7)))
    assert many.describe("yes")[-1] == "4 more columns changed: --json has all"
    assert len(many.describe("yes")) == 6
    assert (
        describe_unseen({f"c{place}": 1 for place in range(5)})[-1] == "2 more columns with such values: --json has all"
    )
    assert describe_unseen({}) == []


def test_a_share_to_use_is_neither_0_nor_1():
    nothing = NewData(99, Interval(0.0, 0.0, 0.1), "", 0.1, 1.0, ())
    assert nothing.share_to_use == pytest.approx(0.005)
    assert replace(nothing, share=Interval(1.0, 0.9, 1.0)).share_to_use == pytest.approx(0.995)
    assert replace(nothing, share=None).share_to_use is None


@pytest.fixture(scope="module")
def model() -> OwnModel:
    table, labels = draw_table(1500, 0.1, np.random.default_rng(0))
    table, odd = table[["amount", "visits", "country"]], np.where(labels == 1, 'fraud, "sure"', "no")
    return imbaloss.compare(
        table, odd, methods=["logistic_regression"], references=False, repetitions=1, calibration="platt"
    ).model


@pytest.fixture
def new(tmp_path) -> Path:
    """A file with three times the share of positives."""
    table, labels = draw_table(1000, 0.3, np.random.default_rng(1))
    return write_csv(tmp_path, table[["amount", "visits", "country"]].assign(truth=labels), "new.csv")


@pytest.fixture
def folder(model, tmp_path) -> str:
    """The folder of the model, which leaves out the column with the truth."""
    schema = replace(model.kind, left_out={"truth": "dropped"})
    replace(model, preparation=replace(model.preparation, schema=schema)).save(tmp_path / "model")
    return str(tmp_path / "model")


def test_probabilities_are_shifted_to_the_estimated_share(folder, new, imbaloss, tmp_path):
    first = json.loads(imbaloss("predict", folder, str(new), "--json", "--out", "plain.parquet")[1])
    assert first["share"]["low"] <= 0.3 <= first["share"]["high"]
    assert first["share_holds"]
    code, out, _ = imbaloss("predict", folder, str(new), "--adjust-prevalence", "--json", "--out", "a.parquet")
    told = json.loads(out)
    assert (code, told["prevalence"]) == (0, first["share"]["estimate"])
    assert told["positives"] > first["positives"]
    plain, adjusted = (pd.read_parquet(tmp_path / name) for name in ("plain.parquet", "a.parquet"))
    column = 'probability_fraud, "sure"'
    odds = special.logit(adjusted[column]) - special.logit(plain[column])
    share, level = told["prevalence"], told["validation_share"]
    assert odds.to_numpy() == pytest.approx(special.logit(share) - special.logit(level))
    assert adjusted[column].mean() == pytest.approx(0.3, abs=0.06)


def test_a_named_share_is_used(folder, new, imbaloss):
    code, out, _ = imbaloss("predict", folder, str(new), "--prevalence", "0.3", "--threshold", "0.5")
    assert code == 0
    assert 'The probabilities are for a share of fraud, "sure" of 0.3.' in out
    assert "(probability at least 0.5000)" in out


def test_a_rule_chooses_the_threshold_that_compare_would(folder, new, imbaloss, model):
    chosen = json.loads(imbaloss("predict", folder, str(new), "--threshold", "f1", "--json")[1])
    assert chosen["threshold"] == model.threshold.value
    few = json.loads(imbaloss("predict", folder, str(new), "--threshold", "top_share:share=0.02", "--json")[1])
    assert few["positives"] < chosen["positives"]
    costly = [
        json.loads(imbaloss("predict", folder, str(new), "--threshold", "cost:fn=10", "--json", *options)[1])
        for options in ((), ("--adjust-prevalence",))
    ]
    assert costly[1]["positives"] >= costly[0]["positives"] > chosen["positives"]


def test_the_header_of_a_class_with_any_characters_is_quoted(folder, new, imbaloss, tmp_path):
    code, out, _ = imbaloss("predict", folder, str(new), "--out", "out.csv", "--keep", "truth")
    assert code == 0
    written = pd.read_csv(tmp_path / "out.csv")
    assert list(written.columns) == ["truth", 'probability_fraud, "sure"', "decision", "probability"]
    assert (tmp_path / "out.csv").read_text().startswith('truth,"probability_fraud, ""sure""",decision,probability\n')
    assert "'probability' repeats it" in out


def test_csv_has_six_digits_and_decisions_are_made_before(folder, new, tmp_path):
    model = OwnModel.load(folder)
    predict_file(model, new, tmp_path / "out.csv", ["amount"])
    predict_file(model, new, tmp_path / "out.parquet")
    written, exact = pd.read_csv(tmp_path / "out.csv", dtype=str), pd.read_parquet(tmp_path / "out.parquet")
    probabilities = exact[model.column]
    assert written[model.column].tolist() == [f"{value:.6g}" for value in probabilities]
    assert written["amount"].tolist() == pd.read_csv(new, dtype=str)["amount"].tolist()
    middle = float(np.sort(probabilities)[500])
    text = f"{middle:.6g}"
    threshold = np.nextafter(middle, 1)
    predict_file(model, new, tmp_path / "close.csv", deciding=Deciding(threshold))
    close = pd.read_csv(tmp_path / "close.csv", dtype=str)
    assert close["decision"][close[model.column] == text].tolist() == ["no"]


def test_python_gives_what_the_command_gives(folder, new, imbaloss):
    model, table = OwnModel.load(folder), pd.read_csv(new).drop(columns="truth")
    told = json.loads(imbaloss("predict", folder, str(new), "--json")[1])
    judged = model.examine(table)
    assert judged.to_json()["share"] == told["share"]
    shifted = model.with_prevalence(judged.share_to_use)
    assert shifted.predict_proba(table)[:, 1].mean() > model.predict_proba(table)[:, 1].mean()
    assert shifted.examine(table) == judged
    assert shifted.with_threshold("f1").threshold != model.threshold
    assert model.with_threshold(0.2).threshold.value == 0.2


def test_a_guarantee_is_asked_of_compare(folder, new, imbaloss):
    code, _, err = imbaloss("predict", folder, str(new), "--threshold", "recall>=0.9")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "a guarantee such as recall>=0.9 is asked of `compare`, which sets rows apart for it" in err


def test_a_shifted_model_is_saved_as_such(model, tmp_path):
    model.with_prevalence(0.4).save(tmp_path / "model")
    assert OwnModel.load(tmp_path / "model").prevalence == 0.4
    assert "prevalence" not in json.loads((model.save(tmp_path / "plain")).read_text())
    replace(model, reference=None).save(tmp_path / "plain")
    assert sorted(file.name for file in (tmp_path / "plain").iterdir() if file.name in {NAME, REFERENCE}) == [NAME]


def test_scores_are_not_shifted(model, new, imbaloss, tmp_path):
    replace(model, output="score").save(tmp_path / "scores")
    data = str(write_csv(tmp_path, pd.read_csv(new).drop(columns="truth"), "plain.csv"))
    for options in (("--adjust-prevalence",), ("--prevalence", "0.2")):
        code, out, err = imbaloss("predict", str(tmp_path / "scores"), data, *options)
        assert (code, out, len(err.strip().splitlines())) == (2, "", 1)
        assert "scores cannot be shifted to another share" in err
    assert imbaloss("predict", str(tmp_path / "scores"), data)[0] == 0


def test_a_share_that_cannot_be_estimated_is_not_adjusted_to(model, new, imbaloss, tmp_path):
    """Of a model whose probabilities do not tell the classes apart."""
    reference = model.reference
    generator = np.random.default_rng(0)
    blind = replace(reference, probabilities=generator.permutation(reference.probabilities))
    replace(model, reference=blind).save(tmp_path / "blind")
    data = str(write_csv(tmp_path, take_some(new)))
    code, out, err = imbaloss("predict", str(tmp_path / "blind"), data, "--adjust-prevalence")
    assert (code, out) == (2, "")
    assert "cannot be estimated: the validation rows are too few" in err
    assert not (tmp_path / "predictions.csv").exists()
    code, out, _ = imbaloss("predict", str(tmp_path / "blind"), data)
    assert code == 0
    assert "it cannot be estimated, since the validation rows are too few" in out


def take_some(new: Path) -> pd.DataFrame:
    """The first 30 rows of the new file without the truth."""
    return pd.read_csv(new).drop(columns="truth")[:30]


def test_the_share_of_images_is_estimated():
    generator = np.random.default_rng(0)
    labels = (generator.random(300) < 0.2).astype(int)
    images = (generator.integers(0, 120, (300, 4, 4)) + 100 * labels[:, None, None]).astype(np.uint8)
    model = imbaloss.compare(
        images, labels, methods=["logistic_regression"], references=False, repetitions=1, calibration="platt"
    ).model
    judged = model.examine(images[labels == 1][:40])
    assert judged.columns == ()
    assert judged.share is not None
    assert judged.share.high == 1
