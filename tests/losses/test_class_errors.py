"""The mean error of each class over batches: exact, whatever the batches hold."""

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


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_undefined_error_makes_all_means_nan(dtype, classes):
    logits, targets = binary(0, 40) if classes == 2 else many_classes(0, classes, 40)
    logits = logits.to(dtype)
    logits[0] = torch.nan
    errors = ClassErrors(losses.get("msfe"))
    errors.update(logits, targets)
    assert errors.compute().isnan().all()


def test_errors_of_several_numbers_keep_them():
    logits, targets = binary(0, 40)
    errors = ClassErrors(losses.get("auc_margin"))
    errors.update(logits, targets)
    assert errors.compute().shape == (2, 2)


def test_losses_of_pairs_have_no_errors_of_classes():
    with pytest.raises(ValueError, match="Ranking has no class totals"):
        ClassErrors(losses.get("smooth_ap"))
