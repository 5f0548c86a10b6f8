"""Deferred re-weighting."""

import pytest
import torch

from imbaloss import losses
from imbaloss.losses import Deferred
from tests.losses.batches import COUNTS, binary


def test_the_second_loss_takes_over_at_its_epoch():
    first, then, batch = losses.get("ce"), losses.get("wce", counts=COUNTS), binary(0)
    loss = Deferred(first, then, after=2)
    for epoch, expected in enumerate((first, first, then, then)):
        loss.set_epoch(epoch)
        torch.testing.assert_close(loss(*batch), expected(*batch), rtol=0, atol=0)


def test_ldam_drw_is_ldam_then_ldam_with_class_balanced_weights():
    loss, batch = losses.get("ldam_drw", counts=COUNTS, after=1, beta=0.99), binary(1)
    torch.testing.assert_close(loss(*batch), losses.get("ldam", counts=COUNTS)(*batch))
    loss.set_epoch(1)
    expected = losses.get("ldam/class_balanced_mean", counts=COUNTS, beta=0.99)
    torch.testing.assert_close(loss(*batch), expected(*batch))
    assert abs(loss(*batch) - losses.get("ldam", counts=COUNTS)(*batch)) > 1e-3


def test_both_losses_are_kept_with_their_stack():
    loss = Deferred(losses.get("msfe", running=0.1), losses.get("mfe", running=0.1), after=1)
    logits, targets = map(torch.stack, zip(*map(binary, range(3)), strict=True))
    for epoch in (0, 1):
        loss.set_epoch(epoch)
        loss.stacked(logits, targets)
    loss.keep(torch.tensor([True, False, True]))
    for epoch in (0, 1):
        loss.set_epoch(epoch)
        assert loss.stacked(logits[:2], targets[:2]).shape == (2,)


def test_every_loss_may_be_told_the_epoch():
    for name in losses.names():
        losses.get(name, counts=COUNTS).set_epoch(3)


def test_the_epoch_is_resumed_from_a_state_dict():
    loss, fresh = (losses.get("ldam_drw", counts=COUNTS, after=5) for _ in range(2))
    loss.set_epoch(7)
    fresh.load_state_dict(loss.state_dict())
    assert fresh.current is fresh.then


def test_compiles_before_and_after_the_switch():
    loss, batch = losses.get("ldam_drw", counts=COUNTS, after=1), binary(1)
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    for epoch in range(20):
        loss.set_epoch(epoch)
        torch.testing.assert_close(compiled(*batch), loss(*batch))


@pytest.mark.parametrize("after", [-1, 2.5, float("nan"), float("inf")])
def test_refuses_an_impossible_epoch(after):
    with pytest.raises(ValueError, match="after must be a whole number >= 0, found"):
        losses.get("ldam_drw", counts=COUNTS, after=after)
