"""A service whose region, or accounts as well, live on a PostgreSQL server: the same to whoever uses it."""

import json

import pytest

from fengsui.engines.home import Setting, make_home, open_home
from fengsui.facts.batch import Batch
from fengsui.kit.errors import BadInput
from fengsui.service.config import read_config
from tests.board.region import NOW, arrival, person, stories
from tests.service.test_accounts import joined, running


@pytest.mark.parametrize("on_server", [False, True], ids=["accounts in a file", "accounts on the server"])
def test_people_log_in_see_their_work_and_record_it_in_a_region_on_a_server(postgres, tmp_path, on_server):
    address = postgres.schema(f"region_{int(on_server)}")
    accounts = postgres.schema("accounts").url if on_server else ""
    make_home(address, Setting("inner-mongolia"))
    with open_home(address) as home:
        home.store.take(Batch.of(stories()), now=NOW)
    with running(tmp_path, db=address.url, accounts=accounts) as service:
        assert (tmp_path / "fengsui.accounts").exists() != on_server
        browser = joined(service, "zhao", "transfer@150781")
        rows = json.loads(browser.get("/api/work")[2])["rows"]
        assert {row["subject"] for row in rows} == {person(2), person(3)}
        told = {"loop": rows[0]["loop"], "duty": rows[0]["key"], "n": "0", "id": "1"}
        told |= {"place": "150781/hotel-3", "kind": "quarantine.admitted"}
        status, _, text = browser.post("/do/record_step", "/accounts/password/change/", **told)
        assert status == 200, text
        assert len(json.loads(browser.get("/api/work")[2])["rows"]) == 1
        with open_home(address) as other:  # somebody else's process tells something
            other.store.take(Batch.of([arrival(person(9), 30)]), now=NOW)
            assert [line.verb for line in other.store.audit.lines(actor="zhao", verb="changed")] == [
                "changed"
            ]
        shown = json.loads(browser.get("/api/work")[2])["rows"]
        assert person(9) in {row["subject"] for row in shown}
        said = service.operate("user", "list")
        assert "zhao" in json.dumps(said)


def test_a_configuration_holds_no_password_and_accounts_are_never_in_the_region_itself(tmp_path):
    path = tmp_path / "fengsui.toml"
    for db, accounts in (
        ("postgresql://fengsui:secret@db/region", ""),
        ("postgresql://db/region", "postgresql://db/region"),
    ):
        path.write_text(f'db = "{db}"\n[accounts]\n' + (f'database = "{accounts}"\n' if accounts else ""))
        with pytest.raises(BadInput) as raised:
            read_config(path)
        assert "secret" not in str(raised.value)
