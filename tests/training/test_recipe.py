"""A recipe refuses what cannot be trained."""

from dataclasses import replace

import pytest

from imbaloss.training import Recipe


def test_a_network_has_its_own_layers_alone():
    """So that recipes of one training are equal; and another network has its default ones again."""
    cnn = Recipe(network="cnn", hidden=(5,), channels=(4, 8))
    assert (cnn.hidden, cnn.channels) == (None, (4, 8))
    assert cnn == Recipe(network="cnn", channels=(4, 8))
    assert replace(cnn, network="mlp") == Recipe()
    assert (
        replace(Recipe(hidden=()), network="fcn")
        == Recipe(network="fcn")
        == Recipe(network="fcn", channels=(16, 32, 64))
    )
    assert Recipe(hidden=(), channels=(3,)).hidden == ()
    assert Recipe(hidden=(5,), channels=(3,)) == Recipe(hidden=(5,))


def test_one_text_for_one_network():
    assert Recipe(network="mlp/prototype:gamma=1").network == "prototype"
    assert Recipe(network="cnn/prototype:per_class=2.0,embedding=16").network == "cnn/prototype:per_class=2"


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        (
            {"activation": "rleu"},
            r"there is no activation 'rleu' \(did you mean 'relu'\?\); there are relu, sigmoid, tanh",
        ),
        ({"network": "cnm"}, "there is no network 'cnm'"),
        ({"init": "xaver"}, r"there is no init 'xaver' \(did you mean 'xavier'\?\)"),
        ({"scaling": "none"}, "there is no scaling 'none'"),
        ({"optimizer": "adamm"}, r"there is no optimizer 'adamm' \(did you mean 'adam'\?\)"),
        ({"precision": "float16"}, "there is no precision 'float16'"),
        ({"epochs": 0}, "epochs must be 1 or more, found 0"),
        ({"train_batch": 0}, "train_batch must be 1 or more, found 0"),
        ({"test_batch": -1}, "test_batch must be 1 or more, found -1"),
        ({"outputs": 0}, "outputs must be 1, or one for each class, found 0"),
        ({"network": "cnn", "channels": (8, 0)}, r"channels must be 1 to 100000, found \(8, 0\)"),
        ({"network": "cnn", "channels": ()}, "channels must name a number for each stage, and there is none"),
        ({"network": "prototype:embedding=0"}, "embedding must be a whole number from 1 to 1000, found 0"),
        ({"network": 3}, "network must be a text, as cnn, found 3"),
        ({"shift": -1}, r"shift must be 0 \(none\) or more pixels, found -1"),
        ({"shift": 1.5}, "shift must be a whole number, found 1.5"),
        ({"hidden": (5, 0)}, r"hidden widths must be 1 to 100000, found \(5, 0\)"),
        ({"lr": 0.0}, "lr must be above 0 and finite, found 0"),
        ({"lr": float("nan")}, "lr must be above 0 and finite, found nan"),
        ({"momentum": 1.0}, "momentum must be from 0 to below 1, found 1"),
        ({"weight_decay": -1.0}, "weight_decay must be >= 0 and finite, found -1"),
        ({"optimizer": "adam", "momentum": 0.9}, "adam takes no momentum; sgd does"),
    ],
)
def test_refuses_in_one_sentence(entries, sentence):
    with pytest.raises(ValueError, match=sentence):
        Recipe(**entries)
