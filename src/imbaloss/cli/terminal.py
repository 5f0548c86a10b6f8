"""Text for the terminal: results on standard output, messages on standard error."""

import json
import sys
import textwrap
from collections.abc import Sequence
from itertools import groupby
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbaloss.plural import format_count

if TYPE_CHECKING:
    from rich.console import Console

    from imbaloss.comparison.answer import Answer
    from imbaloss.comparison.imported.importing import JudgedFile
    from imbaloss.studies import DetectableDifferences, Forecast, Job

MOST_WIDTH = 120  # longer lines of prose are hard to read


def print_plans(jobs: Sequence["Job"]) -> None:
    """Print on standard error one line for each plan: how networks of one shape on as many samples are trained.

    A line has the numbers of samples and inputs, of stacks and networks, and the plan in words. Neighbouring jobs
    (stacks) with the same plan share a line. Learners other than networks have no plan.
    """
    of_networks = [job for job in jobs if job.learner.is_network]
    for (samples, shape, plan), group in groupby(of_networks, lambda job: (job.samples, job.shape, job.plan)):
        sizes = [job.networks for job in group]
        stacks = f"{format_count(len(sizes), 'stack')} of {format_count(max(sizes), 'network')}"
        most = " at most" if len(set(sizes)) > 1 else ""
        tell(f"plan for {samples} samples of {prod(shape)} inputs: {stacks}{most}, {plan}")


def print_forecast(forecast: "Forecast") -> None:
    """Print the forecast of a study: trainings and stacks, time by data set and in all, memory, detectable differences.

    Memory is left out if the system does not tell it, and the differences for a study of one method.
    """
    trainings = sum(forecast.trainings.values())
    tried = f" of {format_count(forecast.networks, 'network')}" if forecast.networks > trainings else ""
    stacks = f"{format_count(forecast.stacks, 'stack')} of at most {format_count(forecast.largest_stack, 'network')}"
    print(f"{forecast.study}: {format_count(trainings, 'training')}{tried} in {stacks}")
    for dataset, number in forecast.trainings.items():
        print(f"{dataset:14} {format_count(number, 'training')}, about {format_duration(forecast.seconds[dataset])}")
    total = format_duration(sum(forecast.seconds.values()))
    print(f"{'together':15}about {total} on this machine, one stack after the other")
    if forecast.memory is not None:
        print(f"{'memory':15}about {forecast.memory / 2**30:.1f} GiB")
    if forecast.reach:
        print_reach(forecast.reach)


def print_reach(reach: "DetectableDifferences") -> None:
    """Print the smallest difference in ROC-AUC that the study can show in each cell, a data set at one level.

    A cell without such a difference has "none", and "undefined" if its test part lacks a class. If the seeds are too
    few to show any difference, a single line says so.
    """
    from imbaloss.studies.detectable_difference import AREA, CORRELATION

    pairs = f"{'compared':15}{format_count(reach.pairs, 'pair')} of {format_count(reach.methods, 'method')}"
    none = f"with fewer than {reach.fewest} seeds no difference can be found"
    if reach.fewest and reach.repetitions < reach.fewest:
        print(f"{pairs}: {none}, and this study has {reach.repetitions}")
        return
    noun = "seed" if reach.fewest else "fold"
    print(f"{pairs}, over {format_count(reach.repetitions, noun)}{f'; {none}' if reach.fewest else ''}")
    print(f"{'ROC-AUC':15}about the smallest difference found with probability 0.8, by the chance in the test samples")
    print(f"{'':15}alone (areas of {AREA:g}, correlation {CORRELATION:g}); differences between {noun}s come on top")
    several = len({cell.protocol for cell in reach.cells}) > 1
    for cell in reach.cells:
        missing = "none" if cell.positives and cell.negatives else "undefined"
        difference = missing if cell.difference is None else f"{cell.difference:.2g}"
        protocol = f" under {cell.protocol}" if several else ""
        counts = f"test P/N {cell.positives}/{cell.negatives}"
        print(f"{cell.dataset:14} {difference} at level {cell.level:g}{protocol}, {counts}")


def format_duration(seconds: float) -> str:
    """Format a time in seconds as "5 s", "12 min" or "3 h 20 min", rounded.

    Seconds are used below 90 s, at least "1 s"; hours from 60 minutes on.
    """
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{max(round(seconds), 1)} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def print_run(run: dict[str, Any], model: Path | None) -> None:
    """Print the data, the scores on test, the tuned threshold and the model file of one training, or why it failed.

    An undefined score is printed with the reason.

    Args:
        run: The result of the training as one JSON object, as `Row.flat` returns it.
        model: The file of the model; None if the training failed.
    """
    from imbaloss.evaluation import SCORES

    sampler = "" if run["sampler"] == "none" else f" with {run['sampler']}"
    where = f"at level {run['level']:g} (protocol {run['protocol']}, seed {run['seed']})"
    print(f"{run['loss']}{sampler} on {run['dataset']} {where}")
    for part in ("train", "validation", "test"):
        positives, negatives = run[f"{part}_positives"], run[f"{part}_negatives"]
        print(f"{part:6}{positives} positives ({run['positive']}), {negatives} negatives ({run['negative']})")
    if "resampled_positives" in run:
        print(f"shown {run['resampled_positives']} positives, {run['resampled_negatives']} negatives in each epoch")
    if run["failure"]:
        print(run["failure"])
        return
    if run["tuning"]:
        rates = [f"{candidate['setting']['lr']:g}" for candidate in run["tuning"]["candidates"]]
        print(f"learning rate {run['tuning']['setting']['lr']:g}, the best on validation of {', '.join(rates)}")
    for score in SCORES:
        value = f"{run[score]:.4f}" if run[score] is not None else f"undefined: {run['undefined']['test'][score]}"
        print(f"{score:18}{value}")
    print_tuned(run)
    print(f"model in {model}")


def print_tuned(run: dict[str, Any]) -> None:
    """Print the threshold that was chosen on validation, with its interval, and the scores on test at this threshold.

    The scores are F1, precision, recall and cost; an undefined one is left out. If no threshold was chosen, only the
    reason is printed.

    Args:
        run: The result of the training as one JSON object, as `Row.flat` returns it.
    """
    tuned, rule = run["tuned"], run["recipe"]["threshold"]
    if tuned["threshold"] is None:
        print(run["undefined"]["tuned"]["f1"])
        return
    ends = [tuned["threshold_low"], tuned["threshold_high"]]
    interval = "" if None in ends else f" [{ends[0]:.4f}, {ends[1]:.4f}]"
    print(f"threshold         {tuned['threshold']:.4f}{interval}, the best on validation for {rule}; at it on test:")
    for score in ("f1", "precision", "recall", "cost"):
        if tuned.get(score) is not None:
            print(f"{score:18}{tuned[score]:.4f}")


def print_loss(facts: dict[str, Any]) -> None:
    """Print the facts of docs/losses.md on a loss: title, formula, parameters, use and source; then an empty line.

    Args:
        facts: The facts by name, as `losses.facts` returns them for the name of a loss.
    """
    print(f"{facts['name']}  {facts['title']}")
    print_entry("formula", facts["formula"])
    parameters = [
        f"{key}={value if value is None else format(value, '.4g')}" for key, value in facts["parameters"].items()
    ]
    print_entry("parameters", ", ".join(parameters) or "none of its own")
    print_entry("counts", "needed: the training set's samples of each class" if facts["counts"] else "not needed")
    print_entry("missing class", facts["missing_class"])
    print_entry("use", facts["use"])
    print_entry("source", facts["source"])
    print()


def print_entry(label: str, text: str) -> None:
    """Print a label and a text on standard output, wrapped to lines of 100 characters; further lines are indented."""
    first, further = f"    {label:15}", " " * 19
    print(textwrap.fill(text, 100, initial_indent=first, subsequent_indent=further, break_on_hyphens=False))


def print_answer(answer: "Answer") -> None:
    """Print an answer on standard output, as wide as the terminal; in a file or a pipe without colours, 100 wide."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        console.print(answer, width=find_width(console))
    else:
        print(answer)


def print_results(judged: "JudgedFile") -> None:
    """Print imported results on standard output: tables and sentences, as wide as `print_answer` prints an answer."""
    from rich.console import Console

    from imbaloss.comparison.imported.result_text import lay_out_results
    from imbaloss.comparison.summary.answer_text import write_plain

    console = Console(highlight=False, markup=False, emoji=False)
    width = find_width(console)
    parts = lay_out_results(judged, width=width)
    if not console.is_terminal:
        print(write_plain(parts, width))
        return
    for part in parts:
        console.print(part, width=width)


def find_width(console: "Console") -> int:
    """Return how many characters a line of prose may have: those of the terminal, at most 120; elsewhere 100."""
    from imbaloss.comparison.summary.answer_text import WIDTH

    return min(console.width, MOST_WIDTH) if console.is_terminal else WIDTH


def print_json(value: Any) -> None:
    """Print a value as one line of JSON on standard output.

    Raises:
        ValueError: The value contains NaN or an infinite number.
        TypeError: The value contains an object that JSON does not have.
    """
    print(json.dumps(value, allow_nan=False))


def tell(text: str) -> None:
    """Print a line of text on standard error."""
    print(text, file=sys.stderr)


def tell_wrapped(text: str) -> None:
    """Print a text on standard error, wrapped by words; further lines are indented."""
    from rich.console import Console

    width = find_width(Console(stderr=True))
    tell(textwrap.fill(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
