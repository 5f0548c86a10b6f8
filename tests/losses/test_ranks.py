"""Several ranks: loss and gradients are those of one process on the joined batch. Real process groups of gloo."""

import os
import tempfile
from pathlib import Path

import pytest
import torch
from torch import distributed, multiprocessing
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from imbaloss import losses
from tests.losses.batches import (
    COUNTS,
    NAMES,
    PAIRS,
    WITHOUT_SOFT,
    binary,
    many_classes,
    soft_binary,
    soft_classes,
)

TOGETHER = [*NAMES, *PAIRS]
MANY = [name for name in NAMES if name not in {"asymmetric", "focal"}]
SOFT = [(name, 2) for name in NAMES if name not in WITHOUT_SOFT]
SOFT += [(name, 3) for name in MANY if name not in WITHOUT_SOFT]
SHARDED = ["msfe", "auc_logistic", "partial_auc", "smooth_ap"]
WITH_MEMORY = ["auc_squared_hinge", "two_way_partial_auc", "smooth_ap"]
SIZES = {2: [9, 31], 4: [9, 14, 0, 17]}  # unequal; the first rank has no positives, one has no samples
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def batch(classes: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The inputs, targets and weights of all ranks; the first samples lack a class."""
    _, targets = binary(0, 40) if classes == 2 else many_classes(0, classes, 40)
    targets[:9] = 0
    targets[-9:] = 1
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(40, 5, dtype=torch.float64, generator=generator)
    return inputs, targets, torch.rand(40, dtype=torch.float64, generator=generator)


def soft_batch(classes: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The same with soft targets; the first samples still lack a class."""
    inputs, hard, weight = batch(classes)
    _, targets = soft_binary(0, 40) if classes == 2 else soft_classes(0, classes, 40)
    targets[:9] = hard[0] if classes == 2 else torch.eye(classes)[hard[0]]
    return inputs, targets, weight


def gradients(network: torch.nn.Module) -> list[torch.Tensor]:
    return [parameter.grad.clone() for parameter in network.parameters()]


def model(classes: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Linear(5, 1 if classes == 2 else classes).double()


def step(network: torch.nn.Module, loss: torch.nn.Module, *samples: torch.Tensor) -> torch.Tensor:
    inputs, targets, weight = samples
    network.zero_grad()
    value = loss(network(inputs).squeeze(-1), targets, weight)
    value.backward()
    return value.detach()


def rank(number: int, ranks: int, folder: str) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=number, world_size=ranks)
    found = {}
    for classes, names in ((2, TOGETHER), (3, MANY)):
        network = DistributedDataParallel(model(classes))
        mine = [part.split(SIZES[ranks])[number] for part in batch(classes)]
        counts = COUNTS if classes == 2 else (50, 30, 20)
        for name in names:
            loss = losses.get(name, counts=counts, sync=True)
            found[name, classes] = (step(network, loss, *mine), gradients(network))
    for name, classes in SOFT:
        network = DistributedDataParallel(model(classes))
        mine = [part.split(SIZES[ranks])[number] for part in soft_batch(classes)]
        loss = losses.get(name, counts=COUNTS if classes == 2 else (50, 30, 20), sync=True, soft=True)
        found[f"soft {name}", classes] = (step(network, loss, *mine), gradients(network))
    network, mine = DistributedDataParallel(model(2)), [part.split(SIZES[ranks])[number] for part in batch(2)]
    halves = [distributed.new_group([first, first + 1]) for first in range(0, ranks, 2)]
    group = halves[number // 2]
    of_group = DistributedDataParallel(model(2), process_group=group)
    for name in ("msfe", "smooth_ap"):
        found[f"{name} of a group", 2] = (step(of_group, losses.get(name, sync=group), *mine), gradients(of_group))
    if ranks > 2:
        with pytest.raises(ValueError, match="sync must be a process group that this rank belongs to"):
            losses.get("msfe", sync=halves[1 - number // 2])(torch.zeros(2), torch.tensor([0, 1]))
        with pytest.raises(ValueError, match="sync must be a process group that this rank belongs to"):
            losses.get("smooth_ap", sync=halves[1 - number // 2])(torch.zeros(2), torch.tensor([0, 1]))
    sharded = fully_shard(model(2), mesh=init_device_mesh("cpu", (ranks,)))
    for name in SHARDED:
        value = step(sharded, losses.get(name, sync=True), *mine)
        found[f"{name} sharded", 2] = (value, [part.full_tensor() for part in gradients(sharded)])
    for name in WITH_MEMORY:
        found[f"{name} with memory", 2] = remembered(network, losses.get(name, sync=True, memory=30), mine)
    found["accumulated", 2] = accumulated(network, losses.get("msfe", sync=True), mine)
    torch.save(found, f"{folder}/{number}.pt")
    distributed.destroy_process_group()


def accumulated(network, loss, mine):
    """Two micro-batches a rank, by the documented two calls."""
    parts = list(zip(*(part.chunk(2) if len(part) > 1 else (part, part[:0]) for part in mine), strict=True))
    with torch.no_grad():
        whole = losses.join_totals([loss.totals(network(x).squeeze(-1), y, w) for x, y, w in parts])
    network.zero_grad()
    for number, (x, y, w) in enumerate(parts):
        network.require_backward_grad_sync = number == len(parts) - 1  # as no_sync() does for all but the last
        value = loss(network(x).squeeze(-1), y, w, whole=whole)
        value.backward()
    return value.detach(), gradients(network)


def remembered(network, loss, mine):
    """Value and gradients of the third of three steps, each with other inputs, and what is remembered then."""
    for factor in (1, -1, 0.5):
        value = step(network, loss, factor * mine[0], *mine[1:])
    return value, [*gradients(network), *loss.memory.buffers()]


@pytest.fixture(scope="module", params=[2, pytest.param(4, marks=pytest.mark.slow)])
def of_ranks(request):
    """What each rank found: (name, classes) -> value and gradients."""
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(rank, (request.param, folder), nprocs=request.param)
        yield [torch.load(Path(folder) / f"{number}.pt") for number in range(request.param)]


def assert_is_that_of_one_process(found, name, classes, loss, samples=slice(None)):
    network = model(classes)
    whole = (soft_batch if name.startswith("soft ") else batch)(classes)
    expected = step(network, loss, *(part[samples] for part in whole))
    for of_rank in found:
        value, gradient = of_rank[name, classes]
        torch.testing.assert_close(value, expected, **EXACT)
        torch.testing.assert_close(gradient, gradients(network), **EXACT)


@pytest.mark.parametrize("name", TOGETHER)
def test_every_rank_has_the_loss_and_the_gradients_of_one_process(of_ranks, name):
    assert_is_that_of_one_process(of_ranks, name, 2, losses.get(name, counts=COUNTS))


@pytest.mark.parametrize("name", MANY)
def test_every_rank_has_the_loss_and_the_gradients_of_one_process_for_many_classes(of_ranks, name):
    assert_is_that_of_one_process(of_ranks, name, 3, losses.get(name, counts=(50, 30, 20)))


@pytest.mark.parametrize(("name", "classes"), SOFT)
def test_every_rank_has_the_loss_and_the_gradients_of_one_process_for_soft_labels(of_ranks, name, classes):
    loss = losses.get(name, counts=COUNTS if classes == 2 else (50, 30, 20), soft=True)
    assert_is_that_of_one_process(of_ranks, f"soft {name}", classes, loss)


def test_accumulation_over_ranks_is_exact_too(of_ranks):
    assert_is_that_of_one_process(of_ranks, "accumulated", 2, losses.get("msfe"))


@pytest.mark.parametrize("name", ["msfe", "smooth_ap"])
def test_the_ranks_of_a_process_group_are_one_process_with_their_batches(of_ranks, name):
    sizes = SIZES[len(of_ranks)]
    for first in range(0, len(of_ranks), 2):
        samples = slice(sum(sizes[:first]), sum(sizes[: first + 2]))
        found = of_ranks[first : first + 2]
        assert_is_that_of_one_process(found, f"{name} of a group", 2, losses.get(name), samples)


@pytest.mark.parametrize("name", SHARDED)
def test_parameters_sharded_by_fsdp_have_the_gradients_of_one_process(of_ranks, name):
    assert_is_that_of_one_process(of_ranks, f"{name} sharded", 2, losses.get(name))


@pytest.mark.parametrize("name", WITH_MEMORY)
def test_ranks_remember_what_one_process_remembers(of_ranks, name):
    value, expected = remembered(model(2), losses.get(name, memory=30), batch(2))
    for of_rank in of_ranks:
        torch.testing.assert_close(of_rank[f"{name} with memory", 2][0], value, **EXACT)
        torch.testing.assert_close(of_rank[f"{name} with memory", 2][1], expected, **EXACT)


def test_without_sync_the_ranks_do_not_agree_with_one_process():
    """What sync is for: the mean of the ranks' losses is another loss."""
    inputs, targets, weight = batch(2)
    network = model(2)
    parts = [
        step(network, losses.get("msfe"), *(part.split([31, 9])[k] for part in (inputs, targets, weight)))
        for k in (0, 1)
    ]
    assert abs(sum(parts) / 2 - step(network, losses.get("msfe"), inputs, targets, weight)) > 1e-3
