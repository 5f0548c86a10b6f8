"""Archives come from a real server on this machine, whole or not at all."""

import http.server
import io
import tarfile
import threading

import pytest

from imbaloss.data import archives, download
from tests.data.small_cifar100 import md5

NAME = "things.tar.gz"


def archive(*members: tuple[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, body in members:
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return content.getvalue()


GOOD = archive(("things/one.txt", b"one"), ("things/two.txt", b"two" * 100_000))


class Server(http.server.BaseHTTPRequestHandler):
    """/good/things.tar.gz is whole, /short breaks off after half, /none is not there."""

    def do_GET(self):
        if "/none/" in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(GOOD)))
        self.end_headers()
        self.wfile.write(GOOD[: len(GOOD) // 2] if "/short/" in self.path else GOOD)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_download_ends_in_the_cache(address, capsys):
    folder = download.download_archive(f"{address}/good/{NAME}", md5(GOOD))
    assert (folder / "one.txt").read_bytes() == b"one"
    assert [path.name for path in archives.cache_folder().iterdir()] == ["things"]
    assert "downloading things.tar.gz" in capsys.readouterr().err


def test_quiet_is_quiet(address, capsys):
    download.download_archive(f"{address}/good/{NAME}", md5(GOOD), quiet=True)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("path", "error", "sentence"),
    [
        ("short", OSError, r"could not be downloaded \(ChunkedEncodingError\); .* name its folder by --data-dir"),
        ("none", OSError, r"could not be downloaded \(404 Client Error"),
        ("good", ValueError, r"is damaged or not the official file: its md5 is .*, not 0123"),
    ],
)
def test_a_download_that_fails_leaves_nothing_and_can_be_repeated(address, path, error, sentence):
    with pytest.raises(error, match=sentence):
        download.download_archive(f"{address}/{path}/{NAME}", "0123" if path == "good" else md5(GOOD), quiet=True)
    assert not list(archives.cache_folder().iterdir())
    assert download.download_archive(f"{address}/good/{NAME}", md5(GOOD), quiet=True).is_dir()


def test_no_network_is_said_in_one_line():
    with pytest.raises(OSError, match=r"could not be downloaded \(ConnectionError\); fetch it by other means"):
        download.download_archive("http://127.0.0.1:9/things.tar.gz", "", quiet=True)


def hostile(path: str, link: str = "") -> bytes:
    """An archive with one good member, and a member of that path: a file, or a link to elsewhere."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, target in (("things/one.txt", ""), (path, link)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = (tarfile.SYMTYPE, target) if target else (tarfile.REGTYPE, "")
            tar.addfile(member, io.BytesIO())
    return content.getvalue()


@pytest.mark.parametrize(
    ("path", "link"), [("../outside.txt", ""), ("things/../../outside.txt", ""), ("things/outside.txt", "/etc/passwd")]
)
def test_a_member_outside_the_folder_is_refused(tmp_path, path, link):
    file = tmp_path / NAME
    file.write_bytes(hostile(path, link))
    with pytest.raises(ValueError, match="is not unpacked: "):
        archives.unpack_archive(file, md5(file.read_bytes()))
    assert not list(archives.cache_folder().iterdir())
    assert not list(tmp_path.rglob("outside.txt"))


def test_a_member_with_an_absolute_path_stays_inside(tmp_path):
    file = tmp_path / NAME
    file.write_bytes(hostile(f"{tmp_path}/outside.txt"))
    archives.unpack_archive(file, md5(file.read_bytes()))
    assert not (tmp_path / "outside.txt").exists()


def test_an_archive_of_something_else_is_refused(tmp_path):
    file = tmp_path / NAME
    file.write_bytes(archive(("others/one.txt", b"one")))
    with pytest.raises(ValueError, match="holds no folder things"):
        archives.unpack_archive(file, md5(file.read_bytes()))
