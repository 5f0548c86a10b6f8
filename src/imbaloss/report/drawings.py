"""The figures of a report with their captions, made from the findings of a study."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isnan, nan
from typing import Self

from matplotlib.figure import Figure

from imbaloss.atomic_write import make_file_name
from imbaloss.evaluation.calibration import NONE
from imbaloss.report import evidence, figures
from imbaloss.report.cells import EVERYWHERE, find_cost
from imbaloss.report.comparisons import average_by_dataset, find_best_method, select_of_method, select_repeated
from imbaloss.report.findings import Findings
from imbaloss.report.lines import has_published
from imbaloss.report.results import Results, join_interval_over
from imbaloss.report.row_names import CellKey
from imbaloss.studies import Predictions


class Question(StrEnum):
    """The question that a figure answers, which is the heading above it, with a shorter one for a list of contents."""

    short: str

    def __new__(cls, question: str, short: str) -> Self:
        """Make a member that equals the question, with its short heading."""
        member = str.__new__(cls, question)
        member._value_ = question
        member.short = short
        return member

    LEVELS = ("How do the scores change with the level?", "Scores")
    METHODS = ("How do the methods score?", "Scores")
    PAIRS = ("Which differences are real?", "Differences")
    RANKS = ("What holds across data sets?", "Ranks")
    LEARNING = ("How does the training loss fall?", "Training")
    CURVES = ("What do the scores hide?", "Curves")
    TRUE = ("Are the probabilities true?", "Calibration")
    TYPICAL = ("What does a network take for typical?", "Prototypes")
    CLASSES = ("What do the classes look like?", "Images")


Tests = Mapping[str, Sequence[Predictions]]  # the predictions on test of each method, one a run
MOST_SETTINGS = 9  # largest number of settings with figures; the table has all
MOST_MAPS = 5  # largest number of methods whose prototypes are shown
MOST_PAIRS = 15  # largest number of pairs in a figure; beyond it, only those of the best method are drawn


@dataclass(frozen=True)
class Drawing:
    """A figure with its caption and the question that it answers."""

    name: str  # of its files, without ending
    figure: Figure
    caption: str
    question: Question
    score: str = ""  # label of the score, if the figure shows a single one
    setting: str = ""  # name of the setting, if the figure shows a single one


def draw_figures(findings: Findings, highlighted: Sequence[str] = ()) -> Iterator[Drawing]:
    """Draw all figures of a report.

    A generator: the next figure is drawn when it is asked for. Figures for which there is nothing to show are left out.

    Args:
        findings: The findings of a study.
        highlighted: The methods that curves show in colour, while all others are grey; their gains and costs are drawn
            too. Empty if all methods count alike.

    Raises:
        OSError: The store cannot be read.
    """
    yield from draw_scores(findings)
    yield from draw_differences(findings)
    yield from draw_ranks(findings)
    lowest = [cell for setting in select_drawn_settings(findings) if (cell := findings.lowest_cell(setting))]
    for cell in lowest:
        yield from draw_training(findings, cell, highlighted)
    for cell in lowest:
        yield from draw_predictions(findings, cell, highlighted)
    for cell in lowest:
        yield from draw_prototypes(findings, cell)
    yield from draw_classes(findings)


def select_drawn_settings(findings: Results) -> list[str]:
    """Return the names of the settings (data sets, with split) that have figures: the first nine (`MOST_SETTINGS`)."""
    return findings.settings[:MOST_SETTINGS]


def draw_scores(findings: Results) -> Iterator[Drawing]:
    """Yield a figure of each compared score, with all methods at all levels of imbalance and a panel for each setting.

    A setting is a data set, with its split. Only the first nine are drawn.
    """
    question, at = (
        (Question.LEVELS, " at each level")
        if len({line.level for line in findings.lines}) > 1
        else (Question.METHODS, "")
    )
    over = join_interval_over(findings.lines)
    bars = f" The bars are 95 % intervals over {over}." if over else ""
    settings = select_drawn_settings(findings)
    lines = [line for line in findings.lines if line.setting in settings]
    number = len(findings.settings)
    rest = f" Of {number} settings the first {len(settings)} have figures." if number > MOST_SETTINGS else ""
    for compared, cells in findings.scored.items():
        hollow = " Hollow marks are the published values." if has_published(lines, compared) else ""
        yield Drawing(
            make_file_name(f"scores_{compared.column}"),
            figures.plot_scores(lines, cells, compared),
            f"{compared.label} on the test part: the mean of each method{at}. Small dots are single {findings.unit}s."
            f"{bars}{hollow}{rest}",
            question,
            score=compared.label,
        )


def draw_differences(findings: Results) -> Iterator[Drawing]:
    """Yield figures of the differences between pairs of methods, one over all cells and one for each setting.

    A cell is a setting (data set and split) at a level; the first nine settings are drawn. Of more than 15 pairs, only
    those of the method that is best by the first score are drawn. A setting without paired repetitions has no figure.
    """
    settings = [
        setting for setting in dict.fromkeys(line.setting for line in findings.comparisons) if setting != EVERYWHERE
    ]
    has_levels = not all(isnan(line.level) for line in findings.comparisons)
    for setting in (EVERYWHERE, *settings[:MOST_SETTINGS]):
        lines = select_repeated([line for line in findings.comparisons if line.setting == setting])
        if len({(line.first, line.second) for line in lines}) > MOST_PAIRS:
            best = find_best_method([line for line in lines if line.score == lines[0].score])
            lines = select_of_method(lines, best)
        if lines:
            at_levels = ", at each level" if has_levels else ""
            where = "averaged over all cells" if setting == EVERYWHERE else f"on {setting}{at_levels}"
            yield Drawing(
                make_file_name(f"differences_{setting}"),
                figures.plot_differences(lines),
                f"Differences between pairs of methods {where}: the mean over the paired {findings.repetitions} "
                "with its 95 % interval (Student's t, for each pair alone). Filled marks: better or worse by a test "
                f"of all pairs. Square marks: equivalent within ±{findings.study.margin:g}, the band. Hollow marks: "
                f"undecided. Each score{' and level' if has_levels else ''} is a question of its own: among questions "
                "in which no methods differ, one in twenty gets a filled mark by chance."
                + (
                    " For costs, a difference is what the first method saves, and the margin is "
                    f"{findings.study.margin:g} times the cost of the best decision that ignores the data."
                    if find_cost(findings.scored)
                    else ""
                ),
                Question.PAIRS,
                setting="" if setting == EVERYWHERE else setting,
            )


def draw_ranks(findings: Results) -> Iterator[Drawing]:
    """Yield a figure of the mean ranks of the methods across data sets; nothing if no score has ranks.

    A score has no ranks with fewer than two data sets or three methods.
    """
    by_score = {compared.label: evidence.rank_methods(cells) for compared, cells in findings.scored.items()}
    if ranked := {label: ranks for label, ranks in by_score.items() if ranks}:
        sets = max(len(average_by_dataset(cells).datasets) for cells in findings.scored.values())
        too_few = all(ranks.critical_difference >= len(methods) - 1 for methods, ranks in ranked.values())
        levels = "" if all(isnan(line.level) for line in findings.lines) else ", each with its mean over the levels"
        yield Drawing(
            "ranks",
            figures.plot_critical_differences(ranked),
            f"Mean ranks of the methods over {sets} data sets{levels}; 1 is the best. "
            "A bar joins methods whose ranks differ by less than Nemenyi's critical difference at 5 %."
            + (" So few data sets cannot show a difference between any two of these methods." if too_few else ""),
            Question.RANKS,
        )


def draw_training(findings: Findings, cell: CellKey, highlighted: Sequence[str] = ()) -> Iterator[Drawing]:
    """Yield a figure of the training losses of a cell (a setting at a level); nothing if no method trains a network.

    If the epochs of runs differ, a second figure is cut to the common epochs; not if methods are highlighted, since
    the report of one's own data does not compare epochs.

    Args:
        findings: The findings.
        cell: The cell.
        highlighted: The methods in colour, as `draw_figures` takes them.

    Raises:
        KeyError: The findings have no such cell.
        OSError: The store cannot be read.
    """
    by_method = findings.rows_by_method(cell)
    networks = {method: rows for method, rows in by_method.items() if rows[0].run.method.learner.is_network}
    if not networks:
        return
    losses = {method: [row.losses for row in findings.store.with_losses(rows)] for method, rows in networks.items()}
    [negatives, positives] = next(iter(by_method.values()))[0].counts.train
    epochs_differ = len({len(run) for runs in losses.values() for run in runs}) > 1
    kept = " A training that stopped early keeps its last loss." if epochs_differ else ""
    is_cut = epochs_differ and not highlighted
    for ending, epochs in (("", "each for its own epochs"), ("_common", "cut to the shortest"))[: 1 + is_cut]:
        yield Drawing(
            make_file_name(f"loss_{cell.setting}_{cell.level:.4g}{ending}"),
            figures.plot_loss_curves(losses, common_epochs=bool(ending), highlighted=highlighted),
            f"Training loss over the epochs on {cell.setting} at level {cell.level:.4g} ({positives} positives, "
            f"{negatives} negatives), {epochs}. Left: the loss itself. Right: divided by the loss of the first epoch. "
            f"{write_band(findings)}{'' if ending else kept}",
            Question.LEARNING,
            setting=cell.setting,
        )


def draw_predictions(findings: Findings, cell: CellKey, highlighted: Sequence[str] = ()) -> Iterator[Drawing]:
    """Yield figures of the predictions of a cell (a setting at a level): curves, probabilities, and reliability.

    Runs that failed or whose test part lacks a class are left out; if no run remains, nothing is drawn.

    Args:
        findings: The findings.
        cell: The cell.
        highlighted: The methods in colour, as `draw_figures` takes them; the probabilities of no other are drawn.

    Raises:
        KeyError: The findings have no such cell.
        OSError: The store cannot be read.
    """
    by_method = {
        method: [row for row in rows if all(row.counts.test)] for method, rows in findings.rows_by_method(cell).items()
    }
    tests = {
        method: findings.store.test_predictions([row.run for row in rows]) for method, rows in by_method.items() if rows
    }
    if tests and highlighted:
        yield from draw_highlighted_curves(findings, cell, tests, highlighted)
        yield draw_probabilities(findings, cell, {name: tests[name] for name in highlighted if name in tests} or tests)
    elif tests:
        yield from draw_curves(findings, cell, tests)


def draw_curves(findings: Results, cell: CellKey, tests: Tests) -> Iterator[Drawing]:
    """Yield figures of the predictions on test in a cell: ROC and precision-recall curves, probabilities, reliability.

    Args:
        findings: The scores, whose tuned thresholds are drawn too.
        cell: The cell, a setting at a level.
        tests: The predictions on test of each method, one a run, with both classes.
    """
    yield Drawing(
        name_file("roc", cell),
        figures.plot_roc_and_precision_recall(tests),
        f"ROC and precision-recall curves on the test part of {cell.title}. {write_band(findings)} Dotted: chance.",
        Question.CURVES,
        setting=cell.setting,
    )
    yield draw_probabilities(findings, cell, tests)
    yield Drawing(
        name_file("reliability", cell),
        figures.plot_reliabilities(tests),
        explain_reliability(findings, f"of {cell.title}"),
        Question.TRUE,
        setting=cell.setting,
    )


def name_file(kind: str, cell: CellKey) -> str:
    """Name the file of a figure of one cell, without its ending: "roc_tree_0.1", or "roc_tree" without a level."""
    return make_file_name(f"{kind}_{cell.setting}{'' if isnan(cell.level) else f'_{cell.level:.4g}'}")


def draw_highlighted_curves(
    findings: Findings, cell: CellKey, tests: Tests, highlighted: Sequence[str]
) -> Iterator[Drawing]:
    """Yield a figure of each kind of curve in a cell, with some methods in colour and all others grey.

    The curves are of reliability, precision and recall, ROC, gains and, for calibrated methods, costs.

    Args:
        findings: The findings.
        cell: The cell, a setting at a level.
        tests: The predictions on test of each method, one a run.
        highlighted: The methods in colour, as `draw_figures` takes them.
    """
    where, band = f"of {cell.setting}", write_band(findings)
    curves = [
        ("reliability", figures.draw_reliabilities, Question.TRUE, explain_reliability(findings, where)),
        (
            "precision_recall",
            figures.draw_precision_recall,
            Question.CURVES,
            f"Precision and recall on the test part {where}. {band} Dotted: chance, the share of positives.",
        ),
        ("roc", figures.draw_roc, Question.CURVES, f"ROC curves on the test part {where}. Dotted: chance."),
        (
            "gains",
            figures.draw_gains,
            Question.CURVES,
            f"Gains on the test part {where}: the share of positives that is found if so many {findings.study.noun} "
            "are flagged. Dotted: in random order.",
        ),
        (
            "costs",
            figures.draw_costs,
            Question.CURVES,
            f"Costs on the test part {where}, as a share of those of the best decision without a model, which flags "
            f"none or all (dotted). Of the {findings.study.noun}, each is flagged whose probability makes that the "
            "cheaper mistake.",
        ),
    ]
    of_cell = [rows[0] for rows in findings.rows_by_method(cell).values()]
    are_probabilities = all(row.run.method.decision.calibration != NONE for row in of_cell)
    for name, draw, question, caption in curves if are_probabilities else curves[:-1]:
        yield Drawing(
            make_file_name(f"{name}_{cell.setting}_{cell.level:.4g}"),
            figures.plot_curves(draw, tests, highlighted),
            caption,
            question,
            setting=cell.setting,
        )


def explain_reliability(findings: Results, where: str) -> str:
    """Explain the figure of reliability. where: the data, as "of tree at level 0.1"."""
    return (
        f"Reliability on the test part {where}, for all {findings.repetitions} together: the share of positives "
        "in each tenth of the samples, ordered by probability. On the diagonal the probabilities are right. Below it "
        "positives are rarer than the probability says, as happens with a loss that weights them more."
    )


def draw_probabilities(findings: Results, cell: CellKey, tests: Tests) -> Drawing:
    """Draw the probabilities that methods give to negatives and positives in a cell, and any tuned thresholds.

    Args:
        findings: The findings.
        cell: The cell, a setting at a level.
        tests: The predictions on test of each method, one a run.
    """
    thresholds = dict.fromkeys(tests, nan) | {
        line.method: line.scores["tuned_threshold"].mean
        for line in findings.lines
        if line.cell == cell and "tuned_threshold" in line.scores
    }
    return Drawing(
        name_file("probabilities", cell),
        figures.plot_distributions(tests, thresholds),
        "Probabilities of the positive class that each method gives to negatives and positives of the test part of "
        f"{cell.title}, for all {findings.repetitions} together. Another threshold "
        "helps if the two lie apart, but not around ½.",
        Question.CURVES,
        setting=cell.setting,
    )


def draw_prototypes(findings: Findings, cell: CellKey) -> Iterator[Drawing]:
    """Yield a figure of the prototypes of the first run of each method in a cell; nothing if no method has prototypes.

    Prototypes are learned points of each class; a cell is a setting at a level. At most five methods are drawn.

    Raises:
        KeyError: The findings have no such cell.
        OSError: The store cannot be read.
    """
    first = {method: rows[0] for method, rows in findings.rows_by_method(cell).items()}
    maps = {method: findings.store.prototypes(row.run) for method, row in first.items() if row.run.recipe.kind.head}
    learned = {method: of_method for method, of_method in maps.items() if of_method is not None}
    if learned:
        shown = dict(list(learned.items())[:MOST_MAPS])
        images = (
            " Beside the map stand the training images nearest to each prototype, the nearest first. The colour of a "
            "frame is that of the image's own class."
        )
        beside = images if any(of_method.images.ndim == 5 for of_method in shown.values()) else ""
        more = f" and of the first {MOST_MAPS} of {len(learned)} methods" if len(learned) > MOST_MAPS else ""
        yield Drawing(
            make_file_name(f"prototypes_{cell.setting}_{cell.level:.4g}"),
            figures.plot_prototypes(shown, next(iter(first.values())).classes),
            f"Prototypes (stars) of {cell.setting} at level {cell.level:.4g} among the embeddings of their training "
            "samples (dots), in the two directions in which these vary most (principal components)."
            f"{beside} If a class has several prototypes, each says to how many samples of the class it is the "
            f"nearest. The figure is of the first of the {findings.repetitions}{more}.",
            Question.TYPICAL,
            setting=cell.setting,
        )


def draw_classes(findings: Findings) -> Iterator[Drawing]:
    """Yield a figure of training images of each class, for each of the first nine data sets with images in the store.

    Raises:
        OSError: The store cannot be read.
    """
    examples = findings.store.examples()
    for dataset in [*dict.fromkeys(row.run.dataset for row in findings.rows)][:MOST_SETTINGS]:
        if dataset in examples:
            names = " and ".join(examples[dataset].images)
            yield Drawing(
                make_file_name(f"images_{dataset}"),
                figures.plot_images(examples[dataset].images),
                f"Some training images of {dataset}: {names}.",
                Question.CLASSES,
                setting=dataset if dataset in findings.settings else "",  # several settings may share a data set
            )


def write_band(findings: Results) -> str:
    """Write the sentence of a caption that lines are medians over seeds or folds, and bands are quartiles."""
    return f"Lines are medians over the {findings.repetitions}, bands lie between the quartiles."
