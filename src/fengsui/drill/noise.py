"""What happens to a deed on its way into a file: late, twice, wrong and put right, misspelt, impossible.

None of it changes what is true at the end: whatever was wrong is corrected or withdrawn, whatever cannot
be taken is sent again rightly, and everything that happened before the end of the drill has been recorded
by then. So at the end, and only then, the truth can be asked for without a reserve.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from fengsui.drill.calendar import Calendar
from fengsui.drill.chance import MINUTE, Chance
from fengsui.drill.forms import Form
from fengsui.drill.rules import DAY, HOUR
from fengsui.drill.truth import Silence
from fengsui.kit.areas import Areas

WITHDRAWN = "作废"
NO_DAYS = ("2021-02-30 10:00", "2021-13-05 09:30", "8月32日")
NO_CODE = "不详"
SORTED_OUT = "what"  # the field by which a mapping chooses the kind of fact; a row without one says nothing


@dataclass(frozen=True, slots=True)
class Noise:
    """Shares of rows to which each thing happens."""

    repeated: float = 0.005
    corrected: float = 0.01
    withdrawn: float = 0.002  # of a laboratory's rows: one more that never was, taken back later
    respelt: float = 0.02  # of places: a name that the aliases know
    impossible: float = 0.001
    conflicting: float = 0.0005  # a record number used again for something else
    displaced: float = 0.03  # rows that stand behind younger ones


USUAL = Noise()
CLEAN = Noise(0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done at ``at``, as a form asks for it. Areas are codes, times are seconds."""

    form: Form
    at: int
    cells: Mapping[str, object]
    number: Callable[[], str]  # gives the next number of a record

    def with_cells(self, **cells: object) -> "Deed":
        """The same with some cells otherwise."""
        return replace(self, cells={**self.cells, **cells})


@dataclass(frozen=True, slots=True)
class Row:
    """One row on its way. ``at`` is text where it is no time at all. ``why``: nobody can take it."""

    arrives_at: int
    recorded_at: int
    at: int | str
    record: str
    corrects: str
    cells: tuple[str, ...]
    why: str = ""


class Spoiler:
    """Turns one deed into the rows that tell of it, one or more."""

    def __init__(
        self,
        noise: Noise,
        chance: Chance,
        *,
        calendar: Calendar,
        areas: Areas,
        end_at: int,
        silence: Silence | None,
    ) -> None:
        self._noise, self._chance, self._calendar = noise, chance, calendar
        self._areas, self._end_at, self._silence = areas, end_at, silence
        self._spellings: dict[str, tuple[str, ...]] = {}

    def rows(self, deed: Deed) -> list[Row]:
        """The rows of a deed that was done before the end."""
        noise, hits = self._noise, self._chance.hits
        recorded_at = self._recorded(deed)
        rows = [self._impossible(deed, recorded_at)] if hits(noise.impossible) else []
        rows += self._told(deed, recorded_at)
        if "status" in deed.form.fields and hits(noise.withdrawn):
            rows += self._withdrawn(deed, recorded_at)
        last = rows[-1]
        if hits(noise.repeated):
            rows.append(self._again(last))
        if hits(noise.conflicting):
            rows.append(replace(self._again(last), at=deed.at - HOUR, why="conflict"))
        return rows

    def clean(self, deed: Deed) -> Row:
        """The one row of a deed that is told rightly and at once."""
        return Row(deed.at, deed.at, deed.at, deed.number(), "", self._written(deed))

    def _told(self, deed: Deed, recorded_at: int) -> list[Row]:
        """The row of a deed; or a wrong one, and the one that corrects it."""
        later = recorded_at + self._chance.minutes(HOUR, 30 * HOUR)
        wrong = self._chance.hits(self._noise.corrected) and self._is_open(deed.form, later)
        if not wrong:
            return [self._row(deed, recorded_at)]
        first = self._row(self._mistaken(deed), recorded_at)
        return [first, replace(self._row(deed, later), corrects=first.record)]

    def _recorded(self, deed: Deed) -> int:
        """When it is recorded: after the form's lag, once its source speaks again, and before the end."""
        lag = deed.form.lag
        recorded_at = deed.at + self._chance.lag(lag.median, lag.spread, most=lag.most)
        if self._is_silent(deed.form, recorded_at):
            recorded_at = self._silence.until_at + self._chance.minutes(MINUTE, 8 * HOUR)
        if recorded_at >= self._end_at:
            recorded_at = deed.at + self._chance.minutes(0, self._end_at - deed.at)
        return recorded_at

    def _is_silent(self, form: Form, moment: int) -> bool:
        silence = self._silence
        return (
            silence is not None
            and form.name == silence.source
            and silence.from_at <= moment < silence.until_at
        )

    def _is_open(self, form: Form, moment: int) -> bool:
        """Whether a source can still send something at that moment."""
        return moment < self._end_at and not self._is_silent(form, moment)

    def _row(self, deed: Deed, recorded_at: int) -> Row:
        behind = self._chance.minutes(0, 12 * HOUR) if self._chance.hits(self._noise.displaced) else 0
        cells = self._written(deed)
        return Row(recorded_at + behind, recorded_at, deed.at, deed.number(), "", cells)

    def _again(self, row: Row) -> Row:
        """The same row, which arrives once more."""
        return replace(row, arrives_at=row.arrives_at + self._chance.minutes(HOUR, 2 * DAY))

    def _written(self, deed: Deed) -> tuple[str, ...]:
        """The cells as they stand in the file, in the order of the columns."""
        form, cells = deed.form, deed.cells
        said = []
        for field in form.fields:
            value = cells.get(field, "")
            if value == "":
                said.append("")
            elif field in form.places:
                said.append(self._spelt(value))
            elif field in form.times:
                said.append(self._calendar.written(value, form.style))
            else:
                words = form.words.get(field)
                said.append(words[value] if words else str(value))
        return tuple(said)

    def _spelt(self, code: str) -> str:
        """The name of an area, or now and then another that means it."""
        if code not in self._spellings:
            area = self._areas.get(code)
            around = self._areas.get(area.parent).name.zh + area.name.zh
            known = (alias for alias in (*area.aliases, around) if self._means(alias, code))
            self._spellings[code] = (area.name.zh, *known)
        spellings = self._spellings[code]
        return self._chance.one_of(spellings) if self._chance.hits(self._noise.respelt) else spellings[0]

    def _means(self, name: str, code: str) -> bool:
        found = self._areas.find(name)
        return found is not None and found.code == code

    def _mistaken(self, deed: Deed) -> Deed:
        """What was written down at first: another result, or another time, or last year's."""
        chance = self._chance
        if "result" in deed.form.words and deed.cells.get("result") and chance.hits(0.5):
            others = [code for code in deed.form.words["result"] if code != deed.cells["result"]]
            return deed.with_cells(result=chance.one_of(others))
        return replace(
            deed, at=deed.at - (365 * DAY if chance.hits(0.1) else chance.minutes(HOUR, 40 * HOUR))
        )

    def _withdrawn(self, deed: Deed, recorded_at: int) -> list[Row]:
        """A result that was somebody else's, taken back when that was noticed."""
        later = recorded_at + self._chance.minutes(HOUR, 20 * HOUR)
        if not self._is_open(deed.form, later):
            return []
        wrong = self._row(deed.with_cells(result="positive"), recorded_at)
        back = self._row(deed.with_cells(result="positive", status=WITHDRAWN), later)
        return [wrong, replace(back, corrects=wrong.record)]

    def _impossible(self, deed: Deed, recorded_at: int) -> Row:
        """A row nobody can take, sent before the right one."""
        form, cells = deed.form, deed.cells
        coded = next((field for field in form.words if field != SORTED_OUT and cells.get(field)), None)
        ways = ["no_such_day"]
        ways += ["check_digit"] if cells.get("id_card") else []
        ways += ["unknown_code"] if coded else []
        ways += ["unknown_place"] if form.places else []
        why = self._chance.one_of(ways)
        row = replace(self._row(deed, recorded_at), why=why)
        match why:
            case "check_digit":
                number = str(cells["id_card"])
                wrong = number[:-1] + ("2" if number[-1] == "1" else "1")
                return _with_cell(row, form, id_card=wrong)
            case "unknown_code":
                return _with_cell(row, form, **{coded: NO_CODE})
            case "unknown_place":
                place = form.places[0]
                return _with_cell(row, form, **{place: self._misspelt(cells[place])})
        return replace(row, at=self._chance.one_of(NO_DAYS))

    def _misspelt(self, code: str) -> str:
        """A name with two characters changed round, which no list of names knows."""
        name = self._areas.get(code).name.zh
        slips = (name[:i] + name[i + 1] + name[i] + name[i + 2 :] for i in range(len(name) - 1))
        return next((slip for slip in slips if self._areas.find(slip) is None), name * 2)


def _with_cell(row: Row, form: Form, **cells: str) -> Row:
    """The row with some cells otherwise, as they stand in the file."""
    said = dict(zip(form.fields, row.cells, strict=True)) | cells
    return replace(row, cells=tuple(said.values()))
