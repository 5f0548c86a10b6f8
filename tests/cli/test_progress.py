"""What a person, or a log file, sees of a study that is being trained."""

import os
import pty
import re
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from imbaloss import data, studies
from imbaloss.cli.progress import Bars, ComparisonBar, Lines, Progress
from imbaloss.comparison.time_left import ComparisonPlan, Stage
from tests.comparison.examples import write_csv

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


def draw(bar: ComparisonBar) -> list[str]:
    """The lines that a terminal of 80 columns shows now."""
    console = Console(file=StringIO(), width=80, color_system=None)
    console.print(*bar.bar.get_renderables())
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_comparison_has_one_bar_from_the_first_training_to_the_page(jobs, clock):
    console = Console(file=StringIO(), force_terminal=True, width=80)
    bar = ComparisonBar(console)
    with bar.showing():
        assert console.file.getvalue() == ""  # nothing before the plan is told
        bar.begin(ComparisonPlan(trainings=4, methods=2, measured=0))
        [line, text] = draw(bar)
        assert ("  0%" in line, "left" in line, text) == (True, False, "comparing 2 methods")
        with bar.show(jobs) as observer:
            clock(60)
            observer.on_stack_start(jobs[0])
            observer.on_work(sum(job.work_of(job.runs) for job in jobs) // 4)
            observer.on_stack_stored(jobs[0])
            [line, text] = draw(bar)
            assert re.search(r" 19% .*about 4 min left$", line)
            observer.on_wait(2)
            assert draw(bar)[1] == "waiting for 2 stacks that another process trains"
            observer.on_finished_work(sum(job.work_of(job.runs) for job in jobs) * 3 // 4)
        bar.enter(Stage.FINAL, "training lightgbm on all rows")
        [line, text] = draw(bar)
        assert (len(line) <= 80, text) == (True, "training lightgbm on all rows")
    [line] = draw(bar)
    assert ("100%" in line, "left" in line) == (True, False)


def test_the_bar_of_a_comparison_that_fails_stays_where_it_is():
    bar = ComparisonBar(Console(file=StringIO(), force_terminal=True, width=80))
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(ValueError, match="no method has a score"))
        stack.enter_context(bar.showing())
        bar.begin(ComparisonPlan(trainings=4, methods=2, measured=0))
        raise ValueError("no method has a score")
    assert not bar.bar.live.is_started
    assert "  0%" in draw(bar)[0]


WORDS = (
    "reproduce", "--dataset", "digits_3_8", "--level", "0.05", "--epochs", "3", "--hidden", "4", "--seeds", "2",
    "--stack-size", "2",
)  # fmt: skip


def type_in_terminal(words: list[str | Path], folder: Path, columns: int) -> tuple[int, str]:
    """Run a command in a pseudo-terminal; returns its exit code and all that the terminal gets."""
    main, end = pty.openpty()
    with subprocess.Popen(words, cwd=folder, stdout=end, stderr=end,
                          env={**os.environ, "TERM": "xterm", "COLUMNS": str(columns)}) as process:  # fmt: skip
        os.close(end)
        seen = b""
        try:
            while more := os.read(main, 10_000):
                seen += more
        except OSError:  # the other end is closed
            pass
        os.close(main)
        return process.wait(), seen.decode()


@pytest.mark.slow
def test_a_terminal_sees_bars_and_a_log_lines_and_neither_with_quiet(tmp_path):
    """Real ones: a pseudo-terminal, a pipe."""
    code, text = type_in_terminal([IMBALOSS, *WORDS], tmp_path, 120)
    assert code == 0
    assert "━" in text
    assert "100%" in text
    assert "10 of 10 trainings finished; best so far on digits_3_8 at 0.05: " in text
    log = subprocess.run([IMBALOSS, *WORDS, "--out", "log"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert re.fullmatch(r"training 10 networks\ntrained in \d+ s\n", log.stderr)
    words = [IMBALOSS, "train", *WORDS[1:-4], "--out", "quiet", "--quiet"]
    assert subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, text=True).stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_sees_a_comparison_in_whole_words(columns, tmp_path):
    words = [IMBALOSS, "compare", write_csv(tmp_path), "--target", "fraud", "--methods", "quick", "--repetitions", "2"]
    code, text = type_in_terminal([*words, "--settings", "1"], tmp_path, columns)
    assert code == 0
    assert "━" in text
    assert "measuring which columns matter to" in text
    answer = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "").partition("100%")[2]
    assert max(len(line.rstrip()) for line in answer.splitlines()) <= columns
    assert "The methods, best first by average precision:" in answer
    assert "balanced_random_forest" in answer
    assert answer.endswith("open results/data/report.html\n")
