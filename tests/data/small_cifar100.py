"""A CIFAR-100 of a few images a class, in both layouts and as archives, with checksums of its own."""

import hashlib
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from imbaloss.data import cifar100

FINE = ["maple_tree", "oak_tree", "palm_tree", "clock", "chair"]
COARSE = ["household_electrical_devices", "household_furniture", "trees"]
COARSE_OF_FINE = [2, 2, 2, 0, 1]
PER_CLASS = {"train": 20, "test": 8}


def records() -> dict[str, np.ndarray]:
    """(N, 3074) for each part: coarse label, fine label, pixels; in no particular order."""
    generator = np.random.default_rng(0)
    found = {}
    for part, per_class in PER_CLASS.items():
        fine = generator.permutation(np.repeat(np.arange(len(FINE)), per_class))
        pixels = generator.integers(256, size=(len(fine), 3072))
        found[part] = np.column_stack([np.array(COARSE_OF_FINE)[fine], fine, pixels]).astype(np.uint8)
    return found


def write_python(folder: Path) -> None:
    folder.mkdir(parents=True)
    for part, record in records().items():
        content = {"data": record[:, 2:], "fine_labels": record[:, 1].tolist(), "coarse_labels": record[:, 0].tolist()}
        (folder / part).write_bytes(pickle.dumps(content, protocol=3).replace(b"numpy._core", b"numpy.core"))
    meta = {"fine_label_names": FINE, "coarse_label_names": COARSE}
    (folder / "meta").write_bytes(pickle.dumps(meta, protocol=2))


def write_binary(folder: Path) -> None:
    """The same records in another order."""
    folder.mkdir(parents=True)
    for part, record in records().items():
        (folder / f"{part}.bin").write_bytes(record[::-1].tobytes())
    (folder / "fine_label_names.txt").write_text("\n".join(FINE) + "\n")
    (folder / "coarse_label_names.txt").write_text("\n".join(COARSE) + "\n")


def write_archive(file: Path) -> None:
    """A tar.gz of one of the layouts, by the archive's name."""
    folder = file.with_name(file.name.removesuffix(".tar.gz"))
    (write_python if "python" in file.name else write_binary)(folder)
    with tarfile.open(file, "w:gz") as archive:
        archive.add(folder, folder.name)
    for part in folder.iterdir():
        part.unlink()
    folder.rmdir()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def make_official(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Has imbaloss take this data set for the official one; the archives are those in the folder, if any."""
    probe = folder / "probe"
    write_python(probe)
    monkeypatch.setattr(cifar100, "PYTHON_FILES", {file.name: md5(file.read_bytes()) for file in probe.iterdir()})
    names = {"fine": md5("\n".join(FINE).encode()), "coarse": md5("\n".join(COARSE).encode())}
    monkeypatch.setattr(cifar100, "NAMES", names)
    content = {part: md5(b"".join(sorted(row.tobytes() for row in record))) for part, record in records().items()}
    monkeypatch.setattr(cifar100, "CONTENT", content)
    archives = {
        name: md5((folder / name).read_bytes()) if (folder / name).exists() else "" for name in cifar100.ARCHIVES
    }
    monkeypatch.setattr(cifar100, "ARCHIVES", archives)
