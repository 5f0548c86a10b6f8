"""The commands that are run on both sides, and the files that they read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

DATA_DIR = "{data_dir}"  # among the words of a command: replaced by the folder of the CIFAR-100 files
INTERFACE = "interface"  # the first word of a command: tests/golden/interface.py is run in place of imbaloss
QUICK = ("--epochs", "6", "--hidden", "8")
RATES = "0.01,0.0000001"  # learning rates to try: the first is better by every score


@dataclass(frozen=True)
class Item:
    """Commands that run one after the other in one fresh folder, and whose outputs are compared.

    Standard output, standard error and exit code of each command are always compared.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    files: tuple[str, ...] = ()  # written by the commands; relative to the folder

    @property
    def needs_data(self) -> bool:
        """Say whether the item needs the real CIFAR-100 files."""
        return any(DATA_DIR in command for command in self.commands)


def study_item(name: str, *options: str) -> Item:
    """Return an item that trains a study and compares its tables, its comparisons of pairs and its page."""
    command = ("imbaloss", "reproduce", *options, "--out", "out", "--json")
    files = ("table.csv", "table.md", "table.tex", "comparisons.csv", "study.toml", "report.html")
    return Item(name, (command,), tuple(f"out/{file}" for file in files))


def comparison_item(name: str, data: str, *options: str, predict_options: tuple[str, ...] = ()) -> Item:
    """Return an item that compares methods on a table or a folder of images, and predicts for new data.

    Args:
        name: Name of the item.
        data: Name of a table or a folder of images that `write_inputs` writes. The new data has "_new" in its name.
        options: More options of `compare`.
        predict_options: More options of `predict`.
    """
    path = Path(data)
    new, out = f"{path.stem}_new{path.suffix}", f"results/{path.stem}"
    compare = ("imbaloss", "compare", data, *options, *QUICK, "--json")
    predict = ("imbaloss", "predict", f"{out}/model", new, "--out", "predictions.csv", *predict_options, "--json")
    files = ("table.csv", "table.md", "comparisons.csv", "study.toml", "report.html")
    return Item(name, (compare, predict), (*(f"{out}/{file}" for file in files), "predictions.csv"))


# The default comparison has learners of other libraries. The other comparisons name networks, their learning rates and
# the calibration, so that other defaults, or another score that chooses, leave their numbers as they are.
ITEMS = (
    Item("names", ((INTERFACE, "names"),)),
    Item("signatures", ((INTERFACE, "signatures"),)),
    Item("options", ((INTERFACE, "options"),)),
    Item("hashes", ((INTERFACE, "hashes"),)),
    Item("losses", (("imbaloss", "losses", "--json"),)),
    study_item(
        "study_digits",
        *("--dataset", "digits_parity", "--level", "0.1", "--loss", "mse", "--loss", "msfe", "--loss", "wce"),
        *("--seeds", "10", "--epochs", "25"),
    ),
    study_item(
        "study_tree",
        *("--dataset", "tree_1", "--level", "0.2", "--seeds", "2", "--epochs", "15", "--data-dir", DATA_DIR),
    ),
    comparison_item("compare_default", "numbers.csv", "--target", "defect", "--repetitions", "3"),
    comparison_item(
        "compare_numbers",
        *("numbers.csv", "--target", "defect", "--calibration", "isotonic", "--loss", "ce", "--loss", "mfe"),
        *("--no-references", "--lr", "0.01", "--repetitions", "10"),
    ),
    comparison_item(
        "compare_mixed",
        *("mixed.csv", "--target", "fraud", "--drop", "serial", "--category", "branch"),
        *("--loss", "msfe", "--loss", "focal:gamma=1", "--sampler", "none", "--sampler", "random_over"),
        *("--calibration", "temperature", "--no-references", "--tune-lr", RATES, "--repetitions", "5"),
        predict_options=("--keep", "serial"),
    ),
    comparison_item(
        "compare_costs",
        *("dated.csv", "--target", "defect", "--time", "day", "--threshold", "cost:fn=10,fp=1"),
        *("--calibration", "temperature", "--loss", "ce", "--loss", "wce", "--no-references", "--lr", "0.01"),
        *("--repetitions", "9"),
    ),
    comparison_item(
        "compare_images",
        *("pictures", "--image-size", "8", "--loss", "ce", "--loss", "mfe", "--calibration", "temperature"),
        *("--no-references", "--tune-lr", RATES, "--repetitions", "5"),
    ),
)  # fmt: skip


def write_inputs(folder: Path) -> None:
    """Write the tables and images that the commands read: the same bytes each time, without imbaloss."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(20_260_101)
    for suffix, rows in (("", 400), ("_new", 90)):
        numbers = draw_numbers(generator, rows)
        write_table(folder / f"numbers{suffix}.csv", numbers, "defect" if suffix else "")
        days = pd.Timestamp("2025-03-01") + pd.to_timedelta(generator.integers(0, 200, rows), unit="D")
        write_table(folder / f"dated{suffix}.csv", draw_numbers(generator, rows).assign(day=days))
        write_table(folder / f"mixed{suffix}.csv", draw_mixed(generator, rows, shops=40 if suffix else 25))
    for suffix, rare, others in (("", 14, 50), ("_new", 4, 8)):
        write_images(folder / f"pictures{suffix}", generator, rare, others)


def write_table(file: Path, table: pd.DataFrame, left_out: str = "") -> None:
    """Write a table as CSV, without the column `left_out` if one is named."""
    table.drop(columns=left_out or []).to_csv(file, index=False)


def draw_numbers(generator: Generator, rows: int) -> pd.DataFrame:
    """Return five columns of numbers and the target `defect`: 0, or 1 in 15 % of the rows, which differ in two."""
    defect = generator.permutation(np.arange(rows) < 0.15 * rows).astype(int)
    columns: dict[str, NDArray[Any]] = {
        f"sensor_{place}": np.round(generator.normal(size=rows), 4) for place in range(3)
    }
    columns["sensor_0"] += 1.5 * defect
    columns["pressure"] = np.round(generator.lognormal(2 + 0.5 * defect, 0.7), 2)
    columns["cycles"] = generator.integers(0, 5000, rows)
    return pd.DataFrame({**columns, "defect": defect})


def draw_mixed(generator: Generator, rows: int, shops: int) -> pd.DataFrame:
    """Return numbers, categories, dates and missing values, and the target `fraud`, yes or no.

    Args:
        generator: Source of randomness.
        rows: Number of rows, of which 15 % are positive.
        shops: Number of values of the category `shop`. More than in another table gives values unseen there.
    """
    fraud = generator.permutation(np.arange(rows) < 0.15 * rows)
    table = pd.DataFrame({
        "serial": [f"S{number:05}" for number in generator.permutation(rows)],
        "amount": np.round(generator.lognormal(3 + fraud, 1.0), 2),
        "age": generator.integers(18, 90, rows).astype(float),
        "branch": generator.integers(1, 6, rows),
        "country": np.where(generator.random(rows) < 0.6, np.where(fraud, "FR", "DE"), "IT").astype(object),
        "shop": [f"shop-{number}" for number in generator.integers(0, shops, rows)],
        "day": pd.Timestamp("2025-01-01") + pd.to_timedelta(generator.integers(0, 300, rows), unit="D"),
        "always": 1,
        "fraud": np.where(fraud, "yes", "no"),
    })  # fmt: skip
    table.loc[::7, "age"] = np.nan
    table.loc[::11, "country"] = None
    table.loc[::13, "day"] = pd.NaT
    return table


def write_images(folder: Path, generator: Generator, rare: int, others: int) -> None:
    """Write PNG images of 12 x 12 pixels into the sub-folders `ok` and `cracked`, which is brighter on the left."""
    for name, number in (("ok", others), ("cracked", rare)):
        (folder / name).mkdir(parents=True)
        for place in range(number):
            pixels = generator.integers(0, 150, (12, 12, 3), dtype=np.uint8)
            pixels[:, :6] += np.uint8(60 * (name == "cracked"))
            Image.fromarray(pixels).save(folder / name / f"{place:03}.png")
