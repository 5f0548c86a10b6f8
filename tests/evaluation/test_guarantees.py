"""Thresholds that keep to a bound on new samples, by exact tests on samples that chose nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imbaloss.data import Counts
from imbaloss.evaluation import Decision, Guarantee, Rule, ScoredSamples, choose_guaranteed_threshold
from imbaloss.evaluation.confusion import ConfusionCounts
from imbaloss.evaluation.guarantees import (
    bound_share,
    count_needed,
    explain_too_few,
    find_largest_share,
    is_guarantee,
    order_tests_of_precision,
)
from imbaloss.field_tables import FieldError

EVERY_TEXT = ("recall>=0.9", "precision>=0.8", "fpr<=0.05")
PROBABILITIES = st.sampled_from([0.0, 0.1, 0.2, 0.25, 0.5, 0.7, 0.9, 1.0]) | st.floats(0, 1)
SAMPLES = st.lists(st.tuples(st.integers(0, 1), PROBABILITIES), min_size=1, max_size=60)
SHARES = st.floats(0.05, 0.95)


def samples_of(pairs: list[tuple[int, float]]) -> ScoredSamples:
    labels, probabilities = zip(*pairs, strict=True)
    return ScoredSamples(np.array(labels), np.array(probabilities))


def draw(number: int, seed: int, share: float = 0.2) -> ScoredSamples:
    """Samples of two overlapping classes."""
    generator = np.random.default_rng(seed)
    labels = (generator.random(number) < share).astype(int)
    return ScoredSamples(labels, stats.norm.cdf(generator.normal(size=number) + 1.5 * labels - 1))


def test_p_value(right: int, decisions: int, share: float) -> float:
    return float(stats.binomtest(right, decisions, share, alternative="greater").pvalue) if decisions else 1.0


test_p_value.__test__ = False  # a name of the field, and no test


def p_value_at(guarantee: Guarantee, samples: ScoredSamples, threshold: float) -> float:
    """The p-value of a threshold by scipy's binomial test, from decisions one by one."""
    flagged, positive = samples.probabilities >= threshold, samples.labels == 1
    if guarantee.score == "recall":
        return test_p_value(int((flagged & positive).sum()), int(positive.sum()), guarantee.bound)
    if guarantee.score == "precision":
        return test_p_value(int((flagged & positive).sum()), int(flagged.sum()), guarantee.bound)
    return test_p_value(int((~flagged & ~positive).sum()), int((~positive).sum()), 1 - guarantee.bound)


@given(right=st.integers(0, 50), wrong=st.integers(0, 50), bound=SHARES, score=st.sampled_from(["recall", "precision"]))
def test_a_p_value_is_that_of_scipys_binomial_test(right, wrong, bound, score):
    counts = ConfusionCounts(*(np.array(float(number)) for number in (0, wrong, wrong, right)))
    found = float(Guarantee(score, bound).compute_p_values(counts))
    assert found == pytest.approx(test_p_value(right, right + wrong, bound), abs=1e-12)


@given(right=st.integers(0, 80), wrong=st.integers(0, 80), confidence=st.floats(0.5, 0.999))
def test_the_bound_of_a_share_is_that_of_clopper_and_pearson(right, wrong, confidence):
    if right + wrong:
        peer = stats.binomtest(right, right + wrong, alternative="greater").proportion_ci(confidence, method="exact")
        assert bound_share(right, right + wrong, confidence) == pytest.approx(peer.low, abs=1e-9)


def test_ten_positives_guarantee_no_recall_above_0_74_and_29_are_needed_for_0_9():
    assert find_largest_share(10, 0.95) == pytest.approx(0.05**0.1) == pytest.approx(0.741, abs=5e-4)
    assert find_largest_share(28, 0.95) < 0.9 <= find_largest_share(29, 0.95)
    assert count_needed(Guarantee("recall", 0.9)) == 29
    assert count_needed(Guarantee("fpr", 0.1)) == 29


@given(bound=SHARES, confidence=st.floats(0.05, 0.999), score=st.sampled_from(["recall", "precision", "fpr"]))
def test_the_number_that_is_needed_is_the_lowest_with_which_all_right_is_enough(bound, confidence, score):
    guarantee = Guarantee(score, bound, confidence)
    needed = count_needed(guarantee)
    assert explain_too_few(guarantee, Counts(needed + 1, needed + 1)) is None
    assert needed < 2 or explain_too_few(guarantee, Counts(needed - 2, needed - 2)) is not None


@pytest.mark.parametrize("text", EVERY_TEXT)
@given(pairs=SAMPLES, bound=SHARES, confidence=st.floats(0.3, 0.99))
def test_the_threshold_is_the_one_of_tests_one_by_one(text, pairs, bound, confidence):
    """Each candidate is tested by scipy; recall and fpr take the last one that passes, from the safe end on."""
    guarantee = Guarantee(Guarantee.parse(text).score, bound, confidence)
    samples, validation = samples_of(pairs), draw(60, seed=1)
    if guarantee.score == "precision":
        candidates = order_tests_of_precision(guarantee, validation)
    else:
        distinct = np.unique(samples.probabilities)
        candidates = [*distinct, np.nextafter(distinct[-1], 2)]
        candidates = candidates[1:] if guarantee.score == "recall" else candidates[::-1][1:]
    expected = None
    for candidate in candidates:
        if p_value_at(guarantee, samples, candidate) > 1 - confidence:
            break
        expected = candidate
    if expected is None:
        with pytest.raises(ValueError, match=r"guarantee"):
            choose_guaranteed_threshold(guarantee, samples, validation)
        return
    chosen = choose_guaranteed_threshold(guarantee, samples, validation)
    assert ((samples.probabilities >= chosen) == (samples.probabilities >= expected)).all()


@pytest.mark.parametrize("text", ["recall>=0.9", "precision>=0.6", "fpr<=0.05"])
def test_the_order_of_the_samples_does_not_matter_and_neither_does_the_scale_of_the_probabilities(text):
    guarantee, samples, validation = Guarantee.parse(text), draw(800, seed=0), draw(800, seed=1)
    chosen = choose_guaranteed_threshold(guarantee, samples, validation)
    order = np.random.default_rng(0).permutation(800)
    assert (
        choose_guaranteed_threshold(guarantee, ScoredSamples(*(each[order] for each in samples)), validation) == chosen
    )
    squared = [ScoredSamples(each.labels, each.probabilities**2) for each in (samples, validation)]
    again = choose_guaranteed_threshold(guarantee, *squared)
    flagged = samples.probabilities >= chosen
    # a threshold of the validation part lies halfway between two probabilities, so one sample may change sides
    assert ((squared[0].probabilities >= again) != flagged).sum() <= (guarantee.score == "precision")


@pytest.mark.parametrize("text", ["recall>=0.8", "fpr<=0.1"])
def test_more_confidence_never_gives_a_bolder_threshold(text):
    chosen = [choose_guaranteed_threshold(Guarantee.parse(text, c), draw(300, seed=2)) for c in (0.5, 0.8, 0.95, 0.99)]
    assert chosen == sorted(chosen, reverse=text.startswith("recall"))
    assert len(set(chosen)) > 2


def test_samples_of_one_probability_are_flagged_together():
    """40 positives share one probability: the threshold flags all of them or none."""
    labels = np.repeat([0, 1], [60, 60])
    probabilities = np.concatenate([np.full(60, 0.2), np.full(40, 0.5), np.full(20, 0.9)])
    chosen = choose_guaranteed_threshold(Guarantee("recall", 0.8), ScoredSamples(labels, probabilities))
    assert 0.2 < chosen <= 0.5


def test_only_flagging_every_row_is_told():
    labels, probabilities = np.repeat([0, 1], [60, 60]), np.full(120, 0.3)
    with pytest.raises(
        ValueError, match=r"no threshold of the model guarantees recall>=0\.9, except by flagging every"
    ):
        choose_guaranteed_threshold(Guarantee("recall", 0.9), ScoredSamples(labels, probabilities))
    with pytest.raises(ValueError, match=r"no threshold of the model guarantees fpr<=0\.1, except by flagging no row"):
        choose_guaranteed_threshold(Guarantee("fpr", 0.1), ScoredSamples(labels, probabilities))


def test_too_few_samples_say_what_is_possible():
    text = explain_too_few(Guarantee("recall", 0.9), Counts(500, 10))
    assert text == (
        "with 10 positives set apart no recall above 0.74 can be guaranteed at 95 % confidence, except by flagging "
        "every row, and recall>=0.9 needs 29: ask for recall>=0.74, lower the confidence to 0.65, or give more rows"
    )
    assert explain_too_few(Guarantee("recall", 0.74), Counts(500, 10)) is None  # as it advises
    assert explain_too_few(Guarantee("recall", 0.9, 0.65), Counts(500, 10)) is None
    text = explain_too_few(Guarantee("fpr", 0.01), Counts(100, 10))
    assert "no false positive rate below 0.03 can be guaranteed" in text
    assert "ask for fpr<=0.03" in text
    assert explain_too_few(Guarantee("fpr", 0.03), Counts(100, 10)) is None
    assert "nothing can be guaranteed" in explain_too_few(Guarantee("precision", 0.5), Counts(100, 0))


def test_a_precision_without_validation_samples_is_refused():
    with pytest.raises(ValueError, match="takes samples of a validation part, which order its tests"):
        choose_guaranteed_threshold(Guarantee("precision", 0.5), draw(400, seed=0))


def test_a_precision_that_is_not_reached_says_what_the_surest_threshold_guarantees():
    samples = ScoredSamples(np.tile([0, 1], 50), np.linspace(0, 1, 100))
    with pytest.raises(
        ValueError, match=r"surest one flags 1 row set apart, 1 of them positive, which guarantees 0\.05"
    ):
        choose_guaranteed_threshold(Guarantee("precision", 0.8), samples, samples)


@pytest.mark.parametrize("text", [*EVERY_TEXT, " recall >= 0.9 ", "fpr<=1e-3"])
def test_a_text_is_read_as_it_is_written(text):
    guarantee = Guarantee.parse(text, 0.9)
    assert Guarantee.parse(str(guarantee), 0.9) == guarantee
    assert str(guarantee) == text.replace(" ", "").replace("1e-3", "0.001")


@pytest.mark.parametrize("text", [
    "recall<=0.9", "recall>0.9", "fpr>=0.05", "f1>=0.5", "recall=>0.9", "recall>=", "recall>=1", "recall>=0", ">=0.9",
    "recall>=nan", "recall>=90%", "recall>=0.9,fpr<=0.1", "0.9<=recall", "recall>=inf", "recall≥0.9", "recall>=-1",
])  # fmt: skip
def test_another_text_is_refused_with_the_form(text):
    assert is_guarantee(text)
    with pytest.raises(ValueError, match=r"a guarantee is written recall>=0.9|must be a number above 0 and below 1"):
        Guarantee.parse(text)


def test_a_decision_with_a_guarantee_is_written_and_read():
    decision = Decision.read({"threshold": "recall>=0.9"})
    assert decision.rule == Guarantee("recall", 0.9, 0.95)
    assert decision.entries == {"calibration": "none", "threshold": "recall>=0.9", "confidence": 0.95}
    for confidence in (0.9, 1e-9, 0.999):
        decision = Decision.read({"threshold": "fpr<=0.05", "confidence": confidence, "optimize": "roc_auc"})
        assert Decision.read(decision.entries) == decision
        assert decision.rule.confidence == confidence
    assert Decision().entries == {"calibration": "none", "threshold": "f1"}  # as without guarantees
    assert isinstance(Decision().rule, Rule)


@pytest.mark.parametrize(("entries", "sentence"), [
    ({"confidence": 0.9}, "confidence is of a guarantee such as recall>=0.9, and the threshold is f1"),
    ({"threshold": "recall>=0.9", "confidence": 1}, "confidence must be above 0 and below 1, found 1"),
    ({"threshold": "recall>=0.9", "confidence": 0.0}, "must be above 0 and below 1, found 0.0"),
    ({"threshold": "recall>=0.9", "confidence": float("nan")}, "must be above 0 and below 1, found nan"),
    ({"threshold": "recall>=0.9", "confidence": "0.9"}, "must be above 0 and below 1, found '0.9'"),
    ({"threshold": "recall>=0.9", "confidence": True}, "must be above 0 and below 1, found True"),
    ({"threshold": "recall>=0.9", "optimize": "f1"}, "f1 rates methods at a threshold"),
    ({"threshold": "recall>=0.9", "optimize": "cost"}, "cost rates methods at a threshold"),
])  # fmt: skip
def test_a_decision_that_contradicts_itself_is_refused(entries, sentence):
    with pytest.raises(FieldError) as error:
        Decision.read(entries)
    assert sentence in str(error.value)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["recall>=0.8", "fpr<=0.1", "precision>=0.5"])
@pytest.mark.parametrize("digits", [15, 1])
def test_a_bound_is_broken_in_at_most_6_percent_of_2000_draws(text, digits):
    """The true scores are those of 200,000 samples; with one digit the probabilities have many ties."""

    def of(number: int, seed: int) -> ScoredSamples:
        samples = draw(number, seed)
        return ScoredSamples(samples.labels, samples.probabilities.round(digits))

    guarantee, broken, chosen = Guarantee.parse(text), 0, 0
    population = of(200_000, 10**6)
    for seed in range(2000):
        try:
            threshold = choose_guaranteed_threshold(guarantee, of(200, seed), of(200, 5000 + seed))
        except ValueError:
            continue
        chosen += 1
        flagged, positive = population.probabilities >= threshold, population.labels == 1
        true = {
            "recall": flagged[positive].mean(),
            "fpr": 1 - flagged[~positive].mean(),
            "precision": positive[flagged].mean(),
        }[guarantee.score]  # fmt: skip
        broken += true < guarantee.needed_share
    assert chosen > 1000
    assert broken <= 0.06 * 2000
