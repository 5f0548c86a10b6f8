"""The studies of the findings on digits, with few seeds and epochs: each in seconds."""

from dataclasses import replace
from pathlib import Path

from findings.stored import Stored, read
from imbaloss import data, studies
from imbaloss.studies import Study

DIGITS = ("digits_parity", "digits_3_8", "digits_8_9")
LEVELS = (0.2, 0.1, 0.05)
SEEDS = (0, 1, 2)
SMALL = {"epochs": 3, "patience": 0}


def small(name: str) -> Study:
    """The built-in study of that name, smaller."""
    study = studies.built_in(name)
    layers = {"hidden": (8,), **({"channels": (4, 8), "shift": 1} if study.networks else {})}
    rates = {key: {**entries, **({"tune_lr": entries["tune_lr"][:2]} if "tune_lr" in entries else {})} for key, entries in study.recipes.items()}
    losses = tuple("ldam_drw:after=2" if loss.startswith("ldam_drw") else loss for loss in study.losses)
    return replace(
        study,
        datasets=DIGITS[: len(study.datasets)],
        levels=LEVELS[: len(study.levels)],
        losses=losses,
        seeds=SEEDS,
        recipes=rates,
        loss_recipes={},
        dataset_recipes={},
        overrules={**SMALL, **layers},
    )


def ran(study: Study, folder: Path) -> Stored:
    """What comes of it, from its store in the folder."""
    datasets = data.load(study.datasets)
    store = studies.Store(folder)
    studies.write_study(study, datasets, folder)
    for job in studies.cut(study.runs(), datasets):
        finished = studies.train_together(job, datasets, "cpu", lambda _: None)
        store.add([(row, predictions) for row, predictions, _ in finished])
    return read(folder)
