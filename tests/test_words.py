"""Plain words: docstrings begin with a full sentence, and names say what they hold."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import imbaloss

SOURCE = Path(imbaloss.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
# the words with which a phrase begins, or a sentence whose subject only the code knows
PREPOSITIONS = "as at by for from in less of on than to with without"
PRONOUNS = (
    "all both each every everything it its more most nothing one other others some something that their them these"
)
REST = "a an and any how if is no none not only or the there this those two what when where whether which who why"
FRAGMENTS = {*PREPOSITIONS.split(), *PRONOUNS.split(), *REST.split()}
NAMING = "a all an at both each every everything how the this what whether"  # classes and properties may begin so
EMPTY = "asked found given here it known of_pair one others said some theirs there things told way what"


def documented(file: Path) -> Iterator[tuple[ast.AST, str, bool]]:
    """Yield the functions and classes with a docstring, its first word, and whether it may be a noun phrase."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (text := ast.get_docstring(node)):
            decorators = [ast.unparse(each) for each in getattr(node, "decorator_list", [])]
            is_named = isinstance(node, ast.ClassDef) or any(each.endswith("property") for each in decorators)
            yield node, text.split()[0].rstrip(",.:;"), is_named


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(SOURCE).as_posix())
def test_a_docstring_begins_with_a_full_sentence(file):
    fragments = [
        f"{file.name}:{node.lineno} {node.name}: {first}"
        for node, first, is_named in documented(file)
        if first.lower() in (FRAGMENTS - set(NAMING.split()) if is_named else FRAGMENTS) or not first[:1].isupper()
    ]
    assert fragments == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(SOURCE).as_posix())
def test_a_name_says_what_it_holds(file):
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    names = [(node.lineno, node.id) for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    names += [(node.lineno, node.arg) for node in nodes if isinstance(node, ast.arg)]
    names += [(node.lineno, node.name) for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert [f"{file.name}:{line} {name}" for line, name in names if name in EMPTY.split()] == []
