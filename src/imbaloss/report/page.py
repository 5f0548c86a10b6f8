"""The page: the findings of a study in one HTML file that opens offline."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import comb, isnan
from statistics import median
from typing import Any

import jinja2
from markupsafe import Markup, escape

from imbaloss.evaluation.sample_costs import EXPECTED_COST
from imbaloss.learners.learner import Description
from imbaloss.plural import join_words
from imbaloss.report import evidence
from imbaloss.report.cells import EVERYWHERE, find_cost, select_overall_cell
from imbaloss.report.comparisons import (
    CellComparison,
    group_by_score,
    select_of_method,
    select_overall,
    select_repeated,
)
from imbaloss.report.drawings import Drawing, Question
from imbaloss.report.evidence import ScoreVerdict, write_mean_difference
from imbaloss.report.findings import Findings
from imbaloss.report.intervals import NONE
from imbaloss.report.lines import Counts, ScoreLine, best_mean, group_by_cell, has_published
from imbaloss.report.results import Results
from imbaloss.report.tables import choose_noun, format_score, name_settings, round_counts, round_score
from imbaloss.statistics import Verdict, fewest_seeds
from imbaloss.studies import ReportExtension, Row, Run, list_trainings

Recipes = Mapping[tuple[str, str], Mapping[str, Any]]  # entries of the recipe by data set and method
Matrix = Mapping[str, Mapping[str, CellComparison]]  # by first method (line) and second method (column)
FILES = {  # beside the page, by name
    "table.csv": "all scores of all methods",
    "table.md": "the table for reading",
    "table.tex": "the table for LaTeX",
    "comparisons.csv": "all pairs of methods",
    "study.toml": "the study, with versions and checksums of the data",
    "results.sqlite": "every training",
    "figures/": "the figures",
}
FEWEST_SETS = 5  # fewest data sets for which the page shows probabilities for a new one


@dataclass(frozen=True)
class Link:
    """A link to a section of the page."""

    anchor: str
    title: str


@dataclass(frozen=True)
class Contents:
    """The list of contents, to which each section adds itself while the page is rendered."""

    links: list[Link] = field(default_factory=list)

    def add(self, title: str) -> str:
        """Add a section with a short title, and return the id of its heading."""
        anchor = f"section-{re.sub('[^a-z]+', '-', title.lower())}"
        self.links.append(Link(anchor, title))
        return anchor


@dataclass(frozen=True)
class Picture:
    """A figure with its text for the page, an SVG element."""

    drawing: Drawing
    svg: str


@dataclass(frozen=True)
class GridCell:
    """What the page shows of a cell, a setting at a level."""

    setting: str
    level: float
    train: Counts | None  # None if they are unknown
    test: Counts | None
    lines: Mapping[str, ScoreLine]  # by method
    best: Mapping[str, float]  # the best mean of each score, by column; NaN if unknown


@dataclass(frozen=True)
class Judgement:
    """What the page says of the methods by each score, and how it was decided."""

    verdicts: Sequence[ScoreVerdict]
    answer: str  # which method is best in which scores; empty without verdicts
    moved: str  # which gains in F1 at 1/2 may come from the position of the threshold alone
    pairs: int  # number of pairs of methods that are compared by a score
    fewest: int  # fewest seeds that can decide anything between so many pairs
    left_out: Sequence[str]  # cells and methods outside the comparison, for lack of scores
    differing: Sequence[str]  # entries of the recipe in which methods differ


@dataclass(frozen=True)
class Trainings:
    """What the page says of the trainings themselves."""

    devices: Sequence[str]
    versions: Sequence[tuple[str, str]]  # name and version of each library
    number: int  # of the trainings; an average is none, and those of its members count
    hours: float  # training time, one stack after the other
    common: Mapping[str, Any]  # entries of the recipe that are the same for all methods
    varying: Sequence[Mapping[str, Any]]  # the other entries, a line for each data set and method
    sources: Mapping[str, str]  # publication of each method


def render_page(
    findings: Findings,
    verdicts: Sequence[ScoreVerdict],
    pictures: Sequence[Picture],
    sentences: Sequence[str],
    extension: ReportExtension | None,
) -> str:
    """Render the report as one HTML page that needs no other file.

    Args:
        findings: The findings of the study.
        verdicts: The verdicts by each score.
        pictures: The figures; those that answer the same question stand together on the page.
        sentences: The notes beside the tables.
        extension: What the page says beyond that of any study; None for nothing.

    Returns:
        The text of report.html.

    Raises:
        jinja2.TemplateNotFound: The extension names a template that its package lacks.
    """
    rows, lines = findings.rows, findings.lines
    noun, recipes = choose_noun(lines), read_recipes(findings)
    last_of_methods = {name.method: row for row, name in zip(rows, findings.row_names, strict=True)}
    return load_template(extension).render(
        extension.values if extension else {},
        **collect_values(findings, verdicts, pictures, noun, recipes),
        others={name: run for name, run in findings.runs_by_method.items() if not run.method.learner.is_network},
        rules=list(dict.fromkeys(str(row.run.method.decision.rule) for row in findings.rows)),
        by_row=any(row.run.method.decision.rule.name == EXPECTED_COST for row in findings.rows),
        asked=len(findings.study.runs()),
        rows=rows,
        published=any(has_published(lines, compared) for compared in findings.scored),
        titles={method: describe(row).title for method, row in last_of_methods.items()},
        sentences=sentences,
        classes=sorted({(row.run.dataset, *row.classes) for row in rows}),
        trainings=describe_trainings(rows, recipes, list_trainings(rows, findings.store)),
        files=FILES
        | {
            name: "what the page shows, with all lines"
            for name, text in (extension.files if extension else {}).items()
            if text
        },
    )


def collect_values(
    findings: Results, verdicts: Sequence[ScoreVerdict], pictures: Sequence[Picture], noun: str, recipes: Recipes
) -> dict[str, Any]:
    """Collect the values of the template that do not depend on where the scores come from, by name.

    Args:
        findings: The scores with their statistics.
        verdicts: The verdicts by each score.
        pictures: The figures.
        noun: What a method is called, "loss" or "method".
        recipes: The hyper-parameters of each method on each data set; empty if they are unknown.
    """
    return {
        "study": findings.study,
        "things": findings.study.noun,
        "costs": find_cost(findings.scored) is not None,
        "several": any(line.trainings > 1 for line in findings.lines),
        "noun": noun,
        "repetitions": findings.repetitions,
        "settings": findings.settings,
        "methods": findings.methods,
        "compared": list(findings.scored),
        "grid": build_grid(findings),
        "gains": tabulate_gains(findings),
        "judgement": describe_verdicts(findings, verdicts, noun, recipes),
        "matrices": build_matrices(findings),
        "elsewhere": select_for_new_datasets(findings, verdicts),
        "widening": compute_widening(findings.lines),
        "questions": group_by_question(pictures),
        "contents": Contents(),
    }


def group_by_question(pictures: Sequence[Picture]) -> dict[Question, list[Picture]]:
    """Return the pictures that answer each question, in the order of the first picture of each."""
    by_question: dict[Question, list[Picture]] = {}
    for picture in pictures:
        by_question.setdefault(picture.drawing.question, []).append(picture)
    return by_question


def load_template(extension: ReportExtension | None) -> jinja2.Template:
    """Load the template of the page, or the extension's template that extends it, with the filters that both use.

    Raises:
        jinja2.TemplateNotFound: The extension names a template that its package lacks.
    """
    packages = [__package__, extension.package] if extension else [__package__]
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package, "") for package in packages]),
        autoescape=lambda name: name is not None and ".html" in name,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": format_score,
        "rounded": round_score,
        "pair": round_counts,
        "name_settings": name_settings,
        "safe_svg": Markup,
        "difference": write_mean_difference,
        "mark_code": mark_code,
    }
    environment.globals |= {"Verdict": Verdict, "Question": Question}
    return environment.get_template(extension.template if extension else "page.html.jinja")


def mark_code(text: str) -> Markup:
    """Return a text for HTML, in which what stands between backticks is code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def describe_verdicts(findings: Results, verdicts: Sequence[ScoreVerdict], noun: str, recipes: Recipes) -> Judgement:
    """Collect what the page says of the verdicts: the answer in words, and how it was decided.

    Args:
        findings: The findings of the study.
        verdicts: The verdicts by each score; may be empty.
        noun: What a method is called, "loss" or "method".
        recipes: The hyper-parameters of each method on each data set.
    """
    compared = group_by_score(select_overall(findings.comparisons))
    pairs = max(map(len, compared.values()), default=comb(len(findings.methods), 2))
    return Judgement(
        verdicts=verdicts,
        answer=evidence.write_answer(verdicts, noun) if verdicts else "",
        moved=evidence.describe_moved_threshold(findings.comparisons),
        pairs=pairs,
        fewest=fewest_seeds() if pairs else 1,
        left_out=list_left_out(findings),
        differing=describe_recipe_differences(recipes),
    )


def describe_trainings(rows: Sequence[Row], recipes: Recipes, trainings: Sequence[Row]) -> Trainings:
    """Collect what the page says of the trainings themselves: devices, versions, hours, recipes and sources.

    Args:
        rows: The finished runs.
        recipes: The hyper-parameters of each method on each data set.
        trainings: The rows of the trainings behind these runs, each once.
    """
    common, varying = split_entries(recipes)
    last_of_learned = {row.run.method.learned: row for row in rows}
    return Trainings(
        devices=sorted({row.computed.device for row in rows}),
        versions=sorted({item for row in rows for item in row.computed.versions.items()}),
        number=len(trainings),
        hours=sum(row.seconds for row in trainings) / 3600,
        common=common,
        varying=varying,
        sources={learned: describe(row).source for learned, row in last_of_learned.items()},
    )


def tabulate_gains(findings: Results) -> list[dict[str, Any]]:
    """Return a dict for each method: its name under "method", and each score over all cells (settings at a level).

    A score stands under its column, as a dict with "estimate", "low" and "high", and "lead", which is true for the
    best. A score is missing from the dicts if several cells have no average. The values of a method without it are NaN.
    """
    lines: list[dict[str, Any]] = [{"method": method} for method in findings.methods]
    for compared, cells in findings.scored.items():
        if (cell := select_overall_cell(cells)) is not None:
            intervals = {method: cell.interval(method) for method in cell.scores}
            means = [
                interval.estimate
                for method, interval in intervals.items()
                if not isnan(interval.estimate) and method not in findings.study.dropped
            ]
            best = (min if compared.lower else max)(means, default=None)
            for line in lines:
                interval = intervals.get(line["method"], NONE)
                line[compared.column] = {**interval._asdict(), "lead": interval.estimate == best}
    return lines


def build_grid(findings: Results) -> list[GridCell]:
    """Return what the page shows of each cell (a setting at a level): counts, lines and best means, in order."""
    dropped = findings.study.dropped
    return [
        GridCell(
            setting=lines[0].setting,
            level=lines[0].level,
            train=lines[0].train,
            test=lines[0].test,
            lines={line.method: line for line in lines},
            best={
                compared.column: best_mean([line for line in lines if line.method not in dropped], compared)
                for compared in findings.scored
            },
        )
        for lines in group_by_cell(findings.lines)
    ]


def select_for_new_datasets(findings: Results, verdicts: Sequence[ScoreVerdict]) -> list[CellComparison]:
    """Select the comparisons of the best method with each other one, by each score, for use on new data sets.

    The result is empty for fewer than five data sets.
    """
    datasets = {cell.dataset for cells in findings.scored.values() for cell in cells if cell.setting != EVERYWHERE}
    if len(datasets) < FEWEST_SETS:
        return []
    by_score = group_by_score(select_overall(findings.comparisons))
    return [line for verdict in verdicts for line in select_of_method(by_score[verdict.score], verdict.best)]


def build_matrices(findings: Results) -> dict[str, Matrix]:
    """Return, for each score, the comparisons over all cells by first method (line) and second method (column).

    Cells are settings at a level. Scores and methods without a comparison of at least two repetitions are left out.
    """
    matrices: dict[str, Matrix] = {}
    for score, lines in group_by_score(select_repeated(select_overall(findings.comparisons))).items():
        compared = {method for line in lines for method in (line.first, line.second)}
        matrices[score] = {
            method: {line.second: line for line in select_of_method(lines, method)}
            for method in findings.methods
            if method in compared
        }
    return matrices


def describe_recipe_differences(recipes: Recipes) -> list[str]:
    """Describe hyper-parameters in which methods differ on the same data set, as "lr (0.1: ce and mse; 0.3: focal)".

    Such a difference may explain a difference in scores in place of the loss. The list is empty if there is none.

    Args:
        recipes: The hyper-parameters of each method on each data set.
    """
    by_entry: dict[tuple[str, str], dict[str, list[str]]] = {}
    for (dataset, method), recipe in recipes.items():
        for key, value in recipe.items():
            by_entry.setdefault((dataset, key), {}).setdefault(str(value), []).append(method)
    descriptions = [
        f"{key} ({'; '.join(f'{value}: {join_words(methods)}' for value, methods in values.items())})"
        for (_, key), values in by_entry.items()
        if len(values) > 1
    ]
    return list(dict.fromkeys(descriptions))


def compute_widening(lines: Sequence[ScoreLine]) -> float | None:
    """Compute how many times as wide an interval of ROC-AUC is that also allows for other test samples.

    Returns:
        The median ratio over the lines; None if no line has both intervals with a width above 0.
    """
    scores = [(line.scores["roc_auc"], line.roc_auc_both) for line in lines if "roc_auc" in line.scores]
    widths = [(own.high - own.low, both.high - both.low) for own, both in scores]
    ratios = [both / own for own, both in widths if own > 1e-9 and not isnan(both)]  # without lines that never vary
    return median(ratios) if ratios else None


def list_left_out(findings: Results) -> list[str]:
    """List the names of cells (settings at a level) and methods that the comparison over all cells leaves out.

    They lack scores. The list is empty if there is no comparison over several cells.
    """
    overall = [cell for cells in findings.scored.values() if (cell := select_overall_cell(cells))]
    return list(dict.fromkeys(name for cell in overall for name in cell.left_out))


def describe(row: Row) -> Description:
    """Return the title and the publication of the method of a row (the result of a run); a text is empty if unknown."""
    return row.run.method.learner.describe(row.run.method.loss)


def read_recipes(findings: Findings) -> Recipes:
    """Return the hyper-parameters of each method on each data set, by the pair of data set and method.

    Learners other than networks are left out. Of several rows the last counts.
    """
    last_rows = {
        (row.run.dataset, name.method): row for row, name in zip(findings.rows, findings.row_names, strict=True)
    }
    return {key: read_entries(row.run) for key, row in last_rows.items() if row.run.method.learner.is_network}


def split_entries(recipes: Recipes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Split hyper-parameters into those on which all recipes agree, and the others.

    Args:
        recipes: The hyper-parameters of each method on each data set, all with the same names; may be empty.

    Returns:
        The common ones by name, and a dict of the others for each data set and method, with "data set" and "loss".
    """
    first = next(iter(recipes.values()), {})
    common = {key: value for key, value in first.items() if all(recipe[key] == value for recipe in recipes.values())}
    varying = [
        {"data set": dataset, "loss": method} | {key: value for key, value in recipe.items() if key not in common}
        for (dataset, method), recipe in recipes.items()
    ]
    return common, varying


def read_entries(run: Run) -> dict[str, Any]:
    """Return the hyper-parameters of a run's recipe by name; "lr" is "chosen" if the run tries several rates."""
    return run.entries | ({"lr": "chosen"} if run.recipe.tune_lr else {})
