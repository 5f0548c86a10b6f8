"""CIFAR-100 (Krizhevsky 2009): found on disk or downloaded, verified, and read from either of its official layouts."""

import contextlib
import io
import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.data import archives
from imbaloss.data.archives import md5_of, verified

# md5 of every file, as its author gives them
ARCHIVES = {
    "cifar-100-binary.tar.gz": "03b5dce01913d631647c71ecec9e9cb8",
    "cifar-100-python.tar.gz": "eb9058c3a382ffc7106e4002c42a8d85",
}
DOWNLOAD = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"  # the layout without pickle
PYTHON_FILES = {
    "train": "16019d7e3df5f24257cddd939b257f8d",
    "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
    "meta": "7973b15100ade9c7d40fb424638fde48",
}
# md5 of all records (coarse label, fine label, 3072 pixels) in ascending order: the same for both layouts
CONTENT = {"train": "f583d6431832ac8fdc16665e71de252d", "test": "6bc93ba96c66ea92eb22f25d2bce0edc"}
NAMES = {
    "fine": "18d2388358c0483ca2d2be3aac2d399e",
    "coarse": "7baf0fcbe8bbb8483327dd18f1cda1cb",
}  # md5 of the class names, a line each
RECORD = 2 + 3 * 32 * 32  # bytes
SUPERCLASSES = {  # and their classes
    "aquatic_mammals": ("beaver", "dolphin", "otter", "seal", "whale"),
    "fish": ("aquarium_fish", "flatfish", "ray", "shark", "trout"),
    "flowers": ("orchid", "poppy", "rose", "sunflower", "tulip"),
    "food_containers": ("bottle", "bowl", "can", "cup", "plate"),
    "fruit_and_vegetables": ("apple", "mushroom", "orange", "pear", "sweet_pepper"),
    "household_electrical_devices": ("clock", "keyboard", "lamp", "telephone", "television"),
    "household_furniture": ("bed", "chair", "couch", "table", "wardrobe"),
    "insects": ("bee", "beetle", "butterfly", "caterpillar", "cockroach"),
    "large_carnivores": ("bear", "leopard", "lion", "tiger", "wolf"),
    "large_man-made_outdoor_things": ("bridge", "castle", "house", "road", "skyscraper"),
    "large_natural_outdoor_scenes": ("cloud", "forest", "mountain", "plain", "sea"),
    "large_omnivores_and_herbivores": ("camel", "cattle", "chimpanzee", "elephant", "kangaroo"),
    "medium_mammals": ("fox", "porcupine", "possum", "raccoon", "skunk"),
    "non-insect_invertebrates": ("crab", "lobster", "snail", "spider", "worm"),
    "people": ("baby", "boy", "girl", "man", "woman"),
    "reptiles": ("crocodile", "dinosaur", "lizard", "snake", "turtle"),
    "small_mammals": ("hamster", "mouse", "rabbit", "shrew", "squirrel"),
    "trees": ("maple_tree", "oak_tree", "palm_tree", "pine_tree", "willow_tree"),
    "vehicles_1": ("bicycle", "bus", "motorcycle", "pickup_truck", "train"),
    "vehicles_2": ("lawn_mower", "rocket", "streetcar", "tank", "tractor"),
}


@dataclass(frozen=True)
class Cifar100:
    """Both parts, in an order that does not depend on the layout they were read from."""

    records: dict[str, NDArray[np.uint8]]  # `train` and `test`: (N, RECORD), coarse label, fine label, pixels
    fine_names: list[str]
    coarse_names: list[str]
    white = 255
    checksum = md5_of("".join(CONTENT.values()).encode())

    def images(self, part: str, name: str) -> NDArray[np.uint8]:
        """(n, 3, 32, 32): all images of a class or a superclass (no name is both) in `train` or `test`."""
        fine = name in self.fine_names
        number = (self.fine_names if fine else self.coarse_names).index(name)
        records = self.records[part]
        return records[records[:, int(fine)] == number, 2:].reshape(-1, 3, 32, 32)


def load(folder: Path | None = None, *, quiet: bool = False) -> Cifar100:
    """CIFAR-100 from `folder` where given, else from the cache, else downloaded into the cache.

    The folder, or a sub-folder of it with an official name, holds the files of one layout; or the folder holds an
    official archive, which is unpacked into the cache. Raises ValueError where a file is not the official one and
    OSError where it cannot be read or downloaded.
    """
    if folder is None:
        return from_cache(quiet=quiet)
    place = find(folder)
    if place is None:
        raise FileNotFoundError(
            f"{folder} holds no CIFAR-100: neither train, test and meta, nor train.bin, test.bin and the names, "
            f"nor {' or '.join(ARCHIVES)}"
        )
    return read(archives.unpack(place, ARCHIVES[place.name]) if place.is_file() else place)


def from_cache(*, quiet: bool) -> Cifar100:
    """What is missing or damaged in the cache, which is ours, is fetched again."""
    place = find(archives.cache())
    if place is not None and place.is_dir():
        with contextlib.suppress(ValueError, OSError):
            return read(place)
        shutil.rmtree(place)
    return read(archives.download(DOWNLOAD, ARCHIVES[DOWNLOAD.rpartition("/")[2]], quiet=quiet))


def read(place: Path) -> Cifar100:
    """From the folder of either layout."""
    return read_python(place) if (place / "meta").is_file() else read_binary(place)


def find(folder: Path) -> Path | None:
    """The folder of either layout, or an archive, at `folder` or one step below it."""
    for place in (folder, *(folder / name.removesuffix(".tar.gz") for name in ARCHIVES)):
        if (place / "meta").is_file() or (place / "train.bin").is_file():
            return place
    return next((folder / name for name in ARCHIVES if (folder / name).is_file()), None)


def read_python(folder: Path) -> Cifar100:
    """The pickles of the Python layout, verified before they are opened."""
    contents = {name: unpickle(verified(folder / name, md5)) for name, md5 in PYTHON_FILES.items()}
    records = {
        part: np.column_stack(
            [np.asarray(contents[part][key], np.uint8) for key in ("coarse_labels", "fine_labels", "data")]
        )
        for part in CONTENT
    }
    return assemble(records, contents["meta"]["fine_label_names"], contents["meta"]["coarse_label_names"], folder)


def read_binary(folder: Path) -> Cifar100:
    """The binary layout: records of two labels and 3072 pixels, and the names, a line each."""
    records = {}
    for part in CONTENT:
        content = (folder / f"{part}.bin").read_bytes()
        if len(content) % RECORD:
            raise ValueError(
                f"{folder / part}.bin is truncated: {len(content)} bytes are not whole records of {RECORD}"
            )
        records[part] = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    fine, coarse = ((folder / f"{kind}_label_names.txt").read_text().split() for kind in ("fine", "coarse"))
    return assemble(records, fine, coarse, folder)


def assemble(
    records: dict[str, NDArray[np.uint8]], fine_names: list[str], coarse_names: list[str], folder: Path
) -> Cifar100:
    """Return the data set of these records and names. Raises ValueError if names or records are not the official ones.

    folder: where they were read, for the message.
    """
    for kind, names in (("fine", fine_names), ("coarse", coarse_names)):
        if md5_of("\n".join(names).encode()) != NAMES[kind]:
            raise ValueError(f"{folder} does not hold the official CIFAR-100: its {kind} label names are other ones")
    in_order = {part: sorted_records(records[part], part, folder) for part in CONTENT}
    return Cifar100(in_order, fine_names, coarse_names)


def sorted_records(records: NDArray[np.uint8], part: str, folder: Path) -> NDArray[np.uint8]:
    """(N, RECORD) in ascending order, which is the same whatever order the files have."""
    order = np.argsort(np.ascontiguousarray(records).view(f"S{RECORD}").ravel(), kind="stable")
    if md5_of(records[order].tobytes()) != CONTENT[part]:
        raise ValueError(f"{folder} does not hold the official CIFAR-100: images or labels of {part} are other ones")
    return records[order]


ADMITTED = {("numpy.core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype")}


class ArraysOnly(pickle.Unpickler):
    """Admits NumPy arrays beside the plain containers that need no import, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the class or function of that name. Raises ValueError for all but those of NumPy arrays."""
        if (module, name) not in ADMITTED:
            raise ValueError(f"the pickle asks for {module}.{name}; only arrays and plain containers are admitted")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def unpickle(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = ArraysOnly(io.BytesIO(content), encoding="latin1").load()
    return found
