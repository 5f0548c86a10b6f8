"""What a comparison of images learns from unless it is asked for pixels: edges and coarse colours."""

import numpy as np
import pytest

import imbaloss
from imbaloss.comparison.own_model import OwnModel, read_kind
from imbaloss.features.hog import hog
from tests.comparison.examples import open_source, write_images


def draw_stripes(number: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Images with stripes at random places: every fourth has upright ones, with the same colours in each pixel."""
    generator = np.random.default_rng(0)
    labels = np.arange(number) % 4 == 0
    waves = np.sin(np.arange(16) * 2 + generator.uniform(0, 2 * np.pi, (number, 1)))
    lying = np.repeat(128 + 90 * waves[:, :, None], 16, axis=2) + generator.normal(0, 20, (number, 16, 16))
    return np.where(labels[:, None, None], lying.transpose(0, 2, 1), lying).clip(0, 255).astype(np.uint8), labels


def test_images_are_described_unless_the_request_is_for_pixels(tmp_path):
    folder = write_images(tmp_path)
    own = open_source(folder, "folder")
    split = own.draw(0, own.each_fold[0])
    assert own.shape == split.test.inputs.shape[1:] == (516,)
    for part in (split.train, split.test):
        np.testing.assert_array_equal(part.inputs, hog(own.features[part.images]))
    for recipe in ({"network": "mlp"}, {"network": "cnn"}, {"flip": True}, {"shift": 2}):
        of_pixels = open_source(folder, "folder", recipe=recipe)
        assert of_pixels.shape == (3, 32, 32)
        assert of_pixels.checksum != own.checksum
    for recipe in ({"hidden": (4,)}, {"flip": False, "shift": 0}, {"lr": 0.1}):
        assert open_source(folder, "folder", recipe=recipe).checksum == own.checksum


def test_directions_are_seen_by_default_where_no_pixel_tells(tmp_path):
    images, labels = draw_stripes()
    asked = {"methods": "logistic_regression", "repetitions": 2, "settings": 1}
    described = imbaloss.compare(images, labels, **asked, out=tmp_path)
    of_pixels = imbaloss.compare(images, labels, **asked, network="mlp")
    reached, before = (answer.table["average_precision"].max() for answer in (described, of_pixels))
    assert reached > 0.95
    assert before < 0.7
    assert any("The network is a perceptron, which ignores" in note for note in of_pixels.description)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "edges and coarse colours of each image (HOG)" in page
    assert "imbaloss export model" not in page  # the command would refuse
    again = OwnModel.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(images), described.model.predict_proba(images))
    with pytest.raises(ValueError, match=r"learned from a description of images .* compare with --network mlp or cnn"):
        again.to_onnx(tmp_path / "model.onnx")


def test_a_model_of_an_earlier_version_learned_from_pixels():
    preparation = read_kind({"images": {"height": 4, "width": 5, "channels": 1}})
    images = np.full((2, 1, 4, 5), 51, np.uint8)
    np.testing.assert_array_equal(preparation(images), np.full((2, 1, 4, 5), 0.2, np.float32))
    assert preparation.input_shape == (1, 4, 5)
