"""What the tests of packs share: everything that ships, read once."""

import pytest

from fengsui.engines.golden_suite import Suite


@pytest.fixture(scope="session")
def shipped_suite() -> Suite:
    """Every golden history that ships, with the protocols."""
    return Suite.shipped()
