"""The page: everything that a study found, in one HTML file that opens offline."""

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import jinja2
import pandas as pd

from imbaloss.report.tables import LABELS, MAIN, names, number, pair, sentences, standing
from imbaloss.studies import Row, Study
from imbaloss.training import Recipe


@dataclass(frozen=True)
class Picture:
    """The content of an SVG file, its name without ending, and its caption."""

    name: str
    svg: bytes
    caption: str

    @property
    def address(self) -> str:
        """For an image that is in the page itself."""
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg).decode()}"


def page(
    study: Study, cells: pd.DataFrame, rows: Sequence[Row], pictures: Sequence[Picture], verdicts: Sequence[str]
) -> str:
    """rows: the finished runs of the study; cells: their table; verdicts: what a reader is told first."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__, ""), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": number, "pair": pair}
    common, varying = settings(rows)
    return environment.get_template("page.html.jinja").render(
        study=study,
        asked=len(study.runs()),
        rows=rows,
        several=bool((cells["seeds"] > 1).any()),
        noun="loss" if cells["method"].eq(cells["loss"]).all() else "method",
        grid=grid(cells),
        methods=list(dict.fromkeys(cells["method"])),
        scores=[(score, LABELS[score]) for score in MAIN],
        standing=standing(cells).to_dict("index"),
        headlines=headlines(cells),
        verdicts=verdicts,
        published=bool(cells["published_f1"].notna().any()),
        sentences=sentences(rows),
        classes=sorted({(row.run.dataset, *row.classes) for row in rows}),
        devices=sorted({row.computed["device"] for row in rows}),
        versions=sorted({item for row in rows for item in row.computed["versions"].items()}),
        pictures=pictures,
        common=common,
        varying=varying,
    )


def headlines(cells: pd.DataFrame) -> list[str]:
    """For each main score, the method that leads in most cells; nothing where no cell can be compared."""
    found = standing(cells)
    return [
        f"{method} has the highest mean {LABELS[score]} in {found[f'leads_{score}'].max()} of {count} cells"
        for score in MAIN
        if (method := found[f"leads_{score}"].idxmax())
        and (count := found[f"cells_{score}"].iloc[0])
        and len(found) > 1
    ]


def grid(cells: pd.DataFrame) -> list[dict[Any, Any]]:
    """One entry a setting and level: its counts, its line for each method, and the highest mean of each score."""
    found = []
    for _, group in cells.groupby(["setting", "level"], sort=False):
        lines: Any = group.set_index("method").to_dict("index")
        highest = {score: group[score].max() for score in MAIN}
        found.append({**group.iloc[0].to_dict(), "lines": lines, "highest": highest})
    return found


def settings(rows: Sequence[Row]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The entries that all recipes share, and those that differ, one line for each data set and method."""
    methods = [method for _, method in names(rows)]
    recipes = {(row.run.dataset, method): entries(row.run.recipe) for row, method in zip(rows, methods, strict=True)}
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
