"""A loss as a value: what a text such as "focal:gamma=1" means."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Self

from torch import distributed as dist

from imbaloss import spec_text
from imbaloss.losses.catalogue import check_parameters, get, parameters
from imbaloss.losses.criterion import Criterion
from imbaloss.spec_text import Parameter


@dataclass(frozen=True)
class LossSpec:
    """The name of a loss and the parameters that differ from its defaults, in alphabetical order.

    Equal losses have equal specs, and `str` writes the one text of a loss.

    >>> spec = LossSpec.parse("focal:gamma=1,alpha=0.25")
    >>> str(spec)
    'focal:gamma=1'
    >>> spec.build()
    Loss(focal(gamma=1.0), mean, class_weights=(0.75, 0.25))

    Raises:
        ValueError: The name or a parameter is unknown, or a value is of the wrong kind: one number, or one number for
            each class. Domains are checked by `build`.
    """

    name: str
    parameters: tuple[tuple[str, Parameter], ...] = ()

    def __post_init__(self) -> None:
        """Check the parameters, sort them by name and leave out those at their default or None.

        Raises ValueError for an unknown loss or parameter and for a value of the wrong kind.
        """
        chosen = dict(self.parameters)
        check_parameters(self.name, chosen)
        changed = spec_text.drop_defaults(chosen, parameters(self.name))
        object.__setattr__(self, "parameters", tuple(changed.items()))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name` or `name:key=value,...`, as in "focal:gamma=1"; several numbers, one a class, are written 1:9.

        Raises:
            ValueError: The text has another form, the name or a parameter is unknown, or a value is not one number, or
                one for each class where that is needed.
        """
        name, chosen = spec_text.read_spec("a loss", text)
        return cls(name, tuple(chosen.items()))

    def __str__(self) -> str:
        """Write the text that `parse` reads, such as "focal:gamma=1", without parameters at their default."""
        return write_text(self)

    def with_parameters(self, **changes: Parameter) -> Self:
        """Return the same loss with other values of some parameters; None stands for the default.

        Raises ValueError if a parameter is unknown or a value is of the wrong kind.
        """
        return replace(self, parameters=(*self.parameters, *changes.items()))

    def build(
        self,
        *,
        counts: Sequence[int] | Sequence[Sequence[int]] | None = None,
        sync: "bool | dist.ProcessGroup" = False,
        soft: bool = False,
        per_label: bool = False,
    ) -> Criterion:
        """Build the loss as a module to call.

        Args:
            counts: The number of training samples of each class, (negatives, positives) in the binary case; with
                `per_label` also such a pair for each label.
            sync: True, or a process group of torch.distributed: the loss is that of the batches of all its ranks
                together.
            soft: Whether targets are shares of the classes in [0, 1].
            per_label: Whether axis 1 holds labels, each with class totals of its own.

        Raises:
            ValueError: A value is outside its domain, the loss needs counts and has none, or it does not go with
                `sync`, `soft` or `per_label`.
        """
        return get(self.name, counts=counts, sync=sync, soft=soft, per_label=per_label, **dict(self.parameters))


@cache
def write_text(spec: LossSpec) -> str:
    """Return the one text of a loss, such as "focal:gamma=1".

    Texts are cached: a study of many runs asks for each one many times.
    """
    return spec_text.write_spec(spec.name, dict(spec.parameters), parameters(spec.name))
