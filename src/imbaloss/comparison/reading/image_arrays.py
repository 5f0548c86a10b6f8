"""Images in arrays, from an NPZ file or from Python."""

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

NamedArray = tuple[str, NDArray[Any]]  # the name for messages, and the array


def fit_image_arrays(arrays: Sequence[NamedArray]) -> FittedImages:
    """Join arrays of images to one data set, and choose how their values become 0 to 255.

    An array is (N, H, W), or has 1, 3 or 4 channels as its last or its second axis. A fourth channel must be constant,
    as in opaque images, and is dropped. Values are uint8, booleans, or other numbers. For these, the values of all
    arrays decide which number becomes 0 and which 255.

    Args:
        arrays: Pairs of a name, for messages, and an array.

    Returns:
        The pixels (N, C, H, W), the rules by which they were read, and notes.

    Raises:
        ValueError: An array has another shape or type, or holds NaN; the arrays have different shapes; or all images
            are alike.
    """
    arrays = [(name, require_numbers(name, array)) for name, array in arrays]
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
    """Prepare new images by the rules of a model: (N, C, H, W), 0 to 255.

    Args:
        name: The name of the array, for messages.
        array: (N, H, W), or with channels as its last or its second axis.
        preparation: The rules that the training chose.

    Raises:
        ValueError: The array has a shape or type that is not read, images have another size or number of channels than
            in training, or a value lies outside of the model's range.
    """
    array = require_numbers(name, array)
    pixels = read_array(name, array, preparation)
    if array.dtype.kind == "f":
        check_not_fractions(name, float(array.max()), preparation.floats)
    shape = (preparation.channels, preparation.height, preparation.width)
    if pixels.shape[1:] != shape:
        raise ValueError(f"images must be of shape {shape} (channels, height, width), found {pixels.shape[1:]}")
    return pixels


def survey_arrays(arrays: Sequence[NamedArray]) -> tuple[ImagePreparation, list[str]]:
    """Choose which values of the arrays become 0 and 255, and return this as a preparation, with notes.

    The preparation has sizes of 0, since they are not known yet.

    Args:
        arrays: Pairs of a name, for messages, and an array of numbers.

    Raises:
        ValueError: An array has a shape that is not read, a fourth channel that varies, or NaN; or outliers would leave
            nearly all values in three of 256 levels.
    """
    integers, floats = SeenValues(whole=True), SeenValues(whole=False)
    notes: list[str] = []
    for name, array in arrays:
        axis = find_channel_axis(name, array)
        images = drop_fourth_channel(name, array, axis)
        if axis == 1:
            notes.append(f"The second axis of {name}, shape {array.shape}, was read as the channels")
        if images.shape != array.shape:
            notes.append(f"The fourth channel of {name} was left out: it is the same everywhere")
        if array.dtype == bool:
            notes.append(f"True became 255 (white) in {name}")
        elif array.dtype != np.uint8:
            (floats if array.dtype.kind == "f" else integers).add(name, images, several=True)
    ranges = choose_range(integers), choose_range(floats)
    notes += integers.describe(ranges[0]) + floats.describe(ranges[1], but=(0, 1))
    return ImagePreparation(0, 0, 0, *ranges, on_white=True), notes


def read_array(name: str, array: NDArray[Any], preparation: ImagePreparation) -> NDArray[np.uint8]:
    """Return images as (N, C, H, W), 0 to 255, C = 1 or 3. A constant fourth channel is dropped; True becomes 255.

    Args:
        name: The name of the array, for messages.
        array: (N, H, W), or with channels as its last or its second axis.
        preparation: Says which numbers become 0 and 255, for types other than uint8 and booleans.

    Raises:
        ValueError: The array has a shape that is not read, a fourth channel that varies, or a value outside of the
            range of the preparation.
    """
    axis = find_channel_axis(name, array)
    images = drop_fourth_channel(name, array, axis)
    if images.dtype == bool:
        images = images * np.uint8(255)
    elif images.dtype != np.uint8:
        chosen = preparation.floats if images.dtype.kind == "f" else preparation.integers or BYTES
        check_range(name, images, chosen)
        images = scale_to_bytes(images, chosen)
    return np.ascontiguousarray(images[:, None] if axis is None else np.moveaxis(images, axis, 1))


def require_numbers(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Check that an array holds booleans or real numbers, and return it, 16-bit floats as 32-bit floats.

    Raises:
        ValueError: It holds something else, such as text or complex numbers; the message has `name`.
    """
    if array.dtype.kind not in "buif":
        raise ValueError(f"images must be numbers, such as uint8 from 0 to 255, and {name} is of type {array.dtype}")
    return array.astype(np.float32) if array.dtype == np.float16 else array


def find_channel_axis(name: str, array: NDArray[Any]) -> int | None:
    """Return the axis of the channels of an array of images, 1 or 3, counted from 0; None for (N, H, W).

    It is 3 if the last axis has 1 or 3 entries. Otherwise it is the only axis after the first that has 1, 3 or 4, which
    must be axis 1 or 3.

    Args:
        name: The name of the array, for messages.
        array: The images.

    Raises:
        ValueError: No axis or several axes can be the channels, an axis has length 0, or the array has another number
            of axes.
    """
    shape = array.shape
    if array.ndim == 3 and 0 not in shape:
        return None
    candidates = [axis for axis in (1, 2, 3) if shape[axis] in CHANNELS] if array.ndim == 4 and 0 not in shape else []
    if candidates == [1]:
        return 1
    if candidates == [3] or (candidates and shape[3] in {1, 3}):
        return 3
    unclear = ", where several axes may be the channels: use (N, H, W, 3)" if len(candidates) > 1 else ""
    raise ValueError(
        "images must be (N, H, W), (N, H, W, C) or (N, C, H, W) with C = 1 (gray), 3 (colours) or 4 (colours and one "
        f"that is left out), found {name} of shape {shape}{unclear}"
    )


def drop_fourth_channel(name: str, array: NDArray[Any], axis: int | None) -> NDArray[Any]:
    """Drop the fourth channel of an array that has four; other arrays are returned unchanged.

    Args:
        name: The name of the array, for messages.
        array: The images.
        axis: The axis of the channels; None for images without channels, which are returned unchanged.

    Raises:
        ValueError: The fourth channel is not the same number everywhere.
    """
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
