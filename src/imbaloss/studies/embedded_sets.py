"""Data sets whose samples are frozen features of images: what the recipes of a study ask for beside the images."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.data import Dataset, Source
from imbaloss.data.samples import Pool
from imbaloss.features import (
    Extractor,
    FeatureStore,
    ProgressHandler,
    extract_features,
    find_feature_folder,
    hash_pixels,
    ignore_progress,
    open_image_extractor,
    open_pixels,
)
from imbaloss.studies.store import Store
from imbaloss.studies.study import Run


def embed_data_sets(
    datasets: Mapping[str, Dataset], runs: Iterable[Run], on_progress: ProgressHandler = ignore_progress
) -> dict[str, Dataset]:
    """Return the data sets, with those added whose samples are the frozen features that runs ask for.

    Features are kept on disk, so that each image passes through an extractor once.

    Args:
        datasets: The data sets of images by name.
        runs: The runs (single trainings), whose recipes name extractors.
        on_progress: Follows the extraction.

    Raises:
        ValueError: A data set has no images, or an extractor cannot be opened. It names the data set or the extractor.
        OSError: Weights cannot be read, or features cannot be written.
    """
    embedded: dict[str, Dataset] = {}
    extractors: dict[str, Extractor[Any]] = {}
    for run in runs:
        features = run.recipe.features
        if not features or run.source in embedded:
            continue
        if features not in extractors:
            extractors[features] = open_image_extractor(features)
        embedded[run.source] = embed_data_set(datasets[run.dataset], extractors[features], on_progress)
    return {**datasets, **embedded}


def embed_data_set(
    dataset: Dataset, extractor: Extractor[Any], on_progress: ProgressHandler = ignore_progress
) -> Dataset:
    """Return a data set with the frozen features of each image in the place of the image, (n, D).

    Raises:
        ValueError: The data set has no images.
        OSError: Features cannot be written.
    """
    if len(dataset.shape) != 3:
        raise ValueError(f"features are for images, and {dataset.name} has columns: leave features out")
    store = FeatureStore(find_feature_folder(), extractor.facts.identity)
    parts = [*list_classes(dataset.train), *list_classes(dataset.test)]
    images = [image for part in parts for image in to_bytes(part, dataset.white)]
    digests = [*map(hash_pixels, images)]
    features = extract_features(
        extractor, images, digests, open_item=open_pixels, store=store, on_progress=on_progress, batch=1
    )
    ends = np.cumsum([len(part) for part in parts])[:-1]
    negatives, positives, test_negatives, test_positives = np.split(features.astype(np.float32), ends)
    identity = hashlib.sha256(f"{dataset.checksum} {extractor.facts.identity}".encode()).hexdigest()
    return replace(
        dataset,
        train=Pool(negatives, positives),
        test=Pool(test_negatives, test_positives),
        white=1,
        checksum=identity,
    )


def check_stored_features(store: Store, runs: Iterable[Run], datasets: Mapping[str, Source]) -> None:
    """Check that the finished runs of a store had the features that the data sets have now.

    The text of an extractor may name a file, whose content can change.

    Args:
        store: The store.
        runs: The runs of a study.
        datasets: The sources of the runs by name.

    Raises:
        ValueError: A stored run had features of other weights.
        OSError: The store cannot be read.
    """
    for row in store.rows([run for run in runs if run.recipe.features]):
        if row.computed.data != datasets[row.run.source].checksum:
            raise ValueError(
                f"the results for {row.run.source} in {store.file.parent} are of other weights than those of "
                f"{row.run.recipe.features} now: name another folder with --out, or bring the weights back"
            )


def list_classes(pool: Pool) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the negatives and the positives of a pool."""
    return pool.negatives, pool.positives


def to_bytes(images: NDArray[Any], white: int) -> NDArray[np.uint8]:
    """Return images (n, channels, height, width), from 0 to white, as whole numbers from 0 to 255."""
    return np.rint(images * (255 / white)).astype(np.uint8)
