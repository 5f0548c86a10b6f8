"""Data: where it comes from, how it is made imbalanced, and the split that one run sees."""

from imbaloss.data.dataset import Dataset, protocol_counts
from imbaloss.data.protocols import PROTOCOLS, check_level
from imbaloss.data.resampling import NO_SAMPLER, NONE, SAMPLERS, SamplerSpec, resample, resampled_counts
from imbaloss.data.samples import Counts, InputForm, Pool, Samples, Split
from imbaloss.data.sets import SETS, check_names, find_binary_set, load_data_sets
from imbaloss.data.sources import Source
from imbaloss.data.splits import Fold, list_folds

__all__ = [
    "NONE",
    "NO_SAMPLER",
    "PROTOCOLS",
    "SAMPLERS",
    "SETS",
    "Counts",
    "Dataset",
    "Fold",
    "InputForm",
    "Pool",
    "SamplerSpec",
    "Samples",
    "Source",
    "Split",
    "check_level",
    "check_names",
    "find_binary_set",
    "list_folds",
    "load_data_sets",
    "protocol_counts",
    "resample",
    "resampled_counts",
]
