"""Text for the terminal: how wide it is, and where it breaks."""

from io import StringIO

from rich.console import Console

from imbaloss.cli.terminal import find_width, tell_wrapped

NOTE = (
    "Ignored column `machine`: " + "it has 2,000 different texts in 2,000 rows (an identifier?), " * 4 + "--drop " * 9
)


def test_a_note_is_wrapped_by_words_and_its_further_lines_are_indented(capsys):
    tell_wrapped(NOTE)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 2
    assert max(map(len, lines)) <= 100
    assert " ".join(line.strip() for line in lines) == NOTE.strip()
    assert [line[:2] == "  " for line in lines] == [False, *[True] * (len(lines) - 1)]


def test_a_word_that_is_longer_than_a_line_stays_whole(capsys):
    word = "/folder" * 20
    tell_wrapped(f"{word} holds the report of other data.")
    assert capsys.readouterr().err.splitlines() == [word, "  holds the report of other data."]


def test_lines_are_as_wide_as_the_terminal_up_to_120_and_100_elsewhere():
    widths = {
        columns: find_width(Console(file=StringIO(), force_terminal=True, width=columns)) for columns in (80, 200)
    }
    assert widths == {80: 80, 200: 120}
    assert find_width(Console(file=StringIO(), width=80)) == 100
