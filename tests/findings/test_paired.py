"""Comparisons along one axis of a study are those of its seeds' means."""

import numpy as np
import pandas as pd
import pytest

from findings import rarity, words
from findings.paired import F1, ROC, average_over_seeds, compare_entries, find_comparison, find_highest
from imbaloss.report.comparisons import tabulate_comparisons
from imbaloss.statistics import Interval, sign_flip, t_interval

SEEDS = 8
PLACES = pd.MultiIndex.from_product(
    [["tree_1", "tree_2"], [0.2, 0.05], ["mse", "mfe", "msfe"], range(SEEDS)],
    names=["dataset", "level", "loss", "seed"],
)


@pytest.fixture
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    found = pd.DataFrame({F1: generator.random(len(PLACES)), ROC: generator.random(len(PLACES))}, PLACES).reset_index()
    found[F1] += (found["loss"] == "msfe") * 2.0
    return found


def test_a_difference_is_that_of_the_seeds_means_over_all_else(frame):
    lines = compare_entries(frame, "loss", scores=[F1])
    means = frame.groupby(["loss", "seed"])[F1].mean()
    differences = (means["mfe"] - means["mse"]).to_numpy()
    one = find_comparison(lines, "mfe", F1, "mse")
    assert one.interval == pytest.approx(t_interval(differences))
    [line] = lines[(lines["first"] == "mse") & (lines["second"] == "mfe")].to_dict("records")
    assert line["p"] == pytest.approx(sign_flip(differences))
    assert average_over_seeds(frame[frame["loss"] == "mfe"], F1).estimate == pytest.approx(means["mfe"].mean())


def test_turned_the_same_pair_says_the_same(frame):
    lines = compare_entries(frame, "loss", scores=[F1])
    there, back = find_comparison(lines, "mse", F1, "msfe"), find_comparison(lines, "msfe", F1, "mse")
    assert (there.verdict, back.verdict) == ("worse", "better")
    ends = there.interval
    assert back.interval == (-ends.estimate, -ends.high, -ends.low)
    [again] = tabulate_comparisons([back.turned]).to_dict("records")
    assert again == pytest.approx(tabulate_comparisons([there]).to_dict("records")[0], nan_ok=True)


def test_within_a_group_only_its_lines_count(frame):
    lines = compare_entries(frame, "loss", within=["dataset", "level"], against="mse", scores=[F1])
    assert len(lines) == 2 * 2 * 2
    some = frame[(frame["dataset"] == "tree_2") & (frame["level"] == 0.05)]
    alone = find_comparison(compare_entries(some, "loss", against="mse", scores=[F1]), "mfe", F1)
    there = find_comparison(lines, "mfe", F1, dataset="tree_2", level=0.05)
    assert (there.first, there.second) == (alone.first, alone.second)
    assert (there.interval, there.verdict) == (alone.interval, alone.verdict)
    assert find_highest(lines, F1, dataset="tree_2", level=0.05).first == "msfe"


def test_a_seed_in_which_one_lacks_a_score_does_not_count(frame):
    frame.loc[(frame["loss"] == "mfe") & (frame["seed"] == 3) & (frame["level"] == 0.2), F1] = np.nan
    lines = compare_entries(frame, "loss", scores=[F1])
    assert lines.set_index(["first", "second"])["pairs"].to_dict() == {
        ("mse", "mfe"): SEEDS - 1, ("mse", "msfe"): SEEDS, ("mfe", "msfe"): SEEDS - 1
    }  # fmt: skip


def test_words_say_the_verdict_and_the_interval(frame):
    lines = compare_entries(frame, "loss", scores=[F1])
    one = find_comparison(lines, "msfe", F1, "mse")
    numbers = "{:+.3f} [{:+.3f}, {:+.3f}]".format(*one.interval)
    assert words.write_verdict(lines, "msfe", F1, "mse") == f"better than `mse` ({numbers})"
    assert words.write_cell(lines, "msfe", F1, "mse") == numbers.replace(" ", "** ", 1).replace("+", "**+", 1)
    assert words.count_verdicts(lines) == "2 worse (`mse`, `mfe`), 1 not told apart"
    assert words.describe_undecided(lines).startswith("1 of 3 comparisons")


def test_losses_are_told_by_the_level_down_to_which_they_lie_above_chance():
    """The last of the levels before the first that does not; a later one that does is no reason."""
    lows = {"always": (0.3, 0.2), "first": (0.3, 0.1), "never": (0.1, 0.3), "too": (0.4, 0.2)}
    means = {(loss, level): Interval(0.5, low, 0.9) for loss, some in lows.items()
             for level, low in zip((0.2, 0.1), some, strict=True)}  # fmt: skip
    by_rarest = rarity.group_by_rarest(means, list(lows), (0.2, 0.1), 0.1)
    assert by_rarest == {0.1: ["always", "too"], 0.2: ["first"], None: ["never"]}
    said = words.list_by_level(by_rarest, (0.2, 0.1))
    assert said == "`always`, `too` at every level, down to 0.1; `first` down to 0.2; `never` at no level"
