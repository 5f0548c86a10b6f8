"""Archives of data: downloaded, verified, and unpacked into a cache that never holds half-written files."""

import hashlib
import shutil
import tarfile
import tempfile
from pathlib import Path

import platformdirs
import requests
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

CHUNK = 1 << 16  # bytes that are downloaded at once
PATIENCE = 60  # seconds to wait for an answer of the server


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


def download_archive(url: str, md5: str, *, quiet: bool = False) -> Path:
    """Download an archive NAME.tar.gz, verify it and unpack it into the user's cache; return the folder NAME there.

    A download that breaks off leaves nothing behind, and the next one starts anew.

    Args:
        url: The address of the archive.
        md5: The checksum of the archive.
        quiet: Whether no progress bar is shown.

    Raises:
        OSError: The download fails.
        ValueError: The archive has another checksum, is damaged, or holds no folder NAME.
    """
    cache_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        archive = Path(folder) / url.rpartition("/")[2]
        try:
            download_file(url, archive, quiet=quiet)
        except requests.RequestException as error:
            reason = str(error).splitlines()[0] if isinstance(error, requests.HTTPError) else type(error).__name__
            raise OSError(
                f"{url} could not be downloaded ({reason}); fetch it by other means and name its folder by --data-dir"
            ) from error
        return unpack_archive(archive, md5)


def download_file(url: str, file: Path, *, quiet: bool) -> None:
    """Download an address into a file, with a progress bar unless quiet. An existing file is replaced.

    Raises:
        requests.RequestException: The download fails. The file may then hold a part of the content.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with (
        requests.get(url, stream=True, timeout=PATIENCE) as response,
        Progress(*columns, console=Console(stderr=True), disable=quiet) as progress,
        file.open("wb") as body,
    ):
        response.raise_for_status()
        size = response.headers.get("Content-Length")
        task = progress.add_task(f"downloading {file.name}", total=int(size) if size else None)
        for chunk in response.iter_content(CHUNK):
            body.write(chunk)
            progress.advance(task, len(chunk))


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
