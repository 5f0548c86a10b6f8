"""How many images a level means, and which are drawn."""

from fractions import Fraction

import pytest

from imbaloss import data
from imbaloss.data import Counts
from tests.data.toy import dataset


@pytest.mark.parametrize(
    ("name", "protocol", "level", "train", "test"),
    [
        ("household", "table1", 0.2, (1500, 1000), (300, 200)),
        ("household", "table1", 0.1, (2000, 500), (400, 100)),
        ("household", "table1", 0.05, (2250, 250), (450, 50)),
        ("household", "stated", 0.2, (2000, 500), (400, 100)),
        ("household", "stated", 0.1, (2250, 250), (450, 50)),
        ("household", "stated", 0.05, (2375, 125), (475, 25)),
        ("household", "ratio", 0.2, (2500, 500), (500, 100)),
        ("household", "ratio", 0.1, (2500, 250), (500, 50)),
        ("household", "ratio", 0.05, (2500, 125), (500, 25)),
        *(
            (tree, protocol, level, train, test)
            for tree in ("tree_1", "tree_2")
            for protocol, level, train, test in (
                ("table1", 0.2, (300, 200), (60, 40)),
                ("table1", 0.1, (400, 100), (80, 20)),
                ("table1", 0.05, (450, 50), (90, 10)),
                ("stated", 0.2, (400, 100), (80, 20)),
                ("stated", 0.1, (450, 50), (90, 10)),
                ("stated", 0.05, (475, 25), (95, 5)),
                ("ratio", 0.2, (500, 100), (100, 20)),
                ("ratio", 0.1, (500, 50), (100, 10)),
                ("ratio", 0.05, (500, 25), (100, 5)),
            )
        ),
    ],
)
def test_the_nine_cases_have_their_counts(name, protocol, level, train, test):
    binary = data.SETS[name]
    rule, exactly = data.PROTOCOLS[protocol].counts, Fraction(str(level))
    assert (rule(exactly, binary.train), rule(exactly, binary.test)) == (train, test)


def test_counts_round_to_the_nearest_halves_up():
    """0.145 x 100 is 14.499999999999998 in floating point; the level is meant as a decimal."""
    toy = dataset(100, 100)
    assert data.protocol_counts(toy, "train", level=0.145, protocol="stated") == Counts(85, 15)
    assert data.protocol_counts(toy, "train", level=0.144, protocol="stated") == Counts(86, 14)
    assert data.protocol_counts(toy, "train", level=0.0025, protocol="table1") == Counts(99, 1)


@pytest.mark.parametrize(
    ("level", "protocol"), [(0, "table1"), (0, "stated"), (0, "ratio"), (1, "stated"), (0.5, "table1")]
)
def test_the_ends_of_the_scale_are_admitted(level, protocol):
    split = dataset().draw(level=level, protocol=protocol, seed=0)
    assert 0 in split.train.counts


@pytest.mark.parametrize(
    ("level", "protocol", "sentence"),
    [
        (1.5, "stated", "level must be from 0 to 1 under protocol stated, found 1.5"),
        (0.7, "table1", "level must be from 0 to 0.5 under protocol table1, found 0.7"),
        (-0.1, "ratio", "level must be >= 0 under protocol ratio, found -0.1"),
        (float("nan"), "table1", "level must be from 0 to 0.5 under protocol table1, found nan"),
        (float("inf"), "ratio", "level must be >= 0 under protocol ratio, found inf"),
        (1.2, "ratio", "protocol ratio at level 1.2 needs 60 train images of dog, and toy has 50"),
        (0.1, "tabel1", r"there is no protocol 'tabel1' \(did you mean 'table1'\?\); there are table1, stated, ratio"),
    ],
)
def test_refuses_in_one_sentence(level, protocol, sentence):
    with pytest.raises(ValueError, match=sentence):
        dataset().draw(level=level, protocol=protocol, seed=0)


def test_the_rare_class_may_be_the_other_one():
    toy = dataset(30, 40).with_positive("cat")
    assert (toy.negative, toy.positive, toy.train.counts) == ("dog", "cat", (40, 30))
    assert toy.with_positive("cat") is toy
    with pytest.raises(ValueError, match=r"toy has no class 'cst' \(did you mean 'cat'\?\); it has dog and cat"):
        toy.with_positive("cst")
