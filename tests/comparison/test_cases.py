"""The inputs that failed once, as ../shared/cases has them: each as a person would type it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).parents[3] / "shared" / "cases"
SAYS = {  # of each case the exit code, and what is said
    "01-quoted-header-spaces": (0, "open results/t/report.html"),
    "02-unbalanced-quote": (0, "row 6, column text: the value takes in 85 more lines that look like rows"),
    "03-wide-header": (0, "20,000 columns to learn from: 20,000 numbers"),
    "04-index-column": (0, "100 rows"),
    "04c-index-column-test-file": (0, "open results/train/report.html"),
    "05-target-float": (0, "1 decision"),
    "06-shift-jis": (2, "gbk.csv is not UTF-8 (byte 25 is 0xb1). Try --encoding gb18030"),
    "07-nfc-nfd": (0, "open results/cls/report.html"),
    "08-sep-line": (0, "open results/comment/report.html"),
    "09-parquet-index": (0, "The rows of one group stay together ("),
    "11-same-stem": (0, "sales.2023\nsales.2024"),
    "12-decimal-comma-one-row": (0, "1 row, "),
    "13-dates-sentinel": (0, "Column `until` also gives the weekday of its dates (as sine and cosine)"),
    "14-numeric-header": (0, "2 columns to learn from"),
    "15-na-country": (0, "read as missing: 'NA' in"),
    "16-number-forms": (0, "column amount has numbers with points, such as '8.441'"),
    "20-appledouble": (0, "20 rows"),
    "22-float-tiff": (0, "open results/pics/report.html"),
    "22c-int32-tiff": (0, "open results/pics/report.html"),
    "23-alpha-only": (0, "open results/pics/report.html"),
    "27-exif": (0, "open results/pics/report.html"),
    "28-npz-images": (2, "the fourth channel of array 'X' of rgba.npz differs"),
    "30-polars-names": (0, "['age', 'income']"),
    "31-category-dtype-ints": (0, "('category', '')\n('category', '')\n('category', '')"),
    "32-focal-three-classes": (0, "focal's alpha, which is for two classes; give class_weights=(w0, w1, w2)"),
    "33-late-in-the-file": (0, "1000 1000"),
    "40-smote-few-positives": (2, "take smote:neighbours=4, or leave it out"),
}


@pytest.mark.slow
@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases is missing")
@pytest.mark.parametrize("name", SAYS)
def test_a_case_comes_out_right(name, tmp_path, preloaded):
    shutil.copytree(CASES / name, tmp_path / name, copy_function=shutil.copyfile)
    program = ["sh", f"{name}/cmd.sh"] if (CASES / name / "cmd.sh").exists() else [sys.executable, f"{name}/case.py"]
    environment = os.environ | {"PATH": f"{preloaded}:{os.environ['PATH']}"}
    found = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    code, sentence = SAYS[name]
    assert "Traceback" not in found.stderr
    assert found.returncode == code, found.stderr
    told = " ".join(f"{found.stdout} {found.stderr}".split())  # lines end where they are full
    assert " ".join(sentence.split()) in told


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases is missing")
def test_every_case_is_here():
    assert {folder.name for folder in CASES.iterdir() if folder.is_dir()} == set(SAYS)
