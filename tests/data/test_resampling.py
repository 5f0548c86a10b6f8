"""What a sampler makes of a training part."""

import numpy as np
import pytest

from imbaloss import data
from imbaloss.data import Counts, Samples

every_sampler = pytest.mark.parametrize("sampler", data.SAMPLERS)


def samples(negatives: int = 40, positives: int = 8) -> Samples:
    generator = np.random.default_rng(0)
    labels = generator.permutation(np.repeat([0, 1], [negatives, positives]))
    inputs = generator.random((len(labels), 1, 2, 3)).astype(np.float32)
    return Samples(inputs, labels)


def rows(some: Samples, label: int) -> set[bytes]:
    return {image.tobytes() for image in some.inputs[some.labels == label]}


@every_sampler
@pytest.mark.parametrize(("negatives", "positives"), [(40, 8), (8, 40), (9, 9)])
def test_classes_become_equal_and_as_many_as_planned(sampler, negatives, positives):
    train = samples(negatives, positives)
    found = data.resample(train, sampler, 0)
    assert found.counts == data.resampled_counts(train.counts, sampler)
    assert found.counts.negatives == found.counts.positives
    assert found.inputs.shape[1:] == train.inputs.shape[1:]
    assert (found.inputs.dtype, found.labels.dtype) == (np.float32, train.labels.dtype)


@every_sampler
def test_the_same_seed_gives_the_same_bytes_and_another_others(sampler):
    first, again, other = (data.resample(samples(), sampler, seed) for seed in (1, 1, 2))
    assert first.inputs.tobytes() == again.inputs.tobytes()
    assert np.array_equal(first.labels, again.labels)
    assert first.inputs.tobytes() != other.inputs.tobytes()


def test_random_samplers_repeat_or_leave_out_and_make_nothing():
    train = samples()
    over, under = (data.resample(train, name, 0) for name in ("random_over", "random_under"))
    assert [rows(over, label) for label in (0, 1)] == [rows(train, label) for label in (0, 1)]
    assert rows(under, 1) == rows(train, 1)
    assert rows(under, 0) < rows(train, 0)


def test_smote_keeps_all_and_makes_positives_between_positives():
    train = samples()
    found = data.resample(train, "smote", 0)
    assert rows(found, 0) == rows(train, 0)
    assert rows(found, 1) > rows(train, 1)
    positives = train.inputs[train.labels == 1].reshape(8, -1).astype(np.float64)
    made = [image for image in found.inputs[found.labels == 1] if image.tobytes() not in rows(train, 1)]
    for image in np.reshape(made, (len(made), -1)).astype(np.float64):
        pairs = [(a, b) for a in positives for b in positives]
        distances = [
            abs(np.linalg.norm(a - image) + np.linalg.norm(image - b) - np.linalg.norm(a - b)) for a, b in pairs
        ]
        assert min(distances) < 1e-6


def test_no_sampler_changes_nothing():
    train = samples()
    assert data.resample(train, data.NONE, 0) is train
    assert data.resampled_counts(Counts(40, 8), data.NONE) == (40, 8)


@pytest.mark.parametrize(("sampler", "positives"), [("smote", 5), ("random_over", 0), ("random_under", 0)])
def test_too_few_of_a_class_are_refused(sampler, positives):
    fewest = positives + 1
    with pytest.raises(
        ValueError, match=f"{sampler} needs {fewest} or more of each class to train on, found {positives}"
    ):
        data.resampled_counts(Counts(40, positives), sampler)


def test_an_unknown_sampler_is_refused():
    with pytest.raises(
        ValueError, match=r"there is no sampler 'smite' \(did you mean 'smote'\?\); there are none, random_over"
    ):
        data.check_sampler("smite")
