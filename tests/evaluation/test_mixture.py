"""New rows as a mixture of two classes: the fit is the maximum of the likelihood."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special

from imbaloss.evaluation.mixture import SMALLEST, fit_mixture, log_likelihood


def maximise(new: np.ndarray, reference: np.ndarray, share: float) -> float:
    """The largest log-likelihood, by a general optimiser over softmax parameters."""

    def negative(parameters: np.ndarray) -> float:
        f_0, f_1 = special.log_softmax(parameters.reshape(2, -1), axis=1)
        mixed = np.logaddexp(np.log(share) + f_1, np.log1p(-share) + f_0)
        return -float(new @ mixed + (reference[0] + SMALLEST) @ f_0 + (reference[1] + SMALLEST) @ f_1)

    start = np.log(reference + 0.5).ravel()
    return -optimize.minimize(negative, start, method="BFGS", options={"gtol": 1e-7}).fun


@pytest.mark.parametrize("share", [0.001, 0.03, 0.4, 0.95])
def test_no_optimiser_finds_a_higher_likelihood(share):
    generator = np.random.default_rng(0)
    for _ in range(5):
        new = generator.multinomial(200, generator.dirichlet(np.ones(4))).astype(float)
        counts = [generator.multinomial(rows, generator.dirichlet(np.ones(4))) for rows in (300, 20)]
        reference = np.array(counts, dtype=float)
        ours = log_likelihood(new, reference, fit_mixture(new, reference, np.array([share])))[0]
        assert ours == pytest.approx(maximise(new, reference, share), abs=1e-4)


counts = st.lists(st.integers(0, 10**7), min_size=3, max_size=3)


@given(counts, counts, counts, st.floats(0, 1))
def test_fitted_probabilities_sum_to_1(new, negatives, positives, share):
    reference = np.array([negatives, positives], dtype=float) + 1
    mixture = fit_mixture(np.array(new, dtype=float), reference, np.array([share]))
    for fitted in (mixture.new, *mixture.classes):
        assert fitted.sum(axis=-1) == pytest.approx(1)
        assert (fitted >= 0).all()


def test_without_new_rows_the_classes_are_as_in_the_reference():
    reference = np.array([[10.0, 20, 70], [5, 3, 2]])
    mixture = fit_mixture(np.zeros(3), reference, np.array([0.0, 0.3, 1.0]))
    for label in (0, 1):
        assert mixture.classes[label] == pytest.approx(
            np.tile(reference[label] / reference[label].sum(), (3, 1)), abs=1e-3
        )


def test_columns_are_fitted_as_each_by_itself():
    generator = np.random.default_rng(1)
    new, reference = generator.poisson(30, (4, 5)) * 1.0, generator.poisson(20, (2, 4, 5)) * 1.0
    shares = np.array([0.1, 0.6])
    together = fit_mixture(new, reference, shares)
    for column in range(4):
        alone = fit_mixture(new[column], reference[:, column], shares)
        np.testing.assert_allclose(together.new[:, column], alone.new, rtol=1e-12)
