"""The request of a comparison on one's own data: the data, the methods, and where the answer goes.

The options of `imbaloss compare` and the documentation of `imbaloss.compare` are made from this table. It loads neither
torch nor NumPy, so that `imbaloss --help` answers at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

from imbaloss.comparison.reading.names import normalize_text
from imbaloss.field_tables import Entry, between, read_fields
from imbaloss.recipe_fields import DEFAULT_MARGIN, DEVICE, MARGIN

MOST = 1000  # repetitions
TFIDF = "tfidf"  # what makes numbers of free text by default
MOST_SETTINGS = 6  # settings that each method may try
EXCLUSIVE = (  # fields that cannot be combined, and the reason
    ("repetitions", "budget", "a budget decides the number of repetitions"),
    ("methods", "losses", "name a loss as a method too"),
)
ARRAYS = {"group": "groups", "time": "times", "weight": "sample_weight"}  # fields that are arrays in Python, by name
NAMES = (
    "target",
    "group",
    "time",
    "weight",
    "baseline",
    "drop",
    "category",
    "mark",
    "text_columns",
    "segment",
    "na_values",
    "keep_na",
)  # fields with names or texts


@dataclass(frozen=True, kw_only=True)
class ComparisonRequest:
    """What to compare on which data, how to judge, and where the answer goes.

    Names and texts are trimmed and brought into Unicode's normal form C, as those of files are.
    """

    target: Annotated[
        str,
        Entry("Column with the class.", metavar="COLUMN", default_text="y in NPZ, the sub-folder in folders of images"),
    ]
    positive: Annotated[
        str | None,
        Entry(
            "The class to find.",
            metavar="CLASS",
            default_text="the rarer one",
            in_python="The class to find. None: the rarer of two.",
        ),
    ] = None
    test: Annotated[  # only for files; for arrays and frames, `compare` takes the test rows as an argument
        Path | None, Entry("Data of the same kind to test on.", metavar="DATA", default_text="cross-validation")
    ] = None
    group: Annotated[
        str | None,
        Entry("Column with groups, as patients: rows of one group stay together in a split.", metavar="COLUMN"),
    ] = None
    time: Annotated[str | None, Entry("Column with times: the latest rows are the test part.", metavar="COLUMN")] = None
    weight: Annotated[
        str | None,
        Entry("Column with the weight of each row, above 0, in training and in all scores.", metavar="COLUMN"),
    ] = None
    drop: Annotated[
        tuple[str, ...], Entry("Column to leave out.", metavar="COLUMN", in_python="Columns to leave out.")
    ] = ()
    cost: Annotated[
        str | None,
        Entry(
            "What mistakes (fn, fp) and right decisions (tp, tn) cost in each row: numbers, columns or 0.75*COLUMN, as "
            "fn=amount,fp=5. Each row is decided by its own costs.",
            metavar="COSTS",
            default_text="none",
            in_python='What mistakes (fn, fp) and right decisions (tp, tn) cost in each row, as "fn=amount,fp=5" or '
            '{"fn": "amount", "fp": 5}: numbers, columns of X or "0.75*amount". Each row is decided by its own costs.',
        ),
    ] = None
    baseline: Annotated[
        str | None,
        Entry(
            "Column with a score or a decision in use today, which is compared as the method 'baseline'.",
            metavar="COLUMN",
            in_python="Column of X with a score or a decision in use today, which is compared as the method "
            '"baseline".',
        ),
    ] = None
    segment: Annotated[
        tuple[str, ...],
        Entry(
            "Column by whose values the recommended method is judged too, as a region. Methods still learn from it.",
            metavar="COLUMN",
            in_python="Columns of X by whose values the recommended method is judged too. Methods still learn from "
            "them.",
        ),
    ] = ()
    methods: Annotated[  # texts, or in Python also classifiers; or the name of one set
        tuple[Any, ...] | None,
        Entry(
            "Method to compare, as lightgbm, 'ce + smote' or sklearn.svm:SVC:C=10; or a set: quick, default or all.",
            metavar="METHOD",
            option="method",
            option_alias="methods",
            default_text="the set 'default'",
            in_python='The set "quick", "default" or "all"; or methods, each a text such as "ce + smote" or an '
            'unfitted classifier of scikit-learn. None: the set "default", or those of `losses` and `samplers`.',
        ),
    ] = None
    losses: Annotated[
        tuple[str, ...] | None,
        Entry(
            "Loss of networks to compare, as focal:gamma=2, in place of --method.",
            metavar="LOSS",
            option="loss",
            in_python="Losses of networks to compare, in place of `methods`.",
        ),
    ] = None
    budget: Annotated[
        str | None,
        Entry(
            "Time to spend, as 90s, 10m or 2h: as many repetitions as fit into it.",
            metavar="TIME",
            in_python='Time for as many repetitions as fit, as "10m", instead of their number.',
        ),
    ] = None
    out: Annotated[
        Path | None,
        Entry(
            "Output folder.",
            metavar="FOLDER",
            default_text="results/NAME, after the data",
            in_python="The folder of all files. None: one without a page, which goes with the answer.",
        ),
    ] = None
    category: Annotated[
        tuple[str, ...],
        Entry(
            "Column whose values are names although they look like numbers.",
            panel="Data",
            metavar="COLUMN",
            in_python="Columns whose values are names although they look like numbers or dates.",
        ),
    ] = ()
    mark: Annotated[
        tuple[str, ...],
        Entry(
            "Column of numbers in which some values have a mark (>4) or are words (unknown): it becomes a number and "
            "a mark.",
            panel="Data",
            metavar="COLUMN",
            option_alias="marked-number",
            in_python='Columns of numbers in which some values have a mark (">4") or are words ("unknown"): each '
            "becomes a number and a mark.",
        ),
    ] = ()
    text_columns: Annotated[
        tuple[str, ...],
        Entry(
            "Column of free text, whose words are learned from. Sentences that differ from row to row are recognised.",
            panel="Data",
            metavar="COLUMN",
            option="text-column",
            in_python="Columns of free text, whose words are learned from. Sentences that differ from row to row are "
            "recognised.",
        ),
    ] = ()
    text: Annotated[
        str,
        Entry(
            "What makes numbers of free text: tfidf (words and their frequencies), or frozen features of wordllama, "
            "model2vec:NAME or sentence-transformers:NAME. NAME is a folder, or a model in the cache of Hugging Face.",
            panel="Data",
            metavar="NAME",
            in_python='What makes numbers of free text: "tfidf" (words and their frequencies), or frozen features of '
            '"wordllama", "model2vec:NAME" or "sentence-transformers:NAME". NAME is a folder, or a model in the cache '
            "of Hugging Face.",
        ),
    ] = TFIDF
    na_values: Annotated[
        tuple[str, ...],
        Entry(
            "Further text or number that means a missing value, as -999.",
            panel="Data",
            metavar="TEXT",
            in_python='Further texts and numbers that mean a missing value, as "-999".',
        ),
    ] = ()
    keep_na: Annotated[
        tuple[str, ...],
        Entry(
            "Column in which NA, None and the like are values.",
            panel="Data",
            metavar="COLUMN",
            in_python='Columns in which "NA", "None" and the like are values.',
        ),
    ] = ()
    keep_cost_columns: Annotated[
        bool,
        Entry(
            "Learn from the columns that --cost names too.",
            panel="Data",
            in_python="Whether methods learn from the columns that `cost` names too.",
        ),
    ] = False
    decimal: Annotated[
        str | None,
        Entry(
            "Decimal mark (. or ,) if numbers such as 1,234 leave it open.",
            panel="Data",
            metavar="MARK",
            names=(".", ","),
            default_text="by the numbers",
            in_python='The decimal mark of numbers in text, "." or ",", if numbers such as 1,234 leave it open.',
        ),
    ] = None
    encoding: Annotated[
        str | None,
        Entry(
            "Encoding of CSV files, as shift_jis.",
            panel="Data",
            metavar="NAME",
            default_text="UTF-8, UTF-16 or Windows-1252, detected",
        ),
    ] = None
    sheet: Annotated[
        str | None,
        Entry("Sheet of a spreadsheet.", panel="Data", metavar="NAME", default_text="the only one with rows"),
    ] = None
    size: Annotated[
        int | None,
        Entry(
            "Side in pixels to which image files are resized.",
            panel="Data",
            domains=(between(4, 1024),),
            option_alias="image-size",
            default_text="32",
        ),
    ] = None
    features: Annotated[
        str | None,
        Entry(
            "Pretrained model whose features of images are learned from: timm:NAME, timm:NAME:weights=FILE or "
            "onnx:FILE.",
            panel="Data",
            metavar="MODEL",
            default_text="none: edges and colours, or pixels with --network",
            in_python='Pretrained model whose features of images are learned from: "timm:NAME", '
            '"timm:NAME:weights=FILE" or "onnx:FILE". X is images, or a frame with a column that names image files.',
        ),
    ] = None
    samplers: Annotated[
        tuple[str, ...] | None,
        Entry(
            "Sampler that each loss or method is combined with, as smote.",
            panel="Methods",
            metavar="SAMPLER",
            option="sampler",
            in_python="Samplers that each loss or method is combined with.",
        ),
    ] = None
    references: Annotated[
        bool,
        Entry(
            "Compare lightgbm and logistic_regression too if --loss or --sampler names the methods. --no-references "
            "leaves a set its networks alone.",
            panel="Methods",
            in_python="Whether to compare lightgbm and logistic_regression too if `losses` or `samplers` name the "
            "methods. If false, a set has its networks alone.",
        ),
    ] = True
    settings: Annotated[
        int,
        Entry(
            "Number of settings (values of hyper-parameters) that each method tries at most.",
            panel="Methods",
            domains=(between(1, MOST_SETTINGS),),
        ),
    ] = MOST_SETTINGS
    folds: Annotated[
        int,
        Entry(
            "Number of folds of the cross-validation.",
            panel="Judging",
            domains=(between(3, 1000, "one each for train, validation and test"),),
        ),
    ] = 5
    repetitions: Annotated[
        int | None,
        Entry(
            "Number of folds to judge by; with a fixed test part, number of seeds.",
            panel="Judging",
            domains=(between(1, MOST),),
            default_text="10; for many rows 5 or 3",
            in_python="Number of folds, or of seeds with a fixed test part, to judge by. None: by the number of rows.",
        ),
    ] = None
    race: Annotated[
        bool,
        Entry(
            "Stop repeating methods that are ruled out as the best, after 5, 10, 20, ... repetitions.",
            panel="Judging",
            in_python="Whether methods that are ruled out as the best are not repeated any more. It looks after 5, 10, "
            "20, ... repetitions.",
        ),
    ] = False
    margin: Annotated[float, MARGIN] = DEFAULT_MARGIN
    importance: Annotated[
        bool | None,
        Entry(
            "Measure which columns matter to the recommended method.",
            panel="Judging",
            default_text="measure, unless there are more than 500 columns",
            in_python="Whether to measure which columns matter to the recommended method. None: unless there are more "
            "than 500 columns.",
        ),
    ] = None
    worst_misses: Annotated[
        int | None,
        Entry(
            "Number of missed rows, and of false alarms, that the report names by their row number or shows as images, "
            "the worst first.",
            panel="Judging",
            domains=(between(0, MOST),),
            default_text="none; 5 of images with --features",
            in_python="The number of missed rows, and of false alarms, that the report names by their row number or "
            "shows as images, the worst first. None: 5 of images with `features`, else none.",
        ),
    ] = None
    overwrite: Annotated[
        bool,
        Entry(
            "Replace the report of other data in the output folder.",
            panel="Output",
            in_python="Whether the report of other data in the output folder may be replaced.",
        ),
    ] = False
    bundle: Annotated[
        bool,
        Entry(
            "Keep the weights of the pretrained model of --features or --text in the folder of the saved model, so "
            "that `predict` needs no other file.",
            panel="Output",
            in_python="Whether the saved model keeps the weights of the pretrained model of `features` or `text`.",
        ),
    ] = False
    device: Annotated[str, DEVICE] = "cpu"
    executor: Annotated[
        str | None,
        Entry(
            "Where methods are trained: here (this process), processes (worker processes of this machine), ray (a Ray "
            "cluster).",
            panel="Computing",
            metavar="NAME",
            default_text="processes for large data, else here",
            in_python='Where methods are trained: "here" (this process), "processes" (worker processes of this '
            'machine) or "ray" (a Ray cluster). None: "here".',
        ),
    ] = None
    workers: Annotated[
        int | None,
        Entry(
            "Number of worker processes (executor 'processes' only).",
            panel="Computing",
            domains=(between(1, 1000),),
            default_text="one a processor",
            in_python='The number of worker processes (executor "processes" only). None: one a processor.',
        ),
    ] = None
    address: Annotated[
        str | None,
        Entry(
            "Address of the Ray cluster (executor 'ray' only).",
            panel="Computing",
            metavar="HOST:PORT",
            option_alias="ray-address",
            default_text="auto",
            in_python='The address of the Ray cluster (executor "ray" only). None: "auto".',
        ),
    ] = None
    recipe: Mapping[str, Any] = field(default_factory=dict)  # entries of a `Recipe`, which overrule those for the data
    command: str = ""  # the command line of the request, which the report shows
    made: float = field(default_factory=monotonic, compare=False)  # when it was made; a budget begins then

    def __post_init__(self) -> None:
        """Trim the names and texts of the request, and bring them into Unicode's normal form C; None stays None.

        Raises ValueError if a field such as `decimal` has none of the texts that it admits.
        """
        for name in NAMES:
            value = getattr(self, name)
            normal = tuple(map(normalize_text, value)) if isinstance(value, tuple) else value and normalize_text(value)
            object.__setattr__(self, name, normal)
        for name, line in REQUEST_FIELDS.items():
            value, admitted = getattr(self, name), line.entry.names
            if admitted and value is not None and value not in admitted:
                choices = " or ".join(map(repr, admitted))
                raise ValueError(f"{self.write_option(name)} must be {choices}, found {value!r}")

    def write_option(self, name: str) -> str:
        """Write the name of a field as the person knows it: "--keep-na" on the command line, "`keep_na`" in Python."""
        if not self.command:
            return f"`{ARRAYS.get(name, name)}`"
        option = REQUEST_FIELDS[name].entry.option if name in REQUEST_FIELDS else ""  # a recipe has further names
        return f"--{(option or name).replace('_', '-')}"

    def check_combinations(self) -> None:
        """Raise ValueError if the request has two fields that exclude each other, such as `repetitions` and `budget`.

        The message names both as the person knows them, and the reason.
        """
        for first, second, reason in EXCLUSIVE:
            if getattr(self, first) is not None and getattr(self, second) is not None:
                options = f"{self.write_option(first)} and {self.write_option(second)}"
                raise ValueError(f"{options} cannot be combined: {reason}")

    def check_numbers(self) -> None:
        """Check that each number of the request, such as `folds`, is in the range of its field.

        None passes for a field that may be None.

        Raises:
            ValueError: A number is outside of the range; the message names field, range and number.
        """
        for name, line in REQUEST_FIELDS.items():
            number = getattr(self, name)
            if number is None and line.optional:
                continue
            for domain in line.entry.domains:
                if number is None or not domain.contains(number):
                    raise ValueError(f"{name} {domain.rule}, found {number}")


REQUEST_FIELDS = read_fields(ComparisonRequest)
