"""Tests of paired differences: over seeds that share data, initial weights and batches, and over folds."""

import warnings
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
MOST_EXACT = 30  # differences, of which all 2^n signs count
DRAWN = 100_000  # choices of signs tried for more
BLOCKS = 20  # in which they are multiplied, since each becomes float64
ROUNDING = 1e-12  # a smaller standard deviation is none


def sign_flip(differences: Floats) -> float:
    """The two-sided p-value of a mean difference of 0: the share of all signs that give a mean as far from it.

    differences (n,), symmetric about 0 where there is no difference. Exact for up to 30 of them, and for more from
    100,000 drawn signs, always the same ones, of which the observed ones count as one more. 1 where there is none.
    Source: Fisher 1935, The Design of Experiments, section 21; Phipson and Smyth 2010 for drawn signs.
    """
    slack = 1e-12 * np.abs(differences).sum()  # so that equal sums stay equal when they are summed in other orders
    observed = abs(differences.sum()) - slack
    if observed <= 0:
        return 1.0
    if len(differences) <= MOST_EXACT:
        return as_far(differences, observed)
    blocks = np.array_split(drawn_signs(len(differences)), BLOCKS)
    sums = np.concatenate([block @ differences for block in blocks])
    return float((1 + np.count_nonzero(np.abs(sums) >= observed)) / (DRAWN + 1))


def as_far(differences: Floats, observed: float) -> float:
    """The share of all 2^n sums that are at least `observed` from 0: the sums of one half, sought among the other's.

    Source: Horowitz and Sahni 1974, Journal of the ACM 21, for the halves.
    """
    first, second = all_sums(differences[::2]), np.sort(all_sums(differences[1::2]))
    below = np.searchsorted(second, -observed - first, side="right")
    not_above = np.searchsorted(second, observed - first, side="left")
    return float((below + len(second) - not_above).sum() / (len(first) * len(second)))


@lru_cache(maxsize=1)
def drawn_signs(number: int) -> NDArray[np.int8]:
    return np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (DRAWN, number))


def all_sums(differences: Floats) -> Floats:
    """(2^n,): of the differences under each choice of signs."""
    sums = np.zeros(1)
    for one in differences:
        sums = np.concatenate([sums + one, sums - one])
    return sums


def wilcoxon(differences: Floats) -> float:
    """The two-sided p-value of Wilcoxon's signed-rank test, zeros left out; 1 where nothing else is there.

    Source: Wilcoxon 1945, Biometrics Bulletin 1; by SciPy, exact for up to 50 differences without ties, and else the
    normal approximation.
    """
    known = differences[differences != 0]
    if not len(known):
        return 1.0
    tied = len(np.unique(np.abs(known))) < len(known)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the approximation is one of few differences
        return float(stats.wilcoxon(known, method="approx" if tied else "auto").pvalue)


def superiority(differences: Floats) -> float:
    """The share of pairs in which the first is higher, ties counted half: P(A > B). NaN where there is no pair.

    Source: Bouthillier et al. 2021, MLSys (arXiv 2103.03098).
    """
    return float(np.mean((differences > 0) + (differences == 0) / 2)) if len(differences) else np.nan


def corrected_t(differences: Floats, test_to_train: float) -> float:
    """The two-sided p-value of the corrected resampled t-test, for folds, whose training parts overlap.

    t = mean / sqrt((1/J + n_test/n_train) s^2) with J - 1 degrees of freedom. differences (J,), one a fold.
    1 where they do not vary: nothing is then known of their deviation.
    Source: Nadeau and Bengio 2003, Machine Learning 52.
    """
    j = len(differences)
    deviation = np.std(differences, ddof=1) if j > 1 else 0.0
    if deviation <= ROUNDING:
        return 1.0
    error = deviation * np.sqrt(1 / j + test_to_train)
    return float(2 * stats.t.sf(abs(np.mean(differences)) / error, j - 1))


def equivalence(differences: Floats, margin: float, inflation: float = 1.0) -> float:
    """The p-value of two one-sided t-tests: that the mean lies outside of (-margin, margin).

    1 for fewer than two differences, and where they do not vary: nothing is then known of their deviation. inflation
    multiplies the variance of the mean.
    Source: Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15.
    """
    n = len(differences)
    deviation = np.std(differences, ddof=1) if n > 1 else 0.0
    if deviation <= ROUNDING:
        return 1.0
    error = deviation * np.sqrt(inflation / n)
    return float(stats.t.sf((margin - abs(np.mean(differences))) / error, n - 1))


def holm(p_values: Floats) -> Floats:
    """Adjusted p-values of a family of tests: each true hypothesis is rejected with at most that error in all.

    p_values (m,). Source: Holm 1979, Scandinavian Journal of Statistics 6.
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def inflation_of(n: int, test_to_train: float) -> float:
    """By which folds' overlap multiplies the variance of a mean: 1 + J n_test / n_train (Nadeau and Bengio 2003)."""
    return 1 + n * test_to_train
