"""How pixels become inputs."""

import numpy as np

from imbaloss.data import Samples
from imbaloss.training.scaling import Scaling


def samples() -> Samples:
    pixels = np.random.default_rng(0).random((50, 3, 4, 4)).astype(np.float32) * np.array([1, 0.5, 0])[:, None, None]
    return Samples((pixels + 0.25).astype(np.float32), np.zeros(50, np.int64))


def test_unit_leaves_the_pixels():
    train = samples()
    assert np.array_equal(Scaling.fit("unit", train)(train.inputs).numpy(), train.inputs)


def test_standard_gives_each_channel_mean_0_and_deviation_1_and_spares_a_constant_one():
    train = samples()
    scaled = Scaling.fit("standard", train)(train.inputs).numpy()
    np.testing.assert_allclose(scaled.mean((0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std((0, 2, 3)), [1, 1, 0], atol=1e-12)


def test_other_samples_are_scaled_by_those_of_training():
    train = samples()
    other = np.full((1, 3, 4, 4), 0.5, np.float32)
    scaled = Scaling.fit("standard", train)(other).numpy()
    pixels = train.inputs.astype(np.float64)
    means, deviations = pixels.mean((0, 2, 3)), pixels.std((0, 2, 3))
    np.testing.assert_allclose(scaled[0, :2, 0, 0], (0.5 - means[:2]) / deviations[:2])
