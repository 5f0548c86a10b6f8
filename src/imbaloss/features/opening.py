"""Opening extractors of images by their text, such as "timm:resnet50", or by the facts that a model keeps."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from torch import nn

from imbaloss.features.extractor import Extractor, ExtractorFacts
from imbaloss.features.image_settings import ImageSettings
from imbaloss.features.onnx_model import OnnxExtractor
from imbaloss.features.spec import read_image_spec
from imbaloss.features.timm_model import TimmExtractor

if TYPE_CHECKING:
    from PIL import Image  # noqa: F401 - named in a type

OPENERS: dict[str, type[TimmExtractor] | type[OnnxExtractor]] = {"timm": TimmExtractor, "onnx": OnnxExtractor}


class ImageExtractor(Extractor["Image.Image"], Protocol):
    """A pretrained model that turns RGB images into vectors."""

    @property
    def settings(self) -> ImageSettings:
        """How images are prepared."""

    @property
    def module(self) -> nn.Module | None:
        """Prepared images (B, 3, H, W) -> features (B, D), as a module of torch; None if there is no such module."""


def open_image_extractor(text: str) -> ImageExtractor:
    """Open the extractor of images that a text names.

    Args:
        text: `timm:NAME`, `timm:NAME:weights=FILE.safetensors` or `onnx:FILE`; with `flips=true` the features of an
            image and its mirror image are averaged.

    Raises:
        ValueError: The text has another form, or names a model or weights that cannot be had.
        OSError: A file cannot be read.
    """
    spec = read_image_spec(text)
    return OPENERS[spec.kind].open(spec)


def reopen_image_extractor(facts: ExtractorFacts, file: Path | None = None) -> ImageExtractor:
    """Open the extractor that has made features before, with the same preparation of images.

    Args:
        facts: Its facts.
        file: The file of its weights that a model keeps; None for the weights that its text names.

    Raises:
        ValueError: The extractor cannot be opened, or it has other weights now.
        OSError: A file cannot be read.
    """
    spec = read_image_spec(facts.text)
    extractor = OPENERS[spec.kind].open(spec, facts, file)
    extractor.facts.check_weights(facts, file)
    return extractor
