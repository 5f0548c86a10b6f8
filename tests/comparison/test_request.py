"""The request of a comparison: one table for the command, for Python and for their documentation."""

import inspect
import re
from dataclasses import replace
from pathlib import Path

import pytest
import typer

import imbaloss
from imbaloss.cli import app
from imbaloss.cli.own import read_request
from imbaloss.comparison.request import REQUEST_FIELDS, ComparisonRequest
from imbaloss.recipe_fields import FIELDS

FOR_FILES = {
    "target",
    "test",
    "group",
    "time",
    "weight",
    "encoding",
    "sheet",
    "size",
}  # arrays have none, or other ones


def test_names_are_normalised_as_those_of_files_are():
    request = ComparisonRequest(target=" e\u0301 ", positive=" yes", group=" shop", drop=("a ", "e\u0301"))
    assert (request.target, request.group, request.time, request.drop) == ("é", "shop", None, ("a", "é"))
    assert request.positive == " yes"  # a class is no name


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"folds": 2}, "folds must be 3 to 1000, one each for train, validation and test, found 2"),
        ({"repetitions": 0}, "repetitions must be 1 to 1000, found 0"),
        ({"repetitions": 1001}, "repetitions must be 1 to 1000, found 1001"),
        ({"size": 3}, "size must be 4 to 1024, found 3"),
        ({"margin": 1.0}, "margin must be above 0 and below 1, as a score is, found 1.0"),
        ({"margin": None}, "margin must be above 0 and below 1, as a score is, found None"),
        ({"margin": float("nan")}, "margin must be above 0 and below 1, as a score is, found nan"),
    ],
)
def test_a_number_outside_its_domain_is_refused(wrong, sentence):
    ComparisonRequest(target="y", repetitions=1, size=4, folds=3).check_numbers()
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        ComparisonRequest(target="y", **wrong).check_numbers()


def test_a_text_that_a_field_does_not_admit_is_refused():
    assert {ComparisonRequest(target="y", decimal=mark).decimal for mark in (None, ".", ",")} == {None, ".", ","}
    with pytest.raises(ValueError, match=r"^`decimal` must be '\.' or ',', found 'x'$"):
        ComparisonRequest(target="y", decimal="x")
    with pytest.raises(ValueError, match=r"^--decimal must be"):
        ComparisonRequest(target="y", decimal="x", command="imbaloss compare")


def read_command_line(*options: str) -> ComparisonRequest:
    context = typer.main.get_command(app).commands["compare"].make_context("compare", ["data.csv", *options])
    return replace(read_request(context, Path("data.csv")), command="")


def test_what_the_command_line_does_not_say_is_as_in_python():
    assert read_command_line("--target", "y") == ComparisonRequest(target="y")


def test_what_the_command_line_says_is_in_the_request():
    words = (
        "--target y --settings 2 --loss ce --loss mse --sampler smote --no-references --drop a --drop b --folds 4 "
        "--margin 0.02 --out o --test t.csv --overwrite --lr 0.1 --hidden 4,2"
    )
    assert read_command_line(*words.split()) == ComparisonRequest(
        target="y", losses=("ce", "mse"), samplers=("smote",), references=False, settings=2, drop=("a", "b"), folds=4,
        margin=0.02, out=Path("o"), test=Path("t.csv"), overwrite=True, recipe={"lr": 0.1, "hidden": (4, 2)},
    )  # fmt: skip


def test_methods_are_given_one_by_one_or_as_a_set():
    for words, methods in (
        (("--method", "lightgbm", "--method", "ce + smote"), ("lightgbm", "ce + smote")),
        (("--methods", "quick"), ("quick",)),
        (("--methods", "quick", "--method", "ce"), ("quick", "ce")),  # which choosing methods refuses
    ):
        assert read_command_line("--target", "y", *words).methods == methods


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            {"methods": ("ce",), "losses": ("ce",)},
            "--method and --loss cannot be combined: name a loss as a method too",
        ),
        (
            {"repetitions": 1, "budget": "1h"},
            "--repetitions and --budget cannot be combined: a budget decides the number of repetitions",
        ),
    ],
)
def test_options_that_exclude_each_other_are_refused(asked, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        ComparisonRequest(target="y", command="imbaloss compare", **asked).check_combinations()


def test_python_has_every_option_of_the_command_that_is_not_for_files_with_the_same_default():
    parameters = inspect.signature(imbaloss.compare).parameters
    assert REQUEST_FIELDS.keys() - parameters.keys() == FOR_FILES - {"test"}
    for name in REQUEST_FIELDS.keys() - FOR_FILES:
        assert parameters[name].default == REQUEST_FIELDS[name].default, name


def test_help_in_python_shows_every_parameter_once():
    documented = re.findall(r"^    (?:\*\*)?(\w+): \S", inspect.getdoc(imbaloss.compare).partition("Args:")[2], re.M)
    assert sorted(documented) == sorted(inspect.signature(imbaloss.compare).parameters)


def test_the_command_has_every_field_of_request_and_recipe_and_says_what_it_is():
    options = {option.name: option for option in typer.main.get_command(app).commands["compare"].params}
    assert options.keys() == {"source", "as_json", "quiet", *REQUEST_FIELDS, *FIELDS}
    assert all(option.help for option in options.values())
