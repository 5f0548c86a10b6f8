"""What a sampler does to probabilities, and how it is taken back."""

from math import exp, log

import numpy as np
import pytest

from imbaloss import data, losses
from imbaloss.data import Samples, Split
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Recipe, train
from imbaloss.training.priors import find_best_constant, prior_shift

SHARES = ["ce", "mse", "poly1:epsilon=0"]  # proper: the best constant is the share
BALANCED = [
    "wce",
    "wmse",
    "mfe",
    "msfe",
    "logit_adjusted",
    "cross_entropy/worst_class",
    "squared/p_norm_of_class_means",
]


@pytest.mark.parametrize("loss", SHARES)
def test_of_a_proper_loss_it_is_the_ratio_of_the_odds(loss):
    assert find_best_constant(LossSpec.parse(loss), (980, 20)) == pytest.approx([log(20 / 980)], abs=1e-5)
    assert prior_shift(LossSpec.parse(loss), (980, 20), (980, 980)) == pytest.approx((0, log(20 / 980)), abs=1e-5)
    assert prior_shift(LossSpec.parse(loss), (980, 20), (20, 20)) == pytest.approx((0, log(20 / 980)), abs=1e-5)


@pytest.mark.parametrize("loss", [*BALANCED, "auc_squared_hinge", "auc_margin", "smooth_ap"])
def test_a_loss_that_sees_no_shares_needs_none(loss):
    assert prior_shift(LossSpec.parse(loss), (980, 20), (980, 980)) == pytest.approx((0, 0), abs=1e-4)


@pytest.mark.parametrize("loss", BALANCED)
def test_a_prevalence_is_reached_from_the_shares_that_the_loss_teaches(loss):
    assert prior_shift(LossSpec.parse(loss), (980, 20), (980, 20), (0.98, 0.02)) == pytest.approx(
        (0, log(20 / 980)), abs=1e-4
    )
    assert prior_shift(LossSpec.parse("ce"), (980, 20), (980, 20), (0.5, 0.5)) == pytest.approx(
        (0, log(980 / 20)), abs=1e-4
    )


@pytest.mark.parametrize("counts", [(10**6, 10), (10**7, 10), (10, 10**6), (999, 1)])
@pytest.mark.parametrize("loss", ["ce", "mse"])
def test_the_best_constant_is_found_also_where_a_class_is_very_rare(loss, counts):
    assert find_best_constant(LossSpec.parse(loss), counts) == pytest.approx([log(counts[1] / counts[0])], abs=1e-3)


def test_a_rare_class_in_use_is_no_reason_to_do_nothing():
    """Trained on a set made half of positives, used where one in 10,000 is."""
    assert prior_shift(LossSpec.parse("ce"), (200, 200), (200, 200), (1 - 1e-4, 1e-4)) == pytest.approx(
        (0, log(1e-4 / (1 - 1e-4)))
    )


@pytest.mark.parametrize("loss", ["soft_f1", "dice", "auc_squared_hinge", "smooth_ap", "soft_mcc", "auc_margin"])
def test_a_prevalence_is_refused_for_a_loss_that_teaches_no_shares(loss):
    assert find_best_constant(LossSpec.parse(loss), (900, 100)) is None
    with pytest.raises(ValueError, match=f"prevalence is for losses that teach shares of the classes, not for {loss}"):
        prior_shift(LossSpec.parse(loss), (900, 100), (900, 100), (0.5, 0.5))


def test_several_classes_have_a_shift_each():
    found = prior_shift(LossSpec.parse("ce"), (900, 60, 40), (900, 900, 900))
    expected = np.log([0.9, 0.06, 0.04])
    np.testing.assert_allclose(found, expected - expected.mean(), atol=1e-5)
    assert prior_shift(LossSpec.parse("mfe"), (900, 60, 40), (900, 900, 900)) == pytest.approx((0, 0, 0), abs=1e-5)


@pytest.mark.parametrize("loss", losses.names())
def test_every_loss_has_a_finite_one(loss):
    """A loss whose best constant is at infinity, as soft F1's, has none."""
    for after in ((900, 900), (100, 100), (900, 450)):
        shift = prior_shift(LossSpec.parse(loss), (900, 100), after)
        assert np.isfinite(shift).all()
        assert exp(abs(shift[1])) < 1e4
    assert prior_shift(LossSpec.parse("soft_f1"), (900, 100), (900, 900)) == (0, 0)
    assert prior_shift(LossSpec.parse(loss), (900, 100), (900, 100)) == (0, 0)


@pytest.mark.parametrize("sampler", ["random_over", "random_under", "balanced_batches", "random_over:ratio=0.5"])
def test_corrected_probabilities_are_those_of_a_network_without_a_sampler(sampler):
    """A constant input: the network can say but one probability, which without a sampler is the share of positives."""
    train_part = Samples(np.ones((400, 1)), np.repeat([0, 1], [360, 40]))
    sampled = data.resample(train_part, data.SamplerSpec.parse(sampler), 0)
    recipe = Recipe(hidden=(), epochs=300, lr=0.5, train_batch=len(sampled), precision="float64")
    member = Member(
        Split(sampled, train_part, train_part), LossSpec.parse("ce"), recipe, 0, data.SamplerSpec.parse(sampler)
    )
    [outcome] = train([member])
    [logit] = set(outcome.model.logits(np.ones((1, 1))).tolist())
    assert logit == pytest.approx(log(member.counts[1] / member.counts[0]), abs=0.05)
    shift = prior_shift(LossSpec.parse("ce"), train_part.counts, member.counts)
    assert logit + shift[1] == pytest.approx(log(40 / 360), abs=0.05)
