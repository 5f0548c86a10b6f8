"""What a study is said to show is what its tests then find."""

from dataclasses import replace
from math import sqrt
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from imbaloss import data, studies
from imbaloss.report.row_names import name_rows
from imbaloss.statistics import compare, delong, rule_out, smallest_difference
from imbaloss.studies.detectable_difference import AREA, CORRELATION

STUDY = replace(
    studies.built_in("digits"), datasets=("digits_3_8",), levels=(0.2, 0.05), losses=("mse", "mfe", "msfe"),
    seeds=tuple(range(10)),
)  # fmt: skip
DIGITS = data.load_data_sets(("digits_3_8", "digits_8_9"))


def detectable(**changes: object) -> studies.DetectableDifferences | None:
    return studies.compute_detectable_differences(replace(STUDY, **changes).runs(), DIGITS)


def test_the_difference_can_be_found_by_hand():
    """23 positives, 35 negatives, an area of 0.8: Q1 = 2/3, Q2 = 0.7111; at r = 1/2 a difference varies as one area."""
    found = detectable()
    first = found.cells[0]
    assert (found.methods, found.pairs, found.repetitions, found.fewest) == (3, 3, 10, 6)
    assert (first.dataset, first.level, first.protocol) == ("digits_3_8", 0.2, "table1")
    assert (first.positives, first.negatives) == (23, 35)
    deviation = sqrt((0.8 * 0.2 + 22 * (2 / 3 - 0.64) + 34 * (0.711111 - 0.64)) / (23 * 35))
    assert first.difference == pytest.approx(smallest_difference(10, 3) * deviation, rel=1e-5)


def test_it_is_found_with_that_probability():
    """In 500 studies of exponential scores with that area, lead of one method and, about, correlation."""
    [cell] = detectable(levels=(0.2,)).cells
    generator, labels = np.random.default_rng(0), np.repeat([0, 1], [cell.negatives, cell.positives])
    areas = np.empty((3, 500, 10))
    for place in np.ndindex(500, 10):
        shared, *own = generator.normal(size=(4, len(labels)))
        for method, one in enumerate(own):
            area = AREA + (0.5 if method == 0 else -0.5) * cell.difference
            scales = np.where(labels == 1, area / (1 - area), 1.0)
            scores = -stats.norm.logsf(sqrt(0.55) * shared + sqrt(0.45) * one) * scales
            areas[(method, *place)] = delong(labels, scores).auc
    assert np.corrcoef(areas.reshape(3, -1))[0, 1] == pytest.approx(CORRELATION, abs=0.05)
    ruled_out = [rule_out(dict(zip("abc", areas[:, study], strict=True)))["b"].p <= 0.05 for study in range(500)]
    assert np.mean(ruled_out) == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"samplers": ("none", "smote"), "recipes": {"slow": {"lr": 0.01}, "same": {"lr": 0.01}}},
        {"losses": ("focal", "focal:gamma=2", "focal:gamma=1"), "networks": ("mlp",)},
        {"recipes": {"one": {}, "other": {"epochs": 3}}, "datasets": ("digits_3_8", "digits_8_9"), "folds": 3},
    ],
)
def test_methods_are_those_of_the_report(changes):
    rows = [SimpleNamespace(run=run) for run in replace(STUDY, **changes).runs()]
    assert detectable(**changes).methods == len({name.method for name in name_rows(rows)})


def test_too_few_seeds_find_nothing():
    found = detectable(seeds=tuple(range(5)))
    assert (found.repetitions, found.fewest) == (5, 6)
    assert [cell.difference for cell in found.cells] == [None, None]


@pytest.mark.parametrize("changes", [{}, {"folds": 5, "levels": (0.2,)}])
def test_one_repetition_shows_nothing(changes):
    run = replace(STUDY, seeds=(0,), **changes).runs()[0]
    cell = studies.detectable_difference.compute_detectable_cell(run, DIGITS[run.dataset], 1, 3)
    assert cell.difference is None


def test_more_seeds_and_more_positives_show_smaller_differences():
    few, many = ([cell.difference for cell in detectable(seeds=tuple(range(seeds))).cells] for seeds in (10, 30))
    assert few[0] < few[1]
    assert many[0] < few[0]
    assert many[1] < few[1]


def test_one_method_has_nothing_to_show():
    assert detectable(losses=("mse",)) is None


@pytest.mark.parametrize(("level", "protocol"), [(0.0, "table1"), (1.0, "stated")])
def test_a_test_part_of_one_class_shows_nothing(level, protocol):
    [cell] = detectable(levels=(level,), protocols=(protocol,)).cells
    assert min(cell.positives, cell.negatives) == 0
    assert cell.difference is None


def test_folds_are_judged_by_their_own_test():
    """As the report says of differences with that deviation."""
    found = detectable(levels=(0.2,), folds=5, repeats=2, seeds=(0,))
    [cell] = found.cells
    assert (found.repetitions, found.fewest) == (10, None)
    parts = DIGITS["digits_3_8"].split_counts(level=0.2, protocol="table1", fold=data.Fold(0, 0, 5))
    assert (cell.negatives, cell.positives) == parts["test"]
    differences = np.random.default_rng(0).normal(size=10)
    scores = {"a": differences, "b": np.zeros(10), "c": np.ones(10)}
    first, *_ = compare(scores, margin=0.01, test_to_train=sum(parts["test"]) / sum(parts["train"]))
    p, n = cell.positives, cell.negatives
    deviation = sqrt((0.16 + (p - 1) * (2 / 3 - 0.64) + (n - 1) * (0.711111 - 0.64)) / (p * n))
    assert cell.difference == pytest.approx(first.smallest / differences.std(ddof=1) * deviation, rel=1e-5)


def test_what_would_need_a_difference_above_1_is_not_found():
    losses = ("mse", "mfe", "msfe", "ce", "wce", "focal", "focal:gamma=1")
    [cell] = detectable(levels=(0.02,), folds=3, seeds=(0,), losses=losses).cells
    assert cell.positives > 0
    assert cell.difference is None


def test_the_counts_are_those_of_the_class_and_the_protocol_that_were_asked_for():
    found = detectable(levels=(0.2,), protocols=("table1", "ratio"), positive="3")
    dataset = DIGITS["digits_3_8"].with_positive("3")
    for cell, protocol in zip(found.cells, ("table1", "ratio"), strict=True):
        assert cell.protocol == protocol
        counts = dataset.split_counts(level=0.2, protocol=protocol)["test"]
        assert (cell.negatives, cell.positives) == counts
