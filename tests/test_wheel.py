"""The wheel, in environments that have nothing else."""

import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from importlib.metadata import distribution
from itertools import chain
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from packaging.requirements import Requirement

from tests.comparison.examples import QUICK, mixed, write_csv

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
INHERITED = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
LOOP = """
import sys
import torch
import imbaloss.losses
import imbaloss.samplers

torch.manual_seed(0)
inputs = torch.randn(256, 4)
targets = (inputs[:, 0] > 1.5).float()
for name in ("mfe", "focal", "focal/worst_class"):
    network = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    loss, values = imbaloss.losses.get(name), []
    for _ in range(20):
        optimizer.zero_grad()
        values.append(loss(network(inputs).squeeze(1), targets))
        values[-1].backward()
        optimizer.step()
    assert values[-1] < 0.8 * values[0], name
shares = torch.rand(256, 3).softmax(1)
imbaloss.losses.get("mfe", soft=True)(torch.randn(256, 3, requires_grad=True), shares).backward()
network, errors = torch.nn.Linear(4, 1), imbaloss.losses.ClassErrors(imbaloss.losses.get("msfe"))
for name in imbaloss.losses.names():
    loss = imbaloss.losses.get(name, counts=(90, 10))
    if isinstance(loss, imbaloss.losses.Ranking):
        loss = imbaloss.losses.get(name, memory=64)
    for part, labels in zip(inputs.split(64), targets.split(64)):
        loss(network(part).squeeze(1), labels).backward()
        errors.update(network(part).squeeze(1), labels)
    assert network.weight.grad.isfinite().all(), name
assert errors.compute().isfinite().all()
for sampler in (
    imbaloss.samplers.ClassBalancedSampler(targets.long()),
    imbaloss.samplers.WeightedDistributedSampler(1 + targets, 100),
):
    assert len(list(sampler)) == len(sampler)
sampler = imbaloss.samplers.StratifiedBatchSampler(targets.long(), batch_size=32)
assert all(targets[batch].sum() > 0 for batch in sampler)
print(*{"numpy", "scipy", "sklearn", "pandas"} & set(sys.modules))
"""

pytestmark = pytest.mark.xdist_group("wheel")  # which is built once


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*PIP, "wheel", "--no-deps", "--wheel-dir", folder, ROOT], check=True)
    [built] = folder.glob("imbaloss-*.whl")
    return built


def with_requirements(name: str) -> Iterator[str]:
    """Yield the name of an installed distribution and the names of all that it needs, each at least once."""
    yield name
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield from with_requirements(requirement.name)


def test_the_constraints_can_be_met_from_the_public_index():
    """A build such as 2.13.0+cpu is on PyTorch's own index alone, and would stop a newcomer at the first command."""
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert [pin for pin in pins if "+" in pin] == []


def make_environment(folder: Path, wheel: Path, *names: str) -> Path:
    """Make an environment of the wheel, and of links to the named installed packages with all that they need.

    Returns its folder of commands.
    """
    venv.create(folder)
    [packages] = (folder / "lib").glob("python*/site-packages")
    install = [*PIP, "--python", folder / "bin" / "python", "install", "--no-deps", wheel]
    subprocess.run(install, env=INHERITED, check=True)
    files = {
        Path(str(distribution(name).locate_file(file.parts[0])))
        for name in set(chain.from_iterable(map(with_requirements, names)))
        for file in distribution(name).files or ()
        if file.parts[0] not in {"..", "__pycache__"}
    }
    for file in files:
        (packages / file.name).symlink_to(file)
    return folder / "bin"


@pytest.mark.slow
def test_losses_train_beside_torch_alone(tmp_path, wheel):
    commands = make_environment(tmp_path / "venv", wheel, "torch")
    assert not {"numpy", "scipy", "sklearn", "pandas"} & {file.name for file in tmp_path.glob("venv/lib/*/*/*")}
    done = subprocess.run(
        [commands / "python", "-c", LOOP], cwd=tmp_path, env=INHERITED, check=True, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout == "\n"


def read_metadata(wheel: Path) -> Message:
    """Read what the wheel says of itself; the description is the payload."""
    with ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


@pytest.mark.slow
def test_the_description_has_no_links_that_lead_nowhere(wheel):
    metadata = read_metadata(wheel)
    description = metadata.get_payload(decode=True).decode()
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert description.startswith("# imbaloss")
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", description) == []


@pytest.mark.slow
def test_the_installed_wheel_gives_a_working_command(tmp_path, wheel):
    """All that it needs is named, and all files that it reads are in it."""
    needed = read_metadata(wheel).get_all("Requires-Dist")
    always = [one.name for one in map(Requirement, needed) if one.marker is None or one.marker.evaluate({"extra": ""})]
    commands = make_environment(tmp_path / "venv", wheel, *always)
    (tmp_path / "work").mkdir()
    write_csv(tmp_path / "work", mixed())
    command = [commands / "imbaloss"]
    asked = [
        ["compare", "data.csv", "--target", "fraud", *QUICK],
        ["predict", "results/data/model", "data.csv", "--out", "found.csv"],
        ["reproduce", "--dataset", "digits_3_8", "--level", "0.2", "--seeds", "1", "--epochs", "1", "--quiet"],
        ["losses"],
    ]
    for words in asked:
        subprocess.run([*command, *words], cwd=tmp_path / "work", env=INHERITED, check=True, stdout=subprocess.DEVNULL)
    assert len(pd.read_csv(tmp_path / "work" / "found.csv")) == 120
