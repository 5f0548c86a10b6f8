"""Losses by name."""

import inspect
from collections import Counter

import numpy as np
import pytest
import torch

from imbaloss import losses
from imbaloss.losses.catalogue import OPTIONS, read_docstring
from imbaloss.losses.named import NAMED
from tests.losses.batches import WITHOUT_TOTALS

every_loss = pytest.mark.parametrize("name", losses.names())


@every_loss
def test_every_loss_states_title_formula_source_and_defaults(name):
    facts = losses.facts(name)
    told = "{title}: {formula} Math: {math} Source: {source} Missing class: {missing_class} Use: {use}".format(**facts)
    assert told.split() == inspect.getdoc(NAMED[name]).split()
    assert all(facts[key] for key in ("title", "formula", "math", "source", "missing_class", "use"))
    assert losses.parameters(name) == OPTIONS | facts["parameters"]


@every_loss
def test_every_loss_states_each_section_once(name):
    _, sections = read_docstring(NAMED[name])
    assert list(sections) == ["Math", "Source", "Missing class", "Use"]


def test_a_line_that_is_not_indented_begins_a_section():
    def documented():
        """Title: formula

        Math: x: y
            and more
        Use: on
        Sundays
        """

    assert read_docstring(documented) == ("Title: formula", {"Math": "x: y and more", "Use": "on", "Sundays": ""})


def test_the_options_of_every_loss_and_their_defaults_are_those_of_its_class():
    assert OPTIONS == {"class_weights": None, "ignore_index": None, "running": None}


@pytest.mark.parametrize(
    ("named", "pair", "own"),
    [
        ("ce", "cross_entropy/mean", {}),
        ("class_balanced", "absolute/class_balanced_mean", {}),
        ("mfe_p_norm", "squared/p_norm_of_class_means", {}),
        ("huber", "huber/mean", {}),
        ("ldam_drw", "ldam/mean", {"beta": 0.9999, "after": 160}),
        ("mfe_adaptive", "squared/soft_worst_class", {"running": 0.1}),
    ],
)
def test_a_named_loss_has_the_defaults_of_its_parts_but_where_it_states_its_own(named, pair, own):
    assert losses.parameters(named) == losses.parameters(pair) | own


@every_loss
def test_every_loss_accepts_counts(name):
    assert losses.get(name, counts=(3, 1))(torch.tensor([0.5, -1.0]), torch.tensor([0, 1])).isfinite()


@pytest.mark.parametrize("name", ["wmse", "wce"])
def test_a_loss_with_weights_from_the_training_set_asks_for_counts(name):
    with pytest.raises(ValueError, match=rf"{name} needs counts=\(negatives, positives\) of the training set"):
        losses.get(name)


def test_the_weights_are_inverse_shares():
    assert losses.get("wce", counts=(90, 10)).class_weights == pytest.approx((100 / 180, 100 / 20))
    assert losses.get("wmse", counts=(90, 10)).class_weights == pytest.approx((100 / 90, 100 / 10))
    assert losses.get("wce", counts=(90, 0)).class_weights == pytest.approx((0.5, 0))


@pytest.mark.parametrize(
    "counts",
    [
        (5,),
        5,
        (-1, 2),
        (0, 0),
        (float("nan"), 1),
        (float("inf"), 1),
        (0.97, 0.03),
        ("90", "10"),
        "ab",
        {0: 90},
        Counter([0, 0, 1]),
        True,
    ],
)
def test_refuses_impossible_counts(counts):
    with pytest.raises(ValueError, match="counts must be whole numbers >= 0, one for each class, not all 0"):
        losses.get("wce", counts=counts)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("msef", r"there is no loss 'msef' \(did you mean 'mse(fe)?'\?\); there are mse, wmse, mfe, msfe, "),
        ("focal:gama=1", r"focal has no parameter 'gama' \(did you mean 'gamma'\?\); it has gamma, alpha, "),
        ("focal:gamma=1,gamma=2", "gamma is given twice in"),
        ("focal:gamma=1:2", "gamma must be one number, found"),
        ("focal:gamma", "a loss is written name:key=number,..., found 'gamma' in 'focal:gamma'"),
        ("focal:gamma=two", "found 'gamma=two' in 'focal:gamma=two'"),
        ("focal:gamma=-1", "gamma must be >= 0 and finite, found -1"),
        ("focal:gamma=nan", "gamma must be >= 0 and finite, found nan"),
        ("focal:gamma=inf", "gamma must be >= 0 and finite, found inf"),
        ("focal:alpha=1.5", "alpha must be between 0 and 1, found 1.5"),
        ("focal:alpha=nan", "alpha must be between 0 and 1, found nan"),
        ("mse:class_weights=1:-1", "class_weights must be finite and >= 0, found -1 at index 1"),
        ("", "there is no loss ''"),
    ],
)
def test_refuses_in_one_sentence(text, sentence):
    def build():
        losses.LossSpec.parse(text).build(counts=(9, 1))

    with pytest.raises(ValueError, match=sentence):
        build()


@pytest.mark.parametrize("make", [list, np.array, torch.tensor])
def test_numbers_of_each_class_may_be_a_list_an_array_or_a_tensor(make):
    logits, targets = torch.tensor([0.3, -1.0]), torch.tensor([0, 1])
    for name, numbers in (
        ("vs", {"counts": (9, 1)}),
        ("wce", {"class_weights": (1.0, 9.0)}),
        ("logit_adjusted", {"prior": (0.9, 0.1)}),
    ):
        made = losses.get(name, **{key: make(value) for key, value in numbers.items()})
        torch.testing.assert_close(made(logits, targets), losses.get(name, **numbers)(logits, targets))


@pytest.mark.parametrize(
    ("parameter", "value", "sentence"),
    [
        ("gamma", None, "gamma must be one number, found None"),
        ("gamma", "2", "gamma must be one number, found '2'"),
        ("gamma", True, "gamma must be one number, found True"),
        ("class_weights", "balanced", "class_weights must hold one number for each of two or more classes, found 'bal"),
        ("class_weights", {0: 1.0, 1: 9.0}, "class_weights must hold one number for each of two or more classes"),
        ("class_weights", 1, "class_weights must hold one number for each of two or more classes, found 1"),
        ("ignore_index", 2.5, "ignore_index must be whole, found 2.5"),
    ],
)
def test_refuses_parameters_of_another_kind(parameter, value, sentence):
    with pytest.raises(ValueError, match=sentence):
        losses.get("focal", **{parameter: value})


@pytest.mark.parametrize("number", [np.float32(1), np.int64(1), torch.tensor(1.0), np.array(1)])
def test_a_number_may_be_numpys_or_torchs(number):
    batch = (torch.tensor([0.3, -1.0]), torch.tensor([0, 1]))
    torch.testing.assert_close(losses.get("focal", gamma=number)(*batch), losses.get("focal", gamma=1)(*batch))


INFINITE = float("inf")
DOMAINS = [  # values just inside, and just outside
    ("asymmetric", "gamma_positive", [0, 9], [-1e-9, INFINITE]),
    ("asymmetric", "gamma_negative", [0, 9], [-1e-9, INFINITE]),
    ("ce", "smoothing", [0, 1], [-1e-9, 1 + 1e-9]),
    ("huber", "delta", [1e-9, 1], [0, 1 + 1e-9]),
    ("poly1", "epsilon", [-1, 99], [-1 - 1e-9, INFINITE]),
    ("focal", "alpha", [0, 1], [-1e-9, 1 + 1e-9]),
    ("logit_adjusted", "tau", [0, 9], [-1e-9, INFINITE]),
    ("ldam", "max_margin", [0, 9], [-1e-9, INFINITE]),
    ("ldam", "scale", [1e-9, 99], [0, INFINITE]),
    ("squared/p_norm_of_class_means", "p", [1, 99], [1 - 1e-9, INFINITE]),
    ("mfe_p_norm", "p", [1, 99], [1 - 1e-9, INFINITE]),
    ("mfe_adaptive", "temperature", [1e-9, 9], [0, INFINITE]),
    ("mfe_adaptive", "running", [1e-9, 1], [0, 1 + 1e-9]),
    ("ldam_drw", "after", [0, 999], [-1, 0.5, INFINITE]),
    ("mse", "running", [1e-9, 1], [0, 1 + 1e-9]),
    ("focal", "gamma", [0, 9], [-1e-9, INFINITE]),
    ("vs", "gamma", [0, 9], [-1e-9, INFINITE]),
    ("vs", "tau", [0, 9], [-1e-9, INFINITE]),
    ("focal_tversky", "gamma", [1, 9], [1 - 1e-9, INFINITE]),
    ("tversky", "alpha", [0, 9], [-1e-9, INFINITE]),
    ("focal_tversky", "alpha", [0, 9], [-1e-9, INFINITE]),
    ("tversky", "beta", [1e-9, 9], [0, INFINITE]),
    ("focal_tversky", "beta", [1e-9, 9], [0, INFINITE]),
    ("soft_f1", "beta", [1e-9, 9], [0, INFINITE]),
    ("class_balanced", "beta", [0, 1 - 1e-9], [-1e-9, 1]),
    ("ldam_drw", "beta", [0, 1 - 1e-9], [-1e-9, 1]),
    ("ldam_drw", "max_margin", [0, 9], [-1e-9, INFINITE]),
    ("ldam_drw", "scale", [1e-9, 99], [0, INFINITE]),
    ("asymmetric", "margin", [0, 1 - 1e-9], [-1e-9, 1]),
    ("auc_margin", "margin", [1e-9, 9], [0, INFINITE]),
    ("auc_squared_hinge", "margin", [1e-9, 9], [0, INFINITE]),
    ("wce", "smoothing", [0, 1], [-1e-9, 1 + 1e-9]),
    ("dice", "smooth", [0, 9], [-1e-9, INFINITE]),
    ("tversky", "smooth", [0, 9], [-1e-9, INFINITE]),
    ("focal_tversky", "smooth", [0, 9], [-1e-9, INFINITE]),
    ("smooth_ap", "temperature", [1e-9, 9], [0, INFINITE]),
    ("recall_at_precision", "precision", [1e-9, 1 - 1e-9], [0, 1]),
    ("recall_at_precision", "multiplier", [0, 99], [-1e-9, INFINITE]),
    ("partial_auc", "min_fpr", [0, 0.1 - 1e-9], [-1e-9, 0.1]),
    ("partial_auc", "max_fpr", [1e-9, 1], [0, 1 + 1e-9]),
    ("partial_auc", "margin", [1e-9, 9], [0, INFINITE]),
    ("two_way_partial_auc", "min_tpr", [0, 1 - 1e-9], [-1e-9, 1]),
    ("two_way_partial_auc", "max_fpr", [1e-9, 1], [0, 1 + 1e-9]),
    ("two_way_partial_auc", "margin", [1e-9, 9], [0, INFINITE]),
    ("smooth_partial_auc", "min_tpr", [0, 1 - 1e-9], [-1e-9, 1]),
    ("smooth_partial_auc", "min_fpr", [0, 0.1 - 1e-9], [-1e-9, 0.1]),
    ("smooth_partial_auc", "max_fpr", [1e-9, 1], [0, 1 + 1e-9]),
    ("smooth_partial_auc", "temperature", [1e-9, 9], [0, INFINITE]),
    ("partial_auc_kl", "temperature", [1e-9, 9], [0, INFINITE]),
    ("partial_auc_kl", "margin", [1e-9, 9], [0, INFINITE]),
    ("two_way_partial_auc_kl", "temperature", [1e-9, 9], [0, INFINITE]),
    ("two_way_partial_auc_kl", "positive_temperature", [1e-9, 9], [0, INFINITE]),
    ("two_way_partial_auc_kl", "margin", [1e-9, 9], [0, INFINITE]),
    *((name, "memory", [1, 4096], [0, 1.5, INFINITE]) for name in sorted(WITHOUT_TOTALS)),
    ("squared/soft_worst_class", "temperature", [1e-9, 9], [0, INFINITE]),
]


@pytest.mark.parametrize(("name", "parameter", "inside", "outside"), DOMAINS)
def test_a_parameter_is_held_to_its_domain(name, parameter, inside, outside):
    for value in inside:
        losses.get(name, counts=(9, 1), **{parameter: value})
    for value in (*outside, float("nan")):
        with pytest.raises(ValueError, match=r"must be .*, found"):
            losses.get(name, counts=(9, 1), **{parameter: value})


@pytest.mark.parametrize("name", losses.names())
def test_every_number_has_a_domain(name):
    own = {key for key in losses.facts(name)["parameters"] if key != "prior"}
    assert own <= {parameter for of, parameter, _, _ in DOMAINS if of == name}


def test_a_loss_shows_what_it_was_given():
    assert repr(losses.get("focal", gamma=5, ignore_index=255)) == (
        "Loss(focal(gamma=5), mean, class_weights=(0.75, 0.25), ignore_index=255)"
    )
    assert repr(losses.get("mse")) == "Loss(squared, mean)"
    own = losses.Loss(torch.nn.BCEWithLogitsLoss(reduction="none"), losses.reductions.mean)
    assert "BCEWithLogitsLoss, mean" in repr(own)


def test_a_prior_alone_tells_the_number_of_classes():
    loss = losses.get("logit_adjusted", prior=(0.5, 0.3, 0.2))
    assert loss(torch.zeros(4, 3), torch.tensor([0, 1, 2, 2])).isfinite()


def test_refuses_class_weights_for_other_classes_than_the_counts():
    with pytest.raises(ValueError, match="class_weights must have one entry a class, found 2 for 3 classes"):
        losses.get("mse", counts=(5, 6, 7), class_weights=(1, 2))


def test_any_error_makes_a_loss_with_any_reduction():
    loss = losses.Loss(losses.errors.cross_entropy, losses.reductions.sum_of_class_means)
    value = loss(torch.tensor([0.0, 0.0, 0.0]), torch.tensor([0, 0, 1]))
    assert value.item() == pytest.approx(2 * torch.log(torch.tensor(2.0)).item())


def test_every_loss_is_documented():
    assert all(inspect.getdoc(function) for function in NAMED.values())


@pytest.mark.parametrize(
    ("given", "meant"),
    [("softt", "soft"), ("sinc", "sync"), ("count", "counts"), ("per_labels", "per_label"), ("runnings", "running")],
)
def test_a_misspelt_option_is_met_with_the_nearest_one(given, meant):
    with pytest.raises(ValueError, match=rf"mfe has no parameter '{given}' \(did you mean '{meant}'\?\); it has .*"):
        losses.get("mfe", **{given: True})
