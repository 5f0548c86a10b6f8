"""Data: where it comes from, how it is made imbalanced, and the split that one run sees."""

from imbaloss.data.dataset import Counts, Dataset, Pool, Samples, Split
from imbaloss.data.protocols import PROTOCOLS, check_level, counts, draw, tune_counts
from imbaloss.data.sets import SETS, check_names, load

__all__ = [
    "PROTOCOLS",
    "SETS",
    "Counts",
    "Dataset",
    "Pool",
    "Samples",
    "Split",
    "check_level",
    "check_names",
    "counts",
    "draw",
    "load",
    "tune_counts",
]
