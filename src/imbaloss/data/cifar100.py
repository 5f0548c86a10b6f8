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
from imbaloss.data.archives import compute_md5, read_verified

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
SUPERCLASSES = {  # superclass -> its classes
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
    """Both parts of CIFAR-100. The order of the images does not depend on the layout of the files."""

    records: dict[str, NDArray[np.uint8]]  # `train` and `test`: (N, RECORD), coarse label, fine label, pixels
    fine_names: list[str]  # names of the classes, by label
    coarse_names: list[str]  # names of the superclasses, by label
    white = 255  # the greatest value of a pixel
    checksum = compute_md5("".join(CONTENT.values()).encode())

    def select_images(self, part: str, name: str) -> NDArray[np.uint8]:
        """Return all images of a class or a superclass in a part, (n, 3, 32, 32), from 0 to 255.

        part: "train" or "test"; KeyError for another one. name: of a class or superclass; ValueError for another one.
        """
        fine = name in self.fine_names
        number = (self.fine_names if fine else self.coarse_names).index(name)
        records = self.records[part]
        return records[records[:, int(fine)] == number, 2:].reshape(-1, 3, 32, 32)


def load_cifar100(folder: Path | None = None, *, quiet: bool = False) -> Cifar100:
    """Load CIFAR-100 from a folder; without one from the user's cache, after a download if it is not there.

    Args:
        folder: It holds the files of one layout, also in a sub-folder with the official name, or an official archive.
            An archive is unpacked into the cache.
        quiet: Whether no progress bar is shown.

    Raises:
        ValueError: A file is not the official one.
        OSError: The folder does not hold the files, or they cannot be read or downloaded.
    """
    if folder is None:
        return load_from_cache(quiet=quiet)
    place = find_files(folder)
    if place is None:
        raise FileNotFoundError(
            f"{folder} holds no CIFAR-100: neither train, test and meta, nor train.bin, test.bin and the names, "
            f"nor {' or '.join(ARCHIVES)}"
        )
    return read_folder(archives.unpack_archive(place, ARCHIVES[place.name]) if place.is_file() else place)


def load_from_cache(*, quiet: bool) -> Cifar100:
    """Load CIFAR-100 from the user's cache.

    Missing files are downloaded; a damaged folder is removed and downloaded again.

    quiet: whether no progress bar is shown. Raises ValueError or OSError if the download fails.
    """
    place = find_files(archives.cache_folder())
    if place is not None and place.is_dir():
        with contextlib.suppress(ValueError, OSError):
            return read_folder(place)
        shutil.rmtree(place)
    from imbaloss.data import download  # here, since few need requests

    return read_folder(download.download_archive(DOWNLOAD, ARCHIVES[DOWNLOAD.rpartition("/")[2]], quiet=quiet))


def read_folder(place: Path) -> Cifar100:
    """Read CIFAR-100 from a folder with the files of the Python layout (if it has a file meta) or of the binary layout.

    Raises ValueError for a file that is not the official one, and OSError for one that cannot be read.
    """
    return read_python(place) if (place / "meta").is_file() else read_binary(place)


def find_files(folder: Path) -> Path | None:
    """Find the folder with the files of CIFAR-100, else an official archive; None if there is neither.

    The folder is `folder` or one in it with an official name. An archive lies in `folder`.
    """
    for place in (folder, *(folder / name.removesuffix(".tar.gz") for name in ARCHIVES)):
        if (place / "meta").is_file() or (place / "train.bin").is_file():
            return place
    return next((folder / name for name in ARCHIVES if (folder / name).is_file()), None)


def read_python(folder: Path) -> Cifar100:
    """Read CIFAR-100 from the files train, test and meta of the Python layout.

    The pickles are verified before they are opened. Raises ValueError for a file that is not the official one, and
    OSError for one that cannot be read.
    """
    contents = {
        name: unpickle_arrays(read_verified(folder / name, md5), folder / name) for name, md5 in PYTHON_FILES.items()
    }
    records = {
        part: np.column_stack(
            [np.asarray(contents[part][key], np.uint8) for key in ("coarse_labels", "fine_labels", "data")]
        )
        for part in CONTENT
    }
    return build_cifar100(records, contents["meta"]["fine_label_names"], contents["meta"]["coarse_label_names"], folder)


def read_binary(folder: Path) -> Cifar100:
    """Read CIFAR-100 from the binary layout: train.bin, test.bin and the names of the classes, a line each.

    Raises ValueError for a file that is not the official one, and OSError for one that cannot be read.
    """
    records = {}
    for part in CONTENT:
        content = (folder / f"{part}.bin").read_bytes()
        if len(content) % RECORD:
            raise ValueError(
                f"{folder / part}.bin is truncated: {len(content)} bytes are not whole records of {RECORD}"
            )
        records[part] = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    fine, coarse = ((folder / f"{kind}_label_names.txt").read_text().split() for kind in ("fine", "coarse"))
    return build_cifar100(records, fine, coarse, folder)


def build_cifar100(
    records: dict[str, NDArray[np.uint8]], fine_names: list[str], coarse_names: list[str], folder: Path
) -> Cifar100:
    """Build the data set from records and names, and check both.

    Args:
        records: The records of `train` and `test`, (N, RECORD), in any order.
        fine_names: The names of the classes, by label.
        coarse_names: The names of the superclasses, by label.
        folder: The folder that messages name.

    Raises:
        ValueError: Records or names are not the official ones.
    """
    for kind, names in (("fine", fine_names), ("coarse", coarse_names)):
        if compute_md5("\n".join(names).encode()) != NAMES[kind]:
            raise ValueError(f"{folder} does not hold the official CIFAR-100: its {kind} label names are other ones")
    in_order = {part: sort_records(records[part], part, folder) for part in CONTENT}
    return Cifar100(in_order, fine_names, coarse_names)


def sort_records(records: NDArray[np.uint8], part: str, folder: Path) -> NDArray[np.uint8]:
    """Sort the records (two labels and pixels, in bytes) of a part, (N, RECORD), in ascending order.

    Raises ValueError if they are not the official ones. folder: the folder that the message names.
    """
    order = np.argsort(np.ascontiguousarray(records).view(f"S{RECORD}").ravel(), kind="stable")
    if compute_md5(records[order].tobytes()) != CONTENT[part]:
        raise ValueError(f"{folder} does not hold the official CIFAR-100: images or labels of {part} are other ones")
    return records[order]


ADMITTED = {  # module and name of what a pickle may ask for
    ("numpy.core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype"),
}  # fmt: skip


class ArraysOnly(pickle.Unpickler):
    """An unpickler that admits NumPy arrays and plain containers, and nothing else."""

    def __init__(self, content: bytes, file: Path) -> None:
        """Prepare to unpickle a content. file: where it comes from, for the message."""
        super().__init__(io.BytesIO(content), encoding="latin1")
        self.file = file

    def find_class(self, module: str, name: str) -> Any:
        """Return the class or function of that name, for the unpickler that calls this method.

        Raises ValueError for all but those of NumPy arrays.
        """
        if (module, name) not in ADMITTED:
            raise ValueError(
                f"the pickle {self.file} asks for {module}.{name}; only arrays and plain containers are admitted: do "
                "not use the file, and download CIFAR-100 again"
            )
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def unpickle_arrays(content: bytes, file: Path) -> dict[str, Any]:
    """Unpickle a dictionary of arrays and plain containers.

    file: where the content comes from, for the message. Raises ValueError if the pickle asks for a class or function of
    another kind; nothing of it is then run.
    """
    entries: dict[str, Any] = ArraysOnly(content, file).load()
    return entries
