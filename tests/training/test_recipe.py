"""A recipe refuses what cannot be trained, and its fields are those of the table."""

import pickle
from dataclasses import fields, replace
from typing import get_type_hints

import pytest

from imbaloss.evaluation import Decision
from imbaloss.evaluation.calibration import CURVES
from imbaloss.field_tables import FieldError
from imbaloss.networks import ACTIVATIONS, INITIALISATIONS
from imbaloss.recipe_fields import FIELDS, DecisionFields
from imbaloss.training import Recipe
from imbaloss.training.optimizers import OPTIMIZERS
from imbaloss.training.recipe import PRECISIONS, check_entries, read_entries, write_entries


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
        ({"calibration": "plat"}, r"there is no calibration 'plat' \(did you mean 'platt'\?\)"),
        ({"threshold": "f2"}, "there is no rule for a threshold 'f2'"),
        ({"epochs": 0}, "epochs must be 1 or more, found 0"),
        ({"train_batch": 0}, "train_batch must be 1 or more, found 0"),
        ({"test_batch": -1}, "test_batch must be 1 or more, found -1"),
        ({"outputs": 0}, "outputs must be 1, or one for each class, found 0"),
        ({"network": "cnn", "channels": (8, 0)}, r"channels must be 1 to 100000, found \(8, 0\)"),
        ({"network": "cnn", "channels": ()}, "channels must name a number for each stage, found none"),
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
        read_entries(entries)


@pytest.mark.parametrize(
    ("entries", "field", "sentence"),
    [
        ({"train_batch": 0}, "train_batch", "batch size must be 1 or more, found 0"),
        ({"train_batch": 10**20}, "train_batch", f"batch size must be 2147483647 at most, found {10**20}"),
        ({"train_batch": 1.5}, "train_batch", "batch size must be a whole number, found 1.5"),
        ({"lr": 1e-60}, "lr", "batch size must be above 0 and finite, found 1e-60 for torch.float32"),
        ({"tune_lr": (0.1, 0.1)}, "tune_lr", "batch size must name each rate once, found (0.1, 0.1)"),
        ({"hidden": (0,)}, "hidden", "batch size widths must be 1 to 100000, found (0,)"),
        ({"hidden": (5.5,)}, "hidden", "one of hidden must be a whole number, found 5.5"),
        ({"network": "lr"}, "network", "there is no network 'lr'; there are mlp, cnn, fcn, prototype"),
        ({"optimizer": "adam", "momentum": 0.5}, "momentum", "adam takes no momentum; sgd does"),
        ({"threshold": "f1:x=1"}, "threshold", "f1 has no parameter 'x'; it has none"),
    ],
)
def test_an_error_knows_its_field_and_says_it_by_another_name(entries, field, sentence):
    """Also when it comes back from another process."""
    with pytest.raises(FieldError) as error:
        read_entries(entries)
    for found in (error.value, pickle.loads(pickle.dumps(error.value))):
        assert found.field == field
        assert found.sentence("batch size") == sentence


def test_layers_that_the_network_lacks_are_an_error_of_their_field():
    with pytest.raises(FieldError, match="channels is for cnn and fcn, and the network is mlp") as error:
        check_entries({"channels": (3,)})
    assert error.value.field == "channels"


def test_numbers_have_one_form():
    recipe = Recipe(lr=1, tune_lr=(1, 0.5), momentum=-0.0)
    assert (recipe.lr, recipe.tune_lr, str(recipe.momentum)) == (1.0, (0.5, 1.0), "0.0")
    assert [type(number) for number in (recipe.lr, *recipe.tune_lr)] == [float] * 3


def test_the_table_has_every_field_as_it_is():
    found = [
        (one.name, get_type_hints(annotated)[one.name], one.default)
        for annotated in (Recipe, DecisionFields)
        for one in fields(annotated)
    ]
    assert found == [(field.name, field.type, field.default) for field in FIELDS.values()]
    assert (FIELDS["hidden"].kind, FIELDS["hidden"].several, FIELDS["hidden"].optional) == (int, True, True)
    assert (FIELDS["tune_lr"].kind, FIELDS["tune_lr"].several, FIELDS["tune_lr"].optional) == (float, True, False)
    assert (FIELDS["test_batch"].kind, FIELDS["test_batch"].several, FIELDS["test_batch"].optional) == (
        int,
        False,
        True,
    )
    defaults = {name: field.default for name, field in FIELDS.items()}
    assert read_entries(defaults) == (Recipe(), Decision())
    assert list(write_entries(Recipe(), Decision())) == [
        name for name in FIELDS if name not in {"optimize", "confidence"}
    ]
    assert list(write_entries(Recipe(), Decision(optimize="f1"))) == [name for name in FIELDS if name != "confidence"]


def test_entries_that_are_written_are_those_that_were_read():
    entries = {"lr": 0.5, "calibration": "platt", "threshold": "cost:fn=10,fp=1"}
    recipe, decision = read_entries(entries)
    assert (decision.calibration, str(decision.rule)) == ("platt", "cost:fn=10")
    assert read_entries(write_entries(recipe, decision)) == (recipe, decision)
    assert hash(decision) == hash(Decision.read({"calibration": "platt", "threshold": "cost:fp=1,fn=10"}))
    assert decision != Decision.read({"calibration": "platt", "threshold": "cost:fn=9"})


@pytest.mark.parametrize(
    ("field", "known"),
    [
        ("activation", ACTIVATIONS), ("init", INITIALISATIONS), ("optimizer", OPTIMIZERS), ("precision", PRECISIONS),
        ("calibration", ("none", "temperature", *CURVES, "auto")),
    ],
)  # fmt: skip
def test_the_table_names_what_there_is(field, known):
    assert FIELDS[field].entry.names == tuple(known)
