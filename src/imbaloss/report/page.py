"""The page: everything that a study found, in one HTML file that opens offline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import comb, isnan
from statistics import median
from typing import Any

import jinja2
from markupsafe import Markup

from imbaloss.learners.learner import Description
from imbaloss.plural import join_words
from imbaloss.report import evidence
from imbaloss.report.cells import COST
from imbaloss.report.comparisons import (
    CellComparison,
    group_by_score,
    seen_from,
    select_overall,
    select_repeated,
)
from imbaloss.report.drawings import PAIRS, RANKS, Drawing
from imbaloss.report.evidence import ScoreVerdict, mean_difference
from imbaloss.report.findings import Findings
from imbaloss.report.intervals import NONE
from imbaloss.report.lines import CellLine, Counts, best_mean, group_by_cell, has_published
from imbaloss.report.tables import noun, number, pair, write_rates
from imbaloss.statistics import Verdict, fewest_seeds
from imbaloss.studies import ReportExtension, Row, Run

Recipes = Mapping[tuple[str, str], Mapping[str, Any]]
Matrix = Mapping[str, Mapping[str, CellComparison]]  # of each method (line) with each other one (column)
FEWEST_SETS = 5  # data sets, of which probabilities for a new one are told


@dataclass(frozen=True)
class Picture:
    """A figure and the SVG element that shows it."""

    drawing: Drawing
    svg: str


@dataclass(frozen=True)
class GridCell:
    """A cell: a setting at a level."""

    setting: str
    level: float
    train: Counts
    test: Counts
    lines: Mapping[str, CellLine]  # by method
    best: Mapping[str, float]  # the best mean of each score, by its column


@dataclass(frozen=True)
class Judgement:
    """What is said of the methods by each score, and how it was decided."""

    verdicts: Sequence[ScoreVerdict]
    answer: str  # which method is the best by which scores; empty where there are no verdicts
    moved: str  # which gains may be no more than a threshold in another place
    pairs: int  # of methods, compared by a score
    fewest: int  # seeds that can decide anything between so many pairs
    left_out: Sequence[str]
    differing: Sequence[str]


@dataclass(frozen=True)
class Trainings:
    """What was run, and on what."""

    devices: Sequence[str]
    versions: Sequence[tuple[str, str]]  # of each library
    hours: float
    common: Mapping[str, Any]  # entries of the recipe that all methods share
    varying: Sequence[Mapping[str, Any]]
    sources: Mapping[str, str]  # where each loss comes from


def page(
    found: Findings,
    verdicts: Sequence[ScoreVerdict],
    pictures: Sequence[Picture],
    sentences: Sequence[str],
    extension: ReportExtension | None,
) -> str:
    """Return the page as HTML.

    Args:
        found: What the study found.
        verdicts: What a reader is told first, unless the extension begins the page.
        pictures: The figures, those that answer the same question one after the other.
        sentences: What tables cannot say.
        extension: What the page says beyond that of any study.
    """
    rows, lines = found.rows, found.lines
    compares, recipes = noun(lines), recipes_of(found)
    return template(extension).render(
        extension.values if extension else {},
        study=found.study,
        things=found.study.noun,
        references={name: learner for name, learner in found.learners.items() if learner.is_reference},
        rates={name: learner.rate for name, learner in found.learners.items()},
        costs=COST in found.scored,
        rules=list(dict.fromkeys(str(row.run.method.decision.rule) for row in found.rows)),
        asked=len(found.study.runs()),
        rows=rows,
        published=any(has_published(lines, compared) for compared in found.scored),
        several=any(line.trainings > 1 for line in lines),
        noun=compares,
        titles={name.method: describe(row).title for row, name in zip(rows, found.called, strict=True)},
        repetitions="seeds and folds" if found.study.folds else "seeds",
        settings=found.settings,
        methods=found.methods,
        compared=list(found.scored),
        grid=grid(found),
        gains=gains(found),
        judgement=describe_verdicts(found, verdicts, compares, recipes),
        matrices=matrices(found),
        pairs_question=PAIRS,
        elsewhere_question=RANKS,
        elsewhere=elsewhere(found, verdicts),
        widening=widening(lines),
        sentences=sentences,
        classes=sorted({(row.run.dataset, *row.classes) for row in rows}),
        trainings=describe_trainings(rows, recipes),
        questions=[
            (question, list(some)) for question, some in groupby(pictures, lambda picture: picture.drawing.question)
        ],
    )


def template(extension: ReportExtension | None) -> jinja2.Template:
    """Load the template of the page, or the extension's child of it, with the filters that they use."""
    packages = [__package__, extension.package] if extension else [__package__]
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package, "") for package in packages]),
        autoescape=lambda name: name is not None and ".html" in name,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "pair": pair,
        "write_rates": write_rates,
        "safe_svg": Markup,
        "difference": mean_difference,
    }
    environment.globals["Verdict"] = Verdict
    return environment.get_template(extension.template if extension else "page.html.jinja")


def describe_verdicts(found: Findings, verdicts: Sequence[ScoreVerdict], compares: str, recipes: Recipes) -> Judgement:
    """Collect what the page says of the verdicts. compares: the noun for a method."""
    compared = group_by_score(select_overall(found.comparisons))
    pairs = max(map(len, compared.values()), default=comb(len(found.methods), 2))
    return Judgement(
        verdicts=verdicts,
        answer=evidence.answer(verdicts, compares) if verdicts else "",
        moved=evidence.moved_threshold(found.comparisons),
        pairs=pairs,
        fewest=fewest_seeds(pairs) if pairs else 1,
        left_out=left_out(found),
        differing=differing(recipes),
    )


def describe_trainings(rows: Sequence[Row], recipes: Recipes) -> Trainings:
    """Collect what the page says of the trainings themselves."""
    common, varying = settings(recipes)
    return Trainings(
        devices=sorted({row.computed.device for row in rows}),
        versions=sorted({item for row in rows for item in row.computed.versions.items()}),
        hours=seconds(rows) / 3600,
        common=common,
        varying=varying,
        sources={row.run.method.learned: describe(row).source for row in rows},
    )


def gains(found: Findings) -> list[dict[str, Any]]:
    """Of each method, its mean of each score over all cells, with its interval; the best one is marked."""
    lines: list[dict[str, Any]] = [{"method": method} for method in found.methods]
    for compared, cells in found.scored.items():
        if (cell := evidence.overall(cells)) is not None:
            intervals = {method: cell.interval(method) for method in cell.scores}
            known = [one.estimate for one in intervals.values() if one.estimate == one.estimate]
            best = (min if compared.lower else max)(known, default=None)
            for line in lines:
                one = intervals.get(line["method"], NONE)
                line[compared.column] = {**one._asdict(), "lead": one.estimate == best}
    return lines


def grid(found: Findings) -> list[GridCell]:
    """Return what the page tells of each cell, in the order of the lines."""
    return [
        GridCell(
            setting=lines[0].setting,
            level=lines[0].level,
            train=lines[0].train,
            test=lines[0].test,
            lines={line.method: line for line in lines},
            best={compared.column: best_mean(lines, compared) for compared in found.scored},
        )
        for lines in group_by_cell(found.lines)
    ]


def elsewhere(found: Findings, verdicts: Sequence[ScoreVerdict]) -> list[CellComparison]:
    """Compare the best method of each score with each other one on new data sets; nothing where few sets are known."""
    if len({row.run.dataset for row in found.rows}) < FEWEST_SETS:
        return []
    compared = group_by_score(select_overall(found.comparisons))
    return [one for verdict in verdicts for one in seen_from(compared[verdict.score], verdict.best)]


def matrices(found: Findings) -> dict[str, Matrix]:
    """Return the comparisons of each method (line) with each other (column) over all cells, by each score."""
    told: dict[str, Matrix] = {}
    for score, lines in group_by_score(select_repeated(select_overall(found.comparisons))).items():
        compared = {method for one in lines for method in (one.first, one.second)}
        told[score] = {
            method: {one.second: one for one in seen_from(lines, method)}
            for method in found.methods
            if method in compared
        }
    return told


def differing(recipes: Recipes) -> list[str]:
    """Entries of the recipe in which methods differ on the same data: what differs is then not the loss alone."""
    of_data: dict[tuple[str, str], dict[str, list[str]]] = {}
    for (dataset, method), recipe in recipes.items():
        for key, value in recipe.items():
            of_data.setdefault((dataset, key), {}).setdefault(str(value), []).append(method)
    said = [
        f"{key} ({'; '.join(f'{value}: {join_words(methods)}' for value, methods in values.items())})"
        for (_, key), values in of_data.items()
        if len(values) > 1
    ]
    return list(dict.fromkeys(said))


def widening(lines: Sequence[CellLine]) -> float | None:
    """How much wider intervals of ROC-AUC are for other test samples than for other seeds alone: the median ratio."""
    scores = [(line.scores["roc_auc"], line.roc_auc_both) for line in lines]
    widths = [(own.high - own.low, both.high - both.low) for own, both in scores]
    ratios = [both / own for own, both in widths if own > 1e-9 and not isnan(both)]  # what no seed changes has no width
    return median(ratios) if ratios else None


def seconds(rows: Sequence[Row]) -> float:
    """Of training, of one stack after the other: each run has its share of its stack's."""
    shares = (row.run.recipe.networks / row.computed.stack_size for row in rows)
    return sum(float(row.computed.stack_seconds * share) for row, share in zip(rows, shares, strict=True))


def left_out(found: Findings) -> list[str]:
    """Cells and methods that the comparison over all cells is not about, since scores are missing."""
    cells = [cell for some in found.scored.values() if (cell := evidence.overall(some))]
    return list(dict.fromkeys(one for cell in cells for one in cell.left_out))


def describe(row: Row) -> Description:
    """Describe the method of a row, as its learner does."""
    return row.run.method.learner.describe(row.run.method.loss)


def recipes_of(found: Findings) -> Recipes:
    """Of each data set and method that trains a network."""
    asked = {(row.run.dataset, name.method): row for row, name in zip(found.rows, found.called, strict=True)}
    return {key: entries(row.run) for key, row in asked.items() if not row.run.method.learner.is_reference}


def settings(recipes: Recipes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The entries that all recipes share, and those that differ, one line for each data set and method."""
    first = next(iter(recipes.values()), {})
    common = {key: value for key, value in first.items() if all(recipe[key] == value for recipe in recipes.values())}
    varying = [
        {"data set": dataset, "loss": method} | {key: value for key, value in recipe.items() if key not in common}
        for (dataset, method), recipe in recipes.items()
    ]
    return common, varying


def entries(run: Run) -> dict[str, Any]:
    """Return the entries of a run's recipe, without the rate that is not used where one is chosen."""
    return run.entries | ({"lr": "chosen"} if run.recipe.tune_lr else {})
