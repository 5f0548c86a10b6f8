"""Features of images by an ONNX file of one's own, through onnxruntime."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from imbaloss.atomic_write import write_atomically
from imbaloss.choices import check_choice
from imbaloss.extras import describe_installation
from imbaloss.features.extractor import ExtractorFacts
from imbaloss.features.image_settings import IMAGENET_MEAN, IMAGENET_STD, ImageSettings, prepare_image
from imbaloss.features.spec import FLIPS, ExtractorSpec

if TYPE_CHECKING:
    from PIL import Image

ENDING = ".onnx"
SIZE = 224  # the default side of the inputs of a graph that takes any
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")


class OnnxExtractor:
    """An ONNX graph with one input for images and one output of features."""

    noun = "image"
    module: nn.Module | None = None

    def __init__(self, session: Any, content: bytes, facts: ExtractorFacts) -> None:
        """Keep an open session of onnxruntime, the bytes of its file, and the facts that decide the features."""
        self.session, self.content, self.facts = session, content, facts
        self.settings = ImageSettings.from_json(facts.settings)

    @classmethod
    def open(cls, spec: ExtractorSpec, facts: ExtractorFacts | None = None, file: Path | None = None) -> Self:
        """Open the file that a text names.

        Args:
            spec: The text, such as that of "onnx:backbone.onnx".
            facts: The facts of an extractor that was opened before, whose settings are kept; None to find them.
            file: A file that takes the place of the one that the text names; None for that one.

        Raises:
            ValueError: onnxruntime is missing, the file is no ONNX file, or its graph takes or gives something else
                than images and features.
            OSError: The file cannot be read.
        """
        named = Path(spec.name).expanduser().resolve()
        if not (file or named).exists():
            raise FileNotFoundError(f"there is no file {file or named}, which the features {spec} need")
        content = (file or named).read_bytes()
        session = open_session(file or named, content)
        shape = check_graph(file or named, session)
        properties = session.get_modelmeta().custom_metadata_map
        flips = spec.read_truth_value(FLIPS)
        settings = facts.settings if facts else read_properties(named, properties, shape, flips=flips).to_json()
        text = str(ExtractorSpec(spec.kind, str(named), spec.parameters))
        extractor = cls(session, content, ExtractorFacts(text, 0, hashlib.sha256(content).hexdigest(), "", settings))
        width = extractor.measure_width(file or named)
        extractor.facts = ExtractorFacts(text, width, extractor.facts.weights, "", settings)
        return extractor

    def measure_width(self, file: Path) -> int:
        """Return the number of features of an image. file: the ONNX file, for messages.

        Raises:
            ValueError: The graph fails on an image, or does not give one vector for an image.
        """
        height, width = self.settings.size
        try:
            features = self.run(np.zeros((1, 3, height, width), np.float32))
        except Exception as error:
            raise ValueError(f"{file} fails on an image of {height} x {width} pixels: {error}") from error
        if features.ndim != 2 or len(features) != 1:
            raise ValueError(
                f"{file} must give one vector of features for an image, (N, D), found the shape {features.shape}"
            )
        return int(features.shape[1])

    def run(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the graph gives for prepared images (1, 3, H, W)."""
        features: NDArray[np.float32] = self.session.run(None, {self.session.get_inputs()[0].name: images})[0]
        return features

    def extract(self, items: "Sequence[Image.Image]") -> NDArray[np.float32]:
        """Return the features of RGB images, (B, D). They pass through the graph one by one."""
        features = np.empty((len(items), self.facts.width), np.float32)
        for place, image in enumerate(items):
            prepared = prepare_image(image, self.settings)[None]
            features[place] = self.run(prepared)[0]
            if self.settings.flips:
                features[place] += self.run(np.ascontiguousarray(prepared[..., ::-1]))[0]
                features[place] /= 2
        return features

    def write_weights(self, stem: Path) -> Path:
        """Write the ONNX file again, and return its path. stem: the path without the ending.

        Raises:
            OSError: The file cannot be written.
        """
        return write_atomically(stem.with_name(stem.name + ENDING), self.content)


def open_session(file: Path, content: bytes) -> Any:
    """Open an ONNX file in onnxruntime, with as many threads as torch has.

    Args:
        file: The file, for messages.
        content: Its bytes. A file whose weights lie in another file is refused, since the bytes lack them.

    Raises:
        ValueError: onnxruntime is missing, or cannot read the file.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ValueError(f"features by an ONNX file need more packages: {describe_installation('images')}") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3  # errors alone
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"{file} is no ONNX file that onnxruntime reads (one file must hold all weights): {reason}"
        ) from error


def check_graph(file: Path, session: Any) -> tuple[Any, Any]:
    """Check that a graph takes images alone and gives features alone, and return height and width of its input.

    A side is a number, or a name or None where the graph takes any.

    Raises:
        ValueError: It has several inputs or outputs, or its input is no float32 (N, 3, H, W).
    """
    inputs, outputs = session.get_inputs(), session.get_outputs()
    for kind, values in (("input", inputs), ("output", outputs)):
        if len(values) != 1:
            names = ", ".join(each.name for each in values)
            raise ValueError(f"{file} must have one {kind}, found {len(values)}: {names}")
    shape = inputs[0].shape
    fits = len(shape) == 4 and (shape[0] == 1 or not isinstance(shape[0], int)) and shape[1] in {3, *names_of(shape[1])}
    if inputs[0].type != "tensor(float)" or not fits:
        raise ValueError(
            f"the input of {file} must be float32 images (N, 3, height, width), found {inputs[0].type} {shape}"
        )
    return shape[2], shape[3]


def names_of(side: Any) -> tuple[Any, ...]:
    """Return a side of a shape that is open, as a name or None, as a tuple; an empty tuple for a number."""
    return () if isinstance(side, int) else (side,)


def read_properties(file: Path, properties: Mapping[str, str], shape: tuple[Any, Any], *, flips: bool) -> ImageSettings:
    """Read from the metadata properties of an ONNX file how it takes images.

    The properties are `mean` and `std` (three numbers from 0 to 1, ImageNet's by default), `size` (one number or
    height,width; 224 unless the graph fixes it), `interpolation` (bicubic) and `crop_pct` (0.875).

    Args:
        file: The file, for messages.
        properties: The properties by name; others are ignored.
        shape: Height and width of the input of the graph; no number for a side that it leaves open.
        flips: Whether the features of mirror images count too.

    Raises:
        ValueError: A property has another form, or the size is another one than that of the graph.
    """
    mean = read_numbers(file, properties, "mean", IMAGENET_MEAN)
    std = read_numbers(file, properties, "std", IMAGENET_STD)
    crop_pct = read_numbers(file, properties, "crop_pct", (0.875,))
    sides = [side if isinstance(side, int) else SIZE for side in shape]
    size = read_numbers(file, properties, "size", tuple(map(float, sides)))
    height, width = (int(size[0]), int(size[-1]))
    for fixed_side, side in zip(shape, (height, width), strict=True):
        if isinstance(fixed_side, int) and fixed_side != side:
            raise ValueError(f"the property size of {file} is {properties['size']}, and its graph takes {shape}")
    interpolation = properties.get("interpolation", "bicubic").strip().lower()
    check_choice(f"interpolation of images (property of {file})", interpolation, INTERPOLATIONS)
    for name, numbers, admitted in (("mean", mean, (3,)), ("std", std, (3,)), ("crop_pct", crop_pct, (1,))):
        if len(numbers) not in admitted:
            raise ValueError(f"the property {name} of {file} must have {admitted[0]} numbers, found {properties[name]}")
    if len(size) > 2 or min(height, width) < 1 or min(std) <= 0 or not 0 < crop_pct[0] <= 1:
        raise ValueError(
            f"size and std of {file} must be above 0, and crop_pct above 0 and at most 1, found {properties}"
        )
    return ImageSettings((height, width), mean, std, interpolation, crop_pct[0], flips=flips)


def read_numbers(file: Path, properties: Mapping[str, str], name: str, default: tuple[float, ...]) -> tuple[float, ...]:
    """Read a property of numbers with commas between them; the default if there is none.

    Raises:
        ValueError: The property holds something else.
    """
    if name not in properties:
        return default
    try:
        numbers = tuple(float(number) for number in properties[name].strip("()[] ").split(","))
    except ValueError:
        numbers = (np.nan,)
    if not np.isfinite(numbers).all():
        raise ValueError(f"the property {name} of {file} must be numbers, as 0.5,0.5,0.5, found {properties[name]!r}")
    return numbers
