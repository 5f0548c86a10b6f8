"""Creation of many objects at once, and the garbage collector."""

import gc
import weakref

import pytest

from imbaloss.studies import spare_existing_objects


class Cycle:
    """An object that refers to itself, so that the collector alone removes it."""

    def __init__(self) -> None:
        self.own = self


def test_objects_in_cycles_are_collected_in_the_block_unless_they_were_there_before():
    before = Cycle()
    kept = weakref.ref(before)
    with spare_existing_objects():
        new = Cycle()
        left = weakref.ref(new)
        del before, new
        gc.collect()
        assert (left() is None, kept() is None) == (True, False)
    gc.collect()
    assert kept() is None


def test_after_the_block_nothing_is_spared_also_in_a_block_within():
    with spare_existing_objects():
        with spare_existing_objects():
            pass
        assert gc.get_freeze_count()
    assert not gc.get_freeze_count()


def test_after_an_error_nothing_is_spared():
    def fail() -> None:
        with spare_existing_objects():
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not gc.get_freeze_count()
