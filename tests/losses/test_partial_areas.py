"""Losses of a part of the ROC curve, beyond the laws: the scores in their limit, and the gradients of LibAUC."""

import numpy as np
import pytest
import torch
from sklearn import metrics

from imbaloss import losses
from imbaloss.losses.partial_areas import keep_ranks
from tests import laws
from tests.losses.batches import binary


def ranked(seed: int, samples: int = 300) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that are ranked somewhat right, and labels."""
    logits, targets = binary(seed, samples, positives=0.2)
    return logits + 4 * targets, targets


@pytest.mark.parametrize("max_fpr", [0.003, 0.05, 0.1, 0.5, 1.0])
def test_in_the_limit_it_is_the_partial_area_of_scikit_learn(max_fpr):
    for seed in range(5):
        logits, targets = ranked(seed)
        found = losses.get("smooth_partial_auc", max_fpr=max_fpr, temperature=1e-9)(logits, targets)
        score = metrics.roc_auc_score(targets, logits, max_fpr=max_fpr)
        # scikit-learn's score is standardised after McClish unless max_fpr = 1
        of_chance = max_fpr**2 / 2
        area = score if max_fpr == 1 else of_chance + (2 * score - 1) * (max_fpr - of_chance)
        assert 1 - found.item() == pytest.approx(area / max_fpr, rel=1e-9)


@pytest.mark.parametrize(("min_tpr", "min_fpr", "max_fpr"), [(0.5, 0, 0.3), (0.25, 0.1, 0.7), (0, 0.05, 0.2)])
def test_in_the_limit_it_is_the_area_under_the_curve_of_scikit_learn_within_the_rates(min_tpr, min_fpr, max_fpr):
    for seed in range(3):
        logits, targets = ranked(seed)
        rates = {"min_tpr": min_tpr, "min_fpr": min_fpr, "max_fpr": max_fpr}
        found = losses.get("smooth_partial_auc", **rates, temperature=1e-9)(logits, targets)
        fpr, tpr, _ = metrics.roc_curve(targets, logits, drop_intermediate=False)
        # without ties the curve is steps: the highest true positive rate at each false positive rate
        edges = np.unique(np.concatenate([fpr[(fpr > min_fpr) & (fpr < max_fpr)], [min_fpr, max_fpr]]))
        heights = [tpr[fpr <= middle].max() for middle in (edges[1:] + edges[:-1]) / 2]
        area = (np.diff(edges) * np.maximum(0, np.array(heights) - min_tpr)).sum()
        assert 1 - found.item() == pytest.approx(area / ((1 - min_tpr) * (max_fpr - min_fpr)), rel=1e-9, abs=1e-12)


def test_partial_auc_is_the_conditional_value_at_risk_of_the_pairs_of_each_positive():
    """By its definition as a minimum over the value at risk. Source: Zhu et al. 2022, eq. 6."""
    logits, targets = binary(1, 80)
    shortfalls = torch.relu(1 - logits[targets == 1].unsqueeze(1) + logits[targets == 0]).square()  # (P, N)
    for share in (0.1, 0.33, 1.0):
        at_risk = torch.cat([torch.zeros(len(shortfalls), 1), shortfalls], dim=1).unsqueeze(-1)  # where the kinks are
        excess = torch.relu(shortfalls.unsqueeze(1) - at_risk).mean(-1, keepdim=True) / share
        expected = (at_risk + excess).amin(1).mean()
        torch.testing.assert_close(losses.get("partial_auc", max_fpr=share)(logits, targets), expected)


def test_only_the_samples_within_the_rates_have_a_gradient():
    logits, targets = binary(2, 100, positives=0.4)
    _, gradient = laws.value_and_gradient(losses.get("two_way_partial_auc", min_tpr=0.75, max_fpr=0.2), logits, targets)
    for label, share, highest in ((0, 0.2, True), (1, 0.25, False)):
        of_class = (targets == label).nonzero().squeeze(1)
        kept = logits[of_class].argsort(descending=highest)[: int(np.ceil(share * len(of_class)))]
        others = torch.ones(len(of_class), dtype=torch.bool).scatter(0, kept, value=False)
        assert not gradient[of_class[others]].any()
        assert gradient[of_class[kept]].any()


@pytest.mark.parametrize("name", ["partial_auc_kl", "two_way_partial_auc_kl"])
def test_the_soft_maximum_goes_from_the_mean_to_the_maximum(name):
    logits, targets = ranked(4)
    of_positives = {"positive_temperature": 1e9} if "two" in name else {}
    mean = losses.get(name, temperature=1e9, **of_positives)(logits, targets)
    torch.testing.assert_close(mean, losses.get("auc_squared_hinge")(logits, targets), rtol=1e-5, atol=0)
    of_positives = {"positive_temperature": 1e-6} if "two" in name else {}
    largest = losses.get(name, temperature=1e-6, **of_positives)(logits, targets)
    shortfalls = torch.relu(1 - logits[targets == 1].unsqueeze(1) + logits[targets == 0]).square().amax(1)
    torch.testing.assert_close(largest, shortfalls.amax() if "two" in name else shortfalls.mean(), rtol=1e-6, atol=0)


FROZEN = {  # by LibAUC 2.0.1, whose values are other than its objectives, but not its gradients
    "partial_auc_kl": [
        1.09172233106e-13, 0.00655683546334, 0.00218932988151, 5.28095265138, 7.55688861526e-06,
        -0.957347252105, -2.83333311819, -1.49902600332,
    ],
    "two_way_partial_auc_kl": [
        3.26903050978e-13, 1.18812983362e-05, 3.19460605846e-06, 8.49187883254, 3.40540120728e-08,
        -0.00106992944805, -8.48407341706, -0.00675059598891,
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", FROZEN)
def test_the_gradient_is_that_of_libauc(name):
    """Their estimators forget earlier batches with gamma = 1. The numbers are printed by

    import torch; from libauc.losses import pAUC_DRO_Loss, tpAUC_KL_Loss
    logits = torch.tensor([-1, 0.5, 0.25, 1.5, -0.5, 0.75, -2, 0]).double().requires_grad_()
    targets, index = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1]), torch.arange(8)
    for loss in (pAUC_DRO_Loss(8, gamma=1.0, margin=0.75, Lambda=0.5, device="cpu"),
                 tpAUC_KL_Loss(8, gammas=(1.0, 1.0), margin=0.75, Lambda=0.5, tau=2.0, device="cpu")):
        loss.u_pos = loss.u_pos.double()
        print(torch.autograd.grad(loss(logits, targets, index), logits))
    """
    of_positives = {"positive_temperature": 2.0} if "two" in name else {}
    loss = losses.get(name, temperature=0.5, margin=0.75, **of_positives)
    logits = torch.tensor([-1, 0.5, 0.25, 1.5, -0.5, 0.75, -2, 0], dtype=torch.float64)
    _, gradient = laws.value_and_gradient(loss, logits, torch.tensor([0, 0, 0, 0, 0, 1, 1, 1]))
    torch.testing.assert_close(gradient, torch.tensor(FROZEN[name], dtype=torch.float64), rtol=1e-10, atol=1e-12)


def test_a_share_of_less_than_one_negative_is_the_highest_one():
    logits, targets = torch.tensor([3.0, 1.0, 2.0, 0.0]), torch.tensor([0, 0, 0, 1])
    assert losses.get("partial_auc", max_fpr=0.001)(logits, targets).item() == pytest.approx(16)


def test_equal_logits_at_the_edge_are_taken_in_the_order_of_the_batch():
    kept = keep_ranks(torch.zeros(4), torch.tensor([1.0, 2.0, 1.0, 0.0]), 0.25, 0.5)
    assert kept.tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("name", ["partial_auc_kl", "two_way_partial_auc_kl"])
def test_equal_pairs_that_are_far_apart_share_one_gradient_in_float32(name):
    """torch's logsumexp would give each of them the whole."""
    logits, targets = torch.tensor([0.0, 0.0, 0.0, 0.0, 8192.0]), torch.tensor([1, 1, 1, 1, 0])
    for one, other in ((logits, targets), (-logits, 1 - targets)):
        found = laws.value_and_gradient(losses.get(name), one, other)
        expected = laws.value_and_gradient(losses.get(name), one.double(), other)
        laws.assert_same(found, tuple(part.float() for part in expected), rtol=1e-6, atol=0)
