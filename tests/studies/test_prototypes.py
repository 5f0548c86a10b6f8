"""What is kept of prototypes that were learned."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from imbaloss import studies
from imbaloss.data import Samples, load_data_sets
from imbaloss.losses import LossSpec
from imbaloss.studies import PrototypeMap, Store, Study
from imbaloss.studies.prototypes import NEAREST, PICTURED, POINTS, compute_embeddings, find_highest
from imbaloss.training import Member, train
from tests.training.examples import RECIPE, split_of

RECIPE_OF_TWO = replace(RECIPE, network="fcn/prototype:per_class=2,embedding=5", channels=(4, 6), lr=0.1, epochs=3)


@pytest.fixture(scope="module")
def model():
    [outcome] = train([Member(split_of(0), LossSpec.parse("mse"), RECIPE_OF_TWO, 0)])
    return outcome.model


def test_the_map_is_what_a_slow_program_makes_of_it(model):
    samples = split_of(0).train
    found = PrototypeMap.of(model, samples)
    places = model.network.prototypes[0].detach().numpy().reshape(4, 5)
    of_samples = compute_embeddings(model, samples.inputs)
    assert found.own.tolist() == [0, 0, 1, 1]
    counts = [0, 0, 0, 0]
    for embedding, label in zip(of_samples, samples.labels, strict=True):
        distances = [
            np.linalg.norm(embedding - place) if own == label else np.inf
            for place, own in zip(places, found.own, strict=True)
        ]
        counts[int(np.argmin(distances))] += 1
    assert found.counts.tolist() == counts
    assert found.pictured.tolist() == [0, 1, 2, 3]
    for place, images, labels in zip(places, found.images, found.nearest, strict=True):
        order = np.argsort([np.linalg.norm(embedding - place) for embedding in of_samples])
        assert labels.tolist() == samples.labels[order[:NEAREST]].tolist()
        expected = np.clip(samples.inputs[order[:NEAREST]] * 255, 0, 255)
        assert np.abs(images.astype(float) - expected).max() <= 0.5


def test_of_many_prototypes_those_nearest_to_the_most_samples_are_pictured():
    counts = np.array([5, 0, 7, 7, 1, 2, 0, 0])
    assert find_highest(counts, np.arange(8) < 5).tolist() == [2, 3, 0]
    assert find_highest(counts, np.arange(8) >= 5).tolist() == [5, 6, 7]
    recipe = replace(RECIPE_OF_TWO, network="fcn/prototype:per_class=9")
    [outcome] = train([Member(split_of(0), LossSpec.parse("mse"), recipe, 0)])
    found = PrototypeMap.of(outcome.model, split_of(0).train)
    assert found.images.shape[:2] == (6, NEAREST)
    assert found.own[found.pictured].tolist() == [0] * PICTURED + [1] * PICTURED


def test_the_two_dimensions_are_those_of_most_variance(model):
    """By the singular values: what is left out of the embeddings is as small as can be."""
    samples = split_of(0).train
    found = PrototypeMap.of(model, samples)
    centred = (of_samples := compute_embeddings(model, samples.inputs)) - of_samples.mean(0)
    values = np.linalg.svd(centred, compute_uv=False) ** 2
    np.testing.assert_allclose(found.shares, values[:2] / values.sum(), rtol=1e-6)
    np.testing.assert_allclose((found.points.astype(float) ** 2).sum(0), values[:2], rtol=1e-4)
    assert found.points.shape == (40, 2)
    assert found.prototypes.shape == (4, 2)


@pytest.mark.parametrize("embedding", [1, 2])
def test_small_embeddings_and_columns(embedding):
    """Of rows of columns no image is kept; of many, not all points."""
    generator = np.random.default_rng(0)
    labels = np.arange(POINTS + 50) % 2
    part = Samples((generator.random((len(labels), 3)) + labels[:, None]).astype(np.float32), labels)
    split = replace(split_of(0), train=part)
    recipe = replace(RECIPE, network=f"prototype:embedding={embedding}", epochs=1)
    [outcome] = train([Member(split, LossSpec.parse("mse"), recipe, 0)])
    found = PrototypeMap.of(outcome.model, part)
    assert found.images.shape == (2, 0)
    assert found.points.shape == (POINTS, 2)
    assert found.counts.sum() == len(labels)
    assert found.shares.sum() == pytest.approx(1)


def test_a_network_that_makes_the_same_of_all_samples_has_a_map_too(model):
    same = deepcopy(model)
    for parameter in same.network.body.parameters():
        parameter.data.zero_()
    found = PrototypeMap.of(same, split_of(0).train)
    assert not found.points.any()
    assert not found.shares.any()


def test_a_store_gives_it_back(tmp_path):
    """Of trainings with and without prototypes, and the same for the same seed."""
    study = Study(
        ("digits_3_8",), (0.2,), ("msfe",), (0, 1), networks=("cnn/prototype:per_class=2", "mlp"),
        recipe={"hidden": (8,), "channels": (4, 6), "epochs": 2},
    )  # fmt: skip
    datasets = load_data_sets(study.datasets, quiet=True)
    maps = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        store = Store(folder)
        studies.execute(studies.cut_into_stacks(study.runs(), datasets), store, datasets, "cpu")
        assert len(store.rows(study.runs())) == 4
        found = [store.prototypes(run) for run in study.runs()]
        assert [one is not None for one in found] == ["prototype" in run.recipe.network for run in study.runs()]
        maps.append([one for one in found if one is not None])
    for one, other in zip(*maps, strict=True):
        assert one.images.shape == (4, NEAREST, 1, 8, 8)
        for name, array in one.arrays().items():
            assert np.array_equal(array, other.arrays()[name])
