"""Studies as TOML files: those that come with imbaloss, a user's own, and the one in each output folder."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, get_type_hints

import tomli_w

from imbaloss.atomic_write import write_atomically
from imbaloss.choices import suggest
from imbaloss.data import Source, check_names
from imbaloss.recipe_fields import FIELDS
from imbaloss.spec_text import to_tuples
from imbaloss.studies.reportable import ReportableStudy, StudyOfOtherKind
from imbaloss.studies.study import SPECS, EntryError, Place, Study
from imbaloss.study_kinds import READERS

if TYPE_CHECKING:
    from pydantic import BaseModel

FINDINGS = (  # studies of docs/findings, each for two cores and in full
    "claim", "claim_household", "claim_full", "convergence", "convergence_household", "convergence_full",
    "thresholds", "thresholds_full", "pairs", "pairs_long", "pairs_full", "architectures", "architectures_full",
    "sampling", "sampling_full", "rarity", "rarity_full",
)  # fmt: skip
BUILT_IN = ("table1", "digits", "news", *FINDINGS)
FILE = "study.toml"
LIBRARIES = ("imbaloss", "torch", "numpy", "scikit-learn")
MOST_SEEDS = 1_000_000
PROVENANCE = "provenance"  # a table that `write_study` adds, and that is no part of a study


def read_file(file: Path) -> Study:
    """A study from a TOML file: the fields of `Study`, arrays for tuples, a number N of seeds for 0 to N - 1.

    Without `name`, its name is that of the file. Raises OSError where the file cannot be read, and ValueError, with the
    line, for text that is no TOML, unknown keys, wrong types and impossible values.
    """
    try:
        return read_text(file.read_text(encoding="utf-8-sig"), str(file), file.stem)
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is no text in UTF-8: {error}") from error


def read_text(text: str, source: str, name: str) -> Study:
    """source: what the text is called in a sentence; name: of the study, unless it gives one."""
    try:
        study = from_toml({"name": name} | tomllib.loads(text))
        study.check()
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{source} is no TOML: {error}") from error
    except RecursionError:
        raise ValueError(f"{source} is no study: its tables or arrays are nested too deeply") from None
    except EntryError as error:
        line = line_of(text, error.place)
        raise ValueError(f"{source}{f', line {line}' if line else ''}: {error}") from error
    return study


def from_toml(content: Mapping[str, Any]) -> Study:
    """A study from a TOML document. Raises EntryError for unknown keys and wrong types."""
    from pydantic import ValidationError

    entries = {key: to_tuples(value) for key, value in content.items() if key != PROVENANCE}
    if type(seeds := entries.get("seeds")) is int:
        if seeds > MOST_SEEDS:
            raise EntryError(f"seeds must be {MOST_SEEDS} at most, found {seeds}", ("seeds",))
        entries["seeds"] = tuple(range(seeds))
    try:
        document().model_validate(entries)
    except ValidationError as error:
        raise entry_error(error.errors()) from error
    return Study(**entries)


@cache
def document() -> "type[BaseModel]":
    """The types of a study's TOML document: those of Study, and in each table of entries those of a recipe's fields."""
    from pydantic import ConfigDict, create_model  # here, since importing it takes a tenth of a second

    strict = ConfigDict(extra="forbid", strict=True)
    optional: Any = {name: (field.type, None) for name, field in FIELDS.items()}
    entries = create_model("Entries", __config__=strict, **optional)
    hints = get_type_hints(Study) | dict.fromkeys(SPECS, tuple[str, ...])
    hints |= dict.fromkeys(("recipe", "overrules"), entries)
    hints |= dict.fromkeys(("recipes", "dataset_recipes", "loss_recipes"), dict[str, entries])  # type: ignore[valid-type]
    needed = {one.name for one in fields(Study) if one.default is MISSING and one.default_factory is MISSING}
    of_study: Any = {name: (hint, ... if name in needed else None) for name, hint in hints.items()}
    return create_model("Document", __config__=strict, **of_study)


TYPES = {  # what pydantic calls a type, as TOML does
    "tuple_type": "an array",
    "string_type": "a string",
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "model_type": "a table",
    "dict_type": "a table",
}


def entry_error(found: Sequence[Mapping[str, Any]]) -> EntryError:
    """found: pydantic's list of errors, of which one is told: an unknown key rather than one that is missing."""
    ranks = {"extra_forbidden": 0, "missing": 2}
    first = min(found, key=lambda one: ranks.get(one["type"], 1))
    *table, key = place = tuple(first["loc"])
    within = f" in {'.'.join(map(str, table))}" if table else ""
    if first["type"] == "missing":
        return EntryError(f"{key} is missing{within}", place)
    if first["type"] == "extra_forbidden":
        known = list(FIELDS) if table else [one.name for one in fields(Study)]
        there = f"there are {', '.join(known)}"
        return EntryError(f"there is no key {key!r}{within}{suggest(str(key), known)}; {there}", place)
    name = next(entry for entry in reversed(place) if isinstance(entry, str))
    rule = TYPES.get(first["type"], first["msg"])
    also = ", or the number of seeds" if place == ("seeds",) else ""
    return EntryError(f"{name} must be {rule}{also}, found {first['input']!r}", place)


def line_of(text: str, place: Place) -> int | None:
    """The line of a TOML document on which an entry stands, from 1; None where there is no such entry.

    A statement begins after the last line up to which the text is a document without the entry. Within an array of
    several lines it is the line up to which the text, and a bracket, has as many elements.
    """
    lines = text.split("\n")
    start = 0
    for number in range(1, len(lines) + 1):
        read = document_or_none("\n".join(lines[:number]))
        if read is not None and has(read, place):
            break
        start = number if read is not None else start
    else:
        return line_of(text, place[:-1]) if len(place) > 1 else None
    for inner in range(start + 1, number):
        read = document_or_none("\n".join(lines[:inner]) + "\n]")
        if read is not None and has(read, place):
            return inner
    return start + 1 if isinstance(place[-1], str) or number == start + 1 else number


def document_or_none(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def has(value: Any, place: Place) -> bool:
    """Whether a document has an entry at that place."""
    for key in place:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def built_in(name: str) -> Study:
    """The study of that name among those that come with imbaloss."""
    text = resources.files(__package__).joinpath("toml", f"{name}.toml").read_text(encoding="utf-8")
    return read_text(text, f"{name}.toml", name)


def built_in_for(datasets: Sequence[str]) -> Study:
    """The built-in study that has all these data sets, and so their recipes. Raises ValueError where there is none."""
    check_names(datasets)
    for study in map(built_in, BUILT_IN):
        if set(datasets) <= set(study.datasets):
            return study
    raise ValueError(f"no built-in study has {' and '.join(datasets)}; run them one by one, or write a study file")


def named(text: str) -> Study:
    """The study of a file, or the built-in one of that name where there is no such file."""
    if text in BUILT_IN and not Path(text).exists():
        return built_in(text)
    if not Path(text).is_file():
        raise ValueError(f"there is no study file {text}, nor is it a built-in study: {', '.join(BUILT_IN)}")
    if (study := read_other_kind(Path(text))) is not None:
        raise ValueError(f"{text} is {study.how_to_run}")
    return read_file(Path(text))


def write_study(study: ReportableStudy, datasets: Mapping[str, Source], folder: Path) -> None:
    """Writes study.toml: the study, and under `provenance` versions and checksums of the data."""
    provenance = {"versions": versions(), "data": {name: dataset.checksum for name, dataset in datasets.items()}}
    content = tomli_w.dumps(study.to_toml() | {PROVENANCE: provenance})
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / FILE, content.encode())


def read_study(folder: Path) -> ReportableStudy:
    """The study of an output folder. Raises OSError where there is none, ValueError where its file is damaged."""
    file = folder / FILE
    if not file.exists():
        raise OSError(f"{folder} holds no {FILE}: no study was run there")
    return read_other_kind(file) or read_file(file)


def read_other_kind(file: Path) -> StudyOfOtherKind | None:
    """Return the study of a file with a table that `READERS` lists; None for any other file, also a damaged one.

    Raises:
        OSError: The file cannot be read.
        ValueError: The table is there, and is damaged.
    """
    try:
        content: dict[str, Any] = to_tuples(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return None
    table = next(iter(READERS.keys() & content.keys()), None)
    study: StudyOfOtherKind | None = None if table is None else resolve_name(READERS[table])(content)
    return study


def versions() -> dict[str, str]:
    """Of the libraries that results depend on."""
    return {library: version(library) for library in LIBRARIES}
