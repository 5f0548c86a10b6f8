"""Write this folder's models and predictions with imbaloss 0.1: README.md says how. Today's package never runs this."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_digits

import imbaloss
from imbaloss import ImbalancedClassifier, data, studies
from imbaloss.comparison import OwnModel, Wishes, answer, predict_file
from imbaloss.comparison.comparing import Place, for_use, no_progress
from imbaloss.data.own import Asked, open_own
from imbaloss.training import model_file

FOLDER = Path(__file__).parent
ROWS, KEPT = 150, 40  # rows of the training table, and of those the first ones that are kept to predict for
QUICK = {"epochs": 4, "hidden": (8,), "lr": 0.05, "calibration": "platt"}


def draw_table() -> pd.DataFrame:
    """Return numbers, categories, dates and missing values, and the target `fraud`."""
    generator = np.random.default_rng(0)
    fraud = generator.permutation(np.arange(ROWS) < 0.2 * ROWS)
    table = pd.DataFrame({
        "amount": np.round(generator.lognormal(3 + fraud, 1.0), 2),
        "age": generator.integers(18, 90, ROWS).astype(float),
        "country": np.where(generator.random(ROWS) < 0.6, np.where(fraud, "FR", "DE"), "IT").astype(object),
        "shop": [f"shop-{number}" for number in generator.integers(0, 30, ROWS)],
        "day": pd.to_datetime("2026-01-01") + pd.to_timedelta(generator.integers(0, 300, ROWS), unit="D"),
        "fraud": np.where(fraud, "yes", "no"),
    })  # fmt: skip
    table.loc[::7, "age"] = np.nan
    table.loc[::11, "country"] = None
    return table


def draw_images(folder: Path) -> None:
    """Write 24 images of the class `ok` and 8 of `cracked`, which are brighter on the left."""
    generator = np.random.default_rng(0)
    for name, number in (("ok", 24), ("cracked", 8)):
        (folder / name).mkdir(parents=True)
        for place in range(number):
            pixels = generator.integers(0, 150, (6, 6, 3)).astype(np.uint8)
            pixels[:, :3] += 100 * (name == "cracked")
            Image.fromarray(pixels).save(folder / name / f"{place:03}.png")


def pack(folder: Path, name: str) -> None:
    """Pack a folder that holds a folder `model` as NAME.tar.gz."""
    shutil.make_archive(str(FOLDER / name), "gztar", folder, "model")


def write_own_models(source: Path, target: str, methods: dict[str, str], new: Path, size: int | None = None) -> None:
    """Compare on the data, save the model of each method, and predict with it for new data.

    Args:
        source: A table or a folder of images.
        target: The column that tells the class, or "folder".
        methods: Methods by name of the archive.
        new: The data to predict for.
        size: Side of the images in pixels.
    """
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        own = open_own(source, Asked(target, size=size), None)
        wishes = Wishes(losses=["mse"], references=len(methods) > 1, repetitions=1, recipe=QUICK)
        found = answer(own, target, wishes, out, page=False)
        place = Place(own, out, studies.Store(out), "cpu", print, no_progress)
        for archive, method in methods.items():
            for_use(studies.read_study(found.folder), method, target, place)
            pack(out, archive)
            predict_file(OwnModel.load(out / "model"), new, FOLDER / f"{archive}.csv", ())


def write_classifier(table: pd.DataFrame) -> None:
    """Train and save a classifier of two columns, and predict for the first rows."""
    columns, target = table[["amount", "age"]].fillna(0).to_numpy(), table["fraud"]
    classifier = ImbalancedClassifier("msfe", epochs=4, hidden=(4,), threshold="f1", random_state=0)
    classifier.fit(columns, target)
    with tempfile.TemporaryDirectory() as name:
        classifier.save(Path(name) / "model")
        pack(Path(name), "classifier")
    np.savetxt(FOLDER / "classifier.txt", classifier.predict_proba(columns[:KEPT])[:, 1])


def write_trained() -> None:
    """Train as `imbaloss train` does and predict for the first digits of scikit-learn."""
    study = studies.Study(
        name="train", datasets=("digits_3_8",), levels=(0.2,), losses=("wce",), seeds=(0,),
        overrules={"epochs": 4, "hidden": (4,)},
    )  # fmt: skip
    datasets = data.load(study.datasets)
    [job] = studies.cut(study.runs(), datasets)
    [(row, _, model)] = studies.train_together(job, datasets, "cpu", lambda _: None)
    with tempfile.TemporaryDirectory() as name:
        model_file.save(model, Path(name) / "model", row.facts())
        pack(Path(name), "trained")
    np.savetxt(FOLDER / "trained.txt", model.probabilities(load_digits().images[:KEPT, None] / 16))


if __name__ == "__main__":
    table = draw_table()
    table[:KEPT].to_csv(FOLDER / "rows.csv", index=False)
    with tempfile.TemporaryDirectory() as name:
        table.to_csv(Path(name) / "data.csv", index=False)
        methods = {"network": "mse", "logistic_regression": "logistic_regression", "boosting": "gradient_boosting"}
        write_own_models(Path(name) / "data.csv", "fraud", methods, FOLDER / "rows.csv")
        draw_images(Path(name) / "pictures")
        for kept in ("ok/000.png", "ok/001.png", "cracked/000.png", "cracked/001.png"):
            (FOLDER / "pictures" / kept).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(name) / "pictures" / kept, FOLDER / "pictures" / kept)
        write_own_models(Path(name) / "pictures", "folder", {"images": "mse"}, FOLDER / "pictures", size=6)
    write_classifier(table)
    write_trained()
    print(imbaloss.__version__, imbaloss.__file__)
