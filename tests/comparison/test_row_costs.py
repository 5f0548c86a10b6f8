"""Costs by row and a score in use today: read, learned by hand, compared, saved and predicted with."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import imbaloss
from imbaloss.comparison.description import describe_data
from imbaloss.comparison.opening import find_costs
from imbaloss.comparison.own_model import OwnModel
from imbaloss.comparison.reading.frames import table_from_frame
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.row_costs import RowCosts
from imbaloss.data import SamplerSpec, Samples, resample
from tests.comparison.examples import of_frames

COST = "fn=amount,fp=5,tp=5"
QUICK = {"methods": ["logistic_regression", "lightgbm"], "settings": 1, "folds": 3, "repetitions": 2}


def make_frame(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Rows in which column x tells, a score in use tells less, and amounts have decimals."""
    generator = np.random.default_rng(seed)
    x, amount = generator.normal(size=rows), np.round(np.exp(generator.normal(2.5, 1, rows)), 2)
    fraud = (generator.random(rows) < 1 / (1 + np.exp(2 - 1.5 * x))).astype(int)
    return pd.DataFrame({"x": x, "amount": amount, "today": (x + generator.normal(size=rows) > 1) * 1, "fraud": fraud})


@pytest.mark.parametrize(
    ("text", "written", "columns"),
    [
        ("fn=amount,fp=5,tp=5,tn=0", "fn=amount,fp=5,tp=5", ("amount",)),
        (" fn = 0.75 * amount , fp=5", "fn=0.75*amount,fp=5", ("amount",)),
        ("fp=1,fn=10", "fn=10,fp=1", ()),
        ("fn=loss, in EUR,fp=2", "fn=loss, in EUR,fp=2", ("loss, in EUR",)),
        ("fn=1*5,fp=2", "fn=1*5,fp=2", ("5",)),
        ("fn=a,fp=2*a,tp=0.5*b", "fn=a,fp=2*a,tp=0.5*b", ("a", "b")),
    ],
)
def test_what_is_written_is_what_is_read(text, written, columns):
    costs = RowCosts.parse(text)
    assert str(costs) == written
    assert set(costs.columns) == set(columns)
    assert RowCosts.parse(written) == costs
    assert RowCosts.from_json(json.loads(json.dumps(costs.to_json()))) == costs


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("amount", "costs are written fn=amount,fp=5,tp=5, each a number or a column, found 'amount'"),
        ("fn=amount", "lack fp, what such a mistake costs"),
        ("fn=1,fp=1,fn=2", "the cost fn is given twice"),
        ("fn=,fp=1", "a cost is missing, for fn"),
        ("fn=-1,fp=1", "a cost must be finite and >= 0, found -1, for fn"),
        ("fn=nan,fp=1", "a cost must be finite and >= 0, found nan, for fn"),
        ("fn=inf*amount,fp=1", "a cost must be finite and >= 0, found inf, for fn"),
        ("fn=amount;fp=1", "costs are separated by commas, as fn=amount,fp=5,tp=5, found 'fn=amount;fp=1'"),
        ("fn=amount fp=1", "costs are separated by commas, as fn=amount,fp=5,tp=5, found 'fn=amount fp=1'"),
        (
            "fn=amount * 0.5,fp=1",
            r"a number stands before its column: write 0.5\*amount, found amount \* 0.5, for fn in",
        ),
    ],
)
def test_other_texts_are_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        RowCosts.parse(text)


@pytest.mark.parametrize("costs", [np.ones((3, 4)), ["fn", "fp"], 5])
def test_costs_of_another_type_are_refused(costs):
    with pytest.raises(TypeError, match=f"costs must be text, as .*, or a dict, found {type(costs).__name__}"):
        RowCosts.read(costs)


def test_costs_are_computed_by_hand():
    table = table_from_frame(pd.DataFrame({"amount": ["1,50", "20,00"], "y": [0, 1]}))
    costs = find_costs(table, ComparisonRequest(target="y", cost="fn=2*amount,fp=5,tp=amount"))
    assert costs is not None
    expected = [[0, 5, 3, 1.5], [0, 5, 40, 20]]
    np.testing.assert_allclose(costs.compute(table), expected)


def test_missing_values_of_a_baseline_and_constant_costs_are_told():
    frame = make_frame().assign(fee=5.0, today=lambda data: data["today"].where(data.index % 10 > 0))
    request = ComparisonRequest(target="fraud", cost="fn=amount,fp=2*fee", baseline="today")
    notes = describe_data(of_frames("data", [frame], request), 0)
    assert [note for note in notes if "`today`, the" in note or "cost does" in note] == [
        "Column `today`, the score or decision in use, has no value in 30 rows (10 %): for the method baseline that is "
        "a value of its own",
        "Column `fee` is 5 in all rows, so this cost does not differ by row",
    ]
    plain = describe_data(of_frames("data", [make_frame()], replace(request, cost="fn=amount,fp=5")), 0)
    assert not any("`today`, the" in note or "cost does" in note for note in plain)


def test_rows_are_decided_by_their_own_costs_and_scored_by_hand():
    frame = make_frame()
    found = imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], cost=COST, **QUICK)
    assert found.advice.score.column == "tuned_cost"
    for row in found.findings.rows:
        test = found.findings.store.predictions(row.run)["test"]
        amount, truth = frame["amount"].to_numpy()[test.images], frame["fraud"].to_numpy()[test.images]
        flagged = test.probabilities * amount > 5  # of flagging 5 in any case, of keeping p x amount
        assert (truth == test.labels).all()
        cost = np.where(flagged, 5, truth * amount).mean()
        assert row.tuned.scores["cost"] == pytest.approx(cost)
        assert row.tuned.scores["cost_of_none"] == pytest.approx((truth * amount).mean())
        assert row.tuned.scores["cost_of_all"] == pytest.approx(5)
        assert row.tuned.scores["tp"] == (flagged & (truth == 1)).sum()
        assert (row.threshold, row.is_decided) == (None, True)
        assert {tried.score <= 0 for tried in row.tuning.candidates} == {True} if row.tuning else True
    assert "by its own costs (fn=amount,fp=5,tp=5)" in found.verdict
    assert [score.label for score in found.findings.scored][1] == "F1 of the decisions"
    assert not any("threshold" in score.label for score in found.findings.scored)
    assert "Deciding by " in found.verdict
    assert found.threshold is None
    assert "amount" not in found.model.kind.names


@pytest.mark.parametrize("test", [False, True])
def test_savings_decide_if_they_are_optimised_and_allow_for_other_rows(test):
    frame, other = make_frame(), make_frame(seed=1)
    options = {"test": (other.drop(columns="fraud"), other["fraud"])} if test else {}
    features = frame.drop(columns="fraud")
    found = imbaloss.compare(features, frame["fraud"], cost=COST, optimize="savings", **QUICK, **options)
    assert found.advice.score.column == "tuned_savings"
    for row in found.findings.rows:
        scores = row.tuned.scores
        constant = min(scores["cost_of_none"], scores["cost_of_all"])
        assert scores["savings"] == pytest.approx(1 - scores["cost"] / constant)
    assert "The method saves " in found.verdict or "The method " in found.verdict


def test_a_score_in_use_is_compared_as_a_method_and_learned_from_by_no_other():
    frame = make_frame()
    found = imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], cost=COST, baseline="today", **QUICK)
    assert found.table["method"].tolist() == ["logistic_regression", "lightgbm", "baseline"]
    [ranked] = [row for row in found.findings.rows if str(row.run.method) == "baseline" and row.run.fold.fold == 0]
    test = found.findings.store.predictions(ranked.run)["test"]
    by_rule = frame["today"].to_numpy()[test.images]
    assert len(set(zip(by_rule.tolist(), test.probabilities.tolist(), strict=True))) == 2
    assert "by the score or decision in use today " in found.verdict
    assert "today" not in found.model.kind.names


def test_a_score_in_use_that_is_better_than_all_is_recommended_and_predicts_from_its_column(tmp_path):
    frame = make_frame()
    frame["x"], frame["today"] = np.random.default_rng(3).normal(size=len(frame)), frame["x"]
    asked = {"methods": "logistic_regression", "settings": 1, "folds": 3, "repetitions": 3}
    found = imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], baseline="today", **asked)
    assert found.best == "baseline"
    found.model.save(tmp_path)
    loaded = OwnModel.load(tmp_path)
    new = make_frame(seed=5).drop(columns="fraud")
    new["today"] = new["x"]
    expected = found.model.predict_proba(new)[:, 1]
    np.testing.assert_array_equal(loaded.predict_proba(new)[:, 1], expected)
    rising = expected[np.argsort(new["today"])]
    assert (np.diff(rising) >= 0).all()
    assert rising[0] < rising[-1]


def test_a_saved_model_decides_by_the_costs_of_new_rows(tmp_path):
    frame, new = make_frame(), make_frame(seed=5).drop(columns="fraud")
    found = imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], cost=COST, **QUICK)
    found.model.save(tmp_path)
    loaded = OwnModel.load(tmp_path)
    probabilities = loaded.predict_proba(new)[:, 1]
    expected = (probabilities * new["amount"] > 5).astype(int)
    assert loaded.predict(new).tolist() == expected.tolist()
    with pytest.raises(ValueError, match=r"there is no column 'amount', which the costs fn=amount,fp=5,tp=5 name"):
        loaded.predict(new.drop(columns="amount"))
    missing = new.assign(amount=new["amount"].where(new.index != 3))
    with pytest.raises(ValueError, match="the cost column 'amount' has no value in row 4"):
        loaded.predict(missing)


def test_weights_by_cost_are_what_mistakes_cost():
    costs = np.array([[0, 5, 10, 5], [0, 5, 30, 5], [0, 5, 2, 5], [0, 5, 9, 5]], dtype=float)
    part = Samples(np.zeros((4, 1)), np.array([1, 1, 1, 0]), costs=costs)
    weights = resample(part, SamplerSpec("cost_weights"), 0).weights
    np.testing.assert_allclose(weights, np.array([5, 25, 0, 5]) / 8.75)


def test_networks_and_trees_learn_with_weights_by_cost():
    frame = make_frame()
    methods = ["ce + cost_weights", "lightgbm + cost_weights", "logistic_regression + cost_weights"]
    asked = {**QUICK, "methods": methods, "epochs": 3}
    found = imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], cost=COST, **asked)
    assert found.table["failed"].eq(0).all()
    with pytest.raises(ValueError, match="the sampler cost_weights needs the costs of each row"):
        imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], **asked)


def test_columns_of_costs_are_learned_from_if_asked():
    frame = make_frame()
    found = imbaloss.compare(
        frame.drop(columns="fraud"), frame["fraud"], cost={"fn": "amount", "fp": 5}, keep_cost_columns=True, **QUICK
    )
    assert "amount" in found.model.kind.names


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"cost": "fn=amuont,fp=1"}, r"has no column 'amuont', which `cost` names \(did you mean 'amount'\?\)"),
        ({"cost": "fn=fraud,fp=1"}, "the cost column is the target, 'fraud'"),
        ({"cost": "fn=word,fp=1"}, "the cost column 'word' must hold numbers, found 'a'"),
        ({"cost": "fn=gap,fp=1"}, "the cost column 'gap' has no value in row 2"),
        ({"cost": "fn=x,fp=1"}, "costs must be finite and >= 0, and fn of row"),
        ({"cost": "fn=0,fp=0"}, "to flag no row costs nothing"),
        ({"cost": COST, "threshold": "cost:fn=10"}, "`cost` and `threshold` cannot be combined"),
        ({"cost": COST, "threshold": "f1"}, "`cost` and `threshold` cannot be combined"),
        ({"cost": COST, "threshold": "recall>=0.99"}, "`cost` and `threshold` cannot be combined"),
        ({"cost": COST, "calibration": "none"}, "`cost` needs probabilities: leave out `calibration` none"),
        ({"threshold": "expected_cost"}, "the rule expected_cost needs the costs of each row: give them by `cost`"),
        ({"baseline": "tody"}, r"has no column 'tody', which `baseline` names \(did you mean 'today'\?\)"),
        ({"baseline": "fraud"}, "the baseline column is the target"),
        ({"baseline": "one"}, "the baseline column 'one' cannot be compared: .*its only value is 1"),
        (
            {"baseline": "three"},
            r"'three' must hold a score \(numbers\) or a decision \(two names\), found 3 names, as 'a'",
        ),
        ({"baseline": "day"}, "the baseline column 'day' must hold a score .*, found dates: write them as numbers, or"),
        ({"methods": ["baseline"]}, "the method baseline needs a column: name it by `baseline`"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_trained(options, sentence, tmp_path):
    frame = make_frame(60)
    frame["word"], frame["one"] = ["a", "b"] * 30, 1
    frame["gap"] = frame["amount"].where(frame.index != 1)
    frame["three"], frame["day"] = ["a", "b", "c"] * 20, pd.date_range("2024-01-01", periods=60)
    out = tmp_path / "out"
    with pytest.raises(ValueError, match=sentence):
        imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], out=out, **{**QUICK, **options})
    assert not out.exists()


def test_images_have_no_costs_by_row():
    with pytest.raises(ValueError, match="`cost` is for tables, and these are images"):
        imbaloss.compare(np.zeros((20, 8, 8), np.uint8), np.arange(20) % 2, cost="fn=10,fp=1")


@pytest.mark.parametrize("option", ["--cost fn=size,fp=1", "--weight size", "--baseline size"])
def test_a_table_that_names_images_has_no_costs_by_row(option, tmp_path, request):
    type_in = request.getfixturevalue("imbaloss")
    rows = [f"{place}.png,{place % 2},{place + 1}" for place in range(20)]
    (tmp_path / "images.csv").write_text("\n".join(["file,y,size", *rows]))
    code, out, err = type_in("compare", "images.csv", "--target", "y", *option.split())
    assert (code, out) == (2, "")
    assert f"{option.split()[0]} is for tables, and these are images: leave it out" in err


@pytest.mark.parametrize("options", [{"cost": COST}, {"threshold": "top_share:share=0.1"}, {"threshold": "f1"}])
@pytest.mark.parametrize("test", [False, True])
def test_a_rule_in_use_keeps_its_decisions_whatever_the_rule(options, test):
    frame, other = make_frame(), make_frame(seed=1)
    of_test = other if test else frame
    asked = QUICK | {"methods": "logistic_regression"} | options
    asked |= {"test": (other.drop(columns="fraud"), other["fraud"])} if test else {}
    found = imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], baseline="today", **asked)
    rows = [row for row in found.findings.rows if str(row.run.method) == "baseline"]
    assert len(rows) == 2
    for row in rows:
        predicted = found.findings.store.predictions(row.run)["test"]
        places = predicted.images - (len(frame) if test else 0)
        rule, truth = of_test["today"].to_numpy()[places], of_test["fraud"].to_numpy()[places]
        assert (truth == predicted.labels).all()
        assert row.tuned.scores["tp"] == (rule & truth).sum()
        assert row.tuned.scores["fp"] == (rule & (1 - truth)).sum()
        if "cost" in options:
            amount = of_test["amount"].to_numpy()[places]
            assert row.tuned.scores["cost"] == pytest.approx(np.where(rule == 1, 5, truth * amount).mean())


def test_savings_are_told_as_they_are_optimised():
    """The last sentence has the mean of the savings in each fold, as the score has."""
    frame = make_frame()
    found = imbaloss.compare(
        frame.drop(columns="fraud"),
        frame["fraud"],
        cost="fn=amount,fp=2",
        optimize="savings",
        **QUICK | {"repetitions": 3},
    )
    mean = found.summary.loc[found.best, "savings"]
    assert f"The method saves {100 * mean:.1f} % (95 % CI " in found.verdict
    assert "at the tuned threshold" not in found.verdict.splitlines()[0]
    assert "expect savings of about" in found.verdict


def test_savings_have_no_lower_bound_and_nothing_is_recommended_that_costs_more_than_no_model():
    frame = make_frame()
    found = imbaloss.compare(frame[["x"]], 1 - frame["fraud"], positive=1, cost="fn=1,fp=200", **QUICK)
    assert found.verdict.startswith("Do not use: no method is cheaper than to flag no rows at all, which costs ")
    assert "flag no rows at all, without a model" in found.verdict
    found = imbaloss.compare(
        frame[["x"]], 1 - frame["fraud"], positive=1, cost="fn=1,fp=200", optimize="savings", **QUICK
    )
    lows = found.table["tuned_savings_low"].dropna()
    assert not len(lows) or lows.min() <= 0


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"cost": ""}, ValueError, "costs are written fn=amount,fp=5,tp=5"),
        ({"keep_cost_columns": True}, ValueError, "`keep_cost_columns` needs costs by row: give them by `cost`"),
        ({"baseline": np.zeros(60)}, TypeError, "baseline must be the name of a column of X, found ndarray"),
        ({"cost": {"fn": np.zeros(60), "fp": 1}}, TypeError, "the cost fn must be a number or the name of a column"),
    ],
)
def test_options_of_another_type_or_without_a_text_are_refused(options, error, sentence):
    frame = make_frame(60)
    with pytest.raises(error, match=sentence):
        imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], **QUICK | options)


def test_a_gap_in_the_test_file_is_told_with_its_name(tmp_path, request):
    type_in = request.getfixturevalue("imbaloss")
    make_frame(90).to_csv(tmp_path / "rows.csv", index=False)
    test = make_frame(60, seed=1)
    test.assign(amount=test["amount"].where(test.index != 5)).to_csv(tmp_path / "gap.csv", index=False)
    words = ("--target", "fraud", "--cost", "fn=amount,fp=5", "--test", "gap.csv")
    code, _, err = type_in("compare", "rows.csv", *words)
    assert code == 2
    assert "gap.csv: the cost column 'amount' has no value in row 6" in err


def test_segments_of_a_rule_in_use_have_its_decisions():
    frame = make_frame()
    frame["x"] = np.random.default_rng(3).normal(size=len(frame))
    frame["today"] = np.where(np.random.default_rng(4).random(len(frame)) < 0.98, frame["fraud"], 1 - frame["fraud"])
    frame["site"] = np.where(np.arange(len(frame)) % 2, "a", "b")
    asked = QUICK | {"methods": "logistic_regression", "repetitions": 3, "cost": "fn=amount,fp=5"}
    found = imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], baseline="today", segment="site", **asked)
    assert found.best == "baseline"
    for line in found.segments.to_dict("records"):
        rows = frame[frame["site"] == line["segment"]]
        assert (line["flagged"], line["right"]) == (rows["today"].sum(), (rows["today"] & rows["fraud"]).sum())
