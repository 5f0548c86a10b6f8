"""What columns add to predictions: Shapley values, held to their definition."""

import subprocess
import sys
from functools import cache
from itertools import combinations
from math import comb

import numpy as np
import pytest

from imbaloss.comparison import column_contributions
from imbaloss.comparison.column_contributions import compute_contributions
from imbaloss.extras import describe_installation

FEW, MANY = 4, 13  # numbers of columns with exact and with sampled values


def draw(rows: int, inputs: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, inputs)).astype(np.float32)


def place(columns: int) -> list[np.ndarray]:
    """One input for each column, and three for the last one."""
    return [*(np.array([column]) for column in range(columns - 1)), np.arange(columns - 1, columns + 2)]


def predict(inputs: np.ndarray) -> np.ndarray:
    """Columns act together, and the input 1 has no effect."""
    wide = inputs.astype(np.float64)
    return 1 / (1 + np.exp(-wide[:, 0] * wide[:, 2] - np.abs(wide[:, 3]) - wide[:, 4:].sum(axis=1)))


def shapley(predict, row: np.ndarray, background: np.ndarray, places: list[np.ndarray]) -> list[float]:
    """The values by their definition (Shapley 1953): the mean over all subsets of what a column adds to them."""

    @cache
    def value(subset: frozenset[int]) -> float:
        hidden = background.copy()
        for column in subset:
            hidden[:, places[column]] = row[places[column]]
        return predict(hidden).mean()

    columns, values = range(len(places)), []
    for column in columns:
        others = [each for each in columns if each != column]
        subsets = [frozenset(each) for size in range(len(places)) for each in combinations(others, size)]
        values.append(
            sum((value(s | {column}) - value(s)) / (len(places) * comb(len(others), len(s))) for s in subsets)
        )
    return values


def explain(columns: int, seed: int = 0, predict=predict) -> tuple[np.ndarray, float, np.ndarray]:
    """The inputs of three rows, the mean prediction, and the contributions."""
    inputs = draw(3, columns + 2, 1)
    return inputs, *compute_contributions(predict, inputs, draw(20, columns + 2, 2), place(columns), seed)


def test_few_columns_have_the_values_of_the_definition():
    inputs, _, contributions = explain(FEW)
    background = draw(20, FEW + 2, 2)
    for row, of_row in zip(inputs, contributions, strict=True):
        assert of_row == pytest.approx(shapley(predict, row, background, place(FEW)), abs=1e-11)


@pytest.mark.parametrize("columns", [FEW, MANY])
def test_a_linear_model_gives_coefficient_times_distance_from_the_mean(columns):
    coefficients = np.random.default_rng(0).normal(size=columns + 2)
    inputs, _, contributions = explain(columns, predict=lambda rows: rows.astype(np.float64) @ coefficients)
    distances = coefficients * (inputs.astype(np.float64) - draw(20, columns + 2, 2).astype(np.float64).mean(axis=0))
    expected = np.stack([distances[:, inputs_of].sum(axis=1) for inputs_of in place(columns)], axis=1)
    assert contributions == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("columns", [1, FEW, MANY])
def test_the_mean_and_the_contributions_add_up_to_the_prediction(columns):
    inputs, mean, contributions = explain(columns, predict=lambda rows: np.tanh(rows.astype(np.float64).prod(axis=1)))
    assert mean + contributions.sum(axis=1) == pytest.approx(np.tanh(inputs.astype(np.float64).prod(axis=1)), abs=1e-9)


@pytest.mark.parametrize("columns", [FEW, MANY])
def test_a_column_that_the_model_ignores_has_nothing(columns):
    contributions = explain(columns)[2]
    assert (contributions[:, 1] == 0).all()
    assert (contributions[:, [0, 2, 3]] != 0).all()


@pytest.mark.parametrize("columns", [FEW, MANY])
def test_a_column_without_inputs_has_nothing(columns):
    places = [*place(columns), np.array([], dtype=np.intp)]
    _, contributions = compute_contributions(predict, draw(2, columns + 2, 1), draw(9, columns + 2, 2), places, 0)
    assert (contributions[:, -1] == 0).all()


def test_a_missing_number_differs_from_a_number_and_not_from_a_missing_one():
    inputs, background = np.array([[np.nan, np.nan]]), np.array([[np.nan, 1.0], [np.nan, 3.0]])
    mean, contributions = compute_contributions(
        lambda rows: np.isnan(rows) @ [10.0, 1.0], inputs, background, [np.array([0]), np.array([1])], 0
    )
    assert (mean, contributions.tolist()) == (10.0, [[0.0, 1.0]])


def test_sampled_values_are_near_the_exact_ones(monkeypatch):
    sampled = explain(MANY)[2]
    monkeypatch.setattr(column_contributions, "MOST_SUBSETS", 2**MANY)
    exact = explain(MANY)[2]
    assert not (sampled == exact).all()
    assert sampled == pytest.approx(exact, abs=0.02)
    assert np.abs(exact).max() > 0.1


def test_equal_seeds_give_equal_bytes_and_leave_the_global_generator_alone():
    before = np.random.get_state()[1].tobytes()
    first, again, other = (explain(MANY, seed)[2].tobytes() for seed in (3, 3, 4))
    assert first == again != other
    assert np.random.get_state()[1].tobytes() == before


def test_the_number_of_rows_at_once_changes_nothing_but_memory(monkeypatch):
    largest = 0

    def predict_counted(inputs: np.ndarray) -> np.ndarray:
        nonlocal largest
        largest = max(largest, inputs.size)
        return predict(inputs)

    together = explain(MANY)[2]
    monkeypatch.setattr(column_contributions, "AT_ONCE", 1000)
    assert explain(MANY, predict=predict_counted)[2].tobytes() == together.tobytes()
    assert largest <= 1000


def test_no_row_has_no_contribution():
    mean, contributions = compute_contributions(predict, draw(0, 6, 1), draw(5, 6, 2), place(4), 0)
    assert contributions.shape == (0, 4)
    assert mean == predict(draw(5, 6, 2)).mean()


def test_without_shap_one_sentence_says_what_to_install():
    code = (
        "import sys; sys.modules['shap'] = None\n"
        "from imbaloss.comparison.column_contributions import import_shap\n"
        "try: import_shap()\n"
        "except ValueError as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert told.strip() == f"explanations need the package shap: {describe_installation('explain')}"
