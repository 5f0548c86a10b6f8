"""A store gives back what was put in, and says in one sentence why it cannot."""

import json
import sqlite3
import subprocess
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imbaloss.evaluation import TunedScores, scores
from imbaloss.studies import Predictions, Row, Store
from imbaloss.studies.store import ADVICE, FILE, VERSION, explain_sqlite_error
from tests.data import toy
from tests.disks import small_disk
from tests.report.examples import rows

PREDICTIONS = {
    part: Predictions(np.array([0, 1, 0, 1]), np.array([1e-300, 1 / 3, 0.5, 1.0]), np.array([7, 70_000, 0, 3]))
    for part in ("validation", "test")
}


def entries(some: list[Row] | None = None) -> list[tuple[Row, dict[str, Predictions]]]:
    return [(row, PREDICTIONS) for row in some or rows()]


def filled(folder: Path) -> Store:
    store = Store(folder)
    store.add(entries())
    store.add_examples({"toy": toy.dataset()})
    return store


def test_rows_come_back_as_they_were_in_the_order_asked_for(tmp_path):
    some = rows()
    filled(tmp_path)
    store = Store(tmp_path)
    runs = [row.run for row in reversed(some)]
    assert store.with_losses(store.rows(runs)) == some[::-1]
    assert {row.losses for row in store.rows(runs)} == {()}
    assert store.hashes() == {run.hash for run in runs}
    assert store.rows([replace(runs[0], seed=99)]) == []


def test_tuned_scores_come_back_with_and_without_a_threshold_and_an_interval(tmp_path):
    first, second, third, *_ = rows()
    undefined = {"precision": "no sample was called positive"}
    some = [
        replace(first, tuned=replace(first.tuned, interval=None, undefined=undefined)),
        replace(second, tuned=TunedScores.without_threshold("no threshold was chosen: there are no positives")),
        third,
    ]
    store = Store(tmp_path)
    store.add(entries(some))
    assert store.with_losses(store.rows([row.run for row in some])) == some


def test_predictions_come_back_bit_for_bit_and_give_the_scores_again(tmp_path):
    found = filled(tmp_path).predictions(rows()[0].run)
    for part, expected in PREDICTIONS.items():
        assert np.array_equal(found[part].labels, expected.labels)
        assert np.array_equal(found[part].images, expected.images)
        assert found[part].probabilities.tobytes() == expected.probabilities.tobytes()
        assert scores(found[part].labels, found[part].probabilities)[0]["roc_auc"] == 0.75


def test_predictions_on_test_can_be_read_alone(tmp_path):
    runs = [row.run for row in rows()[:2]]
    for test in filled(tmp_path).test_predictions(runs):
        assert test.probabilities.tobytes() == PREDICTIONS["test"].probabilities.tobytes()
        assert np.array_equal(test.labels, PREDICTIONS["test"].labels)


def test_a_failed_run_has_no_predictions(tmp_path):
    row = rows()[0]
    store = Store(tmp_path)
    store.add([(row, {})])
    assert store.predictions(row.run) == {}
    with pytest.raises(OSError, match=OF_A_TRAINING):
        store.test_predictions([row.run])


def test_a_run_that_is_there_stays_as_it_is(tmp_path):
    store = filled(tmp_path)
    first = rows()[0]
    store.add([(replace(first, failure="later"), {})])
    assert store.rows([first.run])[0].failure is None
    assert store.predictions(first.run)


def test_a_transaction_that_breaks_off_leaves_nothing(tmp_path):
    store = Store(tmp_path)

    def broken():
        yield from entries()[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add(broken())
    assert store.hashes() == set()


def test_many_at_once_make_one_store(tmp_path):
    failures = []

    def make() -> None:
        try:
            Store(tmp_path)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_reading_makes_no_folder_and_no_file(tmp_path):
    with pytest.raises(OSError, match=r"holds no results\.sqlite: no study has stored results there"):
        Store(tmp_path / "nothing", create=False)
    assert not list(tmp_path.iterdir())


def test_eight_images_of_each_class_are_kept_by_its_name_from_black_to_white(tmp_path):
    """Their first pixel is their number, their second is their class."""
    store = Store(tmp_path)
    assert store.examples() == {}
    few = toy.dataset(negatives=9, positives=3)
    store.add_examples({"toy": replace(few, white=51), "bright": few, "other": few.with_positive("cat")})
    found = Store(tmp_path, create=False).examples()
    for name, times in (("toy", 5), ("bright", 1), ("other", 1)):
        assert {of_class: images.shape for of_class, images in found[name].images.items()} == {
            "cat": (8, 1, 1, 2),
            "dog": (3, 1, 1, 2),
        }
        cats, dogs = (found[name].images[of_class][:, 0, 0] for of_class in ("cat", "dog"))
        assert cats.tolist() == [[times * number, 0] for number in range(8)]
        assert dogs.tolist() == [[times * number, times] for number in range(3)]
    assert list(found) == ["toy", "bright", "other"]
    assert list(found["other"].images) == ["dog", "cat"]  # the negative class first
    assert found["toy"].images["cat"].dtype == np.uint8


@pytest.mark.parametrize(
    ("number", "kept"), [(8, range(8)), (15, range(8)), (16, range(0, 16, 2)), (50, range(0, 48, 6))]
)
def test_the_images_that_are_kept_lie_at_even_distances(tmp_path, number, kept):
    store = Store(tmp_path)
    store.add_examples({"toy": toy.dataset(negatives=number)})
    assert store.examples()["toy"].images["cat"][:, 0, 0, 0].tolist() == list(kept)


@pytest.mark.parametrize("white", [16, 255])
def test_white_is_255_whatever_it_was(tmp_path, white):
    some = toy.dataset(positives=2)
    some.train.positives[:] = white
    store = Store(tmp_path)
    store.add_examples({"toy": replace(some, white=white)})
    assert (store.examples()["toy"].images["dog"] == 255).all()


def test_images_that_are_there_stay_as_they_are(tmp_path):
    store = Store(tmp_path)
    store.add_examples({"toy": toy.dataset(negatives=3)})
    store.add_examples({"toy": toy.dataset(negatives=5), "other": toy.dataset(negatives=5)})
    assert [len(found.images["cat"]) for found in store.examples().values()] == [3, 5]


def error_of(statement: str, file: Path, **options) -> sqlite3.Error:
    """What SQLite raises for a statement."""
    with closing(sqlite3.connect(file, timeout=0, **options)) as database, pytest.raises(sqlite3.Error) as error:
        database.executescript(statement)
    return error.value


@pytest.mark.parametrize("locked", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
def test_a_store_that_another_process_holds_is_said_to_be_held(tmp_path, locked):
    file = filled(tmp_path).file
    with closing(sqlite3.connect(file)) as other:
        other.execute(locked)
        error = error_of("DELETE FROM runs", file)
    assert (
        explain_sqlite_error(file, error)
        == f"{file} is held by another process for more than a minute: database is locked"
    )


def test_a_locked_table_is_said_to_be_held(tmp_path):
    """Within one process, connections that share their cache lock single tables."""
    file = filled(tmp_path).file
    with closing(sqlite3.connect(f"file:{file}?cache=shared", uri=True)) as other:
        other.execute("DELETE FROM runs")
        error = error_of("SELECT * FROM runs", f"file:{file}?cache=shared", uri=True)
    assert explain_sqlite_error(file, error).startswith(f"{file} is held by another process for more than a minute: ")


def test_a_store_that_may_not_be_written_or_opened_needs_another_folder(tmp_path):
    file = filled(tmp_path).file
    only_read = error_of("DELETE FROM runs", f"file:{file}?mode=ro", uri=True)
    with pytest.raises(sqlite3.Error) as error, closing(sqlite3.connect(tmp_path / "nothing" / FILE)):
        pass
    for found in (only_read, error.value):
        assert (
            explain_sqlite_error(file, found) == f"{file} cannot be written: {found}; name an output folder that can be"
        )


def test_a_store_that_cannot_grow_is_said_to_be_full(tmp_path):
    file = filled(tmp_path).file
    error = error_of("PRAGMA max_page_count = 1; INSERT INTO arrays VALUES ('more', zeroblob(1000000))", file)
    assert "the disk is full" in explain_sqlite_error(file, error)


@pytest.mark.parametrize("statement", ["SELECT * FROM full", "SELECT * FROM readonly", "SELECT * FROM locked"])
def test_words_of_a_message_do_not_decide_what_is_wrong(tmp_path, statement):
    file = filled(tmp_path).file
    assert "cannot be used as a store of results" in explain_sqlite_error(file, error_of(statement, file))


def test_an_error_without_a_code_of_sqlite_is_told_as_it_is(tmp_path):
    database = sqlite3.connect(tmp_path / FILE)
    database.close()
    with pytest.raises(sqlite3.Error) as error:
        database.execute("SELECT 1")
    assert f"cannot be used as a store of results: {error.value}; {ADVICE}" in explain_sqlite_error(
        tmp_path / FILE, error.value
    )


OF_A_TRAINING = "what it holds of a training cannot be read"


def read(folder: Path) -> list[Row]:
    store = Store(folder)
    store.examples()
    return store.with_losses(store.rows([row.run for row in rows()]))


def refused(folder: Path) -> str:
    """The sentence; the file must stay as it is."""
    before = (folder / FILE).read_bytes()
    with pytest.raises(OSError, match="results") as error:
        read(folder)
    assert (folder / FILE).read_bytes() == before
    return str(error.value)


def test_a_store_of_an_older_or_newer_version_is_left_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute("CREATE TABLE runs (hash TEXT PRIMARY KEY, row TEXT NOT NULL)")
    assert f"is a store of version 1, and this imbaloss reads version {VERSION}; nothing in it was changed" in refused(
        tmp_path
    )
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    assert f"is a store of version {VERSION + 1}" in refused(tmp_path)


def test_a_database_of_another_program_is_left_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute("CREATE TABLE birds (name TEXT)")
    assert "is a store of another program" in refused(tmp_path)


@pytest.mark.parametrize("damage", ["overwritten", "cut", "replaced", "row", "arrays", "examples"])
def test_a_damaged_store_is_left_as_it_is(tmp_path, damage):
    filled(tmp_path)
    file = tmp_path / FILE
    content = file.read_bytes()
    if damage == "overwritten":
        file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    elif damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "replaced":
        file.write_bytes(b"no database at all, but quite a long text that has its name" * 40)
    else:
        with closing(sqlite3.connect(file)) as database, database:
            columns = {"row": "runs SET result", "arrays": "arrays SET content", "examples": "examples SET content"}
            column = columns[damage]
            database.execute(f"UPDATE {column} = '{{'")
    found = refused(tmp_path)
    assert "damaged" in found or "cannot be used as a store of results" in found
    assert "sqlite3 FILE .recover" in found
    assert damage not in {"row", "arrays"} or found == f"{file} is damaged: {OF_A_TRAINING}; {ADVICE}"


def test_a_full_disk_keeps_every_finished_row(tmp_path):
    with small_disk(tmp_path / "disk", "size=256k") as folder:
        store = filled(folder)
        probabilities = np.random.default_rng(0).random(40_000)
        large = {"test": Predictions(np.zeros(40_000, dtype=np.int64), probabilities, np.arange(40_000))}
        more = [replace(row, run=replace(row.run, seed=50)) for row in rows()]
        with pytest.raises(OSError, match="the disk is full; finished trainings are kept, the same command goes on"):
            store.add((row, large) for row in more)
        assert len(Store(folder).rows([row.run for row in rows()])) == len(rows())


def test_a_read_only_folder_can_be_read_and_not_written(tmp_path):
    with small_disk(tmp_path / "disk", "size=1m") as folder:
        filled(folder)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        assert len(Store(folder, create=False).rows([row.run for row in rows()])) == len(rows())
        with pytest.raises(OSError, match=r"cannot be written: attempt to write a readonly database; name an output"):
            Store(folder).add(entries())
        with pytest.raises(OSError, match="cannot be created as an output folder"):
            Store(folder / "new")


def test_the_validation_part_has_its_old_name_beside_the_new_one_in_json():
    row = rows()[0]
    flat = row.flat()
    assert flat["tune"] == flat["validation"] == row.scores["validation"]
    assert flat["undefined"]["tune"] == flat["undefined"]["validation"]
    for kind, count in row.counts.validation._asdict().items():
        assert flat[f"tune_{kind}"] == flat[f"validation_{kind}"] == count
    counts = row.facts()["counts"]
    assert counts["tune"] == counts["validation"] == row.counts.validation


def test_a_row_is_json_that_others_can_read(tmp_path):
    filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        query = "SELECT asked, result, computed FROM runs WHERE hash = ?"
        [texts] = database.execute(query, (rows()[0].run.hash,))
    asked, result, computed = map(json.loads, texts)
    assert (asked["loss"], asked["recipe"]["epochs"]) == ("msfe", 4)
    assert result["scores"]["test"]["f1"] == rows()[0].scores["test"]["f1"]
    tuned = rows()[0].tuned
    assert list(result["scores"]) == list(result["undefined"]) == ["tune", "test", "tuned"]  # as since version 5
    assert result["scores"]["tuned"] == tuned.scores | {
        "threshold": tuned.threshold, "threshold_low": tuned.interval[0], "threshold_high": tuned.interval[1],
    }  # fmt: skip
    assert computed["device"] == "cpu"
