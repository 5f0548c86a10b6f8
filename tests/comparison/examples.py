"""Tables and images to compare methods on, small enough to be learned from in a second."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from imbaloss.comparison.column_kinds import judge_columns
from imbaloss.comparison.column_values import take_columns
from imbaloss.comparison.columns import Schema
from imbaloss.comparison.judgement import ColumnRequest
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.opening import open_own, open_tables
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.reading.frames import table_from_frame
from imbaloss.comparison.request import ComparisonRequest

QUICK = ("--epochs", "2", "--hidden", "4", "--lr", "0.01", "--loss", "mse", "--repetitions", "1", "--quiet")


def mixed(rows: int = 120, share: float = 0.2, seed: int = 0) -> pd.DataFrame:
    """Numbers, categories, dates and missing values; `amount` and `country` tell something of the target `fraud`."""
    generator = np.random.default_rng(seed)
    fraud = generator.permutation(np.arange(rows) < rows * share)
    found = pd.DataFrame({
        "amount": np.round(generator.lognormal(3 + fraud, 1.0), 2),
        "age": generator.integers(18, 90, rows).astype(float),
        "country": np.where(generator.random(rows) < 0.6, np.where(fraud, "FR", "DE"), "IT").astype(object),
        "shop": [f"shop-{number}" for number in generator.integers(0, 30, rows)],
        "day": pd.to_datetime("2026-01-01") + pd.to_timedelta(generator.integers(0, 300, rows), unit="D"),
        "fraud": np.where(fraud, "yes", "no"),
    })  # fmt: skip
    found.loc[::7, "age"] = np.nan
    found.loc[::11, "country"] = None
    return found


def write_csv(folder: Path, frame: pd.DataFrame | None = None, name: str = "data.csv", **options) -> Path:
    file = folder / name
    (mixed() if frame is None else frame).to_csv(file, index=False, **options)
    return file


def write_images(folder: Path, rare: int = 8, others: int = 24, size: int = 10, mode: str = "RGB") -> Path:
    """folder/images/ok and folder/images/cracked: the second ones are brighter on the left."""
    generator = np.random.default_rng(0)
    for name, number in (("ok", others), ("cracked", rare)):
        (folder / "images" / name).mkdir(parents=True)
        for place in range(number):
            pixels = generator.integers(0, 150, (size, size, 3)).astype(np.uint8)
            pixels[:, : size // 2] += 100 * (name == "cracked")
            Image.fromarray(pixels).convert(mode).save(folder / "images" / name / f"{place:03}.png")
    return folder / "images"


def judge(frame: pd.DataFrame, **request) -> Schema:
    asked = ColumnRequest(**request)
    return judge_columns(mark_missing(table_from_frame(frame), asked.na_values, asked.keep_na), asked)


def take(schema: Schema, frame: pd.DataFrame, **options) -> pd.DataFrame:
    return take_columns(schema, mark_missing(table_from_frame(frame), schema.na_values, schema.keep_na), **options)


def open_source(source: Path, target: str, **asked) -> Own:
    """Open a file or folder for a request of this target and of what else is asked."""
    return open_own(source, ComparisonRequest(target=target, **asked))


def of_frames(name: str, frames: list[pd.DataFrame], request: ComparisonRequest) -> Own:
    """Own data of frames: of all rows, or of those to learn from and those to judge by."""
    return open_tables(name, [table_from_frame(frame) for frame in frames], request)
