"""Measuring which columns matter: the score of the recommended method after the values of a column are shuffled."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss import studies
from imbaloss.comparison.columns import Schema
from imbaloss.comparison.deadline import TimeIsUp
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.place import Place
from imbaloss.comparison.preparation import TablePreparation
from imbaloss.comparison.study import OwnStudy
from imbaloss.comparison.vectors import hash_vectors
from imbaloss.data import InputForm
from imbaloss.data.seeds import make_generator
from imbaloss.learners import Method
from imbaloss.plural import format_count
from imbaloss.report.cells import find_compared_score
from imbaloss.studies import PermutedScores, Predictions, Row

Floats = NDArray[np.float64]
MEASURED = 5  # repetitions in which the columns are measured, at most
AT_ONCE = 2**20  # number of inputs that a model predicts from at once
SPARE = 1.2  # a repetition is expected to take at most so many times as long as the longest before it


def measure_columns(study: OwnStudy, best: Method, place: Place, end: float = inf) -> OwnStudy:
    """Measure which columns matter for the recommended method, in its first repetitions, and store the scores.

    Repetitions whose scores are stored are not measured again. A note says if the time ends before all are.

    Args:
        study: The study.
        best: The recommended method.
        place: The data, the store with the finished runs, and the device.
        end: When the time for it ends, as `time.monotonic` tells it.

    Returns:
        The study, with the note if there is one.
    """
    rows = select_measured(study, best, place.store.rows(study.runs()))
    stored = study.read_permuted(place.store, best)
    done, longest = 0, 0.0
    for row in rows:
        if row.run.hash in stored:
            done += 1
            continue
        began = time.monotonic()
        expected = SPARE * max(longest, row.seconds / len(row.run.candidates))
        try:
            scores = measure_repetition(row, place, study.permutations, end) if began + expected < end else None
        except TimeIsUp:
            scores = None
        if scores is None:
            break
        place.store.add_permuted(row.run, scores)
        done, longest = done + 1, max(longest, time.monotonic() - began)
    if done == len(rows) or end == inf:
        return study
    note = "Which columns matter was not measured, for want of time"
    if done:
        repetitions = f"{done} of {format_count(len(rows), 'repetition')}"
        note = f"Which columns matter was measured in {repetitions} alone, for want of time"
    place.observer.note(f"{note}.")
    return replace(study, notes=(*study.notes, note))


def select_measured(study: OwnStudy, best: Method, rows: Sequence[Row]) -> list[Row]:
    """Return the rows (results) of the repetitions in which the columns are measured: the first with a score.

    There are none if the study does not ask for it, or if the method learns from no column of the schema.
    """
    if not study.permutations or best.input_form is InputForm.BASELINE or best.decision.optimize is None:
        return []
    score = find_compared_score(best.decision.optimize, best.decision.rule)
    return [row for row in rows if row.run.method == best and score.value_in(row) is not None][:MEASURED]


def measure_repetition(row: Row, place: Place, permutations: int, end: float) -> PermutedScores | None:
    """Fit the model of a run again, and score it on its test part after each permutation of each column.

    Args:
        row: The row (result) of the run.
        place: The data, the store and the device.
        permutations: The number of permutations. All columns are permuted in the same ways, and copies of a column
            together with it. All others but one column are permuted in the first way alone, which saves time.
        end: When the time ends, as `time.monotonic` tells it.

    Returns:
        The scores; None if the training fails now.

    Raises:
        TimeIsUp: The time is up.
    """
    run = row.run
    refitted = studies.fit_again(row, place.store, {run.dataset: place.own}, place.device)
    model, objective = refitted.model, run.method.decision.optimize
    if model is None or objective is None:
        return None
    test = refitted.predictions["test"]

    def score(probabilities: Floats) -> float:
        """Return the score of other probabilities, (N,), for the rows of the test part; NaN if it is undefined."""
        value = score_test(refitted.row, replace(test, probabilities=probabilities))
        return np.nan if value is None else value

    inputs, groups = group_inputs(place.own, row)
    groups = join_copies(groups, find_copies(place.own))
    generator = make_generator(run.seed, f"permutations {run.fold.fold if run.fold else 0}")
    orders = [generator.permutation(len(inputs)) for _ in range(permutations)]
    every = np.arange(inputs.shape[1])
    complements = [np.setdiff1d(every, group) for group in groups.values()]
    permuted = score_permuted(model.probabilities, score, inputs, list(groups.values()), orders, end=end)
    kept = score_permuted(model.probabilities, score, inputs, complements, orders[:1], end=end)
    return PermutedScores(objective.name, score(test.probabilities), tuple(groups), permuted, kept)


def score_test(row: Row, test: Predictions) -> float | None:
    """Return the score that the decision of a run optimises, for predictions of its test part; None if it is undefined.

    row: The row (result) of the run, which has the threshold.
    """
    decision = row.run.method.decision
    assert decision.optimize is not None
    if not find_compared_score(decision.optimize, decision.rule).tuned:
        return decision.optimize.compute(test.labels, test.probabilities, test.weights)
    flagged = row.decide(test.probabilities, test.costs)
    return decision.optimize.compute_decided(decision.rule, test.labels, flagged, test.weights, test.costs)


def group_inputs(own: Own, row: Row) -> tuple[NDArray[np.floating], dict[str, NDArray[np.intp]]]:
    """Return the inputs of the test part of a run, (N, D), and the places of those that each column of the file gives.

    Columns without an input, such as categories without a value in the train part, have no place.
    """
    run = row.run
    split, preparation = own.prepare_split(run.seed, run.fold, run.method.input_form)
    assert isinstance(preparation, TablePreparation)
    of_inputs = np.array(preparation.input_columns, dtype=object)
    groups = {name: np.flatnonzero(of_inputs == name) for name in preparation.schema.read_from}
    return split.test.inputs, groups


def find_copies(own: Own) -> tuple[tuple[str, ...], ...]:
    """Find columns of the file that tell the same in all rows, and return the sets of two columns or more.

    Numbers and dates tell the same if they have the same order or the opposite one, with ties and missing values in the
    same rows, as an amount in two currencies. Names do if each name of one stands for one name of the other.
    """
    assert isinstance(own.kind, Schema)
    assert isinstance(own.features, pd.DataFrame)
    digests = {name: hashlib.sha256() for name in own.kind.read_from}
    for column in own.kind.columns:
        digests[column.read_from].update(rank_values(own.features[column.name]).tobytes())
    by_content: dict[bytes, list[str]] = {}
    for name, digest in digests.items():
        by_content.setdefault(digest.digest(), []).append(name)
    return tuple(tuple(names) for names in by_content.values() if len(names) > 1)


def rank_values(values: "pd.Series[Any]") -> NDArray[np.int64]:
    """Return the rank of each value, (N,), equal for equal values; 0 for a missing number.

    The first value that is not in the middle of the ranks is above it, so that the opposite order has the same ranks.
    Names and vectors are ranked in the order in which they occur.
    """
    if isinstance(values.dtype, pd.ArrowDtype):
        return np.asarray(pd.factorize(hash_vectors(values))[0], dtype=np.int64)
    if not pd.api.types.is_float_dtype(values.dtype):
        return pd.factorize(values)[0].astype(np.int64)
    ranks: NDArray[np.int64] = np.asarray(values.rank(method="dense").fillna(0), dtype=np.int64)
    mirrored: NDArray[np.int64] = np.where(ranks > 0, ranks.max() + 1 - ranks, 0)
    differ = np.flatnonzero(ranks != mirrored)
    is_below = bool(len(differ)) and bool(ranks[differ[0]] < mirrored[differ[0]])
    return mirrored if is_below else ranks


def join_copies(groups: dict[str, NDArray[np.intp]], copies: Sequence[Sequence[str]]) -> dict[str, NDArray[np.intp]]:
    """Give each column the inputs of its copies too, so that they are permuted together.

    Each of two copies alone would lose little, since the other one tells the same.

    Args:
        groups: The places of the inputs of each column.
        copies: Sets of columns that tell the same.
    """
    joined = {name: np.concatenate([groups[copy] for copy in names]) for names in copies for name in names}
    return groups | joined


def score_permuted(
    predict: Callable[[NDArray[np.floating]], Floats],
    score: Callable[[Floats], float],
    inputs: NDArray[np.floating],
    groups: Sequence[NDArray[np.intp]],
    orders: Sequence[NDArray[np.intp]],
    *,
    end: float = inf,
) -> Floats:
    """Score a model after the inputs of one group were permuted together, for each group and order, (groups, orders).

    Args:
        predict: Returns the probabilities, (M,), for inputs (M, D).
        score: Returns the score of probabilities, (N,), for the N rows.
        inputs: (N, D), which are left unchanged.
        groups: The places of the inputs that are permuted together.
        orders: (N,), the permutations of the rows.
        end: When the time ends, as `time.monotonic` tells it.

    Raises:
        TimeIsUp: The time is up.

    Source: Breiman 2001, Machine Learning 45, section 10; Fisher, Rudin and Dominici 2019, JMLR 20.
    """
    scores = np.empty((len(groups), len(orders)))
    places = list(np.ndindex(scores.shape))
    size = max(AT_ONCE // max(inputs.size, 1), 1)
    for start in range(0, len(places), size):
        if time.monotonic() > end:
            raise TimeIsUp
        block = places[start : start + size]
        copies = np.repeat(inputs[None], len(block), axis=0)
        for copy, (group, order) in zip(copies, block, strict=True):
            copy[:, groups[group]] = inputs[np.ix_(orders[order], groups[group])]
        probabilities = predict(copies.reshape(-1, inputs.shape[1])).reshape(len(block), -1)
        for place, of_copy in zip(block, probabilities, strict=True):
            scores[place] = score(of_copy)
    return scores
