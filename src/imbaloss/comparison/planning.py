"""Planning the study of a request: its methods, the number of repetitions, and the recipe."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from imbaloss.comparison.columns import Schema
from imbaloss.comparison.description import count_copies
from imbaloss.comparison.first_checks import budget_in_seconds
from imbaloss.comparison.own_data import FOLDS, Own
from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.comparison.recipe_checks import check_costs
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.study import OwnStudy, choose_methods, choose_recipe, choose_repetitions
from imbaloss.data import Counts, InputForm
from imbaloss.evaluation import Decision, Guarantee
from imbaloss.evaluation.calibration import NONE
from imbaloss.evaluation.guarantees import explain_too_few, is_guarantee
from imbaloss.evaluation.sample_costs import EXPECTED_COST
from imbaloss.learners import Method
from imbaloss.learners.estimators import BASELINE
from imbaloss.training.recipe import check_entries, read_entries

MOST_COLUMNS = 500  # more columns are permuted only on request
MOST_PERMUTATIONS = 5  # of one column
PERMUTED = 120  # permutations of all columns together, in a repetition
SHOWN = 5  # missed images, and false alarms, on the page unless another number is asked for
WIDE = 256  # number of frozen features of a row from which on sets have no forest


def plan_study(request: ComparisonRequest, own: Own) -> OwnStudy:
    """Plan the study of a request: methods, repetitions, recipe and facts on the data. Nothing is trained.

    With a budget the study has one repetition, to which training adds.

    Raises:
        ValueError: As `outline_study`, or the recipe does not fit the shape of the inputs.
        TypeError: As `outline_study`.
    """
    study = outline_study(request, own)
    study.recipe.check_shape(own.shape)
    return replace(study, copies=count_copies(own))


def outline_study(request: ComparisonRequest, own: Own) -> OwnStudy:
    """Plan the study of a request without what the features decide, which need not be made.

    Raises:
        ValueError: A method is unknown, or its class or a parameter does not exist. Or an option has a value that it
            does not admit, options exclude each other, or the recipe cannot train a method.
        TypeError: A method is neither text nor a classifier of scikit-learn's kind.
    """
    request.check_combinations()
    check_costs(request)
    request.check_numbers()
    methods = choose_methods(request, images=own.kind.of_images, features=has_wide_features(own.kind))
    check_data(request, own, methods)
    if own.baseline is not None:
        methods = tuple(dict.fromkeys((*methods, Method.parse(BASELINE))))
    train = sum(own.split_counts(0, own.each_fold[0])["train"])
    alone: dict[str, Any] = {"tune_lr": ()} if "lr" in request.recipe else {}
    alone |= {"threshold": EXPECTED_COST} if own.costs else {}
    check_entries(request.recipe)
    entries = choose_recipe(train, {**alone, **request.recipe}, images=own.kind.of_images, settings=request.settings)
    recipe, decision = read_entries(entries)
    for method in methods:
        method.learner.check_loss(method.loss, recipe)
    seconds = budget_in_seconds(request)
    worst_misses = (SHOWN if own.pictures else 0) if request.worst_misses is None else request.worst_misses
    study = OwnStudy(
        name=own.name,
        target=request.target,
        negative=own.negative,
        positive=own.positive,
        level=own.level,
        data=own.checksum,
        methods=tuple(replace(method, decision=decision) for method in methods),
        repetitions=request.repetitions or (1 if seconds else choose_repetitions(len(own.labels))),
        folds=own.folds if own.division == FOLDS else 0,
        recipe=recipe,
        entries=entries,
        margin=request.margin,
        cost=str(own.costs or ""),
        command=request.command,
        noun=f"{own.kind.noun}s",
        settings=request.settings,
        race=request.race,
        segments=tuple(own.segments),
        permutations=choose_permutations(request, own.kind),
        worst_misses=worst_misses,
        features=list_extractors(own.kind),
        first_test_row=len(own.labels) - own.held_out if worst_misses and own.held_out else 0,
    )
    if request.race:
        check_race(study, request)
    return study


def has_wide_features(kind: Schema | ImagePreparation) -> bool:
    """Say whether a row has more frozen features than forests learn from in good time."""
    return isinstance(kind, Schema) and sum(each.width for each in kind.embeddings.values()) > WIDE


def list_extractors(kind: Schema | ImagePreparation) -> tuple[str, ...]:
    """Return what makes the features that are learned from, each once: extractors as options name them, or "hog".

    The result is empty if methods learn from columns or pixels as they are.
    """
    if isinstance(kind, ImagePreparation):
        return () if kind.description is None else (kind.description,)
    return tuple(dict.fromkeys(embedding.extractor.text for embedding in kind.embeddings.values()))


def check_data(request: ComparisonRequest, own: Own, methods: Sequence[Method]) -> None:
    """Check that the data have what methods and options need.

    Raises:
        ValueError: There is no baseline or no cost for a method that needs it, images have no row numbers to name, a
            method cannot learn from rows with weights, or there is no calibration for an average.
    """
    if any(method.input_form is InputForm.BASELINE for method in methods) and own.baseline is None:
        raise ValueError(f"the method baseline needs a column: name it by {request.write_option('baseline')}")
    if any(each.sampler.by_costs for method in methods for each in method.with_members) and own.costs is None:
        raise ValueError(f"the sampler cost_weights needs the costs of each row: give {request.write_option('cost')}")
    averages = [str(method) for method in methods if method.members]
    if averages and request.recipe.get("calibration") == NONE:
        option = request.write_option("calibration")
        raise ValueError(f"{averages[0]} needs calibrated probabilities of its methods: leave out {option} none")
    if request.worst_misses and own.kind.of_images:
        raise ValueError(
            f"{request.write_option('worst_misses')} needs a table, or images with {request.write_option('features')}, "
            "which are shown beside their nearest training images"
        )
    if own.weights is not None:
        check_weights(own, methods, request)


def check_race(study: OwnStudy, request: ComparisonRequest) -> None:
    """Raise ValueError if a race could never drop a method: with a single one, or with too few repetitions.

    With a budget the number of repetitions is not known, and any is admitted.
    """
    race = request.write_option("race")
    if len(study.methods) < 2:
        raise ValueError(f"{race} needs two methods or more, found {study.methods[0]} alone: leave out {race}")
    if request.budget is None and study.repetitions <= study.first_look:
        rounds = f" with {study.folds} folds" if study.folds else ""
        raise ValueError(
            f"{race} needs more than {study.first_look} repetitions{rounds}, since the first methods are dropped after "
            f"{study.first_look}, found {study.repetitions}: name more with {request.write_option('repetitions')}, or "
            f"leave out {race}"
        )


def choose_permutations(request: ComparisonRequest, kind: Schema | ImagePreparation) -> int:
    """Return how often each column is permuted in a repetition to tell what it matters; 0 to leave that out.

    It is left out for images and for a single column, and for more than 500 columns unless it is asked for. There are
    up to 5 permutations, and fewer for many columns.

    Raises:
        ValueError: It is asked for, and the data are images.
    """
    if isinstance(kind, ImagePreparation):
        if request.importance:
            raise ValueError(f"{request.write_option('importance')} needs a table: images have no columns")
        return 0
    columns = len(kind.read_from)
    if request.importance is False or columns < 2 or (columns > MOST_COLUMNS and not request.importance):
        return 0
    return max(min(MOST_PERMUTATIONS, PERMUTED // columns), 1)


def describe_unmeasured_columns(request: ComparisonRequest, kind: Schema | ImagePreparation) -> tuple[str, ...]:
    """Return a tuple of one note if it is not measured which columns matter, though the request does not forbid it.

    There are too many columns then, or it is asked for and there is only one. Otherwise the tuple is empty. Images have
    no columns.
    """
    if isinstance(kind, ImagePreparation) or request.importance is False or choose_permutations(request, kind):
        return ()
    if len(kind.read_from) > MOST_COLUMNS:
        return (
            f"Which columns matter is not measured, since there are more than {MOST_COLUMNS}; so no leak is looked for "
            f"in this way. {request.write_option('importance')} measures it",
        )
    return ("Which columns matter is not measured, since there is only one",) if request.importance else ()


def check_weights(own: Own, methods: Sequence[Method], request: ComparisonRequest) -> None:
    """Check that what a comparison does can count rows by their weights.

    Raises:
        ValueError: The test part is fixed, whose rows are drawn again with equal chances; segments are asked for, which
            count rows; or a sampler makes new rows, which have no weight.
    """
    weight = request.write_option("weight")
    if own.division != FOLDS:
        fixed = request.write_option("time" if own.times is not None else "test")
        raise ValueError(
            f"{weight} and {fixed} cannot be combined: a fixed test part is judged by rows that count alike"
        )
    if request.segment:
        raise ValueError(
            f"{weight} and {request.write_option('segment')} cannot be combined: segments count rows alike"
        )
    for method in (each for named in methods for each in named.with_members):
        if not method.sampler.keeps_weights:
            problem = f"its sampler makes new {own.kind.noun}s, which have no weight"
            raise ValueError(f"{weight} and the method {method} cannot be combined: {problem}")


def set_rows_apart(own: Own, request: ComparisonRequest) -> Own:
    """Return the data with rows set apart if the threshold of a request is a guarantee, else the data unchanged.

    Raises:
        ValueError: The threshold or its confidence is wrong; the rows differ by time or group, so that new rows are no
            further draws of the same kind; rows have costs or weights; or there are too few rows for the guarantee, or
            for the folds of the others.
    """
    guarantee = None
    if is_guarantee(request.recipe.get("threshold")):
        guarantee = Decision.read(request.recipe).rule
    if not isinstance(guarantee, Guarantee):
        return own
    check_costs(request)
    noun = own.kind.noun
    if own.weights is not None:
        raise ValueError(
            f"{request.write_option('weight')} and a guarantee cannot be combined: its tests count {noun}s alike"
        )
    if own.times is not None:
        reason = f"a guarantee is for new {noun}s of the same kind, and with times later {noun}s are of another kind"
        raise ValueError(f"{guarantee} and {request.write_option('time')} cannot be combined: {reason}")
    if own.groups is not None:
        reason = f"a guarantee counts {noun}s that do not depend on each other, and the {noun}s of one group may"
        raise ValueError(f"{guarantee} and {request.write_option('group')} cannot be combined: {reason}")
    own = replace(own, sets_apart=True)
    labels = own.labels[own.rows_set_apart]
    counts = Counts(len(labels) - int(labels.sum()), int(labels.sum()))
    if problem := explain_too_few(guarantee, counts):
        raise ValueError(f"{own.name}: {problem}. A fifth of the {noun}s is set apart")
    learned = np.bincount(own.labels[: len(own.labels) - own.held_out], minlength=2) - counts
    if learned.min() < own.folds:
        few = f"{learned[1]} positives and {learned[0]} negatives"
        raise ValueError(
            f"{own.name}: besides the {noun}s set apart for {guarantee} there are {few}, too few for {own.folds} folds"
        )
    return own
