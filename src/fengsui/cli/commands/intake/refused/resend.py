"""Send a repaired file in again; a row that is taken settles its entry of the ledger.

把补正后的文件重新送入；收入成功的行在台账中即告了结。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.commands.intake.take import NOTHING_TAKEN, Mapping, Place, RecordedAt, show, take
from fengsui.cli.options import argument
from fengsui.cli.run import Run

File = Annotated[Path, argument("FILE", "补正后的 CSV", "the repaired CSV")]


def command(
    run: Run, file: File, mapping: Mapping, place: Place = None, recorded_at: RecordedAt = None
) -> int:
    """Take the repaired rows by the mapping they were refused by."""
    report = take(run, file, mapping, place=place, recorded_at=recorded_at)
    run.answer(report, lambda page: show(page, report))
    return NOTHING_TAKEN if report.is_all_refused else 0
