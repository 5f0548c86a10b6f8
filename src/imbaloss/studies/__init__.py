"""Studies: lists of runs, their training, and the store of their rows."""

from imbaloss.studies.averages import fit_again, list_trainings, train_alone
from imbaloss.studies.bulk import pause_garbage_collection, spare_existing_objects
from imbaloss.studies.detectable_difference import DetectableDifferences, compute_detectable_differences
from imbaloss.studies.driver import execute
from imbaloss.studies.execution import Finished, train_together
from imbaloss.studies.executors import (
    EXECUTORS,
    HERE,
    PROCESSES,
    RAY,
    Executor,
    count_processors,
    make_executor,
    train_here,
    train_in_processes,
    train_on_ray,
)
from imbaloss.studies.files import (
    BUILT_IN,
    built_in,
    find_built_in,
    find_study,
    from_toml,
    read_file,
    read_study,
    write_study,
)
from imbaloss.studies.forecast import Forecast, forecast
from imbaloss.studies.jobs import Job, cut_into_stacks
from imbaloss.studies.observer import SilentObserver, StudyObserver
from imbaloss.studies.permuted import PermutedScores
from imbaloss.studies.prototypes import PrototypeMap
from imbaloss.studies.reportable import JudgedStudy, ReportableStudy, ReportExtension
from imbaloss.studies.row import THRESHOLDS, Row
from imbaloss.studies.status import Status
from imbaloss.studies.store import Predictions, Segments, Store
from imbaloss.studies.study import EntryError, Run, Study

__all__ = [
    "BUILT_IN",
    "EXECUTORS",
    "HERE",
    "PROCESSES",
    "RAY",
    "THRESHOLDS",
    "DetectableDifferences",
    "EntryError",
    "Executor",
    "Finished",
    "Forecast",
    "Job",
    "JudgedStudy",
    "PermutedScores",
    "Predictions",
    "PrototypeMap",
    "ReportExtension",
    "ReportableStudy",
    "Row",
    "Run",
    "Segments",
    "SilentObserver",
    "Status",
    "Store",
    "Study",
    "StudyObserver",
    "built_in",
    "compute_detectable_differences",
    "count_processors",
    "cut_into_stacks",
    "execute",
    "find_built_in",
    "find_study",
    "fit_again",
    "forecast",
    "from_toml",
    "list_trainings",
    "make_executor",
    "pause_garbage_collection",
    "read_file",
    "read_study",
    "spare_existing_objects",
    "train_alone",
    "train_here",
    "train_in_processes",
    "train_on_ray",
    "train_together",
    "write_study",
]
