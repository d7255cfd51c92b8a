"""Playing a drill into a database: its files through their mappings, then a score against the truth."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fengsui.cli.run import Run
from fengsui.drill.run import Drill, generate
from fengsui.drill.score import Difference, Score, score
from fengsui.drill.truth import Break
from fengsui.engines.home import Home
from fengsui.kit.errors import Refused
from fengsui.sources.intake import Report, intake
from fengsui.sources.mapping import mapping_file, read_mapping


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a drill. ``reports``: one a file; ``differences``: everything that is not as it was."""

    seed: int
    start: str
    days: int
    end_at: int
    loops: int
    facts: int
    refused: int
    breaks_injected: int
    breaks_found: int
    breaks_false: int
    wrong_time: int
    wrong_owner: int
    differences: tuple[Difference, ...]  # missed, false, and those found otherwise than they are

    @property
    def is_perfect(self) -> bool:
        """Whether every break was found as it is, and nothing else was called one."""
        return self.breaks_found == self.breaks_injected and not self.breaks_false


def write_drill(run: Run, folder: Path, *, seed: int, start: str, days: int, loops: int) -> Drill:
    """Make up the weeks of a drill in a folder."""
    with run.progress("编写演练", "Making up the drill") as tell:
        return generate(
            folder,
            rng=np.random.default_rng(seed),
            areas=run.areas,
            start=start,
            days=days,
            loops=loops,
            progress=lambda step, share: tell(share, 1.0),
        )


def take_drill(run: Run, home: Home, drill: Drill) -> list[Report]:
    """Take every file of a drill, in the order they came. Refused by a region with a secret."""
    if home.setting.secret:
        raise Refused("The truth of a drill names people as they are called without a secret.")
    reports = []
    total = sum(file.rows for file in drill.files)
    done = 0
    with run.progress("收入各来源文件并推导", "Taking the sources' files and deriving") as tell:
        for file in drill.files:
            report = intake(
                file.path,
                read_mapping(mapping_file(file.mapping), home.kinds),
                home.store,
                now=drill.end_at,
                areas=home.areas,
                progress=lambda so_far: tell(done + so_far.rows, total),  # noqa: B023 - told while it runs
            )
            reports.append(report)
            done += file.rows
            tell(done, total)
    return reports


def score_drill(home: Home, drill: Drill) -> Score:
    """What the database calls a break at the end of the drill, against what was put in."""
    found = home.store.view.breaks(now=drill.end_at)
    told = (Break(b.protocol, b.subject, b.key, b.n, b.from_at, b.until_at, b.role, b.place) for b in found)
    return score(drill.truth.breaks, told, as_of=drill.end_at)


def played(home: Home, drill: Drill, reports: list[Report], *, seed: int, start: str, days: int) -> Played:
    """What came of it all."""
    found = score_drill(home, drill)
    return Played(
        seed=seed,
        start=start,
        days=days,
        end_at=drill.end_at,
        loops=home.n_loops(),
        facts=sum(report.taken for report in reports),
        refused=sum(report.refused + report.conflicts for report in reports),
        breaks_injected=found.injected,
        breaks_found=found.found,
        breaks_false=len(found.false),
        wrong_time=len(found.wrong_time),
        wrong_owner=len(found.wrong_owner),
        differences=tuple(
            dict.fromkeys((*found.missed, *found.false, *found.wrong_time, *found.wrong_owner))
        ),
    )
