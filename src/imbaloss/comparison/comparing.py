"""Comparing methods on a person's own data, then training the recommended one on all rows."""

from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from imbaloss import report, studies
from imbaloss.comparison.advice import extend_page
from imbaloss.comparison.answer import Answer
from imbaloss.comparison.budget import TrainedStudy, train_in_budget
from imbaloss.comparison.column_permutation import MEASURED, measure_columns
from imbaloss.comparison.columns import Schema
from imbaloss.comparison.description import describe_data
from imbaloss.comparison.executor_choice import choose_executor
from imbaloss.comparison.first_checks import budget_in_seconds
from imbaloss.comparison.nearest_images import store_nearest_images
from imbaloss.comparison.output_folder import choose_folder
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.own_model import OwnModel, name_output, remove_model
from imbaloss.comparison.place import SILENT, ComparisonObserver, Place
from imbaloss.comparison.planning import (
    describe_unmeasured_columns,
    plan_study,
    set_rows_apart,
)
from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.comparison.racing import note_drops, train_in_race
from imbaloss.comparison.reference import make_reference
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.stored_extractors import StoredExtractors
from imbaloss.comparison.study import OwnStudy
from imbaloss.comparison.text_words import list_words
from imbaloss.comparison.time_left import ComparisonPlan, Stage
from imbaloss.evaluation import THRESHOLD, Guarantee
from imbaloss.evaluation.scores import Threshold
from imbaloss.learners import Method
from imbaloss.plural import format_count, join_words
from imbaloss.recipe_fields import DECISION_FIELDS
from imbaloss.studies import Row, Store
from imbaloss.studies.detectable_difference import AREA
from imbaloss.training import check_device


def answer_request(
    own: Own, request: ComparisonRequest, out: Path, observer: ComparisonObserver = SILENT, *, page: bool = True
) -> Answer:
    """Compare the methods and train the recommended one on all rows. Runs that the folder has are not trained again.

    Args:
        own: The data.
        request: The methods to compare and the time to spend on them.
        out: The output folder, of the request or a default one. If a default folder holds the answer for other data,
            another folder is used.
        observer: Receives messages.
        page: Whether to write report.html, tables and figures, in addition to study, store and model.

    Returns:
        The answer: output folder, findings, advice, trained model and notes. Its model is None if the last training
        failed.

    Raises:
        ValueError: The request cannot be met, no method has a score, or the folder that the request names holds the
            answer for other data.
        OSError: The folder cannot be written.
    """
    check_device(request.device)
    own = set_rows_apart(own, request)
    study, budget = plan_study(request, own), budget_in_seconds(request)
    executor = choose_executor(request, study, own)
    notes = (*describe_data(own, study.copies), *describe_network(study, own), *describe_idle_entries(request, study))
    notes += describe_unmeasured_columns(request, own.kind)
    study = replace(study, notes=notes + (describe_detectable_difference(study, own) if budget is None else ()))
    for text in study.notes:
        observer.note(f"{text}.")
    out = choose_folder(study, out, observer.note, is_named=request.out is not None, overwrite=request.overwrite)
    place = Place(own, out, Store(out), request.device, observer, executor)
    place.store.add_examples({study.name: own})
    place.store.add_segments(study.data, own.segments)
    place.keep(study)
    observer.plan(plan_work(study, None if budget is None else request.made + budget))
    study, page_start = train_study(study, place, request)
    findings = report.compute_findings(study, place.store.rows(study.runs()), place.store)
    best = study.recommend(findings)
    if best is None:
        raise ValueError(f"no method has a score. The first reason: {explain_no_score(findings)}")
    observer.enter(Stage.FINAL, f"training {best} on all {study.noun}")
    model = train_final_model(study, best, request.target, place, bundle=request.bundle)
    misses = study.find_misses(findings, best)
    store_nearest_images(study, best, findings, misses, place)
    if model is not None and (words := list_words(model.preparation)):
        study = replace(study, words=words)
        findings = replace(findings, study=place.keep(study))
    if study.permutations:
        observer.enter(Stage.COLUMNS, f"measuring which columns matter to {best}")
        study = measure_columns(study, best, place, page_start)
        findings = replace(findings, study=place.keep(study))
    advice = study.advise(findings, best, misses)
    if page:
        observer.enter(Stage.PAGE, "writing the report")
        report.write_report(findings, out, extend_page(advice))
    return Answer(out, findings, advice, model, study.notes, study.drops)


def plan_work(study: OwnStudy, end: float | None) -> ComparisonPlan:
    """Return what a comparison is going to do. end: when its budget ends, as `time.monotonic` tells it; or None."""
    measured = min(MEASURED, study.repetitions) if study.permutations else 0
    return ComparisonPlan(len(study.runs()), len(study.methods), measured, end)


def train_study(study: OwnStudy, place: Place, request: ComparisonRequest) -> TrainedStudy:
    """Train the repetitions of a study: those that fit into a budget, those that a race asks for, or all.

    Notes name what is left out or dropped.

    Args:
        study: The study.
        place: The data, store and executor to train with.
        request: Has the budget, and when it began.

    Returns:
        The study of what was trained, and when the page must be begun; infinity without a budget.
    """
    budget, page_start = budget_in_seconds(request), inf
    if budget is not None:
        study, page_start = train_in_budget(study, place, budget, request.made)
        study = place.keep(replace(study, notes=study.notes + describe_detectable_difference(study, place.own)))
    elif study.race:
        study = train_in_race(study, place)
    else:
        place.run(study.runs())
    return TrainedStudy(note_drops(study, place) if study.race else study, page_start)


def explain_no_score(findings: report.Findings) -> str:
    """Return the first reason why a training has no score; "the score is undefined" if none is recorded."""
    reasons = [row.failure or row.tuned.reason or row.tuned.undefined.get("f1") for row in findings.rows]
    return next(filter(None, reasons), "the score is undefined")


def describe_network(study: OwnStudy, own: Own) -> tuple[str, ...]:
    """Return a tuple of one note on what methods learn from if the data are images, else an empty tuple.

    A convolutional network needs no note.
    """
    if not isinstance(own.kind, ImagePreparation) or study.recipe.kind.convolutional:
        return ()
    if own.kind.description is not None:
        return (
            "Methods learn from directions of edges and coarse colours of each image (HOG), not from its pixels. "
            "--network cnn learns from pixels, and takes longer",
        )
    return (
        "The network is a perceptron, which ignores that pixels are neighbours. --network cnn sees shapes, and takes "
        "longer",
    )


def describe_idle_entries(request: ComparisonRequest, study: OwnStudy) -> tuple[str, ...]:
    """Return a tuple of one note if the request names entries of a recipe that are for networks, and none is compared.

    Scaling and precision are of the inputs of all methods, and the decision is of all methods too.
    """
    if any(each.learner.is_network for method in study.methods for each in method.with_members):
        return ()
    of_all = {*DECISION_FIELDS, "scaling", "precision"}
    named = [name for name, value in request.recipe.items() if value is not None]
    idle = [name.replace("_", "-") for name in named if name not in of_all]
    return (f"Without effect, since no method is a network: {join_words(idle)}",) if idle else ()


def describe_detectable_difference(study: OwnStudy, own: Own) -> tuple[str, ...]:
    """Return a tuple of one note on the smallest difference in ROC-AUC that the study can show; empty for one method.

    If the repetitions or test rows are too few for any difference, the note says that. So it does if the smallest
    difference is above 0.2, since no area is above 1 and the computation assumes areas of 0.8.
    """
    detectable = studies.compute_detectable_differences(study.runs(), {study.name: own})
    if detectable is None:
        return ()
    [cell] = detectable.cells
    repetitions = format_count(detectable.repetitions, "repetition")
    if detectable.fewest and detectable.repetitions < detectable.fewest:
        return (
            f"{repetitions} cannot show any difference between {detectable.methods} methods: at least "
            f"{detectable.fewest} are needed",
        )
    if cell.difference is None:
        return (
            f"{repetitions} with {format_count(cell.positives, 'positive')} in test cannot show any difference in "
            f"ROC-AUC between {detectable.methods} methods",
        )
    if cell.difference > 1 - AREA:
        return (
            f"{repetitions} with {format_count(cell.positives, 'positive')} in test are too few to show a difference "
            f"in ROC-AUC between {detectable.methods} methods with a probability of 80 %: areas of {AREA:g} would have "
            f"to differ by about {cell.difference:.2g}, and the highest area is 1",
        )
    return (
        f"A difference in ROC-AUC of about {cell.difference:.2g} can be shown with a probability of 80 % "
        f"({detectable.methods} methods, {repetitions}, areas of {AREA:g}, {cell.positives:,} positives and "
        f"{cell.negatives:,} negatives in a test part)",
    )


def describe_guarantee(row: Row) -> dict[str, Any]:
    """Return what a model file tells of the guarantee of its threshold: confidence, and whether there is one.

    Empty if none was asked for. row: The result of the final training.
    """
    rule = row.run.method.decision.rule
    if not isinstance(rule, Guarantee):
        return {}
    return {"confidence": rule.confidence, "guaranteed": row.threshold is not None}


def train_final_model(
    study: OwnStudy, method: Method, target: str, place: Place, *, bundle: bool = False
) -> OwnModel | None:
    """Train a method on all rows, save its model in the folder "model" of the output folder and return it.

    An earlier model in the folder is removed first. A classifier that skops cannot save leaves a note in its place. If
    the training has no threshold, the model decides at 1/2.

    Args:
        study: The study.
        method: The method.
        target: The name of the target, which the model keeps.
        place: The data, folder and device.
        bundle: Whether the folder keeps the weights of the pretrained model that makes features.

    Returns:
        The model; None if the training failed, which leaves no model in the folder.
    """
    run, own, folder = study.final_run(method), place.own.without_test, place.folder / "model"
    remove_model(folder)  # an earlier model could be mistaken for this one
    place.own.release_splits()  # the inputs of all rows take their place
    datasets = {run.dataset: own}
    row, predictions, model = studies.train_alone(run, datasets, place.device)
    place.store.add([(row, predictions)])
    if model is None:
        return None
    preparation = own.prepare_split(run.seed, None, run.method.input_form).preparation
    own_model = OwnModel(
        model=model,
        preparation=preparation,
        target=target,
        classes=own.classes,
        threshold=row.threshold or Threshold(np.nan if own.costs else THRESHOLD, np.nan, np.nan),
        facts={
            "method": str(method),
            "rule": str(run.method.decision.rule),
            **describe_guarantee(row),
            **row.facts(),
            "versions": row.computed.versions,
        },
        output=name_output(model),
        costs=own.costs if row.threshold is None else None,  # a rule in use keeps its decisions
        reference=make_reference(own, preparation, predictions["validation"]),
        extractors=StoredExtractors(own.kind.embeddings if isinstance(own.kind, Schema) else {}),
    )
    try:
        own_model.save(folder, bundle=bundle)
    except ValueError as error:  # the report is worth more than its model
        remove_model(folder)
        place.observer.note(f"The model of {method} is not saved: {error}.")
    return own_model
