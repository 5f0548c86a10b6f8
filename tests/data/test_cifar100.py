"""CIFAR-100 is read from both official layouts and from archives, and from nothing else."""

import pickle

import numpy as np
import pytest

from imbaloss import data
from imbaloss.data import archives, cifar100, download
from tests.data import small_cifar100 as small


@pytest.fixture
def official(monkeypatch, tmp_path):
    """A folder with an archive of each layout, which imbaloss takes for the official ones."""
    folder = tmp_path / "archives"
    folder.mkdir()
    for name in cifar100.ARCHIVES:
        small.write_archive(folder / name)
    small.make_official(monkeypatch, folder)
    return folder


def contents(found: cifar100.Cifar100) -> dict[str, bytes]:
    return {
        f"{part}/{name}": found.select_images(part, name).tobytes() for part in small.PER_CLASS for name in small.FINE
    }


def test_both_layouts_give_the_same_images_in_the_same_order(official, tmp_path):  # noqa: ARG001
    small.write_python(tmp_path / "a" / "cifar-100-python")
    small.write_binary(tmp_path / "b" / "cifar-100-binary")
    first, second = (cifar100.load_cifar100(tmp_path / folder) for folder in ("a", "b"))
    assert contents(first) == contents(second)
    assert first.fine_names == second.fine_names == small.FINE
    assert first.select_images("train", "oak_tree").shape == (small.PER_CLASS["train"], 3, 32, 32)
    assert len(first.select_images("test", "trees")) == 3 * small.PER_CLASS["test"]


def test_the_folder_itself_may_be_named(official, tmp_path):  # noqa: ARG001
    small.write_python(tmp_path / "mine")
    assert contents(cifar100.load_cifar100(tmp_path / "mine"))


@pytest.mark.parametrize("name", list(cifar100.ARCHIVES))
def test_an_archive_in_the_folder_is_unpacked_into_the_cache(official, tmp_path, name):
    place = tmp_path / "one"
    place.mkdir()
    (place / name).write_bytes((official / name).read_bytes())
    small.write_python(tmp_path / "a")
    assert contents(cifar100.load_cifar100(place)) == contents(cifar100.load_cifar100(tmp_path / "a"))
    assert [path.name for path in archives.cache_folder().iterdir()] == [name.removesuffix(".tar.gz")]
    assert contents(cifar100.load_cifar100()) == contents(cifar100.load_cifar100(tmp_path / "a"))


@pytest.mark.parametrize("name", list(cifar100.ARCHIVES))
def test_a_truncated_archive_is_refused_and_leaves_nothing(official, name):
    for other in official.glob("*.gz"):
        if other.name != name:
            other.unlink()
    (official / name).write_bytes((official / name).read_bytes()[:-100])
    with pytest.raises(ValueError, match=f"{name} is damaged or not the official file: its md5 is .*, not"):
        cifar100.load_cifar100(official)
    assert not list(archives.cache_folder().rglob("*"))


@pytest.mark.parametrize("file", ["train", "test", "meta"])
def test_a_changed_pickle_is_refused_before_it_is_opened(official, tmp_path, file):  # noqa: ARG001
    small.write_python(tmp_path / "a")
    (tmp_path / "a" / file).write_bytes(pickle.dumps(Hostile(tmp_path / "harm")))
    with pytest.raises(ValueError, match=f"{file} is damaged or not the official file"):
        cifar100.load_cifar100(tmp_path / "a")
    assert not (tmp_path / "harm").exists()


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return (type(self.file).touch, (self.file,))


def test_a_hostile_pickle_is_refused_even_with_the_right_md5(tmp_path):
    with pytest.raises(
        ValueError, match=r"the pickle .*train asks for .*; only arrays and plain containers are admitted: do not use"
    ):
        cifar100.unpickle_arrays(pickle.dumps({"data": Hostile(tmp_path / "harm")}), tmp_path / "train")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("damage", ["pixel", "label", "missing", "truncated", "names"])
def test_a_changed_binary_file_is_refused(official, tmp_path, damage):  # noqa: ARG001
    folder = tmp_path / "b"
    small.write_binary(folder)
    content = bytearray((folder / "train.bin").read_bytes())
    if damage == "pixel":
        content[500] ^= 1
    elif damage == "label":
        content[1] ^= 1
    elif damage == "missing":
        del content[: cifar100.RECORD]
    elif damage == "truncated":
        del content[-5:]
    else:
        (folder / "fine_label_names.txt").write_text("\n".join(reversed(small.FINE)))
    (folder / "train.bin").write_bytes(content)
    with pytest.raises(ValueError, match=r"official CIFAR-100|is truncated"):
        cifar100.load_cifar100(folder)


def test_a_damaged_cache_is_fetched_again(official, tmp_path, monkeypatch):  # noqa: ARG001
    small.write_binary(archives.cache_folder() / "cifar-100-binary")
    assert contents(cifar100.load_cifar100())
    (archives.cache_folder() / "cifar-100-binary" / "test.bin").unlink()
    small.write_binary(tmp_path / "whole")
    monkeypatch.setattr(download, "download_archive", lambda *_, **__: tmp_path / "whole")
    assert contents(cifar100.load_cifar100())


def test_the_environment_names_a_folder(official, tmp_path, monkeypatch):  # noqa: ARG001
    small.write_binary(tmp_path / "named")
    monkeypatch.setenv("IMBALOSS_DATA", str(tmp_path / "named"))
    found = data.load_data_sets(["tree_1"])["tree_1"]
    assert found.train.counts == (small.PER_CLASS["train"],) * 2


def test_a_folder_without_it_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no CIFAR-100: neither train, test and meta"):
        cifar100.load_cifar100(tmp_path)


def test_a_missing_companion_is_named(official, tmp_path):  # noqa: ARG001
    small.write_binary(tmp_path / "b")
    (tmp_path / "b" / "test.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"test\.bin"):
        cifar100.load_cifar100(tmp_path / "b")


@pytest.mark.real_data
def test_the_real_files_hold_500_and_100_images_a_class(real_folder):
    found = cifar100.load_cifar100(real_folder)
    assert (len(found.fine_names), len(found.coarse_names)) == (100, 20)
    for name in found.fine_names:
        assert (len(found.select_images("train", name)), len(found.select_images("test", name))) == (500, 100)


@pytest.mark.real_data
def test_the_real_files_read_alike_from_the_binary_layout(real_folder, tmp_path):
    found = cifar100.load_cifar100(real_folder)
    for part, record in found.records.items():
        (tmp_path / f"{part}.bin").write_bytes(np.roll(record, 1000, axis=0).tobytes())
    (tmp_path / "fine_label_names.txt").write_text("\n".join(found.fine_names))
    (tmp_path / "coarse_label_names.txt").write_text("\n".join(found.coarse_names))
    again = cifar100.load_cifar100(tmp_path)
    assert all(np.array_equal(found.records[part], again.records[part]) for part in found.records)
