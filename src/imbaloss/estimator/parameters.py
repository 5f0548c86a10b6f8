"""The parameters of `ImbalancedClassifier` and `MethodClassifier`: the type, domain and help of each.

A parameter that is a field of a recipe takes them from the table of the recipe. The defaults stand in the signature.
"""

import inspect
import textwrap
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike

from imbaloss.estimator.decision import Metric
from imbaloss.field_tables import Domain, Entry, Field, read_fields
from imbaloss.losses import LossSpec
from imbaloss.recipe_fields import DEVICE, FIELDS, ONE_OR_MORE
from imbaloss.training.recipe import require

RECIPE_NAMES = {  # parameter -> the field of a recipe that it sets
    "network": "network",
    "hidden": "hidden",
    "activation": "activation",
    "epochs": "epochs",
    "optimizer": "optimizer",
    "learning_rate": "lr",
    "momentum": "momentum",
    "weight_decay": "weight_decay",
    "batch_size": "train_batch",
    "scaling": "scaling",
    "patience": "patience",
    "precision": "precision",
}
PARAMETER_NAMES = {field: parameter for parameter, field in RECIPE_NAMES.items()}
KINDS = {  # kind of a field -> the type that a value must have, and its noun in messages
    str: (str, "a text"),
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    bool: (bool, "True or False"),
}


THRESHOLDS = (
    "It is a number, or a rule by which the threshold is chosen on the validation part: f1, f_beta, g_mean, "
    "balanced_accuracy, mcc, accuracy, cost, recall_at_precision, precision_at_recall or top_share, with parameters as "
    'in "recall_at_precision:precision=0.8". A function of labels and decisions (1 for the positive class) is a rule, '
    "too: the highest value wins."
)
SHARE = Domain("must be above 0 and below 1", lambda share: 0 < share < 1)
RANDOM_STATE = Entry("Seed. An int decides everything that is random.")


def is_auto_or_whole(size: object) -> bool:
    """Say whether a batch size is the text "auto" or a whole number; a bool is none."""
    return size == "auto" if isinstance(size, str) else isinstance(size, Integral) and not isinstance(size, bool)


def are_whole(widths: object) -> bool:
    """Say whether the widths of layers are iterable, such as a tuple, and hold whole numbers alone.

    It is true if they hold nothing.
    """
    return isinstance(widths, Iterable) and all(isinstance(width, Integral) for width in widths)


@dataclass(frozen=True)
class OwnParameters:
    """The parameters that are no field of a recipe, or that admit other values than the field."""

    loss: Annotated[
        str | LossSpec,
        Entry(
            'The loss by name, with parameters as in "focal:gamma=1"; `imbaloss.losses.names()` lists the names. A '
            'pair of error and reduction is written as "cross_entropy/worst_class". A '
            "`LossSpec` is admitted too.",
            domains=(Domain("must be a text or a LossSpec", lambda loss: isinstance(loss, str | LossSpec)),),
        ),
    ]
    hidden: Annotated[
        Sequence[int],
        Entry(
            "Widths of the hidden layers.",
            domains=(Domain("must be whole numbers, one for each hidden layer", are_whole),),
        ),
    ]
    batch_size: Annotated[
        int | str,
        Entry(
            "Samples in a training batch. auto takes a hundredth of the training samples, but 256 to 2,048, so that a "
            "batch holds some of few positives.",
            domains=(Domain("must be auto or a whole number", is_auto_or_whole),),
        ),
    ]
    class_weight: Annotated[
        Mapping[Hashable, float] | str | None,
        Entry(
            'None, "balanced" (n / (C n_c)), a dict from classes to weights, or "cost": weights by `costs`. A weight '
            "multiplies the term of its class in the loss. It replaces the weights that wce, wmse and focal have."
        ),
    ]
    sampler: Annotated[
        str,
        Entry(
            "How classes are balanced, in training alone: none, random_over, random_under, smote, borderline_smote, "
            "svm_smote, kmeans_smote, adasyn, tomek_links, enn, smote_tomek or smote_enn, with parameters as in "
            '"smote:ratio=0.5". stratified_batches and balanced_batches draw batches instead. The shift of the '
            "probabilities by a sampler is taken back. Each network of an ensemble draws its own samples."
        ),
    ]
    threshold: Annotated[
        float | str | Metric,
        Entry(
            f"The probability from which on a sample is called positive, for two classes. {THRESHOLDS} "
            '"expected_cost" decides by `costs` and the probabilities alone, also among several classes. It needs true '
            'probabilities: those of the loss "ce", or calibrated ones.'
        ),
    ]
    costs: Annotated[
        ArrayLike | None,
        Entry(
            "Matrix (C, C) of the cost of each decision (column) for each true class (row), in the order of `classes_`."
        ),
    ]
    prevalence: Annotated[
        ArrayLike | None,
        Entry(
            "Share of the positive class in use, or of each class. Probabilities, calibration and threshold are then "
            "for these shares. None: the shares of the training samples."
        ),
    ]
    early_stopping: Annotated[
        bool,
        Entry(
            "Whether the training of a network ends when its loss on the validation part has not fallen for `patience` "
            "epochs. The network then has the weights of its lowest loss."
        ),
    ]
    patience: Annotated[
        int,
        Entry("Epochs without a lower loss on the validation part, for early stopping.", domains=(ONE_OR_MORE,)),
    ]
    validation_fraction: Annotated[
        float,
        Entry(
            "Share of the training samples in the validation part. It is put aside, class by class, where threshold, "
            "calibration or early stopping need it.",
            domains=(SHARE,),
        ),
    ]
    n_networks: Annotated[
        int,
        Entry(
            "Number of networks, which differ in initial weights and batches and are trained together. The classifier "
            "takes the mean of their probabilities.",
            domains=(ONE_OR_MORE,),
        ),
    ]
    warm_start: Annotated[
        bool,
        Entry("Whether a further fit starts from the weights of the last one. The optimizer starts anew."),
    ]
    random_state: Annotated[int | np.random.RandomState | None, RANDOM_STATE]
    device: Annotated[str, DEVICE]
    verbose: Annotated[
        int,
        Entry(
            "Number of epochs after which a line is printed, again and again; 0 for never.",
            domains=(Domain("must be 0 or more", lambda epochs: epochs >= 0),),
        ),
    ]


@dataclass(frozen=True)
class MethodParameters:
    """The parameters of `MethodClassifier`, except the calibration."""

    method: Annotated[
        Any,
        Entry(
            "The method as text: a learner such as lightgbm, logistic_regression, random_forest or "
            'balanced_random_forest, with parameters as in "lightgbm:num_leaves=63"; any classifier by module and '
            'class, as "sklearn.svm:SVC:C=10"; or the loss of a network, such as "focal:gamma=1". A sampler is added '
            'as in "lightgbm + random_under". An unfitted classifier of scikit-learn is admitted too.'
        ),
    ]
    threshold: Annotated[
        float | str | Metric | None,
        Entry(
            f'The probability from which on a sample is called positive. {THRESHOLDS} "expected_cost" decides by '
            '`costs` and the probabilities alone. None stands for "cost" where there are `costs`, else for "f1".'
        ),
    ]
    costs: Annotated[
        ArrayLike | None,
        Entry(
            "Matrix (2, 2) of the cost of each decision (column) for each true class (row), in the order of `classes_`."
        ),
    ]
    optimize: Annotated[
        str | None,
        Entry(
            "The score that chooses among settings on the validation part: average_precision, roc_auc, "
            "partial_roc_auc:max_fpr=0.1, f1 or balanced_accuracy (at the best threshold), "
            "recall_at_precision:precision=0.9, precision_at_share:share=0.05, brier, or cost and savings, which take "
            "costs. None stands for cost where there are costs, else for average_precision."
        ),
    ]
    settings: Annotated[
        int,
        Entry(
            "Largest number of settings of hyper-parameters to try; no method has more than 6.", domains=(ONE_OR_MORE,)
        ),
    ]
    validation_fraction: Annotated[
        float,
        Entry(
            "Share of each class that is put aside as the validation part. It stops trees and networks early, chooses "
            "the setting, and is what calibration and threshold are fitted on.",
            domains=(SHARE,),
        ),
    ]
    random_state: Annotated[int | np.random.RandomState | None, RANDOM_STATE]


OWN_PARAMETERS = read_fields(OwnParameters)
RECIPE_FIELDS = {parameter: FIELDS[field] for parameter, field in RECIPE_NAMES.items()}
PARAMETERS = RECIPE_FIELDS | {"calibration": FIELDS["calibration"]} | OWN_PARAMETERS
METHOD_PARAMETERS = read_fields(MethodParameters) | {"calibration": FIELDS["calibration"]}


def check_parameters(values: Mapping[str, Any], parameters: Mapping[str, Field]) -> None:
    """Raise ValueError if a parameter has another type than its field, or is outside its own domain.

    Parameters that admit several types, such as `costs`, are not checked here. Neither are the domains of a recipe's
    fields: the recipe checks them, since some depend on the type of the weights.

    Args:
        values: The parameters by name, all of them; KeyError if one is missing.
        parameters: The fields of the classifier's parameters by name.
    """
    for name, field in parameters.items():
        value, of_one_kind = values[name], field.kind in KINDS and not field.optional
        if of_one_kind:
            kind, noun = KINDS[field.kind]
            fits = isinstance(value, kind) and isinstance(value, bool | np.bool_) == (field.kind is bool)
            require(fits, f"{name} must be {noun}, found {value!r}")
        for domain in () if name in RECIPE_FIELDS and name not in OWN_PARAMETERS else field.entry.domains:
            require(domain.contains(value), f"{name} {domain.rule}, found {value if of_one_kind else repr(value)}")


def describe_parameters(function: Callable[..., object], parameters: Mapping[str, Field]) -> str:
    """Write the section "Parameters" of a numpydoc docstring, in the order of a function's signature.

    Parameters without a field, such as self, are left out.

    Args:
        function: The function, or the class.
        parameters: The fields of the parameters by name.
    """
    lines = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name in parameters:
            entry = parameters[name].entry
            text = textwrap.fill(entry.in_python or entry.help, 116)
            lines += [f"{name} : default={parameter.default!r}", textwrap.indent(text, "    ")]
    return "\n".join(lines)
