"""One small drill for all tests: generated once, taken once through the mappings."""

import numpy as np
import pytest

from fengsui.drill.run import generate
from fengsui.kit.areas import Areas
from tests.drill.taken import take


@pytest.fixture(scope="session")
def areas():
    return Areas.of_region()


@pytest.fixture(scope="session")
def drill(areas, tmp_path_factory):
    """Five weeks, so that the stories of the first days come to their end."""
    folder = tmp_path_factory.mktemp("drill")
    return generate(folder, rng=np.random.default_rng(7), areas=areas, loops=1200, days=35)


@pytest.fixture(scope="session")
def taken(drill, areas):
    """The drill's files as the mappings read them."""
    return take(drill, areas)
