"""Extracting the features of many items, batch by batch, with those that are already known taken from a store."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from imbaloss.features.extractor import Extractor
from imbaloss.features.store import FeatureStore, Halves

Source = TypeVar("Source")  # an item before it is opened, such as the path of an image
BATCH = 32  # number of items that pass through an extractor at once
ADDED = 512  # number of items after which new features are written


def extract_features(
    extractor: Extractor[Any],
    sources: Sequence[Source],
    digests: Sequence[bytes],
    *,
    open_item: Callable[[Source], Any],
    store: FeatureStore | None = None,
    on_progress: Callable[[int, int], object] | None = None,
) -> Halves:
    """Return the features of items, (N, D), in their order. Each different item is computed once.

    Items are opened batch by batch, so that they need not fit into memory. New features are written every 512 items.

    Args:
        extractor: What turns an item into its features.
        sources: The N items before they are opened.
        digests: The SHA-256 of the content of each item; equal ones have equal features.
        open_item: Opens one item, as the extractor takes it.
        store: Where features are kept; None to compute all and keep none.
        on_progress: Called with the number of items that are done and the number of all, at the start and after each
            batch; None for nobody.

    Raises:
        ValueError: An item cannot be opened, or its features are no finite numbers of float16.
        OSError: An item cannot be read, or the store cannot be written.
    """
    width, places = extractor.facts.width, {digest: place for place, digest in reversed([*enumerate(digests)])}
    known = {} if store is None else {digest: place for digest, place in places.items() if digest in store}
    missing = [place for digest, place in places.items() if digest not in known][::-1]  # in the order of the items
    computed = np.empty((len(missing), width), np.float16)
    done, written = len(digests) - len(missing), 0
    if on_progress is not None:
        on_progress(done, len(digests))
    for start, batch in iterate_batches(missing):
        stop = start + len(batch)
        computed[start:stop] = to_halves(extractor.extract([open_item(sources[place]) for place in batch]))
        if on_progress is not None:
            on_progress(done + stop, len(digests))
        if store is not None and (stop - written >= ADDED or stop == len(missing)):
            store.add([digests[place] for place in missing[written:stop]], computed[written:stop])
            written = stop
    if store is not None:
        return store.read(digests, width)
    row_of = {digests[place]: row for row, place in enumerate(missing)}
    return computed[[row_of[digest] for digest in digests]]


def iterate_batches(places: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """Yield places in batches of 32, each with the number of places before it."""
    for start in range(0, len(places), BATCH):
        yield start, places[start : start + BATCH]


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
