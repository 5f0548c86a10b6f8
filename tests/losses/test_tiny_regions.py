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


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("soft_f1", {}), *((name, {"smooth": s}) for name in ("dice", "tversky", "focal_tversky") for s in (0, 1))],
)
def test_a_batch_without_positives_adds_nothing_whatever_is_flagged(name, parameters):
    value, gradient = laws.value_and_gradient(losses.get(name, **parameters), logits_of(0) + 9, EMPTY)
    assert value == 0
    assert not gradient.any()


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


@pytest.mark.parametrize("smooth", [0, 1.0])
def test_the_dice_of_each_image_takes_images_as_labels(smooth):
    """The mean over all images, of which those without positives add 0."""
    logits, masks = logits_of(4), SPOT.clone()
    masks[1] = 0
    loss = losses.get("dice", smooth=smooth, per_label=True)
    found = loss(logits.transpose(0, 1), masks.transpose(0, 1))
    each = [dice_of_image(*image, smooth) for image in zip(logits, masks, strict=True)]
    torch.testing.assert_close(found, (each[0] + each[2]) / 3, **EXACT)


def test_a_network_learns_tiny_spots_sooner_if_its_bias_begins_at_their_log_odds():
    at_log_odds, plain = (
        segmentation.score(segmentation.train("ce", 0, 200, plain_bias=plain_bias), 0) for plain_bias in (False, True)
    )
    assert at_log_odds[1] > 0.3
    assert plain[1] < 0.1
