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
    "sampling", "sampling_full", "rarity", "rarity_full", "features",
)  # fmt: skip
BUILT_IN = ("table1", "digits", "news", *FINDINGS)
FILE = "study.toml"
LIBRARIES = ("imbaloss", "torch", "numpy", "scikit-learn", "lightgbm")  # their versions are recorded
MOST_SEEDS = 1_000_000  # the largest number of seeds
PROVENANCE = "provenance"  # the table that `write_study` adds; reading ignores it


def read_file(file: Path) -> Study:
    """Read a study from a TOML file: the fields of `Study`, arrays for tuples, a number N of seeds for 0 to N - 1.

    Without `name`, the study has the name of the file without its ending.

    Raises:
        OSError: The file cannot be read.
        ValueError: The text is no TOML or not in UTF-8, or has unknown keys, wrong types or impossible values. The
            message has the line if an entry is wrong.
    """
    try:
        return parse_study(file.read_text(encoding="utf-8-sig"), str(file), file.stem)
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not in UTF-8: {error}; save it as UTF-8") from error


def parse_study(text: str, source: str, name: str) -> Study:
    """Parse the text of a study file, and check all entries of the study.

    Args:
        text: The TOML text.
        source: The name of the text in messages, such as that of its file.
        name: The name of the study if the text has none.

    Raises:
        ValueError: The text is no TOML, or has unknown keys, wrong types or impossible values.
    """
    try:
        study = from_toml({"name": name} | tomllib.loads(text))
        study.check()
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{source} is no valid TOML: {error}") from error
    except RecursionError:
        raise ValueError(f"{source} is no study file: its tables or arrays are nested too deeply") from None
    except EntryError as error:
        line = find_line(text, error.place)
        raise ValueError(f"{source}{f', line {line}' if line else ''}: {error}") from error
    return study


def from_toml(content: Mapping[str, Any]) -> Study:
    """Make a study of a parsed TOML document. A number N of seeds means 0 to N - 1; `provenance` is ignored.

    Whether values are possible is left to `Study.check`, except losses and samplers, which are parsed.

    Raises:
        EntryError: A key is unknown, a required key is missing, a value has the wrong type, seeds are more than
            1,000,000, or a loss or sampler is wrong.
    """
    from pydantic import ValidationError

    entries = {key: to_tuples(value) for key, value in content.items() if key != PROVENANCE}
    if type(seeds := entries.get("seeds")) is int:
        if seeds > MOST_SEEDS:
            raise EntryError(f"seeds must be {MOST_SEEDS} at most, found {seeds}", ("seeds",))
        entries["seeds"] = tuple(range(seeds))
    try:
        document_model().model_validate(entries)
    except ValidationError as error:
        raise make_entry_error(error.errors()) from error
    return Study(**entries)


@cache
def document_model() -> "type[BaseModel]":
    """Return the pydantic model of a study's TOML document: the fields of Study, with those of a recipe in its tables.

    The model refuses unknown keys and values of another type, such as the text "1" for a number.
    """
    from pydantic import ConfigDict, create_model  # here, since importing it takes a tenth of a second

    strict = ConfigDict(extra="forbid", strict=True)
    optional: Any = {name: (field.type, None) for name, field in FIELDS.items()}
    entries = create_model("Entries", __config__=strict, **optional)
    hints = get_type_hints(Study) | dict.fromkeys(SPECS, tuple[str, ...])
    hints |= dict.fromkeys(("recipe", "overrules"), entries)
    hints |= dict.fromkeys(("recipes", "dataset_recipes", "loss_recipes"), dict[str, entries])  # type: ignore[valid-type]
    needed = {field.name for field in fields(Study) if field.default is MISSING and field.default_factory is MISSING}
    of_study: Any = {name: (hint, ... if name in needed else None) for name, hint in hints.items()}
    return create_model("Document", __config__=strict, **of_study)


TABLES_BY_NAME = (("recipes",), ("dataset_recipes",), ("loss_recipes",))  # places of entries with a table for each name
TYPES = {  # pydantic's names of type errors, in the words of TOML
    "tuple_type": "an array",
    "string_type": "a string",
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "model_type": "a table",
    "dict_type": "a table",
}


def make_entry_error(errors: Sequence[Mapping[str, Any]]) -> EntryError:
    """Make one EntryError of pydantic's errors, with a sentence and the place of the entry in the document.

    The most telling error is taken: an unknown key first, then a wrong type, then a missing key; of several the first.

    Args:
        errors: At least one error, as pydantic's `ValidationError.errors` returns them.
    """
    ranks = {"extra_forbidden": 0, "missing": 2}
    first = min(errors, key=lambda error: ranks.get(error["type"], 1))
    *table, key = place = tuple(first["loc"])
    within = f" in {'.'.join(map(str, table))}" if table else ""
    if first["type"] == "missing":
        return EntryError(f"{key} is missing{within}", place)
    if first["type"] == "extra_forbidden":
        keys = list(FIELDS) if table else [field.name for field in fields(Study)]
        choices = f"there are {', '.join(keys)}"
        return EntryError(f"there is no key {key!r}{within}{suggest(str(key), keys)}; {choices}", place)
    name = next(entry for entry in reversed(place) if isinstance(entry, str))
    rule = TYPES.get(first["type"], first["msg"])
    also = ", or the number of seeds" if place == ("seeds",) else ""
    if place in TABLES_BY_NAME:
        rule = f"a table for each name, such as [{name}.NAME]"
    return EntryError(f"{name} must be {rule}{also}, found {write_found(first['input'])}", place)


def write_found(value: Any) -> str:
    """Write a value that an entry does not admit: "an array" and "a table" for these, else the value itself."""
    if isinstance(value, tuple | list):
        return "an array"
    return "a table" if isinstance(value, Mapping) else repr(value)


def find_line(text: str, place: Place) -> int | None:
    """Find the line of a TOML document on which an entry stands, counted from 1.

    The text is parsed up to ever later lines, until the entry is there. A statement begins after the last line up to
    which the text was a document without the entry. In an array of several lines, the line of an element is the first
    up to which the text, closed by a bracket, has the element.

    Args:
        text: The TOML document.
        place: The path of the entry, such as ("levels", 1) for the second level.

    Returns:
        The line; for an entry that is not there, the line of the table around it, or None without one.
    """
    lines = text.split("\n")
    start = 0
    for number in range(1, len(lines) + 1):
        read = parse_toml_or_none("\n".join(lines[:number]))
        if read is not None and has_entry(read, place):
            break
        start = number if read is not None else start
    else:
        return find_line(text, place[:-1]) if len(place) > 1 else None
    for inner in range(start + 1, number):
        read = parse_toml_or_none("\n".join(lines[:inner]) + "\n]")
        if read is not None and has_entry(read, place):
            return inner
    return start + 1 if isinstance(place[-1], str) or number == start + 1 else number


def parse_toml_or_none(text: str) -> dict[str, Any] | None:
    """Parse a TOML document to a dict; return None if the text is not valid TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def has_entry(value: Any, place: Place) -> bool:
    """Say whether a parsed document has an entry at a path of keys and indices, such as ("levels", 1)."""
    for key in place:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def built_in(name: str) -> Study:
    """Return the study of that name from those that come with imbaloss (`BUILT_IN`), such as "table1" or "digits".

    Raises:
        FileNotFoundError: There is none of that name.
    """
    text = resources.files(__package__).joinpath("toml", f"{name}.toml").read_text(encoding="utf-8")
    return parse_study(text, f"{name}.toml", name)


def find_built_in(datasets: Sequence[str]) -> Study:
    """Return the first built-in study that has all these data sets, and so a recipe for each of them.

    Without data sets, it is the first built-in study, table1.

    Raises:
        ValueError: A data set is unknown, or no built-in study has all of them.
    """
    check_names(datasets)
    for study in map(built_in, BUILT_IN):
        if set(datasets) <= set(study.datasets):
            return study
    raise ValueError(f"no built-in study has {' and '.join(datasets)}; run them one by one, or write a study file")


def find_study(text: str) -> Study:
    """Return the study of a TOML file, or the built-in study of that name if no such file exists.

    Args:
        text: The path of a file, or a name such as "table1".

    Raises:
        ValueError: There is neither, the file is wrong, or it holds a study of another kind, such as of `compare`.
        OSError: The file cannot be read.
    """
    if text in BUILT_IN and not Path(text).exists():
        return built_in(text)
    if not Path(text).is_file():
        raise ValueError(f"there is neither a file {text} nor a built-in study of that name: {', '.join(BUILT_IN)}")
    if (study := read_other_kind(Path(text))) is not None:
        raise ValueError(f"{text} is {study.how_to_run}")
    return read_file(Path(text))


def write_study(study: ReportableStudy, datasets: Mapping[str, Source], folder: Path) -> None:
    """Write study.toml into a folder: the study, versions of libraries, and checksums of the data sets.

    The folder is created if it is missing, and an older file is replaced.

    Raises:
        OSError: The folder or the file cannot be written.
    """
    provenance = {
        "versions": library_versions(),
        "data": {name: dataset.checksum for name, dataset in datasets.items()},
    }
    content = tomli_w.dumps(study.to_toml() | {PROVENANCE: provenance})
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / FILE, content.encode())


def read_study(folder: Path) -> ReportableStudy:
    """Read the study of an output folder from its study.toml.

    Raises:
        OSError: The folder does not exist or holds no study.toml, or it cannot be read.
        ValueError: The file is damaged.
    """
    file = folder / FILE
    if not folder.exists():
        raise FileNotFoundError(f"there is no folder {folder}: no study was run there")
    if not file.exists():
        raise OSError(f"{folder} holds no {FILE}: no study was run there")
    return read_other_kind(file) or read_file(file)


def read_other_kind(file: Path) -> StudyOfOtherKind | None:
    """Return the study of a file if it is of a kind that another package defines, such as that of `compare`.

    Such a file has a table that `READERS` lists.

    Returns:
        The study; None for a file without such a table, and for a text that is not valid TOML.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file has such a table, and it is damaged.
    """
    try:
        content: dict[str, Any] = to_tuples(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return None
    table = next(iter(READERS.keys() & content.keys()), None)
    study: StudyOfOtherKind | None = None if table is None else resolve_name(READERS[table])(content)
    return study


def library_versions() -> dict[str, str]:
    """Return the installed versions of imbaloss, torch, numpy and scikit-learn by name, on which results depend."""
    return {library: version(library) for library in LIBRARIES}
