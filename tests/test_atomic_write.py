"""Names of files; that they are written whole is tested where they are written, in tests/report/test_writing.py."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.atomic_write import LONGEST, make_file_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my-study_2.1", "my-study_2.1"),
        ("<script>alert(1)</script>", "_script_alert_1_script_"),
        ("../../etc", "_._.._etc"),
        ("a/b\\c", "a_b_c"),
        (".", "_"),
        ("..", "_."),
        (".hidden", "_hidden"),
        ("", "_"),
        ("Bäume, 5 %", "Bäume_5_"),
        ("樹" * 200, "樹" * 66),
    ],
)
def test_a_text_names_a_file(text, name):
    assert make_file_name(text) == name


@given(st.text())
def test_any_text_names_a_file_in_its_folder_that_is_seen(text):
    name = make_file_name(text)
    assert re.fullmatch(r"[\w-][\w.-]*", name)
    assert len(name.encode()) <= LONGEST
    assert make_file_name(name) == name


@given(st.text(), st.sampled_from("./\\"))
def test_no_text_leads_out_of_a_folder(tmp_path_factory, text, first):
    folder = tmp_path_factory.getbasetemp()
    assert (folder / make_file_name(first + text)).resolve().parent == folder.resolve()
