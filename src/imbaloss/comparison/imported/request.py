"""What a file of results is taken as: the roles of its columns, its scores, and how they are judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from imbaloss.recipe_fields import DEFAULT_MARGIN, MARGIN


@dataclass(frozen=True)
class Role:
    """What a column says of each result."""

    defaults: tuple[str, ...]  # names by which it is found, in lower case with an underscore for all other signs
    help: str
    default_text: str = ""  # the default in words, if a file may lack the column


SEED_NAMES = ("seed", "repetition", "repeat", "run", "split")
ROLES: Mapping[str, Role] = MappingProxyType({
    "method": Role(("method",), "Column with the method."),
    "dataset": Role(("dataset", "data_set"), "Column with the data set.", "dataset, or one data set without it"),
    "seed": Role(SEED_NAMES, "Column with the seed or repetition: equal values have the same split.",
                 "seed, repetition, repeat, run or split"),
    "fold": Role(("fold",), "Column with the fold of a cross-validation.", "fold, if there is one"),
    "level": Role(("level",), "Column with the level of imbalance, a number.", "level, if there is one"),
    "label": Role(("label",), "Column with the class of each row, 0 or 1 (predictions only)."),
    "probability": Role(("probability",), "Column with the probability of class 1 (predictions only)."),
    "row": Role(("row",), "Column that identifies the row (predictions only).", "row, or the order of the rows"),
    "part": Role(("part",), "Column with the part, validation or test (predictions only).",
                 "part, or all are test rows"),
})  # fmt: skip


@dataclass(frozen=True)
class ImportRequest:
    """A request to read and judge a file of results.

    Raises:
        ValueError: The margin or the ratio of the parts is impossible, or a column or score is named twice.
    """

    columns: Mapping[str, str] = field(default_factory=dict)  # by role; a role that is not named has its default names
    scores: tuple[str, ...] = ()  # columns that are scores, of which higher is better unless it is known otherwise
    lower_is_better: tuple[str, ...] = ()
    test_to_train: float | None = None  # n_test / n_train of folds; None for 1 / (folds - 1)
    margin: float = DEFAULT_MARGIN

    def __post_init__(self) -> None:
        """Check what can be checked without the file.

        Raises:
            ValueError: The margin or the ratio of the parts is impossible, or a column has two roles.
        """
        [domain] = MARGIN.domains
        if not domain.contains(self.margin):
            raise ValueError(f"--margin {domain.rule}, found {self.margin:g}")
        if self.test_to_train is not None and not 0 < self.test_to_train < float("inf"):
            raise ValueError(f"--test-to-train must be above 0 and finite, found {self.test_to_train:g}")
        roles: dict[str, str] = {}
        for role, column in self.columns.items():
            if column in roles:
                raise ValueError(f"column {column!r} cannot be both --{roles[column]}-column and --{role}-column")
            roles[column] = role
        for score in (*self.scores, *self.lower_is_better):
            if score in roles:
                raise ValueError(f"column {score!r} cannot be both a score and --{roles[score]}-column")
