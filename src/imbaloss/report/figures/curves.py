"""Figures of trainings: losses over the epochs, ROC and precision-recall curves, probabilities, reliability."""

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
from imbaloss.report.figures.style import COLOURS, STYLE, add_legend, assign_marks, select_line_style, set_tooltip
from imbaloss.studies import Predictions

Floats = NDArray[np.float64]
GRID = np.linspace(0, 1, 101)  # rates at which curves are averaged
BINS = np.linspace(0, 1, 26)  # edges of the histograms of probabilities
MOST_BESIDE = 5  # largest number of panels in a row
WIDEST_TITLE = 24  # largest number of letters in a line of a panel's title


def plot_loss_curves(losses: Mapping[str, Sequence[Sequence[float]]], *, common_epochs: bool) -> Figure:
    """Plot the training loss over the epochs, as it is and divided by that of the first epoch, in two panels.

    Each method has the median and the quartiles over its runs.

    Args:
        losses: The losses of each method by its name, one sequence a run; every method has a run.
        common_epochs: Whether to cut all curves at the number of epochs of the shortest.
    """
    lengths = [len(run) for runs in losses.values() for run in runs]
    epochs = min(lengths) if common_epochs else None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.4), layout="constrained")
        raw, scaled = figure.subplots(1, 2)
        for (method, mark), runs in zip(assign_marks(losses).items(), losses.values(), strict=True):
            curves = pad_runs([run[:epochs] for run in runs])
            over = np.arange(1, curves.shape[1] + 1)
            for panel, values in ((raw, curves), (scaled, curves / curves[:, :1])):
                draw_band(panel, over, values, select_line_style(mark), method)
        raw.set(ylabel="training loss", yscale="log")
        raw.yaxis.set_major_formatter(LogFormatter())  # plain text, since STYLE parses no mathematics
        raw.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))
        scaled.set(ylabel="training loss / that of the first epoch", ylim=(0, None))
        for panel in (raw, scaled):
            panel.set_xlabel("epoch")
            panel.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
            panel.grid(alpha=0.3)
        add_legend(figure, [raw])
    return figure


def pad_runs(runs: Sequence[Sequence[float]]) -> Floats:
    """Return the runs as an array (runs, epochs), with NaN after the last epoch of a shorter run.

    Raises:
        ValueError: There are no runs.
    """
    longest = max(map(len, runs))
    return np.array([[*run, *[np.nan] * (longest - len(run))] for run in runs])


def draw_band(panel: Axes, over: Floats | NDArray[np.int64], curves: Floats, line: dict[str, Any], label: str) -> None:
    """Draw the median of curves and the band between their quartiles, ignoring NaN.

    Args:
        panel: The axes to draw on.
        over: (points,), the horizontal position of each point.
        curves: (seeds, points).
        line: The style of the line; its colour is also that of the band.
        label: The entry in the legend.
    """
    lower, median, upper = np.nanquantile(curves, [0.25, 0.5, 0.75], axis=0)
    panel.fill_between(over, lower, upper, color=line["color"], alpha=0.2, linewidth=0)
    panel.plot(over, median, linewidth=1.2, label=label, **line)


def plot_roc_and_precision_recall(tests: Mapping[str, Sequence[Predictions]]) -> Figure:
    """Plot the ROC and precision-recall curves of each method, in two panels: median and quartiles over its runs.

    Args:
        tests: The predictions on test of each method, one a run. Every test part must have both classes.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 4.0), layout="constrained")
        roc, precision = figure.subplots(1, 2)
        for (method, mark), runs in zip(assign_marks(tests).items(), tests.values(), strict=True):
            draw_band(roc, GRID, np.array([roc_curve(run) for run in runs]), select_line_style(mark), method)
            draw_band(
                precision, GRID, np.array([precision_curve(run) for run in runs]), select_line_style(mark), method
            )
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
    """Return the recall at false positive rates of 0, 0.01, ..., 1 (`GRID`), (101,), interpolated linearly.

    Recalls are NaN without positives.
    """
    from sklearn import metrics

    rates, recalls, _ = metrics.roc_curve(test.labels, test.probabilities)
    return np.asarray(np.interp(GRID, rates, recalls))


def precision_curve(test: Predictions) -> Floats:
    """Return the precision at recalls of 0, 0.01, ..., 1 (`GRID`), (101,).

    Each is taken at the highest threshold that reaches the recall, without interpolation, since there is no straight
    line between two thresholds.

    Source: Davis and Goadrich 2006, ICML.
    """
    from sklearn import metrics

    precisions, recalls, _ = metrics.precision_recall_curve(test.labels, test.probabilities)
    return np.asarray(precisions[::-1][np.searchsorted(recalls[::-1], GRID - 1e-12)])


def plot_distributions(tests: Mapping[str, Sequence[Predictions]], thresholds: Mapping[str, float]) -> Figure:
    """Plot histograms of the probabilities of class 1 for negatives and positives on test, one panel a method.

    Args:
        tests: The predictions on test of each method, one a run. All runs are shown together; both classes must occur.
        thresholds: The mean tuned threshold of each method; NaN if it has none.

    Raises:
        KeyError: `thresholds` lacks a method.
    """
    with mpl.rc_context(STYLE):
        figure, panels = create_panels(tests, xlabel="probability", ylabel="share of the class")
        for panel, (method, runs) in zip(panels, tests.items(), strict=True):
            labels, probabilities = pool_runs(runs)
            for label, name in ((0, "negatives"), (1, "positives")):
                shares, _ = np.histogram(probabilities[labels == label], BINS)
                panel.stairs(shares / shares.sum(), BINS, fill=True, alpha=0.45, color=COLOURS[label], label=name)
            panel.axvline(THRESHOLD, color="black", linewidth=0.8, label="½")
            panel.axvline(thresholds[method], color="black", linewidth=0.9, linestyle="--", label="tuned threshold")
        add_legend(figure, panels[:1])
    return figure


def plot_reliabilities(tests: Mapping[str, Sequence[Predictions]]) -> Figure:
    """Plot the share of positives against the probability, in bins of equally many test samples, one panel a method.

    True probabilities lie on the diagonal.

    Args:
        tests: The predictions on test of each method, one a run. All runs are shown together.
    """
    with mpl.rc_context(STYLE):
        figure, panels = create_panels(tests, xlabel="probability", ylabel="share of positives")
        for panel, (method, runs) in zip(panels, tests.items(), strict=True):
            bins = reliability(*pool_runs(runs))
            panel.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":", label="true probabilities")
            panel.plot(bins.probability, bins.share, color=COLOURS[0], marker="o", markersize=3.5, label="found")
            panel.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
            for probability, share, samples in zip(bins.probability, bins.share, bins.samples, strict=True):
                text = (
                    f"{method}: of {samples} samples with probabilities about {probability:.3f}, {share:.3f} positive"
                )
                set_tooltip(panel.plot([probability], [share], "o", markersize=7, alpha=0, color=COLOURS[0])[0], text)
        add_legend(figure, panels[:1])
    return figure


def pool_runs(runs: Sequence[Predictions]) -> tuple[NDArray[np.int64], Floats]:
    """Return the labels and the probabilities of all runs, each joined to one array (samples of all runs,).

    Raises:
        ValueError: There are no runs.
    """
    return np.concatenate([run.labels for run in runs]), np.concatenate([run.probabilities for run in runs])


def create_panels(methods: Iterable[str], *, xlabel: str, ylabel: str) -> tuple[Figure, list[Axes]]:
    """Create a figure with a panel for each method, up to five in a row, titled with its name.

    Args:
        methods: The names of the methods, at least one.
        xlabel: The label below the lowest panels.
        ylabel: The label beside the leftmost panels.

    Returns:
        The figure, and its panels in the order of the methods.
    """
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
