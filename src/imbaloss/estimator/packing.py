"""Parameters and attributes as JSON values, for a model file."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def pack_value(value: Any) -> Any:
    """Turn a value into a JSON value, from which `unpack_value` makes an equal value.

    Arrays become {"array", "dtype"}, mappings {"mapping"}, and sequences {"list"} or {"tuple"}. NumPy's numbers become
    Python's; series and frames of pandas become arrays. A value of any other type is returned as it is, also one that
    JSON does not know.
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
    """Make the value again that `pack_value` turned into JSON; anything but a dictionary is returned as it is.

    Raises KeyError, TypeError or ValueError for a dictionary of another form.
    """
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return np.array(value["array"], dtype=value["dtype"])
    if "mapping" in value:
        return {unpack_value(key): unpack_value(entry) for key, entry in value["mapping"]}
    [(kind, entries)] = value.items()
    return {"tuple": tuple, "list": list}[kind](map(unpack_value, entries))
