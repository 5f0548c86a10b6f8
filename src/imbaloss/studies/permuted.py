"""Scores of a model on its test part after the values of single columns were permuted."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PermutedScores:
    """A score of a fitted model on its test part: as it is, and after permutations of columns."""

    score: str  # its name, such as "average_precision"
    unchanged: float  # its value before any permutation
    columns: Sequence[str]  # the columns of the file that were permuted
    permuted: Floats  # (columns, permutations), its value after each; NaN where it is undefined
    kept: Floats  # (columns, K), its value if all other columns are permuted, together, instead

    @property
    def permutations(self) -> int:
        """The number of permutations of each column."""
        return int(self.permuted.shape[1])

    def to_text(self) -> str:
        """Write the scores as JSON, with null for undefined ones."""
        permuted, kept = (
            [[value if np.isfinite(value) else None for value in line] for line in values.tolist()]
            for values in (self.permuted, self.kept)
        )
        entries = {"score": self.score, "unchanged": self.unchanged, "columns": list(self.columns)}
        return json.dumps(entries | {"permuted": permuted, "kept": kept})

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read scores from the JSON that `to_text` wrote.

        Raises:
            ValueError: The text is no JSON, or a value is no number.
            KeyError: An entry is missing.
            TypeError: An entry has another type.
        """
        entries: dict[str, Any] = json.loads(text)
        columns = tuple(entries["columns"])
        permuted, kept = (
            np.array(entries[key], dtype=np.float64).reshape(len(columns), -1) for key in ("permuted", "kept")
        )
        return cls(entries["score"], float(entries["unchanged"]), columns, permuted, kept)
