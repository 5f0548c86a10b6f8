"""The threshold with the highest F1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.evaluation import best_for_f1, scores

SAMPLES = st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.0, 5e-324, 0.1, 0.3, 0.5, 0.7, 1.0])), max_size=30)


@given(SAMPLES)
def test_no_other_threshold_has_a_higher_f1(samples):
    labels = np.array([label for label, _ in samples], dtype=np.int64)
    probabilities = np.array([probability for _, probability in samples])
    threshold = best_for_f1(labels, probabilities)
    if len(set(labels.tolist())) < 2:
        assert threshold is None
        return
    found = scores(labels, probabilities, threshold)[0]["f1"]
    for other in probabilities:
        assert found >= scores(labels, probabilities, other)[0]["f1"]


def test_it_lies_between_neighbours_and_of_equally_good_ones_nearest_to_one_half():
    assert best_for_f1(np.array([0, 1, 1]), np.array([0.1, 0.7, 0.9])) == pytest.approx(0.4)
    labels, probabilities = np.array([1, 0, 0, 1]), np.array([0.7, 0.6, 0.3, 0.1])  # F1 2/3 from 0.7 and from 0.1 on
    assert best_for_f1(labels, probabilities) == pytest.approx(0.65)
