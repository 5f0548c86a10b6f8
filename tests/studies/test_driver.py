"""A study is run once, whole, by one process or by several, whatever ends them."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from imbaloss import data, studies
from imbaloss.studies import Row, Status, Store
from imbaloss.studies.claims import Owner
from tests.studies.observers import CallingObserver

STUDY = replace(
    studies.built_in("digits"), datasets=("digits_3_8", "digits_8_9"), levels=(0.2, 0.05), seeds=(0, 1),
    losses=("mse", "wce"), overrules={"epochs": 4, "hidden": (8,)},
)  # fmt: skip
RUNS = STUDY.runs()


@pytest.fixture(scope="module")
def digits() -> dict[str, data.Dataset]:
    return data.load_data_sets(STUDY.datasets)


def run(folder: Path, digits, executor=studies.train_here, on_work=lambda _: None) -> list[Row]:
    store = Store(folder)
    observer = CallingObserver(on_work=on_work)
    studies.execute(
        studies.cut_into_stacks(RUNS, digits, 2), store, digits, "cpu", executor=executor, observer=observer
    )
    return found(folder)


def found(folder: Path) -> list[Row]:
    store = Store(folder)
    return store.with_losses(store.rows(RUNS))


def results(rows: list[Row]) -> list[tuple]:
    return [(row.run, row.counts, row.scores, row.losses, row.failure) for row in rows]


@pytest.fixture(scope="module")
def undisturbed(digits, tmp_path_factory) -> list[Row]:
    return run(tmp_path_factory.mktemp("undisturbed"), digits)


def owners(folder: Path) -> list[Path]:
    return list(folder.glob(".owner-*"))


def test_nothing_but_the_store_is_left(undisturbed, digits, tmp_path):
    assert results(run(tmp_path, digits)) == results(undisturbed)
    assert [path.name for path in tmp_path.iterdir()] == ["results.sqlite"]


def test_a_claim_is_whole_or_none_and_of_the_living_only(tmp_path):
    store = Store(tmp_path)
    first, second = Owner(store), Owner(store)
    with second.hold_lock():
        with first.hold_lock():
            assert first.claim(["a", "b"]) == {"a", "b"}
            assert first.claim(["a"]) == {"a"}
            assert second.claim(["b", "c"]) is None
            assert second.claim(["c"]) == {"c"}
        assert second.claim(["b", "c"]) == {"b", "c"}
    assert owners(tmp_path) == []


def test_status_tells_what_is_in_training_now_and_what_other_studies_left(digits, tmp_path):
    run(tmp_path, digits)
    more = replace(STUDY, seeds=(1, 2))
    studies.write_study(more, digits, tmp_path)
    owner = Owner(Store(tmp_path))
    missing = [one.hash for one in more.runs() if one.seed == 2]
    with owner.hold_lock():
        assert owner.claim(missing[:3]) == set(missing[:3])
        status = Status.of(tmp_path)
        assert (status.requested, status.finished, status.training, status.unrelated) == (16, 8, 3, 8)
    assert Status.of(tmp_path).training == 0


def test_lock_files_of_processes_that_are_gone_are_removed(digits, tmp_path):
    """But for those just made, whose owner may be about to lock them."""
    old, new = (tmp_path / f".owner-{name}.lock" for name in ("old", "new"))
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    run(tmp_path, digits)
    assert owners(tmp_path) == [new]


def die_holding(folder: Path) -> None:
    owner = Owner(Store(folder))
    with owner.hold_lock():
        assert owner.claim([run.hash for run in RUNS]) is not None
        os.kill(os.getpid(), signal.SIGKILL)


def test_the_claims_of_a_killed_process_end_with_it(undisturbed, digits, tmp_path):
    process = multiprocessing.get_context("spawn").Process(target=die_holding, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len(owners(tmp_path)) == 1
    assert results(run(tmp_path, digits)) == results(undisturbed)
    assert owners(tmp_path) == []


def test_two_at_once_do_no_work_twice_and_both_end_with_all(undisturbed, digits, tmp_path):
    trained: list[list[str]] = [[], []]

    def counting(place, *given):
        for job, finished in studies.train_here(*given):
            trained[place] += [one.row.run.hash for one in finished]
            yield job, finished

    Store(tmp_path)
    threads = [threading.Thread(target=run, args=(tmp_path, digits, partial(counting, place))) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(trained[0] + trained[1]) == sorted(run.hash for run in RUNS)
    assert all(trained)
    for row, expected in zip(found(tmp_path), undisturbed, strict=True):
        assert row.losses == pytest.approx(expected.losses, rel=1e-4)


def test_progress_tells_all_the_work_once(digits, tmp_path):
    for executor in (studies.train_here, partial(studies.train_in_processes, workers=2)):
        for state in ("new", "finished"):
            told: list[int] = []
            found: list[int] = []
            store = Store(tmp_path / str(executor))
            jobs = studies.cut_into_stacks(RUNS, digits, 2)
            observer = CallingObserver(on_work=told.append, on_finished_work=found.append)
            studies.execute(jobs, store, digits, "cpu", executor=executor, observer=observer)
            whole = sum(job.work_of(job.runs) for job in jobs)
            assert (sum(told), sum(found)) == ((whole, 0) if state == "new" else (0, whole))


def test_processes_give_the_same_scores(undisturbed, digits, tmp_path):
    """In float32, with another number of threads."""
    rows = run(tmp_path, digits, partial(studies.train_in_processes, workers=2))
    assert {row.computed.threads for row in rows} == {max((os.cpu_count() or 1) // 2, 1)}
    for row, expected in zip(rows, undisturbed, strict=True):
        assert row.run == expected.run
        assert row.losses == pytest.approx(expected.losses, rel=1e-4)


def workers(parent: int) -> list[int]:
    """Child processes that multiprocessing has spawned to work."""
    spawned = []
    for number in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        with suppress(FileNotFoundError):  # of a child that has ended since
            if "spawn_main" in Path(f"/proc/{number}/cmdline").read_text():
                spawned.append(int(number))
    return spawned


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc to find worker processes")
def test_a_lost_worker_is_replaced_and_its_stack_done_again(undisturbed, digits, tmp_path):
    killed: list[int] = []

    def kill_one(_: int) -> None:
        if not killed and (found := workers(os.getpid())):
            killed.append(found[-1])
            os.kill(found[-1], signal.SIGKILL)

    rows = run(tmp_path, digits, partial(studies.train_in_processes, workers=2), kill_one)
    assert killed
    assert [row.run for row in rows] == [row.run for row in undisturbed]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc to find worker processes")
def test_workers_end_with_the_process_that_is_killed(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [*LONG_COMMAND, tmp_path / "out", "--executor", "processes"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"TMPDIR": str(scratch)})
    while len(found := workers(process.pid)) < 2:
        time.sleep(0.05)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 30
    while any(map(lives, found)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(lives, found))
    assert not list(scratch.glob("imbaloss-*"))  # no copy of the data is left behind


def lives(process: int) -> bool:
    """A process that has ended and was not waited for does not."""
    try:
        return "(zombie)" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc to find worker processes")
def test_ctrl_c_while_workers_start_tells_nothing_of_them(tmp_path):
    """A terminal sends the signal to all processes of the command."""
    command = [*LONG_COMMAND, tmp_path, "--executor", "processes"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)  # fmt: skip
    while not workers(process.pid):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert len(told.splitlines()) == 2


def interrupt_and_go_on(command: list[str], folder: Path, runs: int) -> None:
    """Ctrl-C when the first rows are stored, and the same command again."""
    words = [*command, folder]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not rows_in(folder) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert told.splitlines()[-1].startswith("interrupted; to go on: imbaloss reproduce --dataset digits_3_8")
    assert "Traceback" not in told
    assert 0 < rows_in(folder) < runs
    assert owners(folder) == []
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    assert rows_in(folder) == runs


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["here", "processes"])
def test_ctrl_c_ends_everything_and_the_same_command_goes_on(tmp_path, executor):
    interrupt_and_go_on([*COMMAND[:-1], "--executor", executor, "--out"], tmp_path, 60)


def rows_in(folder: Path) -> int:
    try:
        return len(Store(folder, create=False).hashes())
    except OSError:
        return 0


IMBALOSS = str(Path(sys.executable).with_name("imbaloss"))
DIGITS = [IMBALOSS, "reproduce", "--dataset", "digits_3_8", "--dataset", "digits_8_9", "--quiet"]
COMMAND = [*DIGITS, "--seeds", "2", "--epochs", "20", "--stack-size", "5", "--out"]
LONG_COMMAND = [*DIGITS, "--seeds", "8", "--epochs", "100", "--stack-size", "1", "--out"]


def kill(command: list[str], folder: Path, kills: int) -> int:
    """Starts the command so many times and kills it, unless it has ended; returns how often it did.

    Every fifth time at a random moment of its first seconds, and else at one after up to three more rows are stored.
    """
    generator, hits = random.Random(0), 0
    for number in range(kills):
        before = rows_in(folder)
        process = subprocess.Popen([*command, folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if number % 5 == 4:
            time.sleep(generator.uniform(0, 5))
        else:
            rows = before + generator.randint(1, 3)
            while rows_in(folder) < rows and process.poll() is None:
                time.sleep(0.01)
            time.sleep(generator.uniform(0, 0.5))
        process.kill()
        hits += process.wait() == -signal.SIGKILL
        assert rows_in(folder) >= before
    return hits


def finish(command: list[str], folder: Path) -> Path:
    subprocess.run([*command, folder], check=True, stdout=subprocess.DEVNULL)
    return folder


def assert_same(folder: Path, other: Path) -> None:
    """Bit for bit, no row lost, none twice."""
    assert (folder / "table.csv").read_bytes() == (other / "table.csv").read_bytes()
    runs = studies.read_study(folder).runs()
    stores = [Store(place) for place in (folder, other)]
    first, second = (store.with_losses(store.rows(runs)) for store in stores)
    assert results(first) == results(second)
    assert len(second) == len(stores[1].hashes()) == len(runs)
    for one in runs[::7]:
        for part, expected in stores[0].predictions(one).items():
            assert stores[1].predictions(one)[part].probabilities.tobytes() == expected.probabilities.tobytes()


@pytest.mark.slow
def test_a_study_in_stacks_that_is_killed_twice_ends_the_same(tmp_path):
    assert kill(COMMAND, tmp_path / "killed", 2) > 0
    assert_same(finish(COMMAND, tmp_path / "whole"), finish(COMMAND, tmp_path / "killed"))


@pytest.mark.slow
def test_a_study_that_is_killed_thirty_times_ends_the_same(tmp_path):
    assert kill(LONG_COMMAND, tmp_path / "killed", 30) == 30
    assert_same(finish(LONG_COMMAND, tmp_path / "whole"), finish(LONG_COMMAND, tmp_path / "killed"))
    assert owners(tmp_path / "killed") == []


@pytest.mark.slow
def test_two_commands_at_once_end_the_same(tmp_path):
    both = tmp_path / "both"
    processes = [subprocess.Popen([*COMMAND, both], stdout=subprocess.DEVNULL) for _ in (0, 1)]
    assert [process.wait() for process in processes] == [0, 0]
    assert_same(finish(COMMAND, tmp_path / "one"), both)
    assert owners(both) == []
