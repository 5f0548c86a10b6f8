"""The protocol of studies that status and report accept: a `Study`, or a kind that another package defines."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass
from typing import Any, ClassVar, Protocol

from imbaloss.data import SamplerSpec
from imbaloss.studies.study import Run


@dataclass(frozen=True)
class ReportExtension:
    """The additions to the report that one kind of study makes."""

    package: str  # the package that holds the template
    template: str  # name of a template that extends page.html.jinja of the report
    values: Mapping[str, object]  # further values for the template, by name
    sentences: Sequence[str]  # the first ones below table.md


class ReportableStudy(Protocol):
    """A frozen dataclass with the runs of a study, and what a report says about them."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def name(self) -> str:
        """The name of the study."""

    @property
    def margin(self) -> float:
        """The largest difference of a score that does not matter."""

    @property
    def datasets(self) -> tuple[str, ...]:
        """The names of the data sets."""

    @property
    def protocols(self) -> tuple[str, ...]:
        """The names of the protocols, which give a level its meaning."""

    @property
    def samplers(self) -> tuple[SamplerSpec, ...]:
        """The samplers; one of them may be the sampler that changes nothing."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """The random seeds."""

    @property
    def folds(self) -> int:
        """The number of folds of the cross-validation; 0 without cross-validation."""

    @property
    def repeats(self) -> int:
        """The number of times that the samples are divided into folds; 1 without folds."""

    @property
    def noun(self) -> str:
        """The plural noun for the samples, such as "images"."""

    def runs(self) -> list[Run]:
        """Return the runs that are compared."""

    def other_runs(self) -> Sequence[Run]:
        """Return the runs that belong to the study without being compared, such as the training of a final model."""

    def to_toml(self) -> dict[str, Any]:
        """Return the document of its study file, without provenance."""

    def extend_report(self, findings: Any) -> ReportExtension | None:
        """Return the additions to the report of the findings (`report.Findings`); None for none."""


class StudyOfOtherKind(ReportableStudy, Protocol):
    """A study that another package defines. It cannot be run from its file alone, which does not hold the data."""

    @property
    def how_to_run(self) -> str:
        """The study in words, and the command that runs it."""
