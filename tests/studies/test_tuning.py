"""A learning rate is chosen on validation, with the same budget for each loss, and test is read for it alone."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest

from imbaloss import data, studies
from imbaloss.evaluation import Decision, Objective, scores
from imbaloss.studies import Row, Store
from imbaloss.studies.tuning import SettingChoice, TriedSetting, choose_outcome
from imbaloss.training import Model, Outcome, Recipe, Setting, plan_training
from imbaloss.training.stack import Stack

RATES = (1e-4, 0.3, 1e30)  # the last one makes weights of cross-entropy infinite
STUDY = replace(
    studies.built_in("digits"), datasets=("digits_3_8",), levels=(0.2,), seeds=(0, 1), losses=("mse", "wce"),
    overrules={"epochs": 4, "hidden": (8,), "tune_lr": RATES},
)  # fmt: skip


@pytest.fixture(scope="module")
def digits() -> dict[str, data.Dataset]:
    return data.load_data_sets(STUDY.datasets)


@pytest.fixture(scope="module")
def tuned(digits) -> list[studies.Finished]:
    jobs = studies.cut_into_stacks(STUDY.runs(), digits)
    return [found for job in jobs for found in studies.train_together(job, digits, "cpu", lambda _: None)]


def rate(setting: Setting) -> float:
    """The learning rate of a setting that holds nothing else."""
    [(name, value)] = setting.values
    assert name == "lr"
    return value


def alone(row: Row, lr: float, digits) -> studies.Finished:
    """The same run with that rate and no choice."""
    run = replace(row.run, recipe=replace(row.run.recipe, tune_lr=(), lr=lr))
    [job] = studies.cut_into_stacks([run], digits)
    return studies.train_together(job, digits, "cpu", lambda _: None)[0]


def test_the_best_on_tune_is_taken_and_scored(tuned, digits):
    """Every candidate is what a training with its rate alone would be."""
    for row, _, model in tuned:
        assert [candidate.setting for candidate in row.tuning.candidates] == [Setting.of(lr=rate) for rate in RATES]
        for candidate in row.tuning.candidates:
            other, *_ = alone(row, rate(candidate.setting), digits)
            assert candidate.failure == other.failure
            assert candidate.score == pytest.approx(other.scores["validation"]["roc_auc"], abs=1e-6)
        judged = {candidate.setting: candidate.score or 0 for candidate in row.tuning.candidates}
        assert judged[row.tuning.setting] == max(judged.values())
        chosen, *_ = alone(row, rate(row.tuning.setting), digits)
        np.testing.assert_allclose(row.losses, chosen.losses, rtol=1e-5)
        split = digits["digits_3_8"].draw(level=0.2, protocol="table1", seed=row.run.seed)
        assert row.scores["test"] == scores(split.test.labels, model.probabilities(split.test.inputs))[0]
        assert Setting.of(lr=model.recipe.lr) == row.tuning.setting
    assert any(candidate.failure for row, *_ in tuned for candidate in row.tuning.candidates)


def test_test_is_read_for_the_chosen_network_alone(digits, monkeypatch):
    read = []
    original = Model.logits

    def counted(model, inputs, order=None):
        read.append((model.recipe.lr, len(inputs)))
        return original(model, inputs, order)

    monkeypatch.setattr(Model, "logits", counted)
    [job, *_] = studies.cut_into_stacks(STUDY.runs()[:1], digits)
    [(row, *_)] = studies.train_together(job, digits, "cpu", lambda _: None)
    assert sum(row.counts.test) != sum(row.counts.validation)
    assert [lr for lr, size in read if size == sum(row.counts.test)] == [rate(row.tuning.setting)]


def test_all_candidates_share_a_stack_and_every_loss_has_as_many(digits):
    for size, runs in ((None, 4), (7, 2), (2, 1)):
        jobs = studies.cut_into_stacks(STUDY.runs(), digits, size)
        assert [len(job.runs) for job in jobs] == [runs] * (4 // runs)
        assert sum(job.work_of(job.runs) for job in jobs) == 4 * 3 * 4 * jobs[0].work


def test_a_failed_candidate_loses_to_any_other(tuned, digits):
    """One whose outputs are not finite has failed too; the other ranks the labels backwards."""
    row, _, model = tuned[0]
    tried = [Setting.of(lr=rate) for rate in (0.1, 0.2, 0.3)]
    split = digits["digits_3_8"].draw(level=0.2, protocol="table1", seed=row.run.seed)
    backwards = replace(split.validation, labels=1 - split.validation.labels)
    broken = replace(model, network=copy.deepcopy(model.network))
    broken.network.layers[0].weight.data.fill_(float("nan"))
    outcomes = [Outcome([0.1], None, "failed"), Outcome([0.1], broken, None), Outcome([0.1], model, None)]
    outcome, tuning = choose_outcome(Decision(), tried, backwards, outcomes)
    assert outcome is outcomes[2]
    assert tuning.setting == Setting.of(lr=0.3)
    judged = [candidate.score for candidate in tuning.candidates]
    assert judged[:2] == [None, None]
    assert judged[2] < 0.5
    outcome, tuning = choose_outcome(Decision(), tried, backwards, [*outcomes[:2], outcomes[1]])
    assert tuning.setting is None


def test_a_row_tells_of_the_plan_and_of_the_networks(tuned, digits):
    jobs = studies.cut_into_stacks(STUDY.runs(), digits)
    for row, *_ in tuned:
        assert row.computed.plan == jobs[0].plan.facts()
        assert row.computed.stack_size == jobs[0].networks == 12
        assert row.facts()["tuning"] == row.tuning.to_json()
        assert row.flat()["recipe"]["lr"] == rate(row.tuning.setting)


def test_networks_are_trained_as_the_plan_says(digits, monkeypatch):
    [job] = studies.cut_into_stacks(STUDY.runs(), digits)
    ordinary = replace(job, plan=plan_training(STUDY.runs()[0].recipe, job.samples, job.shape, shortcuts=False))
    seen = []
    original = Stack.__init__

    def looking(stack, **parts):
        original(stack, **parts)
        seen.append(stack.shortcuts.plan)

    monkeypatch.setattr(Stack, "__init__", looking)
    for one in (job, ordinary):
        studies.train_together(one, digits, "cpu", lambda _: None)
    assert seen == [job.plan, ordinary.plan]


def test_work_is_told_whole_where_candidates_fail(digits):
    told = []
    [job] = studies.cut_into_stacks(STUDY.runs(), digits)
    studies.train_together(job, digits, "cpu", told.append)
    assert sum(told) == job.work_of(job.runs)


def test_the_order_of_the_rates_does_not_matter():
    run = STUDY.runs()[0]
    assert replace(run, recipe=replace(run.recipe, tune_lr=RATES[::-1])) == run


def test_equal_candidates_give_the_smallest(digits):
    """Rates so small that the network stays as it was."""
    study = replace(STUDY, overrules=STUDY.overrules | {"tune_lr": (2e-12, 1e-12)})
    [job] = studies.cut_into_stacks(study.runs(), digits)
    for row, *_ in studies.train_together(job, digits, "cpu", lambda _: None):
        assert row.tuning.setting == Setting.of(lr=1e-12)


def test_where_every_rate_fails_the_row_says_so(digits):
    study = replace(STUDY, overrules=STUDY.overrules | {"tune_lr": (1e30, 1e32)}, losses=("wce",))
    [job] = studies.cut_into_stacks(study.runs(), digits)
    for row, _, model in studies.train_together(job, digits, "cpu", lambda _: None):
        assert model is None
        assert "no longer finite" in row.failure
        assert row.scores["test"]["f1"] is None


def test_a_tuned_row_survives_the_store(tuned, tmp_path):
    store = Store(tmp_path)
    store.add((row, predictions) for row, predictions, _ in tuned)
    found = store.rows(STUDY.runs())
    assert [row.tuning for row in found] == [row.tuning for row, *_ in tuned]
    assert [row.flat()["tuning"]["by"] for row in found] == ["roc_auc"] * 4


def test_the_hash_covers_the_rates_and_not_the_one_rate_that_is_not_read():
    run = STUDY.runs()[0]

    def hashed(**entries) -> str:
        return replace(run, recipe=replace(run.recipe, **entries)).hash

    assert hashed(lr=0.5) == hashed(lr=0.7) == run.hash
    assert hashed(tune_lr=(0.1, 0.2)) != run.hash
    assert hashed(tune_lr=()) == replace(run, recipe=replace(Recipe(), **vars(run.recipe) | {"tune_lr": ()})).hash


@pytest.mark.parametrize("changes", [{"levels": (0.0,)}, {"protocols": ("ratio",)}])
def test_a_tune_part_that_lacks_a_class_is_refused_before_anything_is_trained(digits, changes):
    with pytest.raises(
        ValueError, match="leaves no validation part with both classes, which is needed to choose a setting"
    ):
        studies.cut_into_stacks(replace(STUDY, **changes).runs(), digits)


class Told:
    """A fitted model that gives these probabilities, whatever the inputs."""

    def __init__(self, *probabilities: float) -> None:
        self.told = np.array(probabilities)

    def probabilities(self, inputs: np.ndarray) -> np.ndarray:
        assert len(inputs) == len(self.told)
        return self.told


VALIDATION = data.Samples(np.zeros((6, 1)), np.array([1, 1, 0, 0, 0, 0]))
LEADS = Told(0.9, 0.1, 0.8, 0.7, 0.6, 0.5)  # one positive at the top, the other at the end: AP 2/3, F1 2/3, cost 4/6
FOLLOWS = Told(0.7, 0.6, 0.9, 0.8, 0.5, 0.4)  # both behind two negatives: AP 5/12, F1 2/3, cost 2/6
TRIED = tuple(Setting.of(leaves=leaves) for leaves in (7, 15, 31))


@pytest.mark.parametrize(
    ("entries", "chosen", "best"),
    [
        ({"optimize": "average_precision"}, 1, 2 / 3),
        ({"optimize": "f1"}, 1, 2 / 3),  # equally good, so the first of the two
        ({"optimize": "cost", "threshold": "cost:fn=10,fp=1"}, 2, -2 / 6),
        ({}, 1, 0.5),  # both have a ROC-AUC of 0.5
    ],
)
def test_the_score_that_the_decision_optimises_chooses(entries, chosen, best):
    outcomes = [Outcome([], None, "failed"), Outcome([], LEADS, None), Outcome([], FOLLOWS, None)]
    outcome, choice = choose_outcome(Decision.read(entries), TRIED, VALIDATION, outcomes)
    assert choice.by == entries.get("optimize", "roc_auc")
    assert choice.candidates[0].failure == "failed"
    assert choice.candidates[0].score is None
    assert max(candidate.score for candidate in choice.candidates[1:]) == pytest.approx(best)
    assert outcome is outcomes[chosen]
    assert choice.setting == TRIED[chosen]


def test_weights_of_validation_count_in_the_choice():
    outcomes = [Outcome([], LEADS, None), Outcome([], FOLLOWS, None)]
    for weights, chosen in (((1, 1, 1, 1, 1, 1), 0), ((0.1, 1, 1, 1, 9, 9), 1)):
        weighted = replace(VALIDATION, weights=np.array(weights, dtype=float))
        _, choice = choose_outcome(Decision(optimize=Objective("average_precision")), TRIED[:2], weighted, outcomes)
        assert choice.setting == TRIED[chosen]


def test_a_choice_comes_back_from_json():
    tried = (TriedSetting(TRIED[0], None, "failed"), TriedSetting(Setting.of(rate=0.1, leaves=3), -0.25, None))
    for setting in (tried[1].setting, None):
        choice = SettingChoice("cost", setting, tried)
        assert SettingChoice.from_json(json.loads(json.dumps(choice.to_json())), "lr") == choice


@pytest.mark.parametrize("rate", ["lr", "C"])
def test_a_choice_of_version_0_1_is_read(rate):
    """It knew one number, which it called lr whatever the learner."""
    candidates = [{"lr": 0.03, "roc_auc": None, "failure": "it"}, {"lr": 0.3, "roc_auc": 0.8, "failure": None}]
    tried = (TriedSetting(Setting.of({rate: 0.03}), None, "it"), TriedSetting(Setting.of({rate: 0.3}), 0.8, None))
    old = {"by": "roc_auc", "lr": 0.3, "candidates": candidates}
    assert SettingChoice.from_json(old, rate) == SettingChoice("roc_auc", Setting.of({rate: 0.3}), tried)
    assert SettingChoice.from_json(old | {"lr": None}, rate).setting is None
