"""Studies: what to run, running it, and the store of its rows."""

from imbaloss.studies.execution import Job, execute, plan, train_together
from imbaloss.studies.store import Row, Store
from imbaloss.studies.study import BUILT_IN, Run, Study, built_in, built_in_for, from_toml, write_study

__all__ = [
    "BUILT_IN",
    "Job",
    "Row",
    "Run",
    "Store",
    "Study",
    "built_in",
    "built_in_for",
    "execute",
    "from_toml",
    "plan",
    "train_together",
    "write_study",
]
