"""MAPIE's controller of risks makes the same tests in the same order, where it is installed."""

from typing import Any

import numpy as np
import pytest

from imbaloss.evaluation import Guarantee, ScoredSamples, choose_guaranteed_threshold
from imbaloss.evaluation.guarantees import order_tests_of_precision
from tests.evaluation.test_guarantees import draw, p_value_at

risk_control = pytest.importorskip("mapie.risk_control", reason="needs mapie: pip install 'imbaloss[dev]'")
quiet = pytest.mark.filterwarnings("ignore::UserWarning:mapie")  # that no threshold is valid


def control(guarantee: Guarantee, samples: ScoredSamples, thresholds: np.ndarray, procedure: str) -> Any:
    """MAPIE's controller, calibrated on the samples; its tests have the order of the thresholds."""
    controller = risk_control.BinaryClassificationController(
        predict_function=lambda scores: np.stack([1 - scores[:, 0], scores[:, 0]], axis=1),
        risk=guarantee.score,
        target_level=guarantee.bound,
        confidence_level=guarantee.confidence,
        list_predict_params=thresholds,
        fwer_method=procedure,
    )
    return controller.calibrate(samples.probabilities[:, None], samples.labels)


def list_candidates(guarantee: Guarantee, samples: ScoredSamples, validation: ScoredSamples) -> np.ndarray:
    """The thresholds to test, in order: recall from the lowest one on, the others from the highest one on."""
    if guarantee.score == "precision":
        return order_tests_of_precision(guarantee, validation)
    distinct = np.unique(samples.probabilities)
    return distinct if guarantee.score == "recall" else distinct[::-1]


@quiet
@pytest.mark.parametrize("text", ["recall>=0.8", "recall>=0.9", "fpr<=0.05", "fpr<=0.2", "precision>=0.5"])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_mapie_takes_the_same_threshold_or_a_safer_one(text, confidence):
    """MAPIE counts errors as n r, rounded up, from the risk r in floats. That may be one too many: a higher p-value."""
    guarantee = Guarantee.parse(text, confidence)
    for seed in range(6):
        samples, validation = draw(400, seed), draw(400, seed + 100)
        candidates = list_candidates(guarantee, samples, validation)
        controller = control(guarantee, samples, candidates, "fixed_sequence")
        own = np.array([p_value_at(guarantee, samples, threshold) for threshold in candidates])
        theirs = np.asarray(controller.p_values, dtype=float).ravel()
        assert (theirs >= own - 1e-9).all()
        assert np.isclose(theirs, own, rtol=1e-6).mean() > 0.5
        passed = len(risk_control.control_fwer(own, 1 - confidence, "fixed_sequence"))
        assert passed >= len(controller.valid_predict_params)
        if not passed:
            with pytest.raises(ValueError, match="no threshold guarantees"):
                choose_guaranteed_threshold(guarantee, samples, validation)
            continue
        chosen = choose_guaranteed_threshold(guarantee, samples, validation)
        last = candidates[passed - 1]
        assert ((samples.probabilities >= chosen) == (samples.probabilities >= last)).all()


@quiet
def test_mapies_default_correction_for_all_thresholds_finds_no_lower_threshold_for_a_precision():
    guarantee, lower = Guarantee("precision", 0.5), []
    for seed in range(30):
        samples, validation = draw(400, seed), draw(400, seed + 100)
        every = np.unique(validation.probabilities)
        valid = control(guarantee, samples, every, "bonferroni_holm").valid_predict_params
        try:
            chosen = choose_guaranteed_threshold(guarantee, samples, validation)
        except ValueError:
            chosen = 1.0
        lower.append(chosen < min(valid, default=1.0))
    assert np.mean(lower) > 0.5
