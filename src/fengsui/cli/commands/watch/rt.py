"""Rt of daily cases, imported ones apart: how many each case infects.

由每日病例（输入病例分开）估计 Rt：每例平均传染多少人。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.commands.watch._files import Compat, Config, Out, compat_of, sources, write
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.layouts import rt_table, wallinga_teunis_table

Incidence = Annotated[
    Path,
    sources(
        "--series", "--incidence", zh="病例：run_id,t,local,imported", en="cases: run_id,t,local,imported"
    ),
]
Method = Annotated[
    str,
    option(
        "--method",
        "cori（默认）或 wallinga_teunis",
        "cori, unless said; or wallinga_teunis",
        metavar="METHOD",
    ),
]
Seed = Annotated[int, option("--seed", "随机数种子", "seed of what is drawn", metavar="N")]


def command(
    run: Run,
    incidence: Incidence,
    config: Config,
    out: Out = None,
    method: Method = "cori",
    compat: Compat = None,
    seed: Seed = 1,
) -> None:
    """Estimate and write the table."""
    compat_of(compat)  # the reference is right here: both ways are one
    makers = {"cori": rt_table, "wallinga_teunis": wallinga_teunis_table}
    if method not in makers:
        raise BadInput(method, (Finding("--method", "method", method, " or ".join(makers)),))
    write(run, makers[method](incidence, config, seed=seed), out)
