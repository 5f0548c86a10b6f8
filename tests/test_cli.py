"""The commands, as a user would type them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from imbaloss import cli, data, losses
from imbaloss.evaluation import SCORES, scores
from imbaloss.learners import network_file
from tests.training.examples import needs_bfloat16

IMBALOSS = Path(sys.executable).with_name("imbaloss")
QUICK = ("--epochs", "2", "--hidden", "4")


def test_help_lists_every_command_and_says_what_it_does(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    found = subprocess.run([IMBALOSS, "--help"], capture_output=True, text=True, check=True)
    alone = subprocess.run([IMBALOSS], capture_output=True, text=True, check=True)
    assert alone.stdout == found.stdout
    for command in cli.app.registered_commands:
        name, text = command.callback.__name__.replace("_", "-"), command.callback.__doc__
        assert name in found.stdout
        assert text
        help_of = subprocess.run([IMBALOSS, name, "--help"], capture_output=True, text=True, check=True).stdout
        documented = (Path(__file__).parents[1] / "docs" / "commands.md").read_text()
        assert f"`imbaloss {name}`" in documented
        options = set(re.findall(r"(?<!\S)--[\w-]+|(?<=,)--[\w-]+", help_of)) - {"--help"}
        assert options
        assert {option for option in options if not re.search(rf"`{option}[` ]", documented)} == set()
        assert "…" not in help_of  # no option is cut off at 80 columns
        assert "Example: imbaloss " in help_of


def test_train_prints_one_object_with_everything(imbaloss, tmp_path):
    code, out, err = imbaloss("train", "--json", "--quiet", *QUICK, "--loss", "focal:gamma=1", "--seed", "3")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert {"f1", "roc_auc", *SCORES} <= set(found)
    assert (found["loss"], found["seed"], found["recipe"]["hidden"]) == ("focal:gamma=1", 3, [4])
    assert (found["positive"], found["negative"], found["train_positives"]) == ("8", "3", 23)
    assert len(found["losses"]) == 2
    model, facts = network_file.load(tmp_path / "results" / "train" / "model")
    split = data.load_data_sets(["digits_3_8"])["digits_3_8"].draw(level=0.1, protocol="table1", seed=3)
    again, _ = scores(split.test.labels, model.probabilities(split.test.inputs))
    assert {name: found[name] for name in again} == again
    assert facts["classes"] == ["3", "8"]


def test_train_tells_a_person_what_it_did(imbaloss):
    code, out, err = imbaloss("train", *QUICK, "--positive", "3", "--level", "0.2")
    assert code == 0
    assert "msfe on digits_3_8 at level 0.2 (protocol table1, seed 0)" in out
    assert "train 46 positives (3), 70 negatives (8)" in out
    assert "roc_auc" in out
    assert "model in results/train/model/model.safetensors" in out
    assert "training 1 network" in err


def test_a_failed_training_has_every_score_as_null_and_leaves_no_model(imbaloss, tmp_path):
    imbaloss("train", *QUICK)
    code, out, _ = imbaloss("train", *QUICK, "--json", "--loss", "wce", "--lr", "1e30")
    found = json.loads(out)
    assert code == 0
    assert "no longer finite" in found["failure"]
    assert {found[name] for name in SCORES} == {None}
    assert found["model"] is None
    assert not list((tmp_path / "results" / "train" / "model").iterdir())


def test_the_same_command_writes_the_same_model_in_two_processes(tmp_path):
    for name in ("a", "b"):
        subprocess.run(
            [IMBALOSS, "train", *QUICK, "--out", name, "--quiet"], cwd=tmp_path, check=True, capture_output=True
        )
    first, second = ((tmp_path / name / "model" / network_file.NAME).read_bytes() for name in ("a", "b"))
    assert first == second


def test_verbose_says_how_networks_are_trained(imbaloss):
    """116 samples of 64 inputs: their span is less work than the inputs."""
    code, _, err = imbaloss("train", *QUICK, "--quiet", "--verbose")
    assert code == 0
    assert err.startswith("plan for 116 samples of 64 inputs: 1 stack of 1 network, first layer within the span")
    assert "first layer within the span of the samples, steps fused, products by " in err
    assert imbaloss("train", *QUICK, "--quiet")[2] == ""
    _, _, err = imbaloss("train", *QUICK, "--quiet", "--verbose", "--optimizer", "adam")
    assert "first layer of all inputs, steps fused" in err
    assert "adam scales each weight by itself, which leaves the span of the samples" in err


def test_a_tuned_learning_rate_is_told(imbaloss):
    words = ("--epochs", "3", "--hidden", "4", "--quiet", "--tune-lr", "0.01,0.3")
    code, out, _ = imbaloss("train", *words)
    assert code == 0
    assert re.search(r"^learning rate 0\.(01|3), the best on validation of 0\.01, 0\.3$", out, re.MULTILINE)
    code, out, _ = imbaloss("reproduce", "--dataset", "digits_3_8", "--loss", "mse", "--seeds", "3", *words)
    assert code == 0
    assert "learning rate (runs)" in out
    assert "The best learning rate was the " in out
    page = Path("results/table1/report.html").read_text()
    assert re.search(r'<small class="setting">lr 0\.\d+ \(\d\)', page)


def test_the_version_is_that_of_the_package(imbaloss):
    assert imbaloss("--version") == (0, f"{version('imbaloss')}\n", "")


def test_a_bug_report_has_versions_machine_and_variables(imbaloss, monkeypatch):
    monkeypatch.setenv("IMBALOSS_DATA", "/some/folder")
    code, out, err = imbaloss("--version", "--verbose")
    told = dict(re.split(r"\s+", line, maxsplit=1) for line in out.splitlines())
    assert (code, err) == (0, "")
    assert told["imbaloss"] == version("imbaloss")
    assert told["scikit-learn"] == version("scikit-learn")
    assert told["IMBALOSS_DATA"] == "/some/folder"
    assert "pytest" not in told
    assert re.fullmatch(r"\d+ cores with \w+, \d+ threads", told["processor"])


def test_verbose_alone_is_refused(imbaloss):
    message = "imbaloss: --verbose is only for `imbaloss --version --verbose`\n"
    assert imbaloss("--verbose") == imbaloss("--verbose", "losses") == (2, "", message)


def test_python_runs_the_package_as_the_command():
    words = [sys.executable, "-m", "imbaloss", "--version"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == f"{version('imbaloss')}\n"


def test_a_shell_completes_commands_and_options():
    asked = os.environ | {
        "_IMBALOSS_COMPLETE": "complete_bash",
        "COMP_WORDS": "imbaloss predict --adj",
        "COMP_CWORD": "2",
    }
    words = [sys.executable, "-m", "imbaloss"]
    completed = subprocess.run(words, env=asked, capture_output=True, text=True, check=True)
    assert completed.stdout.split() == ["--adjust-prevalence"]


def test_ctrl_c_in_train_says_so(tmp_path):
    command = [IMBALOSS, "train", "--epochs", "1000000", "--quiet"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "results" / "train" / "study.toml").exists():
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "interrupted; to go on: imbaloss train --epochs 1000000 --quiet\n")


def test_the_same_command_gives_the_same_numbers(imbaloss):
    first, second = (json.loads(imbaloss("train", "--json", *QUICK)[1]) for _ in range(2))
    for found in (first, second):
        del found["stack_seconds"], found["predict_seconds"]
    assert first == second


@pytest.mark.parametrize(
    "options",
    [
        ("--test-batch", "7"), ("--test-batch", "7", "--no-shuffle-test"), ("--no-shuffle-test",),
    ],
)  # fmt: skip
def test_no_score_depends_on_how_the_test_is_read(imbaloss, options):
    first, second = (json.loads(imbaloss("train", "--json", *QUICK, *some)[1]) for some in ((), options))
    for name in SCORES:
        assert first[name] == pytest.approx(second[name], rel=1e-6)
    assert first["losses"] == second["losses"]


OPTIONS = (
    "--no-shuffle-train", "--train-batch 5", "--lr 0.01", "--momentum 0.5", "--weight-decay 1", "--optimizer adam",
    "--activation tanh", "--init he", "--scaling standard", "--outputs 2", "--precision float64", "--seed 1",
    "--protocol ratio", "--positive 3", "--hidden 4,3", "--tune-lr 1e-3,1e-2",
    pytest.param("--precision bf16", marks=needs_bfloat16),
)  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS)
def test_every_option_changes_the_training(imbaloss, options):
    first, second = (json.loads(imbaloss("train", "--json", *QUICK, *some)[1]) for some in ((), options.split()))
    assert first["losses"] != second["losses"]


@pytest.mark.parametrize(("level", "protocol"), [("0", "table1"), ("1", "stated")])
def test_a_level_without_one_class_says_what_is_undefined(imbaloss, level, protocol):
    words = ("train", *QUICK, "--level", level, "--protocol", protocol)
    code, out, _ = imbaloss(*words)
    assert code == 0
    assert "undefined: there are no " in out
    found = json.loads(imbaloss(*words, "--json")[1])
    assert found["roc_auc"] is None
    assert found["undefined"]["test"]["roc_auc"].startswith("there are no ")


REFUSED = [
    (("train", "--loss", "msef"), "there is no loss 'msef' (did you mean 'ms"),
    (("train", "--loss", "focal:gama=1"), "focal has no parameter 'gama' (did you mean 'gamma'?)"),
    (("train", "--loss", "focal:gamma=-1"), "gamma must be >= 0 and finite, found -1"),
    (
        ("train", "--loss", "wce:class_weights=1:2:3"),
        "class_weights must have one entry a class, found 3 for 2 classes",
    ),
    (("train", "--hidden", "2000000000"), "hidden widths must be 1 to 100000"),
    (("train", "--level", "1.5", "--protocol", "stated"), "level must be from 0 to 1 under protocol stated, found 1.5"),
    (("train", "--level", "0.7"), "level must be from 0 to 0.5 under protocol table1, found 0.7"),
    (("train", "--level", "nan"), "level must be from 0 to 0.5"),
    (("train", "--level", "1.2", "--protocol", "ratio"), "needs 146 train images of 8, and digits_3_8 has 116"),
    (("train", "--level", "many"), "--level"),
    (("train", "--dataset", "tree1"), "there is no data set 'tree1' (did you mean 'tree_1'?)"),
    (("train", "--dataset", "tree_1", "--data-dir", "."), "holds no CIFAR-100"),
    (("train", "--positive", "9"), "digits_3_8 has no class '9'; it has 3 and 8"),
    (("train", "--protocol", "tabel1"), "there is no protocol 'tabel1' (did you mean 'table1'?)"),
    (("train", "--seed", "-1"), "--seed"),
    (("train", "--device", "cuda:77"), "this machine has no device cuda:77"),
    (
        ("train", "--hidden", "10;5"),
        "--hidden must be whole numbers with commas between them, as 1000,100,10, found '10;5'",
    ),
    (("train", "--train-batch", "0"), "train_batch must be 1 or more, found 0"),
    (("train", "--lr", "0"), "lr must be above 0 and finite, found 0"),
    (("train", "--tune-lr", "0.1,0"), "lr must be above 0 and finite, found 0"),
    (("train", "--tune-lr", "0.1,0.10"), "tune_lr must name each rate once, found (0.1, 0.1)"),
    (("train", "--lr", "1e-60"), "lr must be above 0 and finite, found 1e-60 for torch.float32"),
    (("train", "--tune-lr", "0.1;1"), "--tune-lr must be numbers with commas between them, as 0.01,0.1, found '0.1;1'"),
    (("train", "--tune-lr", ","), "--tune-lr must be numbers with commas between them, as 0.01,0.1, found ','"),
    (
        ("train", "--tune-lr", "0.1,1", "--lr", "0.1"),
        "--lr and --tune-lr exclude each other: --tune-lr chooses the learning rate, so leave one out",
    ),
    (("train", "--tune-lr", "0.1,1", "--level", "0"), "leaves no validation part with both classes"),
    (("train", "--precision", "bf61"), "there is no precision 'bf61' (did you mean 'bf16'?)"),
    (("train", "--epochs", "0"), "epochs must be 1 or more, found 0"),
    (("train", "--out", "/proc/nothing"), "/proc/nothing"),
    (("train", "--no-such-option"), "--no-such-option"),
    (("reproduce", "--dataset", "tree_1", "--dataset", "digits_3_8"), "no built-in study has tree_1 and digits_3_8"),
    (("reproduce", "--seeds", "0"), "--seeds must be 1 or more, found 0"),
    (("reproduce", "--seeds", "two"), "--seeds must be a whole number, found 'two'"),
    (("reproduce", "--workers", "0"), "--workers"),
    (("reproduce", "--workers", "2"), "workers is for the executor processes only, and the executor is here"),
    (("reproduce", "--ray-address", "auto"), "address is for the executor ray only, and the executor is here"),
    (("reproduce", "--executor", "rai"), "there is no executor 'rai' (did you mean 'ray'?)"),
    (("status", "nowhere"), "there is no folder nowhere: no study was run there"),
    (("reproduce", "--dataset", "digits_3_8", "--loss", "mse", "--loss", "nfe"), "there is no loss 'nfe'"),
    (("trian",), "trian"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_wrong_input_is_one_line_exit_code_2_and_nothing_written(imbaloss, tmp_path, words, sentence):
    code, out, err = imbaloss(*words)
    assert (code, out) == (2, "")
    assert err.startswith("imbaloss: ")
    assert err.count("\n") == 1
    assert sentence in err
    assert not list(tmp_path.iterdir())


def test_a_level_of_a_lesser_kind_is_refused_before_any_download(imbaloss, monkeypatch):
    """The files of CIFAR-100 are not there, and are not asked for."""
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("went to the network"))
    code, _, err = imbaloss("reproduce", "--level", "0.7")
    assert code == 2
    assert "level must be from 0 to 0.5" in err


def test_no_network_is_one_line(imbaloss, monkeypatch, tmp_path):
    monkeypatch.setattr("imbaloss.data.cifar100.DOWNLOAD", "http://127.0.0.1:9/cifar-100-binary.tar.gz")
    code, out, err = imbaloss("train", "--dataset", "tree_1", "--quiet")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "could not be downloaded" in err
    assert not list(tmp_path.iterdir())


def test_losses_and_datasets_are_listed(imbaloss):
    for command, names in (("losses", losses.names()), ("datasets", data.SETS)):
        code, out, _ = imbaloss(command)
        assert code == 0
        assert all(f"\n{name} " in f"\n{out}" for name in names)
        assert [entry["name"] for entry in json.loads(imbaloss(command, "--json")[1])] == list(names)


def test_losses_says_what_is_known_of_a_loss_in_lines_of_100(imbaloss):
    _, out, _ = imbaloss("losses")
    assert max(map(len, out.splitlines())) <= 100
    words = " ".join(out.split())
    for name in losses.names():
        facts = losses.facts(name)
        assert all(facts[key] in words for key in ("title", "formula", "source", "missing_class", "use"))
    for part in (*losses.ERRORS, *losses.REDUCTIONS):
        assert part in words


def test_losses_shows_one_by_name(imbaloss):
    code, out, _ = imbaloss("losses", "focal")
    assert code == 0
    assert out.startswith("focal  Focal loss\n")
    assert "gamma=2, alpha=0.25" in out
    assert out.count("formula") == 1
    assert json.loads(imbaloss("losses", "focal", "--json")[1]) == [losses.facts("focal")]
    code, out, err = imbaloss("losses", "focall")
    assert (code, out) == (2, "")
    assert err.startswith("imbaloss: there is no loss 'focall' (did you mean 'focal'?)")


@pytest.mark.parametrize("network", ["cnn", "fcn", "prototype", "cnn/prototype:per_class=2"])
def test_each_kind_of_network_trains(imbaloss, network):
    """On images that are flipped and moved, with two outputs; what is asked is told."""
    layers = ("--hidden", "5") if network == "prototype" else ("--channels", "4,8")
    words = ("--network", network, *layers, "--flip", "--shift", "1", "--epochs", "2", "--outputs", "2")
    code, out, err = imbaloss("train", *words, "--json", "--quiet")
    assert (code, err) == (0, "")
    recipe = json.loads(out)["recipe"]
    assert (recipe["network"], recipe["flip"], recipe["shift"]) == (network, True, 1)
    assert recipe["channels"] == (None if network == "prototype" else [4, 8])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--network", "cnnn"), "there is no network 'cnnn' (did you mean 'cnn'?); there are mlp, cnn, fcn, prototype"),
        (("--network", "prototype:classes=2"), "prototype has no parameter 'classes'"),
        (
            ("--network", "cnn", "--channels", "a,b"),
            "--channels must be whole numbers with commas between them, as 16,32,64, found 'a,b'",
        ),
        (("--channels", "4,8"), "channels is for cnn and fcn, and the network is mlp"),
        (("--network", "cnn/prototype", "--hidden", "5"), "hidden is for mlp, and the network is cnn/prototype"),
        (("--network", "cnn", "--channels", "0"), "channels must be 1 to 100000, found (0,)"),
        (("--shift", "-2"), "shift must be 0 (none) or more pixels, found -2"),
        (("--shift", "8"), "shift must be smaller than the image, whose shorter side has 8 pixels, found 8"),
    ],
)
def test_what_is_no_network_is_refused(imbaloss, tmp_path, words, sentence):
    code, out, err = imbaloss("train", *words, "--out", "there")
    assert (code, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "there").exists()
