"""What to tell of a study while it is trained."""

from collections.abc import Sequence

from imbaloss.report.naming import names
from imbaloss.report.tables import LABELS
from imbaloss.studies import Job, Run, Store
from imbaloss.studies.reach import RunCell

SCORE = "roc_auc"


class News:
    """Called with a stack that is stored: how many trainings are finished, and which method is best where it ended."""

    def __init__(self, store: Store, runs: Sequence[Run]) -> None:
        self.store = store
        self.hashes = {run.hash for run in runs}
        self.cells: dict[RunCell, list[Run]] = {}
        for run in runs:
            self.cells.setdefault(RunCell.of(run), []).append(run)

    def __call__(self, job: Job) -> str:
        finished = len(self.store.hashes() & self.hashes)
        return f"{finished} of {len(self.hashes)} trainings finished{self.best(job.runs[-1])}"

    def best(self, run: Run) -> str:
        """The method with the highest mean score on test in the cell of the run, of those with most trainings there."""
        rows = self.store.rows(self.cells[RunCell.of(run)])
        scores: dict[str, list[float]] = {}
        for row, (_, method) in zip(rows, names(rows), strict=True):
            if (score := row.scores["test"][SCORE]) is not None:
                scores.setdefault(method, []).append(score)
        most = max(map(len, scores.values()), default=0)
        means = {method: sum(some) / most for method, some in scores.items() if len(some) == most}
        if len(means) < 2:
            return ""
        method = max(means, key=lambda one: means[one])
        protocol = "" if len({cell.protocol for cell in self.cells}) == 1 else f", {run.protocol}"
        so_far = f"{method}, mean {LABELS[SCORE]} {means[method]:.3f} of {most}"
        return f"; best so far on {run.dataset} at {run.level:g}{protocol}: {so_far}"
