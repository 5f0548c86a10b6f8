"""Comparing methods on one's own data: repetition after repetition, then the recommended one on all rows."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imbaloss import report, studies
from imbaloss.comparison.answer import Answer
from imbaloss.comparison.description import describe
from imbaloss.comparison.own_model import OwnModel, Threshold, remove
from imbaloss.comparison.wishes import MOST, Wishes
from imbaloss.data.own import ImagePreparation, Own
from imbaloss.evaluation import THRESHOLD
from imbaloss.progress import Progress
from imbaloss.studies import Job, OwnStudy, Run, Store, Watch, Work
from imbaloss.studies.reach import AREA
from imbaloss.training import Recipe, check_device
from imbaloss.wording import counted

SPARE = 1.2  # times as long as the longest so far, a repetition may take
Told = Callable[[str], object]
Shown = Callable[[Sequence[Job]], AbstractContextManager[Progress]]  # progress of so many stacks


def no_progress(jobs: Sequence[Job]) -> AbstractContextManager[Progress]:
    return nullcontext(Progress(jobs))


@dataclass(frozen=True, eq=False)
class Place:
    """Where a study of one's own data is trained, and who is told of it."""

    own: Own
    folder: Path
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

    def keep(self, study: OwnStudy) -> OwnStudy:
        """Writes what is asked."""
        studies.write_study(study, {study.name: self.own}, self.folder)
        return study


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
    known = (*describe(own), *of_network(study))
    study = replace(study, notes=known + (() if wishes.budget else reach_of(study, own)))
    for note in study.notes:
        tell(note)
    make_room(study, out, tell)
    place = Place(own, out, Store(out), wishes.device, tell, shown)
    if isinstance(own.kind, ImagePreparation):
        place.store.add_examples({study.name: own})
    study = trained(place.keep(study), place, wishes.seconds)
    if wishes.budget:
        study = place.keep(replace(study, notes=study.notes + reach_of(study, own)))
    findings = report.find(study, place.store.rows(study.runs()), place.store)
    method = report.recommended(findings)
    if method is None:
        raise ValueError(f"no method has a score: {why_none(findings)}")
    tell(f"training {method} on all rows")
    model = for_use(study, method, target, place)
    if page:
        report.write(findings, out)
    final = report.advise(findings)
    assert final is not None
    return Answer(out, findings, final, model, study.notes)


def why_none(findings: report.Findings) -> str:
    """The first reason why a training has no score."""
    reasons = [row.failure or row.undefined["tuned"].get("f1") for row in findings.rows]
    return next(filter(None, reasons), "the score is undefined")


def make_room(study: OwnStudy, out: Path, tell: Told) -> None:
    """Where the folder holds the answer to something else, its report and model go: they would pass for this one's."""
    try:
        before = studies.read_study(out)
    except (OSError, ValueError):
        return
    if not (isinstance(before, OwnStudy) and (before.data, before.sought) == (study.data, study.sought)):
        tell(f"{out} held the report of {before.name}, of other data or another target: this one takes its place")
        (out / "report.html").unlink(missing_ok=True)
        remove(out / "model")


def of_network(study: OwnStudy) -> tuple[str, ...]:
    """What a person with images should know of the network."""
    if study.things != "images" or Recipe(**study.recipe).kind.convolutional:
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
    said = f"{found.methods} methods over {counted(found.repetitions, 'repetition')}"
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
        place.tell(f"one repetition took {longest:.0f} s, and a second one does not fit: fewer methods (--loss) would")
    return replace(study, repetitions=done)


def for_use(study: OwnStudy, method: str, target: str, place: Place) -> OwnModel | None:
    """The model of a method that learns from all rows, saved; None where its training failed."""
    run, own, folder = study.for_use(method), place.own.for_use, place.folder / "model"
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
        classes=own.classes,
        threshold=Threshold(*(row.threshold or (THRESHOLD, np.nan, np.nan))),
        facts={"method": method, "rule": run.recipe.threshold, **row.facts(), "versions": row.computed["versions"]},
    )
    found.save(folder)
    return found
