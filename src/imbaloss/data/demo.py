"""The tables of `make demo`: scikit-learn's breast cancer data, in which malignant tumours are made rare.

`python -m imbaloss.data.demo FOLDER` writes them into a folder, without FOLDER into the working folder. The data come
with scikit-learn: nothing is downloaded.
"""

import sys
from pathlib import Path

import pandas as pd

SHARE = 0.05  # of malignant tumours, in both tables
NEW_PATIENTS = 60  # with a benign tumour, whom no method sees


def draw_tables(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the table to learn from and that of new patients, who are others. Both have the diagnosis.

    Each benign tumour is in one of the tables. Of the malignant tumours so many are drawn that they are 5 % of each.
    """
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer(as_frame=True)
    patients = bunch.data.assign(diagnosis=bunch.target_names[bunch.target])
    patients.insert(0, "patient", [f"P{number:03}" for number in range(len(patients))])
    shuffled = patients.sample(frac=1, random_state=seed)
    benign = shuffled[shuffled["diagnosis"] == "benign"]
    malignant = shuffled[shuffled["diagnosis"] == "malignant"]
    positives, new_positives = (
        round(rows * SHARE / (1 - SHARE)) for rows in (len(benign) - NEW_PATIENTS, NEW_PATIENTS)
    )
    table = pd.concat([benign[NEW_PATIENTS:], malignant[:positives]])
    new = pd.concat([benign[:NEW_PATIENTS], malignant[positives : positives + new_positives]])
    return table.sort_values("patient"), new.sort_values("patient")


def write_tables(folder: Path) -> None:
    """Write cancer.csv and new_patients.csv into a folder, which is made if it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    table, new = draw_tables()
    table.to_csv(folder / "cancer.csv", index=False)
    new.to_csv(folder / "new_patients.csv", index=False)


if __name__ == "__main__":
    write_tables(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
