"""The line that is printed while a study is trained."""

import re
from dataclasses import replace

from imbaloss.evaluation import TunedScores, no_scores
from imbaloss.report import Headline
from imbaloss.studies import Job, Store
from imbaloss.training import Recipe, plan_training
from tests.report.examples import rows


def job(*some) -> Job:
    return Job(tuple(row.run for row in some), plan_training(Recipe(), 500, (3072,)), 500, 3072)


def test_the_best_is_that_of_the_cell_over_what_is_finished(tmp_path):
    some = rows(seeds=2)
    store = Store(tmp_path)
    headline = Headline(store, [row.run for row in some])
    store.add((row, {}) for row in some[:3])
    first = headline(job(*some[:3]))
    store.add((row, {}) for row in some[3:])
    last = headline(job(*some[3:]))
    for told, finished, dataset, seeds in ((first, some[:3], "tree_1", 1), (last, some, "tree_2", 2)):
        means = {
            loss: sum(
                row.scores["test"]["roc_auc"]
                for row in finished
                if (row.run.dataset, row.run.method.learned) == (dataset, loss)
            )
            for loss in {row.run.method.learned for row in some}
        }
        best = max(means, key=means.get)
        expected = f"{len(finished)} of 12 trainings finished; best so far on {dataset} at 0.05: {best}, "
        assert told == f"{expected}mean ROC-AUC {means[best] / seeds:.3f} over {seeds} training{'s' * (seeds > 1)}"


def test_only_equally_many_trainings_of_one_protocol_are_compared(tmp_path):
    some = rows(seeds=3, datasets=("tree_1",))
    other = [replace(row, run=replace(row.run, protocol="ratio")) for row in some]
    store = Store(tmp_path)
    store.add((row, {}) for row in [*some[:-1], *other])
    told = Headline(store, [row.run for row in [*some, *other]])(job(*some[:-1]))
    assert re.search(
        r"17 of 18 .* tree_1 at 0\.05, table1: (msfe|focal:alpha=0\.75), mean ROC-AUC 0\.\d+ over 3 trainings$", told
    )


def test_nothing_is_best_where_nothing_can_be_compared(tmp_path):
    values, reasons = no_scores(why := "the training failed")
    failed = [
        replace(
            row,
            failure="it failed",
            scores={"validation": values, "test": values},
            undefined={"validation": {}, "test": reasons},
            tuned=TunedScores.without_threshold(why),
        )
        for row in rows()
    ]
    store = Store(tmp_path)
    store.add((row, {}) for row in failed)
    assert Headline(store, [row.run for row in failed])(job(*failed)) == "12 of 12 trainings finished"
