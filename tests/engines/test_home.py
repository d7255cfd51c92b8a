"""A region in one file: it says itself what it is, and every version that can hold anywhere is known."""

from pathlib import Path

import pytest

from fengsui.engines.home import Setting, make_home, open_home, rules_of, setting_of
from fengsui.engines.snapshot import Snapshot
from fengsui.facts.batch import Batch
from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.kit.errors import BadInput, Conflict, NotFound
from fengsui.kit.instant import parse
from fengsui.protocols.library import Library

ZONE = "Asia/Shanghai"


def at(text: str) -> int:
    return parse(text, zone=ZONE)[0]


def fact(kind: str, subject: str, time: str, *, key: str, **data: object) -> Fact:
    return Fact(kind, subject, at(time), at(time) + 3600, "desk", key, place="150781", data=data)


@pytest.fixture
def home(tmp_path):
    make_home(tmp_path / "region.db", Setting("inner-mongolia"))
    with open_home(tmp_path / "region.db") as opened:
        yield opened


def test_a_file_says_what_it_was_made_as(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("nobody knows\n", encoding="utf-8")
    setting = Setting("inner-mongolia", (str(tmp_path),), (), str(secret))
    make_home(tmp_path / "region.db", setting)
    assert setting_of(tmp_path / "region.db") == setting
    assert setting.key() == b"nobody knows"


def test_a_file_that_is_there_is_left_alone(home):
    with pytest.raises(Conflict):
        make_home(home.path, Setting("inner-mongolia"))


@pytest.mark.parametrize(
    ("content", "error"), [(None, NotFound), (b"", BadInput), (b"text " * 300, BadInput)]
)
def test_what_is_no_region_is_not_opened(tmp_path, content, error):
    path = tmp_path / "region.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error):
        open_home(path)


def test_every_version_that_holds_in_some_area_is_among_the_rules():
    areas, library = Areas.of_region(), Library.shipped(ZONE)
    rules = rules_of(library, areas)
    for name in library.names:
        for code in areas.codes:
            assert set(rules.timeline(name, code)) <= set(rules.versions[name])
        assert rules.timeline(name, None) == library.timeline(name)
        assert rules.timeline(name, "DE-1") == library.timeline(name)


def test_a_local_order_holds_in_its_area_and_below():
    rules = rules_of(Library.shipped(ZONE), Areas.of_region())
    in_hailar = {v.overlay for v in rules.timeline("cn.covid19/returnee", "150702/hotel-3")}
    assert "hailar-2021-08-06" in in_hailar
    assert {v.overlay for v in rules.timeline("cn.covid19/returnee", "150703")} == {""}


def test_the_tables_answer_while_all_was_recorded_and_the_past_is_derived_anew(home):
    arrived = fact("arrival.inbound", "person/1", "2021-08-01 08:00", key="1", home="150102")
    home.store.take(Batch.of([arrived]), now=at("2021-08-01 10:00"))
    assert home.last_recorded_at() == at("2021-08-01 09:00")
    later = home.view(as_of=at("2021-08-02"), known_at=at("2021-08-02"))
    earlier = home.view(as_of=at("2021-08-02"), known_at=at("2021-08-01 08:30"))
    assert not isinstance(later, Snapshot)
    assert isinstance(earlier, Snapshot)
    assert len(later.loops(now=at("2021-08-02"))) == 1
    assert earlier.loops(now=at("2021-08-02")) == []


def test_histories_have_what_counts_then_of_those_who_may_have_a_loop(home):
    facts = [
        fact("arrival.inbound", "person/1", "2021-08-01 08:00", key="1", home="150102"),
        fact("sample.collected", "person/1", "2021-08-01 09:00", key="2"),
        fact("sample.collected", "person/1", "2021-08-03 09:00", key="3"),
        fact("sample.collected", "person/2", "2021-08-01 09:00", key="4"),
    ]
    home.store.take(Batch.of(facts), now=at("2021-08-04"))
    versions = home.rules.versions["cn.covid19/inbound"]
    found = home.histories(versions, as_of=at("2021-08-02"), known_at=at("2021-08-04"))
    assert {name: sorted(f.key for f in own) for name, own in found.items()} == {"person/1": ["1", "2"]}
    assert (home.n_facts(), home.n_loops()) == (4, 1)


def test_histories_have_what_other_loops_tell_where_it_is_read(home):
    facts = [
        fact("arrival.inbound", "person/1", "2021-08-01 08:00", key="1", home="150102"),
        fact("test.result", "person/1", "2021-08-02 08:00", key="2", result="positive"),
    ]
    home.store.take(Batch.of(facts), now=at("2021-08-04"))
    case = home.rules.versions["cn.covid19/case"]
    found = home.histories(case, as_of=at("2021-08-04"), known_at=at("2021-08-04"))
    assert "cn.covid19/inbound#positive" in {f.kind for f in found["person/1"]}


def test_an_own_region_is_found_by_its_whole_path_alone(tmp_path):
    with pytest.raises(NotFound):
        make_home(tmp_path / "region.db", Setting("no-such-region"))
    with pytest.raises(NotFound):
        make_home(tmp_path / "region.db", Setting(str(tmp_path / "nothing")))
    assert not Path(tmp_path / "region.db").exists()
