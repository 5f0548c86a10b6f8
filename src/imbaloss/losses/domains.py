"""What a parameter may be, and the sentence that refuses it."""

from collections.abc import Sequence

Counts = Sequence[int] | None


def require(holds: bool, rule: str, found: object) -> None:
    """Raises ValueError with the rule and what was found. Write `holds` so that it is false for NaN."""
    if not holds:
        raise ValueError(f"{rule}, found {found:g}" if isinstance(found, float) else f"{rule}, found {found}")


def known_counts(counts: Counts, name: str, otherwise: str = "") -> Sequence[int]:
    """The counts, where a loss cannot do without them; `otherwise` names what may be given instead."""
    if counts is None:
        raise ValueError(f"{name} needs counts=(negatives, positives) of the training set{otherwise}")
    return counts


def seen(counts: Counts, name: str, otherwise: str = "") -> list[float]:
    """The counts, for formulas that divide by them: a class without samples counts as one sample."""
    return [max(float(count), 1.0) for count in known_counts(counts, name, otherwise)]
