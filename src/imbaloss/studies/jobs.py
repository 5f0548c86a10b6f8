"""Jobs: the stacks into which the runs of a study are cut."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from imbaloss.data import Fold, SamplerSpec, Source, resampled_counts
from imbaloss.data.resampling import shown_counts
from imbaloss.evaluation import Decision, calibration
from imbaloss.learners import Learner
from imbaloss.studies.study import Run
from imbaloss.training import Plan, Recipe, check_precision, plan_training

# multiplications that a fit of another library counts as, for each number in its training samples; by time against
# networks on 1,200 rows, LightGBM, logistic regression and forests are between 2,000 and 70,000
FIT = 30_000


@dataclass(frozen=True)
class Job:
    """A stack: runs that are trained together, each with all its candidate settings."""

    runs: tuple[Run, ...]
    plan: Plan
    samples: int  # number of training samples of one network
    shape: tuple[int, ...]  # of the inputs of one sample

    @property
    def learner(self) -> Learner:
        """What fits the models of all its runs: networks, or a learner of another library."""
        return self.runs[0].method.learner

    @property
    def work(self) -> int:
        """The number of multiplications in the forward passes of one epoch of one network.

        For a learner of another library it is an estimate for one fit. An average costs next to nothing.
        """
        if self.learner.members:
            return self.samples
        return self.samples * (self.plan.operations if self.learner.is_network else FIT * prod(self.shape))

    @property
    def networks(self) -> int:
        """The number of networks, or of other models, that are fitted for all runs and their candidate settings."""
        return sum(run.models for run in self.runs)

    @property
    def bytes(self) -> int:
        """The largest memory that the training of the stack takes, in bytes, as the plan estimates it."""
        return self.networks * self.plan.bytes

    def work_of(self, runs: Iterable[Run]) -> int:
        """Return the number of multiplications in the forward passes of all epochs of some runs of this job.

        Each network of each candidate setting counts. The sum is 0 for no runs.
        """
        is_network = self.learner.is_network
        return self.work * sum((run.recipe.epochs if is_network else 1) * run.models for run in runs)


def cut_into_stacks(
    runs: Sequence[Run], datasets: Mapping[str, Source], stack_size: int | None = None, device: str = "cpu"
) -> list[Job]:
    """Group the runs that can be trained together, and cut each group into stacks in the order of the runs.

    The runs of the members of an average are added, before its own.

    Args:
        runs: The runs of a study. A run that occurs twice is trained once.
        datasets: The data sets by name.
        stack_size: The largest number of networks in a stack; None for one that suits their size. A run with more
            networks than that is a stack of its own.
        device: The device that trains: "cpu", "cuda" or "cuda:N".

    Raises:
        ValueError: A data set cannot give a run: level or shape do not fit, the validation part lacks a class that is
            needed, the sampler cannot resample the train part, or networks have precision bf16 and the device no
            instructions for it.
        KeyError: A data set of the runs is missing.
    """
    kinds = {each: Kind.of(each, datasets[each.source]) for run in runs for each in (*run.members, run)}
    keys = {kind: find_stack_key(kind, datasets) for kind in dict.fromkeys(kinds.values())}
    groups: dict[StackKey, list[Run]] = {}
    for run, kind in kinds.items():
        groups.setdefault(keys[kind], []).append(run)
    jobs = []
    for key, group in groups.items():
        if group[0].method.learner.is_network:
            check_precision(key.recipe, device)
        plan = plan_training(key.recipe, key.samples, key.shape, device, stack_size=stack_size)
        size = max(plan.stack_size // (key.candidates * key.recipe.n_networks), 1)
        stacks = [tuple(group[start : start + size]) for start in range(0, len(group), size)]
        jobs += [Job(stack, plan, key.samples, key.shape) for stack in stacks]
    return jobs


@dataclass(frozen=True)
class Kind:
    """The fields of a run on which the shape of its training depends: all except loss, name of the recipe and data.

    The seed counts only if the number of training samples depends on it: with some samplers, and for a user's own data.
    """

    source: str
    level: float
    protocol: str
    positive: str
    learner: Learner
    sampler: SamplerSpec
    decision: Decision
    fold: Fold | None
    recipe: Recipe
    candidates: int  # number of settings to try
    seed: int | None  # None if the number of training samples does not depend on it

    @classmethod
    def of(cls, run: Run, source: Source) -> "Kind":
        """Return the kind of a run on a data set: the fields on which the shape of its training depends.

        The seed is None if the numbers of training samples are the same for all seeds.
        """
        method = run.method
        size_is_known = method.sampler.size_is_known and not source.seed_decides_sizes
        return cls(
            source=run.source,
            level=run.level,
            protocol=run.protocol,
            positive=run.positive,
            learner=method.learner,
            sampler=method.sampler,
            decision=method.decision,
            fold=run.fold,
            recipe=run.recipe,
            candidates=len(run.candidates),
            seed=None if size_is_known else run.seed,
        )


@dataclass(frozen=True)
class StackKey:
    """What runs must have in common to be trained in one stack."""

    samples: int  # number of training samples, the largest number that the sampler can return
    validation: int  # number of validation samples if each epoch computes their loss, else 0
    shape: tuple[int, ...]  # of the inputs of one sample
    recipe: Recipe  # without epochs and learning rates
    candidates: int  # number of candidate settings, 1 or more
    alone: Kind | None  # set if only runs of this kind fit: the seed decides the samples, or the learner never stacks


def find_stack_key(kind: Kind, datasets: Mapping[str, Source]) -> StackKey:
    """Return what runs must have in common with runs of this kind to be trained in one stack.

    Equal keys mean that runs of both kinds can be trained together.

    Raises:
        ValueError: The data set cannot give such a run: level or shape do not fit, the validation part lacks a class
            that is needed, or the sampler cannot resample the train part.
    """
    dataset, recipe = datasets[kind.source].with_positive(kind.positive), kind.recipe
    parts = dataset.split_counts(level=kind.level, protocol=kind.protocol, seed=kind.seed or 0, fold=kind.fold)
    kind.learner.check_shape(recipe, dataset.shape)
    cell = dataset.describe_cell(kind.level, kind.protocol)
    needs = {
        "choose a setting": recipe.tune_lr or kind.candidates > 1,
        "stop a training": recipe.patience or kind.learner.needs_validation,
        "calibrate probabilities": kind.decision.calibration != calibration.NONE,
    }
    for purpose, needed in needs.items():
        if needed and not all(parts["validation"]):
            raise ValueError(f"{cell} leaves no validation part with both classes, which is needed to {purpose}")
    try:
        samples = sum(resampled_counts(parts["train"], kind.sampler))
        shown_counts(parts["train"], kind.sampler, recipe.train_batch)
    except ValueError as error:
        raise ValueError(f"{cell}: {error}") from error
    validation = sum(parts["validation"]) if recipe.patience else 0
    alone = None
    if kind.seed is not None or not kind.learner.stacks:
        alone = replace(kind, recipe=recipe.shared, decision=Decision())
    return StackKey(samples, validation, dataset.shape, recipe.shared, kind.candidates, alone)
