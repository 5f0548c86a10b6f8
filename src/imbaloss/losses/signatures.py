"""Parameters of a named loss: it takes those of its parts, whose signatures have the defaults."""

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar

from imbaloss.spec_text import list_keyword_parameters, read_keyword_defaults

Built = TypeVar("Built")


def bind_parts(*parts: Callable[..., Any]) -> Callable[[Callable[..., Built]], Callable[..., Built]]:
    """Make a decorator that gives the function of a named loss the parameters of the loss's parts, too.

    The decorated function receives the parts, with all their parameters bound, as its first arguments. So the default
    of a parameter stands once, in the signature of the part that computes with it. If a part and the function have a
    keyword in common, such as counts, both receive it.

    Args:
        parts: Errors, reductions or functions of ranks, in the order of the function's first arguments.

    Returns:
        A decorator. The function that it makes takes keywords alone; its signature lists those of the parts, then its
        own.
    """
    part_keywords = {key for part in parts for key in read_keyword_defaults(part)}

    def decorate(build: Callable[..., Built]) -> Callable[..., Built]:
        """Return a function of keywords alone that binds the parts of a loss and calls `build` with them first.

        build: the function of a named loss, whose first arguments are the parts.
        """
        own_keywords = read_keyword_defaults(build)

        @wraps(build)
        def build_with_parts(**keywords: Any) -> Built:
            """Bind the keywords of the parts to them, and call `build` with the parts and its own keywords."""
            bound = [
                partial(
                    part, **{key: keywords.get(key, default) for key, default in read_keyword_defaults(part).items()}
                )
                for part in parts
            ]
            own = {key: keywords[key] for key in keywords if key in own_keywords or key not in part_keywords}
            return build(*bound, **own)

        parameters = {
            parameter.name: parameter for part in (*parts, build) for parameter in list_keyword_parameters(part)
        }
        build_with_parts.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
        return build_with_parts

    return decorate
