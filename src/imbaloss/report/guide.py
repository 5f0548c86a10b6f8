"""The guide to the losses, docs/losses.md and its pictures, from the catalogue; `make docs` writes it."""

import inspect
import re
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import jinja2
import matplotlib as mpl
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from imbaloss import losses
from imbaloss.losses.criterion import Criterion
from imbaloss.report.figures import COLOURS, STYLE

PICTURES = Path("figures", "losses")  # in the folder of the page
COUNTS = (90, 10)
Z = torch.linspace(-6, 6, 97, dtype=torch.float64)
SMALL: Any = {  # in bytes
    **STYLE,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "xtick.bottom": False,
    "ytick.left": False,
}
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def page() -> str:
    """The text of docs/losses.md."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__, ""), trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters.update(sentence=first_sentence, defaults=with_defaults)
    return environment.get_template("losses.md.jinja").render(
        losses=[losses.facts(name) for name in losses.names()],
        errors=losses.ERRORS,
        reductions=losses.REDUCTIONS,
        rules=points(Criterion),
        options=points(losses.Loss, "sync", "running"),
        counts=COUNTS,
        pictures=PICTURES.as_posix(),
    )


def points(documented: type, *words: str) -> str:
    """The list in a docstring; of it those points that begin with one of the words, where words are given."""
    found: list[str] = re.findall(r"^- .*(?:\n  .*)*", inspect.getdoc(documented) or "", re.MULTILINE)
    return "\n".join(point for point in found if not words or point.startswith(tuple(f"- {word}:" for word in words)))


def first_sentence(documented: Callable[..., Any]) -> str:
    """Of the docstring."""
    text = " ".join((inspect.getdoc(documented) or "").split())
    return re.split(r"(?<=\.) ", text)[0]


def with_defaults(parameters: dict[str, float | None]) -> str:
    """`gamma = 2`, each as code."""
    return ", ".join(f"`{key} = {value if value is None else f'{value:.4g}'}`" for key, value in parameters.items())


def picture(name: str) -> str:
    """An SVG: the loss of a batch, and its slope, against the logit of one more sample, a positive or a negative."""
    loss = losses.get(name, counts=COUNTS)
    phases = [loss.first, loss.then] if isinstance(loss, losses.Deferred) else [loss]
    with mpl.rc_context(SMALL):
        figure = Figure(figsize=(7, 2.5))
        panels = figure.subplots(1, 2)
        for target, label, colour in ((1, "one more positive", COLOURS[1]), (0, "one more negative", COLOURS[0])):
            for phase, line in zip(phases, ("-", "--"), strict=False):
                for panel, curve in zip(panels, response(phase, target), strict=True):
                    panel.plot(Z, curve, line, color=colour, label=label if line == "-" else None)
        for panel, label in zip(panels, ("n · (loss - its minimum)", "n · slope of the loss"), strict=True):
            panel.set(xlabel="logit of that sample", ylabel=label, xlim=(-6, 6), xticks=(-6, -3, 0, 3, 6))
            panel.yaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 5, 10)))
            panel.yaxis.set_label_coords(-0.2, 0.5)
            panel.grid(axis="y", alpha=0.3)
        if isinstance(loss, losses.Deferred):
            panels[0].plot([], "--", color="#666666", label=f"from epoch {loss.after} on")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="upper center", ncols=3)
        figure.subplots_adjust(left=0.1, right=0.99, bottom=0.17, top=0.86, wspace=0.3)
        file = StringIO()
        figure.savefig(file, format="svg", metadata=NO_METADATA)
    tenths = re.sub(r'(\.\d)\d+(?=[\s")])', r"\1", file.getvalue())  # of a point: fine enough; labels stay whole
    return " ".join(tenths.split()) + "\n"


def response(loss: Criterion, target: int) -> tuple[Tensor, Tensor]:
    """N x (loss - its minimum) and n x its slope, for a batch of n of which one, of class `target`, is at each of Z."""
    moving = Z.clone().requires_grad_()
    others, classes = batch()
    logits = torch.cat([moving.unsqueeze(-1), others.expand(len(Z), -1)], dim=-1)  # a stack: a member for each of Z
    targets = torch.cat([torch.tensor([target]), classes]).expand(len(Z), -1)
    value = loss.stacked(logits, targets) * logits.shape[-1]
    (slope,) = torch.autograd.grad(value.sum(), moving)
    return (value - value.min()).detach(), slope


def batch() -> tuple[Tensor, Tensor]:
    """Logits and targets: the quantiles of two normal distributions, negatives around -1 and positives around 1."""
    of_classes = []
    for count, mean in zip(COUNTS, (-1, 1), strict=True):
        shares = (torch.arange(count, dtype=torch.float64) + 0.5) / count
        of_classes.append(mean + torch.special.ndtri(shares))
    return torch.cat(of_classes), torch.arange(2).repeat_interleave(torch.tensor(COUNTS))


def write(folder: Path) -> None:
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    (folder / "losses.md").write_text(page(), encoding="utf-8")
    for name in losses.names():
        (folder / PICTURES / f"{name}.svg").write_text(picture(name), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
