"""The encoding of text: what all bytes say, and what is offered where they do not say it."""

import pytest

from imbaloss.comparison.reading import encoding
from imbaloss.comparison.reading.encoding import check_encoding, detect_encoding
from imbaloss.comparison.reading.reading_options import ReadingOptions
from imbaloss.comparison.reading.table_file import TableFile
from tests.comparison.reading.test_delimited import notes, read, write

ROWS = 200


def table(words, written_as: str) -> bytes:
    lines = [f"{row / 7:.3f},{row % 2},{words[row % len(words)]}" for row in range(ROWS)]
    return ("a,y,town\n" + "\n".join(lines) + "\n").encode(written_as)


@pytest.mark.parametrize(
    ("words", "written_as"),
    [
        (["Köln", "Bonn"], "cp1252"),
        (["5 °C", "3 µm", "€ 5"], "cp1252"),
        (["Côte d'Ivoire", "Zürich"], "latin-1"),
        (["Mañana 5 €"], "cp1252"),
        (["Ægir", "naïve"], "cp1252"),
        (["Größe"], "cp1252"),
    ],
)
def test_western_text_that_is_no_utf_8_is_windows_1252_and_told(tmp_path, words, written_as):
    file = write(tmp_path, table(words, written_as))
    assert set(read(file)["town"]) == set(words)
    assert "t.csv is not UTF-8 and was read as Windows-1252 (for example " in notes(file)


@pytest.mark.parametrize(
    ("words", "written_as"),
    [
        (["東京", "大阪"], "shift_jis"),
        (["北京", "上海"], "gb18030"),
        (["台北", "高雄"], "big5"),
        (["서울", "부산"], "euc_kr"),
        (["Москва", "Казань"], "cp1251"),
        (["Αθήνα", "Πάτρα"], "cp1253"),
    ],
)
def test_other_text_is_refused_by_its_encoding_and_read_where_that_is_named(tmp_path, words, written_as):
    file = write(tmp_path, table(words, written_as))
    with pytest.raises(ValueError, match=r"t\.csv is not UTF-8") as error:
        read(file)
    assert "Try --encoding " in str(error.value)
    assert set(read(file, encoding=written_as)["town"]) == set(words)


@pytest.mark.parametrize("written_as", ["shift_jis", "gb18030"])
def test_the_right_encoding_is_among_those_that_are_offered(tmp_path, written_as):
    with pytest.raises(ValueError, match=f"--encoding {written_as}"):
        read(write(tmp_path, table(["東京", "北京"], written_as)))


@pytest.mark.parametrize("written_as", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_unicode_is_read_without_a_word(tmp_path, written_as):
    text = table(["東京", "Köln"], written_as)
    file = write(tmp_path, b"\xfe\xff" + text if written_as == "utf-16-be" else text)
    assert set(read(file)["town"]) == {"東京", "Köln"}
    assert notes(file) == ""


def test_utf_16_without_its_mark_is_offered(tmp_path):
    file = write(tmp_path, table(["Köln"], "utf-16-le"))
    with pytest.raises(ValueError, match=r"byte 1 is zero\. Try --encoding utf_16_le"):
        read(file)
    assert set(read(file, encoding="utf-16-le")["town"]) == {"Köln"}


@pytest.mark.parametrize("place", [2**20 - 1, 2**20, 2**21 - 2])
def test_a_letter_across_two_blocks_is_one_letter(tmp_path, place):
    text = "a,b\n1,"
    file = write(tmp_path, text + "x" * (place - len(text)) + "é,\n".replace(",", ""))
    assert detect_encoding(file) == ("utf-8", "")


def test_a_late_byte_counts_as_much_as_an_early_one(tmp_path):
    file = write(tmp_path, b"a,b\n" + b"1,x\n" * 600_000 + "1,Köln\n".encode("cp1252"))
    assert detect_encoding(file)[0] == "cp1252"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("shift-jiss", "Unknown encoding 'shift-jiss'"),
        ("rot13", "'rot13' does not turn bytes into text"),
        ("undefined", "encoding undefined \\(undefined encoding"),
        ("ascii", "is not text in the encoding ascii \\(byte"),
        ("utf-8", "is not text in the encoding utf-8"),
    ],
)
def test_an_encoding_that_does_not_fit_is_refused(tmp_path, name, sentence):
    with pytest.raises(ValueError, match=sentence):
        check_encoding(write(tmp_path, table(["Köln"], "cp1252")), name)


def test_what_no_encoding_fits_is_to_be_saved_as_utf_8(tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "COMMON", ())
    with pytest.raises(ValueError, match="Save it as UTF-8"):
        read(write(tmp_path, b"a,b\n1,\xff\x81\x8d\xff\xff\n2,x\n"))


def test_an_encoding_of_a_file_with_its_own_is_refused(tmp_path):
    file = write(tmp_path, b"PK", "t.xlsx")
    with pytest.raises(ValueError, match="leave out --encoding"):
        TableFile(file, ReadingOptions(encoding="utf-8")).read()
