"""A stack trains as if each of its members were alone, and as a plain loop of PyTorch would train it."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from imbaloss import losses
from imbaloss.data import SamplerSpec, Samples, Split
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Outcome, Recipe, check_device, plan_training, train
from imbaloss.training.fast.matmul_backend import ONEDNN, PYTORCH, choose_matmul_backend
from imbaloss.training.fast.plan import AUTOGRAD, INPUTS
from imbaloss.training.scaling import Scaling
from imbaloss.training.stack import Stack
from tests.training.examples import RECIPE, needs_bfloat16, split_of
from tests.training.plain import train_plainly


@pytest.fixture(autouse=True, scope="module")
def two_threads():
    """Which sum in another order than one, whatever the others of the suite have."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@contextmanager
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def weights_of(network: torch.nn.Sequential) -> list[torch.Tensor]:
    linears = [module for module in network if isinstance(module, torch.nn.Linear)]
    return [tensor for linear in linears for tensor in (linear.weight.T, linear.bias.unsqueeze(0))]


@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        replace(RECIPE, momentum=0.9, lr=0.05),
        replace(RECIPE, weight_decay=0.01),
        replace(RECIPE, optimizer="adam", lr=0.01),
        replace(RECIPE, optimizer="adam", lr=0.01, weight_decay=0.1),
        replace(RECIPE, activation="sigmoid", init="xavier"),
        replace(RECIPE, activation="tanh", init="he"),
        replace(RECIPE, init="normal", shuffle_train=False, outputs=2),
        replace(RECIPE, hidden=(), scaling="unit"),
    ],
    ids=lambda recipe: f"{recipe.optimizer}-{recipe.momentum:g}-{recipe.weight_decay:g}-{recipe.init}-{recipe.hidden}",
)
@pytest.mark.parametrize("samples", [40, 90, 130], ids=["fewer samples than inputs", "within the span", "ordinary"])
def test_a_stack_follows_the_plain_loop(recipe, samples):
    members = [
        Member(
            split_of(seed, samples),
            LossSpec.parse(loss),
            replace(recipe, epochs=recipe.epochs + 3 * (loss == "wce")),
            seed,
        )
        for seed in (0, 1)
        for loss in ("mse", "wce", "msfe", "focal:gamma=1")
    ]
    for member, outcome, network in assert_plain(members):
        test = member.split.test.inputs
        logits = network(Scaling.fit(recipe.scaling, member.split.train)(test).flatten(1)).detach()
        expected = logits.squeeze(-1).sigmoid() if recipe.outputs == 1 else logits.softmax(-1)[:, 1]
        np.testing.assert_allclose(outcome.model.probabilities(test), expected, atol=1e-9)


def assert_plain(members: list[Member]) -> list[tuple[Member, Outcome, torch.nn.Sequential]]:
    """That they train as the plain loop has it. Returns what both came to."""
    found = []
    for member, outcome in zip(members, train(members), strict=True):
        with one_thread():  # for a second one waits more than it computes
            curve, network = train_plainly(member)
        np.testing.assert_allclose(outcome.losses, curve, rtol=1e-9)
        trained = list(outcome.model.network.parameters())
        for weights, expected in zip(trained, weights_of(network), strict=True):
            torch.testing.assert_close(weights[0], expected, rtol=0, atol=1e-9)
        found.append((member, outcome, network))
    return found


def weighed(seed: int, samples: int) -> Split:
    """Some of the weights are 0, some samples count several times."""
    split = split_of(seed, samples)
    weights = np.random.default_rng(seed).integers(0, 4, samples) / 3
    return replace(split, train=replace(split.train, weights=weights))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("samples", [40, 130])
def test_sample_weights_are_those_of_the_plain_loop(optimizer, samples):
    """Beside a member without weights."""
    recipe = replace(RECIPE, optimizer=optimizer, lr=0.05)
    splits = [weighed(0, samples), weighed(1, samples), split_of(2, samples)]
    assert_plain(
        [Member(split, LossSpec.parse(loss), recipe, 0) for split in splits for loss in ("mse", "wce", "msfe")]
    )


def test_weights_are_repetitions():
    """In batches of all samples, from initial weights that do not depend on them; the scaling counts them too."""
    split = weighed(0, 40)
    times = np.rint(3 * split.train.weights).astype(int)
    split = replace(split, train=replace(split.train, weights=times.astype(np.float64)))
    repeated = replace(split, train=Samples(split.train.inputs.repeat(times, 0), split.train.labels.repeat(times)))
    recipe = replace(RECIPE, train_batch=1000)
    for loss in ("mse", "msfe", "focal", "wce", "logit_adjusted", "ldam", "class_balanced"):
        one, other = (train([Member(some, LossSpec.parse(loss), recipe, 0)])[0] for some in (split, repeated))
        np.testing.assert_allclose(one.losses, other.losses, rtol=1e-9)
        np.testing.assert_allclose(
            one.model.logits(split.test.inputs), other.model.logits(split.test.inputs), rtol=1e-8
        )


@pytest.mark.parametrize("sampler", ["balanced_batches", "stratified_batches", "stratified_batches:fewest=6"])
@pytest.mark.parametrize("samples", [40, 130])
def test_drawn_batches_are_those_of_the_plain_loop(sampler, samples):
    """Beside members whose batches are not drawn, or drawn from other labels."""
    some = [
        Member(split_of(seed, samples), LossSpec.parse(loss), RECIPE, 0, SamplerSpec.parse(sampler))
        for seed in (0, 1)
        for loss in ("wce", "msfe")
    ]
    other = split_of(2, samples)
    fewer = replace(other.train, labels=np.where(np.arange(samples) % 8 == 0, 1, 0))
    assert_plain(
        [
            *some,
            Member(replace(other, train=fewer), LossSpec.parse("wce"), RECIPE, 0, SamplerSpec.parse(sampler)),
            Member(other, LossSpec.parse("wce"), RECIPE, 0),
        ]
    )


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_several_classes_train_as_in_the_plain_loop(optimizer):
    split = split_of(0)
    split = replace(split, train=replace(split.train, labels=np.arange(40) % 4))
    recipe = replace(RECIPE, outputs=4, optimizer=optimizer, lr=0.05)
    assert_plain(
        [Member(split, LossSpec.parse(loss), recipe, seed) for loss in ("ce", "wce", "msfe", "mse") for seed in (0, 1)]
    )


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("samples", [40, 130])
def test_a_training_can_start_where_another_ended(optimizer, samples):
    """Without momentum, and in the order of the samples, two halves are the whole; Adam starts anew."""
    recipe = replace(RECIPE, shuffle_train=False, optimizer=optimizer, lr=0.001)
    split = split_of(0, samples)
    halves = [replace(recipe, epochs=epochs) for epochs in (5, 8)]
    firsts = [
        outcome.model.network
        for outcome in train([Member(split, LossSpec.parse("mse"), halves[0], seed) for seed in (0, 1)])
    ]
    seconds = train([Member(split, LossSpec.parse("mse"), halves[1], 0, start=first) for first in firsts])
    for seed, second in enumerate(seconds):
        [whole] = train([Member(split, LossSpec.parse("mse"), recipe, seed)])
        if optimizer == "sgd":
            np.testing.assert_allclose(second.losses, whole.losses[5:], rtol=1e-9)
        else:
            assert second.losses[0] == pytest.approx(whole.losses[5], rel=0.2)


def test_drawn_batches_go_with_shuffling():
    still = replace(RECIPE, shuffle_train=False)
    with pytest.raises(
        ValueError, match="balanced_batches draws batches anew in each epoch: it needs shuffle_train=True"
    ):
        train([Member(split_of(0), LossSpec.parse("mse"), still, 0, SamplerSpec.parse("balanced_batches"))])


@pytest.mark.parametrize("network", ["cnn", "fcn", "prototype", "fcn/prototype:per_class=2,compactness=0.5"])
@pytest.mark.parametrize("changes", [{"momentum": 0.5, "weight_decay": 0.01}, {"optimizer": "adam", "lr": 0.01}])
def test_networks_of_other_kinds_go_through_the_same_loop(changes, network):
    """Their members leave at different times."""
    recipe = (
        replace(RECIPE, network=network, channels=(4, 6), lr=0.1)
        if "lr" not in changes
        else replace(RECIPE, network=network, channels=(4, 6))
    )
    recipe = replace(recipe, **changes)
    members = [
        Member(split_of(seed), LossSpec.parse(loss), replace(recipe, epochs=4 + seed), seed)
        for seed in (0, 1)
        for loss in ("mse", "msfe")
    ]
    plan = plan_training(recipe, 40, (3, 4, 5))
    assert (plan.first_layer, plan.steps) == (INPUTS, AUTOGRAD)
    for member, outcome in zip(members, train(members), strict=True):
        curve, alone = train_plainly(member)
        np.testing.assert_allclose(outcome.losses, curve, rtol=1e-9)
        weights = alone.weights()
        assert outcome.model.network.state_dict().keys() == weights.keys()
        for name, stacked in outcome.model.network.state_dict().items():
            torch.testing.assert_close(stacked[0], weights[name], rtol=0, atol=1e-9)


@pytest.mark.parametrize("network", ["fcn", "prototype:per_class=2", "fcn/prototype"])
def test_every_loss_trains_every_kind_of_network(network):
    """In one stack; two epochs change every weight that a loss can change, and nothing is not finite."""
    recipe = replace(RECIPE, network=network, channels=(4, 4), epochs=2, lr=0.01)
    names = [name if name != "ldam_drw" else "ldam_drw:after=1" for name in losses.names()]
    for name, outcome in zip(
        names, train([Member(split_of(0), LossSpec.parse(name), recipe, 0) for name in names]), strict=True
    ):
        assert outcome.failure is None, name
        assert np.isfinite(outcome.losses).all()
        assert np.isfinite(outcome.model.probabilities(split_of(1).test.inputs)).all()


MIXED = ("mse", "wmse", "mfe", "msfe", "wce", "focal")
WITH_STATE = ("msfe:running=0.1", "ldam_drw:after=5,scale=1", "auc_squared_hinge:memory=20")


def members(recipe=RECIPE, seeds=(0, 1, 2), losses=MIXED) -> list[Member]:
    return [Member(split_of(seed), LossSpec.parse(loss), recipe, seed) for seed in seeds for loss in losses]


@pytest.mark.parametrize("recipe", [RECIPE, replace(RECIPE, optimizer="adam", lr=0.01)], ids=["sgd", "adam"])
def test_a_stack_equals_stacks_of_one_after_50_steps(recipe):
    recipe = replace(recipe, epochs=17)  # of 3 batches
    some = members(recipe, losses=(*MIXED, *WITH_STATE))
    for member, outcome in zip(some, train(some), strict=True):
        [alone] = train([member])
        np.testing.assert_allclose(outcome.losses, alone.losses, rtol=1e-10, atol=1e-12)
        for found, expected in zip(outcome.model.network.parameters(), alone.model.network.parameters(), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_same_members_give_the_same_bits(precision):
    recipe = replace(RECIPE, precision=precision, momentum=0.5)
    for first, second in zip(train(members(recipe)), train(members(recipe)), strict=True):
        assert first.losses == second.losses
        weights = zip(first.model.network.parameters(), second.model.network.parameters(), strict=True)
        assert all(torch.equal(*pair) for pair in weights)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize(
    ("precision", "rounding"),
    [("float32", 1e-4), ("float64", 1e-10), pytest.param("bf16", 2e-2, marks=needs_bfloat16)],
)
def test_who_the_neighbours_are_does_not_matter(precision, rounding, optimizer):
    """But for rounding, which goes with the place of a network in memory. Two of the neighbours diverge."""
    recipe = replace(RECIPE, precision=precision, optimizer=optimizer, lr=0.05)
    some = members(recipe)
    others = [
        Member(split_of(seed), LossSpec.parse("wce"), replace(recipe, lr=1e30 if seed > 5 else 0.2), seed)
        for seed in range(8)
    ]
    for member, outcome in zip(some, train(some), strict=True):
        [*_, other] = train([*others, member])
        np.testing.assert_allclose(outcome.losses, other.losses, rtol=rounding)


@pytest.mark.skipif(
    choose_matmul_backend(torch.float32, torch.device("cpu")) != ONEDNN,
    reason="whose products go with a matrix's place in memory",
)
@pytest.mark.parametrize("precision", ["float32", pytest.param("bf16", marks=needs_bfloat16)])
def test_in_the_reports_network_neighbours_do_not_change_a_bit(precision):
    """Neither who they are nor how many."""
    recipe = Recipe(hidden=(1000, 100, 10), epochs=2, precision=precision)
    split = split_of(0, 500, (3, 32, 32))
    some = [Member(split, LossSpec.parse(loss), recipe, seed) for seed in (0, 1) for loss in ("wce", "mse", "mfe")]
    together = train(some)
    for size in (1, 2, 5):
        for outcome, other in zip(together, train(some[:size]), strict=False):
            assert outcome.losses == other.losses


@pytest.mark.skipif(not hasattr(torch.backends.mkldnn, "matmul"), reason="PyTorch before 2.9 has no such setting")
def test_a_plan_decides_who_multiplies(monkeypatch):
    """Seen from within a step."""
    settings, seen = torch.backends.mkldnn.matmul, []
    original = Stack._objective

    def looking(*arguments, **keywords):
        seen.append(settings.fp32_precision)
        return original(*arguments, **keywords)

    monkeypatch.setattr(Stack, "_objective", looking)
    member = Member(split_of(0), LossSpec.parse("mse"), replace(RECIPE, epochs=1), 0)
    before = settings.fp32_precision
    for library, expected in ((ONEDNN, "bf16"), (PYTORCH, before)):
        seen.clear()
        train([member], plan=replace(plan_training(RECIPE, 40, (60,)), products=library))
        assert set(seen) == {expected}


def test_a_foreign_plan_and_a_choice_of_rates_are_refused():
    adam = replace(RECIPE, optimizer="adam")
    with pytest.raises(ValueError, match="the plan is for other networks or optimizers: make it by plan_training"):
        train([Member(split_of(0), LossSpec.parse("mse"), adam, 0)], plan=plan_training(RECIPE, 40, (60,)))
    with pytest.raises(ValueError, match="a member trains at one learning rate"):
        train([Member(split_of(0), LossSpec.parse("mse"), replace(RECIPE, tune_lr=(0.1, 1.0)), 0)])


@pytest.mark.parametrize("wild", [float("inf"), -float("inf"), float("nan")])
def test_weights_that_are_not_finite_are_seen(wild):
    stack = Stack.build(
        [Member(split_of(0), LossSpec.parse("mse"), RECIPE, seed) for seed in (0, 1)], torch.device("cpu")
    )
    assert stack.has_finite_weights().tolist() == [True, True]
    stack.network.layers[1].weight.data[1, 2, 3] = wild
    assert stack.has_finite_weights().tolist() == [True, False]


def test_scores_in_float32_are_those_of_float64_but_for_rounding():
    """After 39 steps; the largest weights are of size 1."""
    for first, second in zip(train(members()), train(members(replace(RECIPE, precision="float32"))), strict=True):
        np.testing.assert_allclose(first.losses, second.losses, rtol=1e-4)
        inputs = split_of(9).test.inputs
        np.testing.assert_allclose(
            first.model.probabilities(inputs), second.model.probabilities(inputs), rtol=0, atol=1e-4
        )


def test_the_order_of_the_members_does_not_matter():
    some = members()
    for first, second in zip(train(some), reversed(train(some[::-1])), strict=True):
        np.testing.assert_allclose(first.losses, second.losses, rtol=1e-10)


@pytest.mark.parametrize("loss", ["mfe", "msfe:running=0.1", "ldam_drw:after=2,scale=1", "smooth_ap:memory=20"])
def test_each_member_has_its_own_epochs_and_the_longer_begin_like_the_shorter(loss):
    some = [Member(split_of(0), LossSpec.parse(loss), replace(RECIPE, epochs=epochs), 0) for epochs in (3, 11, 1, 3)]
    outcomes = train(some)
    assert [len(outcome.losses) for outcome in outcomes] == [3, 11, 1, 3]
    assert outcomes[1].losses[:3] == outcomes[0].losses == outcomes[3].losses
    assert [outcome.model.recipe.epochs for outcome in outcomes] == [3, 11, 1, 3]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_each_member_has_its_own_learning_rate(optimizer):
    """Also after one of them has left."""
    recipes = [
        replace(RECIPE, optimizer=optimizer, lr=lr, epochs=epochs) for lr, epochs in ((0.5, 4), (0.01, 9), (0.1, 7))
    ]
    some = [Member(split_of(0), LossSpec.parse("mse"), recipe, 0) for recipe in recipes]
    for member, outcome in zip(some, train(some), strict=True):
        np.testing.assert_allclose(outcome.losses, train_plainly(member)[0], rtol=1e-9)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_member_that_diverges_leaves_and_its_neighbours_do_not_notice(optimizer):
    """A learning rate of 1e200 overflows float64 in the first steps."""
    recipe = replace(RECIPE, optimizer=optimizer, lr=0.05)
    healthy = members(recipe, losses=("mse", "wce"))
    wild = replace(recipe, lr=1e200)
    mixed = [
        healthy[0],
        Member(split_of(7), LossSpec.parse("wce"), wild, 7),
        *healthy[1:],
        Member(split_of(8), LossSpec.parse("wce"), wild, 8),
    ]
    outcomes = train(mixed)
    for failed in (outcomes[1], outcomes[-1]):
        assert failed.model is None
        assert failed.failure == "the loss was no longer finite in epoch 1, batch 2; try a smaller lr"
        assert np.isfinite(failed.losses).all()
    for outcome, alone in zip([outcomes[0], *outcomes[2:-1]], train(healthy), strict=True):
        np.testing.assert_allclose(outcome.losses, alone.losses, rtol=1e-12)
        assert outcome.failure is None


def test_progress_counts_every_epoch_of_every_member():
    told = []
    some = [Member(split_of(0), LossSpec.parse("mse"), replace(RECIPE, epochs=epochs), 0) for epochs in (2, 4)]
    outcomes = train(some, on_epoch=told.append)
    assert [len(losses) for losses in told] == [2, 2, 1, 1]
    assert [losses[-1] for losses in told] == outcomes[1].losses


def test_a_batch_larger_than_the_set_is_the_set():
    some = [Member(split_of(0), LossSpec.parse("msfe"), replace(RECIPE, train_batch=size), 0) for size in (40, 1000)]
    first, second = (train([member])[0] for member in some)
    assert first.losses == second.losses


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("loss", MIXED)
def test_a_training_set_of_one_class_trains(loss, label):
    split = split_of(0)
    part = replace(split.train, labels=np.full(40, label))
    [outcome] = train([Member(replace(split, train=part), LossSpec.parse(loss), RECIPE, 0)])
    assert outcome.failure is None
    assert outcome.losses[-1] <= outcome.losses[0]


def test_members_that_cannot_share_a_stack_are_refused():
    first = Member(split_of(0), LossSpec.parse("mse"), RECIPE, 0)
    for other in (replace(first, recipe=replace(RECIPE, momentum=0.9)), replace(first, split=split_of(0, samples=41))):
        with pytest.raises(ValueError, match="must share all of the recipe but epochs and lr, and the size of train"):
            train([first, other])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_gpu_trains_alike():
    recipe = replace(RECIPE, momentum=0.5)
    for first, second in zip(train(members(recipe)), train(members(recipe), device="cuda"), strict=True):
        np.testing.assert_allclose(first.losses, second.losses, rtol=1e-9)


@pytest.mark.parametrize("device", ["tpu", "cuda:x", "", "cuda:99"])
def test_an_impossible_device_is_refused(device):
    with pytest.raises(ValueError, match="device"):
        check_device(device)
