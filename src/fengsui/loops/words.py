"""The sentences of an explanation, in both languages, with what is put into them in braces."""

from fengsui.kit.text import Text
from fengsui.loops.duty import Status

STATUS: dict[Status, Text] = {
    Status.WAITING: Text("待起算", "waiting"),
    Status.SCHEDULED: Text("未到时间", "scheduled"),
    Status.OPEN: Text("在办", "open"),
    Status.FULFILLED: Text("按时完成", "done in time"),
    Status.LATE: Text("逾期完成", "done late"),
    Status.PROVISIONAL: Text("逾期待核", "overdue, to be confirmed"),
    Status.UNKNOWN: Text("不明", "unknown"),
    Status.BREACHED: Text("断点", "broken"),
    Status.MISSED: Text("错过", "missed"),
    Status.WAIVED: Text("已免除", "waived"),
    Status.EXCUSED: Text("断后解除", "broken, then lifted"),
    Status.CANCELLED: Text("已终止", "no longer owed"),
}

STATE: dict[Status, Text] = {
    Status.WAITING: Text(
        "“{anchor}”尚未发生，时限还没有起算。", "“{anchor}” has not happened yet, so nothing is due."
    ),
    Status.SCHEDULED: Text("{open} 起办理。", "To be done from {open} on."),
    Status.OPEN: Text("须在 {due} 前完成，还有 {left}。", "To be done before {due}; {left} left."),
    Status.FULFILLED: Text("{met} 完成，在时限内。", "Done at {met}, in time."),
    Status.LATE: Text("{met} 才完成，迟了 {late}。", "Done at {met}, {late} late."),
    Status.PROVISIONAL: Text(
        "{due} 前应完成，已过 {past}，没有记录。记录可能还在路上，{confirmed} 起确认为断点。",
        "Was due before {due}, {past} ago, and nothing is recorded. The record may be on its way; "
        "confirmed as broken from {confirmed} on.",
    ),
    Status.UNKNOWN: Text(
        "{due} 前应完成，已过 {past}，没有记录；但报送来源的数据只完整到 {silent}，不能断定没有做。",
        "Was due before {due}, {past} ago, and nothing is recorded; but its source is complete only up to "
        "{silent}, so it cannot be said that it was not done.",
    ),
    Status.BREACHED: Text(
        "{due} 前应完成，已过 {past}，没有做。", "Was due before {due}, {past} ago, and was not done."
    ),
    Status.MISSED: Text(
        "{due} 前应完成，没有做；{until} 以后补做不再算数。",
        "Was due before {due} and was not done; an act after {until} no longer counts.",
    ),
    Status.WAIVED: Text("{lifted} 由主管机关免除。", "Lifted by an authority at {lifted}."),
    Status.EXCUSED: Text(
        "{broken} 起逾期未办，{lifted} 免除或终止。",
        "Overdue from {broken} on, until it was lifted or ended at {lifted}.",
    ),
    Status.CANCELLED: Text("{lifted} 起不再需要。", "No longer owed from {lifted} on."),
}

WINDOW = {
    "within": Text(
        "{open} 起，至 {due} 前（{zone}）；到点即逾期。",
        "From {open} until before {due} ({zone}); the due moment itself is too late.",
    ),
    "before": Text("最迟 {due} 前（{zone}）。", "At any time before {due} ({zone})."),
    "day": Text(
        "第 {n} 天：{open} 至 {due}（{zone}），{first_day} 为第 {start_day} 天。",
        "Day {n}: {open} to {due} ({zone}), counting {first_day} as day {start_day}.",
    ),
    "endless": Text(
        "{open} 起，没有可算出的时限。", "From {open} on, with no due time that can be worked out."
    ),
    "first_due": Text("原时限 {first_due}。", "Originally due before {first_due}."),
}

PART = {
    "anchored": Text("起算（{anchor}）", "Counts from ({anchor})"),
    "met": Text("完成", "Met by"),
    "met_with": Text("连同", "Together with"),
    "ended": Text("终止", "Ended by"),
    "waived": Text("免除", "Waived by"),
    "extended": Text("延期", "Extended by"),
    "paused": Text("中止计时", "Clock stopped by"),
    "resumed": Text("恢复计时", "Clock resumed by"),
    "opened": Text("开环", "Opened by"),
    "reached": Text("到达", "Reached by"),
}

FACT = Text(
    "{kind}，{at}{where}（{source} 记录于 {recorded}）", "{kind}, {at}{where} ({source}, recorded {recorded})"
)
FACT_WHERE = Text("，{place}", ", {place}")

LABEL = {
    "state": Text("状态", "State"),
    "window": Text("时限", "Window"),
    "law": Text("依据", "Law"),
    "owner": Text("责任", "Owner"),
    "told": Text("已告知", "Told"),
    "next_told": Text("下一级", "Next"),
    "remark": Text("注意", "Note"),
    "rejected": Text("未计入", "Not counted"),
    "milestone": Text("节点", "Milestone"),
}

LAW = Text(
    "{document}{where}；规程版本 {version}；{confidence}",
    "{document}{where}; protocol version {version}; {confidence}",
)
HELD_BY = Text("{title}（{holder}）", "{title} ({holder})")
TOLD = Text("{title}（{at} 起）", "{title} (since {at})")
NEXT = Text("{title}，{at}", "{title}, at {at}")
NOT_REACHED = Text("尚未到达。", "Not reached yet.")

REMARK = {
    "date_only:benefit_of_doubt": Text(
        "{fact} 只有日期，没有时刻：按当天对当事人最有利的时刻计算。",
        "{fact} carries a date without a time: it is read as the moment of that day that lets it count.",
    ),
    "date_only:end_of_day": Text(
        "{fact} 只有日期，没有时刻：按当天结束计算。",
        "{fact} carries a date without a time: it is read as the end of that day.",
    ),
    "clock_ahead": Text(
        "{fact} 的发生时间比记录时间晚 {ahead}：来源的时钟可能不准，按记录时间计算。",
        "{fact} claims a time {ahead} after its own record: the source's clock may be wrong, and the time "
        "of the record is used.",
    ),
    "recorded_after_due": Text(
        "事情在时限内做了，记录在时限之后（{recorded_at}）才到。",
        "The deed was in time; its record came after the due time, at {recorded_at}.",
    ),
    "deadline_before_start": Text(
        "给出的期限 {due_at} 早于起算时间，按来源原样保留。",
        "The deadline given, {due_at}, lies before what it counts from; it is kept as the source wrote it.",
    ),
    "late_extension": Text(
        "{fact} 的延期在 {at} 才批准，已过时限，不改变断点。",
        "The extension {fact} was granted at {at}, after the due time, and changes nothing.",
    ),
    "other_subject": Text(
        "{fact} 原来记录在另一对象 {subject} 名下，后来认定是同一对象。",
        "{fact} was recorded of another subject, {subject}, since found to be the same.",
    ),
    "moved_to_switch": Text(
        "按新版规程本应更早到期，时限移到新版生效时 {switch_at}。",
        "By the new version this was due earlier; its window begins when that version came into force, "
        "{switch_at}.",
    ),
    "source_silent": Text(
        "来源的数据只完整到 {silent_at}。", "Its source is complete only up to {silent_at}."
    ),
}

REJECTED = {
    "other_content": Text(
        "内容不符：{field} 为 {found}，要求 {wanted}",
        "its content does not fit: {field} is {found}, {wanted} is asked for",
    ),
    "no_person": Text("没有写明经办人", "it does not say who did it"),
    "other_person": Text("经办人不是作出该措施决定的一方", "not done by who decided the step it ends"),
    "same_person": Text("经办人与整改（前一环节）是同一人", "done by the same person as the step it checks"),
    "met_another": Text("已计入“{duty}”", "it counts for “{duty}”"),
    "next_one": Text(
        "“{duty}”已于 {open_at} 开始，计入后者", "“{duty}” had opened at {open_at}, and it belongs there"
    ),
    "not_begun": Text("那时还没有起算", "it had not begun to count"),
    "before_opening": Text("早于窗口开始（{open_at}）", "before the window opened ({open_at})"),
    "after_end": Text("在终止（{ended_at}）之后", "after it had ended ({ended_at})"),
    "too_late": Text("太迟：{until_at} 以后不再计入", "too late: nothing counts after {until_at}"),
    "not_needed": Text("那时已不再需要", "it was no longer owed by then"),
    "alone": Text("需要 {count} 次，只有这一次", "{count} are needed, and there is only this one"),
    "same_field": Text("两次的 {field} 相同（{found}）", "{field} is the same in both ({found})"),
    "no_field": Text("没有写明 {field}", "it does not say the {field}"),
    "too_soon": Text("与前一次相隔不足 {apart}", "less than {apart} after the one before"),
    "surplus": Text("此前已于 {met_at} 完成", "it had been met at {met_at} already"),
}
