"""Jobs: the stacks of a study, into which its runs are cut by a fixed rule."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from imbaloss.data import Fold, SamplerSpec, Source, resampled_counts
from imbaloss.data.resampling import shown_counts
from imbaloss.evaluation import Decision, calibration
from imbaloss.learners import Learner
from imbaloss.studies.study import Run
from imbaloss.training import Plan, Recipe, plan_training


@dataclass(frozen=True)
class Job:
    """A stack: runs that are trained together, each with all its candidates."""

    runs: tuple[Run, ...]
    plan: Plan
    samples: int  # of one network
    shape: tuple[int, ...]  # of one input

    @property
    def learner(self) -> Learner:
        """The learner of all its runs."""
        return self.runs[0].method.learner

    @property
    def work(self) -> int:
        """The multiplications of one epoch of one network, forward."""
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
    """Cuts runs that can be trained together, in their order, into stacks, of stack_size or as `plan_training` has it.

    The candidates of a run stay together, also where they are more than that.
    Raises ValueError as `stacked_by` does.
    """
    kinds = {run: Kind.of(run, datasets[run.dataset]) for run in runs}
    shared_by = {kind: stacked_by(kind, datasets) for kind in dict.fromkeys(kinds.values())}
    groups: dict[Shared, list[Run]] = {}
    for run, kind in kinds.items():
        groups.setdefault(shared_by[kind], []).append(run)
    jobs = []
    for shared, some in groups.items():
        way = plan_training(shared.recipe, shared.samples, shared.shape, device, stack_size=stack_size)
        size = max(way.stack_size // shared.candidates, 1)
        stacks = [tuple(some[at : at + size]) for at in range(0, len(some), size)]
        jobs += [Job(stack, way, shared.samples, shared.shape) for stack in stacks]
    return jobs


@dataclass(frozen=True)
class Kind:
    """All of a run but its loss and, unless the samples decide how many a sampler makes of them, its seed.

    Of a person's own data the seed decides it too.
    """

    dataset: str
    level: float
    protocol: str
    positive: str
    learner: Learner
    sampler: SamplerSpec
    decision: Decision
    fold: Fold | None
    recipe: Recipe
    seed: int | None

    @classmethod
    def of(cls, run: Run, source: Source) -> "Kind":
        """Return the kind of a run, whose splits are drawn from that source."""
        method = run.method
        size_is_known = method.sampler.size_is_known and not source.seed_decides_sizes
        return cls(
            dataset=run.dataset,
            level=run.level,
            protocol=run.protocol,
            positive=run.positive,
            learner=method.learner,
            sampler=method.sampler,
            decision=method.decision,
            fold=run.fold,
            recipe=run.recipe,
            seed=None if size_is_known else run.seed,
        )


@dataclass(frozen=True)
class Shared:
    """What runs of one stack share."""

    samples: int  # of train, or of most that a sampler can make of it
    tuned: int  # samples of validation, where each epoch looks at them
    shape: tuple[int, ...]
    recipe: Recipe  # but for epochs and rates
    candidates: int
    alone: Kind | None  # the only kind in its job: its sampler may make any number of samples, or it is not stacked


def stacked_by(kind: Kind, datasets: Mapping[str, Source]) -> Shared:
    """Raises ValueError for a kind of run that its data set cannot give."""
    dataset, recipe = datasets[kind.dataset].with_positive(kind.positive), kind.recipe
    parts = dataset.split_counts(level=kind.level, protocol=kind.protocol, seed=kind.seed or 0, fold=kind.fold)
    kind.learner.check_shape(recipe, dataset.shape)
    cell = dataset.describe_cell(kind.level, kind.protocol)
    needs = {
        "a learning rate could be chosen": recipe.tune_lr,
        "a training could be stopped": recipe.patience,
        "probabilities could be calibrated": kind.decision.calibration != calibration.NONE,
    }
    for purpose, needed in needs.items():
        if needed and not all(parts["validation"]):
            raise ValueError(f"{cell} leaves no validation part with both classes, by which {purpose}")
    try:
        samples = sum(resampled_counts(parts["train"], kind.sampler))
        shown_counts(parts["train"], kind.sampler, recipe.train_batch)
    except ValueError as error:
        raise ValueError(f"{cell}: {error}") from error
    looked_at = sum(parts["validation"]) if recipe.patience else 0
    alone = None
    if kind.seed is not None or not kind.learner.stacks:
        alone = replace(kind, recipe=recipe.shared, decision=Decision())
    return Shared(samples, looked_at, dataset.shape, recipe.shared, recipe.networks, alone)
