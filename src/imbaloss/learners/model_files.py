"""The files of a fitted model: networks as safetensors, a classifier of scikit-learn as skops. No pickle."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from imbaloss.atomic_write import write_atomically
from imbaloss.evaluation import Calibration
from imbaloss.learners import network_file, skops_file
from imbaloss.learners.fitted_model import FittedModel
from imbaloss.learners.sklearn_reference import SklearnModel
from imbaloss.spec_text import to_tuples
from imbaloss.training import Model
from imbaloss.training.recipe import read_entries, write_entries
from imbaloss.training.scaling import Scaling

REFERENCE = "reference.skops"  # name of the file of a scikit-learn classifier
TRUSTED = (  # types in a file of a reference that skops does not trust by itself
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)


class Saved(NamedTuple):
    """The arguments of `load` beside the folder, as JSON values. They are empty for networks, whose file holds all."""

    reference: dict[str, Any] | None  # the parts of an `SklearnModel` except its classifier; None for networks
    checksums: dict[str, str]  # SHA-256 of each file, by its name


def save(model: FittedModel, folder: Path) -> Saved:
    """Write the file of a model into a folder, whole or not at all; return what `load` needs beside the folder.

    Networks are written as model.safetensors, a classifier of scikit-learn as reference.skops. Raises OSError if the
    file cannot be written.
    """
    if isinstance(model, Model):
        network_file.save(model, folder, {})
        return Saved(None, {})
    assert isinstance(model, SklearnModel)
    content = skops_file.dump(model.classifier)
    write_atomically(folder / REFERENCE, content)
    reference = {
        "shape": list(model.shape),
        "recipe": write_entries(model.recipe, model.decision),
        "scaling": vars(model.scaling),
        "calibration": vars(model.calibration),
    }
    return Saved(reference, {REFERENCE: hashlib.sha256(content).hexdigest()})


def load(folder: Path, reference: Mapping[str, Any] | None, checksums: Mapping[str, str]) -> FittedModel:
    """Load the model that `save` wrote into a folder.

    Args:
        folder: The folder of `save`.
        reference: The entry `reference` that `save` returned: the parts of a scikit-learn model, or None for networks.
        checksums: The entry `checksums` that `save` returned; without use for networks.

    Raises:
        ValueError: A file is missing, was changed after it was written, or is none that `save` writes.
        KeyError: The reference or a checksum lacks an entry.
        TypeError: The reference has other entries.
    """
    if reference is None:
        return network_file.load(folder)[0]
    file = folder / REFERENCE
    classifier = skops_file.load(file, skops_file.read_unchanged(file, checksums[REFERENCE]), TRUSTED)
    parts = to_tuples(dict(reference))
    recipe, decision = read_entries(parts["recipe"])
    return SklearnModel(
        recipe=recipe,
        shape=parts["shape"],
        scaling=Scaling(**parts["scaling"]),
        classifier=classifier,
        calibration=Calibration(**parts["calibration"]),
        decision=decision,
    )


def remove(folder: Path) -> None:
    """Remove the files of the model in a folder, of either kind; other files stay.

    Nothing happens if there are none.
    """
    (folder / REFERENCE).unlink(missing_ok=True)
    network_file.remove(folder)
