"""Settings: values of hyper-parameters that are tried together, of which the validation part chooses one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from imbaloss.training.recipe import Recipe

Value = float | int | str | bool | None


@dataclass(frozen=True)
class Setting:
    """Values of hyper-parameters by name, in the order in which they are written."""

    values: tuple[tuple[str, Value], ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any] | None = None, **named: Value) -> Self:
        """Make a setting of values by name, those of the mapping first."""
        return cls(tuple({**(values or {}), **named}.items()))

    def to_dict(self) -> dict[str, Value]:
        """Return the values by name."""
        return dict(self.values)

    def __str__(self) -> str:
        """Write the values as "learning_rate=0.05, num_leaves=31"; a single one as the number alone, such as "0.03"."""
        if len(self.values) == 1:
            return format_value(self.values[0][1])
        return ", ".join(f"{name}={format_value(value)}" for name, value in self.values)


NO_SETTING = Setting()


def drop_fixed(settings: Iterable[Setting], fixed: Collection[str]) -> tuple[Setting, ...]:
    """Return the settings without the values that are fixed by name, each once, in their order."""
    left = (Setting.of({name: value for name, value in setting.values if name not in fixed}) for setting in settings)
    return tuple(dict.fromkeys(left))


class Candidate(NamedTuple):
    """A setting to try, and the recipe that trains with it."""

    setting: Setting
    recipe: Recipe


def format_value(value: Value) -> str:
    """Write a value of a hyper-parameter for people: a float with its significant digits, as 0.05."""
    return f"{value:g}" if isinstance(value, float) else str(value)
