"""Settings: values that are tried together, equal by value and written for people."""

import pytest

from imbaloss.training import Setting
from imbaloss.training.setting import NO_SETTING


def test_settings_are_equal_by_their_values():
    assert Setting.of({"rate": 0.1}, leaves=31) == Setting.of(rate=0.1, leaves=31)
    assert len({Setting.of(rate=0.1), Setting.of({"rate": 0.1}), Setting.of(rate=0.2)}) == 2
    assert Setting.of({"rate": 0.1}, rate=0.2) == Setting.of(rate=0.2)


def test_values_stay_in_their_order_and_come_back():
    values = {"b": 0.05, "a": 31, "c": None, "d": True, "e": "sqrt"}
    assert list(Setting.of(values).to_dict().items()) == list(values.items())
    assert Setting.of() == NO_SETTING
    assert NO_SETTING.to_dict() == {}


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (Setting.of(lr=0.03), "0.03"),
        (Setting.of(lr=1e-5), "1e-05"),
        (Setting.of(max_features="sqrt"), "sqrt"),
        (Setting.of(learning_rate=0.05, num_leaves=31), "learning_rate=0.05, num_leaves=31"),
        (NO_SETTING, ""),
    ],
)
def test_a_single_value_is_written_alone_and_several_with_their_names(setting, text):
    assert str(setting) == text
