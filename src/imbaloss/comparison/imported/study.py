"""The study of imported results: what the statistics and the page need of it, and its file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from imbaloss.statistics import ALPHA
from imbaloss.studies.files import FILE

IMPORTED = "imported"  # the table that marks the study file


@dataclass(frozen=True)
class ImportedStudy:
    """Results of a file as a study that can be judged. Nothing is trained, so there are no runs."""

    name: str
    file: str  # the name of the file, without its folder
    checksum: str  # SHA-256 of its bytes
    margin: float
    datasets: tuple[str, ...]
    folds: int  # the largest number of folds of a data set; 0 without cross-validation
    shares_test: bool  # whether all seeds of each data set have the same test rows, as far as the file tells
    test_to_train: Mapping[str, float]  # n_test / n_train by data set; empty without folds
    roles: Mapping[str, str]  # the column of each role
    scores: tuple[str, ...]  # the columns of the scores that are compared

    @property
    def alpha(self) -> float:
        """The error allowed for all statements on the methods of a cell together: 0.05."""
        return ALPHA

    @property
    def dropped(self) -> Mapping[str, float]:
        """Empty: no method was dropped in a race."""
        return {}

    @property
    def noun(self) -> str:
        """The plural noun for the samples: "samples"."""
        return "samples"

    def to_toml(self) -> dict[str, Any]:
        """Return the content of the study file as a dict for TOML: which file was read, and how."""
        read = {
            "name": self.name,
            "file": self.file,
            "checksum": self.checksum,
            "margin": self.margin,
            "columns": dict(self.roles),
            "scores": list(self.scores),
        }
        return {IMPORTED: read | ({"test_to_train": dict(self.test_to_train)} if self.test_to_train else {})}


def refuse_imported(content: Mapping[str, Any]) -> NoReturn:
    """Say how the report of imported results is written again, since their study file does not hold them.

    Args:
        content: The document of the study file.

    Raises:
        ValueError: Always.
    """
    file = read_file_name(content)
    raise ValueError(
        f"the folder holds results that were imported from {file}, and no training: `imbaloss import-results {file} "
        "--out FOLDER` writes its report again"
    )


def read_imported_file(folder: Path) -> str | None:
    """Return the name of the file whose results a folder reports; None if it reports no imported results.

    Raises:
        OSError: The study file cannot be read.
    """
    file = folder / FILE
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except ValueError:  # no TOML, or not in UTF-8
        return None
    return read_file_name(content) if IMPORTED in content else None


def read_file_name(content: Mapping[str, Any]) -> str:
    """Return the name of the imported file from the document of a study file; "a file" if the table is damaged."""
    table = content.get(IMPORTED)
    return str(table.get("file", "a file")) if isinstance(table, Mapping) else "a file"
