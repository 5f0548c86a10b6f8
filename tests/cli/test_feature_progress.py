"""The progress of features of images: a bar in a terminal, lines elsewhere, and nothing where all are known."""

import io
import time

from rich.console import Console

from imbaloss.cli.progress import BETWEEN_LINES_S, FeatureBar, FeatureLines


def test_lines_tell_beginning_end_and_now_and_then(capsys, monkeypatch):
    seconds = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    lines = FeatureLines()
    for done in range(10, 101):
        lines.tell(done, 100)
        seconds[0] += BETWEEN_LINES_S / 40
    assert capsys.readouterr().err.splitlines() == [
        "features of 10 of 100 images",
        "features of 50 of 100 images",
        "features of 90 of 100 images",
        "features of 100 images in 68 s",
    ]


def test_nothing_is_said_where_all_features_are_known(capsys):
    lines, bar = FeatureLines(), FeatureBar(console := Console(file=io.StringIO(), force_terminal=True))
    for _ in range(3):
        lines.tell(7, 7)
        bar.tell(7, 7)
    bar.stop()
    assert capsys.readouterr().err == ""
    assert console.file.getvalue() == ""


def test_a_bar_shows_the_count_and_can_begin_again():
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    bar = FeatureBar(console)
    for done in (0, 1500, 3000):
        bar.tell(done, 3000)
    assert bar.task is None
    assert "features of 3000 of 3000 images" in console.file.getvalue()
    bar.tell(0, 2)
    bar.stop()  # as after an error
    assert bar.task is None
