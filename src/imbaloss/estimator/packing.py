"""Parameters and attributes as JSON values, for a model file."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def pack_value(value: Any) -> Any:
    """Turn a value into a JSON value, from which `unpack_value` makes an equal value.

    NumPy's numbers become Python's; series and frames of pandas become arrays. A value of any other type than these,
    mappings and sequences is returned as it is.
    """
    value = value.to_numpy() if hasattr(value, "to_numpy") else value  # series and frames of pandas
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {"mapping": [[pack_value(key), pack_value(entry)] for key, entry in value.items()]}
    if isinstance(value, tuple | list | range):
        return {"list" if isinstance(value, list) else "tuple": [pack_value(entry) for entry in value]}
    return value


def unpack_value(value: Any) -> Any:
    """Make the value again that `pack_value` turned into JSON.

    Raises KeyError, TypeError or ValueError for a dictionary that it does not write.
    """
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return np.array(value["array"], dtype=value["dtype"])
    if "mapping" in value:
        return {unpack_value(key): unpack_value(entry) for key, entry in value["mapping"]}
    [(kind, entries)] = value.items()
    return {"tuple": tuple, "list": list}[kind](map(unpack_value, entries))
