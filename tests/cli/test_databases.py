"""A region backed up, restored and moved from the command line, and its tables taken back."""

import pytest

from tests.cli.conftest import NOW, say


def counts(db) -> list[dict]:
    return say("status", "--json", db=db).json


def test_a_backup_is_restored_and_every_row_is_proved(region, tmp_path):
    backup, again = tmp_path / "backup.db", tmp_path / "again.db"
    made = region("backup", backup, "--json")
    assert made.code == 0
    assert made.json["facts"] == made.json["tables"]["fact"]["rows"] > 1000
    restored = say("restore", backup, "--db", again)
    assert restored.code == 0, restored.err
    assert "derived anew, every row is the same" in restored.out
    assert counts(again) == {**counts(tmp_path / "region.db"), **named(counts(again))}
    assert region("backup", backup).code != 0  # what is there is not written over


def named(answer: dict) -> dict:
    """What in an answer says where it comes from."""
    return {key: value for key, value in answer.items() if key in ("db", "seconds")}


def test_a_region_that_was_moved_says_where_it_is(region, tmp_path):
    new = tmp_path / "new.db"
    moved = region("move", "--to", new)
    assert moved.code == 0, moved.err
    assert f"Moved to {new}" in moved.out
    refused = region("status")
    assert refused.code != 0
    assert f"was moved to {new}" in refused.err
    assert say("status", db=new).code == 0


def test_tables_are_taken_back_and_brought_up_to_date_again(region):
    now = region("schema", "--json").json
    assert now["version"] == now["known"]
    back = region("schema", "--to", 2, "--json").json
    assert (back["version"], back["taken_back"]) == (2, list(range(now["known"], 2, -1)))
    refused = region("schema", "--to", 1)
    assert refused.code != 0
    assert "cannot be taken back" in refused.err
    assert region("status").code == 0
    assert region("schema", "--json").json["version"] == now["known"]


@pytest.mark.parametrize("command", [("restore", "nothing.db"), ("schema",), ("backup", "b.db")])
def test_without_a_database_the_answer_says_so(fengsui, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    said = fengsui(*command)
    assert said.code != 0
    assert "There is no" in said.err


def test_a_password_in_an_address_is_refused_and_not_repeated(fengsui):
    said = fengsui("status", "--db", "postgresql://me:hush@db.example/region", now=NOW)
    assert said.code != 0
    assert "password" in said.err
    assert "hush" not in said.out + said.err
