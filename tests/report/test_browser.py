"""The page in a real browser, from a file, with the network off."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from imbaloss import studies
from imbaloss.data import SETS
from tests.report.examples import LOSSES, rows, write

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright, which is in the dev extra")
CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")

NAME, DATASET = "<script>alert(1)</script>", "dữ liệu/thẻ tín dụng & gian lận.csv"
STUDY = replace(
    studies.built_in("table1"), name=NAME, datasets=("tree_1", DATASET), levels=(0.05,), losses=LOSSES, seeds=range(7)
)
SCORES = ["F1 at ½", "F1 at the tuned threshold", "ROC-AUC", "average precision"]


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SETS, DATASET, SETS["tree_2"])
        return write(STUDY, rows(seeds=7, datasets=("tree_1", DATASET)), tmp_path_factory.mktemp("kết quả"))


@pytest.fixture(scope="module")
def browser() -> Iterator["sync_api.Browser"]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def opened(browser, file):
    """Opens the page with options of a context; what the browser complains of, or fetches, fails the test."""
    contexts, complaints, fetched = [], [], []

    def open_page(**options) -> "sync_api.Page":
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert set(fetched) == {file.as_uri()}


def score_of(page: "sync_api.Page") -> "sync_api.Locator":
    return page.get_by_role("combobox", name="Score")


def shown(page: "sync_api.Page", selector: str) -> int:
    return sum(one.is_visible() for one in page.locator(selector).all())


def test_a_study_and_a_data_set_of_any_name_are_shown_as_text(opened):
    page = opened()
    assert page.title() == f"imbaloss: {NAME}"
    assert NAME in page.locator("main > p").first.inner_text()
    assert DATASET in page.locator("tbody th").all_inner_texts()[len(LOSSES) + 1]
    assert page.locator("figure svg text", has_text=DATASET).count()
    assert page.locator("option", has_text=DATASET).count() == 1
    assert page.locator("script").count() == 1


def test_the_verdict_comes_first(opened):
    headings = opened().locator("h1, h2").all_inner_texts()
    assert headings[:3] == ["Which loss finds the rare class?", "The verdict", "What the gain is made of"]


def test_one_score_and_one_data_set_can_be_chosen(opened):
    page = opened()
    assert score_of(page).locator("option").all_inner_texts() == [*SCORES, "all"]
    for score in SCORES:
        score_of(page).select_option(score)
        assert page.locator("section[data-score] h3:visible").all_inner_texts() == [f"{score} on the test part"]
        assert shown(page, "figure[data-score]") == 1
    score_of(page).select_option("all")
    assert shown(page, "section[data-score]") == shown(page, "figure[data-score]") == len(SCORES)
    assert shown(page, "tr[data-setting]") == 2 * len(SCORES)
    every = shown(page, "figure[data-setting]")
    page.get_by_role("combobox", name="Data set").select_option("tree_1")
    assert shown(page, "tr[data-setting]") == len(SCORES)
    assert 2 * shown(page, "figure[data-setting]") == every
    assert shown(page, f'figure[data-setting="{DATASET}"]') == 0


def test_the_controls_are_reached_and_used_by_the_keyboard(opened):
    page = opened()
    while page.evaluate("document.activeElement.name") != "score":
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.locator("section[data-score] h3:visible").all_inner_texts() == [f"{SCORES[1]} on the test part"]


def test_a_mark_that_is_pointed_at_tells_its_value(opened, file):
    page = opened()
    table = (file.parent / "table.csv").read_text(encoding="utf-8")
    mark = page.locator("figure[data-score] [data-tip]:visible").first
    mark.hover()
    told = page.locator("#tip")
    assert told.is_visible()
    loss, value = re.match(r"(\S+) at level 0.05: F1 at ½ ([\d.]+) \(", told.inner_text()).groups()
    line = next(line for line in table.splitlines() if line.startswith(f"tree_1,0.05,{loss},"))
    assert f"{float(line.split(',')[4]):.4f}" == value
    page.locator("h1").hover()
    assert not told.is_visible()


@pytest.mark.parametrize("width", [320, 390, 800])
def test_nothing_hangs_over_the_edge(opened, width):
    page = opened(viewport={"width": width, "height": 844})
    score_of(page).select_option("all")
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1150])
def test_axe_finds_no_serious_fault(opened, scheme, width):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs axe-core, which is in the dev extra"
    )
    page = opened(color_scheme=scheme, viewport={"width": width, "height": 844})
    score_of(page).select_option("all")
    found = axe.Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []


def test_without_scripts_and_on_paper_everything_is_there(opened):
    page = opened(java_script_enabled=False)
    assert shown(page, "section[data-score]") == shown(page, "figure[data-score]") == len(SCORES)
    assert not page.locator(".controls").is_visible()
    page = opened()
    page.emulate_media(media="print")
    assert shown(page, "section[data-score]") == shown(page, "figure[data-score]") == len(SCORES)
    assert not page.locator(".controls").is_visible()


def test_figures_follow_the_colours_of_the_page(opened):
    for scheme in ("light", "dark"):
        page = opened(color_scheme=scheme)
        ink = page.evaluate("getComputedStyle(document.body).color")
        assert page.evaluate("getComputedStyle(document.querySelector('figure svg text')).fill") == ink
