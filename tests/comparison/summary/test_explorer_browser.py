"""The explorer in a real browser, from a file, with the network off."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from imbaloss.comparison.summary.explorer import Explorer, write_outcome
from imbaloss.report.cells import ComparedScore
from imbaloss.report.page import render_page
from tests.chromium import needs_chromium
from tests.comparison import finished

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright, which is in the dev extra")

pytestmark = needs_chromium

SCORES = {"lightgbm": [0.5, 0.6, 0.55, 0.6, 0.5], "ce": [0.3, 0.4, 0.3, 0.35, 0.3]}
FLAGGED, RIGHT, MISSED, COST = "flagged", "right", "missed", "cost"


def write_page(folder: Path, entries=finished.DECISION, scores=SCORES, **fields) -> tuple[Path, Explorer | None]:
    """Write the page of a finished comparison without figures, and return it with the numbers of its explorer."""
    findings = finished.find(folder, scores, entries, **fields)
    study = findings.study
    best = study.recommend(findings)
    findings.store.add([finished.finish(study.final_run(best), ComparedScore("", "roc_auc"), 0.5)])
    page = folder / "report.html"
    page.write_text(render_page(findings, (), (), (), study.extend_report(findings)), encoding="utf-8")
    return page, study.advise(findings, best).summary.explorer


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Path, Explorer]:
    return write_page(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def explorer(written) -> Explorer:
    return written[1]


@pytest.fixture
def opened(browser, written):
    """Opens a page with options of a context; what the browser complains of, or fetches, fails the test."""
    contexts, complaints, fetched, files = [], [], set(), set()

    def open_page(file: Path = written[0], **options) -> "sync_api.Page":
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: fetched.add(request.url))
        files.add(file.as_uri())
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert fetched == files


def slider(page: "sync_api.Page") -> "sync_api.Locator":
    return page.get_by_role("slider", name="Flag from a probability of")


def field(page: "sync_api.Page", name: str) -> "sync_api.Locator":
    return page.get_by_role("spinbutton", name=name)


def table(page: "sync_api.Page") -> dict[str, tuple[str, str]]:
    """The numbers and bands that are shown, by the name of the outcome."""
    rows = page.locator("#explorer [data-outcome]").all()
    return {row.get_attribute("data-outcome"): tuple(row.locator("td").all_inner_texts()) for row in rows}


def number(page: "sync_api.Page", outcome: str) -> float:
    return float(table(page)[outcome][0].replace(",", ""))


def move(page: "sync_api.Page", place: int) -> None:
    slider(page).fill(str(place))


def test_without_scripts_the_numbers_are_those_at_the_chosen_threshold_and_no_control_is_shown(opened, explorer):
    page = opened(java_script_enabled=False)
    assert table(page) == {name: tuple(written) for name, written in explorer.written.items()}
    assert page.locator("#explorer caption").inner_text() == "Of 1,000 new rows, flagged from a probability of 0.750 on"
    assert not page.locator("#explorer :is(input, button):visible").count()


def test_with_scripts_the_page_first_shows_the_same(opened):
    texts = [opened(java_script_enabled=scripts).locator("#explorer table").inner_text() for scripts in (True, False)]
    assert texts[0] == texts[1]


def test_every_threshold_shows_the_numbers_that_python_computes(opened, tmp_path):
    """Bands and costs too, of the rule by which thresholds were chosen."""
    page_file, explorer = write_page(tmp_path, finished.COSTS)
    page = opened(page_file)
    for place in range(0, len(explorer.points), 15):
        move(page, place)
        outcomes = explorer.count_outcomes(place)
        assert table(page) == {name: tuple(write_outcome(outcome, name)) for name, outcome in vars(outcomes).items()}


def test_counts_at_ten_thresholds_are_the_rows_that_these_thresholds_flag(opened, explorer):
    """As many new rows as test rows make the means counts, which test_explorer.py compares with those of `predict`."""
    page = opened()
    field(page, "New rows").fill("1000")  # 5 test parts of 200 rows
    for place in range(5, len(explorer.points), len(explorer.points) // 10):
        move(page, place)
        point = explorer.points[place]
        shown = page.locator("#explorer caption .threshold").inner_text()
        assert float(shown) == point.value
        assert number(page, RIGHT) == point.positives
        assert number(page, FLAGGED) == point.positives + point.negatives
        assert page.locator("#explorer .command code").inner_text().endswith(f" --threshold {shown}")


def test_the_keyboard_reaches_everything_and_arrow_keys_move_the_threshold(opened, explorer):
    page = opened()
    reached = []
    page.evaluate("document.activeElement.blur()")
    while "fp" not in reached and len(reached) < 60:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.name"))
    assert [name for name in reached if name] == [
        "place", "threshold", "chosen", "rows", "share", "capacity", "fn", "fp"
    ]  # fmt: skip
    slider(page).focus()
    before = number(page, FLAGGED)
    page.keyboard.press("ArrowRight")
    assert number(page, FLAGGED) < before
    point = explorer.points[explorer.chosen + 1]
    assert slider(page).get_attribute("aria-valuetext") == str(point.value)
    assert page.get_by_role("textbox").input_value() == str(point.value)
    page.keyboard.press("ArrowLeft")
    assert number(page, FLAGGED) == before
    assert not page.locator("#explorer .command code span").inner_text()  # `predict` decides so by itself
    page.keyboard.press("Home")
    assert number(page, MISSED) == 0


def test_a_typed_threshold_goes_to_the_nearest_one_that_is_counted(opened, explorer):
    page = opened()
    box = page.get_by_role("textbox")
    for typed in ("0.4242", "0,4242"):
        box.fill(typed)
        box.press("Enter")
        nearest = min(explorer.points, key=lambda point: abs(point.value - 0.4242))
        assert box.input_value() == str(nearest.value)
        page.get_by_role("button", name="Back to 0.750").click()
        assert box.input_value() == "0.750"
    box.fill("many")
    box.press("Enter")
    assert box.input_value() == "0.750"


def test_a_capacity_flags_as_many_as_fit_into_it(opened, explorer):
    page = opened()
    field(page, "We can check at most").fill("150")
    place = int(slider(page).input_value())
    flagged = [explorer.count_outcomes(each).flagged.estimate for each in (place - 1, place)]
    assert flagged[1] <= 150 < flagged[0]
    field(page, "New rows").fill("3000")  # of which it is another share
    assert 40 < number(page, FLAGGED) <= 150
    place = slider(page).input_value()
    field(page, "We can check at most").fill("")
    assert slider(page).input_value() == place
    field(page, "We can check at most").fill("20")
    slider(page).press("ArrowLeft")
    assert field(page, "We can check at most").input_value() == ""


def test_a_capacity_that_no_threshold_keeps_is_told(opened, written, tmp_path):
    """As where the model gives many rows the probability 1."""
    text = written[0].read_text(encoding="utf-8")
    [numbers] = re.findall(r'<script type="application/json">(.*?)</script>', text)
    cut = {name: values[:-5] if isinstance(values, list) else values for name, values in json.loads(numbers).items()}
    file = tmp_path / "report.html"
    file.write_text(text.replace(numbers, json.dumps(cut)), encoding="utf-8")
    page = opened(file)
    note = page.locator("#explorer .beyond")
    field(page, "We can check at most").fill("500")
    assert not note.is_visible()
    field(page, "We can check at most").fill("0.5")
    shown = table(page)[FLAGGED][0]
    assert float(shown) > 0.5
    assert note.inner_text() == f"No threshold flags so few: the highest one flags {shown}."
    slider(page).press("ArrowLeft")  # a threshold that is chosen by hand forgets the capacity
    assert not note.is_visible()


def test_costs_offer_the_cheapest_threshold(opened, explorer):
    page = opened()
    assert not page.get_by_text("Cheapest").is_visible()
    assert not page.locator("[data-outcome=cost]").is_visible()
    field(page, "Cost of one missed").fill("9")
    field(page, "Cost of one false alarm").fill("2")
    priced = [
        9 * outcomes.missed.estimate + 2 * outcomes.false_alarms.estimate
        for outcomes in map(explorer.count_outcomes, range(len(explorer.points)))
    ]
    assert number(page, COST) == pytest.approx(priced[explorer.chosen], abs=0.5)
    page.get_by_role("button", name="Take it").click()
    assert number(page, COST) == pytest.approx(min(priced), abs=0.5)
    assert int(slider(page).input_value()) == priced.index(min(priced))


def test_another_share_of_positives_weighs_the_classes(opened, explorer):
    page = opened()
    field(page, "Positives, %").fill("1")
    rarer = replace(explorer, positives=explorer.negatives / 99)
    outcomes = rarer.count_outcomes(explorer.chosen)
    assert table(page)["precision"] == tuple(write_outcome(outcomes.precision, "precision"))
    assert table(page)["recall"] == tuple(explorer.written["recall"])
    assert table(page)["false_alarms"] == tuple(write_outcome(outcomes.false_alarms, "false_alarms"))
    field(page, "Positives, %").fill("150")  # no share: that of the test rows stays
    assert table(page)["precision"] == tuple(explorer.written["precision"])


def test_it_is_read_out_once_after_a_pause(opened):
    page = opened()
    output = page.locator("#explorer output")
    assert output.text_content() == ""
    page.clock.pause_at(datetime.now() + timedelta(minutes=1))  # a busy machine cannot press too slowly
    slider(page).focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    assert output.text_content() == ""
    page.clock.run_for(60_000)
    assert re.fullmatch(r"Threshold [\d.]+: \d+ flagged, [\d.]+ of them right, [\d.]+ missed\.", output.text_content())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_fault_and_nothing_hangs_over_the_edge(opened, scheme, width):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs axe-core, which is in the dev extra"
    )
    page = opened(color_scheme=scheme, viewport={"width": width, "height": 844})
    field(page, "Cost of one missed").fill("90000")
    field(page, "Cost of one false alarm").fill("20000")
    field(page, "Positives, %").fill("150")  # which the field marks as wrong
    assert page.evaluate("document.documentElement.scrollWidth") == width
    found = axe.Axe().run(page, context="#explorer").response["violations"]
    assert [each["id"] for each in found] == []


def test_costs_that_differ_by_row_have_no_fields(opened, tmp_path):
    page_file, _ = write_page(tmp_path, cost="fn=amount,fp=5")
    page = opened(page_file)
    assert field(page, "Cost of one missed").count() == 0
    move(page, 3)
    assert number(page, FLAGGED) > 0
    assert page.get_by_text("Costs differ by row").is_visible()


def test_a_page_without_an_explorer_has_no_part_of_it(opened, tmp_path):
    page_file, explorer = write_page(tmp_path, scores={"lightgbm": [0.05] * 5, "ce": [0.04] * 5})
    assert explorer is None
    page = opened(page_file)
    assert page.locator("script").count() == 1
    assert page.locator("#explorer").count() == 0
