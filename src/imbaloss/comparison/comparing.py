"""Comparing methods on one's own data: repetition after repetition, then the recommended one on all rows."""

import re
import shutil
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd

from imbaloss import report, studies
from imbaloss.comparison.answer import Answer
from imbaloss.comparison.own_model import OwnModel, Threshold, as_frame, remove
from imbaloss.data.own import Asked, ImagePreparation, Own, describe
from imbaloss.data.own.content import FOLDS
from imbaloss.data.own.making import Content, kind_of, own_of
from imbaloss.data.own.opening import of_frames
from imbaloss.data.own.pictures import from_array
from imbaloss.data.own.targets import target_of
from imbaloss.evaluation import THRESHOLD
from imbaloss.progress import Progress
from imbaloss.studies import Job, OwnStudy, Run, Store, Watch, Work
from imbaloss.studies.own import methods_of, recipe_for, repetitions_for
from imbaloss.studies.reach import AREA
from imbaloss.training import check_device
from imbaloss.wording import counted

MOST = 1000  # repetitions
SPARE = 1.2  # times as long as the longest so far, a repetition may take
BUDGET = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h)")
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
TARGET, GROUP, TIME = "y", "group", "time"
Told = Callable[[str], object]
Shown = Callable[[Sequence[Job]], AbstractContextManager[Progress]]  # progress of so many stacks


def no_progress(jobs: Sequence[Job]) -> AbstractContextManager[Progress]:
    return nullcontext(Progress(jobs))


@dataclass(frozen=True)
class Wishes:
    """What methods to compare, and how long."""

    losses: tuple[str, ...] | None = None  # None: the default methods
    samplers: tuple[str, ...] | None = None
    repetitions: int | None = None  # None: by the number of rows
    budget: str | None = None  # as 90s, 10m or 2h: as many repetitions as fit
    margin: float = 0.01
    recipe: dict[str, Any] = field(default_factory=dict)  # entries of a `Recipe`, that overrule
    device: str = "cpu"

    @property
    def seconds(self) -> float | None:
        """Of the budget. Raises ValueError for what is no time."""
        if self.budget is None:
            return None
        found = BUDGET.fullmatch(self.budget.strip())
        if not found or not float(found[1]):
            raise ValueError(f"budget must be a time, as 90s, 10m or 2h, found {self.budget!r}")
        return float(found[1]) * SECONDS[found[2]]

    def study(self, own: Own, target: str, command: str = "") -> OwnStudy:
        """Raises ValueError for methods and entries that there are not."""
        folds = own.folds if own.division == FOLDS else 0
        methods = methods_of(self.losses, self.samplers)
        train = sum(own.split_counts(0, own.each_fold[0])["train"])
        alone = {"tune_lr": ()} if "lr" in self.recipe else {}
        entries = recipe_for(train, alone | self.recipe, methods, images=isinstance(own.kind, ImagePreparation))
        if self.repetitions is not None and self.budget is not None:
            raise ValueError("give the number of repetitions, or a budget that decides it, not both")
        if self.repetitions is not None and not 1 <= self.repetitions <= MOST:
            raise ValueError(f"repetitions must be 1 to {MOST}, found {self.repetitions}")
        if not 0 < self.margin < 1:
            raise ValueError(f"margin must be above 0 and below 1, as a score is, found {self.margin}")
        return OwnStudy(
            name=own.name,
            target=target,
            negative=own.negative,
            positive=own.positive,
            level=own.level,
            data=own.checksum,
            methods=methods,
            repetitions=self.repetitions or (1 if self.seconds else repetitions_for(len(own.labels))),
            folds=folds,
            recipe=entries,
            margin=self.margin,
            command=command,
        )


def answer(
    own: Own,
    target: str,
    wishes: Wishes,
    out: Path,
    *,
    command: str = "",
    tell: Told = lambda text: None,  # noqa: ARG005
    shown: Shown = no_progress,
    page: bool = True,
) -> Answer:
    """Trains what the folder does not have yet, and writes the model; with page also tables, figures and report.html.

    tell: is told what was found in the data, and what is done. Raises ValueError for wishes that cannot be met, and
    OSError where the folder cannot be written.
    """
    check_device(wishes.device)
    study = wishes.study(own, target, command)
    store = Store(out)
    study = replace(study, notes=tuple(describe(own)) + (() if wishes.budget else reach_of(study, own)))
    for note in study.notes:
        tell(note)
    datasets = {study.name: own}
    if isinstance(own.kind, ImagePreparation):
        store.add_examples(datasets)
    studies.write_study(study, datasets, out)
    place = Place(own, store, wishes.device, tell, shown)
    study = trained(study, place, wishes.seconds)
    if wishes.budget:
        study = replace(study, notes=study.notes + reach_of(study, own))
    studies.write_study(study, datasets, out)
    findings = report.find(study, store.rows(study.runs()), store)
    advice = report.advise(findings)
    if advice is None:
        reasons = [row.failure or row.undefined["tuned"].get("f1") for row in findings.rows]
        raise ValueError(f"no method has a score: {next(filter(None, reasons), 'the score is undefined')}")
    tell(f"training {advice.method} on all rows")
    model = for_use(study, advice.method, target, place)
    if page:
        report.write(findings, out)
    final = report.advise(findings)
    assert final is not None
    return Answer(out, findings, final, model, study.notes)


def reach_of(study: OwnStudy, own: Own) -> tuple[str, ...]:
    """What difference could be found at all; of few positives it is a large one."""
    found = studies.reach(study.runs(), {study.name: own})
    if found is None:
        return ()
    [cell] = found.cells
    said = f"{found.methods} methods over {counted(found.repetitions, 'repetition')}"
    if found.fewest and found.repetitions < found.fewest:
        return (f"{said}: too few to find any difference, which takes {found.fewest}",)
    if cell.difference is None:
        return (f"{said}, with {cell.positives} positives in test: too few to find any difference in ROC-AUC",)
    chance = f"by the chance in {cell.positives} positives and {cell.negatives} negatives of a test part"
    shown = f"a difference in ROC-AUC of about {cell.difference:.2g} would be found, four times in five"
    return (f"{said}: {shown} (areas of {AREA:g}; {chance})",)


@dataclass(frozen=True, eq=False)
class Place:
    """Where a study is trained, and who is told of it."""

    own: Own
    store: Store
    device: str
    tell: Told
    shown: Shown

    def run(self, runs: Sequence[Run], name: str) -> None:
        """What the store does not have yet."""
        datasets = {name: self.own}
        jobs = studies.cut(runs, datasets, device=self.device)
        with self.shown(jobs) as progress:
            watch = Watch(progress.starts, progress.stored, progress.found, progress.waits)
            studies.execute(jobs, self.store, Work(datasets, self.device, progress.work), watch=watch)


def trained(study: OwnStudy, place: Place, budget: float | None) -> OwnStudy:
    """The study, with as many repetitions as fit into a budget in seconds, if there is one; one at least."""
    if budget is None:
        place.run(study.runs(), study.name)
        return study
    start, longest, done = time.monotonic(), 0.0, 0
    while done < MOST and (not done or time.monotonic() - start + SPARE * longest <= budget):
        began = time.monotonic()
        place.run(study.runs_of(done), study.name)
        longest, done = max(longest, time.monotonic() - began), done + 1
    if done == 1:
        place.tell(f"one repetition took {longest:.0f} s, and a second one does not fit: fewer methods (--loss) would")
    return replace(study, repetitions=done)


def for_use(study: OwnStudy, method: str, target: str, place: Place) -> OwnModel | None:
    """The model of a method that learns from all rows, saved; None where its training failed."""
    run, own, folder = study.for_use(method), place.own.for_use, place.store.file.parent / "model"
    remove(folder)  # an earlier one would pass for this one
    datasets = {run.dataset: own}
    [job] = studies.cut([run], datasets, device=place.device)
    [(row, predictions, model)] = studies.train_together(job, datasets, place.device, lambda _: None)
    place.store.add([(row, predictions)])
    if model is None:
        return None
    found = OwnModel(
        model=model,
        kind=own.kind,
        preparation=own.prepared(run.seed, None)[1],
        target=target,
        negative=own.negative,
        positive=own.positive,
        threshold=Threshold(*(row.threshold or (THRESHOLD, np.nan, np.nan))),
        facts={"method": method, "rule": run.recipe.threshold, **row.facts(), "versions": row.computed["versions"]},
    )
    found.save(folder)
    return found


def compare(
    X: Any,
    y: Any,
    *,
    losses: Sequence[str] | None = None,
    samplers: Sequence[str] | None = None,
    positive: Any = None,
    test: tuple[Any, Any] | None = None,
    groups: Any = None,
    times: Any = None,
    threshold: str = "f1",
    folds: int = 5,
    repetitions: int | None = None,
    budget: str | None = None,
    margin: float = 0.01,
    category: Sequence[str] = (),
    drop: Sequence[str] = (),
    out: str | Path | None = None,
    name: str = "data",
    device: str = "cpu",
    verbose: bool = False,
    **recipe: Any,
) -> Answer:
    """Which method finds the rare class best on these data, by how much, and how sure that is.

    X: a frame with numbers, categories and missing values, an array (N, D), or images (N, H, W[, C]); y (N,), of two
    classes, or several of which `positive` names one. test: X and y to judge by; groups (N,): equal ones stay
    together; times (N,): the latest are judged by. threshold: the rule by which thresholds are tuned, as "f1" or
    "cost:fn=10,fp=1", which also decides what is recommended. losses, samplers: instead of the default methods.
    repetitions, or a budget as "10m". recipe: entries of `imbaloss.training.Recipe` that overrule. out: the folder of
    all files, else one without a page, that goes with the answer. Raises ValueError for data that teach nothing.
    """
    wishes = Wishes(
        tuple(losses) if losses is not None else None, tuple(samplers) if samplers is not None else None,
        repetitions, budget, margin, {**recipe, "threshold": threshold}, device,
    )  # fmt: skip
    target = y.name if isinstance(y, pd.Series) and isinstance(y.name, str) else TARGET
    asked = Asked(
        target, None if positive is None else str(positive), folds, None if groups is None else GROUP,
        None if times is None else TIME, tuple(drop), tuple(category),
    )  # fmt: skip
    own = of_arrays(name, [(X, y), *([test] if test is not None else [])], groups, times, asked)
    folder = Path(mkdtemp(prefix="imbaloss-") if out is None else out)
    tell = print if verbose else lambda _: None
    try:
        found = answer(own, target, wishes, folder, tell=tell, page=out is not None)
    except BaseException:
        if out is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if out is None:
        weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
    return found


def of_arrays(name: str, pairs: Sequence[tuple[Any, Any]], groups: Any, times: Any, asked: Asked) -> Own:
    """pairs: X and y to learn from, and maybe to judge by."""
    columns = {GROUP: groups, TIME: times}
    labels = [pd.Series(np.asarray(y).ravel(), name=asked.target) for _, y in pairs]
    for (X, _), of_pair in zip(pairs, labels, strict=True):
        if len(X) != len(of_pair):
            raise ValueError(f"X has {len(X)} rows and y {len(of_pair)}: they must be as many")
    first, size = pairs[0][0], len(labels[0])
    beside = {key: np.asarray(value) for key, value in columns.items() if value is not None}
    for key, value in beside.items():
        if value.shape != (size,):
            raise ValueError(f"{key}s must be ({size},), one for each row of X, found shape {value.shape}")
    if beside and len(pairs) > 1:
        raise ValueError("groups and times divide X; with a test of its own there is nothing to divide")
    if not isinstance(first, pd.DataFrame) and np.ndim(first) > 2:
        images = np.concatenate([from_array("X", np.asarray(X)) for X, _ in pairs])
        frame = pd.DataFrame(beside) if beside else None
        target, held_out = target_of(pd.concat(labels, ignore_index=True)), sum(map(len, labels[1:]))
        return own_of(Content(name, images, kind_of(images), target, held_out, beside=frame), asked)
    frames = []
    for (X, _), of_pair in zip(pairs, labels, strict=True):
        frame = X.reset_index(drop=True) if isinstance(X, pd.DataFrame) else as_frame(X)
        frame = frame.rename(columns=str)
        for taken in (asked.target, *beside):
            if taken in frame.columns:
                raise ValueError(f"X has a column {taken!r}, which is given beside it: call the column something else")
        frames.append(frame.assign(**{asked.target: of_pair.to_numpy(), **beside}))
    return of_frames(name, frames, asked)
