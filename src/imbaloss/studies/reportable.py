"""What status and report need of a study, whether it is a `Study` or of a kind that a floor above defines."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass
from typing import Any, ClassVar, Protocol

from imbaloss.data import SamplerSpec
from imbaloss.studies.study import Run


@dataclass(frozen=True)
class ReportExtension:
    """What the report of one kind of study says beyond that of any study."""

    package: str  # holds the template
    template: str  # a child of the report's page.html.jinja
    values: Mapping[str, object]  # the template reads them beside those of any page
    sentences: Sequence[str]  # come first below the table for reading


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
    def samplers(self) -> tuple[SamplerSpec, ...]: ...

    @property
    def seeds(self) -> tuple[int, ...]: ...

    @property
    def folds(self) -> int:
        """The number of folds of the cross-validation, 0 where there is none."""

    @property
    def repeats(self) -> int: ...

    @property
    def noun(self) -> str:
        """What its samples are called, such as images."""

    def runs(self) -> list[Run]:
        """Return the runs that are compared."""

    def other_runs(self) -> Sequence[Run]:
        """Return the runs that belong to the study and are not compared."""

    def to_toml(self) -> dict[str, Any]:
        """Return the document of its study file, without provenance."""

    def extend_report(self, findings: Any) -> ReportExtension | None:
        """Return what the report of the findings (`report.Findings`) says beyond that of any study."""


class StudyOfOtherKind(ReportableStudy, Protocol):
    """A study that a floor above defines. Its file does not hold the data, so the file alone cannot be run."""

    @property
    def how_to_run(self) -> str:
        """The study in words, and the command that runs it."""
