"""What to do with one's own data: which method, from which probability on, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.evaluation import Rule
from imbaloss.report import evidence
from imbaloss.report.cells import COMPARED, COST, TUNED_F1, Cell, Compared, compared_in, constant_cost
from imbaloss.report.findings import Findings
from imbaloss.report.other_rows import for_other_rows
from imbaloss.studies import OwnStudy, Row
from imbaloss.training import REFERENCES
from imbaloss.wording import counted, listed

PLAIN = "ce"  # the network that one would train without knowing better
MOST_NAMED = 12  # methods in a sentence
NO_WIDTH = 1e-9  # of an interval


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
    over = {method: int(np.isfinite(some).sum()) for method, some in cell.scores.items()}
    most = max(over.values())
    if not most:
        return None
    means = {method: float(np.nanmean(cell.scores[method])) for method in over if over[method] == most}
    best = (min if score.lower else max)(means, key=lambda method: means[method])
    rows = found.store.rows([study.for_use(best)])
    row = rows[0] if rows else None
    lines = against(found, best, score)
    said = [
        of_method(found, cell, lines, best, score),
        of_others(study, lines),
        of_missing(found, over, most),
        *of_references(lines, best),
        *of_plain(lines, best),
        *of_threshold(found, best, row, study),
        *of_decisions(found, best, study),
        *of_demand(found, best, Rule.of(study.threshold)),
        *of_costs(found, means[best], score),
    ]
    return Advice(best, score, tuple(filter(None, said)), row)


def against(found: Findings, best: str, score: Compared) -> pd.DataFrame:
    """The pairs of the method with each other one, as far as they have repetitions."""
    if found.comparisons.empty:
        return pd.DataFrame(columns=["second", "difference", "verdict"])
    lines = evidence.seen_from(found.comparisons[found.comparisons["score"] == score.label], best)
    lines = lines[lines["pairs"] > 1]
    return lines if found.study.folds or lines.empty else for_other_rows(found, lines, score)


def of_method(found: Findings, cell: Cell, lines: pd.DataFrame, best: str, score: Compared) -> str:
    interval, over = cell.interval(best), int(np.isfinite(cell.scores[best]).sum())
    mean = f"{interval.estimate:{'.4g' if score.lower else '.3f'}}"
    if not interval.estimate and not score.lower:
        return f"No method found what is sought: the mean {score.label} of {best} is 0, and no other is higher"
    has = f"the lowest {score.label}" if score.lower else f"the highest mean {score.label}"
    what = "repetition" if found.study.folds else "seed"
    if over == 1:
        return f"Take {best} for a start: in the one {what} that there is it has {has}, {mean}"
    ends = (
        f" [{interval.low:.4g}, {interval.high:.4g}]" if score.lower else f" [{interval.low:.3f}, {interval.high:.3f}]"
    )
    known = interval.high - interval.low > NO_WIDTH  # what no seed changes has no width, which says nothing
    take = (
        f"Take {best}"
        if (lines["verdict"] == "better").any()
        else f"Take {best}, though no other method is detectably worse"
    )
    return f"{take}: it has {has}, {mean}{ends if known else ''}, over {counted(over, what)}"


def of_others(study: OwnStudy, lines: pd.DataFrame) -> str:
    """What the best one is better than, and what it cannot be told from."""
    if len(study.methods) == 1:
        return "There is nothing that it was compared with"
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
        said = f"It is better than {'the other one' if len(lines) == 1 else f'each of the {len(lines)} others'}"
    else:
        said = f"It is {'; '.join(f'{words[word]} {named(methods)}' for word, methods in ways.items() if methods)}"
    same = f"all repetitions have the same test {study.things}, and this is said of others too"
    return said if study.folds else f"{said} ({same}, by a bootstrap)"


def of_missing(found: Findings, over: Mapping[str, int], most: int) -> str:
    fewer = [f"{method} ({most - some} of {most})" for method, some in over.items() if some < most]
    failed = any(row.failure for row in found.rows)
    unmet = any(row.threshold is None and not row.failure for row in found.rows)
    why = ["the training failed"] * failed + [
        f"no threshold meets {found.rows[0].run.recipe.threshold} on tune"
    ] * unmet
    return f"Scores are missing, and nothing is recommended, where {' or '.join(why)}: {named(fewer)}" if fewer else ""


def named(methods: list[str]) -> str:
    more = len(methods) - MOST_NAMED
    return listed(methods) if more <= 0 else f"{', '.join(methods[:MOST_NAMED])} and {more} more"


def difference(one: "pd.Series[Any]") -> str:
    words = {"better": "better", "equivalent": "equivalent", "worse": "worse", "undecided": "no detectable difference"}
    return f"{evidence.difference(one)}, {words[str(one['verdict'])]}"


def of_references(lines: pd.DataFrame, best: str) -> list[str]:
    """Whether networks are worth their while here."""
    networks, references = (lines[lines["second"].isin(REFERENCES) == wanted] for wanted in (False, True))
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


def of_threshold(found: Findings, best: str, row: Row | None, study: OwnStudy) -> list[str]:
    if row is None:
        return []
    if row.threshold is None:
        reason = row.failure or row.undefined["tuned"].get("f1", "no threshold was chosen")
        return [f"The training on all {study.things} has no threshold: decide at ½, or by what you know; {reason}"]
    threshold, low, high = row.threshold
    ends = (
        f", 95 % interval {low:.3f} to {high:.3f} by the {study.things} that chose it" if high - low > NO_WIDTH else ""
    )
    line = line_of(found, best)
    spread = f"; over the repetitions {line['tuned_threshold']:.3f} on average"
    deviation = line["tuned_threshold_sd"]
    spread += f" with deviation {deviation:.3f}" if pd.notna(deviation) else ""
    best_for = f"the best for {row.run.recipe.threshold}{ends}{spread}"
    return [f"Decide for {study.sought} from probability {threshold:.3f} on ({best_for})"]


def line_of(found: Findings, method: str) -> "pd.Series[Any]":
    """Of the table."""
    return found.table[found.table["method"] == method].iloc[0]


def of_decisions(found: Findings, best: str, study: OwnStudy) -> list[str]:
    """What decisions at the tuned threshold were worth."""
    line = line_of(found, best)
    recall, precision = line["tuned_recall"], line["tuned_precision"]
    if pd.isna(recall):
        return []
    there = f"the {line['test_positives']:.4g} {study.things} with {study.sought} of a test part"
    right = "" if pd.isna(precision) else f", and {precision:.0%} of those that it named were right"
    return [f"At tuned thresholds it found {recall:.0%} of {there}{right}"]


def of_demand(found: Findings, best: str, rule: Rule) -> list[str]:
    """Whether the precision or recall that a rule demands was there on test too, where no threshold was chosen."""
    if rule.name not in {"recall_at_precision", "precision_at_recall"}:
        return []
    [(score, demanded)] = rule.parameters.items()
    rows = [row for row, name in zip(found.rows, found.called, strict=True) if name.method == best]
    reached = [row.scores["tuned"][score] or 0.0 for row in rows if row.threshold]
    met = f"{sum(one >= demanded for one in reached)} of {counted(len(rows), 'repetition')}"
    return [
        f"The {score} of {demanded:g} that was demanded was there on test in {met}, and {np.mean(reached):.3f} on "
        "average: demand more if that is too little"
    ]


def of_costs(found: Findings, mean: float, score: Compared) -> list[str]:
    if score is not COST:
        return []
    constant = float(np.mean([constant_cost(row) for row in found.rows]))
    saved = 1 - mean / constant
    what = f"saves {saved:.1%}" if saved >= 0 else f"costs {-saved:.1%} more: decide so, without a model"
    return [
        f"A decision costs {mean:.4g} on average; the cheapest that looks at nothing costs {constant:.4g}: it {what}"
    ]
