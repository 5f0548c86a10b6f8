"""Why do MFE and MSFE converge in another way than MSE? Speed, smoothness and spread, factor by factor, and the bias."""

from collections.abc import Mapping
from math import log2
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from findings.paired import F1, ROC, compared, mean_of
from findings.stored import Stored
from imbaloss.report.figures import STYLE
from imbaloss.report.figures.curves import draw_band
from imbaloss.report.figures.style import line_of, marks

STUDIES = ("convergence", "convergence_household")
MORE = tuple(f"python -m findings.bias {study} --data-dir PATH" for study in STUDIES)
SQUARES = ("msfe", "msfe_unbiased", "msfe:running=0.1")  # their root is in the units of an error
HALVED, RISES, APART = "halved", "rises", "apart"
SCORES = (HALVED, RISES, APART, F1, ROC)
PLAIN = {"init": "torch", "train_batch": 128, "sampler": "none", "lr": 0.1}
FACTORS = {  # each entry against the plain one, all else plain
    "init": "initial weights",
    "train_batch": "batch size",
    "sampler": "batching",
    "lr": "learning rate",
}
CURVES = ("mse", "wmse", "mfe", "msfe")


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    return {"studies": {name: of_study(one) for name, one in stored.items()}, "factors": FACTORS}


def of_study(one: Stored) -> dict[str, Any]:
    """plain: each loss against MSE; factors[factor][loss]: each entry against the plain one; curves: relative errors."""
    frame, curves = measured(one)
    plain = at(frame, PLAIN)
    return {
        "dataset": one.study.datasets[0],
        "losses": [loss for loss in one.study.losses],
        "epochs": one.rows[0].run.recipe.epochs,
        "plain": compared(plain, "loss", against="mse", scores=SCORES),
        "estimators": {
            batch: compared(some[some["loss"].isin(SQUARES)], "loss", against="msfe", scores=SCORES)
            for batch, some in at(frame, {**PLAIN, "train_batch": None}).groupby("train_batch")
        },
        "factors": {factor: of_factor(frame, factor) for factor in FACTORS if at(frame, {**PLAIN, factor: None})[factor].nunique() > 1},
        "means": {
            loss: {score: mean_of(some, score) for score in SCORES} for loss, some in plain.groupby("loss", sort=False)
        },
        "first": {loss: float(np.mean([curve[0] for curve in curves[loss]])) for loss in curves},
        "curves": curves,
        "bias": bias(one),
    }


def measured(one: Stored) -> tuple[pd.DataFrame, dict[str, list[np.ndarray]]]:
    """The frame with what each training curve tells, and of each loss the curves of the plain recipe.

    halved: log2 of the epoch by which the error is half of the best constant output's; one more than the last where it
    never is. rises: the share of the changes of the log error in the second half that go up. apart: the distance of
    F1 at ½ from the median over the seeds.
    """
    frame = one.frame.assign(
        init=[row.run.recipe.init for row in one.rows],
        train_batch=[row.run.recipe.train_batch for row in one.rows],
        lr=[row.run.recipe.lr for row in one.rows],
    )
    errors = [relative(row.losses, row.run.loss, row.counts["train"]) for row in one.store.with_losses(one.rows)]
    group = ["loss", "init", "train_batch", "sampler", "lr"]
    frame = frame.assign(
        **{
            HALVED: [halving(error) for error in errors],
            RISES: [rising(error) for error in errors],
            APART: (frame[F1] - frame.groupby(group)[F1].transform("median")).abs(),
        }
    )
    curves: dict[str, list[np.ndarray]] = {}
    for place in np.flatnonzero(is_at(frame, PLAIN)):
        curves.setdefault(frame["loss"].iloc[place], []).append(errors[place])
    return frame, curves


def relative(losses: tuple[float, ...], loss: str, counts: tuple[int, ...]) -> np.ndarray:
    """(epochs,): the training error as a share of what the best constant output has; of MSFE, the roots of both.

    The best constant p is the share of positives under MSE, with ½ (d - p)^2 = π (1 - π) / 2, and ½ under class means,
    with 1/8 in each class.
    """
    share = counts[1] / sum(counts)
    constant = share * (1 - share) / 2 if loss == "mse" else 2 * 0.125**2 if loss in SQUARES else 0.25
    found = np.maximum(np.array(losses) / constant, 0)  # an unbiased estimate may be below 0
    return np.sqrt(found) if loss in SQUARES else found


def halving(error: np.ndarray) -> float:
    below = np.flatnonzero(error <= 0.5)
    return log2(below[0] + 1 if len(below) else len(error) + 1)


def rising(error: np.ndarray) -> float:
    changes = np.diff(np.log(np.maximum(error[len(error) // 2 :], 1e-12)))
    total = np.abs(changes).sum()
    return float(changes[changes > 0].sum() / total) if total else 0.0


def is_at(frame: pd.DataFrame, where: Mapping[str, Any]) -> np.ndarray:
    found = np.ones(len(frame), bool)
    for column, value in where.items():
        found &= (frame[column] == value).to_numpy() if value is not None else True
    return found


def at(frame: pd.DataFrame, where: Mapping[str, Any]) -> pd.DataFrame:
    """The lines with these values; None admits all."""
    return frame[is_at(frame, where)]


def of_factor(frame: pd.DataFrame, factor: str) -> dict[str, pd.DataFrame]:
    some = at(frame, {**PLAIN, factor: None})
    some = some.assign(**{factor: some[factor].astype(str)})
    return {
        loss: compared(of_loss, factor, against=str(PLAIN[factor]), scores=SCORES)
        for loss, of_loss in some.groupby("loss", sort=False)
    }


def bias(one: Stored) -> dict[str, Any]:
    """Of bias.csv: means over the seeds. Raises OSError where it was not measured."""
    found = pd.read_csv(one.store.file.parent / "bias.csv")
    found = found.assign(bias=found["mean"] / found["whole"] - 1, noise=found["deviation"] / found["mean"])
    means = found.groupby(["loss", "batch", "epoch"])[["whole", "bias", "noise", "cosine", "length", "without"]].mean()
    return {"table": means, "epochs": sorted(found["epoch"].unique()), "batches": sorted(found["batch"].unique())}


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.4), layout="constrained")
        panels = figure.subplots(1, len(found["studies"]), sharey=True)
        for panel, one in zip(panels, found["studies"].values(), strict=True):
            shown = {loss: one["curves"][loss] for loss in CURVES if loss in one["curves"]}
            for (loss, mark), curves in zip(marks(CURVES).items(), [shown.get(loss) for loss in CURVES], strict=True):
                if curves:
                    table = np.array(curves)
                    draw_band(panel, np.arange(1, table.shape[1] + 1), table, line_of(mark), loss)
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
