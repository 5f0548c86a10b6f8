"""What status and report need of a study, whether it is a `Study` or of a kind that a floor above defines."""

from collections.abc import Sequence
from dataclasses import Field
from typing import Any, ClassVar, Protocol, runtime_checkable

from imbaloss.studies.study import Run


class ReportableStudy(Protocol):
    """A frozen dataclass that says which runs were asked for, and how they are called on a page."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def name(self) -> str: ...

    @property
    def margin(self) -> float: ...

    @property
    def datasets(self) -> tuple[str, ...]: ...

    @property
    def protocols(self) -> tuple[str, ...]: ...

    @property
    def samplers(self) -> tuple[str, ...]: ...

    @property
    def seeds(self) -> tuple[int, ...]: ...

    @property
    def folds(self) -> int:
        """The number of folds of the cross-validation, 0 where there is none."""

    @property
    def repeats(self) -> int: ...

    @property
    def things(self) -> str:
        """What its samples are called, such as images."""

    def runs(self) -> list[Run]:
        """Return the runs that are compared."""

    def other_runs(self) -> Sequence[Run]:
        """Return the runs that belong to the study and are not compared."""

    def to_toml(self) -> dict[str, Any]:
        """Return the document of its study file, without provenance."""


@runtime_checkable
class AdvisedStudy(ReportableStudy, Protocol):
    """A study of one data set whose report recommends a method to the person who brought the data."""

    @property
    def methods(self) -> tuple[str, ...]: ...

    @property
    def sought(self) -> str:
        """What is to be found, in words."""

    @property
    def threshold(self) -> str:
        """The rule by which thresholds are tuned."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found in the data."""

    @property
    def command(self) -> str:
        """The command with which it was asked for; empty where it was Python."""

    @property
    def how_to_run(self) -> str:
        """The study in words, and what runs it, since its file does not hold the data."""

    def for_use(self, method: str) -> Run:
        """Return the training of a method on all rows."""
