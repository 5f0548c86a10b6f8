"""Running a study: its runs are cut into stacks by a fixed rule, trained, scored, and stored stack by stack."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from math import prod
from typing import Any

import numpy as np

from imbaloss.data import Dataset, Split, counts, draw
from imbaloss.data.seeds import stream
from imbaloss.evaluation import no_scores, scores
from imbaloss.studies.store import Row, Store
from imbaloss.studies.study import Run, versions
from imbaloss.training import Member, Model, Outcome, Recipe, train, within_span

PARAMETERS_OF_A_STACK = 2**23  # 32 MiB in float32: about what a processor's cache holds; a larger stack is slower
LARGEST_STACK = 256


@dataclass(frozen=True)
class Job:
    """A stack of runs that are trained together."""

    runs: tuple[Run, ...]
    work: int  # of one epoch of one run: samples x parameters


def plan(runs: Sequence[Run], datasets: Mapping[str, Dataset], stack_size: int | None = None) -> list[Job]:
    """Cuts neighbouring runs that can be trained together into stacks of stack_size.

    Without stack_size, as many as hold PARAMETERS_OF_A_STACK together, from 1 to LARGEST_STACK.
    Raises ValueError for a run that its data set cannot give (see `data.counts`).
    """
    jobs = []
    for (samples, inputs, recipe), group in groupby(runs, lambda run: stackable(run, datasets)):
        trained = samples if within_span(recipe, samples, inputs) else inputs
        parameters = sum(
            (fan_in + 1) * fan_out for fan_in, fan_out in pairwise((trained, *recipe.hidden, recipe.outputs))
        )
        size = stack_size or min(max(PARAMETERS_OF_A_STACK // parameters, 1), LARGEST_STACK)
        some = list(group)
        jobs += [Job(tuple(some[start : start + size]), samples * parameters) for start in range(0, len(some), size)]
    return jobs


def stackable(run: Run, datasets: Mapping[str, Dataset]) -> tuple[int, int, Recipe]:
    """What the runs of a stack share: training samples, inputs, and the recipe but for epochs and lr."""
    dataset = datasets[run.dataset].with_positive(run.positive)
    samples = sum(counts(dataset, "train", level=run.level, protocol=run.protocol))
    counts(dataset, "test", level=run.level, protocol=run.protocol)
    return samples, prod(dataset.train.negatives.shape[1:]), replace(run.recipe, epochs=1, lr=1.0)


def execute(
    jobs: Iterable[Job],
    datasets: Mapping[str, Dataset],
    store: Store,
    *,
    device: str = "cpu",
    on_work: Callable[[int], object] = lambda work: None,  # noqa: ARG005
) -> None:
    """Trains what the store does not have yet; the rows of a stack are stored together as soon as it is trained.

    on_work is told how much of the jobs' work has been done since it was last told.
    """
    finished = store.hashes()
    for job in jobs:
        missing = [run for run in job.runs if run.hash not in finished]
        on_work(job.work * sum(run.recipe.epochs for run in job.runs if run.hash in finished))

        def on_epoch(members: int, work: int = job.work) -> None:
            on_work(work * members)

        if missing:
            store.add(row for row, _ in train_together(missing, datasets, device, on_epoch))


def train_together(
    runs: Sequence[Run], datasets: Mapping[str, Dataset], device: str, on_epoch: Callable[[int], object]
) -> list[tuple[Row, Model | None]]:
    """Trains the runs of one stack, scores their models, and returns a row and the model for each."""
    splits: dict[Any, Split] = {}
    members = []
    for run in runs:
        drawn = (run.dataset, run.level, run.seed)
        if drawn not in splits:
            dataset = datasets[run.dataset].with_positive(run.positive)
            splits[drawn] = draw(dataset, level=run.level, protocol=run.protocol, seed=run.seed)
        members.append(Member(splits[drawn], run.loss, run.recipe, run.seed))
    started = time.perf_counter()
    outcomes = train(members, device=device, on_epoch=on_epoch)
    computed = {
        "device": device,
        "stack_size": len(runs),
        "stack_seconds": round(time.perf_counter() - started, 3),
        "versions": versions(),
    }
    return [
        row_and_model(run, datasets[run.dataset], member.split, outcome, computed)
        for run, member, outcome in zip(runs, members, outcomes, strict=True)
    ]


def row_and_model(
    run: Run, dataset: Dataset, split: Split, outcome: Outcome, computed: dict[str, Any]
) -> tuple[Row, Model | None]:
    parts = {"tune": split.tune, "test": split.test}
    probabilities = {}
    if outcome.model:
        for part, samples in parts.items():
            order = stream(run.seed, part).permutation(len(samples)) if run.recipe.shuffle_test else None
            probabilities[part] = outcome.model.probabilities(samples.inputs, order)
    if not all(np.isfinite(values).all() for values in probabilities.values()):
        failure = "the outputs of the trained network are not finite; try a smaller lr"
        outcome = replace(outcome, model=None, failure=failure)
    found = {
        part: scores(samples.labels, probabilities[part]) if outcome.model else no_scores("the training failed")
        for part, samples in parts.items()
    }
    row = Row(
        run=run,
        classes=(dataset.with_positive(run.positive).negative, run.positive),
        counts={part: tuple(samples.counts) for part, samples in {"train": split.train, **parts}.items()},
        scores={part: values for part, (values, _) in found.items()},
        undefined={part: reasons for part, (_, reasons) in found.items()},
        losses=tuple(outcome.losses),
        failure=outcome.failure,
        computed=computed | {"data": dataset.checksum},
    )
    return row, outcome.model
