"""Each page of docs/real is walked once, for all tests that ask about it and all workers that run them."""

import os

import pytest

from tests.real.walk import ROOT, Walk, walked


@pytest.fixture(scope="session")
def walk(tmp_path_factory):
    """``walk("syracuse")``: the commands of docs/real/syracuse.md, run from the root of the repository."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    done: dict[str, Walk] = {}

    def of(name: str) -> Walk:
        if name not in done:
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(ROOT)
                done[name] = walked(ROOT / "docs" / "real" / f"{name}.md", shared / f"real-{name}")
        return done[name]

    return of
