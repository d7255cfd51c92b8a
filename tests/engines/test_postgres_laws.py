"""The laws on PostgreSQL: told of fewer stories, since for each a database has to be made."""

import pytest
from hypothesis import given, is_hypothesis_test

from tests.engines import test_laws

STORIES = 5
pytestmark = pytest.mark.parametrize("engine", ["postgres", "postgres by the short way"], indirect=True)


def of_fewer(law):
    """A law of a number of stories, of fewer of them."""
    return test_laws.law(STORIES)(given(seed=test_laws.seeds)(law.hypothesis.inner_test))


globals().update(
    (name, of_fewer(law))
    for name, law in vars(test_laws).items()
    if name.startswith("test_") and is_hypothesis_test(law)
)
