"""The kinds of study that floors above `studies` define. `studies` imports their reader when it reads such a file."""

READERS = {"own": "imbaloss.comparison.study:OwnStudy.from_toml"}  # table that marks the study file -> its reader
