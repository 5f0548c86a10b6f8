"""Results as predictions: a row for each sample, with its label and the probability of class 1."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.imported.columns import ResultTable, simplify_name
from imbaloss.comparison.imported.request import ImportRequest
from imbaloss.comparison.imported.result import ImportedResult, ReadResults, ResultKey
from imbaloss.evaluation import DECISION_SCORES, SCORES, Rule, choose_threshold
from imbaloss.evaluation.scores import scores
from imbaloss.report.cells import COMPARED
from imbaloss.studies import Predictions

PARTS = {"validation": "validation", "val": "validation", "valid": "validation", "tune": "validation", "test": "test"}
RULE = Rule("f1")  # the rule of the tuned threshold, as in studies


class Samples(NamedTuple):
    """The predictions of a file: one row a sample."""

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    rows: NDArray[np.int64]  # a number for each row name; the place within its result and part without row names


def read_predictions(results: ResultTable, request: ImportRequest) -> ReadResults:
    """Read predictions and compute the scores of each result on its test rows.

    Threshold scores are at 1/2, and if there are validation rows, also at the threshold that is best for F1 on them.

    Args:
        results: The table, with columns for the label and the probability.
        request: The request.

    Raises:
        ValueError: A value is wrong or missing, a row stands there twice, results of one split have other rows or
            labels, or scores are named, which predictions do not have.
    """
    if request.scores or request.lower_is_better:
        raise ValueError("--score and --lower-is-better are for files of scores: predictions are scored here")
    parts, left_out = read_parts(results)
    keys = results.keys()
    places: dict[tuple[ResultKey, str], list[int]] = {}
    for at, pair in enumerate(zip(keys, parts, strict=True)):
        places.setdefault(pair, []).append(at)
    samples = Samples(read_labels(results), read_probabilities(results), number_rows(results, keys, places))
    taken = {pair: np.array(at)[np.argsort(samples.rows[at], kind="stable")] for pair, at in places.items() if pair[1]}
    check_rows_once(taken, samples.rows)
    check_same_rows(taken, samples)
    has_validation = any(part == "validation" for _, part in taken)
    imported = []
    for key in dict.fromkeys(key for key, _ in taken):
        if (key, "test") not in taken:
            raise ValueError(f"{key} has validation rows but no test rows: part must be 'test' for some")
        validation = taken.get((key, "validation"))
        imported.append(score_result(key, samples, taken[key, "test"], validation))
    compared = COMPARED if has_validation else tuple(score for score in COMPARED if not score.tuned)
    notes = [f"Left out: {left_out} rows of other parts than validation and test"] if left_out else []
    return ReadResults(tuple(imported), compared, has_row_names="row" in results.roles, notes=tuple(notes))


def score_result(
    key: ResultKey, samples: Samples, test: NDArray[np.int64], validation: NDArray[np.int64] | None
) -> ImportedResult:
    """Compute the scores of one result from its rows.

    Args:
        key: The result.
        samples: All predictions.
        test: The places of its test rows.
        validation: The places of its validation rows, by which the threshold is chosen; None without any.
    """
    labels, probabilities = samples.labels[test], samples.probabilities[test]
    at_half, undefined = scores(labels, probabilities)
    of_result = {name: at_half[name] for name in SCORES}
    threshold = None
    if validation is not None:
        try:
            threshold = choose_threshold(
                RULE, samples.labels[validation], samples.probabilities[validation], resamples=0
            ).threshold
        except ValueError as error:
            of_result |= dict.fromkeys(f"tuned_{name}" for name in ("threshold", *DECISION_SCORES))
            undefined = undefined | {"tuned_f1": f"no threshold was chosen: {error}"}
        else:
            at_tuned, why = scores(labels, probabilities, threshold)
            of_result |= {"tuned_threshold": threshold} | {f"tuned_{name}": at_tuned[name] for name in DECISION_SCORES}
            undefined = undefined | {f"tuned_{name}": reason for name, reason in why.items() if name in DECISION_SCORES}
    return ImportedResult(key, of_result, undefined, Predictions(labels, probabilities, samples.rows[test]), threshold)


def read_parts(results: ResultTable) -> tuple[list[str], int]:
    """Return the part of each row, (N,), empty for rows of training, and the number of these. All are test without one.

    Raises:
        ValueError: A part is none of validation, test and train.
    """
    if "part" not in results.roles:
        return ["test"] * results.table.num_rows, 0
    names = [simplify_name(name) for name in results.names("part")]
    names_of_parts = PARTS | {"train": "", "training": ""}
    for row, name in enumerate(names, 1):
        if name not in names_of_parts:
            raise ValueError(f"a part must be validation, test or train, found {name!r} in row {row}")
    return [names_of_parts[name] for name in names], sum(not names_of_parts[name] for name in names)


def read_labels(results: ResultTable) -> NDArray[np.int64]:
    """Return the labels, (N,), 0 or 1.

    Raises:
        ValueError: A label is neither 0 nor 1, true nor false.
    """
    names = results.names("label")
    labels = {"0": 0, "1": 1, "False": 0, "True": 1, "0.0": 0, "1.0": 1}
    for row, name in enumerate(names, 1):
        if name not in labels:
            raise ValueError(f"labels must be 0 or 1, found {name!r} in row {row}: write 1 for the class to find")
    return np.array([labels[name] for name in names], dtype=np.int64)


def read_probabilities(results: ResultTable) -> NDArray[np.float64]:
    """Return the probabilities of class 1, (N,).

    Raises:
        ValueError: A probability is missing, no number, or not from 0 to 1.
    """
    column = results.roles["probability"]
    values = results.numbers(column)
    wrong = ~((values >= 0) & (values <= 1))
    if wrong.any():
        row = int(wrong.argmax())
        value = "none" if np.isnan(values[row]) else f"{values[row]:g}"
        raise ValueError(f"column {column} must be a probability from 0 to 1, found {value} in row {row + 1}")
    return values


def number_rows(
    results: ResultTable, keys: Sequence[ResultKey], places: Mapping[tuple[ResultKey, str], Sequence[int]]
) -> NDArray[np.int64]:
    """Return a number for the row of each prediction, (N,): equal for equal row names of a data set.

    Without row names it is the place within the result and part.

    Raises:
        ValueError: A row name is missing.
    """
    numbers = np.zeros(len(keys), dtype=np.int64)
    if "row" in results.roles:
        codes: dict[tuple[str, str], int] = {}
        for at, (key, name) in enumerate(zip(keys, results.names("row"), strict=True)):
            numbers[at] = codes.setdefault((key.dataset, name), len(codes))
        return numbers
    for of_result in places.values():
        numbers[of_result] = np.arange(len(of_result))
    return numbers


def check_rows_once(taken: Mapping[tuple[ResultKey, str], NDArray[np.int64]], rows: NDArray[np.int64]) -> None:
    """Check that no result has a row twice.

    Args:
        taken: The places of the predictions of each result and part, in the order of `rows`.
        rows: (N,), the number of the row of each prediction.

    Raises:
        ValueError: A row stands there twice; the message names both lines.
    """
    for (key, part), places in taken.items():
        same = np.flatnonzero(np.diff(rows[places]) == 0)
        if len(same):
            first, second = sorted(places[same[0] : same[0] + 2] + 1)
            raise ValueError(
                f"rows {first} and {second} are predictions of {key} for the same {part} row: leave one out, or name "
                "the column that tells them apart with --seed-column or --dataset-column"
            )


def check_same_rows(taken: Mapping[tuple[ResultKey, str], NDArray[np.int64]], samples: Samples) -> None:
    """Check that the results of one split were tested on the same rows with the same labels.

    Otherwise their scores are no pairs.

    Raises:
        ValueError: Two methods have other test rows or labels for the same data set, seed and fold.
    """
    first: dict[ResultKey, tuple[ResultKey, NDArray[np.int64]]] = {}
    for (key, part), places in taken.items():
        if part != "test":
            continue
        other, of_other = first.setdefault(key._replace(method=""), (key, places))
        if not np.array_equal(samples.rows[places], samples.rows[of_other]):
            counts = f"{len(places)} and {len(of_other)} rows"
            raise ValueError(
                f"{key} and {other.method} have other test rows ({counts}): methods are compared on the same rows of "
                "each seed"
            )
        if not np.array_equal(samples.labels[places], samples.labels[of_other]):
            differs = places[samples.labels[places] != samples.labels[of_other]][0] + 1
            raise ValueError(
                f"{key} and {other.method} have other labels for the same test rows, first in row {differs}: name the "
                "column that identifies a row with --row-column"
            )
