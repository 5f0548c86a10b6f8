"""The binary sets hold the images that their names promise."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from imbaloss import data
from imbaloss.data import cifar100

DIGITS = [name for name, binary in data.SETS.items() if binary.source == "digits"]
CIFAR = [name for name, binary in data.SETS.items() if binary.source == "cifar100"]


def images(pool: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in pool}


def test_digits_need_nothing_and_have_the_listed_sizes():
    for name, found in data.load_data_sets(DIGITS).items():
        assert (found.train.counts, found.test.counts) == (data.SETS[name].train, data.SETS[name].test)


def test_digits_are_split_into_train_and_test_and_none_is_lost():
    found = data.load_data_sets(DIGITS)["digits_parity"]
    bunch = load_digits()
    pixels = bunch.images.astype(np.uint8)
    for side, parity in (("negatives", 0), ("positives", 1)):
        train, test = getattr(found.train, side), getattr(found.test, side)
        assert len(train) + len(test) == np.count_nonzero(bunch.target % 2 == parity)
        assert images(np.concatenate([train, test])) == images(pixels[bunch.target % 2 == parity])


@pytest.mark.parametrize("names", [["trees"], ["tree_1", "digits_38"]])
def test_an_unknown_name_is_refused(names):
    with pytest.raises(
        ValueError, match=r"there is no data set '.*' \(did you mean '.*'\?\); there are household, tree_1"
    ):
        data.load_data_sets(names)


def test_any_two_classes_of_cifar_100_are_a_set_whose_first_class_is_negative():
    assert data.find_binary_set("maple_tree/oak_tree") == data.SETS["tree_1"]
    assert data.find_binary_set("household_electrical_devices/household_furniture") == data.SETS["household"]
    assert data.find_binary_set("fish/oak_tree").train == (2500, 500)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("fish/flower", r"has no class 'flower' \(did you mean 'flowers'\?\)"),
        ("fish/", "has no class ''"),
        ("fish/ray/flowers", "has no class 'ray/flowers'"),
        ("fish/fish", "share images"),
        ("ray/fish", "share images"),
        ("fish/ray", "share images"),
    ],
)
def test_classes_that_are_not_there_or_not_apart_are_refused(name, why):
    with pytest.raises(ValueError, match=f"data set {name}: .*{why}"):
        data.load_data_sets([name])


@pytest.mark.real_data
def test_the_classes_of_a_superclass_are_those_of_the_files(real_folder):
    source = cifar100.load_cifar100(real_folder)
    assert sorted(source.coarse_names) == list(cifar100.SUPERCLASSES)
    for part in ("train", "test"):
        for coarse, fine in cifar100.SUPERCLASSES.items():
            assert images(source.select_images(part, coarse)) == set().union(
                *(images(source.select_images(part, one)) for one in fine)
            )


@pytest.mark.real_data
def test_sets_that_share_a_class_share_its_images_in_memory(real_folder):
    found = data.load_data_sets(["fish/flowers", "trees/fish"], folder=real_folder)
    first, second = found["fish/flowers"], found["trees/fish"]
    assert first.train.negatives is second.train.positives
    assert (first.train.counts, first.test.counts) == ((2500, 2500), (500, 500))


@pytest.mark.real_data
def test_the_reports_sets_hold_their_classes(real_folder):
    source = cifar100.load_cifar100(real_folder)
    for name, found in data.load_data_sets(CIFAR, folder=real_folder).items():
        assert (found.train.counts, found.test.counts) == (data.SETS[name].train, data.SETS[name].test)
        for part, pool in (("train", found.train), ("test", found.test)):
            assert images(pool.negatives) == images(source.select_images(part, found.negative))
            assert images(pool.positives) == images(source.select_images(part, found.positive))


@pytest.mark.real_data
def test_the_drawn_images_lie_in_the_named_classes_and_in_their_part(real_folder):
    for found in data.load_data_sets(CIFAR, folder=real_folder).values():
        split = found.draw(level=0.1, protocol="table1", seed=1)
        for samples, pool in ((split.train, found.train), (split.validation, found.train), (split.test, found.test)):
            pixels = np.rint(samples.inputs * 255).astype(np.uint8)
            assert images(pixels[samples.labels == 0]) <= images(pool.negatives)
            assert images(pixels[samples.labels == 1]) <= images(pool.positives)
