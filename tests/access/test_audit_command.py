"""The audit at a command line: read through, compared with a seal noted down, listed."""

from fengsui.cli.commands.audit.verify import BROKEN
from fengsui.engines.home import Setting, make_home, open_home
from fengsui.engines.sqlite_driver import connect
from tests.cli.conftest import say


def made(tmp_path):
    path = tmp_path / "region.db"
    make_home(path, Setting("inner-mongolia"))
    with open_home(path) as home:
        for n in range(3):
            home.store.audit.write(at=100 + n, actor="zhao", verb="saw", object=f"loop/{n}", reason="duty")
    return path


def test_an_audit_is_verified_listed_and_a_lie_is_found(tmp_path):
    path = made(tmp_path)
    whole = say("audit", "verify", "--json", db=path)
    assert (whole.code, whole.json["n"], whole.json["is_whole"]) == (0, 3, True)
    listed = say("audit", "list", "--object", "loop/1", "--json", db=path).json["lines"]
    assert [(line["actor"], line["verb"], line["reason"]) for line in listed] == [("zhao", "saw", "duty")]
    connection = connect(path)
    connection.execute("DROP TRIGGER audit_is_kept")
    connection.execute("DELETE FROM audit WHERE seq = 3")
    connection.close()
    assert say("audit", "verify", db=path).code == 0
    cut = say("audit", "verify", "--seal", whole.json["seal"], "--lang", "en", db=path)
    assert cut.code == BROKEN
    assert "cut off" in cut.out
