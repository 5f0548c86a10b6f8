"""Finding image files: in folders with one sub-folder a class, in any folder, and by names in a table."""

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
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}  # names of folders that are no classes
RAW = dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"), "raw photographs")
PICTURES = RAW | {  # endings of images that are not read
    ".heic": "HEIC photographs", ".heif": "HEIF photographs", ".avif": "AVIF images", ".jxl": "JPEG XL images",
    ".jp2": "JPEG 2000 images", ".svg": "SVG drawings", ".psd": "Photoshop files", ".dcm": "DICOM files",
}  # fmt: skip
OTHERS = {".pdf": "PDF documents", ".mp4": "films", ".mov": "films", ".avi": "films", ".zip": "ZIP archives"}
MOSTLY = 0.5  # share of the values of a column that name images, from which on the column names images


def names_image(name: str) -> bool:
    """Say whether a file's name ends like an image that is read, such as .png or .JPG. The file need not exist."""
    return extract_ending(name) in ENDINGS


def describe_ending(ending: str) -> str:
    """Describe a kind of file that is not read in brackets, such as " (PDF documents)"; "" for an unknown ending.

    ending: In lower case, with its point. The result begins with a blank.
    """
    if ending in PICTURES:
        return f" ({PICTURES[ending]}: convert them to PNG or JPEG)"
    return f" ({OTHERS[ending]})" if ending in OTHERS else ""


class ClassImages(NamedTuple):
    """The images of a folder with one sub-folder a class."""

    files: list[Path]
    labels: list[str]  # the name of the sub-folder that each lies in
    notes: list[str]  # on what was left out


def find_class_images(folder: Path) -> ClassImages:
    """Find the images below each sub-folder of a folder: the files, the name of the sub-folder of each, and notes.

    Hidden files, files of operating systems, and links to folders within a class are ignored silently. Other files that
    are no images, and images next to the sub-folders, are left out with a note.

    Raises:
        OSError: A folder cannot be read.
        ValueError: Fewer than two sub-folders hold images, or all of these have names such as train and test.
    """
    files: list[Path] = []
    labels: list[str] = []
    endings: Counter[str] = Counter()
    counts: dict[str, int] = {}
    for class_folder in list_subfolders(folder):
        images, endings_below = find_images_below(class_folder)
        # macOS writes letters with accents in two characters; on the command line they are one
        label = unicodedata.normalize("NFC", decode_name(class_folder.name))
        files += images
        labels += [label] * len(images)
        counts[label] = counts.get(label, 0) + len(images)
        endings.update(endings_below)
    unsorted = len(list_images(folder))
    check_classes(folder, counts, unsorted, endings)
    notes = describe_unread_files(endings)
    notes += [f"Folder {label} holds no image" for label, count in counts.items() if not count]
    notes += [f"Left out {format_count(unsorted, 'image')} outside of the folders of the classes"] if unsorted else []
    return ClassImages(files, labels, notes)


def check_classes(folder: Path, counts: dict[str, int], unsorted: int, endings: "Counter[str]") -> None:
    """Check that a folder has two or more sub-folders with images, not all called train, test or the like.

    Args:
        folder: The folder.
        counts: The number of images in each sub-folder.
        unsorted: The number of images in the folder itself.
        endings: The number of files that are no images, by ending.

    Raises:
        ValueError: Fewer than two sub-folders hold images, or all of these have such names.
    """
    classes = [label for label, count in counts.items() if count]
    if len(classes) < 2:
        content = [f"{label} ({count} images)" for label, count in list(counts.items())[:5]]
        content += [f"{format_count(unsorted, 'image')} in no sub-folder"] if unsorted else []
        listed_content = "; ".join([f"it has {', '.join(content) or 'none'}", *describe_unread_files(endings)])
        raise ValueError(f"{folder} must hold a folder of images for each class, two or more; {listed_content}")
    if PARTS.issuperset(map(str.lower, classes)):
        raise ValueError(
            f"the folders of {folder} must be the classes, but are {join_words(classes)}: name the folder to learn "
            "from, which holds the classes, and the test folder with --test"
        )


def find_images(folder: Path) -> list[Path]:
    """Return the images in a folder and its sub-folders at any depth, sorted by path.

    Hidden files, files of operating systems and files that are no images are ignored. Links to folders are followed in
    the folder itself alone.

    Raises:
        OSError: A folder cannot be read.
        ValueError: There is no image.
    """
    files = list_images(folder)
    for subfolder in list_subfolders(folder):
        files += find_images_below(subfolder)[0]
    if not files:
        endings = find_images_below(folder)[1]
        raise ValueError("; ".join([f"{folder} holds no image", *describe_unread_files(endings)]))
    return sorted(files)


def list_subfolders(folder: Path) -> list[Path]:
    """Return the sub-folders directly in a folder, links to folders included, sorted by path.

    Hidden folders and those of operating systems, such as __MACOSX, are left out.

    Raises:
        OSError: The folder cannot be read.
    """
    return sorted(entry for entry in folder.iterdir() if may_hold_data(entry.name) and is_folder(entry))


def list_images(folder: Path) -> list[Path]:
    """Return the images directly in a folder, without its sub-folders, sorted by path. Hidden files are left out.

    Raises:
        OSError: The folder cannot be read.
    """
    entries = (entry for entry in folder.iterdir() if may_hold_data(entry.name) and names_image(entry.name))
    return sorted(entry for entry in entries if not is_folder(entry))


def find_images_below(folder: Path) -> tuple[list[Path], "Counter[str]"]:
    """Return the images in a folder and below it, and the number of other files by ending in lower case, "" for none.

    Hidden files and those of operating systems count as neither. Links to folders are not followed.

    Raises:
        OSError: A folder cannot be read.
    """
    files: list[Path] = []
    endings: Counter[str] = Counter()
    for parent, folders, names in os.walk(folder, onerror=raise_error):
        folders[:] = sorted(filter(may_hold_data, folders))
        for name in sorted(filter(may_hold_data, names)):
            if names_image(name):
                files.append(Path(parent) / name)
            else:
                endings[PurePosixPath(name.lower()).suffix] += 1
    return files, endings


def decode_name(name: str) -> str:
    """Return the name of a file as printable text; bytes that are no UTF-8, as in old archives, are read as Latin-1."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("latin-1")
    return name


def raise_error(error: OSError) -> None:
    """Raise the error that `os.walk` passes for a folder that it cannot read, and would otherwise ignore."""
    raise error


def may_hold_data(name: str) -> bool:
    """Say whether a name of a file or folder is neither hidden (._x.png) nor of an operating system (__MACOSX)."""
    return not name.startswith(".") and name.lower() not in SYSTEM


def is_folder(entry: Path) -> bool:
    """Say whether a path is a folder or a link to one; false if it does not exist or is a link that leads to itself."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def describe_unread_files(endings: "Counter[str]") -> list[str]:
    """Return a list of one note on the number of files that are not read, with the five most frequent endings.

    endings: The number of files by ending. The list is empty if there are none.
    """
    kinds = [
        f"{count} {ending or 'without an ending'}{describe_ending(ending)}" for ending, count in endings.most_common(5)
    ]
    return [f"{format_count(endings.total(), 'file')} of kinds that are not read: {', '.join(kinds)}"] if kinds else []


def find_file_column(frame: pd.DataFrame, among: Collection[str], *, wanted: bool) -> str | None:
    """Return the name of the column in which at least half of the values name image files; None if none does.

    Args:
        frame: The table.
        among: The columns that may name images; others are ignored.
        wanted: Whether the request needs images. Then a column suffices in which one value names an image.

    Raises:
        ValueError: Two columns name images, or a column names images of a kind that is not read.
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
            endings = frame[name].dropna().map(extract_ending)
            first = next(ending for ending in endings if ending in PICTURES)
            raise ValueError(f"column {name!r} names files that are not read: {first}{describe_ending(first)}")
    return naming[0] if naming else None


def share_of_endings(column: "pd.Series[Any]", endings: tuple[str, ...]) -> float:
    """Return the share of all values of a column that have one of the endings; 0 for numbers and without rows.

    Missing values have no ending. endings: in lower case, such as ".png".
    """
    if pd.api.types.is_numeric_dtype(column.dtype) or not len(column):
        return 0.0
    return float(column.dropna().map(extract_ending).isin(endings).sum() / len(column))


def extract_ending(value: Any) -> str:
    """Return the ending of a file's name in lower case, such as ".png"; "" if it has none.

    Blanks around it are ignored.
    """
    return PurePosixPath(str(value).strip().lower().replace("\\", "/")).suffix


def locate_listed_files(table: Path, column: "pd.Series[Any]") -> list[Path]:
    """Return the existing image file that each row of a table names, one a row, relative to the folder of the table.

    Blanks around a name are dropped. If there is no file of exactly this name, separators, upper and lower case and the
    encoding of accents may differ.

    Args:
        table: The file of the table.
        column: The column with the names.

    Raises:
        ValueError: A row is empty or names no image.
        FileNotFoundError: A file does not exist; the message names the first.
    """
    files: list[Path] = []
    missing: list[tuple[int, str]] = []
    entries: dict[Path, dict[str, list[str]]] = {}
    for row, value in enumerate(column, 1):
        name = "" if pd.isna(value) else str(value).strip()
        if not names_image(name):
            content = f"{name!r}{describe_ending(extract_ending(name))}" if name else "nothing"
            raise ValueError(
                f"{table}: column {column.name!r} must name an image in each row, but has {content} in row {row}: "
                f"correct it, or leave out the row or the column; names of images end in {', '.join(ENDINGS)}"
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
    """Find the file of a name; if it does not exist, in another spelling.

    None if no file or several files have such a name. The other spelling may differ in separators, in upper and lower
    case, and in the encoding of accents.

    Args:
        folder: The folder that a relative name starts from.
        name: A path, relative to the folder or absolute.
        entries: A cache that is changed in place: for each folder that was searched, the names in it by their folded
            form.
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
                entries[place].setdefault(fold_name(entry.name), []).append(entry.name)
        alike = entries[place].get(fold_name(part), [])
        if len(alike) != 1:
            return None
        place /= alike[0]
    return place


def fold_name(name: str) -> str:
    """Return a form of a name that is the same for upper and lower case and for all encodings of accents."""
    return unicodedata.normalize("NFC", name).casefold()
