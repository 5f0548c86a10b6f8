"""What the answer and the page say of segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from imbaloss.comparison.segment_scores import (
    ALWAYS,
    CALIBRATION,
    FEWEST_OF_CLASS,
    FEWEST_ROWS,
    SHARE,
    Difference,
    SegmentReport,
    SegmentScores,
)
from imbaloss.evaluation.objective import COST, OBJECTIVES
from imbaloss.plural import format_count, join_words
from imbaloss.report.tables import DASH
from imbaloss.statistics import Interval

MOST_NAMED = 3  # differences, and small segments, that a sentence names
LABELS = {
    **{name: name.replace("_", " ") for name in (*OBJECTIVES, *ALWAYS)},
    **{"roc_auc": "ROC-AUC", "partial_roc_auc": "partial ROC-AUC", "f1": "F1", "brier": "Brier score"},
    **{COST: "mean cost", CALIBRATION: "calibration"},
}


@dataclass(frozen=True)
class SegmentLine:
    """The line of a segment on the page, as texts."""

    name: str
    counts: Sequence[str]  # rows, positives, flagged, right and missed
    cells: Sequence[str]  # the calibration and the scores; dashes in a small segment


def write_segment_sentences(report: SegmentReport) -> tuple[str, ...]:
    """Write at most two sentences on segments, without a period at the end: which differ, and which are too small."""
    return tuple(filter(None, (describe_differences(report), list_small_segments(report))))


def describe_differences(report: SegmentReport) -> str:
    """Say which segments differ significantly from all other rows and how, or that none does, or why none is tested."""
    if not report.segments:
        return "Segments are not judged, since the store lacks decisions on test rows, or the segments of the rows"
    columns = join_words(f"`{column}`" for column in report.by_column)
    if report.has_groups:
        return (
            f"Segments of {columns} are not tested for differences, since rows of one group are alike. Their intervals "
            "take rows as independent, and so are too narrow"
        )
    if not report.differences:
        return f"Segments of {columns} are too small to be tested for differences"
    scores = join_words(dict.fromkeys(LABELS[each.score] for each in report.differences))
    tests = f"{format_count(len(report.differences), 'test')} of {scores}, with Holm's correction"
    significant = sorted((each for each in report.differences if each.is_significant), key=lambda each: each.p)
    if not significant:
        return (
            f"No segment of {columns} differs significantly from the other rows ({tests}). Differences may exist that "
            "so few rows do not show"
        )
    named = "; ".join(describe_difference(report, each) for each in significant[:MOST_NAMED])
    more = f"; and {len(significant) - MOST_NAMED} more" if len(significant) > MOST_NAMED else ""
    return f"Segments that differ significantly from the other rows ({tests}): {named}{more}"


def describe_difference(report: SegmentReport, difference: Difference) -> str:
    """Describe a difference of a segment to all other rows: the score with its interval, and that of the others."""
    [segment] = [each for each in report.segments if (each.column, each.name) == (difference.column, difference.name)]
    where = f"`{segment.column}` {segment.name}"
    if difference.score == CALIBRATION:
        return (
            f"in {where} the mean probability is {segment.probability:.3f} and the share of positives "
            f"{write_score(segment.scores[SHARE])}, elsewhere the share is {abs(difference.elsewhere):.3f} "
            f"{'above' if difference.elsewhere > 0 else 'below'} the mean probability"
        )
    score = write_score(segment.scores[difference.score])
    return f"in {where} the {LABELS[difference.score]} is {score}, elsewhere {difference.elsewhere:.3f}"


def list_small_segments(report: SegmentReport) -> str:
    """Name the segments that are too small for a claim, with their numbers of rows and positives; "" if none is."""
    small = [
        f"`{each.column}` {each.name} ({format_count(each.rows, 'row')}, {format_count(each.positives, 'positive')})"
        for each in report.segments
        if each.is_small
    ]
    if not small:
        return ""
    return (
        f"Too small for a claim (fewer than {FEWEST_ROWS} rows, or fewer than {FEWEST_OF_CLASS} of a class): "
        f"{join_words(small, most=MOST_NAMED)}"
    )


def describe_tested_rows(report: SegmentReport, noun: str) -> str:
    """Say which test rows the segments are made of. noun: the plural noun for the rows."""
    rows = f"{report.tested:,} test {noun}"
    if report.folds:
        return f"{rows} of one division, in which each is tested once ({format_count(report.folds, 'fold')})"
    return f"{rows}, as the training with the first seed predicts them"


def write_headings(report: SegmentReport) -> list[str]:
    """Return the headings of the cells of a `SegmentLine`: calibration first, then the scores."""
    return ["mean probability", "share of positives", *(LABELS[name] for name in report.score_names)]


def write_lines(report: SegmentReport, segments: Sequence[SegmentScores]) -> list[SegmentLine]:
    """Return the lines of the segments of one column."""
    lines = []
    for each in segments:
        counts = [f"{number:,}" for number in (each.rows, each.positives, each.flagged, each.right, each.missed)]
        scores = [each.scores.get(name) for name in (SHARE, *report.score_names)]
        cells = [f"{each.probability:.3f}" if isfinite(each.probability) else DASH, *map(write_cell, scores)]
        lines.append(SegmentLine(f"{each.name} (too small)" if each.is_small else each.name, counts, cells))
    return lines


def write_cell(score: Interval | None) -> str:
    """Write a score with its interval for a cell, as "0.812 [0.790, 0.835]"; a dash if it is undefined or None."""
    if score is None or not isfinite(score.estimate):
        return DASH
    ends = f" [{score.low:.3g}, {score.high:.3g}]" if isfinite(score.low) else ""
    return f"{score.estimate:.3g}{ends}"


def write_score(score: Interval) -> str:
    """Write a score with its 95 % interval for a sentence, as "0.812 (95 % CI 0.790 to 0.835)"."""
    return f"{score.estimate:.3f} (95 % CI {score.low:.3f} to {score.high:.3f})"
