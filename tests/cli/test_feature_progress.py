"""The progress of features of images and texts: a bar in a terminal, lines elsewhere, nothing where all are known."""

import io
import time

from rich.console import Console

from imbaloss.cli.progress import BETWEEN_LINES_S, FeatureBar, FeatureLines


def test_lines_tell_beginning_end_and_now_and_then(capsys, monkeypatch):
    seconds = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    lines = FeatureLines()
    for done in range(10, 101):
        lines.tell(done, 100, "image")
        seconds[0] += BETWEEN_LINES_S / 40
    assert capsys.readouterr().err.splitlines() == [
        "features of 10 of 100 images",
        "features of 50 of 100 images",
        "features of 90 of 100 images",
        "features of 100 images in 68 s",
    ]


def test_of_many_short_counts_only_the_first_in_half_a_minute_has_lines(capsys, monkeypatch):
    seconds = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    lines = FeatureLines()
    for _ in range(8):  # parts of a large file
        for done in (0, 32, 64):
            lines.tell(done, 64, "text")
            seconds[0] += 2
    shown = capsys.readouterr().err.splitlines()
    assert shown == ["features of 0 of 64 texts", "features of 64 texts in 4 s"] * 2


def test_nothing_is_said_where_all_features_are_known(capsys):
    lines, bar = FeatureLines(), FeatureBar(console := Console(file=io.StringIO(), force_terminal=True))
    for _ in range(3):
        lines.tell(7, 7, "image")
        bar.tell(7, 7, "image")
    bar.stop()
    assert capsys.readouterr().err == ""
    assert console.file.getvalue() == ""


def test_a_bar_shows_the_count_and_can_begin_again():
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    bar = FeatureBar(console)
    for done in (0, 1500, 3000):
        bar.tell(done, 3000, "text")
    assert bar.task is None
    assert "features of 3000 of 3000 texts" in console.file.getvalue()
    bar.tell(0, 2, "text")
    bar.stop()  # as after an error
    assert bar.task is None
