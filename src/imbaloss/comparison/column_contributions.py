"""What each column adds to the probability of a row: Shapley values, which the library shap computes."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.preparation import Inputs
from imbaloss.extras import describe_installation

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MOST_SUBSETS = 2048  # subsets of columns that are evaluated for each row, at most, while there is more than one order
DECIMALS = 12  # of contributions; what is smaller comes from rounding in their sums
AT_ONCE = 2**21  # number of inputs that a model predicts from at once


def import_shap() -> Any:
    """Import the package shap and return it.

    Raises:
        ValueError: It is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PendingDeprecationWarning)  # by matplotlib, on the colours of shap's plots
            import shap
    except ImportError as error:
        raise ValueError(f"explanations need the package shap: {describe_installation('explain')}") from error
    return shap


class ColumnMasker:
    """Hides columns of a row: their inputs then come from the background rows. It is what shap calls a masker."""

    immutable_outputs = True  # each call returns a new array, which shap needs not copy

    def __init__(self, background: Inputs, places: Sequence[NDArray[np.intp]]) -> None:
        """Keep the rows to compare with.

        Args:
            background: (K, D), the inputs of the background rows.
            places: The places of the inputs of each of the C columns; a column may have none.
        """
        self.background = background
        self.places = places
        self.columns = np.zeros(background.shape[1], dtype=np.intp)  # (D,), the column of each input
        for column, inputs in enumerate(places):
            self.columns[inputs] = column

    def __call__(self, shown: Flags, row: Inputs) -> Inputs:
        """Return the background rows with the shown columns of the row, (K, D).

        Args:
            shown: (C,), whether a column is shown.
            row: (D,), the inputs of the row.
        """
        return np.where(shown[self.columns], row, self.background)

    def shape(self, row: Inputs) -> tuple[int, int]:  # noqa: ARG002
        """Return the numbers of background rows and of columns, for any row."""
        return len(self.background), len(self.places)

    def mask_shapes(self, row: Inputs) -> list[tuple[int]]:  # noqa: ARG002
        """Return the shape of the contributions, (C,), for any row."""
        return [(len(self.places),)]

    def invariants(self, row: Inputs) -> Flags:
        """Return whether each background row is equal to the row in a column, (K, C). Missing numbers are equal."""
        equal = (self.background == row) | (np.isnan(self.background) & np.isnan(row))
        return np.stack([equal[:, inputs].all(axis=1) for inputs in self.places], axis=1)


def compute_contributions(
    predict: Callable[[Inputs], Floats],
    inputs: Inputs,
    background: Inputs,
    places: Sequence[NDArray[np.intp]],
    seed: int,
) -> tuple[float, Floats]:
    """Compute what each column contributes to the prediction for each row, beside the mean over background rows.

    A contribution is the Shapley value of the column in a game: its players are the columns of the row. Columns that do
    not take part have the values of a background row, and the mean prediction over these rows is paid. The mean
    prediction for the background rows and the contributions add up to the prediction for the row.

    With up to 11 columns the values are exact. With more they are means over random orders of the columns, each of them
    forwards and backwards: 81 orders for 12 columns, 33 for 30, one from 512 on.

    Args:
        predict: Returns the predictions, (M,), for inputs (M, D).
        inputs: (N, D), the inputs of the rows. N may be 0.
        background: (K, D), the inputs of the rows to compare with, one or more.
        places: The places of the inputs of each of the C columns; a column may have none.
        seed: Draws the orders.

    Returns:
        The mean prediction for the background rows, and the contributions (N, C).

    Source: Lundberg and Lee 2017, NeurIPS 30; Štrumbelj and Kononenko 2014, Knowledge and Information Systems 41.
    """
    mean, columns = float(predict(background).mean()), len(places)
    if not len(inputs):
        return mean, np.zeros((0, columns))
    shap = import_shap()
    masker = ColumnMasker(background, places)
    batch = max(AT_ONCE // background.size, 1)
    earlier = np.random.get_state()  # shap draws from the global generator, which others may use
    try:
        if 2**columns <= MOST_SUBSETS:
            explained = shap.ExactExplainer(predict, masker)(inputs, batch_size=batch, silent=True)
        else:
            subsets = 2 * columns + 1  # of one order
            orders = max(MOST_SUBSETS // subsets, 1)
            explainer = shap.PermutationExplainer(predict, masker, seed=seed)
            explained = explainer(inputs, max_evals=orders * subsets, batch_size=batch, silent=True)
    finally:
        np.random.set_state(earlier)
    return mean, np.round(explained.values, DECIMALS) + 0.0  # + 0.0 turns -0.0 into 0.0
