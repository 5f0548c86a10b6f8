"""Scores of logits on validation data: average precision, F1 at 1/2, and the threshold of the best F1."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from imbaloss.evaluation import confusion
from imbaloss.evaluation.scores import probability_formulas
from imbaloss.evaluation.thresholds import count_at_thresholds, find_best, list_thresholds

NAMES = ("average_precision", "f1", "tuned_f1", "threshold")
CERTAIN = 1e300  # the log-odds that an infinite logit counts as


def score_logits(
    logits: Tensor, labels: Tensor, *, positive: int = 1, ignore_index: int | None = None
) -> dict[str, float]:
    """Compute average precision, F1 at probability 1/2, the best F1 of all thresholds, and the threshold of that.

    The best F1 and its threshold are chosen on these samples, so that the F1 is a little too good. They are chosen
    among log-odds, which differ also where their probabilities round to 1; the threshold is then turned into a
    probability. It lies halfway between two neighbouring log-odds, or is the probability of the lowest.

    Args:
        logits: The shape of the labels, log-odds of class 1; or (B, C, ...) for C classes. Infinite ones rank above, or
            below, all others.
        labels: Any shape, or (B, ...), from 0 to C - 1.
        positive: The class that is scored against the rest.
        ignore_index: A label whose samples are left out; None for none.

    Returns:
        `average_precision`, `f1`, `tuned_f1` and `threshold`. All are NaN if there are no positives or no negatives, or
        if a logit is NaN, as after a training that has diverged.

    Raises:
        ValueError: Shapes do not match, or a label or `positive` is no class.
    """
    log_odds, truth = read_binary(logits, labels, positive, ignore_index)
    if np.isnan(log_odds).any() or truth.all() or not truth.any():
        return dict.fromkeys(NAMES, float("nan"))
    log_odds = log_odds.clip(-CERTAIN, CERTAIN)
    average_precision = probability_formulas()["average_precision"](truth, log_odds)  # no ties of probabilities of 1
    [f1] = confusion.f1(confusion.count_confusion(truth, log_odds[None] >= 0))
    return dict(zip(NAMES, (average_precision, float(f1), *tune_f1(log_odds, truth)), strict=True))


def tune_f1(log_odds: NDArray[np.float64], truth: NDArray[np.int64]) -> tuple[float, float]:
    """Return the best F1 of all thresholds and its threshold, a probability; of equal ones that nearest to 1/2.

    log_odds: (N,), finite. truth: (N,), 0 or 1, with a positive.
    """
    order = np.argsort(-log_odds, kind="stable")
    places, thresholds = list_thresholds(log_odds[order])
    values = confusion.f1(count_at_thresholds(truth[order], np.ones((1, len(truth))), places))
    [best] = find_best(values, expit(thresholds))
    return float(values[0, best]), float(expit(thresholds[best]))


def compute_metrics(prediction: Any, *, positive: int = 1, ignore_index: int | None = None) -> dict[str, float]:
    """Compute `score_logits` for Hugging Face's Trainer: `Trainer(..., compute_metrics=compute_metrics)`.

    The Trainer calls it once for an evaluation, with the logits and labels of all batches and ranks.

    Args:
        prediction: transformers.EvalPrediction. Of several outputs of a model, the first has the logits.
        positive: The class that is scored against the rest; another than 1 by functools.partial.
        ignore_index: A label whose samples are left out; None for none.

    Raises:
        ValueError: Shapes do not match, or a label or `positive` is no class.
    """
    outputs = prediction.predictions
    logits = outputs[0] if isinstance(outputs, tuple) else outputs
    labels = torch.as_tensor(prediction.label_ids)
    return score_logits(torch.as_tensor(logits), labels, positive=positive, ignore_index=ignore_index)


def read_binary(
    logits: Tensor, labels: Tensor, positive: int, ignore_index: int | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the log-odds of a class against the rest, (N,), and whether samples belong to it, 0 or 1, (N,).

    Raises:
        ValueError: Shapes do not match, or a label or `positive` is no class.
    """
    logits, labels = logits.detach().double().cpu(), labels.detach().cpu()
    is_binary = logits.shape == labels.shape
    if not (is_binary or (logits.ndim > 1 and logits.shape[1] > 1 and logits[:, 0].shape == labels.shape)):
        shapes = f"{tuple(logits.shape)} and {tuple(labels.shape)}"
        raise ValueError(f"logits and labels must have equal shapes, or be (B, C, ...) and (B, ...), found {shapes}")
    classes = 2 if is_binary else logits.shape[1]
    if not 0 <= positive < classes:
        raise ValueError(f"positive must be a class, 0 to {classes - 1}, found {positive}")
    if is_binary:
        log_odds = logits if positive else -logits
    else:
        rest = [label for label in range(classes) if label != positive]
        log_odds = logits[:, positive] - logits[:, rest].logsumexp(1)
    kept = torch.ones_like(labels, dtype=torch.bool) if ignore_index is None else labels != ignore_index
    chosen = labels[kept]
    is_class = (chosen >= 0) & (chosen < classes) & (chosen == chosen.long())
    if not is_class.all():
        raise ValueError(f"labels must be 0 to {classes - 1}, found {chosen[~is_class][0].item():g}")
    return log_odds[kept].numpy(), (chosen == positive).long().numpy()
