"""The code that the documents show runs, and the names that they promise exist."""

import re
from pathlib import Path

import pytest

from imbaloss import data, losses

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_a_page_runs(page):
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        exec(compile(code, str(page), "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page):
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / link).exists(), link


def test_every_loss_and_data_set_is_documented():
    guide, sets = (ROOT / "docs" / "losses.md").read_text(), (ROOT / "docs" / "data.md").read_text()
    assert all(f"| [`{name}`](#{name}) |" in guide for name in losses.names())
    for name, binary in data.SETS.items():
        sizes = [f"{part.negatives} + {part.positives}" for part in (binary.train, binary.test)]
        assert f"| `{name}` | {binary.negative} | {binary.positive} | {sizes[0]} | {sizes[1]} |" in sets
