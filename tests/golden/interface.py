"""Print as JSON what users of the package hold on to. Each side runs this file as a script with its own package."""

import hashlib
import importlib
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

PACKAGES = (
    "imbaloss",
    "imbaloss.evaluation",
    "imbaloss.losses",
    "imbaloss.statistics",
    "imbaloss.studies",
    "imbaloss.training",
)


def list_names() -> dict[str, list[str]]:
    """Return the public names of each documented package: those in `__all__`, else those in `dir` without underscore.

    A package that cannot be imported has no names.
    """
    names: dict[str, list[str]] = {}
    for package in PACKAGES:
        try:
            module = importlib.import_module(package)
        except ModuleNotFoundError:
            names[package] = []
        else:
            public = getattr(module, "__all__", [name for name in dir(module) if not name.startswith("_")])
            names[package] = sorted(set(public))
    return names


def list_signatures() -> dict[str, list[str]]:
    """Return the parameters of `imbaloss.compare`, of `ImbalancedClassifier` and of its public methods, in order."""
    from imbaloss import ImbalancedClassifier, compare

    methods = inspect.getmembers(ImbalancedClassifier, inspect.isfunction)
    public = {f"ImbalancedClassifier.{name}": method for name, method in methods if not name.startswith("_")}
    functions: dict[str, Callable[..., Any]] = {"compare": compare, "ImbalancedClassifier": ImbalancedClassifier}
    return {
        name: [
            str(parameter.replace(annotation=inspect.Parameter.empty)) + f" ({parameter.kind.description})"
            for parameter in inspect.signature(function).parameters.values()
        ]
        for name, function in (functions | public).items()
    }


def list_options() -> dict[str, dict[str, dict[str, Any]]]:
    """Return name, default and repeatability of each command's options and arguments, as the parser knows them."""
    import typer

    from imbaloss.cli import app

    root: Any = typer.main.get_command(app)
    return {
        name: {
            name_on_command_line(parameter): {
                "kind": parameter.param_type_name,
                "default": repr(parameter.default),
                "required": parameter.required,
                "repeatable": parameter.multiple if parameter.param_type_name == "option" else parameter.nargs != 1,
            }
            for parameter in command.params
        }
        for name, command in {"imbaloss": root, **root.commands}.items()
    }


def name_on_command_line(parameter: Any) -> str:
    """Return what a user types for an option, such as "--flip / --no-flip"; for an argument what the help shows."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return " / ".join([*parameter.opts, *parameter.secondary_opts])


def list_hashes() -> dict[str, Any]:
    """Return the hash of each run of the built-in study table1, and one checksum of all hashes of each other study.

    The studies of pairs of superclasses are left out, because listing their runs takes 15 s.
    """
    from imbaloss import studies

    table1 = {
        f"{run.dataset} {run.level:g} {run.method.learned} seed {run.seed}": run.hash
        for run in studies.built_in("table1").runs()
    }  # fmt: skip
    checksums = {}
    for name in studies.BUILT_IN:
        if name == "table1" or name.startswith("pairs"):
            continue
        hashes = [run.hash for run in studies.built_in(name).runs()]
        checksums[name] = f"{len(hashes)} runs, {hashlib.sha256(' '.join(hashes).encode()).hexdigest()[:16]}"
    return {"table1": table1, "checksums": checksums}


if __name__ == "__main__":
    listing = {"names": list_names, "signatures": list_signatures, "options": list_options, "hashes": list_hashes}
    print(json.dumps(listing[sys.argv[1]]()))
