"""What is said of packages that an extra brings."""

import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from imbaloss import extras
from imbaloss.extras import describe_installation

EXTRAS = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]["optional-dependencies"]


@pytest.mark.parametrize("extra", ["explain", "onnx", "ray", "text", "xgboost"])
def test_the_packages_of_an_extra_are_named_with_their_lower_bounds(extra):
    assert describe_installation(extra) == "pip install " + " ".join(f"'{package}'" for package in EXTRAS[extra])


def test_without_an_installed_package_the_extra_is_named(monkeypatch):
    def requires(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(extras, "requires", requires)
    assert describe_installation("onnx") == "pip install 'imbaloss[onnx]'"
