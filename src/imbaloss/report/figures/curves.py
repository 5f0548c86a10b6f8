"""Figures of trainings: losses over the epochs, ROC, precision-recall, gain and cost curves, and probabilities."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from textwrap import fill

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from imbaloss.evaluation import THRESHOLD, reliability
from imbaloss.evaluation.rankings import count_ranking
from imbaloss.report.figures.style import (
    COLOURS,
    STYLE,
    TITLE_HEIGHT,
    CurveLook,
    add_legend,
    choose_looks,
    place_empty_labels,
    set_tooltip,
)
from imbaloss.studies import Predictions

Floats = NDArray[np.float64]
GRID = np.linspace(0, 1, 101)  # rates at which curves are averaged
BINS = np.linspace(0, 1, 26)  # edges of the histograms of probabilities
COST_RATIOS = np.geomspace(1, 1000, 61)  # costs of a miss, in costs of a false alarm
HIGHEST_COST = 1.5  # end of the axis, in costs of the best decision without a model
MOST_BESIDE = 5  # largest number of panels in a row
WIDEST_TITLE = 24  # largest number of letters in a line of a panel's title


def plot_loss_curves(
    losses: Mapping[str, Sequence[Sequence[float]]], *, common_epochs: bool, highlighted: Collection[str] = ()
) -> Figure:
    """Plot the training loss over the epochs, as it is and divided by that of the first epoch, in two panels.

    Each method has the median and the quartiles over its runs. A run that stopped early keeps its last loss, so that
    the median does not jump where a run ends.

    Args:
        losses: The losses of each method by its name, one sequence a run; every method has a run.
        common_epochs: Whether to cut all curves at the number of epochs of the shortest.
        highlighted: The methods in colour, while all others are grey; without any of them all are in colour.
    """
    lengths = [len(run) for runs in losses.values() for run in runs]
    epochs = min(lengths) if common_epochs else None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.4), layout="constrained")
        raw, scaled = figure.subplots(1, 2)
        for method, look in choose_looks(losses, highlighted).items():
            curves = pad_runs([run[:epochs] for run in losses[method]])
            over = np.arange(1, curves.shape[1] + 1)
            for panel, values in ((raw, curves), (scaled, curves / curves[:, :1])):
                draw_band(panel, over, values, look)
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
    """Return the runs as an array (runs, epochs), in which a shorter run keeps its last value.

    Raises:
        ValueError: There are no runs.
    """
    longest = max(map(len, runs))
    return np.array([[*run, *[run[-1] if run else np.nan] * (longest - len(run))] for run in runs])


def draw_band(panel: Axes, over: Floats | NDArray[np.int64], curves: Floats, look: CurveLook) -> None:
    """Draw the median of curves and, for a look with a band, the band between their quartiles, ignoring NaN.

    Args:
        panel: The axes to draw on.
        over: (points,), the horizontal position of each point.
        curves: (seeds, points).
        look: How the median is drawn; its colour is also that of the band.
    """
    quantile = np.nanquantile if np.isnan(curves).any() else np.quantile  # the first takes forty times as long
    lower, median, upper = quantile(curves, [0.25, 0.5, 0.75], axis=0)
    if look.has_band:
        panel.fill_between(over, lower, upper, color=look.style["color"], alpha=0.2, linewidth=0)
    panel.plot(over, median, label=look.label, **look.style)


def plot_roc_and_precision_recall(tests: Mapping[str, Sequence[Predictions]]) -> Figure:
    """Plot the ROC and precision-recall curves of each method, in two panels: median and quartiles over its runs.

    Args:
        tests: The predictions on test of each method, one a run. Every test part must have both classes.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 4.0), layout="constrained")
        roc, precision = figure.subplots(1, 2)
        looks = choose_looks(tests)
        draw_roc(roc, tests, looks)
        draw_precision_recall(precision, tests, looks)
        add_legend(figure, [roc])
    return figure


def plot_curves(
    draw: Callable[[Axes, Mapping[str, Sequence[Predictions]], Mapping[str, CurveLook]], None],
    tests: Mapping[str, Sequence[Predictions]],
    highlighted: Collection[str],
) -> Figure:
    """Plot the curves of all methods in one panel, which is as wide as a phone.

    Args:
        draw: Draws the curves on the panel, such as `draw_roc`.
        tests: The predictions on test of each method, one a run. Every test part must have both classes.
        highlighted: The methods in colour, while all others are grey; without any of them all are in colour.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.2, 4.0), layout="constrained")
        panel, looks = figure.subplots(), choose_looks(tests, highlighted)
        draw(panel, tests, looks)
        add_legend(figure, [panel])
    return figure


def draw_roc(panel: Axes, tests: Mapping[str, Sequence[Predictions]], looks: Mapping[str, CurveLook]) -> None:
    """Draw the ROC curve of each method and the diagonal, which is chance."""
    for method, look in looks.items():
        draw_band(panel, GRID, np.array([roc_curve(run) for run in tests[method]]), look)
    panel.plot([0, 1], [0, 1], color="black", linewidth=0.7, linestyle=":")
    panel.set(xlabel="false positive rate", ylabel="recall (true positive rate)")
    panel.grid(alpha=0.3)


def draw_precision_recall(
    panel: Axes, tests: Mapping[str, Sequence[Predictions]], looks: Mapping[str, CurveLook]
) -> None:
    """Draw the precision-recall curve of each method and the share of positives, which is chance."""
    for method, look in looks.items():
        draw_band(panel, GRID, np.array([precision_curve(run) for run in tests[method]]), look)
    share = np.mean([run.labels.mean() for runs in tests.values() for run in runs])
    panel.axhline(share, color="black", linewidth=0.7, linestyle=":")
    panel.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02))
    panel.grid(alpha=0.3)


def draw_gains(panel: Axes, tests: Mapping[str, Sequence[Predictions]], looks: Mapping[str, CurveLook]) -> None:
    """Draw the share of positives that is found by the share of samples that is flagged; the diagonal is chance."""
    for method, look in looks.items():
        draw_band(panel, GRID, np.array([gain_curve(run) for run in tests[method]]), look)
    panel.plot([0, 1], [0, 1], color="black", linewidth=0.7, linestyle=":")
    panel.set(xlabel="share flagged, the most probable first", ylabel="share of positives found", ylim=(0, 1.02))
    panel.grid(alpha=0.3)


def draw_costs(panel: Axes, tests: Mapping[str, Sequence[Predictions]], looks: Mapping[str, CurveLook]) -> None:
    """Draw the cost of decisions by the probability, for each ratio of the costs of a miss and of a false alarm.

    It is a share of the cost of the best decision without a model: to flag no sample, or every sample.
    """
    for method, look in looks.items():
        draw_band(panel, COST_RATIOS, np.array([cost_curve(run) for run in tests[method]]), look)
    panel.axhline(1, color="black", linewidth=0.7, linestyle=":")
    panel.set(xscale="log", ylim=(0, HIGHEST_COST), xlabel="cost of a miss / cost of a false alarm")
    panel.set_ylabel("cost / cost without a model")
    panel.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    panel.grid(alpha=0.3)


def draw_reliabilities(panel: Axes, tests: Mapping[str, Sequence[Predictions]], looks: Mapping[str, CurveLook]) -> None:
    """Draw the share of positives against the probability, in bins of equally many test samples of all runs.

    True probabilities lie on the diagonal.
    """
    for method, look in looks.items():
        bins = reliability(*pool_runs(tests[method]))
        marker = "o" if look.has_band else ""
        panel.plot(bins.probability, bins.share, label=look.label, marker=marker, markersize=3.5, **look.style)
    panel.plot([0, 1], [0, 1], color="black", linewidth=0.7, linestyle=":")
    panel.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xlabel="probability", ylabel="share of positives")
    panel.grid(alpha=0.3)


def roc_curve(test: Predictions) -> Floats:
    """Return the recall at false positive rates of 0, 0.01, ..., 1 (`GRID`), (101,), interpolated linearly.

    Recalls are NaN without positives.
    """
    return np.asarray(np.interp(GRID, *compute_rates(test)))


def compute_rates(test: Predictions) -> tuple[Floats, Floats]:
    """Compute the false positive rate and the recall at each threshold, from 0 on, (T,) each; NaN without the class."""
    fp, tp = count_ranking(test.labels, test.probabilities)
    with np.errstate(invalid="ignore"):
        return np.append(0.0, fp) / fp[-1], np.append(0.0, tp) / tp[-1]


def precision_curve(test: Predictions) -> Floats:
    """Return the precision at recalls of 0, 0.01, ..., 1 (`GRID`), (101,).

    Each is taken at the highest threshold that reaches the recall, without interpolation, since there is no straight
    line between two thresholds.

    Source: Davis and Goadrich 2006, ICML.
    """
    fp, tp = count_ranking(test.labels, test.probabilities)
    precisions = np.append(1.0, tp / (fp + tp))
    return np.asarray(precisions[np.searchsorted(np.append(0.0, tp) / tp[-1], GRID - 1e-12)])


def gain_curve(test: Predictions) -> Floats:
    """Return the recall when shares of 0, 0.01, ..., 1 (`GRID`) of the samples are flagged, (101,).

    The samples with the highest probabilities are flagged first, and those of equal probability in random order.
    Recalls are NaN without positives.
    """
    rates, recalls = compute_rates(test)
    share = test.labels.mean()
    return np.asarray(np.interp(GRID, share * recalls + (1 - share) * rates, recalls))


def cost_curve(test: Predictions) -> Floats:
    """Return the cost of decisions for each `COST_RATIOS`, as a share of that of the best constant decision, (61,).

    A sample is flagged if its probability is at least 1 / (1 + r), where a miss costs r times a false alarm. There must
    be samples of both classes.

    Source: Elkan 2001 (IJCAI) for the threshold; Hernandez-Orallo et al. 2011 (ICML) for the curve.
    """
    positives = np.sort(test.probabilities[test.labels == 1])
    negatives = np.sort(test.probabilities[test.labels == 0])
    thresholds = 1 / (1 + COST_RATIOS)
    missed = np.searchsorted(positives, thresholds, side="left")
    false_alarms = len(negatives) - np.searchsorted(negatives, thresholds, side="left")
    constant = np.minimum(COST_RATIOS * len(positives), len(negatives))
    return np.asarray((COST_RATIOS * missed + false_alarms) / constant)


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
            if not np.isnan(thresholds[method]):
                panel.axvline(thresholds[method], color="black", linewidth=0.9, linestyle="--", label="tuned threshold")
        add_legend(figure, panels)
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
        panel.set_title(fill(name, WIDEST_TITLE), y=TITLE_HEIGHT)
    for panel in panels[-columns:]:
        panel.set_xlabel(xlabel)
        panel.tick_params(labelbottom=True)  # also where the line below is not full
    for panel in panels[::columns]:
        panel.set_ylabel(ylabel)
    place_empty_labels(panels)
    return figure, panels
