"""On a GPU a stack learns what it learns on a CPU; skipped where there is none."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from imbaloss import studies
from imbaloss.data import SamplerSpec, load_data_sets
from imbaloss.losses import LossSpec
from imbaloss.studies import Store, Study
from imbaloss.training import Member, train
from tests.training.examples import RECIPE, needs_bfloat16, split_of

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

KINDS = ("mlp", "cnn", "fcn", "prototype:per_class=2", "cnn/prototype")
LOSSES = ("mse", "msfe:running=0.1", "wce", "focal", "auc_margin", "smooth_ap", "ldam_drw:after=2,scale=1")
SMALL = replace(RECIPE, channels=(4, 6), lr=0.05, epochs=4)


def both(members: list[Member]):
    return train(members), train(members, device="cuda")


@pytest.mark.parametrize("network", KINDS)
@pytest.mark.parametrize(
    "changes",
    [{}, {"optimizer": "adam", "lr": 0.01}, {"momentum": 0.5, "flip": True, "shift": 1}, {"patience": 2, "outputs": 2}],
    ids=["sgd", "adam", "moved", "patient"],
)
def test_it_learns_what_a_cpu_learns(network, changes):
    """In float64: losses of each epoch, probabilities at the end; members leave at different times."""
    recipe = replace(SMALL, network=network, **changes)
    members = [
        Member(split_of(seed), LossSpec.parse(loss), replace(recipe, epochs=3 + seed), seed)
        for seed in (0, 1)
        for loss in LOSSES
    ]
    for here, there in zip(*both(members), strict=True):
        np.testing.assert_allclose(there.losses, here.losses, rtol=1e-8)
        np.testing.assert_allclose(there.validation_losses, here.validation_losses, rtol=1e-8)
        inputs = split_of(0).test.inputs
        np.testing.assert_allclose(there.model.probabilities(inputs), here.model.probabilities(inputs), atol=1e-8)


@pytest.mark.parametrize("network", KINDS)
@pytest.mark.parametrize("precision", ["float32", pytest.param("bf16", marks=needs_bfloat16)])
def test_in_less_precision_it_is_near(network, precision):
    recipe = replace(SMALL, network=network, precision=precision)
    [here], [there] = both([Member(split_of(0), LossSpec.parse("mse"), recipe, 0)])
    np.testing.assert_allclose(there.losses, here.losses, rtol=0.05)
    assert next(there.model.network.parameters()).dtype == torch.float32
    assert next(there.model.network.parameters()).device.type == "cpu"


def test_batch_samplers_and_weights():
    split = split_of(0)
    weighed = replace(split, train=replace(split.train, weights=np.linspace(0.5, 2, len(split.train))))
    members = [
        Member(weighed, LossSpec.parse("wce"), SMALL, 0, SamplerSpec.parse(sampler))
        for sampler in ("none", "balanced_batches")
    ]
    for member in members:
        [here], [there] = both([member])
        np.testing.assert_allclose(there.losses, here.losses, rtol=1e-8)


def test_a_study_on_it_is_that_of_a_cpu(tmp_path):
    study = Study(
        ("digits_3_8",), (0.2,), ("msfe", "ce"), (0, 1), networks=("cnn/prototype", "mlp"),
        recipe={"hidden": (8,), "channels": (4, 6), "epochs": 3, "precision": "float64"},
    )  # fmt: skip
    datasets = load_data_sets(study.datasets, quiet=True)
    found = []
    for device in ("cpu", "cuda"):
        store = Store(tmp_path / device)
        jobs = studies.cut_into_stacks(study.runs(), datasets, device=device)
        studies.execute(jobs, store, datasets, device)
        found.append([row.scores["test"]["roc_auc"] for row in store.rows(study.runs())])
    np.testing.assert_allclose(*found, atol=1e-6)
