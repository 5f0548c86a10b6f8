"""The worst misses of images beside their nearest training images in feature space, stored for the page."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.columns import Schema
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.pictures import Pictures
from imbaloss.comparison.place import Place
from imbaloss.comparison.segment_scores import select_results
from imbaloss.comparison.study import OwnStudy
from imbaloss.comparison.vectors import read_vectors
from imbaloss.comparison.worst_misses import WorstMisses
from imbaloss.learners import Method
from imbaloss.report import Findings
from imbaloss.studies import NearestImages, ShownImage

NEAREST = 3  # number of training images beside each mistake


def store_nearest_images(
    study: OwnStudy, best: Method, findings: Findings, misses: WorstMisses | None, place: Place
) -> None:
    """Store the images that the recommended method decided worst, each with its three nearest training images.

    Near is what has a high cosine of its features. Training images are those of the division in which the image was
    tested. Nothing is stored for data without features of images, or if no worst misses are asked for.

    Args:
        study: The study.
        best: The recommended method.
        findings: Its finished runs.
        misses: The worst mistakes of the method; None if none are asked for.
        place: The data, and the store.

    Raises:
        ValueError: An image does not decode any more.
        OSError: An image cannot be read any more, or the store cannot be written.
    """
    own = place.own
    if misses is None or own.pictures is None:
        return
    wrong = np.array([mistake.row - 1 + study.first_test_row for mistake in misses.mistakes], dtype=np.int64)
    features = join_features(own)
    shown: dict[int, NearestImages] = {}
    for row in select_results(findings, best):
        parts = own.find_rows(row.run.seed, row.run.fold)
        tested = wrong[np.isin(wrong, parts["test"])]
        nearest = find_nearest(features, tested, parts["train"])
        for place_of_image, places in zip(tested.tolist(), nearest, strict=True):
            wrong_image, *near_images = [show_image(own, own.pictures, each) for each in (place_of_image, *places)]
            shown[place_of_image] = NearestImages(wrong_image, tuple(near_images))
    place.store.add_nearest_images(study.final_run(best), shown)


def join_features(own: Own) -> NDArray[np.float32]:
    """Return the features of the images of all rows, (N, D), each row with the length 1."""
    assert isinstance(own.features, pd.DataFrame)
    assert isinstance(own.kind, Schema)
    of_images = [name for name, embedding in own.kind.embeddings.items() if embedding.images is not None]
    features = np.hstack([read_vectors(own.features[name]) for name in of_images]).astype(np.float32)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)


def find_nearest(
    features: NDArray[np.float32], rows: NDArray[np.int64], among: NDArray[np.int64]
) -> list[Sequence[int]]:
    """Return the places of the three rows with the highest cosine for each row, the highest first; equal ones by place.

    Args:
        features: (N, D), of length 1.
        rows: (n,), the rows to find others for.
        among: (m,), the rows that may be found; if there are fewer than three, all of them.
    """
    cosines = features[rows] @ features[among].T
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :NEAREST]
    places: list[Sequence[int]] = among[order].tolist()
    return places


def show_image(own: Own, pictures: Pictures, row: int) -> ShownImage:
    """Return the image of a row as the page shows it. Raises as `Pictures.draw_thumbnail`."""
    label = own.positive if own.labels[row] else own.negative
    return ShownImage(pictures.names[row], label, pictures.draw_thumbnail(row))
