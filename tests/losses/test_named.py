"""Every named loss: equal to its formula, finite everywhere, silent about absent classes."""

import itertools
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from imbaloss import losses
from tests import oracle

COUNTS = (90, 10)
every_loss = pytest.mark.parametrize("name", losses.names())


def binary(seed: int, samples: int = 37, positives: float = 0.3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = np.random.default_rng(seed)
    logits = torch.from_numpy(generator.normal(0, 4, samples))
    return logits, torch.from_numpy((generator.random(samples) < positives).astype(np.int64))


def many_classes(seed: int, classes: int, samples: int = 37) -> tuple[torch.Tensor, torch.Tensor]:
    generator = np.random.default_rng(seed)
    return torch.from_numpy(generator.normal(0, 4, (samples, classes))), torch.from_numpy(
        generator.integers(classes, size=samples)
    )


@every_loss
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("class_weights", [None, (0.3, 2.5)])
@pytest.mark.parametrize("weighted", [False, True])
def test_agrees_with_the_formula(name, seed, class_weights, weighted):
    logits, targets = binary(seed)
    weight = torch.from_numpy(np.random.default_rng(seed).random(len(targets))) if weighted else None
    loss = losses.get(name, counts=COUNTS, class_weights=class_weights)
    expected = oracle.loss(
        name,
        logits.numpy(),
        targets.numpy(),
        counts=COUNTS,
        class_weights=class_weights,
        sample_weight=None if weight is None else weight.numpy(),
    )
    assert loss(logits, targets, weight).item() == pytest.approx(expected, rel=1e-12, abs=1e-300)


@every_loss
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_agrees_with_the_formula_on_many_classes(name, classes):
    logits, targets = many_classes(classes, classes)
    counts = list(range(5, 5 + classes))
    weights = tuple(np.linspace(0.5, 2, classes)) if name == "focal" else None  # alpha is for two classes
    loss = losses.get(name, counts=counts, class_weights=weights)
    expected = oracle.loss(name, logits.numpy(), targets.numpy(), counts=counts, class_weights=weights)
    assert loss(logits, targets).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_focal_agrees_for_every_gamma_and_alpha(gamma, alpha):
    logits, targets = binary(1)
    expected = oracle.loss("focal", logits.numpy(), targets.numpy(), gamma=gamma, alpha=alpha)
    assert losses.get("focal", gamma=gamma, alpha=alpha)(logits, targets).item() == pytest.approx(expected, rel=1e-12)


def test_agrees_with_torch_where_torch_has_it():
    logits, targets = binary(2)
    d = targets.double()
    plain = losses.get("wce", class_weights=(1, 1))
    torch.testing.assert_close(plain(logits, targets), F.binary_cross_entropy_with_logits(logits, d))
    weighted = losses.get("wce", class_weights=(1, 7))
    expected = F.binary_cross_entropy_with_logits(logits, d, pos_weight=torch.tensor(7.0, dtype=torch.float64))
    torch.testing.assert_close(weighted(logits, targets), expected)
    torch.testing.assert_close(losses.get("mse")(logits, targets), F.mse_loss(logits.sigmoid(), d) / 2)
    logits, targets = many_classes(2, 5)
    weights = torch.tensor([1.0, 2.0, 0.5, 3.0, 1.5], dtype=torch.float64)
    expected = F.cross_entropy(logits, targets, weight=weights, reduction="sum") / len(targets)
    torch.testing.assert_close(losses.get("wce", class_weights=weights.tolist())(logits, targets), expected)


def test_the_worked_example():
    """90 negatives of which 4 are wrong, 10 positives of which 5 are wrong; error 1 for wrong, 0 for right."""
    wrong = torch.cat([torch.arange(90) < 4, torch.arange(10) < 5]).double()
    targets = torch.tensor([0] * 90 + [1] * 10)
    totals = losses.class_totals(wrong, targets, 2)
    assert losses.reductions.mean(totals).item() == pytest.approx(0.09)
    assert losses.reductions.sum_of_class_means(totals).item() == pytest.approx(0.5444, abs=5e-5)
    assert losses.reductions.sum_of_squared_class_means(totals).item() == pytest.approx(0.2520, abs=5e-5)


@given(st.integers(0, 2**32 - 1))
def test_msfe_is_half_the_squares_of_sum_and_difference(seed):
    logits, targets = binary(seed)
    fpe, fne = losses.class_means(losses.class_totals(losses.errors.squared(logits, targets), targets, 2))
    expected = ((fpe + fne) ** 2 + (fpe - fne) ** 2) / 2
    torch.testing.assert_close(losses.get("msfe")(logits, targets), expected, rtol=1e-12, atol=0)


@given(st.integers(0, 2**32 - 1))
def test_mfe_on_the_full_set_is_wmse(seed):
    logits, targets = binary(seed)
    positives = int(targets.sum())
    wmse = losses.get("wmse", counts=(len(targets) - positives, positives))
    torch.testing.assert_close(losses.get("mfe")(logits, targets), wmse(logits, targets), rtol=1e-12, atol=0)


@every_loss
@settings(max_examples=60)
@given(
    logits=st.lists(st.one_of(st.floats(-1e4, 1e4), st.sampled_from([0.0, 1e4, -1e4, 120.0, -120.0])), max_size=8),
    labels=st.integers(0, 255),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.bfloat16, torch.float16]),
)
def test_is_finite_with_finite_gradient(name, logits, labels, dtype):
    z = torch.tensor(logits, dtype=dtype, requires_grad=True)
    targets = torch.tensor([labels >> place & 1 for place in range(len(logits))], dtype=torch.int64)
    value = losses.get(name, counts=COUNTS)(z, targets)
    value.backward()
    assert value.isfinite()
    assert z.grad is not None
    assert z.grad.isfinite().all()


@pytest.mark.parametrize("gamma", [0.1, 0.5])
@pytest.mark.parametrize("extreme", [1e4, -1e4, 120.0, -120.0, 0.0])
def test_focal_has_a_finite_gradient_for_gamma_below_1(gamma, extreme):
    z = torch.tensor([extreme, -extreme], requires_grad=True)
    losses.get("focal", gamma=gamma)(z, torch.tensor([1, 1])).backward()
    assert z.grad.isfinite().all()


@every_loss
@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("class_weights", [None, (0.4, 3.0)])
def test_an_absent_class_adds_nothing(name, label, class_weights):
    """The loss is what the formula gives for the class that is there; the weight of the other is of no account."""
    z, _ = binary(3)
    targets = torch.full_like(z, label, dtype=torch.int64)
    first, second = z.clone().requires_grad_(), z.clone().requires_grad_()
    weights = list(class_weights or (1.0, 1.0))
    loss = losses.get(name, class_weights=weights)(first, targets)
    weights[1 - label] = 1e6
    other = losses.get(name, class_weights=weights)(second, targets)
    loss.backward()
    other.backward()
    assert loss.item() == pytest.approx(
        oracle.loss(name, z.numpy(), targets.numpy(), class_weights=class_weights or (1.0, 1.0)), rel=1e-12
    )
    torch.testing.assert_close(loss, other, rtol=0, atol=0)
    torch.testing.assert_close(first.grad, second.grad, rtol=0, atol=0)


@every_loss
def test_an_empty_batch_is_a_zero_with_a_graph(name):
    z = torch.empty(0, requires_grad=True)
    value = losses.get(name, counts=COUNTS)(z, torch.empty(0, dtype=torch.int64))
    value.backward()
    assert value.item() == 0
    assert z.grad.shape == (0,)


@every_loss
@pytest.mark.parametrize("labels", list(itertools.product([0, 1], repeat=3)))
def test_the_gradient_is_that_of_finite_differences(name, labels):
    z = torch.tensor([-1.3, 0.2, 2.4], dtype=torch.float64, requires_grad=True)
    loss = losses.get(name, counts=COUNTS)
    assert torch.autograd.gradcheck(loss, (z, torch.tensor(labels)))


@every_loss
def test_two_logits_agree_with_one(name):
    """Up to the factor 2 that the squared error has on two outputs, hence 4 in MSFE."""
    factor = {"mse": 2, "wmse": 2, "mfe": 2, "msfe": 4}.get(name, 1)
    logits, targets = binary(4)
    loss = losses.get(name, counts=COUNTS)
    pair = torch.stack([torch.zeros_like(logits), logits], dim=1)
    torch.testing.assert_close(loss(pair, targets), factor * loss(logits, targets), rtol=1e-12, atol=0)


@every_loss
def test_shape_and_order_do_not_matter(name):
    logits, targets = binary(5, 24)
    loss = losses.get(name, counts=COUNTS)
    expected = loss(logits, targets)
    shuffled = torch.randperm(24, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(loss(logits[shuffled], targets[shuffled]), expected)
    for shape in ((24, 1), (2, 3, 4)):
        torch.testing.assert_close(loss(logits.reshape(shape), targets.reshape(shape)), expected)
    logits, targets = many_classes(5, 3, 24)
    loss = losses.get(name, class_weights=(1, 2, 3))
    dense = logits.T.reshape(3, 2, 3, 4).movedim(0, 1)  # (2, 3 classes, 3, 4)
    torch.testing.assert_close(loss(dense, targets.reshape(2, 3, 4)), loss(logits, targets))


@every_loss
def test_whole_sample_weights_are_repetitions(name):
    logits, targets = binary(6)
    weight = torch.arange(len(targets)) % 3
    loss = losses.get(name, counts=COUNTS)
    repeated = loss(logits.repeat_interleave(weight), targets.repeat_interleave(weight))
    torch.testing.assert_close(loss(logits, targets, weight), repeated, rtol=1e-12, atol=0)


@every_loss
def test_members_of_a_stack_do_not_mix(name):
    batches = [binary(seed) for seed in range(4)]
    logits = torch.stack([logits for logits, _ in batches]).requires_grad_()
    targets = torch.stack([targets for _, targets in batches])
    loss = losses.get(name, counts=COUNTS)
    values = loss.stacked(logits, targets)
    torch.testing.assert_close(values, torch.stack([loss(*batch) for batch in batches]), rtol=1e-12, atol=0)
    values[2].backward()
    assert not logits.grad[[0, 1, 3]].any()


@every_loss
def test_half_precision_is_computed_in_float32(name):
    logits, targets = binary(7)
    loss = losses.get(name, counts=COUNTS)
    for dtype in (torch.float16, torch.bfloat16):
        value = loss(logits.to(dtype), targets)
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, loss(logits.to(dtype).float(), targets), rtol=0, atol=0)


@every_loss
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_sample_without_weight_adds_nothing_whatever_its_logit(name, value):
    z = torch.tensor([value, 1.0, -1.0, 0.5], requires_grad=True)
    loss = losses.get(name, counts=COUNTS)
    found = loss(z, torch.tensor([0, 1, 0, 1]), torch.tensor([0.0, 1, 1, 1]))
    found.backward()
    torch.testing.assert_close(found, loss(z[1:], torch.tensor([1, 0, 1])))
    assert z.grad.isfinite().all()
    assert z.grad[0] == 0


@every_loss
def test_weights_survive_a_module_in_half_precision(name):
    loss = losses.get(name, counts=(10**6, 1))
    logits, targets = binary(8)
    expected = loss(logits, targets)
    torch.testing.assert_close(torch.nn.Sequential(loss).half().float()[0](logits, targets), expected, rtol=0, atol=0)


@every_loss
def test_compiles_without_a_graph_break(name):
    logits, targets = binary(8)
    loss = losses.get(name, counts=COUNTS)
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    for weight in (None, torch.rand(len(targets))):
        torch.testing.assert_close(compiled(logits, targets, weight), loss(logits, targets, weight))


@every_loss
def test_extreme_logits_of_many_classes_are_finite_with_finite_gradient(name):
    z = torch.tensor([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [120, -120, 1e4]], requires_grad=True)
    for targets in itertools.product(range(3), repeat=3):
        value = losses.get(name, class_weights=(1, 2, 3))(z, torch.tensor(targets))
        (gradient,) = torch.autograd.grad(value, z)
        assert value.isfinite()
        assert gradient.isfinite().all()


@every_loss
def test_survives_pickling_and_deepcopy(name):
    logits, targets = binary(8)
    loss = losses.get(name, counts=COUNTS)
    torch.testing.assert_close(pickle.loads(pickle.dumps(loss))(logits, targets), loss(logits, targets))


@every_loss
def test_labels_may_be_bool_integer_or_float(name):
    logits, targets = binary(9)
    loss = losses.get(name, counts=COUNTS)
    for dtype in (torch.bool, torch.uint8, torch.int32, torch.float32):
        torch.testing.assert_close(loss(logits, targets.to(dtype)), loss(logits, targets), rtol=0, atol=0)
