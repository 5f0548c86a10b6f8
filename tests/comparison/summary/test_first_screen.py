"""The first screen of the page in a real browser: alerts, decision and counts are seen without scrolling."""

from pathlib import Path

import pytest

from imbaloss import report
from imbaloss.comparison.advice import extend_page
from tests.chromium import needs_chromium
from tests.comparison.finished import COSTS, DECISION, find

pytest.importorskip("playwright.sync_api", reason="needs Playwright, which is in the dev extra")

pytestmark = needs_chromium

LONG = "KNeighborsClassifier:n_neighbors=100000"
TABLES = {
    "costs": ({"lightgbm": [0.5, 0.52], "logistic_regression": [0.51, 0.5], "ce": [0.7, 0.7]}, COSTS),
    "nothing": ({"lightgbm": [0.1, 0.09], "ce": [0.08, None]}, DECISION),
    "long names": ({"lightgbm": [0.5, 0.52], f"sklearn.neighbors:{LONG}": [None, None]}, DECISION),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    pages = {}
    for name, (values, entries) in TABLES.items():
        folder = tmp_path_factory.mktemp(name)
        findings = find(folder, values, entries, folds=0)
        advice = findings.study.advise(findings, findings.study.recommend(findings))
        pages[name] = report.write_report(findings, folder, extend_page(advice))
    return pages


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in TABLES if name != "nothing"])
def test_the_first_screen_holds_alerts_decision_and_counts(browser, files, name):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(files[name].as_uri())
    shown = page.locator("h1, .alert, .tile, .in-counts, .counted tr").all()
    tops = [each.bounding_box()["y"] + each.bounding_box()["height"] for each in shown]
    assert len(tops) > 8
    assert max(tops) < 900
    assert page.locator(".alert").first.bounding_box()["y"] < page.locator(".tile").first.bounding_box()["y"]
    page.close()


@pytest.mark.slow
def test_under_an_alert_that_blocks_tiles_counts_and_explorer_are_folded(browser, files):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(files["nothing"].as_uri())
    folded = page.locator(".tile, .in-counts, .counted tr, #explorer").all()
    assert len(folded) > 5
    assert not any(each.is_visible() for each in folded)
    for summary in page.locator("summary:has-text('under this alert')").all():
        summary.click()
    assert all(each.is_visible() for each in folded)
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_phone_shows_every_number_without_scrolling_sideways(browser, files, name):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(files[name].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    boxes = [each.bounding_box() for each in page.locator(".alert, .tile, .counted td").all()]
    assert boxes
    assert max(box["x"] + box["width"] for box in boxes) <= 390
    page.close()
