"""Data: where it comes from, how it is made imbalanced, and the split that one run sees."""

from imbaloss.data.dataset import Counts, Dataset, Pool, Samples, Split
from imbaloss.data.protocols import PROTOCOLS, check_level, counts
from imbaloss.data.resampling import NONE, SAMPLERS, resample, resampled_counts
from imbaloss.data.sets import SETS, binary_set, check_names, load
from imbaloss.data.sources import OWN, Source, draw, split_counts
from imbaloss.data.splits import Fold, folds_of

__all__ = [
    "NONE",
    "OWN",
    "PROTOCOLS",
    "SAMPLERS",
    "SETS",
    "Counts",
    "Dataset",
    "Fold",
    "Pool",
    "Samples",
    "Source",
    "Split",
    "binary_set",
    "check_level",
    "check_names",
    "counts",
    "draw",
    "folds_of",
    "load",
    "resample",
    "resampled_counts",
    "split_counts",
]
