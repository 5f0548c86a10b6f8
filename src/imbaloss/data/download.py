"""Downloads of archives of data."""

import tempfile
from pathlib import Path

import requests
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from imbaloss.data.archives import cache_folder, unpack_archive

CHUNK = 1 << 16  # bytes that are downloaded at once
PATIENCE = 60  # seconds to wait for an answer of the server


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
