"""The house: what imports what, and what is loaded when."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np
import pandas as pd

import imbaloss

ROOT = Path(__file__).parents[1]
SOURCE = Path(imbaloss.__file__).parent


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_floors_import_only_from_below():
    from importlinter.cli import lint_imports

    assert lint_imports(no_cache=True) == 0


def test_losses_and_samplers_load_torch_and_nothing_else():
    """Of the dependencies; NumPy is loaded by torch itself where it is installed."""
    loaded = python(
        "import sys, torch; before = set(sys.modules)\n"
        "import imbaloss.losses, imbaloss.samplers; print(*set(sys.modules) - before)"
    )
    ours = {f"imbaloss{name}" for name in ("", ".losses", ".samplers", ".choices", ".lazy_names", ".spec_text")}
    others = {name for name in loaded.split() if name.partition(".")[0] not in sys.stdlib_module_names} - ours
    assert all(name.startswith(("imbaloss.losses.", "imbaloss.samplers.")) for name in others)


def test_the_rooms_are_loaded_when_first_used():
    python("import imbaloss, sys; assert 'torch' not in sys.modules; imbaloss.losses.get('mse')")


def test_dir_shows_public_names_alone():
    """Also when submodules and what the package itself needs are loaded."""
    names = dir(imbaloss)
    assert names == sorted([
        "ImbalancedClassifier", "MethodClassifier", "__version__", "compare",
        "boosting", "data", "evaluation", "losses", "monitor", "networks", "report", "samplers", "studies", "training",
    ])  # fmt: skip
    assert all(hasattr(imbaloss, name) for name in names)
    assert dir(imbaloss) == names


def test_the_help_loads_neither_torch_nor_numpy():
    loaded = python(
        "import sys; sys.argv = ['imbaloss', '--help']\n"
        "import imbaloss.cli\n"
        "try: imbaloss.cli.main()\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "print(*sys.modules)"
    )
    slow = {"torch", "numpy", "pandas", "sklearn", "lightgbm", "xgboost", "matplotlib", "requests"}
    assert not slow & set(loaded.split())


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield the path within the package and the syntax tree of each module."""
    for file in sorted(SOURCE.rglob("*.py")):
        yield file.relative_to(SOURCE).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield each function and method of the package with the place where it stands."""
    for path, module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path}:{node.lineno} {node.name}", node


def names_in(node: ast.AST) -> set[str]:
    """Return all names in an expression, those of attributes too."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return names | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def libraries_of(folder: str) -> set[str]:
    """Return the names of the packages that the modules of a folder import, without Python's own and ours."""
    nodes = [node for path, module in modules() if path.startswith(f"{folder}/") for node in ast.walk(module)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"imbaloss"}


def test_ground_floors_import_their_libraries_and_no_others():
    assert libraries_of("losses") == {"torch"}
    assert libraries_of("samplers") == {"torch"}
    assert libraries_of("networks") == {"torch", "numpy"}
    assert libraries_of("statistics") == {"numpy", "scipy"}


def test_no_function_is_longer_than_60_lines():
    lengths = {place: (node.end_lineno or 0) - node.lineno + 1 for place, node in functions()}
    assert len(lengths) > 1000
    assert {place: length for place, length in lengths.items() if length > 60} == {}


def test_no_function_takes_more_than_five_parameters_by_position():
    numbers = {}
    for place, node in functions():
        parameters = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        numbers[place] = len(parameters) - (parameters[:1] in (["self"], ["cls"]))
    assert {place: number for place, number in numbers.items() if number > 5} == {}


def test_no_dictionary_has_keys_of_any_type():
    mappings = {"dict", "Mapping", "MutableMapping", "defaultdict"}
    places = [
        f"{path}:{node.lineno}"
        for path, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) and names_in(node.value) & mappings
        if ast.unparse(node.slice.elts[0]) == "Any"
    ]
    assert places == []


def test_only_comparison_tells_ones_own_data_by_their_types():
    """`studies` and `report` ask a protocol, which knows neither these types nor where they stand."""
    own_types = {
        node.name
        for path, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef) and path.startswith("comparison/")
    }
    assert {"Own", "OwnModel", "OwnStudy", "Schema", "TablePreparation", "ImagePreparation"} <= own_types
    places = [
        f"{path}:{node.lineno}"
        for path, module in modules()
        for node in ast.walk(module)
        if not path.startswith("comparison/") and isinstance(node, ast.Call)
        if names_in(node.func) & {"isinstance", "issubclass"} and names_in(node.args[1]) & own_types
    ]
    assert places == []


def test_the_map_is_the_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    section = (ROOT / "CONTRIBUTING.md").read_text().partition("| floor |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    assert [re.findall(r"`(\w+)`", row) for row in rows] == [re.findall(r"imbaloss\.(\w+)", layer) for layer in layers]
    rooms = {
        file.stem for file in SOURCE.iterdir() if file.name != "__pycache__" and not file.name.startswith(("__", "py."))
    }
    assert rooms == {room for layer in layers for room in re.findall(r"imbaloss\.(\w+)", layer)}


def test_one_compare_goes_the_way_that_is_told(tmp_path, imbaloss):
    section = (ROOT / "CONTRIBUTING.md").read_text().partition("### The way of one `compare`")[2].partition("\n##")[0]
    told = re.findall(r"^\d+\. `(\S+)`, `(\S+)`", section, re.MULTILINE)
    assert len(told) == 20
    called: dict[tuple[str, str], int] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(SOURCE)):
            place = Path(frame.f_code.co_filename).relative_to(SOURCE).as_posix(), frame.f_code.co_qualname
            called.setdefault(place, len(called))

    generator = np.random.default_rng(0)
    labels = np.arange(60) % 3 == 0
    table = pd.DataFrame({"a": generator.normal(size=60) + labels, "b": generator.normal(size=60), "y": labels})
    table.to_csv(tmp_path / "table.csv", index=False)
    quick = ("--loss", "ce", "--no-references", "--epochs", "1", "--hidden", "2", "--lr", "0.1", "--repetitions", "2")
    sys.setprofile(note)
    try:
        code, _, error = imbaloss("compare", "table.csv", "--target", "y", *quick)
    finally:
        sys.setprofile(None)
    assert code == 0, error
    places = [called.get((file, name), called.get((file, f"{name}.__post_init__"))) for file, name in told]
    assert None not in places, told[places.index(None)]
    assert places == sorted(places)


def test_studies_and_reports_do_not_load_comparison_nor_a_monitor_the_loops_of_others():
    python(
        "import sys, imbaloss.monitor, imbaloss.report, imbaloss.studies, imbaloss.training\n"
        "assert not [name for name in sys.modules if name.startswith('imbaloss.comparison')]\n"
        "assert not {'lightning', 'transformers'} & set(sys.modules)"
    )
