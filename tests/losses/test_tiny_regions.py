"""Segmentation of tiny regions: batches and images without a positive pixel, and the recipe of docs/recipes.md."""

import pytest
import torch
from torch import Tensor

from benchmarks import segmentation
from imbaloss import losses
from tests import laws

EXACT = {"rtol": 1e-12, "atol": 1e-14}
EMPTY = torch.zeros(3, 1, 6, 6, dtype=torch.float64)
SPOT = torch.zeros(3, 1, 6, 6, dtype=torch.float64).index_fill(2, torch.tensor([2]), 1)


def logits_of(seed: int) -> Tensor:
    return torch.randn(3, 1, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def dice_of_image(logits: Tensor, mask: Tensor, smooth: float) -> Tensor:
    p = logits.sigmoid()
    return 1 - (2 * (p * mask).sum() + smooth) / (p.sum() + mask.sum() + smooth)


@pytest.mark.parametrize("name", ["dice", "tversky", "focal_tversky", "soft_f1"])
def test_without_smoothing_a_batch_without_positives_adds_nothing(name):
    value, gradient = laws.value_and_gradient(losses.get(name), logits_of(0) + 9, EMPTY)
    assert value == 0
    assert not gradient.any()


@pytest.mark.parametrize("smooth", [0.1, 1, 60])
def test_with_smoothing_a_batch_without_positives_counts_its_false_positives(smooth):
    logits = logits_of(0)
    found = laws.value_and_gradient(losses.get("dice", smooth=smooth), logits, EMPTY)
    false_positives = logits.sigmoid().sum()
    slope = smooth / (false_positives + smooth) ** 2 * logits.sigmoid() * (-logits).sigmoid()
    laws.assert_same(found, (false_positives / (false_positives + smooth), slope), **EXACT)
    index = losses.get("tversky", alpha=0.2, beta=0.8, smooth=smooth)(logits, EMPTY)
    torch.testing.assert_close(index, 0.2 * false_positives / (0.2 * false_positives + smooth), **EXACT)
    focal = losses.get("focal_tversky", alpha=0.2, beta=0.8, gamma=2, smooth=smooth)(logits, EMPTY)
    torch.testing.assert_close(focal, index.sqrt(), **EXACT)
    assert losses.get("dice", smooth=smooth)(logits[:0], EMPTY[:0]) == 0


def test_with_smoothing_a_class_that_the_batch_lacks_counts_its_false_positives():
    logits = torch.randn(2, 3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    masks = torch.randint(2, (2, 4, 4), generator=torch.Generator().manual_seed(1))  # without class 2
    p = logits.softmax(1)
    each = []
    for label in range(3):
        is_label = (masks == label).double()
        each.append(1 - (2 * (p[:, label] * is_label).sum() + 5) / (p[:, label].sum() + is_label.sum() + 5))
    torch.testing.assert_close(losses.get("dice", smooth=5)(logits, masks), torch.stack(each).mean(), **EXACT)


def test_cross_entropy_beside_dice_lowers_false_positives_where_dice_alone_does_not():
    dice, ce = losses.get("dice"), losses.get("ce")
    _, gradient = laws.value_and_gradient(lambda z, d: dice(z, d) + ce(z, d), logits_of(0), EMPTY)
    assert (gradient > 0).all()


def test_an_image_without_positives_counts_in_the_dice_of_its_batch_and_of_its_micro_batches():
    """Dice over all images, as in a 'batch Dice'; in micro-batches by `whole`."""
    loss, logits = losses.get("dice"), logits_of(1)
    masks = SPOT.clone()
    masks[0] = 0
    _, gradient = laws.value_and_gradient(loss, logits, masks)
    assert (gradient[0] > 0).all()
    leaf = logits.clone().requires_grad_()
    parts = list(zip(leaf.split(1), masks.split(1), strict=True))
    with torch.no_grad():
        whole = losses.join_totals([loss.totals(*part) for part in parts])
    for part in parts:
        loss(*part, whole=whole).backward()
    torch.testing.assert_close(leaf.grad, gradient, **EXACT)


def test_running_totals_remember_positives_in_a_batch_without_them():
    loss = losses.get("dice", running=0.5)
    loss(logits_of(2), SPOT)
    value, gradient = laws.value_and_gradient(loss, logits_of(3), EMPTY)
    assert value > 0
    assert (gradient > 0).all()


@pytest.mark.parametrize("smooth", [1e-5, 1.0])
def test_the_dice_of_each_image_takes_images_as_labels(smooth):
    logits, masks = logits_of(4), SPOT.clone()
    masks[1] = 0
    loss = losses.get("dice", smooth=smooth, per_label=True)
    found = loss(logits.transpose(0, 1), masks.transpose(0, 1))
    each = [dice_of_image(*image, smooth) for image in zip(logits, masks, strict=True)]
    torch.testing.assert_close(found, torch.stack(each).mean(), **EXACT)


def test_a_network_learns_tiny_spots_sooner_if_its_bias_begins_at_their_log_odds():
    at_log_odds, plain = (
        segmentation.score(segmentation.train("ce", 0, 200, plain_bias=plain_bias), 0) for plain_bias in (False, True)
    )
    assert at_log_odds[1] > 0.3
    assert plain[1] < 0.1
