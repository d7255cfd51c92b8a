"""What is said of a region that was copied: how many rows of which tables, and whether they were proved."""

from collections.abc import Sequence

from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.engines.address import Address
from fengsui.engines.copying import Table
from fengsui.kit.text import Text


def answer(
    run: Run,
    tables: Sequence[Table],
    to: Address,
    done: Text,
    *,
    proved: bool = False,
    differing: Sequence[str] = (),
) -> None:
    """Answer with the tables; ``differing``: those in which a row came out otherwise when derived anew."""
    counts = {table.name: table.rows for table in tables}
    rows, facts = sum(counts.values()), counts.get("fact", 0)

    def show(page: Page) -> None:
        page.line(done)
        page.line(
            Text(
                f"  {facts:,} 条事实，共 {rows:,} 行，读回核对一致",
                f"  {facts:,} facts, {rows:,} rows in all, read back and the same",
            )
        )
        if proved and not differing:
            page.line(Text("✓ 重新推导的结果逐行相同", "✓ derived anew, every row is the same"))
        for name in differing:
            page.line(Text(f"✗ 表 {name} 有不同", f"✗ table {name} differs"))

    said = {
        "to": str(to),
        "facts": facts,
        "rows": rows,
        "tables": {table.name: {"rows": table.rows, "digest": table.digest} for table in tables},
        "proved": proved,
        "differing": list(differing),
    }
    run.answer(said, show)
