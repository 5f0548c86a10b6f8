"""Soft labels, and labels with totals of their own: what holds for hard labels holds for them."""

import itertools

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from imbaloss import losses
from tests import laws, oracle
from tests.losses.batches import (
    COUNTS,
    NAMES,
    NOT_RUNNING,
    PARTS,
    WITHOUT_SOFT,
    binary,
    many_classes,
    of_many_classes,
    soft_binary,
    soft_classes,
)

EXACT = {"rtol": 1e-12, "atol": 1e-14}
SOFT = [name for name in NAMES if name not in WITHOUT_SOFT]
SEVERAL = [name for name in SOFT if name not in {"asymmetric", "focal"}]
SEVERAL_PARTS = [pair for pair in PARTS if not pair.startswith("asymmetric/")]
MEANS = ["mse", "wmse", "ce", "focal", "asymmetric", "poly1", "mae", "huber", "hinge", "logit_adjusted", "ldam", "vs"]
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
EXTREMES = [0.0, 1e4, -1e4, 120.0, -88.0]
every_loss = pytest.mark.parametrize("name", SOFT)
every_multi_class_loss = pytest.mark.parametrize("name", SEVERAL)
every_kind = pytest.mark.parametrize(
    ("name", "classes"), [*((name, 2) for name in SOFT), *((name, 3) for name in SEVERAL)]
)


def loss_of(name: str, classes: int = 2, *, soft: bool = True, **options: object) -> torch.nn.Module:
    given = {"counts": COUNTS} if classes == 2 else of_many_classes(name, classes)[1]
    return losses.get(name, soft=soft, **given, **options)


def batch_of(classes: int, seed: int = 0, samples: int = 37) -> tuple[torch.Tensor, torch.Tensor]:
    return soft_binary(seed, samples) if classes == 2 else soft_classes(seed, classes, samples)


# The law: a sample belongs partly to each class


@pytest.mark.parametrize(
    ("name", "classes"), [*((name, 2) for name in [*SOFT, *PARTS]), *((name, 3) for name in [*SEVERAL, *SEVERAL_PARTS])]
)
@pytest.mark.parametrize("class_weights", [None, (2, 3, 0.5)])
def test_a_sample_counts_in_each_class_by_its_share(name, classes, class_weights):
    logits, targets = batch_of(classes)
    weight = torch.rand(len(logits), dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    given = {"counts": COUNTS} if classes == 2 else of_many_classes(name, classes)[1]
    if class_weights:
        given["class_weights"] = class_weights[:classes]
    for weighted in ({}, {"sample_weight": weight}):
        found = losses.get(name, soft=True, **given)(logits, targets, **weighted)
        in_numpy = {key: value.numpy() for key, value in weighted.items()}
        expected = oracle.soft_loss(name, logits.numpy(), targets.numpy(), **in_numpy, **given)
        assert found.item() == pytest.approx(expected, rel=1e-10)


@every_loss
def test_labels_of_0_and_1_give_the_hard_loss(name):
    logits, targets = binary(1)
    for dtype in (torch.bool, torch.int64, torch.float64):
        laws.assert_same(
            laws.value_and_gradient(loss_of(name), logits, targets.to(dtype)),
            laws.value_and_gradient(loss_of(name, soft=False), logits, targets),
            **EXACT,
        )


@every_multi_class_loss
def test_shares_of_0_and_1_give_the_hard_loss_of_several_classes(name):
    logits, targets = many_classes(1, 4)
    laws.assert_same(
        laws.value_and_gradient(loss_of(name, 4), logits, F.one_hot(targets)),
        laws.value_and_gradient(loss_of(name, 4, soft=False), logits, targets),
        **EXACT,
    )


@every_kind
def test_class_totals_are_linear_in_the_targets(name, classes):
    """And so is every loss that is a mean over samples."""
    (logits, one), (_, other) = batch_of(classes, 0), batch_of(classes, 1)
    loss = loss_of(name, classes)
    parts = [loss.totals(logits, targets) for targets in (0.3 * one + 0.7 * other, one, other)]
    for mixed, *ends in zip(*parts, strict=True):
        torch.testing.assert_close(mixed, 0.3 * ends[0] + 0.7 * ends[1], **EXACT)
    if name in MEANS:
        values = loss(logits, 0.3 * one + 0.7 * other), loss(logits, one), loss(logits, other)
        torch.testing.assert_close(values[0], 0.3 * values[1] + 0.7 * values[2], **EXACT)


@pytest.mark.parametrize("sizes", [(2, 5), (7, 3)])
def test_a_sample_may_be_cut_into_samples_of_its_classes(sizes):
    """By hand, with hard labels: so many positives and so many negatives with one logit are one soft sample."""
    positives, negatives = sizes
    logits = torch.tensor([0.4] * (positives + negatives) + [-1.3], dtype=torch.float64)
    hard = torch.tensor([1] * positives + [0] * negatives + [0])
    soft = torch.tensor([positives / (positives + negatives), 0], dtype=torch.float64)
    for name in ("msfe", "soft_mcc", "auc_margin", "focal/worst_class"):
        found = loss_of(name)(logits[[0, -1]], soft, torch.tensor([positives + negatives, 1]))
        torch.testing.assert_close(found, loss_of(name, soft=False)(logits, hard), **EXACT)


# All classes in one pass


def of_copies(name: str) -> torch.nn.Module:
    """The same loss with an error that is not known to take None for targets: it is called with copies of samples."""

    class Unknown:
        def __init__(self, error):
            self.error = error

        def __call__(self, logits, targets):
            assert targets is not None
            return self.error(logits, targets)

    loss = loss_of(name, 5)
    loss.error = Unknown(loss.error)
    return loss


def hard_soft_batch(kind: str, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and shares of five classes; a third of the samples belong to all, a third to two, a third to one."""
    logits, targets = soft_classes(3, 5, 60)
    if kind == "tied":
        logits = torch.randint(3, (60, 5), generator=torch.Generator().manual_seed(0)).double()
    elif kind == "extreme":
        logits = 40 * logits
    return logits.to(dtype), targets.to(dtype)


ONE_PASS = [f"{error}/p_norm_of_class_means" for error in losses.ERRORS if error != "asymmetric"]


@pytest.mark.parametrize("kind", ["usual", "tied", "extreme"])
@pytest.mark.parametrize("name", [*ONE_PASS, "focal/none"])
def test_one_pass_over_all_classes_gives_what_copies_of_samples_give(name, kind):
    """Values and gradients; in float32 the rounding of an LDAM logit of 5,000 changes its slope by a thousandth."""
    for dtype, tolerance in (
        (torch.float64, {"rtol": 1e-12, "atol": 1e-12}),
        (torch.float32, {"rtol": 2e-3, "atol": 1e-6}),
    ):
        logits, targets = hard_soft_batch(kind, dtype)
        found, expected = [], []
        for loss, results in ((loss_of(name, 5), found), (of_copies(name), expected)):
            leaf = logits.clone().requires_grad_()
            value = loss(leaf, targets)
            results += [value.detach(), *torch.autograd.grad(value.sum(), leaf)]
        laws.assert_same(tuple(found), tuple(expected), **tolerance)


class Largest(TorchDispatchMode):
    """Notes the number of elements of the largest tensor that is made."""

    elements = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for part in made if isinstance(made, tuple | list) else (made,):
            if isinstance(part, torch.Tensor):
                self.elements = max(self.elements, part.numel())
        return made


@every_multi_class_loss
def test_memory_does_not_grow_with_the_number_of_classes_of_a_sample(name):
    """Losses of the whole set have two errors for each logit, and auc_margin two numbers for each of them."""
    logits, targets = torch.randn(6, 30), torch.rand(6, 30).softmax(1)
    with Largest() as largest:
        laws.value_and_gradient(loss_of(name, 30), logits, targets)
    assert largest.elements <= 4 * logits.numel()


@pytest.mark.parametrize("name", ONE_PASS)
def test_infinite_logits_that_are_no_error_add_nothing(name):
    """A class that a sample does not belong to may be ruled out by minus infinity."""
    logits, _ = many_classes(3, 4, 12)
    _, targets = soft_classes(3, 3, 12)
    targets = F.pad(targets, (0, 1))
    targets[0] = torch.eye(4)[1]
    far = logits.index_fill(1, torch.tensor(3), -1e4)
    far[0, 1] = 1e4
    infinite = far.where(far.abs() < 1e4, far * torch.inf)
    loss = loss_of(name, 4)
    value, gradient = laws.value_and_gradient(loss, far, targets)
    laws.assert_same(laws.value_and_gradient(loss, infinite, targets), (value, gradient), **EXACT)
    assert value.isfinite()


# What is known of other forms


def test_cross_entropy_is_that_of_torch():
    logits, targets = soft_binary(2)
    for weight in (1, 7):
        expected = F.binary_cross_entropy_with_logits(logits, targets, pos_weight=torch.tensor(weight))
        torch.testing.assert_close(losses.get("ce", soft=True, class_weights=(1, weight))(logits, targets), expected)
    logits, targets = soft_classes(2, 3)
    weights = torch.tensor([0.5, 2.0, 3.0], dtype=torch.float64)
    for smoothing in (0, 0.2):
        expected = F.cross_entropy(logits, targets, label_smoothing=smoothing)
        torch.testing.assert_close(losses.get("ce", soft=True, smoothing=smoothing)(logits, targets), expected)
    expected = F.cross_entropy(logits, targets, weight=weights)
    torch.testing.assert_close(losses.get("ce", soft=True, class_weights=weights)(logits, targets), expected)


def test_smoothed_targets_are_smoothing_unless_classes_have_weights():
    logits, targets = many_classes(3, 3)
    smooth = 0.8 * F.one_hot(targets) + 0.2 / 3
    for weights, is_equal in ((None, True), ((1, 2, 3), False)):
        found = losses.get("ce", soft=True, class_weights=weights)(logits, smooth)
        expected = losses.get("ce", smoothing=0.2, class_weights=weights)(logits, targets)
        assert found.isclose(expected, rtol=1e-9).item() == is_equal


def test_a_squared_error_has_the_variance_of_the_label_beside_the_distance():
    logits, targets = soft_binary(4)
    p = logits.sigmoid()
    expected = (targets - p).square() / 2 + targets * (1 - targets) / 2
    torch.testing.assert_close(losses.get("squared/none", soft=True)(logits, targets), expected)
    logits, targets = soft_classes(4, 3)
    expected = ((targets - logits.softmax(1)).square().sum(1) + 1 - targets.square().sum(1)) / 2
    torch.testing.assert_close(losses.get("squared/none", soft=True)(logits, targets), expected)


@pytest.mark.parametrize("shape", [0.2, 1.0])
def test_perfect_logits_of_mixup_leave_the_documented_false_errors(shape):
    """FNE = (1 - share) / 2 E and FPE = share / 2 E, E = a / (4 a + 2): docs/losses.md."""
    generator = np.random.default_rng(0)
    share, samples = 0.05, 400_000
    d = generator.random(samples) < share
    mix = generator.beta(shape, shape, samples)
    targets = torch.from_numpy(mix * d + (1 - mix) * np.roll(d, 1)).clamp(1e-9, 1 - 1e-9)
    false_errors = losses.class_means(losses.get("msfe", soft=True).totals(targets.logit(), targets)).squeeze()
    expected = shape / (4 * shape + 2) / 2 * torch.tensor([share, 1 - share], dtype=torch.float64)
    torch.testing.assert_close(false_errors, expected, rtol=0.03, atol=0)


def test_quality_focal_loss_is_another_loss():
    """Its value at p = t is 0; ours is the mean of the errors as a positive and as a negative."""
    logits, targets = soft_binary(6)
    p = logits.sigmoid()
    as_positive, as_negative = (1 - p).square() * F.softplus(-logits), p.square() * F.softplus(logits)
    expected = targets * as_positive + (1 - targets) * as_negative
    found = losses.get("focal/none", soft=True)(logits, targets)
    torch.testing.assert_close(found, expected)
    quality = (targets - p).abs().square() * F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    assert not torch.allclose(found, quality, rtol=0.1)


def by_hand(inputs, labels, weights, mixes, orders):
    """Train one hidden layer by MSFE on mixed batches, in NumPy, gradients written out: the weights at the end."""
    first, second = (weight.copy() for weight in weights)
    for mix, order in zip(mixes, orders, strict=True):
        x, t = mix * inputs + (1 - mix) * inputs[order], mix * labels + (1 - mix) * labels[order]
        hidden = np.tanh(x @ first)
        p = 1 / (1 + np.exp(-hidden @ second))
        fne = (t * (1 - p) ** 2 / 2).sum() / t.sum()
        fpe = ((1 - t) * p**2 / 2).sum() / (1 - t).sum()
        slope_p = -2 * fne * t * (1 - p) / t.sum() + 2 * fpe * (1 - t) * p / (1 - t).sum()
        slope = slope_p * p * (1 - p)
        slope_first = x.T @ (np.outer(slope, second) * (1 - hidden**2))
        first, second = first - slope_first / 2, second - hidden.T @ slope / 2
    return first, second


def test_a_training_with_mixup_ends_where_a_loop_by_hand_ends():
    generator = np.random.default_rng(0)
    inputs, labels = generator.normal(size=(64, 5)), (np.arange(64) < 6).astype(float)
    start = generator.normal(size=(5, 8)) / 2, generator.normal(size=8)
    mixes, orders = generator.beta(0.4, 0.4, 200), [generator.permutation(64) for _ in range(200)]
    first, second = (torch.from_numpy(weight.copy()).requires_grad_() for weight in start)
    optimizer = torch.optim.SGD([first, second], lr=0.5)
    criterion = losses.get("msfe", soft=True)
    x, y = torch.from_numpy(inputs), torch.from_numpy(labels)
    for mix, order in zip(mixes, orders, strict=True):
        logits = torch.tanh((mix * x + (1 - mix) * x[order]) @ first) @ second
        optimizer.zero_grad()
        criterion(logits, mix * y + (1 - mix) * y[order]).backward()
        optimizer.step()
    for found, expected, before in zip(
        (first, second), by_hand(inputs, labels, start, mixes, orders), start, strict=True
    ):
        np.testing.assert_allclose(found.detach(), expected, rtol=1e-10, atol=1e-10)
        assert np.abs(expected - before).max() > 0.1


# The laws of tests/laws.py


@every_loss
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_finite_on_every_two_extreme_logits_and_targets(name, dtype):
    """A stack with a row for each: the law of each row alone is `test_members_of_a_stack_do_not_mix`."""
    pairs = list(itertools.product(EXTREMES, repeat=2))
    targets = [(0.3, 0.9), (0, 0.5), (1, 1e-4), (0, 0)]
    logits = torch.tensor(pairs * len(targets), dtype=dtype).requires_grad_()
    of_rows = torch.tensor(targets, dtype=dtype).repeat_interleave(len(pairs), 0)
    values = loss_of(name).stacked(logits, of_rows)
    values.sum().backward()
    assert values.isfinite().all()
    assert logits.grad.isfinite().all()
    assert values.dtype == (dtype if dtype == torch.float64 else torch.float32)


@every_multi_class_loss
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_finite_on_extreme_logits_of_several_classes(name, dtype):
    logits = torch.tensor([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [120, -120, 1e4]], dtype=dtype)
    for shares in ((0.25, 0.75, 0), (0.5, 0.25, 0.25), (0, 0, 1)):
        laws.assert_finite(loss_of(name, 3), logits, torch.tensor([shares] * 3, dtype=dtype))


@every_kind
def test_the_gradient_is_that_of_finite_differences(name, classes):
    """With respect to logits, to targets and to sample weights."""
    logits, targets = batch_of(classes, 1, 6)
    weight = torch.rand(6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.1
    loss = loss_of(name, classes)
    assert torch.autograd.gradcheck(
        lambda z, w: loss(z, targets, w), ((logits / 4).requires_grad_(), weight.requires_grad_())
    )
    if classes == 2:
        inner = targets.clamp(0.1, 0.9).requires_grad_()
        assert torch.autograd.gradcheck(lambda t: loss(logits / 4, t), inner)


@every_kind
def test_order_and_shape_do_not_matter(name, classes):
    logits, targets = batch_of(classes, 5, 24)
    loss = loss_of(name, classes)
    laws.assert_order_does_not_matter(loss, logits, targets)
    if classes == 2:
        dense = [part.reshape(2, 1, 3, 4) for part in (logits, targets)]
    else:
        dense = [part.T.reshape(classes, 2, 3, 4).movedim(0, 1) for part in (logits, targets)]
    torch.testing.assert_close(loss(*dense), loss(logits, targets))


@every_kind
def test_whole_sample_weights_are_repetitions(name, classes):
    logits, targets = batch_of(classes, 6)
    weight = torch.arange(len(logits)) % 3
    repeated = [part.repeat_interleave(weight, dim=0) for part in (logits, targets)]
    torch.testing.assert_close(loss_of(name, classes)(logits, targets, weight), loss_of(name, classes)(*repeated))


@every_kind
def test_members_of_a_stack_do_not_mix(name, classes):
    batches = [batch_of(classes, seed) for seed in range(4)]
    laws.assert_members_do_not_mix(loss_of(name, classes), *map(torch.stack, zip(*batches, strict=True)))


@every_kind
def test_an_empty_batch_is_a_zero_with_a_graph(name, classes):
    empty = torch.empty(0) if classes == 2 else torch.empty(0, classes)
    value, gradient = laws.value_and_gradient(loss_of(name, classes), empty, empty)
    assert value == 0
    assert gradient.shape == empty.shape


@every_kind
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_sample_without_weight_adds_nothing_whatever_its_logit_and_target(name, classes, value):
    logits, targets = batch_of(classes, 7, 12)
    loss, weight = loss_of(name, classes), (torch.arange(12) >= 3).double()
    expected, rest = laws.value_and_gradient(loss, logits[3:], targets[3:])
    left_out = [part.index_fill(0, torch.arange(3), value) for part in (logits, targets)]
    found, gradient = laws.value_and_gradient(loss, *left_out, weight)
    laws.assert_same((found, gradient), (expected, torch.cat([torch.zeros_like(logits[:3]), rest])))


@every_loss
def test_half_precision_is_computed_in_float32(name):
    logits, targets = soft_binary(7)
    for dtype in (torch.float16, torch.bfloat16):
        half = logits.to(dtype), targets.to(dtype)
        found = loss_of(name)(*half)
        torch.testing.assert_close(found, loss_of(name)(*(part.float() for part in half)), rtol=0, atol=0)
        with torch.autocast("cpu", dtype):
            torch.testing.assert_close(loss_of(name)(*half), found, rtol=0, atol=0)


def test_shares_in_half_precision_sum_to_1_as_far_as_they_can():
    logits, targets = soft_classes(7, 300, 12)
    for dtype in DTYPES:
        losses.get("msfe", soft=True)(logits, targets.to(dtype))


@pytest.mark.parametrize(("name", "classes"), [("msfe", 2), ("ldam_drw", 3), ("dice", 3)])
def test_compiles_without_a_graph_break(name, classes):
    logits, targets = batch_of(classes, 8)
    loss = loss_of(name, classes)
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    for rest in ((targets,), (targets, torch.rand(len(targets)))):
        laws.assert_same(laws.value_and_gradient(compiled, logits, *rest), laws.value_and_gradient(loss, logits, *rest))


@every_kind
def test_vmap_and_grad_of_torch_func(name, classes):
    batches = [batch_of(classes, seed, 12) for seed in range(3)]
    logits, targets = map(torch.stack, zip(*batches, strict=True))
    loss = loss_of(name, classes)
    found = torch.func.vmap(loss)(logits, targets), torch.func.vmap(torch.func.grad(loss))(logits, targets)
    alone = [laws.value_and_gradient(loss, *batch) for batch in batches]
    laws.assert_same(found, tuple(map(torch.stack, zip(*alone, strict=True))))


@every_loss
def test_survives_pickling_copying_and_a_state_dict(name):
    laws.assert_survives_copies(loss_of(name), *soft_binary(8))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_is_the_same_on_a_gpu():
    for name, classes in [*((name, 2) for name in SOFT), *((name, 3) for name in SEVERAL)]:
        logits, targets = batch_of(classes, 11)
        found = laws.value_and_gradient(loss_of(name, classes), logits.cuda(), targets.cuda())
        expected = laws.value_and_gradient(loss_of(name, classes), logits, targets)
        laws.assert_same(tuple(part.cpu() for part in found), expected)


# What acts on class totals


@every_kind
def test_accumulation_over_micro_batches_is_the_full_batch(name, classes):
    """The micro-batches are unequal, and some lack a class or samples that belong to two."""
    logits, targets = batch_of(classes, 1, 40)
    targets[:9] = targets[0].round() if classes == 2 else torch.eye(classes)[0]
    weight = torch.rand(40, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    loss = loss_of(name, classes)
    value, gradient = laws.value_and_gradient(loss, logits, targets, weight)
    logits.requires_grad_()
    parts = list(zip(*(part.split([7, 2, 1, 30]) for part in (logits, targets, weight)), strict=True))
    with torch.no_grad():
        whole = losses.join_totals([loss.totals(*micro_batch) for micro_batch in parts])
    for micro_batch in parts:
        part = loss(*micro_batch, whole=whole)
        torch.testing.assert_close(part, value, **EXACT)
        part.backward()
    torch.testing.assert_close(logits.grad, gradient, **EXACT)


@pytest.mark.parametrize("name", [name for name in SOFT if name not in NOT_RUNNING])
def test_running_totals_of_one_repeated_batch_are_the_batch(name):
    loss, batch = loss_of(name, running=0.05), soft_binary(3)
    for _ in range(3):
        found, expected = (laws.value_and_gradient(each, *batch) for each in (loss, loss_of(name)))
        laws.assert_same(found, expected, rtol=1e-9, atol=1e-12)


# Labels apart


@pytest.mark.parametrize("soft", [False, True])
@every_loss
def test_labels_apart_are_the_mean_of_their_losses(name, soft):
    batches = [soft_binary(seed, 12) if soft else binary(seed, 12) for seed in range(3)]
    logits, targets = (torch.stack(parts, 1) for parts in zip(*batches, strict=True))
    weight = torch.rand(12, 3, dtype=torch.float64)
    loss, alone = loss_of(name, soft=soft, per_label=True), loss_of(name, soft=soft)
    found = laws.value_and_gradient(loss, logits, targets, weight)
    each = [laws.value_and_gradient(alone, *(part[:, k] for part in (logits, targets, weight))) for k in range(3)]
    values, gradients = (torch.stack(parts, -1) for parts in zip(*each, strict=True))
    laws.assert_same(found, (values.mean(), gradients / 3), **EXACT)
    dense = [part.reshape(4, 3, 3).movedim(1, 2) for part in (logits, targets, weight)]  # (4, 3 labels, 3)
    torch.testing.assert_close(loss(*dense), found[0])


def test_labels_apart_differ_from_labels_together():
    logits, targets = (torch.stack([binary(0)[k], binary(1, positives=0.05)[k]], 1) for k in (0, 1))
    apart, together = losses.get("msfe", per_label=True), losses.get("msfe")
    assert not apart(logits, targets).isclose(together(logits, targets), rtol=0.05)
    torch.testing.assert_close(losses.get("ce", per_label=True)(logits, targets), losses.get("ce")(logits, targets))


def test_labels_apart_have_ignored_targets_accumulation_and_running_totals():
    logits, targets = (torch.stack([binary(seed)[k] for seed in range(3)], 1) for k in (0, 1))
    missing = targets.masked_fill(torch.arange(37 * 3).reshape(37, 3) % 4 == 0, -1)
    loss = losses.get("msfe", per_label=True, ignore_index=-1)
    each = [losses.get("msfe")(logits[keep, k], targets[keep, k]) for k, keep in enumerate((missing != -1).T)]
    value, gradient = laws.value_and_gradient(loss, logits, missing)
    torch.testing.assert_close(value, torch.stack(each).mean(), **EXACT)
    parts = list(zip(logits.requires_grad_().split(10), missing.split(10), strict=True))
    whole = losses.join_totals([loss.totals(*part) for part in parts])
    assert whole.errors.shape == whole.weights.shape == (3, 2)
    for part in parts:
        loss(*part, whole=whole).backward()
    torch.testing.assert_close(logits.grad, gradient, **EXACT)
    running = losses.get("msfe", per_label=True, running=0.3)
    for _ in range(2):
        torch.testing.assert_close(running(logits, targets), losses.get("msfe", per_label=True)(logits, targets))


@pytest.mark.parametrize("shape", [(6, 3), (2, 3, 3)])
def test_without_reduction_errors_have_the_shape_of_the_samples(shape):
    generator = torch.Generator().manual_seed(0)
    logits, shares = torch.randn(shape, generator=generator), torch.rand(shape, generator=generator)
    apart = losses.get("squared/none", soft=True, per_label=True, class_weights=(1, 2))(logits, shares)
    torch.testing.assert_close(
        apart, 2 * shares * (1 - logits.sigmoid()) ** 2 / 2 + (1 - shares) * logits.sigmoid() ** 2 / 2
    )
    of_classes = losses.get("squared/none", soft=True)(logits, shares.softmax(1))
    assert of_classes.shape == shape[:1] + shape[2:]


# What is refused


def refusal(make) -> str:
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        make()
    return str(error.value)


def test_a_share_without_the_option_is_refused_and_the_option_named():
    message = refusal(lambda: losses.get("msfe")(torch.zeros(2), torch.tensor([0, 0.3])))
    assert message == (
        "targets must be 0 or 1, found 0.3 at index 1 of shape (2,); only a loss with soft=True takes soft labels"
    )
    assert "soft" not in refusal(lambda: losses.get("msfe")(torch.zeros(2), torch.tensor([0, 2.5])))
    assert "soft=True" in refusal(lambda: losses.get("ce")(torch.zeros(2, 3), torch.tensor([0, 0.3])))


@pytest.mark.parametrize(
    ("options", "logits", "targets", "weight", "sentence"),
    [
        ({}, (3,), [0.1, 1.5, 0], None, "soft targets must be between 0 and 1, found 1.5 at index 1 of shape (3,)"),
        ({}, (3,), [0.1, -0.5, 0], None, "soft targets must be between 0 and 1, found -0.5 at index 1 of shape (3,)"),
        ({}, (3,), [0.1, float("nan"), 0], None, "soft targets must be between 0 and 1, found nan at index 1"),
        ({}, (2, 3), [[0.5, 0.5, 0], [0.5, 0.6, 0]], None, "(labels apart need per_label=True, a binary map"),
        ({}, (2, 2), [[0.5, 0.5], [0.5, 0.4]], None, "found 0.9 at index 1 of shape (2,)"),
        ({}, (3, 2), [0.5, 0.5, 0], None, "with soft=True logits and targets must have equal shapes, found (3, 2) and"),
        ({}, (2, 2), [[1.0, 0], [0, 1.0]], (2, 2), "shape of targets without their axis 1, (2,), found (2, 2)"),
        ({}, (2,), [1.0, 0], (1,), "sample_weight must have the shape of targets (2,), found (1,)"),
        ({"per_label": True}, (2,), [1.0, 0], None, "per_label=True needs logits and targets (B, labels, ...), found"),
        ({"per_label": True}, (2, 2), [[1.0, 0], [0, 7]], None, "between 0 and 1, found 7 at index (1, 1) of shape"),
    ],
)  # fmt: skip
def test_refuses_a_batch_in_one_sentence(options, logits, targets, weight, sentence):
    loss = losses.get("msfe", soft=True, **options)
    rest = () if weight is None else (torch.ones(weight),)
    assert sentence in refusal(lambda: loss(torch.zeros(logits), torch.tensor(targets), *rest))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_share_that_rounding_moved_out_of_0_and_1_counts_as_the_edge(dtype):
    """In a mix of labels, 0.3 + 0.7 may be a little above 1."""
    for name in ("msfe", "focal", "soft_f1", "ce"):
        loss = losses.get(name, soft=True)
        logits = torch.tensor([0.5, -1.0, 2.0], dtype=dtype)
        found = loss(logits, torch.tensor([1 + 2e-7, -1e-7, 0.4], dtype=dtype))
        assert torch.equal(found, loss(logits, torch.tensor([1, 0, 0.4], dtype=dtype)))
    rows = torch.tensor([[1 + 2e-7, -1e-7, 0], [0.2, 0.3, 0.5]], dtype=dtype)
    for name in ("msfe", "soft_f1"):
        loss, logits = losses.get(name, soft=True), torch.tensor([[0.5, -1.0, 2.0], [0, 1, 2]], dtype=dtype)
        assert torch.equal(loss(logits, rows), loss(logits, rows.clamp(0, 1)))


def test_a_refused_number_near_a_whole_one_is_written_with_its_digits():
    near = torch.tensor([0, 1 + 1e-7], dtype=torch.float64)
    assert "found 1.0000001 at index 1" in refusal(lambda: losses.get("msfe")(torch.zeros(2), near))
    near = torch.tensor([0, 1.00002], dtype=torch.float64)
    assert "found 1.00002 at index 1" in refusal(lambda: losses.get("msfe", soft=True)(torch.zeros(2), near))
    assert "found -2e-05 at" in refusal(lambda: losses.get("msfe", soft=True)(torch.zeros(2), 1 - near.flip(0)))


def test_hard_labels_apart_are_checked_as_labels():
    loss = losses.get("msfe", per_label=True)
    assert "found 0.3 at index (0, 1)" in refusal(lambda: loss(torch.zeros(1, 2), torch.tensor([[0, 0.3]])))
    assert "(B, labels, ...), found (2, 0)" in refusal(lambda: loss(torch.zeros(2, 0), torch.zeros(2, 0)))
    assert "with per_label=True logits" in refusal(lambda: loss(torch.zeros(2, 3), torch.tensor([0, 1])))


@pytest.mark.parametrize("name", sorted(WITHOUT_SOFT))
def test_a_loss_without_meaning_for_soft_labels_says_so(name):
    assert "soft labels" in refusal(lambda: losses.get(name, soft=True))
    if name != "msfe_unbiased":
        assert "call it once for each label" in refusal(lambda: losses.get(name, per_label=True))


def test_options_that_contradict_each_other_are_refused():
    message = refusal(lambda: losses.get("msfe", soft=True, ignore_index=255))
    assert message == (
        "ignore_index=255 is a label, which soft targets do not have: give the samples that are to be left out "
        "sample_weight 0"
    )
    assert refusal(lambda: losses.get("msfe", soft=0.3)) == "soft must be True or False, found 0.3"
    assert refusal(lambda: losses.get("msfe", per_label=3)) == "per_label must be True or False, found 3"
    assert "one entry a class, found 3 for 2" in refusal(
        lambda: losses.get("msfe", per_label=True, class_weights=(1, 2, 3))(torch.zeros(2, 3), torch.zeros(2, 3))
    )


@pytest.mark.parametrize("name", ["mfe", "wmse", "focal", "logit_adjusted"])
def test_counts_of_labels_apart_are_those_of_two_classes(name):
    assert refusal(lambda: losses.get(name, per_label=True, counts=(90, 10, 4, 5, 6))) == (
        "with per_label=True counts are (negatives, positives), the same for all labels or one such pair for each, "
        "found (90, 10, 4, 5, 6)"
    )
    assert losses.get(name, per_label=True, counts=(90, 10))(torch.zeros(2, 5), torch.ones(2, 5)).isfinite()


def test_a_loss_shows_the_form_of_its_targets():
    assert repr(losses.get("msfe", soft=True, per_label=True)) == (
        "Loss(squared, sum_of_squared_class_means, soft=True, per_label=True)"
    )
    assert losses.LossSpec.parse("msfe").build(soft=True).form.soft
    with pytest.raises(ValueError, match="msfe has no parameter 'soft'"):
        losses.LossSpec.parse("msfe:soft=1")
