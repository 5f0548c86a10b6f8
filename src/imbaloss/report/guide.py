"""The guide to the losses, docs/losses.md with its pictures, made from the catalogue by `make docs`."""

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

PICTURES = Path("figures", "losses")  # folder of the pictures, relative to the page
COUNTS = (90, 10)  # negatives and positives of the batch
Z = torch.linspace(-6, 6, 97, dtype=torch.float64)  # logits of the additional sample
SMALL: Any = {  # style that keeps the files small
    **STYLE,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "xtick.bottom": False,
    "ytick.left": False,
}
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def render_guide() -> str:
    """Return the text of docs/losses.md, rendered from its template and the catalogue of losses."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__, ""), trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters.update(sentence=read_first_sentence, defaults=write_defaults)
    return environment.get_template("losses.md.jinja").render(
        losses=[losses.facts(name) for name in losses.names()],
        errors=losses.ERRORS,
        reductions=losses.REDUCTIONS,
        rules=find_bullets(Criterion),
        options=find_bullets(losses.Loss, "sync", "running"),
        target_options=find_bullets(losses.Loss, "soft", "per_label"),
        ranking=", ".join(f"`{name}`" for name in losses.names() if is_ranking(name)),
        ranking_options=find_bullets(losses.Ranking, "sync", "memory"),
        counts=COUNTS,
        pictures=PICTURES.as_posix(),
    )


def is_ranking(name: str) -> bool:
    """Say whether the loss of this name is one of pairs or ranks."""
    return isinstance(losses.get(name, counts=COUNTS), losses.Ranking)


def find_bullets(documented: type, *words: str) -> str:
    """Return the bullet points of a class's docstring, one below the other; empty without any.

    Args:
        documented: The class.
        words: If there are any, only bullet points that begin with one of them and a colon are returned.
    """
    bullets: list[str] = re.findall(r"^- .*(?:\n  .*)*", inspect.getdoc(documented) or "", re.MULTILINE)
    return "\n".join(
        bullet for bullet in bullets if not words or bullet.startswith(tuple(f"- {word}:" for word in words))
    )


def read_first_sentence(documented: Callable[..., Any]) -> str:
    """Return the first sentence of a docstring in one line, with its full stop; empty without a docstring."""
    text = " ".join((inspect.getdoc(documented) or "").split())
    return re.split(r"(?<=\.) ", text)[0]


def write_defaults(parameters: dict[str, float | None]) -> str:
    """Write parameters with their defaults as code, such as "`gamma = 2`, `tau = None`"; empty for no parameters."""
    return ", ".join(f"`{key} = {value if value is None else f'{value:.4g}'}`" for key, value in parameters.items())


def draw_response(name: str) -> str:
    """Draw a loss and its slope against the logit of one additional positive or negative sample in a batch.

    A deferred loss, which changes at an epoch, has a dashed line for its second phase.

    Args:
        name: The name of the loss in the catalogue.

    Returns:
        The text of an SVG file; the same loss gives the same text.

    Raises:
        ValueError: There is no such loss.
    """
    loss = losses.get(name, counts=COUNTS)
    phases = [loss.first, loss.then] if isinstance(loss, losses.Deferred) else [loss]
    with mpl.rc_context(SMALL):
        figure = Figure(figsize=(7, 2.5))
        panels = figure.subplots(1, 2)
        for target, label, colour in ((1, "one more positive", COLOURS[1]), (0, "one more negative", COLOURS[0])):
            for phase, line in zip(phases, ("-", "--"), strict=False):
                for panel, curve in zip(panels, compute_response(phase, target), strict=True):
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
    tenths = re.sub(
        r'(\.\d)\d+(?=[\s")])', r"\1", file.getvalue()
    )  # rounds coordinates to tenths of a point; labels keep their digits
    return " ".join(tenths.split()) + "\n"


def compute_response(loss: Criterion, target: int) -> tuple[Tensor, Tensor]:
    """Compute n x (loss - its minimum) and n x its slope for a batch of n samples, one of them at each logit of Z.

    Args:
        loss: The loss.
        target: The class of the additional sample, 0 or 1.

    Returns:
        Two tensors of the shape of Z, (97,). The minimum is over Z, and the slope is with respect to the logit.
    """
    moving = Z.clone().requires_grad_()
    logits_of_others, classes = create_batch()
    logits = torch.cat(
        [moving.unsqueeze(-1), logits_of_others.expand(len(Z), -1)], dim=-1
    )  # a stack with a member for each of Z
    targets = torch.cat([torch.tensor([target]), classes]).expand(len(Z), -1)
    value = loss.stacked(logits, targets) * logits.shape[-1]
    (slope,) = torch.autograd.grad(value.sum(), moving)
    return (value - value.min()).detach(), slope


def create_batch() -> tuple[Tensor, Tensor]:
    """Create the logits and targets of a batch, 90 negatives (`COUNTS`) and then 10 positives.

    The logits are quantiles of normal distributions around -1 for negatives and 1 for positives.

    Returns:
        Logits in float64 and targets 0 or 1, both (100,).
    """
    of_classes = []
    for count, mean in zip(COUNTS, (-1, 1), strict=True):
        shares = (torch.arange(count, dtype=torch.float64) + 0.5) / count
        of_classes.append(mean + torch.special.ndtri(shares))
    return torch.cat(of_classes), torch.arange(2).repeat_interleave(torch.tensor(COUNTS))


def write_guide(folder: Path) -> None:
    """Write losses.md and the pictures of all losses into a folder, which is created. Existing files are replaced."""
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    (folder / "losses.md").write_text(render_guide(), encoding="utf-8")
    for name in losses.names():
        (folder / PICTURES / f"{name}.svg").write_text(draw_response(name), encoding="utf-8")


if __name__ == "__main__":
    write_guide(Path(sys.argv[1]))
