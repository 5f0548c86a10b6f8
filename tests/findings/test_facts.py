"""What findings take from frames and curves, against sums that are written out here."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from findings import architectures, bias, convergence, pairs, rarity, sampling, thresholds, words
from findings.paired import (
    F1,
    HALVED,
    MOVED,
    PRECISION,
    ROC,
    TUNED,
    YOUDEN,
    average_over_seeds,
    find_comparison,
    select_lines,
)
from imbaloss.data.seeds import make_generator
from tests.report.examples import comparison


def frame(**axes: list[object]) -> pd.DataFrame:
    """A line for each combination, with random scores."""
    generator = np.random.default_rng(0)
    lines = pd.MultiIndex.from_product(axes.values(), names=axes.keys()).to_frame(index=False)
    return lines.assign(**{score: generator.random(len(lines)) for score in (F1, TUNED, ROC, PRECISION)})


def value(lines: pd.DataFrame, score: str, **where: object) -> float:
    return float(lines.loc[(lines[list(where)] == pd.Series(where)).all(axis=1), score].item())


def batches(targets: torch.Tensor, size: int, passes: int, seed: int) -> np.ndarray:
    generator = make_generator(seed, "bias")
    number = len(targets) // size
    return np.stack([generator.permutation(len(targets))[: number * size] for _ in range(passes)]).reshape(-1, size)


def test_of_mini_batches_msfe_is_the_squares_of_mean_errors_and_their_variances():
    """E[m^2] = m^2 + Var(m), in each class."""
    logits = torch.tensor(np.random.default_rng(0).normal(size=60))
    targets = (torch.arange(60) % 3 == 0).long()
    found = {line["loss"]: line for line in bias.measure_batches(logits, targets, 20, 50, seed=3)}
    errors = ((torch.sigmoid(logits) - targets) ** 2 / 2).numpy()
    drawn = batches(targets, 20, 50, seed=3)
    means = np.array([[errors[one][targets[one] == label].mean() for label in (0, 1)] for one in drawn])
    assert found["msfe"]["mean"] == pytest.approx((means.mean(axis=0) ** 2 + means.var(axis=0)).sum())
    assert found["mfe"]["mean"] == pytest.approx(means.sum(axis=1).mean())
    assert found["mse"]["deviation"] == pytest.approx(errors[drawn].mean(axis=1).std(ddof=1))
    assert found["mse"]["without"] == 0


def test_a_batch_that_is_the_whole_set_has_no_bias():
    logits = torch.tensor(np.random.default_rng(0).normal(size=30))
    for line in bias.measure_batches(logits, (torch.arange(30) < 4).long(), 30, 5, seed=0):
        assert line["mean"] == pytest.approx(line["whole"])
        assert line["deviation"] == pytest.approx(0, abs=1e-12)
        assert (line["cosine"], line["length"]) == pytest.approx((1, 1))


def test_batches_without_positives_are_counted():
    logits, targets = torch.zeros(40, dtype=torch.float64), (torch.arange(40) == 7).long()
    drawn = batches(targets, 10, 30, seed=1)
    assert {line["without"] for line in bias.measure_batches(logits, targets, 10, 30, seed=1)} == {
        1 - (drawn == 7).any(axis=1).mean()
    }


def test_the_best_constant_output_has_the_error_1():
    share = 0.2
    mse = [share * (1 - share) ** 2 / 2 + (1 - share) * share**2 / 2]
    assert convergence.scale_errors(mse, "mse", (80, 20)) == pytest.approx(1)
    assert convergence.scale_errors([0.125 + 0.125], "mfe", (80, 20)) == pytest.approx(1)
    for loss in convergence.SQUARES:
        assert convergence.scale_errors([2 * 0.125**2, 2 * 0.0625**2, -1e-9], loss, (80, 20)) == pytest.approx(
            [1, 0.5, 0]
        )


def test_what_longer_training_adds_is_of_the_seeds_that_both_have():
    names = {"dataset": ["a/b", "c/d", "e/f"], "loss": ["mse", "mfe"]}
    short, long = frame(**names, seed=[0, 1]), frame(**names, seed=[1])
    expected = [
        value(long, F1, dataset=one, loss="mfe") - value(long, F1, dataset=one, loss="mse")
        - value(short, F1, dataset=one, loss="mfe", seed=1) + value(short, F1, dataset=one, loss="mse", seed=1)
        for one in names["dataset"]
    ]  # fmt: skip
    assert pairs.compare_lengths(short, long)[F1]["mfe"].estimate == pytest.approx(np.mean(expected))


def test_shares_of_pairs_add_up_and_count_what_lies_beyond_the_margin():
    table = pd.DataFrame({"mse": np.zeros(4), "mfe": [0.02, 0.005, -0.005, -0.5]})
    assert pairs.compute_shares(table) == {"mfe": (0.25, 0.5, 0.25)}


def test_pairs_that_share_no_class_are_independent_and_others_need_not_be():
    values = np.random.default_rng(0).normal(size=6)
    apart = pd.Series(values, [f"{place}/other {place}" for place in range(6)])
    plain, shared = pairs.compute_errors(apart)
    assert plain == pytest.approx(values.std(ddof=1) / np.sqrt(6))
    assert shared == pytest.approx(values.std() / np.sqrt(6))
    chain = pd.Series(values, [f"{place}/{place + 1}" for place in range(6)])
    distances = values - values.mean()
    sums = sum(distances[i] * distances[j] for i in range(6) for j in range(6) if abs(i - j) <= 1)
    assert pairs.compute_errors(chain)[1] == pytest.approx(np.sqrt(max(sums, 0)) / 6)


def test_a_gain_is_over_the_baseline_of_the_same_network_and_seed():
    lines = frame(dataset=["tree_1"], level=[0.2, 0.05], network=["mlp", "cnn"], loss=["ce", "mfe"], seed=[0, 1])
    gains = architectures.subtract_baseline(lines, "ce")
    assert gains["loss"].unique().tolist() == ["mfe"]
    where = {"level": 0.05, "network": "cnn", "seed": 1}
    expected = value(lines, ROC, loss="mfe", **where) - value(lines, ROC, loss="ce", **where)
    assert value(gains, ROC, **where) == pytest.approx(expected)


def test_without_a_sampler_an_epoch_shows_the_training_part():
    lines = pd.DataFrame({
        "sampler": ["none", "smote"], "level": 0.1, "train_negatives": 80, "train_positives": 20,
        "resampled_negatives": [0, 80], "resampled_positives": [0, 80],
    })  # fmt: skip
    assert sampling.count_images(lines) == {"none": {0.1: 100}, "smote": {0.1: 160}}


def test_a_network_stands_beside_itself_calibrated():
    lines = frame(dataset=["tree_1"], level=[0.2], loss=["ce", "mfe"], recipe=["plain", "calibrated"], seed=[0, 1])
    beside = thresholds.join_calibrated(lines)
    assert len(beside) == 4
    where = {"loss": "mfe", "seed": 1}
    assert value(beside, thresholds.CALIBRATED, **where) == value(lines, F1, recipe="calibrated", **where)


@pytest.mark.parametrize(
    ("verdict", "high", "small"), [("better", 0.009, True), ("better", 0.011, False), ("undecided", 0.009, False)]
)
def test_a_difference_is_small_where_it_is_decided_and_its_interval_within_the_margin(verdict, high, small):
    assert (words.write_margin_note(comparison("a", "b", verdict, (0.005, 0.001, high))) != "") == small


def test_what_the_place_of_the_threshold_makes_is_of_the_losses_less_of_cross_entropy():
    axes = {"dataset": ["tree_1"], "level": [0.2, 0.05], "loss": ["ce", "mfe", "mse"], "seed": range(6)}
    frame_ = pd.concat([frame(**axes).assign(recipe=recipe) for recipe in ("plain", "calibrated")], ignore_index=True)
    study = SimpleNamespace(losses=("ce", "mfe", "mse"), levels=(0.2, 0.05))
    found = thresholds.compute_facts({"thresholds": SimpleNamespace(frame=frame_, study=study)})
    plain = frame_[frame_["recipe"] == "plain"]
    moved = (plain[F1] - plain[TUNED]).groupby(plain["loss"]).mean()
    assert found["weighing"] == ["mfe"]
    assert find_comparison(found["gains"], "together", MOVED).interval.estimate == pytest.approx(
        moved["mfe"] - moved["ce"]
    )
    assert found["own"][TUNED].estimate == pytest.approx(-moved["ce"])


def test_the_best_sampler_has_the_highest_mean_of_those_with_cross_entropy():
    axes = {"dataset": ["tree_1"], "level": [0.1], "loss": ["ce", "mfe", "msfe"], "sampler": ["none", "over", "smote"]}
    lines = frame(**axes, seed=range(3))
    counts = [f"{part}_{kind}" for part in ("train", "resampled") for kind in ("negatives", "positives")]
    study = SimpleNamespace(losses=("ce", "mfe", "msfe"), samplers=("none", "over", "smote"), levels=(0.1,))
    stored = SimpleNamespace(frame=lines.assign(**dict.fromkeys(counts, 10)), study=study)
    means = lines.groupby(["loss", "sampler"])[ROC].mean()
    expected = (f"ce + {means['ce'].drop('none').idxmax()}", means[:, "none"].drop("ce").idxmax())
    assert sampling.compute_facts({"sampling": stored})["best"][ROC] == expected


def test_youdens_j_is_recall_less_false_positive_rate():
    lines = frame(dataset=["a/b"], level=[0.2], loss=["ce", "mfe"], seed=range(4))
    lines = lines.assign(recall=lines[F1], fpr=lines[TUNED] / 2, **dict.fromkeys(rarity.COUNTED, 5))
    study = SimpleNamespace(losses=("ce", "mfe"), levels=(0.2,), datasets=("a/b",))
    found = rarity.compute_facts({"rarity": SimpleNamespace(frame=lines, study=study)})
    some = select_lines(lines, loss="mfe")
    expected = (some["recall"] - some["fpr"]).mean()
    assert found["means"][""][YOUDEN]["mfe", 0.2].estimate == pytest.approx(expected)


def test_a_factor_is_varied_with_all_others_plain():
    axes = {name: [plain, other] for (name, plain), other in
            zip(convergence.PLAIN.items(), ("he", 32, "stratified_batches", 0.5), strict=True)}  # fmt: skip
    lines = frame(**axes, seed=[0])
    for factor, (plain, other) in axes.items():
        varied = convergence.vary_factor(lines, factor)
        assert varied[factor].tolist() == [plain, other]
        assert all((varied[name] == convergence.PLAIN[name]).all() for name in axes if name != factor)


def test_settings_are_counted_by_who_needs_fewer_epochs():
    """An epoch by which something is reached is the better the less it is."""
    verdicts = {"mfe": ["worse", "worse", "undecided"], "msfe": ["better", "worse", "equivalent"]}
    lines = pd.DataFrame([
        dict(zip(convergence.PLAIN, ("torch", size, "none", 0.1), strict=True)) | {"first": loss, "verdict": verdict}
        for loss, of_loss in verdicts.items() for size, verdict in zip((32, 128, 500), of_loss, strict=True)
    ])  # fmt: skip
    assert convergence.count_settings(lines) == {
        "number": 3, "fewer": {"mfe": 2, "msfe": 1}, "more": {"mfe": 0, "msfe": 1}
    }  # fmt: skip


def test_curves_are_told_by_where_they_halve_whether_they_do_and_how_far_f1_lies_from_the_median():
    constant = 0.2 * 0.8 / 2
    curves = [np.array([1.0, 0.4]), np.array([1.0, 0.9]), np.array([0.5, 0.1])]
    run = SimpleNamespace(
        method=SimpleNamespace(learned="mse"), recipe=SimpleNamespace(init="torch", train_batch=128, lr=0.1)
    )
    rows = [SimpleNamespace(losses=constant * curve, counts=SimpleNamespace(train=(80, 20)),
                            run=run) for curve in curves]  # fmt: skip
    lines = pd.DataFrame({"loss": "mse", "sampler": "none", "seed": range(3), F1: [0.1, 0.4, 0.6]})
    found, errors = convergence.measure_curves(
        SimpleNamespace(store=SimpleNamespace(with_losses=lambda some: some), rows=rows, frame=lines)
    )
    assert found["halved"].tolist() == [1.0, np.log2(3), 0.0]
    assert found["reached"].tolist() == [True, False, True]
    assert found["apart"].tolist() == pytest.approx([0.3, 0.0, 0.2])
    np.testing.assert_allclose(errors, curves)


@pytest.mark.parametrize(
    ("difference", "verdict", "shares", "said"),
    [
        (1.0, "better", (1.0, 0.4), "**2.00** [1.00, 4.00]"),
        (-1.0, "worse", (0.1, 0.0), "**≤ 0.50** [0.25, 1.00]"),
        (1.0, "better", (0.0, 0.1), "**≥ 2.00** [1.00, 4.00]"),
        (0.0, "equivalent", (0.3, 0.2), "≈ 1.00 [0.50, 2.00]"),
        (0.0, "equivalent", (0.3, 0.0), "≤ 1.00 [0.50, 2.00]"),
        (0.0, "undecided", (0.0, 0.0), "?"),
    ],
)
def test_epochs_are_told_as_a_factor_or_as_a_bound_where_one_never_gets_there(difference, verdict, shares, said):
    one = comparison("mfe", "mse", verdict, (difference, difference - 1, difference + 1), score=HALVED)
    reached = {"first_reached": shares[0], "second_reached": shares[1]}
    line = {"first": "mfe", "second": "mse", "score": HALVED, "comparison": one, **reached}
    assert words.write_factor(pd.DataFrame([line]), "mfe") == said


def test_the_bias_is_what_the_mean_over_batches_lies_above_the_whole(tmp_path):
    lines = [
        {"loss": loss, "batch": 32, "epoch": epoch, "seed": seed, "whole": 2.0, "mean": mean + 0.01 * seed,
         "deviation": 0.5, "cosine": 1.0, "length": 1.0, "without": 0.0}
        for loss in ("mfe", "msfe") for epoch, mean in ((1, 1.0), (3, 2.5)) for seed in (0, 1)
    ]  # fmt: skip
    pd.DataFrame(lines).to_csv(tmp_path / bias.FILE, index=False)
    found = convergence.read_bias(SimpleNamespace(store=SimpleNamespace(file=tmp_path / "results.sqlite")))
    assert found["intervals"]["msfe", 32, 3].estimate == pytest.approx(2.505 / 2 - 1)
    assert found["highest"][32] == found["intervals"]["msfe", 32, 3]
    noise = np.mean([0.5 / 2.5, 0.5 / 2.51])
    assert found["at"]["mfe", 32, 3]["noise"] == pytest.approx(noise)
    assert found["at"]["msfe", 32, 3]["noise"] == pytest.approx(noise / 2)


def test_a_seed_that_lacks_a_score_somewhere_does_not_count_in_a_mean():
    lines = pd.DataFrame({"seed": [0, 0, 1, 1, 2, 2], F1: [0.1, 0.3, 0.5, np.nan, 0.5, 0.7]})
    assert average_over_seeds(lines, F1).estimate == pytest.approx((0.2 + 0.6) / 2)
