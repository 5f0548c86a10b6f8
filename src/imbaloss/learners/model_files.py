"""The files of a fitted model: networks as safetensors, other models in the form of their library. No pickle."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from imbaloss.atomic_write import write_atomically
from imbaloss.data import InputForm
from imbaloss.evaluation import Calibration
from imbaloss.learners import network_file, skops_file
from imbaloss.learners.average_model import AverageModel
from imbaloss.learners.boosted_lightgbm import LightGBMPredictor
from imbaloss.learners.boosted_xgboost import XGBoostPredictor
from imbaloss.learners.estimator_model import EstimatorModel, Predictor
from imbaloss.learners.fitted_model import FittedModel
from imbaloss.learners.sklearn_predictor import SklearnPredictor
from imbaloss.spec_text import to_tuples
from imbaloss.training import Model
from imbaloss.training.recipe import read_entries, write_entries
from imbaloss.training.scaling import Scaling

PREDICTORS: Mapping[str, type[Predictor]] = {
    each.kind: each for each in (SklearnPredictor, LightGBMPredictor, XGBoostPredictor)
}


AVERAGE = "average"  # the kind of an average in its entries
MEMBER = "member-"  # begins the name of the folder of a member of an average; its place follows


class Saved(NamedTuple):
    """The arguments of `load` beside the folder, as JSON values. They are empty for networks, whose file holds all."""

    reference: dict[str, Any] | None  # the parts of a model that are in no file of its own; None for networks
    checksums: dict[str, str]  # SHA-256 of each file, by its name


def save(model: FittedModel, folder: Path) -> Saved:
    """Write the files of a model into a folder, each whole or not at all; return what `load` needs beside the folder.

    Networks are written as model.safetensors, other models as the file of their predictor. Each member of an average
    has a folder of its own in the folder, from member-0 on.

    Raises:
        OSError: A file cannot be written.
        ValueError: The classifier of another library cannot be saved by skops.
    """
    if isinstance(model, AverageModel):
        return save_average(model, folder)
    if isinstance(model, Model):
        network_file.save(model, folder, {})
        return Saved(None, {})
    assert isinstance(model, EstimatorModel)
    content = model.predictor.dump()
    write_atomically(folder / model.predictor.file, content)
    reference = {
        "kind": model.predictor.kind,
        "shape": list(model.shape),
        "recipe": write_entries(model.recipe, model.decision),
        "scaling": vars(model.scaling) if model.scaling else None,
        "prior": list(model.prior),
        "calibration": vars(model.calibration),
    }
    return Saved(reference, {model.predictor.file: hashlib.sha256(content).hexdigest()})


def save_average(model: AverageModel, folder: Path) -> Saved:
    """Write the members of an average into folders of their own; arguments, result and errors are those of `save`."""
    saved = []
    for place, member in enumerate(model.members):
        of_member = folder / f"{MEMBER}{place}"
        of_member.mkdir(parents=True, exist_ok=True)
        saved.append(save(member, of_member))
    reference = {
        "kind": AVERAGE,
        "members": [each._asdict() for each in saved],
        "weights": list(model.weights),
        "forms": list(model.forms),
        "shape": list(model.shape),
        "recipe": write_entries(model.recipe, model.decision),
        "prior": list(model.prior),
        "calibration": vars(model.calibration),
    }
    return Saved(reference, {})


def load(
    folder: Path, reference: Mapping[str, Any] | None, checksums: Mapping[str, str], trusted: Sequence[str] = ()
) -> FittedModel:
    """Load the model that `save` wrote into a folder.

    Args:
        folder: The folder of `save`.
        reference: The entry `reference` that `save` returned: the parts of another model, or None for networks.
        checksums: The entry `checksums` that `save` returned; without use for networks.
        trusted: Names of types that the file may hold beside those that imbaloss writes by itself.

    Raises:
        ValueError: A file is missing, was changed after it was written, is none that `save` writes, or holds other
            types.
        KeyError: The reference or a checksum lacks an entry, or the kind of the model is unknown.
        TypeError: The reference has other entries.
    """
    if reference is None:
        return network_file.load(folder)[0]
    if reference.get("kind") == AVERAGE:
        return load_average(folder, reference, trusted)
    parts = to_tuples(dict(reference))
    kind = PREDICTORS[parts.get("kind", SklearnPredictor.kind)]  # version 0.1 knew no other
    file = folder / kind.file
    predictor = kind.parse(file, skops_file.read_unchanged(file, checksums[kind.file]), trusted)
    recipe, decision = read_entries(parts["recipe"])
    return EstimatorModel(
        recipe=recipe,
        shape=parts["shape"],
        scaling=Scaling(**parts["scaling"]) if parts["scaling"] else None,
        predictor=predictor,
        prior=parts.get("prior", ()),
        calibration=Calibration(**parts["calibration"]),
        decision=decision,
    )


def load_average(folder: Path, reference: Mapping[str, Any], trusted: Sequence[str]) -> AverageModel:
    """Load the average that `save` wrote into a folder; arguments and errors are those of `load`."""
    members = tuple(
        load(folder / f"{MEMBER}{place}", each["reference"], each["checksums"], trusted)
        for place, each in enumerate(reference["members"])
    )
    parts = to_tuples({name: value for name, value in reference.items() if name != "members"})
    recipe, decision = read_entries(parts["recipe"])
    forms = tuple(map(InputForm, parts["forms"]))
    if not len(members) == len(forms) == len(parts["weights"]):
        raise ValueError(
            f"{folder} holds no average that imbaloss has written: not each member has a weight and a form"
        )
    return AverageModel(
        recipe=recipe,
        shape=parts["shape"],
        members=members,
        weights=parts["weights"],
        forms=forms,
        prior=parts["prior"],
        calibration=Calibration(**parts["calibration"]),
        decision=decision,
    )


def remove(folder: Path) -> None:
    """Remove the files of the model in a folder, of any kind, and the folders of members; other files stay.

    Nothing happens if there are none.
    """
    for of_member in folder.glob(f"{MEMBER}[0-9]*"):
        remove(of_member)
        if not any(of_member.iterdir()):
            of_member.rmdir()
    for kind in PREDICTORS.values():
        (folder / kind.file).unlink(missing_ok=True)
    network_file.remove(folder)
