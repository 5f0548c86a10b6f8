"""What is said of the data before anything is learned from them."""

import numpy as np
import pandas as pd
import pytest

from imbaloss.comparison.description import describe
from imbaloss.comparison.opening import open_own
from imbaloss.comparison.request import ComparisonRequest
from tests.comparison.examples import mixed, of_frames, write_images

ROWS = 400


def said(frame: pd.DataFrame, **asked) -> str:
    return "\n".join(describe(of_frames("data", [frame], ComparisonRequest(target="fraud", **asked))))


def table(**columns) -> pd.DataFrame:
    return mixed(ROWS).assign(**columns)


def positives() -> np.ndarray:
    return (table()["fraud"] == "yes").to_numpy()


def test_it_says_what_there_is_and_how_it_is_divided():
    found = said(table(), drop=("shop",))
    assert "400 rows: 80 yes (positive, 20.00%), 320 no (negative)" in found
    assert "5 folds, each of which is test once" in found
    assert "train 48/192, validation 16/64, test 16/64" in found
    assert "4 columns to learn from: 2 numbers, 1 category, 1 date" in found
    assert "not learned from: shop was left out as asked" in found
    assert "missing values in 2 columns: age 14.5% and country 9.2%" in found
    assert not [word for word in ("tells the classes apart", "copies", "counts the rows") if word in found]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"again": table()["amount"]}, "again is the same as amount"),
        ({"number": range(1000, 1400)}, "not learned from: number only counts the rows"),
        ({"status": np.where(positives(), "closed", "open")}, "status alone tells the classes apart (ROC-AUC 1.000)"),
        ({"after": positives() + 0.0}, "after alone tells the classes apart"),
        ({"after": -1.0 * positives()}, "after alone tells the classes apart"),
        (
            {"closed": np.where(positives(), 7.0, np.nan) + np.arange(ROWS)},
            "whether closed is missing tells the classes",
        ),
        ({"nothing": None}, "not learned from: nothing has no value"),
        ({"always": 1}, "not learned from: always has the same value, 1"),
        ({"note": [f"n{place}" for place in range(ROWS)]}, "not learned from: note is text that differs"),
    ],
)
def test_it_says_what_is_strange_about_a_column(columns, sentence):
    assert sentence in said(table(**columns))


def test_a_column_of_names_that_are_nearly_all_different_gives_nothing_away():
    """By its own rows each name would tell the class."""
    assert "tells the classes apart" not in said(table(name=[f"n{place // 3}" for place in range(ROWS)]))


def test_copies_of_what_is_learned_from_are_counted():
    twice = pd.concat([mixed(ROWS)] * 2, ignore_index=True)
    assert "(100.0%) are the same as rows that are learned from" in said(twice, time=None) or "copies: " in said(twice)
    assert "copies" not in said(twice.assign(who=[*range(ROWS)] * 2), group="who")


def test_few_positives_and_a_frequent_one_are_told():
    assert "6 positives can decide little" in said(mixed(120, 0.05))
    assert "no is the more frequent class; was yes meant" in said(mixed(), positive="no")


def test_images_are_told_with_what_becomes_of_them(tmp_path):
    images = write_images(tmp_path, mode="L")
    (images / "ok" / "notes.txt").write_text("a")
    (images / "empty").mkdir()
    found = "\n".join(describe(open_own(images, ComparisonRequest(target="folder"))))
    assert "32 images: 8 cracked (positive, 25.00%), 24 ok (negative)" in found
    assert "each image was stretched to 32 x 32 pixels (--size)\neach image is gray, 32 x 32 pixels" in found
    assert "left out 1 file of kinds that are not read: 1 .txt" in found
    assert "folder empty holds no image" in found
