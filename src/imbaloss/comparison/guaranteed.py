"""The sentences of an answer whose threshold carries a guarantee, such as a recall of at least 0.9."""

from imbaloss.comparison.case import Case
from imbaloss.comparison.summary.decision_counts import pool_counts
from imbaloss.evaluation import CONFUSION_SCORES, Guarantee
from imbaloss.evaluation.guarantees import SCORE_WORDS
from imbaloss.plural import format_count


def promise(case: Case, guarantee: Guarantee) -> str:
    """Say what a threshold guarantees for new rows, with which confidence, and on how many rows it was chosen.

    The final training must be finished.
    """
    assert case.final is not None
    assert case.final.counts.set_apart is not None
    noun, sought, share = case.study.noun, case.sought, f"{100 * guarantee.bound:g} %"
    kind = f"new {noun} of the same kind"
    kept = {
        "recall": f"this finds at least {share} of the {noun} with {sought} among {kind}",
        "precision": f"at least {share} of the {kind} that this flags have {sought}",
        "fpr": f"this flags at most {share} of the {kind} without {sought}",
    }[guarantee.score]
    negatives, positives = case.final.counts.set_apart
    chosen = f"threshold chosen on {negatives + positives:,} {noun} set apart, {positives:,} of them with {sought}"
    return f"With {100 * guarantee.confidence:g} % confidence {kept} ({chosen})"


def lament_missing_guarantee(case: Case, reason: str) -> str:
    """Say that the final training has no threshold with the guarantee, why, and what its model does instead."""
    return (
        f"The final training on all {case.study.noun} has no threshold with the guarantee ({reason}). Its model flags "
        "from ½ on, which guarantees nothing. Ask for less, lower the confidence, or give more rows"
    )


def check_guarantee(case: Case) -> str:
    """Say what the guaranteed score is on all test rows together, at the thresholds of the repetitions.

    It also says how many repetitions have no threshold. "" if the threshold is no guarantee, if the score is undefined
    there, or if no method is better than chance.
    """
    guarantee = case.best.decision.rule
    if not isinstance(guarantee, Guarantee) or case.finds_nothing:
        return ""
    rows = [row for row in case.best_rows if row.threshold]
    lacking = len(case.best_rows) - len(rows)
    total = format_count(len(case.best_rows), case.repetition)
    missing = f"{lacking} of {total} {'has' if lacking == 1 else 'have'} no threshold with the guarantee"
    counts = pool_counts(rows)
    if not guarantee.count_right(counts)[1] > 0:
        return missing if lacking else ""
    value = 100 * float(CONFUSION_SCORES[guarantee.score](counts))
    text = (
        f"On all test {case.study.noun} of {format_count(len(rows), case.repetition)} together the "
        f"{SCORE_WORDS.get(guarantee.score, guarantee.score)} is {value:.3g} %, and {100 * guarantee.bound:g} % was "
        f"asked for"
    )
    return f"{text}. {missing}" if lacking else text
