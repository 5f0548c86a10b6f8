"""Tables of fields: a dataclass whose annotations carry the domain and the help of each field.

Options of the command line, checks and documentation are made from such a table.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints


class Domain(NamedTuple):
    """The values that a field admits, nearly always numbers."""

    rule: str  # such as "must be 1 or more"; it follows the name of the field in a sentence
    contains: Callable[[Any], bool]
    in_precision: bool = False  # whether a number is first rounded to the type of the network's weights
    limits: tuple[int, int] | None = None  # the smallest and the largest number, if an option shows them


def between(least: int, most: int, purpose: str = "") -> Domain:
    """Return the domain of the whole numbers from `least` to `most`, both included.

    purpose: words that end its rule after a comma, as in "must be 1 to 9, one a class"; empty for none.
    """
    rule = f"must be {least} to {most}{purpose and f', {purpose}'}"
    return Domain(rule, lambda number: least <= number <= most, limits=(least, most))


# The headings under which the help of a command shows options, in their order. The first has what people use first.
PANELS = ("Options", "Data", "Methods", "Judging", "Decision", "Output", "Network", "Computing")


@dataclass(frozen=True)
class Entry:
    """The annotation of a field: its help, its domains and its names on the faces of the package."""

    help: str
    names: tuple[str, ...] = ()  # the texts that the field admits; empty if a parser decides
    domains: tuple[Domain, ...] = ()  # domains of its number, or of each of its numbers; all must hold
    example: str = ""  # an example of several numbers as the command line writes them
    may_be_empty: bool = False  # whether a list without numbers is admitted
    default_text: str = ""  # the default in words, for the help; empty if the default speaks for itself
    panel: str = PANELS[0]  # the heading in the help of a command
    metavar: str = ""  # what the help shows for the value, such as COLUMN; empty: by the type
    option: str = ""  # the option on the command line; empty if it is the name of the field
    option_alias: str = ""  # a second name on the command line
    in_python: str = ""  # the help in the documentation of Python functions; empty if it is the same help


class Field(NamedTuple):
    """A field of a table: its name, type and default, with its annotation."""

    name: str
    type: Any  # the annotated type, such as tuple[int, ...] | None
    kind: type  # the type of the value, or of each item of a tuple: str, int, float, bool or Path
    several: bool  # whether the value is a tuple
    optional: bool  # whether the value may be None
    default: Any  # dataclasses.MISSING if there is no default
    entry: Entry


def read_fields(table: type) -> dict[str, Field]:
    """Return the fields of a dataclass by name, in its order.

    Fields whose annotation holds no `Entry` (help and domains) are left out.
    """
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
    """Raised if a field does not admit its value.

    Attributes:
        field: The name of the field.
        problem: What is wrong.
        named: True if `problem` follows the name of the field, such as "must be 1 or more, found 0". False if it is a
            sentence of its own.
    """

    def __init__(self, field: str, problem: str, *, named: bool = True) -> None:
        """Keep the field, the problem and the form of the message as attributes."""
        super().__init__(field, problem)
        self.field = field
        self.problem = problem
        self.named = named

    def __str__(self) -> str:
        """Return the message with the name of the field itself."""
        return self.sentence(self.field)

    def sentence(self, name: str) -> str:
        """Return the message with another name for the field, such as that of an option on the command line.

        If `named` is false, the problem is a sentence of its own and returned without any name.
        """
        return f"{name} {self.problem}" if self.named else self.problem
