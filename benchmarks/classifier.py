"""ImbalancedClassifier beside scikit-learn's MLPClassifier and skorch: time, memory and score, each in its own process.

    python -m benchmarks.classifier [--seeds 3]

Tables with 5 % positives, of which a fifth more is generated to be tested on. `alike`: one hidden layer of 100 units,
Adam at 0.001, cross-entropy, batches of 200, as many epochs for all. `defaults`: what each does when it is told nothing
but the seed (skorch has no network of its own). Memory is what the process has held at most, less what it held before
the fit. Ratios are of the means over the seeds, theirs divided by ours: above 1, ours needs less.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neural_network import MLPClassifier

from imbaloss import ImbalancedClassifier
from imbaloss.statistics import t_interval
from imbaloss.studies.forecast import peak_memory

SIZES = {"5,000 x 30": (5000, 30, 50), "100,000 x 54": (100_000, 54, 10)}  # samples, columns, epochs where alike
BATCH = 200


def skorch(columns: int, epochs: int, seed: int) -> Any:
    from skorch import NeuralNetBinaryClassifier
    from torch import nn

    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(columns, 100), nn.ReLU(), nn.Linear(100, 1), nn.Flatten(0))
    return NeuralNetBinaryClassifier(
        network, max_epochs=epochs, batch_size=BATCH, optimizer=torch.optim.Adam, lr=1e-3, train_split=None,
        iterator_train__shuffle=True, verbose=0,
    )  # fmt: skip


ALIKE: dict[str, Callable[[int, int, int], Any]] = {
    "imbaloss": lambda _, epochs, seed: ImbalancedClassifier(
        "ce", epochs=epochs, batch_size=BATCH, weight_decay=0, random_state=seed
    ),
    "imbaloss, 10 networks": lambda _, epochs, seed: ImbalancedClassifier(
        "ce", epochs=epochs, batch_size=BATCH, weight_decay=0, random_state=seed, n_networks=10
    ),
    "MLPClassifier": lambda _, epochs, seed: MLPClassifier(
        max_iter=epochs, n_iter_no_change=epochs, batch_size=BATCH, alpha=0, random_state=seed
    ),
    "skorch": skorch,
}
DEFAULTS: dict[str, Callable[[int, int, int], Any]] = {
    "imbaloss": lambda *_, seed: ImbalancedClassifier(random_state=seed),
    "imbaloss, ce": lambda *_, seed: ImbalancedClassifier("ce", random_state=seed),
    "MLPClassifier": lambda *_, seed: MLPClassifier(random_state=seed),
}
SETTINGS = {"alike": ALIKE, "defaults": DEFAULTS}


def make(size: str, seed: int, file: Path) -> None:
    """A table, standardised. In a process of its own, so that what it takes counts for nobody."""
    samples, columns, _ = SIZES[size]
    X, y = make_classification(
        samples * 6 // 5, columns, n_informative=10, n_redundant=5, weights=[0.95], class_sep=0.8, random_state=seed
    )
    np.savez(file, X=((X - X.mean(0)) / X.std(0)).astype(np.float32), y=y)


def measure(setting: str, name: str, size: str, seed: int, file: Path) -> dict[str, float]:
    """In this process."""
    warnings.simplefilter("ignore")  # of MLPClassifier, which did not converge
    samples, columns, epochs = SIZES[size]
    with np.load(file) as arrays:
        X, y = arrays["X"], arrays["y"]
    made = SETTINGS[setting][name]
    ImbalancedClassifier(epochs=1).fit(X[:200], y[:200])  # what is loaded once
    made(columns, 1, seed) if setting == "alike" else None
    before = peak_memory() or 0
    start = time.perf_counter()
    classifier = made(columns, epochs, seed) if setting == "alike" else made(seed=seed)
    classifier.fit(X[:samples], y[:samples].astype(np.float32) if name == "skorch" else y[:samples])
    fit = time.perf_counter() - start
    memory = (peak_memory() or 0) - before
    start = time.perf_counter()
    found = classifier.predict_proba(X[samples:])[:, 1]
    predict = time.perf_counter() - start
    truth = y[samples:]
    return {
        "fit": fit,
        "predict": predict,
        "memory": memory / 2**20,
        "ROC-AUC": roc_auc_score(truth, found),
        "average precision": average_precision_score(truth, found),
    }


def in_own_process(*words: str) -> Any:
    command = [sys.executable, "-m", "benchmarks.classifier", "--one", *words]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        *words, seed, file = options.one
        print(json.dumps((measure if len(words) > 1 else make)(*words, int(seed), Path(file))))
        return
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors, torch {torch.__version__}")
    for size in SIZES:
        for setting, contenders in SETTINGS.items():
            runs = {name: [] for name in contenders}
            for seed in range(options.seeds):
                with TemporaryDirectory() as folder:
                    file = str(Path(folder) / "table.npz")
                    in_own_process(size, str(seed), file)
                    for name in contenders:  # in turn, so that a busy minute is shared by all
                        runs[name].append(in_own_process(setting, name, size, str(seed), file))
            print(f"\n{size}, {setting}, {options.seeds} seeds")
            ours = {key: np.mean([run[key] for run in runs["imbaloss"]]) for key in runs["imbaloss"][0]}
            for name, some in runs.items():
                mean = {key: np.mean([run[key] for run in some]) for key in ours}
                ratios = ", ".join(f"{key} {mean[key] / ours[key]:.2f}" for key in ("fit", "predict"))
                scores = []
                for key in ("ROC-AUC", "average precision"):
                    differences = np.array(
                        [one[key] - own[key] for one, own in zip(some, runs["imbaloss"], strict=True)]
                    )
                    _, low, high = t_interval(differences)
                    beside = f" ({differences.mean():+.4f} [{low:+.4f}, {high:+.4f}])" if name != "imbaloss" else ""
                    scores.append(f"{key} {mean[key]:.4f}{beside}")
                print(
                    f"{name:22} fit {mean['fit']:7.2f} s, predict {1000 * mean['predict']:6.1f} ms, memory "
                    f"{mean['memory']:5.0f} MiB; ratios {ratios}; {'; '.join(scores)}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
