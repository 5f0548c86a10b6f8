"""Numbers and lists in sentences."""

import pytest

from imbaloss.plural import format_count, join_words


@pytest.mark.parametrize(("number", "said"), [(0, "0 seeds"), (1, "1 seed"), (2, "2 seeds")])
def test_one_is_singular(number, said):
    assert format_count(number, "seed") == said


@pytest.mark.parametrize(("words", "said"), [("a", "a"), ("ab", "a and b"), ("abc", "a, b and c")])
def test_the_last_of_several_follows_and(words, said):
    assert join_words(words) == said
