"""A forecast counts what a study has, and tells a cost that goes with it."""

from dataclasses import replace

import pytest

from imbaloss import data, studies
from imbaloss.studies.forecast import Cost

STUDY = replace(
    studies.built_in("digits"), datasets=("digits_3_8", "digits_8_9"), levels=(0.2, 0.05), seeds=(0, 1),
    losses=("mse", "wce"),
)  # fmt: skip


@pytest.fixture(scope="module")
def digits() -> dict[str, data.Dataset]:
    return data.load_data_sets(STUDY.datasets)


def forecast(study: studies.Study, digits) -> studies.Forecast:
    runs = study.runs()
    return studies.forecast("own", runs, studies.cut_into_stacks(runs, digits), digits, "cpu")


def test_everything_is_counted(digits):
    found = forecast(STUDY, digits)
    assert (found.study, found.trainings) == ("own", {"digits_3_8": 8, "digits_8_9": 8})
    assert (found.networks, found.stacks, found.largest_stack) == (16, 1, 16)
    assert found.seconds.keys() == found.trainings.keys()
    assert all(0.05 < seconds < 600 for seconds in found.seconds.values())
    assert 100 * 2**20 < found.memory < 20 * 2**30
    assert found.reach == studies.compute_detectable_differences(STUDY.runs(), digits)


def test_candidates_are_networks(digits):
    found = forecast(replace(STUDY, overrules={"tune_lr": (0.1, 0.2, 0.3)}), digits)
    assert (sum(found.trainings.values()), found.networks) == (16, 48)


def test_the_cost_is_that_of_every_network_and_of_each_of_its_epochs(digits):
    """1 second a network and 2 an epoch: 8 networks of 60 epochs and 8 of 80."""
    [job] = studies.cut_into_stacks(STUDY.runs(), digits)
    assert sum(map(Cost(fixed=1.0, epoch=2.0).seconds_for, job.runs)) == 16 + 2 * 8 * (60 + 80)


def test_what_was_probed_is_not_stored(digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    forecast(STUDY, digits)
    assert not list(tmp_path.iterdir())
