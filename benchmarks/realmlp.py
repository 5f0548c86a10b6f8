"""Fit pytabkit's RealMLP-TD for `benchmarks.holdouts`, in an environment that has pytabkit and not imbaloss.

    python -m venv realmlp
    realmlp/bin/pip install pytabkit==1.8.0 pyarrow
    python -m benchmarks.holdouts rows.jsonl --method realmlp --realmlp-python realmlp/bin/python

The settings are those that pytabkit recommends for scores other than accuracy: no label smoothing, and the epoch with
the lowest log-loss on the validation rows. Missing numbers, which it does not take, become the column's median.
"""

import importlib.metadata
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from pytabkit import RealMLP_TD_Classifier


def main(folder: Path) -> None:
    """Read the rows in a folder, fit, and write the probabilities of the validation rows and the holdout there."""
    options = json.loads((folder / "options.json").read_text())
    torch.set_num_threads(options["threads"])
    train, holdout = (pd.read_parquet(folder / f"{name}.parquet") for name in ("train", "holdout"))
    with np.load(folder / "labels.npz") as arrays:
        labels, is_validation = arrays["labels"], arrays["is_validation"]
    medians = train[~is_validation].median(numeric_only=True)
    train, holdout = train.fillna(medians), holdout.fillna(medians)
    wall, cpu = time.perf_counter(), time.process_time()
    model = RealMLP_TD_Classifier(
        device="cpu",
        random_state=options["seed"],
        n_threads=options["threads"],
        use_ls=False,
        val_metric_name="cross_entropy",
    )
    model.fit(train, labels, val_idxs=np.flatnonzero(is_validation))
    times = {"fit_wall_s": time.perf_counter() - wall, "fit_cpu_s": time.process_time() - cpu}
    np.savez(
        folder / "prediction.npz",
        holdout=model.predict_proba(holdout)[:, 1],
        validation=model.predict_proba(train[is_validation])[:, 1],
        chosen="RealMLP-TD",
        version=importlib.metadata.version("pytabkit"),
        **times,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
