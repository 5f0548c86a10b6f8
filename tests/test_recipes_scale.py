"""The programs of docs/recipes-scale.md run, and what the page says of them holds on real ranks of gloo."""

import re
import tempfile
from pathlib import Path

import pytest
import torch
from torch import distributed, multiprocessing

from imbaloss import losses

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[1] / "docs" / "recipes-scale.md"
SHARDED = ["mfe", "smooth_ap"]
SIZES = [21, 43]  # the first process has no positives


def read_programs() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


def make_samples() -> tuple[torch.Tensor, torch.Tensor]:
    inputs = torch.randn(64, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return inputs, (torch.arange(64) > 52).long()


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")  # torch's compiler
def test_the_programs_of_the_page_run():
    torch.compiler.reset()
    for program in read_programs():
        exec(compile(program, str(PAGE), "exec"), {})


def rank(number: int, folder: str) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=number, world_size=2)
    definition, _, _ = read_programs()[0].partition("\n# under torchrun")
    names: dict[str, object] = {}
    exec(definition, names)
    samples = [part.split(SIZES)[number] for part in make_samples()]
    torch.save({name: names["train_sharded"](name, *samples) for name in SHARDED}, f"{folder}/{number}.pt")
    distributed.destroy_process_group()


def train_in_one_process(name: str) -> list[torch.Tensor]:
    """The program of the page with all samples, without shards and ranks."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(20, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    criterion = losses.get(name)
    inputs, targets = make_samples()
    for _ in range(2):
        optimizer.zero_grad()
        criterion(model(inputs).squeeze(-1), targets).backward()
        optimizer.step()
    return [parameter.detach() for parameter in model.parameters()]


def test_two_sharded_processes_train_as_one():
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(rank, (folder,), nprocs=2)
        of_ranks = [torch.load(Path(folder) / f"{number}.pt") for number in range(2)]
    for name in SHARDED:
        for found in of_ranks:
            torch.testing.assert_close(found[name], train_in_one_process(name), rtol=1e-12, atol=1e-12)
