"""The report of a study of 5,000 trainings: the time to write it, its size, and the time until a browser has shown it.

    python -m benchmarks.page [--seeds 112] [--folder FOLDER] [--writes 1]
    python -m benchmarks.page --source ../before/src     the command by the code of another checkout too, in turns

The rows are those of benchmarks.store, or of a copy of the output folder of a study or comparison. An empty or missing
folder is first filled with a comparison of 12 methods in 10 repetitions on a drawn table of 3,000 rows, and kept. The
browser is the system's chromium, by Playwright, with a new context a load.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

import imbaloss
from benchmarks.store import fill
from imbaloss import report, studies

LOADS = 9
METHODS = (
    *("lightgbm", "logistic_regression", "random_forest", "balanced_random_forest"),
    *("ce", "wce", "focal", "mse", "mfe", "msfe", "ce + random_over", "ce + smote"),
)
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
    options.add_argument("--writes", type=int, default=1, help="How often the report is written, each time anew.")
    options.add_argument("--source", type=Path, help="Folder of the package, for the code of another checkout.")
    with tempfile.TemporaryDirectory() as place:
        folder, asked = Path(place), options.parse_args()
        if asked.folder:
            if not (asked.folder / "report.html").exists():
                compare_drawn_rows(asked.folder)
            shutil.copytree(asked.folder, folder, dirs_exist_ok=True)
        else:
            fill(folder, asked.seeds)
        print("| `imbaloss report` | seconds | processor time | peak, MiB |\n| --- | --- | --- | --- |")
        for _ in range(asked.writes):
            for name, source in {"here": None, "there": asked.source}.items():
                if source or name == "here":
                    print(f"| {name} | {report_again(folder, source)} |", flush=True)
        # later, since a command inherits the peak of memory of the process that starts it
        writes, of_processors = zip(*(write(folder) for _ in range(asked.writes)), strict=True)
        page = folder / "report.html"
        loads, changes = load(page)
        print(f"page of {page.stat().st_size / 2**20:.1f} MiB, chromium, {LOADS} loads")
        print("\n| step | seconds |\n| --- | --- |")
        for name, found in (
            ("write tables, figures and page", writes),
            ("processor time of that", of_processors),
            ("open the page, until it is drawn", loads),
            ("show all scores", changes),
        ):
            print(f"| {name} | {statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f}) |")


def compare_drawn_rows(folder: Path) -> None:
    """Compare 12 methods in 10 repetitions on 3,000 rows, of which 8 % are positive; some values are missing."""
    generator = np.random.default_rng(0)
    target = generator.random(3000) < 0.08
    numbers = generator.normal(size=(3000, 12))
    numbers[:, :4] += 0.6 * target[:, None]
    frame = pd.DataFrame(numbers, columns=[f"number_{place}" for place in range(12)])
    frame.loc[generator.random(3000) < 0.1, "number_1"] = np.nan
    frame["colour"] = generator.choice(["red", "green", "blue"], 3000)
    imbaloss.compare(frame, target.astype(int), methods=METHODS, repetitions=10, segment="colour", out=folder)


def write(folder: Path) -> tuple[float, float]:
    """Seconds to write the report of a folder, and the processor's."""
    start, start_of_processor = time.perf_counter(), time.process_time()
    study, store = studies.read_study(folder), studies.Store(folder, create=False)
    report.write_report(report.compute_findings(study, store.rows(study.runs()), store), folder)
    return time.perf_counter() - start, time.process_time() - start_of_processor


def report_again(folder: Path, source: Path | None) -> str:
    """Seconds, seconds of processor time and peak of memory of the command, by this code or that of a folder."""
    environment = os.environ | ({"PYTHONPATH": str(source)} if source else {})
    start = time.perf_counter()
    command = [sys.executable, "-c", "from imbaloss.cli import main; main()", "report", str(folder)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("the command failed")
    seconds = time.perf_counter() - start
    return f"{seconds:.1f} | {usage.ru_utime + usage.ru_stime:.1f} | {usage.ru_maxrss / 1024:.0f}"


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
