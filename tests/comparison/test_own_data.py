"""A person's own data: how rows are divided, and that only train decides what is made of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbaloss.comparison import column_values, own_data
from imbaloss.comparison.description import describe_division
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.data import Fold, InputForm
from tests.comparison.examples import mixed, of_frames, open_source, write_csv, write_images


def own(frame: pd.DataFrame | None = None, test: pd.DataFrame | None = None, **asked) -> Own:
    frames = [mixed() if frame is None else frame, *([test] if test is not None else [])]
    return of_frames("data", frames, ComparisonRequest(target="fraud", **asked))


def folds(number: int = 5) -> list[Fold]:
    return [Fold(0, place, number) for place in range(number)]


def assert_apart(rows: dict[str, np.ndarray], size: int) -> None:
    together = np.concatenate(list(rows.values()))
    assert sorted(together) == list(range(size))


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32), number=st.integers(3, 8), share=st.floats(0.08, 0.4))
def test_each_row_is_test_once_and_in_one_part_at_a_time_with_its_share_of_positives(seed, number, share):
    data = own(mixed(share=share, rows=150), folds=number)
    tests = []
    for fold in folds(number):
        rows = data.find_rows(seed, fold)
        assert_apart(rows, 150)
        positives = [int(data.labels[some].sum()) for some in rows.values()]
        assert abs(positives[2] - data.labels.sum() / number) <= 1
        tests.append(rows["test"])
    assert sorted(np.concatenate(tests)) == list(range(150))


def test_rows_of_one_group_are_in_one_part():
    groups = np.random.default_rng(0).integers(0, 25, 120)
    data = own(mixed().assign(who=groups), group="who")
    for seed in range(3):
        for fold in folds():
            parts = data.find_rows(seed, fold)
            assert_apart(parts, 120)
            of_parts = [set(groups[rows]) for rows in parts.values()]
            assert not of_parts[0] & of_parts[1]
            assert not of_parts[0] & of_parts[2]
            assert not of_parts[1] & of_parts[2]
    assert "who" not in data.features


def test_the_past_comes_before_the_future_and_one_moment_is_not_divided():
    times = np.random.default_rng(0).integers(0, 30, 120)
    data = own(mixed().assign(when=times), time="when")
    rows = data.find_rows(3, None)
    assert_apart(rows, 120)
    assert times[rows["train"]].max() < times[rows["validation"]].min()
    assert times[rows["validation"]].max() < times[rows["test"]].min()
    assert len(rows["test"]) >= 24
    assert "when" not in data.features


def test_with_groups_and_times_the_later_parts_have_new_groups_alone_by_hand():
    """By time alone, rows 0 to 11 are train, 12 to 15 validation and 16 to 19 test."""
    frame = pd.DataFrame({
        "x": [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4],
        "who": list("aabbccddaa") + list("eeefffcggh"),
        "when": range(20),
        "fraud": ["yes", "no"] * 10,
    })  # fmt: skip
    data = own(frame, group="who", time="when", positive="yes")
    assert {part: rows.tolist() for part, rows in data.find_rows(0, None).items()} == {
        "train": list(range(12)),  # a to e
        "validation": [13, 14, 15],  # of f; the row of e is left out
        "test": [17, 18, 19],  # of g and h; the row of c is left out
    }
    assert data.without_test.find_rows(0, None)["validation"].tolist() == [17, 18, 19]
    notes = describe_division(data)
    assert "2 rows (10 %) whose group has rows in an earlier part are left out there" in notes
    assert "Only new groups are in validation and test (8 groups in all)" in notes


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32), groups=st.integers(30, 120), spread=st.floats(0, 0.3), moments=st.integers(8, 500))
def test_no_group_is_in_two_parts_and_the_past_comes_before_the_future(seed, groups, spread, moments):
    generator = np.random.default_rng(seed)
    who = generator.integers(0, groups, 200)
    when = np.floor((who / groups + spread * generator.random(200)) * moments).astype(int)
    frame = mixed(rows=200, share=0.5).assign(who=who, when=when)
    try:
        data = own(frame, group="who", time="when", positive="yes")
    except ValueError as error:
        assert "are left out: divide by only one of the two" in str(error)  # noqa: PT017 - both ends are right
        return
    parts, by_time = data.find_rows(0, None), own(frame, time="when", positive="yes").find_rows(0, None)
    for first, second in (("train", "validation"), ("validation", "test"), ("train", "test")):
        assert when[parts[first]].max() < when[parts[second]].min()
        assert not set(who[parts[first]]) & set(who[parts[second]])
    assert parts["train"].tolist() == by_time["train"].tolist()
    for part, rows in parts.items():  # no row is left out without need
        earlier = when < when[by_time[part]].min()
        assert rows.tolist() == [row for row in by_time[part] if who[row] not in set(who[earlier])]


def test_a_test_of_its_own_is_test_whatever_the_seed_and_tune_is_drawn_anew():
    data = own(test=mixed(seed=1))
    first, second = data.find_rows(0, None), data.find_rows(1, None)
    assert_apart(first, 240)
    assert first["test"].tolist() == second["test"].tolist() == list(range(120, 240))
    assert first["validation"].tolist() != second["validation"].tolist()


def test_of_all_rows_none_is_test():
    for data in (own(), own(test=mixed(seed=1)), own(mixed().assign(when=range(120)), time="when")):
        rows = data.without_test.find_rows(0, None)
        assert not len(rows["test"])
        assert_apart(rows, len(data.labels))
    assert rows["validation"].tolist() == list(range(96, 120))  # by time, the latest


def test_counts_are_those_of_what_is_drawn():
    data, asked = own(), {"level": 0.2, "protocol": "own", "seed": 2, "fold": Fold(0, 1, 5)}
    split = data.draw(**asked)
    for part, counts in data.split_counts(**asked).items():
        assert getattr(split, part).counts == counts
        assert getattr(split, part).images.tolist() == data.find_rows(2, Fold(0, 1, 5))[part].tolist()


@pytest.mark.parametrize("part", ["validation", "test"])
def test_what_is_made_of_train_does_not_depend_on_the_other_parts(part):
    """Neither on their values nor on their labels."""
    data, fold = own(), Fold(0, 0, 5)
    rows = data.find_rows(0, fold)
    before = data.draw(0, fold)
    data.features.iloc[rows[part]] = data.features.iloc[rows[part]].sample(frac=1, random_state=0).to_numpy()
    data.features.loc[data.features.index[rows[part]], "amount"] = 1e6
    data.labels[rows[part]] = 0
    data.cache.prepared.clear()
    after = data.draw(0, fold)
    assert np.array_equal(before.train.inputs, after.train.inputs)
    assert not np.array_equal(getattr(before, part).inputs, getattr(after, part).inputs)


def test_what_train_is_decides_what_is_made_of_the_others():
    data, fold = own(), Fold(0, 0, 5)
    before = data.draw(0, fold)
    data.features.loc[data.features.index[data.find_rows(0, fold)["train"]], "amount"] *= 10
    data.cache.prepared.clear()
    assert not np.array_equal(before.test.inputs, data.draw(0, fold).test.inputs)


def test_the_same_seed_draws_the_same_and_another_one_another_split():
    first, again, other = (own().draw(seed, Fold(0, 0, 5)) for seed in (0, 0, 1))
    assert np.array_equal(first.train.inputs, again.train.inputs)
    assert first.train.images.tolist() != other.train.images.tolist()


def test_the_checksum_is_of_the_data_and_their_division(tmp_path):
    same = {own().checksum, own().checksum, open_source(write_csv(tmp_path), "fraud").checksum}
    others = {
        own(mixed(seed=1)).checksum,
        own(folds=4).checksum,
        own(positive="no").checksum,
        own(drop=("age",)).checksum,
        own(test=mixed()).checksum,
        own(mixed().assign(who=range(120)), group="who").checksum,
    }
    assert len(same) == 1
    assert len(others - same) == 6


def test_images_are_drawn_as_they_are_for_a_network_that_is_named(tmp_path):
    data = open_source(write_images(tmp_path), "folder", size=6, recipe={"network": "mlp"})
    assert (data.positive, data.negative, data.shape, data.inputs) == ("cracked", "ok", (3, 6, 6), 108)
    split = data.draw(0, Fold(0, 0, 5))
    assert np.array_equal(split.test.inputs, data.features[split.test.images].astype(np.float32) / np.float32(255))


def test_examples_of_images_are_a_few_of_each_class_at_even_distances(tmp_path):
    data = open_source(write_images(tmp_path, rare=5, others=25), "folder", size=6)
    found = data.example_images()
    assert list(found) == ["ok", "cracked"]
    assert np.array_equal(found["ok"], data.features[data.labels == 0][::3][:8])
    assert np.array_equal(found["cracked"], data.features[data.labels == 1])


def test_the_last_split_is_kept_and_no_other_one():
    data = own()
    first = data.draw(0, Fold(0, 0, 5))
    assert data.draw(0, Fold(0, 0, 5)) is first
    data.draw(0, Fold(0, 1, 5))
    assert [division.fold for division, _ in data.cache.prepared] == [Fold(0, 1, 5)]
    assert data.shape == first.train.inputs.shape[1:]


def test_all_rows_are_divided_anew():
    data = own()
    data.draw(0, None)
    assert not data.without_test.cache.parts
    assert not data.without_test.cache.prepared


def test_a_large_table_gives_the_same_inputs_from_float32(monkeypatch):
    """Whole numbers become float32, the decimals and dates of other columns do not, and no result depends on it."""
    small = own()
    monkeypatch.setattr(column_values, "LARGE", 1)
    large = own()
    assert large.checksum == small.checksum
    assert large.features["age"].dtype == np.float32
    assert large.features["amount"].dtype == np.float64
    pd.testing.assert_frame_equal(large.features, small.features, check_dtype=False, rtol=0, atol=0)
    for form in (InputForm.PREPARED, InputForm.COLUMNS):
        for part in ("train", "validation", "test"):
            inputs, others = (getattr(data.draw(0, Fold(0, 0, 5), form=form), part).inputs for data in (large, small))
            assert inputs.tobytes() == others.tobytes()


def test_a_large_split_is_kept_in_its_last_form_alone(monkeypatch):
    monkeypatch.setattr(own_data, "MOST_CACHED", 10)
    data = own()
    for form in (InputForm.PREPARED, InputForm.COLUMNS):
        data.draw(0, Fold(0, 0, 5), form=form)
        assert [key[1] for key in data.cache.prepared] == [form]
    data.release_splits()
    assert not data.cache.prepared
