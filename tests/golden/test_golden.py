"""The comparison of two commits: what counts as a difference, and what does not."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.golden.__main__ import CHANGES, ROOT, compare_item, main
from tests.golden.cases import ITEMS, Item, write_inputs
from tests.golden.differences import Change, find_differences, listed_reasons, normalise, read_changes, replace_folders

ITEM = Item("example", ())


def side(**outputs: str) -> Any:
    """Return a side whose item has these outputs; a double underscore in a name stands for the dot."""
    return SimpleNamespace(run_item=lambda _: {name.replace("__", "."): text for name, text in outputs.items()})


def test_one_changed_byte_is_a_difference() -> None:
    [difference] = find_differences({"a.csv": "x,f1\n1,0.25\n", "b": "ok\n"}, {"a.csv": "x,f1\n1,0.26\n", "b": "ok\n"})
    assert difference.output == "a.csv"
    assert difference.changed_lines == ["row 1, f1: 0.25", "row 1, f1: 0.26"]


@pytest.mark.parametrize(("before", "after"), [("a\n1\n", 'a\n"1"\n'), ("a\n1\n", "a\r\n1\r\n"), ("a\n", "b\n")])
def test_a_difference_that_no_cell_shows_has_a_diff_too(before: str, after: str) -> None:
    [difference] = find_differences({"a.csv": before}, {"a.csv": after})
    assert difference.changed_lines


def test_an_output_that_one_side_lacks_is_a_difference() -> None:
    assert [found.output for found in find_differences({"a": "1\n"}, {"b": "1\n"})] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.json", '{"f1": 0.5, "seconds": 1.2}', '{"seconds": 3.4, "f1": 0.5}'),
        ("a.toml", 'name = "a"\n[provenance.versions]\ntorch = "2.6"\n', 'name = "a"\n[provenance]\n'),
        ("a.csv", "loss,seconds,f1\nmse,1.0,0.5\n", "loss,seconds,f1\nmse,2.0,0.5\n"),
        ("a.err", "trained in 9 s\n", "35% in 31 s; about 2 min left\ntrained in 1 h 2 min\n"),
        ("a.err", "/base/x.py:7: Warning\n", "/head/x.py:9: Warning\n"),
        ("a.html", "6 trainings in 175 seconds of training\n", "6 trainings in 0.051 hours of training\n"),
    ],
)
def test_times_versions_and_paths_are_no_difference(name: str, before: str, after: str) -> None:
    folders = {Path("/base"): "<CHECKOUT>", Path("/head"): "<CHECKOUT>"}
    first, second = (normalise(name, replace_folders(text, folders)) for text in (before, after))
    assert first == second


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.json", '{"f1": 0.5, "seconds": 1.2}', '{"seconds": 1.2, "f1": 0.6}'),
        ("a.toml", "epochs = 5\n[provenance.versions]\n", "epochs = 6\n[provenance.versions]\n"),
        ("a.csv", "loss,seconds,f1\nmse,1.0,0.5\n", "loss,seconds,f1\nmse,1.0,0.6\n"),
        ("a.err", "5 folds\ntrained in 9 s\n", "6 folds\ntrained in 9 s\n"),
        ("a.html", "6 trainings in 9 seconds of training\n", "7 trainings in 9 seconds of training\n"),
    ],
)
def test_a_value_beside_a_time_is_a_difference(name: str, before: str, after: str) -> None:
    assert normalise(name, before) != normalise(name, after)


def test_a_text_that_is_not_json_is_compared_as_it_is() -> None:
    assert normalise("a.json", "no JSON\n") == "no JSON\n"


def test_json_has_one_value_a_line() -> None:
    assert normalise("a.json", json.dumps({"b": [1, 2], "a": "é"})).splitlines() == [
        *("{", ' "a": "é",', ' "b": [', "  1,", "  2", " ]", "}")
    ]


CHANGE = Change("example", "^note: ", "Notes are sentences.", "a.err")


@pytest.mark.parametrize(
    ("change", "head", "listed"),
    [
        (CHANGE, "note: new\nf1 0.5\n", True),
        (CHANGE, "note: new\nf1 0.6\n", False),
        (Change("other", "^note: ", ""), "note: new\nf1 0.5\n", False),
        (Change("example", "^note: ", "", "b.err"), "note: new\nf1 0.5\n", False),
        (Change("ex*", "^note: ", "Notes are sentences.", "*.err"), "note: new\nf1 0.5\n", True),
    ],
)
def test_a_difference_is_listed_only_if_each_changed_line_is(change: Change, head: str, listed: bool) -> None:
    [difference] = find_differences({"a.err": "note: old\nf1 0.5\n"}, {"a.err": head})
    assert listed_reasons("example", difference, [change]) == ([change.reason] if listed else [])


def test_an_item_is_the_same_or_different_or_changed_as_listed(capsys: pytest.CaptureFixture[str]) -> None:
    base, head = side(a__err="note: old\nexit code 0\n"), side(a__err="note: new\nexit code 0\n")
    assert compare_item(ITEM, [base, base], [])
    assert not compare_item(ITEM, [base, head], [])
    assert compare_item(ITEM, [base, head], [CHANGE])
    printed = re.sub(r", \d+ s", "", capsys.readouterr().out).splitlines()
    assert printed == [
        "same       example (outputs: 1)",
        "DIFFERENT  example (outputs: 1)",
        *("    a.err: 2 changed lines", "      @@ -1,2 +1,2 @@"),
        *("      -note: old", "      +note: new", "       exit code 0"),
        "changed    example (outputs: 1)",
        "    a.err changed as listed: Notes are sentences.",
    ]


def test_an_item_that_fails_on_both_sides_is_not_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    broken = side(a__err="no such file\nexit code 2\n")
    assert not compare_item(ITEM, [broken, broken], [])
    assert capsys.readouterr().out.startswith("FAILED     example")


@pytest.mark.parametrize(
    "text",
    ["change = 1", '[[change]]\nitem = "losses"', '[[change]]\nitem = "x"\npattern = ""\nreason = ""', "[[changes]]"],
)
def test_a_list_of_changes_with_a_mistake_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "changes.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"^changes\.toml "):
        read_changes(file, ["losses"])


def test_the_list_of_changes_can_be_read() -> None:
    assert isinstance(read_changes(CHANGES, [item.name for item in ITEMS]), list)


def test_inputs_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_inputs(tmp_path / name)
    files = [file for file in sorted((tmp_path / "first").rglob("*")) if file.is_file()]
    assert len(files) > 70
    for file in files:
        assert file.read_bytes() == (tmp_path / "second" / file.relative_to(tmp_path / "first")).read_bytes()


@pytest.mark.parametrize("words", [["worktree"], ["worktree", "no-such-commit"], ["worktree"] * 2 + ["--only", "x"]])
def test_bad_usage_ends_with_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="commits can be compared only in a git repository")
def test_a_commit_is_the_same_as_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["HEAD", "HEAD", "--only", "options", "losses"]) == 0
    assert capsys.readouterr().out.count("same  ") == 2
