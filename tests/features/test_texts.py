"""Extractors of texts give what their libraries give, from weights of this machine alone."""

import hashlib
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imbaloss.extras import describe_installation
from imbaloss.features import extract_features
from imbaloss.features.texts import (
    check_text_option,
    importing_quietly,
    open_text_extractor,
    reopen_text_extractor,
)

with importing_quietly():
    import wordllama
    from model2vec import StaticModel
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

TEXTS = ["the parcel came late", "broken", "the parcel came", "", "late " * 900, "商品が届きません"]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "parcel", "came", "late", "broken"]


@pytest.fixture(scope="module")
def word_vectors(tmp_path_factory) -> Path:
    """A model of model2vec with random vectors."""
    tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    folder = tmp_path_factory.mktemp("model2vec")
    vectors = np.random.default_rng(0).normal(size=(len(WORDS), 6)).astype(np.float32)
    StaticModel(vectors, tokenizer).save_pretrained(folder)
    return folder


def extract(name: str, texts: list[str]) -> np.ndarray:
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    return extract_features(open_text_extractor(name), texts, digests, open_item=str)


def check(name: str, expected: np.ndarray) -> None:
    """The features are those of the library, one text at a time, and zeros for the empty text."""
    extractor = open_text_extractor(name)
    features = extractor.extract(TEXTS)
    filled = np.array([bool(text) for text in TEXTS])
    np.testing.assert_allclose(features[filled], expected[filled], atol=1e-5)
    assert not features[~filled].any()
    assert extractor.facts.width == features.shape[1]
    np.testing.assert_allclose(extract(name, TEXTS).astype(float), features, rtol=1e-3, atol=1e-3)


def test_wordllama_gives_its_own_embeddings_from_the_weights_in_its_package(tmp_path):
    shutil.copytree(Path(wordllama.__file__).parent / "tokenizers", tmp_path / "tokenizers")  # it has a wrong name
    own = wordllama.WordLlama.load(cache_dir=tmp_path, disable_download=True)
    check("wordllama", np.vstack([own.embed(text) for text in TEXTS]))
    assert open_text_extractor("wordllama").facts.width == 256
    assert len(open_text_extractor("wordllama").facts.weights) == 64


def test_model2vec_gives_the_embeddings_of_a_model_in_a_folder(word_vectors):
    own = StaticModel.from_pretrained(word_vectors)
    check(f"model2vec:{word_vectors}", own.encode(TEXTS))


@pytest.mark.slow
def test_sentence_transformers_gives_the_embeddings_of_a_network_in_a_folder(tmp_path):
    """In a process of its own, since warnings of the library are errors here; the network has random weights."""
    code = Path(__file__).with_name("sentence_network.py")
    done = subprocess.run([sys.executable, code, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = np.load(tmp_path / "embeddings.npy")
    assert expected.std() > 0.01
    np.testing.assert_allclose(np.load(tmp_path / "features.npy"), expected, atol=1e-5)


def write_ones(folder: Path) -> None:
    """Write other vectors in place of those of a model of model2vec."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    StaticModel(np.ones((len(WORDS), 6), np.float32), tokenizer).save_pretrained(folder)


def test_other_weights_have_another_checksum_at_once_and_other_files_have_not(word_vectors, tmp_path):
    before = open_text_extractor(f"model2vec:{word_vectors}").facts
    copy = tmp_path / "copy"
    shutil.copytree(word_vectors, copy)
    (copy / "README.md").write_text("other words")
    opened = open_text_extractor(f"model2vec:{copy}")
    assert opened.facts.weights == before.weights
    assert open_text_extractor(f"model2vec:{copy}") is opened  # not loaded again
    write_ones(copy)
    changed = open_text_extractor(f"model2vec:{copy}")
    assert changed.facts.weights != before.weights
    assert not np.array_equal(changed.extract(["late"]), opened.extract(["late"]))


@pytest.mark.parametrize("kind", ["wordllama", "model2vec"])
def test_a_copy_of_the_files_gives_the_same_features_and_other_weights_are_refused(kind, word_vectors, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(word_vectors, source)
    opened = open_text_extractor(kind if kind == "wordllama" else f"{kind}:{source}")
    facts, expected = opened.facts, opened.extract(TEXTS)
    kept = opened.write_weights(tmp_path / "kept")
    assert opened.write_weights(kept) == kept
    shutil.rmtree(source)
    again = reopen_text_extractor(facts, kept)
    assert again.write_weights(kept) == kept  # onto itself
    assert np.array_equal(again.extract(TEXTS), expected)
    if kind == "model2vec":
        write_ones(kept)
        with pytest.raises(
            ValueError, match=r"kept are others than in training \(SHA-256 .*\): bring the earlier ones"
        ):
            reopen_text_extractor(facts, kept)
        with pytest.raises(FileNotFoundError) as caught:
            reopen_text_extractor(facts)
        assert caught.value.filename == str(source)


def test_the_logging_of_other_packages_stays_as_it_is():
    code = (
        "import logging\nfrom imbaloss.features.texts import open_text_extractor\n"
        "open_text_extractor('wordllama')\nprint(logging.getLogger().level, logging.getLogger().handlers)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"{logging.WARNING} []\n", "")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("bert", "there is no extractor of texts 'bert': name wordllama, model2vec:NAME or sentence-transformers:NAME"),
        ("wordllama:big", "there is no extractor of texts 'wordllama:big'"),
        ("model2vec", "'model2vec' lacks the name of a model: write model2vec:NAME"),
    ],
)
def test_an_unknown_extractor_is_refused(name, sentence):
    with pytest.raises(ValueError, match=sentence):
        check_text_option(name)


def test_a_model_that_is_not_on_this_machine_is_not_downloaded(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match=r"there is no folder nobody/nothing, .* download it by `hf download nobody/"):
        open_text_extractor("model2vec:nobody/nothing")
    with pytest.raises(ValueError, match=f"{tmp_path} holds no model of model2vec: Could not find"):
        open_text_extractor(f"model2vec:{tmp_path}")


@pytest.mark.parametrize("name", ["wordllama", "model2vec:a", "sentence-transformers:a"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name.partition(":")[0].replace("-", "_"), None)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        open_text_extractor(name)
    kind = name.partition(":")[0]
    assert str(caught.value) == f"features of {kind} need its package: {describe_installation('text')}"
