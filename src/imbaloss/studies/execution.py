"""Stacks of a study: its runs are cut into them by a fixed rule; a stack is trained and scored together."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, NamedTuple

import numpy as np
import torch

from imbaloss.data import NONE, Dataset, Fold, Split, draw, resample, resampled_counts, split_counts
from imbaloss.data.seeds import stream
from imbaloss.evaluation import Scores, best_for_f1, no_scores, scores
from imbaloss.studies.files import versions
from imbaloss.studies.store import Predictions, Row
from imbaloss.studies.study import Run
from imbaloss.studies.tuning import choose
from imbaloss.training import Member, Model, Outcome, Plan, Recipe, plan_for, train


@dataclass(frozen=True)
class Job:
    """A stack: runs that are trained together, each with all its candidates."""

    runs: tuple[Run, ...]
    plan: Plan
    samples: int  # of one network
    inputs: int

    @property
    def work(self) -> int:
        """Of one epoch of one network: samples x parameters."""
        return self.samples * self.plan.parameters

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
    runs: Sequence[Run], datasets: Mapping[str, Dataset], stack_size: int | None = None, device: str = "cpu"
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
    for (samples, inputs, recipe, candidates), some in groups.items():
        way = plan_for(recipe, samples, inputs, device, stack_size=stack_size)
        size = max(way.stack_size // candidates, 1)
        jobs += [Job(tuple(some[at : at + size]), way, samples, inputs) for at in range(0, len(some), size)]
    return jobs


Kind = tuple[str, float, str, str, str, Fold | None, Recipe]
Shared = tuple[int, int, Recipe, int]  # samples, inputs, recipe but for epochs and rates, and the number of those


def kind_of(run: Run) -> Kind:
    """All of a run but its loss and its seed."""
    return run.dataset, run.level, run.protocol, run.positive, run.sampler, run.fold, run.recipe


def stacked_by(kind: Kind, datasets: Mapping[str, Dataset]) -> Shared:
    """What runs of one stack share. Raises ValueError for a kind of run that its data set cannot give."""
    name, level, protocol, positive, sampler, fold, recipe = kind
    dataset = datasets[name].with_positive(positive)
    parts = split_counts(dataset, level=level, protocol=protocol, fold=fold)
    cell = f"{name} at level {level:g} under protocol {protocol}"
    if recipe.tune_lr and not all(parts["tune"]):
        raise ValueError(f"{cell} leaves no tune part with both classes, by which a learning rate could be chosen")
    try:
        samples = sum(resampled_counts(parts["train"], sampler))
    except ValueError as error:
        raise ValueError(f"{cell}: {error}") from error
    return samples, prod(dataset.train.negatives.shape[1:]), recipe.shared, recipe.networks


class Finished(NamedTuple):
    """What a run came to."""

    row: Row
    predictions: dict[str, Predictions]  # on tune and test; none where the training failed
    model: Model | None


def train_together(
    job: Job, datasets: Mapping[str, Dataset], device: str, on_work: Callable[[int], object]
) -> list[Finished]:
    """Trains the runs of one stack and scores their models."""
    drawn: dict[Any, Split] = {}
    resampled: dict[Any, Split] = {}
    members, splits = [], []
    for run in job.runs:
        images = (run.dataset, run.level, run.protocol, run.positive, run.seed, run.fold)
        if images not in drawn:
            dataset = datasets[run.dataset].with_positive(run.positive)
            drawn[images] = draw(dataset, level=run.level, protocol=run.protocol, seed=run.seed, fold=run.fold)
        split = drawn[images]
        if (images, run.sampler) not in resampled:
            resampled[images, run.sampler] = replace(split, train=resample(split.train, run.sampler, run.seed))
        splits.append(split)
        trained = resampled[images, run.sampler]
        members += [Member(trained, run.loss, recipe, run.seed) for recipe in run.recipe.candidates()]
    started, left = time.perf_counter(), job.work_of(job.runs)

    def on_epoch(networks: int) -> None:
        nonlocal left
        left -= networks * job.work
        on_work(networks * job.work)

    outcomes = train(members, device=device, plan=job.plan, on_epoch=on_epoch)
    on_work(left)  # of networks that failed before their last epoch
    computed = {
        "device": device,
        "threads": torch.get_num_threads(),
        "plan": job.plan.facts(),
        "stack_size": len(members),
        "stack_seconds": round(time.perf_counter() - started, 3),
        "versions": versions(),
    }
    found, at = [], 0
    for run, split in zip(job.runs, splits, strict=True):
        candidates = slice(at, at + run.recipe.networks)
        found.append(finish(run, datasets[run.dataset], split, outcomes[candidates], computed))
        at = candidates.stop
    return found


def finish(run: Run, dataset: Dataset, split: Split, outcomes: Sequence[Outcome], computed: dict[str, Any]) -> Finished:
    """outcomes: of the candidates of the run, of which one is chosen before test is read."""
    outcome, tuning = choose(run, split.tune, outcomes) if run.recipe.tune_lr else (outcomes[0], None)
    parts = {"tune": split.tune, "test": split.test}
    probabilities = {}
    if outcome.model:
        for part, samples in parts.items():
            order = stream(run.seed, part).permutation(len(samples)) if run.recipe.shuffle_test else None
            probabilities[part] = outcome.model.probabilities(samples.inputs, order)
    if not all(np.isfinite(values).all() for values in probabilities.values()):
        failure = "the outputs of the trained network are not finite; try a smaller lr"
        outcome, probabilities = replace(outcome, model=None, failure=failure), {}
    predictions = {
        part: Predictions(parts[part].labels, values, parts[part].images) for part, values in probabilities.items()
    }
    found = scored(predictions) if predictions else unscored("the training failed")
    counts = {part: tuple(samples.counts) for part, samples in {"train": split.train, **parts}.items()}
    if run.sampler != NONE:
        counts["resampled"] = tuple(resampled_counts(split.train.counts, run.sampler))
    row = Row(
        run=run,
        classes=(dataset.with_positive(run.positive).negative, run.positive),
        counts=counts,
        scores={part: values for part, (values, _) in found.items()},
        undefined={part: reasons for part, (_, reasons) in found.items()},
        failure=outcome.failure,
        computed=computed | {"data": dataset.checksum},
        tuning=tuning,
        losses=tuple(outcome.losses),
    )
    return Finished(row, predictions, outcome.model)


def scored(predictions: Mapping[str, Predictions]) -> dict[str, tuple[Scores, dict[str, str]]]:
    """Scores of tune and test at 1/2, and of test at the threshold that is best on tune."""
    tune, test = predictions["tune"], predictions["test"]
    found = {part: scores(of_part.labels, of_part.probabilities) for part, of_part in predictions.items()}
    threshold = best_for_f1(tune.labels, tune.probabilities)
    if threshold is None:
        return found | {"tuned": unscored("tune lacks a class, so that no threshold could be chosen")["tuned"]}
    tuned, reasons = scores(test.labels, test.probabilities, threshold)
    return found | {"tuned": ({**tuned, "threshold": threshold}, reasons)}


def unscored(reason: str) -> dict[str, tuple[Scores, dict[str, str]]]:
    """What `scored` returns where there is nothing to score."""
    none, reasons = no_scores(reason)
    return {"tune": (none, reasons), "test": (none, reasons), "tuned": ({**none, "threshold": None}, reasons)}
