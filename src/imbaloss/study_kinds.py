"""Kinds of study that floors above `studies` define, and where each reads its files: loaded when one is read."""

READERS = {"own": "imbaloss.comparison.study:OwnStudy.from_toml"}  # by the table that marks such a study file
