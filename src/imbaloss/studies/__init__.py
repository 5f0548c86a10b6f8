"""Studies: what to run, running it, and the store of its rows."""

from imbaloss.studies.driver import execute
from imbaloss.studies.execution import Finished, Job, plan, train_together
from imbaloss.studies.executors import EXECUTORS, Work, executor_named, here, in_processes, on_ray
from imbaloss.studies.status import Status
from imbaloss.studies.store import Predictions, Row, Store
from imbaloss.studies.study import BUILT_IN, Run, Study, built_in, built_in_for, from_toml, read_study, write_study

__all__ = [
    "BUILT_IN",
    "EXECUTORS",
    "Finished",
    "Job",
    "Predictions",
    "Row",
    "Run",
    "Status",
    "Store",
    "Study",
    "Work",
    "built_in",
    "built_in_for",
    "execute",
    "executor_named",
    "from_toml",
    "here",
    "in_processes",
    "on_ray",
    "plan",
    "read_study",
    "train_together",
    "write_study",
]
