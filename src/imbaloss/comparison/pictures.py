"""The images behind the rows of data: opened one by one where the page shows them."""

import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.reading.image_names import decode_name

if TYPE_CHECKING:
    from PIL import Image

SIDE = 96  # of a thumbnail, in pixels, at most


@dataclass(frozen=True, eq=False)
class Pictures:
    """The image of each row of data, with its name. Another process gets None, since only the page needs them."""

    names: Sequence[str]
    sources: Sequence[Any] | NDArray[np.uint8]  # the images before they are opened
    open_source: Callable[[Any], "Image.Image"]

    @classmethod
    def of_files(cls, files: Sequence[Path], open_file: Callable[[Path], "Image.Image"]) -> Self:
        """Return the images of files, named by their path below the folder that all have in common."""
        folder = os.path.commonpath([file.parent for file in files])
        return cls([decode_name(os.path.relpath(file, folder)) for file in files], files, open_file)

    @classmethod
    def of_arrays(cls, pixels: NDArray[np.uint8], open_pixels: Callable[[Any], "Image.Image"]) -> Self:
        """Return images (N, C, H, W), named by their number, from 1 on."""
        return cls([f"image {number}" for number in range(1, len(pixels) + 1)], pixels, open_pixels)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle nothing: another process gets None."""
        return no_pictures, ()

    def draw_thumbnail(self, row: int) -> bytes:
        """Return the image of a row as a JPEG of at most 96 x 96 pixels.

        Raises:
            ValueError: The file does not decode any more.
            OSError: The file cannot be read any more.
        """
        image = self.open_source(self.sources[row]).convert("RGB")
        image.thumbnail((SIDE, SIDE))
        content = io.BytesIO()
        image.save(content, "JPEG", quality=85)
        return content.getvalue()


def no_pictures() -> None:
    """Return None: what another process gets in place of the images."""
