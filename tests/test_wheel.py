"""The wheel, in an environment that has nothing else."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pandas as pd
import pytest

from tests.comparison.examples import QUICK, mixed, write_csv

ROOT = Path(__file__).parents[1]


def test_the_constraints_can_be_met_from_the_public_index():
    """A build such as 2.13.0+cpu is on PyTorch's own index alone, and would stop a newcomer at the first command."""
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert [pin for pin in pins if "+" in pin] == []


@pytest.mark.slow
def test_the_installed_wheel_gives_a_working_command(tmp_path):
    """All that it needs is named, and all files that it reads are in it."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT], check=True)
    [wheel] = tmp_path.glob("imbaloss-*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--constraint", ROOT / "constraints.txt", wheel], check=True)
    (tmp_path / "work").mkdir()
    write_csv(tmp_path / "work", mixed())
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [python.with_name("imbaloss")]
    asked = [
        ["compare", "data.csv", "--target", "fraud", *QUICK],
        ["predict", "results/data/model", "data.csv", "--out", "found.csv"],
        ["reproduce", "--dataset", "digits_3_8", "--level", "0.2", "--seeds", "1", "--epochs", "1", "--quiet"],
        ["losses"],
    ]
    for words in asked:
        subprocess.run([*command, *words], cwd=tmp_path / "work", env=inherited, check=True, stdout=subprocess.DEVNULL)
    assert len(pd.read_csv(tmp_path / "work" / "found.csv")) == 120
