"""A recipe: the hyper-parameters of one training. To check one takes no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from imbaloss import networks
from imbaloss.choices import check_choice
from imbaloss.evaluation import Decision
from imbaloss.features.spec import read_image_spec
from imbaloss.field_tables import Field, FieldError
from imbaloss.networks import Design, Kind
from imbaloss.recipe_fields import DECISION_FIELDS, FIELDS, TRAINING_FIELDS, RecipeFields

if TYPE_CHECKING:
    import torch

# precision -> torch's names of the type of weights, and of the type of products and activations
PRECISIONS = {"float32": ("float32", "float32"), "float64": ("float64", "float64"), "bf16": ("float32", "bfloat16")}
TEXTS = tuple(field for field in TRAINING_FIELDS.values() if field.kind is str)
NUMBERS = tuple(
    field for field in TRAINING_FIELDS.values() if field.kind in {int, float} and field.name not in networks.LAYERS
)


@dataclass(frozen=True)
class Recipe(RecipeFields):
    """The hyper-parameters of a training: all but its data, loss and seed. `RecipeFields` lists the fields.

    Values are put into canonical form: rates in ascending order, real numbers as floats, and None for layers that the
    network does not have.
    """

    def candidates(self) -> "tuple[Recipe, ...]":
        """Return one recipe for each rate of `tune_lr`, the smallest first; without such rates the recipe alone.

        Each has its rate as `lr` and an empty `tune_lr`.
        """
        return tuple(replace(self, lr=lr, tune_lr=()) for lr in self.tune_lr) or (self,)

    @property
    def shared(self) -> "Recipe":
        """The recipe with epochs 1, lr 1.0 and no tune_lr. It is equal for recipes that can be trained in one stack."""
        return replace(self, epochs=1, lr=1.0, tune_lr=())

    @property
    def kind(self) -> Kind:
        """The kind of its network: body, and head of prototypes or None, read from the text `network`."""
        return networks.parse(self.network)

    def design(self, shape: Sequence[int]) -> Design:
        """Return the structure of its network, without weights, for inputs of that shape. Nothing is checked."""
        return Design(self.kind, tuple(shape), self.hidden or (), self.channels or (), self.outputs, self.activation)

    @property
    def augments(self) -> bool:
        """Whether images are flipped or shifted, so that they differ from epoch to epoch."""
        return self.flip or self.shift > 0

    def check_shape(self, shape: Sequence[int]) -> None:
        """Raise ValueError if the recipe cannot train on inputs of that shape.

        That is so for rows of columns and a network for images, flip or shift, and for a shift as large as the image.
        """
        networks.check_shape(self.design(shape))
        if self.augments and len(shape) != 3:
            raise ValueError("flip and shift are for images (channels, height, width), and these are rows of columns")
        side = min(shape[1:], default=0)
        rule = f"shift must be smaller than the image, whose shorter side has {side} pixels, found {self.shift}"
        require(self.shift < side or not self.shift, rule)

    @property
    def classes(self) -> int:
        """The number of classes: 2 for one or two outputs, else the number of outputs."""
        return max(self.outputs, 2)

    @property
    def dtype(self) -> "torch.dtype":
        """The torch type of the weights, and of all products of a trained model: float32 or float64."""
        return find_torch_type(PRECISIONS[self.precision][0])

    @property
    def products(self) -> "torch.dtype":
        """The torch type of products and activations in training; bfloat16 for precision bf16."""
        return find_torch_type(PRECISIONS[self.precision][1])

    def __post_init__(self) -> None:
        """Put each value into its canonical form, such as sorted rates and floats.

        Raises FieldError, a ValueError, for a value that its field does not admit.
        """
        for field in TEXTS:
            object.__setattr__(self, field.name, canonical_text(field, getattr(self, field.name)))
        for name, bodies in networks.LAYERS.items():
            widths = canonical_widths(FIELDS[name], getattr(self, name))
            object.__setattr__(self, name, widths if self.kind.body in bodies else None)
        weights = PRECISIONS[self.precision][0]
        for field in NUMBERS:
            object.__setattr__(self, field.name, canonical_numbers(field, getattr(self, field.name), weights))
        if len(set(self.tune_lr)) < len(self.tune_lr):
            raise FieldError("tune_lr", f"must name each rate once, found {self.tune_lr}")
        if self.features and (self.augments or self.kind.convolutional):
            raise FieldError(
                "features", "cannot be combined with flip, shift or a convolutional network: these need images"
            )
        if self.momentum and self.optimizer != "sgd":
            raise FieldError("momentum", f"{self.optimizer} takes no momentum; sgd does", named=False)


def find_torch_type(name: str) -> "torch.dtype":
    """Return a type of torch by its name, such as "float32"."""
    import torch  # here, so that options are checked without it

    dtype: torch.dtype = getattr(torch, name)
    return dtype


def canonical_text(field: Field, value: str) -> str:
    """Return a text that a field admits; a network with its parameters in their one order, other texts unchanged.

    Raises FieldError if the field does not admit the text, or a network is no text or unknown.
    """
    try:
        if field.name == "network":
            require(isinstance(value, str), f"network must be a text, as cnn, found {value!r}")
            return str(networks.parse(value))
        if field.name == "features":
            require(isinstance(value, str), f"features must be a text, as timm:resnet18, found {value!r}")
            return str(read_image_spec(value)) if value else ""
        check_choice(field.name, value, field.entry.names)
    except ValueError as error:
        raise FieldError(field.name, str(error), named=False) from error
    return value


def canonical_widths(field: Field, value: Sequence[int] | None) -> tuple[int, ...]:
    """Return the widths of layers as a tuple of ints; those of the field's default for None.

    Raises FieldError for widths that are no whole numbers or outside their domain, and for no widths if the field needs
    some.
    """
    try:
        widths = tuple(
            canonical_int(f"one of {field.name}", width) for width in (field.default if value is None else value)
        )
    except FieldError as error:
        raise FieldError(field.name, str(error), named=False) from error
    for domain in field.entry.domains:
        if not all(map(domain.contains, widths)):
            raise FieldError(field.name, f"{domain.rule}, found {widths}")
    if not widths and not field.entry.may_be_empty:
        raise FieldError(field.name, "must name a number for each stage, found none")
    return widths


def canonical_numbers(field: Field, value: Any, weights: str) -> Any:
    """Return the canonical form of a number, or of several numbers in ascending order: ints, or floats without -0.0.

    Args:
        field: The field of the value.
        value: A number, or a sequence if the field takes several; None if the field admits it, which is returned.
        weights: The type of the weights, "float32" or "float64", in which some numbers are judged.

    Raises:
        FieldError: The field does not admit a number.
    """
    if value is None and field.optional:
        return None
    values = value if field.several else (value,)
    numbers = sorted(
        [canonical_int(field.name, each) if field.kind is int else canonical_float(each) for each in values]
    )
    for each in numbers:
        for domain in field.entry.domains:
            if not domain.contains(round_number(each, weights) if domain.in_precision else each):
                shown = f"{each}" if field.kind is int else f"{each:g}"
                precision = f" for torch.{weights}" if domain.in_precision else ""
                raise FieldError(field.name, f"{domain.rule}, found {shown}{precision}")
    return tuple(numbers) if field.several else numbers[0]


def round_number(number: float, weights: str) -> float:
    """Round a number to a type, "float32" or "float64"; one that is too large becomes infinite."""
    with np.errstate(over="ignore"):
        return float(np.dtype(weights).type(number))


def read_entries(entries: Mapping[str, Any]) -> tuple[Recipe, Decision]:
    """Build the recipe and the decision (calibration and threshold rule) from the entries of a stored recipe.

    The entries are by field name. Missing ones get their defaults.

    Raises:
        FieldError: A field does not admit its value.
        TypeError: An entry is no field.
    """
    recipe = Recipe(**{name: value for name, value in entries.items() if name not in DECISION_FIELDS})
    return recipe, Decision.read(entries)


def write_entries(recipe: Recipe, decision: Decision) -> dict[str, Any]:
    """Return recipe and decision as entries by field name, which `read_entries` reads, in the order of `FIELDS`.

    Fields at their default are included.
    """
    return vars(recipe) | decision.entries


def check_entries(entries: Mapping[str, Any]) -> None:
    """Raise FieldError if entries of a recipe name layers (hidden or channels) that its network does not have.

    Such layers would have no effect. Without an entry `network` it is an mlp. Raises ValueError for an unknown network.
    """
    network = str(entries.get("network", "mlp"))
    body = networks.parse(network).body
    for name, bodies in networks.LAYERS.items():
        if name in entries and body not in bodies:
            raise FieldError(name, f"is for {' and '.join(bodies)}, and the network is {network}")


def canonical_float(value: float) -> float:
    """Return a number as a float, -0.0 as 0.0, since the text of a recipe identifies a run.

    Raises TypeError or ValueError for what is no number.
    """
    return float(value) + 0.0


def canonical_int(name: str, value: object) -> int:
    """Return a whole number of any integer type as an int.

    Raises FieldError, which names the field `name`, for other values; a float or a bool is none.
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise FieldError(name, f"must be a whole number, found {value!r}")
    return int(value)


def require(holds: object, message: str) -> None:
    """Raise ValueError with that message unless the condition is true."""
    if not holds:
        raise ValueError(message)
