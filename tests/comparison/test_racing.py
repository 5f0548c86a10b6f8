"""Races: what is dropped, when, and that nothing else than the scores before a look decides it."""

import json
import time
import tomllib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import imbaloss
from benchmarks import race
from imbaloss import report, studies
from imbaloss.comparison import budget
from imbaloss.comparison.answer import convert_to_json
from imbaloss.comparison.budget import train_repetitions
from imbaloss.comparison.from_python import open_arrays
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.place import ComparisonObserver, Place
from imbaloss.comparison.planning import plan_study
from imbaloss.comparison.race_schedule import Drop, Look, find_error_left, list_looks
from imbaloss.comparison.racing import describe_drops, find_drops, train_in_race
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.schedule import Cost, Schedule
from imbaloss.comparison.study import OwnStudy
from imbaloss.report.page import build_grid, tabulate_gains
from imbaloss.statistics import rule_out
from imbaloss.studies import Store
from tests.comparison import finished

BAYES, LOGISTIC, DUMMY = "sklearn.naive_bayes:GaussianNB", "logistic_regression", "sklearn.dummy:DummyClassifier"
METHODS = (BAYES, LOGISTIC, DUMMY)


def draw_rows(rows: int = 300, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(rows) < rows // 5)
    columns = generator.normal(size=(rows, 4)) + np.array([1.5, 1.0, 0.5, 0.0]) * labels[:, None]
    return pd.DataFrame(columns, columns=list("abcd")), np.where(labels, "yes", "no")


def compare(folder, repetitions: int = 7, **options):
    options = {"methods": METHODS, "settings": 1, "race": True} | options
    return imbaloss.compare(*draw_rows(), repetitions=repetitions, out=folder, **options)


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    return compare(tmp_path_factory.mktemp("race"))


def open_race(folder, repetitions: int = 7, **options) -> tuple[OwnStudy, Place]:
    """Return the study of `compare` with nothing trained, and its place."""
    own: Own = open_arrays("data", [draw_rows()], ComparisonRequest(target="y"), {})
    request = {"methods": METHODS, "settings": 1, "race": True, "repetitions": repetitions} | options
    return plan_study(ComparisonRequest(target="y", **request), own), Place(own, folder, Store(folder), "cpu")


@pytest.mark.parametrize(
    ("repetitions", "folds", "looks"),
    [
        (10, 5, [5]),
        (20, 5, [5, 10]),
        (5, 5, []),
        (40, 0, [5, 10, 20]),
        (12, 0, [5, 10]),
        (7, 3, [6]),
        (6, 3, []),
        (10, 10, []),
        (25, 10, [10, 20]),
    ],
)
def test_looks_are_after_whole_rounds_and_then_after_twice_as_many(repetitions, folds, looks):
    assert [look.repetitions for look in list_looks(repetitions, folds)] == looks


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.sampled_from([0, *range(3, 60)]))
def test_looks_spend_less_than_half_of_the_error_and_do_not_depend_on_the_end(repetitions, more, folds):
    looks, later = list_looks(repetitions, folds), list_looks(repetitions + more, folds)
    assert later[: len(looks)] == looks
    assert all(5 <= look.repetitions < repetitions for look in looks)
    assert all(look.repetitions % folds == 0 for look in looks if folds)
    left = find_error_left(repetitions, folds)
    assert 0.025 < left <= 0.05
    assert left + sum(look.alpha for look in looks) == pytest.approx(0.05)


def test_a_method_that_is_ruled_out_is_not_trained_any_more(answer):
    [drop] = answer.drops
    assert (drop.method, drop.repetitions) == (DUMMY, 5)
    trainings = answer.table.set_index("method")["seeds"]
    assert trainings.to_dict() == {BAYES: 7, LOGISTIC: 7, DUMMY: 5}
    study = studies.read_study(answer.folder)
    assert study.drops == (drop,)
    assert {run.hash for run in [*study.runs(), *study.other_runs()]} >= Store(answer.folder).hashes()
    assert len(study.runs()) == 3 * 7 - 2
    assert answer.best != DUMMY


def test_the_answer_says_what_was_dropped_when_and_by_how_much(answer):
    [drop] = answer.drops
    assert f"{DUMMY} ({drop.behind:.3f}; dropped after 5 repetitions)" in answer.verdict
    note = f"{DUMMY} is dropped after 5 of 7 repetitions: it is behind the best method by at least {drop.behind:.2g}"
    assert note in answer.description
    assert note in (answer.folder / "report.html").read_text(encoding="utf-8")
    assert answer.summary["race"].to_dict() == {BAYES: "", LOGISTIC: ""} | {DUMMY: "dropped after 5 repetitions"}
    assert answer.summary.index[-1] == DUMMY
    assert "Some repetitions give no score" not in answer.verdict
    [dropped] = json.loads(json.dumps(convert_to_json(answer)))["dropped"]
    assert dropped == {"method": DUMMY, "repetitions": 5, "behind": drop.behind}


def test_the_least_distance_is_that_of_the_test_at_the_look(answer):
    """The lower end for the scores of five folds, at a quarter of 5 %, by `rule_out` alone."""
    [cell] = next(cells for score, cells in answer.findings.scored.items() if score == answer.advice.score)
    at_look = {method: values[:5] for method, values in cell.scores.items()}
    rulings = rule_out(at_look, test_to_train=cell.test_to_train, alpha=0.0125)
    assert rulings[DUMMY].behind == pytest.approx(answer.drops[0].behind)
    assert [method for method, ruling in rulings.items() if ruling.p <= 0.0125] == [DUMMY]
    assert answer.findings.rulings[answer.advice.score.label][DUMMY] == rulings[DUMMY]


def tabulate(study: OwnStudy, place: Place) -> str:
    """Return the texts of table.csv and comparisons.csv of a study."""
    findings = report.compute_findings(study, place.store.rows(study.runs()), place.store)
    return findings.table.to_csv() + report.tabulate_comparisons(findings.comparisons).to_csv()


def tabulate_answer(answer) -> str:
    """Return the texts of table.csv and comparisons.csv of an answer."""
    return answer.table.to_csv() + answer.comparisons.to_csv()


@pytest.mark.parametrize("finished_stacks", [3, 15, 17])
def test_a_race_that_was_killed_gives_the_same_tables(answer, finished_stacks, tmp_path, monkeypatch):
    """Killed in the first round, at the end of it before the look, and after the look."""
    add, left = Store.add, iter(range(finished_stacks))

    def add_or_end(store, rows) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        add(store, rows)

    monkeypatch.setattr(Store, "add", add_or_end)
    study, place = open_race(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        train_in_race(study, place)
    monkeypatch.undo()
    assert len(Store(tmp_path).hashes()) == finished_stacks
    again = train_in_race(study, place)
    assert again.drops == answer.drops
    assert tabulate(again, place) == tabulate_answer(answer)


def test_scores_after_a_look_do_not_count_even_if_the_store_has_them(answer, tmp_path):
    study, place = open_race(tmp_path)
    place.run(study.runs())
    assert len(place.store.hashes()) == 3 * 7
    again = train_in_race(study, place)
    assert again.drops == answer.drops
    assert tabulate(again, place) == tabulate_answer(answer)


def test_without_a_race_nothing_speaks_of_one(tmp_path):
    study, place = open_race(tmp_path, race=False)
    place.keep(study)
    assert not {"race", "drops"} & tomllib.loads((tmp_path / "study.toml").read_text())["own"].keys()
    assert studies.read_study(tmp_path) == study
    assert (study.alpha, study.dropped, study.looks) == (0.05, {}, [])


@pytest.mark.slow
def test_worker_processes_drop_the_same(answer, tmp_path):
    again = compare(tmp_path, executor="processes", workers=2)
    assert again.drops == answer.drops
    for name in ("table.csv", "comparisons.csv"):
        assert (tmp_path / name).read_bytes() == (answer.folder / name).read_bytes()


def test_with_a_budget_the_looks_are_the_same(answer, tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "MOST", 7)
    study, place = open_race(tmp_path, repetitions=None, budget="1h")
    place.run(study.runs_of_repetition(0))
    schedule = Schedule(1.0, 1.0, (Cost(study.methods, 1e-6),))
    raced = train_repetitions(study, place, schedule, time.monotonic() + 3600)
    assert raced.repetitions == 7
    assert raced.drops == answer.drops
    assert {run.hash for run in raced.runs()} == Store(tmp_path).hashes()


def test_a_budget_that_ends_at_a_look_drops_nothing(tmp_path, monkeypatch):
    """The methods that are ruled out there have as many scores as all others."""
    monkeypatch.setattr(budget, "MOST", 5)
    study, place = open_race(tmp_path, repetitions=None, budget="1h")
    place.run(study.runs_of_repetition(0))
    raced = train_repetitions(study, place, Schedule(1.0, 1.0, (Cost(study.methods, 1e-6),)), time.monotonic() + 3600)
    assert (raced.repetitions, raced.drops, raced.alpha) == (5, (), 0.05)
    assert describe_drops(raced) == (
        "No method was dropped: the first look is after 5 repetitions, and there was time for 5 repetitions",
    )


def test_a_schedule_forgets_the_time_of_methods_that_are_dropped(tmp_path):
    study, _ = open_race(tmp_path)
    first, second, other = study.methods
    schedule = Schedule(1.0, 1.0, (Cost((first, second), 10.0), Cost((other,), 6.0)))
    kept = schedule.keep([first])
    assert kept.costs == (Cost((first,), 5.0),)
    assert kept.find_page(1 + kept.dropped) == schedule.find_page(3)
    assert kept.repetition < schedule.repetition


def test_with_a_test_part_the_looks_are_after_seeds(tmp_path):
    told = []
    own = open_arrays("data", [draw_rows(), draw_rows(200, seed=1)], ComparisonRequest(target="y"), {})
    request = ComparisonRequest(target="y", methods=METHODS, settings=1, race=True, repetitions=6)
    study = plan_study(request, own)
    place = Place(own, tmp_path, Store(tmp_path), "cpu", ComparisonObserver(tell=told.append))
    raced = train_in_race(study, place)
    assert (study.folds, [look.repetitions for look in study.looks]) == (0, [5])
    assert DUMMY in {drop.method for drop in raced.drops}
    assert len(told) == len(raced.drops)
    assert all("is dropped after 5 repetitions: it is behind the best method by at least 0." in text for text in told)
    findings = report.compute_findings(raced, place.store.rows(raced.runs()), place.store)
    assert {line.pairs for line in findings.comparisons if DUMMY in {line.first, line.second}} == {5}
    best = raced.recommend(findings)
    sentences = "\n".join(raced.advise(findings, best).sentences)
    assert f"{DUMMY} ({raced.drops[0].behind:.3f}; dropped after 5 repetitions)" in sentences


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": (BAYES,)}, "`race` needs two methods or more, found sklearn.naive_bayes:GaussianNB alone"),
        (
            {"repetitions": 5},
            "`race` needs more than 5 repetitions with 5 folds, .* found 5: name more with `repetitions`",
        ),
        ({"folds": 10, "repetitions": 10}, "`race` needs more than 10 repetitions with 10 folds"),
    ],
)
def test_a_race_that_can_drop_nothing_is_refused(options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        compare(tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


SCORES = {
    "lightgbm": [0.70, 0.72, 0.71, 0.69, 0.73, 0.70, 0.71, 0.72, 0.70, 0.71],
    "ce": [0.69, 0.73, 0.70, 0.70, 0.71, 0.71, 0.70, 0.73, 0.69, 0.72],
    "mse": [0.30, 0.31, 0.32, 0.30, 0.31, *[0.99] * 5],
}


def test_the_sentences_of_a_race_have_the_drop_and_the_rest_of_the_error(tmp_path):
    advice = finished.advise(tmp_path, SCORES, race=True, drops=(Drop("mse", 5, 0.3),))
    text = "\n".join(advice.sentences)
    assert str(advice.method) == "lightgbm"
    assert "These methods may be the best, with 95 % confidence: lightgbm and ce." in text
    assert "mse (0.300; dropped after 5 repetitions)" in text
    findings = finished.find(tmp_path / "again", SCORES, race=True, drops=(Drop("mse", 5, 0.3),))
    rulings = findings.rulings["average precision"]
    alphas = {method: ruling.alpha for method, ruling in rulings.items()}
    assert alphas == pytest.approx({"lightgbm": 0.0375, "ce": 0.0375, "mse": 0.0125})
    assert {line.pairs for line in findings.comparisons if "mse" in {line.first, line.second}} == {5}


def test_a_dropped_method_is_not_recommended_although_others_lack_more_scores(tmp_path):
    values = {
        "lightgbm": [0.70, None, None, None, None, None, None, None, None, 0.71],
        "ce": [0.69, None, None, None, None, None, None, None, 0.69, 0.72],
        "mse": [0.90] * 10,
    }
    advice = finished.advise(tmp_path, values, race=True, drops=(Drop("mse", 5, 0.3),))
    assert str(advice.method) == "ce"
    assert "mse (5 of" not in "\n".join(advice.sentences)
    assert "lightgbm (2 of 10)" in "\n".join(advice.sentences) or "lightgbm (8 of 10)" in "\n".join(advice.sentences)


def test_only_the_rows_before_a_look_decide_it(tmp_path):
    """After the look the third method would be the best one."""
    findings = finished.find(tmp_path, SCORES, race=True)
    place = Place(None, tmp_path, findings.store, "cpu")
    [drop] = find_drops(findings.study, place, Look(5, 0.0125))
    assert (drop.method, drop.repetitions) == ("mse", 5)
    assert 0.3 < drop.behind < 0.4
    assert find_drops(findings.study, place, Look(10, 0.0125)) == []


def test_a_drop_that_a_race_cannot_make_is_refused_in_a_study_file():
    study = finished.make_study(["ce", "mse"], 10, finished.DECISION, race=True, drops=(Drop("mse", 5, 0.3),))
    document = study.to_toml()
    assert OwnStudy.from_toml(document).drops == study.drops
    for change in ({"method": "focal"}, {"repetitions": 6}):
        table = document["own"] | {"drops": [document["own"]["drops"][0] | change]}
        with pytest.raises(ValueError, match="has a drop that its race cannot make"):
            OwnStudy.from_toml({"own": table})


def test_the_simulation_races_by_the_looks_of_the_package():
    scores = np.random.default_rng(0).normal(size=(20, 3)) * 0.01 + [0.7, 0.7, 0.2]
    raced = race.run_race(scores, 5, race.rule_by_folds)
    assert raced.repetitions.tolist() == [20, 20, 5]
    assert raced.is_ruled_out.tolist() == [False, False, True]
    figures = race.race_on_folds(10, 4, 40, half=True)
    assert 0 < figures.saved < 0.25
    assert figures == race.race_on_folds(10, 4, 40, half=True)
    assert race.race_on_seeds(12, 3, 10, half=False).best_out < 0.3


@pytest.mark.slow
@pytest.mark.parametrize("half", [False, True])
def test_all_looks_together_rule_a_best_method_out_with_five_percent_at_most(half):
    for figures in (race.race_on_folds(20, 5, 600, half=half), race.race_on_seeds(20, 5, 300, half=half)):
        assert figures.best_out < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
        assert figures.saved > 0.05 or not half


def test_the_mean_of_a_dropped_method_is_not_marked_as_the_best(tmp_path):
    values = SCORES | {"mse": [0.9] * 10}
    findings = finished.find(tmp_path, values, race=True, drops=(Drop("mse", 5, 0.3),))
    gains = {line["method"]: line["average_precision"] for line in tabulate_gains(findings)}
    assert gains["mse"]["estimate"] == pytest.approx(0.9)
    assert [method for method, gain in gains.items() if gain["lead"]] == ["lightgbm"]
    [cell] = build_grid(findings)
    assert cell.best["average_precision"] == pytest.approx(np.mean(SCORES["lightgbm"]))
