"""The recipe of docs/recipes-scale.md: model and loss in one compiled graph, the optimizer's step in another."""

import copy

import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend

from imbaloss import losses
from tests.losses.batches import COUNTS, NAMES, PARTS, REMEMBERS, WITHOUT_SOFT, WITHOUT_TOTALS, of_many_classes

# torch's compiler
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
EVERY = [*NAMES, *sorted(REMEMBERS), *PARTS, "squared/none"]
ONE_LOGIT_ONLY = {name for name in EVERY if name.startswith("asymmetric")}
BATCHES = 4


def make_batches(classes: int, soft: bool) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Inputs and targets; the second batch lacks a class."""
    generator = torch.Generator().manual_seed(0)
    batches = []
    for number in range(BATCHES):
        inputs = torch.randn(24, 5, generator=generator)
        labels = torch.randint(1 if number == 1 else classes, (24,), generator=generator)
        shares = torch.nn.functional.one_hot(labels, classes).float()
        mixed = 0.7 * shares + 0.3 * shares.roll(1, 0)
        batches.append((inputs, (mixed[:, 1] if classes == 2 else mixed) if soft else labels))
    return batches


def train(loss: torch.nn.Module, classes: int, soft: bool, compiled: set[str]) -> tuple[list[torch.Tensor], list[int]]:
    """Return the losses and the weights at the end, and how many graphs were compiled until the end of each batch.

    compiled: "loss", "update", both or none.
    """
    torch.manual_seed(0)
    model = torch.nn.Linear(5, 1 if classes == 2 else classes)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    counter, values, graphs = CompileCounterWithBackend("aot_eager"), [], []

    def compute_loss(inputs, targets):
        return loss(model(inputs).squeeze(-1), targets).sum()

    torch.compiler.reset()
    update = torch.compile(optimizer.step, backend=counter) if "update" in compiled else optimizer.step
    if "loss" in compiled:
        compute_loss = torch.compile(compute_loss, fullgraph=True, backend=counter)
    for batch in make_batches(classes, soft):
        optimizer.zero_grad()
        value = compute_loss(*batch)
        value.backward()
        update()
        values.append(value.detach())
        graphs.append(counter.frame_count)
    return [*values, *model.parameters()], graphs


def check(name: str, classes: int, soft: bool, compiled: set[str], **options: object) -> None:
    """Compiled and plain training agree, and nothing is compiled after the second batch."""
    given = {"counts": COUNTS} if classes == 2 else of_many_classes(name, classes)[1]
    loss = losses.get(name, soft=soft, **given, **options)
    expected, _ = train(copy.deepcopy(loss), classes, soft, set())
    found, graphs = train(loss, classes, soft, compiled)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
    assert graphs[0] > 0
    assert graphs[1:] == [graphs[1]] * (BATCHES - 1)


@pytest.mark.parametrize(
    ("name", "classes", "soft", "options"),
    [("mfe", 3, True, {}), ("ldam_drw", 3, True, {}), ("msfe", 2, True, {"running": 0.1})],
)
def test_a_compiled_step_is_the_plain_one_and_compiled_once(name, classes, soft, options):
    check(name, classes, soft, {"loss", "update"}, **options)


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_every_loss_is_compiled_once_with_its_model_and_trains_as_the_plain_one(name):
    """Two classes and several, hard and soft labels, and state."""
    check(name, 2, False, {"loss"})
    if name not in ONE_LOGIT_ONLY:
        check(name, 3, name not in WITHOUT_SOFT, {"loss"})
    if name in WITHOUT_TOTALS:
        check(name, 2, False, {"loss"}, memory=60)
    elif not name.endswith("/none") and name != "msfe_unbiased":
        check(name, 2, True, {"loss"}, running=0.1)
