"""Samplers for torch's DataLoader: what each draws, and that ranks and continued epochs make up one draw."""

import copy
import math
import pickle
from collections import Counter
from itertools import chain

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader, SequentialSampler, TensorDataset

from imbaloss import samplers
from imbaloss.evaluation import priors
from imbaloss.losses import LossSpec
from imbaloss.samplers import ClassBalancedSampler, StratifiedBatchSampler, WeightedDistributedSampler
from imbaloss.samplers.draws import apportion, order_evenly
from imbaloss.training.priors import prior_shift
from tests import peers

KINDS = {
    "stratified": lambda labels, **options: StratifiedBatchSampler(labels, 6, **options),
    "stratified, equal classes": lambda labels, **options: StratifiedBatchSampler(
        labels, 6, shares=[1 / 3] * 3, fewest=2, **options
    ),
    "class-balanced": ClassBalancedSampler,
    "progressive": lambda labels, **options: ClassBalancedSampler(
        labels, power=0.5, progressive=3, num_samples=29, **options
    ),
    "weighted": lambda labels, **options: WeightedDistributedSampler(1.0 + labels, 31, labels=labels, **options),
    "without replacement": lambda labels, **options: WeightedDistributedSampler(
        1.0 + labels, 20, replacement=False, **options
    ),
}
every_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


def labels_of(*counts: int) -> torch.Tensor:
    """Labels in random order, with that many of each class."""
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    return labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))]


LABELS = labels_of(25, 4, 8)
FEW = labels_of(970, 30)


def one_process(make, epoch: int = 0, **options) -> list:
    sampler = make(LABELS, **options)
    sampler.set_epoch(epoch)
    return list(sampler)


def by_turns(shares: list[list]) -> list:
    """The units of all ranks in the order in which they are taken."""
    return [unit for step in zip(*shares, strict=True) for unit in step]


@every_kind
@settings(max_examples=20)
@given(ranks=st.integers(1, 6), epoch=st.integers(0, 4), seed=st.integers(0, 3))
def test_the_ranks_together_have_the_draw_of_one_process(make, ranks, epoch, seed):
    whole = one_process(make, epoch, seed=seed)
    for drop_last in (False, True):
        dealt = [make(LABELS, seed=seed, rank=rank, num_replicas=ranks, drop_last=drop_last) for rank in range(ranks)]
        for sampler in dealt:
            sampler.set_epoch(epoch)
        shares = [list(sampler) for sampler in dealt]
        expected = one_process(make, epoch, seed=seed, drop_last=True) if drop_last else whole
        steps = len(expected) // ranks if drop_last else math.ceil(len(expected) / ranks)
        assert by_turns(shares) == (expected + expected)[: steps * ranks]
        assert {len(sampler) for sampler in dealt} == {len(share) for share in shares} == {steps}


@every_kind
def test_a_draw_follows_from_seed_and_epoch(make):
    assert one_process(make, 2, seed=1) == one_process(make, 2, seed=1)
    draws = [one_process(make, epoch, seed=seed) for epoch in (0, 1) for seed in (0, 1)]
    assert all(draws[a] != draws[b] for a in range(4) for b in range(a))
    torch.manual_seed(5)  # and from nothing else
    assert one_process(make) == draws[0]


@every_kind
def test_each_iteration_is_an_epoch_unless_it_is_named(make):
    sampler = make(LABELS)
    assert [list(sampler) for _ in range(3)] == [one_process(make, epoch) for epoch in range(3)]
    next(iter(sampler))  # one that is broken off begins again
    assert list(sampler) == one_process(make, 3)
    sampler.set_epoch(1)
    assert list(sampler) == one_process(make, 1)


@every_kind
def test_an_iterator_keeps_its_epoch_and_the_newest_one_moves_the_position(make):
    sampler = make(LABELS)
    assert all(first == second for first, second in zip(sampler, sampler, strict=True))
    sampler.set_epoch(2)
    older, newest = iter(sampler), iter(sampler)
    next(older)
    assert sampler.state_dict()["position"] == 0
    next(newest)
    assert sampler.state_dict()["position"] == 1
    sampler.set_epoch(0)
    assert list(older) == one_process(make, 2)[1:]
    assert sampler.state_dict()["epoch"] == 0


@every_kind
@settings(max_examples=20)
@given(before=st.integers(1, 4), after=st.integers(1, 4), share=st.floats(0, 1), drop_last=st.booleans())
def test_an_epoch_is_continued_where_it_was_left_whatever_the_number_of_ranks(make, before, after, share, drop_last):
    options = {"seed": 3, "drop_last": drop_last}
    first = [make(LABELS, rank=rank, num_replicas=before, **options) for rank in range(before)]
    done = int(share * len(first[0]))
    taken, states = [], []
    for sampler in first:
        sampler.set_epoch(2)
        iterator = iter(sampler)
        taken.append([next(iterator) for _ in range(done)])
        states.append(sampler.state_dict())
    assert all(state == states[0] for state in states)
    then = [make(LABELS, rank=rank, num_replicas=after, **options) for rank in range(after)]
    for sampler in then:
        sampler.load_state_dict(states[0])
        sampler.set_epoch(2)  # as a loop over epochs does
    rest = [list(sampler) for sampler in then]
    whole = one_process(make, 2, **options)
    both = by_turns(taken) + by_turns(rest)
    end = len(both) if drop_last else len(whole)
    assert both[:end] == (whole + whole)[:end]
    assert len(whole) - len(both) < (after if drop_last else 1)
    if before == after and share < 1:
        assert both == by_turns([list(reset(sampler, 2)) for sampler in first])
    assert [list(sampler) for sampler in then] == [list(reset(sampler, 3)) for sampler in then]


def reset(sampler, epoch: int):
    """The sampler at the beginning of an epoch."""
    sampler.set_epoch(epoch - 1)
    sampler.set_epoch(epoch)
    return sampler


@every_kind
def test_a_state_at_the_end_of_an_epoch_is_the_beginning_of_the_next(make):
    sampler, resumed = make(LABELS), make(LABELS)
    list(sampler)
    resumed.load_state_dict(sampler.state_dict())
    assert resumed.epoch == 1
    assert list(resumed) == one_process(make, 1)


@every_kind
def test_after_the_last_unit_nothing_is_left_of_the_epoch(make):
    sampler, resumed = make(LABELS), make(LABELS)
    iterator = iter(sampler)
    for _ in range(len(sampler)):
        next(iterator)
    resumed.load_state_dict(sampler.state_dict())
    assert list(resumed) == []
    assert list(resumed) == one_process(make, 1)


def test_a_state_of_another_draw_is_refused():
    state = ClassBalancedSampler(LABELS).state_dict()
    other = LABELS.flip(0)
    for sampler in (
        ClassBalancedSampler(other),
        ClassBalancedSampler(LABELS, seed=1),
        ClassBalancedSampler(LABELS, power=0.5),
        StratifiedBatchSampler(LABELS, 6),
    ):
        with pytest.raises(ValueError, match=r"a state of ClassBalancedSampler\(.*\) cannot be continued by "):
            sampler.load_state_dict(state)
    with pytest.raises(ValueError, match="state must have epoch, position, draw, as state_dict gives it"):
        ClassBalancedSampler(LABELS).load_state_dict({})
    with pytest.raises(ValueError, match="state of Weighted"):
        WeightedDistributedSampler([1.0, 2.0]).load_state_dict(WeightedDistributedSampler([1.0, 3.0]).state_dict())


@given(counts=st.lists(st.integers(1, 40), min_size=2, max_size=6), size=st.integers(1, 30), seed=st.integers(0, 9))
def test_stratified_batches_have_the_shares_of_the_data_and_each_sample_once(counts, size, seed):
    labels = labels_of(*counts)
    size = min(size, len(labels))
    sampler = StratifiedBatchSampler(labels, size, fewest=0, seed=seed)
    batches = list(sampler)
    assert sorted([*chain(*batches)]) == list(range(len(labels)))
    assert sampler.counts == tuple(counts)
    full = [labels[batch].bincount(minlength=len(counts)) for batch in batches if len(batch) == size]
    assert len(batches) - len(full) in (0, 1)
    for batch in full:
        for number, share in zip(batch.tolist(), sampler.full_counts, strict=True):
            assert number in (share // len(full), -(-share // len(full)))
    assert all(
        abs(whole - count * len(full) * size / len(labels)) < 1
        for whole, count in zip(sampler.full_counts, counts, strict=True)
    )


@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=4),
    size=st.integers(8, 30),
    fewest=st.integers(0, 2),
    weights=st.lists(st.floats(0.1, 1), min_size=4, max_size=4),
)
def test_stratified_batches_have_the_shares_that_are_given_and_some_of_each_class(counts, size, fewest, weights):
    """Each class is passed through before a sample comes again."""
    counts = [8 + count for count in counts]
    shares = [weight / sum(weights[: len(counts)]) for weight in weights[: len(counts)]]
    labels = labels_of(*counts)
    size = min(size, len(labels))
    sampler = StratifiedBatchSampler(labels, size, shares=shares, fewest=fewest, drop_last=True)
    batches = list(sampler)
    for batch in batches:
        numbers = labels[batch].bincount(minlength=len(counts)).tolist()
        assert min(numbers) >= fewest
        if fewest <= min(size * share for share in shares):
            assert all(abs(number - size * share) < 1 + 1e-6 for number, share in zip(numbers, shares, strict=True))
    rows = torch.tensor([*chain(*batches)])
    assert tuple(labels[rows].bincount(minlength=len(counts)).tolist()) == sampler.counts
    for label in range(len(counts)):
        often = Counter(rows[labels[rows] == label].tolist())
        times = [often[index] for index in range(len(labels)) if labels[index] == label]
        assert max(times) - min(times) <= 1


def test_with_three_in_a_hundred_each_batch_of_32_has_its_positive():
    batches = list(StratifiedBatchSampler(FEW, 32))
    positives = [int(FEW[batch].sum()) for batch in batches]
    assert positives[:-1] == [1] * 31
    often = Counter(index for batch in batches for index in batch)
    assert {index for index, times in often.items() if times > 1} <= set(FEW.nonzero().flatten().tolist())
    assert [int(FEW[batch].sum()) for batch in StratifiedBatchSampler(FEW, 32, fewest=0)].count(0) > 0


@pytest.mark.parametrize("ranks", [2, 4])
def test_the_batches_of_the_ranks_at_one_step_are_stratified_together(ranks):
    """Half as many positives as batches: at each step every second rank has one."""
    labels = labels_of(4096 - 128, 128)
    for seed in range(5):
        batches = list(StratifiedBatchSampler(labels, 16, fewest=0, seed=seed))
        positives = [int(labels[batch].sum()) for batch in batches]
        assert set(positives) == {0, 1}
        steps = [sum(positives[step : step + ranks]) for step in range(0, len(positives), ranks)]
        assert steps == [ranks // 2] * len(steps)


@given(st.integers(1, 200))
def test_the_even_order_has_each_number_once(number):
    assert sorted(order_evenly(number).tolist()) == list(range(number))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6), st.integers(0, 5), st.integers(0, 100))
def test_whole_numbers_in_proportion_sum_to_the_total(proportions, fewest, more):
    total = fewest * len(proportions) + more
    numbers = apportion(total, proportions, fewest)
    assert sum(numbers) == total
    assert min(numbers) >= fewest
    quotas = [total * proportion / sum(proportions) for proportion in proportions]
    if min(quotas) >= fewest:
        assert all(abs(number - quota) < 1 for number, quota in zip(numbers, quotas, strict=True))


def test_class_balanced_draws_have_the_probabilities_of_the_paper():
    """Kang et al. 2020, equations 1 and 2; frequencies within five standard deviations."""
    number = 20_000
    for power, expected in ((0.0, [1 / 3] * 3), (0.5, [5, 2, 8**0.5]), (1.0, [25, 4, 8])):
        probabilities = np.array(expected) / sum(expected)
        sampler = ClassBalancedSampler(LABELS, power=power, num_samples=number)
        np.testing.assert_allclose(sampler.shares, probabilities)
        frequencies = LABELS[list(sampler)].bincount().numpy() / number
        assert (abs(frequencies - probabilities) < 5 * np.sqrt(probabilities * (1 - probabilities) / number)).all()
    sampler = ClassBalancedSampler(LABELS, progressive=4)
    data = np.array([25, 4, 8]) / 37
    for epoch in range(6):
        sampler.set_epoch(epoch)
        reached = min(epoch / 4, 1)
        np.testing.assert_allclose(sampler.shares, (1 - reached) * data + reached / 3)


def test_a_class_is_drawn_whole_before_one_of_its_samples_comes_again():
    rows = torch.tensor(list(ClassBalancedSampler(LABELS, num_samples=200)))
    for label in range(3):
        walk = rows[LABELS[rows] == label].tolist()
        members = set((label == LABELS).nonzero().flatten().tolist())
        rounds = [walk[start : start + len(members)] for start in range(0, len(walk), len(members))]
        assert len(rounds) > 1
        assert all(set(each) == members for each in rounds[:-1])
        assert rounds[0] != rounds[1]


def test_weighted_draws_have_their_weights():
    weights = np.array([0.0, 1.0, 3.0, 0.0, 6.0, 0.0])
    number = 20_000
    rows = list(WeightedDistributedSampler(weights, number))
    frequencies = np.bincount(rows, minlength=6) / number
    assert (frequencies[weights == 0] == 0).all()
    np.testing.assert_allclose(frequencies, weights / 10, atol=5 * 0.5 / number**0.5)
    firsts = Counter()
    sampler = WeightedDistributedSampler(weights, 3, replacement=False)
    for _ in range(2_000):
        drawn = list(sampler)
        assert sorted(drawn) == [1, 2, 4]
        firsts[drawn[0]] += 1
    np.testing.assert_allclose([firsts[row] / 2_000 for row in range(6)], weights / 10, atol=5 * 0.5 / 2_000**0.5)


def test_weights_of_any_size_can_be_drawn_by():
    assert set(WeightedDistributedSampler([1e308, 1e308, 0.0], 50)) == {0, 1}
    assert set(WeightedDistributedSampler([1e-320, 1.0], 50)) == {1}


@pytest.mark.parametrize(
    "sampler",
    [
        ClassBalancedSampler(FEW),
        ClassBalancedSampler(FEW, power=0.5, num_samples=77),
        ClassBalancedSampler(LABELS),
        StratifiedBatchSampler(FEW, 32, shares=(0.75, 0.25)),
        StratifiedBatchSampler(LABELS, 9, fewest=2),
        WeightedDistributedSampler(1.0 + 3 * LABELS, labels=LABELS),
    ],
    ids=str,
)
def test_the_prior_shift_is_that_of_the_evaluation(sampler):
    """For cross-entropy, from the counts in the data and in a draw."""
    drawn = [round(10_000 * count) for count in sampler.counts]  # of many epochs; whole numbers
    expected = prior_shift(LossSpec("ce"), sampler.class_counts, drawn)
    np.testing.assert_allclose(sampler.prior_shift, expected, atol=1e-4)
    assert sampler.class_counts == tuple((FEW if len(expected) == 2 else LABELS).bincount().tolist())


def test_the_prior_shift_gives_back_the_shares_of_the_data():
    sampler = ClassBalancedSampler(FEW, power=0.3)
    drawn = np.log(sampler.shares[1] / sampler.shares[0])
    shifted = priors.shift_logits(np.array([drawn]), sampler.prior_shift)
    np.testing.assert_allclose(1 / (1 + np.exp(-shifted)), 0.03)
    sampler = ClassBalancedSampler(LABELS)
    exponentials = np.exp(priors.shift_logits(np.log([sampler.shares]), sampler.prior_shift))
    np.testing.assert_allclose(exponentials / exponentials.sum(), [np.array([25, 4, 8]) / 37])
    assert StratifiedBatchSampler(FEW, 50).prior_shift == (0.0, 0.0)


def test_counts_of_weights_need_labels_and_replacement():
    with pytest.raises(ValueError, match="counts and prior_shift need labels"):
        _ = WeightedDistributedSampler([1.0, 2.0]).prior_shift
    with pytest.raises(ValueError, match="counts are not known without replacement"):
        _ = WeightedDistributedSampler([1.0, 2.0], labels=[0, 1], replacement=False).counts
    with pytest.raises(ValueError, match="class 1 is never drawn"):
        _ = WeightedDistributedSampler([1.0, 0.0], labels=[0, 1]).prior_shift


def test_labels_are_read_from_what_people_have():
    objects = np.array([0, True, 1], dtype=object)
    arrays = (np.array([0.0, 1.0, 1.0]), objects, np.array([False, True, True]))
    unsigned = [np.array([0, 1, 1], dtype=kind) for kind in ("uint8", "uint16", "uint32", "uint64")]
    columns = (pd.Series([0, 1, 1], index=[9, 8, 7]), pd.Series(objects), pd.Series([0, 1, 1], dtype="Int64"))
    for labels in ([0, 1, 1], (False, True, True), *arrays, *unsigned, *columns):
        assert ClassBalancedSampler(labels).class_counts == (1, 2)
    assert ClassBalancedSampler(LABELS, power=np.float32(0.5)).power == 0.5
    labels = torch.tensor([0, 1, 1])
    weights = torch.tensor([1.0, 1.0, 1.0], dtype=torch.float64)
    sampler = WeightedDistributedSampler(weights, labels=labels)
    labels[:], weights[:] = 0, 0  # what the sampler has is its own
    assert sampler.counts == (1.0, 2.0)


@pytest.mark.parametrize("whole", [np.int64, torch.tensor], ids=["NumPy", "torch"])
def test_whole_numbers_of_numpy_and_torch_are_those_of_python(whole):
    """A state with them is that of plain numbers too."""
    place = {"seed": 3, "rank": 1, "num_replicas": 2}
    for make, options in (
        (StratifiedBatchSampler, {"batch_size": 6, "fewest": 1}),
        (ClassBalancedSampler, {"num_samples": 29, "progressive": 3}),
    ):
        plain = make(LABELS, **options, **place)
        sampler = make(LABELS, **{name: whole(value) for name, value in (options | place).items()})
        assert list(sampler) == list(plain)
        assert sampler.state_dict() == plain.state_dict()


def test_with_progressive_a_complete_epoch_sets_the_next():
    sampler = ClassBalancedSampler(LABELS, progressive=2)
    before = sampler.counts
    list(sampler)
    assert sampler.epoch == 1
    assert sampler.counts != before
    sampler.set_epoch(0)
    assert sampler.counts == before


@every_kind
def test_a_copy_of_a_sampler_in_use_begins_its_epoch_once_more(make):
    sampler = make(LABELS)
    list(sampler)
    iterator = iter(sampler)
    next(iterator)
    for other in (copy.deepcopy(sampler), pickle.loads(pickle.dumps(sampler))):
        assert other.state_dict() == sampler.state_dict()
        assert list(other) == one_process(make, 1)
    assert len(list(iterator)) == len(sampler) - 1


@every_kind
@pytest.mark.parametrize(
    "wrong", [{"position": -3}, {"position": 999}, {"position": "x"}, {"position": 2.5}, {"epoch": -1}, {"epoch": None}]
)
def test_a_state_with_wrong_numbers_is_refused_and_changes_nothing(make, wrong):
    sampler = make(LABELS)
    before = sampler.state_dict()
    with pytest.raises(ValueError, match=r"(position|epoch of a state) must be"):
        sampler.load_state_dict({**before, **wrong})
    assert sampler.state_dict() == before


@pytest.mark.parametrize("ranks", [4, 5, 6])
def test_a_state_of_repeated_batches_is_loaded(ranks):
    """The last batches of the epoch may be repeated ones, which count in the position."""
    sampler = StratifiedBatchSampler(LABELS, 6, rank=0, num_replicas=ranks)
    iterator = iter(sampler)
    for _ in range(len(sampler)):
        next(iterator)
    resumed = StratifiedBatchSampler(LABELS, 6)
    resumed.load_state_dict(sampler.state_dict())
    assert list(resumed) == []


TOO_SMALL = "batch_size must be 6 or more for 2 or more of each of 3 classes, found 5: take larger batches"
BAD = {
    "labels must be (N,), one for each sample, found shape (2, 2)": lambda: ClassBalancedSampler([[0, 1], [1, 0]]),
    "found list: number names by np.unique(labels, return_inverse=True)": lambda: ClassBalancedSampler(["no", "yes"]),
    "labels must be numbers, one for each sample, found ndarray: number": lambda: ClassBalancedSampler(
        np.array(["no", "yes"], dtype=object)
    ),
    "weights must be numbers, one for each sample, found list": lambda: WeightedDistributedSampler(["no", "yes"]),
    "class 1 has no samples, and the last class is 1000000000000": lambda: ClassBalancedSampler([0, 10**12]),
    "labels must be one for each sample, found none": lambda: StratifiedBatchSampler([], 2),
    "labels must be whole numbers from 0, found -1 at index 1": lambda: ClassBalancedSampler([0, -1]),
    "labels must be whole numbers from 0, found 0.3 at index 2": lambda: ClassBalancedSampler([0, 1, 0.3]),
    "labels must be whole numbers from 0, found nan at index 0": lambda: ClassBalancedSampler([math.nan, 1]),
    "labels must name two or more classes, found class 0 alone": lambda: ClassBalancedSampler([0, 0]),
    "class 1 has no samples, and the last class is 3": lambda: StratifiedBatchSampler([0, 2, 3], 3),
    "labels must be one for each of 2 weights, found 3": lambda: WeightedDistributedSampler([1, 1], labels=[0, 1, 1]),
    TOO_SMALL: lambda: StratifiedBatchSampler(LABELS, 5, fewest=2),
    "batch_size must be at most the 37 samples, found 38": lambda: StratifiedBatchSampler(LABELS, 38),
    "batch_size must be a whole number, 1 or more, found 0": lambda: StratifiedBatchSampler(LABELS, 0),
    "fewest must be a whole number, 0 or more, found -1": lambda: StratifiedBatchSampler(LABELS, 6, fewest=-1),
    "shares must be one for each of 3 classes, found 2": lambda: StratifiedBatchSampler(LABELS, 6, shares=(0.5, 0.5)),
    "shares must be above 0 and sum to 1": lambda: StratifiedBatchSampler(LABELS, 6, shares=(0.5, 0.5, 0.5)),
    "power must be 0 to 1, found nan": lambda: ClassBalancedSampler(LABELS, power=math.nan),
    "progressive must be a whole number, 1 or more, found 0": lambda: ClassBalancedSampler(LABELS, progressive=0),
    "num_samples must be a whole number, 1 or more, found 0": lambda: ClassBalancedSampler(LABELS, num_samples=0),
    "weights must be finite and >= 0, found -1 at index 1": lambda: WeightedDistributedSampler([1, -1]),
    "weights must be finite and >= 0, found nan at index 0": lambda: WeightedDistributedSampler([math.nan, 1]),
    "weights must be finite and >= 0, found inf at index 0": lambda: WeightedDistributedSampler([math.inf, 1]),
    "weights must not all be 0, found 2 zeros": lambda: WeightedDistributedSampler([0, 0]),
    "1 samples of positive weight give no 2 without": lambda: WeightedDistributedSampler([0, 1], replacement=False),
    "seed must be a whole number, 0 or more, found -1": lambda: ClassBalancedSampler(LABELS, seed=-1),
    "drop_last must be True or False, found 'no'": lambda: ClassBalancedSampler(LABELS, drop_last="no"),
    "epoch must be a whole number, 0 or more, found -1": lambda: ClassBalancedSampler(LABELS).set_epoch(-1),
    "epoch must be a whole number, 0 or more, found 1.5": lambda: StratifiedBatchSampler(LABELS, 6).set_epoch(1.5),
    "epoch must be a whole number, 0 or more, found '1'": lambda: WeightedDistributedSampler([1, 1]).set_epoch("1"),
    "rank and num_replicas must be given together, found rank=1": lambda: ClassBalancedSampler(LABELS, rank=1),
    "rank must be a whole number, 0 or more, found 0.0": lambda: ClassBalancedSampler(LABELS, rank=0.0, num_replicas=1),
    "rank must be a whole number, 0 or more, found -1": lambda: ClassBalancedSampler(LABELS, rank=-1, num_replicas=2),
    "num_replicas must be a whole number, 1 or more, found 0": lambda: ClassBalancedSampler(
        LABELS, rank=0, num_replicas=0
    ),
    "batch_size must be a whole number, 1 or more, found '6'": lambda: StratifiedBatchSampler(LABELS, "6"),
    "batch_size must be a whole number, 1 or more, found True": lambda: StratifiedBatchSampler(LABELS, True),
    "rank must be 0 to 1, found 2": lambda: ClassBalancedSampler(LABELS, rank=2, num_replicas=2),
    "2 samples cannot be divided among 3 ranks": lambda: len(ClassBalancedSampler([0, 1], rank=0, num_replicas=3)),
    "6 batches cannot be divided among 7 ranks": lambda: list(
        StratifiedBatchSampler(LABELS, 6, rank=0, num_replicas=7, drop_last=True)
    ),
    "give its Trainer use_distributed_sampler=False": lambda: StratifiedBatchSampler(
        SequentialSampler(LABELS), batch_size=6, drop_last=False
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_refused_in_one_line(message):
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the text is compared below
        BAD[message]()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@every_kind
def test_an_unknown_option_is_named_with_those_that_there_are(make):
    rule = r"^\w+Sampler has no option shuffle; those of every sampler are seed, rank, num_replicas, drop_last$"
    with pytest.raises(TypeError, match=rule):
        make(LABELS, shuffle=True)


@peers.quiet
@pytest.mark.parametrize(
    ("kind", "workers"), [*((kind, 0) for kind in KINDS), ("stratified", 2), ("class-balanced", 2)]
)
def test_a_stateful_data_loader_continues_exactly(kind, workers):
    """Also when its workers are some batches ahead, and when an epoch is over."""
    peers.needed("torchdata")
    from torchdata.stateful_dataloader import StatefulDataLoader

    def loader():
        sampler = KINDS[kind](LABELS)
        name = "batch_sampler" if isinstance(sampler, StratifiedBatchSampler) else "sampler"
        options = {} if name == "batch_sampler" else {"batch_size": 5}
        options |= {"multiprocessing_context": "fork"} if workers else {}
        data = TensorDataset(torch.arange(len(LABELS)))
        return StatefulDataLoader(data, **{name: sampler}, num_workers=workers, **options)

    def numbers(batches):
        return [batch.tolist() for [batch] in batches]

    first, epochs = loader(), []
    states = []
    for _ in range(2):
        epoch = []
        for [batch] in first:
            epoch.append(batch.tolist())
            states.append(first.state_dict())
        epochs.append(epoch)
    over = first.state_dict()
    assert epochs[0] != epochs[1]
    for done in (2, len(epochs[0]) - 1):
        resumed = loader()
        resumed.load_state_dict(states[done - 1])
        assert numbers(resumed) == epochs[0][done:]
        assert numbers(resumed) == epochs[1]
    resumed = loader()
    resumed.load_state_dict(over)
    assert numbers(resumed) == numbers(first)


def test_a_data_loader_takes_batches_and_samples():
    data = TensorDataset(LABELS)
    [first, *_] = DataLoader(data, batch_sampler=StratifiedBatchSampler(LABELS, 6), num_workers=0)
    assert first[0].bincount(minlength=3).min() >= 1
    loader = DataLoader(data, sampler=ClassBalancedSampler(LABELS), batch_size=5)
    assert len(loader) == 8
    assert sum(len(batch) for [batch] in loader) == len(LABELS)


def test_the_samplers_are_those_of_the_package():
    assert set(samplers.__all__) >= {"StratifiedBatchSampler", "ClassBalancedSampler", "WeightedDistributedSampler"}
