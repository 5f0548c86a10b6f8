"""The form of the targets of a loss: labels or shares, of one question or of several."""

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from imbaloss.losses.domains import require

Part = TypeVar("Part", Tensor, Tensor | None)


@dataclass(frozen=True)
class TargetForm:
    """The form of the targets of a loss. `Criterion` and `Loss` state the rules.

    Attributes:
        soft: Whether targets are shares in [0, 1] of the classes, in the shape of the logits.
        per_label: Whether axis 1 holds labels, each with class totals of its own.
        ignore_index: A target whose samples are left out; None for none.

    Raises:
        ValueError: ignore_index is not whole, or is given with `soft`.
    """

    soft: bool = False
    per_label: bool = False
    ignore_index: int | None = None

    def __post_init__(self) -> None:
        """Check the fields."""
        for name in ("soft", "per_label"):
            require(isinstance(value := getattr(self, name), bool), f"{name} must be True or False", value)
        index = self.ignore_index
        require(index is None or float(index).is_integer(), "ignore_index must be whole", index)
        if self.soft and index is not None:
            raise ValueError(
                f"ignore_index={index:g} is a label, which soft targets do not have: give the samples that are to be "
                "left out sample_weight 0"
            )

    def count_classes(self, logits: torch.Size, targets: torch.Size) -> int:
        """Return the number of classes, 2 in the binary case, from the shapes of logits and targets.

        Raises:
            ValueError: The shapes do not match.
        """
        if logits == targets:
            if self.per_label and (len(logits) < 2 or not logits[1]):
                raise ValueError(f"per_label=True needs logits and targets (B, labels, ...), found {tuple(logits)}")
            return logits[1] if self.has_class_axis(targets) else 2
        shapes = f"found {tuple(logits)} and {tuple(targets)}"
        if not self.per_label and logits[1:2] == (1,) and logits[:1] + logits[2:] == targets:
            shapes += f": give logits.squeeze({-1 if len(logits) == 2 else 1})"
        if self.soft or self.per_label:
            option = "soft" if self.soft else "per_label"
            raise ValueError(f"with {option}=True logits and targets must have equal shapes, {shapes}")
        if len(logits) > 1 and logits[1] > 1 and logits[:1] + logits[2:] == targets:
            return logits[1]
        raise ValueError(
            "logits and targets must have equal shapes (binary) or be (B, C, ...) and (B, ...) with C > 1 classes, "
            + shapes
        )

    def has_class_axis(self, targets: torch.Size) -> bool:
        """Say whether axis 1 of the targets holds the shares of several classes."""
        return self.soft and not self.per_label and len(targets) > 1 and targets[1] > 1

    def sample_shape(self, targets: torch.Size) -> torch.Size:
        """Return the shape of the samples, which sample weights and errors have: that of the targets, without classes.

        A label of a sample counts as a sample.
        """
        return targets[:1] + targets[2:] if self.has_class_axis(targets) else targets

    def flatten(self, logits: Tensor, targets: Tensor, sample_weight: Part) -> tuple[Tensor, Tensor, Part]:
        """Reshape a checked batch to rows: one row of all N samples, or with `per_label` one row for each label.

        Returns:
            Logits (S, N) or (1, N, C); targets (S, N), or (1, N, C) if they are the shares of several classes; sample
            weights (S, N), or None. S is the number of labels or 1.
        """
        if self.per_label:
            logits, targets = (part.movedim(1, 0).flatten(1) for part in (logits, targets))
            return logits, targets, None if sample_weight is None else sample_weight.movedim(1, 0).flatten(1)
        if self.has_class_axis(targets.shape):
            logits, targets = (part.movedim(1, -1).reshape(1, -1, part.shape[1]) for part in (logits, targets))
        elif logits.shape == targets.shape:
            logits, targets = logits.reshape(1, -1), targets.reshape(1, -1)
        else:
            logits = logits.movedim(1, -1).reshape(1, targets.numel(), logits.shape[1])
            targets = targets.reshape(1, -1)
        return logits, targets, None if sample_weight is None else sample_weight.reshape(1, -1)

    def unflatten(self, values: Tensor, targets: torch.Size) -> Tensor:
        """Give one number for each sample, in the rows of `flatten`, the shape of the samples again."""
        shape = self.sample_shape(targets)
        if self.per_label:
            return values.reshape(shape[1], shape[0], *shape[2:]).movedim(0, 1)
        return values.reshape(shape)
