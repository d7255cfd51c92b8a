"""The policy: what is not granted is denied, posts begin and end, refusals speak both languages."""

from string import Formatter

import pytest

from fengsui.access.actors import TAKEN_OVER, Actor, Post, post_named, posts_of_facts
from fengsui.access.policy import VERBS, Policy, Reach, Thing, covers
from fengsui.access.refusal import Denied, Refusal, refuse, sentences
from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.kit.errors import BadInput
from fengsui.kit.text import Text

POLICY = Policy.shipped()
AREAS = Areas.of_region()


def held(*posts: Post) -> Actor:
    return Actor("zhao", "Zhao", posts, subject="person/zhao")


def test_nobody_may_do_anything_without_a_post():
    assert not any(POLICY.grants(held(), verb, at=0) for verb in VERBS)


def test_a_role_nobody_thought_of_may_do_its_own_work_and_no_more():
    grants = {v: POLICY.grants(held(Post("beekeeper", "150781")), v, at=0) for v in VERBS}
    assert grants["record"][0].reach is Reach.OWN_WORK
    assert not any(
        grants[verb] for verb in ("glance", "export", "override", "administer", "audit", "quality")
    )


@pytest.mark.parametrize(("at", "is_held"), [(9, False), (10, True), (19, True), (20, False)])
def test_a_post_counts_from_its_beginning_until_its_end(at, is_held):
    actor = held(Post("command", "150700", 10, 20))
    assert bool(POLICY.grants(actor, "list", at=at)) is is_held


def test_only_the_keeper_of_a_file_opens_records_without_a_reason():
    free = {role for role in POLICY.roles if POLICY.opens_freely(held(Post(role)), at=0)}
    assert free == {"keeper"}


def test_whoever_keeps_accounts_or_reads_the_audit_sees_no_persons():
    for role in ("administrator", "auditor"):
        assert not any(POLICY.grants(held(Post(role)), v, at=0) for v in ("list", "glance", "open", "search"))


@pytest.mark.parametrize(
    ("post", "owner", "mine"),
    [
        (Post("transfer", "150781"), ("transfer", "150781-MLX"), True),
        (Post("transfer", "150781"), ("customs", "150781-MLX"), False),
        (Post("transfer", "150702"), ("transfer", "150781-MLX"), False),
        (Post("transfer"), ("transfer", "150781-MLX"), True),
        (Post("command", "150700"), ("league", "150700"), True),
        (Post("command", "150700"), ("region", "15"), False),
        (Post("transfer", "150700"), ("league", "150700"), False),
    ],
)
def test_work_is_ones_own_by_role_and_place_and_a_head_stands_for_the_area(post, owner, mine):
    grants = POLICY.grants(held(post), "record", at=0)
    thing = Thing("person/1", frozenset(), frozenset({owner}))
    assert covers(grants, held(post), thing, areas=AREAS) is mine


def test_a_thing_that_was_given_to_somebody_is_their_work():
    actor = held(Post("customs", "150100"))
    grants = POLICY.grants(actor, "record", at=0)
    assert covers(
        grants, actor, Thing("person/1", frozenset(), people=frozenset({"officer/zhao"})), areas=AREAS
    )


def test_the_last_assignment_to_a_post_decides_who_holds_it():
    def assigned(n: int, at: int, person: str) -> Fact:
        data = {"role": "customs", "person": person}
        return Fact("post.assigned", "post/1", at, at, "hr", str(n), place="150781", data=data)

    facts = [assigned(1, 10, "person/zhao"), assigned(2, 50, "person/li")]
    assert posts_of_facts(facts, "person/zhao", at=40) == (Post("customs", "150781", 10),)
    assert posts_of_facts(facts, "person/zhao", at=60) == ()
    assert posts_of_facts(facts, "person/li", at=40) == ()


def test_a_post_that_was_taken_over_goes_back_by_itself():
    data = {"role": "command", "until": 90}
    fact = Fact(TAKEN_OVER, "officer/zhao", 10, 10, "x", "1", place="150700", data=data)
    assert posts_of_facts([fact], "person/zhao", at=50) == (Post("command", "150700", 10, 90),)
    assert posts_of_facts([fact], "person/zhao", at=90) == ()


def test_a_policy_that_says_what_cannot_be_is_refused_with_the_place(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text("profiles:\n  a: {grants: {fly: own_area, list: far}}\nroles: {x: [b]}\notherwise: [a]\n")
    with pytest.raises(BadInput) as caught:
        Policy.read(path)
    assert [found.found for found in caught.value.findings] == ["'fly'", "'far'", "'b'"]


def test_every_refusal_takes_the_same_values_in_both_languages():
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert all(said.zh and said.en and fields(said.zh) == fields(said.en) for said in sentences().values())


def test_a_refusal_speaks_the_language_of_the_page():
    refusal = Refusal("not_your_work", {"owner": Text("海关", "Customs")})
    assert refusal.text == Text(
        "此事不由您的岗位承办，应由海关办理。", "This is not owed by your post but by Customs."
    )
    with pytest.raises(Denied, match="海关"):
        refuse(refusal)
    refuse(None)


def test_a_post_is_written_as_role_and_place():
    assert post_named("customs@150781-MLX") == Post("customs", "150781-MLX")
    assert post_named("auditor") == Post("auditor")
    assert Post("customs", "150781").name == "customs@150781"
