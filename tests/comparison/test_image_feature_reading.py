"""Images come to a pretrained model upright, on white and in colours, whatever their files and arrays hold."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imbaloss.comparison.image_features import FeatureMaker
from tests.features.images import write_pixels

SIDE = 8


@pytest.fixture
def maker(tmp_path) -> FeatureMaker:
    """Makes features that are the pixels themselves, from 0 to 1."""
    return FeatureMaker.open(f"onnx:{write_pixels(tmp_path / 'pixels.onnx', SIDE)}")


def save(file: Path, pixels: np.ndarray, **options) -> Path:
    Image.fromarray(pixels).save(file, **options)
    return file


def draw(seed: int, *channels: int) -> np.ndarray:
    """Random bytes, (8, 8, channels)."""
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, *channels), np.uint8)


def read(vectors: np.ndarray) -> np.ndarray:
    """Pixels (N, 8, 8, 3) from 0 to 255, of features."""
    return np.rint(vectors.astype(float) * 255).reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)


def test_gray_images_become_rgb_beside_coloured_ones(maker, tmp_path):
    gray, coloured = draw(0), draw(1, 3)
    embedded = maker.fit_files([save(tmp_path / "a.png", gray), save(tmp_path / "b.png", coloured)])
    assert np.array_equal(read(embedded.vectors), [np.repeat(gray[..., None], 3, 2), coloured])


def test_a_turned_photograph_comes_upright(maker, tmp_path):
    pixels = draw(2, 3)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    files = [save(tmp_path / "turned.png", pixels, exif=exif), save(tmp_path / "other.png", draw(3, 3))]
    assert np.array_equal(read(maker.fit_files(files).vectors)[0], np.rot90(pixels, -1))


def test_icons_in_the_transparency_are_laid_on_white_with_a_note_also_from_the_cache(maker, tmp_path):
    icons = [np.dstack([np.zeros((SIDE, SIDE, 3), np.uint8), (draw(seed) > 99) * np.uint8(255)]) for seed in (4, 5)]
    files = [save(tmp_path / f"{place}.png", icon) for place, icon in enumerate(icons)]
    for _ in range(2):
        embedded = maker.fit_files(files)
        assert "Transparent parts of 2 images were laid on white" in embedded.notes
        assert np.array_equal(read(embedded.vectors)[..., 0], [255 - icon[..., 3] for icon in icons])


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.uint16])
def test_deep_images_keep_their_levels_and_new_ones_are_read_by_the_same_range(maker, tmp_path, dtype):
    white = 1 if dtype == np.float32 else 4095
    deep = [(draw(seed) / 255 * white).astype(dtype) for seed in (6, 7)]
    deep[0].flat[0] = white
    files = [save(tmp_path / f"{place}.tif", values) for place, values in enumerate(deep)]
    embedded = maker.fit_files(files)
    levels = read(embedded.vectors)[..., 0]
    assert np.abs(levels - np.array(deep) / white * 255).max() <= 1
    assert np.array_equal(maker.embed_files(files[1:], embedded.embedding), embedded.vectors[1:])
    beyond = save(tmp_path / "beyond.tif", (deep[0] + 2 * white).astype(dtype))
    with pytest.raises(ValueError, match=r"beyond\.tif has the value"):
        maker.embed_files([beyond], embedded.embedding)


def test_floats_up_to_one_are_refused_where_white_is_255_also_if_they_are_in_the_cache(maker, tmp_path):
    bright = [save(tmp_path / f"{seed}.tif", draw(seed).astype(np.float32)) for seed in (8, 9)]
    embedded = maker.fit_files(bright)
    dark = save(tmp_path / "dark.tif", (draw(8) / 255).astype(np.float32))
    for _ in range(2):
        with pytest.raises(ValueError, match="multiply its values by"):
            maker.embed_files([dark], embedded.embedding)


def test_images_that_are_alike_are_refused(maker, tmp_path):
    files = [save(tmp_path / f"{place}.png", draw(0)) for place in range(3)]
    with pytest.raises(ValueError, match="all 3 images have the same features"):
        maker.fit_files(files).vectors  # noqa: B018 - which are made here


@pytest.mark.parametrize("axis", [1, 3])
def test_arrays_are_read_as_files_are(maker, tmp_path, axis):
    pixels = np.stack([draw(seed, 3) for seed in range(3)])
    of_files = maker.fit_files([save(tmp_path / f"{place}.png", image) for place, image in enumerate(pixels)])
    embedded = maker.fit_arrays([("X", np.moveaxis(pixels, 3, axis))])
    assert np.array_equal(embedded.vectors, of_files.vectors)
    assert np.array_equal(maker.embed_array("X", pixels[1:], of_files.embedding), embedded.vectors[1:])
    as_floats = maker.fit_arrays([("X", (pixels / 255).astype(np.float32))])
    assert np.abs(read(as_floats.vectors) - pixels).max() <= 1


def test_an_image_in_two_files_is_computed_once(maker, tmp_path):
    counts = []
    told = FeatureMaker(maker.extractor, lambda *count: counts.append(count))
    first, second = save(tmp_path / "a.png", draw(1, 3)), save(tmp_path / "b.png", draw(2, 3))
    assert told.fit_files([first, second, first]).vectors.shape[0] == 3
    assert counts == [(1, 3, "image"), (2, 3, "image"), (3, 3, "image")]
    counts.clear()
    assert told.fit_files([first, second]).vectors.shape[0] == 2
    assert counts == [(2, 2, "image")]
