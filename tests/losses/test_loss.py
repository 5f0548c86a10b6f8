"""What acts on class totals: accumulation over micro-batches, running averages, unbiased squares."""

import copy
import itertools

import pytest
import torch

from imbaloss import losses
from tests import laws
from tests.losses.batches import COUNTS, binary, every_loss_of_totals, every_running_loss, many_classes

EXACT = {"rtol": 1e-12, "atol": 1e-14}


@every_loss_of_totals
def test_accumulation_over_micro_batches_is_the_full_batch(name):
    """The documented two calls; the micro-batches are unequal, and some lack a class."""
    logits, targets = binary(1, 40)
    targets[:9] = 0
    weight = torch.rand(40, dtype=torch.float64)
    loss = losses.get(name, counts=COUNTS)
    value, gradient = laws.value_and_gradient(loss, logits, targets, weight)
    logits.requires_grad_()
    parts = [part.split([7, 2, 1, 30]) for part in (logits, targets, weight)]
    with torch.no_grad():
        whole = losses.join_totals([loss.totals(*micro_batch) for micro_batch in zip(*parts, strict=True)])
    for micro_batch in zip(*parts, strict=True):
        part = loss(*micro_batch, whole=whole)
        torch.testing.assert_close(part, value, **EXACT)
        part.backward()
    torch.testing.assert_close(logits.grad, gradient, **EXACT)


def test_the_mean_of_parts_of_equal_size_is_the_batch_only_if_their_weights_are_equal():
    """A mean over samples, and an ignored target in the first of two parts."""
    loss, (logits, targets) = losses.get("ce", ignore_index=-1), binary(1, 40)
    for ignored, is_exact in ((0, True), (9, False)):
        labels = targets.index_fill(0, torch.arange(ignored), -1)
        parts = [*zip(logits.split(20), labels.split(20), strict=True)]
        found, whole = torch.stack([loss(*part) for part in parts]).mean(), loss(logits, labels)
        assert torch.isclose(found, whole, **EXACT).item() == is_exact
        joined = losses.join_totals([loss.totals(*part) for part in parts])
        torch.testing.assert_close(loss(*parts[0], whole=joined), whole, **EXACT)


@pytest.mark.parametrize("name", ["msfe", "ce", "soft_f1", "soft_mcc", "squared/worst_class"])
def test_accumulation_is_the_full_batch_for_many_classes(name):
    logits, targets = many_classes(1, 3, 40)
    loss = losses.get(name)
    value, gradient = laws.value_and_gradient(loss, logits, targets)
    logits.requires_grad_()
    parts = list(zip(logits.split(13), targets.split(13), strict=True))
    whole = losses.join_totals([loss.totals(*micro_batch) for micro_batch in parts])
    for micro_batch in parts:
        loss(*micro_batch, whole=whole).backward()
    torch.testing.assert_close(logits.grad, gradient, **EXACT)
    torch.testing.assert_close(loss(*parts[0], whole=whole).detach(), value, **EXACT)


# Squares of class means on small batches, by expectation over every batch of n_c samples a class


def of_every_batch(loss, logits, targets, of_class):
    """The mean of value and gradient over all batches with so many samples of each class."""
    choices = [itertools.combinations((targets == c).nonzero().squeeze(1).tolist(), size) for c, size in of_class]
    values, gradients = [], []
    for rows in itertools.product(*choices):
        batch = torch.tensor(sum(rows, ()))
        value, gradient = laws.value_and_gradient(loss, logits[batch], targets[batch])
        values.append(value)
        gradients.append(torch.zeros_like(logits).index_add(0, batch, gradient))
    return torch.stack(values).mean(), torch.stack(gradients).mean(0)


@pytest.fixture(scope="module")
def small_set():
    logits, targets = binary(2, 13)
    targets[:] = torch.arange(13) >= 7
    logits /= 2
    return logits, targets


def test_msfe_of_small_batches_is_too_large_by_the_variance_of_the_class_means(small_set):
    logits, targets = small_set
    errors = losses.errors.squared(logits, targets)
    value, _ = of_every_batch(losses.get("msfe"), logits, targets, [(0, 3), (1, 2)])
    # of samples drawn without replacement: s^2/n (1 - n/N), with s^2 the variance over N - 1
    bias = sum(errors[targets == c].var() / n * (1 - n / size) for c, n, size in ((0, 3, 7), (1, 2, 6)))
    torch.testing.assert_close(value, losses.get("msfe")(logits, targets) + bias, **EXACT)
    assert bias > 0.1 * losses.get("msfe")(logits, targets)


def test_unbiased_msfe_of_small_batches_is_that_of_the_set_in_the_mean(small_set):
    """Value and gradient; drawn without replacement, that of the set leaves out each sample's pair with itself too."""
    logits, targets = small_set
    loss = losses.get("msfe_unbiased")
    found = of_every_batch(loss, logits, targets, [(0, 3), (1, 2)])
    laws.assert_same(found, laws.value_and_gradient(loss, logits, targets), **EXACT)


def test_unbiased_msfe_of_batches_drawn_with_replacement_is_msfe_in_the_mean(small_set):
    logits, targets = small_set
    loss = losses.get("msfe_unbiased")
    errors = [losses.errors.squared(logits, targets)[targets == c] for c in (0, 1)]
    negatives, positives = (list(itertools.product(of_class, repeat=2)) for of_class in errors)
    batches = torch.tensor([[*n, *p] for n, p in itertools.product(negatives, positives)])
    totals = losses.class_totals(
        torch.stack([batches, batches.square()]), torch.tensor([0, 0, 1, 1]).expand_as(batches), 2
    )
    torch.testing.assert_close(loss.reduction(totals).mean(), losses.get("msfe")(logits, targets), **EXACT)


def test_the_bias_of_running_totals_falls_with_the_rate(small_set):
    """The mean over batches drawn at random, with logits that stay: an average of many batches has less variance."""
    logits, targets = small_set
    expected = losses.get("msfe")(logits, targets)
    biases = []
    for rate in (1.0, 0.1, 0.01):
        loss = losses.get("msfe", running=rate)
        generator = torch.Generator().manual_seed(0)
        values = []
        for _ in range(4000):
            rows = [(targets == c).nonzero().squeeze(1) for c in (0, 1)]
            batch = torch.cat([of_class[torch.randint(len(of_class), (2,), generator=generator)] for of_class in rows])
            values.append(loss(logits[batch], targets[batch]))
        biases.append(float(torch.stack(values[500:]).mean() - expected))
    plain = float(sum(losses.errors.squared(logits, targets)[targets == c].var(correction=0) / 2 for c in (0, 1)))
    assert biases[0] == pytest.approx(plain, rel=0.1)
    assert biases[1] < biases[0] / 10
    assert abs(biases[2]) < biases[0] / 20


@every_running_loss
def test_running_totals_at_rate_1_are_the_batch(name):
    loss = losses.get(name, counts=COUNTS, running=1)
    for seed in range(3):
        batch = binary(seed)
        laws.assert_same(
            laws.value_and_gradient(loss, *batch),
            laws.value_and_gradient(losses.get(name, counts=COUNTS), *batch),
            **EXACT,
        )


@every_running_loss
def test_running_totals_of_one_repeated_batch_are_the_batch(name):
    """From the first call on: the start is corrected."""
    loss, batch = losses.get(name, counts=COUNTS, running=0.05), binary(3)
    for _ in range(3):
        laws.assert_same(
            laws.value_and_gradient(loss, *batch),
            laws.value_and_gradient(losses.get(name, counts=COUNTS), *batch),
            rtol=1e-9,
            atol=1e-12,
        )


def test_running_totals_remember_a_class_that_a_batch_lacks():
    loss = losses.get("mfe", running=0.5)
    both = (torch.tensor([0.0, 0.0]), torch.tensor([0, 1]))
    negatives = (torch.tensor([0.0, 0.0]), torch.tensor([0, 0]))
    assert loss(*both).item() == pytest.approx(0.25)
    assert loss(*negatives).item() == pytest.approx(0.25)
    assert losses.get("mfe")(*negatives).item() == pytest.approx(0.125)


def test_running_totals_rest_in_eval_mode():
    loss, batch = losses.get("msfe", running=0.1), binary(4)
    loss(*binary(5))
    state = copy.deepcopy(loss.state_dict())
    torch.testing.assert_close(loss.eval()(*batch), losses.get("msfe")(*batch))
    assert all(torch.equal(state[key], value) for key, value in loss.state_dict().items())


def test_running_totals_are_resumed_from_a_state_dict():
    loss, fresh = losses.get("msfe", running=0.1), losses.get("msfe", running=0.1)
    for seed in range(3):
        loss(*binary(seed))
    fresh.load_state_dict(loss.state_dict())
    torch.testing.assert_close(fresh(*binary(9)), loss(*binary(9)), rtol=0, atol=0)


@pytest.mark.parametrize("name", ["msfe", "auc_margin"])
def test_running_totals_of_a_stack_are_kept_with_it(name):
    loss, alone = losses.get(name, running=0.1), losses.get(name, running=0.1)
    batches = [tuple(map(torch.stack, zip(*map(binary, seeds), strict=True))) for seeds in ((0, 1, 2), (3, 4, 5))]
    loss.stacked(*batches[0])
    alone.stacked(*(part[[0, 2]] for part in batches[0]))
    loss.keep(torch.tensor([True, False, True]))
    second = [part[[0, 2]] for part in batches[1]]
    torch.testing.assert_close(loss.stacked(*second), alone.stacked(*second), rtol=0, atol=0)


@pytest.mark.parametrize("rate", [0, -0.1, 1.5, float("nan")])
def test_refuses_an_impossible_rate(rate):
    with pytest.raises(ValueError, match="running must be above 0 and at most 1, found"):
        losses.get("msfe", running=rate)


def test_refuses_to_join_batches_twice():
    loss, batch = losses.get("msfe", running=0.1), binary(1)
    with pytest.raises(ValueError, match="running totals already join batches: whole is not for this loss"):
        loss(*batch, whole=loss.totals(*batch))


def test_a_batch_that_is_not_finite_does_not_enter_running_totals():
    loss, fresh = losses.get("msfe", running=0.1), losses.get("msfe", running=0.1)
    logits, targets = binary(1)
    for one in (loss, fresh):
        one(logits, targets)
    assert loss(logits * float("nan"), targets).isnan()
    torch.testing.assert_close(loss(logits, targets), fresh(logits, targets))


def test_running_totals_are_refused_where_they_cannot_be_kept():
    with pytest.raises(ValueError, match="running totals need no correction of their squares: take msfe"):
        losses.get("msfe_unbiased", running=0.1)
    with pytest.raises(
        ValueError, match=r"keep state, which .* torch\.func cannot: take a loss without running inside"
    ):
        torch.func.grad(losses.get("msfe", running=0.1))(*binary(1))


def test_a_weight_of_0_has_a_gradient():
    """As those who learn the weights need it, beginning at 0."""
    logits, targets = binary(1)
    weight = torch.zeros_like(logits).requires_grad_()
    losses.get("cross_entropy/none")(logits, targets, weight).sum().backward()
    torch.testing.assert_close(weight.grad, losses.errors.cross_entropy(logits, targets))


def test_no_reduction_has_no_totals():
    for option in ({"sync": True}, {"running": 0.5}):
        with pytest.raises(ValueError, match="the reduction none has no class totals"):
            losses.get("squared/none", **option)


def test_refuses_totals_of_another_form():
    logits = torch.zeros(8, 3)
    batch = logits, torch.eye(8)[:, :3]
    per_label, together = losses.get("msfe", per_label=True), losses.get("msfe")
    rule = "whole must be the joined totals of this loss, sums of shape"
    shapes = r"\(3, 2\) and weights of shape \(3, 2\), found"
    with pytest.raises(ValueError, match=rf"{rule} {shapes} \(1, 2\) and \(1, 2\): "):
        per_label(*batch, whole=together.totals(*batch))
    with pytest.raises(ValueError, match=rf"{rule} {shapes} Totals: "):
        per_label(*batch, whole=[per_label.totals(*batch)])
    several = logits, torch.arange(8) % 3
    with pytest.raises(ValueError, match=rule):
        together(*several, whole=together.totals(*batch))
