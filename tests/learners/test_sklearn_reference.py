"""References: scikit-learn's classifiers, as they are."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from imbaloss.data import Samples, Split
from imbaloss.learners import REFERENCES, model_files
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Recipe

GENERATOR = np.random.default_rng(0)
INPUTS = GENERATOR.standard_normal((200, 4)).astype(np.float32)
LABELS = (INPUTS[:, 0] + GENERATOR.standard_normal(200) > 1).astype(np.int64)
TRAIN = Samples(INPUTS, LABELS)
SPLIT = Split(TRAIN, TRAIN, TRAIN)


@pytest.mark.parametrize(
    ("name", "rate", "alone"),
    [
        ("logistic_regression", 0.1, LogisticRegression(C=0.1, max_iter=1000)),
        (
            "gradient_boosting",
            0.3,
            HistGradientBoostingClassifier(learning_rate=0.3, early_stopping=False, random_state=7),
        ),
    ],
)
def test_a_reference_gives_the_probabilities_of_scikit_learn(name, rate, alone):
    model = REFERENCES[name].fit_member(Member(SPLIT, LossSpec("ce"), Recipe(lr=rate), 7))
    theirs = alone.fit(INPUTS.astype(np.float64), LABELS).predict_proba(INPUTS.astype(np.float64))[:, 1]
    assert model.probabilities(INPUTS) == pytest.approx(theirs, abs=1e-12)
    assert model.shape == (4,)
    assert len(model.probabilities(INPUTS[:0])) == 0


@pytest.mark.parametrize("name", REFERENCES)
def test_images_are_scaled_by_channel_and_laid_flat(name):
    images = INPUTS.reshape(200, 2, 2, 1)
    split = Split(*[Samples(images, LABELS)] * 3)
    scaled = (images - images.mean((0, 2, 3), keepdims=True)) / images.std((0, 2, 3), keepdims=True)
    model = REFERENCES[name].fit_member(Member(split, LossSpec("ce"), Recipe(scaling="standard", lr=0.1), 0))
    same = Split(*[Samples(scaled.reshape(200, 4).astype(np.float32), LABELS)] * 3)
    alone = REFERENCES[name].fit_member(Member(same, LossSpec("ce"), Recipe(lr=0.1), 0))
    assert model.probabilities(images) == pytest.approx(alone.probabilities(same.train.inputs), abs=1e-4)


def test_sure_probabilities_have_finite_logits():
    split = Split(*[Samples(INPUTS, (INPUTS[:, 0] > 0).astype(np.int64))] * 3)
    model = REFERENCES["gradient_boosting"].fit_member(Member(split, LossSpec("ce"), Recipe(lr=1.0), 0))
    assert np.isfinite(model.logits(INPUTS)).all()


@pytest.mark.parametrize("name", REFERENCES)
def test_a_saved_reference_predicts_the_same_bits(name, tmp_path):
    """Its file holds no type that loading does not trust."""
    model = REFERENCES[name].fit_member(Member(SPLIT, LossSpec("ce"), Recipe(lr=0.1), 0))
    saved = model_files.save(model, tmp_path)
    loaded = model_files.load(tmp_path, saved.reference, saved.checksums)
    assert np.array_equal(loaded.probabilities(INPUTS), model.probabilities(INPUTS))
