"""The kinds of study that floors above `studies` define. `studies` imports their reader when it reads such a file."""

READERS = {  # table that marks the study file -> its reader
    "own": "imbaloss.comparison.study:OwnStudy.from_toml",
    "imported": "imbaloss.comparison.imported.study:refuse_imported",
}
