"""The line that is printed while a study is trained."""

from collections.abc import Sequence

from imbaloss.plural import format_count
from imbaloss.report.row_names import name_rows
from imbaloss.report.tables import LABELS
from imbaloss.studies import Job, Run, Store
from imbaloss.studies.detectable_difference import RunCell

SCORE = "roc_auc"


class Headline:
    """A line of text for each stored stack of runs: how many trainings are finished, and the best method so far."""

    def __init__(self, store: Store, runs: Sequence[Run]) -> None:
        """Group the runs by data set, level and protocol. store: holds their results. runs: all runs of the study."""
        self.store = store
        self.hashes = {run.hash for run in runs}
        self.cells: dict[RunCell, list[Run]] = {}
        for run in runs:
            self.cells.setdefault(RunCell.of(run), []).append(run)

    def __call__(self, job: Job) -> str:
        """Return the line for a job (a stack of runs) whose results are stored.

        The best method is that on the data set, level and protocol of the job's last run.

        Raises:
            OSError: The store cannot be read.
            KeyError: The last run has another data set, level or protocol than all runs of the study.
        """
        finished = len(self.store.hashes() & self.hashes)
        return f"{finished} of {len(self.hashes)} trainings finished{self.name_best(job.runs[-1])}"

    def name_best(self, run: Run) -> str:
        """Name the method with the highest mean ROC-AUC on test on the data set, level and protocol of a run.

        Only methods with the most finished trainings there are compared; of equal ones the first is named.

        Returns:
            Words that begin with "; best so far on". Empty for fewer than two such methods.

        Raises:
            OSError: The store cannot be read.
        """
        rows = self.store.rows(self.cells[RunCell.of(run)])
        scores: dict[str, list[float]] = {}
        for row, (_, method) in zip(rows, name_rows(rows), strict=True):
            if (score := row.scores["test"][SCORE]) is not None:
                scores.setdefault(method, []).append(score)
        most = max(map(len, scores.values()), default=0)
        means = {method: sum(of_method) / most for method, of_method in scores.items() if len(of_method) == most}
        if len(means) < 2:
            return ""
        best = max(means, key=lambda method: means[method])
        protocol = "" if len({cell.protocol for cell in self.cells}) == 1 else f", {run.protocol}"
        mean = f"{best}, mean {LABELS[SCORE]} {means[best]:.3f} over {format_count(most, 'training')}"
        return f"; best so far on {run.dataset} at {run.level:g}{protocol}: {mean}"
