"""A trained model with all that it needs to predict from rows as a person has them; in a folder, without pickle."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from zipfile import ZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.atomic_write import write_atomically
from imbaloss.comparison.column_values import take_columns
from imbaloss.comparison.columns import Column, LeftOut, Reason, Schema
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.preparation import ImagePreparation, TablePreparation
from imbaloss.comparison.reading.frames import table_from_frame
from imbaloss.comparison.reading.image_arrays import prepare_image_array
from imbaloss.comparison.reading.table_file import naming
from imbaloss.evaluation.scores import Threshold
from imbaloss.learners import FittedModel, model_files, skops_file
from imbaloss.learners.network_file import check_unchanged
from imbaloss.spec_text import to_tuples

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "imbaloss own model 2"
FORMAT_1 = "imbaloss own model 1"  # in which the preparation is a ColumnTransformer; it can still be read
NAME, PREPARATION = "own.json", "preparation.skops"
SCHEMA = "schema.json"  # in a skops file
CHECKSUM = "sha256"  # of all else that the file says
TRUSTED = (  # in a preparation, beside what skops trusts by itself
    "imbaloss.comparison.wide_quantiles.WideQuantileTransformer",
    "numpy.dtype",
    "sklearn.model_selection._split.StratifiedKFold",
)
MOVED = {"imbaloss.data.own.quantiles": "imbaloss.comparison.wide_quantiles"}  # modules that earlier files name


@dataclass(frozen=True, eq=False)
class OwnModel:
    """A trained model that predicts from rows or images as a person has them.

    classes: negative and positive, text or as labels had them. facts: what the model was trained on, in JSON values.
    """

    model: FittedModel
    preparation: TablePreparation | ImagePreparation
    target: str
    classes: tuple[Any, Any]
    threshold: Threshold
    facts: Mapping[str, Any]

    @property
    def positive(self) -> Any:
        """The positive class."""
        return self.classes[1]

    @property
    def kind(self) -> Schema | ImagePreparation:
        """The columns that the model learned from, or the rules by which it reads images."""
        return self.preparation.schema if isinstance(self.preparation, TablePreparation) else self.preparation

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probabilities of the negative and the positive class, (N, 2).

        X: a frame with the columns of the training, or images (N, H, W[, C]). An array (N, D) is taken as columns X0,
        X1, ...

        Raises:
            ValueError: There are other columns, values of another kind, or images of another shape.
        """
        if isinstance(self.preparation, TablePreparation):
            features: Any = self.take_columns(self.preparation.schema, table_from_frame(X))
        else:
            features = prepare_image_array("X", np.asarray(X), self.preparation)
        positive = self.probabilities(features)
        return np.stack([1 - positive, positive], axis=1)

    def probabilities(self, features: Any) -> NDArray[np.float64]:
        """Return the probabilities of the positive class, (N,). features: of `take_columns`, or images (N, C, H, W)."""
        return self.model.probabilities(self.preparation(features))

    def take_columns(self, schema: Schema, table: "pa.Table", first_row: int = 1) -> pd.DataFrame:
        """Return the columns of a schema from a table in which the target may stand too.

        schema: the one of the preparation, whose columns may have other forms. first_row: the number of the first row,
        for messages.

        Raises:
            ValueError: A column is missing or unknown, or a value is not of the column's kind.
        """
        known = mark_missing(table, schema.na_values, schema.keep_na)
        return take_columns(schema, known, first_row, also=[self.target])

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the class of each row: positive where its probability reaches the threshold.

        Raises:
            ValueError: As `predict_proba`.
        """
        return self.decided(self.predict_proba(X)[:, 1])

    def decided(self, probabilities: NDArray[np.float64]) -> NDArray[Any]:
        """Return the class of each row, (N,). probabilities: of the positive class, (N,)."""
        are_numbers = all(isinstance(name, bool | int | float) for name in self.classes)
        classes = np.array(self.classes, dtype=None if are_numbers else object)
        return classes[(probabilities >= self.threshold.value).astype(np.int64)]

    def save(self, folder: Path) -> Path:
        """Write the model's files. The one that names the others comes last: before it is there, there is no model.

        A model that is in the folder is removed.
        """
        remove(folder)
        folder.mkdir(parents=True, exist_ok=True)
        checksums: dict[str, str] = {}
        if isinstance(self.preparation, TablePreparation):
            content = skops_file.dump(dict(self.preparation.steps))
            checksums[PREPARATION] = hashlib.sha256(content).hexdigest()
            write_atomically(folder / PREPARATION, content)
        saved = model_files.save(self.model, folder)
        header = {
            "format": FORMAT,
            "target": self.target,
            "classes": self.classes,
            "threshold": {
                name: value if np.isfinite(value) else None for name, value in self.threshold._asdict().items()
            },
            "kind": self.kind.to_json(),
            "reference": saved.reference,
            "files": checksums | saved.checksums,
            "facts": self.facts,
        }
        text = json.dumps(header | {CHECKSUM: digest(header)}, indent=1)
        return write_atomically(folder / NAME, text.encode())

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read the model of a folder.

        Raises:
            ValueError: The folder holds no such model, or one that was changed after it was written.
        """
        folder = Path(folder)
        header = read_header(folder)
        try:
            with naming(folder / NAME):
                kind = kind_from_json(header["kind"])
            preparation = load_preparation(folder, kind, header) if isinstance(kind, Schema) else kind
            model = model_files.load(folder, header["reference"], header["files"])
            negative, positive = header["classes"]  # two
            ends = header["threshold"]
            threshold = Threshold(**{name: np.nan if ends[name] is None else ends[name] for name in Threshold._fields})
            return cls(model, preparation, header["target"], (negative, positive), threshold, header["facts"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{folder / NAME} is not as imbaloss has written it: {error!r}") from error


def load_preparation(folder: Path, schema: Schema, header: Mapping[str, Any]) -> TablePreparation:
    """Read the preparation of a table. Raises ValueError for a file that was changed, or that holds other types."""
    file = folder / PREPARATION
    content = rename_moved(skops_file.read_unchanged(file, header["files"][PREPARATION]))
    steps = skops_file.load(file, content, TRUSTED)
    if header["format"] == FORMAT_1:
        steps = {name: step for name, step, _ in steps.transformers_}
    return TablePreparation(schema, steps)


def read_header(folder: Path) -> dict[str, Any]:
    """Read the file that names the others, without its checksum.

    Raises:
        ValueError: There is none, it was changed after it was written, or this version cannot read it.
    """
    file = folder / NAME
    if not file.is_file():
        raise ValueError(f"{folder} holds no {NAME}: `imbaloss compare` saved no model there")
    try:
        header = json.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{file} is no model file: {error}") from error
    if not isinstance(header, dict) or header.get("format") not in {FORMAT, FORMAT_1}:
        raise ValueError(f"{file} is no model file of this imbaloss: its format is not {FORMAT!r}")
    check_unchanged(file, header.pop(CHECKSUM, None), digest(header))
    return header


def digest(header: Mapping[str, Any]) -> str:
    """Return the checksum of the entries of the file that names the others."""
    return hashlib.sha256(json.dumps(header).encode()).hexdigest()


def rename_moved(content: bytes) -> bytes:
    """Return a skops file that names today's modules for those that an earlier version of imbaloss named."""
    with ZipFile(BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    if not any(module.encode() in files[SCHEMA] for module in MOVED):
        return content

    def rename(node: dict[str, Any]) -> dict[str, Any]:
        module = node.get("__module__")
        return node | {"__module__": MOVED[module]} if module in MOVED else node

    files[SCHEMA] = json.dumps(json.loads(files[SCHEMA], object_hook=rename)).encode()
    renamed = BytesIO()
    with ZipFile(renamed, "w") as archive:
        for name, file in files.items():
            archive.writestr(name, file)
    return renamed.getvalue()


def remove(folder: Path) -> None:
    """Remove the model of a folder, if there is one."""
    for name in (NAME, PREPARATION):
        (folder / name).unlink(missing_ok=True)
    model_files.remove(folder)


def kind_from_json(value: Mapping[str, Any]) -> Schema | ImagePreparation:
    """Return the schema or the rules for images that `to_json` described.

    Raises:
        ValueError: A column has an unknown kind or form.
    """
    if "images" in value:
        return ImagePreparation(**to_tuples(value["images"]))
    columns = tuple(Column.from_json(*fields) for fields in value["columns"])
    texts = (tuple(value.get(key, ())) for key in ("na_values", "keep_na"))  # which version 0.1 did not write
    left_out = {name: LeftOut(Reason.STORED, text) for name, text in value["left_out"]}
    return Schema(columns, left_out, *texts)


def plain(value: Any) -> Any:
    """Return a label as JSON has it, which is text for all but numbers and truths."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, bool | int | float) else str(value).strip()
