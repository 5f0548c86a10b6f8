"""The names of methods: of losses and errors, of other learners, and of averages.

They stand here so that a misspelt name is refused before torch is imported. Tests compare them with what bears them.
"""

import re
from collections.abc import Collection

from imbaloss.choices import check_choice

LOSSES = (  # in the order of the guide
    "mse", "wmse", "mfe", "msfe", "msfe_unbiased", "mfe_p_norm", "mfe_adaptive", "ce", "wce", "class_balanced", "focal",
    "asymmetric", "poly1", "mae", "huber", "hinge",
    "logit_adjusted", "balanced_softmax", "ldam", "ldam_drw", "vs", "soft_f1", "dice", "tversky", "focal_tversky",
    "soft_mcc",
    "recall_at_precision", "auc_margin", "auc_squared_hinge", "auc_logistic", "partial_auc", "two_way_partial_auc",
    "smooth_partial_auc", "partial_auc_kl", "two_way_partial_auc_kl", "smooth_ap",
)  # fmt: skip
ERRORS = (
    "squared", "cross_entropy", "focal", "asymmetric", "poly1", "absolute", "huber", "hinge", "logit_adjusted", "ldam",
    "vector_scaling",
)  # fmt: skip
LIGHTGBM, XGBOOST = "lightgbm", "xgboost"
BOOSTED = (LIGHTGBM, XGBOOST)  # which a loss may follow, as in lightgbm/mfe
ESTIMATORS = (
    "logistic_regression", "baseline", "random_forest", "extra_trees", "balanced_random_forest", "easy_ensemble",
    "gradient_boosting",
)  # fmt: skip
LEARNERS = (*BOOSTED, *ESTIMATORS)  # learners with a name, beside networks, which a loss stands for
AVERAGE, SELECTION = "average", "ensemble_selection"  # the two kinds of averages, before the parentheses
AVERAGES = (AVERAGE, SELECTION)
BESIDE = " + "  # between a loss, or a learner, and its sampler
SLASH = "/"  # between the learner and the loss that its trees minimise, and between an error and a reduction
LOCAL = "<locals>"  # stands in the qualified name of a class that was defined in a function
PARAMETER = re.compile(r"\s*[A-Za-z_]\w*\s*=")  # begins a parameter of the member before the comma


def check_method(text: str, sets: Collection[str] = ()) -> None:
    """Check the names of learner and loss in the text of a method, or of each method of an average; nothing else.

    Args:
        text: The text, such as "focal:gamma=1 + smote". A class, such as sklearn.svm:SVC, passes unchecked.
        sets: Names of sets of methods that may stand in place of a method.

    Raises:
        ValueError: There is no such learner or loss, or an average has not the form of one.
    """
    if sets and text.isidentifier():
        check_choice("method", text, (*sets, *LEARNERS, *LOSSES))
        return
    if (average := split_members(text)) is not None:
        for member in average[1]:
            check_method(member)
        return
    learned = text.partition(BESIDE)[0]
    if learned.partition(SLASH)[0].partition(":")[0] not in LEARNERS and find_class(learned) is None:
        check_loss_or_learner(learned)


def check_loss_or_learner(learned: str) -> None:
    """Raise ValueError if a text names neither a loss, nor an error before a reduction, nor a learner."""
    error, slash, _ = learned.partition(":")[0].partition(SLASH)
    if slash:
        check_choice("error or learner with a loss", error, (*BOOSTED, *ERRORS))
    else:
        check_choice("method", error, (*LEARNERS, *AVERAGES, *LOSSES))


def check_loss(text: str) -> None:
    """Raise ValueError if the text of a loss begins with the name of no loss and of no error before a reduction."""
    error, slash, _ = text.partition(":")[0].strip().partition(SLASH)
    check_choice("error" if slash else "loss", error, ERRORS if slash else LOSSES)


def find_class(text: str) -> tuple[str, str] | None:
    """Return module and class of a text such as "sklearn.svm:SVC:C=10", as "sklearn.svm:SVC", and what follows.

    None for any other text. Nothing is imported.
    """
    module, _, rest = text.partition(":")
    kind, _, further = rest.partition(":")
    kind = kind.strip()
    if not all(part.isidentifier() or part == LOCAL for part in (*module.split("."), *kind.split("."))):
        return None
    return f"{module}:{kind}", further


def split_members(text: str) -> tuple[str, list[str]] | None:
    """Split the text of an average into its kind and the texts of its members; None for any other text.

    A comma ends a member unless a parameter `name=value` follows, which belongs to the member before.

    Raises:
        ValueError: The parentheses do not end the text, or a member has no text.
    """
    kind, parenthesis, rest = text.strip().partition("(")
    if kind not in AVERAGES:
        return None
    if not parenthesis or not rest.endswith(")"):
        raise ValueError(f"{kind} is written with its methods in parentheses, as {kind}(lightgbm, ce), found {text!r}")
    members: list[str] = []
    depth, inside = 0, rest[:-1]
    for piece in inside.split(","):
        if members and (depth or PARAMETER.match(piece)):
            members[-1] += f",{piece}"
        else:
            members.append(piece)
        depth += piece.count("(") - piece.count(")")
    members = [member.strip() for member in members]
    if depth or not all(members):
        raise ValueError(f"{kind} needs a method before and after each comma, found {text!r}")
    return kind, members
