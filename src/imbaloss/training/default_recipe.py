"""The recipe by which networks are trained on a table unless another one is asked for."""

from typing import Any

RATES = (0.001, 0.003, 0.0003, 0.01, 0.0001, 0.03)  # learning rates of Adam, the most promising first
STEPS = 3000  # approximate number of steps of a training
FEWEST_EPOCHS, MOST_EPOCHS = 10, 100
SMALLEST_BATCH, LARGEST_BATCH = 64, 2048


def make_default_entries(rows: int, settings: int) -> dict[str, Any]:
    """Return the entries of a recipe for a number of training rows, which decides batch size and epochs.

    The other entries of a recipe stay at their defaults. Training stops early by the validation part.

    Args:
        rows: The number of training rows.
        settings: The number of learning rates to try, six at most.
    """
    batch = min(max(rows // 100, SMALLEST_BATCH), LARGEST_BATCH)
    return {
        "hidden": (128, 64),
        "optimizer": "adam",
        "tune_lr": RATES[:settings],
        "weight_decay": 1e-3,
        "patience": 8,
        "train_batch": batch,
        "epochs": min(max(STEPS * batch // max(rows, 1), FEWEST_EPOCHS), MOST_EPOCHS),
        "test_batch": 8192,
    }
