"""Things with parameters as text."""

import re

import pytest

from imbaloss import spec_text


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("smote", "smote", {}),
        ("smote:", "smote", {}),
        ("smote:ratio=0.5,neighbours=3", "smote", {"ratio": 0.5, "neighbours": 3.0}),
        ("wce:class_weights=1:9", "wce", {"class_weights": (1.0, 9.0)}),
    ],
)
def test_a_text_is_a_name_and_numbers(text, name, found):
    assert spec_text.read_spec("a thing", text) == (name, found)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x:a", "a rule is written name:key=number,..., found 'a' in 'x:a'"),
        ("x:a=b", "a rule is written name:key=number,..., found 'a=b' in 'x:a=b'"),
        ("x:a=1,a=2", "a is given twice in 'x:a=1,a=2'"),
    ],
)
def test_another_text_is_refused(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        spec_text.read_spec("a rule", text)


def test_what_is_at_its_default_is_not_written():
    assert spec_text.write_spec("x", {"b": 2.0, "a": 0.5, "c": 1.0}, {"a": 1.0, "b": 1.0, "c": 1.0}) == "x:a=0.5,b=2"
    assert spec_text.write_spec("x", {"a": 1.0}, {"a": 1.0}) == "x"


def test_lists_become_tuples_at_any_depth():
    assert spec_text.to_tuples({"a": [1, [2, {"b": [3]}]]}) == {"a": (1, (2, {"b": (3,)}))}
