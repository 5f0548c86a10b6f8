"""A step asks the system for no memory that an earlier one freed; the arrays of a large table go back to it."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, torch
from dataclasses import replace
from imbaloss.losses import LossSpec
from imbaloss.training import Member
from imbaloss.training.stack import Stack
from tests.training.examples import RECIPE, split_of

recipe = replace(RECIPE, hidden=(500, 400), optimizer="adam", train_batch=500, precision="float32")
members = [Member(split_of(0, 500), LossSpec.parse("mse"), recipe, seed) for seed in range(8)]
stack = Stack.build(members, torch.device("cpu"))
for _ in range(3):
    stack.train_epoch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    stack.train_epoch()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


RETURNED = """
import numpy as np
from imbaloss.training.fast.memory import return_freed_memory

def count_pages():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])

return_freed_memory()
first = np.ones(2**18)
del first  # by which the library would raise its limit
arrays = [np.ones(2**18) for _ in range(60)]
before = count_pages()
del arrays[::2]
print(before - count_pages())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="of GNU's C library")
def test_memory_stays_with_the_process():
    """Activations of 8 x 500 x 500 and 8 x 500 x 400 numbers take 8 and 6 MB: 3,500 pages at every pass over them."""
    found = subprocess.run([sys.executable, "-c", FAULTS], check=True, capture_output=True, text=True).stdout
    assert int(found) < 10_000  # else 30,000 and more


@pytest.mark.skipif(sys.platform != "linux", reason="of GNU's C library")
def test_arrays_between_others_in_use_go_back_to_the_system():
    """Every second of 60 arrays of 2 MiB is freed: 15,360 pages of 4 KiB."""
    returned = subprocess.run([sys.executable, "-c", RETURNED], check=True, capture_output=True, text=True).stdout
    assert int(returned) > 15_000  # else none
