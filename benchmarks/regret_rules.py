"""The rules of recommendation that `benchmarks.regret` compares, and the report on their regret.

A rule sees the scores of the methods in the repetitions of a cross-validation, and picks a method. Its regret on a
split is the highest average precision of any method on the holdout, minus that of the picked method.

Some rules keep to a method that is preferred in advance, the first of the candidates, unless another one is ahead of
it. The standard error of a mean difference allows for the overlap of the training parts (Nadeau and Bengio 2003).
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from imbaloss.comparison.recommendation import choose_method, compute_standard_error
from imbaloss.statistics import t_interval

Floats = NDArray[np.float64]
STRENGTHS = (0.5, 1.0, 1.5, 2.0)  # numbers of standard errors
MARGINS = (0.01, 0.02, 0.05)  # of average precision


class Candidates(NamedTuple):
    """The methods of a split whose trainings all succeeded, the preferred one first, with what a rule sees of them."""

    table: str
    split: int
    methods: tuple[str, ...]  # M names
    scores: Floats  # (M, J), average precision in each repetition
    f1: Floats  # (M, J), F1 at the tuned threshold in each repetition
    test_to_train: float  # the ratio of the sizes of the test and training parts of a repetition
    holdout: Floats  # (M,), average precision on the holdout, which rules do not see
    reference: float  # average precision of LightGBM's own loop on the same holdout


Rule = Callable[[Candidates], int]  # returns the place of the picked method


def compare_with_first(candidates: Candidates) -> tuple[Floats, Floats]:
    """Return each method's mean difference to the first one, (M,), and its standard error, (M,).

    The errors are those of the rule of `imbaloss.compare`: infinite for a single repetition, unless all differences are
    0.
    """
    differences = candidates.scores - candidates.scores[0]
    errors = [compute_standard_error(of_method, candidates.test_to_train) for of_method in differences]
    return differences.mean(axis=1), np.array(errors)


def pick_as_compare(candidates: Candidates, standard_errors: float) -> int:
    """Pick by the rule of `imbaloss.compare`: the highest mean minus so many standard errors of the difference.

    Without standard errors it is the best mean.
    """
    chosen = choose_method(
        dict(enumerate(candidates.scores)),
        test_to_train=candidates.test_to_train,
        standard_errors=standard_errors,
    )
    return chosen or 0


def pick_first(_: Candidates) -> int:
    """Pick the first method, whatever the scores."""
    return 0


def pick_best_f1(candidates: Candidates) -> int:
    """Pick the method with the highest mean F1 at the tuned threshold; of equal ones the first."""
    return int(candidates.f1.mean(axis=1).argmax())


def pick_best_rank(candidates: Candidates) -> int:
    """Pick the method with the best mean rank over the repetitions; of equal ones the first."""
    return int(stats.rankdata(-candidates.scores, axis=0).mean(axis=1).argmin())


def pick_ahead(candidates: Candidates, strength: float) -> int:
    """Pick the best mean among the methods that are ahead of the first one by so many standard errors, else the first.

    strength: The number of standard errors, above 0.
    """
    means, errors = compare_with_first(candidates)
    return int(np.where(means > strength * errors, means, -np.inf).argmax())


def pick_beyond_margin(candidates: Candidates, margin: float) -> int:
    """Pick the best mean if it is ahead of the first method's mean by more than a margin, else the first method."""
    means = candidates.scores.mean(axis=1)
    return int(means.argmax()) if means.max() - means[0] > margin else 0


def pick_shrunk(candidates: Candidates) -> int:
    """Pick the method with the highest mean difference to the first, after empirical-Bayes shrinkage towards zero.

    The true differences are taken as normal around 0. Their variance is estimated by moments: the mean of the squared
    differences minus that of the squared standard errors. If it is not above 0, the first method is picked.

    Source: Efron and Morris 1975, JASA 70.
    """
    means, errors = compare_with_first(candidates)
    variance = float(np.mean(means[1:] ** 2 - errors[1:] ** 2)) if len(means) > 1 else 0.0
    return int((means * variance / (variance + errors**2)).argmax()) if variance > 0 else 0


RULES: dict[str, Rule] = {
    "the first method, always": pick_first,
    "best mean": partial(pick_as_compare, standard_errors=0.0),
    **{f"ahead by {strength:g} SE": partial(pick_ahead, strength=strength) for strength in STRENGTHS},
    **{f"ahead by {margin:g}": partial(pick_beyond_margin, margin=margin) for margin in MARGINS},
    **{f"lower bound, {strength:g} SE": partial(pick_as_compare, standard_errors=strength) for strength in STRENGTHS},
    "empirical Bayes": pick_shrunk,
    "average ranks": pick_best_rank,
    "best mean F1": pick_best_f1,
}


def pick_method(candidates: Candidates, method: str) -> int:
    """Pick a method by its name; the first one if it is no candidate on this split."""
    return candidates.methods.index(method) if method in candidates.methods else 0


def pick_best_on_holdout(candidates: Candidates) -> int:
    """Pick the method that is best on the holdout. No rule can do better."""
    return int(candidates.holdout.argmax())


def gather_candidates(rows: pd.DataFrame, reference: pd.DataFrame, methods: Sequence[str]) -> list[Candidates]:
    """Return the candidates of each split that has a row of each method and of LightGBM's own loop.

    A method with a failed training is no candidate on that split. Splits on which the first method is none are left
    out.

    Args:
        rows: The rows of `benchmarks.regret`.
        reference: The rows of LightGBM's own loop, of `benchmarks.holdouts`.
        methods: The methods, the preferred one first.
    """
    key = ["table", "split", "rows_limit"]
    own_loop = reference.drop_duplicates(key, keep="last").set_index(key)["average_precision"]
    splits = []
    for (table, split, limit), group in rows.groupby(key, sort=False):
        by_method = group.drop_duplicates("method", keep="last").set_index("method")
        if (table, split, limit) not in own_loop.index or not set(methods) <= set(by_method.index):
            continue
        finished = by_method.loc[list(methods)].query("failure.isna()")
        if methods[0] not in finished.index:
            continue
        splits.append(
            Candidates(
                table=table,
                split=split,
                methods=tuple(finished.index),
                scores=np.array(finished["fold_average_precision"].tolist(), dtype=np.float64),
                f1=np.nan_to_num(np.array(finished["fold_f1"].tolist(), dtype=np.float64)),
                test_to_train=float(finished["test_to_train"].iloc[0]),
                holdout=finished["average_precision"].to_numpy(dtype=np.float64),
                reference=float(own_loop[table, split, limit]),
            )
        )
    return splits


def limit_repetitions(candidates: Candidates, seen: int) -> Candidates:
    """Return the candidates with the scores of the first repetitions alone."""
    return candidates._replace(scores=candidates.scores[:, :seen], f1=candidates.f1[:, :seen])


def describe_rule(rule: Rule, splits: Sequence[Candidates]) -> str:
    """Return the cells of a report on a rule, all but its name.

    They are the mean regret, the mean differences of the holdouts' average precision to LightGBM's own loop and to the
    first method, the table with the lowest difference to LightGBM, and the number of splits where the first method is
    picked. Means are over the tables, of which each is a mean over its splits.
    """
    picks = [rule(candidates) for candidates in splits]
    picked = np.array([candidates.holdout[pick] for candidates, pick in zip(splits, picks, strict=True)])
    outcomes = pd.DataFrame({
        "table": [candidates.table for candidates in splits],
        "regret": [candidates.holdout.max() for candidates in splits] - picked,
        "to_reference": picked - [candidates.reference for candidates in splits],
        "to_first": picked - [candidates.holdout[0] for candidates in splits],
    })  # fmt: skip
    means = outcomes.groupby("table").mean()
    differences = " | ".join(describe_mean(means[name].to_numpy()) for name in ("to_reference", "to_first"))
    worst = means["to_reference"]
    return (
        f"{means['regret'].mean():.4f} | {differences} | {worst.idxmin()}, {worst.min():+.4f} "
        f"| {picks.count(0)} of {len(picks)}"
    )


def describe_mean(differences: Floats) -> str:
    """Return the mean of the differences of the tables, (T,), with its 95 % interval if it has one."""
    mean, low, high = t_interval(differences)
    return f"{mean:+.4f} ({low:+.4f} to {high:+.4f})" if np.isfinite(low) else f"{mean:+.4f}"


def report(splits: Sequence[Candidates], methods: Sequence[str], seen: Sequence[int]) -> str:
    """Return a Markdown table for each number of repetitions that rules see, and one for picking one method always.

    Args:
        splits: The candidates of each split, at least one.
        methods: The methods, the preferred one first.
        seen: The numbers of repetitions.
    """
    tables = len({candidates.table for candidates in splits})
    failed = {method: sum(method not in each.methods for each in splits) for method in methods}
    failures = ", ".join(f"{method} on {count}" for method, count in failed.items() if count)
    columns = "regret | to LightGBM's own loop (95 % CI) | to the first method (95 % CI) | worst table | first picked"
    line = "| --- | --- | --- | --- | --- | --- |"
    parts = [f"{tables} tables, {len(splits)} splits. First method: {methods[0]}. Failed: {failures or 'none'}."]
    for number in seen:
        limited = [limit_repetitions(candidates, number) for candidates in splits]
        lines = [f"| {name} | {describe_rule(rule, limited)} |" for name, rule in RULES.items()]
        parts.append("\n".join([f"| rule, repetitions seen: {number} | {columns} |", line, *lines]))
    fixed = [f"| {method} | {describe_rule(partial(pick_method, method=method), splits)} |" for method in methods]
    best = f"| the best in hindsight | {describe_rule(pick_best_on_holdout, splits)} |"
    return "\n\n".join([*parts, "\n".join([f"| always the same method | {columns} |", line, *fixed, best])])
