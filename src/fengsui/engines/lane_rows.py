"""Rows of the kernel's tables as rows of a state: numbers of places, keys, versions become the file's."""

from collections.abc import Callable

import numpy as np

from fengsui.engines.kept import Kept
from fengsui.engines.log import FactLog
from fengsui.engines.numbering import Steps, Subjects, Words
from fengsui.engines.state import (
    D_AREA,
    D_AT,
    D_BROKEN,
    D_DUE,
    D_ENDED,
    D_KEY,
    D_LOOP,
    D_MET,
    D_N,
    D_OPEN,
    D_PLACE,
    D_PROTOCOL,
    D_STEP,
    D_SUBJECT,
    D_UNTIL,
    D_WAIVED,
    DUTY_WIDTH,
    L_AREA,
    L_CLOSED,
    L_ID,
    L_OPENED,
    L_PLACE,
    L_PROTOCOL,
    L_SUBJECT,
    L_VERSIONS,
    LOOP_WIDTH,
    VERSIONS,
    Listing,
    loop_number,
)  # fmt: skip
from fengsui.loops.bulk import Derivation as Kernel
from fengsui.loops.bulk import Table
from fengsui.loops.columns import Columns
from fengsui.loops.kernel_diff import breaks_of
from fengsui.loops.kernel_rows import (
    R_KEY,
    R_LOOP,
    R_N,
    R_PLACE,
    R_VERSION,
    T_ANCHOR,
    T_DUE,
    T_ENDED,
    T_MET,
    T_OPEN,
    T_WAIVED,
)
from fengsui.loops.loop import loop_id

KEPT = 50_000  # ids from which on they are written


class LaneRows:
    """Translates for one kernel and one file."""

    def __init__(
        self,
        kernel: Kernel,
        log: FactLog,
        *,
        words: Words,
        subjects: Subjects,
        steps: Steps,
        listing: Listing,
        kept: Kept,
    ) -> None:
        self._kernel = kernel
        self._log = log
        self._words, self._subjects, self._steps = words, subjects, steps
        self._listing = listing
        self._kept = kept
        self.forget()

    def forget(self) -> None:
        """Throw away what was worked out."""
        self._ids = {name: np.zeros((1024, 2), np.int64) for name in self._kernel.plans}
        self._unname()
        self._fresh: list[np.ndarray] = []  # ids worked out and not kept yet, as ``Kept.openings`` has them
        self._n_fresh = 0
        self._has_read = False

    def cut(self, seq: int) -> None:
        """Forget what was worked out from facts from a sequence number on, and what was numbered since."""
        for latest in self._ids.values():
            latest[latest[:, 0] >= seq] = 0
        self._fresh, self._n_fresh = [], 0
        self._unname()

    def _unname(self) -> None:
        self._places = np.empty((0, 2), np.int64)  # word and listing area of each place; last, of none
        self._keys = np.empty(0, np.int64)  # the word of each key
        self._protocols: dict[str, int] = {}  # the word of each

    def catch_up(self) -> None:
        """Have the ids at hand that are kept in the file."""
        if self._has_read:
            return
        self._has_read = True
        for rows in self._kept.openings():
            for protocol in np.unique(rows[:, 0]).tolist():
                _, owner, seqs, ids = rows[rows[:, 0] == protocol].T
                latest = self._latest(self._words.text(protocol), int(owner.max()))
                latest[owner, 0], latest[owner, 1] = seqs, ids

    def write(self) -> None:
        """Keep in the file the ids that are not kept yet, if they are many by now."""
        if self._n_fresh >= KEPT:
            self._kept.open(np.concatenate(self._fresh))
            self._fresh, self._n_fresh = [], 0

    def prepare(self) -> None:
        """Number what the rows of any protocol need, so that they can be made beside the writer."""
        codes, had = self._kernel.places.codes, max(0, len(self._places) - 1)
        if had != len(codes) or not len(self._places):
            new = [(self._words.number(code), self._listing.of(code)) for code in (*codes[had:], None)]
            self._places = np.array([*self._places[:had].tolist(), *new], np.int64)
        if not len(self._keys):
            self._keys = np.array([self._words.number(key) for key in self._kernel.key_names], np.int64)
            self._protocols = {name: self._words.number(name) for name in self._kernel.plans}

    def loops(self, t: Table, cols: Columns, subjects: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Loops of a table, by index, as rows of ``State.loops``; ``subjects``: the number of each one's.

        Until ``name_loops``, the opening fact stands for the id, and a mask for the versions.
        """
        found = np.empty((len(which), LOOP_WIDTH), np.int64)
        opened = t.openings.fact[which]
        found[:, L_ID] = cols.ref[opened]
        found[:, L_SUBJECT] = subjects[t.openings.subject[which]]
        found[:, L_PROTOCOL] = self._protocols[t.name]
        found[:, L_VERSIONS] = t.governed[which]
        found[:, L_OPENED] = cols.when[opened]
        found[:, L_CLOSED] = t.heads[which, 0]
        found[:, L_PLACE : L_AREA + 1] = self._places[t.heads[which, 1]]
        return found

    def duties(self, t: Table, cols: Columns, subjects: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Rows of a table, by index, as rows of ``State.duties``.

        Until ``name_duties``, the opening fact stands for the loop, and a code for the step.
        """
        found = np.empty((len(which), DUTY_WIDTH), np.int64)
        times, refs = t.times[which], t.refs[which]
        broken, until = np.empty(len(which), np.int64), np.empty(len(which), np.int64)
        breaks_of(t.times, which, broken, until)
        loop = refs[:, R_LOOP]
        found[:, D_LOOP] = cols.ref[t.openings.fact[loop]]
        found[:, D_KEY] = self._keys[refs[:, R_KEY]]
        found[:, D_N] = refs[:, R_N]
        found[:, D_SUBJECT] = subjects[t.openings.subject[loop]]
        found[:, D_PROTOCOL] = self._protocols[t.name]
        found[:, D_STEP] = refs[:, R_VERSION].astype(np.int64) * len(self._keys) + refs[:, R_KEY]
        found[:, D_OPEN], found[:, D_DUE] = times[:, T_OPEN], times[:, T_DUE]
        found[:, D_AT], found[:, D_BROKEN] = np.maximum(broken, times[:, T_ANCHOR]), broken
        found[:, D_UNTIL], found[:, D_MET] = until, times[:, T_MET]
        found[:, D_ENDED], found[:, D_WAIVED] = times[:, T_ENDED], times[:, T_WAIVED]
        found[:, D_PLACE : D_AREA + 1] = self._places[refs[:, R_PLACE]]
        return found

    def name_loops(self, t: Table, rows: np.ndarray, there: np.ndarray) -> None:
        """Put ids and versions into rows of loops that are ``there``."""
        there = slice(None) if there.all() else there
        rows[there, L_ID] = self._loop_ids(t.name, rows[there, L_SUBJECT], rows[there, L_ID])
        rows[there, L_VERSIONS] = translated(rows[there, L_VERSIONS], lambda mask: self._versions(t, mask))

    def name_duties(self, t: Table, rows: np.ndarray, there: np.ndarray) -> None:
        """Put loops and steps into rows of duties that are ``there``."""
        there = slice(None) if there.all() else there
        rows[there, D_LOOP] = self._loop_ids(t.name, rows[there, D_SUBJECT], rows[there, D_LOOP])
        n = len(self._keys)
        rows[there, D_STEP] = translated(rows[there, D_STEP], lambda code: self._step(t, *divmod(code, n)))

    def _loop_ids(self, protocol: str, owner: np.ndarray, seqs: np.ndarray) -> np.ndarray:
        """The stored ids of loops; those met for the first time are worked out from their names."""
        if not len(owner):
            return owner
        latest = self._latest(protocol, int(owner.max()))
        found = latest[owner, 1]
        missing = np.flatnonzero(latest[owner, 0] != seqs)
        if len(missing):
            new, place = np.unique(seqs[missing], return_index=True)
            owner, which = owner[missing][place], seqs[missing]
            ids = np.array(self._new_ids(protocol, owner.tolist(), new.tolist()), np.int64)
            found[missing] = ids[np.searchsorted(new, which)]
            latest[owner, 0], latest[owner, 1] = new, ids
            of = np.full(len(new), self._protocols[protocol])
            self._fresh.append(np.column_stack([of, owner, new, ids]))
            self._n_fresh += len(new)
        return found

    def _new_ids(self, protocol: str, owners: list[int], seqs: list[int]) -> list[int]:
        keys, facts = self._subjects.keys(owners), self._log.names_of(seqs)
        return [
            loop_number(loop_id(protocol, keys[owner], facts[seq]))
            for owner, seq in zip(owners, seqs, strict=True)
        ]

    def _latest(self, protocol: str, subject: int) -> np.ndarray:
        """int64[n_subjects, 2]: opening fact and id of the loop of each subject that was last asked for."""
        latest = self._ids[protocol]
        if subject >= len(latest):
            grown = np.zeros((2 * (subject + 1), 2), np.int64)
            grown[: len(latest)] = latest
            latest = self._ids[protocol] = grown
        return latest

    def _step(self, t: Table, version: int, key: int) -> int:
        v, name = t.versions[version], self._kernel.key_names[key]
        step = (t.name, v.version, name)
        return self._steps.known(step) or self._steps.add(step, v.obligation(name).by.role)

    def _versions(self, t: Table, mask: int) -> int:
        governed = [v for bit, v in enumerate(t.versions) if mask >> bit & 1]
        governed.sort(key=lambda v: v.valid_from)
        return self._words.number(VERSIONS.join(v.version for v in governed))


def translated(codes: np.ndarray, translate: Callable[[int], int]) -> np.ndarray:
    """Every code translated; each that occurs is only translated once."""
    if not len(codes):
        return codes
    if codes.min() < 0 or codes.max() >= 1 << 20:
        known, place = np.unique(codes, return_inverse=True)
        return np.array([translate(code) for code in known.tolist()], np.int64)[place]
    occurs = np.zeros(int(codes.max()) + 1, dtype=bool)
    occurs[codes] = True
    table = np.zeros(len(occurs), np.int64)
    for code in np.flatnonzero(occurs).tolist():
        table[code] = translate(code)
    return table[codes]
