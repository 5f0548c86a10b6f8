"""The description of images by edges and colours: that of scikit-image, for images of any size."""

import numpy as np
import pytest
from skimage.feature import hog as count_edges
from sklearn.datasets import load_sample_images

from imbaloss.features.hog import COLOUR_SCALE, EDGE_SCALE, hog


def draw_images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize(("channels", "size", "width"), [(3, 32, 516), (1, 16, 388)])
def test_edges_are_those_of_scikit_image_and_colours_are_means(channels, size, width):
    images = draw_images(3, channels, size, size)
    described = hog(images)
    assert described.shape == (3, width)
    for image, row in zip(images, described, strict=True):
        edges = count_edges(image.transpose(1, 2, 0), 9, (size // 4,) * 2, (2, 2), channel_axis=-1)
        side = size // 8
        colours = image.reshape(channels, 8, side, 8, side).mean((2, 4)) / 255
        np.testing.assert_allclose(row[: len(edges)] / EDGE_SCALE, edges, atol=1e-6)
        np.testing.assert_allclose(row[len(edges) :] / COLOUR_SCALE, colours.ravel(), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 7), (3, 2, 40), (3, 5, 9), (1, 8, 8), (3, 33, 31), (3, 200, 100)])
def test_an_image_of_any_size_is_described_by_itself_alone(shape):
    images = draw_images(4, *shape)
    images[0] = 0  # neither edges nor colours
    described = hog(images)
    assert np.isfinite(described).all()
    assert not described[0].any()
    assert described.dtype == np.float32
    assert hog(images[:0]).shape == (0, described.shape[1])
    assert np.array_equal(hog(images[2:3])[0], described[2])


def test_the_values_of_photographs_deviate_by_about_one():
    photographs = np.stack(load_sample_images().images)[:, :416]
    crops = photographs.reshape(2, 13, 32, 20, 32, 3).transpose(0, 1, 3, 5, 2, 4).reshape(-1, 3, 32, 32)
    described = hog(crops)
    edges = 3 * 3 * 4 * 9
    for part in (described[:, :edges], described[:, edges:]):
        assert 0.5 < part.std(0).mean() < 2
