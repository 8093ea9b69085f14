"""A PostgreSQL server in a temporary folder, for tests."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

PASSWORD = "se'cret p@ss:/%41"
"""A password that a URL must escape."""


def programs() -> Path | None:
    """The folder of the server's programs, of the newest version that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0]))
    if found:
        return found[-1].parent
    here = shutil.which("initdb")
    return None if here is None else Path(here).parent


def why_not() -> str | None:
    """Why no server can be started; None if one can."""
    if programs() is None:
        return "PostgreSQL's initdb is not installed (Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and (shutil.which("runuser") is None or _user() is None):
        return "PostgreSQL does not run as root, and there is no other user to run it as"
    return None


def _user() -> str | None:
    """An unprivileged user."""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)


@contextmanager
def server() -> Iterator[str]:
    """Start a server; gives the URL of its database ``postgres``, with the password."""
    binaries = programs()
    assert binaries is not None
    room = Path(tempfile.mkdtemp(prefix="pg"))  # short: the path of a socket has at most 107 bytes
    as_user: list[str] = []
    (room / "password").write_text(PASSWORD)
    if os.geteuid() == 0:
        user = _user()
        assert user is not None
        as_user = ["runuser", "-u", user, "--"]
        for path in (room, room / "password"):
            shutil.chown(path, user)

    def run(program: str, *arguments: object) -> None:
        command = [*as_user, str(binaries / program), *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, cwd=room)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        run("initdb", "-D", room / "data", "-U", "tester", "-A", "scram-sha-256", f"--pwfile={room / 'password'}",
            "--no-sync", "--encoding=UTF8", "--locale=C")  # fmt: skip
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {room} -c fsync=off -c shared_buffers=1MB"
        run("pg_ctl", "-D", room / "data", "-w", "-l", room / "log", "-o", options, "start")
        try:
            yield f"postgresql://tester:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", room / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(room, ignore_errors=True)
