"""Features on disk: each item is computed once, in whatever study or comparison it occurs."""

import os
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors import numpy as safetensors

from imbaloss.atomic_write import write_atomically

FOLDER = "IMBALOSS_FEATURES"  # the environment variable that names another folder
DIGESTS, FEATURES = "digests", "features"
ENDING = ".safetensors"
DIGEST = 32  # number of bytes of a checksum

Halves = NDArray[np.float16]


def find_feature_folder() -> Path:
    """Return the folder in which features are kept: that of IMBALOSS_FEATURES, else one in the user's cache."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else platformdirs.user_cache_path("imbaloss") / "features"


class FeatureStore:
    """The features of one extractor on disk, in float16, found by the checksum of the item.

    Each addition is a file of its own that appears whole or not at all. Several processes may add at the same time, and
    a killed one loses what it had not yet added.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        """Open the store, which may be empty, and read the checksums of all items in it.

        Args:
            folder: The folder of all stores; a missing one is made by the first addition.
            identity: What decides the features beside the item, in hexadecimal digits, such as that of the facts.
        """
        self.folder = folder / identity[:32]
        self.places: dict[bytes, tuple[Path, int]] = {}  # of each item: its file, and its row there
        for file in sorted(self.folder.glob(f"*{ENDING}")):
            self.read_digests(file)

    def __len__(self) -> int:
        """Return the number of items in the store."""
        return len(self.places)

    def read_digests(self, file: Path) -> None:
        """Add the items of a file to those that are known. A damaged file is passed over: its items are computed again.

        Raises:
            OSError: The file cannot be read.
        """
        try:
            with safe_open(file, "np") as opened:
                digests = opened.get_tensor(DIGESTS)
                opened.get_slice(FEATURES)
        except SafetensorError:
            return
        self.places |= {row.tobytes(): (file, place) for place, row in enumerate(digests)}

    def __contains__(self, digest: bytes) -> bool:
        """Say whether the features of an item are in the store, by its checksum."""
        return digest in self.places

    def add(self, digests: Sequence[bytes], features: Halves) -> None:
        """Write the features of some items into the store.

        Args:
            digests: The SHA-256 of each of the B items.
            features: (B, D).

        Raises:
            OSError: The folder cannot be written.
        """
        rows = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST)
        content = safetensors.save({DIGESTS: rows, FEATURES: np.ascontiguousarray(features)})
        self.folder.mkdir(parents=True, exist_ok=True)
        file = write_atomically(self.folder / f"{uuid.uuid4().hex}{ENDING}", content)
        self.places |= {digest: (file, place) for place, digest in enumerate(digests)}

    def read(self, digests: Sequence[bytes], width: int) -> Halves:
        """Return the features of items that are all in the store, (N, width), in the order of their checksums.

        Raises:
            KeyError: An item is not in the store.
        """
        features = np.empty((len(digests), width), np.float16)
        wanted: dict[Path, list[tuple[int, int]]] = {}
        for place, digest in enumerate(digests):
            file, row = self.places[digest]
            wanted.setdefault(file, []).append((place, row))
        for file, pairs in wanted.items():
            with safe_open(file, "np") as opened:
                stored = opened.get_tensor(FEATURES)
            places, rows = np.array(pairs).T
            features[places] = stored[rows]
        return features
