"""What several tests of protocols share."""

import pytest

from .given import shipped


@pytest.fixture(scope="session")
def shipped_protocols():
    """Every version of every shipped protocol in every area."""
    packs = shipped()
    return [protocol for name in packs.names for protocol in packs.everywhere(name)]
