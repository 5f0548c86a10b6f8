"""Reading image files as arrays of pixels: upright, on white, of one size, 0 to 255."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.comparison.reading.brightness import (
    EARLIER,
    SeenValues,
    check_not_fractions,
    check_range,
    choose_range,
    scale_to_bytes,
)
from imbaloss.plural import format_count

if TYPE_CHECKING:
    from PIL import Image

SIZE = 32  # the default side of an image, in pixels
DEEP = {"I", "F", "I;16", "I;16L", "I;16B", "I;16N"}  # Pillow's modes of one channel with more than 8 bits
GRAY = {"1", "L", "LA", "La", *DEEP}
WITH_ALPHA = {"LA", "La", "PA", "RGBA"}
HALF_LOST = 64  # number of the 256 levels that 16-bit colours use if none reaches 14 bits
SAMPLE_FORMAT = 339  # the tag of TIFF that says whether values are unsigned (1), signed (2) or floats (3)
TRUE_TYPES: dict[tuple[str, int], type[np.integer[Any]]] = {  # the types of TIFF values that Pillow reads as another
    ("I", 1): np.uint32,
    ("L", 2): np.int8,
}
FALSE_IMAGES = {  # the first bytes, in lower case, of files that are no images in spite of their ending
    b"version https://git-lfs": "it is a pointer of Git LFS: `git lfs pull` brings the image",
    b"<!doctype": "it is a web page",
    b"<html": "it is a web page",
    b"<?xml": "it is XML, such as an SVG drawing: save it as PNG",
    b"<svg": "it is an SVG drawing: save it as PNG",
    b"%pdf": "it is a PDF document: save its pages as PNG",
    b"ii*": "it is a TIFF that is damaged, or of a kind that is not read, such as 64-bit floats: save it with 8 bits",
    b"mm\0*": "it is a TIFF that is damaged, or of a kind that is not read, such as 64-bit floats: save it with 8 bits",
    b"\0\x05\x16\x07": "it holds the metadata that macOS keeps of a file, not the file: delete it",
    b"pk\x03\x04": "it is a ZIP archive",
}


class FittedImages(NamedTuple):
    """The images of a data set, the rules by which they were prepared, and notes."""

    pixels: NDArray[np.uint8]  # (N, C, H, W)
    preparation: ImagePreparation
    notes: tuple[str, ...]


def fit_image_files(files: Sequence[Path], size: int) -> FittedImages:
    """Read the images of a data set, each stretched to `size` x `size` pixels; gray if all are gray.

    Returns:
        The pixels (N, C, H, W) from 0 to 255, the rules by which they were read, and notes.

    Raises:
        ValueError: A file does not decode or is too large, or all images are alike.
        OSError: A file cannot be read.
    """
    preparation, survey_notes = survey_files(files, size)
    pixels, reading_notes = read_files(files, preparation)
    check_images_differ(pixels, "open some of them, or use a larger --image-size")
    stretched = f"Each image was stretched to {size} x {size} pixels (--image-size)"
    return FittedImages(pixels, preparation, (stretched, *survey_notes, *reading_notes))


def prepare_image_files(files: Sequence[Path], preparation: ImagePreparation) -> NDArray[np.uint8]:
    """Read new images by the rules of a model: (N, C, H, W), 0 to 255. preparation: the rules that the training chose.

    Raises:
        ValueError: A file does not decode, is too large, or has values outside of the model's range.
        OSError: A file cannot be read.
    """
    return read_files(files, preparation)[0]


def check_images_differ(pixels: NDArray[np.uint8], advice: str) -> None:
    """Check that not all images (N, C, H, W) are the same. advice: ends the message. One image alone fails too.

    Raises:
        ValueError: All images are the same.
    """
    if (pixels == pixels[:1]).all():
        raise ValueError(f"all {len(pixels)} images are alike, pixel by pixel, after they were read: {advice}")


def survey_files(files: Sequence[Path], size: int) -> tuple[ImagePreparation, list[str]]:
    """Choose the rules by which all images of a data set are read, and return them as a preparation, with notes.

    The rules are the size, gray or colour, and which values become 0 and 255. Only images with more than 8 bits are
    decoded.

    Args:
        files: The images.
        size: The side of an image after reading, in pixels.

    Raises:
        ValueError: A file is no image; values of more than 8 bits would leave too few of 256 levels; or floats go up to
            1 in one image and to 255 or more in others.
        OSError: A file cannot be read.
    """
    gray = True
    integers, floats = SeenValues(whole=True), SeenValues(whole=False)
    colours: list[tuple[int, Path]] = []  # the largest upper 8 bits of each image with 16-bit colours
    for file in files:
        values = None
        with open_image(file) as image:
            gray = gray and image.mode in GRAY
            if is_deep(image):
                values = read_values(image)
            elif ";16" in str(getattr(image, "tile", "")):  # Pillow keeps the upper 8 bits of such colours
                colours.append((int(np.asarray(image.convert("RGB")).max()), file))
        if values is not None:
            (floats if values.dtype.kind == "f" else integers).add(str(file), values)
    check_colours(colours)
    ranges = choose_range(integers), choose_range(floats)
    check_not_fractions(floats.weakest_peak[1], floats.weakest_peak[0], ranges[1])
    notes = integers.describe(ranges[0], but=EARLIER) + floats.describe(ranges[1])
    return ImagePreparation(size, size, 1 if gray else 3, *ranges, on_white=True), notes


def check_colours(peaks: Sequence[tuple[int, Path]]) -> None:
    """Check that images with 16-bit colours are bright enough, since only the upper 8 of the 16 bits are read.

    peaks: For each such image, the largest value of these 8 bits, and the file. An empty sequence passes.

    Raises:
        ValueError: That value is below 64 in all images.
    """
    if peaks and max(peaks)[0] < HALF_LOST:
        highest, file = max(peaks)
        raise ValueError(
            f"only the upper 8 bits of 16-bit colours are read, which go up to {highest} of 255 in {file}, the "
            f"brightest of {format_count(len(peaks), 'image')}: save the images with 8 bits"
        )


def read_files(files: Sequence[Path], preparation: ImagePreparation) -> tuple[NDArray[np.uint8], list[str]]:
    """Read the images as (N, C, H, W), 0 to 255, and return them with notes.

    The notes count the images with transparent parts and the files with several frames, of which the first is used.

    Args:
        files: The images.
        preparation: The rules by which they are read.

    Raises:
        ValueError: A file does not decode, is too large, or has values outside of the range of the preparation; or
            floats go up to 1 only and white is 255 or more.
        OSError: A file cannot be read.
    """
    shape = (preparation.channels, preparation.height, preparation.width)
    pixels = np.empty((len(files), *shape), dtype=np.uint8)
    transparent = several = 0
    peaks = []
    for place, file in enumerate(files):
        image = decode_image(file, preparation)
        pixels[place] = image.pixels
        transparent += image.transparent
        several += image.several
        if image.float_peak is not None:
            peaks.append(image.float_peak)
    if peaks:
        check_not_fractions(str(files[0].parent), max(peaks), preparation.floats)
    return pixels, describe_oddities(transparent, several)


def count_oddities(files: Sequence[Path]) -> list[str]:
    """Return notes on the number of images with transparent parts, and of files with several frames or pages.

    Only images that may have transparent parts are decoded.

    Raises:
        ValueError: A file is no image, or does not decode.
        OSError: A file cannot be read.
    """
    from PIL import ImageOps

    transparent = several = 0
    for file in files:
        with open_image(file) as opened:
            if not is_deep(opened) and may_be_transparent(opened):
                transparent += lay_on_white(ImageOps.exif_transpose(opened))[1]
            several += has_several_frames(opened)
    return describe_oddities(transparent, several)


def describe_oddities(transparent: int, several: int) -> list[str]:
    """Return notes on the number of images with transparent parts, and of files with several frames or pages."""
    notes = [f"Transparent parts of {format_count(transparent, 'image')} were laid on white"] if transparent else []
    if several:
        notes.append(f"The first frame or page was used of {format_count(several, 'image')} with several")
    return notes


def find_float_peak(files: Sequence[Path]) -> float | None:
    """Return the largest value of all images of floats, which alone are decoded; None if there are none.

    Raises:
        ValueError: A file is no image, or does not decode.
        OSError: A file cannot be read.
    """
    peaks = []
    for file in files:
        with open_image(file) as opened:
            if is_deep(opened) and (values := read_values(opened)).dtype.kind == "f":
                peaks.append(float(values.max()))
    return max(peaks, default=None)


class DecodedImage(NamedTuple):
    """A decoded image, with facts for the notes."""

    pixels: NDArray[np.uint8]  # (C, H, W)
    transparent: bool  # whether parts are transparent
    several: bool  # whether it has several frames or pages
    float_peak: float | None  # the largest value; None for integers


class UprightImage(NamedTuple):
    """An image of Pillow in its own size: upright, 0 to 255, in gray or RGB, with facts for the notes."""

    image: "Image.Image"
    transparent: bool  # whether parts were transparent
    several: bool  # whether the file has several frames or pages
    float_peak: float | None  # the largest value; None for integers


def decode_image(file: Path, preparation: ImagePreparation) -> DecodedImage:
    """Read the first frame of a file: upright, on white, 0 to 255 and stretched, with facts for notes.

    Args:
        file: The image.
        preparation: The size, number of channels and range of values. Models of an earlier version drop transparency
            instead of laying it on white.

    Raises:
        ValueError: The file does not decode, or has values outside of the range of the preparation.
        OSError: The file cannot be read.
    """
    from PIL import Image

    size = (preparation.width, preparation.height)
    # JPEG decodes faster at a smaller size; twice the larger side, since the camera may have been turned
    upright = decode_upright(file, preparation, (2 * max(size), 2 * max(size)))
    with explain_failures(file):
        small = np.asarray(upright.image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2))
    pixels = small[None] if small.ndim == 2 else small.transpose(2, 0, 1)
    return DecodedImage(pixels, *upright[1:])


def decode_upright(file: Path, preparation: ImagePreparation, draft: tuple[int, int] | None = None) -> UprightImage:
    """Read the first frame of a file in its own size: upright, on white, 0 to 255, in gray or in colours.

    Args:
        file: The image.
        preparation: The number of channels and the range of values; its size is ignored.
        draft: The size in pixels that suffices, to which a JPEG may be decoded faster; None for its own size.

    Raises:
        ValueError: The file does not decode, or has values outside of the range of the preparation.
        OSError: The file cannot be read.
    """
    from PIL import Image, ImageOps

    values = float_peak = None
    transparent = False
    with open_image(file) as opened:
        if draft is not None:
            opened.draft(None, draft)
        if is_deep(opened):
            values = read_values(opened)
        else:
            upright = ImageOps.exif_transpose(opened)
            if preparation.on_white:
                upright, transparent = lay_on_white(upright)
        several = has_several_frames(opened)
    if values is not None:
        floats = values.dtype.kind == "f"
        chosen = preparation.floats if floats else preparation.integers or EARLIER
        check_range(str(file), values, chosen)
        float_peak = float(values.max()) if floats else None
        upright = Image.fromarray(scale_to_bytes(values, chosen))
    with explain_failures(file):
        if upright.mode == "LAB":  # Pillow cannot convert it to gray directly
            upright = upright.convert("RGB")
        coloured = upright.convert("L" if preparation.channels == 1 else "RGB")
    return UprightImage(coloured, transparent, several, float_peak)


def is_deep(image: "Image.Image") -> bool:
    """Say whether an opened image of Pillow has one channel whose values are not 0 to 255, such as 16-bit numbers."""
    return image.mode in DEEP or find_true_type(image) is not None


def find_true_type(image: "Image.Image") -> type[np.integer[Any]] | None:
    """Return the type of the values of an opened TIFF if Pillow reads them as another type, else None.

    It is uint32 for values that Pillow reads as int32, and int8 for values that it reads as uint8. Other formats give
    None.
    """
    formats = getattr(image, "tag_v2", {}).get(SAMPLE_FORMAT, 1)
    return TRUE_TYPES.get((image.mode, int(np.ravel(formats)[0])))


def read_values(image: "Image.Image") -> NDArray[Any]:
    """Return the values (H, W) of an opened image of one channel, upright, as numbers of the type that the file has."""
    from PIL import ImageOps

    dtype = find_true_type(image)
    values = np.asarray(ImageOps.exif_transpose(image))
    return values if dtype is None else values.view(dtype)


def lay_on_white(image: "Image.Image") -> tuple["Image.Image", bool]:
    """Lay an image on white, and return it with whether it has transparent parts.

    An image without transparent parts is returned unchanged, any other one in colours with an opaque fourth channel.
    """
    from PIL import Image

    if not may_be_transparent(image):
        return image, False
    colours = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
    if colours.getchannel("A").getextrema()[0] == 255:
        return image, False
    return Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours), True


def may_be_transparent(image: "Image.Image") -> bool:
    """Say whether an image has a fourth channel or a colour that stands for transparency."""
    return image.mode in WITH_ALPHA or "transparency" in image.info


def has_several_frames(image: "Image.Image") -> bool:
    """Say whether an opened image has several frames or pages; false if further frames are damaged.

    The second image that a camera stores beside a photograph (MPO) is no frame.
    """
    with suppress(Exception):  # a damaged second frame is not needed
        return image.format != "MPO" and bool(getattr(image, "is_animated", False))
    return False


@contextmanager
def open_image(file: Path) -> Iterator["Image.Image"]:
    """Open an image of Pillow without decoding it, and close it at the end of the with-statement.

    The function is a context manager. Errors of decoding in the with-statement become a ValueError that names the file.

    Raises:
        ValueError: The file is no image, is too large, or does not decode.
        OSError: The system does not give the file.
    """
    from PIL import Image

    # not by its name: Pillow 13 would map the memory of a rotated TIFF with height and width exchanged
    with explain_failures(file), file.open("rb") as stream, Image.open(stream) as image:
        yield image


@contextmanager
def explain_failures(file: Path) -> Iterator[None]:
    """Turn errors of decoding in a with-statement into one sentence that names the file; warnings are not shown.

    The function is a context manager. Errors of all types become a ValueError, except for an OSError that names a file.

    Raises:
        ValueError: The image is too large or cannot be decoded.
        OSError: The system does not give the file.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"{file} is too large an image: more than {Image.MAX_IMAGE_PIXELS} pixels") from error
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        reason = recognise_content(file) if isinstance(error, UnidentifiedImageError) else ""
        reason = reason or " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{file} is no image that can be decoded: {reason}") from error


def recognise_content(file: Path) -> str:
    """Describe by its first 64 bytes a file that is no image in spite of its ending, such as "it is a web page".

    Returns:
        Words for a message; "it holds no known image" if the bytes are of no known kind.

    Raises:
        OSError: The file cannot be read.
    """
    with file.open("rb") as stream:
        first = stream.read(64)
    if not first.strip(b"\0"):
        return "it holds nothing" + (" but bytes of zero" if first else "")
    if first[4:8] == b"ftyp":
        return "it is a photograph in HEIC or AVIF, or a film: save it as JPEG"
    start = first.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return next((text for mark, text in FALSE_IMAGES.items() if start.startswith(mark)), "it holds no known image")
