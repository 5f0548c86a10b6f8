"""The page: everything that a study found, in one HTML file that opens offline."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from imbaloss import losses
from imbaloss.report import evidence
from imbaloss.report.cells import COMPARED
from imbaloss.report.drawings import RANKS, Drawing
from imbaloss.report.findings import Findings
from imbaloss.report.tables import number, pair, sentences
from imbaloss.statistics import fewest_seeds
from imbaloss.studies import Row
from imbaloss.training import Recipe


@dataclass(frozen=True)
class Picture:
    """A figure and the SVG element that shows it."""

    drawing: Drawing
    svg: str


def page(found: Findings, verdicts: Sequence[evidence.Verdict], pictures: Sequence[Picture]) -> str:
    """verdicts: what a reader is told first."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__, ""),
        autoescape=lambda name: name is not None and ".html" in name,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "pair": pair, "safe_svg": Markup}
    rows, cells = found.rows, found.table
    common, varying = settings(found)
    pairs = len(found.methods) * (len(found.methods) - 1) // 2
    return environment.get_template("page.html.jinja").render(
        study=found.study,
        asked=len(found.study.runs()),
        rows=rows,
        several=bool((cells["seeds"] > 1).any()),
        noun="loss" if cells["method"].eq(cells["loss"]).all() else "method",
        repetitions="seeds and folds" if found.study.folds else "seeds",
        settings=found.settings,
        methods=found.methods,
        compared=COMPARED,
        grid=grid(cells),
        gains=gains(found),
        verdicts=verdicts,
        moved=evidence.moved_threshold(found.comparisons),
        pairs=pairs,
        fewest=fewest_seeds(pairs) if pairs else 1,
        elsewhere_question=RANKS,
        elsewhere=elsewhere(found, verdicts),
        widening=widening(cells),
        sentences=sentences(rows),
        classes=sorted({(row.run.dataset, *row.classes) for row in rows}),
        devices=sorted({row.computed["device"] for row in rows}),
        versions=sorted({item for row in rows for item in row.computed["versions"].items()}),
        hours=seconds(rows) / 3600,
        sources={row.run.loss: source(row.run.loss) for row in rows},
        questions=[
            (question, list(some)) for question, some in groupby(pictures, lambda picture: picture.drawing.question)
        ],
        common=common,
        varying=varying,
    )


def gains(found: Findings) -> list[dict[str, Any]]:
    """Of each method, its mean of each score over all cells, with its interval; what is highest is marked."""
    lines: list[dict[str, Any]] = [{"method": method} for method in found.methods]
    for compared, cells in found.scored.items():
        if (cell := evidence.overall(cells)) is not None:
            intervals = {method: cell.interval(method) for method in cell.scores}
            highest = max((one.estimate for one in intervals.values() if one.estimate == one.estimate), default=None)
            for line in lines:
                one = intervals[line["method"]]
                line[compared.column] = {**one._asdict(), "lead": one.estimate == highest}
    return lines


def grid(cells: pd.DataFrame) -> list[dict[Any, Any]]:
    """One entry a setting and level: its counts, its line for each method, and the highest mean of each score."""
    found = []
    for _, group in cells.groupby(["setting", "level"], sort=False):
        lines: Any = group.set_index("method").to_dict("index")
        highest = {compared.column: group[compared.column].max() for compared in COMPARED}
        found.append({**group.iloc[0].to_dict(), "lines": lines, "highest": highest})
    return found


def elsewhere(found: Findings, verdicts: Sequence[evidence.Verdict]) -> list[dict[str, Any]]:
    """Of the method with the highest mean against each other: the probabilities of worse, alike and better."""
    lines = evidence.overall_lines(found.comparisons)
    lines = lines[lines[evidence.PROBABILITIES[0]].notna()] if len(lines) else lines
    told = []
    for verdict in verdicts:
        for _, one in lines[lines["score"] == verdict.score].iterrows() if len(lines) else ():
            probabilities = [one[name] for name in evidence.PROBABILITIES]
            if verdict.best in (one["first"], one["second"]):
                other = one["second"] if one["first"] == verdict.best else one["first"]
                ways = probabilities if one["first"] == verdict.best else probabilities[::-1]
                told.append({"score": verdict.score, "best": verdict.best, "other": other, "probabilities": ways})
    return told


def widening(cells: pd.DataFrame) -> float | None:
    """How much wider intervals of ROC-AUC are for other test samples than for other seeds alone: the median ratio."""
    own, both = (cells[f"{name}_high"] - cells[f"{name}_low"] for name in ("roc_auc", "roc_auc_both"))
    ratio = (both / own)[own > 0].median()
    return None if pd.isna(ratio) else float(ratio)


def seconds(rows: Sequence[Row]) -> float:
    """Of training, of one stack after the other: each run has its share of its stack's."""
    shares = (row.run.recipe.networks / row.computed["stack_size"] for row in rows)
    return sum(float(row.computed["stack_seconds"] * share) for row, share in zip(rows, shares, strict=True))


def source(loss: str) -> str:
    """Of a loss that has a name."""
    name = losses.parse(loss)[0]
    return str(losses.facts(name)["source"]) if name in losses.names() else ""


def settings(found: Findings) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The entries that all recipes share, and those that differ, one line for each data set and method."""
    recipes = {
        (row.run.dataset, name.method): entries(row.run.recipe)
        for row, name in zip(found.rows, found.called, strict=True)
    }
    first = next(iter(recipes.values()))
    common = {key: value for key, value in first.items() if all(recipe[key] == value for recipe in recipes.values())}
    varying = [
        {"data set": dataset, "loss": method} | {key: value for key, value in recipe.items() if key not in common}
        for (dataset, method), recipe in recipes.items()
    ]
    return common, varying


def entries(recipe: Recipe) -> dict[str, Any]:
    """Of a recipe, without the rate that is not used where one is chosen."""
    return asdict(recipe) | ({"lr": "chosen"} if recipe.tune_lr else {})
