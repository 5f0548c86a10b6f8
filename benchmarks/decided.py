"""Count what the joint tests decide in finished studies, and what Holm's correction would have decided.

    python -m benchmarks.decided FOLDER...

A folder is one that `imbaloss reproduce`, `run` or `compare` wrote. The counts are sums over the compared scores. A
study of several cells (data sets at a level) has a line for the means over all cells, and one for the sum over single
cells. Studies whose seeds share one test part are refused, since their answer allows for other test rows.

- Pairs of methods are decided if one of them is called better: after Holm's correction for all pairs, or by the test
  that decides today. "Gained" are pairs that the latter alone decides, "lost" those that Holm's correction alone does.
- Methods are ruled out as the best: by Holm's correction if they are worse than the method with the best mean, today by
  the test of each method against all others.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from imbaloss import report, studies
from imbaloss.report import Findings
from imbaloss.report.cells import EVERYWHERE, Cell
from imbaloss.report.comparisons import CellComparison, find_best_method, select_repeated
from imbaloss.report.results import rule_out_in_cell
from imbaloss.studies import Store

LEVEL = 0.05
COLUMNS = (
    *("study", "repetitions", "methods", "questions", "pairs", "decided by Holm", "decided today", "gained", "lost"),
    *("methods that are not the best", "ruled out by Holm", "ruled out today"),
)


class Counts(NamedTuple):
    """What is decided on pairs of methods, and on methods, by one score in one cell or by several."""

    questions: int  # scores in cells
    pairs: int
    by_holm: int  # pairs decided
    today: int
    gained: int
    lost: int
    others: int  # methods but for the one with the best mean
    out_by_holm: int
    out_today: int

    @classmethod
    def sum(cls, counts: Sequence[Self]) -> Self:
        """Add counts up; without any, all are 0."""
        return cls(*(sum(values) for values in zip(*counts, strict=True))) if counts else cls(*(0,) * len(cls._fields))


def count_decided(lines: Sequence[CellComparison], cell: Cell) -> Counts:
    """Count what is decided by one score in one cell.

    Args:
        lines: The comparisons of all pairs by that score in that cell, with two repetitions or more; at least one.
        cell: The scores.
    """
    by_holm = np.array([line.comparison.p_holm <= LEVEL for line in lines])
    today = np.array([line.verdict.differs for line in lines])
    best = find_best_method(lines)
    out_by_holm = [
        line for line, decided in zip(lines, by_holm, strict=True) if decided and best in {line.first, line.second}
    ]
    is_out = [ruling.p <= LEVEL for ruling in rule_out_in_cell(cell).values()]
    return Counts(
        questions=1,
        pairs=len(lines),
        by_holm=int(by_holm.sum()),
        today=int(today.sum()),
        gained=int((today & ~by_holm).sum()),
        lost=int((by_holm & ~today).sum()),
        others=len(is_out) - 1,
        out_by_holm=len(out_by_holm),
        out_today=sum(is_out),
    )


def count_in_findings(findings: Findings) -> dict[str, Counts]:
    """Count what is decided in a study: over all cells and in single cells, or in the only cell.

    Cells in which no pair has two repetitions are left out.
    """
    counts: dict[str, list[Counts]] = {}
    for compared, cells in findings.scored.items():
        of_score = select_repeated([line for line in findings.comparisons if line.score == compared.label])
        for cell in cells:
            lines = [line for line in of_score if (line.setting, str(line.level)) == (cell.setting, str(cell.level))]
            if lines:
                words = ", all cells" if cell.setting == EVERYWHERE else ", single cells" if len(cells) > 1 else ""
                counts.setdefault(words, []).append(count_decided(lines, cell))
    return {words: Counts.sum(of_cells) for words, of_cells in counts.items()}


def read_findings(folder: Path) -> Findings:
    """Read the study of a folder, and compute its findings from its store.

    Raises:
        OSError: The folder holds no study or no store.
        ValueError: The study is damaged, or its seeds share one test part.
    """
    study, store = studies.read_study(folder), Store(folder, create=False)
    if study.shares_test:
        raise ValueError(f"all seeds of {folder} share one test part: name studies with folds or independent seeds")
    return report.compute_findings(study, store.rows(study.runs()), store)


def list_lines(folder: Path) -> Iterator[tuple[str, ...]]:
    """Yield the lines of the report on the study of a folder, as cells of text."""
    findings = read_findings(folder)
    repetitions = max(cell.repetitions for cells in findings.scored.values() for cell in cells)
    noun = "folds" if findings.study.folds else "seeds"
    for words, counts in count_in_findings(findings).items():
        yield f"{folder.name}{words}", f"{repetitions} {noun}", str(len(findings.methods)), *map(str, counts)


def main() -> None:
    """Print the report on the folders that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="folder of a finished study")
    try:
        lines = [line for folder in parser.parse_args().folders for line in list_lines(folder)]
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    for cells in (COLUMNS, ("---",) * len(COLUMNS), *lines):
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
