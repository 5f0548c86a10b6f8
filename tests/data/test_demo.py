"""The tables of the demo."""

import pandas as pd

from imbaloss.data.demo import draw_tables, write_tables


def test_five_percent_are_malignant_and_new_patients_are_others():
    table, new = draw_tables()
    assert [len(table), len(new)] == [313, 63]
    for frame in (table, new):
        assert (frame["diagnosis"] == "malignant").mean().round(2) == 0.05
        assert not frame.isna().any(axis=None)
    assert not set(table["patient"]) & set(new["patient"])


def test_another_seed_draws_other_malignant_tumours_and_the_same_seed_the_same(tmp_path):
    (table, _), (other, _) = draw_tables(0), draw_tables(1)
    assert set(table["patient"]) != set(other["patient"])
    for folder in ("a", "b"):
        write_tables(tmp_path / folder)
    for name in ("cancer.csv", "new_patients.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert list(pd.read_csv(tmp_path / "a" / "cancer.csv").columns) == list(table.columns)
