"""Images as files: folders with one sub-folder a class, and names of files in a table."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
SIZE = 32  # pixels of a side
GRAY = {"1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"}  # what Pillow calls images without colours
WHITE = {"I": 65535.0, "I;16": 65535.0, "I;16L": 65535.0, "I;16B": 65535.0, "I;16N": 65535.0}  # deeper than 8 bits


def is_image(name: str) -> bool:
    return name.lower().endswith(ENDINGS)


def in_folders(folder: Path) -> tuple[list[Path], list[str], list[str]]:
    """The images of a folder, the name of the sub-folder that each lies in, and what is to be said of the others.

    Links to folders are not followed within a class. Raises ValueError where there are no two classes.
    """
    classes = sorted(entry for entry in folder.iterdir() if not entry.name.startswith(".") and is_folder(entry))
    files: list[Path] = []
    labels: list[str] = []
    others = 0
    for of_class in classes:
        for parent, folders, names in os.walk(of_class):
            folders.sort()
            shown = [name for name in sorted(names) if not name.startswith(".")]
            some = [Path(parent) / name for name in shown if is_image(name)]
            others += len(shown) - len(some)
            files += some
            labels += [of_class.name] * len(some)
    if len(set(labels)) < 2:
        there = ", ".join(f"{one.name} ({labels.count(one.name)} images)" for one in classes[:5]) or "none"
        raise ValueError(f"{folder} must hold a folder of images for each class, two or more; it has {there}")
    notes = [f"{others} files that are no images were left out"] if others else []
    notes += [f"folder {one.name} holds no image" for one in classes if one.name not in set(labels)]
    return files, labels, notes


def is_folder(entry: Path) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def column_of_files(frame: pd.DataFrame, target: str, among: Sequence[str]) -> str | None:
    """The column that names image files: all of its values do. None where there is none.

    Raises ValueError for two.
    """
    found = [
        name
        for name in frame.columns
        if name != target and name in among and frame[name].notna().any() and all(map(is_image, map(str, frame[name])))
    ]
    if len(found) > 1:
        raise ValueError(f"columns {' and '.join(found)} both name image files: leave one out with --drop")
    return found[0] if found else None


def load(files: Sequence[Path], size: tuple[int, int], channels: int | None = None) -> NDArray[np.uint8]:
    """(N, channels, H, W), 0 to 255, each image stretched to `size` (H, W); gray where all are, unless told.

    Images of several modes become colours; transparency is dropped. Raises ValueError for a file that does not decode,
    or is too large, OSError for one that cannot be read.
    """
    read = [one(file, size, channels) for file in files]
    most = channels or max((len(image) for image in read), default=1)
    return np.stack([image if len(image) == most else np.repeat(image, most, axis=0) for image in read])


def one(file: Path, size: tuple[int, int], channels: int | None) -> NDArray[np.uint8]:
    """(1 or 3, H, W)."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # here, since tables need none of it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning)
            with Image.open(file) as opened:
                opened.draft(None, (2 * size[1], 2 * size[0]))  # of JPEG, a smaller one is decoded faster
                upright: Any = ImageOps.exif_transpose(opened)
                gray = upright.mode in GRAY if channels is None else channels == 1
                if upright.mode in WHITE:
                    deep = np.asarray(upright, dtype=np.float64) * (255 / WHITE[upright.mode])
                    upright = Image.fromarray(np.clip(deep, 0, 255).astype(np.uint8))
                small = upright.convert("L" if gray else "RGB").resize(
                    size[::-1], Image.Resampling.BILINEAR, reducing_gap=2
                )
                pixels = np.asarray(small)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"{file} is too large an image: more than {Image.MAX_IMAGE_PIXELS} pixels") from error
    except (UnidentifiedImageError, SyntaxError, ValueError, EOFError) as error:
        raise ValueError(f"{file} is no image that can be decoded: {' '.join(str(error).split())}") from error
    except OSError as error:
        if error.errno is not None:  # the system's, as for a file that is not there
            raise
        raise ValueError(f"{file} is no image that can be decoded: {' '.join(str(error).split())}") from error
    found: NDArray[np.uint8] = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return found


def from_array(name: str, array: NDArray[Any]) -> NDArray[np.uint8]:
    """Images (N, H, W) or (N, H, W, C), uint8 or in [0, 1], as (N, C, H, W). Raises ValueError for what is none."""
    images = array[..., None] if array.ndim == 3 else array
    if images.ndim != 4 or images.shape[-1] not in {1, 3} or 0 in images.shape:
        raise ValueError(f"images must be (N, H, W), (N, H, W, 1) or (N, H, W, 3), found {name} of shape {array.shape}")
    if images.dtype != np.uint8:
        if not (np.issubdtype(images.dtype, np.floating) and ((images >= 0) & (images <= 1)).all()):
            raise ValueError(f"images must be of type uint8, or floating-point numbers in [0, 1], and {name} is not")
        images = np.rint(images * 255).astype(np.uint8)
    found: NDArray[np.uint8] = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    return found
