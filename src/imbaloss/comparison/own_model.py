"""A trained model that predicts from a person's own rows, saved in a folder without pickle."""

import hashlib
import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from imbaloss.comparison.embedding import Embedding
from imbaloss.comparison.explanation import SEED, RowSample, RowsToExplain, check_explaining
from imbaloss.comparison.first_checks import MODEL_FILE, find_model_file
from imbaloss.comparison.image_inputs import ImageInputs, are_images, embed_columns
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.new_data import NO_REFERENCE, NewData, NewRows
from imbaloss.comparison.preparation import ImagePreparation, TablePreparation, make_preparation
from imbaloss.comparison.reading.frames import table_from_frame
from imbaloss.comparison.reading.reading_options import naming
from imbaloss.comparison.reference import Reference
from imbaloss.comparison.row_costs import RowCosts
from imbaloss.comparison.stored_extractors import BUNDLED, StoredExtractors
from imbaloss.comparison.text_embedding import embed_texts
from imbaloss.data import InputForm
from imbaloss.evaluation import Guarantee
from imbaloss.evaluation.calibration import NONE
from imbaloss.evaluation.guarantees import is_guarantee
from imbaloss.evaluation.priors import read_prevalence
from imbaloss.evaluation.sample_costs import decide_by_costs
from imbaloss.evaluation.scores import Threshold
from imbaloss.evaluation.thresholds import Rule
from imbaloss.learners import FittedModel, model_files, skops_file
from imbaloss.learners.network_file import check_unchanged
from imbaloss.spec_text import to_tuples

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "imbaloss own model 2"
FORMAT_1 = "imbaloss own model 1"  # its preparation is a ColumnTransformer; it can still be read
NAME, PREPARATION, REFERENCE = MODEL_FILE, "preparation.skops", "reference.safetensors"
PROBABILITY, SCORE = "probability", "score"  # names of what a model gives for the positive class
SCHEMA = "schema.json"  # the file in a skops file that names types
CHECKSUM = "sha256"  # the entry with the checksum of all other entries
TRUSTED = (  # types that a preparation may hold, in addition to those that skops trusts
    "imbaloss.comparison.text_encoder.FittedTexts",
    "imbaloss.comparison.text_encoder.TextEncoder",
    "imbaloss.comparison.wide_quantiles.WideQuantileTransformer",
    "numpy.dtype",
    "sklearn.model_selection._split.StratifiedKFold",
)
MOVED = {"imbaloss.data.own.quantiles": "imbaloss.comparison.wide_quantiles"}  # old to new names of modules


@dataclass(frozen=True, eq=False)
class OwnModel:
    """A trained model that predicts from rows or images in the form in which the training got them."""

    model: FittedModel
    preparation: TablePreparation | ImagePreparation  # turns rows or images into inputs of the model
    target: str  # the name of the column of the target
    classes: tuple[Any, Any]  # the negative and the positive class, as text or as the labels had them
    threshold: Threshold
    facts: Mapping[str, Any]  # how the model was trained, as JSON values
    output: str  # what it gives for the positive class: "probability" or "score"
    costs: RowCosts | None = None  # what outcomes cost in each row, which decides in place of the threshold; or None
    reference: Reference | None = None  # what it keeps of its training rows; None: of version 0.1, or rows had weights
    prevalence: float | None = None  # share of positives to which probabilities are shifted; None: as calibrated
    # what makes the frozen features of the columns of images and texts
    extractors: StoredExtractors = field(default_factory=lambda: StoredExtractors({}))

    @property
    def positive(self) -> Any:
        """The positive class, as text or as the labels of the training had it."""
        return self.classes[1]

    @property
    def column(self) -> str:
        """The name of the column for its probabilities in a file of predictions, such as "probability_yes"."""
        return f"{self.output}_{self.positive}"

    @property
    def kind(self) -> Schema | ImagePreparation:
        """The columns that the model was trained on (a `Schema`), or the rules by which it reads images."""
        return self.preparation.schema if isinstance(self.preparation, TablePreparation) else self.preparation

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probabilities of the negative and the positive class, (N, 2).

        Args:
            X: A frame with the columns of the training, where the target may be missing; an array (N, D), whose columns
                are called X0, X1, ...; or images (N, H, W[, C]). Names of image files are relative to the current
                folder.

        Raises:
            ValueError: A column is missing or unknown, a value is of another kind, or images have another shape.
            TypeError: X is a lazy frame.
        """
        positive = self.probabilities(self.read_features(X))
        return np.stack([1 - positive, positive], axis=1)

    def read_features(self, X: Any) -> Any:
        """Return what `probabilities` takes from a frame, an array (N, D), or images (N, H, W[, C]).

        Raises:
            ValueError: A column is missing or unknown, a value is of another kind, or images have another shape.
            TypeError: X is a lazy frame.
        """
        kind = self.kind
        if isinstance(kind, Schema) and not (kind.noun == "image" and are_images(X)):
            return self.take_columns(kind, embed_columns(table_from_frame(X), kind, self.extractors, Path("X")))
        return ImageInputs(kind, self.extractors).read_array("X", np.asarray(X))

    def probabilities(self, features: Any) -> NDArray[np.float64]:
        """Predict the probability of the positive class, (N,), for the share of positives of `with_prevalence`.

        features: The frame that `take_columns` returns, or images (N, C, H, W) of uint8.
        """
        return self.shift(self.model.probabilities(self.preparation(features)))

    def shift(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shift probabilities (N,) of the fitted model to the share of positives of `with_prevalence`, if there is one.

        Otherwise they are returned unchanged.
        """
        return probabilities if self.reference is None else self.reference.shift(probabilities, self.prevalence)

    def count_unseen(self, features: Any) -> dict[str, int]:
        """Count the rows with a category that the training did not have, by column; for images there are no columns."""
        return self.preparation.count_unseen(features) if isinstance(self.preparation, TablePreparation) else {}

    def examine(self, X: Any) -> NewData:
        """Estimate the share of positives among new rows, and find the columns that have changed since the training.

        Args:
            X: What `predict_proba` takes.

        Raises:
            ValueError: A column is missing or unknown, a value is of another kind, or images have another shape.
            TypeError: X is a lazy frame.
        """
        counted, features = NewRows(self.reference), self.read_features(X)
        probabilities = self.model.probabilities(self.preparation(features))
        counted.add(features, probabilities, self.count_unseen(features))
        return counted.judge()

    def explain(self, X: Any, n: int = 10, background: Any = None, *, seed: int = SEED) -> pd.DataFrame:
        """Explain the rows with the highest probabilities: what each column adds to the probability of a row.

        Contributions are Shapley values in units of the probability: 0.12 is 12 percentage points. Those of a row and
        the base, the mean probability of the rows to compare with, add up to its probability.

        Args:
            X: A frame with the columns of the training, where the target may be missing; or an array (N, D).
            n: The number of rows to explain; all rows if there are fewer.
            background: The rows to compare with, such as those of the training; None for X itself. Of more than 100
                rows, 100 are drawn.
            seed: Draws the rows to compare with and the orders of the columns.

        Returns:
            One line for each column of each explained row. Its columns are "row" (the position in X, from 0 on),
            "probability_" and the class, "base", "column", "value" (text, or missing), and "contribution".

        Raises:
            ValueError: n is no whole number from 1 on, shap is missing, or the model is one of images. Or X is a single
                row without a background, the background has no rows, or rows are wrong as in `predict_proba`.
            TypeError: X is a lazy frame.
        """
        preparation, sample = check_explaining(self, n), None
        if background is not None:
            sample = RowSample(seed)
            sample.add(self.read_features(background))
        rows, features = RowsToExplain(self, preparation, n, sample, seed), self.read_features(X)
        rows.add(table_from_frame(X), 0, features, pd.DataFrame(index=features.index), self.probabilities(features))
        rows.check()
        return rows.explain().to_frame()

    def with_prevalence(self, share: float) -> Self:
        """Return a model whose probabilities are for rows with another share of positives. The threshold stays.

        A threshold that guarantees a recall or a false positive rate is shifted too, so that it flags the same rows.

        Args:
            share: The share of positives, above 0 and below 1, such as the estimate of `examine`.

        Raises:
            ValueError: The share is no such number, the model keeps no validation rows, or it gives scores. Or its
                threshold guarantees a precision, which depends on the share.
        """
        _, share = read_prevalence(share, 2)
        if self.reference is None:
            raise ValueError(f"probabilities cannot be shifted to another share: {NO_REFERENCE}")
        if self.output == SCORE:
            raise ValueError(
                "scores cannot be shifted to another share, since they are no probabilities: `compare` made this model "
                "with --calibration none"
            )
        shifted, guarantee = replace(self, prevalence=share), self.guarantee
        if guarantee is None:
            return shifted
        if guarantee.score == "precision":
            raise ValueError(
                f"{guarantee} is guaranteed for the share of positives of the training alone: shift nothing"
            )
        value = float(shifted.shift(np.array([self.threshold.value]))[0])
        return replace(shifted, threshold=Threshold(value, np.nan, np.nan))

    @property
    def guarantee(self) -> Guarantee | None:
        """What the threshold guarantees on new rows; None if nothing.

        It is None too if the training found no such threshold, or if the threshold was replaced.
        """
        if not self.facts.get("guaranteed"):
            return None
        return Guarantee.parse(self.facts["rule"], self.facts["confidence"])

    def with_threshold(self, threshold: float | str) -> Self:
        """Return a model that decides by another threshold, and not by the costs of rows.

        Args:
            threshold: A number from 0 to 1, or a rule such as "f1" or "cost:fn=10", which chooses by the validation
                rows of the training. They are weighted to the share of positives of `with_prevalence`.

        Raises:
            ValueError: The number is another one, the rule is unknown or cannot be met, the model keeps no validation
                rows, or a guarantee such as "recall>=0.9" is asked for, which needs rows that chose nothing else.
        """
        if is_guarantee(threshold):
            raise ValueError(
                f"a guarantee such as {threshold} is asked of `compare`, which sets rows apart for it: give a number "
                "or another rule"
            )
        try:
            number = float(threshold)
        except ValueError:
            rule = Rule.parse(str(threshold))
        else:
            if not 0 <= number <= 1:
                raise ValueError(f"a threshold must be a number from 0 to 1 or a rule, found {threshold}")
            return self.replace_threshold(Threshold(number, number, number))
        if self.reference is None:
            raise ValueError(f"the rule {threshold} cannot choose a threshold, give a number: {NO_REFERENCE}")
        return self.replace_threshold(self.reference.choose_threshold(rule, self.prevalence))

    def replace_threshold(self, threshold: Threshold) -> Self:
        """Return a model that decides by this threshold, which guarantees nothing, and not by the costs of rows."""
        facts = {**self.facts, "guaranteed": False} if "guaranteed" in self.facts else self.facts
        return replace(self, threshold=threshold, costs=None, facts=facts)

    def take_columns(self, schema: Schema, table: "pa.Table", first_row: int = 1) -> pd.DataFrame:
        """Return the columns that the model needs from a table as a frame, which `probabilities` takes.

        The table may hold the target too. Numbers and dates become float64, with NaN for missing ones; names stay text.

        Args:
            schema: The columns of the training, perhaps with other forms of numbers and dates.
            table: The rows.
            first_row: The number of the first row, for messages.

        Raises:
            ValueError: A column is missing or unknown, or a value is not of the column's kind. Or the model learned
                from frozen features of texts, and this machine lacks what makes them.
        """
        marked = embed_texts(schema, mark_missing(table, schema.na_values, schema.keep_na), self.extractors)
        return take_columns(schema, marked, first_row, also=[self.target, *(self.costs.columns if self.costs else ())])

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the class of each row, (N,): positive if its probability is at least the threshold.

        With costs that differ by row, it is the class of the lower expected cost.

        Args:
            X: A frame with the columns of the training, an array (N, D), or images (N, H, W[, C]).

        Returns:
            The classes as text, or as numbers or booleans if the labels of the training were such.

        Raises:
            ValueError: A column is missing or unknown, a value is of another kind, or images have another shape.
            TypeError: X is a lazy frame.
        """
        costs = self.compute_costs(table_from_frame(X)) if self.costs else None
        return self.decide(self.predict_proba(X)[:, 1], costs)

    def compute_costs(self, table: "pa.Table", first_row: int = 1) -> NDArray[np.float64] | None:
        """Compute the costs of each row of a table, (N, 4); None for a model that decides by a threshold.

        Args:
            table: The rows.
            first_row: The number of the first row, for messages.

        Raises:
            ValueError: A column of the costs is missing, or has a value that is missing or no number.
        """
        na_values = self.kind.na_values if isinstance(self.kind, Schema) else ()
        return None if self.costs is None else self.costs.compute(table, na_values, first_row)

    def decide(self, probabilities: NDArray[np.float64], costs: NDArray[np.float64] | None = None) -> NDArray[Any]:
        """Return the class of each row, (N,): positive if its probability is at least the threshold.

        Args:
            probabilities: (N,), of the positive class; NaN gives the negative class.
            costs: (N, 4), the costs of each row, by which it is decided in place of the threshold; None for none.
        """
        are_numbers = all(isinstance(name, bool | int | float) for name in self.classes)
        classes = np.array(self.classes, dtype=None if are_numbers else object)
        flagged = probabilities >= self.threshold.value if costs is None else decide_by_costs(probabilities, costs)
        return classes[flagged.astype(np.int64)]

    def to_onnx(self, file: str | Path) -> Path:
        """Write the model with its preparation as one ONNX file, and return its path. An existing file is replaced.

        Each column of the training is an input (N, 1) of its name: float64 for numbers and for dates (days since 1970),
        text for categories. NaN and the empty text are missing values. `read_features` gives such columns. A column of
        images whose features are learned from is an input of prepared images, as the property `inputs` says. A model of
        pixels has one input "images", uint8 (N, C, H, W). The outputs are "probabilities" (N, 2) and, unless each row
        is decided by its own costs, "decisions" (N,), 1 for the positive class.

        Raises:
            ImportError: A package that the exporter needs is missing, of the extra `onnx`.
            ValueError: The learner of the model cannot be exported, or a column has the name of an output.
            OSError: The file cannot be written.
        """
        from imbaloss.comparison.onnx_export import build_onnx  # here, since only this method needs it

        return write_atomically(Path(file), build_onnx(self).SerializeToString())

    def save(self, folder: Path, *, bundle: bool = False) -> Path:
        """Write the files of the model into a folder, and return the file that names the others.

        A missing folder is made. An earlier model in the folder is removed. The file that names the others is written
        last, so that an interrupted save leaves no model.

        bundle: Whether the weights of pretrained models that make its features are kept too. A model that was loaded
            with them always keeps them.

        Raises:
            OSError: The folder cannot be written.
            ValueError: The classifier of another library cannot be saved by skops, or the weights of a pretrained model
                cannot be had.
        """
        bundle = bundle or bool(self.extractors.bundled)
        for column in self.extractors.embeddings if bundle else ():
            self.extractors.open(column)  # before its file may be removed
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NAME).unlink(missing_ok=True)
        bundled = self.extractors.write_bundle(folder) if bundle else {}
        remove_model(folder, keep=bundled.values())
        checksums: dict[str, str] = {}
        if isinstance(self.preparation, TablePreparation):
            content = skops_file.dump(dict(self.preparation.steps), TRUSTED)
            checksums[PREPARATION] = hashlib.sha256(content).hexdigest()
            write_atomically(folder / PREPARATION, content)
        if self.reference is not None:
            content = self.reference.to_bytes()
            checksums[REFERENCE] = hashlib.sha256(content).hexdigest()
            write_atomically(folder / REFERENCE, content)
        saved = model_files.save(self.model, folder)
        header = {
            "format": FORMAT,
            "target": self.target,
            "classes": self.classes,
            "threshold": {
                name: value if np.isfinite(value) else None for name, value in self.threshold._asdict().items()
            },
            "kind": self.kind.to_json(),
            "form": self.preparation.form if isinstance(self.preparation, TablePreparation) else InputForm.PREPARED,
            "reference": saved.reference,
            "files": checksums | saved.checksums,
            "facts": self.facts,
            "output": self.output,
            **({"costs": self.costs.to_json()} if self.costs else {}),
            **({} if self.prevalence is None else {"prevalence": self.prevalence}),
            **({"bundled": bundled} if bundled else {}),
        }
        text = json.dumps(header | {CHECKSUM: hash_header(header)}, indent=1)
        return write_atomically(folder / NAME, text.encode())

    @classmethod
    def load(cls, folder: str | Path, trusted: Sequence[str] = ()) -> Self:
        """Load the model that `imbaloss compare` or `save` wrote into a folder.

        Args:
            folder: The folder.
            trusted: Names of types, such as "mypackage.MyClassifier", that the model may hold beside those that
                imbaloss writes by itself.

        Raises:
            ValueError: The folder holds no model of this format, its files were changed after they were written, or
                they hold types that are not trusted. The message names these types.
        """
        folder = Path(folder)
        header = read_header(folder)
        try:
            with naming(folder / NAME):
                kind = read_kind(header["kind"])
            preparation = load_preparation(folder, kind, header, trusted) if isinstance(kind, Schema) else kind
            model = model_files.load(folder, header["reference"], header["files"], trusted)
            negative, positive = header["classes"]  # two
            ends = header["threshold"]
            threshold = Threshold(**{name: np.nan if ends[name] is None else ends[name] for name in Threshold._fields})
            return cls(
                model=model,
                preparation=preparation,
                target=header["target"],
                classes=(negative, positive),
                threshold=threshold,
                facts=header["facts"],
                output=header.get("output", PROBABILITY),  # version 0.1 did not write it, and always gave this name
                costs=RowCosts.from_json(header["costs"]) if "costs" in header else None,
                reference=load_reference(folder, header["files"]),
                prevalence=header.get("prevalence"),
                extractors=load_extractors(folder, kind, header),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{folder / NAME} is not as imbaloss has written it: {error!r}") from error


def name_output(model: FittedModel) -> str:
    """Return "score" if the model was asked for no calibration, and "probability" for every other model.

    A reader takes a probability for a share of positives, which numbers without calibration need not be.
    """
    return SCORE if model.decision.calibration == NONE else PROBABILITY


def load_reference(folder: Path, checksums: Mapping[str, str]) -> Reference | None:
    """Load what a model keeps of its training rows; None if version 0.1 wrote it, which kept nothing.

    checksums: SHA-256 of each file of the model, by its name.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file is missing or was changed after it was written.
    """
    if REFERENCE not in checksums:
        return None
    return Reference.from_bytes(skops_file.read_unchanged(folder / REFERENCE, checksums[REFERENCE]))


def load_extractors(folder: Path, kind: Schema | ImagePreparation, header: Mapping[str, Any]) -> StoredExtractors:
    """Return what opens the extractors of a model's columns, with the weights that its folder keeps.

    Args:
        folder: The folder.
        kind: The columns, or the rules for images.
        header: The content of the file that names the others.
    """
    bundled = {column: folder / Path(name).name for column, name in header.get("bundled", {}).items()}
    return StoredExtractors(kind.embeddings if isinstance(kind, Schema) else {}, bundled)


def load_preparation(
    folder: Path, schema: Schema, header: Mapping[str, Any], trusted: Sequence[str]
) -> TablePreparation:
    """Load the preparation of a table from the folder of a model.

    Args:
        folder: The folder.
        schema: The columns that the preparation is for.
        header: The content of the file that names the others, with its checksums.
        trusted: Names of types that it may hold beside those that imbaloss writes by itself.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file was changed after it was written, or holds types that are not trusted.
    """
    file = folder / PREPARATION
    content = rename_moved(skops_file.read_unchanged(file, header["files"][PREPARATION]))
    steps = skops_file.load(file, content, [*TRUSTED, *trusted])
    if header["format"] == FORMAT_1:
        steps = {name: step for name, step, _ in steps.transformers_}
    return make_preparation(schema, steps, InputForm(header.get("form", InputForm.PREPARED)))


def read_header(folder: Path) -> dict[str, Any]:
    """Read the JSON file of a model that names its other files, and return its entries without the checked checksum.

    Raises:
        ValueError: The file is missing, was changed after it was written, or has a format that is unknown.
    """
    file = find_model_file(folder)
    try:
        header = json.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{file} is no model file: {error}") from error
    if not isinstance(header, dict) or header.get("format") not in {FORMAT, FORMAT_1}:
        raise ValueError(f"{file} is no model file of this imbaloss: its format is not {FORMAT!r}")
    check_unchanged(file, header.pop(CHECKSUM, None), hash_header(header))
    return header


def hash_header(header: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the entries of a model file, without that of the checksum, as hexadecimal digits."""
    return hashlib.sha256(json.dumps(header).encode()).hexdigest()


def rename_moved(content: bytes) -> bytes:
    """Replace the names of moved modules in the bytes of a skops file (a ZIP); others are returned unchanged."""
    with ZipFile(BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    if not any(module.encode() in files[SCHEMA] for module in MOVED):
        return content

    def rename(node: dict[str, Any]) -> dict[str, Any]:
        """Return a node of the JSON document with the new name of its module; others are returned unchanged."""
        module = node.get("__module__")
        return node | {"__module__": MOVED[module]} if module in MOVED else node

    files[SCHEMA] = json.dumps(json.loads(files[SCHEMA], object_hook=rename)).encode()
    renamed = BytesIO()
    with ZipFile(renamed, "w") as archive:
        for name, file in files.items():
            archive.writestr(name, file)
    return renamed.getvalue()


def remove_model(folder: Path, keep: Collection[str] = ()) -> None:
    """Remove the files of the model in a folder; other files stay. Do nothing if there is no model or no folder.

    keep: The names of files and folders with weights that stay.
    """
    for name in (NAME, PREPARATION, REFERENCE):
        (folder / name).unlink(missing_ok=True)
    for weights in folder.glob(f"{BUNDLED}*"):
        if weights.name in keep:
            continue
        if weights.is_dir():
            shutil.rmtree(weights)
        else:
            weights.unlink()
    model_files.remove(folder)


def read_kind(value: Mapping[str, Any]) -> Schema | ImagePreparation:
    """Read the columns of a table, or the rules for images, from the entries of a model file.

    value: The entries "columns", "left_out" and so on, or the entry "images".

    Raises:
        ValueError: A column has an unknown kind or form.
        KeyError: An entry is missing.
    """
    if "images" in value:
        return ImagePreparation(**to_tuples(value["images"]))
    columns = tuple(Column.from_json(*fields) for fields in value["columns"])
    na_values, keep_na = (
        tuple(value.get(key, ())) for key in ("na_values", "keep_na")
    )  # version 0.1 did not write them
    left_out = {name: LeftOut(Reason.STORED, text) for name, text in value["left_out"]}
    embeddings = {name: Embedding.from_json(entry) for name, entry in value.get("embeddings", {}).items()}
    return Schema(columns, left_out, na_values, keep_na, embeddings)


def convert_label(value: Any) -> Any:
    """Convert a label to a JSON value: numbers and booleans stay (NumPy's as Python's), others become trimmed text."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, bool | int | float) else str(value).strip()
