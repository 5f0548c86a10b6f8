"""Decide whether two outputs are the same, apart from times, versions and paths, and show where they differ."""

import csv
import difflib
import io
import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import filter as match_names
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

DROPPED = frozenset(
    {"date", "fit_seconds", "machine", "predict_1000_seconds", "predict_seconds", "seconds", "versions"}
)  # keys of JSON and TOML, and columns of CSV
REPLACED = (  # in every other text, line by line; folders are replaced too, by `replace_folders`
    (re.compile(r"^\d+% in .*\n", re.MULTILINE), ""),  # progress, which only a training of more than 30 s reports
    (re.compile(r"\b(\d+ h )?\d+ (s|ms|min)\b"), "<TIME>"),
    (re.compile(r"\S+ (seconds|hours) of training"), "<TIME> of training"),  # on a page
    (re.compile(r"\.py:\d+"), ".py:<LINE>"),  # in a warning of Python
)
ABSENT = "(not written)\n"  # stands for an output that only the other side has


def replace_folders(text: str, folders: Mapping[Path, str]) -> str:
    """Return the text with each folder's path replaced by its name."""
    for folder, name in folders.items():
        text = text.replace(str(folder), name)
    return text


def normalise(name: str, text: str) -> str:
    """Return an output without what may differ between two equal runs.

    JSON and TOML become JSON with sorted keys, one value a line. A CSV file without dropped columns stays as it is, to
    the byte. A text that cannot be read as its name says counts as plain text.

    Args:
        name: Name of the output. Its suffix says how to read the text.
        text: What was printed or written.
    """
    try:
        if name.endswith(".json"):
            return dump_without_dropped(json.loads(text))
        if name.endswith(".toml"):
            return dump_without_dropped(tomllib.loads(text))
    except ValueError:
        pass
    if name.endswith(".csv"):
        return drop_columns(text)
    for pattern, replacement in REPLACED:
        text = pattern.sub(replacement, text)
    return text


def dump_without_dropped(value: Any) -> str:
    """Return the value as JSON with sorted keys, without the keys in `DROPPED` at any depth."""
    return json.dumps(without_dropped(value), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def without_dropped(value: Any) -> Any:
    """Return a copy of a JSON value without the keys in `DROPPED`."""
    if isinstance(value, dict):
        return {key: without_dropped(entry) for key, entry in value.items() if key not in DROPPED}
    if isinstance(value, list):
        return [without_dropped(entry) for entry in value]
    return value


def drop_columns(text: str) -> str:
    """Return a CSV text without the columns in `DROPPED`; the same text if it has none of them."""
    header, *rows = list(csv.reader(io.StringIO(text))) or [[]]
    kept = [place for place, column in enumerate(header) if column not in DROPPED]
    if len(kept) == len(header):
        return text
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([row[place] for place in kept] for row in (header, *rows))
    return written.getvalue()


@dataclass(frozen=True)
class Difference:
    """An output that differs between the two sides."""

    output: str
    diff: tuple[str, ...]  # lines of a unified diff, without its two header lines

    @property
    def changed_lines(self) -> list[str]:
        """Return the removed and the added lines, without the sign before them."""
        return [line[1:] for line in self.diff if line[0] in "+-"]


def find_differences(base: Mapping[str, str], head: Mapping[str, str]) -> list[Difference]:
    """Return the outputs that differ.

    Args:
        base: Normalised text of each output of the one side, by name.
        head: The same of the other side. An output that only one side has is a difference.
    """
    pairs = {name: (base.get(name, ABSENT), head.get(name, ABSENT)) for name in {**base, **head}}
    return [
        Difference(name, tuple(diff_lines(name, before, after)))
        for name, (before, after) in pairs.items()
        if before != after
    ]


def diff_lines(name: str, before: str, after: str) -> Iterator[str]:
    """Yield a unified diff without header lines: of a CSV cell by cell, else line by line.

    Texts that differ only in quotes, ends of lines or the like are shown with escapes, so that the diff is not empty.
    """
    split = list_cells if name.endswith(".csv") else str.splitlines
    first, second = split(before), split(after)
    if first == second:
        first, second = ([repr(line) for line in text.splitlines(keepends=True)] for text in (before, after))
    diff = difflib.unified_diff(first, second, lineterm="", n=1)
    yield from list(diff)[2:]


def list_cells(text: str) -> list[str]:
    """Return the cells of a CSV text as lines, such as "row 3, f1: 0.25"."""
    rows = csv.DictReader(io.StringIO(text))
    return [f"row {number}, {column}: {value}" for number, row in enumerate(rows, 1) for column, value in row.items()]


@dataclass(frozen=True)
class Change:
    """An intended difference, as changes.toml lists it."""

    item: str  # name of the item; in it * stands for any text
    pattern: str  # regular expression, found in each changed line
    reason: str
    output: str = "*"  # name of the output, in the same form; any output of the item


def read_changes(file: Path, items: Collection[str]) -> list[Change]:
    """Return the listed changes.

    Args:
        file: A TOML file with a table [[change]] for each change.
        items: Names of the items that there are.

    Raises:
        ValueError: The file is not TOML, or has an entry with missing or unknown keys, an invalid pattern or an
            unknown item.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        changes = [Change(**entry) for entry in content.pop("change", [])]
        for change in changes:
            re.compile(change.pattern)
    except (TypeError, ValueError, re.error) as error:
        raise ValueError(f"{file.name} cannot be used: {error}") from error
    if content:
        raise ValueError(f"{file.name} may hold only tables [[change]], found {', '.join(content)}")
    if unknown := {change.item for change in changes if not match_names(items, change.item)}:
        raise ValueError(f"{file.name} names unknown items: {', '.join(sorted(unknown))}. Items: {', '.join(items)}")
    return changes


def listed_reasons(item: str, difference: Difference, changes: Sequence[Change]) -> list[str]:
    """Return why a difference is intended, or nothing if one of its changed lines matches no listed change."""
    fitting = [
        change for change in changes if fnmatchcase(item, change.item) and fnmatchcase(difference.output, change.output)
    ]
    reasons: dict[str, None] = {}
    for line in difference.changed_lines:
        matching = [change.reason for change in fitting if re.search(change.pattern, line)]
        if not matching:
            return []
        reasons |= dict.fromkeys(matching)
    return list(reasons)
