"""Labels with class totals of their own have counts, priors and weights of their own, or one pair for all."""

import re
from functools import partial

import numpy as np
import pytest
import torch

from imbaloss import losses
from tests import laws
from tests.losses.batches import COUNTS, PARTS, WITHOUT_TOTALS, binary, soft_binary

PAIRS = ((90, 10), (40, 60), (500, 0))
WEIGHTS = ((1, 2), (3, 0.5), (0, 4))
EXACT = {"rtol": 1e-12, "atol": 1e-14}
OF_COUNTS = ["wmse", "wce", "class_balanced", "logit_adjusted", "balanced_softmax", "ldam", "ldam_drw", "vs"]
OF_TOTALS = [name for name in losses.names() if name not in WITHOUT_TOTALS]
NONE = ["logit_adjusted/none", "ldam/none", "vector_scaling/none"]


def batch(*, soft: bool = False) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, targets and weights of 12 samples with three labels."""
    parts = [soft_binary(seed, 12) if soft else binary(seed, 12) for seed in range(3)]
    weight = torch.rand(12, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    logits, targets = (torch.stack(columns, 1) for columns in zip(*parts, strict=True))
    return logits, targets, weight


def assert_is_the_mean_of_labels(loss, alone, soft):
    """Alone is a loss for each label; value and gradient are those of the mean of the three."""
    data = batch(soft=soft)
    found = laws.value_and_gradient(loss, *data)
    each = [
        laws.value_and_gradient(of_label, *(part[:, label] for part in data)) for label, of_label in enumerate(alone)
    ]
    values, gradients = (torch.stack(parts, -1) for parts in zip(*each, strict=True))
    laws.assert_same(found, (values.mean(), gradients / 3), **EXACT)


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("name", [name for name in [*OF_TOTALS, *PARTS] if name != "msfe_unbiased"])
def test_each_label_has_its_own_counts(name, soft):
    loss = losses.get(name, counts=PAIRS, soft=soft, per_label=True)
    assert_is_the_mean_of_labels(loss, [losses.get(name, counts=pair, soft=soft) for pair in PAIRS], soft)


@pytest.mark.parametrize("name", OF_COUNTS)
def test_counts_of_labels_matter(name):
    """So that the law above cannot hold for a loss that drops them; ldam_drw weighs from its second epoch on."""
    logits, targets, _ = batch()
    both = [losses.get(name, counts=counts, per_label=True) for counts in (PAIRS, (90, 10))]
    for loss in both:
        loss.set_epoch(200)
    assert not both[0](logits, targets).isclose(both[1](logits, targets), rtol=1e-3)


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("name", [name for name in [*OF_TOTALS, *PARTS] if name != "msfe_unbiased"])
def test_each_label_has_its_own_class_weights(name, soft):
    given = {"counts": COUNTS, "soft": soft}
    loss = losses.get(name, class_weights=WEIGHTS, per_label=True, **given)
    assert_is_the_mean_of_labels(loss, [losses.get(name, class_weights=pair, **given) for pair in WEIGHTS], soft)


def test_each_label_has_its_own_prior():
    priors = ((0.9, 0.1), (1, 1), (3, 2))
    loss = losses.get("logit_adjusted", prior=priors, per_label=True)
    assert_is_the_mean_of_labels(loss, [losses.get("logit_adjusted", prior=prior) for prior in priors], soft=False)


@pytest.mark.parametrize("name", OF_COUNTS)
def test_equal_counts_of_all_labels_are_one_pair(name):
    logits, targets, weight = batch()
    one, each = (losses.get(name, counts=counts, per_label=True) for counts in ((90, 10), [(90, 10)] * 3))
    for loss in (one, each):
        loss.set_epoch(200)
    laws.assert_same(*(laws.value_and_gradient(loss, logits, targets, weight) for loss in (each, one)), **EXACT)


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("name", NONE)
def test_without_reduction_each_error_has_the_numbers_of_its_label(name, soft):
    logits, targets, weight = batch(soft=soft)
    loss = losses.get(name, counts=PAIRS, class_weights=WEIGHTS, per_label=True, soft=soft)
    found = loss(logits.reshape(4, 3, 3).movedim(1, 2), *(p.reshape(4, 3, 3).movedim(1, 2) for p in (targets, weight)))
    for label, (pair, of_label) in enumerate(zip(PAIRS, WEIGHTS, strict=True)):
        alone = losses.get(name, counts=pair, class_weights=of_label, soft=soft)
        expected = alone(*(part[:, label] for part in (logits, targets, weight)))
        torch.testing.assert_close(found[:, label].flatten(), expected, **EXACT)


@pytest.mark.parametrize("make", [list, tuple, np.array, torch.tensor])
def test_counts_of_labels_may_be_any_table(make):
    logits, targets, _ = batch()
    expected = losses.get("wce", counts=PAIRS, per_label=True)(logits, targets)
    assert losses.get("wce", counts=make(PAIRS), per_label=True)(logits, targets).equal(expected)


@pytest.mark.parametrize("name", ["class_balanced", "logit_adjusted", "vs"])
def test_compiles_without_a_graph_break(name):
    logits, targets, _ = batch()
    loss = losses.get(name, counts=PAIRS, class_weights=WEIGHTS, per_label=True)
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    expected = laws.value_and_gradient(loss, logits, targets)
    laws.assert_same(laws.value_and_gradient(compiled, logits, targets), expected)


@pytest.mark.parametrize("name", OF_COUNTS)
def test_vmap_and_grad_of_torch_func(name):
    logits, targets, _ = batch()
    loss = losses.get(name, counts=PAIRS, class_weights=WEIGHTS, per_label=True)
    found = torch.func.vmap(torch.func.grad(loss))(logits.reshape(2, 6, 3), targets.reshape(2, 6, 3))
    for half, gradient in enumerate(found):
        part = slice(6 * half, 6 * half + 6)
        torch.testing.assert_close(gradient, laws.value_and_gradient(loss, logits[part], targets[part])[1], **EXACT)


def test_accumulation_running_totals_and_copies_know_the_counts_of_labels():
    logits, targets, weight = batch()
    for name in ("wce", "class_balanced", "ldam", "logit_adjusted/p_norm_of_class_means"):
        loss = losses.get(name, counts=PAIRS, per_label=True)
        value, gradient = laws.value_and_gradient(loss, logits, targets, weight)
        leaf = logits.clone().requires_grad_()
        parts = list(zip(*(part.split([5, 7]) for part in (leaf, targets, weight)), strict=True))
        with torch.no_grad():
            whole = losses.join_totals([loss.totals(*part) for part in parts])
        for part in parts:
            torch.testing.assert_close(loss(*part, whole=whole), value, **EXACT)
            loss(*part, whole=whole).backward()
        torch.testing.assert_close(leaf.grad, gradient, **EXACT)
        running = losses.get(name, counts=PAIRS, per_label=True, running=0.3)
        for _ in range(2):
            torch.testing.assert_close(running(logits, targets, weight), value)
        laws.assert_survives_copies(loss, logits, targets)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_other_precisions_are_computed_in_float32(dtype):
    logits, targets, _ = batch()
    for name in OF_COUNTS:
        loss = losses.get(name, counts=PAIRS, per_label=True)
        found = loss(logits.to(dtype), targets)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, loss(logits.to(dtype).double(), targets).float(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"counts": PAIRS},
            "counts must be whole numbers >= 0, one for each class, not all 0; a pair for each label needs "
            "per_label=True",
        ),
        (
            {"counts": ((9, 1), (0, 0)), "per_label": True},
            "counts must be whole numbers >= 0, one for each class, not all 0, also for label 1, found (0, 0)",
        ),
        (
            {"counts": ((9, 1), (0.5, 0.5)), "per_label": True},
            "counts must be whole numbers >= 0, one for each class, not all 0, also for label 1, found (0.5, 0.5)",
        ),
        (
            {"counts": (90, 10, 4), "per_label": True},
            "with per_label=True counts are (negatives, positives), the same for all labels or one such pair for each, "
            "found (90, 10, 4)",
        ),
        (
            {"counts": ((9, 1, 4), (9, 1, 4)), "per_label": True},
            "counts must be whole numbers >= 0, one for each class, not all 0, found ((9, 1, 4), (9, 1, 4))",
        ),
        (
            {"counts": PAIRS, "class_weights": ((1, 2), (3, 4)), "per_label": True},
            "class_weights must have one pair for each of 3 labels, found 2",
        ),
        (
            {"class_weights": ((1, 2), (3, 4))},
            "class_weights must hold one number for each of two or more classes, found ((1, 2), (3, 4))",
        ),
        (
            {"class_weights": ((1, 2, 3), (3, 4, 5)), "per_label": True},
            "class_weights must hold one number for each of two or more classes, or one pair for each label, found "
            "((1, 2, 3), (3, 4, 5))",
        ),
        (
            {"class_weights": ((1, 2), (3, -4)), "per_label": True},
            "class_weights must be finite and >= 0, found -4 at index (1, 1) of shape (2, 2)",
        ),
    ],
)
def test_refuses_pairs_of_labels_in_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        losses.get("wce", **arguments)


@pytest.mark.parametrize("name", OF_COUNTS)
@pytest.mark.parametrize("pairs", [PAIRS, PAIRS[:1]])
def test_refuses_batches_with_other_labels_than_the_counts(name, pairs):
    """One label too, which would otherwise be that of all."""
    loss = losses.get(name, counts=pairs, per_label=True)
    loss.set_epoch(200)
    with pytest.raises(ValueError, match=rf"must have one pair for each of 2 labels, found {len(pairs)}$"):
        loss(torch.zeros(4, 2), torch.zeros(4, 2))


def test_refuses_pairs_of_labels_for_several_classes():
    with pytest.raises(ValueError, match=r"a pair for each label needs one logit a target, found 2 logits a target$"):
        losses.adjusted.ldam(torch.zeros(3, 4, 2), torch.zeros(3, 4), counts=PAIRS)
    with pytest.raises(ValueError, match="must hold one number for each of two or more classes, found"):
        losses.Loss(losses.errors.squared, losses.reductions.mean, class_weights=((1, 2), (3, 4)))


def test_losses_of_pairs_take_no_pairs_of_labels():
    with pytest.raises(ValueError, match="call it once for each label, without per_label"):
        losses.get("auc_logistic", counts=PAIRS, per_label=True)


@pytest.mark.parametrize("make", [np.array, torch.tensor, list], ids=["array", "tensor", "list of arrays"])
def test_rows_of_an_array_or_a_tensor_are_those_of_a_tuple(make):
    def build(counts):
        return losses.Loss(partial(losses.adjusted.ldam, counts=counts), losses.reductions.mean, per_label=True)

    rows = make([np.array(pair) for pair in PAIRS] if make is list else PAIRS)
    assert build(rows)(*batch()) == build(PAIRS)(*batch())
