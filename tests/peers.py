"""The packages of the extra `peers`: what tests compare with and train in, loaded or missing."""

import re
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
import torch

PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
EXTRA = PYPROJECT["project"]["optional-dependencies"]["peers"]
NAMES = [re.split("[<>=]", requirement)[0].replace("-", "_") for requirement in EXTRA]

# of third parties: Lightning and torchdata call what torch has deprecated, and Lightning advises to use more workers or
# the GPU; transformers pins memory on machines without a GPU
quiet = pytest.mark.filterwarnings(
    r"ignore:`isinstance\(treespec, LeafSpec\)` is deprecated:FutureWarning",
    "ignore:'set_vital' is deprecated:UserWarning",
    "ignore:The '.*_dataloader' does not have many workers:UserWarning",
    "ignore:GPU available but not used:UserWarning",
    "ignore:'pin_memory' argument is set as true but no accelerator is found:UserWarning",
)


def needed(name: str) -> ModuleType:
    """The package; skips where it is not installed."""
    name_operators_of_torchvision()
    return pytest.importorskip(name, reason=f"needs {name}: pip install 'imbaloss[peers]'")


def missing(code: str) -> set[str]:
    """The peers that the code imports and that are not installed; the others are ready to be imported."""
    imported = {name for name in NAMES if re.search(rf"^(?:import|from) {name}\b", code, re.MULTILINE)}
    if imported:
        name_operators_of_torchvision()
    return {name for name in imported if find_spec(name) is None}


@cache
def name_operators_of_torchvision() -> None:
    """Lets torchvision be imported beside a torch that its operators were not compiled for.

    PyPI's torchvision for Linux is compiled for CUDA. Beside PyTorch's CPU build it raises RuntimeError on import, and
    so do Lightning, timm and transformers, which import it where it is installed. No test uses its operators.
    """
    if find_spec("torchvision") is None:
        return
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        for operator in ("nms", "qnms"):
            torch.library.define(f"torchvision::{operator}", "(Tensor boxes, Tensor scores, float threshold) -> Tensor")
