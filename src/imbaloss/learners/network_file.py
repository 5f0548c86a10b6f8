"""Files of networks: the weights as safetensors, everything else as JSON in the header. No pickle."""

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
CHECKSUM = "sha256"  # header entry with the checksum of the other entries and the weights


def save(model: Model, folder: Path, facts: dict[str, Any]) -> Path:
    """Write a model to folder/model.safetensors, whole or not at all, and return the path of the file.

    The folder is made if it is missing; an existing file is replaced.

    Args:
        model: The model.
        folder: The folder.
        facts: JSON values that are kept with the model, such as what it was trained on.

    Raises:
        OSError: The file cannot be written.
        TypeError: A fact is no JSON value.
    """
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
    text = json.dumps(header | {CHECKSUM: compute_checksum(header, state)})
    folder.mkdir(parents=True, exist_ok=True)
    return write_atomically(folder / NAME, to_bytes(state, {"imbaloss": text}))


def compute_checksum(header: Mapping[str, Any], state: Mapping[str, Tensor]) -> str:
    """Compute the SHA-256 checksum, in hexadecimal, of a header (as JSON) and of the weights by name.

    It shows whether a file was changed later.
    """
    checksum = hashlib.sha256(json.dumps(header).encode())
    for name in sorted(state):
        checksum.update(name.encode() + state[name].cpu().numpy().tobytes())
    return checksum.hexdigest()


def check_unchanged(file: Path, written: str | None, actual: str) -> None:
    """Raise ValueError if the checksum that was written with a file differs from the actual one of its content.

    file: for the message. written: None, if none was written, differs too.
    """
    if written != actual:
        raise ValueError(f"{file} was changed after it was written, and is not to be trusted: its checksum is another")


def remove(folder: Path) -> None:
    """Remove model.safetensors from a folder, if it is there."""
    (folder / NAME).unlink(missing_ok=True)


def load(folder: Path) -> tuple[Model, dict[str, Any]]:
    """Load the model from model.safetensors in a folder, and the facts that were saved with it.

    folder: the folder, or the path of the file.

    Raises:
        ValueError: The file is missing, is no model of imbaloss, has another version, or was changed after it was
            written.
    """
    folder = folder.parent if folder.name == NAME else folder  # `save` returns the file
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
        written = header.get("format") if isinstance(header, dict) else None
        raise ValueError(f"{file} is no model file of this imbaloss: its format is {written!r}, not {FORMAT!r}")
    if any(tensor.dtype not in {torch.float32, torch.float64} for tensor in state.values()):
        raise ValueError(f"{file} is no model file that imbaloss has written: its weights are of another type")
    check_unchanged(file, header.pop(CHECKSUM, None), compute_checksum(header, state))
    try:
        return build_model(header, state), header["facts"]
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError, IndexError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{file} is no model file that imbaloss has written: {reason}") from error


def build_model(header: dict[str, Any], state: Mapping[str, Tensor]) -> Model:
    """Build a model from the header and the weights of its file.

    Raises:
        ValueError: Parts of the header do not fit the weights or each other, or the model gives no probabilities.
        Exception: An entry is missing or has another type (KeyError, TypeError, AttributeError, RuntimeError or
            IndexError).
    """
    recipe, decision = read_entries(to_tuples(header["recipe"]))
    shape = tuple(header["shape"])
    numbers = len(next(iter(state.values())))
    require(numbers == header["networks"], "the weights are of another number of networks")
    # checked before memory is taken for a network of the size that the header names
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
