"""Precision bf16 is refused where products in bfloat16 have no instructions, before anything is trained or written."""

import json
import os
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from imbaloss.losses import LossSpec
from imbaloss.training import Member, Recipe, check_precision, train
from imbaloss.training.bfloat16 import X86, has_bfloat16_instructions
from tests.training.examples import RECIPE, needs_bfloat16, split_of

IMBALOSS = Path(sys.executable).with_name("imbaloss")
CPU, BF16 = torch.device("cpu"), replace(RECIPE, precision="bf16", epochs=1)
REFUSED = (
    "bf16 needs instructions for bfloat16, which this processor lacks, and would be many times slower than float32"
)
without_instructions = pytest.mark.skipif(
    platform.machine().lower() not in X86, reason="oneDNN can be told to leave out instructions on x86 alone"
)
LACKING = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}  # a processor as it was before AVX-512
ASK = """
import json, sys
from dataclasses import replace
import torch
from imbaloss import data, studies
from imbaloss.learners import Method
from imbaloss.training import Member, train
from imbaloss.training.bfloat16 import has_bfloat16_instructions
from tests.training.test_bfloat16 import BF16, LossSpec, split_of

def refusal(work, *arguments):
    try:
        return len(work(*arguments))
    except ValueError as error:
        return str(error)

study = replace(studies.built_in("digits"), overrules={"precision": "bf16"})
run, sets = study.runs()[0], data.load_data_sets(study.datasets)
print(json.dumps({
    "has": has_bfloat16_instructions(torch.device("cpu")),
    "train": refusal(train, [Member(split_of(0), LossSpec.parse("mse"), BF16, 0)]),
    "study": refusal(studies.cut_into_stacks, [run], sets),
    "no network": refusal(studies.cut_into_stacks, [replace(run, method=Method.parse("logistic_regression"))], sets),
}))
"""


@without_instructions
def test_without_instructions_networks_are_refused_and_other_learners_are_not():
    found = json.loads(subprocess.run([sys.executable, "-c", ASK], env=LACKING, stdout=-1, check=True).stdout)
    assert found["has"] is False
    assert found["train"].startswith(f"precision {REFUSED}")
    assert found["study"] == found["train"]
    assert found["no network"] == 1


@without_instructions
@pytest.mark.parametrize("words", [("train",), ("reproduce", "--dataset", "digits_3_8", "--out", "results")])
def test_a_command_says_so_in_one_line_and_writes_nothing(words, tmp_path):
    command = [IMBALOSS, *words, "--precision", "bf16", "--quiet"]
    ended = subprocess.run(command, cwd=tmp_path, env=LACKING, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert f"imbaloss: precision {REFUSED}" in ended.stderr
    assert not list(tmp_path.iterdir())


@needs_bfloat16
def test_with_instructions_it_is_trained():
    [outcome] = train([Member(split_of(0), LossSpec.parse("mse"), BF16, 0)])
    assert outcome.failure is None


@pytest.mark.skipif(
    not Path("/proc/cpuinfo").exists() or "ONEDNN_MAX_CPU_ISA" in os.environ,
    reason="the system does not list what its processor has, or oneDNN was told to use less",
)
def test_it_agrees_with_what_the_system_says_of_the_processor():
    flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    assert has_bfloat16_instructions(CPU) == bool(flags & {"avx512_bf16", "bf16"})


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_other_precisions_need_nothing(precision):
    check_precision(Recipe(precision=precision), CPU)
    check_precision(Recipe(precision=precision), "cuda:7")  # not even a GPU
