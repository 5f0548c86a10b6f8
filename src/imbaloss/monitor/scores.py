"""Scores of validation data: average precision, F1 at 1/2, the threshold of the best F1, and errors of the classes."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from imbaloss.evaluation import confusion
from imbaloss.evaluation.scores import probability_formulas
from imbaloss.evaluation.thresholds import count_at_thresholds, find_best, list_thresholds
from imbaloss.losses import ClassErrors, Deferred, Loss
from imbaloss.losses.checks import check_batch, find_ignored, widen_unsigned
from imbaloss.losses.target_form import TargetForm

NAMES = ("average_precision", "f1", "tuned_f1", "threshold")
CERTAIN = 1e300  # the log-odds that an infinite logit counts as


def score_logits(
    logits: Tensor,
    targets: Tensor,
    *,
    positive: int = 1,
    ignore_index: int | None = None,
    criterion: Loss | Deferred | None = None,
) -> dict[str, float]:
    """Compute average precision, F1 at probability 1/2, the best F1 of all thresholds, and the threshold of that.

    The best F1 and its threshold are chosen on these samples, so that the F1 is a little too good. They are chosen
    among log-odds, which differ also where their probabilities round to 1; the threshold is then turned into a
    probability. It lies halfway between two neighbouring log-odds, or is the probability of the lowest.

    Args:
        logits: The shape of the targets, log-odds of class 1; or (B, C, ...) for C classes. Infinite ones rank above,
            or below, all others.
        targets: Any shape, or (B, ...), from 0 to C - 1.
        positive: The class that is scored against the rest.
        ignore_index: A target whose samples are left out; None for none.
        criterion: A loss with class totals, whose mean error of each class is computed too; None for none.

    Returns:
        `average_precision`, `f1`, `tuned_f1` and `threshold`. All are NaN if there are no positives or no negatives, or
        if a logit is NaN, as after a training that has diverged. With a criterion also `error_0`, `error_1` and so on,
        or `error_LABEL_CLASS`, such as `error_2_1`, for a criterion with `per_label`. A loss of each class against the
        rest has `error_CLASS_0` of the rest and `error_CLASS_1` of the class, and a loss of several numbers a sample
        has `error_NUMBER_CLASS`. The error of a class without samples is NaN.

    Raises:
        ValueError: Shapes do not match, logits are not floating point, a target or `positive` is no class, or the
            criterion has no class totals.
    """
    targets = widen_unsigned(targets)
    values = score_log_odds(*read_binary(logits, targets, positive, ignore_index))
    if criterion is not None:
        means = compute_class_errors(criterion, logits, targets, ignore_index).numpy(force=True)
        values |= {f"error_{'_'.join(map(str, place))}": float(mean) for place, mean in np.ndenumerate(means)}
    return values


def score_log_odds(log_odds: NDArray[np.float64], truth: NDArray[np.int64]) -> dict[str, float]:
    """Compute the four scores of log-odds (N,) of samples that are positive (1) or negative (0), (N,).

    All are NaN if there are no positives or no negatives, or if a log-odds is NaN.
    """
    if np.isnan(log_odds).any() or truth.all() or not truth.any():
        return dict.fromkeys(NAMES, float("nan"))
    log_odds = log_odds.clip(-CERTAIN, CERTAIN)
    average_precision = probability_formulas()["average_precision"](truth, log_odds)  # no ties of probabilities of 1
    [f1] = confusion.f1(confusion.count_confusion(truth, log_odds[None] >= 0))
    return dict(zip(NAMES, (average_precision, float(f1), *tune_f1(log_odds, truth)), strict=True))


def compute_class_errors(
    criterion: Loss | Deferred, logits: Tensor, targets: Tensor, ignore_index: int | None
) -> Tensor:
    """Compute the mean error of each class without the samples of ignore_index, as `ClassErrors.compute` returns it."""
    errors = ClassErrors(criterion)
    if ignore_index is None:
        errors.update(logits, targets)
    else:
        is_ignored = find_ignored(targets, ignore_index)
        errors.update(logits, targets.masked_fill(is_ignored, 0), (~is_ignored).to(logits.dtype))
    return errors.compute()


def tune_f1(log_odds: NDArray[np.float64], truth: NDArray[np.int64]) -> tuple[float, float]:
    """Return the best F1 of all thresholds and its threshold, a probability; of equal ones that nearest to 1/2.

    log_odds: (N,), finite. truth: (N,), 0 or 1, with a positive.
    """
    order = np.argsort(-log_odds, kind="stable")
    places, thresholds = list_thresholds(log_odds[order])
    values = confusion.f1(count_at_thresholds(truth[order], np.ones((1, len(truth))), places))
    [best] = find_best(values, expit(thresholds))
    return float(values[0, best]), float(expit(thresholds[best]))


def compute_metrics(
    prediction: Any,
    *,
    positive: int = 1,
    ignore_index: int | None = None,
    criterion: Loss | Deferred | None = None,
) -> dict[str, float]:
    """Compute `score_logits` for Hugging Face's Trainer: `Trainer(..., compute_metrics=compute_metrics)`.

    The Trainer calls it once for an evaluation, with the logits and labels of all batches and ranks, each sample once.
    It logs and keeps the scores as `eval_average_precision` and so on; `find_validation_scores` finds them. Options are
    set by `functools.partial(compute_metrics, criterion=criterion)`.

    Args:
        prediction: transformers.EvalPrediction. Of several outputs of a model, the first has the logits.
        positive: The class that is scored against the rest.
        ignore_index: A label whose samples are left out; None for none.
        criterion: A loss with class totals, whose mean error of each class is computed too; None for none.

    Raises:
        ValueError: As `score_logits`.
    """
    outputs = prediction.predictions
    logits = torch.as_tensor(outputs[0] if isinstance(outputs, tuple) else outputs)
    options: dict[str, Any] = {"positive": positive, "ignore_index": ignore_index, "criterion": criterion}
    return score_logits(logits, torch.as_tensor(prediction.label_ids), **options)


def find_validation_scores(trainer: Any, *, prefix: str = "eval_") -> dict[str, float]:
    """Return the scores that a Trainer logged for the model that it now has, with the threshold of that model.

    That is the model of the last step, or with `load_best_model_at_end=True` the best one. If it was evaluated several
    times, the first evaluation counts.

    Args:
        trainer: transformers.Trainer, after its training, with `compute_metrics` of this module.
        prefix: What the names of the scores begin with in the logs; names are returned without it.

    Raises:
        ValueError: No evaluation of that model is logged.
    """
    state = trainer.state
    is_best = trainer.args.load_best_model_at_end and state.best_global_step is not None
    step = state.best_global_step if is_best else state.global_step
    evaluations = [line for line in state.log_history if f"{prefix}threshold" in line]
    for line in evaluations:
        if line["step"] == step:
            errors = [key.removeprefix(prefix) for key in line if key.startswith(f"{prefix}error_")]
            return {name: line[prefix + name] for name in (*NAMES, *errors)}
    steps = ", ".join(str(line["step"]) for line in evaluations)
    raise ValueError(
        f"no scores of the model of step {step} are logged with the prefix {prefix!r}, found "
        f"{f'evaluations at {steps}' if steps else 'no evaluation'}: call trainer.evaluate() with "
        "imbaloss.monitor.compute_metrics as the Trainer's compute_metrics"
    )


def read_binary(
    logits: Tensor, targets: Tensor, positive: int, ignore_index: int | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the log-odds of a class against the rest, (N,), and whether samples belong to it, 0 or 1, (N,).

    Raises:
        ValueError: A loss would refuse logits or targets, with the same message, or `positive` is no class.
    """
    logits, targets = logits.detach().cpu(), targets.detach().cpu()
    check_batch(logits, targets, None, None, TargetForm(ignore_index=ignore_index))
    logits, is_binary = logits.double(), logits.shape == targets.shape
    classes = 2 if is_binary else logits.shape[1]
    if not 0 <= positive < classes:
        raise ValueError(f"positive must be a class, 0 to {classes - 1}, found {positive}")
    if is_binary:
        log_odds = logits if positive else -logits
    else:
        rest = [label for label in range(classes) if label != positive]
        log_odds = logits[:, positive] - logits[:, rest].logsumexp(1)
    kept = torch.ones_like(targets, dtype=torch.bool) if ignore_index is None else ~find_ignored(targets, ignore_index)
    return log_odds[kept].numpy(), (targets[kept] == positive).long().numpy()
