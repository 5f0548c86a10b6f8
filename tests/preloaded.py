"""Let tests type `imbaloss` in a shell without waiting for its imports.

A server imports once what a comparison needs, which takes seconds, and forks a process for each command. Folder,
environment, arguments and streams of the process are those of the shell.
"""

import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    request = json.dumps([os.getcwd(), dict(os.environ), ["imbaloss", *sys.argv[1:]]]).encode()
    socket.send_fds(server, [request], [0, 1, 2])
    sys.exit(int(server.recv(3) or 1))
"""
PRELOADED = ("imbaloss.cli", "imbaloss.comparison.answer", "imbaloss.comparison.own_model", "lightgbm", "skops.io")


@contextmanager
def serve(folder: Path) -> Iterator[Path]:
    """Start a server; within, yield the folder of the command `imbaloss`, to stand first in PATH."""
    address = folder / "server"
    command = folder / "bin" / "imbaloss"
    command.parent.mkdir()
    command.write_text(CLIENT.format(python=sys.executable, address=str(address)))
    command.chmod(0o755)
    program = [sys.executable, "-m", __name__, address]
    with subprocess.Popen(program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout.readline() == b"ready\n"
        yield command.parent


def run_command(connection: socket.socket) -> None:
    """Run the command of a client in the folder, environment and streams of the client, and send the exit code."""
    from imbaloss import cli

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    folder, environment, sys.argv = json.loads(request)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    try:
        cli.main()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(str(code).encode())


def main(address: str) -> None:
    """Import, say so, and fork a process for each command, until the standard input ends, as when the tests do."""
    for name in PRELOADED:
        importlib.import_module(name)
    importlib.import_module("skops.io").dumps("")  # which imports all of scikit-learn
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended processes leave by themselves
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        print("ready", flush=True)
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            connection, _ = listening.accept()
            with connection:
                if os.fork() == 0:
                    run_command(connection)
                    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
