"""Data: where it comes from, how it is made imbalanced, and the split that one run sees."""

from imbaloss.data.dataset import Counts, Dataset, Pool, Samples, Split
from imbaloss.data.protocols import PROTOCOLS, counts, draw
from imbaloss.data.sets import SETS, load

__all__ = ["PROTOCOLS", "SETS", "Counts", "Dataset", "Pool", "Samples", "Split", "counts", "draw", "load"]
