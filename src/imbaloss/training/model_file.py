"""Model files: weights as safetensors, everything else as JSON in their header. No pickle."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes

from imbaloss.training.model import Model, build_network
from imbaloss.training.recipe import Recipe
from imbaloss.training.scaling import Scaling
from imbaloss.whole import write_whole

FORMAT = "imbaloss model 1"
NAME = "model.safetensors"


def save(model: Model, folder: Path, facts: dict[str, Any]) -> Path:
    """Writes folder/model.safetensors, whole or not at all. facts, JSON values, say what the model was trained on."""
    header = {
        "format": FORMAT,
        "recipe": asdict(model.recipe),
        "shape": model.shape,
        "scaling": asdict(model.scaling),
        "facts": facts,
    }
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.contiguous() for name, tensor in model.network.state_dict().items()}
    return write_whole(folder / NAME, to_bytes(state, metadata={"imbaloss": json.dumps(header)}))


def remove(folder: Path) -> None:
    """Removes the model file of a folder, if there is one."""
    (folder / NAME).unlink(missing_ok=True)


def load(folder: Path) -> tuple[Model, dict[str, Any]]:
    """The model in a folder and its facts. Raises ValueError where the file is no model of imbaloss."""
    file = folder / NAME
    try:
        with safe_open(file, framework="pt") as content:
            header = json.loads((content.metadata() or {}).get("imbaloss", "{}"))
            state = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"{file} is no model file: {error}") from error
    if header.get("format") != FORMAT:
        raise ValueError(f"{file} is no model file of imbaloss: its format is {header.get('format')!r}, not {FORMAT!r}")
    asked = header["recipe"].items()
    entries: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in asked}
    recipe = Recipe(**entries)
    network = build_network(recipe, header["shape"], [np.random.default_rng(0)])
    network.load_state_dict(state)
    scaling = Scaling(**{key: tuple(value) for key, value in header["scaling"].items()})
    return Model(recipe, tuple(header["shape"]), scaling, network), header["facts"]
