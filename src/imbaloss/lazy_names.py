"""Names of a package that are imported when they are first used (PEP 562), and that type checkers still see."""

import ast
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any


def import_on_use(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and `__dir__` of a package whose names are imported when they are first used.

    The names are those that the package imports under `if TYPE_CHECKING:`, so that they are listed once. No such name
    may be that of a module of the package too, since the module would take its place. `__dir__` lists `__all__`, also
    names that are not yet imported.

    package: The name of the package.
    """

    @cache
    def find_names() -> dict[str, str]:
        """Return the module of each name, by the name."""
        return find_homes(Path(str(sys.modules[package].__file__)).read_text(encoding="utf-8"))

    def import_name(name: str) -> Any:
        """Import and return a name of the package, and keep it there.

        Raises:
            AttributeError: The package has no such name.
        """
        home = None if name.startswith("__") else find_names().get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = import_module(f"{package}.{name}") if home == package else getattr(import_module(home), name)
        vars(sys.modules[package])[name] = value
        return value

    def list_names() -> list[str]:
        """List the public names of the package."""
        return list(sys.modules[package].__all__)

    return import_name, list_names


def find_homes(source: str) -> dict[str, str]:
    """Return the module of each name that a source text imports under an `if`, such as `if TYPE_CHECKING:`."""
    blocks = [node for node in ast.parse(source).body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}
