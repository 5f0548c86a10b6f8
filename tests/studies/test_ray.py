"""A study on a real Ray cluster of two nodes, one of which dies."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from imbaloss import data, studies
from imbaloss.studies import Store
from tests.comparison.test_learners import open_rows, plan
from tests.comparison.test_learners import run as run_comparison
from tests.studies.observers import CallingObserver
from tests.studies.test_driver import DIGITS, RUNS, STUDY, found, interrupt_and_go_on, results

ray = pytest.importorskip("ray", reason="needs Ray: pip install 'imbaloss[ray]'")

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"),
    pytest.mark.xdist_group("ray"),  # one cluster
]


@pytest.fixture(scope="module")
def cluster() -> Iterator["ray.cluster_utils.Cluster"]:
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    cluster.add_node(**node)
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="module")
def digits() -> dict[str, data.Dataset]:
    return data.load_data_sets(STUDY.datasets)


def run(folder: Path, digits, address: str, on_work=lambda _: None):
    executor = partial(studies.train_on_ray, address=address)
    store = Store(folder)
    observer = CallingObserver(on_work=on_work)
    studies.execute(
        studies.cut_into_stacks(RUNS, digits, 2), store, digits, "cpu", executor=executor, observer=observer
    )
    return found(folder)


@pytest.mark.slow
def test_both_nodes_train_and_a_dead_one_loses_nothing(cluster, digits, tmp_path):
    whole = run(tmp_path / "whole", digits, cluster.address)
    assert [row.run for row in whole] == RUNS
    again = run(tmp_path / "again", digits, cluster.address)
    assert results(again) == results(whole)

    lost = cluster.add_node(num_cpus=1, object_store_memory=100 * 2**20)
    told: list[int] = []
    loss = threading.Thread(target=cluster.remove_node, args=(lost,), kwargs={"allow_graceful": False})

    def lose_a_node(work: int) -> None:
        told.append(work)
        if sum(map(bool, told)) == 2 and loss.ident is None:
            loss.start()

    assert results(run(tmp_path / "broken", digits, cluster.address, lose_a_node)) == results(whole)
    loss.join()
    assert sum(told) == sum(job.work_of(job.runs) for job in studies.cut_into_stacks(RUNS, digits, 2))


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(cluster, tmp_path):
    on_ray = ["--executor", "ray", "--ray-address", cluster.address, "--out"]
    runs = 2 * 3 * 5 * 2  # data sets, levels, losses, seeds
    interrupt_and_go_on([*DIGITS, "--seeds", "2", "--epochs", "100", "--stack-size", "1", *on_ray], tmp_path, runs)


@pytest.mark.slow
def test_a_stack_asks_for_no_more_memory_than_a_node_has(cluster, digits, tmp_path):
    """One that asked for more would never be placed."""
    study = replace(STUDY, datasets=("digits_3_8",), levels=(0.2,), seeds=(0,))
    jobs = [replace(job, plan=replace(job.plan, bytes=2**50)) for job in studies.cut_into_stacks(study.runs(), digits)]
    store = Store(tmp_path)
    executor = partial(studies.train_on_ray, address=cluster.address)
    studies.execute(jobs, store, digits, "cpu", executor=executor)
    assert len(store.hashes()) == 2


def test_no_cluster_is_one_sentence(digits, tmp_path):
    for address in ("127.0.0.1:9", "nowhere"):
        with pytest.raises(ConnectionError, match=re.escape(f"no Ray cluster answers at {address}: ")):
            run(tmp_path, digits, address)


@pytest.mark.slow
def test_learners_of_other_libraries_and_averages_have_the_same_rows(cluster, tmp_path):
    own = open_rows()
    average = "ensemble_selection(ce, lightgbm/mfe)"
    study = plan(("lightgbm", "xgboost", "logistic_regression", average), own)
    here = run_comparison(study, own, tmp_path / "here")
    executor = partial(studies.train_on_ray, address=cluster.address)
    assert run_comparison(study, own, tmp_path / "ray", executor) == here
