"""What a reader must know beside the table of imported results: what is missing, undefined or not paired."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from imbaloss.comparison.imported.findings import ImportedFindings
from imbaloss.comparison.imported.result import ImportedResult
from imbaloss.plural import format_count, join_words
from imbaloss.report.tables import list_cells
from imbaloss.statistics import fewest_seeds

MOST_NAMED = 5  # largest number of cells, repetitions or pairs that a note names


def write_notes(findings: ImportedFindings, read: Sequence[str]) -> list[str]:
    """Write the notes beside the tables, without full stops at their ends.

    Args:
        findings: The results.
        read: What must be known of how the file was read.
    """
    return [
        *read,
        *describe_folds(findings),
        *describe_unpaired(findings),
        *describe_common(findings),
        *describe_missing(findings),
        *describe_undefined(findings),
    ]


def describe_no_verdict(findings: ImportedFindings) -> list[str]:
    """Return the sentences on why there is no verdict, as the page has them; none for a single method.

    Args:
        findings: Results without two methods that have two repetitions in common.
    """
    if len(findings.methods) < 2:
        return []
    if any(line.trainings > 1 for line in findings.lines):
        return [
            f"There is no verdict: no two methods have results for at least two common {findings.repetitions}"
            + (" on all data sets" if len(findings.by_cell) > 1 else "")
        ]
    return [
        "One result for each method decides nothing: any of these differences may be chance",
        f"A decision between {len(findings.methods)} methods needs results for at least {fewest_seeds()} seeds, the "
        "same ones for all methods",
    ]


def describe_folds(findings: ImportedFindings) -> list[str]:
    """Return a sentence on the ratio of test to training samples by which folds are judged; none without folds."""
    if not findings.study.test_to_train:
        return []
    ratios = [f"{ratio:.3g}" for ratio in sorted(set(findings.study.test_to_train.values()))]
    return [
        "The training parts of folds overlap, which the corrected resampled t-test allows for: the ratio of test to "
        f"training samples is taken as {join_words(ratios)} (--test-to-train states another one)"
    ]


def describe_unpaired(findings: ImportedFindings) -> list[str]:
    """Return a sentence on the pairs of methods without a common repetition, which no test compares; none for none."""
    apart = [
        f"{first} and {second} on {cell.title}"
        for cell, methods in findings.by_cell.items()
        for first, second in combinations(methods, 2)
        if not list_repetitions(methods[first]) & list_repetitions(methods[second])
    ]
    if not apart:
        return []
    return [
        f"Not compared, since they have none of their {findings.repetitions} in common: "
        f"{join_words(apart, most=MOST_NAMED)}. A pair needs the same splits: results of one split have the same seed"
    ]


def describe_common(findings: ImportedFindings) -> list[str]:
    """Return a sentence if cells have different repetitions, of which only the common ones count over all cells."""
    of_cells = [
        set().union(*(list_repetitions(results) for results in methods.values()))
        for methods in findings.by_cell.values()
    ]
    common, every = set.intersection(*of_cells), set.union(*of_cells)
    if common == every:
        return []
    return [
        f"Over all data sets, only the {len(common)} of {len(every)} {findings.repetitions} count that each of them has"
    ]


def describe_missing(findings: ImportedFindings) -> list[str]:
    """Return a sentence for each method that lacks repetitions of a cell which another method has; none for none.

    For more than five, the sentences are of those that lack most, and a last one counts the others.
    """
    missing = {}
    for cell, methods in findings.by_cell.items():
        every = dict.fromkeys(result.key.repetition for results in methods.values() for result in results)
        for method in findings.methods:
            results = methods.get(method, [])
            lacking = [repetition for repetition in every if repetition not in list_repetitions(results)]
            if lacking:
                missing[method, cell] = lacking, len(every)
    ordered = sorted(missing.items(), key=lambda item: -len(item[1][0]))
    sentences = []
    for (method, cell), (lacking, every_count) in ordered[:MOST_NAMED]:
        names = [" fold ".join(filter(None, repetition)) for repetition in lacking]
        which = f" ({join_words(names, most=MOST_NAMED)})" if any(names) and len(lacking) < every_count else ""
        sentences.append(
            f"{method} lacks {len(lacking)} of {every_count} results on {cell.title}{which}; pairs leave these out"
        )
    rest = len(ordered) - MOST_NAMED
    return [*sentences, *([f"{format_count(rest, 'further method')} lack results too"] if rest > 0 else [])]


def describe_undefined(findings: ImportedFindings) -> list[str]:
    """Return a sentence for each compared score that is undefined in some results, with the reason if it is known."""
    facts: dict[str, Counter[str]] = {}
    for result in findings.results:
        for compared in findings.scored:
            if result.scores.get(compared.column) is None:
                reason = result.undefined.get(compared.column)
                why = f" ({reason})" if reason else ""
                where = f"{result.key.cell.title}, {result.key.method}"
                facts.setdefault(f"{compared.label} is undefined{why}", Counter())[where] += 1
    return [f"{note}: {list_cells(cells, 'result')}" for note, cells in facts.items()]


def list_repetitions(results: Sequence[ImportedResult]) -> set[tuple[str, str]]:
    """Return seed and fold of each result."""
    return {result.key.repetition for result in results}
