"""Studies of one's own data as they are when their trainings are finished, with scores of one's choice."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from imbaloss import report
from imbaloss.comparison.advice import Advice
from imbaloss.comparison.study import OwnStudy
from imbaloss.data import Counts
from imbaloss.evaluation import Decision, TunedScores, no_scores, scores
from imbaloss.learners import Method
from imbaloss.report import Findings
from imbaloss.report.cells import COST, ComparedScore
from imbaloss.studies import Predictions, Row, Run, Store
from imbaloss.studies.row import Computation, PartCounts
from imbaloss.training import Recipe

LABELS = np.repeat([0, 1], [180, 20])
COUNTS = PartCounts(Counts(540, 60), Counts(180, 20), Counts(180, 20))
DECISION = {"optimize": "average_precision", "calibration": "platt"}
COSTS = {"optimize": "cost", "calibration": "platt", "threshold": "cost:fn=10"}
OF_0_1: dict[str, str] = {}


def make_study(methods: Sequence[str], repetitions: int, entries: Mapping[str, str], **fields) -> OwnStudy:
    """Plan a study of a table whose class to find is failed = yes; it has five folds unless `fields` say otherwise."""
    decision = Decision.read(entries)
    known = {"folds": 5, "recipe": Recipe(), "entries": dict(entries)} | fields
    return OwnStudy(
        name="machines",
        target="failed",
        negative="no",
        positive="yes",
        level=0.1,
        data="0" * 16,
        methods=tuple(Method.parse(text, decision) for text in methods),
        repetitions=repetitions,
        **known,
    )


def finish(run: Run, compared: ComparedScore, value: float | None) -> tuple[Row, dict[str, Predictions]]:
    """Return the row of a run with a value of the compared score on test, and predictions that rank at random.

    A value of None is that of a training that failed.
    """
    generator = np.random.default_rng([run.seed, run.fold.fold if run.fold else 0, *run.method.learned.encode()])
    probabilities = 0.2 * LABELS + 0.8 * generator.random(len(LABELS))
    of_test, undefined = scores(LABELS, probabilities)
    tuned = TunedScores(0.75, (0.6, 0.9), scores(LABELS, probabilities, 0.75)[0], {})
    failure = None
    if value is None:
        failure = "the training failed"
        of_test, undefined = no_scores(failure)
        tuned = TunedScores.without_threshold(failure)
    elif compared.tuned:
        tuned = replace(tuned, scores=tuned.scores | {compared.score: value})
    else:
        of_test |= {compared.score: value}
    row = Row(
        run=run,
        classes=("no", "yes"),
        counts=COUNTS,
        scores={"validation": of_test, "test": of_test},
        undefined={"validation": undefined, "test": undefined},
        tuned=tuned,
        losses=(0.5, 0.2),
        failure=failure,
        computed=Computation("cpu", 1, {}, 1, 1.0, {"imbaloss": "0"}, epochs=2, predict_seconds=0.002),
    )
    parts = Predictions(LABELS, probabilities, np.arange(len(LABELS)))
    return row, {} if failure else {"validation": parts, "test": parts}


def find(
    folder: Path, values: Mapping[str, Sequence[float | None]], entries: Mapping[str, str] = DECISION, **fields
) -> Findings:
    """Return the findings of a study in which each method has these values of the deciding score, one a repetition."""
    [repetitions] = {len(of_method) for of_method in values.values()}
    study = make_study(list(values), repetitions, entries, **fields)
    compared = {"cost": COST, None: ComparedScore("", "f1", tuned=True)}.get(
        entries.get("optimize"), ComparedScore("", entries.get("optimize", ""))
    )
    store = Store(folder)
    for place in range(repetitions):
        store.add(finish(run, compared, values[str(run.method)][place]) for run in study.runs_of_repetition(place))
    return report.compute_findings(study, store.rows(study.runs()), store)


def advise(
    folder: Path, values: Mapping[str, Sequence[float | None]], entries: Mapping[str, str] = DECISION, **fields
) -> Advice:
    """Return the advice of a study of which the recommended method is trained on all rows too."""
    findings = find(folder, values, entries, **fields)
    return findings.study.advise(findings, add_final_training(findings))


def add_final_training(findings: Findings) -> Method:
    """Add the training of the recommended method on all rows to the store, and return the method."""
    study = findings.study
    best = study.recommend(findings)
    findings.store.add([finish(study.final_run(best), ComparedScore("", "roc_auc"), 0.5)])
    return best


def make_own_page(folder: Path) -> Path:
    """Write the page of a study of nine methods, of which one failed; it names the worst misses."""
    names = ("lightgbm", "logistic_regression", "extra_trees", "ce", "wce", "mfe", "mse", "ce + random_over")
    values: dict[str, Sequence[float | None]] = {
        name: [0.6 - 0.03 * place + 0.02 * (-1) ** repetition * (1 + place / 9) for repetition in range(10)]
        for place, name in enumerate(names)
    }
    values["focal"] = [None] * 10
    notes = tuple(f"note {place}" for place in range(9))
    findings = find(folder, values, worst_misses=3, notes=notes, command="imbaloss compare machines.csv")
    add_final_training(findings)
    return report.write_report(findings, folder)
