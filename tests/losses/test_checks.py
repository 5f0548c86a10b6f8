"""What a loss refuses, and with which sentence."""

import pytest
import torch

from imbaloss import losses

Z = torch.zeros(4)
D = torch.tensor([0, 1, 0, 1])
HALF = torch.tensor([0.0, 1.0, 0.5, 1.0])
NAN = torch.tensor([0.0, float("nan"), 0.0, 1.0])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((Z, torch.tensor([0, 2, 0, 1])), "targets must be 0 or 1, found 2 at index 1 of shape (4,)"),
        ((Z, torch.tensor([0, 1, -1, 1])), "targets must be 0 or 1, found -1 at index 2 of shape (4,)"),
        ((Z, HALF), "targets must be 0 or 1, found 0.5 at index 2 of shape (4,)"),
        ((Z, NAN), "targets must be 0 or 1, found nan at index 1 of shape (4,)"),
        ((torch.zeros(2, 3), torch.tensor([0, 3])), "targets must be 0 to 2, found 3 at index 1 of shape (2,)"),
        (
            (torch.zeros(4, 1), D),
            "equal shapes (binary) or be (B, C, ...) and (B, ...) with C > 1 classes, found (4, 1) and (4,): "
            "give logits.squeeze(-1)",
        ),
        ((torch.zeros(2, 1, 2), torch.zeros(2, 2)), "found (2, 1, 2) and (2, 2): give logits.squeeze(1)"),
        ((Z, torch.zeros(3)), "equal shapes (binary) or be (B, C, ...) and (B, ...) with C > 1 classes, found (4,)"),
        ((D, D), "logits must be floating point, found torch.int64"),
        ((Z, D, torch.ones(3)), "sample_weight must have the shape of targets (4,), found (3,)"),
        ((Z, D, torch.tensor([1.0, 1, -2, 1])), "sample_weight must be finite and >= 0, found -2 at index 2"),
        ((Z, D, NAN), "sample_weight must be finite and >= 0, found nan at index 1"),
        ((torch.zeros(2, 2), torch.tensor([[0, 1], [0, 5]])), "found 5 at index (1, 1) of shape (2, 2)"),
    ],
)
def test_refuses_a_batch_in_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=r"^[^\n]*$") as refusal:
        losses.get("mse")(*arguments)
    assert sentence in str(refusal.value)


def test_a_wrong_target_is_named_after_those_without_weight():
    targets = torch.tensor([float("nan"), 1, 7, 0.5])
    with pytest.raises(ValueError, match=r"found 7 at index 2 of shape \(4,\)$"):
        losses.get("mse")(Z, targets, torch.tensor([0, 1, 1, 1]))
    with pytest.raises(ValueError, match=r"found 0.5 at index 3 of shape .* soft=True takes soft labels$"):
        losses.get("mse", ignore_index=7)(Z, targets, torch.tensor([False, True, True, True]))


def test_refuses_class_weights_for_other_classes():
    loss = losses.get("mfe", class_weights=(1, 2, 3))
    with pytest.raises(ValueError, match=r"class_weights must have one entry a class, found 3 for 2 classes$"):
        loss(Z, D)


@pytest.mark.parametrize("weights", [(1, -1), (1, float("nan")), (float("inf"), 1), (1,), 3])
def test_refuses_impossible_class_weights(weights):
    with pytest.raises(ValueError, match="class_weights must"):
        losses.get("mse", class_weights=weights)


@pytest.mark.parametrize(("classes", "weights"), [(3, "(w0, w1, w2)"), (9, "(w0, ..., w8)")])
def test_focal_loss_of_several_classes_says_that_alpha_is_for_two(classes, weights):
    with pytest.raises(ValueError, match="focal's alpha, which is for two classes") as error:
        losses.get("focal")(torch.zeros(4, classes), torch.zeros(4, dtype=torch.long))
    assert str(error.value).endswith(f"give class_weights={weights}")
    with pytest.raises(ValueError, match="focal's alpha"):
        losses.get("focal", counts=[5] * classes)
    with pytest.raises(ValueError, match=r"found 2 for 3 classes$"):
        losses.get("focal", class_weights=(1, 2))(torch.zeros(4, 3), torch.zeros(4, dtype=torch.long))


@pytest.mark.parametrize(("ignored", "targets"), [(0, [0.3, 1]), (-1, [-1.7, 1]), (-(2**63), [float("nan"), 1])])
def test_ignore_index_leaves_out_no_target_that_only_rounds_to_it(ignored, targets):
    with pytest.raises(ValueError, match=rf"targets must be 0 or 1, or {ignored}, found {targets[0]}"):
        losses.get("ce", ignore_index=ignored)(torch.zeros(2), torch.tensor(targets))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.float32])
def test_a_target_equal_to_ignore_index_is_left_out_whatever_its_type(dtype):
    targets = torch.tensor([255, 1], dtype=dtype)
    assert losses.get("ce", ignore_index=255)(Z[:2], targets) == losses.get("ce")(Z[:1], D[1:2])
    with pytest.raises(ValueError, match="targets must be 0 or 1, or -1, found 255"):
        losses.get("ce", ignore_index=-1)(Z[:2], targets)


@pytest.mark.parametrize("ignored", [float("inf"), float("nan"), 0.5])
def test_refuses_an_ignore_index_that_is_not_whole(ignored):
    with pytest.raises(ValueError, match=f"^ignore_index must be whole, found {ignored}$"):
        losses.get("ce", ignore_index=ignored)


@pytest.mark.parametrize("dtype", [torch.uint16, torch.uint32, torch.uint64])
@pytest.mark.parametrize("name", ["ce", "smooth_ap"])
def test_masks_without_sign_are_taken(name, dtype):
    logits, targets = torch.randn(2, 3, 4), torch.arange(8).reshape(2, 4) % 3
    targets[0, 0] = 65535
    loss = losses.get(name, ignore_index=65535)
    assert loss(logits, targets.to(dtype)) == loss(logits, targets)
    with pytest.raises(ValueError, match="targets must be 0 to 2, found 65535"):
        losses.get(name)(logits, targets.to(dtype))


def test_messages_name_what_was_given():
    both = torch.zeros(4, 3), torch.zeros(4, 3)
    with pytest.raises(ValueError, match=r"^counts must have one pair for each of 3 labels, found 2$"):
        losses.get("wce", counts=[(5, 5)] * 2, per_label=True)(*both)
    with pytest.raises(ValueError, match=r"^class_weights must have one pair for each of 3 labels, found 2$"):
        losses.get("wce", class_weights=[(5, 5)] * 2, per_label=True)(*both)
    for name in ("wce", "wmse"):
        with pytest.raises(ValueError, match=r"^counts must have one entry a class, found 3 for 2 classes$"):
            losses.get(name, counts=(5, 3, 2))(Z, D)
    with pytest.raises(ValueError, match=r"^the asymmetric error needs one logit a target, found 3 logits a target$"):
        losses.get("asymmetric")(torch.zeros(4, 3), D)
