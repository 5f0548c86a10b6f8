"""What holds for every loss, named or a pair, on every input."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from imbaloss import losses
from tests import laws
from tests.losses.batches import (
    COUNTS,
    NAMES,
    PAIRS,
    binary,
    every_loss,
    every_loss_and_pair,
    every_loss_and_part,
    every_multi_class_loss,
    many_classes,
    of_many_classes,
)

DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
EXTREMES = [0.0, 1e4, -1e4, 120.0, -120.0, 88.0, -1e-30]
BATCHES = [*itertools.product(EXTREMES, EXTREMES, [0, 1], [0, 1])]
EVERY_TWO, EVERY_TWO_LABELS = torch.tensor(BATCHES, dtype=torch.float64).split(2, dim=1)  # a stack of batches of two


def loss_of(name: str, **options: object) -> torch.nn.Module:
    return losses.get(name, counts=COUNTS, **options)


@every_loss
@settings(max_examples=60)
@given(
    logits=st.lists(st.one_of(st.floats(-1e4, 1e4), st.sampled_from(EXTREMES)), max_size=8),
    labels=st.integers(0, 255),
    dtype=st.sampled_from(DTYPES),
)
def test_is_finite_with_finite_gradient(name, logits, labels, dtype):
    targets = torch.tensor([labels >> place & 1 for place in range(len(logits))], dtype=torch.int64)
    laws.assert_finite(loss_of(name), torch.tensor(logits, dtype=dtype), targets)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        (name, dtype)
        for name in [*NAMES, *PAIRS]
        for dtype in DTYPES
        # the right gradient of this square is beyond float16
        if (name, dtype) != ("ldam/sum_of_squared_class_means", torch.float16)
    ],
)
def test_is_finite_on_every_two_extreme_logits_and_labels(name, dtype):
    laws.assert_finite(loss_of(name).stacked, EVERY_TWO.to(dtype), EVERY_TWO_LABELS.long())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "text",
    [
        "focal:gamma=0.1",
        "focal:gamma=0.5",
        "asymmetric:gamma_positive=0.3,gamma_negative=0.3",
        "asymmetric:gamma_positive=0.3,gamma_negative=0.3,margin=0",
        "focal_tversky:gamma=3",
        "squared/p_norm_of_class_means:p=1.1",
        "squared/p_norm_of_class_means:p=50",
        "cross_entropy/soft_worst_class:temperature=0.001",
        "smooth_ap:temperature=0.001",
    ],
)
def test_is_finite_where_a_naive_power_or_exponential_is_not(text, dtype):
    spec = losses.LossSpec.parse(text)
    loss = loss_of(spec.name, **dict(spec.parameters))
    laws.assert_finite(loss.stacked, EVERY_TWO.to(dtype), EVERY_TWO_LABELS.long())


@every_multi_class_loss
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_finite_on_extreme_logits_of_many_classes(name, dtype):
    loss, _ = of_many_classes(name, 3)
    logits = torch.tensor([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [120, -120, 1e4]], dtype=dtype)
    for targets in itertools.product(range(3), repeat=3):
        laws.assert_finite(loss, logits, torch.tensor(targets))


@every_loss_and_pair
@pytest.mark.parametrize("labels", [(0, 0, 1, 1, 0), (0, 0, 0, 0, 0), (1, 1, 1, 1, 1), (0, 1, 0, 0, 0)])
def test_the_gradient_is_that_of_finite_differences(name, labels):
    logits = torch.tensor([-1.3, 0.2, 2.4, 0.7, -0.4], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(loss_of(name), (logits, torch.tensor(labels)))


@every_multi_class_loss
def test_the_gradient_of_many_classes_is_that_of_finite_differences(name):
    logits, targets = many_classes(1, 3, 6)
    loss, _ = of_many_classes(name, 3)
    assert torch.autograd.gradcheck(loss, ((logits / 4).requires_grad_(), targets))


@every_loss_and_pair
@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("class_weights", [(1, 1), (0.4, 3.0)])
def test_an_absent_class_adds_nothing(name, label, class_weights):
    """Neither its weight nor samples of it that have no weight are of any account."""
    logits, _ = binary(3)
    targets = torch.full_like(logits, label, dtype=torch.int64)
    expected = laws.value_and_gradient(loss_of(name, class_weights=class_weights), logits, targets)
    other = [(weight, 1e6)[c != label] for c, weight in enumerate(class_weights)]
    laws.assert_same(laws.value_and_gradient(loss_of(name, class_weights=other), logits, targets), expected)
    more = (torch.cat([logits, logits]), torch.cat([targets, 1 - targets]), (torch.arange(74) < 37).double())
    value, gradient = laws.value_and_gradient(loss_of(name, class_weights=class_weights), *more)
    laws.assert_same((value, gradient[:37]), expected)
    assert not gradient[37:].any()


@every_loss_and_pair
def test_an_empty_batch_is_a_zero_with_a_graph(name):
    value, gradient = laws.value_and_gradient(loss_of(name), torch.empty(0), torch.empty(0, dtype=torch.int64))
    assert value == 0
    assert gradient.shape == (0,)


@every_multi_class_loss
def test_an_empty_batch_of_many_classes_is_a_zero_with_a_graph(name):
    loss, _ = of_many_classes(name, 3)
    value, gradient = laws.value_and_gradient(loss, torch.empty(0, 3), torch.empty(0, dtype=torch.int64))
    assert value == 0
    assert gradient.shape == (0, 3)


@every_loss_and_pair
def test_order_and_shape_do_not_matter(name):
    logits, targets = binary(5, 24)
    loss = loss_of(name)
    laws.assert_order_does_not_matter(loss, logits, targets)
    for shape in ((24, 1), (2, 3, 4)):
        torch.testing.assert_close(loss(logits.reshape(shape), targets.reshape(shape)), loss(logits, targets))


@every_multi_class_loss
def test_order_and_shape_do_not_matter_for_many_classes(name):
    logits, targets = many_classes(5, 3, 24)
    loss, _ = of_many_classes(name, 3)
    laws.assert_order_does_not_matter(loss, logits, targets)
    dense = logits.T.reshape(3, 2, 3, 4).movedim(0, 1)  # (2, 3 classes, 3, 4)
    torch.testing.assert_close(loss(dense, targets.reshape(2, 3, 4)), loss(logits, targets))


@every_loss_and_pair
def test_whole_sample_weights_are_repetitions(name):
    logits, targets = binary(6)
    laws.assert_weights_are_repetitions(loss_of(name), logits, targets, torch.arange(len(targets)) % 3)


@every_loss_and_pair
def test_members_of_a_stack_do_not_mix(name):
    batches = [binary(seed) for seed in range(4)]
    laws.assert_members_do_not_mix(loss_of(name), *map(torch.stack, zip(*batches, strict=True)))


@every_multi_class_loss
def test_members_of_a_stack_do_not_mix_with_many_classes(name):
    loss, _ = of_many_classes(name, 3)
    batches = [many_classes(seed, 3) for seed in range(4)]
    laws.assert_members_do_not_mix(loss, *map(torch.stack, zip(*batches, strict=True)))


@every_loss
def test_half_precision_is_computed_in_float32(name):
    logits, targets = binary(7)
    for dtype in (torch.float16, torch.bfloat16):
        found = loss_of(name)(logits.to(dtype), targets)
        torch.testing.assert_close(found, loss_of(name)(logits.to(dtype).float(), targets), rtol=0, atol=0)


@every_loss_and_pair
def test_autocast_changes_nothing(name):
    logits, targets = binary(7)
    expected = loss_of(name)(logits.float(), targets)
    with torch.autocast("cpu", torch.bfloat16):
        found = loss_of(name)(logits.float(), targets)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


@every_loss_and_pair
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_sample_without_weight_adds_nothing_whatever_its_logit(name, value):
    logits = torch.tensor([value, 1.0, -1.0, 0.5])
    targets = torch.tensor([0, 1, 0, 1])
    found, gradient = laws.value_and_gradient(loss_of(name), logits, targets, torch.tensor([0.0, 1, 1, 1]))
    expected, rest = laws.value_and_gradient(loss_of(name), logits[1:], targets[1:])
    laws.assert_same((found, gradient), (expected, torch.cat([torch.zeros(1), rest])))


@every_loss_and_pair
@pytest.mark.parametrize("options", [{}, {"ignore_index": -1}])
def test_a_sample_without_weight_adds_nothing_whatever_its_target(name, options):
    """The target is one that is refused with a weight; a label that is not known is often NaN."""
    unknown = torch.tensor([torch.nan, torch.inf, -100, 0.5])
    logits, weight = torch.tensor([2.0, -3, 0, 4, 1, -1, 0.5]), torch.tensor([0.0, 0, 0, 0, 1, 2, 1])
    targets = torch.cat([unknown, torch.tensor([1, 0, 1])])
    expected, rest = laws.value_and_gradient(loss_of(name), logits[4:], targets[4:], weight[4:])
    found = laws.value_and_gradient(loss_of(name, **options), logits, targets, weight)
    laws.assert_same(found, (expected, torch.cat([torch.zeros(4), rest])))


@every_multi_class_loss
def test_a_sample_of_several_classes_without_weight_may_have_any_target(name):
    logits, targets = many_classes(8, 3, 12)
    left_out = targets.double().index_fill(0, torch.arange(3), torch.nan)
    loss, weight = of_many_classes(name, 3)[0], (torch.arange(12) >= 3).double()
    expected, rest = laws.value_and_gradient(loss, logits[3:], targets[3:])
    found = laws.value_and_gradient(loss, logits, left_out, weight)
    laws.assert_same(found, (expected, torch.cat([torch.zeros(3, 3), rest])))


@every_loss_and_pair
@pytest.mark.parametrize("ignored", [-100, 255, 0])
def test_ignored_targets_add_nothing(name, ignored):
    """Also where the ignored index is a class of its own."""
    logits, targets = binary(8, 30)
    targets[:7] = ignored
    targets[7:] = 1 if ignored == 0 else targets[7:]
    loss = loss_of(name, ignore_index=ignored)
    value, gradient = laws.value_and_gradient(loss, logits, targets)
    expected, rest = laws.value_and_gradient(loss_of(name), logits[7:], targets[7:])
    laws.assert_same((value, gradient), (expected, torch.cat([torch.zeros(7, dtype=torch.float64), rest])))
    weight = torch.arange(30) % 3
    torch.testing.assert_close(loss(logits, targets, weight), loss_of(name)(logits[7:], targets[7:], weight[7:]))


@every_multi_class_loss
def test_ignored_pixels_add_nothing(name):
    logits, targets = many_classes(9, 3, 30)
    loss, parameters = of_many_classes(name, 3)
    ignoring = losses.get(name, ignore_index=255, **parameters)
    masked = targets.masked_fill(torch.arange(30) % 4 == 0, 255)
    dense = logits.T.reshape(3, 2, 3, 5).movedim(0, 1)
    expected = loss(logits[masked != 255], targets[masked != 255])
    torch.testing.assert_close(ignoring(dense, masked.reshape(2, 3, 5)), expected)


def test_another_target_than_the_ignored_is_refused():
    with pytest.raises(ValueError, match="targets must be 0 or 1, or 255, found 254 at index 1 of shape"):
        losses.get("mse", ignore_index=255)(torch.zeros(3), torch.tensor([255, 254, 0]))


@every_loss
def test_weights_survive_a_module_in_half_precision(name):
    loss = losses.get(name, counts=(10**6, 1))
    logits, targets = binary(8)
    expected = loss(logits, targets)
    torch.testing.assert_close(torch.nn.Sequential(loss).half().float()[0](logits, targets), expected, rtol=0, atol=0)


@pytest.mark.slow
@every_loss_and_part
def test_compiles_without_a_graph_break(name):
    """With weights of samples; test_compiled.py trains without them."""
    logits, targets = binary(8)
    batch = (logits, targets, torch.rand(len(targets)))
    loss = loss_of(name)
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    laws.assert_same(laws.value_and_gradient(compiled, *batch), laws.value_and_gradient(loss, *batch))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")  # torch's compiler
@pytest.mark.parametrize(
    "name",
    ["msfe", "focal", "asymmetric", "vs", "soft_mcc", "auc_margin", "auc_squared_hinge", "smooth_ap",
     "focal/soft_worst_class", "squared/p_norm_of_class_means"],
)  # fmt: skip
def test_compiles_with_the_default_backend(name):
    logits, targets = binary(8, 300)
    loss = loss_of(name)
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True)
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        found, expected = (laws.value_and_gradient(one, logits.to(dtype), targets) for one in (compiled, loss))
        laws.assert_same(found, expected, **({} if dtype == torch.float64 else {"rtol": 1e-2, "atol": 1e-5}))


@every_loss_and_pair
def test_vmap_and_grad_of_torch_func(name):
    batches = [binary(seed, 12) for seed in range(3)]
    logits, targets = map(torch.stack, zip(*batches, strict=True))
    loss = loss_of(name)
    values = torch.func.vmap(loss)(logits, targets)
    gradients = torch.func.vmap(torch.func.grad(loss))(logits, targets)
    alone = [laws.value_and_gradient(loss, *batch) for batch in batches]
    laws.assert_same((values, gradients), tuple(map(torch.stack, zip(*alone, strict=True))))


@every_loss
def test_survives_pickling_copying_and_a_state_dict(name):
    laws.assert_survives_copies(loss_of(name), *binary(8))


@every_loss
def test_labels_may_be_bool_integer_or_float(name):
    logits, targets = binary(9)
    for dtype in (torch.bool, torch.uint8, torch.int32, torch.float32, torch.bfloat16):
        laws.assert_same((loss_of(name)(logits, targets.to(dtype)),), (loss_of(name)(logits, targets),), rtol=0, atol=0)


@every_loss_and_pair
def test_two_gradients_can_be_taken(name):
    """A gradient of the gradient, as penalties and second-order optimizers take it."""
    logits, targets = binary(10, 6)
    logits.requires_grad_()
    (gradient,) = torch.autograd.grad(loss_of(name)(logits, targets), logits, create_graph=True)
    (second,) = torch.autograd.grad(gradient.square().sum(), logits, allow_unused=True, materialize_grads=True)
    assert second.isfinite().all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_is_the_same_on_a_gpu():
    logits, targets = binary(11)
    for name in [*NAMES, *PAIRS]:
        found = laws.value_and_gradient(loss_of(name), logits.cuda(), targets.cuda())
        laws.assert_same(tuple(part.cpu() for part in found), laws.value_and_gradient(loss_of(name), logits, targets))
