"""Archives of data: downloaded, verified, and unpacked into a cache that never holds a half-written thing."""

import hashlib
import shutil
import tarfile
import tempfile
from pathlib import Path

import platformdirs
import requests
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

CHUNK = 1 << 16  # bytes
PATIENCE = 60  # seconds without an answer


def cache() -> Path:
    """The user's cache folder of imbaloss; it may not exist yet."""
    return Path(platformdirs.user_cache_dir("imbaloss"))


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def verified(file: Path, md5: str) -> bytes:
    """The content of a file with that md5. Raises ValueError where it has another."""
    content = file.read_bytes()
    if md5_of(content) != md5:
        raise ValueError(f"{file} is damaged or not the official file: its md5 is {md5_of(content)}, not {md5}")
    return content


def download(url: str, md5: str, *, quiet: bool = False) -> Path:
    """Downloads an archive, verifies it and unpacks it into the cache; returns the folder that it held.

    A download that breaks off leaves nothing behind; the next one starts anew.
    Raises OSError where the address cannot be had and ValueError where the archive is not the expected one.
    """
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        archive = Path(folder) / url.rpartition("/")[2]
        try:
            fetch(url, archive, quiet=quiet)
        except requests.RequestException as error:
            reason = str(error).splitlines()[0] if isinstance(error, requests.HTTPError) else type(error).__name__
            raise OSError(
                f"{url} could not be downloaded ({reason}); fetch it by other means and name its folder by --data-dir"
            ) from error
        return unpack(archive, md5)


def fetch(url: str, file: Path, *, quiet: bool) -> None:
    """Download an address into a file, with a progress bar unless quiet.

    Raises requests.RequestException if the download fails; the file may then hold a part of the content.
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


def unpack(archive: Path, md5: str) -> Path:
    """Unpacks a verified NAME.tar.gz into the cache, whole or not at all; returns the folder NAME that it held.

    Raises ValueError for a wrong md5, and for a member that would be written outside the folder.
    """
    name = archive.name.removesuffix(".tar.gz")
    place = cache() / name
    verified(archive, md5)
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
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
