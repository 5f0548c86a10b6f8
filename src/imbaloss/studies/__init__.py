"""Studies: what to run, running it, and the store of its rows."""

from imbaloss.studies.bulk import uncollected
from imbaloss.studies.detectable_difference import DetectableDifferences, compute_detectable_differences
from imbaloss.studies.driver import execute
from imbaloss.studies.execution import Finished, train_together
from imbaloss.studies.executors import EXECUTORS, Executor, executor_named, here, in_processes, on_ray
from imbaloss.studies.files import (
    BUILT_IN,
    built_in,
    built_in_for,
    from_toml,
    named,
    read_file,
    read_study,
    write_study,
)
from imbaloss.studies.forecast import Forecast, forecast
from imbaloss.studies.jobs import Job, cut
from imbaloss.studies.observer import SilentObserver, StudyObserver
from imbaloss.studies.prototypes import PrototypeMap
from imbaloss.studies.reportable import ReportableStudy, ReportExtension
from imbaloss.studies.row import THRESHOLDS, Row
from imbaloss.studies.status import Status
from imbaloss.studies.store import Predictions, Store
from imbaloss.studies.study import EntryError, Run, Study

__all__ = [
    "BUILT_IN",
    "EXECUTORS",
    "THRESHOLDS",
    "DetectableDifferences",
    "EntryError",
    "Executor",
    "Finished",
    "Forecast",
    "Job",
    "Predictions",
    "PrototypeMap",
    "ReportExtension",
    "ReportableStudy",
    "Row",
    "Run",
    "SilentObserver",
    "Status",
    "Store",
    "Study",
    "StudyObserver",
    "built_in",
    "built_in_for",
    "compute_detectable_differences",
    "cut",
    "execute",
    "executor_named",
    "forecast",
    "from_toml",
    "here",
    "in_processes",
    "named",
    "on_ray",
    "read_file",
    "read_study",
    "train_together",
    "uncollected",
    "write_study",
]
