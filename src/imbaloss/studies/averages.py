"""Runs of averages: nothing is trained, and the predictions of finished runs of the members are combined."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from imbaloss.data import Source
from imbaloss.evaluation import Calibration, calibration
from imbaloss.learners.average_model import AverageModel, average_log_odds, to_log_odds
from imbaloss.learners.averages import Average, make_score
from imbaloss.studies.execution import Finished, score_parts, train_again, train_together
from imbaloss.studies.files import library_versions
from imbaloss.studies.jobs import cut_into_stacks
from imbaloss.studies.row import Computation, Row
from imbaloss.studies.store import Predictions, Store
from imbaloss.studies.study import Run
from imbaloss.studies.tuning import OLD_SCORE, SettingChoice
from imbaloss.training import Setting
from imbaloss.training.model import to_probabilities


def combine_stored(run: Run, store: Store) -> Finished:
    """Make the result of an average from the stored rows and predictions of its members, without a model.

    Raises:
        OSError: The store lacks the run of a member, or cannot be read.
    """
    arrays = store.arrays(run.members)
    rows = store.rows(run.members)
    members = [Finished(row, of_parts, None) for row, (_, of_parts) in zip(rows, arrays, strict=True)]
    return combine_finished(run, members)


def train_alone(run: Run, datasets: Mapping[str, Source], device: str) -> Finished:
    """Train one run in this process, with its model; of an average the members first. Nothing is stored.

    Args:
        run: The run.
        datasets: The data sets by name.
        device: The device that trains: "cpu", "cuda" or "cuda:N".

    Raises:
        ValueError: A data set cannot give the run, or the sampler cannot resample the train part.
    """
    if run.members:
        return combine_finished(run, [train_alone(member, datasets, device) for member in run.members])
    [job] = cut_into_stacks([run], datasets, device=device)
    [finished] = train_together(job, datasets, device, lambda _: None)
    return finished


def fit_again(row: Row, store: Store, datasets: Mapping[str, Source], device: str) -> Finished:
    """Fit the model of a finished run again, with the setting that it chose alone, and score it as before.

    The models of an average are those of its members, each fitted again.

    Args:
        row: The row (result) of the run, whose training did not fail.
        store: Has the rows of the members of an average.
        datasets: The data sets by name.
        device: The device that trains: "cpu", "cuda" or "cuda:N".

    Returns:
        The row, the predictions and the model. The row lacks the choice of a setting.
    """
    if row.run.members:
        members = [fit_again(each, store, datasets, device) for each in store.rows(row.run.members)]
        return combine_finished(row.run, members)
    [job] = cut_into_stacks([row.run], datasets, device=device)
    return train_again(job, row, datasets, device)


def combine_finished(run: Run, members: Sequence[Finished]) -> Finished:
    """Make the result of an average from those of its members, with a model if all members have one.

    Weights and calibration are chosen on the validation part; the test part is read after that alone. The failure of a
    member is that of the average.

    Args:
        run: The run of the average.
        members: The results of its members, in their order.
    """
    learner, started = run.method.learner, time.perf_counter()
    assert isinstance(learner, Average)
    failed = [each.row for each in members if each.row.failure]
    predictions, tuning, model = dict[str, Predictions](), None, None
    if not failed:
        weights = choose_weights(run, learner, members)
        predictions, fitted = average_predictions(run, members, weights)
        tuning = describe_weights(run, learner, weights)
        model = build_model(run, members, weights, fitted)
    scored, tuned = score_parts(predictions, run.method.decision)
    first = members[0].row
    row = Row(
        run=run,
        classes=first.classes,
        counts=replace(first.counts, resampled=None),
        scores={part: values for part, (values, _) in scored.items()},
        undefined={part: reasons for part, (_, reasons) in scored.items()},
        tuned=tuned,
        failure=f"{failed[0].run.method}: {failed[0].failure}" if failed else None,
        computed=add_computations([each.row for each in members], time.perf_counter() - started),
        tuning=tuning,
    )
    return Finished(row, predictions, model)


def choose_weights(run: Run, learner: Average, members: Sequence[Finished]) -> tuple[float, ...]:
    """Choose the weights of the members by their predictions on the validation part."""
    validation = members[0].predictions["validation"]
    log_odds = np.stack([to_log_odds(each.predictions["validation"].probabilities) for each in members])
    score = make_score(run.method.decision, validation.labels, validation.weights, validation.costs)
    return tuple(learner.choose_weights(validation.labels, log_odds, score, run.seed).tolist())


def average_predictions(
    run: Run, members: Sequence[Finished], weights: Sequence[float]
) -> tuple[dict[str, Predictions], Calibration]:
    """Average the log-odds of the members in each part, and calibrate the mean on the validation part.

    Args:
        run: The run of the average.
        members: The results of its members, which did not fail.
        weights: Their weights.

    Returns:
        The predictions by part, and the calibration.
    """
    means = {
        part: average_log_odds(
            np.stack([to_log_odds(each.predictions[part].probabilities) for each in members]), weights
        )
        for part in members[0].predictions
    }
    validation = members[0].predictions["validation"]
    fitted = calibration.fit_calibration(
        run.method.decision.calibration, validation.labels, means["validation"], validation.weights
    )
    predictions = {
        part: replace(of_part, probabilities=to_probabilities(fitted(means[part])))
        for part, of_part in members[0].predictions.items()
    }
    return predictions, fitted


def describe_weights(run: Run, learner: Average, weights: Sequence[float]) -> SettingChoice | None:
    """Return chosen weights as a setting, by the texts of the members; None for a mean with equal weights."""
    if not learner.chooses_weights:
        return None
    named = dict(zip(map(str, learner.members), weights, strict=True))
    return SettingChoice(str(run.method.decision.optimize or OLD_SCORE), Setting.of(named), ())


def build_model(
    run: Run, members: Sequence[Finished], weights: Sequence[float], fitted: Calibration
) -> AverageModel | None:
    """Build the fitted average of the models of its members; None if a member has no model."""
    models = [each.model for each in members if each.model is not None]
    if len(models) < len(members):
        return None
    forms = tuple(each.row.run.method.input_form for each in members)
    shapes = {form: model.shape for form, model in zip(forms, models, strict=True)}
    flat = len(set(forms)) > 1 and len(models[0].shape) == 1
    return AverageModel(
        recipe=run.recipe,
        shape=(sum(width for (width,) in shapes.values()),) if flat else models[0].shape,
        members=tuple(models),
        weights=tuple(weights),
        forms=forms,
        calibration=fitted,
        decision=run.method.decision,
    )


def list_trainings(rows: Sequence[Row], store: Store) -> list[Row]:
    """Return the rows of the trainings behind some rows, each once, so that a sum of their times counts none twice.

    The rows of averages are left out, since their times hold those of their members. Their members are there instead:
    of those that are not among the rows, the stored ones are added at the end.

    Args:
        rows: The rows of a study.
        store: Holds the rows of the members of averages.
    """
    members = {member.hash: member for row in rows for member in row.run.members}
    if not members:
        return list(rows)
    trained = [row for row in rows if not row.run.members]
    listed = {row.run.hash for row in trained}
    return trained + store.rows([member for key, member in members.items() if key not in listed])


def add_computations(rows: Sequence[Row], seconds: float) -> Computation:
    """Return how an average was computed: its time is that of its members and of combining them.

    Args:
        rows: The rows of the members.
        seconds: The time to combine them.
    """
    first = rows[0].computed
    predicted = [row.computed.predict_seconds for row in rows]
    return Computation(
        device=first.device,
        threads=first.threads,
        plan={},
        stack_size=1,
        stack_seconds=round(seconds + sum(row.seconds for row in rows), 3),
        versions=library_versions(),
        data=first.data,
        epochs=0,
        predict_seconds=None if None in predicted else sum(filter(None, predicted)),
    )
