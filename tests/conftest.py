"""Fixtures that several test files share."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import hypothesis
import pytest

from tests.chromium import CHROMIUM, FLAGS
from tests.preloaded import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser

collect_ignore = ["written_by_0_1/write.py"]  # runs with version 0.1 alone

# a busy machine is no failure; a submission meets the same examples each time, and whoever works on it ever new ones
hypothesis.settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("house")
os.environ.setdefault("GOMP_SPINCOUNT", "3000")  # as the command does


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--begin-before", type=float, help="skip tests that begin later: seconds since 1970")


def pytest_runtest_setup(item: pytest.Item) -> None:
    end = item.config.getoption("--begin-before")
    if end is not None and time.time() > end:
        pytest.skip("no time was left to begin it")


REAL = Path(os.environ.get("IMBALOSS_DATA") or Path(__file__).parents[2] / "shared")


@pytest.fixture(scope="session")
def real_folder() -> Path:
    """The folder of the real CIFAR-100 files, or its parent; skips where there are none."""
    from imbaloss.data.cifar100 import find_files

    if find_files(REAL) is None:
        pytest.skip(f"no CIFAR-100 in {REAL}; name a folder by IMBALOSS_DATA")
    return REAL


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's cache, or sees the user's IMBALOSS_DATA or IMBALOSS_FEATURES.

    The folder is made by whoever writes there: thousands of empty ones take seconds to make and to remove.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / f"caches-{uuid4()}"))
    monkeypatch.delenv("IMBALOSS_DATA", raising=False)
    monkeypatch.delenv("IMBALOSS_FEATURES", raising=False)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A browser that the tests of a file share; each opens contexts or pages of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def preloaded(tmp_path_factory) -> Iterator[Path]:
    """The folder of a command `imbaloss` that starts quickly, to stand first in PATH."""
    with serve(tmp_path_factory.mktemp("preloaded")) as folder:
        yield folder


@pytest.fixture
def imbaloss(monkeypatch, capsys, tmp_path):
    """Types a command in an empty folder; returns exit code, standard output and standard error."""
    from imbaloss import cli

    monkeypatch.chdir(tmp_path)

    def type_in(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["imbaloss", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return int(stop.value.code or 0), *capsys.readouterr()

    return type_in
