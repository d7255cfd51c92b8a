"""What holds of every shipped protocol."""

from fengsui.protocols.model import Frame

from .given import world


def test_every_step_has_owner_law_and_both_languages(shipped_protocols):
    for protocol in shipped_protocols:
        for step in protocol.obligations:
            where = (protocol.name, protocol.version, step.key)
            assert all((step.by.role, step.by.place)), where
            assert step.basis.document.zh, where
            assert step.basis.clause or step.basis.number, where
            assert all((step.title.zh, step.title.en)), where
            assert step.title.zh != step.title.en, where


def test_hour_limits_that_nobody_could_read_in_the_plan_are_marked(shipped_protocols):
    for protocol in shipped_protocols:
        if not protocol.name.startswith("cn.covid19/"):
            continue
        for step in protocol.obligations:
            if step.window.frame is Frame.WITHIN:
                assert step.confidence != "sourced", (protocol.name, protocol.version, step.key)


def test_every_level_an_owner_is_lifted_to_is_a_level_of_the_region(shipped_protocols):
    levels = set(world().areas.levels)
    used = {step.by.level for protocol in shipped_protocols for step in protocol.obligations} - {""}
    rungs = {rung.to for protocol in shipped_protocols for rung in protocol.escalation} - {"owner"}
    used |= {rung for rung in rungs if "@" not in rung}
    used |= {rung.partition("@")[2].partition(".")[2] for rung in rungs if "@" in rung} - {""}
    assert used <= levels
