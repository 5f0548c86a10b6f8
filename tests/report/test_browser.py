"""The page in a real browser, from a file, with the network off."""

import csv
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from imbaloss import losses, studies
from imbaloss.comparison.imported.importing import import_results
from imbaloss.comparison.imported.request import ImportRequest
from imbaloss.comparison.reading.table_file import TableFile
from imbaloss.data import SETS
from imbaloss.learners import Method
from imbaloss.report.tables import DASH
from tests.chromium import needs_chromium
from tests.comparison.finished import make_own_page
from tests.comparison.imported.test_importing import predicted
from tests.report.examples import LOSSES, rows, write

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright, which is in the dev extra")

pytestmark = needs_chromium

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
def own(tmp_path_factory) -> Path:
    """The page of one's own data: nine methods, of which one failed, and mistakes that are named."""
    return make_own_page(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> Path:
    """The page of imported predictions, of which one result is missing."""
    folder = tmp_path_factory.mktemp("imported")
    predicted().query("method != 'blunt' or seed > 0").to_csv(folder / "bench.csv", index=False)
    import_results(TableFile(folder / "bench.csv"), ImportRequest(), folder / "out")
    return folder / "out" / "report.html"


@pytest.fixture
def opened(browser, file):
    """Opens the page, or another one, with options of a context.

    What the browser complains of, or fetches, fails the test.
    """
    contexts, complaints, fetched, files = [], [], [], set()

    def open_page(other: Path | None = None, **options) -> "sync_api.Page":
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: fetched.append(request.url))
        files.add((other or file).as_uri())
        page.goto((other or file).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert set(fetched) == files


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


def test_the_contents_lead_to_each_section_by_the_keyboard(opened):
    page = opened()
    links = page.get_by_role("navigation", name="Contents").get_by_role("link")
    assert links.count() == page.locator("h2").count() > 6
    targets = [link.get_attribute("href") for link in links.all()]
    assert len(set(targets)) == len(targets)
    assert [page.locator(target).count() for target in targets] == [1] * len(targets)
    links.nth(5).focus()
    page.keyboard.press("Enter")
    top = page.locator(targets[5]).bounding_box()["y"]
    assert 0 < top - page.get_by_role("navigation").bounding_box()["height"] < 40  # not below the bar


def test_links_lead_to_files_beside_the_page(opened, file):
    names = [link.get_attribute("href") for link in opened().locator("main a").all()]
    assert {"table.csv", "comparisons.csv", "results.sqlite", "figures/scores_f1.svg"} <= set(names)
    assert [name for name in names if name != "study.toml" and not (file.parent / unquote(name)).exists()] == []


def headings(score: str) -> list[str]:
    """Of its sections."""
    return [f"{score} on the test part", f"{score}: each loss against each other, over all cells"]


def test_one_score_and_one_data_set_can_be_chosen(opened):
    page = opened()
    assert score_of(page).locator("option").all_inner_texts() == [*SCORES, "all"]
    for score in SCORES:
        score_of(page).select_option(score)
        assert page.locator("section[data-score] h3:visible").all_inner_texts() == headings(score)
        assert shown(page, "figure[data-score]") == 1
    score_of(page).select_option("all")
    assert shown(page, "section[data-score]") == 2 * len(SCORES)
    assert shown(page, "figure[data-score]") == len(SCORES)
    assert shown(page, "tr[data-setting]") == 2 * len(SCORES)
    page.locator("summary").click()
    assert shown(page, "tr[data-setting]") == 2 * len(SCORES) + 2 * len(LOSSES)
    every = shown(page, "figure[data-setting]")
    page.get_by_role("combobox", name="Data set").select_option("tree_1")
    assert shown(page, "tr[data-setting]") == len(SCORES) + len(LOSSES)
    assert 2 * shown(page, "figure[data-setting]") == every
    assert shown(page, f'figure[data-setting="{DATASET}"]') == 0


def test_the_controls_are_reached_and_used_by_the_keyboard(opened):
    page = opened()
    while page.evaluate("document.activeElement.name") != "score":
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.locator("section[data-score] h3:visible").all_inner_texts() == headings(SCORES[1])


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


def test_escape_hides_what_a_mark_tells_and_pointing_again_shows_it(opened):
    page = opened()
    mark, told = page.locator("figure[data-score] [data-tip]:visible").first, page.locator("#tip")
    mark.hover()
    assert told.is_visible()
    page.keyboard.press("Escape")
    assert not told.is_visible()
    page.locator("h1").hover()
    mark.hover()
    assert told.is_visible()


def test_marks_of_figures_alone_tell_something(opened):
    page = opened()
    assert page.locator("[data-tip]").count() == page.locator("figure svg [data-tip]").count() > 0


def test_further_scores_are_those_of_the_table(opened, file):
    """Told when they are asked for."""
    page = opened()
    assert not page.locator("details table").is_visible()
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    with (file.parent / "table.csv").open(encoding="utf-8") as text:
        cells = list(csv.DictReader(text))
    columns = ("f1_sd", "tuned_f1_sd", "roc_auc_sd", "average_precision_sd", "precision", "recall", "tuned_threshold")
    expected = [
        [f"{cell['setting']}, {float(cell['level']):.4g}", cell["method"], cell["seeds"],
         *(f"{float(cell[column]):.4f}" for column in columns)]
        for cell in cells
    ]  # fmt: skip
    lines = [line.locator("th, td").all_inner_texts() for line in page.locator("details tbody tr:visible").all()]
    assert lines == expected


def test_the_verdict_of_each_pair_is_that_of_the_comparisons_seen_from_the_line(opened, file):
    page = opened(java_script_enabled=False)
    with (file.parent / "comparisons.csv").open(encoding="utf-8") as text:
        pairs = [one for one in csv.DictReader(text) if one["setting"] == "all cells"]
    for score in SCORES:
        section = page.locator("section", has=page.get_by_role("heading", name=headings(score)[1], exact=True)).last
        lines = [line.locator("td").all_inner_texts() for line in section.locator("tbody tr").all()]
        expected = [[DASH] * len(LOSSES) for _ in LOSSES]
        for one in pairs:
            if one["score"] == score:
                first, second = LOSSES.index(one["first"]), LOSSES.index(one["second"])
                word = {"better": "worse", "worse": "better"}.get(one["verdict"], one["verdict"])
                expected[first][second] = f"{one['verdict']} {float(one['difference']):+.3f}"
                expected[second][first] = f"{word} {-float(one['difference']):+.3f}"
        assert lines == expected


def test_nothing_is_said_of_a_new_data_set_where_there_are_two(opened):
    assert opened().get_by_text("on other data sets").count() == 0


@pytest.mark.parametrize("width", [390, 1150])
def test_what_scrolls_and_nothing_else_is_reached_by_the_keyboard(opened, width):
    page = opened(viewport={"width": width, "height": 844})
    page.locator("summary").click()  # a closed one has no width
    page.set_viewport_size({"width": width - 1, "height": 844})
    found = page.evaluate(REACHED)
    assert all(scrolls == reached for scrolls, reached in found)
    assert (width < 400) in {
        scrolls for scrolls, _ in found
    }  # some scroll on a narrow screen, some do not on a wide one
    assert opened(java_script_enabled=False).locator("[tabindex]").count() == 0


REACHED = """[...document.querySelectorAll(".wide, pre")].filter((one) => one.checkVisibility())
  .map((one) => [one.scrollWidth > one.clientWidth, one.tabIndex === 0])"""


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


def assert_everything_is_shown(page: "sync_api.Page") -> None:
    assert shown(page, "section[data-score]") == 2 * len(SCORES)
    assert shown(page, "figure[data-score]") == len(SCORES)
    assert shown(page, "details summary") == 1


def test_without_scripts_and_on_paper_everything_is_there(opened):
    page = opened(java_script_enabled=False)
    assert_everything_is_shown(page)
    assert not page.locator(".controls").is_visible()
    page = opened()
    page.emulate_media(media="print")
    assert_everything_is_shown(page)
    assert not page.locator(".controls").is_visible()


def test_figures_follow_the_colours_of_the_page(opened):
    for scheme in ("light", "dark"):
        page = opened(color_scheme=scheme)
        ink = page.evaluate("getComputedStyle(document.body).color")
        assert page.evaluate("getComputedStyle(document.querySelector('figure svg text')).fill") == ink
        assert page.evaluate("getComputedStyle(document.querySelector('figure svg')).fill") == ink  # of black marks


PAPER = {"width": 718, "height": 1000}  # A4 of 794 CSS pixels, less 1 cm on either side


def test_tables_of_fifteen_losses_fit_on_paper(browser, tmp_path):
    many, levels = losses.names()[:15], (0.05, 0.01)
    some = [
        replace(row, run=replace(row.run, method=Method.parse(loss), level=level))
        for level in levels
        for row in rows(seeds=3, datasets=("tree_1",))[:: len(LOSSES)]
        for loss in many
    ]
    study = replace(STUDY, datasets=("tree_1",), levels=levels, losses=many, seeds=range(3))
    context = browser.new_context(offline=True, viewport=PAPER)
    page = context.new_page()
    page.goto(write(study, some, tmp_path).as_uri())
    page.emulate_media(media="print")
    tables = page.locator("main table:visible")
    assert tables.nth(1).locator("thead th").count() == 3 + 15
    edges = {one.locator("xpath=..").get_attribute("aria-label"): one.evaluate(RIGHT) for one in tables.all()}
    context.close()
    assert len(edges) == 1 + 2 * len(SCORES)
    assert {name: edge for name, edge in edges.items() if edge > PAPER["width"]} == {}


RIGHT = "(table) => Math.max(...[...table.querySelectorAll('th, td')].map((one) => one.getBoundingClientRect().right))"


def test_the_leaderboard_shows_each_method_with_its_name_score_interval_and_verdict(opened, own):
    page = opened(own)
    lines = page.locator(".leaderboard tbody tr")
    assert lines.count() == 9
    assert lines.locator("code").all_inner_texts()[-1] == "focal"  # which failed
    scores = [float(text.split()[0]) for text in lines.locator("td:nth-child(2)").all_inner_texts()[:-1]]
    assert scores == sorted(scores, reverse=True)
    best = page.locator(".leaderboard tr.recommended")
    assert best.locator("th").inner_text().split("\n") == ["Boosted trees of LightGBM", "lightgbm"]
    assert best.get_by_text("recommended").is_visible()
    circle, line = best.locator("circle").bounding_box(), best.locator("line.interval").bounding_box()
    assert line["x"] < circle["x"] < circle["x"] + circle["width"] < line["x"] + line["width"]
    places = {round(each.bounding_box()["x"]) for each in page.locator(".leaderboard line.reference").all()}
    assert len(places) == 1  # chance stands at the same place of one axis


def test_what_a_lead_does_not_need_is_folded_and_the_keyboard_unfolds_it(opened, own):
    page = opened(own)
    summary = page.get_by_text("All scores, chosen settings and thresholds")
    table = page.get_by_role("region", name="Mean scores of each method")
    assert not table.is_visible()
    assert not page.get_by_text("Training loss over the epochs").is_visible()
    summary.focus()
    page.keyboard.press("Enter")
    assert table.is_visible()


def test_of_nine_curves_three_are_in_colour(opened, own):
    page = opened(own)
    figure = page.locator("figure", has=page.locator("figcaption", has_text="ROC curves")).first
    colours = figure.locator("svg path").evaluate_all("paths => paths.map(path => path.style.stroke)")
    assert {colour for colour in colours if "curve" in colour} == {f"var(--curve-{place})" for place in range(3)}
    assert figure.locator("svg text", has_text="5 other methods").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_of_ones_own_data_fits_and_axe_finds_no_fault(opened, own, scheme, width):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs axe-core, which is in the dev extra"
    )
    page = opened(own, color_scheme=scheme, viewport={"width": width, "height": 844})
    for unfolded in (False, True):
        if unfolded:
            page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert [one["id"] for one in axe.Axe().run(page).response["violations"]] == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_the_page_of_imported_results_fits_and_axe_finds_no_fault(opened, imported, scheme, width):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs axe-core, which is in the dev extra"
    )
    page = opened(imported, color_scheme=scheme, viewport={"width": width, "height": 844})
    score_of(page).select_option("all")
    page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert [one["id"] for one in axe.Axe().run(page).response["violations"]] == []


def test_on_a_narrow_screen_leaderboard_and_curves_need_no_scrolling(opened, own):
    page = opened(own, viewport={"width": 390, "height": 844})
    found = page.locator(".leaderboard tbody td, .leaderboard tbody th, .narrow td, .beside svg").all()
    boxes = [each.bounding_box() for each in found if each.is_visible()]
    assert len(boxes) > 10
    assert all(box["x"] + box["width"] <= 390 for box in boxes)


def test_curves_and_intervals_have_other_colours_in_the_dark_and_those_of_light_on_paper(opened, own):
    colour = """getComputedStyle([...document.querySelectorAll("svg path")].find(
      (path) => path.style.stroke === "var(--curve-0)")).stroke"""
    light, dark = (opened(own, color_scheme=scheme) for scheme in ("light", "dark"))
    assert light.evaluate(colour) == "rgb(0, 114, 178)"
    assert dark.evaluate(colour) not in {"rgb(0, 114, 178)", "none"}
    dark.emulate_media(media="print", color_scheme="dark")
    assert dark.evaluate(colour) == "rgb(0, 114, 178)"
    assert not dark.locator(".contents").is_visible()
    right = dark.locator(".leaderboard").evaluate(RIGHT)
    assert right <= dark.viewport_size["width"]
