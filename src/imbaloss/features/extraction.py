"""Extracting the features of many items, batch by batch, with those that are already known taken from a store."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from imbaloss.features.extractor import Extractor
from imbaloss.features.store import FeatureStore, Halves

ProgressHandler = Callable[
    [int, int, str], object
]  # receives the number of items that are done, of all, and their noun
Source = TypeVar("Source")  # an item before it is opened, such as the path of an image
BATCH = 32  # number of items that pass through an extractor at once
ADDED = 512  # number of items after which new features are written
ADDED_AFTER_S = 20.0  # the time after which they are written, in seconds


def ignore_progress(done: int, total: int, noun: str) -> None:
    """Do nothing about the number of items that are done."""


def extract_features(
    extractor: Extractor[Any],
    sources: Sequence[Source],
    digests: Sequence[bytes],
    *,
    open_item: Callable[[Source], Any],
    store: FeatureStore | None = None,
    on_progress: ProgressHandler = ignore_progress,
    batch: int = BATCH,
) -> Halves:
    """Return the features of items, (N, D), in their order. Each different item is computed once.

    Items are opened batch by batch, so that they need not fit into memory. New features are written every 512 items or
    20 seconds, and when an error ends the extraction.

    Args:
        extractor: What turns an item into its features.
        sources: The N items before they are opened.
        digests: The SHA-256 of the content of each item; equal ones have equal features.
        open_item: Opens one item, as the extractor takes it.
        store: Where features are kept; None to compute all and keep none.
        on_progress: Called with the number of items that are done, the number of all, and what an item is ("image" or
            "text"), at the start and after each batch.
        batch: The number of items that the extractor gets at once.

    Raises:
        ValueError: An item cannot be opened, or its features are no finite numbers of float16.
        OSError: An item cannot be read, or the store cannot be written.
    """
    width, places = extractor.facts.width, {digest: place for place, digest in reversed([*enumerate(digests)])}
    missing = [place for digest, place in places.items() if store is None or digest not in store][::-1]  # in order
    done = len(digests) - len(missing)
    on_progress(done, len(digests), extractor.noun)
    new_features = NewFeatures(
        [digests[place] for place in missing], np.empty((len(missing), width), np.float16), store
    )
    with closing(new_features):
        for start in range(0, len(missing), batch):
            items = [open_item(sources[place]) for place in missing[start : start + batch]]
            new_features.append(to_halves(extractor.extract(items)))
            on_progress(done + new_features.computed, len(digests), extractor.noun)
    if store is not None:
        return store.read(digests, width)
    row_of = {digest: row for row, digest in enumerate(new_features.digests)}
    return new_features.features[[row_of[digest] for digest in digests]]


@dataclass
class NewFeatures:
    """The features of the items that no store has, which are written in parts while they are computed."""

    digests: Sequence[bytes]  # the SHA-256 of each of the N items
    features: Halves  # (N, D), of which the first rows are computed
    store: FeatureStore | None  # where they are written; None for nowhere
    computed: int = 0  # the number of rows that are computed
    written: int = 0  # the number of rows that are written
    last: float = field(default_factory=time.monotonic)  # when rows were written

    def append(self, features: Halves) -> None:
        """Add the features of the next items, and write what waits if that is much or waits for long."""
        self.features[self.computed : self.computed + len(features)] = features
        self.computed += len(features)
        if self.computed - self.written >= ADDED or time.monotonic() - self.last >= ADDED_AFTER_S:
            self.close()

    def close(self) -> None:
        """Write all that waits.

        Raises:
            OSError: The store cannot be written.
        """
        if self.store is not None and self.computed > self.written:
            rows = slice(self.written, self.computed)
            self.store.add(self.digests[rows], self.features[rows])
        self.written, self.last = self.computed, time.monotonic()


def to_halves(features: NDArray[np.floating[Any]]) -> Halves:
    """Round features to float16.

    Raises:
        ValueError: A feature is not finite, or beyond 65,504, the largest number of float16.
    """
    with np.errstate(over="ignore"):
        halves = features.astype(np.float16)
    if not np.isfinite(halves).all():
        worst = features.flat[int(np.argmin(np.isfinite(halves)))]
        raise ValueError(f"features must be finite and at most 65,504 in size, and the extractor gave {worst:g}")
    return halves
