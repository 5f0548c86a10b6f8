"""Images in arrays as items of an extractor: their checksums, and the pictures that they are."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image


def hash_pixels(pixels: NDArray[np.uint8]) -> bytes:
    """Return the SHA-256 of type, shape and bytes of an image."""
    digest = hashlib.sha256(f"{pixels.dtype} {pixels.shape}".encode())
    digest.update(np.ascontiguousarray(pixels).tobytes())
    return digest.digest()


def open_pixels(pixels: NDArray[np.uint8]) -> "Image.Image":
    """Return an image (C, H, W), gray or in colour, in RGB."""
    from PIL import Image

    return Image.fromarray(pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, -1)).convert("RGB")
