"""Statistics: intervals, paired tests, ranks, power, verdicts. NumPy and SciPy, and nothing of the house."""

from imbaloss.statistics.intervals import Interval, seeds_and_samples, stratified_bootstrap, t_interval
from imbaloss.statistics.paired import corrected_t, equivalence, holm, sign_flip, superiority, wilcoxon
from imbaloss.statistics.power import fewest_seeds, power, smallest_difference
from imbaloss.statistics.ranks import Ranks, friedman, signed_rank_probabilities
from imbaloss.statistics.roc import Roc, delong
from imbaloss.statistics.verdicts import Comparison, compare

__all__ = [
    "Comparison",
    "Interval",
    "Ranks",
    "Roc",
    "compare",
    "corrected_t",
    "delong",
    "equivalence",
    "fewest_seeds",
    "friedman",
    "holm",
    "power",
    "seeds_and_samples",
    "sign_flip",
    "signed_rank_probabilities",
    "smallest_difference",
    "stratified_bootstrap",
    "superiority",
    "t_interval",
    "wilcoxon",
]
