"""Classifiers with the interface of scikit-learn as learners: some with a name, any other by module and class."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from imbaloss.choices import check_parameter
from imbaloss.data import Split
from imbaloss.learners import skops_file
from imbaloss.learners.estimator_model import Predictor
from imbaloss.learners.learner import Description
from imbaloss.learners.member_fits import MemberFits
from imbaloss.learners.parameters import Parameters, is_plain, read_parameters, write_parameters
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Recipe, Setting

Floats = NDArray[np.float64]
SMALLEST = 1e-12  # smallest probability, and distance from 1, so that log-odds are finite
OBJECT = "object-"  # begins the text of a parameter that is an object, before its checksum
TRUSTED = (  # types in a file that skops does not trust by itself
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)


@dataclass(frozen=True)
class NamedEstimator:
    """A classifier that has a name of its own as a method."""

    path: str  # module and class, as `module:Class`
    title: str
    source: str
    defaults: Mapping[str, Any]  # parameters that differ from the library's own defaults
    settings: tuple[Setting, ...]  # to try, the most promising first
    rate: str = "lr"  # the name of the number that version 0.1 kept in the entry lr of a recipe
    rates: tuple[float, ...] = ()  # its values there


def grid(**values: Sequence[Any]) -> tuple[Setting, ...]:
    """Return the combinations of some values of each parameter; those of the last one vary fastest."""
    return tuple(Setting.of(dict(zip(values, each, strict=True))) for each in product(*values.values()))


FOREST = grid(max_features=("sqrt", 0.3), min_samples_leaf=(2, 8, 1))
NAMED: Mapping[str, NamedEstimator] = {
    "logistic_regression": NamedEstimator(
        "sklearn.linear_model:LogisticRegression",
        "logistic regression of scikit-learn",
        "Cox 1958, Journal of the Royal Statistical Society B 20; by scikit-learn",
        {"max_iter": 1000},
        grid(C=(0.3, 0.03, 3.0, 0.003, 30.0, 0.1)),
        rate="C",
        rates=(0.03, 0.3, 3.0),
    ),
    "random_forest": NamedEstimator(
        "sklearn.ensemble:RandomForestClassifier",
        "random forest of scikit-learn",
        "Breiman 2001, Machine Learning 45; by scikit-learn",
        {"n_estimators": 200},
        FOREST,
    ),
    "extra_trees": NamedEstimator(
        "sklearn.ensemble:ExtraTreesClassifier",
        "extremely randomised trees of scikit-learn",
        "Geurts, Ernst and Wehenkel 2006, Machine Learning 63; by scikit-learn",
        {"n_estimators": 200},
        FOREST,
    ),
    "balanced_random_forest": NamedEstimator(
        "imblearn.ensemble:BalancedRandomForestClassifier",
        "balanced random forest of imbalanced-learn",
        "Chen, Liaw and Breiman 2004, Using Random Forest to Learn Imbalanced Data; by imbalanced-learn",
        {"n_estimators": 200, "sampling_strategy": "all", "replacement": True, "bootstrap": False},
        FOREST,
    ),
    "easy_ensemble": NamedEstimator(
        "imblearn.ensemble:EasyEnsembleClassifier",
        "EasyEnsemble of imbalanced-learn",
        "Liu, Wu and Zhou 2009, IEEE Transactions on Systems, Man, and Cybernetics B 39; by imbalanced-learn",
        {},
        grid(n_estimators=(10, 30)),
    ),
    "gradient_boosting": NamedEstimator(
        "sklearn.ensemble:HistGradientBoostingClassifier",
        "gradient boosting of trees, scikit-learn's, without early stopping",
        "Friedman 2001, Annals of Statistics 29, on histograms as in Ke et al. 2017 (LightGBM); by scikit-learn",
        {"early_stopping": False},
        grid(learning_rate=(0.01, 0.03, 0.1)),
        rate="learning_rate",
        rates=(0.01, 0.03, 0.1),
    ),
}


@dataclass(frozen=True)
class SklearnPredictor:
    """A fitted classifier with the interface of scikit-learn, saved by skops without pickle."""

    classifier: Any
    kind: ClassVar[str] = "sklearn"
    file: ClassVar[str] = "reference.skops"

    def log_odds(self, rows: Floats) -> Floats:
        """Return the log-odds (N,) of class 1 for rows (N, D), or what `decision_function` gives in their place.

        They come from probabilities that are clipped to 1e-12 from 0 and 1, so that they are finite.
        """
        if hasattr(self.classifier, "predict_proba"):
            probabilities = np.asarray(self.classifier.predict_proba(rows), dtype=np.float64)[:, 1]
            logits: Floats = special.logit(np.clip(probabilities, SMALLEST, 1 - SMALLEST))
            return logits
        return np.asarray(self.classifier.decision_function(rows), dtype=np.float64)

    def dump(self) -> bytes:
        """Return the content of a skops file for the classifier."""
        return skops_file.dump(self.classifier)

    @classmethod
    def parse(cls, path: Path, content: bytes, trusted: Sequence[str]) -> Self:
        """Read the classifier from the content of a skops file.

        Args:
            path: The path of the file, for messages.
            content: What `dump` returned.
            trusted: Names of types that it may hold beside those that imbaloss trusts.

        Raises:
            ValueError: The content holds other types.
        """
        return cls(skops_file.load(path, content, [*TRUSTED, *trusted]))


@dataclass(frozen=True)
class Estimator(MemberFits):
    """A classifier with the interface of scikit-learn as a learner.

    Parameters are those that the text of the method fixes. An object that was given in Python is cloned for each fit.
    """

    name: str  # one of `NAMED`, or `module:Class`
    parameters: Parameters = ()
    original: Any = field(
        default=None, compare=False, repr=False
    )  # the unfitted object that was given; None: no object

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a name of `NAMED`, or `module:Class`, each perhaps with `:name=value,...`; None for any other text.

        Raises:
            ValueError: A parameter has no name or no value, or is given twice.
        """
        name, _, rest = text.partition(":")
        if name not in NAMED:
            kind, _, further = rest.partition(":")
            if "=" in kind or not kind.strip().isidentifier() or not all(map(str.isidentifier, name.split("."))):
                return None
            name, rest = f"{name}:{kind.strip()}", further
        return cls(name, read_parameters(rest, text))

    @classmethod
    def wrap(cls, estimator: Any) -> Self:
        """Make a learner of an unfitted classifier; a parameter that text cannot hold stands as a checksum in the text.

        Raises:
            TypeError: The object is no classifier with the interface of scikit-learn.
        """
        import joblib  # type: ignore[import-untyped]
        from sklearn.base import clone, is_classifier

        if inspect.isclass(estimator) or not is_classifier(estimator):
            raise TypeError(f"a method must be text or a classifier of scikit-learn's kind, found {estimator!r}")
        original, kind = clone(estimator), type(estimator)
        defaults = {name: each.default for name, each in inspect.signature(kind).parameters.items()}
        parameters = {}
        for name, value in original.get_params(deep=False).items():
            if value is not defaults.get(name, inspect.Parameter.empty) and not is_equal(value, defaults.get(name)):
                parameters[name] = value if is_plain(value) else f"{OBJECT}{joblib.hash(value)[:8]}"
        return cls(f"{find_module(kind)}:{kind.__name__}", tuple(sorted(parameters.items())), original)

    @property
    def text(self) -> str:
        """The text of the learner: its name, and its parameters if there are any."""
        return ":".join(filter(None, [self.name, write_parameters(self.parameters)]))

    @property
    def facts(self) -> NamedEstimator:
        """The facts on the classifier: those of its name, or those that module and class give."""
        return NAMED.get(self.name) or NamedEstimator(self.name, "", "", {}, (Setting(),))

    @property
    def rate(self) -> str:  # type: ignore[override]
        """The name of the number that version 0.1 kept in the entry `lr` of a recipe; "lr" if there was none."""
        return self.facts.rate

    @property
    def rates(self) -> tuple[float, ...]:  # type: ignore[override]
        """The values of that number that version 0.1 tried; empty for classifiers that it did not have."""
        return self.facts.rates

    def describe(self, loss: LossSpec | None) -> Description:  # noqa: ARG002
        """Return the title and the source of a classifier with a name; for others module and class, and no source."""
        return Description(self.facts.title or self.name.replace(":", "."), self.facts.source)

    def list_settings(self) -> tuple[Setting, ...]:
        """Return the settings of a named classifier without parameters that are fixed; one empty setting for others."""
        fixed = dict(self.parameters)
        left = [
            Setting.of({name: value for name, value in setting.values if name not in fixed})
            for setting in self.facts.settings
        ]
        return tuple(dict.fromkeys(left))

    def check_loss(self, loss: LossSpec | None, recipe: Recipe) -> None:  # noqa: ARG002
        """Raise ValueError if the class cannot be imported, is no classifier, or has no such parameter."""
        self.build(Setting(), 0)

    def build(self, setting: Setting, seed: int, threads: int = 1) -> Any:
        """Build the unfitted classifier with the values of a setting, a seed, and a number of threads.

        Parameters that the text of the method or a given object fixes stay.

        Raises:
            ValueError: The class cannot be imported, is no classifier, or has no such parameter.
        """
        from sklearn.base import clone

        classifier = self.instantiate() if self.original is None else clone(self.original)
        given = classifier.get_params()
        fixed = dict(self.parameters)
        further = {**self.facts.defaults, **setting.to_dict(), "random_state": seed % 2**32}
        if given.get("n_jobs") is None:
            further["n_jobs"] = threads
        return classifier.set_params(**{
            name: value for name, value in further.items() if name in given and name not in fixed
        })  # fmt: skip

    def instantiate(self) -> Any:
        """Return an object of the class with the parameters of the text.

        Raises:
            ValueError: The class cannot be imported, is no classifier, has no such parameter, or was an object.
        """
        from sklearn.base import is_classifier

        module, _, kind = self.facts.path.partition(":")
        try:
            found = getattr(import_module(module), kind)
        except (ImportError, AttributeError) as error:
            raise ValueError(f"{self.name} cannot be imported: {error}") from error
        fixed = dict(self.parameters)
        try:
            classifier = found()
            known = classifier.get_params()
        except (TypeError, AttributeError) as error:
            raise ValueError(f"{self.name} is no classifier of scikit-learn's kind: {error}") from error
        if not is_classifier(classifier):
            raise ValueError(f"{self.name} is no classifier of scikit-learn's kind")
        for name, value in fixed.items():
            check_parameter(self.name, name, known)
            if isinstance(value, str) and value.startswith(OBJECT):
                raise ValueError(f"{self.text} was given as an object in Python, and can be fitted only from there")
        return classifier.set_params(**fixed)

    def fit_predictor(self, member: Member, split: Split, threads: int) -> Predictor:
        """Fit the classifier on rows (N, D) of the train part of a member (training), with its setting and seed.

        Raises ValueError if there are sample weights and the classifier takes none, and any exception of the class.

        Args:
            member: The training, with its setting and seed.
            split: Its split with inputs as rows (N, D).
            threads: The number of jobs of the classifier, if it has such a parameter.
        """
        from sklearn.utils.validation import has_fit_parameter

        classifier, train = self.build(member.setting, member.seed, threads), split.train
        if train.weights is None:
            classifier.fit(train.inputs, train.labels)
        elif has_fit_parameter(classifier, "sample_weight"):
            classifier.fit(train.inputs, train.labels, sample_weight=train.weights)
        else:
            raise ValueError("it takes no sample weights")
        if "n_jobs" in classifier.get_params(deep=False):
            classifier.set_params(n_jobs=None)  # threads would sum the votes of trees in another order each time
        return SklearnPredictor(classifier)


def is_equal(value: Any, other: Any) -> bool:
    """Say whether two values of a parameter are equal and of one type; False if they cannot be compared."""
    try:
        return type(value) is type(other) and bool(value == other)
    except (TypeError, ValueError):
        return False


def find_module(kind: type) -> str:
    """Return the shortest module from which a class can be imported, such as "sklearn.ensemble"."""
    parts = kind.__module__.split(".")
    for length in range(1, len(parts) + 1):
        name = ".".join(parts[:length])
        try:
            if getattr(import_module(name), kind.__name__, None) is kind:
                return name
        except ImportError:
            continue
    return kind.__module__
