"""Arrays of an NPZ file are those that NumPy reads, and damage is told."""

import io
import zipfile
import zlib

import numpy as np
import pytest

from imbaloss.studies.npz import NpzArrays

ARRAYS = {
    "labels": np.array([0, 1, 1], np.uint8),
    "probabilities": np.array([1e-300, 1 / 3, np.nan]),
    "empty": np.zeros((0, 3)),
    "number": np.array(7),
    "names": np.array(["a", "việt"]),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}


@pytest.fixture(params=[np.savez, np.savez_compressed])
def content(request) -> bytes:
    with io.BytesIO() as file:
        request.param(file, **ARRAYS)
        return file.getvalue()


def test_arrays_are_those_that_numpy_reads_and_can_be_changed(content):
    found, expected = NpzArrays(content), np.load(io.BytesIO(content))
    assert list(found) == expected.files
    assert len(found) == len(ARRAYS)
    for name, array in found.items():
        np.testing.assert_array_equal(array, expected[name])
        assert (array.dtype, array.shape, array.flags.f_contiguous) == (
            expected[name].dtype,
            expected[name].shape,
            expected[name].flags.f_contiguous,
        )
        array[...] = array.dtype.type(1)


def test_a_missing_array_is_a_key_error(content):
    with pytest.raises(KeyError, match=r"costs\.npy"):
        NpzArrays(content)["costs"]
    assert NpzArrays(content).get("costs") is None


def test_what_is_no_npz_file_is_told():
    with pytest.raises(zipfile.BadZipFile):
        NpzArrays(b"no archive")


def test_a_damaged_byte_is_told_or_changes_nothing():
    """Some bits after the end of the compressed data mean nothing."""
    told = 0
    with io.BytesIO() as file:
        np.savez_compressed(file, labels=ARRAYS["labels"])
        content = file.getvalue()
    for place in range(content.index(b"labels.npy") + 40, content.rindex(b"PK\1\2")):
        damaged = bytearray(content)
        damaged[place] ^= 255
        try:
            np.testing.assert_array_equal(NpzArrays(bytes(damaged))["labels"], ARRAYS["labels"])
        except (zipfile.BadZipFile, zlib.error):
            told += 1
    assert told > 50


def test_objects_are_refused():
    with io.BytesIO() as file:
        np.savez(file, objects=np.array([{}], dtype=object))
        arrays = NpzArrays(file.getvalue())
    with pytest.raises(ValueError, match="OBJECT"):
        arrays["objects"]
