"""A service with accounts, as a browser meets it: a process of its own, a login, posts, a lock."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from fengsui.engines.home import Setting, make_home, open_home
from fengsui.facts.batch import Batch
from fengsui.kit.errors import BadInput
from fengsui.service.config import read_config
from tests.board.region import NOW, person, stories
from tests.service.test_serve import fetched, free_port

PASSWORD = "a-beacon-on-the-wall-9"  # noqa: S105 (of a test)
SERVE = "from fengsui.cli.__main__ import main; main()"


@dataclass
class Service:
    """A running service."""

    config: Path
    address: str

    def operate(self, *words: str) -> dict:
        """What an operator types; the answer as JSON."""
        command = [sys.executable, "-c", SERVE, *words, "--config", str(self.config), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def browser(self) -> "Browser":
        return Browser(self)


class Browser:
    """Somebody with cookies."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.jar = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.jar))

    def get(self, where: str, body: bytes | None = None) -> tuple[int, str, str]:
        """Status, address at the end, text."""
        request = Request(f"{self.service.address}{where}", body, {"Origin": self.service.address})  # noqa: S310
        try:
            answer = self.opener.open(request, timeout=30)
        except HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.geturl().removeprefix(self.service.address), answer.read().decode()

    def post(self, where: str, page: str = "", **said: str) -> tuple[int, str, str]:
        """A form filled in and sent, with the token of the page it stands on."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(page or where)[2])
        form = {**said, "csrfmiddlewaretoken": token.group(1) if token else ""}
        return self.get(where, urlencode(form).encode())

    def log_in(self, name: str, password: str) -> tuple[int, str, str]:
        return self.post("/accounts/login/", login=name, password=password)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accounts")
    make_home(folder / "region.db", Setting("inner-mongolia"))
    with open_home(folder / "region.db") as home:
        home.store.take(Batch.of(stories()), now=NOW)
    with running(folder, db="region.db") as made:
        yield made


@contextmanager
def running(folder: Path, *, db: str, accounts: str = "") -> Iterator[Service]:
    """A service over a region, in a process of its own, with a configuration in this folder."""
    port = free_port()
    address = f"http://localhost:{port}"
    config = folder / "fengsui.toml"
    config.write_text(
        f'db = "{db}"\npublic = "{address}"\nport = {port}\n[accounts]\nsecond_factor = false\ntries = 3\n'
        + (f'database = "{accounts}"\n' if accounts else "")
    )
    made = Service(config, address)
    made.operate("user", "add", "first")  # makes the tables
    command = [sys.executable, "-c", SERVE, "serve", "--config", str(config), "--as-of", "2021-08-21 06:00"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/health")
            yield made
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait_for(url: str) -> None:
    import time

    for _ in range(300):
        try:
            fetched(url)
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answered at {url}")


def joined(service: Service, name: str, *posts: str) -> Browser:
    """Somebody who was given an account and has made its password their own."""
    password = service.operate("user", "add", name)["password"]
    for post in posts:
        service.operate("user", "post", name, post, "--as-of", "2021-08-01")
    browser = service.browser()
    _, where, _ = browser.log_in(name, password)
    assert where == "/accounts/password/change/"
    said = {"oldpassword": password, "password1": PASSWORD, "password2": PASSWORD}
    browser.post("/accounts/password/change/", **said)
    return browser


def test_nobody_gets_in_without_logging_in(service):
    browser = service.browser()
    for where in ("/", "/breaks", "/work", f"/subject/{person(2)}", "/accounts/2fa/", "/nowhere"):
        status, at, text = browser.get(where)
        assert (status, at.partition("?")[0]) == (200, "/accounts/login/")
        assert person(2)[7:15] not in re.sub("<[^>]+>", "", text)
    status, _, text = browser.get("/api/board")
    assert (status, json.loads(text)["error"]) == (401, "log_in_first")


def test_somebody_new_changes_the_first_password_before_anything_else_and_then_sees_their_work(service):
    browser = joined(service, "zhao", "transfer@150781")
    status, where, text = browser.get("/work")
    assert (status, where) == (200, "/work")
    assert "满洲里市转运专班" in text
    assert "人员 02a1b2c3" in text
    assert browser.get("/data")[0] == 403


def test_nobody_opens_an_account_for_themselves(service):
    _, where, text = service.browser().get("/accounts/signup/")
    assert where.startswith("/accounts/login/")
    assert "password1" not in text


def test_a_name_is_locked_after_wrong_passwords_also_for_the_right_one(service):
    joined(service, "qian", "transfer@150781")
    for _ in range(3):
        service.browser().log_in("qian", "wrong-wrong-wrong")
    browser = service.browser()
    browser.log_in("qian", PASSWORD)
    assert browser.get("/work")[1].startswith("/accounts/login/")


def test_a_disabled_account_is_out_at_once(service):
    browser = joined(service, "sun", "site@150781/hotel-3")
    assert browser.get("/work")[1] == "/work"
    service.operate("user", "disable", "sun")
    assert browser.get("/work")[1].startswith("/accounts/login/")


def test_a_post_that_was_taken_away_opens_nothing_any_more(service):
    browser = joined(service, "zhou", "command@150700")
    assert browser.get("/api/board")[0] == 200
    service.operate("user", "post", "zhou", "command@150700", "--end", "--as-of", "2021-08-20")
    assert browser.get("/api/board")[0] == 403


def test_a_reason_is_asked_for_once_in_a_session_and_kept(service):
    browser = joined(service, "zheng", "cdc@150700")
    loop = json.loads(browser.get("/api/loops")[2])["rows"][0]["loop"]
    status, _, text = browser.get(f"/loop/{loop}")
    assert (status, "须说明理由" in text) == (403, True)
    status, where, _ = browser.post("/reason", f"/loop/{loop}", next=f"/loop/{loop}", reason="疫情核实")
    assert (status, where) == (200, f"/loop/{loop}")
    with open_home(service.config.with_name("region.db")) as home:
        lines = home.store.audit.lines(actor="zheng", object=f"loop/{loop}")
        assert [(n.verb, n.reason) for n in lines] == [("refused", ""), ("saw", "疫情核实")]
        assert home.store.audit.verify().is_whole


def test_a_step_recorded_on_the_page_is_done_and_leads_back(service):
    browser = joined(service, "li", "transfer@150781")
    rows = json.loads(browser.get("/api/work")[2])["rows"]
    row = next(r for r in rows if r["subject"] == person(3))
    page = f"/loop/{row['loop']}"
    said = {"id": "form-1", "loop": row["loop"], "duty": "transfer", "n": "0", "next": page}
    status, where, text = browser.post("/do/record_step", page, **said, place="150781/hotel-3")
    assert (status, where) == (200, page), text
    left = {r["subject"] for r in json.loads(browser.get("/api/work")[2])["rows"]}
    assert person(3) not in left


def test_a_reason_never_leads_to_another_site(service):
    browser = joined(service, "wu", "cdc@150700")
    _, where, _ = browser.post("/reason", "/protocols", next="https://evil.example/", reason="because")
    assert "evil" not in where


def test_cookies_are_kept_from_scripts_and_other_sites(service):
    browser = joined(service, "zhang", "cdc@150700")
    cookies = {cookie.name: cookie for cookie in browser.jar}
    assert cookies["fengsui"].has_nonstandard_attr("HttpOnly")
    assert cookies["fengsui"].get_nonstandard_attr("SameSite") == "Lax"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('db = "r.db"\npublic = "http://board.example"', "public"),
        ('db = "r.db"\npublic = "https://b.example"\nhost = "0.0.0.0"', "tls"),
        ('db = "r.db"\npublic = "https://b.example"\ncolour = 1', "-"),
        ('db = "r.db"\npublic = "https://b.example"\nport = "x"', "port"),
        ('db = "r.db"\npublic = "https://b.example"\n[accounts]\ntries = 0', "accounts.tries"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused_with_the_field(tmp_path, text, field):
    path = tmp_path / "fengsui.toml"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        read_config(path)
    assert [found.field for found in caught.value.findings] == [field]


def test_work_is_given_only_to_somebody_who_can_log_in(service):
    browser = joined(service, "tang", "command@150700")
    joined(service, "song", "transfer@150781")
    loops = json.loads(browser.get("/api/loops?protocol=cn.covid19/inbound")[2])["rows"]
    told = {"loop": next(row["loop"] for row in loops if row["subject"] == person(2)), "duty": "transfer"}
    told |= {"reason": "leave", "id": "1"}
    status, _, text = browser.post("/do/reassign", "/accounts/password/change/", **told, to="sogn")
    assert (status, "没有名为“sogn”的账户" in text) == (403, True)
    assert browser.post("/do/reassign", "/accounts/password/change/", **told, to="song")[0] == 200
    service.operate("user", "disable", "song")
    told["id"] = "2"
    assert browser.post("/do/reassign", "/accounts/password/change/", **told, to="song")[0] == 403
