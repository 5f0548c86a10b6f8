"""CSV and similar text files. The header proposes a delimiter, and every row has to confirm it."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from imbaloss.comparison.reading import endings
from imbaloss.comparison.reading.encoding import check_encoding, detect_encoding, iterate_file, open_bytes
from imbaloss.comparison.reading.header import DELIMITERS, Header, decode_start, make_blanks_pattern, propose_headers
from imbaloss.comparison.reading.names import check_names
from imbaloss.comparison.reading.text import columns_by_name, find_in_columns, iterate_blocks
from imbaloss.plural import format_count

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = endings.DELIMITED
LARGEST_ROW = 2**26  # number of bytes of a row, at most
MARKS = {  # the first bytes of files in other formats
    b"PAR1": "a Parquet file",
    b"PK": "a ZIP archive, such as NPZ or XLSX",
    b"\x1f\x8b": "compressed by gzip, which its name should say (.csv.gz)",
    b"\x28\xb5\x2f\xfd": "compressed by Zstandard, which its name should say (.csv.zst)",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls)",
    b"SQLite": "an SQLite database",
    b"%PDF": "a PDF",
    b"{\\rtf": "an RTF document",
}


@dataclass(frozen=True)
class DelimitedFile:
    """A delimited text file, such as CSV, with its encoding and header.

    Values are read as text; blank rows are skipped.
    """

    path: Path
    encoding: str
    header: Header
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns: trimmed, in Unicode's normal form C, and unique."""
        return self.header.names

    def read(self) -> "pa.Table":
        """Read all rows as an Arrow table, every column as text, with nulls for empty values and without blank rows.

        A file without rows gives a table with its columns and no rows.

        Raises:
            ValueError: A row has another number of values than the header has names, or pyarrow cannot read the file.
        """
        try:
            return self.read_fitting_rows()
        except ValueError as error:
            if names_no_rows(error):
                return self.make_empty_table()
            file, has_blank_rows = self.confirm_rows()
            if file == self and not has_blank_rows:  # no single row is at fault
                self.explain_fault(error)
            return file.read_fitting_rows(skip_wrong=has_blank_rows)

    def read_fitting_rows(self, *, skip_wrong: bool = False) -> "pa.Table":
        """Read all rows that have as many values as the header has names, as an Arrow table of text.

        Args:
            skip_wrong: Whether to skip rows with another number of values; by default they are an error.

        Raises:
            ValueError: A row has another number of values and `skip_wrong` is false; no row follows the header; or
                pyarrow cannot read the file.
        """
        from pyarrow import csv as arrow_csv

        with self.open() as stream:
            table = arrow_csv.read_csv(
                stream, **self.make_options(threads=True, on_wrong_row=skip if skip_wrong else None)
            )
        return table.rename_columns(list(self.names))

    def iterate_parts(self) -> "Iterator[pa.Table]":
        """Yield the rows as Arrow tables of text, each from at most 64 MiB of the file.

        A file without rows gives one table without rows. All rows are checked before the first table is yielded. Blank
        rows are skipped.

        Raises:
            ValueError: A row has another number of values than the header has names, or pyarrow cannot read the file.
        """
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        file, has_blank_rows = self.confirm_rows()
        count, options = 0, file.make_options(threads=False, on_wrong_row=skip if has_blank_rows else None)
        try:
            with file.open() as stream, arrow_csv.open_csv(stream, **options) as reader:
                for batch in reader:
                    count += batch.num_rows
                    yield pa.Table.from_batches([batch]).rename_columns(list(self.names))
        except ValueError as error:
            if not names_no_rows(error):
                self.explain_fault(error)
        if not count:
            yield self.make_empty_table()

    def open(self) -> IO[bytes]:
        """Open the file, decompressed, as a stream of bytes for pyarrow. The caller closes it.

        If the header says that the file has blanks between a delimiter and a quotation mark, the stream lacks these
        blanks and the whole file is held in memory.

        Raises:
            OSError: The file cannot be opened.
        """
        if not self.header.blanks_before_quotes:
            return open_bytes(self.path)
        with open_bytes(self.path) as stream:
            text = stream.read().decode(self.encoding)
        pattern = re.compile(make_blanks_pattern(self.header.delimiter), re.MULTILINE)
        tightened = pattern.sub(lambda match: match[0] if match[1] is None else match[1], text)
        return io.BytesIO(tightened.encode(self.encoding))

    def make_empty_table(self) -> "pa.Table":
        """Return an Arrow table with the columns of the header, as text, and no rows."""
        import pyarrow as pa

        return pa.table({name: pa.array([], pa.large_string()) for name in self.names})

    def make_options(self, *, threads: bool, on_wrong_row: "Callable[[Any], str] | None" = None) -> dict[str, Any]:
        """Return the options for pyarrow's CSV reader, by the names of its arguments.

        It calls columns "0", "1" and so on.

        Args:
            threads: Whether to use several threads, which is faster; errors then do not name their row.
            on_wrong_row: Gets pyarrow's description of a row with a wrong number of values and returns "skip" or
                "error". None: every such row is an error.
        """
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        places = [str(place) for place in range(len(self.names))]
        return {
            "read_options": arrow_csv.ReadOptions(
                column_names=places,
                skip_rows=self.header.lines,
                block_size=LARGEST_ROW,
                encoding=self.encoding.removesuffix("-sig"),
                use_threads=threads,
            ),
            "parse_options": arrow_csv.ParseOptions(
                delimiter=self.header.delimiter, newlines_in_values=True, invalid_row_handler=on_wrong_row
            ),
            "convert_options": arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.large_string()), null_values=[""], strings_can_be_null=True
            ),
        }

    def confirm_rows(self) -> "tuple[DelimitedFile, bool]":
        """Check that each row has as many values as the header has names.

        If a row fits only without the blanks between a delimiter and a quotation mark, a copy that drops such blanks is
        checked and returned.

        Returns:
            The file, and whether it has blank rows.

        Raises:
            ValueError: A row has too few or too many values, or pyarrow cannot read the file.
        """
        wrong, has_blank_rows = self.find_wrong_row()
        if wrong is None:
            return self, has_blank_rows
        if not self.header.blanks_before_quotes and re.search(
            rf"{re.escape(self.header.delimiter)}[ \t]+\"", wrong.text
        ):
            return replace(self, header=replace(self.header, blanks_before_quotes=True)).confirm_rows()
        self.explain_wrong_row(wrong)

    def find_wrong_row(self) -> "tuple[Any | None, bool]":
        """Return pyarrow's description of the first row with a wrong number of values, and whether blank rows exist.

        The description is None if all rows fit; blank rows count as fitting. pyarrow's streaming reader is avoided
        here, since some processes crash after an error has stopped it.

        Raises:
            ValueError: pyarrow cannot read the file for another reason.
        """
        from pyarrow import csv as arrow_csv

        wrong: list[Any] = []
        blank: list[Any] = []

        def record_row(row: Any) -> str:
            """Record a row with a wrong number of values, and tell pyarrow whether to go on.

            row: pyarrow's description of the row. The result is "skip" for a blank row and "error", which stops
            reading, for others.
            """
            (wrong if row.text.strip() else blank).append(row)
            return "error" if row.text.strip() else "skip"

        options = self.make_options(threads=False, on_wrong_row=record_row)
        options["convert_options"].include_columns = ["0"]
        try:
            with self.open() as stream:
                arrow_csv.read_csv(stream, **options)
        except ValueError as error:
            if not wrong and not names_no_rows(error):
                self.explain_fault(error)
        return (wrong[0] if wrong else None), bool(blank)

    def explain_wrong_row(self, wrong: Any) -> NoReturn:
        """Raise an error for a row with a wrong number of values. wrong: pyarrow's description of the row.

        Raises:
            ValueError: Always. The message names the row, its number of values, and what to do.
        """
        start = wrong.text.split("\n")[0].strip()[:60]
        where = f"{self.path}, row {wrong.number - self.header.lines}"
        counts = f"{format_count(wrong.actual_columns, 'value')} where the header names {len(self.names)}"
        advice = "Quote a value that holds the delimiter; leave a missing value empty"
        if "\n" in wrong.text.rstrip():
            lines = format_count(wrong.text.rstrip().count("\n"), "more line")
            advice = (
                f"A quotation mark in it is not closed and takes in {lines}: close it, or double a mark that is text"
            )
        raise ValueError(f"{where}, which begins {start!r}, has {counts}. {advice}")

    def explain_fault(self, error: Exception) -> NoReturn:
        """Raise an error for a file that pyarrow cannot read. error: the error of pyarrow.

        Raises:
            ValueError: Always. The message names the file and has pyarrow's reason.
        """
        message = " ".join(str(error).split())
        if "straddling" in message:
            message = f"a row is longer than {LARGEST_ROW // 2**20} MiB; is a quotation mark not closed?"
        raise ValueError(f"{self.path} cannot be read as a table: {message}") from error


def skip(row: Any) -> str:  # noqa: ARG001  # pyarrow passes the row
    """Return "skip" for every row that does not fit the header, so that pyarrow, which calls this, leaves it out."""
    return "skip"


def names_no_rows(error: Exception) -> bool:
    """Say whether an error of pyarrow means that the file has a header but no row after it."""
    return "Could not skip initial" in str(error) or "Empty CSV file" in str(error)


def open_delimited(path: Path, encoding: str | None = None) -> DelimitedFile:
    """Find out the encoding, header and delimiter of a text file, and return it with notes, its rows not yet read.

    Of several delimiters in the header, the one is chosen that gives every row as many values as the header has names.
    If several do, it is the one that leaves the fewest other delimiters in the values. If none does, it is the most
    frequent one in the header, and reading the rows fails later.

    Args:
        path: The file.
        encoding: The encoding; None to detect it.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file is empty, no text or in another encoding; its first line names no columns or two of one
            name; or the rows have one value more than the header has names, and that value is no row name.
    """
    check_first_bytes(path)
    note = ""
    if encoding is None:
        encoding, note = detect_encoding(path)
    else:
        check_encoding(path, encoding)
    start = decode_start(path, encoding)
    headers = propose_headers(path, start)
    file = DelimitedFile(path, encoding, headers[0])
    if len(headers) > 1:
        files = [DelimitedFile(path, encoding, header) for header in headers]
        fitting = [file for file in files if file.find_wrong_row()[0] is None]
        file = min(fitting, key=count_other_delimiters) if len(fitting) > 1 else (fitting or files)[0]
    check_names(path, file.names)
    notes = [note] if note else []
    if file.header.has_row_names:
        notes.append(check_row_names(file))
    if file.header.skipped:
        notes.append(
            f"{path.name}: skipped {format_count(len(file.header.skipped), 'line')} before the header, "
            f"beginning with {file.header.skipped[0][:60]!r}"
        )
    return DelimitedFile(path, encoding, file.header, tuple(notes))


def check_row_names(file: DelimitedFile) -> str:
    """Check that the first values, for which the header has no name, are row names as R writes them; return a note.

    Row names count the rows, or are all different and in quotation marks.

    Raises:
        ValueError: The first values are no row names, so that a value may hold the delimiter; or a row does not fit.
    """
    names = file.read().column(0).to_pylist()
    counts = [str(number) for number in range(len(names) + 1)]
    if names not in (counts[:-1], counts[1:]) and (not file.header.has_quoted_rows or len(set(names)) < len(names)):
        raise ValueError(
            f"{file.path} has rows with more values than the {len(file.names) - 1} columns that its header names. "
            "Name every column; quote a value that holds the delimiter"
        )
    return f"{file.path.name}: the header has no name for the first value of each row, which was read as the row's name"


def count_other_delimiters(file: DelimitedFile) -> int:
    """Count the values of a file that hold one of the delimiters , ; | and tab that is not its own.

    Numbers with a decimal comma, such as 1,5, do not count.

    Raises:
        ValueError: A row does not fit the header.
    """
    from pyarrow import compute

    delimiters = "".join(re.escape(mark) for mark in DELIMITERS if mark != file.header.delimiter)
    count = 0
    for column in file.read().columns:
        is_other = compute.match_substring_regex(column, f"[{delimiters}]")
        is_number = compute.match_substring_regex(column, r"^\s*[+-]?\d*,\d+\s*$")
        count += compute.sum(compute.and_not(is_other, is_number)).as_py() or 0
    return count


def check_first_bytes(path: Path) -> None:
    """Check that a file is not empty and does not begin like a format that is no text, such as Parquet, ZIP or PDF.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file is empty, or begins like such a format.
    """
    with open_bytes(path) as stream:
        first = stream.read(8)
    if not first:
        raise ValueError(f"{path} is empty.")
    if kind := next((kind for mark, kind in MARKS.items() if first.startswith(mark)), None):
        raise ValueError(f"{path} is no CSV file: it is {kind}")


def find_swallowed_rows(file: DelimitedFile, table: "pa.Table") -> Iterator[str]:
    """Yield a note on each column in which a value spans lines that look like rows, with the first such value.

    An opening quotation mark without a closing one takes in all rows up to the next mark.

    Args:
        file: The file.
        table: Its content, every column as text.

    Raises:
        ValueError: The last value of the file spans such lines, because its quotation mark is never closed.
    """
    from pyarrow import compute

    quotation_marks = sum(block.count(b'"') for block in iterate_file(file.path))
    if not quotation_marks:
        return
    columns = columns_by_name(table)
    spanning = [
        name
        for block, array in iterate_blocks(columns, file.names)
        for name, spans in zip(block, find_in_columns(array, len(block), "\n"), strict=True)
        if spans
    ]
    enough = 3 if len(file.names) == 2 else 2  # in text of two columns, lines with one delimiter are usual
    for name in spanning:
        rows = compute.indices_nonzero(compute.match_substring(columns[name], "\n")).to_pylist()
        for row in rows:
            inner = columns[name][row].as_py().rstrip().split("\n")[1:]
            is_last = row == table.num_rows - 1 and name == file.names[-1] and quotation_marks % 2 == 1
            if not look_like_rows(inner[: None if is_last else -1], file, enough=1 if is_last else enough):
                continue
            where, lines = f"{file.path}, row {row + 1}, column {name}", format_count(len(inner), "more line")
            if is_last:
                raise ValueError(f"{where}: a quotation mark is not closed and takes in {lines}. Close it")
            yield f"{where}: the value takes in {lines} that look like rows. Is a quotation mark missing or too many?"
            break


def look_like_rows(lines: Sequence[str], file: DelimitedFile, enough: int) -> bool:
    """Say whether there are at least `enough` lines and each has as many delimiters as a row of the file."""
    expected = len(file.names) - 1
    return len(lines) >= enough and all(line.count(file.header.delimiter) == expected for line in lines)
