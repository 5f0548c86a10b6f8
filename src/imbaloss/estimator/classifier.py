"""`ImbalancedClassifier`: the house's training as a scikit-learn classifier."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self, get_type_hints

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from imbaloss import evaluation
from imbaloss.data import NONE, SamplerSpec, Samples, Split
from imbaloss.estimator.class_weights import COST, class_weights
from imbaloss.estimator.decision import EXPECTED_COST, DecisionRequest, Metric
from imbaloss.estimator.ensemble import make_members, scale_samples, shift_of, start_from, train_members
from imbaloss.estimator.facts import is_complete, pack_classifier, unpack_classifier
from imbaloss.estimator.validation import split_validation
from imbaloss.evaluation import Tuned, calibration, costs
from imbaloss.field_tables import FieldError
from imbaloss.learners import network_file
from imbaloss.losses import LossSpec
from imbaloss.networks import joined
from imbaloss.training import Model, Recipe, check_device, check_loss, onnx_file
from imbaloss.training.model import to_probabilities
from imbaloss.training.recipe import require
from imbaloss.training.scaling import Scaling

Floats = NDArray[np.float64]
SMALLEST_BATCH, LARGEST_BATCH = 256, 2048
PREDICTED_AT_ONCE = 10_000  # samples
FARTHEST = 1e9  # what stands for an infinite log-odds, which isotonic calibration may give
FIT_SHARES = {"platt", "isotonic"}  # calibrations that find any shares by themselves
OWN_NAMES = {"lr": "learning_rate", "train_batch": "batch_size"}  # parameters with another name than the recipe's field


class ImbalancedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A neural network for data in which one class is rare, with any loss of imbaloss.

    Two classes or several; of two, the positive one is `classes_[1]`, the second in sorted order.

    Parameters
    ----------
    loss: a loss by name, with parameters as in "focal:gamma=1"; `imbaloss.losses.names()`, or a pair of error and
        reduction as "cross_entropy/worst_class".
    network: mlp, or prototype:per_class=2 and the like, which learns prototypes on the embedding of an mlp.
    hidden: widths of the hidden layers.
    activation: of the hidden layers: relu, sigmoid or tanh.
    epochs: passes over the training samples.
    optimizer: adam or sgd.
    learning_rate, momentum (of sgd), weight_decay (L2 penalty): of the optimizer.
    batch_size: samples in a batch; auto: a hundredth of those to train on, but 256 to 2,048, so that of few positives
        some are in each.
    scaling: standard (each column with mean 0 and deviation 1 on the training samples) or unit (as it is).
    class_weight: None, "balanced" (n / (C n_c)), a dict from classes to weights, or "cost": by `costs`. It multiplies
        the class's term in the loss; losses with weights of their own (wce, wmse, focal) take it in their place.
    sampler: none, or how classes are balanced in training alone: random_over, random_under, smote, borderline_smote,
        svm_smote, kmeans_smote, adasyn, tomek_links, enn, smote_tomek, smote_enn, with parameters as in
        "smote:ratio=0.5"; or batches drawn by stratified_batches or balanced_batches. What that does to the
        probabilities is taken back; each network of an ensemble draws its own samples.
    threshold: of two classes, the probability from which on a sample is called positive: a number; a rule by which it
        is chosen on the validation part (f1, f_beta, g_mean, balanced_accuracy, mcc, accuracy, cost,
        recall_at_precision, precision_at_recall, top_share, with parameters as in "recall_at_precision:precision=0.8");
        a function of labels and decisions, 1 for the positive class, the higher the better; or "expected_cost", which
        decides, also among several classes, by `costs` and the probabilities alone, and wants true ones: those of the
        loss "ce", or calibrated ones.
    costs: matrix (C, C), the cost of each decision (column) for each true class (row), in the order of `classes_`.
    calibration: none, or temperature, platt, isotonic: fitted on the validation part.
    prevalence: share of the positive class in use, or of each class, where it is not that of the training samples.
        Probabilities, calibration and threshold are then for those shares.
    early_stopping: whether a network ends when its loss on the validation part has not fallen for `patience` epochs;
        it then has the weights of the lowest.
    validation_fraction: of the training samples, put aside, class by class, where threshold, calibration or early
        stopping need it.
    n_networks: networks that differ in initial weights and batches, trained together; the mean of their probabilities
        counts.
    warm_start: whether another fit starts from the weights of the last one. The optimizer starts anew.
    random_state: an int decides all that is random.
    device: cpu, cuda or cuda:N.
    precision: float32, float64 or bf16.
    verbose: after how many epochs a line is printed; 0 for never.

    Attributes
    ----------
    classes_ (C,), n_features_in_, feature_names_in_ (of a DataFrame): as scikit-learn has them.
    threshold_: of two classes, the one in use; None for several.
    costs_: of several classes, those that decide, with expected_cost; else None.
    tuned_: a chosen threshold with the ends of its 95 % interval and what it reaches on the validation part, or None.
    loss_curve_: mean loss of each epoch, over the networks still in training; loss_curves_: of each network.
    validation_curves_: the loss on the validation part of each network and epoch, with early stopping.
    n_iter_: epochs of the longest training.
    model_: the networks, with scaling, prior correction and calibration.

    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(n_samples=500, weights=[0.9], random_state=0)
    >>> classifier = ImbalancedClassifier("msfe", threshold="f1", random_state=0).fit(X, y)
    >>> classifier.predict_proba(X).shape
    (500, 2)
    """

    classes_: NDArray[Any]
    model_: Model
    threshold_: float | None
    costs_: Floats | None
    tuned_: Tuned | None
    loss_curve_: list[float]
    loss_curves_: list[list[float]]
    validation_curves_: list[list[float]]
    n_iter_: int

    def __init__(
        self,
        loss: str = "msfe",
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
        """X (N, D), y (N,), sample_weight (N,) >= 0: as many repetitions of a sample.

        Raises ValueError, in one sentence, for data and parameters that it cannot train with, and FloatingPointError
        where a loss or weights are no longer finite.
        """
        before = self.model_ if self.warm_start and hasattr(self, "model_") else None
        samples, classes = self._samples(X, y, sample_weight, reset=before is None)
        if before and not np.array_equal(classes, self.classes_):
            raise ValueError(f"warm_start needs the classes of the last fit, {self.classes_}, found {classes}")
        self._check()
        decision = DecisionRequest.of(len(classes), self.threshold, self.costs, self.prevalence)
        loss, seed = self._loss(samples, classes, decision.costs), self._seed()
        train_part, tune = samples, samples[np.zeros(0, np.int64)]
        if decision.chosen or self.early_stopping or self.calibration != calibration.NONE:
            train_part, tune = split_validation(samples, classes.tolist(), self.validation_fraction, seed)
        recipe = self._recipe(len(train_part), len(classes))
        check_loss(loss, recipe)
        require(not recipe.kind.convolutional, f"network must be mlp or prototype, for columns, found {self.network!r}")
        scaling = before.scaling if before else Scaling.of(self.scaling, train_part)
        of_train, of_tune = (scale_samples(part, scaling, recipe) for part in (train_part, tune))
        split = Split(of_train, of_tune, of_tune)  # what is a test is not for a classifier to know
        sampler = SamplerSpec.parse(self.sampler)
        members = make_members(split, recipe, loss, sampler, range(seed, seed + self.n_networks))
        if before:
            members = start_from(before, members, self.scaling)
        outcomes = train_members(members, self.device, verbose=self.verbose, lr_name=OWN_NAMES["lr"])
        model = Model(
            replace(recipe, scaling=self.scaling),
            samples.inputs.shape[1:],
            scaling,
            joined([outcome.model.network for outcome in outcomes if outcome.model]),
            shift_of(members, train_part, None if self.calibration in FIT_SHARES else decision.shares),
            decision=evaluation.Decision(self.calibration),
        )
        if len(tune):
            logits = model.logits(tune.inputs)
            fitted = calibration.fit(self.calibration, tune.labels, logits, decision.weights(tune))
            model = replace(model, calibration=fitted)
        self.tuned_ = decision.tuned(model, tune) if decision.chosen else None
        self.threshold_ = self.tuned_.threshold if self.tuned_ else decision.fixed()
        self.classes_, self.model_, self.costs_ = classes, model, decision.deciding_costs
        self.loss_curves_ = [outcome.losses for outcome in outcomes]
        self.loss_curve_ = np.nanmean(list(zip_longest(*self.loss_curves_, fillvalue=np.nan)), axis=1).tolist()
        self.validation_curves_ = [outcome.tune_losses for outcome in outcomes]
        self.n_iter_ = len(self.loss_curve_)
        return self

    def predict_proba(self, X: Any) -> Floats:
        """X (N, D) -> the probability of each class, (N, C)."""
        found = to_probabilities(self._logits(X))
        return np.stack([1 - found, found], axis=1) if found.ndim == 1 else found

    def decision_function(self, X: Any) -> Floats:
        """X (N, D) -> of two classes (N,), the log-odds of the positive one, less those of the threshold.

        Of several (N, C): log-probabilities, or with expected_cost the expected costs with their sign turned.
        """
        logits = np.clip(self._logits(X), -FARTHEST, FARTHEST)
        if self.threshold_ is not None:
            return logits - float(np.clip(special.logit(min(self.threshold_, 1.0)), -2 * FARTHEST, 2 * FARTHEST))
        return logits if self.costs_ is None else -(to_probabilities(logits) @ self.costs_)

    def predict(self, X: Any) -> NDArray[Any]:
        """X (N, D) -> (N,), of `classes_`."""
        check_is_fitted(self)
        probabilities = to_probabilities(self._logits(X))
        if self.threshold_ is not None:
            decided = (probabilities >= self.threshold_).astype(np.int64)
        else:
            decided = (
                probabilities.argmax(axis=1) if self.costs_ is None else costs.cheapest(probabilities, self.costs_)
            )
        found: NDArray[Any] = self.classes_[decided]
        return found

    def mean_cost(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """What a decision costs on average, in the unit of `costs`. X (N, D), y (N,), of `classes_`."""
        check_is_fitted(self)
        matrix = costs.checked_costs(self.costs, len(self.classes_))
        found = column_or_1d(y)
        check_consistent_length(X, found)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if not np.isin(found, self.classes_).all():
            raise ValueError(f"y must be of the classes {self.classes_.tolist()}")
        labels, decided = (np.searchsorted(self.classes_, values) for values in (found, self.predict(X)))
        return costs.mean_cost(labels, decided, matrix, sample_weight)

    def save(self, folder: str | Path) -> Path:
        """Writes folder/model.safetensors, from which `load` makes this classifier again, in any process."""
        check_is_fitted(self)
        return network_file.save(self.model_, Path(folder), {"classifier": pack_classifier(self)})

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Raises ValueError where the file is no classifier, or was changed after it was written."""
        model, facts = network_file.load(Path(folder))
        known = isinstance(facts, dict) and "classifier" in facts
        require(known, f"{folder} holds a model, but not that of an ImbalancedClassifier")
        try:
            parameters, attributes = unpack_classifier(facts["classifier"])
            found = cls(**parameters)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{folder} holds no classifier that imbaloss has written: {error}") from error
        complete = is_complete(attributes, model.recipe.classes)
        require(complete, f"{folder} holds no classifier that imbaloss has written: what it knew is not all there")
        for name, value in attributes.items():
            setattr(found, name, value)
        found.model_ = model
        return found

    def to_onnx(self, file: str | Path) -> Path:
        """Writes an ONNX file: input "X" (N, D) float64, outputs "probabilities" (N, C) and "decisions" (N,).

        Decisions are places in `classes_`. It needs the packages onnx and onnxscript: pip install 'imbaloss[onnx]'.
        """
        check_is_fitted(self)
        return onnx_file.write(self.model_, Path(file), self.threshold_, self.costs_)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def _logits(self, X: Any) -> Floats:
        check_is_fitted(self)
        found = self.model_.logits(validate_data(self, X, dtype=[np.float64, np.float32], reset=False))
        require(not np.isnan(found).any(), "X has values so far from those of the fit that the network overflows")
        return found

    def _seed(self) -> int:
        generator = check_random_state(self.random_state)
        whole = isinstance(self.random_state, int | np.integer)
        return int(self.random_state) if whole else int(generator.randint(2**31))  # type: ignore[arg-type]

    def _samples(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> tuple[Samples, NDArray[np.generic]]:
        """Those that have a weight, with labels from 0 on, and the classes."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], reset=reset)
        check_classification_targets(y)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            X, y, weights = X[weights > 0], y[weights > 0], weights[weights > 0]
        classes, labels = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y must have samples of two classes or more, found one class, {classes.tolist()}")
        return Samples(X, labels.astype(np.int64), weights=weights), classes

    def _check(self) -> None:
        """Raise ValueError for a parameter outside its domain, as far as nothing else checks it."""
        for name, (kind, rule) in PARAMETERS.items():
            value = getattr(self, name)
            fits = isinstance(value, kind) and isinstance(value, bool | np.bool_) == (kind is bool)
            require(fits, f"{name} must be {rule}, found {value!r}")
        check_device(self.device)
        for name in ("n_networks", "patience"):
            require(getattr(self, name) >= 1, f"{name} must be 1 or more, found {getattr(self, name)}")
        share = self.validation_fraction
        require(0 < share < 1, f"validation_fraction must be above 0 and below 1, found {share}")
        require(self.verbose >= 0, f"verbose must be 0 or more, found {self.verbose}")
        evaluation.Decision.read({"calibration": self.calibration})  # before the validation part is drawn for it
        batch, widths = self.batch_size, self.hidden
        whole = isinstance(batch, Integral) and not isinstance(batch, bool)
        known = batch == "auto" if isinstance(batch, str) else whole
        require(known, f"batch_size must be auto or a whole number, found {batch!r}")
        several = isinstance(widths, Iterable) and all(isinstance(width, Integral) for width in widths)
        require(several, f"hidden must be whole numbers, one for each hidden layer, found {widths!r}")

    def _recipe(self, samples: int, classes: int) -> Recipe:
        """Return the recipe for so many samples to train on. Raises ValueError for a parameter outside its domain."""
        auto = min(max(samples // 100, SMALLEST_BATCH), LARGEST_BATCH)
        try:
            return Recipe(
                network=self.network,
                hidden=tuple(self.hidden),
                activation=self.activation,
                outputs=1 if classes == 2 else classes,
                optimizer=self.optimizer,
                lr=self.learning_rate,
                momentum=self.momentum,
                weight_decay=self.weight_decay,
                epochs=self.epochs,
                patience=self.patience if self.early_stopping else 0,
                train_batch=auto if isinstance(self.batch_size, str) else self.batch_size,
                test_batch=PREDICTED_AT_ONCE,
                precision=self.precision,
            )
        except FieldError as error:
            raise ValueError(error.sentence(OWN_NAMES.get(error.field, error.field))) from error

    def _loss(self, samples: Samples, classes: NDArray[np.generic], matrix: Floats | None) -> LossSpec:
        """Return the loss with its class weights. Raises ValueError where they are given twice."""
        loss = LossSpec.parse(self.loss)
        if self.class_weight is None:
            return loss
        twice = f"class weights are given twice: in the loss {self.loss!r}, and as class_weight"
        require("class_weights" not in dict(loss.parameters), twice)
        if isinstance(self.class_weight, str) and isinstance(self.threshold, str):
            once = f"costs count once: take class_weight 'cost' or threshold {EXPECTED_COST!r}, not both"
            require((self.class_weight, self.threshold) != (COST, EXPECTED_COST), once)
        weights = class_weights(self.class_weight, samples, classes, matrix)
        return loss.with_parameters(class_weights=weights)


KINDS = {  # what a value is where the signature of the classifier has that annotation
    str: (str, "a text"),
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    bool: (bool, "True or False"),
}
PARAMETERS = {  # of one kind
    name: KINDS[kind] for name, kind in get_type_hints(ImbalancedClassifier.__init__).items() if kind in KINDS
}
