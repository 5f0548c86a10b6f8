"""The state of a loss under a change of the model's dtype or device."""

import pytest
import torch

from imbaloss import losses
from tests.losses.batches import binary, many_classes

every_dtype = pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])


def with_state(name: str, **options: object) -> torch.nn.Module:
    """A loss that has seen more than float16 can count, as a part of a model."""
    loss = losses.get(name, **options)
    for seed in range(3):
        logits, targets = binary(seed)
        loss(logits.float(), targets, torch.full(targets.shape, 1e4))
    return loss


@every_dtype
@pytest.mark.parametrize(("name", "options"), [("auc_squared_hinge", {"memory": 64}), ("msfe", {"running": 0.1})])
def test_the_state_keeps_its_dtype_when_the_model_changes_its_own(name, options, dtype):
    loss, untouched = with_state(name, **options), with_state(name, **options)
    model = torch.nn.Sequential(torch.nn.Linear(2, 1), loss).to(dtype)
    assert model[0].weight.dtype == dtype
    for (key, found), expected in zip(loss.state_dict().items(), untouched.state_dict().values(), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0, msg=key)
    logits, targets = binary(4)
    torch.testing.assert_close(loss(logits.float(), targets), untouched(logits.float(), targets), rtol=0, atol=0)


@pytest.mark.parametrize(("name", "options"), [("auc_squared_hinge", {"memory": 64}), ("msfe", {"running": 0.1})])
def test_the_state_moves_with_the_model_to_another_device(name, options):
    """Also where the dtype is to change at once."""
    for to in ({"device": "meta"}, {"device": "meta", "dtype": torch.float16}):
        dtypes = [part.dtype for part in with_state(name, **options).buffers()]
        moved = list(with_state(name, **options).to(**to).buffers())
        assert {part.device.type for part in moved} == {"meta"}
        assert [part.dtype for part in moved] == dtypes


def of_classes(classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    return binary(0) if classes == 2 else many_classes(0, classes)


@pytest.mark.parametrize(("before", "after"), [(2, 3), (3, 4), (3, 2)])
def test_a_batch_of_other_classes_does_not_join_the_state(before, after):
    """One sentence, and the state stays as it was."""
    for loss in (losses.get("auc_logistic", memory=8), losses.get("msfe", running=0.1)):
        loss(*of_classes(before))
        state = {key: value.clone() for key, value in loss.state_dict().items()}
        with pytest.raises(ValueError, match=r"^the (memory|running average) comes from batches with [^\n]*$"):
            loss(*of_classes(after))
        assert all(torch.equal(state[key], value) for key, value in loss.state_dict().items())
        assert loss(*of_classes(before)).isfinite()
    errors = losses.ClassErrors(losses.get("msfe"))
    errors.update(*of_classes(before))
    with pytest.raises(ValueError, match=rf"with \(labels, classes\) \(1, {before}\), .* go on with \(1, {after}\): "):
        errors.update(*of_classes(after))


@pytest.mark.parametrize("before", [1, 3])
def test_a_batch_of_other_labels_does_not_join_the_state(before):
    """One label would otherwise be copied to all without a word."""
    loss = losses.get("msfe", running=0.1, per_label=True)
    loss(torch.zeros(6, before), torch.zeros(6, before))
    with pytest.raises(
        ValueError,
        match=rf"classes\) \({before}, 2\), and cannot go on with \(4, 2\): use one for each shape of logits$",
    ):
        loss(torch.zeros(6, 4), torch.zeros(6, 4))
