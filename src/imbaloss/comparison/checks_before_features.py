"""Checking a request before frozen features are made, which may take hours."""

from imbaloss.comparison.executor_choice import make_named_executor
from imbaloss.comparison.output_folder import choose_folder
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.place import ignore_text
from imbaloss.comparison.planning import outline_study, set_rows_apart
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.training import check_device


def check_before_features(request: ComparisonRequest, own: Own) -> None:
    """Check all of a request that does not depend on the features of the data.

    Args:
        request: The request.
        own: The data, whose features need not be made.

    Raises:
        ValueError: The request cannot be met, or the folder that it names holds the answer for another target.
        TypeError: A method is neither text nor a classifier of scikit-learn's kind.
        ConnectionError: No Ray cluster answers at the address.
    """
    check_device(request.device)
    study = outline_study(request, set_rows_apart(own, request))
    study.recipe.check_shape((1,))  # rows of columns; their number has no effect
    make_named_executor(request)
    if request.out is not None and not request.overwrite:
        choose_folder(study, request.out, ignore_text, is_named=True, overwrite=False)
