"""What findings take from frames and curves, against sums that are written out here."""

import numpy as np
import pandas as pd
import pytest
import torch

from findings import architectures, bias, convergence, pairs, sampling, thresholds
from findings.paired import F1, PRECISION, ROC, TUNED, Gap
from imbaloss.data.seeds import stream


def frame(**axes: list[object]) -> pd.DataFrame:
    """A line for each combination, with random scores."""
    generator = np.random.default_rng(0)
    lines = pd.MultiIndex.from_product(axes.values(), names=axes.keys()).to_frame(index=False)
    return lines.assign(**{score: generator.random(len(lines)) for score in (F1, TUNED, ROC, PRECISION)})


def value(lines: pd.DataFrame, score: str, **where: object) -> float:
    return float(lines.loc[(lines[list(where)] == pd.Series(where)).all(axis=1), score].item())


def batches(targets: torch.Tensor, size: int, passes: int, seed: int) -> np.ndarray:
    generator = stream(seed, "bias")
    number = len(targets) // size
    return np.stack([generator.permutation(len(targets))[: number * size] for _ in range(passes)]).reshape(-1, size)


def test_of_mini_batches_msfe_is_the_squares_of_mean_errors_and_their_variances():
    """E[m^2] = m^2 + Var(m), in each class."""
    logits = torch.tensor(np.random.default_rng(0).normal(size=60))
    targets = (torch.arange(60) % 3 == 0).long()
    found = {line["loss"]: line for line in bias.on_batches(logits, targets, 20, 50, seed=3)}
    errors = ((torch.sigmoid(logits) - targets) ** 2 / 2).numpy()
    drawn = batches(targets, 20, 50, seed=3)
    means = np.array([[errors[one][targets[one] == label].mean() for label in (0, 1)] for one in drawn])
    assert found["msfe"]["mean"] == pytest.approx((means.mean(axis=0) ** 2 + means.var(axis=0)).sum())
    assert found["mfe"]["mean"] == pytest.approx(means.sum(axis=1).mean())
    assert found["mse"]["deviation"] == pytest.approx(errors[drawn].mean(axis=1).std(ddof=1))
    assert found["mse"]["without"] == 0


def test_a_batch_that_is_the_whole_set_has_no_bias():
    logits = torch.tensor(np.random.default_rng(0).normal(size=30))
    for line in bias.on_batches(logits, (torch.arange(30) < 4).long(), 30, 5, seed=0):
        assert line["mean"] == pytest.approx(line["whole"])
        assert line["deviation"] == pytest.approx(0, abs=1e-12)
        assert (line["cosine"], line["length"]) == pytest.approx((1, 1))


def test_batches_without_positives_are_counted():
    logits, targets = torch.zeros(40, dtype=torch.float64), (torch.arange(40) == 7).long()
    drawn = batches(targets, 10, 30, seed=1)
    assert {line["without"] for line in bias.on_batches(logits, targets, 10, 30, seed=1)} == {
        1 - (drawn == 7).any(axis=1).mean()
    }


def test_the_best_constant_output_has_the_error_1():
    share = 0.2
    mse = [share * (1 - share) ** 2 / 2 + (1 - share) * share**2 / 2]
    assert convergence.relative(mse, "mse", (80, 20)) == pytest.approx(1)
    assert convergence.relative([0.125 + 0.125], "mfe", (80, 20)) == pytest.approx(1)
    for loss in convergence.SQUARES:
        assert convergence.relative([2 * 0.125**2, 2 * 0.0625**2, -1e-9], loss, (80, 20)) == pytest.approx([1, 0.5, 0])


def test_what_longer_training_adds_is_of_the_seeds_that_both_have():
    names = {"dataset": ["a/b", "c/d", "e/f"], "loss": ["mse", "mfe"]}
    short, long = frame(**names, seed=[0, 1]), frame(**names, seed=[1])
    expected = [
        value(long, F1, dataset=one, loss="mfe") - value(long, F1, dataset=one, loss="mse")
        - value(short, F1, dataset=one, loss="mfe", seed=1) + value(short, F1, dataset=one, loss="mse", seed=1)
        for one in names["dataset"]
    ]  # fmt: skip
    assert pairs.added(short, long)[F1]["mfe"].estimate == pytest.approx(np.mean(expected))


def test_shares_of_pairs_add_up_and_count_what_lies_beyond_the_margin():
    table = pd.DataFrame({"mse": np.zeros(4), "mfe": [0.02, 0.005, -0.005, -0.5]})
    assert pairs.shares(table) == {"mfe": (0.25, 0.5, 0.25)}


def test_pairs_that_share_no_class_are_independent_and_others_need_not_be():
    values = np.random.default_rng(0).normal(size=6)
    apart = pd.Series(values, [f"{place}/other {place}" for place in range(6)])
    plain, shared = pairs.errors(apart)
    assert plain == pytest.approx(values.std(ddof=1) / np.sqrt(6))
    assert shared == pytest.approx(values.std() / np.sqrt(6))
    chain = pd.Series(values, [f"{place}/{place + 1}" for place in range(6)])
    distances = values - values.mean()
    sums = sum(distances[i] * distances[j] for i in range(6) for j in range(6) if abs(i - j) <= 1)
    assert pairs.errors(chain)[1] == pytest.approx(np.sqrt(max(sums, 0)) / 6)


def test_a_gain_is_over_the_baseline_of_the_same_network_and_seed():
    lines = frame(dataset=["tree_1"], level=[0.2, 0.05], network=["mlp", "cnn"], loss=["ce", "mfe"], seed=[0, 1])
    gains = architectures.over(lines, "ce")
    assert gains["loss"].unique().tolist() == ["mfe"]
    where = {"level": 0.05, "network": "cnn", "seed": 1}
    expected = value(lines, ROC, loss="mfe", **where) - value(lines, ROC, loss="ce", **where)
    assert value(gains, ROC, **where) == pytest.approx(expected)


def test_without_a_sampler_an_epoch_shows_the_training_part():
    lines = pd.DataFrame({
        "sampler": ["none", "smote"], "level": 0.1, "train_negatives": 80, "train_positives": 20,
        "resampled_negatives": [0, 80], "resampled_positives": [0, 80],
    })  # fmt: skip
    assert sampling.shown(lines) == {"none": {0.1: 100}, "smote": {0.1: 160}}


def test_a_network_stands_beside_itself_calibrated():
    lines = frame(dataset=["tree_1"], level=[0.2], loss=["ce", "mfe"], recipe=["plain", "calibrated"], seed=[0, 1])
    beside = thresholds.side_by_side(lines)
    assert len(beside) == 4
    where = {"loss": "mfe", "seed": 1}
    assert value(beside, thresholds.CALIBRATED, **where) == value(lines, F1, recipe="calibrated", **where)


@pytest.mark.parametrize(
    ("verdict", "high", "small"), [("better", 0.009, True), ("better", 0.011, False), ("undecided", 0.009, False)]
)
def test_a_difference_is_small_where_it_is_decided_and_its_interval_within_the_margin(verdict, high, small):
    assert Gap("a", "b", 0.005, 0.001, high, verdict).small == small
