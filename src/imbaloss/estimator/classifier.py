"""`ImbalancedClassifier`: networks and losses of imbaloss as a scikit-learn classifier."""

import inspect
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from imbaloss import evaluation
from imbaloss.data import NONE, SamplerSpec, Samples, Split
from imbaloss.estimator.class_weights import COST, choose_class_weights
from imbaloss.estimator.deciding import DecidingClassifier
from imbaloss.estimator.decision import EXPECTED_COST, DecisionRequest, Metric
from imbaloss.estimator.ensemble import compute_prior_shift, make_members, scale_samples, start_from, train_members
from imbaloss.estimator.facts import is_complete, pack_classifier, unpack_classifier
from imbaloss.estimator.parameters import (
    PARAMETER_NAMES,
    PARAMETERS,
    RECIPE_NAMES,
    check_parameters,
    describe_parameters,
)
from imbaloss.estimator.validation import split_validation
from imbaloss.evaluation import calibration
from imbaloss.field_tables import FieldError
from imbaloss.learners import network_file
from imbaloss.losses import LossSpec
from imbaloss.networks import join_networks
from imbaloss.training import Model, Recipe, check_device, check_loss, onnx_file
from imbaloss.training.recipe import require
from imbaloss.training.scaling import Scaling

Floats = NDArray[np.float64]
SMALLEST_BATCH, LARGEST_BATCH = 256, 2048  # limits of batch_size "auto"
PREDICTED_AT_ONCE = 10_000  # batch size of predictions, in samples
FIT_SHARES = {"platt", "isotonic", "auto"}  # calibrations that fit the shares themselves, without prior correction


class ImbalancedClassifier(DecidingClassifier):
    """A neural network for data in which one class is rare, with any loss of imbaloss.

    It learns two classes or several. Of two, the positive one is `classes_[1]`, the second in sorted order.

    Parameters
    ----------
    {parameters}

    Attributes:
    ----------
    classes_ : ndarray (C,)
        The classes, in sorted order.
    n_features_in_ : int
        Number of columns that `fit` saw.
    feature_names_in_ : ndarray (n_features_in_,)
        Names of the columns. Exists only if `fit` saw a DataFrame with names that are texts.
    threshold_ : float or None
        The threshold in use for two classes; None for several.
    costs_ : ndarray (C, C) or None
        The costs that decide among several classes with "expected_cost"; None in all other cases.
    tuned_ : Tuned or None
        A chosen threshold with the ends of its 95 % interval and its score on the validation part. None if the
        threshold was not chosen on samples.
    loss_curve_ : list of float
        Mean loss of each epoch, over the networks still in training.
    loss_curves_ : list of list of float
        Loss of each network and epoch.
    validation_curves_ : list of list of float
        Loss of each network and epoch on the validation part, with early stopping.
    n_iter_ : int
        Number of epochs of the longest training.
    model_ : Model
        The networks, with scaling, prior correction and calibration.

    Examples:
    --------
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(n_samples=500, weights=[0.9], random_state=0)
    >>> classifier = ImbalancedClassifier("msfe", threshold="f1", random_state=0).fit(X, y)
    >>> classifier.predict_proba(X).shape
    (500, 2)
    """

    model_: Model
    loss_curve_: list[float]
    loss_curves_: list[list[float]]
    validation_curves_: list[list[float]]
    n_iter_: int

    def __init__(
        self,
        loss: str | LossSpec = "msfe",
        *,
        network: str = "mlp",
        hidden: Sequence[int] = (100,),
        activation: str = "relu",
        epochs: int = 100,
        optimizer: str = "adam",
        learning_rate: float = 1e-3,
        momentum: float = 0.0,
        weight_decay: float = 1e-4,
        batch_size: int | str = "auto",
        scaling: str = "standard",
        class_weight: Mapping[Hashable, float] | str | None = None,
        sampler: str = NONE,
        threshold: float | str | Metric = 0.5,
        costs: ArrayLike | None = None,
        calibration: str = calibration.NONE,
        prevalence: ArrayLike | None = None,
        early_stopping: bool = False,
        patience: int = 10,
        validation_fraction: float = 0.2,
        n_networks: int = 1,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        device: str = "cpu",
        precision: str = "float32",
        verbose: int = 0,
    ) -> None:
        """Keep the parameters as attributes; `fit` checks them."""
        self.loss = loss
        self.network = network
        self.hidden = hidden
        self.activation = activation
        self.epochs = epochs
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.scaling = scaling
        self.class_weight = class_weight
        self.sampler = sampler
        self.threshold = threshold
        self.costs = costs
        self.calibration = calibration
        self.prevalence = prevalence
        self.early_stopping = early_stopping
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.n_networks = n_networks
        self.warm_start = warm_start
        self.random_state = random_state
        self.device = device
        self.precision = precision
        self.verbose = verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the networks, fit the calibration and choose the threshold, as the parameters ask. Return self.

        A fit that fails changes no attribute except `n_features_in_` and `feature_names_in_`.

        Args:
            X: (N, D), the columns.
            y: (N,), the class of each sample.
            sample_weight: (N,), >= 0; weight k counts as k repetitions, 0 leaves a sample out. None for equal ones.

        Raises:
            ValueError: A parameter is outside its domain, data are not finite, or a class has too few samples.
            FloatingPointError: The loss or the weights of a network are no longer finite.
        """
        before = self.model_ if self.warm_start and hasattr(self, "model_") else None
        samples, classes = self._check_samples(X, y, sample_weight, reset=before is None)
        if before and not np.array_equal(classes, self.classes_):
            raise ValueError(f"warm_start needs the classes of the last fit, {self.classes_}, found {classes}")
        self._check_parameters()
        model_decision = evaluation.Decision.read({"calibration": self.calibration})
        decision = DecisionRequest.read(len(classes), self.threshold, self.costs, self.prevalence)
        loss, seed = self._build_loss(samples, classes, decision.costs), self._draw_seed()
        train_part, validation = samples, samples[np.zeros(0, np.int64)]
        if decision.chosen or self.early_stopping or self.calibration != calibration.NONE:
            train_part, validation = split_validation(samples, classes.tolist(), self.validation_fraction, seed)
        recipe = self._build_recipe(len(train_part), len(classes))
        check_loss(loss, recipe)
        require(not recipe.kind.convolutional, f"network must be mlp or prototype, for columns, found {self.network!r}")
        scaling = before.scaling if before else Scaling.fit(self.scaling, train_part)
        of_train, of_validation = (scale_samples(part, scaling, recipe) for part in (train_part, validation))
        split = Split(of_train, of_validation, of_validation)  # a classifier knows no test part
        sampler = SamplerSpec.parse(self.sampler)
        members = make_members(
            split, replace(recipe, scaling="unit"), loss, sampler, range(seed, seed + self.n_networks)
        )
        if before:
            members = start_from(before, members, self.scaling)
        outcomes = train_members(members, self.device, verbose=self.verbose, lr_name=PARAMETER_NAMES["lr"])
        model = Model(
            recipe,
            samples.inputs.shape[1:],
            scaling,
            join_networks([outcome.model.network for outcome in outcomes if outcome.model]),
            compute_prior_shift(members, train_part, None if self.calibration in FIT_SHARES else decision.shares),
            decision=model_decision,
        )
        if len(validation):
            logits = model.logits(validation.inputs)
            fitted = calibration.fit_calibration(
                self.calibration, validation.labels, logits, decision.weigh_samples(validation)
            )
            model = replace(model, calibration=fitted)
        self.tuned_ = decision.choose_threshold(model, validation) if decision.chosen else None
        self.threshold_ = self.tuned_.threshold if self.tuned_ else decision.fixed_threshold()
        self.classes_, self.model_, self.costs_ = classes, model, decision.deciding_costs
        self.loss_curves_ = [outcome.losses for outcome in outcomes]
        self.loss_curve_ = np.nanmean(list(zip_longest(*self.loss_curves_, fillvalue=np.nan)), axis=1).tolist()
        self.validation_curves_ = [outcome.validation_losses for outcome in outcomes]
        self.n_iter_ = len(self.loss_curve_)
        return self

    def save(self, folder: str | Path) -> Path:
        """Write the classifier to folder/model.safetensors, whole or not at all, and return the path of the file.

        `load` makes an equal classifier of it, in any process. A loss that is a `LossSpec` is saved as its text, a
        threshold that is a function as the number that it chose, and a random generator as None.

        Raises NotFittedError before a fit, and OSError if the file cannot be written.
        """
        check_is_fitted(self)
        return network_file.save(self.model_, Path(folder), {"classifier": pack_classifier(self)})

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Load the classifier that `save` wrote into a folder.

        Raises:
            ValueError: The folder holds no model file, the file holds no classifier, or it was changed after it was
                written.
        """
        model, facts = network_file.load(Path(folder))
        is_classifier = isinstance(facts, dict) and "classifier" in facts
        require(is_classifier, f"{folder} holds a model, but not that of an ImbalancedClassifier")
        try:
            parameters, attributes = unpack_classifier(facts["classifier"])
            classifier = cls(**parameters)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{folder} holds no classifier that imbaloss has written: {error}") from error
        complete = is_complete(attributes, model.recipe.classes)
        require(complete, f"{folder} holds no classifier that imbaloss has written: attributes of the fit are missing")
        for name, value in attributes.items():
            setattr(classifier, name, value)
        classifier.model_ = model
        return classifier

    def to_onnx(self, file: str | Path) -> Path:
        """Write an ONNX file and return its path. An existing file is replaced.

        Its input is "X" (N, D) in float64. Its outputs are "probabilities" (N, C) and "decisions" (N,), indices into
        `classes_`.

        Raises:
            NotFittedError: The classifier is not fitted.
            ImportError: onnx or onnxscript is missing, the packages of the extra `onnx`.
            OSError: The file cannot be written.
        """
        check_is_fitted(self)
        return onnx_file.write(self.model_, Path(file), self.threshold_, self.costs_)

    def _check_parameters(self) -> None:
        """Raise ValueError if a parameter has another type or is outside its domain, or the machine lacks the device.

        Domains that a recipe has too are left to `_build_recipe`.
        """
        check_parameters(vars(self), PARAMETERS)
        check_device(self.device)

    def _build_recipe(self, samples: int, classes: int) -> Recipe:
        """Build the recipe (hyper-parameters of a training) for that many training samples and classes.

        Raises ValueError, which names the parameter, for a value outside its domain.
        """
        auto = min(max(samples // 100, SMALLEST_BATCH), LARGEST_BATCH)
        entries = {field: getattr(self, parameter) for parameter, field in RECIPE_NAMES.items()}
        entries |= {
            "hidden": tuple(self.hidden),
            "outputs": 1 if classes == 2 else classes,
            "patience": self.patience if self.early_stopping else 0,
            "train_batch": auto if isinstance(self.batch_size, str) else self.batch_size,
            "test_batch": PREDICTED_AT_ONCE,
        }
        try:
            return Recipe(**entries)
        except FieldError as error:
            raise ValueError(error.sentence(PARAMETER_NAMES.get(error.field, error.field))) from error

    def _build_loss(self, samples: Samples, classes: NDArray[np.generic], matrix: Floats | None) -> LossSpec:
        """Return the loss with the class weights that the parameter class_weight asks for.

        With class_weight None the loss stays as it is.

        Args:
            samples: The samples of the fit.
            classes: The names of the classes, (C,).
            matrix: The costs (C, C), for class_weight "cost"; None if there are none.

        Raises:
            ValueError: The loss is unknown, class weights or costs are given twice, or a weight is not admitted.
        """
        loss = self.loss if isinstance(self.loss, LossSpec) else LossSpec.parse(self.loss)
        if self.class_weight is None:
            return loss
        twice = f"class weights are given twice: in the loss {str(self.loss)!r}, and as class_weight"
        require("class_weights" not in dict(loss.parameters), twice)
        if isinstance(self.class_weight, str) and isinstance(self.threshold, str):
            once = f"costs count once: take class_weight 'cost' or threshold {EXPECTED_COST!r}, not both"
            require((self.class_weight, self.threshold) != (COST, EXPECTED_COST), once)
        weights = choose_class_weights(self.class_weight, samples, classes, matrix)
        return loss.with_parameters(class_weights=weights)


ImbalancedClassifier.__doc__ = inspect.cleandoc(ImbalancedClassifier.__doc__ or "").replace(
    "{parameters}", describe_parameters(ImbalancedClassifier, PARAMETERS)
)
