"""Why do MFE and MSFE converge in another way than MSE? Speed, smoothness and spread, factor by factor; the bias."""

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
from findings.paired import F1, HALVED, ROC, at, compared, mean_of
from findings.stored import Stored
from imbaloss.report.figures import STYLE
from imbaloss.report.figures.curves import draw_band
from imbaloss.report.figures.style import assign_marks, select_line_style
from imbaloss.statistics import Verdict, t_interval

Floats = NDArray[np.float64]
STUDIES = ("convergence", "convergence_household")
MORE = tuple(f"python -m findings.bias {study} --data-dir PATH" for study in STUDIES)
SQUARES = ("msfe", "msfe_unbiased", "msfe:running=0.1")  # their root is in the units of an error
MEASURES = (HALVED, "rises", "apart", F1, ROC)
PLAIN = {"init": "torch", "train_batch": 128, "sampler": "none", "lr": 0.1}
FACTORS = {  # each entry against the plain one, all else plain
    "init": "initial weights",
    "train_batch": "batch size",
    "sampler": "batching",
    "lr": "learning rate",
}
HALF = 0.5  # of the best constant output's error
SMALLEST = 1e-12  # of an error, before its logarithm
CURVES = ("mse", "wmse", "mfe", "msfe")


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    return {"studies": {name: of_study(one) for name, one in stored.items()}, "factors": FACTORS}


def of_study(one: Stored) -> dict[str, Any]:
    """plain: each loss against MSE; settings: see there, of all that were trained.

    decidable: plain without the speeds of two that never get to half; factors[factor][loss]: each entry against the
    plain one; curves: of `relative`.
    """
    frame, errors = measured(one)
    plain = at(frame, **PLAIN)
    curves = {loss: [errors[place] for place in some.index] for loss, some in plain.groupby("loss", sort=False)}
    estimators = along(frame, "train_batch")
    to_mse = measures(plain, "loss", "mse")
    return {
        "dataset": one.study.datasets[0],
        "losses": tuple(map(str, one.study.losses)),
        "epochs": one.rows[0].run.recipe.epochs,
        "plain": to_mse,
        "decidable": to_mse[(to_mse["score"] != HALVED) | (to_mse["first_reached"] + to_mse["second_reached"] > 0)],
        "settings": settings(compared(frame, "loss", within=list(PLAIN), against="mse", scores=(HALVED,))),
        "estimators": {
            batch: measures(some[some["loss"].isin(SQUARES)], "loss", "msfe")
            for batch, some in estimators.groupby("train_batch")
        },
        "factors": {
            factor: of_factor(frame, factor) for factor in FACTORS if along(frame, factor)[factor].nunique() > 1
        },
        "means": {
            loss: {score: mean_of(some, score) for score in MEASURES}
            for loss, some in plain.groupby("loss", sort=False)
        },
        "reached": plain.groupby("loss")["reached"].mean(),
        "first": {loss: float(np.mean([curve[0] for curve in some])) for loss, some in curves.items()},
        "curves": curves,
        "bias": bias(one),
    }


def settings(lines: pd.DataFrame) -> dict[str, Any]:
    """How many there are; by loss, in how many it needs decidedly fewer epochs to half than MSE, and more."""
    counted = {
        name: {str(loss): int((some["verdict"] == verdict).sum()) for loss, some in lines.groupby("first")}
        for name, verdict in (("fewer", Verdict.WORSE), ("more", Verdict.BETTER))  # of what is halved, less is faster
    }
    return {"number": len(lines.groupby(list(PLAIN))), **counted}


def measured(one: Stored) -> tuple[pd.DataFrame, list[Floats]]:
    """The frame with what each training curve tells, and the curves, a line each.

    halved: log2 of the epoch by which the error is half of the best constant output's; one more than the last where it
    never is, which reached says. rises: see there. apart: the distance of F1 at ½ from the median over the seeds.
    """
    errors = [relative(row.losses, row.run.method.learned, row.counts.train) for row in one.store.with_losses(one.rows)]
    frame = one.frame.assign(
        init=[row.run.recipe.init for row in one.rows],
        train_batch=[row.run.recipe.train_batch for row in one.rows],
        lr=[row.run.recipe.lr for row in one.rows],
        halved=[halved(error) for error in errors],
        reached=[bool((error <= HALF).any()) for error in errors],
        rises=[rises(error) for error in errors],
    )
    median = frame.groupby(["loss", *PLAIN])[F1].transform("median")
    return frame.assign(apart=(frame[F1] - median).abs()), errors


def relative(losses: Sequence[float], loss: str, counts: Sequence[int]) -> Floats:
    """(epochs,): the training error as a share of what the best constant output has; of MSFE, the roots of both.

    The best constant output is the share of positives under MSE, with error ½ π (1 - π), and ½ under class means, with
    1/8 in each class.
    """
    share = counts[1] / sum(counts)
    constant = share * (1 - share) / 2 if loss == "mse" else 2 * 0.125**2 if loss in SQUARES else 0.25
    found = np.maximum(np.array(losses) / constant, 0)  # an unbiased estimate may be below 0
    return np.sqrt(found) if loss in SQUARES else found


def halved(error: Floats) -> float:
    below = np.flatnonzero(error <= HALF)
    return log2(below[0] + 1 if len(below) else len(error) + 1)


def rises(error: Floats) -> float:
    """Of all that the log error moves from epoch to epoch in the second half, the share that goes up."""
    changes = np.diff(np.log(np.maximum(error[len(error) // 2 :], SMALLEST)))
    total = np.abs(changes).sum()
    return float(changes[changes > 0].sum() / total) if total else 0.0


def along(frame: pd.DataFrame, factor: str) -> pd.DataFrame:
    """All entries of one factor, with the others plain."""
    return at(frame, **{name: value for name, value in PLAIN.items() if name != factor})


def of_factor(frame: pd.DataFrame, factor: str) -> dict[str, pd.DataFrame]:
    """Of each loss: the entries against the plain one."""
    some = along(frame, factor).astype({factor: str})
    return {
        str(loss): measures(of_loss, factor, str(PLAIN[factor])) for loss, of_loss in some.groupby("loss", sort=False)
    }


def measures(frame: pd.DataFrame, by: str, against: str) -> pd.DataFrame:
    """All MEASURES; of the first and of the second, the share of the trainings that get to half."""
    shares = frame.groupby(by)["reached"].mean()
    lines = compared(frame, by, against=against, scores=MEASURES)
    return lines.assign(first_reached=lines["first"].map(shares), second_reached=lines["second"].map(shares))


def bias(one: Stored) -> dict[str, Any]:
    """Of bias.csv, by loss, batch and epoch: the mean over the seeds of each column, of the bias its interval too.

    bias: what the mean over batches lies above the loss of the whole training set, as a share of the latter; noise: the
    deviation of a batch's loss as a share of their mean, of MSFE half of that, as of its root. highest: by batch, the
    interval of MSFE's bias after the epoch where it is the highest. Raises OSError where it was not measured.
    """
    file = one.store.file.parent / FILE
    if not file.exists():
        raise OSError(f"there is no {file}: python -m findings.bias {one.study.name} --data-dir PATH writes it")
    found = pd.read_csv(file)
    roots = np.where(found["loss"].isin(SQUARES), 2, 1)
    found = found.assign(bias=found["mean"] / found["whole"] - 1, noise=found["deviation"] / found["mean"] / roots)
    keys = ["loss", "batch", "epoch"]
    intervals = {key: t_interval(some["bias"].to_numpy()) for key, some in found.groupby(keys)}
    batches, epochs = (sorted(found[name].unique().tolist()) for name in keys[1:])
    return {
        "at": found.groupby(keys)[["noise", "cosine", "length", "without"]].mean().to_dict("index"),
        "intervals": intervals,
        "epochs": epochs,
        "batches": batches,
        "highest": {
            batch: max((intervals["msfe", batch, epoch] for epoch in epochs), key=lambda one: one.estimate)
            for batch in batches
        },
    }


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.4), layout="constrained")
        panels = figure.subplots(1, len(found["studies"]), sharey=True)
        for panel, one in zip(panels, found["studies"].values(), strict=True):
            for loss, mark in assign_marks(CURVES).items():
                if curves := one["curves"].get(loss):
                    draw_band(panel, np.arange(1, len(curves[0]) + 1), np.array(curves), select_line_style(mark), loss)
            panel.axhline(1, color="black", linewidth=0.8, linestyle=":")
            panel.set(title=f"{one['dataset']}, batches of 128", xlabel="epoch", ylim=(0, None))
            panel.xaxis.set_major_locator(MaxNLocator(integer=True))
            panel.grid(alpha=0.3)
        panels[0].set_ylabel("error / that of the best constant output")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    caption = (
        "Training error over the epochs as a share of what the best constant output has (dotted), of MSFE the root of "
        "both: median over the seeds, band between the quartiles"
    )
    return {"convergence": (figure, caption)}
