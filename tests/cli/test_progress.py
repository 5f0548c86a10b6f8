"""What a person, or a log file, sees of a study that is being trained."""

import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from imbaloss import data, studies
from imbaloss.cli.progress import Bars, Lines, Progress

IMBALOSS = Path(sys.executable).with_name("imbaloss")
STUDY = replace(
    studies.built_in("digits"), datasets=("digits_3_8",), levels=(0.2, 0.1), seeds=(0,), losses=("mse", "wce"),
    overrules={"epochs": 2, "hidden": (4,)},
)  # fmt: skip


@pytest.fixture(scope="module")
def jobs() -> list[studies.Job]:
    return studies.cut_into_stacks(STUDY.runs(), data.load_data_sets(STUDY.datasets), 1)


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass when the test says so."""
    now = [0.0]
    monkeypatch.setattr("imbaloss.cli.progress.time.monotonic", lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes


def train(shown: Progress, job: studies.Job, *, clock, seconds: float) -> None:
    shown.on_stack_start(job)
    clock(seconds)
    shown.on_work(job.work_of(job.runs))
    shown.on_stack_stored(job)


def test_a_log_has_a_line_now_and_then(jobs, clock, capsys):
    shown = Lines(jobs, lambda _: "what is new")
    with shown.showing():
        for job in jobs:
            train(shown, job, clock=clock, seconds=20)
    assert capsys.readouterr().err.splitlines() == [
        "training 4 networks",
        "50% in 40 s; about 40 s left; what is new",
        "100% in 80 s; what is new",
        "trained in 80 s",
    ]


def test_what_was_found_finished_is_no_speed(jobs, clock):
    shown = Progress(jobs)
    shown.on_finished_work(jobs[0].work_of(jobs[0].runs))
    assert shown.left == ""
    assert shown.title == "training 4 networks, 25% of it done before"
    shown.on_stack_start(jobs[1])
    shown.on_finished_work(jobs[3].work_of(jobs[3].runs))  # by another process, meanwhile
    clock(60)
    shown.on_work(jobs[1].work_of(jobs[1].runs))
    assert shown.left == "about 60 s left"


def test_a_log_says_that_nothing_is_left_and_that_another_process_is_waited_for(jobs, capsys):
    shown = Lines(jobs, lambda _: "")
    with shown.showing():
        shown.on_finished_work(shown.total)
    assert capsys.readouterr().err == "all is trained already\n"
    with shown.showing():
        for _ in range(3):
            shown.on_wait(2)
    assert capsys.readouterr().err.startswith("waiting for 2 stacks that another process trains\nall is")


def test_bars_show_all_the_stack_and_the_news(jobs, clock):
    console = Console(file=StringIO(), force_terminal=True, width=120)
    shown = Bars(jobs, lambda _: "best so far: mse", console)
    with shown.showing():
        train(shown, jobs[0], clock=clock, seconds=100)
        shown.on_stack_start(jobs[1])
        shown.bars.refresh()
        assert "stack of 1: digits_3_8 at 0.2" in console.file.getvalue()
        assert "25%" in console.file.getvalue()
        assert "training 4 networks, about 5 min left" in console.file.getvalue()
        assert "best so far: mse" in console.file.getvalue()
        shown.on_stack_start(jobs[2])
        shown.bars.refresh()
        assert "2 stacks at once" in console.file.getvalue()


WORDS = (
    "reproduce", "--dataset", "digits_3_8", "--level", "0.05", "--epochs", "3", "--hidden", "4", "--seeds", "2",
    "--stack-size", "2",
)  # fmt: skip


@pytest.mark.slow
def test_a_terminal_sees_bars_and_a_log_lines_and_neither_with_quiet(tmp_path):
    """Real ones: a pseudo-terminal, a pipe."""
    main, end = pty.openpty()
    with subprocess.Popen([IMBALOSS, *WORDS], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=end, text=True,
                          env={**os.environ, "TERM": "xterm", "COLUMNS": "120"}) as process:  # fmt: skip
        os.close(end)
        seen = b""
        try:
            while more := os.read(main, 10_000):
                seen += more
        except OSError:  # the other end is closed
            pass
        os.close(main)
        assert process.wait() == 0
    text = seen.decode()
    assert "━" in text
    assert "100%" in text
    assert "10 of 10 trainings finished; best so far on digits_3_8 at 0.05: " in text
    log = subprocess.run([IMBALOSS, *WORDS, "--out", "log"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert re.fullmatch(r"training 10 networks\ntrained in \d+ s\n", log.stderr)
    words = [IMBALOSS, "train", *WORDS[1:-4], "--out", "quiet", "--quiet"]
    assert subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, text=True).stderr == ""
