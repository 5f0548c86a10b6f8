"""Files of networks: weights as safetensors, everything else as JSON in their header. No pickle."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from imbaloss.atomic_write import write_atomically
from imbaloss.evaluation import Calibration
from imbaloss.networks import size_of
from imbaloss.spec_text import to_tuples
from imbaloss.training.model import Model, build_network
from imbaloss.training.recipe import read_entries, require, write_entries
from imbaloss.training.scaling import Scaling

FORMAT = "imbaloss model 2"
NAME = "model.safetensors"
CHECKSUM = "sha256"  # of the header without it, and of the weights


def save(model: Model, folder: Path, facts: dict[str, Any]) -> Path:
    """Writes folder/model.safetensors, whole or not at all. facts, JSON values, say what the model was trained on."""
    header = {
        "format": FORMAT,
        "recipe": write_entries(model.recipe, model.decision),
        "shape": model.shape,
        "scaling": asdict(model.scaling),
        "networks": model.networks,
        "prior": model.prior,
        "calibration": asdict(model.calibration),
        "facts": facts,
    }
    state = {name: tensor.contiguous() for name, tensor in model.network.state_dict().items()}
    text = json.dumps(header | {CHECKSUM: digest(header, state)})
    folder.mkdir(parents=True, exist_ok=True)
    return write_atomically(folder / NAME, to_bytes(state, {"imbaloss": text}))


def digest(header: Mapping[str, Any], state: Mapping[str, Tensor]) -> str:
    """Return the checksum of a model file, by which a change after writing is noticed."""
    checksum = hashlib.sha256(json.dumps(header).encode())
    for name in sorted(state):
        checksum.update(name.encode() + state[name].cpu().numpy().tobytes())
    return checksum.hexdigest()


def check_unchanged(file: Path, written: str | None, actual: str) -> None:
    """Raise ValueError if the checksum that was written with a file differs from that of its content."""
    if written != actual:
        raise ValueError(f"{file} was changed after it was written, and is not to be trusted: its checksum is another")


def remove(folder: Path) -> None:
    """Remove the model file of a folder, if there is one."""
    (folder / NAME).unlink(missing_ok=True)


def load(folder: Path) -> tuple[Model, dict[str, Any]]:
    """Load the model in a folder, and the facts that were saved with it.

    Raises:
        ValueError: The file is missing, is no model of imbaloss, has another version, or was changed after it was
            written.
    """
    folder = folder.parent if folder.name == NAME else folder  # what `save` has returned
    file = folder / NAME
    if not file.is_file():
        raise ValueError(f"{folder} holds no {NAME}: no model was saved there")
    try:
        with safe_open(file, framework="pt") as content:
            header = json.loads((content.metadata() or {}).get("imbaloss", "{}"))
            state = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
    except (SafetensorError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{file} is no model file: {error}") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else None
        raise ValueError(f"{file} is no model file of this imbaloss: its format is {found!r}, not {FORMAT!r}")
    if any(tensor.dtype not in {torch.float32, torch.float64} for tensor in state.values()):
        raise ValueError(f"{file} is no model file that imbaloss has written: its weights are of another type")
    check_unchanged(file, header.pop(CHECKSUM, None), digest(header, state))
    try:
        return model_of(header, state), header["facts"]
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError, IndexError) as error:
        said = " ".join(str(error).split())
        raise ValueError(f"{file} is no model file that imbaloss has written: {said}") from error


def model_of(header: dict[str, Any], state: Mapping[str, Tensor]) -> Model:
    """Raises ValueError, and others, where parts of the header do not fit the weights or each other."""
    recipe, decision = read_entries(to_tuples(header["recipe"]))
    shape = tuple(header["shape"])
    numbers = len(next(iter(state.values())))
    require(numbers == header["networks"], "the weights are of another number of networks")
    # before memory is taken for a network of the size that the header names
    recipe.check_shape(shape)
    count = size_of(recipe.design(shape)).parameters
    require(sum(tensor.numel() for tensor in state.values()) == numbers * count, "the weights are of another size")
    finite = all(tensor.isfinite().all() and tensor.dtype == recipe.dtype for tensor in state.values())
    require(finite, "the weights are not finite, or of another type")
    network = build_network(recipe, shape, [np.random.default_rng(0)] * numbers)
    network.load_state_dict(state)
    scaling, prior = Scaling(**to_tuples(header["scaling"])), tuple(header["prior"])
    columns = {len(scaling.offset), len(scaling.scale)}
    require(columns == {shape[0]} and all(scaling.scale), "the scaling is of other columns")
    require(len(prior) in {0, recipe.classes}, "the prior is of other classes")
    model = Model(recipe, shape, scaling, network, prior, Calibration(**to_tuples(header["calibration"])), decision)
    require(np.isfinite(model.probabilities(np.zeros((1, *shape)))).all(), "it gives no probabilities")
    return model
