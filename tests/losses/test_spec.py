"""Losses as values and as text."""

import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from imbaloss import losses
from imbaloss.losses import LossSpec


@given(gamma=st.floats(0, 9), alpha=st.floats(0, 1))
def test_text_is_read_as_it_was_written(gamma, alpha):
    parameters = {**losses.parameters("focal"), "gamma": gamma, "alpha": alpha}
    found = LossSpec.parse(str(LossSpec("focal", tuple(parameters.items()))))
    assert (found.name, {**losses.parameters("focal"), **dict(found.parameters)}) == ("focal", parameters)


def test_one_loss_has_one_text():
    assert str(LossSpec.parse("focal:gamma=2,alpha=0.250")) == "focal"
    assert str(LossSpec.parse("focal:gamma=1,alpha=0.5")) == "focal:alpha=0.5,gamma=1"
    assert str(LossSpec.parse("wce:class_weights=1:9")) == "wce:class_weights=1:9"


def test_equal_losses_are_equal_specs():
    texts = ("focal:gamma=1,alpha=0.5", "focal:alpha=.50,gamma=1.0", "focal:alpha=0.5,gamma=1,ignore_index=255")
    first, same, other = map(LossSpec.parse, texts)
    assert first == same
    assert hash(first) == hash(same)
    assert first != other
    assert LossSpec.parse("focal:gamma=2,alpha=0.25") == LossSpec("focal")


def test_a_spec_travels_to_another_process():
    spec = LossSpec.parse("wce:class_weights=1:9,smoothing=0.1")
    assert pickle.loads(pickle.dumps(spec)) == spec


def test_parameters_are_replaced_and_leave_the_text_at_their_default():
    spec = LossSpec.parse("focal:gamma=1")
    assert str(spec.with_parameters(class_weights=(1.0, 9.0), gamma=3)) == "focal:class_weights=1:9,gamma=3"
    assert spec.with_parameters(gamma=2) == LossSpec("focal")
    assert str(spec) == "focal:gamma=1"


def test_no_spec_holds_what_its_loss_does_not_take():
    with pytest.raises(ValueError, match=r"focal has no parameter 'gama' \(did you mean 'gamma'\?\)"):
        LossSpec("focal", (("gama", 1.0),))
    with pytest.raises(ValueError, match="class_weights must hold one number for each of two or more classes, found 1"):
        LossSpec.parse("focal").with_parameters(class_weights=1)


@pytest.mark.parametrize("text", ["wce", "wce:class_weights=1:9", "ldam_drw:after=2", "focal/worst_class:gamma=1"])
def test_it_builds_the_loss_that_get_makes(text):
    spec, batch = LossSpec.parse(text), (torch.tensor([0.3, -1.0, 2.0]), torch.tensor([0, 1, 0]))
    built, expected = spec.build(counts=(9, 1)), losses.get(spec.name, counts=(9, 1), **dict(spec.parameters))
    assert repr(built) == repr(expected)
    torch.testing.assert_close(built(*batch), expected(*batch), rtol=0, atol=0)


def test_a_value_outside_its_domain_is_refused_when_the_loss_is_built():
    spec = LossSpec.parse("focal:gamma=-1")
    with pytest.raises(ValueError, match="gamma must be >= 0 and finite, found -1"):
        spec.build()
