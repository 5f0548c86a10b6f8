"""Batches with some of each class."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from imbaloss.data import batches

COUNTS = st.lists(st.integers(0, 60), min_size=2, max_size=4).filter(lambda counts: sum(map(bool, counts)) > 1)


def labels_of(counts: list[int]) -> np.ndarray:
    return np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))


def batches_of(counts: list[int], wanted: tuple[int, ...], size: int, seed: int = 0) -> list[np.ndarray]:
    """How many of each class each batch has."""
    labels = labels_of(counts)
    rows = batches.draw_rows(labels, wanted, size, np.random.default_rng(seed))
    assert len(rows) == len(labels)
    return [np.bincount(labels[rows[at : at + size]], minlength=len(counts)) for at in range(0, len(rows), size)]


@given(COUNTS, st.integers(1, 70), st.integers(0, 5))
def test_without_need_of_more_every_sample_is_seen_once_and_every_batch_has_the_shares(counts, size, seed):
    labels = labels_of(counts)
    rows = batches.draw_rows(labels, tuple(counts), size, np.random.default_rng(seed))
    assert sorted(rows.tolist()) == list(range(len(labels)))
    for found in batches_of(counts, tuple(counts), size, seed):
        least = found.sum() * np.array(counts) // sum(counts)
        assert (found >= least).all()


@given(COUNTS, st.integers(1, 4), st.integers(4, 40), st.integers(0, 5))
def test_every_full_batch_has_the_fewest_of_each_class(counts, fewest, size, seed):
    """Also of the largest, which gives way to the others."""
    assume(min(size, sum(counts)) > fewest * sum(map(bool, counts)))
    try:
        wanted = batches.count_stratified_rows(counts, size, fewest)
    except ValueError:
        wanted = None
    assume(wanted)
    assert sum(wanted) == sum(counts)
    there = np.array(counts) > 0
    for found in batches_of(counts, wanted, size, seed):
        if found.sum() == min(size, sum(counts)):
            assert found[there].min() >= fewest


@given(st.integers(1, 5), st.integers(6, 200), st.integers(1, 4), st.integers(8, 40), st.integers(0, 5))
def test_every_full_batch_has_the_fewest_of_the_rare_class(positives, negatives, fewest, size, seed):
    counts = [negatives, positives]
    assume(min(size, sum(counts)) > 2 * fewest and negatives >= positives + fewest)
    wanted = batches.count_stratified_rows(counts, size, fewest)
    assert sum(wanted) == sum(counts)
    full = [found for found in batches_of(counts, wanted, size, seed) if found.sum() == min(size, sum(counts))]
    assert min(found[1] for found in full) >= fewest


@given(COUNTS, st.integers(2, 40), st.integers(0, 5))
def test_balanced_batches_hold_as_many_of_each_class(counts, size, seed):
    wanted = batches.count_balanced_rows(counts)
    assert sum(wanted) == sum(counts)
    there = np.array(counts) > 0
    for found in batches_of(counts, wanted, size, seed):
        assert found[there].min() >= found.sum() * min(wanted[c] for c in np.flatnonzero(there)) // sum(counts)
        assert not found[~there].any()


def test_a_class_is_gone_through_before_one_of_it_comes_again():
    labels = labels_of([95, 5])
    rows = batches.draw_rows(labels, batches.count_balanced_rows([95, 5]), 10, np.random.default_rng(0))
    positives = rows[labels[rows] == 1]
    assert len(positives) == 50
    assert all(len(set(positives[at : at + 5].tolist())) == 5 for at in range(0, 50, 5))


def test_the_same_seed_gives_the_same_rows_and_another_others():
    labels = labels_of([95, 5])
    first, again, other = (batches.draw_rows(labels, (60, 40), 10, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_more_than_a_batch_holds_are_refused():
    with pytest.raises(
        ValueError, match="batches of 8 are too small for 5 or more samples of each class; take larger ones"
    ):
        batches.count_stratified_rows([95, 5], 8, 5)
