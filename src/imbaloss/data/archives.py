"""Archives of data: verified, and unpacked into a cache that never holds half-written files."""

import hashlib
import shutil
import tarfile
import tempfile
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the user's cache folder of imbaloss, which may not exist yet."""
    return Path(platformdirs.user_cache_dir("imbaloss"))


def compute_md5(content: bytes) -> str:
    """Compute the md5 checksum of a content, in hexadecimal."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def read_verified(file: Path, md5: str) -> bytes:
    """Read a file and return its content.

    Raises ValueError if its md5 checksum is another one, and OSError if it cannot be read.
    """
    content = file.read_bytes()
    if compute_md5(content) != md5:
        raise ValueError(f"{file} is damaged or not the official file: its md5 is {compute_md5(content)}, not {md5}")
    return content


def unpack_archive(archive: Path, md5: str) -> Path:
    """Verify an archive NAME.tar.gz and unpack it into the user's cache; return the folder NAME there.

    It is unpacked whole or not at all. A folder of that name in the cache is replaced.

    Raises:
        ValueError: The archive has another md5, is damaged, holds no folder NAME, or has a member that would be written
            outside the folder.
        OSError: A file cannot be read or written.
    """
    name = archive.name.removesuffix(".tar.gz")
    place = cache_folder() / name
    read_verified(archive, md5)
    cache_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        try:
            with tarfile.open(archive) as members:
                members.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError) as error:
            raise ValueError(f"{archive} is not unpacked: {error}") from error
        if not (Path(folder) / name).is_dir():
            raise ValueError(f"{archive} holds no folder {name}")
        shutil.rmtree(place, ignore_errors=True)
        (Path(folder) / name).rename(place)
    return place
