"""The state of a loss: buffers that change from batch to batch, and that need their precision."""

from collections.abc import Callable

from torch import Tensor, nn

from imbaloss.losses.checks import is_transformed


class LossState(nn.Module):
    """A module whose buffers move between devices and keep their dtype, also under `half()` or `double()` of a model.

    Sums over a long training are beyond the range of float16, and its steps are too coarse for moving averages.
    """

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "LossState":
        """Apply a function of PyTorch, as `to` and `half` do. Of a change of dtype only the change of device is done.

        Args:
            fn: Tensor -> the tensor on another device or of another dtype.
            recurse: Whether children of this module change, too.
        """

        def move(tensor: Tensor) -> Tensor:
            """Apply the function, and undo a change of dtype without rounding."""
            moved = fn(tensor)
            return moved if moved.dtype == tensor.dtype else tensor.to(moved.device)

        super()._apply(move, recurse)  # type: ignore[no-untyped-call]
        return self


def check_continues(state: str, axes: str, stored: tuple[int, ...], newest: tuple[int, ...]) -> None:
    """Raise ValueError if a batch differs in shape from those that the state of a loss comes from.

    Args:
        state: What the state is, for the message, such as "the memory".
        axes: What the numbers of a shape count, for the message.
        stored: The shape of the state.
        newest: The shape that the batch would give it.
    """
    if stored != newest:
        raise ValueError(
            f"{state} comes from batches with {axes} {stored}, and cannot go on with {newest}: use one for each shape "
            "of logits"
        )


def refuse_transforms(who: str, option: str) -> None:
    """Raise ValueError inside a transform of torch.func, where a loss cannot keep state.

    Args:
        who: Begins the message, such as "running totals keep".
        option: The option of the loss that keeps the state.
    """
    if is_transformed():
        raise ValueError(
            f"{who} state, which the transforms of torch.func cannot: take a loss without {option} inside them"
        )
