"""Whether a region can be trusted as it stands: what an operator looks at first when something is odd."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fengsui.engines.address import connect_to
from fengsui.engines.home import Home
from fengsui.kit.instant import DAY, show_length
from fengsui.kit.text import Text

SLACK = 300  # seconds by which clocks of different machines may differ
WAITED = 3600  # seconds a letter may wait before it is a fault
OK, WARN, BAD = "ok", "warn", "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. state: ok, warn (look at it today) or bad (do not rely on it)."""

    name: str
    state: str
    title: Text
    said: Text
    remedy: Text = Text("", "")


def checkup(home: Home, *, now: int) -> Iterator[Check]:
    """Every check, in the order in which a fault of one explains faults of the next."""
    yield _whole(home)
    yield _rules(home)
    yield _clock(home, now)
    yield _refused(home, now)
    yield _audit(home)
    yield from _alerts(home, now)


def _whole(home: Home) -> Check:
    title = Text("数据库完整", "The database is whole")
    if not isinstance(home.path, Path):
        return Check("database", OK, title, Text("由 PostgreSQL 保证", "PostgreSQL sees to it"))
    connection = connect_to(home.path, read_only=True)
    try:
        found = [row[0] for row in connection.execute("PRAGMA quick_check(5)").fetchall()]
    finally:
        connection.close()
    if found == ["ok"]:
        return Check("database", OK, title, Text("完好", "it is"))
    said = "; ".join(found)
    remedy = Text("停用此文件，用 fengsui restore 恢复备份", "stop using it and `fengsui restore` the backup")
    return Check("database", BAD, title, Text(said, said), remedy)


def _rules(home: Home) -> Check:
    title = Text("按现行规程推导", "Derived under the rules there are now")
    if home.store.derived_under() == home.store.digest:
        return Check("rules", OK, title, Text(home.store.digest, home.store.digest))
    remedy = Text("重启服务，会自动重新推导", "restart the service: it derives everything anew")
    return Check("rules", BAD, title, Text("规程已变", "they have changed since"), remedy)


def _clock(home: Home, now: int) -> Check:
    title = Text("时钟", "The clock")
    ahead = home.last_recorded_at() - now
    if ahead <= SLACK:
        return Check("clock", OK, title, Text("没有来自未来的记录", "no record comes from the future"))
    said = Text(f"最新记录比本机时钟晚 {ahead} 秒", f"the latest record is {ahead} s ahead of this machine")
    return Check("clock", WARN, title, said, Text("核对本机和来源的时钟", "compare the clocks of both"))


def _refused(home: Home, now: int) -> Check:
    title = Text("未能收录的行", "Rows that could not be taken")
    told = [entry.told_at for entry in home.store.refused()]
    if not told:
        return Check("refused", OK, title, Text("无", "none"))
    age = now - min(told)
    length = show_length(max(age, 0), lang="zh"), show_length(max(age, 0), lang="en")
    said = Text(f"{len(told)} 行，最早的已 {length[0]}", f"{len(told)}, the oldest for {length[1]}")
    remedy = Text(
        "用 fengsui intake ledger 导出、修正、重发", "`fengsui intake ledger` writes them out for repair"
    )
    return Check("refused", WARN if age < 7 * DAY else BAD, title, said, remedy)


def _audit(home: Home) -> Check:
    title = Text("审计链", "The audit chain")
    verdict = home.store.audit.verify()
    if verdict.is_whole:
        return Check("audit", OK, title, Text("完好", "it is whole"))
    remedy = Text(
        "封存文件，用 fengsui audit verify 定位", "keep the file; `fengsui audit verify` says where"
    )
    return Check("audit", BAD, title, Text("断开", "it is broken"), remedy)


def _alerts(home: Home, now: int) -> Iterator[Check]:
    outbox = home.store.outbox
    swept = outbox.swept_at()
    title = Text("督办通知", "Alerts")
    if swept is None:
        said = Text("从未发出过通知", "nobody was ever told")
        yield Check(
            "alerts", WARN, title, said, Text("启动 fengsui alerts run", "start `fengsui alerts run`")
        )
    elif now - swept > WAITED:
        minutes = (now - swept) // 60
        said = Text(f"{minutes} 分钟没有检查", f"the last round was {minutes} minutes ago")
        yield Check("alerts", BAD, title, said, Text("启动 fengsui alerts run", "start `fengsui alerts run`"))
    else:
        yield Check("alerts", OK, title, Text("在运行", "at work"))
    stuck, failed = outbox.stuck(before=now - WAITED), outbox.states().get("failed", 0)
    title = Text("通知送达", "Letters arrive")
    if not stuck and not failed:
        yield Check("letters", OK, title, Text("是", "they do"))
        return
    said = Text(f"{failed} 封未送达，{stuck} 封久候", f"{failed} given up, {stuck} waiting for over an hour")
    remedy = Text("fengsui alerts list 列出原因", "`fengsui alerts list` says why")
    yield Check("letters", BAD, title, said, remedy)
