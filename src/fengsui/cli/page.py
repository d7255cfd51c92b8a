"""What a person reads at the terminal: headings, lines and tables in one language."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from fengsui.cli.clock import Surroundings
from fengsui.kit.instant import show
from fengsui.kit.text import Text
from fengsui.loops.render import due_text

WIDE = 240  # columns where nobody's screen sets a limit
NARROW = 14  # of a column of numbers, whose head may have several lines


class Page:
    """Writes to ``out``; colours only on a terminal, and never as the only sign of anything."""

    def __init__(self, outside: Surroundings, lang: str) -> None:
        self.lang = lang
        width = None if outside.out.isatty() else WIDE
        self._console = Console(file=outside.out, width=width, highlight=False, markup=False, emoji=False)

    def heading(self, text: str | Text) -> None:
        """A line that stands out."""
        self._console.print(Styled(self.said(text), style="bold"))

    def line(self, text: str | Text = "", *, style: str = "") -> None:
        """A line."""
        self._console.print(Styled(self.said(text), style=style), soft_wrap=True)

    def table(
        self, heads: Sequence[Text], rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()
    ) -> None:
        """Rows under their heads; ``right``: the columns of numbers. Nothing at all without rows."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for i, head in enumerate(heads):
            width, side = (NARROW, "right") if i in right else (None, "left")
            table.add_column(head.in_(self.lang), justify=side, overflow="fold", max_width=width)
        for row in rows:
            table.add_row(*(Styled(self.said(cell)) for cell in row))
        if table.row_count:
            self._console.print(table)

    def said(self, cell: object) -> str:
        """A cell in the language of the page."""
        if isinstance(cell, Text):
            return cell.in_(self.lang)
        return "" if cell is None else str(cell)

    def time(self, at: int, zone: str) -> str:
        """A moment in civil time."""
        return show(at, zone=zone, lang=self.lang)

    def due(self, at: int, zone: str) -> str:
        """A due time, or a break's beginning: the end of a day is 24:00 of it, as on every page."""
        return due_text(at, zone=zone)

    def close(self) -> None:
        """Nothing more comes."""
        self._console.file.flush()
