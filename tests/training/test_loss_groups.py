"""Groups of losses compute for each member its own loss, also after members have left."""

import torch

from imbaloss.losses import LossSpec
from imbaloss.training import Member
from imbaloss.training.loss_groups import build_loss_groups, compute_losses, keep_members
from tests.training.examples import RECIPE, split_of

LOSSES = [LossSpec.parse(text) for text in ("mse", "msfe:running=0.5", "msfe:running=0.5", "wce")]
CPU = torch.device("cpu")


def members() -> list[Member]:
    return [Member(split_of(0), loss, RECIPE, seed) for seed, loss in enumerate(LOSSES)]


def batch(generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    targets = (torch.arange(8) % 4 == 0).long().expand(4, -1)
    return torch.randn(4, 8, generator=generator, dtype=torch.float64), targets, torch.rand(4, 8, generator=generator)


def test_each_member_has_its_own_loss_before_and_after_others_leave():
    """The second and the third have running totals, of which one stays; the group of the first ends."""
    groups, generator = build_loss_groups(members(), CPU), torch.Generator().manual_seed(0)
    assert [group.size for group in groups] == [1, 2, 1]
    alone = [loss.build(counts=(30, 10)) for loss in LOSSES]
    stays = torch.tensor([False, False, True, True])
    for epoch in range(4):
        logits, targets, weights = batch(generator)
        here = torch.ones(4, dtype=torch.bool) if epoch < 2 else stays
        expected = [loss(*of_one) for loss, *of_one in zip(alone, logits, targets, weights, strict=True)]
        found = compute_losses(groups, logits[here], targets[here], weights[here])
        torch.testing.assert_close(found, torch.stack(expected)[here], rtol=1e-12, atol=0)
        if epoch == 1:
            groups = keep_members(groups, stays)
            assert [group.size for group in groups] == [1, 1]
