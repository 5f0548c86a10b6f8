"""Racing: the repetitions of a study, in which methods that are ruled out as the best are not repeated any more."""

from collections.abc import Mapping
from dataclasses import replace

from imbaloss.comparison.advice import choose_score, rule_out_methods
from imbaloss.comparison.place import Place
from imbaloss.comparison.race_schedule import Drop, Look
from imbaloss.comparison.study import OwnStudy
from imbaloss.learners import Method
from imbaloss.plural import format_count
from imbaloss.report.findings import group_scores
from imbaloss.statistics import Ruling


def train_in_race(study: OwnStudy, place: Place) -> OwnStudy:
    """Train all repetitions of a study, without the methods that its looks drop, and return the study with the drops.

    The study file has the drops after each look. Runs that the store has are not trained again, and the drops are the
    same then, since they depend on the scores before a look alone.

    Args:
        study: The study, without drops.
        place: The data, store and executor to train with.
    """
    done = 0
    for look in study.looks:
        place.run(study.runs_between(done, look.repetitions))
        study = place.keep(drop_methods(study, place, look))
        done = look.repetitions
    place.run(study.runs_between(done, study.repetitions))
    return study


def drop_methods(study: OwnStudy, place: Place, look: Look) -> OwnStudy:
    """Drop the methods that are ruled out as the best at a look, and return the study with them among its drops.

    The observer is told of each one.

    Args:
        study: The study, with the drops of earlier looks.
        place: The store has all runs before the look.
        look: The look.
    """
    drops = find_drops(study, place, look)
    for drop in drops:
        place.observer.tell(f"{describe_drop(drop)}; it is not trained any more")
    return replace(study, drops=(*study.drops, *drops))


def find_drops(study: OwnStudy, place: Place, look: Look) -> list[Drop]:
    """Return the methods that are ruled out as the best at a look, in the order of preference.

    Only the repetitions before the look count, even if the store has more. Methods that lack a score which another one
    has are not dropped. If no method were left, none is dropped.

    Args:
        study: The study, with the drops of earlier looks.
        place: The store has all runs before the look.
        look: The look.
    """
    rulings = rule_out_at(study, place, look)
    is_out = {method: ruling.is_ruled_out for method, ruling in rulings.items()}
    if set(study.kept) <= {method for method in is_out if is_out[method]}:
        return []
    return [Drop(str(method), look.repetitions, ruling.behind) for method, ruling in rulings.items() if is_out[method]]


def rule_out_at(study: OwnStudy, place: Place, look: Look) -> Mapping[Method, Ruling]:
    """Test whether each method that is still repeated may be the best, by the repetitions before a look.

    The error is that of the look. Empty if no method has a score.

    Args:
        study: The study, with the drops of earlier looks.
        place: The store has all runs before the look.
        look: The look.
    """
    before = study.runs_between(0, look.repetitions)
    findings = group_scores(study, place.store.rows(before), place.store)
    return rule_out_methods(findings, study.kept, choose_score(findings), alpha=look.alpha)


def note_drops(study: OwnStudy, place: Place) -> OwnStudy:
    """Add notes on the drops of a race to its study, write the study file and return the study.

    The observer gets them too.

    Args:
        study: The study, all of whose repetitions are finished.
        place: The folder and the observer.
    """
    notes = describe_drops(study)
    for text in notes:
        place.observer.note(f"{text}.")
    return place.keep(replace(study, notes=(*study.notes, *notes)))


def describe_drops(study: OwnStudy) -> tuple[str, ...]:
    """Describe in notes what a race dropped, when and by how much, or that it dropped nothing."""
    if study.drops:
        return tuple(describe_drop(drop, study.repetitions) for drop in study.drops)
    first, total = study.first_look, format_count(study.repetitions, "repetition")
    if study.repetitions <= first:
        return (f"No method was dropped: the first look is after {first} repetitions, and there was time for {total}",)
    looks = ", ".join(str(look.repetitions) for look in study.looks)
    return (f"No method was dropped: none was ruled out as the best after {looks} of {total}",)


def describe_drop(drop: Drop, total: int | None = None) -> str:
    """Describe a drop, such as "mse is dropped after 5 of 10 repetitions: it is behind the best by at least 0.03".

    Args:
        drop: The drop.
        total: The number of repetitions of the methods that were not dropped; None if it is not known yet.
    """
    of_total = f" of {total}" if total else ""
    return (
        f"{drop.method} is dropped after {drop.repetitions}{of_total} repetitions: it is behind the best method by at "
        f"least {drop.behind:.2g}"
    )
