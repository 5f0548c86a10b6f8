"""Losses of pairs and ranks, beyond the laws: sorting, blocks, precision."""

import pytest
import torch

from imbaloss import losses
from tests import laws
from tests.losses.batches import binary

every_loss_of_blocks = pytest.mark.parametrize(
    "name", ["auc_logistic", "smooth_ap", "smooth_partial_auc", "partial_auc_kl", "two_way_partial_auc_kl"]
)


@every_loss_of_blocks
@pytest.mark.parametrize("pairs", [1, 100, 1000])
def test_blocks_give_what_one_piece_gives(name, pairs, monkeypatch):
    logits, targets = binary(1, 60)
    loss = losses.get(name)
    expected = laws.value_and_gradient(loss, logits, targets)
    monkeypatch.setattr("imbaloss.losses.ranking.PAIRS_AT_ONCE", pairs)
    laws.assert_same(laws.value_and_gradient(loss, logits, targets), expected)


@every_loss_of_blocks
def test_blocks_of_a_stack_give_what_one_piece_gives(name, monkeypatch):
    logits, targets = map(torch.stack, zip(*(binary(seed, 60) for seed in range(3)), strict=True))
    loss = losses.get(name)
    expected = loss.stacked(logits, targets)
    monkeypatch.setattr("imbaloss.losses.ranking.PAIRS_AT_ONCE", 500)
    torch.testing.assert_close(loss.stacked(logits, targets), expected)


@every_loss_of_blocks
def test_a_block_has_no_more_pairs_than_its_limit(name, monkeypatch):
    sizes = []

    def checkpoint(of_rows, rows, **_):
        sizes.append(rows.numel() * 600)
        return of_rows(rows)

    monkeypatch.setattr("imbaloss.losses.ranking.PAIRS_AT_ONCE", 6000)
    monkeypatch.setattr("imbaloss.losses.ranking.checkpoint", checkpoint)
    logits, targets = binary(1, 600)
    losses.get(name)(logits, targets)
    assert max(sizes) == 6000
    assert sum(sizes) == int(targets.sum()) * 600


@every_loss_of_blocks
def test_torch_func_takes_what_would_be_many_blocks(name, monkeypatch):
    logits, targets = binary(1, 60)
    loss = losses.get(name)
    _, expected = laws.value_and_gradient(loss, logits, targets)
    monkeypatch.setattr("imbaloss.losses.ranking.PAIRS_AT_ONCE", 100)
    torch.testing.assert_close(torch.func.grad(loss)(logits, targets), expected)


@pytest.mark.parametrize("scale", [1e-30, 1e20])
@pytest.mark.parametrize("name", ["auc_squared_hinge", "auc_logistic"])
def test_the_scale_of_the_weights_does_not_matter_for_pairs(name, scale):
    logits, targets = (part.float() for part in binary(1))
    found = losses.get(name)(logits, targets, torch.full_like(logits, scale))
    torch.testing.assert_close(found, losses.get(name)(logits, targets))


@pytest.mark.parametrize("offset", [1e7, -1e7])
def test_a_shift_of_all_logits_costs_few_digits(offset):
    """Only differences count: sums about 0 in float64, where plain ones of squares would lose 14 digits."""
    logits, targets = binary(2, 1000)
    loss = losses.get("auc_squared_hinge")
    expected = laws.value_and_gradient(loss, logits, targets)
    laws.assert_same(laws.value_and_gradient(loss, logits + offset, targets), expected, rtol=1e-7, atol=1e-9)


def test_pairs_that_are_right_by_the_margin_add_nothing():
    logits = torch.tensor([-5.0, -4.0, 3.0, 4.0], requires_grad=True)
    value = losses.get("auc_squared_hinge")(logits, torch.tensor([0, 0, 1, 1]))
    value.backward()
    assert value == 0
    assert not logits.grad.any()


def test_equal_logits_are_pairs_short_by_the_whole_margin():
    for margin in (0.5, 1, 2):
        loss = losses.get("auc_squared_hinge", margin=margin)
        assert loss(torch.zeros(4), torch.tensor([0, 0, 1, 1])).item() == pytest.approx(margin**2)


def test_auc_margin_is_the_least_squares_loss_of_all_pairs():
    """Within the margin: the mean over pairs of (margin - z_i + z_j)^2. Source: Ying et al. 2016."""
    logits, targets = binary(3)
    differences = 30 - logits[targets == 1].unsqueeze(1) + logits[targets == 0]
    found = losses.get("auc_margin", margin=30)(logits, targets)
    torch.testing.assert_close(found, differences.square().mean())


def test_the_variances_of_auc_margin_are_never_below_0():
    for value in (1e8 / 3, 1e5 / 7, 12345.678):
        logits = torch.full((1000,), value)
        logits[:7] += 1e3
        assert losses.get("auc_margin")(logits, torch.arange(1000) < 7) >= 0


def test_auc_margin_loses_no_digits_in_float32():
    logits, targets = binary(4)
    found = losses.get("auc_margin")((logits + 1000).float(), targets)
    torch.testing.assert_close(found, losses.get("auc_margin")((logits + 1000).float().double(), targets).float())
    assert found.dtype == torch.float32
