"""What to do with one's own data: which method, from which probability on, and how sure that is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.report import evidence
from imbaloss.report.cells import COMPARED, COST, TUNED_F1, Cell, Compared, compared_in, constant_cost
from imbaloss.report.findings import Findings
from imbaloss.studies import OwnStudy, Row
from imbaloss.training import REFERENCES
from imbaloss.wording import counted, listed

PLAIN = "ce"  # the network that one would train without knowing better
MOST_NAMED = 12  # methods in a sentence


@dataclass(frozen=True)
class Advice:
    """The recommended method: that with the best mean of what the threshold is tuned for, else of F1 there."""

    method: str
    score: Compared
    sentences: tuple[str, ...]  # the most important first
    row: Row | None  # of the training on all rows

    @property
    def threshold(self) -> tuple[float, float, float] | None:
        """And the ends of its 95 % interval."""
        return self.row.threshold if self.row else None


def advise(found: Findings) -> Advice | None:
    """None where no method has a score."""
    study = found.study
    assert isinstance(study, OwnStudy)
    score = compared_in(found.rows)[-1]
    if score in COMPARED:
        score = next(one for one in COMPARED if one.label == TUNED_F1)
    [cell] = found.scored[score]
    means = {method: float(np.nanmean(some)) for method, some in cell.scores.items() if np.isfinite(some).any()}
    if not means:
        return None
    best = (min if score.lower else max)(means, key=lambda method: means[method])
    rows = found.store.rows([study.for_use(best)])
    row = rows[0] if rows else None
    lines = evidence.seen_from(found.comparisons[found.comparisons["score"] == score.label], best)
    said = [
        of_method(found, cell, lines, best, score),
        of_others(lines),
        ""
        if study.folds
        else "All repetitions have the same test rows: they tell the chance of training alone, and other "
        "test rows may decide otherwise",
        *of_references(lines, best),
        *of_plain(lines, best),
        *of_threshold(found, best, row, study.sought),
        *of_decisions(found, best, study.sought),
        *of_costs(found, means[best], score),
    ]
    return Advice(best, score, tuple(filter(None, said)), row)


def of_method(found: Findings, cell: Cell, lines: pd.DataFrame, best: str, score: Compared) -> str:
    interval, over = cell.interval(best), int(np.isfinite(cell.scores[best]).sum())
    ends = f" [{interval.low:.3f}, {interval.high:.3f}]" if np.isfinite(interval.low) else ""
    what = "repetition" if found.study.folds else "seed"
    of_pairs = lines[lines["pairs"] > 1]
    open_still = len(of_pairs) and not (of_pairs["verdict"] == "better").any()
    take = f"Take {best}, though no other method is detectably worse" if open_still else f"Take {best}"
    has = f"the lowest {score.label}" if score.lower else f"the highest mean {score.label}"
    return f"{take}: it has {has}, {interval.estimate:.3f}{ends}, over {counted(over, what)}"


def of_others(lines: pd.DataFrame) -> str:
    """What the best one is better than, and what it cannot be told from."""
    lines = lines[lines["pairs"] > 1] if len(lines) else lines
    if lines.empty:
        return "One repetition decides nothing: any difference between methods may be chance"
    words = {
        "better": "better than",
        "worse": "worse, where both have scores, than",
        "equivalent": "equivalent to",
        "undecided": "not detectably different from",
    }
    ways = {word: list(lines["second"][lines["verdict"] == word]) for word in words}
    if len(ways["better"]) == len(lines):
        return f"It is better than {'the other one' if len(lines) == 1 else f'each of the {len(lines)} others'}"
    return f"It is {'; '.join(f'{words[word]} {named(methods)}' for word, methods in ways.items() if methods)}"


def named(methods: list[str]) -> str:
    more = len(methods) - MOST_NAMED
    return listed(methods) if more <= 0 else f"{', '.join(methods[:MOST_NAMED])} and {more} more"


def difference(one: "pd.Series[Any]") -> str:
    ends = f" [{one['low']:+.3f}, {one['high']:+.3f}]" if pd.notna(one["low"]) else ""
    words = {"better": "better", "equivalent": "equivalent", "worse": "worse", "undecided": "no detectable difference"}
    return f"{one['difference']:+.3f}{ends}, {words[str(one['verdict'])]}"


def of_references(lines: pd.DataFrame, best: str) -> list[str]:
    """Whether networks are worth their while here."""
    known = lines.dropna(subset="difference")
    networks, references = (known[known["second"].isin(REFERENCES) == wanted] for wanted in (False, True))
    if best in REFERENCES and len(networks):
        nearest = networks.iloc[int(networks["difference"].argmin())]
        said = f"the nearest, {nearest['second']}, against it: {difference(nearest)}"
        return [f"No network comes before this reference; {said}"]
    if best not in REFERENCES and len(references):
        nearest = references.iloc[int(references["difference"].argmin())]
        return [f"Against {nearest['second']}, the nearer reference: {difference(nearest)}"]
    return []


def of_plain(lines: pd.DataFrame, best: str) -> list[str]:
    """Whether it takes a special loss at all."""
    plain = lines[lines["second"] == PLAIN]
    if best == PLAIN or not len(plain):
        return []
    return [f"Against plain cross-entropy with a tuned threshold: {difference(plain.iloc[0])}"]


def of_threshold(found: Findings, best: str, row: Row | None, sought: str) -> list[str]:
    if row is None or row.threshold is None:
        return []
    threshold, low, high = row.threshold
    ends = f", 95 % interval {low:.3f} to {high:.3f}" if np.isfinite(low) else ""
    line = found.table[found.table["method"] == best].iloc[0]
    spread = f"; over the repetitions {line['tuned_threshold']:.3f} on average"
    deviation = line["tuned_threshold_sd"]
    spread += f" with deviation {deviation:.3f}" if pd.notna(deviation) else ""
    best_for = f"the best for {row.run.recipe.threshold}{ends}{spread}"
    return [f"Decide for {sought} from probability {threshold:.3f} on ({best_for})"]


def of_decisions(found: Findings, best: str, sought: str) -> list[str]:
    """What decisions at the tuned threshold were worth."""
    line = found.table[found.table["method"] == best].iloc[0]
    recall, precision = line["tuned_recall"], line["tuned_precision"]
    if pd.isna(recall):
        return []
    right = "" if pd.isna(precision) else f", and {precision:.0%} of the rows that it named were right"
    return [f"At tuned thresholds it found {recall:.0%} of the rows with {sought} on test{right}"]


def of_costs(found: Findings, mean: float, score: Compared) -> list[str]:
    if score is not COST:
        return []
    constant = float(np.mean([constant_cost(row) for row in found.rows]))
    return [
        f"A decision costs {mean:.4g} on average; the cheapest that looks at nothing costs {constant:.4g}: "
        f"it saves {1 - mean / constant:.0%}"
    ]
