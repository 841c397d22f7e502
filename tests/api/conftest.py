"""The services that tests talk to, over HTTP only."""

import pytest
from api_receiver import SECRET, receiving
from api_service import serving


@pytest.fixture(scope="module")
def receiver():
    """Somebody whom the service calls back, and fetches pictures from."""
    with receiving() as made:
        yield made


@pytest.fixture(scope="module")
def service(tmp_path_factory, receiver):
    """A service that asks for no key, with a worker."""
    settings = {
        "webhook_secret": SECRET,
        "allowed_hosts": f"127.0.0.1:{receiver.port}",
        "allowed_networks": "127.0.0.1",
    }
    with serving(tmp_path_factory.mktemp("service"), **settings) as made:
        yield made


@pytest.fixture
def still(tmp_path):
    """A service whose queue takes three photos, and nobody works on them."""
    with serving(tmp_path, work=False, queue_limit=3) as made:
        yield made


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A service that asks for keys."""
    with serving(tmp_path_factory.mktemp("guarded"), require_keys=True) as made:
        yield made
