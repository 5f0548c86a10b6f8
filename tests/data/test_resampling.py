"""What a sampler makes of a training part."""

from dataclasses import replace

import numpy as np
import pytest

from imbaloss import data
from imbaloss.data import Counts, SamplerSpec, Samples, resampling

every_sampler = pytest.mark.parametrize("sampler", data.SAMPLERS)
EXACT = [name for name, sampler in data.SAMPLERS.items() if sampler.exact]
MAKE = ["smote", "borderline_smote", "svm_smote", "kmeans_smote", "adasyn"]  # new samples, and keep all others
CLEAN = ["tomek_links", "enn"]


def samples(negatives: int = 60, positives: int = 12) -> Samples:
    """Two clouds that touch each other; the positives lie close enough together for k-means to find them."""
    generator = np.random.default_rng(0)
    labels = generator.permutation(np.repeat([0, 1], [negatives, positives]))
    inputs = generator.random((len(labels), 1, 2, 3)) + 0.5 * labels.reshape(-1, 1, 1, 1)
    return Samples(inputs.astype(np.float32), labels)


def rows(some: Samples, label: int) -> set[bytes]:
    return {image.tobytes() for image in some.inputs[some.labels == label]}


@pytest.mark.parametrize("sampler", EXACT)
@pytest.mark.parametrize(("negatives", "positives"), [(40, 8), (8, 40), (9, 9)])
def test_classes_become_equal_and_as_many_as_planned(sampler, negatives, positives):
    train = samples(negatives, positives)
    found = data.resample(train, SamplerSpec.parse(sampler), 0)
    assert found.counts == data.resampled_counts(train.counts, SamplerSpec.parse(sampler))
    assert found.counts.negatives == found.counts.positives


@every_sampler
def test_shape_and_types_stay_and_no_more_comes_of_it_than_planned(sampler):
    train = samples()
    found = data.resample(train, SamplerSpec.parse(sampler), 0)
    assert found.inputs.shape[1:] == train.inputs.shape[1:]
    assert (found.inputs.dtype, found.labels.dtype) == (np.float32, train.labels.dtype)
    planned = data.resampled_counts(train.counts, SamplerSpec.parse(sampler))
    assert max(found.counts) <= 1.2 * max(planned)  # ADASYN and SVM-SMOTE round as they like


@pytest.mark.parametrize("sampler", MAKE)
def test_those_that_make_samples_keep_all_others(sampler):
    train = samples()
    found = data.resample(train, SamplerSpec.parse(sampler), 0)
    assert rows(found, 0) == rows(train, 0)
    assert rows(found, 1) > rows(train, 1)


@pytest.mark.parametrize("sampler", CLEAN)
def test_those_that_clean_leave_out_some_of_the_larger_class(sampler):
    train = samples()
    found = data.resample(train, SamplerSpec.parse(sampler), 0)
    assert rows(found, 0) < rows(train, 0)
    assert rows(found, 1) == rows(train, 1)


@pytest.mark.parametrize(
    ("sampler", "counts"),
    [
        ("random_over:ratio=0.5", (60, 30)),
        ("smote:ratio=0.5", (60, 30)),
        ("random_under:ratio=0.5", (24, 12)),
        ("random_under:ratio=0.1", (60, 12)),
        ("random_over:ratio=0.1", (60, 12)),
    ],
)
def test_a_ratio_is_that_of_the_smaller_to_the_larger_class(sampler, counts):
    assert data.resample(samples(), SamplerSpec.parse(sampler), 0).counts == counts


def test_several_classes_are_balanced_too():
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [30, 10, 8])
    train = Samples(generator.normal(size=(48, 4)), labels)
    for sampler, counts in (("smote", [30, 30, 30]), ("random_under", [8, 8, 8]), ("smote:ratio=0.5", [30, 15, 15])):
        found = data.resample(train, SamplerSpec.parse(sampler), 0)
        assert (
            np.bincount(found.labels).tolist()
            == counts
            == list(data.resampled_counts((30, 10, 8), SamplerSpec.parse(sampler)))
        )


@every_sampler
def test_the_same_seed_gives_the_same_bytes_and_another_others(sampler):
    first, again, other = (data.resample(samples(), SamplerSpec.parse(sampler), seed) for seed in (1, 1, 2))
    assert first.inputs.tobytes() == again.inputs.tobytes()
    assert np.array_equal(first.labels, again.labels)
    assert first.inputs.tobytes() != other.inputs.tobytes()  # those that clean give the same in another order
    assert SamplerSpec.parse(sampler).draws == (sampler not in CLEAN)


def test_sample_weights_go_with_their_samples_and_not_with_new_ones():
    train = samples()
    weighed = replace(train, weights=np.arange(len(train), dtype=np.float64))
    for sampler in ("random_over", "random_under", "tomek_links", "enn"):
        found = data.resample(weighed, SamplerSpec.parse(sampler), 0)
        for image, weight in zip(found.inputs, found.weights, strict=True):
            assert np.array_equal(image, train.inputs[int(weight)])
    with pytest.raises(ValueError, match="sampler smote makes new samples, which have no sample weight"):
        data.resample(weighed, SamplerSpec.parse("smote"), 0)


def test_where_a_library_can_make_nothing_of_the_samples_it_says_so_in_one_line():
    generator = np.random.default_rng(0)
    mixed = Samples(generator.normal(size=(300, 2)), np.repeat([0, 1], [290, 10]))
    with pytest.raises(
        ValueError, match=r"^sampler kmeans_smote can make nothing of these samples: No clusters [^\n]*$"
    ):
        data.resample(mixed, SamplerSpec.parse("kmeans_smote"), 0)


def test_random_samplers_repeat_or_leave_out_and_make_nothing():
    train = samples()
    over, under = (data.resample(train, SamplerSpec.parse(name), 0) for name in ("random_over", "random_under"))
    assert [rows(over, label) for label in (0, 1)] == [rows(train, label) for label in (0, 1)]
    assert rows(under, 1) == rows(train, 1)
    assert rows(under, 0) < rows(train, 0)


def test_smote_keeps_all_and_makes_positives_between_positives():
    train = samples()
    found = data.resample(train, SamplerSpec.parse("smote"), 0)
    assert rows(found, 0) == rows(train, 0)
    assert rows(found, 1) > rows(train, 1)
    positives = train.inputs[train.labels == 1].reshape(12, -1).astype(np.float64)
    made = [image for image in found.inputs[found.labels == 1] if image.tobytes() not in rows(train, 1)]
    for image in np.reshape(made, (len(made), -1)).astype(np.float64):
        pairs = [(a, b) for a in positives for b in positives]
        distances = [
            abs(np.linalg.norm(a - image) + np.linalg.norm(image - b) - np.linalg.norm(a - b)) for a, b in pairs
        ]
        assert min(distances) < 1e-5


def test_no_sampler_changes_nothing():
    train = samples()
    assert data.resample(train, data.NO_SAMPLER, 0) is train
    assert data.resampled_counts(Counts(40, 8), data.NO_SAMPLER) == (40, 8)


@pytest.mark.parametrize(("sampler", "positives"), [("smote", 5), ("random_over", 0), ("random_under", 0)])
def test_too_few_of_a_class_are_refused(sampler, positives):
    fewest = positives + 1
    with pytest.raises(
        ValueError, match=f"{sampler} needs {fewest} or more of each class to train on, found {positives}: "
    ):
        data.resampled_counts(Counts(40, positives), SamplerSpec.parse(sampler))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("smite", r"there is no sampler 'smite' \(did you mean 'smote'\?\); there are none, random_over"),
        ("smote:ration=1", r"smote has no parameter 'ration' \(did you mean 'ratio'\?\); it has ratio, neighbours"),
        ("tomek_links:ratio=1", "tomek_links has no parameter 'ratio'; it has none"),
        ("none:ratio=1", "none has no parameter 'ratio'; it has none"),
        ("smote:ratio=2", "ratio must be above 0 and at most 1, found 2 in"),
        ("smote:ratio=nan", "ratio must be above 0 and at most 1, found nan in"),
        ("smote:ratio=1:2", r"ratio must be one number, found \(1.0, 2.0\) in"),
        ("smote:neighbours=2.5", "neighbours must be a whole number, 1 or more, found 2.5 in"),
        ("stratified_batches:fewest=0", "fewest must be a whole number, 1 or more, found 0 in"),
        ("smote:", None),
    ],
)
def test_a_sampler_that_there_is_not_is_refused(text, sentence):
    if sentence is None:
        assert str(SamplerSpec.parse(text)) == "smote"
        return
    with pytest.raises(ValueError, match=sentence):
        SamplerSpec.parse(text)


def test_one_sampler_has_one_text():
    assert str(SamplerSpec.parse("smote:neighbours=5.0,ratio=.5")) == str(SamplerSpec.parse("smote:ratio=0.50"))
    assert SamplerSpec.parse("smote:neighbours=5.0,ratio=.5") == SamplerSpec.parse("smote:ratio=0.50")
    assert str(SamplerSpec.parse("smote:ratio=1")) == "smote"
    assert str(SamplerSpec.parse("stratified_batches:fewest=2")) == "stratified_batches:fewest=2"


def test_the_constructor_checks_and_orders_parameters_as_texts_do():
    smote = SamplerSpec("smote", (("ratio", 0.5), ("neighbours", 5)))
    assert smote == SamplerSpec.parse("smote:ratio=0.5")
    assert smote.parameters == (("ratio", 0.5),)
    for name, parameters, sentence in (
        ("smite", (), "there is no sampler 'smite'"),
        ("smote", (("ration", 1.0),), "smote has no parameter 'ration'"),
        ("smote", (("ratio", 2),), "ratio must be above 0 and at most 1, found 2 in 'smote:ratio=2'"),
        ("smote", (("ratio", True),), "ratio must be one number, found True"),
    ):
        with pytest.raises(ValueError, match=sentence):
            SamplerSpec(name, parameters)


def test_samplers_of_batches_leave_the_samples_and_change_the_shares():
    train = samples()
    for sampler in resampling.BATCH_SAMPLERS:
        assert data.resample(train, SamplerSpec.parse(sampler), 0) is train
        assert data.resampled_counts((60, 12), SamplerSpec.parse(sampler)) == (60, 12)
        assert SamplerSpec.parse(sampler).in_batches
        assert SamplerSpec.parse(sampler).size_is_known
        assert not SamplerSpec.parse(sampler).draws
    assert resampling.shown_counts((60, 12), SamplerSpec.parse("balanced_batches"), 8) == (36, 36)
    assert resampling.shown_counts((60, 12), SamplerSpec.parse("stratified_batches"), 8) == (60, 12)
    assert resampling.shown_counts((60, 12), SamplerSpec.parse("stratified_batches:fewest=2"), 8) == (54, 18)
    assert resampling.shown_counts((60, 12), SamplerSpec.parse("smote"), 8) == (60, 12)


@pytest.mark.parametrize(
    ("sampler", "positives", "advice"),
    [
        ("smote", 5, "take smote:neighbours=4, or leave it out"),
        ("smote:ratio=0.5", 3, "take smote:neighbours=2,ratio=0.5, or leave it out"),
        ("adasyn", 2, "take adasyn:neighbours=1, or leave it out"),
        ("smote", 1, "found 1: leave it out"),
        ("smote_tomek", 4, "found 4: leave it out"),
    ],
)
def test_a_sampler_for_too_few_samples_says_with_how_many_neighbours_it_would_do(sampler, positives, advice):
    with pytest.raises(ValueError, match="needs 6 or more of each class") as error:
        resampling.resampled_counts([100, positives], SamplerSpec.parse(sampler))
    assert str(error.value).endswith(advice)
