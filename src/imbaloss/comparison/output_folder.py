"""The output folder of a comparison: no answer for other data or another target is replaced without consent."""

from itertools import count
from pathlib import Path

from imbaloss import studies
from imbaloss.comparison.own_data import UNKNOWN
from imbaloss.comparison.own_model import remove_model
from imbaloss.comparison.place import MessageHandler
from imbaloss.comparison.study import OwnStudy

WRITTEN = ("report.html", "table.csv", "comparisons.csv", "model", "figures")  # outputs, without the study file


def choose_folder(study: OwnStudy, out: Path, note: MessageHandler, *, is_named: bool, overwrite: bool) -> Path:
    """Return the output folder, so that no answer for other data or another target is replaced without consent.

    If a default folder holds such an answer, the first of DIR-2, DIR-3, … without one is returned. A folder that the
    request names is refused then; with `overwrite` its report and model are deleted instead. A note says so.

    Args:
        study: The study to write.
        out: The default folder, or the one that the request names.
        note: Receives the note.
        is_named: Whether the request names the folder.
        overwrite: Whether another answer in a named folder may be replaced.

    Raises:
        ValueError: The request names the folder, which holds another answer, and `overwrite` is false.
    """
    holder = find_holder(study, out)
    if holder is None:
        return out
    held = f"{out} holds {holder}"
    if not is_named:
        numbered = (out.with_name(f"{out.name}-{number}") for number in count(2))
        free = next(folder for folder in numbered if find_holder(study, folder) is None)
        note(f"{held}. It is kept, and the new report is written to {free}.")
        return free
    if not overwrite:
        raise ValueError(f"{held}: name another folder with --out, or replace it with --overwrite")
    note(f"{held}. The new report replaces it.")
    (out / "report.html").unlink(missing_ok=True)
    remove_model(out / "model")
    return out


def find_holder(study: OwnStudy, folder: Path) -> str | None:
    """Describe what a folder holds that is not of this study, such as the report of other data; None for nothing.

    An answer is of this study if data, target and positive class are the same; data of an unknown checksum are taken
    for the same. Files of a report without a study file count too.
    """
    try:
        before = studies.read_study(folder)
    except OSError:
        outputs = [name for name in WRITTEN if (folder / name).exists()]
        return f"{outputs[0]}, which is of no study" if outputs else None
    except ValueError:
        return "a study that cannot be read"
    if isinstance(before, OwnStudy) and before.sought == study.sought and study.data in {before.data, UNKNOWN}:
        return None
    return f"the report of {before.name}, of other data or another target"
