"""Model files: weights as safetensors, everything else as JSON in their header. No pickle."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from imbaloss.evaluation import Calibration
from imbaloss.notation import tuples
from imbaloss.training.model import Model, build_network
from imbaloss.training.recipe import Recipe
from imbaloss.training.scaling import Scaling
from imbaloss.whole import write_whole

FORMAT = "imbaloss model 2"
NAME = "model.safetensors"
CHECKSUM = "sha256"  # of the header without it, and of the weights


def save(model: Model, folder: Path, facts: dict[str, Any]) -> Path:
    """Writes folder/model.safetensors, whole or not at all. facts, JSON values, say what the model was trained on."""
    header = {
        "format": FORMAT,
        "recipe": asdict(model.recipe),
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
    return write_whole(folder / NAME, to_bytes(state, {"imbaloss": text}))


def digest(header: Mapping[str, Any], state: Mapping[str, Tensor]) -> str:
    """Of all that a file says: it tells a file that was changed, by accident or by hand, from one that was not."""
    found = hashlib.sha256(json.dumps(header).encode())
    for name in sorted(state):
        found.update(name.encode() + state[name].cpu().numpy().tobytes())
    return found.hexdigest()


def remove(folder: Path) -> None:
    """Removes the model file of a folder, if there is one."""
    (folder / NAME).unlink(missing_ok=True)


def load(folder: Path) -> tuple[Model, dict[str, Any]]:
    """The model in a folder and its facts.

    Raises ValueError where the file is no model of imbaloss, of another version, or was changed after it was written.
    """
    file = folder / NAME
    if not file.is_file():
        raise ValueError(f"{folder} holds no {NAME}: no model was saved there")
    try:
        with safe_open(file, framework="pt") as content:
            header = json.loads((content.metadata() or {}).get("imbaloss", "{}"))
            state = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"{file} is no model file: {error}") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else None
        raise ValueError(f"{file} is no model file of this imbaloss: its format is {found!r}, not {FORMAT!r}")
    if header.pop(CHECKSUM, None) != digest(header, state):
        raise ValueError(f"{file} was changed after it was written, and is not to be trusted: its checksum is another")
    try:
        return model_of(header, state), header["facts"]
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{file} is no model file that imbaloss has written: {error}") from error


def model_of(header: dict[str, Any], state: Mapping[str, Tensor]) -> Model:
    recipe = Recipe(**tuples(header["recipe"]))
    network = build_network(recipe, header["shape"], [np.random.default_rng(0)] * header["networks"])
    network.load_state_dict(state)
    return Model(
        recipe,
        tuple(header["shape"]),
        Scaling(**tuples(header["scaling"])),
        network,
        tuple(header["prior"]),
        Calibration(**tuples(header["calibration"])),
    )
