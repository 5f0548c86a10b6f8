"""A study is run once, whole, and the same every time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imbaloss import data, studies
from imbaloss.evaluation import Calibration, Rule, TunedScores, calibration, choose_threshold, scores
from imbaloss.learners import stacked_networks
from imbaloss.studies import Row, Store
from imbaloss.studies.row import PartCounts
from tests.studies.observers import CallingObserver

STUDY = replace(
    studies.built_in("digits"), datasets=("digits_3_8", "digits_8_9"), levels=(0.2, 0.05), seeds=(0, 1),
    losses=("mse", "wce"), overrules={"epochs": 4, "hidden": (8,)},
)  # fmt: skip


@pytest.fixture(scope="module")
def digits() -> dict[str, data.Dataset]:
    return data.load_data_sets(STUDY.datasets)


def rows_of(study: studies.Study, digits, folder: Path, *, stack_size=None, on_work=lambda _: None) -> list[Row]:
    store = Store(folder)
    jobs = studies.cut_into_stacks(study.runs(), digits, stack_size)
    studies.execute(jobs, store, digits, "cpu", observer=CallingObserver(on_work=on_work))
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
        assert row.counts.train == data.protocol_counts(
            digits[row.run.dataset], "train", level=row.run.level, protocol="table1"
        )
        assert row.classes == (data.SETS[row.run.dataset].negative, row.run.positive)


def test_the_same_study_gives_the_same_bits(undisturbed, digits, tmp_path):
    assert results(rows_of(STUDY, digits, tmp_path)) == results(undisturbed)


def test_the_size_of_the_stacks_does_not_matter(undisturbed, digits, tmp_path):
    for row, other in zip(undisturbed, rows_of(STUDY, digits, tmp_path, stack_size=3), strict=True):
        np.testing.assert_allclose(row.losses, other.losses, rtol=1e-5)
    assert {row.computed.stack_size for row in rows_of(STUDY, digits, tmp_path)} <= {1, 2, 3}


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
    jobs = studies.cut_into_stacks(more.runs(), digits)
    missing = [(job, run) for job in jobs for run in job.runs if run.hash not in before]
    assert sum(told) == sum(job.work * run.recipe.epochs for job, run in missing)


def test_an_average_of_networks_is_resumed_and_tells_all_its_work(digits, tmp_path):
    """Interrupted in the second of two stacks, each of two runs of three networks at two rates."""
    study = replace(
        STUDY, datasets=("digits_3_8",), levels=(0.2,),
        overrules={"epochs": 4, "hidden": (8,), "n_networks": 3, "tune_lr": (0.1, 0.2)},
    )  # fmt: skip
    told: list[int] = []
    whole = rows_of(study, digits, tmp_path / "whole", stack_size=12, on_work=told.append)
    jobs = studies.cut_into_stacks(study.runs(), digits, 12)
    assert [job.networks for job in jobs] == [12, 12]
    assert sum(told) == sum(job.work_of(job.runs) for job in jobs)
    assert sum(told) == sum(job.work * 4 * 6 for job in jobs for _ in job.runs)

    before: list[int] = []

    def stop_in_second(work: int) -> None:
        before.append(work)
        if sum(before) > sum(told) / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rows_of(study, digits, tmp_path / "killed", stack_size=12, on_work=stop_in_second)
    assert len(Store(tmp_path / "killed").hashes()) == 2
    assert results(rows_of(study, digits, tmp_path / "killed", stack_size=12)) == results(whole)
    assert {row.run.hash for row in whole}.isdisjoint(run.hash for run in replace(
        study, overrules={**study.overrules, "n_networks": 1}
    ).runs())  # fmt: skip


def test_losses_of_a_seed_share_images_weights_and_batches_and_seeds_do_not(digits, tmp_path):
    """Under two names of one loss, all of that together gives equal networks; under another seed it does not."""
    twice = ("wce:class_weights=1:1", "focal:gamma=0,class_weights=1:1")
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), losses=twice)
    first, same, other, _ = rows_of(study, digits, tmp_path)
    np.testing.assert_allclose(first.losses, same.losses, rtol=1e-5)
    assert abs(first.losses[0] - other.losses[0]) > 1e-4


def test_a_row_holds_the_scores_of_its_model(digits):
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), seeds=(1,), losses=("wce",))
    [job] = studies.cut_into_stacks(study.runs(), digits)
    [(row, predictions, model)] = studies.train_together(job, digits, "cpu", lambda _: None)
    assert 0 < row.computed.predict_seconds < 60
    split = digits["digits_3_8"].draw(level=0.2, protocol="table1", seed=1)
    assert row.scores["test"] == scores(split.test.labels, model.probabilities(split.test.inputs))[0]
    assert row.scores["validation"] == scores(split.validation.labels, model.probabilities(split.validation.inputs))[0]
    for part, of_part in predictions.items():
        assert row.scores[part] == scores(of_part.labels, of_part.probabilities)[0]
    threshold, low, high, _ = choose_threshold(
        Rule.parse("f1"), split.validation.labels, model.probabilities(split.validation.inputs)
    )
    at = scores(split.test.labels, model.probabilities(split.test.inputs), threshold)
    assert row.tuned == TunedScores(threshold, (low, high), *at)
    assert low <= threshold <= high


def test_a_row_says_which_images_were_tested(digits):
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), seeds=(1,), losses=("wce",))
    [job] = studies.cut_into_stacks(study.runs(), digits)
    [(_, predictions, _)] = studies.train_together(job, digits, "cpu", lambda _: None)
    split = digits["digits_3_8"].draw(level=0.2, protocol="table1", seed=1)
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
            assert row.counts.validation[0] == 0
            assert row.tuned.scores["f1"] is row.tuned.threshold is None
            assert "no threshold was chosen: there are no" in row.tuned.undefined["f1"]
            assert row.tuned.reason == row.tuned.undefined["f1"]


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
        studies.cut_into_stacks(study.runs(), digits)


def test_a_file_that_is_no_store_is_refused(tmp_path):
    (tmp_path / "results.sqlite").write_bytes(b"this is no database, only a file with its name" * 30)
    with pytest.raises(OSError, match="cannot be used as a store of results"):
        Store(tmp_path)


@pytest.mark.parametrize(("optimizer", "inputs"), [("sgd", 116), ("adam", 64)])
def test_work_is_samples_times_trained_parameters(digits, optimizer, inputs):
    """Within the span of 116 samples, the first layer has 116 of them for each of its 8 units."""
    overrules = STUDY.overrules | {"optimizer": optimizer}
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), overrules=overrules)
    [job] = studies.cut_into_stacks(study.runs(), digits)
    assert job.work == 116 * (inputs * 8 + 8 + 8 + 1)


def test_every_fold_has_its_row(digits, tmp_path):
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), seeds=(0,), losses=("mse",), folds=4, repeats=2)
    rows = rows_of(study, digits, tmp_path)
    assert [row.run.fold for row in rows] == data.list_folds(4, 2)
    for row in rows:
        planned = digits["digits_3_8"].split_counts(level=0.2, protocol="table1", fold=row.run.fold)
        assert row.counts == PartCounts(**planned)
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
    assert plain.counts == replace(balanced.counts, resampled=None)
    negatives, _ = plain.counts.train
    assert balanced.counts.resampled == (negatives, negatives)
    for part in ("validation", "test"):
        labels = [Store(tmp_path).predictions(row.run)[part].labels for row in (plain, balanced)]
        assert np.array_equal(*labels)


def test_runs_on_equally_many_samples_share_a_stack_wherever_they_stand(digits):
    """Folds of 116 + 58 images hold one more or less."""
    study = replace(
        STUDY, datasets=("digits_3_8",), levels=(0.2,), seeds=(0,), losses=("mse", "wce"), folds=5, repeats=3
    )
    jobs = studies.cut_into_stacks(study.runs(), digits)
    assert {job.samples for job in jobs} == {104, 105}
    assert len(jobs) == 2
    assert sum(len(job.runs) for job in jobs) == 30


def test_a_sampler_that_lacks_samples_is_refused_before_anything_is_trained(digits):
    study = replace(STUDY, levels=(0.01,), samplers=("smote",))
    sentence = "digits_3_8 at level 0.01 under protocol table1: sampler smote needs 6 or more of each class"
    with pytest.raises(ValueError, match=sentence):
        studies.cut_into_stacks(study.runs(), digits)


def test_what_a_sampler_does_to_the_probabilities_is_taken_back(digits):
    """Of cross-entropy, which learns the shares it sees; MFE's class means see none."""
    study = replace(
        STUDY, datasets=("digits_3_8",), levels=(0.05,), seeds=(0,), losses=("ce", "mfe"),
        samplers=("random_over", "balanced_batches"), overrules=STUDY.overrules | {"epochs": 40},
    )  # fmt: skip
    jobs = studies.cut_into_stacks(study.runs(), digits)
    for row, predictions, model in studies.train_together(jobs[0], digits, "cpu", lambda _: None) + [
        one for job in jobs[1:] for one in studies.train_together(job, digits, "cpu", lambda _: None)
    ]:
        negatives, positives = row.counts.train
        shown = row.counts.resampled
        assert abs(shown[0] - shown[1]) <= 1
        expected = np.log(positives / negatives) - np.log(shown[1] / shown[0]) if row.run.method.learned == "ce" else 0
        assert model.prior == pytest.approx((0, expected), abs=1e-4)
        order = data.seeds.make_generator(0, "test").permutation(sum(row.counts.test))
        split = digits["digits_3_8"].draw(level=0.05, protocol="table1", seed=0)
        assert np.array_equal(model.probabilities(split.test.inputs, order), predictions["test"].probabilities)
        uncorrected = replace(model, prior=()).probabilities(split.test.inputs, order)
        assert (uncorrected.mean() > predictions["test"].probabilities.mean() + 0.05) == (
            row.run.method.learned == "ce"
        )


def test_a_sampler_whose_size_the_samples_decide_has_a_stack_for_each_seed(digits, tmp_path):
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2, 0.05), samplers=("adasyn", "enn", "none"))
    jobs = studies.cut_into_stacks(study.runs(), digits)
    for job in jobs:
        seeds = {(run.level, run.seed) for run in job.runs}
        samplers = {str(run.method.sampler) for run in job.runs}
        assert samplers == {"none"} or (len(samplers) == 1 and len(seeds) == 1)
    rows = rows_of(study, digits, tmp_path)
    assert all(row.failure is None for row in rows)
    for row in rows:
        negatives, positives = row.counts.shown
        of_train = row.counts.train
        assert {"enn": negatives <= of_train[0], "adasyn": positives > of_train[1], "none": True}[
            row.run.method.sampler.name
        ]


def test_where_a_sampler_can_make_nothing_of_the_samples_the_training_failed(digits, tmp_path):
    """And those beside it did not."""
    study = replace(
        STUDY, datasets=("digits_8_9",), levels=(0.05,), seeds=range(4), samplers=("kmeans_smote", "none"),
        overrules=STUDY.overrules | {"tune_lr": (0.1, 0.2)},
    )  # fmt: skip
    rows = rows_of(study, digits, tmp_path)
    failures = [row.failure for row in rows if str(row.run.method.sampler) == "kmeans_smote"]
    assert any(failures)
    for failure in filter(None, failures):
        assert failure.startswith("sampler kmeans_smote can make nothing of these samples: No clusters found")
    assert not any(row.failure for row in rows if str(row.run.method.sampler) == "none")


def test_runs_that_differ_in_what_comes_after_share_a_network(digits, tmp_path, monkeypatch):
    trained: list[int] = []
    original = stacked_networks.train_averages

    def counted(members, **options):
        trained.append(len(members))
        return original(members, **options)

    monkeypatch.setattr(stacked_networks, "train_averages", counted)
    recipes = {
        "plain": {},
        "cost": {"threshold": "cost:fn=10"},
        "platt": {"calibration": "platt", "threshold": "g_mean"},
    }
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), seeds=(0,), recipes=recipes)
    rows = rows_of(study, digits, tmp_path)
    assert trained == [2]
    by_recipe = {name: [row for row in rows if row.run.recipe_name == name] for name in recipes}
    for plain, cost, platt in zip(*by_recipe.values(), strict=True):
        assert plain.losses == cost.losses == platt.losses
        assert plain.scores["test"]["roc_auc"] == cost.scores["test"]["roc_auc"] == platt.scores["test"]["roc_auc"]
        assert plain.scores["test"]["brier"] != platt.scores["test"]["brier"]
        assert "cost" not in plain.tuned.scores
        for scores_of in (cost.scores["test"], cost.tuned.scores):
            assert scores_of["cost"] == pytest.approx((scores_of["fp"] + 10 * scores_of["fn"]) / sum(cost.counts.test))
        assert cost.tuned.threshold < plain.tuned.threshold
    assert len({row.run.hash for row in rows}) == 6


def test_a_calibrated_model_says_what_its_row_was_scored_by(digits):
    study = replace(
        STUDY, datasets=("digits_3_8",), levels=(0.2,), seeds=(0,), losses=("wce",),
        overrules=STUDY.overrules | {"calibration": "isotonic"},
    )  # fmt: skip
    [job] = studies.cut_into_stacks(study.runs(), digits)
    [(row, _, model)] = studies.train_together(job, digits, "cpu", lambda _: None)
    split = digits["digits_3_8"].draw(level=0.2, protocol="table1", seed=0)
    assert model.calibration.kind == "isotonic"
    assert row.scores["test"] == scores(split.test.labels, model.probabilities(split.test.inputs))[0]
    found = calibration.fit_calibration(
        "isotonic", split.validation.labels, replace(model, calibration=Calibration()).logits(split.validation.inputs)
    )
    assert found == model.calibration  # by validation alone


def test_patience_ends_a_training_of_a_study(digits, tmp_path):
    study = replace(
        STUDY, seeds=(0,), losses=("ce",), overrules={"epochs": 3000, "patience": 5, "hidden": (8,), "lr": 1.0}
    )
    told: list[int] = []
    rows = rows_of(study, digits, tmp_path, on_work=told.append)
    assert all(5 < len(row.losses) < 3000 for row in rows)
    assert sum(told) == sum(job.work_of(job.runs) for job in studies.cut_into_stacks(study.runs(), digits))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"patience": 3}, "leaves no validation part with both classes, which is needed to stop a training"),
        (
            {"calibration": "platt"},
            "leaves no validation part with both classes, which is needed to calibrate probabilities",
        ),
    ],
)
def test_what_needs_a_tune_part_is_refused_without_one(digits, changes, sentence):
    study = replace(STUDY, levels=(0.2,), protocols=("ratio",), overrules=STUDY.overrules | changes)
    with pytest.raises(ValueError, match=sentence):
        studies.cut_into_stacks(study.runs(), digits)


def test_batches_too_small_for_a_sampler_are_refused_before_anything_is_trained(digits):
    study = replace(STUDY, samplers=("stratified_batches:fewest=70",))
    with pytest.raises(
        ValueError, match=r"digits_3_8 at .* batches of 32 are too small for 70 or more samples of each class"
    ):
        studies.cut_into_stacks(study.runs(), digits)
