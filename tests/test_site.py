"""The site of the documentation: every public object is in it, every link leads somewhere, and it is read offline."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

import imbaloss
from imbaloss import losses
from tests.chromium import needs_chromium

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright, which is in the dev extra")
inventory = pytest.importorskip("sphinx.util.inventory", reason="needs Sphinx, which is in the dev extra")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]  # one process builds it

ROOT = Path(__file__).parents[1]
PACKAGES = [
    *(name for name in imbaloss.__all__ if (Path(imbaloss.__file__).parent / name).is_dir()),
    "learners",
    "statistics",
]
PAGES = ("index", "thresholds", "reference/commands", "reference/api/report")  # one of each kind


@pytest.fixture(scope="module")
def site() -> Path:
    """The folder of the site, built as `make site` builds it; pages that are up to date are not written again."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "docs", "site"]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ)
    assert built.returncode == 0, built.stderr
    return ROOT / "site"


class Page(HTMLParser):
    """The names to which links of a page can lead, and the files and names to which its links and pictures lead."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.names: set[str] = {"", "top"}
        self.links: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.names.add(value or "")
            elif name in ("href", "src") and value and (tag, name) != ("form", "action"):
                self.links.append(value)


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {file: Page(file) for file in site.rglob("*.html") if "_static" not in file.parts}


def test_every_link_and_anchor_leads_somewhere(pages):
    broken = []
    for file, page in pages.items():
        for link in page.links:
            path, anchor = urldefrag(unquote(link))
            if "://" in link or link.startswith(("mailto:", "data:")):
                continue
            target = (file.parent / path.partition("?")[0]).resolve() if path else file
            if not target.exists() or (target in pages and anchor not in pages[target].names):
                broken.append(f"{file.name}: {link}")
    assert len(pages) > 40
    assert broken == []


def test_nothing_is_fetched_from_other_sites(pages):
    """Links to them are of `a`; scripts, styles, fonts and pictures are files beside the pages."""
    for file in pages:
        text = file.read_text(encoding="utf-8")
        assert [tag for tag in ("<script", "<link", "<img", "<iframe") for part in text.split(tag)[1:]
                if "://" in part.partition(">")[0]] == [], file.name  # fmt: skip


def list_public() -> Iterator[str]:
    """Yield the full name of every public object, those of modules that a package names too."""
    yield from ("imbaloss.compare", "imbaloss.ImbalancedClassifier", "imbaloss.MethodClassifier")
    yield from (f"imbaloss.comparison.{name}" for name in ("Answer", "OwnModel", "predict_file"))
    for package in PACKAGES:
        module = importlib.import_module(f"imbaloss.{package}")
        yield from (f"imbaloss.{package}.{name}" for name in module.__all__)


def test_every_public_object_is_in_the_reference(site):
    entries = inventory.InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    known = {name for domain, names in entries.data.items() if domain.startswith("py:") for name in names}
    names = list(list_public())
    assert len(names) > 150
    assert [name for name in names if name not in known] == []


@pytest.fixture
def opened(browser, site):
    """Opens a page from its file with the network off; what the browser fetches from elsewhere fails the test."""
    contexts, fetched, errors = [], [], []

    def open_page(name: str, **options) -> "sync_api.Page":
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: fetched.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "requestfailed", lambda request: request.resource_type in ("fetch", "xhr") or errors.append(request.url)
        )
        page.goto((site / f"{name}.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    assert [url for url in fetched if not url.startswith(("file:", "data:", "blob:"))] == []


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_fault(opened, name, scheme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs axe-core, which is in the dev extra"
    )
    page = opened(name, color_scheme=scheme, viewport={"width": 1280, "height": 900})
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}] == []


@needs_chromium
def test_no_page_is_wider_than_a_narrow_screen(opened, site):
    page = opened("index", viewport={"width": 390, "height": 844})
    wide = []
    for file in sorted(site.rglob("*.html")):
        if "_static" not in file.parts:
            page.goto(file.as_uri(), wait_until="domcontentloaded")
            if page.evaluate("document.documentElement.scrollWidth") > 390:
                wide.append(file.name)
    assert wide == []


@needs_chromium
@pytest.mark.parametrize("name", ["reference/commands", "reference/outputs"])
def test_tables_of_the_reference_are_whole_on_a_narrow_screen(opened, name):
    page = opened(name, viewport={"width": 390, "height": 844})
    edges = "[...document.querySelectorAll('article td')].map((cell) => cell.getBoundingClientRect().right)"
    assert 0 < max(page.evaluate(edges)) <= 390


@needs_chromium
def test_the_search_finds_a_loss_and_a_column(opened):
    page = opened("index", viewport={"width": 1280, "height": 900})
    for word, target in (("msfe", "losses.html"), ("p_equivalent", "reference/outputs.html")):
        page.goto(page.url.partition("?")[0].replace("search.html", "index.html"))
        page.keyboard.press("Control+K")
        page.keyboard.type(word)
        page.keyboard.press("Enter")
        page.locator("#search-results li a").first.wait_for()
        links = [link.get_attribute("href") for link in page.locator("#search-results li a").all()]
        assert any(target in link for link in links), links


@needs_chromium
def test_formulas_are_drawn_and_the_scheme_can_be_chosen(opened):
    page = opened("losses", color_scheme="light")
    heights = "[...document.querySelectorAll('math[display=block]')].map((each) => each.getBoundingClientRect().height)"
    assert len(page.evaluate(heights)) == len(losses.names())
    assert min(page.evaluate(heights)) > 20
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "light"
    page.get_by_role("button", name="Color mode").click()
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(theme) == "dark"
