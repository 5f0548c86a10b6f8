"""Parameters and attributes as JSON values, for a model file."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def packed(value: Any) -> Any:
    """Return a value as a JSON value, from which `unpacked` makes an equal value again.

    NumPy's numbers become Python's, and series and frames of pandas become arrays.
    """
    value = value.to_numpy() if hasattr(value, "to_numpy") else value  # of pandas
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {"mapping": [[packed(key), packed(entry)] for key, entry in value.items()]}
    if isinstance(value, tuple | list | range):
        return {"list" if isinstance(value, list) else "tuple": [packed(entry) for entry in value]}
    return value


def unpacked(value: Any) -> Any:
    """Return the value that `packed` was given. Raises KeyError, TypeError or ValueError for a dict of another form."""
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return np.array(value["array"], dtype=value["dtype"])
    if "mapping" in value:
        return {unpacked(key): unpacked(entry) for key, entry in value["mapping"]}
    [(kind, entries)] = value.items()
    return {"tuple": tuple, "list": list}[kind](map(unpacked, entries))
