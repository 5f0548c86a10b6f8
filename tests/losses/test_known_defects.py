"""Defects that implementations of these losses are known for: ours do not have them."""

import copy
import pickle

import pytest
import torch

from imbaloss import losses
from tests import laws
from tests.losses.batches import COUNTS, binary, every_loss, every_multi_class_loss, of_many_classes

EXTREMES = torch.tensor([100.0, -100.0, 1e4, -1e4, 0.0])


@every_loss
def test_a_column_of_logits_and_a_row_of_targets_are_no_square_of_pairs(name):
    """Elsewhere weights of shape (N,) times errors of shape (N, 1) are N x N, and their mean is another loss."""
    logits, targets = binary(0)
    column = (logits.unsqueeze(1), targets.unsqueeze(1))
    loss = losses.get(name, counts=COUNTS)
    torch.testing.assert_close(loss(*column), loss(logits, targets))
    torch.testing.assert_close(loss(*column, torch.ones(37, 1)), loss(logits, targets))
    for batch in ((column[0], targets), (logits, column[1]), (*column, torch.ones(37)), (logits, targets, column[1])):
        with pytest.raises(ValueError, match="shape"):
            loss(*batch)


@every_loss
def test_the_shares_of_a_batch_do_not_replace_those_of_the_training_set(name):
    """Elsewhere the share of positives that was given is overwritten, in forward, by that of the batch."""
    loss = losses.get(name, counts=COUNTS)
    fresh, before = copy.deepcopy(loss), pickle.dumps(loss)
    loss(*binary(1, positives=0.9))
    batch = binary(2, positives=0.2)
    torch.testing.assert_close(loss(*batch), fresh(*batch), rtol=0, atol=0)
    assert pickle.dumps(loss) == before


@pytest.mark.parametrize("name", ["wmse", "wce", "class_balanced", "logit_adjusted", "balanced_softmax", "ldam", "vs"])
def test_the_weight_of_a_sample_depends_on_the_training_set_alone(name):
    """Elsewhere as above. The sum over a batch is that over its samples, each a batch of its own."""
    logits, targets = binary(3)
    loss = losses.get(name, counts=COUNTS)
    alone = [loss(*sample) for sample in zip(logits.split(1), targets.split(1), strict=True)]
    torch.testing.assert_close(loss(logits, targets), torch.stack(alone).mean())


@every_loss
@pytest.mark.parametrize("label", [0, 1])
def test_a_batch_of_one_class_is_not_nan(name, label):
    """Elsewhere a mean over no positives is 0/0."""
    logits, _ = binary(4)
    laws.assert_finite(losses.get(name, counts=COUNTS), logits, torch.full((37,), label))


@every_multi_class_loss
def test_a_batch_of_one_class_of_many_is_not_nan(name):
    loss, _ = of_many_classes(name, 3)
    laws.assert_finite(loss, torch.randn(5, 3), torch.full((5,), 2))


@every_loss
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_saturated_logits_have_no_nan_gradient(name, dtype):
    """Elsewhere a logarithm or a power of a probability that was rounded to 0 or 1 has an infinite slope."""
    loss = losses.get(name, counts=COUNTS)
    for targets in ([0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 1, 0, 1, 0], [1, 0, 1, 0, 1]):
        laws.assert_finite(loss, EXTREMES.to(dtype), torch.tensor(targets))


@every_loss
def test_errors_are_not_thresholded_and_so_have_a_gradient(name):
    """Elsewhere errors are those of calls at 1/2, whose gradient is 0. A step raises positives, lowers negatives."""
    logits, targets = binary(5)
    _, gradient = laws.value_and_gradient(losses.get(name, counts=COUNTS), logits / 20, targets)
    assert gradient[targets == 1].sum() < 0 < gradient[targets == 0].sum()


@pytest.mark.parametrize("name", ["mfe", "msfe", "absolute/worst_class", "auc_margin", "auc_squared_hinge"])
def test_means_of_classes_are_not_means_of_samples(name):
    """Elsewhere a plain mean passes for MFE. Of class means, repeating the samples of a class changes nothing."""
    logits, targets = binary(6)
    more = (torch.cat([logits, logits[targets == 0]]), torch.cat([targets, targets[targets == 0]]))
    torch.testing.assert_close(losses.get(name)(*more), losses.get(name)(logits, targets))
    assert not losses.get("mse")(*more).isclose(losses.get("mse")(logits, targets))


def test_mfe_is_the_sum_of_both_false_errors():
    """Of 90 negatives with error 1/2 (0.4)^2 and 10 positives with 1/2 (0.9)^2; the mean would be 0.1125."""
    targets = torch.arange(100) >= 90
    logits = torch.tensor([0.4, 0.1]).logit()[targets.long()]
    assert losses.get("mfe")(logits, targets).item() == pytest.approx(0.08 + 0.405)
    assert losses.get("msfe")(logits, targets).item() == pytest.approx(0.08**2 + 0.405**2)
    assert losses.get("mse")(logits, targets).item() == pytest.approx(0.1125)
