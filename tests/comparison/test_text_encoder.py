"""Columns of text as inputs: equal to scikit-learn by hand on the train part, and blind to all other rows."""

import numpy as np
import pandas as pd
import pytest
import skops.io
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from imbaloss.comparison import text_encoder
from imbaloss.comparison.columns import Column, ColumnKind, Schema
from imbaloss.comparison.own_model import TRUSTED
from imbaloss.comparison.preparation import TablePreparation
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.text_encoder import CHOSEN, MOST_TERMS, STRENGTH, LabelledTexts, fit_column
from imbaloss.data import Fold, InputForm
from imbaloss.learners import skops_file
from tests.comparison.examples import of_frames

SCHEMA = Schema((Column("age", ColumnKind.NUMBER), Column("note", ColumnKind.TEXT), Column("more", ColumnKind.TEXT)))


def write_texts(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return texts of 5 to 12 words, of which "broken" is in most of the positives, and labels."""
    generator = np.random.default_rng(seed)
    labels = (generator.permutation(rows) < rows // 8).astype(np.int64)
    words = np.array([f"word{place}" for place in range(60)], dtype=object)
    texts = [" ".join(generator.choice(words, generator.integers(5, 12))) for _ in labels]
    texts = [
        f"{text} broken" if label and place % 5 else text
        for place, (text, label) in enumerate(zip(texts, labels, strict=True))
    ]
    return np.array(texts, dtype=object), labels


def make_frame(rows: int = 240) -> tuple[pd.DataFrame, np.ndarray]:
    (notes, labels), (more, _) = write_texts(rows), write_texts(rows, 1)
    notes[3], more[7:9] = "", ""
    return pd.DataFrame({"age": np.arange(rows) * 1.0, "note": notes, "more": more}), labels


def make_by_hand(texts: np.ndarray, train: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The inputs of one column by scikit-learn alone: the score and the weights of chosen terms, unscaled."""
    vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, token_pattern=r"\b\w+\b")
    weights, of_train = vectorizer.fit(texts[train]).transform(texts), labels[train]
    regression = LogisticRegression(C=STRENGTH, max_iter=200)
    score = regression.fit(weights[train], of_train).decision_function(weights)
    for others, fold in StratifiedKFold(5, shuffle=True, random_state=0).split(train, of_train):
        regression.fit(weights[train][others], of_train[others])
        score[train[fold]] = regression.decision_function(weights[train][fold])
    chosen = SelectKBest(f_classif, k=CHOSEN).fit(weights[train], of_train).transform(weights)
    return np.hstack([score[:, None], chosen.toarray()])


def test_words_of_one_letter_count_and_so_does_each_letter_of_a_script_without_spaces():
    """Also where most texts are of words: "grade A" and "grade B", and a fault that is told in Japanese."""
    labels = np.arange(60) % 6 == 0
    grades = [f"grade {'A' if label else 'BCD'[place % 3]}" for place, label in enumerate(labels)]
    mixed = [
        ("箱が壊れて届いた" if label else "箱が届いた") if place % 3 == 0 else f"the parcel came on day {place}"
        for place, label in enumerate(labels)
    ]
    for texts, term in ((grades, "a"), (mixed, "壊")):
        fitted, inputs = fit_column(LabelledTexts.of(np.array(texts, dtype=object), labels.astype(np.int64)))
        assert fitted.unit == "word"
        assert term in np.array(fitted.names)[fitted.chosen]
        assert inputs[labels, 0].min() > inputs[~labels, 0].max()
        assert np.array_equal(fitted.transform(texts)[:, 1:], inputs[:, 1:])


def test_inputs_are_those_of_scikit_learn_by_hand_on_the_train_part():
    frame, labels = make_frame()
    train = np.flatnonzero(np.arange(len(frame)) % 3 > 0)
    others = np.setdiff1d(np.arange(len(frame)), train)
    by_hand = np.hstack([make_by_hand(frame[name].to_numpy(), train, labels) for name in ("note", "more")])
    for form in (InputForm.COLUMNS, InputForm.PREPARED):
        preparation, inputs = TablePreparation.fit(SCHEMA, frame, labels[train], form, train)
        expected = by_hand
        if form is InputForm.PREPARED:
            expected = (by_hand - by_hand[train].mean(axis=0)) / by_hand[train].std(axis=0)
        width = expected.shape[1]
        np.testing.assert_allclose(inputs[:, -width:], expected[train], atol=2e-6, rtol=1e-5)
        np.testing.assert_allclose(preparation(frame, others)[:, -width:], expected[others], atol=2e-6, rtol=1e-5)
        assert preparation.input_columns == ("age",) + ("note",) * (width // 2) + ("more",) * (width // 2)
        assert preparation(frame, others[:0]).shape == (0, inputs.shape[1])


def test_words_of_validation_and_test_rows_decide_nothing():
    frame, labels = make_frame()
    frame["fraud"] = np.where(labels, "yes", "no")
    request = ComparisonRequest(target="fraud", text_columns=("note", "more"))
    own = of_frames("data", [frame], request)
    rows = own.find_rows(0, Fold(0, 0, 5))
    outside = np.concatenate([rows["validation"], rows["test"]])
    changed = frame.copy()
    changed.loc[outside, "note"] += " leaked leaked"
    fitted = [
        of_frames("data", [each], request).prepare_split(0, Fold(0, 0, 5), InputForm.COLUMNS)
        for each in (frame, changed)
    ]
    before, after = (prepared.preparation.fitted_texts["note"] for prepared in fitted)
    assert "leaked" not in after.names
    assert before.terms == after.terms
    assert np.array_equal(before.coefficients, after.coefficients)
    assert np.array_equal(*(prepared.split.train.inputs for prepared in fitted))


def test_the_score_of_a_training_text_does_not_know_its_label():
    """Labels by chance: a regression that knew them would tell the classes apart, and rare words make that easy."""
    generator = np.random.default_rng(0)
    texts = np.array([" ".join(f"w{each}" for each in generator.integers(0, 400, 8)) for _ in range(400)], dtype=object)
    labels = (generator.random(400) < 0.2).astype(np.int64)
    fitted, inputs = fit_column(LabelledTexts.of(texts, labels))
    positives, negatives = inputs[labels == 1, 0], inputs[labels == 0, 0]
    assert (positives[:, None] > negatives).mean() < 0.6
    known = fitted.transform(texts.tolist())[:, 0]
    assert (known[labels == 1][:, None] > known[labels == 0]).mean() > 0.95


@pytest.mark.parametrize(
    "texts",
    [
        [""] * 20,
        ["the same text"] * 20,
        ["the", "and", "of", "a"] * 5,
        ["!!! ???", "..."] * 10,
        [f"unique{place}" for place in range(20)],
        ["", "late again"] * 10,
    ],
    ids=["empty", "one text", "stop words", "no words", "no common word", "two"],
)
@pytest.mark.parametrize("positives", [1, 2, 5])
def test_texts_without_much_in_them_have_finite_inputs(texts, positives):
    frame = pd.DataFrame({"note": pd.Series(texts, dtype=object)})
    labels = (np.arange(20) < positives).astype(np.int64)
    schema = Schema((Column("note", ColumnKind.TEXT),))
    for form in (InputForm.COLUMNS, InputForm.PREPARED):
        preparation, inputs = TablePreparation.fit(schema, frame, labels, form)
        assert inputs.shape[1] >= 1
        assert np.isfinite(inputs).all()
        assert np.isfinite(preparation(pd.DataFrame({"note": ["", "never seen", "late"]}))).all()


def test_the_same_texts_give_the_same_bits_with_any_number_of_threads():
    texts, labels = write_texts(300)
    rows = LabelledTexts.of(texts, labels)
    fits = []
    for threads in (1, 2):
        fit_column.cache_clear()
        with threadpool_limits(threads):
            fits.append(fit_column(rows)[1])
    assert np.array_equal(*fits)
    again = LabelledTexts.of(texts.copy(), labels.copy())
    assert fit_column(again)[1] is fits[1]
    assert LabelledTexts.of(texts, 1 - labels) != rows
    assert LabelledTexts.of(np.array(["ab", ""], object), labels[:2]) != LabelledTexts.of(
        np.array(["a", "b"], object), labels[:2]
    )


def test_what_is_saved_is_read_without_pickle_and_gives_the_same_inputs():
    frame, labels = make_frame()
    for form in (InputForm.COLUMNS, InputForm.PREPARED):
        preparation, _ = TablePreparation.fit(SCHEMA, frame, labels, form)
        expected = preparation(frame)
        content = skops_file.dump(dict(preparation.steps), TRUSTED)
        assert set(skops.io.get_untrusted_types(data=content)) <= set(TRUSTED)
        steps = skops.io.loads(content, trusted=list(TRUSTED))
        assert np.array_equal(TablePreparation(SCHEMA, steps, form)(frame), expected)


def test_languages_without_spaces_are_learned_by_their_characters():
    parts = ["配達が\n遅れました", "品質は良いです", "返金してください", "店員が親切です", "箱が壊れていた"]
    generator = np.random.default_rng(0)
    labels = (generator.random(200) < 0.2).astype(np.int64)
    texts = ["。".join([*generator.choice(parts[:4], 2), *parts[4:][:label]]) for label in labels]
    fitted, inputs = fit_column(LabelledTexts.of(np.array(texts, dtype=object), labels))
    assert fitted.unit == "char"
    assert {"壊れ", "が\n遅"} < set(fitted.names)
    assert np.array_equal(fitted.transform(texts)[:, 1:], inputs[:, 1:])
    assert inputs[labels == 1, 0].min() > inputs[labels == 0, 0].max()


def test_many_texts_are_fitted_to_a_sample_and_have_a_bounded_number_of_terms(monkeypatch):
    monkeypatch.setattr(text_encoder, "FITTED_ON", 200)
    monkeypatch.setattr(text_encoder, "MOST_TERMS", 40)
    texts, labels = write_texts(600)
    fit_column.cache_clear()
    fitted, inputs = fit_column(LabelledTexts.of(texts, labels))
    fit_column.cache_clear()
    assert len(fitted.names) == 40 < MOST_TERMS
    assert fitted.counts.sum(axis=0).max() <= 200
    sample = np.flatnonzero((inputs != fitted.transform(texts.tolist())).any(axis=1))
    assert 100 < len(sample) <= 200
    assert sparse.issparse(fitted.vectorizer.transform(["word1"]))
