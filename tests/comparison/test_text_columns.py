"""Columns of free text: recognised, learned from, told on the page, and predicted from new rows."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import imbaloss as package
from imbaloss import studies
from imbaloss.comparison import OwnModel
from imbaloss.comparison.column_values import LARGE
from imbaloss.comparison.columns import ColumnKind
from imbaloss.comparison.opening import open_own
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.text_words import list_words
from imbaloss.comparison.texts import is_free_text
from imbaloss.comparison.vectors import read_vectors
from imbaloss.features.texts import importing_quietly, open_text_extractor
from tests.comparison.examples import judge, take, write_csv

with importing_quietly():
    from model2vec import StaticModel
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

SENTENCES = [
    "the",
    "parcel",
    "came",
    "late",
    "and",
    "nobody",
    "told",
    "me",
    "why",
    "it",
    "took",
    "so",
    "long",
    "until",
    "now",
    "please",
    "answer",
]
PHRASES = ["配達が遅れました", "品質は良いです", "返金してください", "店員が親切でした", "色が写真と違います"]
ROWS = 160


def make_complaints(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Make complaints of which most that are to be found are about something broken; some have no text."""
    generator = np.random.default_rng(seed)
    found = generator.permutation(np.arange(rows) < rows // 8)
    texts = [" ".join(generator.choice(SENTENCES, 9)) for _ in range(rows)]
    notes = [
        f"{text} broken {place}" if is_found else f"{text} {place}"
        for place, (text, is_found) in enumerate(zip(texts, found, strict=True))
    ]
    japanese = [
        "。".join([*generator.choice(PHRASES, 3), *["箱が壊れていた"] * int(is_found and place % 4 > 0), f"{place}番"])
        for place, is_found in enumerate(found)
    ]
    frame = pd.DataFrame({"age": generator.integers(18, 90, rows), "note": notes, "japanese": japanese})
    frame.loc[::20, ["note", "japanese"]] = None
    return frame.assign(claim=np.where(found, "yes", "no"))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([f"The parcel number {place} came two days late." for place in range(50)], True),
        ([f"Die Ware {place} kam zu spät und war beschädigt" for place in range(50)], True),
        ([f"وصلت البضاعة {place} متأخرة وكانت مكسورة" for place in range(50)], True),
        ([f"商品が届くのが遅くて箱も壊れていました{place}" for place in range(50)], True),
        ([f"สินค้ามาถึงช้าและชำรุดเสียหายมาก{place}" for place in range(50)], True),
        ([f"सामान देर से पहुँचा और टूटा हुआ था {place}" for place in range(50)], True),
        ([f"Braund, Mr. Owen Harris {place:c}" for place in range(65, 90)], False),
        ([f"山田太郎{chr(0x4E00 + place)}" for place in range(50)], False),
        ([f"person{place}@example.org" for place in range(50)], False),
        ([f"/home/me/some file {place} of many.txt" for place in range(50)], False),
        ([f"{place} Main Street, Springfield, IL {60000 + place}" for place in range(50)], False),
        ([f"AB-{place} x{place} 00{place} c4" for place in range(50)], False),
        ([f"came late {place}" for place in range(50)], False),
        ([], False),
    ],
)  # fmt: skip
def test_free_text_is_told_from_names_addresses_codes_and_paths(texts, expected):
    assert is_free_text(texts) == expected


def test_what_was_a_number_or_a_category_stays_one_unless_it_is_called_text():
    frame = make_complaints().assign(kind=["came late", "is broken"] * (ROWS // 2), code=range(1000, 1000 + ROWS))
    kinds = {column.name: column.kind for column in judge(frame).columns}
    assert kinds.pop("note") == kinds.pop("japanese") == ColumnKind.TEXT
    assert ColumnKind.TEXT not in kinds.values()
    forced = judge(frame, texts=["kind", "age"])
    assert {column.name for column in forced.columns if column.is_text} == {"kind", "age", "note", "japanese"}
    assert "note" in judge(frame, categories=["note"]).left_out


def test_missing_texts_are_empty_in_small_and_large_tables():
    frame = make_complaints()
    schema = judge(frame.drop(columns="claim"))
    assert take(schema, frame.drop(columns="claim"))["note"].tolist()[:2] == ["", frame["note"][1]]
    large = pd.concat([frame.drop(columns="claim")] * (LARGE // ROWS + 1), ignore_index=True)
    assert take(schema, large)["note"].tolist()[:21] == take(schema, frame.drop(columns="claim"))["note"].tolist()[:21]
    nothing = frame.drop(columns="claim").assign(note=None)
    assert set(take(schema, nothing)["note"]) == {""}


def test_from_a_table_with_texts_to_predictions_as_a_user_types_it(imbaloss, tmp_path):
    file = write_csv(tmp_path, make_complaints())
    asked = ("--target", "claim", "--method", "logistic_regression", "--repetitions", "2", "--quiet")
    code, out, err = imbaloss("compare", str(file), *asked)
    assert code == 0
    assert "Use logistic_regression" in out
    notes = " ".join(studies.read_study(tmp_path / "results" / "data").notes)
    assert (
        "Column `note` is free text: methods learn from the words and pairs of words of each row. To leave it" in notes
    )
    assert "`note` 5 % (8 of 160)" in notes
    page = (tmp_path / "results" / "data" / "report.html").read_text()
    assert "The words of note" in page
    assert "These are the words and pairs of words, or pieces of one to three characters with the largest" in page
    assert (
        "Column `japanese` is free text: methods learn from the pieces of one to three characters of each row" in notes
    )
    assert '<th scope="row">broken</th><td>+' in page
    [of_note, of_japanese] = studies.read_study(tmp_path / "results" / "data").words
    assert (of_note.speak_for[0].term, of_japanese.unit) == ("broken", "char")
    new = make_complaints(seed=1).drop(columns="claim")
    write_csv(tmp_path, new, "new.csv")
    code, out, err = imbaloss("predict", "results/data/model", "new.csv", "--out", "found.csv", "--explain", "2")
    assert (code, err) == (0, "")
    found = pd.read_csv(tmp_path / "found.csv")
    model = OwnModel.load(tmp_path / "results" / "data" / "model")
    np.testing.assert_allclose(found["probability_yes"], model.predict_proba(new)[:, 1], rtol=1e-5)
    broken = make_complaints(seed=1)["claim"] == "yes"
    filled = new["note"].notna()
    assert found["probability_yes"][broken & filled].min() > found["probability_yes"][~broken & filled].median()
    explained = pd.read_csv(tmp_path / "found_explained.csv")
    assert set(explained["column"]) == {"age", "note", "japanese"}
    code, out, err = imbaloss("export", "results/data/model")
    assert (code, out) == (2, "")
    assert err == (
        "imbaloss: no ONNX file can be written of a model that learns from the words of 'note': predict by `imbaloss "
        "predict`, or compare without the column (--drop)\n"
    )


def test_predictions_of_a_file_in_parts_are_those_of_the_whole(imbaloss, tmp_path, monkeypatch):
    answer = compare(tmp_path, make_complaints(), methods="lightgbm")
    answer.model.save(tmp_path / "model")
    new = make_complaints(300, seed=2).drop(columns="claim")
    monkeypatch.setattr("imbaloss.comparison.prediction.AT_ONCE", 64)
    assert imbaloss("predict", "model", str(write_csv(tmp_path, new, "new.csv")), "--out", "found.csv")[0] == 0
    found = pd.read_csv(tmp_path / "found.csv")["probability_yes"]
    np.testing.assert_allclose(found, answer.model.predict_proba(new)[:, 1], rtol=1e-5)


def compare(folder: Path, frame: pd.DataFrame, **options) -> package.comparison.Answer:
    return package.compare(frame.drop(columns="claim"), frame["claim"], repetitions=2, out=folder / "out", **options)


def test_texts_alone_find_what_a_table_without_them_cannot(tmp_path):
    frame = make_complaints()
    answer = compare(tmp_path, frame, methods=["lightgbm", "ce", "average(lightgbm, logistic_regression)"])
    assert (answer.table["roc_auc"] > 0.9).all()
    importance = answer.importance.set_index("column")
    assert set(importance.index) == {"age", "note", "japanese"}
    words = {each.column: each for each in list_words(answer.model.preparation)}
    assert words["note"].speak_for[0].term == "broken"
    assert words["note"].speak_for[0].positives > 0 == words["note"].speak_for[0].negatives
    assert (words["note"].unit, words["japanese"].unit) == ("word", "char")
    assert all(term.weight < 0 for term in words["note"].speak_against)


def test_frozen_features_are_kept_and_made_again_for_new_rows(imbaloss, tmp_path, monkeypatch):
    monkeypatch.setenv("IMBALOSS_FEATURES", str(tmp_path / "features"))
    frame = make_complaints()
    file = write_csv(tmp_path, frame)
    request = ComparisonRequest(target="claim", text="wordllama", drop=("japanese",))
    own = open_own(file, request)
    expected = open_text_extractor("wordllama").extract(frame["note"].fillna("").tolist())
    assert np.array_equal(read_vectors(own.features["note"]), expected.astype(np.float16))
    asked = ("--target", "claim", "--drop", "japanese", "--method", "logistic_regression", "--repetitions", "2")
    code, _, err = imbaloss("compare", str(file), *asked, "--text", "wordllama")
    assert code == 0
    assert "methods learn from the features of wordllama of each row" in err.replace("\n", " ")
    new = make_complaints(seed=1)
    code, _, err = imbaloss("predict", "results/data/model", str(write_csv(tmp_path, new, "new.csv")))
    assert code == 0
    assert re.fullmatch(r"features of \d+ of 160 texts\nfeatures of 160 texts in \d+ s\n", err)
    model = OwnModel.load(tmp_path / "results" / "data" / "model")
    found = pd.read_csv(tmp_path / "predictions.csv")["probability_yes"]
    np.testing.assert_allclose(found, model.predict_proba(new)[:, 1], rtol=1e-5)
    assert len(model.explain(new, 1)) == 2
    header = json.loads((tmp_path / "results" / "data" / "model" / "own.json").read_text())
    facts = header["kind"]["embeddings"]["note"]["extractor"]
    assert (facts["text"], facts["width"], len(facts["weights"])) == ("wordllama", 256, 64)


def test_a_bundled_model_needs_no_other_files_and_another_one_refuses_other_weights(imbaloss, tmp_path, monkeypatch):
    monkeypatch.setenv("IMBALOSS_FEATURES", str(tmp_path / "features"))
    vectors = write_vectors(tmp_path / "vectors")
    file = write_csv(tmp_path, make_complaints().assign(second=lambda frame: frame["note"]))
    asked = ("compare", str(file), "--target", "claim", "--drop", "japanese", "--text", f"model2vec:{vectors}")
    asked += ("--method", "logistic_regression", "--repetitions", "2")
    assert imbaloss(*asked, "--out", "plain")[0] == 0
    assert imbaloss(*asked, "--out", "bundled", "--bundle")[0] == 0
    assert [path.name for path in (tmp_path / "bundled/model").glob("extractor-*")] == ["extractor-0"]  # of two columns
    assert imbaloss("predict", "plain/model", str(file), "--out", "first.csv")[0] == 0
    shutil.rmtree(vectors)
    assert imbaloss("predict", "bundled/model", str(file), "--out", "second.csv")[0] == 0
    assert Path("first.csv").read_bytes() == Path("second.csv").read_bytes()
    loaded = OwnModel.load("bundled/model")
    loaded.save(tmp_path / "bundled/model")  # onto itself
    assert imbaloss("predict", "bundled/model", str(file), "--out", "third.csv")[0] == 0
    assert Path("first.csv").read_bytes() == Path("third.csv").read_bytes()
    code, out, err = imbaloss("predict", "plain/model", str(file))
    assert (code, out) == (2, "")
    assert re.search(
        r"the weights of model2vec:.* for column 'note', and there is no file or folder .*vectors: .* with --bundle",
        err,
    )
    write_vectors(vectors, seed=1)
    code, out, err = imbaloss("predict", "plain/model", str(file))
    assert (code, out) == (2, "")
    assert "are others than in training" in err
    loaded.save(tmp_path / "plain/model")
    assert imbaloss("predict", "plain/model", str(file), "--out", "fourth.csv")[0] == 0
    compare(tmp_path, make_complaints(), methods="logistic_regression").model.save(tmp_path / "plain/model")
    assert not [*(tmp_path / "plain/model").glob("extractor-*")]


def write_vectors(folder: Path, seed: int = 0) -> Path:
    """Write a model of model2vec with random vectors of words, and return its folder."""
    words = ["[UNK]", *SENTENCES, "broken"]
    tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    vectors = np.random.default_rng(seed).normal(size=(len(words), 8)).astype(np.float32)
    StaticModel(vectors, tokenizer).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--drop", "nots"), "has no column 'nots', which --drop names (did you mean 'note'?)"),
        (("--positive", "maybe"), "maybe"),
        (("--group", "person"), "has no column 'person', which --group names"),
        (("--time", "tim"), "has no column 'tim', which --time names"),
        (("--time", "age", "--weight", "age"), "--weight and --time cannot be combined"),
        (("--weight", "sign"), "weights must be above 0 and finite, and column 'sign' has -1 in row 2"),
        (("--cost", "fn=ages,fp=1"), "has no column 'ages', which --cost names"),
        (("--cost", "fn=age,fp=1", "--threshold", "f1"), "--cost and --threshold cannot be combined"),
        (("--threshold", "recall>=0.99"), "data: "),
        (("--threshold", "f7"), "f7"),
        (("--optimize", "auc"), "auc"),
        (("--segment", "note"), "does not divide the rows into segments: it is free text"),
        (("--baseline", "age2"), "has no column 'age2', which --baseline names"),
        (("--method", "lightgbmm"), "lightgbmm"),
        (("--method", "baseline"), "the method baseline needs a column: name it by --baseline"),
        (("--method", "ce + cost_weights"), "the sampler cost_weights needs the costs of each row"),
        (("--method", "ce", "--loss", "ce"), "cannot be combined"),
        (("--method", "ce", "--race"), "--race needs two methods or more"),
        (("--budget", "soon"), "budget must be a time, such as 90s, 10m or 2h, found 'soon'"),
        (("--budget", "10m", "--repetitions", "3"), "cannot be combined: a budget decides the number of repetitions"),
        (("--repetitions", "0"), "repetitions"),
        (("--folds", "50"), "too few for 50 folds"),
        (("--device", "gpu"), "device must be cpu, cuda or cuda:N, found 'gpu'"),
        (("--executor", "here", "--workers", "2"), "workers is for the executor processes only"),
        (("--network", "cnn"), "images"),
        (("--flip",), "flip and shift are for images"),
        (("--test", "other.csv"), "the test file has other columns"),
        (("--out", "other"), "holds the report of other, of other data or another target"),
    ],
)
def test_what_is_refused_is_refused_before_a_text_is_embedded(imbaloss, tmp_path, monkeypatch, options, message):
    monkeypatch.setenv("IMBALOSS_FEATURES", str(tmp_path / "features"))
    file = write_csv(tmp_path, make_complaints().drop(columns="japanese").assign(sign=[1, -1] * (ROWS // 2)))
    if "other" in options:
        numbers = write_csv(tmp_path, pd.DataFrame({"x": [*range(40)] * 2, "y": [*"aabbb"] * 16}), "other.csv")
        asked = ("--target", "y", "--method", "logistic_regression", "--repetitions", "1", "--out", "other")
        assert imbaloss("compare", str(numbers), *asked)[0] == 0
    write_csv(tmp_path, make_complaints(seed=1).drop(columns=["japanese", "note"]), "other.csv")
    code, out, err = imbaloss("compare", str(file), "--target", "claim", "--text", "wordllama", *options)
    assert (code, out) == (2, "")
    assert message in err
    assert not (tmp_path / "features").exists()


def test_a_misspelt_column_is_refused_in_python_before_anything_is_embedded(tmp_path, monkeypatch):
    monkeypatch.setenv("IMBALOSS_FEATURES", str(tmp_path / "features"))
    with pytest.raises(ValueError, match=r"has no column 'misspelt', which `drop` names"):
        compare(tmp_path, make_complaints(), text="wordllama", drop=["misspelt"])
    assert not (tmp_path / "features").exists()


def test_how_many_texts_have_features_is_told_in_python(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("IMBALOSS_FEATURES", str(tmp_path / "features"))
    frame = make_complaints().drop(columns="japanese")
    compare(tmp_path, frame, text="wordllama", methods="logistic_regression", verbose=True)
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("features of")]
    assert told[0] != told[-1] == "features of 160 of 160 texts"


def test_a_category_that_looks_like_text_and_an_idle_extractor_are_told(tmp_path):
    frame = (
        make_complaints(200)
        .drop(columns="japanese")
        .assign(note=[f"it came {'very ' * (place % 30)}late again" for place in range(200)])
    )
    own = open_own(write_csv(tmp_path, frame), ComparisonRequest(target="claim", text="model2vec:some"))
    notes = " ".join(own.notes)
    assert "To learn from their words, use --text-column note" in notes
    assert "Without effect: --text model2vec:some, since no column is free text" in notes


def test_a_column_of_long_names_that_is_ignored_may_be_called_text(tmp_path):
    frame = make_complaints().drop(columns="japanese").dropna()
    own = open_own(write_csv(tmp_path, frame.assign(note=frame["note"].str.upper())), ComparisonRequest(target="claim"))
    assert "Column `note` is ignored, and may be text: to learn from its words, use --text-column note" in own.notes
    codes = frame.assign(note=[f"A-{place}" for place in range(len(frame))])
    own = open_own(write_csv(tmp_path, codes), ComparisonRequest(target="claim"))
    assert "may be text" not in " ".join(own.notes)


def test_a_test_file_without_the_text_is_refused_and_segments_are_told_what_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("IMBALOSS_FEATURES", str(tmp_path / "features"))
    file = write_csv(tmp_path, make_complaints().drop(columns="japanese"))
    lacking = write_csv(tmp_path, make_complaints(seed=1).drop(columns=["japanese", "note"]), "test.csv")
    with pytest.raises(ValueError, match="the test file has other columns than the first file: note missing"):
        open_own(file, ComparisonRequest(target="claim", text="wordllama", test=lacking))
    with pytest.raises(ValueError, match="does not divide the rows into segments: it is free text"):
        open_own(file, ComparisonRequest(target="claim", text="wordllama", segment=("note",)))
