"""Rows of the kernel's tables as rows of a state: numbers of places, keys, versions become the file's."""

from collections.abc import Callable

import numpy as np

from fengsui.engines.log import FactLog
from fengsui.engines.numbering import Steps, Subjects, Words
from fengsui.engines.state import DUTY_WIDTH, LOOP_WIDTH, VERSIONS, Listing, loop_number
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
    ) -> None:
        self._kernel = kernel
        self._log = log
        self._words, self._subjects, self._steps = words, subjects, steps
        self._listing = listing
        self.forget()

    def forget(self) -> None:
        """Throw away what was worked out."""
        self._ids = {name: np.zeros((1024, 2), np.int64) for name in self._kernel.plans}
        self._place_rows = np.empty((0, 2), np.int64)
        self._step_rows: dict[str, np.ndarray] = {}
        self._version_words: dict[tuple[str, int], int] = {}

    def loops(self, t: Table, cols: Columns, subjects: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Loops of a table, by index, as rows of ``State.loops``; ``subjects``: the number of each one's."""
        found = np.empty((len(which), LOOP_WIDTH), np.int64)
        found[:, 0] = self._loop_ids(t, cols, subjects, which)
        found[:, 1] = subjects[t.openings.subject[which]]
        found[:, 2] = self._words.number(t.name)
        found[:, 3] = translated(t.governed[which], lambda mask: self._versions(t, mask))
        found[:, 4] = cols.when[t.openings.fact[which]]
        found[:, 5] = t.heads[which, 0]
        found[:, 6:8] = self._places()[t.heads[which, 1]]
        return found

    def duties(self, t: Table, cols: Columns, subjects: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Rows of a table, by index, as rows of ``State.duties``."""
        found = np.empty((len(which), DUTY_WIDTH), np.int64)
        times, refs = t.times[which], t.refs[which]
        broken, until = np.empty(len(which), np.int64), np.empty(len(which), np.int64)
        breaks_of(t.times, which, broken, until)
        loop = refs[:, R_LOOP]
        is_used = np.zeros(len(t), dtype=bool)
        is_used[loop] = True
        used = np.flatnonzero(is_used)
        ids = np.empty(len(t), np.int64)
        ids[used] = self._loop_ids(t, cols, subjects, used)
        found[:, 0] = ids[loop]
        found[:, 1] = self._key_words[refs[:, R_KEY]]
        found[:, 2] = refs[:, R_N]
        found[:, 3] = subjects[t.openings.subject[loop]]
        found[:, 4] = self._words.number(t.name)
        found[:, 5] = self._step_numbers(t, refs[:, R_VERSION], refs[:, R_KEY])
        found[:, 6], found[:, 7] = times[:, T_OPEN], times[:, T_DUE]
        found[:, 8], found[:, 9] = np.maximum(broken, times[:, T_ANCHOR]), broken
        found[:, 10], found[:, 11] = until, times[:, T_MET]
        found[:, 12], found[:, 13] = times[:, T_ENDED], times[:, T_WAIVED]
        found[:, 14:16] = self._places()[refs[:, R_PLACE]]
        return found

    def _loop_ids(self, t: Table, cols: Columns, subjects: np.ndarray, which: np.ndarray) -> np.ndarray:
        """The stored ids of loops; those met for the first time are worked out from their names."""
        if not len(which):
            return np.empty(0, np.int64)
        owner, seqs = subjects[t.openings.subject[which]], cols.ref[t.openings.fact[which]]
        latest = self._latest(t.name, int(owner.max()))
        found = latest[owner, 1]
        missing = np.flatnonzero(latest[owner, 0] != seqs)
        if len(missing):
            found[missing] = self._new_ids(t.name, owner[missing].tolist(), seqs[missing].tolist())
            latest[owner[missing], 0], latest[owner[missing], 1] = seqs[missing], found[missing]
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

    def _places(self) -> np.ndarray:
        """int64[n_places + 1, 2]: word and listing area of each place number; the last line is for none."""
        codes, had = self._kernel.places.codes, max(0, len(self._place_rows) - 1)
        if had != len(codes) or not len(self._place_rows):
            new = [(self._words.number(code), self._listing.of(code)) for code in (*codes[had:], None)]
            self._place_rows = np.array([*self._place_rows[:had].tolist(), *new], np.int64)
        return self._place_rows

    @property
    def _key_words(self) -> np.ndarray:
        return np.array([self._words.number(key) for key in self._kernel.key_names], np.int64)

    def _step_numbers(self, t: Table, versions: np.ndarray, keys: np.ndarray) -> np.ndarray:
        n_keys = len(self._kernel.key_names)
        codes = versions.astype(np.int64) * n_keys + keys
        return translated(codes, lambda code: self._step(t, *divmod(code, n_keys)))

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
