"""An answer as text: the order of what it says, lines that fit, whole words, and the numbers of its JSON."""

import json
from dataclasses import replace
from io import StringIO
from math import nan

import pytest
from rich.console import Console

from imbaloss.comparison.answer import Answer, convert_to_json
from imbaloss.comparison.summary.alerts import Alert, AlertKind
from imbaloss.comparison.summary.answer_text import break_name, write_plain
from imbaloss.comparison.summary.decision import Decision, Savings, Tile
from imbaloss.comparison.summary.decision_counts import DecisionCounts, Outcome
from imbaloss.comparison.summary.leaderboard import ScoreAxis, Standing
from imbaloss.comparison.summary.summary import Summary
from imbaloss.report.tables import DASH
from imbaloss.statistics import Interval
from tests.comparison.finished import advise, find

VALUES = {"lightgbm": [0.41, 0.52, 0.43], "ce + smote": [0.31, 0.32, 0.30], "logistic_regression": [0.3, 0.4, 0.2]}
LONG = "sklearn.ensemble:ExtraTreesClassifier:class_weight=balanced_subsample,n_estimators=300"
LEAK = Alert(AlertKind.LEAK, "the column `closed <on>` may give away the target", blocks=True)
COPIES = Alert(AlertKind.COPIES, "3 test rows also occur in train: `drop` them", blocks=False)
FEW = Alert(AlertKind.FEW_POSITIVES, "12 positives are few: gather more of them before you rely on this", blocks=False)
COUNTS = DecisionCounts(
    1000, 51.2, Outcome("lightgbm", 49, 41.4, 7.6, 9, 139.0),
    [Outcome("flag nobody", 0, 0, 0, 51.2, 512.0), Outcome("flag everybody", 1000, 51.2, 948.8, 0, 949.0)],
)  # fmt: skip
IN_COUNTS = (
    "Of 1,000 new rows, about 51 have fraud = yes. With lightgbm you would flag 49, 41 of them rightly, and miss 10"
)
DECISION = Decision(
    "Use lightgbm", (), IN_COUNTS, "The 1,000 rows would cost 139", [COUNTS.recommended, *COUNTS.alternatives]
)
AXIS = ScoreAxis(0.0, 1.0, 0.05, "chance", 2)
WIDTHS = (80, 120)


def stand(method: str, score: Interval, verdict: str, seconds: float) -> Standing:
    return Standing(method, method, score, verdict, seconds, seconds / 100)


STANDINGS = (
    stand("lightgbm", Interval(0.4533, 0.3112, 0.5954), "recommended", 0.1234),
    stand("ce + smote", Interval(0.31, 0.27, 0.35), "ruled out, at least 0.002 behind; dropped after 5 seeds", 12.3),
    stand(LONG, Interval(0.2517, nan, nan), "may be the best", 432.1),
    stand("ce", Interval(nan, nan, nan), "no score in 3 of 3 repetitions: the training failed", nan),
)  # fmt: skip


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Answer:
    """The answer of a small study, without what a summary adds."""
    folder = tmp_path_factory.mktemp("answers")
    advice = advise(folder / "final", VALUES)
    advice = replace(advice, summary=Summary((), Decision("Use lightgbm", (), "", ""), None, None, (), None, ()))
    return Answer(folder, find(folder / "findings", VALUES), advice, None, ())


@pytest.fixture(scope="module")
def answer(bare) -> Answer:
    return replace(
        bare, advice=replace(bare.advice, summary=Summary((COPIES, FEW), DECISION, COUNTS, None, STANDINGS, AXIS, ()))
    )


@pytest.fixture(scope="module")
def blocked(answer) -> Answer:
    """The same with an alert that blocks."""
    return replace(answer, advice=replace(answer.advice, summary=replace(answer.advice.summary, alerts=(LEAK, FEW))))


def join(text: str) -> str:
    """The words of a text in one line, without the marks at the beginning of its lines."""
    return " ".join(word for word in text.split() if word not in "!-")


def test_alerts_come_first_then_the_decision_what_it_brings_and_the_methods(answer):
    text = join(str(answer))
    sentences = [f"{sentence}." for sentence in (answer.advice.recommendation, *answer.advice.main_reasons)]
    parts = [f"{COPIES.sentence}.", f"{FEW.sentence}.", *sentences, f"{IN_COUNTS}. {DECISION.money}.", "flag nobody"]
    places = [text.index(join(part)) for part in [*parts, "The methods, best first by average precision:"]]
    assert places == sorted(places)
    assert sentences[0].startswith("Use lightgbm. ")


@pytest.mark.parametrize("width", WIDTHS)
def test_lines_fit_and_no_word_is_broken(answer, width):
    text = write_plain(answer.lay_out(width), width)
    assert max(map(len, text.splitlines())) <= width
    words = set(text.split())
    told = [
        COPIES.sentence,
        FEW.sentence,
        IN_COUNTS,
        *answer.advice.main_reasons,
        *(each.verdict for each in STANDINGS),
    ]
    assert {word for sentence in told for word in sentence.split()[:-1]} <= words
    assert all(f"{sentence}." in join(text) for sentence in map(join, answer.advice.main_reasons))
    assert "ExtraTreesClassifier:" in "".join(text.split())


def test_nothing_is_cut_off_from_a_word_longer_than_a_line(answer):
    name = f"sklearn.ensemble:ExtraTreesClassifier:{'x' * 90},n_estimators=14"
    alert = Alert(AlertKind.FAILED, f"3 of 6 trainings failed: {name}", blocks=False)
    standing = stand("ce", Interval(nan, nan, nan), f"no score: {name}", nan)
    summary = replace(answer.advice.summary, alerts=(alert,), standings=(*STANDINGS, standing))
    advice = replace(answer.advice, summary=summary, main_reasons=(f"These may be the best: {name}",))
    text = str(replace(answer, advice=advice))
    assert "…" not in text
    assert text.replace("\n", "").replace(" ", "").count(name) >= 2  # in the alert and in the reason, whole


def test_the_tables_have_the_numbers(answer):
    lines = [line.split() for line in str(answer).splitlines()]
    assert ["decision", "flagged", "right", "false", "alarms", "missed", "cost"] in lines
    assert ["lightgbm", "49", "41", "8", "10", "139"] in lines
    assert ["flag", "everybody", "1,000", "51", "949", "0", "949"] in lines
    assert ["lightgbm", "0.45", "[0.31,", "0.60]", "0.12", "s", "1.2", "ms", "recommended"] in lines
    assert any(line[:3] == ["ce", DASH, DASH] for line in lines)


def test_under_an_alert_that_blocks_the_counts_are_left_to_the_page(blocked):
    text = join(str(blocked))
    assert text.startswith(f"{join(LEAK.sentence)}. ")
    assert "The page has what decisions would bring, folded under this alert. The methods, best first" in text
    assert "flag nobody" not in text
    html = blocked._repr_html_()
    assert "closed &lt;on&gt;" in html
    assert html.index("<details>") < html.index("flag everybody") < html.index("</details>") < html.index(LONG)


def test_without_costs_there_is_no_column_of_costs(answer):
    outcome = replace(COUNTS.recommended, cost=None)
    counts = DecisionCounts(1000, 51.2, outcome, [replace(outcome, name="flag nobody")])
    summary = replace(answer.advice.summary, counts=counts, decision=replace(DECISION, money="", outcomes=[outcome]))
    assert "cost" not in str(replace(answer, advice=replace(answer.advice, summary=summary)))


def test_without_alerts_counts_and_scores_there_is_the_recommendation_alone(bare):
    text = str(bare)
    assert text.startswith("Use lightgbm. ")
    assert not any(words in text for words in ("new rows, about", "The methods, best first"))


def test_only_a_terminal_has_colours_and_both_say_the_same(answer, blocked):
    console = Console(file=StringIO(), force_terminal=True, color_system="standard", width=100)
    console.print(blocked)
    coloured = console.file.getvalue()
    assert "\x1b[1;31m" in coloured  # bold and red, for what blocks
    assert "\x1b" not in str(answer)
    plain = Console(file=StringIO(), color_system=None, width=100)
    plain.print(answer)
    assert [line.rstrip() for line in plain.file.getvalue().splitlines()] == str(answer).splitlines()


def test_the_json_has_the_numbers_of_the_leaderboard(answer):
    leaderboard = json.loads(json.dumps(convert_to_json(answer), allow_nan=False))["leaderboard"]
    assert [line["method"] for line in leaderboard] == [each.method for each in STANDINGS]
    first, *_, last = leaderboard
    assert (first["score"], first["score_low"], first["score_high"]) == (0.4533, 0.3112, 0.5954)
    assert (first["verdict"], first["fit_seconds"]) == ("recommended", 0.1234)
    assert first["predict_1000_seconds"] == 0.1234 / 100
    assert (last["score"], last["fit_seconds"], last["predict_1000_seconds"]) == (None, None, None)
    assert f"{first['score']:.2f} [{first['score_low']:.2f}, {first['score_high']:.2f}]" in str(answer)


def test_the_json_has_the_tiles_and_the_numbers_of_the_money(answer):
    tile = Tile("Method", "Boosted trees", "", "lightgbm")
    savings = Savings(1000, 139.5, 810.0, nan, 900.0, "flag everybody", 949.5, None)
    decision = replace(DECISION, tiles=(tile,), savings=savings)
    advice = replace(answer.advice, summary=replace(answer.advice.summary, decision=decision))
    found = json.loads(json.dumps(convert_to_json(replace(answer, advice=advice)), allow_nan=False))
    assert found["tiles"] == [{"heading": "Method", "text": "Boosted trees", "detail": "", "code": "lightgbm"}]
    assert found["money"] == {
        "rows": 1000, "cost": 139.5, "saved": 810.0, "saved_low": None, "saved_high": 900.0,
        "without_model": "flag everybody", "cost_without_model": 949.5, "cost_in_use": None,
    }  # fmt: skip
    assert convert_to_json(answer)["money"] is None


def test_a_notebook_sees_the_same_as_html(answer, bare):
    html = answer._repr_html_()
    assert html.index("also occur in train") < html.index("Use lightgbm") < html.index("flag everybody")
    assert html.index("flag everybody") < html.index(LONG)
    assert "<details>" not in html
    assert "Use lightgbm" in bare._repr_html_()


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("balanced_random_forest", ["balanced_random_forest"]),
        ("balanced_random_forest + smote", ["balanced_random_forest +", "smote"]),
        ("sklearn.svm:SVC:kernel=poly,degree=3", ["sklearn.svm:SVC:kernel=", "poly,degree=3"]),
        ("a" * 40, ["a" * 40]),
    ],
)  # fmt: skip
def test_a_long_name_is_broken_after_marks(name, lines):
    assert break_name(name, 26).splitlines() == lines
