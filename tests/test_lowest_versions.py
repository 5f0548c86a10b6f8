"""constraints-lowest.txt, with which `make lowest` runs, holds the lower bounds that pyproject.toml declares."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
TESTED = PROJECT["dependencies"] + [text for name in ("explain", "onnx", "ray", "test") for text in EXTRAS[name]]
DECLARED = [requirement for text in TESTED if (requirement := Requirement(text)).name != "imbaloss"]
LOWEST = {
    pin.name: pin.specifier
    for line in (ROOT / "constraints-lowest.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for pin in [Requirement(line)]
}


@pytest.mark.parametrize("requirement", DECLARED, ids=str)
def test_a_lower_bound_is_the_version_that_is_tested(requirement):
    [bound], [pin] = requirement.specifier, LOWEST[requirement.name]
    assert (bound.operator, pin.operator) == (">=", "==")
    assert Version(bound.version) == Version(pin.version)


def test_xgboost_is_tested_by_its_build_without_cuda():
    [xgboost], [declared] = EXTRAS["xgboost"], [each for each in DECLARED if each.name == "xgboost-cpu"]
    assert Requirement(xgboost).specifier == declared.specifier
