"""What torch.nn.BCEWithLogitsLoss computes, as the table of docs/training-loops.md writes it: values and gradients."""

import re
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import BCEWithLogitsLoss

from imbaloss import losses
from tests import laws

TABLE = Path(__file__).parents[2] / "docs" / "training-loops.md"
SHAPES = [(7,), (7, 1), (7, 3), (4, 3, 5, 2)]
every_dtype = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, {"rtol": 1e-6, "atol": 1e-6}), (torch.float64, {"rtol": 1e-12, "atol": 0})]
)
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def batch(shape: tuple[int, ...], dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Logits, targets, soft targets and weights."""
    generator = torch.Generator().manual_seed(len(shape))
    logits, shares, weight = (torch.rand(shape, dtype=dtype, generator=generator) for _ in range(3))
    return 8 * logits - 4, (shares < 0.3).to(dtype), shares, weight


def of_labels(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """A number for each label, shaped as torch takes it: (L,), or (L, 1, 1) beside images."""
    return torch.tensor([0.5, 3, 40], dtype=dtype).reshape(3, *(1 for _ in shape[2:]))


@every_dtype
@every_shape
def test_without_arguments_it_is_cross_entropy(shape, dtype, tolerance):
    logits, targets, _, _ = batch(shape, dtype)
    found = laws.value_and_gradient(losses.get("ce"), logits, targets)
    laws.assert_same(found, laws.value_and_gradient(BCEWithLogitsLoss(), logits, targets), **tolerance)


@every_dtype
@every_shape
def test_one_pos_weight_is_the_class_weight_of_the_positives(shape, dtype, tolerance):
    logits, targets, _, _ = batch(shape, dtype)
    theirs = BCEWithLogitsLoss(pos_weight=torch.tensor(7.5, dtype=dtype))
    found = laws.value_and_gradient(losses.get("ce", class_weights=(1, 7.5)), logits, targets)
    laws.assert_same(found, laws.value_and_gradient(theirs, logits, targets), **tolerance)


@every_dtype
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("shape", SHAPES[2:], ids=str)
def test_a_pos_weight_of_each_label_is_a_pair_of_class_weights(shape, soft, dtype, tolerance):
    logits, targets, shares, _ = batch(shape, dtype)
    pos_weight = of_labels(shape, dtype)
    loss = losses.get("ce", soft=soft, per_label=True, class_weights=[(1, w) for w in pos_weight.flatten()])
    data = logits, shares if soft else targets
    theirs = laws.value_and_gradient(BCEWithLogitsLoss(pos_weight=pos_weight), *data)
    laws.assert_same(laws.value_and_gradient(loss, *data), theirs, **tolerance)


@every_dtype
@every_shape
def test_soft_targets_are_asked_for(shape, dtype, tolerance):
    logits, _, shares, _ = batch(shape, dtype)
    loss = losses.get("ce", soft=True, per_label=len(shape) > 1)
    laws.assert_same(
        laws.value_and_gradient(loss, logits, shares),
        laws.value_and_gradient(BCEWithLogitsLoss(), logits, shares),
        **tolerance,
    )


@every_dtype
@every_shape
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_a_weight_multiplies_the_errors_of_the_loss_without_reduction(shape, reduction, dtype, tolerance):
    """With a pos_weight of each label, too. torch divides by the number of errors, whatever their weights."""
    logits, targets, _, weight = batch(shape, dtype)
    several = len(shape) > 1 and shape[1] > 1
    pos_weight = of_labels(shape, dtype) if several else torch.tensor([3.0], dtype=dtype)
    weight = weight if not several else weight[:1]  # broadcast
    pairs = [(1, w) for w in pos_weight.flatten()]
    given = {"class_weights": pairs, "per_label": True} if several else {"class_weights": pairs[0]}
    loss = losses.get("cross_entropy/none", **given)
    theirs = BCEWithLogitsLoss(weight=weight, pos_weight=pos_weight, reduction="none")
    reduce = {"none": lambda errors: errors.square().sum(), "sum": Tensor.sum, "mean": Tensor.mean}[reduction]
    found = laws.value_and_gradient(lambda z: reduce(loss(z, targets, weight.expand_as(z))), logits)
    expected = laws.value_and_gradient(lambda z: reduce(theirs(z, targets)), logits)
    laws.assert_same(found, expected, **tolerance)


@every_dtype
@every_shape
def test_a_sample_weight_makes_a_weighted_mean(shape, dtype, tolerance):
    """The loss of torch divided by the mean weight, and with per_label the mean over the labels of that."""
    logits, targets, _, weight = batch(shape, dtype)
    value, gradient = laws.value_and_gradient(BCEWithLogitsLoss(weight=weight), logits, targets)
    expected = value / weight.mean(), gradient / weight.mean()
    laws.assert_same(laws.value_and_gradient(losses.get("ce"), logits, targets, weight), expected, **tolerance)
    if len(shape) > 1:
        labels = list(zip(*(part.movedim(1, 0) for part in (logits, targets, weight)), strict=True))
        each = [BCEWithLogitsLoss(weight=w)(z, d) / w.mean() for z, d, w in labels]
        found = losses.get("ce", per_label=True)(logits, targets, weight)
        torch.testing.assert_close(found, torch.stack(each).mean(), **tolerance)


@every_dtype
def test_weights_from_counts_are_a_pos_weight_and_a_factor_of_each_label(dtype, tolerance):
    logits, targets, _, _ = batch((7, 3), dtype)
    counts = torch.tensor([[90, 10], [60, 40], [500, 3]], dtype=dtype)
    negatives, positives = counts.unbind(1)
    theirs = BCEWithLogitsLoss(weight=counts.sum(1) / (2 * negatives), pos_weight=negatives / positives)
    found = laws.value_and_gradient(losses.get("wce", counts=counts, per_label=True), logits, targets)
    laws.assert_same(found, laws.value_and_gradient(theirs, logits, targets), **tolerance)


def test_each_row_of_the_table_is_equal():
    """Both columns are run as they stand, for labels (B, L) and a number of each label."""
    logits, targets, shares, weight = batch((7, 3), torch.float64)
    names = {
        "torch": torch, "get": losses.get, "logits": logits, "targets": targets, "shares": shares, "weight": weight,
        "w": 7.5, "ws": of_labels((7, 3), torch.float64), "BCE": BCEWithLogitsLoss,
    }  # fmt: skip
    rows = re.findall(r"^\| `(BCE\(.*?)` \| `(get\(.*?)` \|$", TABLE.read_text(), re.MULTILINE)
    assert len(rows) == 7
    for theirs, ours in rows:
        torch.testing.assert_close(eval(ours, names), eval(theirs, names), rtol=1e-12, atol=0)
