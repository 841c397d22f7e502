"""Storages of each kind: a folder, moto's server and SeaweedFS."""

import os
import secrets

import pytest
from servers import BUCKET, moto_server, seaweed_server

from packshot.edges.storage import open_storage


@pytest.fixture(scope="session")
def moto():
    """Moto's S3 server."""
    with moto_server() as server:
        yield server


@pytest.fixture(scope="session")
def seaweed():
    """SeaweedFS's S3 gateway."""
    with seaweed_server() as server:
        yield server


@pytest.fixture
def talk_to(monkeypatch):
    """A function: put what a client of a server needs into the environment, and nothing else."""

    def apply(server):
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        return server

    return apply


@pytest.fixture(params=["moto", "seaweed"])
def bucket_server(request, talk_to):
    """Each server that speaks S3, with its variables in the environment."""
    return talk_to(request.getfixturevalue(request.param))


@pytest.fixture
def bucket_url(bucket_server):  # noqa: ARG001 - it sets the environment
    """The address of an empty storage in a bucket."""
    return f"s3://{BUCKET}/{secrets.token_hex(8)}"


@pytest.fixture(params=["folder", "moto", "seaweed"])
def storage_url(request, tmp_path, talk_to):
    """The address of an empty storage of each kind."""
    if request.param == "folder":
        return str(tmp_path / "storage")
    talk_to(request.getfixturevalue(request.param))
    return f"s3://{BUCKET}/{secrets.token_hex(8)}"


@pytest.fixture
def storage(storage_url):
    """An empty storage of each kind."""
    return open_storage(storage_url)
