"""The worst misses of images stand on the page beside their nearest training images in feature space."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imbaloss import compare
from imbaloss.comparison.nearest_images import find_nearest
from imbaloss.studies import Store
from tests.features.images import write_means

ASKED = {"methods": ("logistic_regression",), "settings": 1, "folds": 3, "repetitions": 3}


def make_pixels(rows: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Images of one colour each, redder where the label is 1, (N, 8, 8, 3), and the labels."""
    generator = np.random.default_rng(0)
    labels = (np.arange(rows) % 3 == 0).astype(int)
    colours = generator.integers(20, 180, (rows, 3)) + labels[:, None] * np.array([50, 0, 0])
    return np.broadcast_to(colours[:, None, None], (rows, 8, 8, 3)).astype(np.uint8), labels


def test_each_mistake_has_the_training_images_with_the_highest_cosine(tmp_path: Path) -> None:
    pixels, labels = make_pixels()
    answer = compare(
        pixels, labels, features=f"onnx:{write_means(tmp_path / 'means.onnx')}", out=tmp_path / "out", **ASKED
    )
    mistakes = answer.advice.worst_misses.mistakes
    assert 5 < len(mistakes) <= 10  # five of each, if there are so many
    vectors = pixels[:, 0, 0].astype(np.float64) / 255
    vectors = (vectors - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]  # ImageNet's, the default of ONNX files
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store = Store(tmp_path / "out")
    of_folds = [store.predictions(row.run) for row in answer.findings.rows]
    for mistake in mistakes:
        tested = next(parts for parts in of_folds if mistake.row - 1 in parts["test"].images)
        train = np.setdiff1d(
            np.arange(len(labels)), np.concatenate([tested["test"].images, tested["validation"].images])
        )
        cosines = vectors[train] @ vectors[mistake.row - 1]
        found = [int(re.fullmatch(r"image (\d+)", image.name)[1]) - 1 for image in mistake.images.nearest]
        assert set(found) <= set(train.tolist())
        np.testing.assert_allclose(np.sort(cosines)[-3:][::-1], vectors[found] @ vectors[mistake.row - 1], atol=1e-4)
        assert [image.label for image in mistake.images.nearest] == [str(labels[place]) for place in found]
        assert mistake.images.image.name == f"image {mistake.row}"
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 4 * len(mistakes)


def test_the_page_of_a_folder_is_made_again_without_its_images(imbaloss, tmp_path: Path) -> None:
    pixels, labels = make_pixels()
    for place, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        file = tmp_path / "shots" / ("red" if label else "any") / f"{place}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(file)
    means = f"onnx:{write_means(tmp_path / 'means.onnx')}"
    command = ("compare", str(tmp_path / "shots"), "--features", means, "--method", "logistic_regression")
    code, _, err = imbaloss(*command, "--settings", "1", "--repetitions", "3", "--out", "out", "--worst-misses", "2")
    assert code == 0, err
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 16
    shown = re.findall(r'alt="((?:red|any)/\d+\.png), (red|any)"', page)
    assert len(shown) == 16
    assert all(name.startswith(label) for name, label in shown)
    for file in (tmp_path / "shots").rglob("*.png"):
        file.unlink()
    (tmp_path / "out" / "report.html").unlink()
    code, _, err = imbaloss("report", "out")
    assert code == 0, err
    assert (tmp_path / "out" / "report.html").read_text().count("data:image/jpeg;base64,") == 16


def test_none_are_shown_if_none_are_asked_for(tmp_path: Path) -> None:
    pixels, labels = make_pixels()
    means = f"onnx:{write_means(tmp_path / 'means.onnx')}"
    answer = compare(pixels, labels, features=means, worst_misses=0, out=tmp_path / "out", **ASKED)
    assert answer.advice.worst_misses is None
    assert "data:image/jpeg" not in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("among", [1, 2, 3, 50])
def test_there_are_three_nearest_or_all(among: int) -> None:
    features = np.random.default_rng(among).normal(size=(60, 4)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    [nearest] = find_nearest(features, np.array([55]), np.arange(among))
    assert len(nearest) == min(among, 3)
    assert nearest[0] == np.argmax(features[:among] @ features[55])
