"""A method is a value with one text."""

import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.data import NO_SAMPLER, NONE, SAMPLERS, SamplerSpec
from imbaloss.data.resampling import BATCH_SAMPLERS, default_parameters
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


PARAMETERS = {
    "ce": {},
    "focal": {
        "gamma": st.floats(0, 10),
        "alpha": st.floats(0.01, 0.99),
        "class_weights": st.tuples(*[st.floats(0, 9)] * 2),
    },
    "ldam_drw": {"after": st.integers(1, 500).map(float)},
    "cross_entropy/worst_class": {"ignore_index": st.integers(-255, 255).map(float)},
}
loss_specs = st.sampled_from(sorted(PARAMETERS)).flatmap(
    lambda name: st.fixed_dictionaries({}, optional=PARAMETERS[name]).map(
        lambda given: LossSpec(name, tuple(given.items()))
    )
)
NEIGHBOURS, RATIO = st.integers(1, 2**31 - 1), st.floats(0, 1, exclude_min=True)
sampler_specs = st.sampled_from([NONE, *SAMPLERS, *BATCH_SAMPLERS]).flatmap(
    lambda name: st.fixed_dictionaries(
        {}, optional={key: RATIO if key == "ratio" else NEIGHBOURS for key in default_parameters(name)}
    ).map(lambda given: SamplerSpec(name, tuple(given.items())))
)


@given(
    learner=st.sampled_from([NETWORKS, *REFERENCES.values()]),
    loss=st.none() | loss_specs,
    sampler=st.just(NO_SAMPLER) | sampler_specs,
    decision=st.sampled_from([Decision(), Decision.read({"threshold": "cost:fn=10", "calibration": "platt"})]),
)
def test_every_method_is_read_back_from_its_text(learner, loss, sampler, decision):
    """What could not be is no method: networks need a loss, and references take neither a loss nor a sampler."""
    has_text = loss is not None if learner is NETWORKS else (loss, sampler) == (None, NO_SAMPLER)
    if not has_text:
        with pytest.raises(
            ValueError,
            match=r"^(networks need a loss: give one, such as 'ce'|\w+ takes neither a loss nor a sampler, found .+)$",
        ):
            Method(learner, loss, sampler, decision)
        return
    method = Method(learner, loss, sampler, decision)
    assert Method.parse(str(method), decision) == method
    assert str(Method.parse(str(method))) == str(method)


def test_what_no_text_could_say_is_refused():
    boosting, smote = REFERENCES["gradient_boosting"], SamplerSpec("smote")
    with pytest.raises(ValueError, match="networks need a loss: give one, such as 'ce'"):
        Method(NETWORKS, None, smote)
    with pytest.raises(ValueError, match=r"no text stands for the learner .*name='trees'"):
        Method(replace(boosting, name="trees"), None)
    for loss, sampler, found in (
        (LossSpec("mse"), NO_SAMPLER, "mse"),
        (None, smote, "smote"),
        (LossSpec("mse"), smote, "mse and smote"),
    ):
        with pytest.raises(ValueError, match=f"^gradient_boosting takes neither a loss nor a sampler, found {found}$"):
            Method(boosting, loss, sampler)


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
