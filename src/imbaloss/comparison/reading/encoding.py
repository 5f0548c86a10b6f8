"""The encoding of a text file, decided by all of its bytes."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from imbaloss.choices import suggest

BLOCK = 2**20  # number of bytes that are read together
MOST_NEIGHBOURS = 0.5  # share of non-ASCII bytes next to another one, up to which Windows-1252 is plausible
OFFERED = 3  # number of encodings that a message names
COMMON = ("cp1252", "cp932", "gb18030", "big5", "cp949", "cp1251", "cp1250", "cp1253", "cp1254", "cp1256", "cp850")
CALLED = {"cp932": "shift_jis", "cp949": "euc_kr"}  # the common names of these encodings
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def open_bytes(file: Path) -> IO[bytes]:
    """Open a file for reading bytes; a compressed file (.gz, .zst, .bz2, by its name) is decompressed.

    The caller closes it.

    Raises:
        OSError: The file cannot be opened.
    """
    import pyarrow as pa  # here, since it takes a quarter of a second

    stream: IO[bytes] = pa.input_stream(str(file), compression="detect")
    return stream


def detect_encoding(file: Path) -> tuple[str, str]:
    """Return the name of the encoding of a text file and a note, which is empty for UTF-8 and UTF-16.

    UTF-16 needs its byte-order mark. A file that is not UTF-8 is read as Windows-1252 ("cp1252") if that is plausible:
    in Western text, letters beyond ASCII stand alone between ASCII letters.

    Raises:
        OSError: The file cannot be read.
        ValueError: The bytes are no text, or text in another encoding. The message offers encodings that fit.
    """
    with open_bytes(file) as stream:
        start = stream.read(4)
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            check_encoding(file, encoding)
            return encoding, ""
    fault = find_undecodable(file, "utf-8")
    zero = find_byte(file, b"\0")
    if zero is not None:
        raise ValueError(f"{file} is not text: byte {zero} is zero{offer_encodings(file, 'utf_16', 'utf_32')}")
    if fault is None:
        return "utf-8", ""
    if find_undecodable(file, "cp1252") is None and (
        share_of_neighbours(file) <= MOST_NEIGHBOURS or has_western_words(file)
    ):
        return "cp1252", describe_windows_1252(file)
    raise ValueError(f"{file} is not UTF-8 ({fault}){offer_encodings(file)}")


def check_encoding(file: Path, encoding: str) -> None:
    """Check that a whole file decodes in an encoding.

    Raises:
        OSError: The file cannot be read.
        ValueError: Python does not know the encoding, it is not for text, or a byte of the file does not decode.
    """
    try:
        is_text = codecs.lookup(encoding)._is_text_encoding
    except (LookupError, ValueError, UnicodeError):
        examples = {name.replace("_", "-") for name in (*COMMON, *CALLED.values(), "utf-8", "utf-16", "latin-1")}
        raise ValueError(
            f"Unknown encoding {encoding!r}{suggest(encoding, examples)}. Examples: {', '.join(sorted(examples))}"
        ) from None
    if not is_text:
        raise ValueError(f"Encoding {encoding!r} does not turn bytes into text.")
    if fault := find_undecodable(file, encoding):
        raise ValueError(f"{file} is not text in the encoding {encoding} ({fault}){offer_encodings(file)}")


def find_undecodable(file: Path, encoding: str) -> str | None:
    """Return the first fault of a file in an encoding, such as "byte 17 is 0x83"; None if all of it decodes.

    Raises:
        LookupError: Python does not know the encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    start = 0
    for block in iterate_file(file):
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            place = max(start + error.start - (len(error.object) - len(block)), 0)
            return f"byte {place} is 0x{error.object[error.start]:02x}"
        except UnicodeError as error:
            return "it has no byte-order mark" if "BOM" in str(error) else str(error)
        start += len(block)
    return None


def iterate_file(file: Path) -> Iterator[bytes]:
    """Yield the content of a file, decompressed, in blocks of at most 1 MiB, then one empty block."""
    with open_bytes(file) as stream:
        while block := stream.read(BLOCK):
            yield block
    yield b""


def find_byte(file: Path, byte: bytes) -> int | None:
    """Return the position, from 0, at which a single byte first occurs in a file, decompressed; None if it does not."""
    start = 0
    for block in iterate_file(file):
        if (place := block.find(byte)) >= 0:
            return start + place
        start += len(block)
    return None


def share_of_neighbours(file: Path) -> float:
    """Return the share of the non-ASCII bytes that stand next to another one; 0 for a file of ASCII."""
    import numpy as np

    total = neighbours = 0
    for block in iterate_file(file):
        high = np.frombuffer(block, dtype=np.uint8) > 127
        padded = np.concatenate([[False], high, [False]])
        total += int(high.sum())
        neighbours += int((high & (padded[:-2] | padded[2:])).sum())
    return neighbours / total if total else 0.0


def has_western_words(file: Path) -> bool:
    """Say whether all non-ASCII bytes are letters of Windows-1252, at most two together, next to ASCII letters.

    That holds for Größe and for a file of ASCII, but not for words in Chinese or Russian. The file must decode as
    Windows-1252.
    """
    for block in iterate_file(file):
        for run in re.finditer(rb"[A-Za-z]?[\x80-\xff]+[A-Za-z]?", block):
            beyond = re.sub(rb"[A-Za-z]", b"", run[0])
            if len(beyond) > 2 or len(beyond) == len(run[0]) or not beyond.decode("cp1252").isalpha():
                return False
    return True


def describe_windows_1252(file: Path) -> str:
    """Return a note that a file is read as Windows-1252, with its first non-ASCII word as an example.

    The file must decode as Windows-1252.
    """
    for block in iterate_file(file):
        words = block.decode("cp1252").replace('"', " ").replace(",", " ").replace(";", " ").split()
        if example := next((word for word in words if not word.isascii()), ""):
            break
    return (
        f"{file.name} is not UTF-8 and was read as Windows-1252 (for example {example[:30]!r}). "
        "If that looks wrong, name its encoding with --encoding"
    )


def offer_encodings(file: Path, *families: str) -> str:
    """Return advice that ends a message: up to three encodings that fit the whole file, the most likely first.

    An example is ". Try --encoding cp1251, or save it as UTF-8". If none fits, the advice is ". Save it as UTF-8", or
    "" if `families` are given.

    families: The beginnings of the names of encodings to offer, such as "utf_16"; none for the common encodings.
    """
    from charset_normalizer import from_bytes

    with open_bytes(file) as stream:
        guesses = [match.encoding for match in from_bytes(stream.read(BLOCK))]
    candidates = [*(guess for guess in guesses if families or guess in COMMON), *(() if families else COMMON)]
    fitting = [
        CALLED.get(name, name)
        for name in dict.fromkeys(candidates)
        if (not families or name.startswith(families)) and find_undecodable(file, name) is None
    ][:OFFERED]
    if not fitting:
        return ". Save it as UTF-8" if not families else ""
    named = " or ".join(f"--encoding {name}" for name in fitting)
    return f". Try {named}, or save it as UTF-8"
