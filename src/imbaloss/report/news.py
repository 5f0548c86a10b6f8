"""What to tell of a study while it is trained."""

from collections.abc import Sequence

from imbaloss.report.tables import LABELS, names
from imbaloss.studies import Job, Run, Store

SCORE = "roc_auc"


class News:
    """Called with a stack that is stored: how many trainings are finished, and which method is best where it ended."""

    def __init__(self, store: Store, runs: Sequence[Run]) -> None:
        self.store = store
        self.hashes = {run.hash for run in runs}
        self.cells: dict[tuple[str, float], list[Run]] = {}
        for run in runs:
            self.cells.setdefault((run.dataset, run.level), []).append(run)

    def __call__(self, job: Job) -> str:
        finished = len(self.store.hashes() & self.hashes)
        return f"{finished} of {len(self.hashes)} trainings finished{self.best(job.runs[-1])}"

    def best(self, run: Run) -> str:
        """The method with the highest mean score on test in the cell of the run, over finished trainings."""
        rows = self.store.rows(self.cells[run.dataset, run.level])
        scores: dict[str, list[float]] = {}
        for row, (_, method) in zip(rows, names(rows), strict=True):
            if (score := row.scores["test"][SCORE]) is not None:
                scores.setdefault(method, []).append(score)
        if len(scores) < 2:
            return ""
        means = {method: sum(some) / len(some) for method, some in scores.items()}
        method = max(means, key=lambda one: means[one])
        so_far = f"mean {LABELS[SCORE]} {means[method]:.3f} of {len(scores[method])}"
        return f"; best so far on {run.dataset} at {run.level:g}: {method}, {so_far}"
