"""The report of a study of 5,000 trainings: the time to write it, its size, and the time until a browser has shown it.

    python -m benchmarks.page [--seeds 112] [--folder FOLDER]

The rows are those of benchmarks.store, or of a copy of the output folder of a study or comparison. The browser is the
system's chromium, by Playwright, with a new context a load.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.store import fill
from imbaloss import report, studies

LOADS = 9
SHOWN = """new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"""
CHOOSE = """new Promise((done) => {
  const start = performance.now(), score = document.getElementById("score") ?? document.createElement("select");
  score.value = "";
  score.dispatchEvent(new Event("change", { bubbles: true }));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
})"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seeds", type=int, default=112)
    options.add_argument("--folder", type=Path, help="Output folder whose report is measured.")
    with tempfile.TemporaryDirectory() as place:
        folder, asked = Path(place), options.parse_args()
        if asked.folder:
            shutil.copytree(asked.folder, folder, dirs_exist_ok=True)
        else:
            fill(folder, asked.seeds)
        start = time.perf_counter()
        study, store = studies.read_study(folder), studies.Store(folder, create=False)
        rows = store.rows(study.runs())
        page = report.write_report(report.compute_findings(study, rows, store), folder)
        written = time.perf_counter() - start
        loads, changes = load(page)
        print(f"{len(rows)} trainings, page of {page.stat().st_size / 2**20:.1f} MiB, chromium, {LOADS} loads")
        print("\n| step | seconds |\n| --- | --- |")
        print(f"| write tables, figures and page | {written:.1f} |")
        for name, found in (("open the page, until it is drawn", loads), ("show all scores", changes)):
            print(f"| {name} | {statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f}) |")


def load(page: Path) -> tuple[list[float], list[float]]:
    """Seconds until the page is drawn, and until another choice is, of each load."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        loads, changes = [], []
        for _ in range(LOADS):
            opened = browser.new_context(offline=True).new_page()
            opened.goto(page.as_uri())
            loads.append(opened.evaluate(SHOWN) / 1000)
            changes.append(opened.evaluate(CHOOSE) / 1000)
            opened.context.close()
        browser.close()
    return loads, changes


if __name__ == "__main__":
    main()
