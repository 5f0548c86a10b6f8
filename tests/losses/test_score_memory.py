"""A memory of earlier scores: what a loss of pairs and ranks gives with it, and what it keeps."""

import copy

import pytest
import torch

from imbaloss import losses
from tests import laws
from tests.losses.batches import WITHOUT_TOTALS, binary, many_classes

EXACT = {"rtol": 1e-12, "atol": 1e-14}
every_ranking_loss = pytest.mark.parametrize("name", sorted(WITHOUT_TOTALS))


def few_positives(seed: int, samples: int = 16) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, targets and weights; some of these batches have no positives."""
    logits, targets = binary(seed, samples, positives=0.1)
    return logits, targets, torch.rand(samples, generator=torch.Generator().manual_seed(seed)).double() + 0.1


def few_of_one_class(seed: int, samples: int = 16) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    logits, targets = many_classes(seed, 3, samples)
    return logits, targets.where(torch.arange(samples) < 5, 0), few_positives(seed, samples)[2]


@every_ranking_loss
def test_the_first_batch_has_the_loss_without_memory(name):
    for batch in (few_positives(0, 40), few_of_one_class(0)):
        found = laws.value_and_gradient(losses.get(name, memory=100), *batch)
        laws.assert_same(found, laws.value_and_gradient(losses.get(name), *batch), **EXACT)


class MemoryByHand:
    """The memory as a list of samples (age, target, logit, weight), one by one."""

    def __init__(self, name: str, size: int, classes: int) -> None:
        self.loss, self.size, self.seen = losses.get(name), size, torch.zeros(classes, dtype=torch.float64)
        self.samples: list[tuple[int, int, torch.Tensor, float]] = []

    def value_and_gradient(self, logits, targets, weight):
        stored = [list(part) for part in zip(*self.samples, strict=True)] or [[], [], [], []]
        labels = torch.cat([targets, torch.tensor(stored[1], dtype=torch.int64)])
        weights = torch.cat([weight, torch.tensor(stored[3], dtype=torch.float64)])
        self.seen += torch.zeros_like(self.seen).index_add(0, targets, weight)
        shares = self.seen / self.seen.sum()
        of_class = torch.zeros_like(shares).index_add(0, labels, weights)
        joined = torch.cat([logits, *(logit.unsqueeze(0) for logit in stored[2])])
        factor = (shares * weights.sum() / of_class.clamp(min=1e-300))[labels]
        value, gradient = laws.value_and_gradient(self.loss, joined, labels, weights * factor)
        new = [(0, *sample) for sample in zip(targets.tolist(), logits, weight.tolist(), strict=True)]
        older = [(age + 1, *rest) for age, *rest in self.samples]
        measured = sorted([*new, *older], key=lambda sample: (sample[0] + 1) * float(shares[sample[1]]) ** (1 / 3))
        self.samples = measured[: self.size]
        scale = (of_class / (shares * weight.sum()))[targets]
        if logits.ndim > 1:
            return value, gradient[: len(logits)] * scale.unsqueeze(-1)
        gradient = gradient[: len(logits)] * scale
        return value, gradient - gradient.sum() * weight / weight.sum()


@every_ranking_loss
@pytest.mark.parametrize(("batch", "classes"), [(few_positives, 2), (few_of_one_class, 3)])
@pytest.mark.parametrize("size", [6, 40])
def test_a_batch_joins_the_remembered_samples(name, batch, classes, size):
    """Also where the memory is smaller than a batch."""
    loss, by_hand = losses.get(name, memory=size), MemoryByHand(name, size, classes)
    for seed in range(6):
        found = laws.value_and_gradient(loss, *batch(seed))
        laws.assert_same(found, by_hand.value_and_gradient(*batch(seed)), rtol=1e-9, atol=1e-12)
    assert len(by_hand.samples) == size


def test_positives_are_kept_longer():
    """One in a thousand has ten times as long; 999 negatives leave room for those of the last batch alone."""
    loss = losses.get("auc_logistic", memory=1020)
    for step in range(20):
        loss(torch.full((1000,), float(step)), torch.arange(1000) == 999)
    positives = loss.memory.targets.squeeze() == 1
    assert loss.memory.logits.squeeze()[positives].tolist() == [*range(19, 0, -1)]
    assert loss.memory.ages.squeeze()[~positives].max() == 1
    assert loss.memory.seen.tolist() == [[19980, 20]]


def draw_batches(loss, logits, targets, *, steps, after):
    """The mean gradient of each sample of a set over many batches of 8, of many networks at once."""
    generator, networks = torch.Generator().manual_seed(0), 200
    total = torch.zeros_like(logits)
    for step in range(steps):
        rows = torch.randint(len(logits), (networks, 8), generator=generator)
        batch = logits[rows].requires_grad_()
        (gradient,) = torch.autograd.grad(loss.stacked(batch, targets[rows]).sum(), batch)
        if step >= after:
            total.index_add_(0, rows.flatten(), gradient.flatten())
    return total / (steps - after) / networks


def test_with_memory_the_mean_gradient_of_small_batches_is_that_of_the_set():
    """With logits that stay, but for 1 - 1/B. Without memory, two in five batches have no positives and no gradient."""
    logits, targets = binary(3, 100, positives=0.1)
    _, expected = laws.value_and_gradient(losses.get("auc_logistic"), logits, targets)
    with_both = 1 - (1 - targets.double().mean()) ** 8
    for memory, factor in ((None, with_both), (60, 1 - 1 / 8)):
        found = draw_batches(losses.get("auc_logistic", memory=memory), logits, targets, steps=100, after=50)
        assert (found - factor * expected).norm() < 0.05 * expected.norm()


def test_a_batch_without_positives_learns_by_those_of_earlier_batches():
    loss = losses.get("auc_logistic", memory=8)
    loss(torch.zeros(4), torch.tensor([0, 0, 0, 1]))
    value, gradient = laws.value_and_gradient(loss, torch.tensor([1.0, -1.0]), torch.tensor([0, 0]))
    assert value > 0
    assert gradient[0] > 0  # the higher negative is lowered
    assert gradient.sum().item() == pytest.approx(0, abs=1e-6)  # and the level stays


def state(loss: torch.nn.Module) -> dict[str, torch.Tensor]:
    return copy.deepcopy(loss.state_dict())


def test_memory_rests_in_eval_mode_and_not_without_gradient():
    loss, batch = losses.get("smooth_ap", memory=20), few_positives(0)
    loss(*few_positives(1))
    before = state(loss)
    torch.testing.assert_close(loss.eval()(*batch), losses.get("smooth_ap")(*batch), rtol=0, atol=0)
    assert all(torch.equal(before[key], value) for key, value in loss.state_dict().items())
    with torch.no_grad():
        loss.train()(*batch)
    assert not torch.equal(before["memory.seen"], loss.memory.seen)


@every_ranking_loss
def test_a_loss_that_was_saved_and_loaded_goes_on_identically(name):
    loss, fresh = losses.get(name, memory=20), losses.get(name, memory=20)
    for seed in range(3):
        loss(*few_positives(seed))
    fresh.load_state_dict(state(loss))
    twin = copy.deepcopy(loss)
    for seed in range(3, 6):
        expected = laws.value_and_gradient(loss, *few_positives(seed))
        for one in (fresh, twin):
            laws.assert_same(laws.value_and_gradient(one, *few_positives(seed)), expected, rtol=0, atol=0)


def test_a_loss_without_batches_is_saved_and_loaded_too():
    loss = losses.get("smooth_ap", memory=20)
    loss(*few_positives(0))
    loss.load_state_dict(losses.get("smooth_ap", memory=20).state_dict())
    torch.testing.assert_close(loss(*few_positives(1)), losses.get("smooth_ap")(*few_positives(1)))


def test_the_memories_of_a_stack_are_kept_with_it_and_do_not_mix():
    loss, alone = losses.get("smooth_ap", memory=10), losses.get("smooth_ap", memory=10)
    stacks = [tuple(map(torch.stack, zip(*map(few_positives, seeds), strict=True))) for seeds in ((0, 1, 2), (3, 4, 5))]
    loss.keep(torch.tensor([True]))  # nothing yet
    loss.stacked(*stacks[0])
    loss.keep(torch.tensor([True, False, True]))
    second = [part[[0, 2]] for part in stacks[1]]
    found = loss.stacked(*second)
    for place, seed in enumerate((0, 2)):
        alone = losses.get("smooth_ap", memory=10)
        alone(*few_positives(seed))
        torch.testing.assert_close(found[place], alone(*few_positives(seed + 3)))


def test_samples_without_weight_and_logits_that_are_not_finite_are_not_kept():
    loss = losses.get("auc_logistic", memory=8, ignore_index=255)
    logits = torch.tensor([1.0, torch.nan, 2.0, torch.inf, 3.0, 4.0])
    loss(logits, torch.tensor([0, 0, 255, 1, 1, 0]), torch.tensor([1.0, 1, 1, 1, 2, 0]))
    assert sorted(loss.memory.logits[loss.memory.weights > 0].flatten().tolist()) == [1, 3]
    assert loss.memory.logits.isfinite().all()
    assert loss(torch.zeros(2), torch.tensor([0, 1])).isfinite()


def test_a_loss_with_memory_compiles_without_a_graph_break():
    loss, plain = losses.get("smooth_ap", memory=20), losses.get("smooth_ap", memory=20)
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    for seed in range(3):
        batch = few_positives(seed)
        laws.assert_same(laws.value_and_gradient(compiled, *batch), laws.value_and_gradient(plain, *batch))


def test_memory_is_refused_where_it_cannot_be_kept():
    with pytest.raises(
        ValueError, match=r"keeps state, which .* torch\.func cannot: take a loss without memory inside"
    ):
        torch.func.grad(losses.get("smooth_ap", memory=10))(*binary(1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_memory_keeps_extreme_logits_finite(dtype):
    for name in sorted(WITHOUT_TOTALS):
        loss = losses.get(name, memory=6)
        for logits in ([1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [0.0, 0.0, 0.0]):
            laws.assert_finite(loss, torch.tensor(logits, dtype=dtype), torch.tensor([0, 1, 1]))


def test_the_text_of_a_loss_has_its_memory():
    spec = losses.LossSpec.parse("smooth_ap:memory=4096")
    assert str(spec) == "smooth_ap:memory=4096"
    assert spec.build().memory.size == 4096
