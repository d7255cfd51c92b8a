"""An officer at the gate, with a phone, without a network."""

import pytest

from fengsui.access.actors import Actor, Post
from fengsui.protocols.library import Library
from tests.board.region import HOTEL, person, world
from tests.service.at_the_gate import gate, served

WORDS = {
    "zh": {
        "sent": "全部已送达",
        "wait": "1 条待发送",
        "record": "记录：",
        "recorded": "已记录，待发送",
        "log_in": "需要重新登录，记录已保留",
    },
    "en": {
        "sent": "Everything has arrived",
        "wait": "1 to be sent",
        "record": "Record:",
        "recorded": "Recorded, to be sent",
        "log_in": "Log in again; what you recorded is kept",
    },
}


@pytest.fixture
def region(tmp_path):
    of = world()
    with (
        gate(tmp_path / "region.db", of, Library.shipped(of.areas.region.zone)) as room,
        served(room) as address,
    ):
        yield room, address


@pytest.fixture(params=["zh", "en"])
def phone(request, chromium, region):
    """A phone of 390 by 844 with the page open and its worker at work."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{region[1]}/phone?lang={request.param}")
    page.set_default_timeout(15_000)
    page.wait_for_selector("button.card")
    for _ in range(100):  # strings are no scripts here, so Playwright's own waiting does not work
        if page.evaluate("() => navigator.serviceWorker.controller !== null"):
            break
        page.wait_for_timeout(100)
    else:
        raise TimeoutError("the service worker did not start")
    page.said = WORDS[request.param]
    yield page
    context.close()


def open_transfer(page):
    page.locator("button.card", has_text=person(2)[7:13]).first.click()


def test_a_step_recorded_without_a_network_arrives_once_there_is_one(phone, region, picture):
    room, _ = region
    say = phone.said
    picture(phone, "list")
    phone.context.set_offline(True)
    open_transfer(phone)
    picture(phone, "form")
    phone.get_by_role("button", name=say["record"]).click()
    phone.get_by_text(say["recorded"]).wait_for()
    phone.get_by_text(say["wait"]).wait_for()
    picture(phone, "offline")
    assert [f for f in room.store.facts() if f.source == "post-zhao"] == []
    phone.reload()  # without a network still
    phone.get_by_text(say["wait"]).wait_for()
    phone.get_by_text(say["recorded"]).wait_for()
    phone.context.set_offline(False)
    phone.get_by_text(say["sent"]).wait_for()
    [fact] = [f for f in room.store.facts() if f.source == "post-zhao"]
    assert (fact.kind, fact.subject) == ("quarantine.admitted", person(2))


def test_an_answer_that_is_lost_leaves_one_fact(phone, region):
    room, _ = region
    lost = []

    def lose(route) -> None:
        """The service takes the records; the phone never hears of it."""
        if len(lost) < 2:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    phone.route("**/phone/send", lose)
    open_transfer(phone)
    phone.get_by_role("button", name=phone.said["record"]).click()
    phone.get_by_text(phone.said["wait"]).wait_for()
    for _ in range(2):
        phone.evaluate("() => window.dispatchEvent(new Event('online'))")
        phone.wait_for_timeout(500)
    phone.get_by_text(phone.said["sent"]).wait_for()
    assert lost == [200, 200]
    assert len([f for f in room.store.facts() if f.source == "post-zhao"]) == 1


def test_what_the_service_refuses_stays_on_the_phone_until_it_was_read(phone, region):
    room, _ = region
    phone.context.set_offline(True)
    open_transfer(phone)
    phone.get_by_role("button", name=phone.said["record"]).click()
    phone.get_by_text(phone.said["wait"]).wait_for()
    # While the phone is away its owner is moved to another post.
    from fengsui.access.actors import Actor, Post

    room.actor_of = lambda request: Actor("zhao", "赵", (Post("site", HOTEL),), "border")
    phone.context.set_offline(False)
    refused = phone.locator("section.card .broken")
    refused.wait_for()
    phone.reload()
    refused.wait_for()
    phone.locator("section.card button").click()
    refused.wait_for(state="detached")
    assert [f for f in room.store.facts() if f.source == "post-zhao"] == []


KEPT = """() => new Promise((done) => {
    const asked = indexedDB.open("fengsui");
    asked.onsuccess = () => {
        const found = asked.result.transaction("kept").objectStore("kept").getAll();
        found.onsuccess = () => { asked.result.close(); done(JSON.stringify(found.result)); };
    };
})"""
NOBODY = Actor("", "")
QIAN = Actor("qian", "钱", (Post("transfer", "150300"),), "border")


def ask_again(page):
    page.evaluate("() => window.dispatchEvent(new Event('online'))")


def test_a_phone_whose_officer_logged_out_holds_no_list_and_still_their_record(phone, region, picture):
    room, _ = region
    zhao = room.actor_of
    assert person(2) in phone.evaluate(KEPT)
    open_transfer(phone)
    room.actor_of = lambda request: NOBODY  # their session ends while the form is open
    phone.get_by_role("button", name=phone.said["record"]).click()
    phone.get_by_text(phone.said["log_in"]).wait_for()
    phone.get_by_text(phone.said["wait"]).wait_for()
    picture(phone, "logged-out")
    assert phone.evaluate(KEPT) == "[]"
    assert person(2)[7:13] not in phone.inner_text("body")
    room.actor_of = lambda request: QIAN  # somebody else takes the phone: their list, not that record
    ask_again(phone)
    phone.get_by_text("钱").wait_for()
    phone.get_by_text(phone.said["wait"]).wait_for()
    assert person(2)[7:13] not in phone.inner_text("body")
    assert [f for f in room.store.facts() if f.source.startswith("post-")] == []
    room.actor_of = zhao
    ask_again(phone)
    phone.get_by_text(phone.said["sent"]).wait_for()
    [fact] = [f for f in room.store.facts() if f.source == "post-zhao"]
    assert (fact.kind, fact.subject) == ("quarantine.admitted", person(2))
