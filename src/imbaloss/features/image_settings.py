"""How an image is prepared for a pretrained model: resized, cut to the size of its inputs, and scaled."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from imbaloss.spec_text import to_tuples

if TYPE_CHECKING:
    from PIL import Image

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CENTER = "center"  # the mode of timm that cuts out the middle


@dataclass(frozen=True)
class ImageSettings:
    """The size and the scale in which a model takes images, in the terms of timm's data configuration."""

    size: tuple[int, int]  # height and width of the model's inputs, in pixels
    mean: tuple[float, ...]  # of red, green and blue, from 0 to 1
    std: tuple[float, ...]
    interpolation: str = "bicubic"
    crop_pct: float = 0.875  # the inputs' share of the resized image's height
    crop_mode: str = CENTER
    flips: bool = False  # whether the features of an image and of its mirror image are averaged

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the settings that `to_json` has written.

        Raises:
            TypeError: An entry is missing or unknown.
        """
        return cls(**to_tuples(value))

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    def describe(self) -> str:
        """Say how an image is prepared, for a note."""
        height, width = self.size
        flips = ", averaged over the image and its mirror image" if self.flips else ""
        resized = f"resized ({self.interpolation}) and cut to {height} x {width} pixels"
        return resized + flips


def prepare_image(image: "Image.Image", settings: ImageSettings) -> NDArray[np.float32]:
    """Return an RGB image as inputs of a model, (3, H, W): what timm's transform for evaluation gives.

    The image is resized so that it covers H / crop_pct x W / crop_pct pixels, and its middle is cut out. Numbers from 0
    to 1 then get the mean 0 and the variance 1 that the settings stand for.
    """
    from PIL.Image import Resampling

    height, width = settings.size
    scaled = int(height / settings.crop_pct), int(width / settings.crop_pct)
    if scaled[0] / image.height >= scaled[1] / image.width:  # the side that must be covered exactly
        size = int(scaled[0] * image.width / image.height), scaled[0]
    else:
        size = scaled[1], int(scaled[1] * image.height / image.width)
    size = max(size[0], width), max(size[1], height)
    resized = image.resize(size, Resampling[settings.interpolation.upper()])
    left, top = round((size[0] - width) / 2), round((size[1] - height) / 2)
    pixels = np.asarray(resized.crop((left, top, left + width, top + height)), np.float32) / np.float32(255)
    mean, std = np.array(settings.mean, np.float32), np.array(settings.std, np.float32)
    return np.ascontiguousarray(((pixels - mean) / std).transpose(2, 0, 1))
