"""Segments: rows are cut by a column, and the recommended method is scored, tested and told for each part."""

import sqlite3
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint

import imbaloss
from imbaloss.comparison.answer import convert_to_json
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.segment_scores import (
    JudgedRows,
    SegmentReport,
    are_few,
    compare_segments,
    describe_segment,
    score_rows,
)
from imbaloss.comparison.segment_words import write_segment_sentences
from imbaloss.evaluation import Objective
from imbaloss.statistics import Interval, holm
from imbaloss.studies import Segments, Store
from imbaloss.studies.store import FILE
from tests.comparison.examples import mixed, of_frames, open_source, write_csv, write_images

QUICK = {"methods": "logistic_regression", "settings": 1, "folds": 3, "repetitions": 5}


def make_frame(rows: int = 900, seed: int = 0) -> pd.DataFrame:
    """Rows in which x tells the class everywhere but in the south; the west is small."""
    generator = np.random.default_rng(seed)
    x, region = generator.normal(size=rows), generator.choice(["north", "south", "west"], rows, p=[0.5, 0.48, 0.02])
    fraud = generator.random(rows) < 1 / (1 + np.exp(1.5 - np.where(region == "south", 0, 2.5) * x))
    amount = np.round(generator.lognormal(3, 1, rows), 2)
    return pd.DataFrame({"x": x, "region": region, "amount": amount, "fraud": fraud.astype(int)})


def compare(frame: pd.DataFrame, **options) -> imbaloss.comparison.answer.Answer:
    return imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], **{**QUICK, **options})


def cut(frame: pd.DataFrame, *names: str, **asked) -> dict[str, dict[str, list[int]]]:
    """Return the rows of each segment of these columns."""
    segments = of_frames("d", [frame], ComparisonRequest(target="fraud", segment=names, **asked)).segments
    return {
        column: {name: np.flatnonzero(each.codes == place).tolist() for place, name in enumerate(each.names)}
        for column, each in segments.items()
    }


# the segments


def test_names_are_segments_by_their_frequency_and_those_beyond_ten_are_put_together():
    values = [f"v{number:02}" for number in range(12) for _ in range(12 - number)]
    frame = mixed(rows=len(values) + 5).assign(v=[*values, *[None] * 5])
    rows = cut(frame, "v")["v"]
    assert list(rows) == [*(f"v{number:02}" for number in range(10)), "other (2 values)", "(missing)"]
    assert [len(each) for each in rows.values()] == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 3, 5]
    assert rows["other (2 values)"] == [75, 76, 77]


def test_few_numbers_are_segments_and_many_are_cut_at_their_quartiles():
    frame = mixed(rows=200).assign(
        few=[3.0, -1.0, 2.5, np.nan] * 50,
        many=[f"{number},5" for number in range(200)],
        day=pd.date_range("2020-01-01", periods=200),
        hour=pd.date_range("2020-01-01", periods=200, freq="7h"),
        edge=[0] * 5 + list(range(1, 15)) + [99] * 181,
        mark=[*[">8"] * 20, *["unknown"] * 15, *[None] * 5, *map(str, [*range(40)] * 4)],
    )
    rows = cut(frame, "few", "many", "day", "hour", "edge", "mark", mark=("mark",))
    assert rows["few"] == {
        "-1": list(range(1, 200, 4)), "2.5": list(range(2, 200, 4)), "3": list(range(0, 200, 4)),
        "(missing)": list(range(3, 200, 4)),
    }  # fmt: skip
    quarters = [list(range(start, start + 50)) for start in (0, 50, 100, 150)]
    assert list(rows["many"].values()) == list(rows["day"].values()) == quarters
    assert list(rows["many"]) == ["up to 49.5", "above 49.5 to 99.5", "above 99.5 to 149.5", "above 149.5"]
    assert list(rows["day"])[:2] == ["up to 2020-02-19", "above 2020-02-19 to 2020-04-09"]
    assert next(iter(rows["hour"])) == "up to 2020-01-15 07:00"
    assert {name: len(each) for name, each in rows["edge"].items()} == {"up to 14": 19, "above 14": 181}
    assert list(rows["mark"])[-2:] == ["(missing)", "unknown"]
    assert rows["mark"]["unknown"] == list(range(20, 35))
    assert rows["mark"]["(missing)"] == list(range(35, 40))


@settings(deadline=None, max_examples=40)
@given(
    values=st.lists(st.none() | st.integers(-50, 50) | st.floats(-1e6, 1e6, allow_nan=False), min_size=80, max_size=80)
)
def test_each_row_is_in_the_one_segment_whose_name_says_so(values):
    numbers = [np.nan if value is None else float(value) for value in values]
    if len({number for number in numbers if np.isfinite(number)}) < 2:
        return
    rows = cut(mixed(rows=80).assign(v=numbers), "v", decimal=".")["v"]
    assert sorted(row for each in rows.values() for row in each) == list(range(80))
    for name, each in rows.items():
        for row in each:
            low, high = -np.inf, np.inf
            words = name.split()
            if name == "(missing)":
                assert np.isnan(numbers[row])
                continue
            if words[0] == "above":
                low = float(words[1])
            if words[-2:-1] == ["to"]:
                high = float(words[-1])
            if len(words) == 1:
                assert f"{numbers[row]:.15g}" == name
            assert low <= float(f"{numbers[row]:.15g}") <= high


def test_groups_are_names_and_a_column_may_be_dropped_and_still_cut():
    who = np.random.default_rng(0).integers(0, 30, 120)
    own = of_frames(
        "d", [mixed().assign(who=who)],
        ComparisonRequest(target="fraud", group="who", drop=("country",), segment=("who", "country")),
    )  # fmt: skip
    assert own.segments["who"].names[-1] == "other (20 values)"
    assert own.segments["country"].names == ("DE", "IT", "FR", "(missing)")
    assert own.segments["country"].has_groups
    assert "country" not in own.features
    assert "shop" in own.features
    without = of_frames(
        "d", [mixed().assign(who=who)], ComparisonRequest(target="fraud", group="who", drop=("country",))
    )
    assert own.checksum == without.checksum


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ("regions", r"has no column 'regions', which `segment` names \(did you mean 'region'\?\)"),
        ("fraud", "the segment column is the target, 'fraud'"),
        ("one", "the column 'one' does not divide the rows into segments: .*its only value is 1"),
        ("name", "the column 'name' does not divide the rows into segments: .*different texts"),
        ("mess", "column mess has numbers except for 'b' in row 1"),
    ],
)
def test_what_cannot_be_a_segment_is_refused_before_anything_is_trained(column, sentence, tmp_path):
    frame = make_frame(90).assign(one=1, name=[f"n{place}" for place in range(90)])
    frame = frame.assign(mess=["b", *map(str, range(89))]) if column == "mess" else frame
    with pytest.raises(ValueError, match=sentence):
        compare(frame, segment=column, drop=[column] if column == "mess" else [], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_images_as_arrays_have_no_segments():
    with pytest.raises(ValueError, match="`segment` is for tables, and these are images"):
        imbaloss.compare(np.zeros((20, 8, 8), np.uint8), np.arange(20) % 2, segment="region")


# the scores


def make_rows(labels, probabilities, threshold=0.5, costs=None) -> JudgedRows:
    labels, probabilities = np.array(labels), np.array(probabilities, dtype=float)
    return JudgedRows(np.arange(len(labels)), labels, probabilities, probabilities >= threshold, costs)


def test_counts_and_scores_are_those_by_hand():
    """10 positives, of which 6 are flagged, and 30 negatives, of which 3 are."""
    part = make_rows([1] * 10 + [0] * 30, [0.8] * 6 + [0.2] * 4 + [0.6] * 3 + [0.1] * 27)
    of_part = describe_segment(
        "c", "a", part, lambda each: score_rows(each, objective=None, are_ranked=True), is_calibrated=True
    )
    assert (of_part.rows, of_part.positives, of_part.flagged, of_part.right, of_part.missed) == (40, 10, 9, 6, 4)
    assert of_part.probability == pytest.approx((6 * 0.8 + 4 * 0.2 + 3 * 0.6 + 27 * 0.1) / 40)
    assert of_part.scores["recall"].estimate == 0.6
    assert of_part.scores["precision"].estimate == pytest.approx(6 / 9)
    assert of_part.scores["share_of_positives"].estimate == 0.25
    z, n = 1.959963984540054, 10  # Wilson 1927
    middle, half = 0.6 + z**2 / (2 * n), z * np.sqrt(0.6 * 0.4 / n + z**2 / (4 * n**2))
    expected = [(middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)]
    assert of_part.scores["recall"][1:] == pytest.approx(expected)
    pairs = 6 * 30 + 4 * 27  # positives before negatives
    assert of_part.scores["roc_auc"].estimate == pytest.approx(pairs / 300)
    assert of_part.scores["average_precision"].estimate == pytest.approx(0.6 * 1 + 0.4 * 10 / 13)


@pytest.mark.parametrize(
    "objective",
    ["f1", "balanced_accuracy", "partial_roc_auc", "precision_at_share:share=0.1", "brier", "savings", "cost"],
)
def test_the_score_that_is_optimised_has_an_interval_around_it(objective):
    generator = np.random.default_rng(0)
    labels = generator.permutation(np.arange(200) < 40).astype(int)
    costs = np.stack([generator.random(200), np.full(200, 0.9), np.full(200, 0.8)], axis=1)
    part = make_rows(labels, np.clip(0.3 * labels + generator.random(200) * 0.7, 0, 1), costs=costs)
    found = score_rows(part, objective=Objective.parse(objective), are_ranked=True)
    value, low, high = found[Objective.parse(objective).name]
    flagged = part.flagged
    expected = {
        "f1": lambda: metrics.f1_score(labels, flagged),
        "balanced_accuracy": lambda: metrics.balanced_accuracy_score(labels, flagged),
        "partial_roc_auc": lambda: metrics.roc_auc_score(labels, part.probabilities, max_fpr=0.1),
        "precision_at_share:share=0.1": labels[np.argsort(-part.probabilities)[:20]].mean,
        "brier": lambda: metrics.brier_score_loss(labels, part.probabilities),
        "savings": lambda: 1 - costs[:, 0].mean() / 0.8,
        "cost": costs[:, 0].mean,
    }[objective]()
    assert value == pytest.approx(expected)
    assert low < value < high


def test_scores_of_folds_without_calibration_are_not_ranked_together():
    part = make_rows([1] * 10 + [0] * 30, np.linspace(0, 1, 40))
    found = score_rows(part, objective=Objective.parse("average_precision"), are_ranked=False)
    assert np.isnan([found["average_precision"].estimate, found["roc_auc"].estimate]).all()
    assert (
        compare_segments(
            part, np.arange(40) % 2, Segments(("a", "b"), np.arange(40) % 2), are_ranked=False, is_calibrated=False
        )
        == []
    )


@pytest.mark.parametrize(("rows", "positives", "few"), [(29, 10, True), (30, 10, False), (30, 9, True), (30, 21, True)])
def test_small_segments_are_counted_and_nothing_is_claimed(rows, positives, few):
    part = make_rows(np.arange(rows) < positives, np.linspace(0, 1, rows))
    assert are_few(part) == few
    of_part = describe_segment("c", "a", part, lambda _: {"recall": Interval(1, 1, 1)}, is_calibrated=True)
    assert (of_part.scores == {}) == np.isnan(of_part.probability) == few
    assert (of_part.rows, of_part.positives) == (rows, positives)


def draw(generator, labels, shift=0.0):
    return 1 / (1 + np.exp(-(generator.normal(size=len(labels)) + 2 * labels - 2 + shift)))


def test_a_planted_difference_is_found_and_two_segments_are_tested_once():
    generator = np.random.default_rng(0)
    labels = (generator.random(2000) < 0.2).astype(int)
    codes = np.arange(2000) % 2
    part = make_rows(labels, np.where(codes == 0, draw(generator, labels), generator.random(2000) * 0.4))
    tests = compare_segments(part, codes, Segments(("a", "b"), codes), are_ranked=True, is_calibrated=True)
    assert [(each.name, each.score) for each in tests] == [
        ("a", score) for score in ("recall", "roc_auc", "calibration")  # nothing of b is flagged
    ]  # fmt: skip
    assert max(each.p for each in tests[:2]) < 1e-6
    assert tests[1].elsewhere == pytest.approx(
        metrics.roc_auc_score(labels[codes == 1], part.probabilities[codes == 1])
    )


def test_p_values_are_corrected_over_all_columns():
    found = compare(make_frame().assign(half=lambda frame: np.arange(len(frame)) % 2), segment=["region", "half"])
    assert set(found.segments["column"]) == {"region", "half"}
    tests = [each.p for each in found.advice.segments.differences]
    [south] = [each.p for each in found.advice.segments.differences if (each.name, each.score) == ("south", "roc_auc")]
    assert len(tests) == 3 * 4
    assert south < 1e-4
    assert all(np.array(tests) >= holm(np.array(tests) / len(tests)))


# the answer


def test_the_answer_has_the_segments_of_the_test_rows_of_one_division(tmp_path):
    frame = make_frame()
    found = compare(frame, segment="region", cost="fn=amount,fp=5", out=tmp_path / "out")
    table = found.segments.set_index("segment")
    best = [row for row in found.findings.rows if row.run.seed == 0]
    tests = [found.findings.store.predictions(row.run)["test"] for row in best]
    tested = pd.DataFrame({
        "row": np.concatenate([test.images for test in tests]),
        "label": np.concatenate([test.labels for test in tests]),
        "p": np.concatenate([test.probabilities for test in tests]),
    }).sort_values("row").reset_index(drop=True)  # fmt: skip
    assert tested["row"].tolist() == list(range(len(frame)))
    assert tested["label"].tolist() == frame["fraud"].tolist()
    tested = tested.join(frame[["region", "amount"]])
    tested["flagged"] = tested["p"] * tested["amount"] > (1 - tested["p"]) * 5
    for name in ("north", "south"):
        of_name, line = tested[tested["region"] == name], table.loc[name]
        right = int((of_name["flagged"] & (of_name["label"] == 1)).sum())
        positives, flagged = int(of_name["label"].sum()), int(of_name["flagged"].sum())
        assert line[["rows", "positives", "flagged", "right", "missed"]].tolist() == [
            len(of_name), positives, flagged, right, positives - right,
        ]  # fmt: skip
        for score, of_score in (("recall", positives), ("precision", flagged)):
            assert line[score] == pytest.approx(right / of_score)
            expected = proportion_confint(right, of_score, method="wilson")
            assert line[[f"{score}_low", f"{score}_high"]].tolist() == pytest.approx(expected)
        assert line["mean_probability"] == pytest.approx(of_name["p"].mean())
        assert line["share_of_positives"] == pytest.approx(of_name["label"].mean())
        assert line["roc_auc"] == pytest.approx(metrics.roc_auc_score(of_name["label"], of_name["p"]))
        assert line["average_precision"] == pytest.approx(
            metrics.average_precision_score(of_name["label"], of_name["p"])
        )
        missed = np.where((of_name["label"] == 1) & ~of_name["flagged"], of_name["amount"], 0)
        alarms = np.where((of_name["label"] == 0) & of_name["flagged"], 5, 0)
        assert line["cost"] == pytest.approx((missed + alarms).mean())
    assert table["is_small"].to_dict() == {"north": False, "south": False, "west": True}
    assert table.loc["west", ["recall", "roc_auc_low", "mean_probability"]].isna().all()
    sentences = found.verdict.splitlines()[-2:]
    assert "in `region` south the ROC-AUC is " in sentences[0]
    assert sentences[1].startswith(
        "Too small for a claim (fewer than 30 rows, or fewer than 10 of a class): `region` west"
    )
    records = convert_to_json(found)["segments"]
    assert [record["segment"] for record in records] == ["north", "south", "west"]
    assert records[2]["recall"] is None
    assert "region" in found.model.kind.names


def test_without_segments_nothing_of_them_is_written(tmp_path):
    found = compare(make_frame(300), out=tmp_path / "out", repetitions=3)
    assert found.segments is None
    assert "segments" not in convert_to_json(found)
    assert "segment" not in (tmp_path / "out" / "study.toml").read_text()
    assert "in segments" not in (tmp_path / "out" / "report.html").read_text()
    with sqlite3.connect(tmp_path / "out" / FILE) as database:
        assert ("segments",) not in database.execute("SELECT name FROM sqlite_master").fetchall()


def test_segments_are_asked_of_an_earlier_store_and_reported_without_the_data(imbaloss, tmp_path):
    source = write_csv(tmp_path, make_frame(600))
    words = ("compare", str(source), "--target", "fraud", "--method", "logistic_regression", "--settings", "1",
             "--folds", "3", "--repetitions", "3", "--out", "out", "--quiet")  # fmt: skip
    assert imbaloss(*words)[0] == 0
    before = Store(tmp_path / "out").hashes()
    code, out, _ = imbaloss(*words, "--segment", "region", "--segment", "x")
    assert code == 0
    assert "in `region` south the ROC-AUC is" in " ".join(out.split())
    assert Store(tmp_path / "out").hashes() == before  # nothing was trained again
    page = (tmp_path / "out" / "report.html").read_bytes()
    assert b"logistic_regression in segments: region, x" in page
    with sqlite3.connect(tmp_path / "out" / FILE) as database:
        kept = database.execute("SELECT * FROM segments").fetchall()
        database.execute("DELETE FROM segments")
    assert imbaloss("report", "out")[0] == 0
    assert "Segments are not judged" in (tmp_path / "out" / "report.html").read_text()
    with sqlite3.connect(tmp_path / "out" / FILE) as database:
        database.executemany("INSERT INTO segments VALUES (?, ?, ?)", kept)
    source.unlink()
    (tmp_path / "out" / "report.html").unlink()
    assert imbaloss("report", "out")[0] == 0
    assert (tmp_path / "out" / "report.html").read_bytes() == page


def test_a_test_part_of_its_own_is_cut_too():
    frame, other = make_frame(), make_frame(400, seed=1)
    found = compare(frame, segment="region", test=(other.drop(columns="fraud"), other["fraud"]), repetitions=2)
    assert (
        dict(zip(found.segments["segment"], found.segments["rows"], strict=True))
        == other["region"].value_counts().to_dict()
    )
    assert found.advice.segments.folds == 0


def test_rows_of_groups_are_not_tested_and_that_is_told():
    frame = make_frame(600)
    found = compare(frame, segment="region", groups=np.arange(600) // 3)
    assert found.advice.segments.differences == []
    assert not [name for name in found.segments if name.endswith("_p")]
    assert "Segments of `region` are not tested for differences, since rows of one group are alike" in found.verdict


def test_sentences_name_the_clearest_differences_or_say_that_there_is_none():
    generator = np.random.default_rng(1)
    labels = (generator.random(3000) < 0.2).astype(int)
    part, codes = make_rows(labels, draw(generator, labels)), generator.integers(0, 4, 3000)
    score = {"objective": Objective.parse("f1"), "are_ranked": True}
    segments = [
        describe_segment(
            "c", name, part.select(codes == place), lambda each: score_rows(each, **score), is_calibrated=True
        )
        for place, name in enumerate("abcd")
    ]
    tests = compare_segments(part, codes, Segments(tuple("abcd"), codes), are_ranked=True, is_calibrated=True)
    tests = [replace(each, column="c", p=1.0) for each in tests]
    report = SegmentReport(segments, tests, 3000, 5, has_groups=False)
    [sentence] = write_segment_sentences(report)
    assert sentence.startswith("No segment of `c` differs significantly from the other rows (16 tests of recall, ")
    significant = [replace(each, p=0.001 * place) for place, each in enumerate(tests)]
    [sentence] = write_segment_sentences(replace(report, differences=significant))
    assert "in `c` a the recall is " in sentence
    assert sentence.endswith("; and 13 more")
    [sentence] = write_segment_sentences(replace(report, differences=[]))
    assert sentence == "Segments of `c` are too small to be tested for differences"
    empty = replace(report, segments=[], differences=[])
    assert write_segment_sentences(empty)[0].startswith("Segments are not judged, since the store lacks decisions")
    assert empty.frame.empty


def test_stored_segments_come_back_and_replace_earlier_ones(tmp_path):
    store = Store(tmp_path)
    assert store.segments("data", ["a"]) == {}
    store.add_segments("data", {})
    first = Segments(("é", "(missing)"), np.array([0, 1, 0]), has_groups=True)
    store.add_segments("data", {"a": first, "b": first})
    store.add_segments("data", {"a": Segments(("x",), np.array([0, 0, 0]))})
    found = Store(tmp_path).segments("data", ["b", "a", "c"])
    assert list(found) == ["b", "a"]
    assert (found["b"].names, found["b"].codes.tolist(), found["b"].has_groups) == (first.names, [0, 1, 0], True)
    assert (found["a"].names, found["a"].has_groups) == (("x",), False)
    assert store.segments("other", ["a"]) == {}
    with sqlite3.connect(store.file) as database:
        database.execute("UPDATE segments SET content = x'00'")
    with pytest.raises(OSError, match="is damaged"):
        store.segments("data", ["a"])


@pytest.mark.slow
def test_intervals_cover_and_alike_segments_are_seldom_told_apart():
    """300 draws: a share of 0.95 has a deviation of 0.013, and one of 0.05 too."""
    from benchmarks.segments import measure_coverage, measure_errors

    for rows, share in ((60, 0.25), (1000, 0.1)):
        coverage = measure_coverage(rows, share, 300, Objective.parse("balanced_accuracy"))
        assert min(coverage.values()) > 0.88, coverage
    assert measure_errors(2000, 0.1, 300, 0.0)[0] < 0.09


def test_images_that_a_table_names_are_cut_by_a_column_of_it(tmp_path):
    folder = write_images(tmp_path, rare=10, others=30)
    files = [*sorted((folder / "cracked").iterdir()), *sorted((folder / "ok").iterdir())]
    frame = pd.DataFrame({"file": [str(file.relative_to(tmp_path)) for file in files]})
    frame = frame.assign(label=["cracked"] * 10 + ["ok"] * 30, camera=["a", "b"] * 20)
    own = open_source(write_csv(tmp_path, frame), "label", segment=("camera",))
    assert own.segments["camera"].names == ("a", "b")
    assert own.segments["camera"].codes.tolist() == [0, 1] * 20
    assert not any("camera" in note for note in own.notes)
