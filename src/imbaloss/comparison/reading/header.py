"""The header of a text file of rows: where it stands, its delimiter, and the names of the columns."""

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
START = 2**22  # bytes in which the header and the first row are looked for
LINES_BEFORE_HEADER = 100  # at most: blank lines, comments, a title
NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?", re.IGNORECASE)
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # the first line of a file that was written for Excel


@dataclass(frozen=True)
class Header:
    """The place of the header in its file, its delimiter, and the names of the columns."""

    names: tuple[str, ...]
    delimiter: str
    lines: int  # from the beginning of the file up to and with the header
    skipped: tuple[str, ...] = ()  # lines before the header that are neither blank nor comments
    blanks_before_quotes: bool = False  # as in `1, "a, b"`, where the mark would be text
    has_row_names: bool = False  # whether the rows begin with a name, for which R's header has none
    has_quoted_rows: bool = False  # whether the first row begins with a quotation mark


def decode_start(path: Path, encoding: str) -> str:
    """Return the beginning of a file as text.

    Raises:
        ValueError: There is nothing but blanks.
    """
    with open_bytes(path) as stream:
        text = codecs.getincrementaldecoder(encoding)().decode(stream.read(START))
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ValueError(f"{path} is empty.")
    return text


def propose_headers(path: Path, start: str) -> list[Header]:
    """Return the header as each delimiter in it has it, the most frequent delimiter first.

    Skipped are blank lines, a line `sep=;`, comments (`#`) and lines without a delimiter before the first line with
    one.
    """
    lines = join_quoted_lines(islice(io.StringIO(start, newline=""), LINES_BEFORE_HEADER + 1))
    named = SEPARATOR_LINE.fullmatch(lines[0])
    wanted = (named[1],) if named else DELIMITERS
    place, skipped = find_header_line(lines, wanted, first=int(bool(named)))
    check_quotes(path, lines[place])
    counts = {delimiter: count_outside_quotes(lines[place], delimiter) for delimiter in wanted}
    found = sorted(filter(counts.__getitem__, counts), key=counts.__getitem__, reverse=True) or [wanted[0]]
    before = sum(len(split_lines(line)) for line in lines[:place])
    return [parse_header(path, start, delimiter, before, skipped) for delimiter in found]


def split_lines(text: str) -> Sequence[str]:
    r"""Split a text where a line ends, be it with \n, \r\n or \r; other marks that Python knows are text."""
    return list(io.StringIO(text, newline=""))


def join_quoted_lines(lines: Iterable[str]) -> list[str]:
    """Join lines that a value in quotation marks holds together."""
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
    """Return whether a value begins with a quotation mark that is not closed; a mark within a value is text."""
    if '"' not in line:
        return False
    without_quoted = re.sub(r'"(?:[^"]|"")*"', "", line)
    return re.search(rf'(^|[{"".join(DELIMITERS)}])\s*"', without_quoted) is not None


def blanks_pattern(delimiter: str) -> str:
    """Return a pattern for a whole value in quotation marks, or for what stands before blanks before such a mark."""
    return rf'"(?:[^"]|"")*"|(^|{re.escape(delimiter)})[ \t]+(?=")'


def check_quotes(path: Path, header: str) -> None:
    """Check that each quotation mark in the header is closed.

    Raises:
        ValueError: One is not.
    """
    if is_left_open(header):
        start = split_lines(header)[0].strip()[:60]
        raise ValueError(f"{path}: a quotation mark in the header, {start!r}, is not closed. Close it, or remove it")


def find_header_line(lines: Sequence[str], delimiters: Sequence[str], first: int) -> tuple[int, tuple[str, ...]]:
    """Return the place of the first line that can be the header, and the lines of text before it.

    Without any delimiter in the file, the first line that is neither blank nor a comment is the header of one column.
    """
    candidates = [place for place in range(first, len(lines)) if lines[place].strip()]
    delimited = [place for place in candidates if any(count_outside_quotes(lines[place], one) for one in delimiters)]
    for place in delimited:
        following = next((later for later in candidates if later > place), None)
        is_comment = lines[place].startswith("#") and following in delimited
        if is_comment and not same_shape(lines[place], lines[following or place], delimiters):
            continue
        before = [lines[earlier].strip() for earlier in candidates if earlier < place]
        return place, tuple(line for line in before if not line.startswith("#"))
    names = [place for place in candidates if not lines[place].startswith("#")]
    return (names or candidates or [0])[0], ()


def same_shape(first: str, second: str, delimiters: Sequence[str]) -> bool:
    """Return whether two lines have as many of the delimiter that is the most frequent in the first."""
    delimiter = max(delimiters, key=lambda mark: count_outside_quotes(first, mark))
    return count_outside_quotes(first, delimiter) == count_outside_quotes(second, delimiter)


def count_outside_quotes(line: str, mark: str) -> int:
    """Count a mark in a line, leaving out what stands in quotation marks."""
    return sum(part.count(mark) for part in line.split('"')[::2])


def parse_header(path: Path, start: str, delimiter: str, place: int, skipped: tuple[str, ...]) -> Header:
    """Read the names of the columns, which begin in the line at `place` (from 0).

    A header with one name less than the first row has values is one of R, whose first column counts the rows; where the
    row ends with a delimiter, the last column has no name.

    Raises:
        ValueError: The line has nothing but numbers, other than 0, 1, 2, … as pandas names the columns of an array.
    """
    text = io.StringIO(start, newline="")
    for _ in range(place):
        text.readline()
    rows = csv.reader(text, delimiter=delimiter, skipinitialspace=True)
    try:
        names = next(rows)
        lines = place + rows.line_num
        values = next((row for row in rows if row), None)
    except csv.Error:  # a value of more than 2^17 characters: the header stands as it is
        names, lines, values = lines_of_header(start, delimiter, place), place + 1, None
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
    blanks = any(match[1] for match in re.finditer(blanks_pattern(delimiter), "".join(first_lines)))
    quoted = "".join(first_lines[1:]).lstrip().startswith('"')
    return Header(name_columns(stripped), delimiter, lines, skipped, blanks, has_row_names, quoted)


def lines_of_header(start: str, delimiter: str, place: int) -> list[str]:
    """Return the names in one line, without a look at the rows."""
    line = split_lines(start)[place]
    return [name.strip().strip('"') for name in line.split(delimiter)]
