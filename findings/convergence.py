"""Why do MFE and MSFE converge differently from MSE? Speed, smoothness and spread, factor by factor, and the bias."""

from collections.abc import Mapping, Sequence
from math import log2
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from findings.bias import FILE
from findings.paired import F1, HALVED, ROC, average_over_seeds, compare_entries, select_lines
from findings.stored import Stored
from imbaloss.report.figures import STYLE
from imbaloss.report.figures.curves import draw_band
from imbaloss.report.figures.style import choose_looks
from imbaloss.statistics import Verdict, t_interval

Floats = NDArray[np.float64]
STUDIES = ("convergence", "convergence_household")
MORE = tuple(f"python -m findings.bias {study} --data-dir PATH" for study in STUDIES)
SQUARES = ("msfe", "msfe_unbiased", "msfe:running=0.1")  # squares of errors, of which curves show the root
MEASURES = (HALVED, "rises", "apart", F1, ROC)
PLAIN = {"init": "torch", "train_batch": 128, "sampler": "none", "lr": 0.1}
FACTORS = {  # entries of the recipe that are varied one at a time
    "init": "initial weights",
    "train_batch": "batch size",
    "sampler": "batching",
    "lr": "learning rate",
}
HALF = 0.5  # share of the best constant output's error
SMALLEST = 1e-12  # smaller errors are raised to it before the logarithm
CURVES = ("mse", "wmse", "mfe", "msfe")


def compute_facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """Compute what the page says: the facts of `compute_study` for each study."""
    return {"studies": {name: compute_study(study) for name, study in stored.items()}, "factors": FACTORS}


def compute_study(stored: Stored) -> dict[str, Any]:
    """Compute the facts of one study.

    Returns:
        Among others `plain`, each loss against MSE in the plain setting; `decidable`, the same without the speeds of
        two losses that never get to half; `settings`, the counts of `count_settings`; `factors`, by factor and loss,
        each entry against the plain one; `curves`, the relative errors of each loss (see `scale_errors`).
    """
    frame, errors = measure_curves(stored)
    plain = select_lines(frame, **PLAIN)
    curves = {loss: [errors[place] for place in group.index] for loss, group in plain.groupby("loss", sort=False)}
    estimators = vary_factor(frame, "train_batch")
    to_mse = compare_measures(plain, "loss", "mse")
    return {
        "dataset": stored.study.datasets[0],
        "losses": tuple(map(str, stored.study.losses)),
        "epochs": stored.rows[0].run.recipe.epochs,
        "plain": to_mse,
        "decidable": to_mse[(to_mse["score"] != HALVED) | (to_mse["first_reached"] + to_mse["second_reached"] > 0)],
        "settings": count_settings(compare_entries(frame, "loss", within=list(PLAIN), against="mse", scores=(HALVED,))),
        "estimators": {
            batch: compare_measures(group[group["loss"].isin(SQUARES)], "loss", "msfe")
            for batch, group in estimators.groupby("train_batch")
        },
        "factors": {
            factor: compare_factor(frame, factor)
            for factor in FACTORS
            if vary_factor(frame, factor)[factor].nunique() > 1
        },
        "means": {
            loss: {score: average_over_seeds(group, score) for score in MEASURES}
            for loss, group in plain.groupby("loss", sort=False)
        },
        "reached": plain.groupby("loss")["reached"].mean(),
        "first": {loss: float(np.mean([curve[0] for curve in of_loss])) for loss, of_loss in curves.items()},
        "curves": curves,
        "bias": read_bias(stored),
    }


def count_settings(lines: pd.DataFrame) -> dict[str, Any]:
    """Count the settings, and by loss those in which it needs significantly fewer or more epochs to half than MSE."""
    counted = {
        name: {str(loss): int((group["verdict"] == verdict).sum()) for loss, group in lines.groupby("first")}
        for name, verdict in (("fewer", Verdict.WORSE), ("more", Verdict.BETTER))  # fewer epochs are faster
    }
    return {"number": len(lines.groupby(list(PLAIN))), **counted}


def measure_curves(stored: Stored) -> tuple[pd.DataFrame, list[Floats]]:
    """Measure the training curve of each training.

    Returns:
        The frame with further columns, and the relative error of each training over its epochs. `halved` is log2 of the
        epoch by which the error is half of the best constant output's (one more than the last epoch if it never is),
        `reached` says whether it ever is, `rises` is that of `share_of_rises`, and `apart` is the distance of F1 at ½
        from the median over the seeds.
    """
    errors = [
        scale_errors(row.losses, row.run.method.learned, row.counts.train)
        for row in stored.store.with_losses(stored.rows)
    ]
    frame = stored.frame.assign(
        init=[row.run.recipe.init for row in stored.rows],
        train_batch=[row.run.recipe.train_batch for row in stored.rows],
        lr=[row.run.recipe.lr for row in stored.rows],
        halved=[log_halved(error) for error in errors],
        reached=[bool((error <= HALF).any()) for error in errors],
        rises=[share_of_rises(error) for error in errors],
    )
    median = frame.groupby(["loss", *PLAIN])[F1].transform("median")
    return frame.assign(apart=(frame[F1] - median).abs()), errors


def scale_errors(losses: Sequence[float], loss: str, counts: Sequence[int]) -> Floats:
    """Return the training error over the epochs, (epochs,), as a share of the error of the best constant output.

    For MSFE both are replaced by their roots.

    The best constant output is the share of positives under MSE, with error ½ π (1 - π), and ½ under class means, with
    1/8 in each class.
    """
    share = counts[1] / sum(counts)
    constant = share * (1 - share) / 2 if loss == "mse" else 2 * 0.125**2 if loss in SQUARES else 0.25
    shares = np.maximum(np.array(losses) / constant, 0)  # an unbiased estimate may be below 0
    return np.sqrt(shares) if loss in SQUARES else shares


def log_halved(error: Floats) -> float:
    """Return log2 of the first epoch with half of the constant's error; of one more than the last if there is none."""
    below = np.flatnonzero(error <= HALF)
    return log2(below[0] + 1 if len(below) else len(error) + 1)


def share_of_rises(error: Floats) -> float:
    """Return the upward share of the log error's movement in the second half of the epochs; 0 without movement."""
    changes = np.diff(np.log(np.maximum(error[len(error) // 2 :], SMALLEST)))
    total = np.abs(changes).sum()
    return float(changes[changes > 0].sum() / total) if total else 0.0


def vary_factor(frame: pd.DataFrame, factor: str) -> pd.DataFrame:
    """Keep the trainings with any entry of one factor and the plain entries of the others."""
    return select_lines(frame, **{name: value for name, value in PLAIN.items() if name != factor})


def compare_factor(frame: pd.DataFrame, factor: str) -> dict[str, pd.DataFrame]:
    """Compare, for each loss, the entries of a factor with the plain one."""
    varied = vary_factor(frame, factor).astype({factor: str})
    return {
        str(loss): compare_measures(of_loss, factor, str(PLAIN[factor]))
        for loss, of_loss in varied.groupby("loss", sort=False)
    }


def compare_measures(frame: pd.DataFrame, by: str, against: str) -> pd.DataFrame:
    """Compare the entries of `by` with `against` in all MEASURES, with the shares of trainings that get to half."""
    shares = frame.groupby(by)["reached"].mean()
    lines = compare_entries(frame, by, against=against, scores=MEASURES)
    return lines.assign(first_reached=lines["first"].map(shares), second_reached=lines["second"].map(shares))


def read_bias(stored: Stored) -> dict[str, Any]:
    """Read the bias and the noise of mini-batches from bias.csv.

    The bias is the distance of the mean over batches from the loss of the whole training set, as a share of the
    latter. The noise is the standard deviation of a batch's loss as a share of the mean, and half of that for MSFE, as
    for its root.

    Returns:
        `at`, by loss, batch size and epoch, the means over the seeds; `intervals`, those of the bias; `highest`, by
        batch size, the interval of MSFE's bias after the epoch with the highest; `epochs` and `batches`.

    Raises:
        OSError: The bias was not measured.
    """
    file = stored.store.file.parent / FILE
    if not file.exists():
        raise OSError(
            f"{file} does not exist. Write it by: python -m findings.bias {stored.study.name} --data-dir PATH"
        )
    frame = pd.read_csv(file)
    roots = np.where(frame["loss"].isin(SQUARES), 2, 1)
    frame = frame.assign(bias=frame["mean"] / frame["whole"] - 1, noise=frame["deviation"] / frame["mean"] / roots)
    keys = ["loss", "batch", "epoch"]
    intervals = {key: t_interval(group["bias"].to_numpy()) for key, group in frame.groupby(keys)}
    batches, epochs = (sorted(frame[name].unique().tolist()) for name in keys[1:])
    return {
        "at": frame.groupby(keys)[["noise", "cosine", "length", "without"]].mean().to_dict("index"),
        "intervals": intervals,
        "epochs": epochs,
        "batches": batches,
        "highest": {
            batch: max((intervals["msfe", batch, epoch] for epoch in epochs), key=lambda interval: interval.estimate)
            for batch in batches
        },
    }


def plot_figures(_: Mapping[str, Stored], facts: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    """Plot the figures of the page: by file name, each with its caption."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.4), layout="constrained")
        panels = figure.subplots(1, len(facts["studies"]), sharey=True)
        for panel, study in zip(panels, facts["studies"].values(), strict=True):
            for loss, look in choose_looks(CURVES).items():
                if curves := study["curves"].get(loss):
                    draw_band(panel, np.arange(1, len(curves[0]) + 1), np.array(curves), look)
            panel.axhline(1, color="black", linewidth=0.8, linestyle=":")
            panel.set(title=f"{study['dataset']}, batches of 128", xlabel="epoch", ylim=(0, None))
            panel.xaxis.set_major_locator(MaxNLocator(integer=True))
            panel.grid(alpha=0.3)
        panels[0].set_ylabel("error / that of the best constant output")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    caption = (
        "Training error over the epochs as a share of what the best constant output has (dotted), of MSFE the root of "
        "both: median over the seeds, band between the quartiles"
    )
    return {"convergence": (figure, caption)}
