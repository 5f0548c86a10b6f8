"""What is said of the data before anything is learned from them."""

import numpy as np
import pandas as pd
import pytest

from imbaloss.comparison.description import count_copies, describe_data
from imbaloss.comparison.opening import open_own
from imbaloss.comparison.request import ComparisonRequest
from tests.comparison.examples import mixed, of_frames, write_images

ROWS = 400


def said(frame: pd.DataFrame, **asked) -> str:
    own = of_frames("data", [frame], ComparisonRequest(target="fraud", **asked))
    return "\n".join(describe_data(own, count_copies(own)))


def table(**columns) -> pd.DataFrame:
    return mixed(ROWS).assign(**columns)


def positives() -> np.ndarray:
    return (table()["fraud"] == "yes").to_numpy()


def test_it_says_what_there_is_and_how_it_is_divided():
    found = said(table(), drop=("shop",))
    assert "400 rows: 80 (20 %) are yes, the positive class; 320 are no, the negative class" in found
    assert "The rows are divided into 5 folds, each of which is the test part once" in found
    parts = "train 48 and 192, validation 16 and 64, test 16 and 64"
    assert f"Positives and negatives in the first division: {parts}" in found
    assert "4 columns to learn from: 2 numbers, 1 category, 1 date" in found
    assert "Ignored column `shop`: you asked to leave it out" in found
    assert "Missing values in 2 columns: `age` 14.5 % (58 of 400) and `country` 9.2 % (37 of 400)" in found
    assert not [word for word in ("tells the classes apart", "Copies", "counts the rows") if word in found]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"again": table()["amount"]}, "Column `again` has the same values as `amount`"),
        ({"number": range(1000, 1400)}, "Ignored column `number`: it only counts the rows"),
        (
            {"status": np.where(positives(), "closed", "open")},
            "Column `status` alone tells the classes apart (ROC-AUC 1.000)",
        ),
        ({"after": positives() + 0.0}, "Column `after` alone tells the classes apart"),
        ({"after": -1.0 * positives()}, "Column `after` alone tells the classes apart"),
        (
            {"closed": np.where(positives(), 7.0, np.nan) + np.arange(ROWS)},
            "Whether column `closed` is missing tells the classes",
        ),
        ({"nothing": None}, "Ignored column `nothing`: it has no values"),
        ({"always": 1}, "Ignored column `always`: its only value is 1"),
        (
            {"note": [f"n{place}" for place in range(ROWS)]},
            "Ignored column `note`: it has 400 different texts in 400 rows, such as 'n0' (an identifier?)",
        ),
    ],
)
def test_it_says_what_is_strange_about_a_column(columns, sentence):
    assert sentence in said(table(**columns))


def test_a_column_of_names_that_are_nearly_all_different_gives_nothing_away():
    """By its own rows each name would tell the class."""
    assert "tells the classes apart" not in said(table(name=[f"n{place // 3}" for place in range(ROWS)]))


def test_copies_of_what_is_learned_from_are_counted():
    twice = pd.concat([mixed(ROWS)] * 2, ignore_index=True)
    found = said(twice)
    assert "Copies: in the first division, " in found
    assert "of the test rows are the same as rows of train or validation" in found
    assert "Copies" not in said(twice.assign(who=[*range(ROWS)] * 2), group="who")


def test_few_positives_and_a_frequent_one_are_told():
    assert "6 positives can show large differences between methods at best" in said(mixed(120, 0.05))
    assert "The positive class no is the more frequent one. If yes was meant, name it with --positive" in said(
        mixed(), positive="no"
    )


def test_images_are_told_with_what_becomes_of_them(tmp_path):
    images = write_images(tmp_path, mode="L")
    (images / "ok" / "notes.txt").write_text("a")
    (images / "empty").mkdir()
    own = open_own(images, ComparisonRequest(target="folder"))
    found = "\n".join(describe_data(own, count_copies(own)))
    assert "32 images: 8 (25 %) are cracked, the positive class; 24 are ok, the negative class" in found
    assert "Each image was stretched to 32 x 32 pixels (--image-size)\nEach image is gray, 32 x 32 pixels" in found
    assert "1 file of kinds that are not read: 1 .txt" in found
    assert "Folder empty holds no image" in found
