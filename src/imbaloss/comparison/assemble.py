"""Assembling `Own` from data that were read: classes, groups, times, the division and its checks."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.checks_before_features import check_before_features
from imbaloss.comparison.columns import Schema
from imbaloss.comparison.hashes import hash_rows
from imbaloss.comparison.own_data import ALL, FOLDS, TEST, TIME, UNKNOWN, Baseline, Own
from imbaloss.comparison.pictures import Pictures
from imbaloss.comparison.preparation import HOG, ImagePreparation
from imbaloss.comparison.reading.table_file import COMPRESSED
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.row_costs import RowCosts
from imbaloss.comparison.targets import find_classes, number_groups, order_times
from imbaloss.data.splits import FEWEST_FOLDS, check_folds
from imbaloss.evaluation.sample_costs import average_constant_costs
from imbaloss.plural import format_count
from imbaloss.studies import Segments

if TYPE_CHECKING:
    import pyarrow as pa

OF_PIXELS = ("network", "flip", "shift")  # entries of a recipe for methods that learn from pixels

NOT_MADE = pd.DataFrame()  # stands for features until they are made


@dataclass(frozen=True, eq=False)
class Content:
    """Data as they were read, before classes and division are decided."""

    name: str
    make_features: Callable[[], Any]  # returns the features as in `Own`, which may take hours
    kind: Schema | ImagePreparation
    target: "pd.Series[str]"  # (N,), the class of each row as text
    held_out: int = 0  # the number of rows at the end that are the test part
    notes: tuple[str, ...] = ()
    classes: Mapping[str, Any] = field(default_factory=dict)  # the label that each text stands for, if not itself
    groups: Any = None  # (N,), the group of each row, an Arrow array
    times: Any = None  # (N,), the time of each row, an Arrow array
    costs: RowCosts | None = None  # what outcomes cost in each row
    sample_costs: NDArray[np.float64] | None = None  # (N, 4), these costs as numbers
    weights: NDArray[np.float64] | None = None  # (N,), the weight of each row
    baseline: Baseline | None = None  # the score or decision in use today
    segments: Mapping[str, Segments] = field(default_factory=dict)  # of the rows, by the column that they are cut by
    pictures: Pictures | None = None  # the images whose features are learned from


def derive_name(source: Path) -> str:
    """Return the name of a file or folder without the ending of its format: sales.2024 for sales.2024.csv.

    A compression ending such as .gz is dropped too; a folder keeps its whole name. The name is "data" if nothing is
    left.
    """
    name = source.resolve().name
    if source.is_dir():
        return name or "data"
    if Path(name).suffix.lower() in COMPRESSED:
        name = Path(name).stem
    return Path(name).stem or "data"


def join_columns(tables: "Sequence[pa.Table]", name: str | None) -> Any:
    """Join a column of all tables to one Arrow array, as text if its types differ.

    Args:
        tables: One or more tables.
        name: The column; None returns None.

    Raises:
        KeyError: A table has no such column.
    """
    import pyarrow as pa

    if name is None:
        return None
    columns = [table[name] for table in tables]
    if len({column.type for column in columns}) > 1:
        columns = [column.cast(pa.large_string()) for column in columns]
    return pa.chunked_array([chunk for column in columns for chunk in column.chunks], columns[0].type).combine_chunks()


def assemble_own(content: Content, request: ComparisonRequest) -> Own:
    """Assemble a person's own data: labels, groups, times, the division into parts, and a checksum.

    The features are made last. Before frozen features are made, the whole request is checked.

    Args:
        content: The data as they were read.
        request: Names the positive class, the number of folds, and the columns of groups and times.

    Raises:
        ValueError: It is not clear which class is the positive one; a group or a time is missing; a part would lack a
            class; the features cannot be made; or the request cannot be met.
    """
    check_folds(request.folds, 1)
    positive, negative = find_classes(content.target, request.positive)
    labels = (content.target == positive).to_numpy().astype(np.int64)
    groups = times = None
    if content.groups is not None:
        groups = number_groups(str(request.group), content.groups, labels)
    if content.times is not None:
        times = order_times(str(request.time), content.times)
    has_groups = groups is not None and len(np.unique(groups)) < len(groups)
    own = Own(
        name=content.name,
        negative=negative,
        positive=positive,
        features=NOT_MADE,
        labels=labels,
        kind=choose_kind(content.kind, request),
        checksum=UNKNOWN,
        division=TEST if content.held_out else TIME if times is not None else FOLDS,
        folds=request.folds,
        groups=groups,
        times=times,
        held_out=content.held_out,
        notes=content.notes,
        classes=tuple(content.classes.get(name, name) for name in (negative, positive)),
        costs=content.costs,
        sample_costs=content.sample_costs,
        weights=content.weights,
        baseline=content.baseline,
        pictures=content.pictures,
        segments={name: replace(each, has_groups=has_groups) for name, each in content.segments.items()},
    )
    if own.sample_costs is not None:
        check_decision_matters(labels, own.sample_costs)
    check_parts(own, request)
    if isinstance(own.kind, Schema) and own.kind.embeddings:
        check_before_features(request, own)
    made = replace(own, features=content.make_features())
    made = replace(made, checksum=compute_checksum(made))
    made.cache.parts.update(own.cache.parts)  # since the division is the same
    return made


def choose_kind(kind: Schema | ImagePreparation, request: ComparisonRequest) -> Schema | ImagePreparation:
    """Return the rules for images with their description by HOG, unless the request names what is for pixels.

    A network, flips and shifts are for pixels. Columns of a table are returned unchanged.
    """
    if isinstance(kind, Schema) or any(request.recipe.get(name) for name in OF_PIXELS):
        return kind
    return replace(kind, description=HOG)


def check_decision_matters(labels: NDArray[np.int64], costs: NDArray[np.float64]) -> None:
    """Check that neither flagging no row nor flagging all rows costs nothing.

    labels: (N,), 0 or 1. costs: (N, 4).

    Raises:
        ValueError: One of the two costs nothing, so that there is nothing to decide.
    """
    for constant, cost in zip(("no row", "all rows"), average_constant_costs(labels, costs), strict=True):
        if cost == 0:
            raise ValueError(f"to flag {constant} costs nothing, so that there is nothing to decide: check --cost")


def compute_checksum(own: Own) -> str:
    """Compute the SHA-256, in hexadecimal digits, of all that decides what is learned and how rows are divided.

    The format of the file and the name of the data do not count: the same rows as CSV and Parquet have the same
    checksum.
    """
    digest = hashlib.sha256(f"({own.division!r}, {own.folds!r}, {own.held_out!r}, {own.kind.identity})".encode())
    if isinstance(own.features, pd.DataFrame):
        digest.update(hash_rows(own.features).tobytes())
    else:
        digest.update(np.ascontiguousarray(own.features).tobytes())
    for array in (own.labels, own.groups, own.times, own.sample_costs, own.weights):
        digest.update(b"" if array is None else array.tobytes())
    if own.baseline is not None:
        digest.update(hash_rows(own.baseline.frame).tobytes())
    return digest.hexdigest()


def check_parts(own: Own, request: ComparisonRequest) -> None:
    """Check that train, validation and test have both classes in every fold.

    request: Has the names of the columns of groups and times, for messages.

    Raises:
        ValueError: A part lacks a class, or there are fewer samples of a class, or fewer groups, than folds.
    """
    fewest = min(own.counts)
    counts_text = (
        f"{format_count(own.counts.positives, 'positive')} and {format_count(own.counts.negatives, 'negative')}"
    )
    if own.division == FOLDS and fewest < FEWEST_FOLDS:
        raise ValueError(
            f"{counts_text}: each class needs at least {FEWEST_FOLDS}, one each for train, validation and test"
        )
    if own.division == FOLDS and fewest < own.folds:
        raise ValueError(f"{counts_text} are too few for {own.folds} folds: use --folds {fewest}")
    if own.division == TEST and own.times is None:
        check_folds_of_learned(own)
    number_of_groups = 0 if own.groups is None else len(np.unique(own.groups[: len(own.labels) - own.held_out]))
    if own.groups is not None and own.times is None and number_of_groups < own.folds:
        raise ValueError(
            f"column {request.group!r} has {number_of_groups} groups, fewer than {own.folds} folds: use fewer --folds, "
            "or groups of fewer rows"
        )
    if fewest < 2:
        raise ValueError(
            f"{counts_text}: each class needs at least {FEWEST_FOLDS}, one each for train, validation and test"
        )
    divisions = [(own, fold) for fold in own.each_fold]
    if own.groups is not None and own.times is not None:  # which leave rows out of the training on all rows too
        divisions.append((own.without_test, None))
    for data, fold in divisions:
        for part, counts in data.split_counts(0, fold).items():
            if not all(counts) and (part, data.division) != ("test", ALL):
                lacks = "positives" if not counts.positives else "negatives"
                raise ValueError(f"{explain_lack(own, request, part, lacks)}; there are {counts_text} in all")


def explain_lack(own: Own, request: ComparisonRequest, part: str, lacks: str) -> str:
    """Explain why a part lacks a class, and say what to do where a change of the request may help.

    Args:
        own: The data.
        request: Has the names of the columns of groups and times.
        part: The name of the part.
        lacks: The class that it lacks, "positives" or "negatives".
    """
    if own.groups is not None and own.times is not None:
        return (
            f"the {part} part has no {lacks} if rows of {request.group!r} whose group is in an earlier part by "
            f"{request.time!r} are left out: divide by only one of the two"
        )
    return {
        FOLDS: f"a fold has no {lacks} if the rows of one {request.group!r} stay together: use fewer --folds",
        TIME: f"the {part} part has no {lacks} if the rows are divided by {request.time!r}",
        TEST: f"the {part} part has no {lacks}",
    }[own.division]


def check_folds_of_learned(own: Own) -> None:
    """Check that, without the test rows at the end of the data, each class has a row for every fold.

    One of these folds is the validation part.

    Raises:
        ValueError: A class has fewer rows than there are folds.
    """
    negatives, positives = np.bincount(own.labels[: len(own.labels) - own.held_out], minlength=2).tolist()
    if (fewest := min(negatives, positives)) < own.folds:
        counts_text = f"{format_count(positives, 'positive')} and {format_count(negatives, 'negative')}"
        advice = f"use --folds {fewest}" if fewest >= FEWEST_FOLDS else f"each class needs at least {FEWEST_FOLDS}"
        raise ValueError(f"without the test file there are {counts_text}, too few for {own.folds} folds: {advice}")
