"""The mean error of each class over batches: exact, whatever the batches hold."""

import math

import pytest
import torch

from imbaloss import losses
from imbaloss.losses import ClassErrors
from tests.losses.batches import binary, many_classes


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", ["msfe", "ce", "soft_f1"])
def test_the_errors_of_batches_are_those_of_all_samples(name, classes):
    """Also of a batch without a class, of weighted samples, and with an ignored target."""
    loss = losses.get(name, ignore_index=-1)
    logits, targets = binary(0, 40) if classes == 2 else many_classes(0, classes, 40)
    targets = targets.clone()
    targets[:9], targets[20] = 0, -1
    weights = torch.rand(40, generator=torch.Generator().manual_seed(1))
    errors = ClassErrors(loss)
    for part in zip(logits.split([9, 30, 1]), targets.split([9, 30, 1]), weights.split([9, 30, 1]), strict=True):
        errors.update(*part)
    whole = losses.class_means(loss.totals(logits, targets, weights))[0]
    torch.testing.assert_close(errors.compute(), whole.double(), rtol=1e-12, atol=0)


def test_the_loss_is_made_of_the_errors():
    """MFE is the sum of the class means, and no gradient is kept."""
    logits, targets = binary(0, 40)
    errors = ClassErrors(losses.get("mfe"))
    errors.update(logits.requires_grad_(), targets)
    torch.testing.assert_close(errors.compute().sum(), losses.get("mfe")(logits, targets).detach())
    assert not errors.compute().requires_grad


def test_an_absent_class_has_no_error():
    errors = ClassErrors(losses.get("msfe"))
    errors.update(torch.zeros(3), torch.zeros(3))
    assert errors.compute().tolist() == [0.125, pytest.approx(float("nan"), nan_ok=True)]
    errors.reset()
    with pytest.raises(ValueError, match="no batch has been added"):
        errors.compute()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(("name", "classes"), [("msfe", 2), ("ce", 2), ("soft_f1", 2), ("msfe", 3), ("hinge", 3)])
def test_an_error_that_is_not_finite_leaves_the_means_of_the_other_classes(name, classes, value, dtype):
    logits, targets = binary(0, 40) if classes == 2 else many_classes(0, classes, 40)
    logits = logits.to(dtype)
    expected = mean_errors(name, logits, targets)
    broken = int(targets[0])
    logits[0] = value
    found = mean_errors(name, logits, targets)
    others = torch.arange(classes) != broken
    torch.testing.assert_close(found[others], expected[others], rtol=1e-6, atol=0)
    if math.isnan(value) or classes > 2:  # of one logit, infinity is a probability of 0 or 1
        assert not found[broken].isfinite()


def mean_errors(name: str, logits: torch.Tensor, targets: torch.Tensor, **options: object) -> torch.Tensor:
    errors = ClassErrors(losses.get(name, **options))
    errors.update(logits, targets)
    return errors.compute()


def test_an_undefined_logit_belongs_to_the_rest_of_every_other_class():
    """Of each class against the rest, the sample is in the totals of its own class and in the rest of the others."""
    logits, targets = many_classes(0, 3, 40)
    logits[0], own = torch.nan, int(targets[0])
    is_broken = mean_errors("soft_f1", logits, targets).isnan()
    expected = torch.tensor([[True, False]] * 3)
    expected[own] = torch.tensor([False, True])
    assert is_broken.equal(expected)


def test_an_undefined_logit_of_a_label_leaves_the_other_labels():
    logits, targets = torch.randn(30, 3), (torch.arange(90).reshape(30, 3) % 4 == 0).long()
    logits[0] = torch.tensor([torch.nan, 1, 1])
    is_broken = mean_errors("mfe", logits, targets, per_label=True).isnan()
    assert is_broken.nonzero().tolist() == [[0, int(targets[0, 0])]]


def test_an_undefined_logit_is_in_the_classes_to_which_a_soft_sample_belongs():
    logits, shares = torch.randn(4, 3), torch.tensor([[0.5, 0.5, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]])
    logits[0] = torch.nan
    assert mean_errors("mfe", logits, shares, soft=True).isnan().tolist() == [True, True, False]


def test_errors_of_several_numbers_keep_them():
    logits, targets = binary(0, 40)
    errors = ClassErrors(losses.get("auc_margin"))
    errors.update(logits, targets)
    assert errors.compute().shape == (2, 2)


def test_losses_of_pairs_have_no_errors_of_classes():
    with pytest.raises(ValueError, match="Ranking has no class totals"):
        ClassErrors(losses.get("smooth_ap"))
