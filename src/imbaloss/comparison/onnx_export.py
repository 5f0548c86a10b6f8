"""A saved model as one ONNX file: from the columns of a table, or images, to probabilities and decisions."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import special
from torch import Tensor, nn

from imbaloss.comparison.columns import MISSING, Schema
from imbaloss.comparison.exported_inputs import IMAGES, describe_inputs
from imbaloss.comparison.exported_methods import LEARNERS
from imbaloss.comparison.onnx_quantiles import NormalQuantiles
from imbaloss.comparison.preparation import ImagePreparation, TablePreparation, list_step_columns
from imbaloss.data import InputForm
from imbaloss.learners.boosted_lightgbm import LightGBMPredictor
from imbaloss.learners.estimator_model import EstimatorModel
from imbaloss.learners.fitted_model import FittedModel
from imbaloss.learners.sklearn_predictor import SMALLEST, SklearnPredictor
from imbaloss.learners.tree_module import TreeSum, read_forest, read_lightgbm
from imbaloss.plural import join_words
from imbaloss.training import Model
from imbaloss.training.onnx_file import OUTPUTS, Exported, NetworkLogits, Scale, export

if TYPE_CHECKING:
    from imbaloss.comparison.own_model import OwnModel

UNKNOWN = -1  # the code of a name that the training did not have
INSIDE = "imbaloss:"  # begins the names within the file that are no column
DOMAIN, DOMAIN_VERSION = "ai.onnx.ml", 3  # of the operator that reads names


def build_onnx(own: "OwnModel") -> Any:
    """Build the ONNX model of a saved model: columns or images -> "probabilities" (N, 2) and "decisions" (N,).

    Each column of the training is an input (N, 1) of its name: float64 for numbers and dates, text for categories.
    `describe_inputs` says what each takes, and so does the property "inputs" of the file. Images are one input "images"
    of uint8. A decision of 1 is the positive class, at the threshold of the model. A model that decides by costs of
    each row has no output "decisions".

    Raises:
        ImportError: A package that the exporter needs is missing.
        ValueError: The learner of the model, or a name of a column, cannot be exported.
    """
    model, preparation = own.model, own.preparation
    check_names(preparation)
    if isinstance(preparation, ImagePreparation) and preparation.description is not None:
        raise ValueError(
            f"no ONNX file can be written of a model that learned from a description of images "
            f"({preparation.description}), only of one that learned from pixels: predict by `imbaloss predict`, or "
            "compare with --network mlp or cnn"
        )
    threshold = own.threshold.value if own.costs is None else None
    inside = Exported(make_logits(model), model.prior, model.calibration, threshold)
    shift = 0.0 if own.prevalence is None else float(special.logit(own.shift(np.array([0.5])))[0])
    if isinstance(preparation, ImagePreparation):
        shape = (preparation.channels, preparation.height, preparation.width)
        images = torch.zeros(2, *shape, dtype=torch.uint8)
        graph = export(OwnExported(prepare_images, inside, shift), images, [IMAGES])
    else:
        examples = make_examples(preparation.schema)
        module = OwnExported(PreparedColumns(preparation), inside, shift)
        graph = read_columns(export(module, tuple(examples.values()), list(examples)), preparation)
    if own.costs is not None:
        del graph.graph.output[1]
    describe(graph, own)
    return graph


def describe(graph: Any, own: "OwnModel") -> None:
    """Write the target, both classes, the threshold and what each input takes into the properties of an ONNX model."""
    from onnx import helper

    negative, positive = map(str, own.classes)
    properties = {"target": own.target, "negative": negative, "positive": positive, "output": own.output}
    inputs = json.dumps(describe_inputs(own.preparation), ensure_ascii=False)
    helper.set_model_props(graph, properties | {"threshold": repr(own.threshold.value), "inputs": inputs})


class OwnExported(nn.Module):
    """Preparation, fitted model, and the shift of its probabilities to another share of positives."""

    def __init__(self, prepare: Callable[[Any], Tensor], model: Exported, shift: float) -> None:
        """Join a preparation and a model.

        Args:
            prepare: Makes the inputs of the model, float64, of the inputs of the file.
            model: Gives probabilities and decisions.
            shift: What is added to the log-odds at the end.
        """
        super().__init__()
        self.prepare, self.model = prepare, model
        self.shift = torch.tensor(shift, dtype=torch.float64) if shift else None

    def forward(self, inputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Return probabilities (B, 2) and decisions (B,), 1 for positives, for images or the columns of each step."""
        probabilities, decisions = self.model(self.prepare(inputs))
        if self.shift is None:
            return probabilities, decisions
        positive = (probabilities[:, 1].logit() + self.shift).sigmoid()
        return torch.stack([1 - positive, positive], dim=1), (positive >= self.model.threshold).long()


def prepare_images(images: Tensor) -> Tensor:
    """Return images of uint8 as numbers from 0 to 1, rounded to float32, in float64."""
    return (images.float() / 255).double()


def make_logits(model: FittedModel) -> nn.Module:
    """Return a module that gives the log-odds of a fitted model, before prior correction and calibration.

    Raises:
        ValueError: The model is of a learner that cannot be exported.
    """
    if isinstance(model, Model):
        return NetworkLogits(model)
    if isinstance(model, EstimatorModel):
        if isinstance(model.predictor, LightGBMPredictor):
            return EstimatorLogits(model, TreeSum(read_lightgbm(model.predictor.booster)))
        if isinstance(model.predictor, SklearnPredictor) and (odds := make_odds(model.predictor)) is not None:
            return EstimatorLogits(model, odds)
    raise ValueError(
        f"no ONNX file can be written of this method, only of networks, {join_words(LEARNERS)}: predict by "
        "`imbaloss predict`, or compare those with --method"
    )


class EstimatorLogits(nn.Module):
    """A fitted model of another library: inputs (B, *shape) in float64 -> its log-odds (B,)."""

    def __init__(self, model: EstimatorModel, odds: nn.Module) -> None:
        """Copy the scaling of the model. odds: maps its rows (B, D) to log-odds."""
        super().__init__()
        self.odds = odds
        self.scale = None if model.scaling is None else Scale(model.scaling, model.shape, model.recipe.dtype)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the log-odds (B,)."""
        rows = inputs if self.scale is None else self.scale(inputs).double()
        odds: Tensor = self.odds(rows.flatten(1))
        return odds


def make_odds(predictor: SklearnPredictor) -> nn.Module | None:
    """Return a module for the log-odds of a logistic regression or forest; None for any other classifier."""
    from imblearn.ensemble import BalancedRandomForestClassifier
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    classifier = predictor.classifier  # of these very types, since a type of someone else may predict in another way
    if type(classifier) in {RandomForestClassifier, ExtraTreesClassifier, BalancedRandomForestClassifier}:
        return ForestOdds(classifier)
    if type(classifier) is LogisticRegression:
        sign = predictor.find_sign()
        return LinearOdds(sign * classifier.coef_[0], sign * float(classifier.intercept_[0]))
    return None


class LinearOdds(nn.Module):
    """The log-odds of a logistic regression: rows (B, D) -> (B,)."""

    def __init__(self, coefficients: NDArray[np.float64], intercept: float) -> None:
        """Copy the coefficients (D,) and the intercept."""
        super().__init__()
        self.coefficients = torch.from_numpy(coefficients.astype(np.float64))
        self.intercept = torch.tensor(intercept, dtype=torch.float64)
        self.limit = float(special.logit(1 - SMALLEST))

    def forward(self, rows: Tensor) -> Tensor:
        """Return the log-odds of rows, cut off as those of `SklearnPredictor`."""
        return ((rows * self.coefficients).sum(1) + self.intercept).clamp(-self.limit, self.limit)


class ForestOdds(nn.Module):
    """The log-odds of a forest of scikit-learn by its votes: rows (B, D) -> (B,)."""

    def __init__(self, classifier: Any) -> None:
        """Copy the trees."""
        super().__init__()
        self.votes, self.trees = TreeSum(read_forest(classifier)), len(classifier.estimators_)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the empirical logit of the share of votes, of rows as scikit-learn rounds them to float32."""
        votes: Tensor = self.trees * self.votes(rows.float().double())
        return ((votes + 0.5) / (self.trees - votes + 0.5)).log()


class PreparedColumns(nn.Module):
    """A `TablePreparation` as a module: numbers, codes of names, and cycles -> inputs of a model, in float64."""

    def __init__(self, preparation: TablePreparation) -> None:
        """Copy the fitted steps into tensors."""
        super().__init__()
        self.steps, self.is_prepared = list(list_step_columns(preparation.schema)), is_prepared(preparation)
        fitted = preparation.steps
        if self.is_prepared:
            if "numbers" in fitted:
                self.numbers = NormalQuantiles(fitted["numbers"])
            if "categories" in fitted:
                self.sizes = [len(each) for each in fitted["categories"].categories_]
        if "many" in fitted:
            encoder = fitted["many"]["target"] if self.is_prepared else fitted["many"]
            scaler = fitted["many"]["scale"] if self.is_prepared else None
            mean = np.zeros(len(encoder.encodings_)) if scaler is None else scaler.mean_
            scale = np.ones(len(encoder.encodings_)) if scaler is None else scaler.scale_
            self.encodings = [
                torch.from_numpy((np.append(of_column, encoder.target_mean_) - mean[place]) / scale[place])
                for place, of_column in enumerate(encoder.encodings_)
            ]

    def forward(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """Return the inputs of a model, (B, D).

        inputs: (B, columns) of each step in the order of `list_step_columns`: numbers and cycles in float64, NaN for
        missing ones; and codes of names, -1 for names that the training did not have.
        """
        prepare = {
            "numbers": self.prepare_numbers,
            "categories": self.prepare_categories,
            "many": self.encode,
            "cycles": self.prepare_cycles,
        }
        parts = [prepare[step](values) for step, values in zip(self.steps, inputs, strict=True)]
        joined = torch.cat(parts, dim=1)
        return joined.float().double() if self.is_prepared else joined

    def prepare_numbers(self, numbers: Tensor) -> Tensor:
        """Return numbers as they are, or their normal quantiles with indicators of missing ones."""
        if not self.is_prepared:
            return numbers
        quantiles: Tensor = self.numbers(numbers)
        return quantiles

    def prepare_categories(self, codes: Tensor) -> Tensor:
        """Return codes as numbers with NaN for unknown names, or one input for each name."""
        if not self.is_prepared:
            return torch.where(codes == UNKNOWN, torch.full_like(codes, torch.nan, dtype=torch.float64), codes.double())
        parts = [codes[:, place : place + 1] == torch.arange(size) for place, size in enumerate(self.sizes)]
        return torch.cat(parts, dim=1).double()

    def encode(self, codes: Tensor) -> Tensor:
        """Return the mean target of each name, which of an unknown name is that of all."""
        columns = [
            values[torch.where(codes[:, place] == UNKNOWN, len(values) - 1, codes[:, place])]
            for place, values in enumerate(self.encodings)
        ]
        return torch.stack(columns, dim=1)

    def prepare_cycles(self, cycles: Tensor) -> Tensor:
        """Return sines and cosines, with 0 for missing ones where the preparation fills them."""
        return torch.where(cycles.isnan(), torch.zeros_like(cycles), cycles) if self.is_prepared else cycles


def is_prepared(preparation: TablePreparation) -> bool:
    """Say whether a preparation changes numbers too, and does not keep the columns as they are."""
    return preparation.form is not InputForm.COLUMNS


def make_examples(schema: Schema) -> dict[str, Tensor]:
    """Make an example of the input of each step of the preparation, by the name of the step."""
    return {
        step: torch.zeros(2, len(names), dtype=torch.float64 if step in {"numbers", "cycles"} else torch.int64)
        for step, names in list_step_columns(schema).items()
    }


def check_names(preparation: TablePreparation | ImagePreparation) -> None:
    """Raise ValueError if a column has a name that the file uses itself, or is one of frozen features."""
    columns = preparation.schema.columns if isinstance(preparation, TablePreparation) else ()
    if embedded := [column.name for column in columns if column.is_embedded]:
        raise ValueError(
            f"no ONNX file can be written of a model that learns from the features of {embedded[0]!r}: predict by "
            "`imbaloss predict`"
        )
    if clash := [column.name for column in columns if column.name in OUTPUTS or column.name.startswith(INSIDE)]:
        raise ValueError(f"an ONNX file has no column {clash[0]!r}, which is a name of its own: rename it and compare")


def read_columns(graph: Any, preparation: TablePreparation) -> Any:
    """Return an ONNX model with an input for each column, in place of one for each step of the preparation."""
    from onnx import TensorProto, compose, helper

    renamed = compose.add_prefix(graph, INSIDE)
    inputs: dict[str, Any] = {}
    nodes = []
    for step, columns in list_step_columns(preparation.schema).items():
        is_text = step in {"categories", "many"}
        kind = TensorProto.STRING if is_text else TensorProto.DOUBLE
        inputs |= {name: helper.make_tensor_value_info(name, kind, ["samples", 1]) for name in columns}
        parts = list(columns)
        if is_text:
            parts = [f"{INSIDE}code of {name}" for name in columns]
            for name, part, names in zip(columns, parts, list_names(preparation, step), strict=True):
                nodes.append(make_reader(name, part, names))
        nodes.append(helper.make_node("Concat", parts, [INSIDE + step], axis=1))
    outputs = [helper.make_node("Identity", [INSIDE + name], [name]) for name in OUTPUTS]
    renamed.graph.node.extend(outputs)
    for place, node in enumerate(nodes):
        renamed.graph.node.insert(place, node)
    for each, name in zip(renamed.graph.output, OUTPUTS, strict=True):
        each.name = name
    del renamed.graph.input[:]
    renamed.graph.input.extend(inputs[column.name] for column in preparation.schema.columns)
    renamed.opset_import.append(helper.make_opsetid(DOMAIN, DOMAIN_VERSION))
    return renamed


def list_names(preparation: TablePreparation, step: str) -> Sequence[Sequence[str]]:
    """Return the names that each column of a step had in the training, in the order of their codes."""
    fitted = preparation.steps[step]
    encoder = fitted["target"] if step == "many" and is_prepared(preparation) else fitted
    return [each.tolist() for each in encoder.categories_]


def make_reader(column: str, codes: str, names: Sequence[str]) -> Any:
    """Make the ONNX node that reads the code of each name in a column. The empty text is a missing value.

    Args:
        column: The input, text (N, 1).
        codes: The output, int64 (N, 1), with -1 for unknown names.
        names: The known names in the order of their codes.
    """
    from onnx import helper

    keys = {name: code for code, name in enumerate(names)}
    if MISSING in keys:
        keys.setdefault("", keys[MISSING])
    return helper.make_node(
        "LabelEncoder",
        [column],
        [codes],
        domain=DOMAIN,
        keys_strings=list(keys),
        values_int64s=list(keys.values()),
        default_int64=UNKNOWN,
    )
