"""Data: where it comes from, how it is made imbalanced, and the split that one run sees."""

from imbaloss.data.dataset import Dataset, counts
from imbaloss.data.protocols import PROTOCOLS, check_level
from imbaloss.data.resampling import NO_SAMPLER, NONE, SAMPLERS, SamplerSpec, resample, resampled_counts
from imbaloss.data.samples import Counts, Pool, Samples, Split
from imbaloss.data.sets import SETS, binary_set, check_names, load
from imbaloss.data.sources import Source
from imbaloss.data.splits import Fold, folds_of

__all__ = [
    "NONE",
    "NO_SAMPLER",
    "PROTOCOLS",
    "SAMPLERS",
    "SETS",
    "Counts",
    "Dataset",
    "Fold",
    "Pool",
    "SamplerSpec",
    "Samples",
    "Source",
    "Split",
    "binary_set",
    "check_level",
    "check_names",
    "counts",
    "folds_of",
    "load",
    "resample",
    "resampled_counts",
]
