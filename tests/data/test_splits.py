"""Which images are train, validation and test."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss import data
from imbaloss.data import Fold, Samples, Split
from tests.data.toy import dataset


@given(
    level=st.integers(0, 500).map(lambda thousandths: thousandths / 1000),
    negatives=st.integers(1, 60),
    positives=st.integers(1, 60),
    protocol=st.sampled_from(["table1", "stated", "ratio"]),
    seed=st.integers(0, 2**63),
)
def test_a_split_has_its_counts_and_no_image_twice(level, negatives, positives, protocol, seed):
    toy = dataset(negatives, max(positives, negatives))
    split = toy.draw(level=level, protocol=protocol, seed=seed)
    assert split.train.counts == data.protocol_counts(toy, "train", level=level, protocol=protocol)
    assert split.test.counts == data.protocol_counts(toy, "test", level=level, protocol=protocol)
    for part in (split.train, split.validation, split.test):
        assert np.array_equal(np.rint(part.inputs[:, 0, 0, 1] * 255), part.labels)
    drawn = [tuple(image) for part in (split.train, split.validation) for image in part.inputs[:, 0, 0].tolist()]
    assert len(drawn) == len(set(drawn))


@pytest.mark.parametrize("level", [0.2, 0.1, 0.05])
def test_tune_has_the_share_of_train_and_takes_all_that_is_left(level):
    split = dataset(200, 200).draw(level=level, protocol="table1", seed=0)
    negatives, positives = split.train.counts
    assert split.validation.counts.negatives == 200 - negatives
    assert split.validation.counts.positives == int(split.validation.counts.negatives * positives / negatives)


def test_the_same_seed_draws_the_same_images_and_another_seed_others():
    first, again, other = (dataset().draw(level=0.2, protocol="stated", seed=seed) for seed in (3, 3, 4))
    for part in ("train", "validation", "test"):
        assert np.array_equal(getattr(first, part).inputs, getattr(again, part).inputs)
        assert not np.array_equal(getattr(first, part).inputs, getattr(other, part).inputs)


def test_classes_are_mixed_in_the_order_of_the_data():
    labels = dataset().draw(level=0.4, protocol="table1", seed=0).train.labels
    assert 0 < labels[: len(labels) // 2].mean() < 1
    assert np.count_nonzero(np.diff(labels)) > 2


def images(samples: Samples) -> list[tuple[float, ...]]:
    return [tuple(image) for image in samples.inputs[:, 0, 0].tolist()]


def parts(split: Split) -> list[Samples]:
    return [split.train, split.validation, split.test]


@given(
    level=st.sampled_from([0.1, 0.25, 0.5]),
    folds=st.integers(3, 6),
    repeats=st.integers(1, 2),
    seed=st.integers(0, 2**63),
)
def test_each_image_that_was_drawn_is_tested_once_in_each_repeat(level, folds, repeats, seed):
    toy = dataset(50, 50)
    asked = {"level": level, "protocol": "table1", "seed": seed}
    drawn = set()
    for repeat in range(repeats):
        splits = [toy.draw(**asked, fold=fold) for fold in data.list_folds(folds, repeats) if fold.repeat == repeat]
        tested = [image for split in splits for image in images(split.test)]
        assert sorted(tested) == sorted(image for split in splits for image in images(split.validation))
        assert len(tested) == len(set(tested)) == sum(data.protocol_counts(toy, "all", level=level, protocol="table1"))
        for split in splits:
            assert sorted(image for part in parts(split) for image in images(part)) == sorted(tested)
        drawn.add(frozenset(tested))
    assert len(drawn) == 1


@given(positives=st.integers(20, 40), folds=st.integers(3, 6), seed=st.integers(0, 2**63))
def test_folds_have_the_counts_that_are_planned_whatever_the_seed(positives, folds, seed):
    toy = dataset(40, positives, test=13)
    for fold in data.list_folds(folds, 2):
        planned = toy.split_counts(level=0.3, protocol="ratio", fold=fold)
        split = toy.draw(level=0.3, protocol="ratio", seed=seed, fold=fold)
        assert [part.counts for part in parts(split)] == list(planned.values())
        share = sum(split.test.labels) / len(split.test)
        assert share == pytest.approx(0.3 / 1.3, abs=1 / len(split.test) + 0.01)


def test_another_repeat_divides_otherwise_and_the_same_one_alike():
    first, again, other = (
        dataset().draw(level=0.2, protocol="table1", seed=1, fold=fold)
        for fold in (Fold(0, 1, 4), Fold(0, 1, 4), Fold(1, 1, 4))
    )
    assert images(first.test) == images(again.test)
    assert images(first.test) != images(other.test)


@pytest.mark.parametrize(
    ("folds", "repeats", "sentence"),
    [
        (2, 1, "folds must be 3 to 1000, one each for train, validation and test, found 2"),
        (5, 0, "repeats must be 1 to 1000, found 0"),
    ],
)
def test_too_few_folds_are_refused(folds, repeats, sentence):
    with pytest.raises(ValueError, match=sentence):
        data.list_folds(folds, repeats)


def test_fewer_images_of_a_class_than_folds_are_refused():
    sentence = (
        "5 folds need as many images of each class, and toy at level 0 under protocol table1 has 70 negatives and 0"
    )
    with pytest.raises(ValueError, match=sentence):
        dataset().split_counts(level=0, protocol="table1", fold=Fold(0, 0, 5))
