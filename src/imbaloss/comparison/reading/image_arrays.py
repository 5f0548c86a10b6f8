"""Images that are arrays already, from an NPZ file or from Python."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.comparison.reading.brightness import (
    SeenValues,
    check_not_fractions,
    check_range,
    choose_range,
    scale_to_bytes,
)
from imbaloss.comparison.reading.images import FittedImages, check_images_differ

CHANNELS = (1, 3, 4)  # gray, colours, colours and one more
BYTES = (0.0, 255.0)  # the range of integers for a model of an earlier version, which stored none

NamedArray = tuple[str, NDArray[Any]]  # with the name that messages call it


def fit_image_arrays(arrays: Sequence[NamedArray]) -> FittedImages:
    """Take one array of images after the other as a data set.

    An array is (N, H, W), or has 1, 3 or 4 channels as its last or its second axis; a fourth one must be the same
    value everywhere, as of opaque images. Values are uint8, truths, or other numbers, which `choose_range` scales.

    Raises ValueError for other shapes and types, for NaN, for arrays of different shapes, and where no two images
    differ.
    """
    arrays = [(name, as_numbers(name, array)) for name, array in arrays]
    preparation, notes = survey_arrays(arrays)
    read = [read_array(name, array, preparation) for name, array in arrays]
    shapes = [pixels.shape[1:] for pixels in read]
    for shape, (name, _) in zip(shapes, arrays, strict=True):
        if shape != shapes[0]:
            raise ValueError(f"{name} has images of shape {shape}, and {arrays[0][0]} of {shapes[0]}")
    pixels = np.concatenate(read)
    check_images_differ(pixels, "look at some of them")
    channels, height, width = shapes[0]
    return FittedImages(pixels, replace(preparation, height=height, width=width, channels=channels), tuple(notes))


def prepare_image_array(name: str, array: NDArray[Any], preparation: ImagePreparation) -> NDArray[np.uint8]:
    """Return images as those that a model learned from: (N, C, H, W), 0 to 255.

    Raises ValueError for what `fit_image_arrays` refuses, for values outside of the model's range, and for images of
    another size or number of channels.
    """
    array = as_numbers(name, array)
    pixels = read_array(name, array, preparation)
    if array.dtype.kind == "f":
        check_not_fractions(name, float(array.max()), preparation.floats)
    wanted = (preparation.channels, preparation.height, preparation.width)
    if pixels.shape[1:] != wanted:
        raise ValueError(f"images must be of shape {wanted} (channels, height, width), found {pixels.shape[1:]}")
    return pixels


def survey_arrays(arrays: Sequence[NamedArray]) -> tuple[ImagePreparation, list[str]]:
    """Decide how arrays are read, with sentences on what was decided; their size is left open, as 0."""
    integers, floats = SeenValues(whole=True), SeenValues(whole=False)
    notes: list[str] = []
    for name, array in arrays:
        axis = find_channel_axis(name, array)
        images = drop_fourth_channel(name, array, axis)
        if axis == 1:
            notes.append(f"the second axis of {name}, shape {array.shape}, was taken for the channels")
        if images.shape != array.shape:
            notes.append(f"the fourth channel of {name} was left out: it is the same everywhere")
        if array.dtype == bool:
            notes.append(f"true became 255 (white) in {name}")
        elif array.dtype != np.uint8:
            (floats if array.dtype.kind == "f" else integers).add(name, images, several=True)
    ranges = choose_range(integers), choose_range(floats)
    notes += integers.describe(ranges[0]) + floats.describe(ranges[1], but=(0, 1))
    return ImagePreparation(0, 0, 0, *ranges, on_white=True), notes


def read_array(name: str, array: NDArray[Any], preparation: ImagePreparation) -> NDArray[np.uint8]:
    """Return the images as (N, C, H, W), 0 to 255, C = 1 or 3."""
    axis = find_channel_axis(name, array)
    images = drop_fourth_channel(name, array, axis)
    if images.dtype == bool:
        images = images * np.uint8(255)
    elif images.dtype != np.uint8:
        chosen = preparation.floats if images.dtype.kind == "f" else preparation.integers or BYTES
        check_range(name, images, chosen)
        images = scale_to_bytes(images, chosen)
    return np.ascontiguousarray(images[:, None] if axis is None else np.moveaxis(images, axis, 1))


def as_numbers(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return the array, 16-bit floats as 32-bit ones. Raises ValueError where it holds no truths or real numbers."""
    if array.dtype.kind not in "buif":
        raise ValueError(f"images must be numbers, such as uint8 from 0 to 255, and {name} is of type {array.dtype}")
    return array.astype(np.float32) if array.dtype == np.float16 else array


def find_channel_axis(name: str, array: NDArray[Any]) -> int | None:
    """Return the axis of an array of images that has the channels, 3 or 1; None where there is no such axis, (N, H, W).

    It is the last axis if that has 1 or 3, as always in earlier versions; else the only one that has 1, 3 or 4. Raises
    ValueError where that may be several axes, or none, and for an array of another shape.
    """
    shape = array.shape
    if array.ndim == 3 and 0 not in shape:
        return None
    candidates = [axis for axis in (1, 2, 3) if shape[axis] in CHANNELS] if array.ndim == 4 and 0 not in shape else []
    if candidates == [1]:
        return 1
    if candidates == [3] or (candidates and shape[3] in {1, 3}):
        return 3
    unclear = ", whose channels may be several axes: give (N, H, W, 3)" if len(candidates) > 1 else ""
    raise ValueError(
        "images must be (N, H, W), (N, H, W, C) or (N, C, H, W) with C = 1 (gray), 3 (colours) or 4 (colours and one "
        f"that is left out), found {name} of shape {shape}{unclear}"
    )


def drop_fourth_channel(name: str, array: NDArray[Any], axis: int | None) -> NDArray[Any]:
    """Return the array with three channels where it has four. Raises ValueError where the fourth is not one value."""
    if axis is None or array.shape[axis] != 4:
        return array
    fourth = np.take(array, 3, axis)
    if (fourth != fourth.flat[0]).any():
        colours, alpha = (f"X[:, {place}]" if axis == 1 else f"X[..., {place}]" for place in (":3", "3:"))
        raise ValueError(
            f"the fourth channel of {name} differs from pixel to pixel: leave it out, as {colours}, or where it is "
            f"transparency, a = {alpha} / 255, lay the images on white, as {colours} * a + 255 * (1 - a)"
        )
    return np.take(array, (0, 1, 2), axis)
