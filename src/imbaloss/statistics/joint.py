"""Joint tests of pairs of methods, by the largest of their statistics: verdicts on all pairs, and which may be best."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import scipy
from numpy.typing import NDArray

from imbaloss.statistics.paired import ROUNDING, holm, inflation_of
from imbaloss.statistics.power import exceed, find_limit_of_best

Floats = NDArray[np.float64]
Pairs = Sequence[tuple[int, int]]  # the numbers of the two methods of each pair
MOST_EXACT = 15  # repetitions, up to which all choices of signs count
DRAWN = 20_000  # draws otherwise
ALPHA = 0.05  # the error allowed for all statements on the methods of a cell together
BLOCK = 2048  # draws that are worked on at a time


@dataclass(frozen=True)
class Ruling:
    """Whether a method may be the best of all."""

    p: float  # of the hypothesis that no other method has a higher mean score
    behind: float  # the end of a one-sided interval for its distance to the best, for this method alone; 0 if p is high
    alpha: float = ALPHA  # the error allowed

    @property
    def is_ruled_out(self) -> bool:
        """Whether the method is ruled out as the best."""
        return self.p <= self.alpha


@dataclass(frozen=True)
class JointTest:
    """The statistics of the mean differences of P pairs of methods, and draws of them if no pair differed.

    The draws of `redraw_rows` share the deviations of all pairs, so that they serve `rule` alone.

    A statistic is above 0 if the first method of the pair has the higher mean. The draws are symmetric: the negative of
    each would be one, too.
    """

    pairs: Pairs
    observed: Floats  # (P,)
    drawn: Floats  # (R, P)
    means: Floats  # (P,) of the differences
    errors: Floats  # (P,), their standard errors
    most: Floats  # (P,), the square of the largest possible statistic; infinite for Student's t
    floor: float  # the smallest p-value that so few repetitions allow

    def compare_pairs(self) -> Floats:
        """Compute the two-sided p-value of each pair, (P,), adjusted for all pairs by the step-down procedure.

        The probability of any p-value of at most alpha among the pairs that do not differ is at most alpha. A pair is
        compared with the largest statistic of the pairs whose own statistic is not above it.

        Source: Westfall and Young 1993, algorithm 2.8; Romano and Wolf 2005, Econometrica 73.
        """
        sizes = np.abs(self.observed)
        order = np.argsort(-sizes, kind="stable")
        counts = np.zeros(len(sizes))
        for block in np.array_split(self.drawn, -(-len(self.drawn) // BLOCK)):
            largest = np.maximum.accumulate(np.abs(block[:, order])[:, ::-1], axis=1)[:, ::-1]
            counts += (largest >= lower_slightly(sizes[order])).sum(axis=0)
        adjusted = np.empty(len(sizes))
        adjusted[order] = np.maximum.accumulate(np.maximum(counts / len(self.drawn), self.floor))
        return np.where(sizes > ROUNDING, adjusted, 1.0)

    def rule(self, method: int, alpha: float = ALPHA) -> Ruling:
        """Test the hypothesis that no other method has a higher mean score than this one.

        The test is one-sided, by the largest statistic of the other methods against this one. It is for one method.
        If each method is tested, the best one is ruled out with a probability of at most alpha, since only its own test
        can do that.

        Args:
            method: The number of the method.
            alpha: The level of the test.
        """
        places, signs = find_rivals(self.pairs, method)
        ahead = signs * self.observed[places]
        if not len(ahead) or ahead.max() <= ROUNDING:
            return Ruling(1.0, 0.0, alpha)
        of_others = self.drawn[:, places] * signs
        largest = np.concatenate([of_others.max(axis=1), -of_others.min(axis=1)])
        p = max(float(np.mean(largest >= lower_slightly(ahead.max()))), self.floor)
        if p > alpha:
            return Ruling(p, 0.0, alpha)
        limits = self.compute_student_t(float(np.quantile(largest, 1 - alpha, method="inverted_cdf")))[places]
        varies = self.errors[places] > ROUNDING
        bounds = (signs * self.means[places])[varies] - limits[varies] * self.errors[places][varies]
        return Ruling(p, max(float(bounds.max()), 0.0), alpha)

    def compute_student_t(self, statistic: float) -> Floats:
        """Return Student's t of each pair for a value of the statistic, (P,); infinite where none is so large."""
        students = np.full(len(self.most), np.inf)
        students[np.isinf(self.most)] = statistic
        is_reached = np.isfinite(self.most) & (self.most - statistic**2 > ROUNDING)
        most = self.most[is_reached]
        students[is_reached] = statistic * np.sqrt((most - 1) / (most - statistic**2))
        return students


@dataclass(frozen=True)
class FoldTest:
    """The corrected resampled t-tests of P pairs of methods over folds, whose training parts overlap.

    Source: Nadeau and Bengio 2003, Machine Learning 52.
    """

    pairs: Pairs
    means: Floats  # (P,) of the differences
    errors: Floats  # (P,), their corrected standard errors; 0 if the differences do not vary, which decides nothing
    degrees: NDArray[np.int64]  # (P,), of freedom

    @classmethod
    def of(cls, differences: Floats, pairs: Pairs, test_to_train: float) -> Self:
        """Return the test of paired differences.

        Args:
            differences: (J, P), the first method minus the second, NaN where one has no score.
            pairs: The methods of each pair.
            test_to_train: n_test / n_train, the ratio of the sizes of the test and training parts.
        """
        counts, means, errors = summarise(differences)
        errors = errors * np.sqrt([inflation_of(int(count), test_to_train) for count in counts])
        return cls(pairs, means, np.where(errors > ROUNDING, errors, 0.0), np.maximum(counts - 1, 1))

    @property
    def statistics(self) -> Floats:
        """Student's t of each pair, (P,); 0 without variation."""
        return np.divide(self.means, self.errors, out=np.zeros_like(self.means), where=self.errors > 0)

    def compare_pairs(self) -> Floats:
        """Compute the two-sided p-value of each pair, (P,), after Holm's correction for all pairs."""
        return holm(2 * scipy.stats.t.sf(np.abs(self.statistics), self.degrees))

    def rule(self, method: int, alpha: float = ALPHA) -> Ruling:
        """Test the hypothesis that no other method has a higher mean score than this one, as `JointTest.rule`.

        The largest statistic is compared with that of equally correlated methods.

        Args:
            method: The number of the method.
            alpha: The level of the test.

        Source: Dunnett 1955, Journal of the American Statistical Association 50.
        """
        places, signs = find_rivals(self.pairs, method)
        ahead = signs * self.statistics[places]
        methods = len(places) + 1
        # the largest statistic has the smallest probability; of equal degrees of freedom it is the last one
        largest = dict(sorted(zip(self.degrees[places].tolist(), ahead.tolist(), strict=True)))
        tails = [exceed(statistic, methods, degrees) for degrees, statistic in largest.items() if statistic > 0]
        p = min(tails, default=1.0)
        if p > alpha:
            return Ruling(p, 0.0, alpha)
        limits = np.array([find_limit_of_best(methods, degrees, alpha) for degrees in self.degrees[places].tolist()])
        bounds = (signs * self.means[places] - limits * self.errors[places])[self.errors[places] > 0]
        return Ruling(p, max(float(bounds.max()), 0.0), alpha)


def find_rivals(pairs: Pairs, method: int) -> tuple[NDArray[np.int64], Floats]:
    """Return the places of the pairs that a method is in, and for each 1 if it is the second one, else -1.

    A difference times the sign is above 0 if the other method is ahead.
    """
    places = [place for place, pair in enumerate(pairs) if method in pair]
    signs = [1.0 if pairs[place][1] == method else -1.0 for place in places]
    return np.array(places, dtype=np.int64), np.array(signs)


def lower_slightly(values: Floats) -> Floats:
    """Lower statistics by a rounding error, so that equal ones count as equal in whatever order they were summed."""
    return values * (1 - ROUNDING)


def flip_signs(differences: Floats, pairs: Pairs) -> JointTest:
    """Test paired differences over independent seeds by joint flips of their signs.

    The statistic is sum d / sqrt(sum d^2), which rises with Student's t. It is 0 for equal differences, whose deviation
    is unknown. A flip changes the sign of a repetition for all pairs at once, which keeps their correlation. Up to 15
    repetitions all flips count. For more, 20,000 are drawn from a fixed seed, and the observed one counts as another.

    Args:
        differences: (n, P), the first method minus the second, NaN where one has no score; a pair leaves these out.
            Under the hypothesis they are jointly symmetric about 0.
        pairs: The methods of each pair.

    Source: Fisher 1935, The Design of Experiments, section 21, for one pair; Romano and Wolf 2005 for several.
    """
    repetitions = len(differences)
    counts, means, errors = summarise(differences)
    filled = np.nan_to_num(differences)
    norms = np.sqrt((filled**2).sum(axis=0))
    scaled = np.divide(filled, norms, out=np.zeros_like(filled), where=errors > ROUNDING)
    signs = list_signs(repetitions) if repetitions <= MOST_EXACT else draw_signs(repetitions)
    floor = min(2.0 ** (1 - repetitions), 1.0)
    most = counts.astype(np.float64)
    return JointTest(pairs, scaled.sum(axis=0), signs @ scaled, means, errors, most, floor)


def redraw_rows(differences: Floats, redrawn: Floats, pairs: Pairs, rarer: int, *, draws: int = DRAWN) -> JointTest:
    """Test paired differences over J seeds that share one test part, for other seeds and other test samples.

    The statistic is the mean difference over its standard error, of which one part comes from the seeds, and another
    from bootstrap samples of the test samples. Each part of a draw is divided by a deviation of its own. It has one
    degree of freedom less than there are seeds (of the pair that has fewest) or samples of the rarer class. A pair with
    fewer than two seeds decides nothing: its statistic, error and draws are 0.

    Args:
        differences: (J, P), the first method minus the second, NaN where one has no score.
        redrawn: (R, P), the mean differences over the seeds on each bootstrap sample.
        pairs: The methods of each pair.
        rarer: The number of test samples of the rarer class.
        draws: The number of draws.

    Source: Efron and Tibshirani 1993 for the bootstrap; Behrens 1929 and Fisher 1935 for the two parts.
    """
    counts, means, errors_of_seeds = summarise(differences)
    generator = np.random.default_rng(0)
    places = generator.integers(len(redrawn), size=draws)
    of_samples = (redrawn - redrawn.mean(axis=0))[places] * generator.choice([-1.0, 1.0], (draws, 1))
    centred = np.where(np.isfinite(differences), differences - means, 0.0)
    scaled = centred / np.sqrt(np.maximum(counts * (counts - 1), 1))
    of_seeds = generator.standard_normal((draws, len(differences))) @ scaled
    fewest = min(counts[counts > 1], default=2)
    parts = ((of_seeds, int(fewest) - 1), (of_samples, rarer - 1))
    noise = sum(part / np.sqrt(generator.chisquare(max(df, 1), (draws, 1)) / max(df, 1)) for part, df in parts)
    errors = np.sqrt(errors_of_seeds**2 + redrawn.var(axis=0, ddof=1))
    varies = (errors > ROUNDING) & (counts > 1)
    observed, drawn = (np.divide(each, errors, out=np.zeros_like(each), where=varies) for each in (means, noise))
    errors = np.where(varies, errors, 0.0)
    return JointTest(pairs, observed, drawn, means, errors, np.full(len(pairs), np.inf), 1 / draws)


def summarise(differences: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return the number of differences of each pair, their mean and its standard error for independent ones, (P,) each.

    NaN are left out. The mean is 0 for no differences, and the error 0 for fewer than two.

    differences: (n, P).
    """
    is_known = np.isfinite(differences)
    counts = is_known.sum(axis=0)
    means = np.nan_to_num(differences).sum(axis=0) / np.maximum(counts, 1)
    squares = np.where(is_known, differences - means, 0.0) ** 2
    errors = np.sqrt(squares.sum(axis=0) / np.maximum(counts * (counts - 1), 1))
    return counts, means, errors


@lru_cache(maxsize=2)
def list_signs(number: int) -> Floats:
    """Return the choices of that many signs, 1 or -1, in which the first is 1: (2^(number - 1), number).

    The first one is 1 everywhere. The last results are cached.
    """
    bits = np.arange(2 ** max(number - 1, 0))[:, None] >> np.arange(number)[::-1] & 1
    return np.where(bits == 0, 1.0, -1.0)


@lru_cache(maxsize=2)
def draw_signs(number: int) -> Floats:
    """Draw choices of that many signs from a fixed seed, after one of 1 everywhere: (20001, number).

    The last results are cached.
    """
    drawn = np.random.default_rng(0).choice([-1.0, 1.0], (DRAWN, number))
    return np.concatenate([np.ones((1, number)), drawn])
