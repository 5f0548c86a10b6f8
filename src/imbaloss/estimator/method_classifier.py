"""`MethodClassifier`: any method of imbaloss, such as LightGBM, as a scikit-learn classifier."""

import inspect
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Tags
from sklearn.utils.multiclass import type_of_target

from imbaloss.data import InputForm, Split, resample
from imbaloss.estimator.columns import encode_categories, find_categories
from imbaloss.estimator.deciding import DecidingClassifier
from imbaloss.estimator.decision import DecisionRequest, Metric, make_cost_rule
from imbaloss.estimator.ensemble import compute_prior_shift
from imbaloss.estimator.parameters import METHOD_PARAMETERS, check_parameters, describe_parameters
from imbaloss.estimator.validation import split_validation
from imbaloss.evaluation import Decision, Rule, calibration
from imbaloss.evaluation.decision import choose_objective
from imbaloss.evaluation.objective import COST, Objective
from imbaloss.learners import FittedModel, Method
from imbaloss.studies.tuning import SettingChoice, choose_outcome
from imbaloss.training import Member, Recipe, plan_training
from imbaloss.training.default_recipe import make_default_entries
from imbaloss.training.recipe import require
from imbaloss.training.scaling import Scaling


class MethodClassifier(DecidingClassifier):
    """A classifier of scikit-learn that fits a method of `imbaloss compare`, such as LightGBM, and tunes it.

    It learns two classes. The positive one is `classes_[1]`, the second in sorted order. X is an array or a DataFrame.
    Boosted trees take missing values (NaN) and, in a DataFrame of pandas, columns of categories or text. Other learners
    take finite numbers, which are standardised.

    Parameters
    ----------
    {parameters}

    Attributes:
    ----------
    classes_ : ndarray (2,)
        The classes, in sorted order.
    n_features_in_ : int
        Number of columns that `fit` saw.
    feature_names_in_ : ndarray (n_features_in_,)
        Names of the columns. Exists only if `fit` saw a DataFrame with names that are texts.
    categories_ : dict
        The values of each categorical column that `fit` saw, by its place. Values that it did not see count as missing.
    threshold_ : float
        The threshold in use.
    costs_ : None
        Exists for the sake of `ImbalancedClassifier`, which decides by costs among several classes.
    tuned_ : Tuned or None
        A chosen threshold with the ends of its 95 % interval and its score on the validation part. None if the
        threshold was not chosen on samples.
    setting_ : dict
        The chosen values of hyper-parameters by name; empty for a method without settings.
    tuning_ : SettingChoice
        The score that decided, and each setting that was tried with its score.
    model_ : FittedModel
        The fitted model, with prior correction and calibration.

    Examples:
    --------
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(n_samples=500, weights=[0.9], random_state=0)
    >>> classifier = MethodClassifier("logistic_regression", random_state=0).fit(X, y)
    >>> list(classifier.setting_), len(classifier.tuning_.candidates)
    (['C'], 6)
    """

    categories_: "dict[int, pd.Index[Any]]"
    setting_: dict[str, Any]
    tuning_: SettingChoice

    def __init__(
        self,
        method: Any = "lightgbm",
        *,
        threshold: float | str | Metric | None = None,
        costs: ArrayLike | None = None,
        calibration: str = "auto",
        optimize: str | None = None,
        settings: int = 6,
        validation_fraction: float = 0.2,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        """Keep the parameters as attributes; `fit` checks them."""
        self.method = method
        self.threshold = threshold
        self.costs = costs
        self.calibration = calibration
        self.optimize = optimize
        self.settings = settings
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit a model with each setting, keep the best on the validation part, calibrate it and choose the threshold.

        A fit that fails changes no attribute except `n_features_in_` and `feature_names_in_`. Return self.

        Args:
            X: (N, D), the columns.
            y: (N,), the class of each sample; two classes.
            sample_weight: (N,), >= 0; weight 0 leaves a sample out. None for equal ones.

        Raises:
            ValueError: A parameter is outside its domain, data are not admitted, a class has too few samples, or the
                method cannot be fitted with any setting.
            TypeError: The method is neither text nor a classifier.
        """
        check_parameters(vars(self), METHOD_PARAMETERS)
        threshold = choose_rule(self.optimize, self.costs) if self.threshold is None else self.threshold
        request = DecisionRequest.read(2, threshold, self.costs, None)
        decision = read_decision(self.calibration, self.optimize, request)
        method = replace(Method.read(self.method), decision=decision)
        require(method.input_form is not InputForm.BASELINE, "the method baseline is for `imbaloss.compare` alone")
        require(not method.members, f"{method} is for `imbaloss.compare` alone: use scikit-learn's VotingClassifier")
        require(not method.sampler.by_costs, "the sampler cost_weights is for `imbaloss.compare` alone")
        categories = find_categories(X)
        if categories and method.input_form is InputForm.PREPARED:
            columns = ", ".join(repr(X.columns[place]) for place in categories)
            raise ValueError(
                f"{method} takes numbers alone: encode the categories of {columns} in a pipeline before it"
            )
        samples, classes = self._check_samples(encode_categories(X, categories), y, sample_weight, reset=True)
        if len(classes) > 2:
            kind = type_of_target(y, input_name="y")
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        seed = self._draw_seed()
        train, validation = split_validation(samples, classes.tolist(), self.validation_fraction, seed)
        scaling = Scaling.fit("standard" if method.input_form is InputForm.PREPARED else "unit", train)
        train, validation = (replace(part, inputs=scaling(part.inputs).numpy()) for part in (train, validation))
        split = Split(train, validation, validation, tuple(categories))
        model, tuning = fit_method(method, split, self.settings, seed)
        logits = model.logits(validation.inputs)
        fitted = calibration.fit_calibration(self.calibration, validation.labels, logits, validation.weights)
        model = replace(model, calibration=fitted)
        self.tuned_ = request.choose_threshold(model, validation) if request.chosen else None
        self.threshold_ = self.tuned_.threshold if self.tuned_ else request.fixed_threshold()
        self.classes_, self.model_, self.costs_ = classes, model, None
        self.categories_, self._scaling = categories, scaling
        self.tuning_, self.setting_ = tuning, tuning.setting.to_dict() if tuning.setting else {}
        return self

    def _read_inputs(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return the inputs of the model, (N, D), for columns X, which must be those of the fit.

        Raises ValueError if they are others.
        """
        inputs: NDArray[np.float64] = self._scaling(
            super()._read_inputs(encode_categories(X, self.categories_))
        ).numpy()
        return inputs

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags: two classes alone, and NaN where the learner takes columns as they are."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        try:
            tags.input_tags.allow_nan = Method.read(self.method).input_form is InputForm.COLUMNS
        except (ValueError, TypeError):  # of which `fit` tells
            tags.input_tags.allow_nan = False
        return tags


def read_decision(kind: str, optimize: str | None, request: DecisionRequest) -> Decision:
    """Return the decision with a calibration and the score that is optimised.

    Its rule is that of the threshold; for a score that is made of costs, one with costs.

    Args:
        kind: The parameter calibration.
        optimize: The parameter optimize; None for the cost where there are costs, else average precision.
        request: The request for decisions by the other parameters.

    Raises:
        ValueError: The calibration or the score is unknown, or costs are optimised and there are none.
    """
    require(optimize is None or isinstance(optimize, str), f"optimize must be a text or None, found {optimize!r}")
    rule = request.threshold if isinstance(request.threshold, Rule) else Rule("f1")
    objective = None if optimize is None else Objective.parse(optimize)
    if (objective is None or objective.needs_costs) and rule.name != COST and request.costs is not None:
        rule = make_cost_rule(request.costs)
    if objective and objective.needs_costs and rule.name != COST:
        raise ValueError(f"optimize {optimize!r} takes costs, a matrix with a row for each true class")
    objective = objective or choose_objective(rule)
    return Decision.read({"calibration": kind, "optimize": str(objective), "threshold": str(rule)})


def choose_rule(optimize: Any, costs: Any) -> str:
    """Return the threshold rule that is taken if none is named: that of the score, that of costs, or F1.

    Args:
        optimize: The parameter optimize; what is no text implies no rule.
        costs: The parameter costs.
    """
    implied = Objective.parse(optimize).rule if isinstance(optimize, str) else None
    return str(implied or ("f1" if costs is None else COST))


def fit_method(method: Method, split: Split, settings: int, seed: int) -> tuple[FittedModel, SettingChoice]:
    """Fit a model with each setting of a method, and return the best on validation, with prior correction.

    Args:
        method: The method, whose decision names the score that chooses.
        split: The split, scaled as the method needs it; its train part is resampled here.
        settings: The largest number of settings.
        seed: The seed.

    Returns:
        The model, and the choice of its setting.

    Raises:
        ValueError: The method does not fit to the samples, or cannot be fitted with any setting.
    """
    entries = make_default_entries(len(split.train), settings)
    recipe = method.learner.adapt_recipe(Recipe(**entries, scaling="unit"), settings)
    method.learner.check_loss(method.loss, recipe)
    candidates = method.learner.list_candidates(recipe, settings)
    sampled = replace(split, train=resample(split.train, method.sampler, seed))
    members = [
        Member(sampled, method.objective, each.recipe, seed, method.sampler, setting=each.setting)
        for each in candidates
    ]
    plan = plan_training(recipe, len(sampled.train), sampled.train.inputs.shape[1:])
    outcomes = method.learner.fit(members, device="cpu", plan=plan, on_epoch=lambda _: None)
    tried = [candidate.setting for candidate in candidates]
    outcome, choice = choose_outcome(method.decision, tried, split.validation, outcomes)
    if outcome.model is None or choice.setting is None:
        raise ValueError(outcome.failure or f"{method} gives no finite probabilities")
    shift = compute_prior_shift(members[:1], split.train, None)
    return replace(outcome.model, prior=shift, decision=method.decision), choice


MethodClassifier.__doc__ = inspect.cleandoc(MethodClassifier.__doc__ or "").replace(
    "{parameters}", describe_parameters(MethodClassifier, METHOD_PARAMETERS)
)
