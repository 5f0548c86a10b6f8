"""The fits of `benchmarks.holdouts`: a process reads the rows in a folder, fits a method, and writes its prediction.

    python -m benchmarks.holdout_methods METHOD FOLDER

The folder holds the features to learn from and those of the holdout, the labels to learn from with a mask of the
validation rows, and options. A prediction holds the probabilities of the holdout, and either a threshold or the
probabilities of the validation rows. `benchmarks/realmlp.py` keeps the same form.
"""

import importlib.metadata
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

TRAIN, HOLDOUT, LABELS = "train.parquet", "holdout.parquet", "labels.npz"
OPTIONS, PREDICTION = "options.json", "prediction.npz"

LIGHTGBM_NAMES = ("learning_rate", "num_leaves", "min_data_in_leaf")
LIGHTGBM_SETTINGS = ((0.05, 31, 20), (0.05, 7, 20), (0.05, 15, 5), (0.05, 15, 100), (0.1, 31, 100), (0.03, 7, 5))
LIGHTGBM_ROUNDS = 2000
LIGHTGBM_PATIENCE = 50  # rounds without a lower log-loss on the validation rows


def read_rows_to_fit(folder: Path) -> tuple[pd.DataFrame, NDArray[np.int64], NDArray[np.bool_], pd.DataFrame]:
    """Return the features to learn from, their labels, the mask of validation rows, and the holdout's features."""
    with np.load(folder / LABELS) as arrays:
        labels, is_validation = arrays["labels"], arrays["is_validation"]
    return pd.read_parquet(folder / TRAIN), labels, is_validation, pd.read_parquet(folder / HOLDOUT)


def fit_imbaloss(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Fit the method that `imbaloss.compare` recommends, and predict with it and its threshold.

    Raises:
        ValueError: The recommended method could not be trained on all rows.
    """
    import torch

    import imbaloss

    torch.set_num_threads(options["threads"])
    train, labels, _, holdout = read_rows_to_fit(folder)
    wall, cpu = time.perf_counter(), time.process_time()
    effort: dict[str, Any] = {"budget": options["budget"]}
    if repetitions := options.get("repetitions"):
        effort = {"repetitions": repetitions, "importance": False}  # which columns matter changes no prediction
    answer = imbaloss.compare(train, labels, positive=1, **effort)
    times = {"fit_wall_s": time.perf_counter() - wall, "fit_cpu_s": time.process_time() - cpu}
    if answer.model is None:
        raise ValueError(f"{answer.best} is recommended, but it could not be trained on all rows")
    probabilities = answer.model.predict_proba(holdout)[:, 1]
    return {"holdout": probabilities, "threshold": answer.model.threshold.value, "chosen": answer.best, **times}


def fit_lightgbm(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Fit LightGBM with each of six settings, stopped early by the log-loss of the validation rows.

    The setting with the highest average precision on these rows predicts; of equal ones that with the lower log-loss.
    """
    try:
        import lightgbm
    except ImportError:
        sys.exit("LightGBM is not installed: pip install --constraint constraints.txt lightgbm")
    train, labels, is_validation, holdout = read_rows_to_fit(folder)
    for name in train.select_dtypes("category"):
        holdout[name] = holdout[name].cat.set_categories(train[name].cat.categories)
    wall, cpu = time.perf_counter(), time.process_time()
    fixed = {
        "objective": "binary", "metric": "binary_logloss", "feature_pre_filter": False, "deterministic": True,
        "verbose": -1, "seed": options["seed"], "num_threads": options["threads"],
    }  # fmt: skip
    fit_rows = lightgbm.Dataset(train[~is_validation], labels[~is_validation], params=fixed, free_raw_data=False)
    validation_rows = fit_rows.create_valid(train[is_validation], labels[is_validation], params=fixed)
    fits = []
    for values in LIGHTGBM_SETTINGS:
        setting = dict(zip(LIGHTGBM_NAMES, values, strict=True))
        stop = lightgbm.early_stopping(LIGHTGBM_PATIENCE, verbose=False)
        booster = lightgbm.train(
            fixed | setting, fit_rows, LIGHTGBM_ROUNDS, valid_sets=[validation_rows], callbacks=[stop]
        )
        probabilities = booster.predict(train[is_validation])
        precision = average_precision_score(labels[is_validation], probabilities)
        log_loss = booster.best_score["valid_0"]["binary_logloss"]
        fits.append((precision, -log_loss, setting | {"rounds": booster.best_iteration}, booster, probabilities))
    *_, setting, booster, probabilities = max(fits, key=lambda fit: fit[:2])
    times = {"fit_wall_s": time.perf_counter() - wall, "fit_cpu_s": time.process_time() - cpu}
    chosen = ", ".join(f"{name} {value:g}" for name, value in setting.items())
    return {"holdout": booster.predict(holdout), "validation": probabilities, "chosen": chosen, **times}


FITS = {"imbaloss": fit_imbaloss, "lightgbm": fit_lightgbm}


def main(method: str, folder: Path) -> None:
    """Fit a method on the rows in a folder, and write its prediction there."""
    prediction = FITS[method](folder, json.loads((folder / OPTIONS).read_text()))
    np.savez(folder / PREDICTION, version=importlib.metadata.version(method), **prediction)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
