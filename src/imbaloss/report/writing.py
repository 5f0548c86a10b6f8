"""Rows -> the files of an output folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from imbaloss.report import evidence, figures, tables
from imbaloss.report.page import Picture, page
from imbaloss.studies import Row, Study
from imbaloss.whole import file_name, write_whole

SCORES_CAPTION = "Scores on the test part. Large marks are means, small dots single trainings.{published}"
PUBLISHED_CAPTION = " Hollow marks are the published values."
CURVES_CAPTION = (
    "Training loss over the epochs, {setting} at level {level:g} ({positives} positives, {negatives} negatives), "
    "{epochs}. Left as it is, right divided by its first epoch; median over the seeds, and band between the quartiles."
)


@dataclass(frozen=True)
class Drawn:
    """A figure with its file name, without ending, and its caption."""

    name: str
    figure: Figure
    caption: str


WithLosses = Callable[[Sequence[Row]], Sequence[Row]]


def write(study: Study, rows: Sequence[Row], folder: Path, with_losses: WithLosses = lambda rows: rows) -> Path:
    """Writes tables, figures and report.html into the folder; returns the page.

    rows: the study's finished runs. with_losses adds their losses over the epochs to those that are drawn.
    """
    cells = tables.table(rows)
    published = PUBLISHED_CAPTION if cells["published_f1"].notna().any() else ""
    caption = SCORES_CAPTION.format(published=published)
    drawn = [Drawn("scores", figures.scores(cells, rows, tables.names(rows)), caption), *curves(rows, with_losses)]
    pictures = [Picture(one.name, figures.save(one.figure, folder / "figures", one.name), one.caption) for one in drawn]
    for path in (folder / "figures").iterdir():
        if path.stem not in {one.name for one in drawn} and path.suffix in {".svg", ".png"}:  # an earlier study's
            path.unlink(missing_ok=True)
    put(folder / "table.csv", cells.to_csv(index=False))
    compared = evidence.comparisons(rows)
    put(folder / "comparisons.csv", compared.to_csv(index=False))
    sentences = "".join(f"- {sentence}\n" for sentence in tables.sentences(rows))
    put(folder / "table.md", tables.markdown(cells) + (f"\n{sentences}" if sentences else ""))
    put(folder / "table.tex", tables.latex(cells))
    return put(folder / "report.html", page(study, cells, rows, pictures, evidence.verdicts(compared)))


def curves(rows: Sequence[Row], with_losses: WithLosses = lambda rows: rows) -> list[Drawn]:
    """The losses over the epochs, of each setting at its lowest level with positives: full and cut."""
    called = tables.names(rows)
    found = []
    for setting in dict.fromkeys(name.setting for name in called):
        of_setting = [
            (row, name.method)
            for row, name in zip(rows, called, strict=True)
            if name.setting == setting and row.counts["train"][1]
        ]
        lowest = min((row.run.level for row, _ in of_setting), default=0.0)
        at_lowest = [(row, method) for row, method in of_setting if row.run.level == lowest]
        chosen = with_losses([row for row, _ in at_lowest])
        drawn = [(row, method) for row, (_, method) in zip(chosen, at_lowest, strict=True) if row.losses]
        if not drawn:
            continue
        negatives, positives = drawn[0][0].counts["train"]
        epochs_differ = len({row.run.recipe.epochs for row, _ in drawn}) > 1
        for ending, epochs, common in (
            ("", "each loss for its own epochs", False),
            *([("_common", "cut to the shortest", True)] if epochs_differ else []),
        ):
            facts = {"setting": setting, "level": lowest, "positives": positives, "negatives": negatives}
            caption = CURVES_CAPTION.format(**facts, epochs=epochs)
            figure = figures.loss_curves(drawn, common_epochs=common)
            found.append(Drawn(file_name(f"loss_{setting}_{lowest:g}{ending}"), figure, caption))
    return found


def put(file: Path, text: str) -> Path:
    return write_whole(file, text.encode())
