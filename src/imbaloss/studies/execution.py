"""Stacks of a study: its runs are cut into them by a fixed rule; a stack is trained and scored together."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

import numpy as np
import torch

from imbaloss.data import NONE, OWN, Fold, Source, Split, draw, resample, resampled_counts, split_counts
from imbaloss.data.resampling import shown_counts, size_is_known
from imbaloss.data.seeds import stream
from imbaloss.evaluation import CONFUSION, RULES_ALONE, THRESHOLD, Rule, Scores, calibration, no_scores, scores, tuned
from imbaloss.evaluation.tallies import Tallies
from imbaloss.networks import Prototypes
from imbaloss.studies.files import versions
from imbaloss.studies.prototypes import PrototypeMap
from imbaloss.studies.store import THRESHOLDS, Predictions, Row
from imbaloss.studies.study import Run
from imbaloss.studies.tuning import choose
from imbaloss.training import Member, Model, Outcome, Plan, Recipe, plan_for, references, train
from imbaloss.training.model import to_probabilities
from imbaloss.training.priors import prior_shift


@dataclass(frozen=True)
class Job:
    """A stack: runs that are trained together, each with all its candidates."""

    runs: tuple[Run, ...]
    plan: Plan
    samples: int  # of one network
    shape: tuple[int, ...]  # of one input

    @property
    def work(self) -> int:
        """Of one epoch of one network: multiplications, forward."""
        return self.samples * self.plan.operations

    @property
    def networks(self) -> int:
        return sum(run.recipe.networks for run in self.runs)

    @property
    def bytes(self) -> int:
        """What the stack takes in memory at most."""
        return self.networks * self.plan.bytes

    def work_of(self, runs: Iterable[Run]) -> int:
        return self.work * sum(run.recipe.epochs * run.recipe.networks for run in runs)


def cut(
    runs: Sequence[Run], datasets: Mapping[str, Source], stack_size: int | None = None, device: str = "cpu"
) -> list[Job]:
    """Cuts runs that can be trained together, in their order, into stacks, of stack_size or as `plan_for` has it.

    The candidates of a run stay together, also where they are more than that.
    Raises ValueError as `stacked_by` does.
    """
    kinds = {kind: stacked_by(kind, datasets) for kind in dict.fromkeys(map(kind_of, runs))}
    groups: dict[Shared, list[Run]] = {}
    for run in dict.fromkeys(runs):
        groups.setdefault(kinds[kind_of(run)], []).append(run)
    jobs = []
    for shared, some in groups.items():
        way = plan_for(shared.recipe, shared.samples, shared.shape, device, stack_size=stack_size)
        size = max(way.stack_size // shared.candidates, 1)
        stacks = [tuple(some[at : at + size]) for at in range(0, len(some), size)]
        jobs += [Job(stack, way, shared.samples, shared.shape) for stack in stacks]
    return jobs


class Kind(NamedTuple):
    """All of a run but its loss and, unless the samples decide how many a sampler makes of them, its seed.

    Of a person's own data the seed decides it too; a reference is a kind by itself.
    """

    dataset: str
    level: float
    protocol: str
    positive: str
    sampler: str
    fold: Fold | None
    recipe: Recipe
    reference: str
    seed: int | None


def kind_of(run: Run) -> Kind:
    seed = None if size_is_known(run.sampler) and not run.data else run.seed
    return Kind(
        run.dataset, run.level, run.protocol, run.positive, run.sampler, run.fold, run.recipe, run.reference, seed
    )  # fmt: skip


class Shared(NamedTuple):
    """What runs of one stack share."""

    samples: int  # of train, or of most that a sampler can make of it
    tuned: int  # samples of tune, where each epoch looks at them
    shape: tuple[int, ...]
    recipe: Recipe  # but for epochs, rates and what comes after the training
    candidates: int
    alone: Kind | None  # the only kind in its stack, since its sampler may make any number of samples


def stacked_by(kind: Kind, datasets: Mapping[str, Source]) -> Shared:
    """Raises ValueError for a kind of run that its data set cannot give."""
    dataset, recipe = datasets[kind.dataset].with_positive(kind.positive), kind.recipe
    parts = split_counts(dataset, level=kind.level, protocol=kind.protocol, seed=kind.seed or 0, fold=kind.fold)
    if not kind.reference:
        recipe.check_shape(dataset.shape)
    cell = f"{kind.dataset} at level {kind.level:g} under protocol {kind.protocol}"
    if kind.protocol == OWN:  # which has no level
        cell = kind.dataset
    needs = {
        "a learning rate could be chosen": recipe.tune_lr,
        "a training could be stopped": recipe.patience,
        "probabilities could be calibrated": recipe.calibration != calibration.NONE,
    }
    for purpose, needed in needs.items():
        if needed and not all(parts["tune"]):
            raise ValueError(f"{cell} leaves no tune part with both classes, by which {purpose}")
    try:
        samples = sum(resampled_counts(parts["train"], kind.sampler))
        shown_counts(parts["train"], kind.sampler, recipe.train_batch)
    except ValueError as error:
        raise ValueError(f"{cell}: {error}") from error
    looked_at = sum(parts["tune"]) if recipe.patience else 0
    several = kind.seed is None and not kind.reference
    alone = None if several else kind._replace(recipe=recipe.shared)
    return Shared(samples, looked_at, dataset.shape, recipe.shared, recipe.networks, alone)


class Finished(NamedTuple):
    """What a run came to."""

    row: Row
    predictions: dict[str, Predictions]  # on tune and test; none where the training failed
    model: Model | None


def train_together(
    job: Job, datasets: Mapping[str, Source], device: str, on_work: Callable[[int], object]
) -> list[Finished]:
    """Trains the runs of one stack and scores their models. Runs that differ in what comes after share a network."""
    drawn: dict[Any, Split] = {}
    resampled: dict[Any, Split | str] = {}  # or why there is none
    members: dict[Any, Member] = {}
    origins: list[Origin] = []  # of each run
    for run in job.runs:
        images = (run.dataset, run.level, run.protocol, run.positive, run.seed, run.fold)
        if images not in drawn:
            dataset = datasets[run.dataset].with_positive(run.positive)
            drawn[images] = draw(dataset, level=run.level, protocol=run.protocol, seed=run.seed, fold=run.fold)
        split = drawn[images]
        if (images, run.sampler) not in resampled:
            try:
                resampled[images, run.sampler] = replace(split, train=resample(split.train, run.sampler, run.seed))
            except ValueError as error:
                resampled[images, run.sampler] = str(error)
        sampled = resampled[images, run.sampler]
        recipes = () if isinstance(sampled, str) else run.recipe.candidates()
        keys = [(images, run.sampler, run.loss, recipe.trained) for recipe in recipes]
        for key, recipe in zip(keys, recipes, strict=True):
            members.setdefault(key, Member(cast(Split, sampled), run.loss_spec, recipe.trained, run.seed, run.sampler))
        origins.append(Origin(split, sampled, keys))
    started, left = time.perf_counter(), job.work_of(job.runs)

    def on_epoch(losses: Sequence[float]) -> None:
        nonlocal left
        left -= len(losses) * job.work
        on_work(len(losses) * job.work)

    reference, trained = job.runs[0].reference, list(members.values())
    if reference:
        found = [Outcome([], references.fit(reference, member), None) for member in trained]
    else:
        found = train(trained, device=device, plan=job.plan, on_epoch=on_epoch) if members else []
    outcomes = dict(zip(members, found, strict=True))
    on_work(left)  # of networks that ended before their last epoch, or that several runs share
    computed: dict[str, Any] = {
        "device": device,
        "threads": torch.get_num_threads(),
        "plan": job.plan.facts(),
        "stack_size": job.networks,
        "stack_seconds": round(time.perf_counter() - started, 3),
        "versions": versions(),
    }
    finished = []
    for run, origin in zip(job.runs, origins, strict=True):
        of_run = [outcomes[key] for key in origin.members] or [Outcome([], None, str(origin.sampled))]
        finished.append(finish(run, datasets[run.dataset], origin, of_run, computed))
    return finished


class Origin(NamedTuple):
    """Where a run's network comes from."""

    split: Split
    sampled: Split | str  # the same with the train part that a sampler made, or why it made none
    members: list[Any]  # keys of those that were trained, one a candidate


def finish(
    run: Run, dataset: Source, origin: Origin, outcomes: Sequence[Outcome], computed: dict[str, Any]
) -> Finished:
    """outcomes: of the candidates of the run, of which one is chosen before test is read."""
    split, sampled, _ = origin
    chooses = run.recipe.tune_lr and len(outcomes) == run.recipe.networks
    outcome, tuning = choose(run, split.tune, outcomes) if chooses else (outcomes[0], None)
    counts = {part: tuple(getattr(split, part).counts) for part in PARTS}
    if run.sampler != NONE and isinstance(sampled, Split):
        counts["resampled"] = shown_counts(sampled.train.counts, run.sampler, run.recipe.train_batch)
    model = outcome.model and replace(outcome.model, recipe=replace(run.recipe, lr=outcome.model.recipe.lr, tune_lr=()))
    predictions: dict[str, Predictions] = {}
    if model:
        model = replace(
            model, prior=prior_shift(run.loss_spec, counts["train"], counts.get("resampled", counts["train"]))
        )
        model, predictions = predicted(run, model, split)
    if not all(np.isfinite(of_part.probabilities).all() for of_part in predictions.values()):
        failure = "the outputs of the trained network are not finite; try a smaller lr"
        outcome, model, predictions = replace(outcome, failure=failure), None, {}
    found = scored(predictions, Rule.of(run.recipe.threshold)) if predictions else unscored("the training failed")
    row = Row(
        run=run,
        classes=(dataset.with_positive(run.positive).negative, run.positive),
        counts=counts,
        scores={part: values for part, (values, _) in found.items()},
        undefined={part: reasons for part, (_, reasons) in found.items()},
        failure=outcome.failure,
        computed=computed | {"data": dataset.checksum, "epochs": len(outcome.losses)},
        tuning=tuning,
        losses=tuple(outcome.losses),
        prototypes=PrototypeMap.of(model, split.train) if model and isinstance(model.network, Prototypes) else None,
    )
    return Finished(row, predictions, model)


PARTS = ("train", "tune", "test")


def predicted(run: Run, model: Model, split: Split) -> tuple[Model, dict[str, Predictions]]:
    """The model with its calibration, which is fitted on tune, and what it says of tune and test."""
    parts = {"tune": split.tune, "test": split.test}
    logits = {}
    for part, samples in parts.items():
        order = stream(run.seed, part).permutation(len(samples)) if run.recipe.shuffle_test else None
        logits[part] = model.logits(samples.inputs, order)
    if np.isfinite(logits["tune"]).all():
        model = replace(model, calibration=calibration.fit(run.recipe.calibration, split.tune.labels, logits["tune"]))
    return model, {
        part: Predictions(samples.labels, to_probabilities(model.calibration(logits[part])), samples.images)
        for part, samples in parts.items()
    }


def scored(predictions: Mapping[str, Predictions], rule: Rule) -> dict[str, tuple[Scores, dict[str, str]]]:
    """Scores of tune and test at 1/2, and of test at the threshold that is best on tune by a rule.

    Beside those of every training, what the rule itself gives: a mean cost, F-beta, accuracy.
    """
    tune, test = predictions["tune"], predictions["test"]
    found = {part: priced(of_part, rule, THRESHOLD) for part, of_part in predictions.items()}
    try:
        threshold, low, high, _ = tuned(rule, tune.labels, tune.probabilities)
    except ValueError as error:
        return found | {"tuned": unscored(f"no threshold was chosen: {error}")["tuned"]}
    at, reasons = priced(test, rule, threshold)
    ends = [end if np.isfinite(end) else None for end in (low, high)]
    return found | {"tuned": ({**at, **dict(zip(THRESHOLDS, (threshold, *ends), strict=True))}, reasons)}


def priced(of_part: Predictions, rule: Rule, threshold: float) -> tuple[Scores, dict[str, str]]:
    """The scores at a threshold, and what the rule gives there, where it is none of them."""
    found, reasons = scores(of_part.labels, of_part.probabilities, threshold)
    if rule.name in RULES_ALONE and len(of_part.labels):
        found[rule.name] = float(rule.score(Tallies(*(np.array(found[name], dtype=float) for name in CONFUSION))))
    return found, reasons


def unscored(reason: str) -> dict[str, tuple[Scores, dict[str, str]]]:
    """What `scored` returns where there is nothing to score."""
    none, reasons = no_scores(reason)
    return {"tune": (none, reasons), "test": (none, reasons), "tuned": ({**none, **dict.fromkeys(THRESHOLDS)}, reasons)}
