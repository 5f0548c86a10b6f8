"""The protocols of what a report accepts: a `Study`, a kind that another package defines, or results from a file."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field
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
    files: Mapping[str, str | None] = field(default_factory=dict)  # further files by name; None deletes an earlier one
    highlighted: Sequence[str] = ()  # the methods that curves show in colour, while all others are grey; empty for all


class JudgedStudy(Protocol):
    """What the statistics and the page need of a study, whether its results were trained here or come from a file."""

    @property
    def name(self) -> str:
        """The name of the study, which messages and its output folder show."""

    @property
    def margin(self) -> float:
        """The largest difference of a score that does not matter in practice, such as 0.01."""

    @property
    def alpha(self) -> float:
        """The error allowed for all statements on the methods of a cell together, such as 0.05."""

    @property
    def dropped(self) -> Mapping[str, float]:
        """The methods that are not repeated to the end, by name, each with the error of the test that ruled it out.

        Their scores in fewer repetitions are no match for those of the others. Empty without such methods.
        """

    @property
    def datasets(self) -> tuple[str, ...]:
        """The names of the data sets."""

    @property
    def folds(self) -> int:
        """The number of folds of the cross-validation; 0 without cross-validation."""

    @property
    def shares_test(self) -> bool:
        """Whether all seeds have the same test part, so that differences between seeds say nothing of other samples."""

    @property
    def noun(self) -> str:
        """The plural noun for the samples, such as "images" or "rows"."""


class ReportableStudy(JudgedStudy, Protocol):
    """A frozen dataclass with the runs of a study, and what a report says about them."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def protocols(self) -> tuple[str, ...]:
        """The names of the protocols: rules that turn a level of imbalance into numbers of samples of each class."""

    @property
    def samplers(self) -> tuple[SamplerSpec, ...]:
        """The samplers, which balance the training samples; one of them may be the sampler that changes nothing."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """The random seeds; every training is repeated with each of them."""

    @property
    def repeats(self) -> int:
        """The number of times that the samples are divided into folds; 1 without folds."""

    def runs(self) -> list[Run]:
        """Return the runs (single trainings) that are compared.

        Raises:
            ValueError: An entry of the study is wrong.
        """

    def other_runs(self) -> Sequence[Run]:
        """Return the runs that belong to the study without being compared, such as the training of a final model.

        Empty if there are none.
        """

    def to_toml(self) -> dict[str, Any]:
        """Return the content of its study file as a dict for TOML, without the table `provenance`."""

    def extend_report(self, findings: Any) -> ReportExtension | None:
        """Return what this study adds to its report; None for nothing.

        Args:
            findings: The results of the study as the report has them (`report.Findings`).
        """


class StudyOfOtherKind(ReportableStudy, Protocol):
    """A study that another package defines. It cannot be run from its file alone, which does not hold the data."""

    @property
    def how_to_run(self) -> str:
        """The study in words, and the command that runs it; it follows "FILE is" in a message."""
