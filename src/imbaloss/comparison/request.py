"""What a comparison on one's own data is asked: of the data, of the methods, and where the answer goes.

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

MOST = 1000  # repetitions
NAMES = ("target", "group", "time", "drop", "category", "mark", "na_values", "keep_na")  # or texts, of files


@dataclass(frozen=True, kw_only=True)
class ComparisonRequest:
    """What a person asks of a comparison.

    Names are trimmed and in Unicode's normal form C, as those of files are read.
    """

    out: Annotated[
        Path | None,
        Entry(
            "Output folder.",
            default_text="results/NAME, after the data",
            in_python="The folder of all files. None: one without a page, which goes with the answer.",
        ),
    ] = None
    target: Annotated[
        str, Entry("The column that tells the class.", default_text="of NPZ y; of folders the sub-folder")
    ]
    positive: Annotated[
        str | None,
        Entry(
            "The class to find.",
            default_text="the rarer one",
            in_python="The class to find. None: the rarer of two.",
        ),
    ] = None
    test: Annotated[  # of data that are no files, rows to judge by are given beside
        Path | None, Entry("Data of the same kind to judge by.", default_text="cross-validation")
    ] = None
    group: Annotated[str | None, Entry("The column whose equal values stay together, as a patient.")] = None
    time: Annotated[str | None, Entry("The column by which the latest rows are judged by.")] = None
    drop: Annotated[tuple[str, ...], Entry("A column to leave out.", in_python="Columns to leave out.")] = ()
    category: Annotated[
        tuple[str, ...],
        Entry(
            "A column whose values are names though they look like numbers.",
            in_python="Columns whose values are names though they look like numbers or dates.",
        ),
    ] = ()
    mark: Annotated[
        tuple[str, ...],
        Entry(
            "A column of numbers some of which have a mark (>4) or are none: it becomes two.",
            in_python='Columns of numbers of which some have a mark (">4") or are none ("unknown"): each becomes two.',
        ),
    ] = ()
    na_values: Annotated[
        tuple[str, ...],
        Entry(
            "A further text or number that means a missing value, as -999.",
            in_python='Further texts and numbers that mean a missing value, as "-999".',
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
            "Mark of decimals, . or , where numbers such as 1,234 do not tell it.",
            default_text="none",
            in_python='The mark of decimals in text, "." or ",", where numbers such as 1,234 do not tell it.',
        ),
    ] = None
    encoding: Annotated[
        str | None,
        Entry("Encoding of CSV files, as shift_jis.", default_text="UTF-8, UTF-16 or Windows-1252, detected"),
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
        Entry("For each loss.", option="sampler", in_python="Samplers to combine them with."),
    ] = None
    references: Annotated[
        bool,
        Entry(
            "Also scikit-learn's logistic regression and boosting.",
            in_python="Whether to train scikit-learn's logistic regression and boosting beside them.",
        ),
    ] = True
    folds: Annotated[
        int,
        Entry(
            "Of the cross-validation.",
            domains=(between(3, 1000, "one each for train, validation and test"),),
            in_python="Number of folds of the cross-validation.",
        ),
    ] = 5
    repetitions: Annotated[
        int | None,
        Entry(
            "Folds, or seeds, to judge by.",
            domains=(between(1, MOST),),
            default_text="10; of many rows 5 or 3",
            in_python="How many folds, or seeds, to judge by. None: by the number of rows.",
        ),
    ] = None
    budget: Annotated[
        str | None,
        Entry(
            "Time, as 90s, 10m or 2h, for as many repetitions as fit.",
            in_python='Time for as many repetitions as fit, as "10m", instead of their number.',
        ),
    ] = None
    size: Annotated[
        int | None,
        Entry("Of a side of images from files, in pixels.", domains=(between(4, 1024),), default_text="32"),
    ] = None
    margin: Annotated[float, MARGIN] = DEFAULT_MARGIN
    overwrite: Annotated[
        bool,
        Entry(
            "Replace the report of other data in the folder that --out names.",
            in_python="Whether the report of other data in that folder may be replaced.",
        ),
    ] = False
    device: Annotated[str, DEVICE] = "cpu"
    recipe: Mapping[str, Any] = field(default_factory=dict)  # entries of a `Recipe`, which overrule those for the data
    command: str = ""  # the command line that asks, for the report

    def __post_init__(self) -> None:
        """Bring names into the form that those of files have."""
        for name in NAMES:
            value = getattr(self, name)
            normal = tuple(map(normalize_text, value)) if isinstance(value, tuple) else value and normalize_text(value)
            object.__setattr__(self, name, normal)

    def check_numbers(self) -> None:
        """Check that each number is one that its field admits.

        Raises:
            ValueError: One is not.
        """
        for name, line in REQUEST_FIELDS.items():
            number = getattr(self, name)
            if number is None and line.optional:
                continue
            for domain in line.entry.domains:
                if number is None or not domain.contains(number):
                    raise ValueError(f"{name} {domain.rule}, found {number}")


REQUEST_FIELDS = read_fields(ComparisonRequest)
