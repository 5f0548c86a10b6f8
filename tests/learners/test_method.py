"""A method is a value with one text."""

import pickle

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from imbaloss.data import NO_SAMPLER, NONE, SAMPLERS, SamplerSpec
from imbaloss.data.resampling import BATCH_SAMPLERS, default_parameters
from imbaloss.evaluation import Decision
from imbaloss.learners import NETWORKS, Estimator, LightGBM, Method, XGBoost
from imbaloss.learners.boosted import BoostedTrees
from imbaloss.learners.estimators import NAMED
from imbaloss.learners.parameters import is_plain
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
        ("logistic_regression + smote", "logistic_regression + smote"),
        ("lightgbm:num_leaves=63,max_depth=4 + none", "lightgbm:max_depth=4,num_leaves=63"),
        ("xgboost:eta=.10", "xgboost:eta=0.1"),
        ("lightgbm/msfe", "lightgbm/msfe"),
        ("lightgbm/ce + smote", "lightgbm + smote"),
        ("lightgbm:num_leaves=7/focal:gamma=1,alpha=.25 + smote", "lightgbm:num_leaves=7/focal:gamma=1 + smote"),
        ("xgboost:gamma=1/squared/sum_of_class_means", "xgboost:gamma=1/squared/sum_of_class_means"),
        ("sklearn.svm:SVC:C=1e1,probability=True", "sklearn.svm:SVC:C=10.0,probability=true"),
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
    boosting = Method.parse("lightgbm:num_leaves=7 + random_under")
    assert boosting == Method(LightGBM((("num_leaves", 7),)), None, SamplerSpec("random_under"))
    assert boosting.learned == "lightgbm:num_leaves=7"
    assert boosting.objective == LossSpec("ce")
    assert Method.parse("xgboost") == Method(XGBoost(), None)
    assert Method.parse("xgboost:gamma=1/focal:gamma=1") == Method(XGBoost((("gamma", 1),)), focal)
    assert Method.parse("lightgbm/mfe").objective == LossSpec("mfe")
    assert Method(LightGBM(), LossSpec("ce")) == Method(LightGBM(), None)
    assert Method.parse("sklearn.svm:SVC:C=2") == Method(Estimator("sklearn.svm:SVC", (("C", 2),)), None)
    assert Method.parse("focal + smote").learned == "focal"


def test_a_decision_is_part_of_a_method_and_not_of_its_text():
    decision = Decision.read({"threshold": "cost:fn=10"})
    assert str(Method.parse("mse", decision)) == "mse"
    assert Method.parse("mse", decision) != Method.parse("mse")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("logistic_regresion", r"there is no method 'logistic_regresion' \(did you mean 'logistic_regression'\?\)"),
        ("lightgbm:num_leaves", "parameters are written name=value,..., found 'num_leaves'"),
        ("xgboost:eta=1,eta=2", "eta is given twice in 'xgboost:eta=1,eta=2'"),
        ("lightgbm + balanced_batches", "lightgbm has no batches, from which balanced_batches draws"),
        ("lightgbm/mffe", r"there is no loss 'mffe' \(did you mean 'mfe'\?\)"),
        ("lightgbm/", "^there is no loss ''; there are mse, "),
        (
            "xgboost/hinge",
            "^hinge is no objective for trees: its error has a corner, where no curvature bounds a step$",
        ),
        ("lightgbm/mfe_adaptive", "^mfe_adaptive is no objective for trees: its running averages are for batches, "),
        ("lightgbm/mae", "^mae is no objective for trees: no finite constant, from which they start, is best$"),
        (
            "xgboost:scale_pos_weight=2/mfe",
            "^xgboost:scale_pos_weight=2/mfe: scale_pos_weight is for the log-loss of X",
        ),
        ("lightgbm/mfe + balanced_batches", "lightgbm has no batches, from which balanced_batches draws"),
        (
            "random_forest/mfe",
            "there is no error or learner with a loss 'random_forest'; there are lightgbm, xgboost, squ",
        ),
        ("Lightgbm/mfe", r"there is no error or learner with a loss 'Lightgbm' \(did you mean 'lightgbm'\?\); there"),
        (
            "catboost/mfe",
            r"there is no error or learner with a loss 'catboost'.*; there are lightgbm, xgboost, squared",
        ),
        ("focl/mean", r"there is no error or learner with a loss 'focl' \(did you mean 'focal'\?\)"),
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


WORDS = st.from_regex(r"[a-z][a-z0-9_./-]{0,8}", fullmatch=True)
VALUES = st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none() | WORDS
parameter_tuples = st.dictionaries(
    st.from_regex(r"[a-z][a-z_0-9]{0,8}", fullmatch=True), VALUES.filter(is_plain), max_size=4
).map(lambda given: tuple(sorted(given.items())))
tree_parameters = parameter_tuples.filter(lambda given: not any("/" in str(value) for _, value in given))
other_learners = st.one_of(
    st.builds(LightGBM, tree_parameters),
    st.builds(XGBoost, tree_parameters),
    st.builds(Estimator, st.sampled_from([*NAMED, "sklearn.svm:SVC", "my_package.trees:Trees"]), parameter_tuples),
)


def is_objective(loss: LossSpec) -> bool:
    """Say whether trees can be grown by one of the losses that are drawn here."""
    class_weights = dict(loss.parameters).get("class_weights", (1, 1))
    return loss.name in {"ce", "focal"} and min(class_weights) > 0


@given(
    learner=st.just(NETWORKS) | other_learners,
    loss=st.none() | loss_specs,
    sampler=st.just(NO_SAMPLER) | sampler_specs,
    decision=st.sampled_from([Decision(), Decision.read({"threshold": "cost:fn=10", "calibration": "platt"})]),
)
def test_every_method_is_read_back_from_its_text(learner, loss, sampler, decision):
    """What could not be is no method: networks need a loss, trees take some, others none; none but networks batches."""
    admitted = loss is not None if learner is NETWORKS else loss is None and not sampler.in_batches
    if isinstance(learner, BoostedTrees) and loss is not None and not sampler.in_batches:
        weights = dict(loss.parameters).get("class_weights", (1, 1))
        assume(not 0 < min(weights) < 1e-9 * max(weights))  # the best constant is then near the largest that are tried
        admitted = is_objective(loss)
    if not admitted:
        with pytest.raises(
            ValueError,
            match=r"(networks need a loss: give one, such as 'ce'|takes no loss, found .+|: leave the sampler out"
            r"|is no objective for trees: .+)$",
        ):
            Method(learner, loss, sampler, decision)
        return
    method = Method(learner, loss, sampler, decision)
    assert Method.parse(str(method), decision) == method
    assert str(Method.parse(str(method))) == str(method)


def test_what_goes_with_no_learner_is_refused():
    with pytest.raises(ValueError, match=r"^networks need a loss: give one, such as 'ce'$"):
        Method(NETWORKS, None, SamplerSpec("smote"))
    with pytest.raises(ValueError, match=r"^random_forest has its own objective and takes no loss, found mse$"):
        Method(Estimator("random_forest"), LossSpec("mse"))
    for learner in (LightGBM(), XGBoost(), Estimator("random_forest")):
        with pytest.raises(ValueError, match=f"^{learner.name} has no batches, from which balanced_batches draws: "):
            Method(learner, None, SamplerSpec("balanced_batches"))


def test_a_learner_says_what_is_tried_and_what_it_can_learn():
    recipe = Recipe(tune_lr=(0.1, 0.2), shift=1)
    named = [Estimator(name) for name, facts in NAMED.items() if not facts.successor]
    for learner in (LightGBM(), XGBoost(), *named):
        for settings in (1, 2, 6):
            candidates = learner.list_candidates(recipe, settings)
            assert len(candidates) == min(settings, len(learner.list_settings())) > 0
            assert {candidate.recipe for candidate in candidates} == {recipe}
        learner.check_shape(recipe, (4,))
        learner.check_loss(None, recipe)
        assert learner.adapt_recipe(recipe, 6) == learner.adapt_recipe(Recipe(hidden=(3,), lr=7), 6)
        assert not learner.is_network
    assert NETWORKS.adapt_recipe(recipe, 6) == recipe
    assert [candidate.recipe.lr for candidate in NETWORKS.list_candidates(recipe, 6)] == [0.1, 0.2]
    with pytest.raises(ValueError, match="flip and shift are for images"):
        NETWORKS.check_shape(recipe, (4,))
    with pytest.raises(ValueError, match="changes after 200 epochs"):
        NETWORKS.check_loss(LossSpec.parse("ldam_drw:after=200"), Recipe(epochs=10))


def test_version_0_1_tried_the_rates_of_a_reference():
    for name in ("logistic_regression", "gradient_boosting"):
        learner = Estimator(name)
        recipe = learner.adapt_recipe(Recipe(), 0)
        tried = [candidate.setting.to_dict() for candidate in learner.list_candidates(recipe, 0)]
        assert tried == [{learner.rate: rate} for rate in learner.rates]
        assert len(tried) == 3
