"""What trained networks did: losses over the epochs, ROC and precision-recall curves, probabilities of each class."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, MaxNLocator
from numpy.typing import NDArray

from imbaloss.evaluation import THRESHOLD, reliability
from imbaloss.report.figures.style import COLOURS, STYLE, add_legend, line_of, marks, tell
from imbaloss.studies import Predictions

Floats = NDArray[np.float64]
GRID = np.linspace(0, 1, 101)
BINS = np.linspace(0, 1, 26)
MOST_BESIDE = 5  # panels
WIDEST_TITLE = 24  # letters of a panel's title in a line


def loss_curves(losses: Mapping[str, Sequence[Sequence[float]]], *, common_epochs: bool) -> Figure:
    """The training loss over the epochs, raw and divided by the first epoch's: median and quartiles over the seeds.

    losses: of each method, one sequence a run. common_epochs cuts every curve at the epochs of the shortest.
    """
    lengths = [len(run) for runs in losses.values() for run in runs]
    epochs = min(lengths) if common_epochs else None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.4), layout="constrained")
        raw, scaled = figure.subplots(1, 2)
        for (method, mark), runs in zip(marks(losses).items(), losses.values(), strict=True):
            curves = padded([run[:epochs] for run in runs])
            over = np.arange(1, curves.shape[1] + 1)
            for panel, values in ((raw, curves), (scaled, curves / curves[:, :1])):
                draw_band(panel, over, values, line_of(mark), method)
        raw.set(ylabel="training loss", yscale="log")
        raw.yaxis.set_major_formatter(LogFormatter())  # without mathematics, which STYLE leaves to no text
        raw.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))
        scaled.set(ylabel="training loss / that of the first epoch", ylim=(0, None))
        for panel in (raw, scaled):
            panel.set_xlabel("epoch")
            panel.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
            panel.grid(alpha=0.3)
        add_legend(figure, [raw])
    return figure


def padded(runs: Sequence[Sequence[float]]) -> Floats:
    """(runs, epochs): NaN after the last epoch of a run, where patience ended it."""
    longest = max(map(len, runs))
    return np.array([[*run, *[np.nan] * (longest - len(run))] for run in runs])


def draw_band(panel: Axes, over: Floats | NDArray[np.int64], curves: Floats, line: dict[str, Any], label: str) -> None:
    """Curves (seeds, points): their median, and the band between their quartiles; of those that are there (not NaN)."""
    lower, median, upper = np.nanquantile(curves, [0.25, 0.5, 0.75], axis=0)
    panel.fill_between(over, lower, upper, color=line["color"], alpha=0.2, linewidth=0)
    panel.plot(over, median, linewidth=1.2, label=label, **line)


def roc_and_precision_recall(tests: Mapping[str, Sequence[Predictions]]) -> Figure:
    """Both curves on test of each method, at each rate: median and quartiles over the seeds.

    tests: of each method, one a run, all with both classes.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 4.0), layout="constrained")
        roc, precision = figure.subplots(1, 2)
        for (method, mark), runs in zip(marks(tests).items(), tests.values(), strict=True):
            draw_band(roc, GRID, np.array([roc_curve(run) for run in runs]), line_of(mark), method)
            draw_band(precision, GRID, np.array([precision_curve(run) for run in runs]), line_of(mark), method)
        share = np.mean([run.labels.mean() for runs in tests.values() for run in runs])
        roc.plot([0, 1], [0, 1], color="black", linewidth=0.7, linestyle=":")
        precision.axhline(share, color="black", linewidth=0.7, linestyle=":")
        roc.set(xlabel="false positive rate", ylabel="recall (true positive rate)")
        precision.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02))
        for panel in (roc, precision):
            panel.grid(alpha=0.3)
        add_legend(figure, [roc])
    return figure


def roc_curve(test: Predictions) -> Floats:
    """The recall at each false positive rate of the grid."""
    from sklearn import metrics

    rates, recalls, _ = metrics.roc_curve(test.labels, test.probabilities)
    return np.asarray(np.interp(GRID, rates, recalls))


def precision_curve(test: Predictions) -> Floats:
    """The precision at each recall of the grid: that of the highest threshold which reaches it.

    No straight line lies between two thresholds: Davis and Goadrich 2006, ICML.
    """
    from sklearn import metrics

    precisions, recalls, _ = metrics.precision_recall_curve(test.labels, test.probabilities)
    return np.asarray(precisions[::-1][np.searchsorted(recalls[::-1], GRID - 1e-12)])


def distributions(tests: Mapping[str, Sequence[Predictions]], thresholds: Mapping[str, float]) -> Figure:
    """One panel a method: the probabilities of class 1 that it gives to negatives and to positives on test.

    tests: of each method, one a run; all are shown together. thresholds: of each method, the mean of those that were
    best on validation; NaN where there is none.
    """
    with mpl.rc_context(STYLE):
        figure, panels = side_by_side(tests, xlabel="probability", ylabel="share of the class")
        for panel, (method, runs) in zip(panels, tests.items(), strict=True):
            labels, probabilities = pooled(runs)
            for label, name in ((0, "negatives"), (1, "positives")):
                shares, _ = np.histogram(probabilities[labels == label], BINS)
                panel.stairs(shares / shares.sum(), BINS, fill=True, alpha=0.45, color=COLOURS[label], label=name)
            panel.axvline(THRESHOLD, color="black", linewidth=0.8, label="½")
            panel.axvline(thresholds[method], color="black", linewidth=0.9, linestyle="--", label="tuned threshold")
        add_legend(figure, panels[:1])
    return figure


def reliabilities(tests: Mapping[str, Sequence[Predictions]]) -> Figure:
    """One panel a method: the share of positives on test among samples of like probability; true ones on the diagonal.

    tests: of each method, one a run; all are shown together, in bins of as many samples each.
    """
    with mpl.rc_context(STYLE):
        figure, panels = side_by_side(tests, xlabel="probability", ylabel="share of positives")
        for panel, (method, runs) in zip(panels, tests.items(), strict=True):
            found = reliability(*pooled(runs))
            panel.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":", label="true probabilities")
            panel.plot(found.probability, found.share, color=COLOURS[0], marker="o", markersize=3.5, label="found")
            panel.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
            for probability, share, samples in zip(found.probability, found.share, found.samples, strict=True):
                text = (
                    f"{method}: of {samples} samples with probabilities about {probability:.3f}, {share:.3f} positive"
                )
                tell(panel.plot([probability], [share], "o", markersize=7, alpha=0, color=COLOURS[0])[0], text)
        add_legend(figure, panels[:1])
    return figure


def pooled(runs: Sequence[Predictions]) -> tuple[NDArray[np.int64], Floats]:
    """Labels and probabilities of all runs."""
    return np.concatenate([run.labels for run in runs]), np.concatenate([run.probabilities for run in runs])


def side_by_side(methods: Iterable[str], *, xlabel: str, ylabel: str) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each method."""
    names = list(methods)
    columns = min(len(names), MOST_BESIDE)
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(max(1.85 * columns + 0.6, 5.5), 1.9 * lines + 0.6), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).flatten().tolist()
    for panel in panels[len(names) :]:
        panel.remove()
    panels = panels[: len(names)]
    for panel, name in zip(panels, names, strict=True):
        panel.set_title(fill(name, WIDEST_TITLE))
    for panel in panels[-columns:]:
        panel.set_xlabel(xlabel)
        panel.tick_params(labelbottom=True)  # also where the line below is not full
    for panel in panels[::columns]:
        panel.set_ylabel(ylabel)
    return figure, panels
