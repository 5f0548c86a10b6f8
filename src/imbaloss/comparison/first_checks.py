"""What is refused first: a request that is wrong in itself, a path that leads nowhere, a column that is lacking.

Nothing here imports torch, pandas or scikit-learn, which take seconds.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from unicodedata import decimal

from imbaloss.choices import suggest
from imbaloss.comparison.reading import endings
from imbaloss.comparison.reading.names import normalize_text
from imbaloss.comparison.reading.reading_options import ReadingOptions, naming
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.extras import describe_installation
from imbaloss.method_names import check_method
from imbaloss.plural import join_words

SETS = ("quick", "default", "all")  # names of sets of methods
UNITS = {"s": 1, "m": 60, "h": 3600}  # of a budget: seconds, minutes, hours
LONGEST_S = 2**63 / 1e9  # 292 years
MODEL_FILE = "own.json"  # the file of a model that names its others
WRITTEN = (*endings.DELIMITED, *endings.PARQUET)  # endings of files of predictions


def check_source(source: Path) -> None:
    """Raise FileNotFoundError if there is no such file or folder."""
    if not source.exists():
        raise FileNotFoundError(f"there is no file or folder {source}")


def check_before_reading(source: Path, request: ComparisonRequest) -> None:
    """Check a request before its data are read: the values of its options, the paths and the names of columns.

    Raises:
        OSError: A file does not exist or cannot be read.
        ValueError: An option has a wrong value, options exclude each other, a method is unknown, or the data lack a
            column.
    """
    check_source(source)
    if request.out is not None and request.out.exists() and not request.out.is_dir():
        raise NotADirectoryError(f"{request.out} is a file: {request.write_option('out')} must name a folder")
    for method in request.methods or ():
        check_method(method, SETS)
    for loss in request.losses or ():
        check_method(loss)
    request.check_combinations()
    request.check_numbers()
    budget_in_seconds(request)
    if request.recipe or request.cost or request.keep_cost_columns:
        from imbaloss.comparison.recipe_checks import check_recipe  # here, since most requests need no NumPy for it

        check_recipe(request)
    from imbaloss.comparison.reading.column_names import read_names  # here, since it needs pyarrow

    names = read_names(
        source, ReadingOptions(request.encoding, request.sheet), [name for _, name in list_named_columns(request)]
    )
    if names is not None:
        check_columns(names, request, str(source))


def budget_in_seconds(request: ComparisonRequest) -> float | None:
    """Return the budget of a request in seconds, such as 600.0 for "10m"; None if it has no budget.

    Raises:
        ValueError: The budget is no time.
    """
    return None if request.budget is None else parse_budget(request.budget)


def parse_budget(budget: str) -> float:
    """Parse a time such as 90s, 10m or 1.5 h, and return it in seconds. Units are s, m and h.

    Raises:
        ValueError: The text is not a plain number above 0 followed by a unit, or the time is above 292 years.
    """
    text = str(budget).strip()
    amount, unit = text[:-1].rstrip(), text[-1:]
    if unit in UNITS and all(digits.isdecimal() for digits in amount.split(".", 1)):
        plain = ".".join("".join(str(decimal(digit)) for digit in digits) for digits in amount.split("."))
        with suppress(ValueError):
            seconds = round(float(plain) * UNITS[unit], 9)
            if 0 < seconds < LONGEST_S:
                return seconds
    raise ValueError(f"budget must be a time, such as 90s, 10m or 2h, found {budget!r}")


def list_named_columns(request: ComparisonRequest, costs: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return each column that a request names, after its purpose. costs: The columns of costs."""
    single = {name: getattr(request, name) for name in ("target", "group", "time", "weight", "baseline")}
    several = {name: getattr(request, name) for name in ("drop", "category", "mark", "keep_na", "text_columns")}
    several |= {"segment": request.segment, "cost": costs}
    named = [(purpose, name) for purpose, name in single.items() if name is not None]
    return [*named, *((purpose, name) for purpose, names in several.items() for name in names)]


def check_columns(names: Collection[str], request: ComparisonRequest, source: str, costs: Sequence[str] = ()) -> None:
    """Check that the columns that the request names exist, and that no column is named for two purposes.

    Args:
        names: The names of the columns of the data.
        request: The request.
        source: The file or the data, which begins messages.
        costs: The columns of the costs of the request.

    Raises:
        ValueError: A column does not exist, or is named for two purposes.
    """
    for purpose, name in list_named_columns(request, costs):
        if name not in names:
            existing = f"it has {join_words(names, most=5)}"
            if len(names) == 1:
                existing = f"it has one column, {next(iter(names))!r}: is the delimiter another than , ; | and tab?"
            named_by = f"which {request.write_option(purpose)} names"
            raise ValueError(f"{source} has no column {name!r}, {named_by}{suggest(name, names)}; {existing}")
    for purpose in ("group", "time"):
        if getattr(request, purpose) == request.target:
            raise ValueError(
                f"the {purpose} column is the target, {request.target!r}, which cannot divide the rows: name another "
                f"column with --{purpose}"
            )
    for purpose, columns in (
        ("baseline", (request.baseline,)), ("weight", (request.weight,)), ("cost", costs), ("segment", request.segment),
        ("text", request.text_columns),
    ):  # fmt: skip
        if request.target in columns:
            raise ValueError(f"the {purpose} column is the target, {request.target!r}: name another column")
    if request.group is not None and request.group == request.time:
        raise ValueError(f"column {request.group!r} is both group and time: use one of the two")
    if request.target in request.drop:
        raise ValueError(f"the target, {request.target!r}, cannot be left out")
    if both := set(request.drop) & set(request.text_columns):
        raise ValueError(f"column {min(both)!r} is both free text and to be left out: use one of the two")
    if both := set(request.mark) & set(request.category):
        raise ValueError(f"column {min(both)!r} is both a category and a number with marks: use one of the two")
    if both := set(request.text_columns) & {*request.mark, *request.category}:
        kind = "a category" if min(both) in request.category else "a number with marks"
        raise ValueError(f"column {min(both)!r} is both {kind} and free text: use one of the two")


def check_prediction(
    model: Path,
    source: Path,
    out: Path,
    keep: Sequence[str],
    reading: ReadingOptions,
    *,
    background: Path | None,
    explains: bool,
) -> None:
    """Check what is asked of predictions before the model is loaded: the files, and the columns to keep.

    Args:
        model: The folder of the model.
        source: The data.
        out: The file of the predictions.
        keep: The columns to keep.
        reading: Options for reading the data.
        background: A table to compare explained rows with; None for none.
        explains: Whether rows are explained.

    Raises:
        OSError: A file does not exist or cannot be read.
        ValueError: The folder holds no model, a file to write has another ending or is one to read, or a column to keep
            does not exist. Or rows are explained, and the package shap is not installed.
    """
    if explains and find_spec("shap") is None:
        raise ValueError(f"explanations need the package shap: {describe_installation('explain')}")
    find_model_file(model)
    check_files(source, out, background, explains=explains)
    kept = [normalize_text(name) for name in keep]
    if not kept:
        return
    from imbaloss.comparison.reading.column_names import read_names  # here, since it needs pyarrow

    names = read_names(source, reading, kept)
    with naming(source):
        for name in kept if names is not None else ():
            check_kept_column(name, names or ())


def check_kept_column(name: str, names: Collection[str]) -> None:
    """Raise ValueError if a column to keep is not among the names of the columns of a file."""
    if name not in names:
        raise ValueError(
            f"there is no column {name!r} to keep{suggest(name, names)}; there are {join_words(names, most=5)}"
        )


def name_explained(out: Path) -> Path:
    """Return the file for explanations that belongs to a file of predictions: a.csv gives a_explained.csv."""
    return out.with_name(f"{out.stem}_explained{out.suffix}")


def check_files(source: Path, out: Path, background: Path | None, *, explains: bool) -> None:
    """Check the files to read and to write.

    Args:
        source: The data.
        out: The file of the predictions.
        background: A table to compare explained rows with; None for none.
        explains: Whether rows are explained.

    Raises:
        FileNotFoundError: A file to read does not exist.
        ValueError: The file of the predictions has an ending of no format, or a file to write is one to read.
    """
    if out.suffix.lower() not in WRITTEN:
        raise ValueError(f"{out} must end in {', '.join(WRITTEN)}: the ending decides the format of the predictions")
    for file in filter(None, (source, background)):
        check_source(file)
    if out.exists() and out.samefile(source):
        raise ValueError(f"{out} is the file to predict for: write the predictions to another one")
    for written in (out, name_explained(out)) if explains else ():
        for read in filter(None, (source, background)):
            if written.exists() and written.samefile(read):
                raise ValueError(f"{read} would be replaced by {written}: name another file with --out")


def find_model_file(folder: Path) -> Path:
    """Return the file of a model's folder that names the others.

    Raises:
        ValueError: There is no such file.
    """
    file = folder / MODEL_FILE
    if not file.is_file():
        raise ValueError(f"{folder} holds no {MODEL_FILE}: `imbaloss compare` saved no model there")
    return file
