"""Sources of splits: sets that are carved from images, and a person's own data."""

from typing import TYPE_CHECKING, Union

from imbaloss.data import splits
from imbaloss.data.dataset import Counts, Dataset, Split
from imbaloss.data.splits import Fold

if TYPE_CHECKING:
    from imbaloss.data.own import Own  # which loads pandas

Source = Union[Dataset, "Own"]
OWN = "own"  # the protocol of a person's own data, which are taken as they are


def split_counts(
    source: Source, *, level: float, protocol: str, seed: int = 0, fold: Fold | None = None
) -> dict[str, Counts]:
    """Of train, tune and test, as `draw` makes them. The seed counts for a person's own data only.

    Raises ValueError as `splits.split_counts`.
    """
    if isinstance(source, Dataset):
        return splits.split_counts(source, level=level, protocol=protocol, fold=fold)
    return source.split_counts(seed, fold)


def draw(source: Source, *, level: float, protocol: str, seed: int, fold: Fold | None = None) -> Split:
    """The split of one run, the same for each loss: of a set as `splits.draw` makes it, of one's own as it says."""
    if isinstance(source, Dataset):
        return splits.draw(source, level=level, protocol=protocol, seed=seed, fold=fold)
    return source.draw(seed, fold)
