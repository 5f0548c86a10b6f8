"""Comparing methods on one's own data: repetition after repetition, then the recommended one on all rows."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np

from imbaloss import report, studies
from imbaloss.comparison.advice import extend_page
from imbaloss.comparison.answer import Answer
from imbaloss.comparison.description import describe
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.own_model import OwnModel, remove
from imbaloss.comparison.planning import budget_in_seconds, plan_study
from imbaloss.comparison.request import MOST, ComparisonRequest
from imbaloss.comparison.study import OwnStudy
from imbaloss.evaluation import THRESHOLD
from imbaloss.evaluation.scores import Threshold
from imbaloss.learners import Method
from imbaloss.plural import format_count
from imbaloss.studies import Job, Run, SilentObserver, Store, StudyObserver
from imbaloss.studies.reach import AREA
from imbaloss.training import check_device

WRITTEN = ("report.html", "table.csv", "comparisons.csv", "model", "figures")  # beside what tells a study
SPARE = 1.2  # times as long as the longest so far, a repetition may take
Told = Callable[[str], object]


def ignore(text: str) -> None:
    """Do nothing with what is told."""


def show_no_progress(jobs: Sequence[Job]) -> AbstractContextManager[StudyObserver]:  # noqa: ARG001
    """Return an observer of stacks that are trained, which shows nothing."""
    return nullcontext(SilentObserver())


@dataclass(frozen=True)
class ComparisonObserver:
    """Functions that are told how a comparison goes. By default they do nothing."""

    tell: Told = ignore  # what is done
    note: Told = ignore  # what was found in the data
    show: Callable[[Sequence[Job]], AbstractContextManager[StudyObserver]] = show_no_progress  # of these stacks


SILENT = ComparisonObserver()


@dataclass(frozen=True, eq=False)
class Place:
    """Where a study of one's own data is trained, and who is told of it."""

    own: Own
    folder: Path
    store: Store
    device: str
    observer: ComparisonObserver = SILENT

    def run(self, runs: Sequence[Run], name: str) -> None:
        """What the store does not have yet."""
        datasets = {name: self.own}
        jobs = studies.cut_into_stacks(runs, datasets, device=self.device)
        with self.observer.show(jobs) as observer:
            studies.execute(jobs, self.store, datasets, self.device, observer=observer)

    def keep(self, study: OwnStudy) -> OwnStudy:
        """Writes what is asked."""
        studies.write_study(study, {study.name: self.own}, self.folder)
        return study


def answer(
    own: Own, request: ComparisonRequest, out: Path, observer: ComparisonObserver = SILENT, *, page: bool = True
) -> Answer:
    """Train what the folder does not have yet, and write the model; with `page` also tables, figures and report.html.

    Args:
        own: The data.
        request: What to compare, and how long.
        out: The folder to write, that of the request or a default one. Another one is taken where a default one holds
            the answer for other data.
        observer: Is told what is found and done.
        page: Whether to write the report.

    Raises:
        ValueError: The request cannot be met, or the folder that it names holds the answer for other data.
        OSError: The folder cannot be written.
    """
    check_device(request.device)
    study = plan_study(request, own)
    known = (*describe(own), *of_network(study))
    study = replace(study, notes=known + (() if request.budget else reach_of(study, own)))
    for text in study.notes:
        observer.note(text)
    out = choose_folder(study, out, observer.note, named=request.out is not None, overwrite=request.overwrite)
    place = Place(own, out, Store(out), request.device, observer)
    place.store.add_examples({study.name: own})
    study = trained(place.keep(study), place, budget_in_seconds(request))
    if request.budget:
        study = place.keep(replace(study, notes=study.notes + reach_of(study, own)))
    findings = report.find(study, place.store.rows(study.runs()), place.store)
    best = study.recommend(findings)
    if best is None:
        raise ValueError(f"no method has a score: {why_none(findings)}")
    observer.tell(f"training {best} on all rows")
    model = for_use(study, best, request.target, place)
    advice = study.advise(findings, best)
    if page:
        report.write(findings, out, extend_page(advice))
    return Answer(out, findings, advice, model, study.notes)


def why_none(findings: report.Findings) -> str:
    """The first reason why a training has no score."""
    reasons = [row.failure or row.tuned.reason or row.tuned.undefined.get("f1") for row in findings.rows]
    return next(filter(None, reasons), "the score is undefined")


def choose_folder(study: OwnStudy, out: Path, note: Told, *, named: bool, overwrite: bool) -> Path:
    """Return the folder to write. No report of other data, or of another target, is replaced without being asked.

    A default folder that holds one is left alone, and the first of DIR-2, DIR-3, … without one is taken. One that a
    person named is refused, or with `overwrite` loses its report and its model: they would pass for this study's.

    Raises:
        ValueError: The folder was named, and holds the answer for other data.
    """
    holder = find_holder(study, out)
    if holder is None:
        return out
    told = f"{out} holds the report of {holder}, of other data or another target"
    if not named:
        numbered = (out.with_name(f"{out.name}-{number}") for number in count(2))
        free = next(folder for folder in numbered if find_holder(study, folder) is None)
        note(f"{told}, which stays: this one goes to {free}")
        return free
    if not overwrite:
        raise ValueError(f"{told}: name another folder with --out, or replace it with --overwrite")
    note(f"{told}: this one takes its place")
    (out / "report.html").unlink(missing_ok=True)
    remove(out / "model")
    return out


def find_holder(study: OwnStudy, folder: Path) -> str | None:
    """Return the name of the study whose answer a folder holds, if it is another one than this."""
    try:
        before = studies.read_study(folder)
    except OSError:
        there = [name for name in WRITTEN if (folder / name).exists()]
        return f"something else ({there[0]})" if there else None
    except ValueError:
        return "a study that cannot be read"
    if isinstance(before, OwnStudy) and (before.data, before.sought) == (study.data, study.sought):
        return None
    return before.name


def of_network(study: OwnStudy) -> tuple[str, ...]:
    """What a person with images should know of the network."""
    if study.things != "images" or study.recipe.kind.convolutional:
        return ()
    return (
        "the network is a perceptron, to which pixels have no neighbours: --network cnn sees shapes, and takes longer",
    )


def reach_of(study: OwnStudy, own: Own) -> tuple[str, ...]:
    """What difference could be found at all; of few positives it is a large one."""
    found = studies.reach(study.runs(), {study.name: own})
    if found is None:
        return ()
    [cell] = found.cells
    said = f"{found.methods} methods over {format_count(found.repetitions, 'repetition')}"
    if found.fewest and found.repetitions < found.fewest:
        return (f"{said}: too few to find any difference, which takes {found.fewest}",)
    if cell.difference is None:
        return (f"{said}, with {cell.positives} positives in test: too few to find any difference in ROC-AUC",)
    chance = f"by the chance in {cell.positives} positives and {cell.negatives} negatives of a test part"
    shown = f"a difference in ROC-AUC of about {cell.difference:.2g} would be found, four times in five"
    return (f"{said}: {shown} (areas of {AREA:g}; {chance})",)


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
        place.observer.note(
            f"one repetition took {longest:.0f} s, and a second one does not fit: fewer methods (--loss) would"
        )
    return replace(study, repetitions=done)


def for_use(study: OwnStudy, method: Method, target: str, place: Place) -> OwnModel | None:
    """The model of a method that learns from all rows, saved; None where its training failed."""
    run, own, folder = study.for_use(method), place.own.for_use, place.folder / "model"
    remove(folder)  # an earlier one would pass for this one
    datasets = {run.dataset: own}
    [job] = studies.cut_into_stacks([run], datasets, device=place.device)
    [(row, predictions, model)] = studies.train_together(job, datasets, place.device, lambda _: None)
    place.store.add([(row, predictions)])
    if model is None:
        return None
    found = OwnModel(
        model=model,
        preparation=own.prepared(run.seed, None)[1],
        target=target,
        classes=own.classes,
        threshold=row.threshold or Threshold(THRESHOLD, np.nan, np.nan),
        facts={
            "method": str(method),
            "rule": str(run.method.decision.rule),
            **row.facts(),
            "versions": row.computed.versions,
        },
    )
    found.save(folder)
    return found
