"""A method is a value with one text."""

import pickle

import pytest

from imbaloss.data import NO_SAMPLER, SamplerSpec
from imbaloss.evaluation import Decision
from imbaloss.learners import NETWORKS, REFERENCES, Method
from imbaloss.losses import LossSpec
from imbaloss.training import Recipe


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("msfe", "msfe"),
        ("focal:gamma=2.0", "focal"),
        ("ce + smote:neighbours=5", "ce + smote"),
        ("ce + none", "ce"),
        ("focal:gamma=1 + random_over:ratio=.5", "focal:gamma=1 + random_over:ratio=0.5"),
        ("logistic_regression", "logistic_regression"),
    ],
)
def test_equal_methods_have_one_text_which_is_read_back(text, written):
    method = Method.parse(text)
    assert str(method) == written
    assert Method.parse(written) == method
    assert hash(Method.parse(written)) == hash(method)
    assert pickle.loads(pickle.dumps(method)) == method


def test_a_text_says_learner_loss_and_sampler():
    focal = LossSpec.parse("focal:gamma=1")
    assert Method.parse("focal:gamma=1 + smote") == Method(NETWORKS, focal, SamplerSpec("smote"))
    boosting = Method.parse("gradient_boosting")
    assert boosting == Method(REFERENCES["gradient_boosting"], None, NO_SAMPLER)
    assert boosting.learned == "gradient_boosting"
    assert boosting.objective == LossSpec("ce")
    assert Method.parse("focal + smote").learned == "focal"


def test_a_decision_is_part_of_a_method_and_not_of_its_text():
    decision = Decision.read({"threshold": "cost:fn=10"})
    assert str(Method.parse("mse", decision)) == "mse"
    assert Method.parse("mse", decision) != Method.parse("mse")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("logistic_regression + smote", "there is no loss 'logistic_regression'"),
        ("ce + smoot", r"there is no sampler 'smoot' \(did you mean 'smote'\?\)"),
        ("ce + smote + enn", "there is no sampler 'smote \\+ enn'"),
    ],
)
def test_what_is_no_method_is_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        Method.parse(text)


def test_a_learner_says_which_rates_are_tried_and_what_it_can_learn():
    recipe = Recipe(tune_lr=(0.1, 0.2), shift=1)
    for reference in REFERENCES.values():
        assert reference.choose_rates(recipe).tune_lr == reference.rates
        reference.check_shape(recipe, (4,))
    assert NETWORKS.choose_rates(recipe) == recipe
    with pytest.raises(ValueError, match="flip and shift are for images"):
        NETWORKS.check_shape(recipe, (4,))
    with pytest.raises(ValueError, match="changes after 200 epochs"):
        NETWORKS.check_loss(LossSpec.parse("ldam_drw:after=200"), Recipe(epochs=10))
