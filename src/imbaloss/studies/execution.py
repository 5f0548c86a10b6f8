"""The training of a stack: plan its models, train them together, and score them run by run."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeGuard

import numpy as np
import torch
from numpy.typing import NDArray

from imbaloss.data import NO_SAMPLER, Counts, Fold, InputForm, SamplerSpec, Source, Split, resample
from imbaloss.data.resampling import shown_counts, weigh_by_costs
from imbaloss.data.seeds import make_generator
from imbaloss.evaluation import (
    CONFUSION,
    RULES_ALONE,
    SCORES,
    THRESHOLD,
    Decision,
    Guarantee,
    Objective,
    Rule,
    ScoredSamples,
    Scores,
    TunedScores,
    calibration,
    choose_guaranteed_threshold,
    choose_threshold,
    no_scores,
)
from imbaloss.evaluation.confusion import ConfusionCounts
from imbaloss.evaluation.decision import RULES_OF_COSTS
from imbaloss.evaluation.objective import COST, RANKINGS, SAVINGS, average_constants, require_costs
from imbaloss.evaluation.sample_costs import ExpectedCost, decide_by_costs
from imbaloss.evaluation.scores import score_decisions
from imbaloss.learners import FittedModel, Learner
from imbaloss.losses import LossSpec
from imbaloss.networks import Prototypes
from imbaloss.studies.files import library_versions
from imbaloss.studies.jobs import Job
from imbaloss.studies.prototypes import PrototypeMap
from imbaloss.studies.row import CONSTANT_COSTS, Computation, PartCounts, Row, name_in_store
from imbaloss.studies.store import Predictions
from imbaloss.studies.study import Run
from imbaloss.studies.tuning import choose_outcome
from imbaloss.training import Candidate, Member, Model, Outcome
from imbaloss.training.model import to_probabilities
from imbaloss.training.priors import prior_shift


class Finished(NamedTuple):
    """The result of a run: its row, its predictions and its model."""

    row: Row
    predictions: dict[str, Predictions]  # on validation, test and samples set apart; empty if the training failed
    model: FittedModel | None


@dataclass(frozen=True)
class SplitKey:
    """The fields of a run that decide which samples of its source it uses."""

    source: str
    level: float
    protocol: str
    positive: str
    seed: int
    fold: Fold | None
    form: InputForm


@dataclass(frozen=True)
class SampledKey:
    """The split and the sampler, which decide the training samples of a run."""

    split: SplitKey
    sampler: SamplerSpec


@dataclass(frozen=True)
class FitKey:
    """The fields that decide a fitted model. Runs that differ only in their decision share the model."""

    sampled: SampledKey
    learner: Learner
    loss: LossSpec | None
    candidate: Candidate


@dataclass(frozen=True, eq=False)
class Resampled:
    """A split whose train part was changed by a sampler."""

    split: Split


@dataclass(frozen=True)
class Refusal:
    """The reason why a sampler cannot resample a train part."""

    reason: str


@dataclass(frozen=True, eq=False)
class Origin:
    """The split, the training samples and the fitted models behind the scores of a run."""

    split: Split  # as drawn, without a sampler
    sampled: Resampled | Refusal
    fits: Sequence[FitKey]  # one for each candidate setting; none after a refusal


def train_together(
    job: Job, datasets: Mapping[str, Source], device: str, on_work: Callable[[int], object]
) -> list[Finished]:
    """Train the runs of one stack together and score their models.

    A training that fails gives a row with the reason of the failure, without scores and model.

    Args:
        job: The stack of runs.
        datasets: The data sets by name.
        device: The device that trains: "cpu", "cuda" or "cuda:N".
        on_work: Called with amounts of finished work, in multiplications, which add up to all work of the job.

    Returns:
        The row, the predictions and the model of each run, in the order of the runs.
    """
    members, origins = plan_members(job.runs, datasets)
    started = time.perf_counter()
    outcomes = train_members(job, members, device, on_work)
    computed = Computation(
        device=device,
        threads=torch.get_num_threads(),
        plan=job.plan.facts(),
        stack_size=job.networks,
        stack_seconds=round(time.perf_counter() - started, 3),
        versions=library_versions(),
    )
    return [
        finish_run(run, datasets[run.source], origin, [outcomes[key] for key in origin.fits], computed)
        for run, origin in zip(job.runs, origins, strict=True)
    ]


def train_again(job: Job, row: Row, datasets: Mapping[str, Source], device: str) -> Finished:
    """Fit the model of a finished run again, with the setting that it chose alone, and score it as before.

    Args:
        job: A stack of this run.
        row: The row (result) of the run, whose training did not fail.
        datasets: The data sets by name.
        device: The device that trains: "cpu", "cuda" or "cuda:N".

    Returns:
        The row, the predictions and the model. The row lacks the choice of a setting.
    """
    run = row.run
    members, [origin] = plan_members([run], datasets)
    chosen = row.tuning.setting if row.tuning else None
    [fit, *_] = [key for key in origin.fits if chosen is None or key.candidate.setting == chosen]
    outcomes = train_members(job, {fit: members[fit]}, device, lambda _: None)
    return finish_run(run, datasets[run.source], replace(origin, fits=[fit]), [outcomes[fit]], row.computed)


def plan_members(runs: Sequence[Run], datasets: Mapping[str, Source]) -> tuple[dict[FitKey, Member], list[Origin]]:
    """Draw the samples of the runs, apply their samplers, and list the models to fit.

    Args:
        runs: The runs of a stack.
        datasets: The data sets by name.

    Returns:
        The models to fit by their key, each once although several runs may share it; then, for each run in order, its
        split, its resampled training part and the keys of its models. A run whose sampler refuses the training part has
        no model to fit.
    """
    splits: dict[SplitKey, Split] = {}
    samples: dict[SampledKey, Resampled | Refusal] = {}
    members: dict[FitKey, Member] = {}
    origins = []
    for run in runs:
        method = run.method
        split_key = SplitKey(run.source, run.level, run.protocol, run.positive, run.seed, run.fold, method.input_form)
        key = SampledKey(split_key, method.sampler)
        if split_key not in splits:
            dataset = datasets[run.source].with_positive(run.positive)
            splits[split_key] = dataset.draw(
                level=run.level, protocol=run.protocol, seed=run.seed, fold=run.fold, form=method.input_form
            )
        if key not in samples:
            samples[key] = resample_train(splits[split_key], run)
        sampled, fits = samples[key], list[FitKey]()
        if isinstance(sampled, Resampled):
            fits = [FitKey(key, method.learner, method.loss, candidate) for candidate in run.candidates]
            for fit in fits:
                setting, recipe = fit.candidate
                member = Member(sampled.split, method.objective, recipe, run.seed, method.sampler, setting=setting)
                members.setdefault(fit, member)
        origins.append(Origin(splits[split_key], sampled, fits))
    return members, origins


def resample_train(split: Split, run: Run) -> Resampled | Refusal:
    """Return the split with the train part that the run's sampler makes of it; without a sampler it is unchanged.

    Weights by costs are given to the validation part too, which decides when a training stops.

    If the sampler cannot do so, as with too few samples of a class, return a Refusal with the reason.
    """
    try:
        sampler, validation = run.method.sampler, split.validation
        if sampler.by_costs:
            validation = weigh_by_costs(validation)
        return Resampled(replace(split, train=resample(split.train, sampler, run.seed), validation=validation))
    except ValueError as error:
        return Refusal(str(error))


def train_members(
    job: Job, members: Mapping[FitKey, Member], device: str, on_work: Callable[[int], object]
) -> dict[FitKey, Outcome[FittedModel]]:
    """Fit a model for each member of a job (a training with one setting).

    `on_work` is called after each epoch. At the end it gets the rest of the job's work too: that of models that stopped
    early or failed, or that several runs share.

    Args:
        job: The stack of runs; its learner fits the models.
        members: The trainings by key; may be empty.
        device: The device that trains: "cpu", "cuda" or "cuda:N".
        on_work: Called with amounts of finished work, in multiplications.

    Returns:
        The outcome of each member, by its key: the losses, with a model or the reason why there is none.
    """
    left = job.work_of(job.runs)

    def on_epoch(losses: Sequence[float]) -> None:
        """Report the work of an epoch. losses: one for each member that took part in the epoch."""
        nonlocal left
        left -= len(losses) * job.work
        on_work(len(losses) * job.work)

    outcomes: Sequence[Outcome[FittedModel]] = []
    if members:
        outcomes = job.learner.fit(list(members.values()), device=device, plan=job.plan, on_epoch=on_epoch)
    on_work(left)
    return dict(zip(members, outcomes, strict=True))


def finish_run(
    run: Run, dataset: Source, origin: Origin, outcomes: Sequence[Outcome[FittedModel]], computed: Computation
) -> Finished:
    """Choose the setting of a run, calibrate its model, and score the model on validation and test.

    The choice is made on the validation part, before the test part is read. A threshold with a guarantee is chosen on
    the samples set apart. If the training failed, or the outputs are not finite, the row has the reason of the failure
    and there is no model.

    Args:
        run: The run.
        dataset: The data set of the run.
        origin: The split of the run, and what its sampler made of it.
        outcomes: One for each candidate setting; none if the sampler refused the train part.
        computed: How the stack was trained. The row adds the checksum of the data and the number of epochs.

    Returns:
        The row, the predictions by part (empty after a failure), and the model.
    """
    if isinstance(origin.sampled, Refusal):
        outcomes = [Outcome([], None, origin.sampled.reason)]
    chooses = (run.recipe.tune_lr or len(run.candidates) > 1) and len(outcomes) == len(run.candidates)
    outcome, tuning = outcomes[0], None
    if chooses:
        settings = [candidate.setting for candidate in run.candidates]
        outcome, tuning = choose_outcome(run.method.decision, settings, origin.split.validation, outcomes)
    counts = count_samples(run, origin)
    model, predictions, failure, seconds = outcome.model, dict[str, Predictions](), outcome.failure, None
    if model:
        prior = prior_shift(run.method.objective, counts.train, counts.shown)
        model = replace(model, prior=prior, decision=run.method.decision)
        model, predictions, seconds = calibrate_and_predict(run, model, origin.split)
    if not all(np.isfinite(of_part.probabilities).all() for of_part in predictions.values()):
        model, predictions, seconds = None, {}, None
        advice = "; try a smaller lr" if run.method.learner.is_network else ""
        failure = f"the outputs of the trained {'network' if advice else 'model'} are not finite{advice}"
    keeps = run.method.input_form is InputForm.BASELINE
    scored, tuned_scores = score_parts(predictions, run.method.decision, keeps_decisions=keeps)
    train = origin.split.train
    row = Row(
        run=run,
        classes=(dataset.with_positive(run.positive).negative, run.positive),
        counts=counts,
        scores={part: values for part, (values, _) in scored.items()},
        undefined={part: reasons for part, (_, reasons) in scored.items()},
        tuned=tuned_scores,
        failure=failure,
        computed=replace(computed, data=dataset.checksum, epochs=len(outcome.losses), predict_seconds=seconds),
        tuning=tuning,
        losses=tuple(outcome.losses),
        prototypes=PrototypeMap.of(model, train) if has_prototypes(model) else None,
    )
    return Finished(row, predictions, model)


def has_prototypes(model: FittedModel | None) -> TypeGuard[Model]:
    """Say whether a model is one network with prototypes (learned points for each class); False for None.

    It is false for an average of such networks, each of which has prototypes of its own.
    """
    return isinstance(model, Model) and isinstance(model.network, Prototypes) and model.networks == 1


def count_samples(run: Run, origin: Origin) -> PartCounts:
    """Count the samples of each class in the parts of the split, and those that an epoch shows after a sampler.

    The last are None without a sampler that changes them, or if the sampler refused the train part.
    """
    split, sampled, resampled = origin.split, origin.sampled, None
    if run.method.sampler != NO_SAMPLER and not run.method.sampler.by_costs and isinstance(sampled, Resampled):
        shown = shown_counts(sampled.split.train.counts, run.method.sampler, run.recipe.train_batch)
        resampled = Counts(*shown)
    set_apart = None if split.set_apart is None else split.set_apart.counts
    return PartCounts(split.train.counts, split.validation.counts, split.test.counts, resampled, set_apart)


def calibrate_and_predict(
    run: Run, model: FittedModel, split: Split
) -> tuple[FittedModel, dict[str, Predictions], float]:
    """Fit the calibration of a run's decision on validation, and predict all parts but train with it.

    If the model's logits on validation are not finite, the model stays without calibration.

    Returns:
        The model with its calibration, the predictions by part ("validation", "test", and "set_apart" if there is such
        a part), and the seconds in which the model gave its logits for all parts.
    """
    parts = {"validation": split.validation, "test": split.test}
    parts |= {} if split.set_apart is None else {"set_apart": split.set_apart}
    logits, seconds = {}, 0.0
    for part, samples in parts.items():
        order = (
            make_generator(run.seed, name_in_store(part)).permutation(len(samples)) if run.recipe.shuffle_test else None
        )
        started = time.perf_counter()
        logits[part] = model.logits(samples.inputs, order)
        seconds += time.perf_counter() - started
    if np.isfinite(logits["validation"]).all():
        of_validation = split.validation
        fitted = calibration.fit_calibration(
            model.decision.calibration, of_validation.labels, logits["validation"], of_validation.weights
        )
        model = replace(model, calibration=fitted)
    predictions = {
        part: Predictions(
            labels=samples.labels,
            probabilities=to_probabilities(model.calibration(logits[part])),
            images=samples.images,
            costs=samples.costs,
            weights=samples.weights,
        )
        for part, samples in parts.items()
    }
    return model, predictions, round(seconds, 6)


def score_parts(
    predictions: Mapping[str, Predictions], decision: Decision, *, keeps_decisions: bool = False
) -> tuple[dict[str, tuple[Scores, dict[str, str]]], TunedScores]:
    """Score validation and test at the threshold 1/2, and test at the tuned threshold.

    Args:
        predictions: By part, "validation", "test" and, for a guarantee, "set_apart"; empty if the training failed.
        decision: Has the rule, such as F1, whose best threshold on validation is the tuned one, or a guarantee; and the
            score that is optimised.
        keeps_decisions: Whether two different probabilities are the decisions of a rule in use, which no other rule
            changes.

    Returns:
        For each part its scores at 1/2 with the reasons for scores that are None; then the scores of test at the tuned
        threshold. Without predictions all scores are None, with the reason "the training failed".
    """
    if not predictions:
        reason = "the training failed"
        return dict.fromkeys(("validation", "test"), no_scores(reason)), TunedScores.without_threshold(reason)
    at_half = {
        part: score_part(predictions[part], decision, predictions[part].probabilities >= THRESHOLD)
        for part in ("validation", "test")
    }
    between = find_kept_threshold(predictions) if keeps_decisions else None
    if between is not None and not isinstance(decision.rule, Guarantee):
        test = predictions["test"]
        return at_half, TunedScores(between, None, *score_part(test, decision, test.probabilities >= between))
    return at_half, score_tuned(predictions, decision)


def find_kept_threshold(predictions: Mapping[str, Predictions]) -> float | None:
    """Return a threshold between the two probabilities of all parts; None if there are more of them, or one."""
    values = np.unique(np.concatenate([of_part.probabilities for of_part in predictions.values()]))
    return float(values.mean()) if len(values) == 2 else None


def score_tuned(predictions: Mapping[str, Predictions], decision: Decision) -> TunedScores:
    """Choose the threshold by the rule of a decision, and score test at that threshold.

    A rule such as F1 takes the threshold that is best on validation; a guarantee takes one by the samples set apart,
    without an interval. If no threshold can be chosen, as without positives, all scores are None, with the reason. The
    rule "expected_cost" needs no threshold: it decides each sample by its own costs.

    Raises:
        KeyError: The rule is a guarantee, and no samples are set apart.
    """
    rule, test, interval = decision.rule, predictions["test"], None
    if isinstance(rule, ExpectedCost):
        flagged = decide_by_costs(test.probabilities, require_costs(test.costs))
        return TunedScores(None, None, *score_part(test, decision, flagged))
    parts = {part: ScoredSamples(each.labels, each.probabilities) for part, each in predictions.items()}
    try:
        if isinstance(rule, Guarantee):
            threshold = choose_guaranteed_threshold(rule, parts["set_apart"], parts["validation"])
        else:
            threshold, low, high, _ = choose_threshold(rule, *parts["validation"], predictions["validation"].weights)
            interval = (low, high) if np.isfinite([low, high]).all() else None
    except ValueError as error:
        return TunedScores.without_threshold(f"no threshold was chosen: {error}")
    return TunedScores(threshold, interval, *score_part(test, decision, test.probabilities >= threshold))


def score_part(of_part: Predictions, decision: Decision, flagged: NDArray[np.bool_]) -> tuple[Scores, dict[str, str]]:
    """Return the scores of decisions on a part by name, and the reason for each score that is None.

    The value of the rule is added if it is a mean cost, F-beta or accuracy, since runs with other rules lack it. The
    score that is optimised is added if it is none of `SCORES`. With costs by sample or weights, the costs of flagging
    no sample and all samples are added. Nothing is added for a part without samples.

    Args:
        of_part: The predictions.
        decision: The decision of the run.
        flagged: (N,), whether each sample is predicted positive.
    """
    labels, weights = of_part.labels, of_part.weights
    values, reasons = score_decisions(labels, of_part.probabilities, flagged, weights)
    if not len(labels):
        return values, reasons
    rule, objective = decision.rule, decision.optimize
    if rule.name in RULES_OF_COSTS and (of_part.costs is not None or weights is not None):
        constants = average_constants(rule, labels, of_part.costs, weights)
        values |= dict(zip(CONSTANT_COSTS, constants, strict=True))
    if isinstance(rule, ExpectedCost):
        values[COST] = Objective(COST).compute_decided(rule, labels, flagged, weights, of_part.costs)
    elif isinstance(rule, Rule) and rule.name in RULES_ALONE:
        counts = ConfusionCounts(*(np.array(values[name], dtype=float) for name in CONFUSION))
        values[rule.name] = float(rule.score(counts))
    if objective and objective.name == SAVINGS:
        values[SAVINGS] = objective.compute_decided(rule, labels, flagged, weights, of_part.costs)
    elif objective and objective.name in RANKINGS and objective.name not in SCORES:
        values[objective.name] = objective.compute(labels, of_part.probabilities, weights)
    return values, reasons
