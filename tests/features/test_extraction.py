"""Features are computed once for each different item, kept in float16, and survive a killed run."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imbaloss.features import ExtractorFacts, FeatureStore, extract_features, to_halves

FACTS = ExtractorFacts("lengths", 3, "")


class Lengths:
    """An extractor of texts that counts what it was given."""

    facts, noun = FACTS, "text"

    def __init__(self, most: int = 10**9) -> None:
        """Start with no text. most: the number of texts after which it raises KeyboardInterrupt."""
        self.seen: list[str] = []
        self.most = most

    def extract(self, items: list[str]) -> NDArray[np.float32]:
        """Return length, number of vowels and a constant of each text."""
        if len(self.seen) >= self.most:
            raise KeyboardInterrupt
        self.seen += items
        return np.array([[len(item), sum(item.count(vowel) for vowel in "aeiou"), 0.1] for item in items], np.float32)


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def run(extractor: Lengths, texts: list[str], store: FeatureStore | None) -> NDArray[np.float16]:
    return extract_features(extractor, texts, [*map(digest, texts)], open_item=str, store=store)


@settings(max_examples=30)
@given(texts=st.lists(st.text("abeu", max_size=3), min_size=1, max_size=100))
def test_each_different_item_is_computed_once_and_stands_in_its_place(texts: list[str]) -> None:
    extractor = Lengths()
    features = run(extractor, texts, None)
    assert sorted(extractor.seen) == sorted(set(texts))
    assert features.dtype == np.float16
    assert np.array_equal(features, to_halves(Lengths().extract(texts)))


def test_a_killed_run_goes_on_where_features_were_written(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(1200)]
    with pytest.raises(KeyboardInterrupt):
        run(Lengths(most=1100), texts, FeatureStore(tmp_path, FACTS.identity))
    left = FeatureStore(tmp_path, FACTS.identity)
    assert len(left) == 1120  # two files of 512, and one of the rest
    extractor = Lengths()
    resumed = run(extractor, texts, left)
    assert extractor.seen == texts[1120:]
    assert np.array_equal(resumed, run(Lengths(), texts, None))
    again = Lengths()
    assert np.array_equal(run(again, texts[::-1], FeatureStore(tmp_path, FACTS.identity)), resumed[::-1])
    assert again.seen == []


def test_other_facts_have_other_features_and_a_damaged_file_is_computed_again(tmp_path: Path) -> None:
    run(Lengths(), ["a", "b"], FeatureStore(tmp_path, FACTS.identity))
    assert len(FeatureStore(tmp_path, ExtractorFacts("lengths", 3, "other weights").identity)) == 0
    (file,) = tmp_path.rglob("*.safetensors")
    file.write_bytes(file.read_bytes()[:20])
    store = FeatureStore(tmp_path, FACTS.identity)
    extractor = Lengths()
    run(extractor, ["a", "b"], store)
    assert extractor.seen == ["a", "b"]
    assert file.exists()


@pytest.mark.parametrize("value", [np.nan, np.inf, 70_000.0])
def test_features_beyond_float16_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"at most 65,504 in size, and the extractor gave"):
        to_halves(np.array([[1.0, value]], np.float32))
