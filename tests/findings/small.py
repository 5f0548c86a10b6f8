"""The studies of the findings on digits, with two seeds and few of everything: each in seconds."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from findings import bias
from findings.stored import Stored, read_stored
from imbaloss import data, studies
from imbaloss.studies import Study
from imbaloss.studies.study import Entries
from tests.features.images import write_means

DIGITS = ("digits_parity", "digits_3_8", "digits_8_9")
LEVELS = (0.2, 0.1, 0.05)
LOSSES = ("ce", "mse", "wmse", "mfe", "msfe", "msfe_unbiased", "wce", "focal")
RECIPES = (
    *("report", "tuned", "plain", "calibrated", "torch, batches of 32", "torch, batches of 128"),
    *("perceptron", "cnn", "frozen"),
)


def small(name: str, folder: Path = Path()) -> Study:
    """The built-in study of that name, on digits. folder: That of a pretrained network, if the study needs one."""
    study = studies.built_in(name)
    return replace(
        study,
        datasets=DIGITS[: len(study.datasets)],
        levels=LEVELS[: min(len(study.levels), 2)],
        losses=tuple(loss for loss in study.losses if str(loss) in LOSSES),
        samplers=study.samplers[:2],
        seeds=(0, 1),
        recipes={name: make_quick(one, folder) for name, one in study.recipes.items() if name in RECIPES},
        dataset_recipes={},
        loss_recipes={},
        overrules={"epochs": 3, "hidden": (8,)} | ({"channels": (4, 8), "shift": 1} if study.networks else {}),
    )  # fmt: skip


def make_quick(entries: Entries, folder: Path) -> Entries:
    """The entries with two rates at most, and with mean colours in place of the features of a pretrained network."""
    quick: Entries = {"tune_lr": entries["tune_lr"][:2]} if "tune_lr" in entries else {}
    if "features" in entries:
        quick["features"] = f"onnx:{write_means(folder / 'means.onnx')}"
    return entries | quick


def ran(study: Study, folder: Path) -> Stored:
    """What comes of it, in the store of a folder of its name."""
    datasets, place = studies.embed_data_sets(data.load_data_sets(study.datasets), study.runs()), folder / study.name
    store = studies.Store(place)
    studies.write_study(study, datasets, place)
    jobs = studies.cut_into_stacks(study.runs(), datasets)
    for job in jobs:
        finished = studies.train_together(job, datasets, "cpu", lambda _: None)
        store.add([(row, predictions) for row, predictions, _ in finished])
    return read_stored(place)


def results(finding: ModuleType, folder: Path) -> Mapping[str, Stored]:
    """Of all its studies, small ones; and what else the finding reads."""
    found = {name: ran(small(name, folder), folder) for name in finding.STUDIES}
    for name, one in found.items() if hasattr(finding, "MORE") else ():
        bias.measure_bias(one.study, data.load_data_sets(one.study.datasets), passes=2).to_csv(
            folder / name / bias.FILE, index=False
        )
    return found
