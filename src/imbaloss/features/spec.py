"""The text form of an extractor of features, `kind:name:key=value,...`, such as "timm:resnet50:flips=true"."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Self

from imbaloss.choices import check_choice, check_parameter

FORM = re.compile(r"(?P<kind>[^:]+):(?P<name>.+?)(:(?P<parameters>\w+=.*))?")  # a name may hold colons, as C:\x.onnx
WEIGHTS, FLIPS = "weights", "flips"
OF_IMAGES = {"timm": (WEIGHTS, FLIPS), "onnx": (FLIPS,)}  # kinds of extractors of images, and their parameters
TRUTH_VALUES = {"true": True, "false": False}


@dataclass(frozen=True)
class ExtractorSpec:
    """An extractor as an option names it: its kind, the name of a model or file, and parameters."""

    kind: str
    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, kinds: Mapping[str, Collection[str]]) -> Self:
        """Parse a text such as "timm:resnet50:flips=true". Whether the model exists is not checked.

        Args:
            text: The text.
            kinds: The admitted kinds, each with the names of its parameters.

        Raises:
            ValueError: The text has another form, its kind or a parameter is unknown, or a parameter is given twice.
        """
        match = FORM.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"features are written kind:name, as {next(iter(kinds))}:resnet50, found {text!r}")
        kind, name = match["kind"], match["name"].strip()
        check_choice("kind of features", kind, kinds)
        parameters: dict[str, str] = {}
        for assignment in filter(None, (match["parameters"] or "").split(",")):
            key, equals, value = (part.strip() for part in assignment.partition("="))
            if not equals:
                raise ValueError(f"features are written kind:name:key=value,..., found {assignment!r} in {text!r}")
            check_parameter(f"{kind}:{name}", key, kinds[kind])
            if key in parameters:
                raise ValueError(f"{key} is given twice in {text!r}")
            parameters[key] = value
        return cls(kind, name, parameters)

    def __str__(self) -> str:
        """Write the text that `parse` reads, with the parameters in alphabetical order."""
        assignments = ",".join(f"{key}={value}" for key, value in sorted(self.parameters.items()))
        return ":".join(filter(None, (self.kind, self.name, assignments)))

    def read_truth_value(self, key: str) -> bool:
        """Return a parameter that is true or false; false if it is not given.

        Raises:
            ValueError: The parameter has another value.
        """
        value = self.parameters.get(key, "false").lower()
        if value not in TRUTH_VALUES:
            raise ValueError(f"{key} of {self} must be true or false, found {value!r}")
        return TRUTH_VALUES[value]


def read_image_spec(text: str) -> ExtractorSpec:
    """Read the text of an extractor of images, without opening it.

    Raises:
        ValueError: The text has another form, or its kind or a parameter is unknown.
    """
    return ExtractorSpec.parse(text, OF_IMAGES)
