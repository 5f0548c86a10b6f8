"""A study is run once, whole, and the same every time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imbaloss import data, studies
from imbaloss.evaluation import Rule, scores, tuned
from imbaloss.studies import Row, Store

STUDY = replace(
    studies.built_in("digits"), datasets=("digits_3_8", "digits_8_9"), levels=(0.2, 0.05), seeds=(0, 1),
    losses=("mse", "wce"), overrules={"epochs": 4, "hidden": (8,)},
)  # fmt: skip


@pytest.fixture(scope="module")
def digits() -> dict[str, data.Dataset]:
    return data.load(STUDY.datasets)


def rows_of(study: studies.Study, digits, folder: Path, *, stack_size=None, on_work=lambda _: None) -> list[Row]:
    store = Store(folder)
    studies.execute(studies.cut(study.runs(), digits, stack_size), store, studies.Work(digits, "cpu", on_work))
    return store.with_losses(store.rows(study.runs()))


def results(rows: list[Row]) -> list[tuple]:
    return [(row.run, row.counts, row.scores, row.losses, row.failure) for row in rows]


@pytest.fixture(scope="module")
def undisturbed(digits, tmp_path_factory) -> list[Row]:
    return rows_of(STUDY, digits, tmp_path_factory.mktemp("undisturbed"))


def test_every_run_has_its_row(undisturbed, digits):
    assert [row.run for row in undisturbed] == STUDY.runs()
    for row in undisturbed:
        assert len(row.losses) == 4
        assert row.counts["train"] == data.counts(
            digits[row.run.dataset], "train", level=row.run.level, protocol="table1"
        )
        assert row.classes == (data.SETS[row.run.dataset].negative, row.run.positive)


def test_the_same_study_gives_the_same_bits(undisturbed, digits, tmp_path):
    assert results(rows_of(STUDY, digits, tmp_path)) == results(undisturbed)


def test_the_size_of_the_stacks_does_not_matter(undisturbed, digits, tmp_path):
    for row, other in zip(undisturbed, rows_of(STUDY, digits, tmp_path, stack_size=3), strict=True):
        np.testing.assert_allclose(row.losses, other.losses, rtol=1e-5)
    assert {row.computed["stack_size"] for row in rows_of(STUDY, digits, tmp_path)} <= {1, 2, 3}


def test_what_was_interrupted_is_resumed_and_ends_the_same(undisturbed, digits, tmp_path):
    """Interrupted in the middle of the third of eight stacks."""

    def interruptions() -> Iterator[None]:
        yield from [None] * 10
        raise KeyboardInterrupt

    ticks = interruptions()
    with pytest.raises(KeyboardInterrupt):
        rows_of(STUDY, digits, tmp_path, stack_size=2, on_work=lambda work: next(ticks) if work else None)
    kept = Store(tmp_path).with_losses(Store(tmp_path).rows(STUDY.runs()))
    assert len(kept) == 4
    resumed = rows_of(STUDY, digits, tmp_path, stack_size=2)
    assert results(resumed) == results(rows_of(STUDY, digits, tmp_path / "again", stack_size=2))
    assert results(resumed)[:4] == results(kept)
    assert len(resumed) == len(undisturbed)


def test_only_what_is_missing_is_run(digits, tmp_path):
    told: list[int] = []
    rows_of(STUDY, digits, tmp_path)
    more = replace(STUDY, losses=("mse", "wce", "msfe"), seeds=(0, 1, 2))
    before = Store(tmp_path).hashes()
    rows = rows_of(more, digits, tmp_path, on_work=told.append)
    assert len(before) == 16
    assert len(rows) == len(Store(tmp_path).hashes()) == 36
    jobs = studies.cut(more.runs(), digits)
    missing = [(job, run) for job in jobs for run in job.runs if run.hash not in before]
    assert sum(told) == sum(job.work * run.recipe.epochs for job, run in missing)


def test_losses_of_a_seed_share_images_weights_and_batches_and_seeds_do_not(digits, tmp_path):
    """Under two names of one loss, all of that together gives equal networks; under another seed it does not."""
    twice = ("wce:class_weights=1:1", "focal:gamma=0,class_weights=1:1")
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), losses=twice)
    first, same, other, _ = rows_of(study, digits, tmp_path)
    np.testing.assert_allclose(first.losses, same.losses, rtol=1e-5)
    assert abs(first.losses[0] - other.losses[0]) > 1e-4


def test_a_row_holds_the_scores_of_its_model(digits):
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), seeds=(1,), losses=("wce",))
    [job] = studies.cut(study.runs(), digits)
    [(row, predictions, model)] = studies.train_together(job, digits, "cpu", lambda _: None)
    split = data.draw(digits["digits_3_8"], level=0.2, protocol="table1", seed=1)
    assert row.scores["test"] == scores(split.test.labels, model.probabilities(split.test.inputs))[0]
    assert row.scores["tune"] == scores(split.tune.labels, model.probabilities(split.tune.inputs))[0]
    for part, of_part in predictions.items():
        assert row.scores[part] == scores(of_part.labels, of_part.probabilities)[0]
    threshold, low, high, _ = tuned(Rule.of("f1"), split.tune.labels, model.probabilities(split.tune.inputs))
    at, _ = scores(split.test.labels, model.probabilities(split.test.inputs), threshold)
    assert row.scores["tuned"] == {**at, "threshold": threshold, "threshold_low": low, "threshold_high": high}
    assert low <= threshold <= high


def test_a_row_says_which_images_were_tested(digits):
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), seeds=(1,), losses=("wce",))
    [job] = studies.cut(study.runs(), digits)
    [(_, predictions, _)] = studies.train_together(job, digits, "cpu", lambda _: None)
    split = data.draw(digits["digits_3_8"], level=0.2, protocol="table1", seed=1)
    pool = digits["digits_3_8"].test
    for label, images in ((0, pool.negatives), (1, pool.positives)):
        of_class = predictions["test"].images[predictions["test"].labels == label]
        drawn = split.test.inputs[split.test.labels == label]
        np.testing.assert_array_equal(images[of_class] / np.float32(digits["digits_3_8"].white), drawn)


@pytest.mark.parametrize(("level", "protocol"), [(0.0, "table1"), (1.0, "stated"), (0.2, "ratio")])
def test_levels_without_a_class_have_rows_without_scores(digits, tmp_path, level, protocol):
    study = replace(
        STUDY, levels=(level,), protocols=(protocol,), seeds=(0,), losses=("mse", "wmse", "mfe", "msfe", "wce", "focal")
    )
    for row in rows_of(study, digits, tmp_path):
        assert row.failure is None
        assert (row.scores["test"]["roc_auc"] is None) == (level in {0, 1})
        if protocol == "ratio":
            assert row.counts["tune"][0] == 0
            assert row.scores["tuned"]["f1"] is row.scores["tuned"]["threshold"] is None
            assert "no threshold was chosen: there are no negatives" in row.undefined["tuned"]["f1"]


def test_a_failed_training_has_a_row_with_its_sentence(digits, tmp_path):
    study = replace(STUDY, seeds=(0,), overrules={"epochs": 2, "lr": 1e30})
    rows = rows_of(study, digits, tmp_path)
    assert rows
    failed = [row for row in rows if row.failure]
    assert failed
    for row in failed:
        assert "no longer finite" in row.failure
        assert set(row.scores["test"].values()) == {None}
        assert row.undefined["test"]["f1"] == "the training failed"
        assert json.dumps(row.flat(), allow_nan=False)


def test_an_overflow_in_the_last_step_is_a_failure(digits, tmp_path):
    study = replace(STUDY, seeds=(0,), losses=("mse",), overrules={"epochs": 1, "lr": 1e38, "train_batch": 1000})
    failures = {row.failure for row in rows_of(study, digits, tmp_path)} - {None}
    assert failures
    assert failures <= {
        "the weights were no longer finite at the end of epoch 1; try a smaller lr",
        "the outputs of the trained network are not finite; try a smaller lr",
    }


def test_too_few_images_are_refused_before_anything_is_trained(digits):
    study = replace(STUDY, levels=(0.2, 1.2), protocols=("ratio",))
    with pytest.raises(ValueError, match=r"ratio at level 1\.2 needs 146 train images of 8, and digits_3_8 has 116"):
        studies.cut(study.runs(), digits)


def test_a_file_that_is_no_store_is_refused(tmp_path):
    (tmp_path / "results.sqlite").write_bytes(b"this is no database, only a file with its name" * 30)
    with pytest.raises(OSError, match="cannot be used as a store of results"):
        Store(tmp_path)


@pytest.mark.parametrize(("optimizer", "inputs"), [("sgd", 116), ("adam", 64)])
def test_work_is_samples_times_trained_parameters(digits, optimizer, inputs):
    """Within the span of 116 samples, the first layer has 116 of them for each of its 8 units."""
    overrules = STUDY.overrules | {"optimizer": optimizer}
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), overrules=overrules)
    [job] = studies.cut(study.runs(), digits)
    assert job.work == 116 * (inputs * 8 + 8 + 8 + 1)


def test_every_fold_has_its_row(digits, tmp_path):
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), seeds=(0,), losses=("mse",), folds=4, repeats=2)
    rows = rows_of(study, digits, tmp_path)
    assert [row.run.fold for row in rows] == data.folds_of(4, 2)
    for row in rows:
        planned = data.split_counts(digits["digits_3_8"], level=0.2, protocol="table1", fold=row.run.fold)
        assert row.counts == planned
        assert json.loads(json.dumps(row.flat()))["fold"] == row.run.fold._asdict()
        for part, predictions in Store(tmp_path).predictions(row.run).items():
            assert len(predictions.labels) == sum(planned[part])


def test_a_sampler_changes_what_is_trained_on_and_nothing_else(digits, tmp_path):
    """Among equally many of each class, weighted cross-entropy has equal weights."""
    study = replace(
        STUDY, datasets=("digits_3_8",), levels=(0.05,), seeds=(0,), samplers=("none", "random_over"),
        losses=("wce", "wce:class_weights=1:1"),
    )  # fmt: skip
    plain, _, balanced, same = rows_of(study, digits, tmp_path)
    assert balanced.losses == pytest.approx(same.losses, rel=1e-5)
    assert plain.losses[0] != pytest.approx(balanced.losses[0], rel=1e-3)
    assert plain.counts == {part: balanced.counts[part] for part in ("train", "tune", "test")}
    negatives, _ = plain.counts["train"]
    assert balanced.counts["resampled"] == (negatives, negatives)
    for part in ("tune", "test"):
        labels = [Store(tmp_path).predictions(row.run)[part].labels for row in (plain, balanced)]
        assert np.array_equal(*labels)


def test_runs_on_equally_many_samples_share_a_stack_wherever_they_stand(digits):
    """Folds of 116 + 58 images hold one more or less."""
    study = replace(
        STUDY, datasets=("digits_3_8",), levels=(0.2,), seeds=(0,), losses=("mse", "wce"), folds=5, repeats=3
    )
    jobs = studies.cut(study.runs(), digits)
    assert {job.samples for job in jobs} == {104, 105}
    assert len(jobs) == 2
    assert sum(len(job.runs) for job in jobs) == 30


def test_a_sampler_that_lacks_samples_is_refused_before_anything_is_trained(digits):
    study = replace(STUDY, levels=(0.01,), samplers=("smote",))
    sentence = "digits_3_8 at level 0.01 under protocol table1: sampler smote needs 6 or more of each class"
    with pytest.raises(ValueError, match=sentence):
        studies.cut(study.runs(), digits)
