"""Members share the order of their samples if, and only if, their comparison is to be paired."""

from dataclasses import replace

import numpy as np

from imbaloss.data import SamplerSpec
from imbaloss.losses import LossSpec
from imbaloss.training import Member
from imbaloss.training.batch_orders import build_batch_orders, draw_orders
from tests.training.examples import RECIPE, split_of

SPLITS = (split_of(0), split_of(1))


def orders_of(*cases: tuple[int, int, str]):
    """Orders of members, each given as seed, number of its split and sampler."""
    members = [
        Member(SPLITS[split], LossSpec("mse"), RECIPE, seed, SamplerSpec.parse(sampler))
        for seed, split, sampler in cases
    ]
    return build_batch_orders(members, [split for _, split, _ in cases])


def test_the_seed_decides_whatever_the_split_and_a_sampler_that_draws_no_batches():
    drawn = draw_orders(orders_of((0, 0, "none"), (1, 0, "none"), (0, 1, "none"), (0, 1, "random_over")))
    assert np.array_equal(drawn[0], drawn[2])
    assert np.array_equal(drawn[0], drawn[3])
    assert not np.array_equal(drawn[0], drawn[1])


def test_batches_drawn_by_label_differ_from_split_to_split():
    balanced = "balanced_batches"
    drawn = draw_orders(orders_of((0, 0, balanced), (0, 0, balanced), (0, 1, balanced), (0, 0, "none")))
    assert np.array_equal(drawn[0], drawn[1])
    labels = SPLITS[0].train.labels[drawn[0]]
    assert np.bincount(labels).tolist() == [20, 20]
    assert not np.array_equal(drawn[0], drawn[3])
    other = replace(SPLITS[1].train, labels=1 - SPLITS[1].train.labels)
    member = Member(replace(SPLITS[1], train=other), LossSpec("mse"), RECIPE, 0, SamplerSpec.parse(balanced))
    [order] = build_batch_orders([member], [1])
    assert np.bincount(other.labels[order.draw()]).tolist() == [20, 20]


def test_an_order_is_drawn_once_an_epoch_for_all_that_share_it():
    """Else the second epoch of a pair would be the third of one that is alone."""
    [alone], pair = orders_of((3, 0, "none")), orders_of((3, 0, "none"), (3, 1, "none"))
    for _ in range(3):
        expected = alone.draw()
        for drawn in draw_orders(pair):
            assert np.array_equal(drawn, expected)
