"""The schema says what the loader says, and its printed copy is not stale."""

from pathlib import Path

import jsonschema
import pytest

from fengsui.kit.yaml12 import load
from fengsui.protocols.library import PACKS, protocol_files
from fengsui.protocols.schema import json_schema, printed

from .given import GOOD, OVERLAY, changed

COPY = Path(__file__).parents[2] / "docs" / "protocol.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def mistakes(text: str) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(load(text))]


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"].endswith("2020-12/schema")


def test_the_copy_in_the_documentation_is_the_schema():
    assert COPY.read_text(encoding="utf-8") == printed(), (
        "write schema.printed() to docs/protocol.schema.json"
    )


@pytest.mark.parametrize("file", sorted(protocol_files((PACKS,))), ids=lambda path: path.stem)
def test_every_shipped_file_fits_the_schema(file):
    assert mistakes(file.read_text(encoding="utf-8")) == []


def test_the_good_protocol_and_overlay_fit_the_schema():
    assert mistakes(GOOD) == []
    assert mistakes(OVERLAY) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("within: 12h", "within: soon"),
        ("within: 12h", "within: 12h, on_days: [1]"),
        ("within: 12h, ", ""),
        ("subject: person", "subject: person\nsubjekt: person"),
        ('version: "1"', "version: 1"),
        ("by: site@port, ", ""),
        ("{result: positive}", "{result: {like: p}}"),
        ("{first: quarantine.admitted}", "{first: a.b, last: a.b}"),
        ("running_loops: pinned", "running_loops: maybe"),
        ("escalate: [{after: 0h, to: owner}, {after: 2h, to: banner}]\n", ""),
    ],
)
def test_the_schema_refuses_what_may_not_stand_there(old, new):
    assert mistakes(changed(old, new)) != []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("issuer: 指挥部\n", ""),
        ("changes:\n", "changes:\n  subject: hazard\n"),
        ('area: "150702"', "area: 150702"),
    ],
)
def test_the_schema_refuses_an_overlay_that_is_none(old, new):
    assert mistakes(changed(old, new, OVERLAY)) != []
