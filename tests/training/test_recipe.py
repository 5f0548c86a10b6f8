"""A recipe refuses what cannot be trained."""

import pytest

from imbaloss.training import Recipe


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
