"""The methods that curves show in colour, so that a reader can tell them apart."""

from imbaloss.comparison.case import Case
from imbaloss.comparison.recommendation import choose_method, find_kind
from imbaloss.learners import NETWORKS, Method
from imbaloss.losses import LossSpec

PLAIN = str(Method(NETWORKS, LossSpec("ce")))  # the ordinary network
SIMPLE = "logistic_regression"  # a reference beside methods of any kind


def choose_drawn_methods(case: Case) -> tuple[str, ...]:
    """Choose the recommended method, the best reference and the network of plain cross-entropy; each once.

    The reference is the method with the best mean score among those of another kind than the recommended one, and
    logistic_regression. Methods that are dropped or lack scores are none.
    """
    reference = choose_reference(case)
    plain = [method for method in case.kept_scores if str(method) == PLAIN and case.repetitions[method]]
    return tuple(map(str, dict.fromkeys((case.best, *([reference] if reference else []), *plain))))


def choose_reference(case: Case) -> Method | None:
    """Return the best method of another kind than the recommended one, or logistic_regression; None for neither."""
    kind = find_kind(case.best)
    candidates = {
        method: scores
        for method, scores in case.kept_scores.items()
        if method != case.best and (find_kind(method) is not kind or str(method) == SIMPLE)
    }
    return choose_method(candidates, test_to_train=None, lower=case.score.lower, standard_errors=0.0)
