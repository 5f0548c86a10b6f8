"""A reader of skops files that hold nothing but a few known types. It does not import skops.

skops imports every estimator of scikit-learn to know their names, which takes longer than torch. The files of a table's
preparation and of a logistic regression hold few types, and reading these takes a few lines. All other files are left
to skops.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import numpy as np

PROTOCOL = 2  # the version of the format that is known here
SCHEMA = "schema.json"  # the file that describes the object; arrays have files of their own
NUMBERS = ("bool", "bool_", "float32", "float64", "int32", "int64")  # types of NumPy
TYPES = (*(f"builtins.{name}" for name in ("bool", "float", "int", "str")), *(f"numpy.{name}" for name in NUMBERS))
OBJECTS = (  # types that are made of their attributes alone
    "imbaloss.comparison.text_encoder.FittedTexts",
    "imbaloss.comparison.text_encoder.TextEncoder",
    "imbaloss.comparison.wide_quantiles.WideQuantileTransformer",
    "sklearn.impute._base.MissingIndicator",
    "sklearn.impute._base.SimpleImputer",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.preprocessing._encoders.OrdinalEncoder",
    "sklearn.preprocessing._function_transformer.FunctionTransformer",
    "sklearn.preprocessing._label.LabelBinarizer",
    "sklearn.preprocessing._label.LabelEncoder",
    "sklearn.preprocessing._target_encoder.TargetEncoder",
)
Node = Mapping[str, Any]  # the description of an object, as the file has it


class UnknownContentError(Exception):
    """Raised if a file holds a type, or has a form, that is not known here."""


def read_known(content: bytes) -> Any:
    """Read the object in the content of a skops file. Nothing is imported for it before all its types are known.

    Raises:
        UnknownContentError: The file holds another type, or has another form.
    """
    with ZipFile(BytesIO(content)) as archive:
        schema = json.loads(archive.read(SCHEMA))
        if schema.get("protocol") != PROTOCOL:
            raise UnknownContentError(f"protocol {schema.get('protocol')}")
        for node in iterate_nodes(schema):
            name = name_type(node)
            if name not in KNOWN.get(node["__loader__"], ()):
                raise UnknownContentError(name)
        return Reader(archive).read(schema)


def iterate_nodes(value: Any) -> Iterator[Node]:
    """Yield each description of an object within a JSON value, at any depth."""
    if isinstance(value, dict):
        if "__loader__" in value:
            yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from iterate_nodes(item)


def name_type(node: Node) -> str:
    """Return the module and the name of the type of a described object."""
    return f"{node['__module__']}.{node['__class__']}"


def import_type(node: Node) -> Any:
    """Import the type of a described object, which must be known."""
    return getattr(import_module(node["__module__"]), node["__class__"])


class Reader:
    """Makes the objects that a file describes. An object that occurs twice is made once."""

    def __init__(self, archive: ZipFile) -> None:
        """Keep the archive, which holds the arrays."""
        self.archive = archive
        self.made: dict[int, Any] = {}  # by the number of the object

    def read(self, node: Node) -> Any:
        """Return the object that a node describes."""
        number = node["__id__"]
        if number not in self.made:
            self.made[number] = READERS[node["__loader__"]](self, node)
        return self.made[number]

    def read_items(self, node: Node) -> Any:
        """Return a list or a tuple."""
        return import_type(node)(map(self.read, node["content"]))

    def read_dict(self, node: Node) -> Any:
        """Return a dictionary, whose keys get back their types."""
        kinds = self.read(node["key_types"])
        return {kind(key): self.read(value) for kind, (key, value) in zip(kinds, node["content"].items(), strict=True)}

    def read_array(self, node: Node) -> Any:
        """Return an array, or a number of a type of NumPy."""
        if node["type"] == "json":
            items = [self.read(item) for item in node["content"]]
            if len(self.read(node["shape"])) > 1:
                return np.array(items, dtype=object)
            array = np.empty(len(items), dtype=object)
            for place, item in enumerate(items):
                array[place] = item
            return array
        array = np.load(BytesIO(self.archive.read(node["file"])), allow_pickle=False)
        return array if node["__class__"] == "ndarray" else import_type(node)(array)

    def read_object(self, node: Node) -> Any:
        """Return an object with its attributes, without a call of its constructor."""
        kind = import_type(node)
        value = kind.__new__(kind)
        attributes = self.read(node["content"]) if "content" in node else None
        if attributes is not None:
            if hasattr(value, "__setstate__"):
                value.__setstate__(attributes)
            else:
                vars(value).update(attributes)
        return value


READERS: Mapping[str, Callable[[Reader, Node], Any]] = {
    "DTypeNode": lambda reader, node: reader.read(node["content"]).dtype,
    "DictNode": Reader.read_dict,
    "JsonNode": lambda _, node: json.loads(node["content"]),
    "ListNode": Reader.read_items,
    "NdArrayNode": Reader.read_array,
    "ObjectNode": Reader.read_object,
    "TupleNode": Reader.read_items,
    "TypeNode": lambda _, node: import_type(node),
}
KNOWN: Mapping[str, tuple[str, ...]] = {
    "DTypeNode": ("numpy.dtype",),
    "DictNode": ("builtins.dict",),
    "JsonNode": ("builtins.str",),
    "ListNode": ("builtins.list",),
    "NdArrayNode": ("numpy.ndarray", *(f"numpy.{name}" for name in NUMBERS)),
    "ObjectNode": OBJECTS,
    "TupleNode": ("builtins.tuple",),
    "TypeNode": TYPES,
}
