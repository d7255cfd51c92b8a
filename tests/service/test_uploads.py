"""A laboratory hands in its sheet: what was taken, refused, positive, and whom that woke."""

import json
import time
from dataclasses import replace

import pytest

from fengsui.access.actors import DESK, Actor, Post
from fengsui.commands.upload_sheet import harmless
from fengsui.engines.home import Setting, make_home, open_home
from fengsui.kit.clock import fixed
from fengsui.service.app import ROOM, configure
from fengsui.service.serve import room_of
from tests.board.region import NOW

LABORATORY = Actor("chen", "Chen", (Post("laboratory", "150100"),))
N = 10_000


@pytest.fixture
def browser(tmp_path):
    make_home(tmp_path / "region.db", Setting("inner-mongolia"))
    configure()
    from django.test import Client

    with open_home(tmp_path / "region.db") as home:
        room = replace(room_of(home, clock=fixed(NOW)), actor_of=lambda request: LABORATORY)
        yield Client(SERVER_NAME="127.0.0.1", **{ROOM: room})


def line(n: int, result: str = "NEG", site: str = "150105") -> str:
    return json.dumps(
        {
            "report_no": f"R{n}", "id_card": "", "passport": f"E{n:08}", "country": "CN", "name": "张三",
            "sample_no": f"S{n}", "site_code": site, "specimen": "", "result": result, "ct": "",
            "reagent": "r", "status": "", "reported_at": "2021-08-20 10:00", "sent_at": "2021-08-20 11:00",
            "corrects": "",
        }
    )  # fmt: skip


def sent(browser, text: str, name: str = "results.ndjson", mapping: str = "lab-hohhot"):
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile(name, text.encode())
    return browser.post("/upload", {"mapping": mapping, "file": file})


def test_ten_thousand_results_are_taken_within_five_seconds_of_the_processor(browser):
    rows = [line(n, result="POS" if n == 77 else "NEG") for n in range(N - 2)]
    rows += [line(N, result="MAYBE"), line(N + 1, site="Atlantis")]
    sent(browser, line(9_999_999))  # the first upload of a process reads what it will need
    begun = time.process_time()
    page = sent(browser, "\n".join(rows)).content.decode()
    seconds = time.process_time() - begun
    assert "已收入 9,998 条" in page
    assert "拒收 2 行" in page
    assert "阳性 1 例" in page
    assert "MAYBE" in page
    assert "Atlantis" in page
    assert seconds < 5


def test_the_refused_rows_come_back_as_a_file_to_whoever_sent_them_and_to_nobody_else(browser):
    page = sent(browser, "\n".join([line(1), line(2, result="=1+1")])).content.decode()
    where = page.partition('href="/upload/refused/')[2].partition('"')[0]
    text = browser.get(f"/upload/refused/{where}").content.decode("utf-8-sig")
    head, row = text.strip().splitlines()
    assert head.endswith("_why")
    assert "'=1+1" in row
    assert ",=1" not in row
    other = replace(browser.defaults[ROOM], actor_of=lambda request: Actor("li", "Li", LABORATORY.posts))
    for _ in range(2):  # having been refused is no claim to the sheet
        assert browser.get(f"/upload/refused/{where}", **{ROOM: other}).status_code == 403


def test_whoever_has_no_laboratory_may_not_upload(browser):
    other = replace(browser.defaults[ROOM], actor_of=lambda request: Actor("z", "Z", (Post("customs"),)))
    assert browser.get("/upload", **{ROOM: other}).status_code == 403


@pytest.mark.parametrize(("name", "status"), [("x.exe", 400), ("../../x", 400), ("x.xlsx", 400)])
def test_what_is_no_sheet_is_refused_and_not_kept(browser, name, status):
    assert sent(browser, "MZ", name).status_code == status


def test_a_sheet_that_unpacks_to_a_mountain_is_not_unpacked(browser, tmp_path):
    import zipfile

    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        for n in range(5):
            packed.writestr(f"xl/{n}.xml", bytes(100 * 1024 * 1024))
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("bomb.xlsx", bomb.read_bytes())
    assert browser.post("/upload", {"mapping": "lab-hohhot", "file": file}).status_code == 403


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx"])
def test_no_cell_leaves_as_a_formula(cell):
    assert harmless(cell) == f"'{cell}"
    assert harmless("S1") == "S1"


@pytest.mark.parametrize("mapping", ["drill-cdc", "drill-sites", "drill-registry", "drill-hazard-inspectors"])
def test_a_laboratory_tells_results_and_nothing_that_is_for_others_to_tell(browser, mapping):
    assert sent(browser, line(1), mapping=mapping).status_code == 403
    assert not list(browser.defaults[ROOM].store.refused())


def test_a_row_of_another_place_is_refused_on_the_page_and_kept_in_the_ledger(browser):
    page = sent(browser, "\n".join([line(1), line(2, site="150781")])).content.decode()
    assert "已收入 1 条" in page
    assert "拒收 1 行" in page
    assert "本人岗位所属的地点：150100" in page
    [entry] = browser.defaults[ROOM].store.refused()
    [finding] = entry.findings
    assert (entry.row, finding.field, finding.found) == (2, "place", "'150781'")


def test_who_keeps_the_whole_region_uploads_for_every_place_and_takes_back_what_has_not_arrived(browser):
    room = replace(browser.defaults[ROOM], actor_of=lambda request: DESK)
    early = json.loads(line(3, site="")) | {"status": "作废", "corrects": "R2"}
    text = "\n".join([line(1, site="150781"), json.dumps(early)])
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("results.ndjson", text.encode())
    page = browser.post("/upload", {"mapping": "lab-hohhot", "file": file}, **{ROOM: room})
    assert "已收入 2 条" in page.content.decode()
