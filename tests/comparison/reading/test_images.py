"""Images keep their content, the same for compare and predict, or are refused in one sentence."""

import os
import struct
import unicodedata
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import PIL
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import imbaloss
from imbaloss.comparison import OwnModel
from imbaloss.comparison.own_model import read_kind
from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.comparison.reading import images
from imbaloss.comparison.reading.brightness import SeenValues, choose_range, scale_to_bytes
from imbaloss.comparison.reading.image_arrays import fit_image_arrays, prepare_image_array
from imbaloss.comparison.reading.image_names import decode_name, find_class_images, find_images, locate_listed_files
from imbaloss.comparison.reading.images import fit_image_files, prepare_image_files
from tests.comparison.examples import QUICK, open_source, write_csv, write_images

SIDE = 16
RAMP = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)  # 0 to 255
EARLIER = ImagePreparation(SIDE, SIDE, 1)  # of a model that stored neither ranges nor white


def ramp(highest: float = 255, lowest: float = 0) -> np.ndarray:
    """A square whose values rise from corner to corner."""
    return lowest + (highest - lowest) * RAMP / 255


def save(file: Path, values: np.ndarray, **options) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(file, **options)
    return file


def save_tiff(file: Path, values: np.ndarray, sample_format: int, photometric: int = 1) -> Path:
    """Write a TIFF as scientific programs do, of any numbers. sample_format: 1 unsigned, 2 signed, 3 floats."""
    height, width = values.shape[:2]
    channels = values.shape[2] if values.ndim == 3 else 1
    content = values.tobytes()
    entries = {
        256: width, 257: height, 258: 8 * values.itemsize, 259: 1, 262: photometric, 273: 8, 277: channels,
        278: height, 279: len(content), 339: sample_format,
    }  # fmt: skip
    after = 8 + len(content)
    beside, directory = b"", struct.pack("<H", len(entries))
    for tag, value in entries.items():
        if tag in {258, 339} and channels > 1:
            place = after + 2 + 12 * len(entries) + 4 + len(beside)
            directory += struct.pack("<HHII", tag, 3, channels, place)
            beside += struct.pack("<H", value) * channels
        else:
            directory += struct.pack("<HHII", tag, 4, 1, value)
    file.write_bytes(b"II*\0" + struct.pack("<I", after) + content + directory + bytes(4) + beside)
    return file


def save_png16(file: Path, values: np.ndarray) -> Path:
    """PNG with 16-bit colours (H, W, 3), which Pillow does not write."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows))]
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in [*chunks, (b"IEND", b"")]:
        content += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    file.write_bytes(content)
    return file


def read_pair(first: Path, second: Path) -> images.FittedImages:
    """A data set of two files, which predict reads as compare does, both at once and one by one."""
    fitted = fit_image_files([first, second], SIDE)
    assert np.array_equal(prepare_image_files([first, second], fitted.preparation), fitted.pixels)
    for place, file in enumerate((first, second)):
        assert np.array_equal(prepare_image_files([file], fitted.preparation)[0], fitted.pixels[place])
    assert read_kind(fitted.preparation.to_json()) == fitted.preparation
    return fitted


def assert_rises(pixels: np.ndarray, levels: int) -> None:
    """The order of the ramp's values is kept, and so many grey levels of it."""
    along = pixels.reshape(-1).astype(int)
    assert (np.diff(along) >= 0).all()
    assert len(np.unique(along)) >= levels


# values of more than 8 bits

DEEP: dict[str, tuple[str, Callable[[Path, float], Path], int]] = {  # file, how it is saved with less light, levels
    "10 bits in PNG": ("a.png", lambda f, k: save(f, ramp(1023 * k).astype(np.uint16)), 100),
    "12 bits in PNG": ("a.png", lambda f, k: save(f, ramp(4095 * k).astype(np.uint16)), 100),
    "12 bits in TIFF": ("a.tif", lambda f, k: save_tiff(f, ramp(4095 * k).astype(np.uint16), 1), 100),
    "16 bits": ("a.png", lambda f, k: save(f, ramp(65535 * k).astype(np.uint16)), 100),
    "16 bits, big-endian": ("a.pgm", lambda f, k: save(f, ramp(65535 * k).astype(np.uint16)), 100),
    "signed 16 bits": ("a.tif", lambda f, k: save_tiff(f, ramp(3071 * k, -1024).astype(np.int16), 2), 80),
    "signed 8 bits": ("a.tif", lambda f, k: save_tiff(f, ramp(127 * k, -128).astype(np.int8), 2), 80),
    "signed 32 bits": ("a.tif", lambda f, k: save_tiff(f, ramp(1e9 * k).astype(np.int32), 2), 100),
    "unsigned 32 bits": ("a.tif", lambda f, k: save_tiff(f, ramp(4e9 * k).astype(np.uint32), 1), 100),
    "floats of 0 to 1": ("a.tif", lambda f, k: save(f, ramp(k).astype(np.float32)), 100),
    "floats of 0 to 255": ("a.tif", lambda f, k: save(f, ramp(255 * k).astype(np.float32)), 100),
    "floats of -1 to 1": ("a.tif", lambda f, k: save(f, ramp(k, -1).astype(np.float32)), 100),
    "floats a little above 1": ("a.tif", lambda f, k: save(f, ramp(1.02 * k).astype(np.float32)), 30),
    "floats of 0 to 40000": ("a.tif", lambda f, k: save(f, ramp(40_000 * k).astype(np.float32)), 60),
    "floats in half darkness": ("a.tif", lambda f, k: save(f, ramp(0.2 * k).astype(np.float32)), 20),
}  # fmt: skip


@pytest.mark.parametrize("case", DEEP)
def test_deep_images_keep_their_content_by_one_rule_for_all(case, tmp_path):
    name, write, levels = DEEP[case]
    bright, dark = write(tmp_path / name, 1.0), write(tmp_path / f"b{name}", 0.5)
    fitted = read_pair(bright, dark)
    assert fitted.preparation.channels == 1
    assert_rises(fitted.pixels[0, 0], levels)
    assert_rises(fitted.pixels[1, 0], levels // 2)
    assert fitted.pixels[1].max() < fitted.pixels[0].max() - levels // 4  # no image is stretched by itself
    told = [note for note in fitted.notes if "is white for all images" in note]
    assert len(told) == (not case.startswith("16 bits"))


def test_values_up_to_255_are_kept_in_every_type(tmp_path):
    wanted = RAMP.astype(np.uint8)
    files = [save(tmp_path / "8.png", wanted), save(tmp_path / "16.png", wanted.astype(np.uint16))]
    files += [save_tiff(tmp_path / "32.tif", RAMP.astype(np.int32), 2), save(tmp_path / "f.tif", RAMP.astype("f4"))]
    for file in files[1:]:
        black = save(tmp_path / "black.png", 0 * wanted)
        assert np.array_equal(read_pair(file, black).pixels[0, 0], wanted)


@given(values=st.lists(st.integers(0, 65535), min_size=4, max_size=4))
def test_full_range_16_bits_are_divided_by_257_and_rounded_down(tmp_path_factory, values):
    array = np.array([*values, 65535, 0], np.uint16).reshape(2, 3)
    file = save(tmp_path_factory.mktemp("deep") / "a.png", np.repeat(np.repeat(array, 8, 0), 8, 1))
    preparation, _ = images.survey_files([file], 8)
    assert preparation.integers == (0, 65535)
    wanted = (array * (255 / 65535)).astype(np.uint8)
    assert np.array_equal(scale_to_bytes(array, preparation.integers), wanted)


@given(
    whole=st.booleans(),
    values=st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=5),
)
def test_a_range_holds_all_values_and_is_no_wider_than_needed(whole, values):
    seen = SeenValues(whole=whole)
    array = np.array(np.round(values) if whole else values)
    seen.add("X", array)
    black, white = choose_range(seen)
    assert black <= array.min()
    assert white >= array.max()
    assert black == 0 or black > 2 * array.min() - 2
    assert white in {1, 255} or white <= 4 * array.max() + 3
    assert choose_range(SeenValues(whole=whole)) == ((0, 255) if whole else (0, 1))


def refused(read: Callable[[], object], *words: str) -> None:
    """Check that reading ends in one sentence with these words."""
    with pytest.raises((ValueError, OSError)) as caught:
        read()
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -3.4e38])
def test_what_is_no_brightness_is_refused_with_its_place(value, tmp_path):
    plain = save(tmp_path / "plain.tif", ramp(1).astype(np.float32))
    values = ramp(1).astype(np.float32)
    values[3, 7] = value
    file = save(tmp_path / "wrong.tif", values)
    refused(lambda: fit_image_files([plain, file], SIDE), "wrong.tif has the value", "at [3, 7]", "replace it")
    refused(lambda: prepare_image_files([file], EARLIER), "wrong.tif has the value", "at [3, 7]")


def test_outliers_that_leave_no_grey_levels_are_refused(tmp_path):
    values = np.random.default_rng(0).random((SIDE, SIDE)).astype(np.float32)
    files = [save(tmp_path / "a.tif", values), save(tmp_path / "b.tif", values.T)]
    values[0, 0] = -9999
    files.append(save(tmp_path / "missing.tif", values))
    refused(lambda: fit_image_files(files, SIDE), "-9999", "missing.tif", "replace outliers")


def test_floats_of_two_kinds_are_refused(tmp_path):
    files = [save(tmp_path / "a.tif", ramp(1).astype("f4")), save(tmp_path / "b.tif", ramp(255).astype("f4"))]
    refused(lambda: fit_image_files(files, SIDE), "a.tif has values up to 1 only", "255 is white")
    preparation = read_pair(files[1], save(tmp_path / "c.tif", ramp(200).astype("f4"))).preparation
    refused(lambda: prepare_image_files(files[:1], preparation), "values up to 1 only", "255 is white")


def test_colours_of_16_bits_keep_their_content_or_are_refused(tmp_path):
    colours = np.stack([RAMP, RAMP.T, RAMP[::-1]], axis=-1)
    bright = save_png16(tmp_path / "a.png", (colours * 257).astype(np.uint16))
    pixels = fit_image_files([bright, save(tmp_path / "b.png", 0 * colours.astype(np.uint8))], SIDE).pixels
    assert np.array_equal(pixels[0], colours.transpose(2, 0, 1))
    dark = [
        save_png16(tmp_path / f"dark{place}.png", (colours * 16 // (place + 1)).astype(np.uint16)) for place in (0, 1)
    ]
    refused(lambda: fit_image_files(dark, SIDE), "dark0.png, the brightest of 2 images", "save the images with 8 bits")


def test_values_outside_of_the_range_of_the_model_are_refused(tmp_path):
    files = [save(tmp_path / f"{place}.png", ramp(3000 + place).astype(np.uint16)) for place in (0, 1)]
    preparation = read_pair(*files).preparation
    assert preparation.integers == (0, 4095)
    brighter = save(tmp_path / "c.png", ramp(4000).astype(np.uint16))
    assert_rises(prepare_image_files([brighter], preparation)[0, 0], 200)
    beyond = save(tmp_path / "d.png", ramp(4500).astype(np.uint16))
    refused(
        lambda: prepare_image_files([beyond], preparation), "d.png has the value", "between 0 (black) and 4095 (white)"
    )
    of_bytes = read_pair(save(tmp_path / "e.png", RAMP.astype(np.uint8)), save(tmp_path / "f.png", RAMP.T.astype("u1")))
    refused(lambda: prepare_image_files([beyond], of_bytes.preparation), "between 0 (black) and 255 (white)")


OLD = int(PIL.__version__.partition(".")[0]) < 13
YCBCR = pytest.param("YCbCr", marks=pytest.mark.skipif(OLD, reason="Pillow before 13 cannot read what it writes"))
MODES = ["LAB", "1", "L", "P", "RGB", "CMYK", YCBCR, "RGBA", "LA", "I;16"]


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_bright_where_the_image_is(mode, tmp_path):
    files = []
    for place, values in enumerate((RAMP, RAMP.T)):
        plain = Image.fromarray(values.astype(np.uint8))
        image = plain.convert("RGB").convert(mode if mode not in {"LAB", "I;16"} else "L")
        if mode == "I;16":
            image = Image.fromarray((values * 257).astype(np.uint16))
        if mode == "LAB":
            image = Image.merge("LAB", [plain, *[Image.new("L", plain.size, 128)] * 2])
        files.append(tmp_path / f"{place}.tif")
        image.save(files[-1])
    first = read_pair(*files).pixels[0].mean(axis=0)
    assert np.corrcoef(first.reshape(-1), RAMP.reshape(-1))[0, 1] > (0.5 if mode == "1" else 0.85)
    gray = prepare_image_files(files, ImagePreparation(SIDE, SIDE, 1, integers=(0, 65535), on_white=True))
    assert np.corrcoef(gray[0].reshape(-1), RAMP.reshape(-1))[0, 1] > (0.5 if mode == "1" else 0.85)


def test_a_mode_that_cannot_be_read_is_refused(tmp_path):
    for name, values, form in (("f8", ramp(1), 3), ("f2", ramp(1).astype(np.float16), 3)):
        file = save_tiff(tmp_path / f"{name}.tif", values, form)
        refused(lambda file=file: fit_image_files([file], 8), "of a kind that is not read", "save it with")
    colours = save_tiff(tmp_path / "c.tif", np.zeros((4, 4, 3), np.float32), 3, photometric=2)
    refused(lambda: fit_image_files([colours], 8), "of a kind that is not read")


@pytest.mark.parametrize("ending", ["gif", "tif", "webp", "png"])
def test_of_several_frames_the_first_is_used_and_that_is_told(ending, tmp_path):
    first, second = (Image.fromarray(values.astype(np.uint8)) for values in (RAMP, RAMP.T))
    options = {"lossless": True} if ending == "webp" else {}
    first.save(tmp_path / f"a.{ending}", save_all=True, append_images=[second, first], **options)
    second.save(tmp_path / f"b.{ending}", **options)
    fitted = read_pair(tmp_path / f"a.{ending}", tmp_path / f"b.{ending}")
    assert np.abs(fitted.pixels[0].astype(int) - RAMP).max() <= 2
    assert "The first frame or page was used of 1 image with several" in fitted.notes


# transparency

SHAPE = np.kron(np.eye(4), np.ones((4, 4))).astype(np.uint8) * 255  # squares along the diagonal


def of_alpha(mode: str, alpha: np.ndarray) -> Image.Image:
    """A black image whose shape is in its transparency."""
    whole = Image.merge("RGBA", [*[Image.new("L", (SIDE, SIDE))] * 3, Image.fromarray(alpha)])
    return whole if mode == "RGBA" else whole.convert(mode)


def with_key(mode: str, alpha: np.ndarray) -> Image.Image:
    """Black and white, of which white stands for transparency."""
    image = Image.fromarray(255 - alpha).convert(mode)
    image.info["transparency"] = {"L": 255, "RGB": (255, 255, 255), "1": 1}[mode]
    return image


TRANSPARENT = {
    "RGBA in PNG": (lambda alpha: of_alpha("RGBA", alpha), "png"),
    "LA in PNG": (lambda alpha: of_alpha("LA", alpha), "png"),
    "PA in PNG": (lambda alpha: of_alpha("RGBA", alpha).quantize(4), "png"),
    "RGBA in WebP": (lambda alpha: of_alpha("RGBA", alpha), "webp"),
    "RGBA in TIFF": (lambda alpha: of_alpha("RGBA", alpha), "tif"),
    "LA in TIFF": (lambda alpha: of_alpha("LA", alpha), "tif"),
    "GIF": (lambda alpha: of_alpha("RGBA", alpha), "gif"),
    "a transparent gray": (lambda alpha: with_key("L", alpha), "png"),
    "a transparent colour": (lambda alpha: with_key("RGB", alpha), "png"),
}


@pytest.mark.parametrize("case", TRANSPARENT)
def test_transparent_images_are_seen_on_white(case, tmp_path):
    make, ending = TRANSPARENT[case]
    files = [tmp_path / f"{place}.{ending}" for place in (0, 1)]
    shapes = [SHAPE, SHAPE[::-1].copy()]
    for file, shape in zip(files, shapes, strict=True):
        make(shape).save(file, **({"lossless": True} if ending == "webp" else {}))
    fitted = read_pair(*files)
    for pixels, shape in zip(fitted.pixels, shapes, strict=True):
        assert (pixels == 255 - shape).all()
    assert "Transparent parts of 2 images were laid on white" in fitted.notes


@given(colours=st.lists(st.integers(0, 255), min_size=3, max_size=3))
def test_an_opaque_image_is_the_same_with_and_without_transparency(tmp_path_factory, colours):
    folder = tmp_path_factory.mktemp("opaque")
    plain = Image.fromarray((RAMP[..., None] * np.array(colours) // 255).astype(np.uint8))
    plain.save(folder / "a.png")
    plain.convert("RGBA").save(folder / "b.png")
    preparation = ImagePreparation(5, 5, 3, on_white=True)
    first, second = prepare_image_files([folder / "a.png", folder / "b.png"], preparation)
    assert np.array_equal(first, second)


def test_images_that_are_all_alike_are_refused(tmp_path):
    folder = write_images(tmp_path, rare=3, others=4)
    for file in folder.rglob("*.png"):
        Image.new("RGBA", (10, 10), (len(file.parent.name), 0, 0, 0)).save(file)
    refused(lambda: open_source(folder, "folder"), "all 7 images are alike", "open some of them", "larger --image-size")
    refused(lambda: fit_image_arrays([("X", np.ones((5, 4, 4), np.uint8))]), "all 5 images are alike")


def test_a_model_of_an_earlier_version_reads_as_it_did(tmp_path):
    preparation = read_kind({"images": {"height": SIDE, "width": SIDE, "channels": 1}})
    assert preparation == EARLIER
    assert (
        repr(preparation) == f"ImagePreparation(height={SIDE}, width={SIDE}, channels=1)"
    )  # of which checksums are made
    file = save(tmp_path / "a.png", ramp(4095).astype(np.uint16))
    assert prepare_image_files([file], preparation).max() == 4095 // 257
    of_alpha("RGBA", SHAPE).save(tmp_path / "b.png")
    assert not prepare_image_files([tmp_path / "b.png"], preparation).any()
    array = np.random.default_rng(0).random((3, SIDE, SIDE))
    assert np.array_equal(prepare_image_array("X", array, preparation)[:, 0], np.rint(array * 255))


# which files belong to a folder

CLUTTER: dict[str, Callable[[Path], object]] = {
    "AppleDouble": lambda f: (f / "._000.png").write_bytes(b"\0\x05\x16\x07" + bytes(78)),
    "a hidden image": lambda f: save(f / ".cache.png", SHAPE),
    "a folder of macOS": lambda f: save(f / "__MACOSX" / "000.png", SHAPE),
    "a folder of a NAS": lambda f: save(f / "@eaDir" / "000.png", SHAPE),
    "a folder of notebooks": lambda f: save(f / ".ipynb_checkpoints" / "000-checkpoint.png", SHAPE),
    "thumbnails of Windows": lambda f: (f / "Thumbs.db").write_bytes(b"\xd0\xcf"),
    "settings of Windows": lambda f: (f / "desktop.ini").write_text("[x]"),
    "a hidden folder": lambda f: save(f / ".git" / "deep" / "x.png", SHAPE),
}


@pytest.mark.parametrize("inside", ["", "ok", "ok/more"])
@pytest.mark.parametrize("case", CLUTTER)
def test_compare_and_predict_read_the_same_files_of_a_folder(case, inside, tmp_path):
    folder = write_images(tmp_path)
    save(folder / "ok" / "more" / "deep.PNG", SHAPE)
    wanted = sorted(file for file in folder.rglob("*") if file.is_file())
    CLUTTER[case](folder / inside)
    found = find_class_images(folder)
    assert sorted(found.files) == wanted
    assert find_images(folder) == wanted
    assert found.notes == []
    assert find_images(folder / "ok") == [file for file in wanted if "ok" in file.parts]


def test_what_is_left_out_is_told_with_what_it_is(tmp_path):
    folder = write_images(tmp_path)
    (folder / "empty").mkdir()
    save(folder / "loose.png", SHAPE)
    for name in ("ok/a.heic", "ok/b.HEIC", "cracked/notes.txt", "cracked/a.svg"):
        (folder / name).write_text("x")
    notes = find_class_images(folder).notes
    assert "2 .heic (HEIC photographs: convert them to PNG or JPEG)" in notes[0]
    assert "1 .txt" in notes[0]
    assert notes[1:] == ["Folder empty holds no image", "Left out 1 image outside of the folders of the classes"]


def test_a_folder_without_classes_says_what_it_holds(tmp_path):
    folder = tmp_path / "images"
    (folder / "rare").mkdir(parents=True)
    (folder / "rare" / "a.heic").write_text("x")
    save(folder / "loose.png", SHAPE)
    refused(lambda: find_class_images(folder), "it has rare (0 images), 1 image in no sub-folder", "HEIC photographs")
    refused(lambda: find_images(folder / "rare"), "rare holds no image", "HEIC photographs")
    parts = write_images(tmp_path / "p")
    (parts / "ok").rename(parts / "train")
    (parts / "cracked").rename(parts / "test")
    refused(lambda: find_class_images(parts), "must be the classes, but are test and train", "--test")


def test_links_to_folders_are_followed_to_a_class_and_not_within(tmp_path):
    folder = write_images(tmp_path)
    (folder / "ok").rename(tmp_path / "elsewhere")
    (folder / "ok").symlink_to(tmp_path / "elsewhere")
    (folder / "cracked" / "again").symlink_to(folder)
    found = find_class_images(folder)
    assert len(found.files) == 32
    assert find_images(folder) == sorted(found.files)


def test_a_class_is_called_the_same_on_every_system(tmp_path):
    folder = write_images(tmp_path)
    (folder / "ok").rename(folder / unicodedata.normalize("NFD", "unauffällig"))
    assert open_source(folder, "folder", positive="unauffällig").counts == (8, 24)


def test_names_in_latin_1_can_be_written(tmp_path):
    folder = write_images(tmp_path)
    (folder / "ok").rename(folder / os.fsdecode(b"gr\xfcn"))
    assert set(find_class_images(folder).labels) == {"cracked", "grün"}
    assert decode_name(os.fsdecode(b"\xe4.png")) == "ä.png" == decode_name("ä.png")


# upright

TURNS = {
    1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1], 5: lambda a: a.T,
    6: np.rot90, 7: lambda a: a[::-1, ::-1].T, 8: lambda a: np.rot90(a, -1),
}  # fmt: skip


@pytest.mark.parametrize(("ending", "side"), [("png", 16), ("jpg", 16), ("jpg", 400), ("tif", 16), ("webp", 16)])
@pytest.mark.parametrize("orientation", TURNS)
def test_images_are_upright_however_the_camera_was_held(orientation, ending, side, tmp_path):
    upright = np.kron(np.array([[250, 20], [90, 160]]), np.ones((side, side // 2))).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = np.ascontiguousarray(TURNS[orientation](upright))
    save(tmp_path / f"a.{ending}", turned, exif=exif, **({"lossless": True} if ending == "webp" else {"quality": 95}))
    (pixels,) = prepare_image_files([tmp_path / f"a.{ending}"], ImagePreparation(8, 4, 1, on_white=True))
    assert np.abs(pixels[0, [1, 1, 6, 6], [0, 3, 0, 3]].astype(int) - [250, 20, 90, 160]).max() <= 6


def test_deep_images_are_upright_too(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    save(tmp_path / "a.png", np.ascontiguousarray(np.rot90(ramp(65535))).astype(np.uint16), exif=exif)
    (pixels,) = prepare_image_files([tmp_path / "a.png"], ImagePreparation(SIDE, SIDE, 1))
    assert_rises(pixels[0], 200)


# arrays

GRAY = np.stack([RAMP, RAMP.T, RAMP[::-1]]).astype(np.uint8)  # (3, H, W)
COLOURS = np.stack([GRAY, GRAY[:, ::-1], GRAY // 2], axis=-1)  # (3, H, W, 3)
OPAQUE = np.concatenate([COLOURS, np.full_like(COLOURS[..., :1], 255)], axis=-1)
SAME_ARRAYS = {  # and whether a note says what was taken for what
    "uint8": (GRAY, GRAY, False),
    "a channel": (GRAY[..., None], GRAY, False),
    "a channel in front": (GRAY[:, None], GRAY, True),
    "int64": (GRAY.astype(np.int64), GRAY, True),
    "uint16 of 8 bits": (GRAY.astype(np.uint16), GRAY, True),
    "floats of 0 to 1": (GRAY / 255, GRAY, False),
    "half precision": ((GRAY / 255).astype(np.float16), GRAY, False),
    "floats of 0 to 255": (GRAY.astype(np.float32), GRAY, True),
    "half precision of 0 to 255": (GRAY.astype(np.float16), GRAY, True),
    "uint16": (GRAY.astype(np.uint16) * 257, GRAY, True),
    "truths": (GRAY > 100, (GRAY > 100) * np.uint8(255), True),
    "colours": (COLOURS, COLOURS, False),
    "colours in front": (COLOURS.transpose(0, 3, 1, 2), COLOURS, True),
    "float colours in front": (COLOURS.transpose(0, 3, 1, 2).astype(np.float32), COLOURS, True),
    "opaque": (OPAQUE, COLOURS, True),
    "opaque in front": (OPAQUE.transpose(0, 3, 1, 2), COLOURS, True),
    "opaque floats": (OPAQUE / 255, COLOURS, True),
    "integers below zero": (GRAY.astype(np.int16) - 128, None, True),
    "12 bits": (GRAY.astype(np.int32) * 16, None, True),
    "floats around zero": (GRAY / 127.5 - 1, None, True),
    "floats a little above 1": (GRAY / 255 * 1.01, None, True),
}


@pytest.mark.parametrize("case", SAME_ARRAYS)
def test_arrays_keep_their_content_and_predict_reads_them_alike(case):
    array, wanted, told = SAME_ARRAYS[case]
    fitted = fit_image_arrays([("X", array)])
    pixels = fitted.pixels.transpose(0, 2, 3, 1)
    if wanted is None:
        assert_rises(pixels[0], 80)
    else:
        off = 1 if case in {"uint16", "half precision"} else 0
        assert np.abs(pixels.astype(int) - wanted.reshape(pixels.shape)).max() <= off
    assert bool(fitted.notes) == told
    preparation = read_kind(fitted.preparation.to_json())
    assert np.array_equal(prepare_image_array("X", array, preparation), fitted.pixels)
    for place in range(3):
        of_one = prepare_image_array("X", array[place : place + 1], preparation)
        assert np.array_equal(of_one[0], fitted.pixels[place])


BAD_ARRAYS = {
    "NaN": (np.where(GRAY == 9, np.nan, GRAY / 255), "X has the value nan at [0, 0, 9]"),
    "infinity": (np.where(GRAY == 9, np.inf, GRAY / 255), "X has the value inf at [0, 0, 9]"),
    "a mark of missing pixels": (np.where(GRAY == 9, -9999, GRAY / 255), "replace outliers"),
    "five channels": (np.zeros((3, 8, 8, 5), np.uint8), "images must be (N, H, W), (N, H, W, C) or (N, C, H, W)"),
    "two channels": (np.zeros((3, 8, 8, 2), np.uint8), "images must be"),
    "unclear channels": (np.zeros((3, 3, 8, 4), np.uint8), "where several axes may be the channels: use (N, H, W, 3)"),
    "no images": (np.zeros((0, 8, 8), np.uint8), "images must be"),
    "films": (np.zeros((3, 5, 8, 8, 3), np.uint8), "images must be"),
    "complex numbers": (GRAY * 1j, "images must be numbers"),
    "text": (GRAY.astype(str), "images must be numbers"),
    "objects": (GRAY.astype(object), "of type object"),
    "transparency": (np.stack([GRAY] * 4, axis=-1), "leave it out, as X[..., :3]"),
    "transparency in front": (np.stack([GRAY] * 4, axis=1), "leave it out, as X[:, :3]"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_arrays_that_are_unclear_are_refused(case):
    array, sentence = BAD_ARRAYS[case]
    refused(lambda: fit_image_arrays([("X", array)]), sentence)


BYTES = fit_image_arrays([("X", GRAY)]).preparation
OUTSIDE = {
    "integers beyond 8 bits": (BYTES, GRAY.astype(np.int64) + 1, "X has the value 256 at [0, 15, 15]"),
    "integers below 0": (BYTES, GRAY.astype(np.int64) - 1, "X has the value -1 at [0, 0, 0]"),
    "floats beyond 1": (BYTES, GRAY / 200, "X has the value 1.005 at [0, 12, 9]"),
    "NaN": (BYTES, np.where(GRAY == 7, np.nan, 0), "X has the value nan at [0, 0, 7]"),
    "fractions": (
        fit_image_arrays([("X", GRAY.astype(float))]).preparation, GRAY / 255, "X has values up to 1 only",
    ),
    "another size": (BYTES, GRAY[:, 1:], "images must be of shape (1, 16, 16) (channels, height, width), found (1, 15"),
    "colours": (BYTES, COLOURS, "found (3, 16, 16)"),
}  # fmt: skip


@pytest.mark.parametrize("case", OUTSIDE)
def test_arrays_that_the_model_does_not_know_are_refused_with_value_and_place(case):
    preparation, array, sentence = OUTSIDE[case]
    refused(lambda: prepare_image_array("X", array, preparation), sentence)


def test_an_index_is_that_of_the_array_as_it_was_given():
    array = (COLOURS / 255).transpose(0, 3, 1, 2).copy()
    array[1, 2, 3, 4] = np.nan
    refused(lambda: fit_image_arrays([("X", array)]), "at [1, 2, 3, 4]")


def test_a_model_of_bytes_reads_the_same_images_of_other_types():
    wanted = prepare_image_array("X", GRAY, BYTES)
    for array in (GRAY.astype(np.int64), np.array(GRAY.tolist()), GRAY / 255, (GRAY / 255).astype(np.float32)):
        assert np.array_equal(prepare_image_array("X", array, BYTES), wanted)


def test_a_comparison_of_16_bit_arrays_predicts_by_its_own_scale(tmp_path):
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 4 == 0
    array = generator.integers(0, 2000, (60, 6, 6)).astype(np.uint16)
    array[labels, :, :3] += 2000
    found = imbaloss.compare(array, labels, epochs=20, hidden=(4,), losses=["ce"], repetitions=1, out=tmp_path)
    assert any("4095 is white" in note for note in found.description)
    assert found.table.set_index("method")["roc_auc"]["ce"] > 0.9
    again = OwnModel.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(array), found.model.predict_proba(array))
    assert np.array_equal(again.predict_proba(array.astype(np.int64)), found.model.predict_proba(array))
    refused(lambda: again.predict_proba(array + np.uint16(9000)), "between 0 (black) and 4095 (white)")


def test_labels_of_npz_images_may_be_a_column(tmp_path):
    labels = np.array([0] * 20 + [1] * 5)
    pixels = np.random.default_rng(0).integers(0, 255, (25, 4, 4)).astype(np.uint8)
    np.savez(tmp_path / "a.npz", X=pixels, y=labels[:, None])
    assert open_source(tmp_path / "a.npz", "y").counts == (20, 5)
    np.savez(tmp_path / "b.npz", X=pixels, y=np.eye(2)[labels])
    refused(lambda: open_source(tmp_path / "b.npz", "y"), "must hold one array of images", "y (25, 2)")


# tables that name images


def listing(folder: Path, rename: Callable[[str], str] = str, **columns) -> pd.DataFrame:
    """A table of the example images, in the folder, with their class."""
    files = sorted(write_images(folder).rglob("*.png"))
    names = [rename(file.relative_to(folder).as_posix()) for file in files]
    return pd.DataFrame({"file": names, "label": [file.parent.name for file in files], **columns})


WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "with blanks": lambda name: f"  {name} ",
    "with backslashes": lambda name: name.replace("/", "\\"),
    "in capitals": str.upper,
    "with another ending": lambda name: name.replace(".png", ".PNG"),
    "with a dot": lambda name: f"./{name}",
}


@pytest.mark.parametrize("case", WAYS)
def test_names_are_found_however_they_are_written(case, tmp_path):
    table = write_csv(tmp_path, listing(tmp_path, WAYS[case]))
    own = open_source(table, "label")
    assert own.counts == (24, 8)
    assert own.kind.column == "file"


def test_names_may_be_absolute_and_have_accents_of_any_make(tmp_path):
    column = pd.Series([str(save(tmp_path / "a.png", SHAPE))], name="file")
    assert locate_listed_files(tmp_path / "b" / "t.csv", column) == [tmp_path / "a.png"]
    for form, other in (("NFC", "NFD"), ("NFD", "NFC")):
        file = save(tmp_path / form / unicodedata.normalize(form, "größé") / "ä.png", SHAPE)
        name = unicodedata.normalize(other, f"{form}/größé/ä.png")
        assert locate_listed_files(tmp_path / "t.csv", pd.Series([name], name="file")) == [file]


def test_a_name_of_two_files_is_taken_as_it_is_written(tmp_path):
    files = [save(tmp_path / name, SHAPE) for name in ("a.png", "A.png")]
    assert locate_listed_files(tmp_path / "t.csv", pd.Series(["A.png", "a.png"], name="file")) == files[::-1]
    refused(lambda: locate_listed_files(tmp_path / "t.csv", pd.Series(["a.PNG"], name="file")), "a.PNG for row 1")


BAD_NAMES = {
    "empty": (None, "must name an image in each row, but has nothing in row 3"),
    "blank": (" ", "has nothing in row 3"),
    "without ending": ("images/ok/003", "has 'images/ok/003' in row 3"),
    "HEIC": ("a.HEIC", "'a.HEIC' (HEIC photographs: convert them to PNG or JPEG) in row 3"),
    "SVG": ("a.svg", "(SVG drawings: convert them to PNG or JPEG) in row 3"),
    "PDF": ("a.pdf", "'a.pdf' (PDF documents) in row 3"),
    "missing": ("none.png", "none.png for row 3 of"),
    "of Windows": ("C:\\images\\a.png", "for row 3 of"),
}


@pytest.mark.parametrize("size", [None, 8])
@pytest.mark.parametrize("case", BAD_NAMES)
def test_a_row_without_an_image_is_named(case, size, tmp_path):
    name, sentence = BAD_NAMES[case]
    frame = listing(tmp_path)
    frame.loc[2, "file"] = name
    refused(lambda: open_source(write_csv(tmp_path, frame), "label", size=size), sentence)


def test_missing_files_are_counted(tmp_path):
    frame = listing(tmp_path, lambda name: name.replace("ok/", "gone/"))
    refused(lambda: open_source(write_csv(tmp_path, frame), "label"), "for row 9 of", "and for 23 more rows", "'file'")


def test_a_size_is_refused_only_where_no_column_names_images(tmp_path):
    frame = listing(tmp_path)
    few = frame.assign(file=[*frame["file"][:4], *(f"n{row}" for row in range(28))], x=np.arange(32) % 7)
    refused(lambda: open_source(write_csv(tmp_path, few), "label", size=8), "has 'n0' in row 5")
    assert open_source(write_csv(tmp_path, few), "label").kind.names == ("x",)
    plain = frame.assign(file=[f"n{row}" for row in range(32)], x=np.arange(32) % 7)
    refused(lambda: open_source(write_csv(tmp_path, plain), "label", size=8), "none of its columns names image files")
    others = frame.assign(file=[f"{row}.heic" for row in range(32)])
    refused(lambda: open_source(write_csv(tmp_path, others), "label"), "'file' names files that are not read: .heic")


def test_predict_takes_the_column_that_was_learned_from(tmp_path, monkeypatch, imbaloss):
    monkeypatch.chdir(tmp_path)
    frame = listing(tmp_path)
    write_csv(tmp_path, frame.assign(mask=frame["file"]), "t.csv")
    refused(lambda: open_source(tmp_path / "t.csv", "label"), "file and mask both name image files", "--drop")
    code, _, err = imbaloss(
        "compare", "t.csv", "--target", "label", "--drop", "mask", "--image-size", "8", *QUICK, "--out", "o"
    )
    assert code == 0, err
    code, out, err = imbaloss("predict", "o/model", "t.csv", "--out", "p.csv")
    assert (code, out[:7]) == (0, "32 rows"), err
    code, out, err = imbaloss("predict", "o/model", "images/ok/003.png", "--out", "q.csv")
    assert (code, out[:6]) == (0, "1 row,"), err
    output = OwnModel.load("o/model").output
    every = pd.read_csv("p.csv").set_index("file")[output]
    assert pd.read_csv("q.csv")[output][0] == pytest.approx(every["images/ok/003.png"], abs=1e-6)
    broken = frame.assign(file=[None, *frame["file"][1:]])
    code, _, err = imbaloss("predict", "o/model", str(write_csv(tmp_path, broken, "u.csv")))
    assert (code, "has nothing in row 1" in err) == (2, True)


# whatever a file holds

FALSE_FILES = {
    "nothing": (b"", "it holds nothing"),
    "zeros": (bytes(900), "it holds nothing but bytes of zero"),
    "text": (b"label,name\n1,2\n", "it holds no known image"),
    "a web page": (b"\n<!DOCTYPE html><html>", "it is a web page"),
    "a drawing": (b"<svg xmlns='x'/>", "it is an SVG drawing"),
    "HEIC": (b"\0\0\0\x18ftypheic" + bytes(99), "it is a photograph in HEIC"),
    "a document": (b"%PDF-1.7", "it is a PDF document"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\n", "it is a pointer of Git LFS"),
    "AppleDouble": (b"\0\x05\x16\x07\0\x02", "the metadata that macOS keeps of a file"),
}


@pytest.mark.parametrize("case", FALSE_FILES)
def test_a_file_that_passes_for_an_image_is_called_what_it_is(case, tmp_path):
    content, sentence = FALSE_FILES[case]
    (tmp_path / "a.png").write_bytes(content)
    refused(
        lambda: fit_image_files([tmp_path / "a.png"], 8),
        f"{tmp_path / 'a.png'} is no image that can be decoded",
        sentence,
    )
    refused(lambda: prepare_image_files([tmp_path / "a.png"], EARLIER), sentence)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        struct.error("x"),
        KeyError(7),
        OSError("y"),
        OSError(22, "Invalid"),
        zlib.error("z"),
        UserWarning("w"),
    ],
)
def test_whatever_a_decoder_raises_names_the_file(error, tmp_path, monkeypatch):
    file = save(tmp_path / "a.png", SHAPE)

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(Image.Image, "resize", fail)
    refused(lambda: prepare_image_files([file], EARLIER), "a.png is no image that can be decoded")


def test_a_file_that_is_not_there_is_the_systems_to_tell(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.png"):
        prepare_image_files([tmp_path / "none.png"], EARLIER)


def test_mutated_files_are_read_or_refused_in_one_sentence(tmp_path):
    generator = np.random.default_rng(0)
    colours = Image.fromarray(generator.integers(0, 256, (20, 30, 3)).astype(np.uint8))
    modes = {
        "png": ["L", "RGBA", "P"],
        "jpg": ["L", "RGB"],
        "tif": ["L", "RGB", "I", "F"],
        "gif": ["P"],
        "bmp": ["RGB"],
        "webp": ["RGBA"],
    }
    contents = []
    for ending, of_ending in modes.items():
        for mode in of_ending:
            file = tmp_path / f"{mode}.{ending}"
            (colours.convert("L") if mode in {"I", "F"} else colours).convert(mode).save(file)
            contents.append((ending, file.read_bytes()))
    read = 0
    for number in range(500):
        ending, content = contents[number % len(contents)]
        mutated = bytearray(content[: len(content) if number % 3 else generator.integers(len(content))])
        for place in generator.integers(
            0, min(len(content), 150 if number % 2 else len(content)), generator.integers(1, 8)
        ):
            mutated[place : place + 1] = generator.bytes(generator.integers(0, 3))
        file = tmp_path / f"{number}.{ending}"
        file.write_bytes(bytes(mutated))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                read += fit_image_files([file, tmp_path / "L.png"], 8) is not None
            except (ValueError, OSError) as error:
                assert "\n" not in str(error)  # noqa: PT017
                assert str(file) in str(error) or "alike" in str(error)  # noqa: PT017
    assert 20 < read < 480
