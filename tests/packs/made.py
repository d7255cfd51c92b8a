"""A small protocol in two versions with everything a history can show, and histories of it as texts."""

from pathlib import Path

from fengsui.engines.golden_suite import Suite
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.areas import Areas
from fengsui.protocols.library import Library

KINDS = """
kinds:
  leak.found: {version: 1, title: {zh: 发现漏点, en: Leak found}, subject: [leak],
    fields: {beside: {type: subject, title: {zh: 相邻漏点, en: Beside}}}}
  leak.fixed: {version: 1, title: {zh: 修复, en: Fixed}, subject: [leak]}
  leak.checked: {version: 1, title: {zh: 复查, en: Checked}, subject: [leak]}
  leak.extended: {version: 1, title: {zh: 延期, en: Extended}, subject: [leak],
    fields: {deadline: {type: time, required: true, title: {zh: 新期限, en: New date}}}}
  leak.excused: {version: 1, title: {zh: 免除, en: Excused}, subject: [leak]}
  leak.frozen: {version: 1, title: {zh: 封冻, en: Frozen}, subject: [leak]}
  leak.thawed: {version: 1, title: {zh: 解冻, en: Thawed}, subject: [leak]}
  leak.voided: {version: 1, title: {zh: 撤销, en: Voided}, subject: [leak]}
  leak.warned: {version: 1, title: {zh: 相邻告警, en: Warned of a neighbour}, subject: [leak]}
"""

PROTOCOL = """
protocol: test.golden/leak
version: "1"
title: {zh: 漏点, en: Leak}
basis: {document: {zh: 办法, en: Rules}, clause: "1"}
in_force: {from: "2021-01-01", until: "2021-07-01"}
running_loops: at_anchor
subject: leak
civil_time: place
start_day: 1
opens: {event: leak.found}
places: {site: {at: found}}
jurisdiction: site
milestones:
  found: {opening: true, zh: 发现, en: Found}
  fixed: {first: leak.fixed, zh: 修复, en: Fixed}
  void: {first: leak.voided, zh: 撤销, en: Voided}
obligations:
  fix: {zh: 修复, en: Fixed, by: owner@site, from: found, within: 3d, evidence: leak.fixed}
  check: {zh: 复查, en: Checked, by: inspector@site.banner, from: fixed, within: 1d, evidence: leak.checked}
stops:
  - {when: void, cancels: all}
extensions:
  - {event: leak.extended, of: [fix], until: data.deadline, at_most: 30d}
waivers:
  - {event: leak.excused, of: [check]}
pauses:
  - {from: leak.frozen, until: leak.thawed, of: [fix]}
tells:
  - {when: found, to: {event: leak.found, field: beside}, as: leak.warned}
closes: {when: all_settled}
escalate: [{after: 0h, to: owner}]
confirm_after: 6h
"""

SECOND = (
    PROTOCOL.replace('version: "1"\n', 'version: "2"\n')
    .replace('{from: "2021-01-01", until: "2021-07-01"}', '{from: "2021-07-01", until: null}')
    .replace("within: 3d", "within: 2d")
)

ORDER = """
overlay: hailar-1
of: test.golden/leak
area: "150702"
issuer: 指挥部
basis: {document: {zh: 通告, en: Notice}, number: "1"}
in_force: {from: "2021-08-01", until: "2021-09-01"}
reason: 汛期
running_loops: at_anchor
changes:
  obligations:
    fix: {within: 1d}
"""

IN_TIME = """
# 延期后按时修复 / Fixed in time after an extension

`test.golden/leak`

The first date was 4 March 10:00; two days were granted the day before.

| at | kind | place | by | data |
|---|---|---|---|---|
| 2021-03-01 10:00 | leak.found | 150702 | | |
| 2021-03-03 09:00 | leak.extended | | | deadline: 2021-03-05 24:00 |
| 2021-03-05 18:00 | leak.fixed | | | |
| 2021-03-06 | leak.checked | | | |

| as of | step | n | status | due | done | version | owner |
|---|---|---|---|---|---|---|---|
| 2021-03-03 00:00 | fix | | open | 2021-03-04 10:00 | — | 1 | owner@150702 |
| 2021-03-05 00:00 | fix | 0 | open | 2021-03-06 00:00 | | | |
| 2021-03-07 00:00 | fix | | fulfilled | | 2021-03-05 18:00 | | |
| 2021-03-07 00:00 | check | | fulfilled | 2021-03-06 18:00 | 2021-03-06 | | inspector@150702 |
| 2021-03-07 00:00 | loop | | closed | | 2021-03-06 | 1 | 150702 |
"""

BROKEN = """
# 未修复 / Not fixed

`test.golden/leak`

| at | kind | place | recorded |
|---|---|---|---|
| 2021-03-01 10:00 | leak.found | 150702 | |
| 2021-03-04 09:00 | leak.fixed | 150702 | 2021-03-04 20:00 |

| as of | known | step | status |
|---|---|---|---|
| 2021-03-04 09:59 | | fix | open |
| 2021-03-04 10:00 | | fix | provisional |
| 2021-03-04 16:00 | | fix | breached |
| 2021-03-04 16:00 | 2021-03-05 00:00 | fix | fulfilled |
| 2021-03-04 16:00 | | check | waiting |
| 2021-03-05 09:00 | | check | provisional |
| 2021-03-04 16:00 | | loop | running |
"""


def suite(folder: Path, *goldens: str, order: bool = False) -> Suite:
    """A suite over the small protocol, with these histories."""
    (folder / "golden").mkdir(parents=True)
    (folder / "kinds").mkdir()
    (folder / "kinds" / "leak.yaml").write_text(KINDS, encoding="utf-8")
    for name, text in {"one": PROTOCOL, "two": SECOND, **({"order": ORDER} if order else {})}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    for i, text in enumerate(goldens):
        (folder / "golden" / f"{i}.md").write_text(text, encoding="utf-8")
    files = [path for path in folder.glob("*.yaml")]
    library, messages = Library.read_files(sorted(files), "Asia/Shanghai")
    assert not messages
    return Suite.over(library, Catalogue.read([folder / "kinds"]), Areas.of_region(), [folder])
