"""The 95 % intervals of a table: over seeds or folds; of a single run, over its test samples."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from imbaloss.evaluation import THRESHOLD, of_samples
from imbaloss.report.cells import COMPARED, Cell, Compared
from imbaloss.report.naming import Name
from imbaloss.statistics import Interval, delong, seeds_and_samples
from imbaloss.studies import Predictions, Row, Store

NONE = Interval(np.nan, np.nan, np.nan)
OVER = ("seeds", "folds", "test samples")
Scored = Mapping[Compared, Sequence[Cell]]
Key = tuple[str, float, str]  # setting, level, method


def intervals(rows: Sequence[Row], called: Sequence[Name], scored: Scored, store: Store) -> pd.DataFrame:
    """One line a setting, level and method.

    Columns: interval_over (seeds, folds, or the test samples of a single run); of each score that is compared, _low and
    _high. roc_auc_both_low and _high: for other seeds and other test samples at once, where several seeds were tested
    on samples of one pool.
    """
    runs: dict[Key, list[Row]] = {}
    for row, name in zip(rows, called, strict=True):
        runs.setdefault((name.setting, row.run.level, name.method), []).append(row)
    cells = {(one.setting, one.level): one for one in scored[COMPARED[0]]}
    by_score = {compared: {(one.setting, one.level): one for one in found} for compared, found in scored.items()}
    lines = []
    for (setting, level, method), some in runs.items():
        trained = [row for row in some if row.failure is None]
        over = OVER[2] if len(trained) == 1 else OVER[bool(cells[setting, level].test_to_train)]
        single = store.predictions(trained[0].run)["test"] if len(trained) == 1 else None
        found: dict[str, object] = {"setting": setting, "level": level, "method": method}
        found["interval_over"] = over if trained else None
        for compared, of_score in by_score.items():
            interval = of_run(trained[0], single, compared) if single else of_score[setting, level].interval(method)
            found |= {f"{compared.column}_low": interval.low, f"{compared.column}_high": interval.high}
        both = of_both(trained, store) if over == OVER[0] else NONE
        lines.append(found | {"roc_auc_both_low": both.low, "roc_auc_both_high": both.high})
    return pd.DataFrame(lines)


def of_run(row: Row, test: Predictions, compared: Compared) -> Interval:
    scores = row.scores[compared.part]
    threshold = scores["threshold"] if compared.part == "tuned" else THRESHOLD
    if scores[compared.score] is None or threshold is None:
        return NONE
    return of_samples(compared.score, test.labels, test.probabilities, threshold) or NONE


def of_both(rows: Sequence[Row], store: Store) -> Interval:
    """Of the mean ROC-AUC over seeds that share test samples."""
    if len(rows) < 2 or any(min(row.counts["test"]) < 2 for row in rows):
        return NONE
    tests = [predictions["test"] for _, predictions in store.arrays([row.run for row in rows])]
    samples = [2 * test.images + test.labels for test in tests]
    return seeds_and_samples([delong(test.labels, test.probabilities) for test in tests], samples)
