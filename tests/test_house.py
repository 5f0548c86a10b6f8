"""The house: what imports what, and what is loaded when."""

import ast
import subprocess
import sys
from pathlib import Path

import imbaloss

OWN_DATA = {"Own", "OwnModel", "OwnStudy", "Schema", "TablePreparation", "ImagePreparation"}


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_floors_import_only_from_below():
    from importlinter.cli import lint_imports

    assert lint_imports(no_cache=True) == 0


def test_losses_load_torch_and_nothing_else():
    """Of the dependencies; NumPy is loaded by torch itself where it is installed."""
    loaded = python(
        "import sys, torch; before = set(sys.modules); import imbaloss.losses; print(*set(sys.modules) - before)"
    )
    ours = {"imbaloss", "imbaloss.losses", "imbaloss.nearest", "imbaloss.notation"}
    others = {name for name in loaded.split() if name.partition(".")[0] not in sys.stdlib_module_names} - ours
    assert all(name.startswith("imbaloss.losses.") for name in others)


def test_the_rooms_are_loaded_when_first_used():
    python("import imbaloss, sys; assert 'torch' not in sys.modules; imbaloss.losses.get('mse')")


def test_dir_shows_public_names_alone():
    """Also when submodules and what the package itself needs are loaded."""
    names = dir(imbaloss)
    assert names == sorted([
        "ImbalancedClassifier", "__version__", "compare",
        "data", "evaluation", "losses", "networks", "report", "studies", "training",
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
    assert not {"torch", "numpy", "pandas", "sklearn", "matplotlib", "requests"} & set(loaded.split())


def test_only_comparison_tells_ones_own_data_by_their_types():
    """`studies` and `report` ask a protocol, which knows neither these types nor where they stand."""
    root = Path(imbaloss.__file__).parent
    for file in root.rglob("*.py"):
        if root / "comparison" in file.parents:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
                named = {one.id for one in ast.walk(node.args[1]) if isinstance(one, ast.Name)}
                named |= {one.attr for one in ast.walk(node.args[1]) if isinstance(one, ast.Attribute)}
                assert not named & OWN_DATA, f"{file}, line {node.lineno}"


def test_a_function_has_60_lines_and_5_positional_parameters_at_most():
    for file in Path(imbaloss.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                positional = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
                assert len([name for name in positional if name not in {"self", "cls"}]) <= 5, (file, node.name)
                assert node.end_lineno - node.lineno < 60, (file, node.name)


def test_studies_and_reports_do_not_load_comparison():
    python(
        "import sys, imbaloss.report, imbaloss.studies, imbaloss.training\n"
        "assert not [name for name in sys.modules if name.startswith('imbaloss.comparison')]"
    )
