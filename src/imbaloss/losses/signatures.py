"""Named losses take the parameters of their parts, whose signatures state the defaults."""

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar

from imbaloss.spec_text import list_keyword_parameters, read_keyword_defaults

Built = TypeVar("Built")


def built_from(*parts: Callable[..., Any]) -> Callable[[Callable[..., Built]], Callable[..., Built]]:
    """Give a named loss the parameters of its parts: errors, reductions or functions of ranks.

    The decorated function receives the parts, with all their parameters bound, as its first arguments. So the default
    of a parameter stands once, in the signature of the part that computes with it. A keyword that both a part and the
    function name reaches both.
    """
    known = {key for part in parts for key in read_keyword_defaults(part)}

    def decorate(build: Callable[..., Built]) -> Callable[..., Built]:
        """Return a function of keywords alone that binds the parts and calls `build` with them."""
        own = read_keyword_defaults(build)

        @wraps(build)
        def build_with_parts(**given: Any) -> Built:
            bound = [
                partial(part, **{key: given.get(key, default) for key, default in read_keyword_defaults(part).items()})
                for part in parts
            ]
            return build(*bound, **{key: value for key, value in given.items() if key in own or key not in known})

        every = {parameter.name: parameter for part in (*parts, build) for parameter in list_keyword_parameters(part)}
        build_with_parts.__signature__ = inspect.Signature(list(every.values()))  # type: ignore[attr-defined]
        return build_with_parts

    return decorate
