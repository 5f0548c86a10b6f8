"""The request of a comparison on a person's own data: the data, the methods and the output.

The options of `imbaloss compare` and the documentation of `imbaloss.compare` are made from this table. It loads neither
torch nor NumPy, so that `imbaloss --help` answers at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from imbaloss.comparison.reading.names import normalize_text
from imbaloss.field_tables import Entry, between, read_fields
from imbaloss.recipe_fields import DEFAULT_MARGIN, DEVICE, MARGIN

MOST = 1000  # number of repetitions
# fields that hold names or texts of files
NAMES = ("target", "group", "time", "drop", "category", "mark", "na_values", "keep_na")


@dataclass(frozen=True, kw_only=True)
class ComparisonRequest:
    """A request to compare methods on a person's own data.

    Names are trimmed and in Unicode's normal form C, like the names in files.
    """

    out: Annotated[
        Path | None,
        Entry(
            "Output folder.",
            default_text="results/NAME, after the data",
            in_python="The output folder. None: a temporary folder without a report, deleted with the answer.",
        ),
    ] = None
    target: Annotated[str, Entry("The column with the class.", default_text="y in NPZ; the sub-folder in folders")]
    positive: Annotated[
        str | None,
        Entry(
            "The class to find.",
            default_text="the rarer one",
            in_python="The class to find. None: the rarer of two classes.",
        ),
    ] = None
    test: Annotated[  # None for data that are no files; their test rows are held beside the request
        Path | None, Entry("Test data of the same kind.", default_text="cross-validation")
    ] = None
    group: Annotated[str | None, Entry("A column whose equal values stay in one part, such as a patient.")] = None
    time: Annotated[str | None, Entry("A column of times; the latest rows are the test part.")] = None
    drop: Annotated[tuple[str, ...], Entry("A column to leave out.", in_python="Columns to leave out.")] = ()
    category: Annotated[
        tuple[str, ...],
        Entry(
            "A column whose values are names, although they look like numbers.",
            in_python="Columns whose values are names, although they look like numbers or dates.",
        ),
    ] = ()
    mark: Annotated[
        tuple[str, ...],
        Entry(
            "A column of numbers in which some have a mark (>4) or are text: it becomes two columns.",
            in_python='Columns of numbers in which some have a mark (">4") or are text ("unknown"): each becomes two.',
        ),
    ] = ()
    na_values: Annotated[
        tuple[str, ...],
        Entry(
            "A further text or number that means a missing value, such as -999.",
            in_python='Further texts and numbers that mean a missing value, such as "-999".',
        ),
    ] = ()
    keep_na: Annotated[
        tuple[str, ...],
        Entry(
            "A column in which NA, None and the like are values.",
            in_python='Columns in which "NA", "None" and the like are values.',
        ),
    ] = ()
    decimal: Annotated[
        str | None,
        Entry(
            "Decimal mark, . or , if numbers such as 1,234 leave it open.",
            default_text="none",
            in_python='The decimal mark in text, "." or ",", if numbers such as 1,234 leave it open.',
        ),
    ] = None
    encoding: Annotated[
        str | None,
        Entry("Encoding of CSV files, such as shift_jis.", default_text="UTF-8, UTF-16 or Windows-1252, detected"),
    ] = None
    sheet: Annotated[str | None, Entry("Sheet of a spreadsheet.", default_text="the only one with rows")] = None
    losses: Annotated[
        tuple[str, ...] | None,
        Entry(
            "",
            option="loss",
            default_text="eight, and two samplers",
            in_python="Losses to compare, instead of the default methods.",
        ),
    ] = None
    samplers: Annotated[
        tuple[str, ...] | None,
        Entry("Sampler to combine each loss with.", option="sampler", in_python="Samplers to combine each loss with."),
    ] = None
    references: Annotated[
        bool,
        Entry(
            "Compare scikit-learn's logistic regression and boosting too.",
            in_python="Whether to compare scikit-learn's logistic regression and boosting too.",
        ),
    ] = True
    folds: Annotated[
        int,
        Entry(
            "Number of folds of the cross-validation.",
            domains=(between(3, 1000, "one each for train, validation and test"),),
            in_python="Number of folds of the cross-validation.",
        ),
    ] = 5
    repetitions: Annotated[
        int | None,
        Entry(
            "Number of folds to test on, or of seeds.",
            domains=(between(1, MOST),),
            default_text="10; 5 or 3 for many rows",
            in_python="Number of folds to test on; with a fixed test part, of seeds. None: by the number of rows.",
        ),
    ] = None
    budget: Annotated[
        str | None,
        Entry(
            "Time for as many repetitions as fit, such as 90s, 10m or 2h.",
            in_python='Time for as many repetitions as fit, such as "10m", instead of their number.',
        ),
    ] = None
    size: Annotated[
        int | None,
        Entry("Side of images from files, in pixels.", domains=(between(4, 1024),), default_text="32"),
    ] = None
    margin: Annotated[float, MARGIN] = DEFAULT_MARGIN
    overwrite: Annotated[
        bool,
        Entry(
            "Replace the report of other data in the folder that --out names.",
            in_python="Whether the report of other data in the output folder may be replaced.",
        ),
    ] = False
    device: Annotated[str, DEVICE] = "cpu"
    recipe: Mapping[str, Any] = field(default_factory=dict)  # entries of a `Recipe`, which override the defaults
    command: str = ""  # the command line of the request, for the report

    def __post_init__(self) -> None:
        """Bring names into the form of names in files."""
        for name in NAMES:
            value = getattr(self, name)
            normal = tuple(map(normalize_text, value)) if isinstance(value, tuple) else value and normalize_text(value)
            object.__setattr__(self, name, normal)

    def check_numbers(self) -> None:
        """Check that each number lies in the domain of its field.

        Raises:
            ValueError: A number does not.
        """
        for name, line in REQUEST_FIELDS.items():
            number = getattr(self, name)
            if number is None and line.optional:
                continue
            for domain in line.entry.domains:
                if number is None or not domain.contains(number):
                    raise ValueError(f"{name} {domain.rule}, found {number}")


REQUEST_FIELDS = read_fields(ComparisonRequest)
