"""Classifiers with the interface of scikit-learn as learners: some with a name, any other by module and class."""

import inspect
import sys
from collections.abc import Container, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from itertools import product
from operator import attrgetter
from threading import Lock
from typing import Any, Self

import numpy as np

from imbaloss.choices import check_parameter, suggest
from imbaloss.data import InputForm, Split
from imbaloss.learners.estimator_model import Predictor
from imbaloss.learners.learner import Description
from imbaloss.learners.member_fits import MemberFits, describe_error
from imbaloss.learners.parameters import (
    Parameters,
    is_checksum,
    is_plain,
    read_parameters,
    write_checksum,
    write_learner,
)
from imbaloss.learners.sklearn_predictor import SCORES, SklearnPredictor
from imbaloss.losses import LossSpec
from imbaloss.method_names import find_class
from imbaloss.training import Member, Recipe, Setting
from imbaloss.training.setting import drop_fixed

BASELINE = "baseline"  # the name of the score or decision in use, of which a logistic regression makes log-odds
IMPORTING = Lock()  # one import at a time, since it sends what a module prints to standard error


@dataclass(frozen=True)
class NamedEstimator:
    """A classifier that has a name of its own as a method."""

    path: str  # module and class, as `module:Class`
    title: str
    source: str
    defaults: Mapping[str, Any]  # parameters that differ from the library's own defaults
    settings: tuple[Setting, ...]  # to try, the most promising first
    parts: Mapping[str, str] = field(default_factory=dict)  # parameters that are objects, by `module:Class`
    rate: str = "lr"  # the name of the number that version 0.1 kept in the entry lr of a recipe
    rates: tuple[float, ...] = ()  # its values there
    rounds: bool = False  # whether the library itself rounds inputs to float32
    successor: str = ""  # the method that new comparisons take in its place; empty if they may have it


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
    BASELINE: NamedEstimator(
        "sklearn.linear_model:LogisticRegression",
        "the score or decision in use today",
        "",
        {},
        (Setting(),),
    ),
    "random_forest": NamedEstimator(
        "sklearn.ensemble:RandomForestClassifier",
        "random forest of scikit-learn",
        "Breiman 2001, Machine Learning 45; by scikit-learn",
        {},
        FOREST,
        rounds=True,
    ),
    "extra_trees": NamedEstimator(
        "sklearn.ensemble:ExtraTreesClassifier",
        "extremely randomised trees of scikit-learn",
        "Geurts, Ernst and Wehenkel 2006, Machine Learning 63; by scikit-learn",
        {},
        FOREST,
        rounds=True,
    ),
    "balanced_random_forest": NamedEstimator(
        "imblearn.ensemble:BalancedRandomForestClassifier",
        "balanced random forest of imbalanced-learn",
        "Chen, Liaw and Breiman 2004, Using Random Forest to Learn Imbalanced Data; by imbalanced-learn",
        {},
        FOREST,
        rounds=True,
    ),
    "easy_ensemble": NamedEstimator(
        "imblearn.ensemble:EasyEnsembleClassifier",
        "EasyEnsemble of imbalanced-learn",
        "Liu, Wu and Zhou 2009, IEEE Transactions on Systems, Man, and Cybernetics B 39; by imbalanced-learn",
        {},
        grid(estimator__estimator__max_depth=(3, 1, 2), estimator__learning_rate=(1.0, 0.3)),
        parts={
            "estimator": "sklearn.ensemble:AdaBoostClassifier",
            "estimator__estimator": "sklearn.tree:DecisionTreeClassifier",
        },
    ),
    "gradient_boosting": NamedEstimator(
        "sklearn.ensemble:HistGradientBoostingClassifier",
        "gradient boosting of trees, scikit-learn's, without early stopping",
        "Friedman 2001, Annals of Statistics 29, on histograms as in Ke et al. 2017 (LightGBM); by scikit-learn",
        {"early_stopping": False},
        grid(learning_rate=(0.01, 0.03, 0.1)),
        rate="learning_rate",
        rates=(0.01, 0.03, 0.1),
        successor="lightgbm",
    ),
}


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

        Nothing is imported.

        Raises:
            ValueError: A parameter has no name or no value, or is given twice.
        """
        name, _, rest = text.partition(":")
        named = (name, rest) if name in NAMED else find_class(text)
        return None if named is None else cls(named[0], read_parameters(named[1], text))

    @classmethod
    def wrap(cls, estimator: Any) -> Self:
        """Make a learner of an unfitted classifier, which stays as it is.

        The text has the parameters that differ from their defaults. One that text cannot hold stands as a checksum in
        it. A class of one's own is known by its name alone: after a change of its code the text is the same.

        Raises:
            TypeError: The object is no classifier with the interface of scikit-learn, or cannot be copied.
        """
        from sklearn.base import clone

        if inspect.isclass(estimator):
            raise TypeError(f"{estimator.__name__} is a class: give an object, as {estimator.__name__}()")
        kind = type(estimator)
        try:
            check_classifier(estimator)
            original = clone(estimator)
            parameters = original.get_params(deep=False)
        except Exception as error:
            reason = f"{kind.__name__} cannot be used as one: {describe_error(error)}"
            raise TypeError(f"a method must be text or a classifier, and {reason}") from error
        defaults = {name: each.default for name, each in inspect.signature(kind).parameters.items()}
        changed = {
            name: value if is_plain(value) else write_checksum(value)
            for name, value in ((name, simplify(value)) for name, value in parameters.items())
            if not is_equal(value, simplify(defaults.get(name, inspect.Parameter.empty)))
        }
        learner = cls(f"{find_module(kind)}:{kind.__qualname__}", tuple(sorted(changed.items())), original)
        if cls.parse(learner.text) != learner:
            raise TypeError(f"the names of class and parameters must be names of Python, found {learner.text!r}")
        return learner

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for pickle, in which the object may be of a class that other processes cannot import."""
        import cloudpickle

        return vars(self) | {"original": None if self.original is None else cloudpickle.dumps(self.original)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take the state of `__getstate__`."""
        import cloudpickle

        original = state["original"]
        vars(self).update(state, original=None if original is None else cloudpickle.loads(original))

    @property
    def text(self) -> str:
        """The text of the learner: its name, and its parameters if there are any."""
        return write_learner(self.name, self.parameters)

    @property
    def input_form(self) -> InputForm:  # type: ignore[override]
        """The form of the inputs: prepared numbers, for the baseline those of its column alone."""
        return InputForm.BASELINE if self.name == BASELINE else InputForm.PREPARED

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
        return drop_fixed(self.facts.settings, dict(self.parameters))

    def check_loss(self, loss: LossSpec | None, recipe: Recipe) -> None:  # noqa: ARG002
        """Check that a new comparison can fit the classifier, whatever the loss and the recipe.

        Raises:
            ValueError: The class cannot be imported or is no classifier, a parameter does not exist or has a wrong
                value, or the method is kept for reports and models of version 0.1 alone.
        """
        if self.facts.successor:
            raise ValueError(
                f"{self.name} is not compared any more, since it does not stop early: use {self.facts.successor}"
            )
        classifier = self.build(Setting(), 0)
        try:
            if hasattr(classifier, "_parameter_constraints"):  # of scikit-learn, whose classes check them in `fit`
                classifier._validate_params()
        except Exception as error:
            raise ValueError(f"{self.text}: {describe_error(error)}") from error

    def build(self, setting: Setting, seed: int) -> Any:
        """Build the unfitted classifier with the values of a setting, and a seed wherever a random_state is None.

        Parameters that the text of the method or a given object fixes stay.

        Raises:
            ValueError: The class cannot be imported, is no classifier, or has no such parameter.
        """
        from sklearn.base import clone

        classifier = self.instantiate() if self.original is None else clone(self.original)
        fixed = dict(self.parameters)
        classifier.set_params(**{name: value for name, value in setting.values if name not in fixed})
        seeds = {
            name: seed % 2**31
            for name, value in classifier.get_params().items()
            if value is None and name.rpartition("__")[2] == "random_state"
        }
        return classifier.set_params(**seeds)

    def instantiate(self) -> Any:
        """Return an object of the class with the parameters of the text.

        Raises:
            ValueError: The class cannot be imported, is no classifier, has no such parameter, or was an object.
        """
        if any(is_checksum(value) for _, value in self.parameters):
            raise ValueError(f"{self.text} was given as an object in Python, and can be fitted only from there")
        kind, facts, fixed = import_class(self.facts.path), self.facts, dict(self.parameters)
        try:
            classifier = kind(**{name: fixed[name] for name in list_needed(kind, fixed)})
            check_classifier(classifier)
            for name, path in facts.parts.items():
                classifier.set_params(**{name: import_class(path)()})
            parameters = classifier.get_params()
            values = {**facts.defaults, **{name: value for name, value in fixed.items() if name in parameters}}
            classifier.set_params(**values)
        except (Exception, SystemExit) as error:
            raise ValueError(f"{self.name} cannot be used as a classifier: {describe_error(error)}") from error
        for name in fixed:
            check_parameter(self.name, name, parameters)
        return classifier

    def fit_predictor(self, member: Member, split: Split, threads: int) -> Predictor:
        """Fit the classifier on rows (N, D) of the train part of a member (training), with its setting and seed.

        Raises ValueError if there are sample weights and the classifier takes none, and any exception of the class.

        Args:
            member: The training, with its setting and seed.
            split: Its split with inputs as rows (N, D).
            threads: The number of jobs of classifiers that use joblib and do not fix their own number.
        """
        import joblib

        classifier, train = self.build(member.setting, member.seed), split.train
        dtype = train.inputs.dtype if self.facts.rounds else np.float64
        inputs, labels = np.array(train.inputs, dtype), train.labels.copy()  # a class of anyone may write into them
        with joblib.parallel_config(backend="threading", n_jobs=threads):  # processes would copy the data
            if train.weights is None:
                classifier.fit(inputs, labels)
            elif name := find_weight_parameter(classifier):
                classifier.fit(inputs, labels, **{name: train.weights.copy()})
            else:
                raise ValueError("it takes no sample weights")
        return SklearnPredictor(classifier)


def import_class(path: str) -> Any:
    """Import a class by `module:Class`. What the module prints goes to standard error.

    Raises:
        ValueError: The module cannot be imported, whatever it raises, or has no such class.
    """
    module, _, kind = path.partition(":")
    try:
        with IMPORTING, redirect_stdout(sys.stderr):
            home = import_module(module)
    except (Exception, SystemExit) as error:
        raise ValueError(f"{path} cannot be imported: {describe_error(error)}") from error
    try:
        return attrgetter(kind)(home)
    except AttributeError:
        raise ValueError(f"module {module} has no class {kind!r}{suggest(kind, dir(home))}") from None


def list_needed(kind: Any, fixed: Container[str]) -> list[str]:
    """Return the names of the parameters that a class needs for an object, all of which are fixed.

    Raises:
        ValueError: It is no class, or needs a parameter that is not fixed.
    """
    if not inspect.isclass(kind):
        raise ValueError("it is no class")
    anything = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    parameters = inspect.signature(kind).parameters.values()
    needed = [each.name for each in parameters if each.default is each.empty and each.kind not in anything]
    if missing := [name for name in needed if name not in fixed]:
        raise ValueError(f"it needs {' and '.join(missing)}: give the value in the text, or an object from Python")
    return needed


def check_classifier(estimator: Any) -> None:
    """Raise ValueError unless an object is a classifier with the interface of scikit-learn that gives scores."""
    from sklearn.base import is_classifier

    try:
        accepted = is_classifier(estimator)
    except AttributeError:  # it has another interface
        accepted = False
    if not accepted:
        raise ValueError("scikit-learn does not take it for one")
    if not any(hasattr(each, name) for each in (type(estimator), estimator) for name in SCORES):
        raise ValueError(f"it has neither {' nor '.join(SCORES)}")


def find_weight_parameter(classifier: Any) -> str:
    """Return the parameter of `fit` that takes sample weights, "" if there is none; that of a pipeline's last step."""
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import has_fit_parameter

    if isinstance(classifier, Pipeline):
        step, last = classifier.steps[-1]
        name = find_weight_parameter(last)
        return f"{step}__{name}" if name else ""
    return "sample_weight" if has_fit_parameter(classifier, "sample_weight") else ""


def simplify(value: Any) -> Any:
    """Return a scalar of NumPy as the number or text of Python; other values stay."""
    return value.item() if isinstance(value, np.generic) else value


def is_equal(value: Any, other: Any) -> bool:
    """Say whether two values of a parameter are the same object, or equal and of one type.

    False if they cannot be compared.
    """
    try:
        return value is other or (type(value) is type(other) and bool(value == other))
    except (TypeError, ValueError):
        return False


def find_module(kind: type) -> str:
    """Return the shortest module that has a class, such as "sklearn.ensemble"; the one that defines it if none has."""
    parts = kind.__module__.split(".")
    names = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    owners = [name for name in names if getattr(sys.modules.get(name), kind.__name__, None) is kind]
    return owners[0] if owners else kind.__module__
