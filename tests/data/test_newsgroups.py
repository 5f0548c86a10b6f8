"""Documents as TF-IDF columns: of a small corpus that scikit-learn's loader reads, and without a network."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from imbaloss import data
from imbaloss.data.newsgroups import WORDS, Newsgroups
from imbaloss.studies import Store, Study
from tests.data import small_newsgroups
from tests.data.small_newsgroups import DOCUMENTS

IMBALOSS = Path(sys.executable).with_name("imbaloss")
NEWS = [name for name, binary in data.SETS.items() if binary.source == "newsgroups"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return small_newsgroups.make(tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def at_home(home, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(home))


def test_the_sets_hold_their_groups():
    for name, found in data.load_data_sets(NEWS).items():
        groups = 4 if name == "news_topics" else 1
        assert found.train.counts == (groups * DOCUMENTS["train"],) * 2
        assert found.test.counts == (groups * DOCUMENTS["test"],) * 2
        assert len(found.shape) == 1
        assert 0 < found.shape[0] <= WORDS
        assert found.train.negatives.dtype == np.float32


def test_columns_are_tf_idf_of_the_training_documents():
    """(1 + log count) (1 + log((1 + n) / (1 + documents with it))), at length 1; a word of test alone is nothing."""
    source = Newsgroups()
    train, test = source.make_pools("rec.sport.hockey", "rec.sport.baseball")
    documents = [source.select_documents("train", name) for name in ("rec.sport.hockey", "rec.sport.baseball")]
    everything = [set(text.lower().split()) for of_class in documents for text in of_class]
    words = sorted(word for word in set().union(*everything) if sum(word in some for some in everything) >= 2)
    rarity = np.array([1 + np.log(121 / (1 + sum(word in some for some in everything))) for word in words])
    for pool, texts in (
        (train.negatives, documents[0]),
        (test.positives, source.select_documents("test", "rec.sport.baseball")),
    ):
        counts = np.array([[text.lower().split().count(word) for word in words] for text in texts], dtype=float)
        expected = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * rarity
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        np.testing.assert_allclose(pool, expected, rtol=1e-5, atol=1e-6)


def test_what_names_the_group_is_not_shown():
    """Headers, quotes and signatures."""
    for text in Newsgroups().select_documents("train", "alt.atheism"):
        assert "word" in text
        for word in ("giveaway", "quoted", "signature", "Newsgroups"):
            assert word not in text


def test_a_split_is_drawn_as_of_images():
    found = data.load_data_sets(["news_sport"])["news_sport"]
    split = found.draw(level=0.1, protocol="table1", seed=3)
    assert split.train.counts == (48, 12)
    assert split.test.counts == (24, 6)
    for part, pool in ((split.train, found.train), (split.validation, found.train), (split.test, found.test)):
        rows = {row.tobytes() for row in np.concatenate([pool.negatives, pool.positives])}
        assert {row.tobytes() for row in part.inputs} <= rows
    again = found.draw(level=0.1, protocol="table1", seed=3)
    assert np.array_equal(split.train.inputs, again.train.inputs)


def test_the_words_of_a_group_can_be_learned():
    found = data.load_data_sets(["news_religion"])["news_religion"]
    split = found.draw(level=0.2, protocol="table1", seed=0)
    model = LogisticRegression(class_weight="balanced").fit(split.train.inputs, split.train.labels)
    assert model.score(split.test.inputs, split.test.labels) > 0.8


def test_without_a_network_one_sentence_says_what_to_do(tmp_path, monkeypatch):
    def no_network(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    problem = r"the 20 Newsgroups could not be downloaded \(.*Name or service not known\)"
    with pytest.raises(OSError, match=f"{problem}; on a machine with a network, run"):
        data.load_data_sets(["news_sport"])


def test_the_command_trains_on_them(home, tmp_path):
    """As a user would type it."""
    words = "train --dataset news_sport --level 0.2 --loss msfe --hidden 8 --lr 0.01 --quiet --json"
    environment = {"SCIKIT_LEARN_DATA": str(home), "PATH": "", "HOME": str(tmp_path)}
    command = [IMBALOSS, *words.split(), "--out", tmp_path / "out"]
    found = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    row = json.loads(found.stdout)
    assert (row["negative"], row["positive"]) == ("rec.sport.hockey", "rec.sport.baseball")
    assert row["roc_auc"] > 0.8
    assert not found.stderr


@pytest.mark.parametrize(
    ("datasets", "things"),
    [(NEWS, "documents"), (["tree_1"], "images"), ([*NEWS, "tree_1"], "samples")],
)
def test_a_study_says_what_its_samples_are(datasets, things):
    assert Study(tuple(datasets), (0.2,), ("mse",), (0,)).noun == things


def test_of_documents_no_examples_are_shown(tmp_path):
    store = Store(tmp_path)
    store.add_examples(data.load_data_sets(["news_sport", "digits_3_8"]))
    assert list(store.examples()) == ["digits_3_8"]
