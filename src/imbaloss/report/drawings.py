"""Findings -> the figures of a report, with their captions, and what each is about."""

from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.figure import Figure

from imbaloss.atomic_write import make_file_name
from imbaloss.report import evidence, figures
from imbaloss.report.cells import COST, EVERYWHERE
from imbaloss.report.comparisons import average_by_dataset, best_of, seen_from, select_repeated
from imbaloss.report.findings import Findings
from imbaloss.report.lines import has_published
from imbaloss.report.naming import CellKey

LEVELS, METHODS, PAIRS, RANKS, LEARNING, CURVES, TRUE, TYPICAL, CLASSES = (
    "How do the scores change with the level?",
    "How do the methods score?",
    "Which differences are real?",
    "What holds across data sets?",
    "How does the training loss fall?",
    "What do the scores hide?",
    "Are the probabilities true?",
    "What does a network take for typical?",
    "What do the classes look like?",
)
MOST_SETTINGS = 9  # whose figures are drawn; the table has all
MOST_MAPS = 5  # methods whose prototypes are shown
MOST_PAIRS = 15  # in a figure; of more, only those of the method with the highest mean
QUARTILES = "median over the {runs}, and band between the quartiles"


@dataclass(frozen=True)
class Drawing:
    """A figure with its file name, without ending, its caption, the question that it answers, and what it is about."""

    name: str
    figure: Figure
    caption: str
    question: str
    score: str = ""  # the label of the one score that it shows
    setting: str = ""  # the one that it shows


def drawings(found: Findings) -> Iterator[Drawing]:
    """Question by question. Raises OSError where the store cannot be read."""
    yield from of_scores(found)
    yield from of_differences(found)
    yield from of_ranks(found)
    lowest = [cell for setting in shown(found) if (cell := found.lowest(setting))]
    for of_cell in (of_training, of_predictions, of_prototypes):
        for cell in lowest:
            yield from of_cell(found, cell)
    yield from of_classes(found)


def shown(found: Findings) -> list[str]:
    """The settings whose figures are drawn: of many, the first."""
    return found.settings[:MOST_SETTINGS]


def of_scores(found: Findings) -> Iterator[Drawing]:
    question, at = (LEVELS, " at each level") if len({line.level for line in found.lines}) > 1 else (METHODS, "")
    bars = f", bars 95 % intervals over {found.interval_over}" if found.interval_over else ""
    settings = shown(found)
    lines = [line for line in found.lines if line.setting in settings]
    number = len(found.settings)
    rest = f" Of {number} settings the first {len(settings)} have figures." if number > MOST_SETTINGS else ""
    for compared, cells in found.scored.items():
        hollow = ". Hollow marks are the published values." if has_published(lines, compared) else "."
        yield Drawing(
            make_file_name(f"scores_{compared.column}"),
            figures.scores(lines, cells, compared),
            f"{compared.label} on the test part: mean of each method{at}, small dots single trainings{bars}{hollow}"
            f"{rest}",
            question,
            score=compared.label,
        )


def of_differences(found: Findings) -> Iterator[Drawing]:
    single = [one for one in dict.fromkeys(one.setting for one in found.comparisons) if one != EVERYWHERE]
    for setting in (EVERYWHERE, *single[:MOST_SETTINGS]):
        lines = select_repeated([one for one in found.comparisons if one.setting == setting])
        if len({(one.first, one.second) for one in lines}) > MOST_PAIRS:
            lines = seen_from(lines, best_of([one for one in lines if one.score == lines[0].score]))
        if lines:
            where = "averaged over all cells" if setting == EVERYWHERE else f"on {setting}, at each level"
            yield Drawing(
                make_file_name(f"differences_{setting}"),
                figures.differences(lines),
                f"Differences between pairs of methods {where}: mean over the paired {repetitions(found)}, "
                "95 % interval (Student's t, each by itself). Filled: better or worse after Holm's adjustment; square: "
                f"equivalent within ±{found.study.margin:g}, the band; hollow: undecided. Each score and level is "
                "a question of its own: where no methods differ, one in twenty of them gets a filled mark by chance."
                + (
                    f" Of costs: what the first saves; the margin is {found.study.margin:g} times the cost of the best "
                    "decision that looks at nothing."
                    if COST in found.scored
                    else ""
                ),
                PAIRS,
                setting="" if setting == EVERYWHERE else setting,
            )


def of_ranks(found: Findings) -> Iterator[Drawing]:
    ranked = {compared.label: evidence.ranks(cells) for compared, cells in found.scored.items()}
    if some := {label: ranks for label, ranks in ranked.items() if ranks}:
        sets = max(len(average_by_dataset(cells).datasets) for cells in found.scored.values())
        hopeless = all(ranks.critical_difference >= len(called) - 1 for called, ranks in some.values())
        yield Drawing(
            "ranks",
            figures.critical_differences(some),
            f"Mean ranks of the methods over {sets} data sets, each with its mean over the levels; 1 is the best. "
            "Those that a bar joins differ by less than Nemenyi's critical difference at 5 %"
            + (": so few data sets can tell no two of these methods apart." if hopeless else "."),
            RANKS,
        )


def of_training(found: Findings, cell: CellKey) -> Iterator[Drawing]:
    rows = found.of(cell)
    networks = {method: some for method, some in rows.items() if not some[0].run.method.learner.is_reference}
    if not networks:
        return
    losses = {method: [row.losses for row in found.store.with_losses(some)] for method, some in networks.items()}
    [negatives, positives] = next(iter(rows.values()))[0].counts.train
    epochs_differ = len({len(run) for runs in losses.values() for run in runs}) > 1
    for ending, epochs in (("", "each for its own epochs"), ("_common", "cut to the shortest"))[: 1 + epochs_differ]:
        yield Drawing(
            make_file_name(f"loss_{cell.setting}_{cell.level:.4g}{ending}"),
            figures.loss_curves(losses, common_epochs=bool(ending)),
            f"Training loss over the epochs on {cell.setting} at level {cell.level:.4g} ({positives} positives, "
            f"{negatives} negatives), {epochs}. Left as it is, right divided by its first epoch; "
            f"{QUARTILES.format(runs=repetitions(found))}.",
            LEARNING,
            setting=cell.setting,
        )


def of_predictions(found: Findings, cell: CellKey) -> Iterator[Drawing]:
    rows = {method: [row for row in some if all(row.counts.test)] for method, some in found.of(cell).items()}
    tests = {
        method: [predictions["test"] for _, predictions in found.store.arrays([row.run for row in some])]
        for method, some in rows.items()
        if some
    }
    if not tests:
        return
    of_cell = [line for line in found.lines if line.cell == cell]
    thresholds = {line.method: line.scores["tuned_threshold"].mean for line in of_cell}
    where = f"of {cell.setting} at level {cell.level:.4g}"
    over = QUARTILES.format(runs=repetitions(found))
    yield Drawing(
        make_file_name(f"roc_{cell.setting}_{cell.level:.4g}"),
        figures.roc_and_precision_recall(tests),
        f"ROC and precision-recall curves on the test part {where}: {over}. Dotted: what chance gives.",
        CURVES,
        setting=cell.setting,
    )
    yield Drawing(
        make_file_name(f"probabilities_{cell.setting}_{cell.level:.4g}"),
        figures.distributions(tests, thresholds),
        "Probabilities of the positive class that each method gives to negatives and positives of the test part "
        f"{where}, all {repetitions(found)} together. A better threshold helps where they lie apart but not around ½.",
        CURVES,
        setting=cell.setting,
    )
    yield Drawing(
        make_file_name(f"reliability_{cell.setting}_{cell.level:.4g}"),
        figures.reliabilities(tests),
        f"Reliability on the test part {where}, all {repetitions(found)} together: the share of positives in each "
        "tenth of the samples by probability. On the diagonal a probability is what it says; below it positives are "
        "rarer than that, as where a loss weighs them more.",
        TRUE,
        setting=cell.setting,
    )


def of_prototypes(found: Findings, cell: CellKey) -> Iterator[Drawing]:
    first = {method: some[0] for method, some in found.of(cell).items()}
    maps = {method: found.store.prototypes(row.run) for method, row in first.items() if row.run.recipe.kind.head}
    learned = {method: one for method, one in maps.items() if one is not None}
    if learned:
        shown = dict(list(learned.items())[:MOST_MAPS])
        images = (
            "; beside it the training images that are nearest to each prototype, the nearest first, in frames of the "
            "colour of their own class"
        )
        beside = images if any(one.images.ndim == 5 for one in shown.values()) else ""
        more = f", and of the first {MOST_MAPS} of {len(learned)} methods" if len(learned) > MOST_MAPS else ""
        yield Drawing(
            make_file_name(f"prototypes_{cell.setting}_{cell.level:.4g}"),
            figures.prototypes(shown, next(iter(first.values())).classes),
            f"Prototypes (stars) of {cell.setting} at level {cell.level:.4g} among the embeddings of the samples that "
            "they were learned from (dots), in the two directions in which these vary most (principal components)"
            f"{beside}. Of several in a class, each says to how many samples of the class it is the nearest. Of the "
            f"first of the {repetitions(found)}{more}.",
            TYPICAL,
            setting=cell.setting,
        )


def of_classes(found: Findings) -> Iterator[Drawing]:
    examples = found.store.examples()
    for dataset in [*dict.fromkeys(row.run.dataset for row in found.rows)][:MOST_SETTINGS]:
        if dataset in examples:
            names = " and ".join(examples[dataset].images)
            yield Drawing(
                make_file_name(f"images_{dataset}"),
                figures.classes(examples[dataset].images),
                f"Some images of {dataset} to train on, {names}.",
                CLASSES,
                setting=dataset if dataset in found.settings else "",  # there may be several
            )


def repetitions(found: Findings) -> str:
    return "seeds and folds" if found.study.folds else "seeds"
