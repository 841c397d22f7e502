"""Web servers for the tests of fetching."""

import pytest
from sites import Site, served


@pytest.fixture
def site():
    """A web server on 127.0.0.1."""
    with served(Site()) as running:
        yield running
