"""Results as scores: one column a score, or one row a score."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.imported.columns import ResultTable, simplify_name
from imbaloss.comparison.imported.known_scores import check_domain, choose_scores
from imbaloss.comparison.imported.request import ImportRequest
from imbaloss.comparison.imported.result import ImportedResult, ReadResults, ResultKey
from imbaloss.comparison.reading.text import is_text
from imbaloss.plural import join_words
from imbaloss.report.cells import ComparedScore

LONG = ("score", "metric")  # names of the column with the name of a score, in a file with one row a score
VALUE = "value"  # the name of the column with its value


def read_scores(results: ResultTable, request: ImportRequest) -> ReadResults:
    """Read results from a table of scores, in which a missing score is undefined.

    Args:
        results: The table. Scores stand in columns of their own, or their names in a column "score" or "metric" and
            their values in a column "value".
        request: The request.

    Raises:
        ValueError: A result stands there twice, or a score is missing, impossible or no number.
    """
    names, values = find_long_columns(results)
    keys = results.keys()
    if not names:
        candidates = results.columns_without_role
        compared = choose_scores(candidates, request)
        check_distinct(keys, [""] * len(keys))
        rows = list(range(1, len(keys) + 1))
        numbers = {score: results.numbers(score.column) for score in compared}
        for score, of_score in numbers.items():
            check_domain(score, of_score, rows)
        places = dict(zip(keys, range(len(keys)), strict=True))
        scores = {score: {key: of_score[at] for key, at in places.items()} for score, of_score in numbers.items()}
    else:
        candidates = list(dict.fromkeys(names))
        compared = choose_scores(candidates, request)
        check_distinct(keys, names)
        scores = pivot_scores(compared, keys, names, results.numbers(values))
    left_out = [name for name in candidates if name not in {score.column for score in compared}]
    return ReadResults(
        tuple(
            ImportedResult(key, {score.column: to_score(of_score.get(key)) for score, of_score in scores.items()})
            for key in dict.fromkeys(keys)
        ),
        compared,
        notes=(describe_directions(compared), *describe_left_out(left_out)),
    )


def find_long_columns(results: ResultTable) -> tuple[list[str], str]:
    """Return the name of the score in each row, (N,), and the column of its value; none in a file of the wide form.

    Raises:
        ValueError: A row lacks the name of its score.
    """
    simple = {simplify_name(name): name for name in results.columns_without_role}
    name_column = next(
        (simple[name] for name in LONG if name in simple and is_text(results.values(simple[name]).type)), None
    )
    if name_column is None or VALUE not in simple:
        return [], ""
    texts = results.values(name_column).to_pylist()
    if None in texts:
        raise ValueError(f"column {name_column!r} is empty in row {texts.index(None) + 1}: it must name the score")
    return texts, simple[VALUE]


def pivot_scores(
    compared: Sequence[ComparedScore], keys: Sequence[ResultKey], names: Sequence[str], values: NDArray[np.float64]
) -> dict[ComparedScore, dict[ResultKey, float]]:
    """Return the value of each score by result, from a file with one row a score.

    Args:
        compared: The scores to take.
        keys: (N,), the result of each row.
        names: (N,), the name of the score in each row.
        values: (N,), its value.

    Raises:
        ValueError: A value is outside of the domain of its score.
    """
    scores = {}
    for score in compared:
        places = [at for at, name in enumerate(names) if name == score.column]
        check_domain(score, values[places], [at + 1 for at in places])
        scores[score] = {keys[at]: float(values[at]) for at in places}
    return scores


def to_score(value: float | None) -> float | None:
    """Return a value as a score: None if it is missing or NaN."""
    return None if value is None or np.isnan(value) else float(value)


def check_distinct(keys: Sequence[ResultKey], names: Sequence[str]) -> None:
    """Check that no two rows have the same method, data set, level, seed, fold and name of a score.

    Raises:
        ValueError: Two rows have; the message names them.
    """
    first: dict[tuple[ResultKey, str], int] = {}
    for row, pair in enumerate(zip(keys, names, strict=True), 1):
        if pair in first:
            key, name = pair
            score = f" ({name})" if name else ""
            raise ValueError(
                f"rows {first[pair]} and {row} are the same result, {key}{score}: leave one out, or name the column "
                "that tells them apart with --seed-column or --dataset-column"
            )
        first[pair] = row


def describe_directions(compared: Sequence[ComparedScore]) -> str:
    """Write in one sentence which scores are compared, and of which of them lower is better."""
    by_direction = {
        direction: [score.label for score in compared if score.lower is is_lower]
        for direction, is_lower in (("higher", False), ("lower", True))
    }
    parts = [f"{direction} is better for {join_words(names)}" for direction, names in by_direction.items() if names]
    return f"Methods are compared by {len(compared)} score{'s' * (len(compared) > 1)}: {'; '.join(parts)}"


def describe_left_out(names: Sequence[str]) -> tuple[str, ...]:
    """Return a tuple of one sentence that names the columns that are no scores; an empty tuple without such columns."""
    if not names:
        return ()
    return (f"Left out: {join_words(names, most=5)} (--score and --lower-is-better name further scores)",)
