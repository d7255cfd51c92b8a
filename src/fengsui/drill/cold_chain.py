"""Imported cold-chain food: announced, sampled, disinfected, stored, tested again, coded, let out."""

from fengsui.drill import rules
from fengsui.drill.breaks import Kind, deal
from fengsui.drill.chance import MINUTE
from fengsui.drill.rules import HOUR
from fengsui.drill.story import Scene, Story
from fengsui.drill.world import Goods, Site
from fengsui.kit.instant import NEVER

POSITIVE = 0.015
# ISO 6346: letters count from 10 and leave out multiples of 11.
LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True))


def container(n: int) -> str:
    """The n-th container of an owner there is not, DRL, with its check digit."""
    body = f"DRLU{n % 10**6:06d}"
    values = (LETTERS[c] if c.isalpha() else int(c) for c in body)
    return body + str(sum(value << i for i, value in enumerate(values)) % 11 % 10)


def consignments(scene: Scene, n: int, *, from_at: int) -> None:
    """``n`` batches that arrive between ``from_at`` and the end."""
    chance = scene.chance
    arriving = sorted(from_at + chance.minutes(0, scene.end_at - from_at) for _ in range(n))
    dealt = deal("cold-chain", arriving, end_at=scene.end_at, per_10k=scene.per_10k, chance=chance)
    for i, at in enumerate(arriving):
        _Batch(scene, i, broken=dealt.get(i)).lived(at)


class _Batch:
    """One production batch in one container."""

    def __init__(self, scene: Scene, i: int, *, broken: Kind | None) -> None:
        chance = scene.chance
        number = f"PC2021{i:07d}"
        self.story = Story(
            scene,
            rules.COLD_CHAIN,
            subject=f"consignment/{number}",
            who={"consignment": number},
            broken=broken,
        )
        self.container, self.seal = container(i), f"FS{chance.whole(10**6, 10**7)}"
        self.port: str = scene.world.cold_ports.turn(chance)
        self.store: Site = scene.world.stores.turn(chance)
        self.goods: Goods = chance.one_of(scene.world.goods)

    def lived(self, arrived_at: int) -> None:
        """From the notice a day ahead to the exit certificate, or to the place where it stopped."""
        story, chance = self.story, self.story.chance
        self._tell(
            "arrived",
            arrived_at,
            container=self.container,
            seal=self.seal,
            origin=self.goods.origin,
            hs=self.goods.hs,
        )
        sampled_at = story.do(
            "sampled",
            due=arrived_at + rules.CARGO_SAMPLE_WITHIN,
            at=arrived_at + chance.minutes(HOUR, 14 * HOUR),
            owner=("customs", self.port),
        )
        self._tell("sampled", sampled_at)
        closed_at = self._tested(sampled_at)
        announced_at = story.do(
            "announced",
            due=arrived_at - rules.ANNOUNCE_BEFORE,
            at=arrived_at - chance.minutes(25 * HOUR, 60 * HOUR),
            owner=("importer", self.port),
            until=closed_at,
        )
        self._tell("announced", announced_at, eta=arrived_at)

    def _tested(self, sampled_at: int) -> int:
        """The port's test and what follows from it; returns when the loop closed."""
        story, chance = self.story, self.story.chance
        due = sampled_at + rules.CARGO_TEST_WITHIN
        customs = ("customs", self.port)
        if story.is_broken_as("cargo-never-tested"):
            story.book("tested", due=due, until=NEVER, owner=customs)
            return NEVER
        tested_at = story.do(
            "tested", due=due, at=sampled_at + chance.minutes(3 * HOUR, 18 * HOUR), owner=customs
        )
        if story.broken is None and chance.hits(POSITIVE):
            return self._disposed(tested_at)
        self._tell("tested", tested_at, result="negative")
        return self._through(tested_at)

    def _disposed(self, positive_at: int) -> int:
        story, chance = self.story, self.story.chance
        self._tell("tested", positive_at, result="positive")
        sealed_at = story.do(
            "sealed",
            due=positive_at + rules.SEAL_WITHIN,
            at=positive_at + chance.minutes(10 * MINUTE, 110 * MINUTE),
            owner=("market", story.scene.world.banner(self.port)),
        )
        self._tell("sealed", sealed_at)
        disposed_at = story.do(
            "disposed",
            due=positive_at + rules.DISPOSE_WITHIN,
            at=positive_at + chance.minutes(12 * HOUR, 60 * HOUR),
            owner=("customs", self.port),
        )
        self._tell("disposed", disposed_at)
        return disposed_at

    def _through(self, negative_at: int) -> int:
        """Disinfected, stored, tested again, coded, let out. Where a step is left out the rest goes on."""
        story, chance = self.story, self.story.chance
        due = negative_at + rules.CARGO_DISINFECT_WITHIN
        # What is broken for good ends when the goods are let out, and that is known at the end only.
        disinfected_at = None
        if not story.is_broken_as("cargo-not-disinfected"):
            planned = negative_at + chance.minutes(HOUR, 10 * HOUR)
            disinfected_at = story.do("disinfected", due=due, at=planned, owner=("importer", self.port))
            self._tell("disinfected", disinfected_at, certificate=f"XD{chance.whole(10**6, 10**7)}")
        cleared_at = disinfected_at or negative_at
        stored_at = cleared_at + chance.minutes(6 * HOUR, 44 * HOUR)
        unchecked = story.is_broken_as("cargo-seal-unchecked")
        self._tell("stored", stored_at, container=self.container, seal="" if unchecked else self.seal)
        closed_at = self._out(stored_at, slowly=unchecked)
        if disinfected_at is None:
            story.book("disinfected", due=due, until=closed_at, owner=("importer", self.port))
        if unchecked:
            due = cleared_at + rules.STORE_WITHIN
            story.book("stored", due=due, until=closed_at, owner=("storage", self.store.code))
        return closed_at

    def _out(self, stored_at: int, *, slowly: bool) -> int:
        """From the store to the market; ``slowly``: not before the term of the storing itself is over."""
        story, chance, store = self.story, self.story.chance, self.store
        tested_at = story.do(
            "batch_tested",
            due=stored_at + rules.BATCH_TEST_WITHIN,
            at=stored_at + (46 * HOUR if slowly else chance.minutes(6 * HOUR, 40 * HOUR)),
            owner=("health", store.banner),
        )
        self._tell("tested", tested_at, place=store.code, result="negative")
        due = tested_at + rules.CODE_WITHIN
        if story.is_broken_as("not-coded"):
            released_at = due + chance.minutes(3 * HOUR, 40 * HOUR)
            story.book("coded", due=due, until=released_at, owner=("importer", store.code))
        else:
            planned = tested_at + (23 * HOUR if slowly else chance.minutes(HOUR, 20 * HOUR))
            coded_at = story.do("coded", due=due, at=planned, owner=("importer", store.code))
            self._tell("coded", coded_at, code=f"ML{chance.whole(10**11, 10**12)}")
            released_at = story.do(
                "released",
                due=coded_at + rules.EXIT_WITHIN,
                at=coded_at + chance.minutes(4 * HOUR, 44 * HOUR),
                owner=("market", store.banner),
            )
        self._tell("released", released_at, certificate=f"CC{chance.whole(10**6, 10**7)}")
        return released_at

    def _tell(self, what: str, at: int | None, *, place: str = "", **cells: object) -> None:
        if not place:
            place = self.store.code if what in ("stored", "coded", "released") else self.port
        self.story.tell("drill-cold-chain", at, what=what, place=place, **cells)
