"""The header of a delimited text file: its place, its delimiter, and the names of the columns."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from imbaloss.comparison.reading.encoding import open_bytes
from imbaloss.comparison.reading.names import name_columns

DELIMITERS = (",", ";", "\t", "|")
START = 2**22  # number of bytes in which the header and the first row are searched
LINES_BEFORE_HEADER = 100  # number of blank lines, comments and titles before the header, at most
NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?", re.IGNORECASE)
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # the first line of a file written for Excel


@dataclass(frozen=True)
class Header:
    """The place of the header in its file, its delimiter, and the names of the columns."""

    names: tuple[str, ...]
    delimiter: str
    lines: int  # number of lines from the beginning of the file to the end of the header
    skipped: tuple[str, ...] = ()  # lines before the header that are neither blank nor comments
    blanks_before_quotes: bool = False  # whether to drop blanks before a quotation mark, as in `1, "a, b"`
    has_row_names: bool = False  # whether rows begin with a name that the header does not list, as R writes them
    has_quoted_rows: bool = False  # whether the first row begins with a quotation mark


def decode_start(path: Path, encoding: str) -> str:
    """Return the first 4 MiB of a file as text, decompressed and without a byte-order mark.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds nothing but blanks, or does not decode in the encoding.
    """
    with open_bytes(path) as stream:
        text = codecs.getincrementaldecoder(encoding)().decode(stream.read(START))
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ValueError(f"{path} is empty.")
    return text


def propose_headers(path: Path, start: str) -> list[Header]:
    """Return one reading of the header for each delimiter in it, the most frequent delimiter first.

    A header without any delimiter gives one reading, of one column. Blank lines, a line `sep=;`, comments (`#`) and
    lines without a delimiter before the header are skipped.

    Args:
        path: The file, for messages.
        start: The text at the beginning of the file.

    Raises:
        ValueError: A quotation mark in the header is not closed, or the header holds nothing but numbers.
    """
    lines = join_quoted_lines(islice(io.StringIO(start, newline=""), LINES_BEFORE_HEADER + 1))
    named = SEPARATOR_LINE.fullmatch(lines[0])
    delimiters = (named[1],) if named else DELIMITERS
    place, skipped = find_header_line(lines, delimiters, first=int(bool(named)))
    check_quotes(path, lines[place])
    counts = {delimiter: count_outside_quotes(lines[place], delimiter) for delimiter in delimiters}
    present = sorted(filter(counts.__getitem__, counts), key=counts.__getitem__, reverse=True) or [delimiters[0]]
    before = sum(len(split_lines(line)) for line in lines[:place])
    return [parse_header(path, start, delimiter, before, skipped) for delimiter in present]


def split_lines(text: str) -> Sequence[str]:
    r"""Split a text into lines, each with its end, which is \n, \r\n or \r alone, unlike in `str.splitlines`."""
    return list(io.StringIO(text, newline=""))


def join_quoted_lines(lines: Iterable[str]) -> list[str]:
    """Join lines that a value in quotation marks spans, and return all lines, each beginning a row."""
    joined: list[str] = []
    is_open = False
    for line in lines:
        if is_open:
            joined[-1] += line
        else:
            joined.append(line)
        is_open = is_left_open(joined[-1])
    return joined


def is_left_open(line: str) -> bool:
    """Say whether a value in a line begins with a quotation mark that is not closed; a mark within a value is text."""
    if '"' not in line:
        return False
    without_quoted = re.sub(r'"(?:[^"]|"")*"', "", line)
    return re.search(rf'(^|[{"".join(DELIMITERS)}])\s*"', without_quoted) is not None


def make_blanks_pattern(delimiter: str) -> str:
    """Return a regular expression for values in quotation marks, and for the blanks before such a value.

    In a match of blanks, group 1 is the delimiter before them, or "" at the beginning of a line. In a match of a value
    it is None.
    """
    return rf'"(?:[^"]|"")*"|(^|{re.escape(delimiter)})[ \t]+(?=")'


def check_quotes(path: Path, header: str) -> None:
    """Check that each quotation mark in the header is closed.

    Args:
        path: The file, for the message.
        header: The text of the header.

    Raises:
        ValueError: A mark is not closed.
    """
    if is_left_open(header):
        start = split_lines(header)[0].strip()[:60]
        raise ValueError(f"{path}: a quotation mark in the header, {start!r}, is not closed. Close it, or remove it")


def find_header_line(lines: Sequence[str], delimiters: Sequence[str], first: int) -> tuple[int, tuple[str, ...]]:
    """Find the first line that can be the header; return its place, from 0, and the lines of text before it, stripped.

    Blank lines and comments (`#`) before it are not among these. If no line has a delimiter, the header of one column
    is the first line that is neither blank nor a comment, and no lines of text are returned.

    Args:
        lines: The first lines of the file.
        delimiters: The possible delimiters.
        first: The place of the first line that can be the header.
    """
    candidates = [place for place in range(first, len(lines)) if lines[place].strip()]
    delimited = [place for place in candidates if any(count_outside_quotes(lines[place], mark) for mark in delimiters)]
    for place in delimited:
        following = next((later for later in candidates if later > place), None)
        is_comment = lines[place].startswith("#") and following in delimited
        if is_comment and not have_same_shape(lines[place], lines[following or place], delimiters):
            continue
        before = [lines[earlier].strip() for earlier in candidates if earlier < place]
        return place, tuple(line for line in before if not line.startswith("#"))
    names = [place for place in candidates if not lines[place].startswith("#")]
    return (names or candidates or [0])[0], ()


def have_same_shape(first: str, second: str, delimiters: Sequence[str]) -> bool:
    """Say whether two lines have equally many of the delimiter that is most frequent in the first line.

    Delimiters in quotation marks do not count. delimiters: the possible ones.
    """
    delimiter = max(delimiters, key=lambda mark: count_outside_quotes(first, mark))
    return count_outside_quotes(first, delimiter) == count_outside_quotes(second, delimiter)


def count_outside_quotes(line: str, mark: str) -> int:
    """Count how often a mark, such as a delimiter, occurs in a line outside of quotation marks."""
    return sum(part.count(mark) for part in line.split('"')[::2])


def parse_header(path: Path, start: str, delimiter: str, place: int, skipped: tuple[str, ...]) -> Header:
    """Read the names of the columns from the line at `place` (from 0) on, and return the header.

    If the header has one name less than the first row has values, it was written by R, and the first value is the name
    of the row. But if that row ends with a delimiter, the last column has no name.

    Args:
        path: The file, for messages.
        start: The text at the beginning of the file.
        delimiter: The delimiter.
        place: The line in which the header begins.
        skipped: The lines of text before it, which the result repeats.

    Raises:
        ValueError: The line holds nothing but numbers, except for 0, 1, 2, …, the names that pandas gives to arrays.
    """
    text = io.StringIO(start, newline="")
    for _ in range(place):
        text.readline()
    rows = csv.reader(text, delimiter=delimiter, skipinitialspace=True)
    try:
        names = next(rows)
        lines = place + rows.line_num
        values = next((row for row in rows if row), None)
    except csv.Error:  # a value of more than 2^17 characters: the header alone is read
        names, lines, values = split_header_line(start, delimiter, place), place + 1, None
    has_row_names = values is not None and len(values) == len(names) + 1 and bool(values[-1].strip())
    if has_row_names:
        names = ["", *names]
    elif values is not None and len(values) == len(names) + 1:
        names = [*names, ""]
    elif values is not None and len(values) == len(names) - 1 and not names[-1].strip():
        names = names[:-1]
    stripped = [name.strip() for name in names]
    counts_columns = [name for name in stripped if name] == [str(number) for number in range(sum(map(bool, stripped)))]
    if all(NUMBER.fullmatch(name) for name in stripped if name) and not counts_columns:
        shown = ", ".join(name for name in stripped[:3])
        raise ValueError(f"{path} has numbers in its first line, which must name the columns: {shown}")
    first_lines = list(islice(io.StringIO(start, newline=""), place, lines + 1))
    blanks = any(match[1] for match in re.finditer(make_blanks_pattern(delimiter), "".join(first_lines)))
    quoted = "".join(first_lines[1:]).lstrip().startswith('"')
    return Header(name_columns(stripped), delimiter, lines, skipped, blanks, has_row_names, quoted)


def split_header_line(start: str, delimiter: str, place: int) -> list[str]:
    """Split the line at `place` (from 0) at every delimiter, and return the parts without blanks and quotation marks.

    start: The text at the beginning of the file.
    """
    line = split_lines(start)[place]
    return [name.strip().strip('"') for name in line.split(delimiter)]
