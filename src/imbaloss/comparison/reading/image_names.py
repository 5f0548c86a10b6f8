"""Finding files that are images: in folders with one sub-folder a class, in any folder, and as names in a table."""

import os
import unicodedata
from collections import Counter
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import pandas as pd

from imbaloss.plural import format_count, join_words

ENDINGS = (
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".pnm",
)  # fmt: skip
SYSTEM = {  # folders and files of operating systems
    "__macosx", "@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found",
    "thumbs.db", "ehthumbs.db", "desktop.ini",
}  # fmt: skip
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}  # what no classes are called
RAW = dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"), "raw photographs")
PICTURES = RAW | {  # endings of images that are not read
    ".heic": "HEIC photographs", ".heif": "HEIF photographs", ".avif": "AVIF images", ".jxl": "JPEG XL images",
    ".jp2": "JPEG 2000 images", ".svg": "SVG drawings", ".psd": "Photoshop files", ".dcm": "DICOM files",
}  # fmt: skip
OTHERS = {".pdf": "PDF documents", ".mp4": "films", ".mov": "films", ".avi": "films", ".zip": "ZIP archives"}
MOSTLY = 0.5  # the share of a column's values from which on they are taken for names of images


def names_image(name: str) -> bool:
    """Say whether the ending of a file's name is that of an image."""
    return ending_of(name) in ENDINGS


def describe_ending(ending: str) -> str:
    """Say what files with that ending are that are no images, as ' (PDF documents)'; nothing where it is unknown."""
    if ending in PICTURES:
        return f" ({PICTURES[ending]}: convert them to PNG or JPEG)"
    return f" ({OTHERS[ending]})" if ending in OTHERS else ""


class ClassImages(NamedTuple):
    """The images of a folder with one sub-folder a class."""

    files: list[Path]
    labels: list[str]  # the name of the sub-folder that each lies in
    notes: list[str]  # on what was left out


def find_class_images(folder: Path) -> ClassImages:
    """Find the images below each sub-folder of a folder.

    Hidden files, those of operating systems, and links to folders within a class are left out without a word; other
    files that are no images, and images beside the sub-folders, with a note.

    Raises ValueError where there are no two classes, or the sub-folders are called train, test and the like.
    """
    files: list[Path] = []
    labels: list[str] = []
    others: Counter[str] = Counter()
    counts: dict[str, int] = {}
    for class_folder in list_subfolders(folder):
        images, others_below = find_images_below(class_folder)
        # macOS writes letters with accents in two characters; on the command line they are one
        label = unicodedata.normalize("NFC", printable(class_folder.name))
        files += images
        labels += [label] * len(images)
        counts[label] = counts.get(label, 0) + len(images)
        others.update(others_below)
    beside = len(list_images(folder))
    check_classes(folder, counts, beside, others)
    notes = describe_others(others)
    notes += [f"folder {label} holds no image" for label, count in counts.items() if not count]
    notes += [f"{format_count(beside, 'image')} beside the folders of the classes were left out"] if beside else []
    return ClassImages(files, labels, notes)


def check_classes(folder: Path, counts: dict[str, int], beside: int, others: "Counter[str]") -> None:
    """Raise ValueError where a folder has no two sub-folders with images, or these are no classes.

    Args:
        folder: The folder.
        counts: The number of images of each sub-folder.
        beside: The number of images in the folder itself.
        others: The number of other files by ending.
    """
    classes = [label for label, count in counts.items() if count]
    if len(classes) < 2:
        there = [f"{label} ({count} images)" for label, count in list(counts.items())[:5]]
        there += [f"{format_count(beside, 'image')} in no folder of its own"] if beside else []
        has = "; ".join([f"it has {', '.join(there) or 'none'}", *describe_others(others)])
        raise ValueError(f"{folder} must hold a folder of images for each class, two or more; {has}")
    if PARTS.issuperset(map(str.lower, classes)):
        raise ValueError(
            f"the folders of {folder} must be the classes, and are {join_words(classes)}: name one of these, which "
            "holds the classes, and with --test the one to judge by"
        )


def find_images(folder: Path) -> list[Path]:
    """Return the images in a folder and its sub-folders, in order.

    What is hidden or an operating system's, and links, are treated as by `find_class_images`. Raises ValueError where
    there is no image.
    """
    files = list_images(folder)
    for subfolder in list_subfolders(folder):
        files += find_images_below(subfolder)[0]
    if not files:
        others = find_images_below(folder)[1]
        raise ValueError("; ".join([f"{folder} holds no image", *describe_others(others)]))
    return sorted(files)


def list_subfolders(folder: Path) -> list[Path]:
    """Return the sub-folders of a folder that may hold data, in order; links to folders are among them."""
    return sorted(entry for entry in folder.iterdir() if may_hold_data(entry.name) and is_folder(entry))


def list_images(folder: Path) -> list[Path]:
    """Return the images that lie in a folder itself, in order."""
    entries = (entry for entry in folder.iterdir() if may_hold_data(entry.name) and names_image(entry.name))
    return sorted(entry for entry in entries if not is_folder(entry))


def find_images_below(folder: Path) -> tuple[list[Path], "Counter[str]"]:
    """Return the images in a folder and below it, and the number of other files by their ending.

    Links to folders are not followed. Raises OSError for a folder that cannot be read.
    """
    files: list[Path] = []
    others: Counter[str] = Counter()
    for parent, folders, names in os.walk(folder, onerror=raise_error):
        folders[:] = sorted(filter(may_hold_data, folders))
        for name in sorted(filter(may_hold_data, names)):
            if names_image(name):
                files.append(Path(parent) / name)
            else:
                others[PurePosixPath(name.lower()).suffix] += 1
    return files, others


def printable(name: str) -> str:
    """Return the name of a file; where its bytes are no UTF-8, as from an old archive, they are taken for Latin-1."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("latin-1")
    return name


def raise_error(error: OSError) -> None:
    """Raise the error, which `os.walk` would pass over."""
    raise error


def may_hold_data(name: str) -> bool:
    """Say whether a file or folder is neither hidden nor an operating system's, such as ._x.png or __MACOSX."""
    return not name.startswith(".") and name.lower() not in SYSTEM


def is_folder(entry: Path) -> bool:
    """Say whether a path is a folder, or a link to one; a link that leads to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def describe_others(others: "Counter[str]") -> list[str]:
    """Say how many files were left out, by ending; the list is empty where there are none."""
    kinds = [f"{count} {ending or 'without'}{describe_ending(ending)}" for ending, count in others.most_common(5)]
    return (
        [f"left out {format_count(others.total(), 'file')} of kinds that are not read: {', '.join(kinds)}"]
        if kinds
        else []
    )


def find_file_column(frame: pd.DataFrame, among: Collection[str], *, wanted: bool) -> str | None:
    """Return the column of which half of the values or more name image files; None where there is none.

    Args:
        frame: A table as it was read.
        among: The columns that may be it.
        wanted: Whether images are asked for: then one value that names an image suffices.

    Raises ValueError for two such columns, and for one that names images of kinds that are not read.
    """
    columns = [name for name in frame.columns if name in among]
    shares = {name: share_of_endings(frame[name], ENDINGS) for name in columns}
    naming = [name for name in columns if shares[name] >= MOSTLY]
    if wanted and not naming:
        naming = [name for name in columns if shares[name] > 0]
    if len(naming) > 1:
        raise ValueError(f"columns {' and '.join(naming)} both name image files: leave one out with --drop")
    for name in columns if not naming and (wanted or len(columns) == 1) else []:
        if share_of_endings(frame[name], tuple(PICTURES)) >= MOSTLY:
            endings = frame[name].dropna().map(ending_of)
            first = next(ending for ending in endings if ending in PICTURES)
            raise ValueError(f"column {name!r} names files that are not read: {first}{describe_ending(first)}")
    return naming[0] if naming else None


def share_of_endings(column: "pd.Series[Any]", endings: tuple[str, ...]) -> float:
    """Return the share of a column's values that end so; a missing one does not."""
    if pd.api.types.is_numeric_dtype(column.dtype) or not len(column):
        return 0.0
    return float(column.dropna().map(ending_of).isin(endings).sum() / len(column))


def ending_of(value: Any) -> str:
    """Return the ending of a file's name in lower case, as '.png'; blanks around the name do not count."""
    return PurePosixPath(str(value).strip().lower().replace("\\", "/")).suffix


def locate_listed_files(table: Path, column: "pd.Series[Any]") -> list[Path]:
    """Return the image file that each row of a table names, relative to the folder of the table.

    Blanks around a name are dropped. A name that is not there as it is written may be there with other separators,
    another case, or letters with accents made in another way.

    Raises ValueError for the first row without a name of an image, FileNotFoundError for the first without its file.
    """
    files: list[Path] = []
    missing: list[tuple[int, str]] = []
    entries: dict[Path, dict[str, list[str]]] = {}
    for row, value in enumerate(column, 1):
        name = "" if pd.isna(value) else str(value).strip()
        if not names_image(name):
            what = f"{name!r}{describe_ending(ending_of(name))}" if name else "nothing"
            raise ValueError(
                f"{table}: column {column.name!r} must name an image in each row, and has {what} in row {row}: correct "
                f"it, or leave out the row or the column; names of images end in {', '.join(ENDINGS)}"
            )
        file = locate_file(table.parent, name, entries)
        if file is None:
            missing.append((row, name))
        else:
            files.append(file)
    if missing:
        row, name = missing[0]
        more = f" and for {format_count(len(missing) - 1, 'more row')}" if len(missing) > 1 else ""
        raise FileNotFoundError(
            f"there is no file {table.parent / name} for row {row} of {table}{more}: its column {column.name!r} must "
            "name files relative to the folder of the table"
        )
    return files


def locate_file(folder: Path, name: str, entries: dict[Path, dict[str, list[str]]]) -> Path | None:
    """Return the file of that name, which may be written in another way; None where there is none, or are several.

    Args:
        folder: Where the name begins.
        name: A path, relative to the folder or absolute.
        entries: The names in folders that were looked into, by how they compare; more are added.
    """
    if (folder / name).exists():
        return folder / name
    place = folder
    for part in PurePosixPath(name.replace("\\", "/")).parts:
        if (place / part).exists():
            place /= part
            continue
        if place not in entries:
            entries[place] = {}
            for entry in place.iterdir() if place.is_dir() else []:
                entries[place].setdefault(comparable(entry.name), []).append(entry.name)
        alike = entries[place].get(comparable(part), [])
        if len(alike) != 1:
            return None
        place /= alike[0]
    return place


def comparable(name: str) -> str:
    """Return a name so that its case, and how its letters with accents are made, do not matter."""
    return unicodedata.normalize("NFC", name).casefold()
