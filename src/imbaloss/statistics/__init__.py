"""Statistics: intervals, paired tests, ranks, power and verdicts. They need NumPy and SciPy alone."""

from imbaloss.statistics.intervals import (
    Interval,
    logit_interval,
    seeds_and_redrawn,
    seeds_and_samples,
    stratified_bootstrap,
    t_interval,
    wilson_interval,
)
from imbaloss.statistics.joint import ALPHA, JointTest, Ruling
from imbaloss.statistics.paired import corrected_t, equivalence, holm, sign_flip, superiority, wilcoxon
from imbaloss.statistics.power import area_deviation, difference_deviation, fewest_seeds, power, smallest_difference
from imbaloss.statistics.ranks import Ranks, friedman, signed_rank_probabilities
from imbaloss.statistics.roc import Roc, delong
from imbaloss.statistics.verdicts import Comparison, Verdict, compare, rule_out, smallest_found

__all__ = [
    "ALPHA",
    "Comparison",
    "Interval",
    "JointTest",
    "Ranks",
    "Roc",
    "Ruling",
    "Verdict",
    "area_deviation",
    "compare",
    "corrected_t",
    "delong",
    "difference_deviation",
    "equivalence",
    "fewest_seeds",
    "friedman",
    "holm",
    "logit_interval",
    "power",
    "rule_out",
    "seeds_and_redrawn",
    "seeds_and_samples",
    "sign_flip",
    "signed_rank_probabilities",
    "smallest_difference",
    "smallest_found",
    "stratified_bootstrap",
    "superiority",
    "t_interval",
    "wilcoxon",
    "wilson_interval",
]
