"""Tables of fields: a dataclass whose annotations carry the domain and the help of each field.

Options of the command line, checks and documentation are made from such a table.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints


class Domain(NamedTuple):
    """The values that a field admits, nearly always numbers."""

    rule: str  # follows the name of the field in a sentence
    contains: Callable[[Any], bool]
    in_precision: bool = False  # whether the number is first rounded to the type of the network's weights
    limits: tuple[int, int] | None = None  # the smallest and the largest number, where an option shows them


def between(least: int, most: int, purpose: str = "") -> Domain:
    """Return the domain of the whole numbers from `least` to `most`. purpose: what they are for, to end the rule."""
    rule = f"must be {least} to {most}{purpose and f', {purpose}'}"
    return Domain(rule, lambda number: least <= number <= most, limits=(least, most))


# The headings under which the help of a command shows options, in their order. The first has what people use first.
PANELS = ("Options", "Data", "Methods", "Judging", "Decision", "Output", "Network", "Computing")


@dataclass(frozen=True)
class Entry:
    """What the table says of a field beside its name, type and default."""

    help: str
    names: tuple[str, ...] = ()  # the texts that it admits; none where a parser decides
    domains: tuple[Domain, ...] = ()  # of its number, or of each of its numbers
    example: str = ""  # several numbers as the command line writes them
    may_be_empty: bool = False  # whether someone may ask for a list without numbers
    default_text: str = ""  # the default in words, where the help tells it
    panel: str = PANELS[0]  # the heading in the help of a command
    metavar: str = ""  # what the help shows for the value, such as COLUMN; by the type if empty
    option: str = ""  # its name on the command line, where that is another one
    option_alias: str = ""  # a second name on the command line
    in_python: str = ""  # what the documentation of a Python function says of it, where that is something else


class Field(NamedTuple):
    """One line of the table."""

    name: str
    type: Any  # as it is annotated, such as tuple[int, ...] | None
    kind: type  # of the value, or of each of its items: str, int, float, bool or Path
    several: bool  # whether the value is a tuple
    optional: bool  # whether None is a value
    default: Any  # MISSING where it must be given
    entry: Entry


def read_fields(table: type) -> dict[str, Field]:
    """Read a table from the annotations of a dataclass, by the names of its fields; one without entry is left out."""
    annotations = get_type_hints(table, include_extras=True)
    read = {}
    for field in fields(table):
        if get_origin(annotations[field.name]) is not Annotated:
            continue
        hint, entry = get_args(annotations[field.name])
        optional = type(None) in get_args(hint)
        value = get_args(hint)[0] if optional else hint
        several = get_origin(value) is tuple
        kind = get_args(value)[0] if several else value
        read[field.name] = Field(field.name, hint, kind, several, optional, field.default, entry)
    return read


class FieldError(ValueError):
    """A field has a value that it does not admit.

    Attributes:
        field: The name of the field.
        problem: What is wrong. With `named` it follows the name of the field in the sentence, such as "must be 1 or
            more, found 0"; else it is a sentence of its own.
    """

    def __init__(self, field: str, problem: str, *, named: bool = True) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem
        self.named = named

    def __str__(self) -> str:
        return self.sentence(self.field)

    def sentence(self, name: str) -> str:
        """Say what is wrong, to someone for whom the field has that name."""
        return f"{name} {self.problem}" if self.named else self.problem
