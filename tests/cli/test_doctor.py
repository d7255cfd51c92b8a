"""`fengsui doctor` and `fengsui alerts`, as an operator types them."""

import sqlite3

from fengsui.engines.home import Setting, make_home, open_home
from fengsui.engines.outbox import Notice, Outbox
from tests.cli.conftest import NOW


def region(tmp_path):
    path = tmp_path / "fengsui.db"
    make_home(path, Setting("inner-mongolia"))
    open_home(path).close()
    return path


def states(said) -> dict[str, str]:
    return {one["name"]: one["state"] for one in said.json}


def test_a_new_region_is_well_but_for_nobody_being_told(tmp_path, fengsui):
    region(tmp_path)
    said = fengsui("doctor", "--json")
    assert said.code == 0
    assert states(said) == {
        "database": "ok", "rules": "ok", "clock": "ok", "refused": "ok", "audit": "ok",
        "alerts": "warn", "letters": "ok",
    }  # fmt: skip


def test_alerting_that_stopped_and_a_letter_that_was_given_up_are_faults(tmp_path, fengsui):
    outbox = Outbox.open(region(tmp_path))
    notice = Notice("l:d:0:0", "l", "p", "d", 0, "", 0, "duty", "", NOW - 9000, NOW - 9000)
    outbox.note([(notice, [("mail", "a@b", "en", 0)])], over={}, now=NOW - 7300)
    [errand] = outbox.waiting(now=NOW)
    outbox.post(("id1", "mail", "a@b", "subject", "body", 1), [errand.id], now=NOW - 7300)
    outbox.failed("id1", "no such mailbox", attempt=20, now=NOW, is_final=True)
    outbox.close()
    said = fengsui("doctor", "--json")
    assert said.code == 1
    assert {name for name, state in states(said).items() if state == "bad"} == {"alerts", "letters"}
    assert "no such mailbox" in fengsui("alerts", "list", "--lang", "en").out
    assert "未送达" in fengsui("alerts", "list", "--lang", "zh").out


def test_a_page_of_the_file_that_was_overwritten_is_found(tmp_path, fengsui):
    path = region(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root, size = (
            connection.execute(sql).fetchone()[0]
            for sql in ("SELECT rootpage FROM sqlite_master WHERE name = 'alert'", "PRAGMA page_size")
        )
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    said = fengsui("doctor", "--json")
    assert said.code != 0


def test_one_round_of_alerts_on_a_new_region_tells_nobody(tmp_path, fengsui):
    region(tmp_path)
    config = tmp_path / "fengsui.toml"
    config.write_text('db = "fengsui.db"\npublic = "http://localhost"\n', encoding="utf-8")
    said = fengsui("alerts", "run", "--once", "--json", "--config", config)
    assert said.json == {"notices": 0, "over": 0, "letters": 0, "sent": 0, "failed": 0}
    assert fengsui("alerts", "run", "--once", "--config", tmp_path / "nowhere.toml").code == 3
