"""Tests of paired differences: over seeds that share data, initial weights and batches, and over folds."""

import warnings
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST_EXACT = 30  # differences, of which all 2^n signs count
DRAWN = 100_000  # choices of signs tried for more
BLOCK = 5000  # choices that are drawn and multiplied at a time
ROUNDING = 1e-12  # a smaller standard deviation is none


def sign_flip(differences: Floats) -> float:
    """Compute the two-sided p-value of the sign-flip test that the mean difference is 0.

    It is the share of all choices of signs that give a mean at least as far from 0 as the observed one. It is exact for
    up to 30 differences. For more, 100,000 choices are drawn from a fixed seed, and the observed signs count as one
    more.

    Args:
        differences: (n,), which are symmetric about 0 under the hypothesis.

    Returns:
        The p-value; 1 for no differences and for differences of 0 alone.

    Source: Fisher 1935, The Design of Experiments, section 21; Phipson and Smyth 2010 for drawn signs.
    """
    return float(flip_each([differences])[0])


def flip_each(all_differences: Sequence[Floats]) -> Floats:
    """Compute the p-value of the sign-flip test of each array of differences, (P,), see `sign_flip`.

    Arrays of one length share the drawn signs, which are then multiplied once.

    Args:
        all_differences: P arrays (n,), whose lengths may differ.
    """
    p = np.ones(len(all_differences))
    drawn: dict[int, list[int]] = {}  # the places of the arrays that need drawn signs, by length
    # the slack keeps equal sums equal when they are summed in other orders
    observed = np.array([abs(each.sum()) - 1e-12 * np.abs(each).sum() for each in all_differences])
    for place in np.flatnonzero(observed > 0).tolist():
        differences = all_differences[place]
        if len(differences) <= MOST_EXACT:
            p[place] = share_of_sums(differences, observed[place])
        else:
            drawn.setdefault(len(differences), []).append(place)
    for number, places in drawn.items():
        columns = np.column_stack([all_differences[place] for place in places])
        counts = sum(
            np.count_nonzero(np.abs(block @ columns) >= observed[places], axis=0) for block in draw_signs(number)
        )
        p[places] = (1 + counts) / (DRAWN + 1)
    return p


def share_of_sums(differences: Floats, observed: float) -> float:
    """Return the share of the 2^n signed sums of n differences that are at least `observed` away from 0.

    The sums of one half of the differences are searched for among the sorted sums of the other half.

    Source: Horowitz and Sahni 1974, Journal of the ACM 21, for the halves.
    """
    first, second = signed_sums(differences[::2]), np.sort(signed_sums(differences[1::2]))
    below = np.searchsorted(second, -observed - first, side="right")
    not_above = np.searchsorted(second, observed - first, side="left")
    return float((below + len(second) - not_above).sum() / (len(first) * len(second)))


@lru_cache(maxsize=2)  # a cell often lacks one repetition of a method
def draw_signs(number: int) -> list[NDArray[np.int8]]:
    """Draw 100,000 choices of signs, -1 or 1, for that many differences from a fixed seed, in blocks (5000, number).

    The last two results are cached.
    """
    generator, signs = np.random.default_rng(0), np.array([-1, 1], np.int8)
    return [generator.choice(signs, (BLOCK, number)) for _ in range(DRAWN // BLOCK)]


def signed_sums(differences: Floats) -> Floats:
    """Return the sum of n differences under each choice of their signs, (2^n,); no differences give one sum of 0."""
    sums = np.zeros(1)
    for difference in differences:
        sums = np.concatenate([sums + difference, sums - difference])
    return sums


def wilcoxon(differences: Floats) -> float:
    """Compute the two-sided p-value of Wilcoxon's signed-rank test on the differences (n,) that are not 0.

    SciPy computes it: exactly for up to 50 differences without ties, else by the normal approximation.

    Returns:
        The p-value; 1 if all differences are 0 or there are none.

    Source: Wilcoxon 1945, Biometrics Bulletin 1.
    """
    nonzero = differences[differences != 0]
    if not len(nonzero):
        return 1.0
    tied = len(np.unique(np.abs(nonzero))) < len(nonzero)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy warns that few differences are approximated
        return float(scipy.stats.wilcoxon(nonzero, method="approx" if tied else "auto").pvalue)


def superiority(differences: Floats) -> float:
    """Compute the probability of superiority P(A > B) from the differences A - B (n,), with ties counted half.

    It is the share of differences above 0, plus half the share of those equal to 0; NaN for no differences.

    Source: Bouthillier et al. 2021, MLSys (arXiv 2103.03098).
    """
    return float(np.mean((differences > 0) + (differences == 0) / 2)) if len(differences) else np.nan


def corrected_t(differences: Floats, test_to_train: float) -> float:
    """Compute the two-sided p-value of the corrected resampled t-test, for folds whose training parts overlap.

    t = mean / sqrt((1/J + n_test/n_train) s^2) with J - 1 degrees of freedom.

    Args:
        differences: (J,), one for each fold.
        test_to_train: n_test / n_train, the ratio of the sizes of the test and training parts.

    Returns:
        The p-value; 1 for fewer than two differences and for equal ones, whose deviation is unknown.

    Source: Nadeau and Bengio 2003, Machine Learning 52.
    """
    j = len(differences)
    deviation = np.std(differences, ddof=1) if j > 1 else 0.0
    if deviation <= ROUNDING:
        return 1.0
    error = deviation * np.sqrt(1 / j + test_to_train)
    return float(2 * scipy.stats.t.sf(abs(np.mean(differences)) / error, j - 1))


def equivalence(differences: Floats, margin: float, inflation: float = 1.0) -> float:
    """Compute the p-value of two one-sided t-tests that the mean difference lies outside of (-margin, margin).

    A small p-value shows equivalence.

    Args:
        differences: (n,).
        margin: Half the width of the region of equivalence, in units of the score.
        inflation: Multiplies the variance of the mean, for repetitions whose training parts overlap.

    Returns:
        The p-value; 1 for fewer than two differences and for equal ones, whose deviation is unknown.

    Source: Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15.
    """
    n = len(differences)
    deviation = np.std(differences, ddof=1) if n > 1 else 0.0
    if deviation <= ROUNDING:
        return 1.0
    error = deviation * np.sqrt(inflation / n)
    return float(scipy.stats.t.sf((margin - abs(np.mean(differences))) / error, n - 1))


def holm(p_values: Floats) -> Floats:
    """Return the p-values (m,) of a family of tests after Holm's correction, (m,), in the order given and at most 1.

    Rejecting all that are at most alpha keeps the probability of any false rejection at most alpha. No p-values give
    none.

    Source: Holm 1979, Scandinavian Journal of Statistics 6.
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def inflation_of(n: int, test_to_train: float | None) -> float:
    """Return the factor by which overlapping training parts of n folds raise the variance of their mean.

    It is 1 + n test_to_train, with test_to_train = n_test / n_train, the ratio of the sizes of the parts; 1 for
    independent repetitions, whose test_to_train is None.

    Source: Nadeau and Bengio 2003, Machine Learning 52.
    """
    return 1.0 if test_to_train is None else 1 + n * test_to_train
